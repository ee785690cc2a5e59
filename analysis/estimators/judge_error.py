"""Rates and gaps freed of a judge's error (METHODS section 5)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.estimators._base import LEVEL, Estimate, Proportion, normal_quantile, undefined
from analysis.estimators._forms import mover_product, mover_ratio, wilson


def corrected_rate(
    q: Proportion, sensitivity: Proportion, specificity: Proportion, *, level: float = LEVEL
) -> Estimate:
    """True rate behind a judge's rate q: (q + b - 1) / (a + b - 1), clipped to [0, 1].

    Point estimate of Rogan and Gladen (1978). The interval is that of Lang and Reiczigel (2014): it
    carries the uncertainty of q, of the sensitivity a and of the specificity b. An `Estimate`
    enters with its effective size: the n whose Wilson interval is as wide as its own.

    Args:
        q: the judge's rate.
        sensitivity: a, the judge's rate of positives on validation positives.
        specificity: b, the judge's rate of negatives on validation negatives.
        level: confidence level; intervals of `Estimate` inputs must have the same.

    Returns:
        The corrected rate. No interval where an input comes without a size; `value=None` where an
        input is undefined or a + b ≤ 1.

    Raises:
        ValueError: an input lies outside [0, 1].
    """
    method = "Rogan-Gladen, Lang-Reiczigel"
    z = normal_quantile(level)
    (p, n), (a, n_a), (b, n_b) = (sized(x, z) for x in (q, sensitivity, specificity))
    n_items, n_samples, warnings = _origin(q)
    problem = _uncorrectable(p, a, b)
    if problem:
        return undefined(method, *warnings, problem, n_items=n_items, n_samples=n_samples)
    crude = (p + b - 1) / (a + b - 1)
    value = min(max(crude, 0.0), 1.0)
    if not 0 <= crude <= 1:
        warnings += ("the judge's rate lies outside what its errors allow: clipped",)
    if min(n, n_a, n_b) <= 0:
        warnings += ("no interval: the size behind a rate is not given",)
        return Estimate(value, None, None, None, n_items, n_samples, method, warnings)
    # Agresti-Coull counts for q, one pseudo-count on either side for a and b (Lang and Reiczigel).
    p, n = (n * p + z**2 / 2) / (n + z**2), n + z**2
    a, n_a = (n_a * a + 1) / (n_a + 2), n_a + 2
    b, n_b = (n_b * b + 1) / (n_b + 2), n_b + 2
    if a + b <= 1:
        warnings += ("the validation set is too small to bound the rate",)
        return Estimate(value, 0.0, 1.0, None, n_items, n_samples, method, warnings)
    # Kept inside [0, 1], so that an interval beyond the edge does not shrink to a point there.
    centre = min(max((p + b - 1) / (a + b - 1), 0.0), 1.0)
    of_a, of_b = a * (1 - a) / n_a * centre, b * (1 - b) / n_b * (1 - centre)
    shift = 2 * z**2 * (of_a - of_b)
    variance = p * (1 - p) / n + of_a * centre + of_b * (1 - centre)
    half = z * np.sqrt(variance) / (a + b - 1)
    low = min(value, max(0.0, float(centre + shift - half)))
    high = max(value, min(1.0, float(centre + shift + half)))
    return Estimate(value, low, high, None, n_items, n_samples, method, warnings)


def corrected_share(
    share: Proportion,
    among: Proportion,
    sensitivity: Proportion,
    specificity: Proportion,
    *,
    level: float = LEVEL,
) -> Estimate:
    """True share of a whole that lies in a part and is positive, where a judge says what is positive.

    The share times the judge's corrected rate in the part. Rogan and Gladen's formula applied to the product would
    count false positives outside of the part as well, where a positive verdict has no effect: at a share of
    0.3, a true 0.05 and 0.9 for sensitivity and specificity, it gives less than 0. The limits are those of a product
    by MOVER (Zou and Donner 2008), of two rates that are independent, since one is conditional on the other.

    Args:
        share: of the whole that lies in the part.
        among: the judge's rate in the part.
        sensitivity: a, as in `corrected_rate`.
        specificity: b, as in `corrected_rate`.
        level: confidence level; intervals of `Estimate` inputs must have the same.

    Returns:
        The corrected share. No interval where an input comes without a size; `value=None` where the share is
        undefined or a + b ≤ 1. With an empty part it is 0, and at most the share's upper limit.

    Raises:
        ValueError: an input lies outside [0, 1].
    """
    method = "share x Rogan-Gladen, MOVER"
    z = normal_quantile(level)
    (c, n), (r, _) = sized(share, z), sized(among, z)
    n_items, n_samples, warnings = _origin(share)
    rate = corrected_rate(among, sensitivity, specificity, level=level)
    if c == 0 and np.isnan(r):  # nothing can be positive in a part that is empty
        rate = replace(rate, value=0.0, low=0.0, high=1.0, warnings=())
    if np.isnan(c) or rate.value is None:
        problem = "a rate that the correction needs is undefined"
        said = rate.warnings or (problem,)
        return undefined(method, *warnings, *said, n_items=n_items, n_samples=n_samples)
    warnings += tuple(said for said in rate.warnings if said not in warnings)
    value = c * rate.value
    if n <= 0 or rate.low is None or rate.high is None:
        return Estimate(value, None, None, None, n_items, n_samples, method, warnings)
    of_share = (c, *wilson(c, n, z))
    low, high = mover_product(of_share, (rate.value, rate.low, rate.high), correlation=0.0)
    return Estimate(value, low, high, None, n_items, n_samples, method, warnings)


def corrected_difference(new: Estimate, old: Estimate) -> Estimate:
    """One corrected rate minus another, by MOVER (Zou and Donner 2008).

    They are taken as independent. Where they share items or a calibration they vary together, and the interval is
    wider than need be.

    Args:
        new: the corrected rate that counts positive.
        old: the corrected rate that is subtracted, of the same level.

    Returns:
        The difference, without p-value; `value=None` where one of them is undefined, no interval where one has none.
    """
    method = "difference of corrected rates, MOVER"
    warnings = tuple(dict.fromkeys((*new.warnings, *old.warnings)))
    sizes = (min(new.n_items, old.n_items), new.n_samples + old.n_samples)
    if new.value is None or old.value is None:
        return undefined(method, *warnings, n_items=sizes[0], n_samples=sizes[1])
    value = new.value - old.value
    if new.low is None or new.high is None or old.low is None or old.high is None:
        return Estimate(value, None, None, None, *sizes, method, warnings)
    low = value - float(np.hypot(new.value - new.low, old.high - old.value))
    high = value + float(np.hypot(new.high - new.value, old.value - old.low))
    return Estimate(value, max(low, -1.0), min(high, 1.0), None, *sizes, method, warnings)


def corrected_gap(
    gap: float | Estimate,
    sensitivity: Proportion,
    specificity: Proportion,
    *,
    largest: float = 1.0,
    level: float = LEVEL,
) -> Estimate:
    """True gap behind one judge's gap in both arms: gap / (a + b - 1), clipped to [-1, 1].

    A difference between snapshots is corrected in the same way, where one judge labelled both.

    The limits combine the gap's with those of a + b - 1 by MOVER: Zou and Donner (2008) for the
    sum, Donner and Zou (2012) for the ratio. The p-value is that of the gap: no gap stays no gap.

    Args:
        gap: the judge's gap.
        sensitivity: a, as in `corrected_rate`.
        specificity: b, as in `corrected_rate`.
        largest: the largest gap that can be, where the result is clipped: 2 for a difference of gaps.
        level: confidence level; intervals of `Estimate` inputs must have the same.

    Returns:
        The corrected gap. No interval where an input comes without one; `value=None` where an input
        is undefined or a + b ≤ 1.

    Raises:
        ValueError: sensitivity or specificity lies outside [0, 1].
    """
    method = "gap / (sensitivity + specificity - 1), MOVER"
    z = normal_quantile(level)
    (a, n_a), (b, n_b) = sized(sensitivity, z), sized(specificity, z)
    n_items, n_samples, warnings = _origin(gap)
    known = gap if isinstance(gap, Estimate) else replace(undefined(method), value=float(gap))
    problem = _uncorrectable(known.value, a, b)
    if problem or known.value is None:
        return undefined(method, *warnings, problem, n_items=n_items, n_samples=n_samples)
    youden = a + b - 1
    value = min(max(known.value / youden, -largest), largest)
    if abs(known.value) > youden * largest:
        warnings += ("the judge's gap lies outside what its errors allow: clipped",)
    if known.low is None or known.high is None or min(n_a, n_b) <= 0:
        warnings += ("no interval: the size behind a rate is not given",)
        return Estimate(value, None, None, known.p_value, n_items, n_samples, method, warnings)
    (a_low, a_high), (b_low, b_high) = wilson(a, n_a, z), wilson(b, n_b, z)
    youden_low = youden - float(np.hypot(a - a_low, b - b_low))
    youden_high = youden + float(np.hypot(a_high - a, b_high - b))
    low, high = mover_ratio((known.value, known.low, known.high), (youden, youden_low, youden_high))
    # A limit never passes the raw one towards the edge, so that clipping leaves a width.
    low = max(-largest, low) if low < largest else min(value, known.low)
    high = min(largest, high) if high > -largest else max(value, known.high)
    return Estimate(value, low, high, known.p_value, n_items, n_samples, method, warnings)


def sized(x: Proportion, z: float) -> tuple[float, float]:
    """Value and size of a proportion: NaN where undefined, size 0 where unknown."""
    if isinstance(x, Estimate):
        value = np.nan if x.value is None else x.value
        size = 0.0
        # An interval from 0 to 1 tells nothing: its size is 0.
        if x.low is not None and x.high is not None and x.high - x.low < 1:
            # Half-width of Wilson's interval, squared, solved for z² / n: a quadratic with one
            # positive root.
            half = ((x.high - x.low) / 2) ** 2
            linear = 2 * half - value * (1 - value)
            root = (linear + np.sqrt(linear**2 - 4 * (half - 0.25) * half)) / (0.5 - 2 * half)
            size = float(z**2 / root)
    else:
        value, size = x if isinstance(x, tuple) else (x, 0.0)
    if not (np.isnan(value) or 0 <= value <= 1):
        raise ValueError(f"a rate must lie in [0, 1], not {value}.")
    return float(value), float(size)


def _origin(x: Proportion) -> tuple[int, int, tuple[str, ...]]:
    """Items, samples and warnings that an input hands on to what is made of it."""
    if isinstance(x, Estimate):
        return x.n_items, x.n_samples, x.warnings
    n = round(x[1]) if isinstance(x, tuple) else 0
    return n, n, ()


def _uncorrectable(q: float | None, a: float, b: float) -> str:
    if q is None or np.isnan([q, a, b]).any():
        return "a rate that the correction needs is undefined"
    if a + b <= 1:
        return "undefined: sensitivity + specificity ≤ 1, the judge does not tell the classes apart"
    return ""
