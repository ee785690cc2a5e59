"""Differences between arms, snapshots and labels, paired by item (METHODS section 5)."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from analysis.estimators._base import LEVEL, Bounds, Estimate, as_scores, same_length, undefined
from analysis.estimators._forms import GAP, contrast, item_table


def paired_gap(
    item: ArrayLike,
    arm: ArrayLike,
    y: ArrayLike,
    treated: Hashable,
    control: Hashable,
    *,
    level: float = LEVEL,
) -> Estimate:
    """Rate in `treated` minus rate in `control`, over the items scored in both.

    One epoch: (b - c) / n with the adjusted interval of Bonett and Price (2012) and the exact test
    of McNemar (1947). Several epochs: each item's mean over the epochs scored in each arm,
    Student's t on the item differences, and a sign-flip permutation test (Fisher 1935; every flip
    up to 16 items, 10,000 seeded ones above). Where all item differences are equal: the one-epoch form on
    item majorities (a tie is no majority). Where too few differ from 0 (see `FEW_VARYING`): the
    limits are widened to those of the one-epoch form.

    Args:
        item: item of each sample, shape (samples,).
        arm: arm of each sample, shape (samples,); other arms are ignored.
        y: scores in [0, 1], shape (samples,); NaN = unscored.
        treated: the arm whose rate counts positive.
        control: the arm whose rate is subtracted.
        level: confidence level.

    Returns:
        The gap in [-1, 1]; `n_items` is the number of pairs. `value=None` without a pair.

    Raises:
        ValueError: a score lies outside [0, 1], or the shapes differ.
    """
    table = item_table(item, arm, as_scores(y), (treated, control))
    return contrast(table, GAP, level=level)


def gap_bounds(
    item: ArrayLike, arm: ArrayLike, y: ArrayLike, treated: Hashable, control: Hashable
) -> Bounds:
    """The gap over all items with what is missing at worst and at best (Manski 1989).

    Worst: unscored samples, and arms in which an item has no sample at all, count 0 in `treated`
    and 1 in `control`; best: the reverse.

    Args:
        item: item of each sample, shape (samples,).
        arm: arm of each sample, shape (samples,).
        y: scores in [0, 1], shape (samples,); NaN = unscored.
        treated: the arm whose rate counts positive.
        control: the arm whose rate is subtracted.

    Returns:
        The bounds, and the number of items that `paired_gap` leaves out as unpaired.
    """
    table = item_table(item, arm, as_scores(y), (treated, control))
    if not len(table.posed):
        return Bounds(None, None, 0)

    def filled(fill: tuple[float, float]) -> float:
        missing = np.where(table.posed == 0, 1, table.posed - table.scored)
        means = (table.total + missing * fill) / np.maximum(table.posed, 1)
        return float((means[:, 0] - means[:, 1]).mean())

    return Bounds(filled((0.0, 1.0)), filled((1.0, 0.0)), int((~table.complete).sum()))


def difference(
    item: ArrayLike,
    snapshot: ArrayLike,
    y: ArrayLike,
    new: Hashable,
    old: Hashable,
    *,
    arm: ArrayLike | None = None,
    treated: Hashable = None,
    control: Hashable = None,
    level: float = LEVEL,
) -> Estimate:
    """Rate (or, with `arm`, gap) of one snapshot minus that of another, on the same items.

    Paired by item as `paired_gap` is; only items scored in every cell of the comparison enter. It is
    the `trend` over two snapshots one step apart, which changes in a series are computed by.

    Args:
        item: item of each sample, shape (samples,).
        snapshot: snapshot of each sample, shape (samples,); others are ignored.
        y: scores in [0, 1], shape (samples,); NaN = unscored.
        new: the snapshot that counts positive.
        old: the snapshot that is subtracted.
        arm: arm of each sample, to compare gaps; None compares rates.
        treated: with `arm`, the arm whose rate counts positive.
        control: with `arm`, the arm whose rate is subtracted.
        level: confidence level.

    Returns:
        The difference: in [-1, 1] of rates, in [-2, 2] of gaps. `value=None` without common items.

    Raises:
        ValueError: a score lies outside [0, 1], or the shapes differ.
    """
    if arm is None:
        return paired_gap(item, snapshot, y, new, old, level=level)
    scores = as_scores(y)
    columns = (
        same_length(snapshot, len(scores), "snapshot"),
        same_length(arm, len(scores), "arm"),
    )
    cells = np.full(len(scores), -1)
    for code, (name, side) in enumerate(
        [(new, treated), (new, control), (old, treated), (old, control)]
    ):
        cells[(columns[0] == name) & (columns[1] == side)] = code
    table = item_table(item, cells, scores, range(4))
    return scaled(contrast(table, np.array([0.5, -0.5, -0.5, 0.5]), level=level), 2.0)


def swap_effects(
    item: ArrayLike,
    arm: ArrayLike,
    swapped: ArrayLike,
    y: ArrayLike,
    treated: Hashable,
    control: Hashable,
    *,
    level: float = LEVEL,
) -> tuple[Estimate, Estimate]:
    """What the condition does and what its label does, from a gap measured with the labels both ways.

    Training effect = (gap + gap under swap) / 2, label effect = (gap - gap under swap) / 2 (METHODS
    section 1), both paired by item over the four cells.

    Args:
        item: item of each sample, shape (samples,).
        arm: arm of each sample, shape (samples,); other arms are ignored.
        swapped: whether the sample's labels are swapped, shape (samples,).
        y: scores in [0, 1], shape (samples,); NaN = unscored.
        treated: the arm whose rate counts positive.
        control: the arm whose rate is subtracted.
        level: confidence level.

    Returns:
        Training effect and label effect, each in [-1, 1]; `value=None` where no item has all cells.
    """
    scores = as_scores(y)
    arms = same_length(arm, len(scores), "arm")
    swap = same_length(swapped, len(scores), "swapped").astype(bool)
    cells = np.full(len(scores), -1)
    for code, (side, both) in enumerate(
        [(treated, False), (control, False), (treated, True), (control, True)]
    ):
        cells[(arms == side) & (swap == both)] = code
    table = item_table(item, cells, scores, range(4))
    training, label = np.array([0.5, -0.5, 0.5, -0.5]), np.array([0.5, -0.5, -0.5, 0.5])
    return contrast(table, training, level=level), contrast(table, label, level=level)


def trend(
    item: ArrayLike,
    index: ArrayLike,
    y: ArrayLike,
    *,
    arm: ArrayLike | None = None,
    treated: Hashable = None,
    control: Hashable = None,
    level: float = LEVEL,
) -> Estimate:
    """Change of a rate (or, with `arm`, of a gap) per step of the snapshot index, with the item as cluster.

    The least-squares slope of each item's mean on the index, averaged over the items scored at
    every index: the slope of a linear probability model with standard errors clustered on the item
    (Liang and Zeger 1986). With two snapshots it is `difference` divided by their distance.

    Args:
        item: item of each sample, shape (samples,).
        index: place of the sample's snapshot in the series, shape (samples,).
        y: scores in [0, 1], shape (samples,); NaN = unscored.
        arm: arm of each sample, for the trend of a gap; None takes that of a rate.
        treated: with `arm`, the arm whose rate counts positive.
        control: with `arm`, the arm whose rate is subtracted.
        level: confidence level.

    Returns:
        The slope. `value=None` with fewer than two indices, or without an item scored at each.

    Raises:
        ValueError: a score lies outside [0, 1], or the shapes differ.
    """
    scores, places = as_scores(y), np.asarray(index, dtype=float)
    steps = np.unique(places)
    if len(steps) < 2:
        return undefined("slope per snapshot", "a trend needs at least two snapshots")
    slope = (steps - steps.mean()) / ((steps - steps.mean()) ** 2).sum()
    if arm is None:
        table = item_table(item, places, scores, steps.tolist())
    else:
        arms = same_length(arm, len(scores), "arm")
        cells = np.searchsorted(steps, places) * 2 + (arms == control)
        cells = np.where((arms == treated) | (arms == control), cells, -1)
        table = item_table(item, cells, scores, range(2 * len(steps)))
        slope = np.ravel(np.outer(slope, GAP))
    steepest = slope[slope > 0].sum()  # of an item that jumps from 0 to 1 half-way
    return scaled(contrast(table, slope / steepest, level=level), float(steepest))


def scaled(estimate: Estimate, factor: float) -> Estimate:
    """An estimate in other units."""
    value, low, high = (
        None if x is None else x * factor for x in (estimate.value, estimate.low, estimate.high)
    )
    return replace(estimate, value=value, low=low, high=high)
