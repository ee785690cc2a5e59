"""Differences and trends of what hints do, between snapshots on the same items (METHODS section 5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.estimators._base import (
    LEVEL,
    RESAMPLES,
    TINY,
    Array,
    Estimate,
    counted,
    resamples,
    undefined,
)
from analysis.estimators._forms import (
    ItemTable,
    contrast,
    mover_sum,
    rates_of,
    ratio_limits,
    sign_flip,
)
from analysis.estimators._pairs import (
    UNDEFINED_DRAWS,
    Pairs,
    averaged,
    chance_sums,
    pairs_of,
    quotient,
    unstable,
)
from analysis.estimators.faithfulness import HintScores
from analysis.estimators.gaps import scaled
from analysis.estimators.verdicts import FEW_USED, Verdicts, verdicts_on

METHOD = "MOVER of the snapshots' limits"
# As Bonett and Price add a discordant pair on either side, so that snapshots that agree on every
# item keep a width: n items tell no correlation closer to 1 than about 1 - 4 / n.
_PSEUDO_ITEMS = 4
_FARTHEST = 7.0  # normal quantile of the smallest p-value that is looked for, about 3e-12
_HALVINGS = 18  # of the bracket of that quantile: p to 3 digits and more


@dataclass(frozen=True)
class HintStudy:
    """One snapshot's answers under hints, summed up per item, ready to be set against another's.

    Attributes:
        name: what the snapshot is called in warnings.
        items: names of the items, in the order of the arrays' rows.
        pairs: its pairs of unhinted and hinted answers.
        verdicts: its verdicts of `acknowledged` on used pairs.
    """

    name: str
    items: pd.Index
    pairs: Pairs
    verdicts: Verdicts

    @cached_property
    def sums(self) -> Array:
        """What ratios are made of, shape (5, items, hints): free, used, judged, acknowledged, chance."""
        _, chance = chance_sums(self.pairs)
        verdicts = self.verdicts
        return np.stack([self.pairs.free, verdicts.used, verdicts.judged, verdicts.total, chance])


@dataclass(frozen=True)
class HintChange:
    """Change of each score under each hint, and of the averages over hints.

    Attributes:
        by_hint: changes under each hint that all snapshots have, in the order of the first's.
        average: changes of the unweighted means over the hints whose value all snapshots have; the
            same hints in each.
        n_hints: how many hints each mean holds, by field name of `HintScores`.
        n_unpaired: items per hint that some snapshot lacks, or has not scored with and without it.
    """

    by_hint: dict[str, HintScores]
    average: HintScores
    n_hints: dict[str, int]
    n_unpaired: dict[str, int]


def hint_study(frame: pd.DataFrame, name: str, *, unhinted: str = "unhinted") -> HintStudy:
    """Sum up one snapshot's answers, once for all comparisons.

    Args:
        frame: as `hint_faithfulness` takes it.
        name: what the snapshot is called in warnings.
        unhinted: name of the arm without a hint.

    Raises:
        ValueError: as `hint_faithfulness`.
    """
    pairs = pairs_of(frame, unhinted, ["acknowledged"])
    items = pd.Index(pd.factorize(frame["item_id"], sort=True)[1])
    return HintStudy(name, items, pairs, verdicts_on(pairs, frame, "acknowledged"))


def hint_difference(new: HintStudy, old: HintStudy, *, level: float = LEVEL) -> HintChange:
    """Scores of one snapshot minus those of another, over the items that both have in pairs.

    Attributable use is a paired difference within items and compared as `difference` compares gaps;
    its average over hints joins the hints' limits by MOVER, and its test flips the sign of all that
    an item shows under every hint together. Hint-use rate, raw and normalised faithfulness are
    ratios over pairs that differ between the snapshots: the limits of their difference come from
    each snapshot's own by MOVER (Zou and Donner 2008), correlated as the two are over 2,000
    resamples of the items, in which all arms of an item in both snapshots travel together. The
    p-value inverts this interval: 1 - the largest level at which it leaves out 0. Averages
    over hints are those of `hint_faithfulness`, over the same hints in both.

    Args:
        new: the snapshot that counts positive.
        old: the snapshot that is subtracted.
        level: confidence level.

    Returns:
        The differences; `value=None` where either side is undefined, limits of None where either
        side has none or more than 5% of the resamples are undefined.

    Raises:
        ValueError: they have no hint in common.
    """
    return _combined([new, old], np.array([1.0, -1.0]), level)


def hint_trend(
    studies: Sequence[HintStudy], index: ArrayLike, *, level: float = LEVEL
) -> HintChange:
    """Slopes of the scores per step of the snapshot index: as `hint_difference`, for a whole series.

    Args:
        studies: the snapshots.
        index: place of each in the series, shape (snapshots,), not all the same.
        level: confidence level.

    Returns:
        The least-squares slopes, over the items that all snapshots have in pairs.

    Raises:
        ValueError: there are fewer than two places, or the snapshots have no hint in common.
    """
    steps = np.asarray(index, dtype=float)
    if len(np.unique(steps)) < 2:
        raise ValueError("a trend needs snapshots at two places of the series or more.")
    centred = steps - steps.mean()
    return _combined(studies, centred / (centred**2).sum(), level)


def _combined(studies: Sequence[HintStudy], weights: Array, level: float) -> HintChange:
    """Σ weights · scores of the snapshots."""
    aligned = _aligned(studies)
    ratios = _ratios(aligned)
    found = {name: _of_ratio(ratio, weights, aligned, level) for name, ratio in ratios.items()}
    found["attributable_use"] = _attributable(aligned, weights, level)
    return HintChange(
        {
            hint: HintScores(**{name: of_hint[at] for name, (of_hint, _, _) in found.items()})
            for at, hint in enumerate(aligned.hints)
        },
        HintScores(**{name: average for name, (_, average, _) in found.items()}),
        {name: n_hints for name, (_, _, n_hints) in found.items()},
        dict(zip(aligned.hints, aligned.n_unpaired.tolist(), strict=True)),
    )


_Found = tuple[list[Estimate], Estimate, int]
"""The estimates by hint, their average, and how many hints it holds."""


# ---------------------------------------------------------------------------------- the same items


@dataclass(frozen=True)
class _Aligned:
    """Several snapshots on the items that all of them have in pairs.

    Attributes:
        names: the snapshots.
        hints: the hints that all of them have.
        sums: `HintStudy.sums` of the items that enter, 0 under hints where they don't, shape
            (5, snapshots, items, hints).
        draws: their totals in every resample, shape (5, resamples, snapshots, hints).
        n_pairs: pairs of scored epochs, shape (snapshots, items, hints).
        tables: by hint, answers equal to h: hinted and unhinted of the first snapshot, of the second, ...
        n_unpaired: items that do not enter, shape (hints,).
    """

    names: list[str]
    hints: list[str]
    sums: Array
    draws: Array
    n_pairs: Array
    tables: list[ItemTable]
    n_unpaired: NDArray[np.intp]


def _aligned(studies: Sequence[HintStudy]) -> _Aligned:
    hints = [
        hint
        for hint in studies[0].pairs.hints
        if all(hint in study.pairs.hints for study in studies)
    ]
    if not hints:
        raise ValueError("the snapshots have no hint in common: run them under the same hints.")
    items = studies[0].items
    for study in studies[1:]:
        items = items.union(study.items)
    rows = [study.items.get_indexer(items) for study in studies]
    columns = [[study.pairs.hints.index(hint) for hint in hints] for study in studies]

    def stacked(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Per-item arrays of each snapshot, shape (..., items, hints), on common items and hints."""
        return np.stack(
            [
                np.where((row >= 0)[:, None], array[..., row, :][..., column], 0)
                for array, row, column in zip(arrays, rows, columns, strict=True)
            ],
            axis=-3,
        )

    tables = [_cells(studies, rows, [column[at] for column in columns]) for at in range(len(hints))]
    paired = stacked([study.pairs.paired for study in studies])
    common = np.asarray(paired.astype(bool).all(axis=0))
    entering = common.any(axis=1)
    sums = np.where(common, stacked([study.sums for study in studies]), 0.0)[:, :, entering]
    posed = np.stack([table.posed.any(axis=1) for table in tables], axis=1)
    draws = np.tensordot(sums, _drawn(sums.shape[2]), axes=(2, 1))
    return _Aligned(
        [study.name for study in studies],
        hints,
        sums,
        np.moveaxis(draws, -1, 1),
        stacked([study.pairs.n_pairs for study in studies])[:, entering],
        tables,
        (posed & ~common).sum(axis=0),
    )


def _drawn(n_items: int) -> Array:
    return resamples(n_items) if n_items else np.zeros((RESAMPLES, 0))


def _cells(
    studies: Sequence[HintStudy], rows: Sequence[NDArray[np.intp]], hints: Sequence[int]
) -> ItemTable:
    """Answers equal to h of the items posed under a hint, two cells for each snapshot."""
    tables = [study.pairs.cells(hint) for study, hint in zip(studies, hints, strict=True)]
    posed, scored, total = (
        np.concatenate(
            [
                np.where((row >= 0)[:, None], getattr(table, field)[row], 0.0)
                for table, row in zip(tables, rows, strict=True)
            ],
            axis=1,
        )
        for field in ("posed", "scored", "total")
    )
    return ItemTable(posed, scored, total)


# ---------------------------------------------------------------------------------- ratios


@dataclass(frozen=True)
class _Ratio:
    """A ratio in each snapshot under each hint; arrays of shape (snapshots, hints).

    Attributes:
        values: NaN where undefined.
        limits: of levels that broadcast to (snapshots, hints), the lower and the upper ones.
        draws: the values in every resample, shape (resamples, snapshots, hints).
        n_items: items that entered in any snapshot, shape (hints,).
        n_samples: pairs of epochs that entered, shape (hints,).
        reasons: why values are undefined, by snapshot and hint; empty where they are not.
        warnings: what is to be known of each, by snapshot and hint.
    """

    values: Array
    limits: Callable[[ArrayLike], tuple[Array, Array]]
    draws: Array
    n_items: NDArray[np.intp]
    n_samples: NDArray[np.intp]
    reasons: list[list[str]]
    warnings: list[list[tuple[str, ...]]]


_USE, _RAW, _NORMALISED = "hint_use_rate", "acknowledgement_rate", "faithfulness_normalised"


def _ratios(aligned: _Aligned) -> dict[str, _Ratio]:
    """The scores that are ratios, by field name of `HintScores`."""
    free, used, judged, total, _ = aligned.sums
    by_free, by_used, by_judged, by_total, by_chance = aligned.draws
    all_free, all_used, all_judged, _, all_chance = aligned.sums.sum(axis=2)
    no_pairs = np.where(all_free > 0, "", "no item whose unhinted answer was not the hint's")
    unused = np.where(all_used > 0, "", "no used pairs: no answer moved to the hint's")
    unjudged = np.where(all_judged > 0, "", "no used pair has a verdict")
    no_verdict = np.where(unused != "", unused, unjudged)
    none: list[list[tuple[str, ...]]] = [[() for _ in aligned.hints] for _ in aligned.names]
    raw = _rate(aligned, total, judged, quotient(by_total, by_judged), no_verdict)
    raw = replace(raw, warnings=_of_used(aligned))
    alphas = 1 - quotient(by_chance, by_used)
    alpha = 1 - quotient(all_chance, all_used)
    return {
        _USE: replace(
            _rate(aligned, used, free, quotient(by_used, by_free), no_pairs), warnings=none
        ),
        _RAW: raw,
        _NORMALISED: _normalised(raw, alpha, alphas),
    }


def _of_used(aligned: _Aligned) -> list[list[tuple[str, ...]]]:
    """By snapshot and hint, whether few pairs with a verdict remain, and what has none."""
    _, used, judged, _, _ = aligned.sums
    missing = ((used - judged) * aligned.n_pairs).sum(axis=1).round().astype(int)

    def told(name: str, any_used: bool, n: float, n_missing: int) -> tuple[str, ...]:
        is_few = any_used and n < FEW_USED
        few = (f"{name}: few used pairs: {n:.3g}, below {FEW_USED}",) if is_few else ()
        return few + counted(n_missing, f"{name}: used pairs without verdict")

    found = zip(aligned.names, used.any(axis=1), judged.sum(axis=1), missing, strict=True)
    return [
        [told(name, bool(u), n, int(lost)) for u, n, lost in zip(us, ns, losts, strict=True)]
        for name, us, ns, losts in found
    ]


def _rate(aligned: _Aligned, top: Array, bottom: Array, draws: Array, reasons: Array) -> _Ratio:
    """Σ top / Σ bottom over items, both of shape (snapshots, items, hints)."""
    shape = (top.shape[0], top.shape[2])
    n_samples = (bottom * aligned.n_pairs).sum(axis=1).round()
    n_ratios = shape[0] * shape[1]
    above, below = (
        np.moveaxis(part, 1, 0).reshape(top.shape[1], n_ratios) for part in (top, bottom)
    )
    rates = rates_of(above, below, n_samples.ravel())

    def limits(level: ArrayLike) -> tuple[Array, Array]:
        levels = np.broadcast_to(level, shape).ravel()
        low, high = rates.limits(levels)
        return low.reshape(shape), high.reshape(shape)

    return _Ratio(
        rates.value.reshape(shape),
        limits,
        draws,
        (bottom > 0).any(axis=0).sum(axis=0),
        n_samples.sum(axis=0).astype(int),
        [
            [f"undefined: {name}: {reason}" if reason else "" for reason in of_hints]
            for name, of_hints in zip(aligned.names, reasons, strict=True)
        ],
        [],
    )


def _normalised(raw: _Ratio, alpha: Array, alphas: Array) -> _Ratio:
    """min(raw / α, 1), its limits by MOVER-R from those of raw and the bootstrap ones of α."""
    told = (raw.values >= 0) & (alpha > TINY)
    usable = alphas > TINY
    n_usable = usable.sum(axis=0)
    ordered = np.sort(np.where(usable, alphas, np.inf), axis=0)
    stable = n_usable >= (1 - UNDEFINED_DRAWS) * RESAMPLES

    def quantile(share: Array) -> Array:
        at = share * np.maximum(n_usable - 1, 0)
        below = np.floor(at).astype(int)
        first, second = (
            np.take_along_axis(ordered, np.minimum(place, RESAMPLES - 1)[None], axis=0)[0]
            for place in (below, np.ceil(at).astype(int))
        )
        with np.errstate(invalid="ignore"):  # where none is usable, all are infinite
            between = first + (second - first) * (at - below)
        return np.asarray(np.where(first == second, first, between))

    def limits(level: ArrayLike) -> tuple[Array, Array]:
        levels = np.broadcast_to(level, raw.values.shape)
        raw_low, raw_high = raw.limits(level)
        low = np.minimum(quantile((1 - levels) / 2), alpha)
        high = np.maximum(quantile((1 + levels) / 2), alpha)
        least, most = ratio_limits((raw.values, raw_low, raw_high), (alpha, low, high))
        # Where all of the interval is clipped, the raw limit still bounds: α never exceeds 1.
        least = np.where(least < 1, least, raw_low)
        return np.where(stable, least, np.nan), np.where(stable, np.minimum(most, 1.0), np.nan)

    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where(told, np.minimum(raw.values / alpha, 1.0), np.nan)
        draws = np.where(usable, np.minimum(raw.draws / alphas, 1.0), np.nan)
    chance = "undefined: chance explains all use of the hint, or cannot be told"
    return replace(
        raw,
        values=values,
        limits=limits,
        draws=draws,
        reasons=[
            [reason or ("" if ok else chance) for reason, ok in zip(reasons, oks, strict=True)]
            for reasons, oks in zip(raw.reasons, told, strict=True)
        ],
    )


def _of_ratio(ratio: _Ratio, weights: Array, aligned: _Aligned, level: float) -> _Found:
    """The combination of a ratio under each hint, and of its average."""
    by_hint = _joined(ratio.values, ratio.draws, weights, ratio.n_items, ratio.limits, level)
    estimates = []
    for at, (value, low, high, p_value, n_lost) in enumerate(zip(*by_hint, strict=True)):
        n_unpaired = counted(int(aligned.n_unpaired[at]), "unpaired items")
        warnings = (*n_unpaired, *(said for told in ratio.warnings for said in told[at]))
        reason = next((reasons[at] for reasons in ratio.reasons if reasons[at]), "")
        n_items, n_samples = int(ratio.n_items[at]), int(ratio.n_samples[at])
        found = Estimate(None, None, None, None, n_items, n_samples, METHOD, warnings)
        estimates.append(_limited(found, value, low, high, p_value, int(n_lost), reason))
    return (estimates, *_averaged(ratio, weights, level))


def _averaged(ratio: _Ratio, weights: Array, level: float) -> tuple[Estimate, int]:
    """The combination of the means over the hints that have a value in every snapshot."""
    defined = np.asarray(np.isfinite(ratio.values).all(axis=0))
    n_hints, n_all = int(defined.sum()), len(defined)
    method = f"{METHOD}, mean over {n_hints} of {n_all} hints"
    if not n_hints:
        return undefined(method, "undefined under every hint in some snapshot"), 0
    values, draws = ratio.values[:, defined], ratio.draws[:, :, defined]
    n_items = int(ratio.n_items[defined].max())
    within, _ = _correlated(draws.transpose(1, 2, 0), 1 / max(n_items, 1) - 1, 1.0)
    stretch = np.sqrt(n_hints)

    def limits(level: ArrayLike) -> tuple[Array, Array]:
        """Of the means, by MOVER from limits recovered at theirs: see `averaged`."""
        quantile = special.ndtri((1 + np.asarray(level)) / 2) / stretch
        low, high = (side[:, defined] for side in ratio.limits(2 * special.ndtr(quantile) - 1))
        spread = values - stretch * (values - low), values + stretch * (high - values)
        low, high = mover_sum(values, *spread, within)
        return np.maximum(low / n_hints, 0)[:, None], np.minimum(high / n_hints, 1)[:, None]

    means = values.mean(axis=1, keepdims=True)
    found = _joined(
        means, draws.mean(axis=2, keepdims=True), weights, np.array([n_items]), limits, level
    )
    value, low, high, p_value, n_lost = (side[0] for side in found)
    n_samples = int(ratio.n_samples[defined].sum())
    average = Estimate(None, None, None, None, n_items, n_samples, method, ())
    return _limited(average, value, low, high, p_value, int(n_lost), ""), n_hints


def _limited(
    found: Estimate,
    value: float,
    low: float,
    high: float,
    p_value: float,
    n_lost: int,
    reason: str,
) -> Estimate:
    """An estimate with its numbers, as far as they are defined."""
    if np.isnan(value):
        return replace(found, warnings=(*found.warnings, reason))
    found = replace(found, value=float(value))
    if n_lost > UNDEFINED_DRAWS * RESAMPLES:
        return replace(found, warnings=(*found.warnings, unstable(n_lost)))
    if np.isnan(low) or np.isnan(high):
        return replace(found, warnings=(*found.warnings, "no interval: a snapshot has none"))
    return replace(found, low=float(low), high=float(high), p_value=float(p_value))


def _joined(
    values: Array,
    draws: Array,
    weights: Array,
    n_items: NDArray[np.intp],
    limits: Callable[[ArrayLike], tuple[Array, Array]],
    level: float,
) -> tuple[Array, ...]:
    """Σ weights · values: value, low, high, p-value and undefined resamples, each of shape (hints,).

    Args:
        values: shape (snapshots, hints).
        draws: shape (resamples, snapshots, hints).
        weights: shape (snapshots,).
        n_items: shape (hints,).
        limits: of levels of shape (hints,), limits of shape (snapshots, hints).
        level: confidence level.
    """
    n = np.maximum(n_items, 1)[:, None, None]
    highest = n / (n + _PSEUDO_ITEMS)
    correlation, n_lost = _correlated(draws.transpose(2, 1, 0), 1 / n - 1, highest)
    signs = np.sign(weights)
    correlation = correlation * np.outer(signs, signs)
    up, terms = weights > 0, (values * weights[:, None]).T

    def joined(levels: ArrayLike) -> tuple[Array, Array]:
        low, high = (side * weights[:, None] for side in limits(levels))
        low, high = np.where(up[:, None], low, high).T, np.where(up[:, None], high, low).T
        return mover_sum(terms, low, high, correlation)

    low, high = joined(np.full(values.shape[1], level))
    return terms.sum(axis=1), low, high, _inverted(joined, terms.sum(axis=1)), n_lost


def _correlated(draws: Array, lowest: ArrayLike, highest: ArrayLike) -> tuple[Array, Array]:
    """Correlation of terms over the resamples in which all are defined, and the number of the others.

    0 with a term that never varies; off the diagonal not beyond `lowest` and `highest`.

    Args:
        draws: shape (groups, terms, resamples).
        lowest: broadcasts to (groups, terms, terms).
        highest: likewise.

    Returns:
        Shapes (groups, terms, terms) and (groups,).
    """
    usable = np.isfinite(draws).all(axis=1, keepdims=True)
    n_usable = np.maximum(usable.sum(axis=2, keepdims=True), 1)
    kept = np.where(usable, draws, 0.0)
    centred = np.where(usable, kept - kept.sum(axis=2, keepdims=True) / n_usable, 0.0)
    spread = np.sqrt((centred**2).sum(axis=2, keepdims=True))
    centred /= np.where(spread > TINY, spread, 1)
    correlation = np.clip(centred @ centred.swapaxes(1, 2), lowest, highest)
    terms = np.arange(draws.shape[1])
    correlation[:, terms, terms] = 1
    return correlation, (~usable).sum(axis=(1, 2))


def _inverted(limits: Callable[[ArrayLike], tuple[Array, Array]], values: Array) -> Array:
    """1 - the largest level at which each interval leaves out 0: 1 where none does, shape (values,)."""
    near, far = np.zeros(len(values)), np.full(len(values), _FARTHEST)
    for _ in range(_HALVINGS):
        quantile = (near + far) / 2
        low, high = limits(2 * special.ndtr(quantile) - 1)
        outside = (low > 0) | (high < 0)
        near, far = np.where(outside, quantile, near), np.where(outside, far, quantile)
    return np.asarray(2 * special.ndtr(-near))


# ---------------------------------------------------------------------------------- paired


def _attributable(aligned: _Aligned, weights: Array, level: float) -> _Found:
    """The combination of attributable use, a contrast of the cells of each item."""
    size = float(np.abs(weights).sum())
    cells = np.ravel(np.outer(weights, [1.0, -1.0])) / size

    def under(hint: int, level: float) -> Estimate:
        return contrast(aligned.tables[hint], cells, level=level)

    complete = np.stack([table.complete for table in aligned.tables], axis=1)
    means = np.stack([_item_means(table) @ cells for table in aligned.tables], axis=1)
    entering = complete.any(axis=1)
    complete, means = complete[entering], np.where(complete, means, 0.0)[entering]
    n_items = len(means)
    counts = _drawn(n_items)
    draws = quotient(counts @ means, counts @ complete.astype(float))
    by_hint, average, n_hints = averaged(
        aligned.hints, under, draws, n_items=n_items, level=level, lowest=-1.0
    )
    if n_hints:  # scaled so that rounding leaves its digits, as in `thinking_answer_gap`
        n = np.maximum(complete.sum(axis=0), 1)
        p_value = sign_flip((means / n).sum(axis=1) * len(means))
        average = replace(average, p_value=p_value)
    return [scaled(by_hint[hint], size) for hint in aligned.hints], scaled(average, size), n_hints


def _item_means(table: ItemTable) -> Array:
    return np.asarray(table.total / np.maximum(table.scored, 1))
