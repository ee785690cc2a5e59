"""Intervals that several estimators use: of a rate, a paired difference, a quotient, a product."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.estimators._base import (
    SEED,
    TINY,
    Array,
    Estimate,
    as_codes,
    counted,
    normal_quantile,
    same_length,
    student_quantile,
    sums_by,
    undefined,
)

SIGN_FLIPS = 10_000  # keeps the Monte Carlo error of p = 0.05 near 0.002
EXACT_ITEMS = 16  # 2**16 sign patterns are enumerated in a millisecond
FEW_ITEMS = 50  # below, a gap over several epochs is marked
# Measured at 20 items, see benchmarks/coverage.md.
FEW_ITEMS_COVERAGE = "below 50 the interval rests on few differences; at 20 it covered 94% to 100%"
# With fewer items than this off 0 (or 1), their spread says little about the standard error: at
# rates near 0 the plain clustered forms then covered as little as 86% (benchmarks/README.md).
FEW_VARYING = 5
FLOOR, CEILING = 0.05, 0.95  # outside, an arm has no room to move
_DIGITS = 9  # of item differences, which are ratios of small whole numbers

WIDENED = "widened: so few items vary that their spread says little"


def too_few(varying: ArrayLike, n_items: ArrayLike) -> NDArray[np.bool_]:
    """Whether so few of many items vary that their spread tells nothing about the error."""
    return np.asarray(varying < np.minimum(FEW_VARYING, np.asarray(n_items) / 4))


# ---------------------------------------------------------------------------------- ratios


@dataclass(frozen=True)
class Rates:
    """Rates of several columns, and what their limits at any level are made of; every array has shape (columns,).

    Attributes:
        value: Σ total / Σ weight; NaN without weight.
        n_items: items with weight.
        size: the number of coins that would tell as much.
        df: degrees of freedom of the quantile; infinite where it is the normal one.
        widened: whether the size is held down because few items vary.
    """

    value: Array
    n_items: Array
    size: Array
    df: Array
    widened: NDArray[np.bool_]

    def limits(self, level: ArrayLike) -> tuple[Array, Array]:
        """Wilson's limits at a level, or at one for each column; 0 and 1 of a single item."""
        quantile = special.stdtrit(self.df, (1 + np.asarray(level)) / 2)
        low, high = wilson_limits(self.value, self.size, quantile)
        single = self.df == 0
        return np.where(single, 0.0, low), np.where(single, 1.0, high)


def rates_of(total: Array, weight: Array, n_samples: ArrayLike) -> Rates:
    """Σ total / Σ weight of each column, both of shape (items, columns); items without weight do not enter.

    Binomial only where every item is one sample scored 0 or 1: a score between them spreads less
    than a coin of the same mean, and its error is taken from the spread of the items.
    """
    n_items, summed = (weight > 0).sum(axis=0).astype(float), weight.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = (total.sum(axis=0) / summed).clip(0.0, 1.0)
        residuals = (total - p * weight) ** 2
        variance = n_items / (n_items - 1) * residuals.sum(axis=0) / summed**2
        size = np.where(variance < TINY, n_items, p * (1 - p) / variance)
    varying = np.minimum((total > 0).sum(axis=0), (total < weight).sum(axis=0))
    binary = np.isin(total, (0.0, 1.0)) & np.isin(weight, (0.0, 1.0))
    coins = binary.all(axis=0) & (n_samples == n_items)
    widened = too_few(varying, n_items) & ~coins & (n_items > 1)
    size = np.where(widened, np.minimum(size, n_items), size)
    return Rates(
        p,
        n_items,
        np.where(coins | (n_items == 1), n_items, size),
        np.where(coins, np.inf, n_items - 1),
        widened,
    )


def ratio_form(
    total: Array, weight: Array, *, n_samples: int, level: float, warnings: tuple[str, ...]
) -> Estimate:
    """Rate form of Σ total / Σ weight, both per item; items without weight do not enter."""
    if not (weight > 0).any():
        return undefined("rate", *warnings, "nothing is scored")
    found = rates_of(total[:, None], weight[:, None], n_samples)
    p, n_items = float(found.value[0]), int(found.n_items[0])
    low, high = (float(side[0]) for side in found.limits(level))
    method = "Wilson" if np.isinf(found.df[0]) else "Wilson, clustered on item"
    if found.df[0] == 0:
        warnings = (*warnings, "a single item")
    if found.widened[0]:
        warnings = (*warnings, WIDENED)
    return Estimate(p, low, high, None, n_items, n_samples, method, warnings)


def wilson(p: float, n: float, z: float) -> tuple[float, float]:
    """Score interval of Wilson (1927) for a proportion p of n, at the normal quantile z."""
    low, high = wilson_limits(np.asarray(p), np.asarray(n), np.asarray(z))
    return float(low), float(high)


def wilson_limits(p: Array, n: Array, z: Array) -> tuple[Array, Array]:
    """`wilson`, of arrays."""
    square = z**2
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = (p + square / (2 * n)) / (1 + square / n)
        spread = np.sqrt(p * (1 - p) / n + square / (4 * n**2))
        half = z / (1 + square / n) * spread
    # The limits meet 0 and 1 exactly at p = 0 and p = 1; rounding must not push them past p.
    low, high = np.minimum(p, centre - half), np.maximum(p, centre + half)
    return np.maximum(0.0, low), np.minimum(1.0, high)


# ---------------------------------------------------------------------------------- contrasts


@dataclass(frozen=True)
class ItemTable:
    """Samples summed up per item and condition; every array has shape (items, conditions)."""

    posed: Array
    scored: Array
    total: Array

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Items scored in every condition, shape (items,)."""
        return np.asarray((self.scored > 0).all(axis=1))

    def left_out(self) -> tuple[str, ...]:
        """Warnings that count what is unscored, and the items that are unpaired for it."""
        unscored = int((self.posed - self.scored).sum())
        unpaired = int((~self.complete).sum())
        return counted(unscored, "unscored samples") + counted(unpaired, "unpaired items")


def item_table(
    item: ArrayLike, condition: ArrayLike, scores: Array, conditions: Sequence[Hashable]
) -> ItemTable:
    labels = same_length(condition, len(scores), "arm")
    column = np.full(len(scores), -1)
    for index, name in enumerate(conditions):
        column[labels == name] = index
    wanted = column >= 0
    codes = as_codes(same_length(item, len(scores), "item")[wanted], int(wanted.sum()), "item")
    scores, shape = scores[wanted], (int(codes.max(initial=-1)) + 1, len(conditions))
    cell, scored = codes * len(conditions) + column[wanted], ~np.isnan(scores)
    size = shape[0] * shape[1]
    return ItemTable(
        sums_by(cell, None, size).reshape(shape),
        sums_by(cell[scored], None, size).reshape(shape),
        sums_by(cell[scored], scores[scored], size).reshape(shape),
    )


GAP = np.array([1.0, -1.0])


def contrast(table: ItemTable, weights: Array, *, level: float) -> Estimate:
    """Mean over complete items of Σ weights · item means; the positive weights sum to 1."""
    complete = table.complete
    warnings = table.left_out()
    n = int(complete.sum())
    if not n:
        return undefined("paired by item", *warnings, "no item is scored in every arm")
    scored = table.scored[complete]
    means = table.total[complete] / scored
    n_samples = int(scored.sum())
    warnings += _saturated(means)
    return paired_form(
        means @ weights,
        np.ones(n),
        (means > 0.5) @ weights,
        single=bool((scored == 1).all()),
        n_samples=n_samples,
        level=level,
        warnings=warnings,
    )


def paired_form(
    total: Array,
    weight: Array,
    majorities: Array,
    *,
    single: bool,
    n_samples: int,
    level: float,
    warnings: tuple[str, ...],
) -> Estimate:
    """Interval and test of Σ total / Σ weight, a difference within items, each array per item.

    Args:
        total: summed difference of each item, shape (items,).
        weight: what it is summed over, above 0, shape (items,).
        majorities: difference of the item's majorities, shape (items,).
        single: whether an item is one pair of samples, at weight 1.
        n_samples: samples that entered.
        level: confidence level.
        warnings: what is known already.
    """
    n, differences = len(total), total / weight
    value = float(total.sum() / weight.sum())
    residuals = total - value * weight
    if single and np.isin(differences, (-1.0, 0.0, 1.0)).all():
        low, high = bonett_price(differences, level)
        p_value = mcnemar(differences)
        method = "Bonett-Price, exact McNemar"
    elif np.ptp(differences) < TINY:
        low, high = bonett_price(majorities, level)
        p_value = mcnemar(majorities)
        method = "Bonett-Price on item majorities, exact McNemar"
    else:
        error = np.sqrt(n / (n - 1) * (residuals**2).sum()) / weight.sum()
        half = student_quantile(level, n - 1) * error
        low, high = max(-1.0, float(value - half)), min(1.0, float(value + half))
        if too_few((np.abs(differences) > TINY).sum(), n):
            wide_low, wide_high = bonett_price(differences, level)
            low, high = min(low, wide_low), max(high, wide_high)
            warnings = (*warnings, WIDENED)
        p_value = sign_flip(total)
        method = "t on item differences, sign-flip"
    if n < FEW_ITEMS and not single:
        warnings += (f"few items: {n}; {FEW_ITEMS_COVERAGE}",)
    low, high = min(low, value), max(high, value)  # majorities can lie apart from the means
    return Estimate(value, low, high, p_value, n, n_samples, method, warnings)


def bonett_price(differences: Array, level: float) -> tuple[float, float]:
    """Adjusted Wald limits of Bonett and Price (2012) for a mean of differences in {-1, 0, 1}."""
    n, ups, downs = len(differences), differences.clip(0).sum(), (-differences).clip(0).sum()
    return adjusted_wald(ups, downs, n, normal_quantile(level))


def adjusted_wald(b: float, c: float, n: int, z: float) -> tuple[float, float]:
    up, down = (b + 1) / (n + 2), (c + 1) / (n + 2)
    half = z * sqrt((up + down - (up - down) ** 2) / (n + 2))
    return max(-1.0, float(up - down - half)), min(1.0, float(up - down + half))


def mcnemar(differences: Array) -> float:
    ups, downs = int((differences > 0).sum()), int((differences < 0).sum())
    return float(min(1.0, 2 * special.bdtr(min(ups, downs), ups + downs, 0.5)))


def sign_flip(differences: Array) -> float:
    """Two-sided p of a mean difference under random signs of the item differences."""
    # Rounded alike on both sides: a third summed three times must tie with one.
    return _flipped(differences.round(_DIGITS).tobytes(), SIGN_FLIPS)


@lru_cache(maxsize=64)  # means over hints ask twice, at two levels that the test does not know
def _flipped(rounded: bytes, n_flips: int) -> float:
    differences = np.frombuffer(rounded)
    observed = abs(differences.sum()) - len(differences) * 10.0**-_DIGITS
    if len(differences) <= EXACT_ITEMS:
        sums = np.zeros(1)
        for difference in differences:
            sums = np.concatenate([sums + difference, sums - difference])
        return float((np.abs(sums) >= observed).mean())
    # Items with equal |difference| are interchangeable: their number of plus signs is binomial.
    sizes, counts = np.unique(np.abs(differences), return_counts=True)
    rng = np.random.default_rng(SEED)
    sums = np.zeros(n_flips)
    for size, count in zip(sizes[sizes > 0], counts[sizes > 0], strict=True):
        sums += size * (2 * rng.binomial(count, 0.5, n_flips) - count)
    return float((1 + (np.abs(sums) >= observed).sum()) / (1 + n_flips))


def _saturated(means: Array) -> tuple[str, ...]:
    rates = means.mean(axis=0)
    if (rates < FLOOR).all():
        return (f"floor: every arm is below {FLOOR:.0%}",)
    if (rates > CEILING).all():
        return (f"ceiling: every arm is above {CEILING:.0%}",)
    return ()


# ---------------------------------------------------------------------------------- MOVER

Limits = tuple[float, float, float]
"""Value, low, high."""

ArrayLimits = tuple[Array, Array, Array]
"""Those of several quantities."""


def mover_ratio(top: Limits, bottom: Limits) -> tuple[float, float]:
    """Limits of top / bottom for bottom > 0 (Donner and Zou 2012), infinite where unbounded."""
    x, low, high = (np.asarray(side, dtype=float) for side in top)
    y, y_low, y_high = (np.asarray(side, dtype=float) for side in bottom)
    ratio_low, ratio_high = ratio_limits((x, low, high), (y, y_low, y_high))
    return float(ratio_low), float(ratio_high)


def ratio_limits(top: ArrayLimits, bottom: ArrayLimits) -> tuple[Array, Array]:
    """`mover_ratio`, of arrays."""
    x, low, high = top
    return _ratio_low(x, low, bottom), -_ratio_low(-x, -high, bottom)


def _ratio_low(x: Array, x_low: Array, bottom: ArrayLimits) -> Array:
    """Smaller root r of (x - r y)² = (x - x_low)² + r² (y - edge)², edge the limit of y at work."""
    y, y_low, y_high = bottom
    edge = np.where(x_low >= 0, y_high, y_low)
    with np.errstate(divide="ignore", invalid="ignore"):
        square, linear, constant = edge * (2 * y - edge), x * y, x_low * (2 * x - x_low)
        root = np.sqrt(np.maximum(linear**2 - square * constant, 0.0))
        above = np.where(linear + root > 0, constant / (linear + root), 0.0)
        below = np.where(square > 0, (linear - root) / square, -np.inf)
    return np.where(x_low >= 0, above, below)


def mover_sum(values: Array, lows: Array, highs: Array, correlation: Array) -> tuple[Array, Array]:
    """Limits of Σ values by MOVER (Zou and Donner 2008), of correlated terms with their own limits.

    Args:
        values: the terms, shape (..., terms).
        lows: their lower limits, same shape.
        highs: their upper limits, same shape.
        correlation: of the terms, shape (..., terms, terms).
    """
    total = values.sum(axis=-1)
    below, above = (
        np.sqrt(np.maximum(np.einsum("...i,...ij,...j", gap, correlation, gap), 0.0))
        for gap in (values - lows, highs - values)
    )
    return total - below, total + above


def mover_product(first: Limits, second: Limits, correlation: float) -> tuple[float, float]:
    """Limits of the product of two rates by MOVER (Zou and Donner 2008), its variance recovered at each limit.

    The variance is that of a product, a² var(b) + b² var(a) + 2 a b cov(a, b), plus or minus
    var(a) var(b): so that the lower limit is 0 where one rate's is, and two rates of 0 keep a width.
    """
    (a, a_low, a_high), (b, b_low, b_high) = first, second

    def distance(of_a: float, of_b: float, sign: float) -> float:
        x, y = of_a * b, of_b * a
        return sqrt(max(x**2 + y**2 + 2 * correlation * x * y + sign * (of_a * of_b) ** 2, 0.0))

    low = a * b - distance(a - a_low, b - b_low, -1)
    high = a * b + distance(a_high - a, b_high - b, 1)
    return max(low, 0.0), min(high, 1.0)
