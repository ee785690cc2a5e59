"""Means of scores on any scale, and their changes, paired by item (METHODS section 5)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.estimators._base import (
    LEVEL,
    TINY,
    Array,
    Estimate,
    as_codes,
    counted,
    student_quantile,
    sums_by,
    undefined,
)
from analysis.estimators._forms import item_table

ONE_ITEM = "no interval: a single item"
ALL_EQUAL = "no interval: all items are equal, which tells nothing about the error"


def mean(y: ArrayLike, cluster: ArrayLike | None = None, *, level: float = LEVEL) -> Estimate:
    """Mean of scores on any scale, with Student's t interval over items.

    Several samples per item: the standard error is that of the mean with the item as cluster (Liang
    and Zeger 1986), and the quantile that of items - 1.

    Args:
        y: scores, shape (samples,); NaN = unscored.
        cluster: item of each sample, shape (samples,); None = every sample is its own item.
        level: confidence level.

    Returns:
        The mean. `value=None` when nothing is scored; no interval, with a warning, where there is a
        single item or all items are equal.

    Raises:
        ValueError: a score is infinite, or the shapes differ.
    """
    scores = _numbers(y)
    items = np.arange(len(scores)) if cluster is None else as_codes(cluster, len(scores), "cluster")
    scored = ~np.isnan(scores)
    warnings = counted(int((~scored).sum()), "unscored samples")
    method = "t on items" if cluster is None else "t, clustered on item"
    n_all = int(items.max(initial=-1)) + 1
    weight = sums_by(items[scored], None, n_all)
    total = sums_by(items[scored], scores[scored], n_all)[weight > 0]
    weight = weight[weight > 0]
    if not len(weight):
        return undefined(method, *warnings, "nothing is scored")
    return _student(total, weight, int(scored.sum()), method, warnings, level)[0]


def mean_trend(
    item: ArrayLike, index: ArrayLike, y: ArrayLike, *, level: float = LEVEL
) -> Estimate:
    """Change of a mean score per step of the snapshot index, with the item as cluster.

    As `trend`, for scores on any scale: Student's t on the slopes of the items scored at every index,
    with its test. Over two indices one step apart it is the paired difference of the means.

    Args:
        item: item of each sample, shape (samples,).
        index: place of the sample's snapshot in the series, shape (samples,).
        y: scores on any scale, shape (samples,); NaN = unscored.
        level: confidence level.

    Returns:
        The slope. `value=None` with fewer than two indices, or without an item scored at each; no
        interval and no test, with a warning, where there is one such item or all slopes are equal.

    Raises:
        ValueError: a score is infinite, or the shapes differ.
    """
    places = np.asarray(index, dtype=float)
    steps = np.unique(places)
    if len(steps) < 2:
        return undefined("slope per snapshot", "a trend needs at least two snapshots")
    slope = (steps - steps.mean()) / ((steps - steps.mean()) ** 2).sum()
    return _paired(item, places, _numbers(y), steps.tolist(), slope, level)


def _paired(
    item: ArrayLike,
    condition: ArrayLike,
    scores: Array,
    conditions: Sequence[Hashable],
    weights: Array,
    level: float,
) -> Estimate:
    """Mean over the items scored in every condition of Σ weights · item means."""
    method = "t on item differences"
    table = item_table(item, condition, scores, conditions)
    warnings = table.left_out()
    scored = table.scored[table.complete]
    if not len(scored):
        return undefined(method, *warnings, "no item is scored in every snapshot")
    each = (table.total[table.complete] / scored) @ weights
    n_samples = int(scored.sum())
    found, error = _student(each, np.ones(len(each)), n_samples, method, warnings, level)
    if found.value is None or found.low is None:
        return found
    p_value = 2 * special.stdtr(len(each) - 1, -abs(found.value) / error)
    return replace(found, p_value=float(p_value))


def _student(
    total: Array,
    weight: Array,
    n_samples: int,
    method: str,
    warnings: tuple[str, ...],
    level: float,
) -> tuple[Estimate, float]:
    """Σ total / Σ weight, both per item, with Student's t limits; and its standard error."""
    n, value = len(total), float(total.sum() / weight.sum())
    found = Estimate(value, None, None, None, n, n_samples, method, warnings)
    if n == 1:
        return replace(found, warnings=(*warnings, ONE_ITEM)), np.nan
    squares = ((total - value * weight) ** 2).sum()
    error = float(np.sqrt(n / (n - 1) * squares) / weight.sum())
    if error <= TINY * max(1.0, abs(value)):
        return replace(found, warnings=(*warnings, ALL_EQUAL)), error
    half = student_quantile(level, n - 1) * error
    return Estimate(value, value - half, value + half, None, n, n_samples, method, warnings), error


def _numbers(y: ArrayLike) -> Array:
    scores = np.asarray(y, dtype=float).ravel()
    if np.isinf(scores).any():
        raise ValueError(
            f"y must hold numbers or NaN (unscored), not {scores[np.isinf(scores)][0]}."
        )
    return scores
