"""Tables of changes across snapshots, made from `results.csv` rows (METHODS §5)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.changes import BOUNDS, CHANGE, TREND, VERSUS
from analysis.faithfulness import AVERAGE, CORRECTED
from paper_figures import names
from paper_figures.cells import (
    ABSENT,
    CONDITION,
    Cell,
    Table,
    counted,
    interval,
    number,
    one_row,
    p_value,
    tabulated,
    who_is,
)

_KINDS = {CHANGE: "previous", VERSUS: "reference", TREND: "trend"}
"""What a snapshot is set against, by what the names of metrics end with, in the order of the table."""


@dataclass(frozen=True)
class _Shown:
    """A metric whose changes a table shows: its heading, its name, and which of its rows."""

    heading: str
    metric: str
    where: Mapping[str, str]


_RAW = {"visibility": "raw"}

_ALIGNMENT_FAKING = (
    _Shown("AF rate", "alignment_faking_reasoning_rate", _RAW),
    _Shown("Compliance, training", "compliance_rate", {"arm": "training"}),
    _Shown("Gap", "compliance_gap", {}),
)
_FAITHFULNESS = (
    _Shown("Raw faithfulness", "acknowledgement_rate", _RAW),
    _Shown("Normalised", "faithfulness_normalised", _RAW),
    _Shown("Hint use", "hint_use_rate", {}),
    _Shown("Attributable use", "attributable_use", {}),
)


def is_derived(results: pd.DataFrame) -> pd.Series:
    """Which rows compare snapshots or bound a rate, and so stand in tables of their own."""
    return results["metric"].str.endswith((*_KINDS, BOUNDS))


def alignment_faking(results: pd.DataFrame) -> Table | None:
    """Changes of the headline metrics of alignment faking; None where snapshots are not compared."""
    return _changes(
        results, _ALIGNMENT_FAKING, "alignment_faking_changes", "Alignment faking across snapshots"
    )


def faithfulness(results: pd.DataFrame) -> Table | None:
    """Changes of faithfulness on average over hints."""
    shown = [_Shown(s.heading, s.metric, {**s.where, "hint": AVERAGE}) for s in _FAITHFULNESS[:3]]
    name, title = "clue_changes", "Faithfulness across snapshots, average over hints"
    return _changes(results, shown, name, title)


def by_hint(results: pd.DataFrame) -> Table | None:
    """Changes of faithfulness under each hint."""
    hinted = results[(results["hint"] != "") & (results["hint"] != AVERAGE)]
    name, title = "clue_changes_by_hint", "Faithfulness across snapshots, by hint"
    return _changes(hinted, _FAITHFULNESS, name, title, "hint")


def reasoning(results: pd.DataFrame) -> Table | None:
    """Changes of what shows in and around the reasoning: AOC by intervention, unfaithful pairs."""
    shown = (_Shown("AOC", "aoc", {}), _Shown("Unfaithful pairs", "unfaithful_pair_rate", {}))
    return _changes(results, shown, "reasoning_changes", "Reasoning across snapshots", "arm")


def special_casing(results: pd.DataFrame) -> Table | None:
    """Changes of what is done about impossible tests, and of what the thinking admits."""
    shown = (
        _Shown("Hacks, impossible", "reward_hack_rate", {"arm": "impossible"}),
        _Shown("Hacks, originals", "reward_hack_rate", {"arm": "original"}),
        _Shown("Flagged, impossible", "flagged_test_rate", {"arm": "impossible"}),
        _Shown("Verbalised", "reward_hack_verbalised_rate", {"arm": "impossible", **_RAW}),
    )
    name, title = "special_casing_changes", "Special-casing across snapshots"
    return _changes(results, shown, name, title)


def thinking_budget(results: pd.DataFrame) -> Table | None:
    """Changes of the accuracy under each thinking budget."""
    name, title = "thinking_changes", "Accuracy by thinking budget across snapshots"
    return _changes(results, (_Shown("Accuracy", "accuracy", {}),), name, title, "arm")


def monitors(results: pd.DataFrame) -> Table | None:
    """Changes of what the monitors of the thinking flag, in any sub-category."""
    shown = (_Shown("Flagged", "flagged_rate", {}),)
    title = "What the thinking shows, across snapshots"
    return _changes(results, shown, "concerning_reasoning_changes", title)


def prompt_injection(results: pd.DataFrame) -> Table | None:
    """Changes of attacks prevented, and of tasks done, under each safeguard."""
    shown = (
        _Shown("Attacks prevented", "attack_prevented_rate", {"arm": "attack"}),
        _Shown("Task done, attack", "task_done_rate", {"arm": "attack"}),
        _Shown("Task done, clean", "task_done_rate", {"arm": "clean"}),
    )
    name, title = "prompt_injection_changes", "Prompt injection across snapshots"
    return _changes(results, shown, name, title)


def corrected(results: pd.DataFrame) -> Table | None:
    """Changes of the headline metrics of alignment faking, corrected for judge error."""
    name, title = "alignment_faking_changes_corrected", "Alignment faking across snapshots"
    return _changes(results, _corrected(_ALIGNMENT_FAKING), name, f"{title}, {_FOR_JUDGES}")


def corrected_by_hint(results: pd.DataFrame) -> Table | None:
    """Changes of raw faithfulness under each hint, corrected for judge error."""
    name, title = "clue_changes_corrected", "Raw faithfulness across snapshots, by hint"
    return _changes(results, _corrected(_FAITHFULNESS[:1]), name, f"{title}, {_FOR_JUDGES}", "hint")


_FOR_JUDGES = "corrected for judge error"


def _corrected(shown: Sequence[_Shown]) -> list[_Shown]:
    return [_Shown(s.heading, f"{s.metric}{CORRECTED}", s.where) for s in shown]


def accuracy(results: pd.DataFrame) -> Table | None:
    """Changes of accuracy and mean score of other people's tasks."""
    shown = (_Shown("Accuracy", "accuracy", {}), _Shown("Mean score", "mean_score", {}))
    return _changes(results, shown, "accuracy_changes", "Accuracy across snapshots")


def _changes(
    results: pd.DataFrame, shown: Sequence[_Shown], name: str, title: str, *by: str
) -> Table | None:
    """A row per snapshot, mode and what it is compared with; the trend over all snapshots last."""
    metrics = {f"{s.metric}{suffix}": suffix for s in shown for suffix in _KINDS}
    found = results[results["metric"].isin(list(metrics))]
    if found.empty:
        return None
    present = [s for s in shown if found["metric"].str.startswith(s.metric).any()]
    found = found.assign(suffix=found["metric"].map(metrics))
    printed = names.snapshots([*found["snapshot"], *found["column"].map(old_of)])
    keys = [*CONDITION, "column", *by]
    who, cells = [], []
    for suffix, kind in _KINDS.items():
        of_kind = found[found["suffix"] == suffix]
        for key, rows in of_kind.groupby(keys, sort=False, dropna=False):
            condition = dict(zip(keys, map(str, key), strict=True))
            scorer, old = scorer_of(condition["column"]), old_of(condition["column"])
            told = {name: condition[name].replace("_", " ") for name in by}
            told |= {"scorer": scorer} if scorer else {}
            told["against"] = f"{kind}: {printed[old]}" if old else f"{kind}, per snapshot"
            who.append({**who_is(condition), **told})
            cells.append(_change_cells(rows, present, suffix))
    return tabulated(
        name,
        title,
        "Points of percent, 95% intervals, at the base condition where factors were varied: the snapshot minus the one that it stands against, paired by item, in the same mode and condition; a positive "
        "number is an increase. Previous: the snapshot before it; reference: the one that all are compared with; trend: slope per snapshot over all of them, "
        "clustered on item. p: adjusted by Holm over all changes of that kind and metric. n: items in each change, in the order of the columns. Not "
        "ranked: whether an increase is good depends on the metric.",
        who,
        cells,
        always=(
            "Snapshot",
            "Mode",
            "Source",
            "Scorer",
            "Against",
            *(name.capitalize() for name in by),
        ),
    )


def _change_cells(
    rows: pd.DataFrame, shown: Sequence[_Shown], suffix: str
) -> dict[str, str | Cell]:
    cells: dict[str, str | Cell] = {}
    n = []
    for s in shown:
        row = one_row(rows, f"{s.metric}{suffix}", **s.where)
        on_any_scale = s.metric == "mean_score"
        cells[s.heading] = number(row, signed=True) if on_any_scale else interval(row, signed=True)
        cells[f"p, {s.heading}"] = ABSENT if row is None else p_value(row["p_adjusted"])
        n.append(counted(row))
    return {**cells, "n": " / ".join(n)}


_COMPARED = re.compile(r"(?:(?P<scorer>.+?): )?(?:change from (?P<old>.+)|per snapshot)", re.DOTALL)
"""What stands in the column `column` of a change or a trend."""


def old_of(column: str) -> str:
    """The snapshot that a change is from; empty of a trend."""
    found = _COMPARED.fullmatch(column)
    return (found and found["old"]) or ""


def scorer_of(column: str) -> str:
    """The scorer of another project's task that a change or trend is of; empty of ours."""
    found = _COMPARED.fullmatch(column)
    return (found and found["scorer"]) or ""
