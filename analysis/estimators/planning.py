"""How many items a study needs (METHODS section 5)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from math import ceil, sqrt

import numpy as np
from scipy import stats

from analysis.estimators._base import LEVEL, normal_quantile
from analysis.estimators._forms import adjusted_wald, wilson


def items_needed(
    *,
    half_width: float | None = None,
    rate: float = 0.5,
    gap: float | None = None,
    discordance: float | None = None,
    power: float = 0.8,
    level: float = LEVEL,
) -> int:
    """Items for an interval of a given half-width, or for power to find a gap; one epoch.

    With `half_width`: of the Wilson interval at `rate`, or, with `discordance`, of the Bonett-Price
    interval at `gap` (0 unless given). Without: for the exact McNemar test to find the gap with the
    given power, which is computed exactly from the size that Connor (1987) gives upwards.

    Args:
        half_width: half the width that the interval may have at most.
        rate: expected rate.
        gap: expected gap.
        discordance: expected share of items that differ between the arms, at least |gap|.
        power: chance to find the gap.
        level: confidence level; the test's size is 1 - level.

    Returns:
        The number of items.

    Raises:
        ValueError: neither a half-width nor a gap with its discordance is given, or they are out
            of range.
    """
    z = normal_quantile(level)
    expected = gap or 0.0
    if discordance is not None and not abs(expected) <= discordance <= 1:
        raise ValueError(f"discordance must lie between |gap| and 1, not {discordance}.")
    if half_width is not None:
        if not 0 < half_width < 0.5:
            raise ValueError(f"half_width must lie between 0 and 0.5, not {half_width}.")

        def width(n: int) -> float:
            if discordance is None:
                low, high = wilson(rate, n, z)
            else:
                ups, downs = (n * (discordance + sign * expected) / 2 for sign in (1, -1))
                low, high = adjusted_wald(ups, downs, n, z)
            return high - low

        return _first(lambda n: width(n) <= 2 * half_width)
    if not gap or not discordance:
        raise ValueError("give half_width, or a gap other than 0 with its discordance.")
    connor = (z * sqrt(discordance) + stats.norm.ppf(power) * sqrt(discordance - gap**2)) / gap
    return _first_with_power(max(1, int(connor**2)), gap, discordance, 1 - level, power)


def _first(holds: Callable[[int], bool]) -> int:
    """Smallest n ≥ 1 from which a condition holds, by doubling and halving."""
    high = 1
    while not holds(high):
        high *= 2
    return bisect_left(range(high), True, lo=1, key=holds)


def _first_with_power(
    start: int, gap: float, discordance: float, alpha: float, power: float
) -> int:
    """Smallest n from a start upwards at which the exact McNemar test has the power.

    The power is over every number of discordant items that can occur. Whether the test then rejects
    does not depend on n, and is found for many n at once: Connor's size is short by about 1 / gap.
    """
    at_once = ceil(2 / abs(gap))
    while True:
        lowest, _ = _likely(start, discordance)
        _, highest = _likely(start + at_once, discordance)
        rejects = _rejection(np.arange(lowest, highest + 1), gap, discordance, alpha)
        for n in range(start, start + at_once):
            low, high = _likely(n, discordance)
            occurs = stats.binom.pmf(np.arange(low, high + 1), n, discordance)
            if occurs @ rejects[low - lowest : high - lowest + 1] >= power:
                return n
        start += at_once


def _likely(n: int, discordance: float) -> tuple[int, int]:
    """Lowest and highest number of discordant items among n, but for a chance of one in a billion."""
    low, high = stats.binom.interval(1 - 1e-9, n, discordance)
    return int(low), int(high)


def _rejection(discordant: np.ndarray, gap: float, discordance: float, alpha: float) -> np.ndarray:
    """Chance that the exact McNemar test rejects, given so many discordant items."""
    # Reject at b ≤ edge or b ≥ discordant - edge; the quantile itself may exceed alpha / 2.
    edge = stats.binom.ppf(alpha / 2, discordant, 0.5)
    edge = np.where(stats.binom.cdf(edge, discordant, 0.5) > alpha / 2, edge - 1, edge)
    up = (discordance + gap) / (2 * discordance)
    below = stats.binom.cdf(edge, discordant, up)
    above = stats.binom.cdf(edge, discordant, 1 - up)
    return np.asarray(below + above)
