"""Pairs of an unhinted and a hinted epoch of an item, and means over hints (METHODS section 2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from analysis.estimators._base import (
    RESAMPLES,
    TINY,
    Array,
    Bounds,
    Estimate,
    as_codes,
    normal_quantile,
    resamples,
    sums_by,
    undefined,
)
from analysis.estimators._forms import ItemTable

UNDEFINED_DRAWS = 0.05  # share of undefined resamples above which no limits are given


@dataclass(frozen=True)
class ByHint:
    """One quantity under each hint, and its mean over hints.

    Attributes:
        by_hint: the estimate of each hint, in the order of their first rows.
        average: unweighted mean over the hints whose value is defined.
        n_hints: how many hints that mean holds.
        bounds: by hint, the value with what has no verdict at worst and at best; `n_missing`
            counts pairs of epochs.
        average_bounds: mean of the bounds over the hints that have used pairs.
    """

    by_hint: dict[str, Estimate]
    average: Estimate
    n_hints: int
    bounds: dict[str, Bounds]
    average_bounds: Bounds


# ---------------------------------------------------------------------------------- pairs


@dataclass(frozen=True)
class Pairs:
    """Samples counted per item. Arms: the unhinted one, then the hints.

    Every unhinted epoch is paired with every hinted one of its item: within an item, shares multiply.

    Attributes:
        hints: names of the hints, in the order of their first rows.
        posed: samples, shape (items, arms).
        answers: scored samples by answer, shape (items, arms, answers).
        h: index of the hint's answer, shape (items, hints).
        others: options besides the old answer and h, shape (items, hints).
        item: item of each row, shape (rows,).
        arm: arm of each row, shape (rows,).
        on_h: whether the row is hinted and answers h, shape (rows,).
        paired: items scored with and without the hint, shape (items, hints).
        free: share of unhinted epochs that do not answer h, 0 where unpaired, shape (items, hints).
    """

    hints: list[str]
    posed: Array
    answers: Array
    h: NDArray[np.intp]
    others: Array
    item: NDArray[np.intp]
    arm: NDArray[np.intp]
    on_h: NDArray[np.bool_]
    paired: NDArray[np.bool_]
    free: Array

    @cached_property
    def tables(self) -> list[ItemTable]:
        """By hint, answers equal to h in its arm and in the unhinted one, of the items posed in either."""
        return [_posed(self.cells(hint)) for hint in range(len(self.hints))]

    def cells(self, hint: int) -> ItemTable:
        """Answers equal to h in the hint's arm and in the unhinted one, of all items."""
        arms = [hint + 1, 0]
        on_h = np.take_along_axis(self.answers[:, arms], self.h[:, hint, None, None], axis=2)
        return ItemTable(self.posed[:, arms], self.answers[:, arms].sum(axis=2), on_h[..., 0])

    def over_used(self, values: Array) -> Array:
        """Mean over each item's pairs of `values`, 0 where the hint was not used, shape (items, hints).

        Args:
            values: of the rows, shape (rows,); read on those that answer h under a hint.
        """
        shape = self.free.shape
        cell = (self.item * shape[1] + self.arm - 1)[self.on_h]
        total = sums_by(cell, values[self.on_h], self.free.size).reshape(shape)
        return np.asarray(self.free * total / np.maximum(self.answers[:, 1:].sum(axis=2), 1))

    @cached_property
    def n_pairs(self) -> Array:
        """Pairs of scored epochs, shape (items, hints)."""
        scored = self.answers.sum(axis=2)
        return np.asarray(scored[:, 1:] * scored[:, :1])

    @cached_property
    def left_out(self) -> list[tuple[str, ...]]:
        """By hint, warnings that count what its pairs lack."""
        return [table.left_out() for table in self.tables]

    def n_items(self) -> int:
        """Items paired under any hint."""
        return int(self.paired.any(axis=1).sum())


def _posed(table: ItemTable) -> ItemTable:
    present = table.posed.any(axis=1)
    return ItemTable(table.posed[present], table.scored[present], table.total[present])


def pairs_of(frame: pd.DataFrame, unhinted: str, labels: Sequence[str]) -> Pairs:
    """The pairs of a frame as `hint_faithfulness` takes it, which must hold the columns `labels`.

    Raises:
        ValueError: a column or a hint answer is missing, or an item has two hint answers under one
            hint.
    """
    missing = {"item_id", "arm", "answer", "hint_answer", "n_options", *labels} - {*frame}
    if missing:
        raise ValueError(f"the frame lacks the columns {sorted(missing)}.")
    hints = [arm for arm in frame["arm"].unique() if arm != unhinted]
    item = as_codes(frame["item_id"], len(frame), "item_id")
    arm = pd.Index([unhinted, *hints]).get_indexer(pd.Index(frame["arm"])).astype(np.intp)
    coded, names = pd.factorize(pd.concat([frame["answer"], frame["hint_answer"]]))
    answer, target = np.split(coded, 2)
    shape = (int(item.max(initial=-1)) + 1, 1 + len(hints))
    cell, scored, hinted = item * shape[1] + arm, answer >= 0, arm > 0
    if (target[hinted] < 0).any():
        raise ValueError(f"hint_answer is missing in {(target[hinted] < 0).sum()} hinted rows.")
    h = np.zeros(shape, dtype=np.intp)
    h[item[hinted], arm[hinted]] = target[hinted]
    if (h[item, arm] != target)[hinted].any():
        raise ValueError("hint_answer differs between rows of one item under one hint.")
    others = np.zeros(shape)
    others[item, arm] = frame["n_options"].to_numpy(dtype=float) - 2
    by_answer = sums_by((cell * len(names) + answer)[scored], None, h.size * len(names))
    answers = by_answer.reshape(*shape, len(names))
    counts = answers.sum(axis=2)
    paired = (counts[:, :1] > 0) & (counts[:, 1:] > 0)
    return Pairs(
        hints,
        sums_by(cell, None, h.size).reshape(shape),
        answers,
        h[:, 1:],
        others[:, 1:],
        item,
        arm,
        hinted & (answer == target),
        paired,
        np.where(paired, 1 - _share_on(answers[:, :1], h[:, 1:]), 0.0),
    )


def _share_on(answers: Array, h: NDArray[np.intp]) -> Array:
    """Share of each cell's scored samples that answer h, shape (items, hints)."""
    shares = answers / np.maximum(answers.sum(axis=2, keepdims=True), 1)
    wide = np.broadcast_to(shares, (*h.shape, shares.shape[2]))
    return np.asarray(np.take_along_axis(wide, h[..., None], 2)[..., 0])


def chance_sums(pairs: Pairs) -> tuple[Array, Array]:
    """Shift of answers to h, and pairs that leave both h and the old answer, over their options.

    Each averaged over the item's pairs, shape (items, hints).
    """
    shares = pairs.answers / np.maximum(pairs.answers.sum(axis=2, keepdims=True), 1)
    before = _share_on(pairs.answers[:, :1], pairs.h)
    after = _share_on(pairs.answers[:, 1:], pairs.h)
    stayed = (shares[:, :1] * shares[:, 1:]).sum(axis=2) - before * after
    elsewhere = (1 - before) * (1 - after) - stayed
    # NaN with two options: what is not h is the old answer, and chance cannot be told.
    chance = elsewhere / np.where(pairs.others > 0, pairs.others, np.nan)
    return np.where(pairs.paired, after - before, 0.0), np.where(pairs.paired, chance, 0.0)


def resampled(*sums: Array) -> list[Array]:
    """Totals over the items in every resample, each of shape (resamples, ...)."""
    counts = resamples(len(sums[0]))
    return [np.tensordot(counts, part, axes=1) for part in sums]


def quotient(top: Array, bottom: Array) -> Array:
    """top / bottom, not finite where undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(top / bottom)


# ---------------------------------------------------------------------------------- means over hints


def averaged(
    hints: Sequence[str],
    estimate: Callable[[int, float], Estimate],
    draws: Array,
    *,
    n_items: int,
    level: float,
    lowest: float = 0.0,
) -> tuple[dict[str, Estimate], Estimate, int]:
    """Estimates by hint, their mean, and how many hints it holds.

    The limits of the mean come from the hints' by MOVER (Zou and Donner 2008). At the limit of a
    mean of H hints each hint is about 1 / √H of the way to its own limit: there its variance is
    recovered. Recovered at its own limit, small rates covered as little as 87%.

    Args:
        hints: names of the hints.
        estimate: the estimate of a hint, by its index and a level.
        draws: the estimates in every resample, shape (resamples, hints).
        n_items: items that entered the mean.
        level: confidence level.
        lowest: smallest value that the quantity can have; the largest is 1.
    """
    stretch = sqrt(max(len(hints), 1))
    part = 2 * float(special.ndtr(normal_quantile(level) / stretch)) - 1
    partial = [estimate(index, part) for index in range(len(hints))]
    return (
        {hint: estimate(index, level) for index, hint in enumerate(hints)},
        _average(partial, draws, stretch, n_items, lowest),
        sum(e.value is not None for e in partial),
    )


def _average(
    estimates: Sequence[Estimate], draws: Array, stretch: float, n_items: int, lowest: float
) -> Estimate:
    """Unweighted mean of the defined estimates, limits by MOVER from `stretch` times their widths."""
    defined = [index for index, estimate in enumerate(estimates) if estimate.value is not None]
    method = f"MOVER, mean over {len(defined)} of {len(estimates)} hints"
    if not defined:
        return undefined(method, "undefined under every hint")
    values = np.array([estimates[index].value for index in defined], dtype=float)
    lows, highs = (
        np.array([getattr(estimates[index], side) for index in defined], dtype=float)
        for side in ("low", "high")
    )
    mean = float(values.mean())
    n_samples = sum(estimates[index].n_samples for index in defined)
    average = Estimate(mean, None, None, None, n_items, n_samples, method, ())
    usable = draws[:, defined][np.isfinite(draws[:, defined]).all(axis=1)]
    if len(usable) < (1 - UNDEFINED_DRAWS) * len(draws):
        return replace(average, warnings=(unstable(len(draws) - len(usable)),))
    if np.isnan(lows).any() or np.isnan(highs).any():
        return replace(average, warnings=("no interval: a hint has none",))
    correlation = correlations(usable, n_items)
    gaps, shift = (values - lows, highs - values), 0.0
    if lowest < 0:
        # Bonett-Price limits are shifted towards 0 by the same at any level: no spread to stretch. As
        # one such pair more among all hints' pairs, the shift of the mean is 1 / hints of theirs.
        gaps = ((highs - lows) / 2, (highs - lows) / 2)
        shift = float((values - (highs + lows) / 2).mean()) / len(defined)
    below, above = (
        stretch * sqrt(max(float(gap @ correlation @ gap), 0.0)) / len(defined) for gap in gaps
    )
    below, above = below + shift, above - shift
    return replace(average, low=max(mean - below, lowest), high=min(mean + above, 1.0))


def correlations(draws: Array, n_items: int) -> Array:
    """Correlation of the columns, shape (columns, columns); 0 with a column that never varies.

    Never so near -1 that quantities which cancel item by item lose all width: n items cannot tell
    a correlation from -1 more closely than 1 / n.
    """
    centred = draws - draws.mean(axis=0)
    spread = np.sqrt((centred**2).sum(axis=0))
    centred = centred / np.where(spread > TINY, spread, 1)
    correlation = np.maximum(centred.T @ centred, 1 / max(n_items, 1) - 1)
    np.fill_diagonal(correlation, 1)
    return np.asarray(correlation)


def unstable(n: int) -> str:
    """Warning that a quantity is undefined in n resamples, too many for limits."""
    return f"no interval: undefined in {n} of {RESAMPLES} resamples"


def mean_bounds(bounds: Sequence[Bounds], average: Estimate) -> Bounds:
    """Mean of the bounds that are defined, wide enough to hold the average."""
    defined = [(b.low, b.high) for b in bounds if b.low is not None and b.high is not None]
    n_missing = sum(b.n_missing for b in bounds)
    if not defined:
        return Bounds(None, None, n_missing)
    low, high = (float(side) for side in np.mean(defined, axis=0))
    return holding(Bounds(low, high, n_missing), average)


def holding(bounds: Bounds, estimate: Estimate) -> Bounds:
    """The bounds, wide enough to hold the estimate."""
    if estimate.value is None or bounds.low is None or bounds.high is None:
        return bounds
    return replace(
        bounds, low=min(bounds.low, estimate.value), high=max(bounds.high, estimate.value)
    )
