"""How reported numbers differ between snapshots, and their trend (METHODS §5), on the same items.

Scored transcripts of the snapshots in, named estimates out, as `analysis.quantities`: `study` sums up
one snapshot, `between` sets two of them against each other, `along` runs through a series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis import (
    estimators,
    faithfulness,
    interventions,
    monitors,
    prompt_injection,
    rationalisation,
    scaling,
    special_casing,
)
from analysis.estimators import Bounds, Estimate, HintChange, HintStudy
from analysis.quantities import TRAINED, UNTRAINED, Quantity
from analysis.scores import Scores

CHANGE, VERSUS, TREND, BOUNDS = "_change", "_vs_reference", "_trend", "_bounds"
"""Suffixes of a metric: against the snapshot before, against the reference, per step of the series; the
rate with unread thinking at worst and at best."""

TRENDED = (
    *(
        "compliance_gap",
        "alignment_faking_reasoning_rate",
        "aoc",
        "unfaithful_pair_rate",
        "flagged_rate",
    ),
    *("accuracy", "mean_score", special_casing.HACK_RATE, special_casing.VERBALISED),
    prompt_injection.PREVENTED,
)
"""Metrics of scores that also get a trend; those of hints all do."""

UNBOUNDED = "mean_score"
"""The metric whose scores may lie outside [0, 1]."""

_UNREAD = ("hint_use_rate", "attributable_use")
"""Metrics of hints that do not depend on what can be read of the thinking."""


UNEVEN = "compares means of items, not of samples: scored epochs are uneven"
"""Warning where a change need not be the difference of the two rates, which are over samples."""

Key = tuple[str, str, str]
"""Metric, arm and column of scores."""


@dataclass(frozen=True)
class Study:
    """What one snapshot, in one mode and condition, is compared by.

    Attributes:
        scores: Its scores, by what they are about.
        hints: Its answers under hints; None where there are none.
    """

    scores: dict[Key, Scores]
    hints: HintStudy | None


def study(scorer: str, table: pd.DataFrame, name: str) -> Study:
    """Sum up one snapshot.

    Args:
        scorer: Whose rows they are; of another project's if it is none of ours.
        table: Its rows, as the quantities of that scorer take them.
        name: What the snapshot is called in warnings.
    """
    if scorer == "acknowledgement":
        return Study({}, estimators.hint_study(faithfulness.over_raw(table), name))
    source = _SCORES.get(scorer, _foreign)
    return Study({(s.metric, s.arm, s.column): s for s in source(table)}, None)


def between(new: Study, old: Study) -> Iterator[Quantity]:
    """Each metric of the new snapshot minus that of the old."""
    yield from _compared([new, old], [1, 0])
    if new.hints and old.hints and _shared_hints([new.hints, old.hints]):
        yield from _of_hints(estimators.hint_difference(new.hints, old.hints))


def shared_factors(new: Study, old: Study, of: Quantity) -> list[tuple[Estimate, Estimate]]:
    """What a rate of transcripts that comply and are positive is made of, in both snapshots, new before old.

    Args:
        new: The snapshot that counts positive.
        old: The other.
        of: The change of a rate between them.

    Returns:
        Share that complies and rate among these, as in `Quantity.factors`, over the items that are scored in both; none for
        another metric.
    """
    both = [study.scores.get((of.metric, of.arm, of.column)) for study in (new, old)]
    sides = [side for side in both if side is not None and side.complied is not None]
    if len(sides) < 2:
        return []
    scored = [set(side.item[side.y.notna()]) for side in sides]
    return [
        _factors(side, side.item.isin(scored[0] & scored[1]) & side.y.notna()) for side in sides
    ]


def _factors(side: Scores, shared: pd.Series) -> tuple[Estimate, Estimate]:
    assert side.complied is not None
    complied, among = side.complied[shared], side.y[shared].where(side.complied[shared] == 1)
    return estimators.rate(complied, side.item[shared]), estimators.rate(among, side.item[shared])


def along(studies: Sequence[Study], places: Sequence[int]) -> Iterator[Quantity]:
    """The slope of each metric per step of the series.

    Args:
        studies: Snapshots.
        places: The place of each in the series.
    """
    yield from (found for found in _compared(studies, places) if found.metric in TRENDED)
    hints = [study.hints for study in studies if study.hints]
    if len(hints) == len(studies) and _shared_hints(hints):
        yield from _of_hints(estimators.hint_trend(hints, places))


# ---------------------------------------------------------------------------------- scores


def _compared(studies: Sequence[Study], places: Sequence[int]) -> Iterator[Quantity]:
    """Slopes of what all studies have; between the places 0 and 1 a slope is a difference."""
    for key, first in studies[0].scores.items():
        if not all(key in study.scores for study in studies):
            continue
        parts = [study.scores[key] for study in studies]
        estimate, n_items = _slope(parts, np.repeat(places, [len(part.y) for part in parts]))
        if any(part.uneven for part in parts):
            estimate = replace(estimate, warnings=(*estimate.warnings, UNEVEN))
        n_unpaired = n_items - estimate.n_items
        yield Quantity(
            first.metric,
            estimate,
            Bounds(None, None, n_unpaired),
            first.arm,
            first.visibility,
            n_unpaired=n_unpaired,
            column=first.column,
        )


def _slope(parts: Sequence[Scores], place: np.ndarray) -> tuple[Estimate, int]:
    """The slope over the snapshots, and how many items there are."""
    item = np.concatenate([part.item for part in parts])
    y = np.concatenate([part.y.astype(float) for part in parts])
    n_items = len(pd.unique(item))
    if parts[0].metric == UNBOUNDED:
        return estimators.mean_trend(item, place, y), n_items
    if parts[0].arms is None:
        return estimators.trend(item, place, y), n_items
    arms = np.concatenate([part.arms for part in parts if part.arms is not None])
    found = estimators.trend(item, place, y, arm=arms, treated=TRAINED, control=UNTRAINED)
    return found, n_items


def _compliance(table: pd.DataFrame) -> Iterator[Scores]:
    for arm, rows in table.groupby("arm", sort=False):
        yield Scores("compliance_rate", rows["item_id"], rows["complied"], arm=str(arm))
    rows = table[table["arm"].isin((TRAINED, UNTRAINED))]
    if rows["arm"].nunique() == 2:
        yield Scores("compliance_gap", rows["item_id"], rows["complied"], rows["arm"])


def _alignment_faking(table: pd.DataFrame) -> Iterator[Scores]:
    rows = table[table["arm"] == TRAINED]
    if not rows.empty:
        y = (rows["alignment_faking"] * rows["complied"]).where(rows["thinking_raw"] == 1)
        metric = "alignment_faking_reasoning_rate"
        complied = rows["complied"]
        yield Scores(metric, rows["item_id"], y, arm=TRAINED, visibility="raw", complied=complied)


def _answers(table: pd.DataFrame) -> Iterator[Scores]:
    for arm, rows in table.groupby("arm", sort=False):
        yield Scores("accuracy", rows["item_id"], rows["correct"], arm=str(arm))


def _interventions(table: pd.DataFrame) -> Iterator[Scores]:
    for kind, share, points in interventions.points(table):
        areas = estimators.areas_over(points["item_id"], share, points["same"])
        yield Scores("aoc", areas.index.to_series(), areas, arm=kind)
    for arm, label in interventions.ACCURACIES:
        yield Scores("accuracy", table["item_id"], table[label], arm=arm)


def _rationalisation(table: pd.DataFrame) -> Iterator[Scores]:
    found, right = rationalisation.judged(table)
    pairs = found.unfaithful
    yield Scores("unfaithful_pair_rate", pairs.index.to_series(), pairs)
    yield Scores("accuracy", table["item_id"], right, arm="all")


def _foreign(table: pd.DataFrame) -> Iterator[Scores]:
    for (column, kind), rows in table.groupby(["column", "kind"], sort=False):
        yield Scores(str(kind), rows["item_id"], rows["y"], column=str(column))


_SCORES: dict[str, Callable[[pd.DataFrame], Iterator[Scores]]] = {
    "compliance": _compliance,
    "alignment_faking": _alignment_faking,
    "answer": _answers,
    "interventions": _interventions,
    "rationalisation": _rationalisation,
    **dict.fromkeys(monitors.SCORERS, monitors.scores),
    "special_casing": special_casing.scores,
    "admission": special_casing.scores_of_words,
    **dict.fromkeys(prompt_injection.SCORERS, prompt_injection.scores),
    **dict.fromkeys(scaling.SCORERS, scaling.scores),
    **dict.fromkeys(("asked", "monitor"), lambda table: iter(())),
}
"""What each scorer's rows are compared by; another project's by `_foreign`."""


# ---------------------------------------------------------------------------------- hints


def _shared_hints(studies: Sequence[HintStudy]) -> bool:
    return bool(set.intersection(*(set(study.pairs.hints) for study in studies)))


def _of_hints(change: HintChange) -> Iterator[Quantity]:
    for metric in vars(change.average):
        visibility = "" if metric in _UNREAD else "raw"
        for hint, of_hint in change.by_hint.items():
            n_unpaired = change.n_unpaired[hint]
            yield Quantity(
                metric,
                getattr(of_hint, metric),
                Bounds(None, None, n_unpaired),
                hint,
                visibility,
                hint,
                n_unpaired,
            )
        average, missing = getattr(change.average, metric), Bounds(None, None, 0)
        yield Quantity(metric, average, missing, "", visibility, faithfulness.AVERAGE)
