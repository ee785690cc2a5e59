"""The frame in, `results.csv` out: every reported quantity per snapshot, mode and condition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any

import pandas as pd

from analysis import (
    accuracy,
    changes,
    faithfulness,
    interventions,
    judges,
    monitors,
    prompt_injection,
    quantities,
    rationalisation,
    scaling,
    special_casing,
)
from analysis.bundled import data_path
from analysis.changes import BOUNDS, CHANGE, TREND, VERSUS, Study
from analysis.estimators import (
    Bounds,
    Estimate,
    Proportion,
    adjust,
    corrected_difference,
    corrected_gap,
    corrected_rate,
    corrected_share,
)
from analysis.faithfulness import CORRECTED, UNHINTED
from analysis.logs import VISIBILITIES
from analysis.quantities import Quantity
from analysis.series import Placed, Series, discover, place
from analysis.validation import Calibration, check_distinct

COLUMNS = [
    *("table", "row", "column", "snapshot", "reasoning", "task", "dataset", "setting", "arm"),
    *("hint", "factors", "visibility", "metric", "value", "low", "high", "p_value"),
    *("p_adjusted", "n_items", "n_samples", "n_unscored", "n_unpaired", "method", "judge"),
    *("provenance", "simulated", "warnings", "logs"),
]
"""Columns of results.csv."""

FACTORS = [
    *("elicitation", "labels", "swap", "tiers", "stakes", "persistence", "knowledge"),
    *("placement", "paraphrase", "suffix", "control", "hint_target"),
    *("rung", "form", "flag", "safeguards", "classifier_judge", "styles", "channels"),
    *("stages", "seed"),
]
"""Sample metadata that make one condition, as `name=value` in the column `factors`."""

ALIGNMENT_FAKING, CLUE_FAITHFULNESS = "alignment_faking", "clue_faithfulness"
INTERVENTIONS, RATIONALISATION = "cot_interventions", "post_hoc_rationalisation"
MONITORS, SPECIAL_CASING = "concerning_reasoning", "reward_hacking"
PROMPT_INJECTION, THINKING_BUDGET = "prompt_injection", "thinking_budget"
THINKING_LENGTH = "thinking_length"

ERRORED = "error"
"""In place of a visibility: transcripts of samples that ended in an error, with nothing to read or to score."""

UNPARSEABLE = "unparseable"
"""Metric of the transcripts without an answer that could be compared."""

_TABLES = {
    "compliance": ALIGNMENT_FAKING,
    "alignment_faking": ALIGNMENT_FAKING,
    "answer": CLUE_FAITHFULNESS,
    "acknowledgement": CLUE_FAITHFULNESS,
    "asked": CLUE_FAITHFULNESS,
    "monitor": CLUE_FAITHFULNESS,
    "interventions": INTERVENTIONS,
    "rationalisation": RATIONALISATION,
    **dict.fromkeys(monitors.SCORERS, MONITORS),
    **dict.fromkeys(special_casing.SCORERS, SPECIAL_CASING),
    **dict.fromkeys(prompt_injection.SCORERS, PROMPT_INJECTION),
    **dict.fromkeys(scaling.SCORERS, THINKING_BUDGET),
}
"""The table that each scorer's rows belong to."""

_QUANTITIES: dict[str, Sequence[Callable[[pd.DataFrame], Iterator[Quantity]]]] = {
    "compliance": [quantities.compliance],
    "alignment_faking": [quantities.alignment_faking, quantities.transcript_labels],
    "answer": [faithfulness.answers],
    "acknowledgement": [faithfulness.acknowledgement],
    "asked": [faithfulness.honesty],
    "monitor": [faithfulness.monitorability],
    "interventions": [interventions.interventions],
    "rationalisation": [rationalisation.rationalisation],
    **dict.fromkeys(monitors.SCORERS, (monitors.reported,)),
    "special_casing": [special_casing.deeds],
    "admission": [special_casing.words],
    **dict.fromkeys(prompt_injection.SCORERS, (prompt_injection.prompt_injection,)),
    **dict.fromkeys(scaling.SCORERS, (scaling.budgets,)),
}
"""What each scorer's rows give."""

_HINTED = ("acknowledgement", "asked", "monitor")
"""Scorers whose rows are compared with what the hint gives."""

_CONDITION = ["snapshot", "reasoning", "task", "dataset", "setting", "factors"]
"""Columns in which all rows of a condition are alike."""

_KEYS = [*_CONDITION, "scorer", "judge"]
"""Columns in which all rows that are estimated together are alike."""

_ACROSS = [name for name in _KEYS if name != "snapshot"]
"""Columns in which all rows that are compared between snapshots are alike."""

ALL_SNAPSHOTS = "all snapshots"
"""In place of a snapshot's name, of a trend."""

_COUNTED = (
    *("alignment_faking", "acknowledgement", "interventions", "rationalisation"),
    *monitors.SCORERS,
    *special_casing.SCORERS,
    *prompt_injection.SCORERS,
    *scaling.SCORERS,
)
"""Scorers whose transcripts are counted by the visibility of their thinking."""

_READ = (
    "arm",
    "setting",
    "unscored",
    "hint_answer",
    "n_options",
    *quantities.LABELS,
    *faithfulness.LABELS,
    *prompt_injection.LABELS,
    *special_casing.LABELS,
)
"""Columns that a frame lacks where no sample got as far as a score."""

_TOLD = (
    *("log", "task", "dataset", "snapshot", "reasoning", "factors", "settings", "simulated"),
    *("item_id", "sample_id", "epoch", "error", "scorer", "judge", "rubric", "rubric_hash"),
    *("prompt_hash", "thinking_visibility", "swap", "group", "yes", "correct_yes"),
    "correct_without",
    *monitors.LABELS,
    *scaling.LABELS,
    *("style", "channel", "safeguards"),
)
"""Columns that are read where a frame has them, beside `_READ` and those with a slash: points of a curve, and
what further judges said."""

_CORRECTABLE = (
    *("compliance_rate", "compliance_gap", "alignment_faking_reasoning_rate", "flagged_rate"),
    special_casing.VERBALISED,
)
"""Metrics that a calibration of their judge corrects; of what a monitor flags, the overall rate alone."""

_BOUNDED = (
    *("alignment_faking_reasoning_rate", "acknowledgement_rate", "flagged_rate"),
    special_casing.VERBALISED,
)
"""Rates about thinking that get a row of bounds where some of it cannot be read."""


class NothingToReport(ValueError):
    """The logs hold nothing that a table here is about."""


def results(
    frame: pd.DataFrame,
    calibrations: Sequence[Calibration] = (),
    series: Series | None = None,
) -> pd.DataFrame:
    """Every quantity of every snapshot, reasoning mode and condition, its changes and its trend.

    Args:
        frame: As `analysis.logs.read` gives it.
        calibrations: Of the judges in it; each corrects the metrics of its rubric, and only where judge
            and rubric version are the ones validated.
        series: Snapshots in the order of their release, what they are called, and the one that each is
            compared with beside the one before it; others follow. None is the order of the frame.

    Returns:
        Rows with `COLUMNS`. A change is that from the nearest earlier snapshot with the same mode and
        condition, and that from the reference, on the items that both have; a trend is a slope per place
        in the series. `p_adjusted` is Holm over all hypotheses about one of `_FAMILIES`, one metric's
        changes or one metric's trends, which is what one table shows. `attrs["problems"]` lists (logs or
        place, problem) for each condition that is left out because no estimate can be made of it, and
        for what the series names in vain.

    Raises:
        NothingToReport: No row is of a scorer that is reported on, or every condition is left out.
        ValueError: Two calibrations are of one judge, rubric and hint.
    """
    check_distinct(calibrations)
    placed = place(series or discover(frame), list(frame["snapshot"].dropna().unique()))
    unfinished = _unfinished(frame.attrs.get("problems", []))
    frame = frame.assign(snapshot=frame["snapshot"].map(placed.labels))
    frame.attrs = {}  # pandas copies them with every pick of rows
    known, foreign = _known(frame), accuracy.foreign(frame)
    unread = foreign.attrs.pop("problems", [])
    known, foreign = (
        rows.assign(unfinished=rows["log"].map(unfinished).fillna("").astype(object))
        for rows in (known, foreign)
    )
    if known.empty and foreign.empty:
        raise NothingToReport(
            "the logs hold no samples of the tasks in inspect_tasks/, and no scores of other tasks: run "
            "one of them first, for example alignment_faking.py or cot_faithfulness.py."
            f"{_told(unread)}"
        )
    rows, problems = _rows(known, foreign, calibrations, placed)
    table = pd.DataFrame([*rows, *judges.calibrated(calibrations)], columns=COLUMNS)
    table["p_adjusted"] = _adjusted(table)
    table = _in_order(table, placed)
    table.attrs["problems"] = [*placed.problems, *problems, *unread]
    return table


def _unfinished(problems: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By log that lacks samples which were never run, what is said of it."""
    return {log: said for log, said in problems if said.startswith("unfinished")}


def _known(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of our scorers on our tasks, with no more than is read of them."""
    rows = frame[frame["scorer"].isin(list(_QUANTITIES))].copy()  # of one piece: columns are added
    told = [name for name in rows if name in _TOLD or "/" in str(name)]
    known = rows.reindex(columns=pd.Index([*told, *_READ]).unique()).copy()
    known = known.assign(
        factors=_factors(rows.assign(stages=monitors.stages(rows))),
        setting=known["setting"].fillna(""),
    )
    # Where a sample ended in an error, the frame has the right answer for whether it was given; comparisons need that.
    unscored = (known["scorer"] != "rationalisation") & known["correct"].map(
        lambda value: isinstance(value, str)
    )
    known["correct"] = known["correct"].mask(unscored)
    monitored = known["scorer"].isin(monitors.SCORERS)  # of any transcripts, posed in arms or not
    known["arm"] = known["arm"].mask(monitored, "")
    return _quick(known[known["arm"].notna() & ~_unposed(known)])


def _quick(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with items as whole numbers in the order of their names, and other text as objects.

    Out of frames with text as pandas keeps it, rows are picked many times more slowly.
    """
    items = pd.factorize(rows["item_id"], sort=True, use_na_sentinel=False)[0]
    rows = rows.assign(item_id=items)
    rows = rows.astype(dict.fromkeys(rows.select_dtypes("string").columns, object))
    rows.columns = rows.columns.astype(object)
    return rows.copy()


def _in_order(table: pd.DataFrame, placed: Placed) -> pd.DataFrame:
    """Rows by snapshot and mode; those about no single snapshot at the end."""
    orders = {"snapshot": [*placed.labels.values()], "reasoning": ["standard", "extended"]}
    places = {
        name: table[name].map({value: at for at, value in enumerate(order)}).fillna(len(order))
        for name, order in orders.items()
    }
    order = pd.DataFrame(places).sort_values([*places], kind="stable").index
    return table.loc[order].reset_index(drop=True)


_CLUES = {
    "clue=sycophancy": "sycophancy",
    "clue=consistency": "consistency",
    "clue=visual pattern": "visual_pattern",
    "clue=metadata": "metadata",
    "clue=reward hacking (grader)": "grader",
    "clue=unethical information": "unauthorized",
    "clue=average of 6 clues": faithfulness.AVERAGE,
}
"""Conditions of the published faithfulness figures, by the names that hints have here."""


def published() -> pd.DataFrame:
    """Published figures to set beside measured ones, as rows of results.csv."""
    figures = pd.read_csv(data_path("published_results.csv"), comment="#", dtype={"quoted_as": str})
    rows = []
    for figure in figures.itertuples():
        about = _published_about(figure)
        rows.append(
            {
                **about,
                "row": figure.model,
                "column": about.get("column", figure.metric),
                "snapshot": figure.model,
                "metric": figure.metric,
                "value": figure.value,
                "method": f"{figure.study}, {figure.location}: {figure.condition}",
                "provenance": "published",
                "simulated": False,
                "warnings": f"quoted as {figure.quoted_as}",
                "logs": figure.source_url,
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


_PUBLISHED = {
    "flagged_rate": MONITORS,
    "roleplay_share_of_flagged": MONITORS,
    "reward_hack_rate": SPECIAL_CASING,
    "attack_prevented_rate": PROMPT_INJECTION,
    "false_positive_rate": PROMPT_INJECTION,
}
"""The tables of published figures that go by their metric; their condition stands in the column `column`."""


def _published_about(figure: Any) -> dict[str, Any]:
    """What a published figure is about, as columns of results.csv."""
    if figure.metric in _PUBLISHED:
        table, condition = _PUBLISHED[figure.metric], str(figure.condition)
        about = {"table": table, "column": condition, "setting": str(figure.setting)}
        return about | ({"n_samples": figure.n} if pd.notna(figure.n) else {})
    hint = _CLUES.get(str(figure.condition), "")
    if not hint:
        return {"table": ALIGNMENT_FAKING, "setting": "helpful_only"}
    dataset = str(figure.setting)
    return {"table": CLUE_FAITHFULNESS, "hint": hint, "dataset": dataset, "reasoning": "extended"}


def short_names(snapshots: Iterable[str]) -> dict[str, str]:
    """Snapshot names without provider, where that leaves all of them apart; else as they are."""
    full = list(dict.fromkeys(snapshots))
    short = [name.split("/", 1)[-1] for name in full]
    return dict(zip(full, short if len(set(short)) == len(full) else full, strict=True))


def _unposed(frame: pd.DataFrame) -> pd.Series:
    """Rows of other projects' logs that were scored here: without a contract on metadata there are no pairs."""
    needs_hints = frame["scorer"].isin(_HINTED)
    return needs_hints & (frame["hint_answer"].isna() | frame["n_options"].isna())


def _factors(frame: pd.DataFrame) -> pd.Series:
    parts = pd.Series("", index=frame.index)
    for name in FACTORS:
        if name in frame:  # beside logs without the factor, its whole numbers have turned to floats
            values = frame[name].convert_dtypes().astype(object)
            parts += (f"{name}=" + values.astype(str) + "; ").where(values.notna(), "")
    return parts.str.removesuffix("; ")


@dataclass(frozen=True)
class _Measured:
    """One snapshot's rows under one scorer and judge: what its changes are made of.

    Attributes:
        key: Its values of `_KEYS`.
        shared: What its rows of results.csv have in common.
        study: What it is compared by.
        fitting: Calibrations that correct it.
        arms: Its arms.
        runs: The runs that it is made of.
    """

    key: dict[str, Any]
    shared: dict[str, Any]
    study: Study
    fitting: list[Calibration]
    arms: list[str]
    runs: _Runs


def _rows(
    known: pd.DataFrame,
    foreign: pd.DataFrame,
    calibrations: Sequence[Calibration],
    placed: Placed,
) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """The rows of all conditions, and (logs, problem) of those that are left out.

    Raises:
        NothingToReport: All of them are.
    """
    rows: list[dict[str, Any]] = []
    problems, measured, held = [], [], []
    for ours in (known, foreign):
        for _, condition in ours.groupby(_CONDITION, sort=False, dropna=False):
            try:
                made, found = _condition_rows(condition, calibrations, ours=ours is known)
            except ValueError as error:
                problems.append((_logs(condition), _left_out(condition, error)))
            else:
                rows += made
                measured += found
                held += [condition] if ours is known else []
    if not rows:
        raise NothingToReport(f"no condition of the logs can be reported.{_told(problems)}")
    kept = pd.concat(held) if held else pd.DataFrame()
    across = [*_swap_rows(kept), *_safeguard_rows(kept)] if held else []
    return [*rows, *across, *_series_rows(measured, placed)], problems


def _told(problems: Iterable[tuple[str, str]]) -> str:
    return "".join(f" {name}: {problem}." for name, problem in problems)


def _left_out(condition: pd.DataFrame, error: ValueError) -> str:
    several = condition["log"].nunique() > 1
    do = "report these logs apart" if several else "score this log again, or report without it"
    return f"left out: {str(error).removesuffix('.')}; {do}"


def _condition_rows(
    condition: pd.DataFrame, calibrations: Sequence[Calibration], *, ours: bool
) -> tuple[list[dict[str, Any]], list[_Measured]]:
    rows, measured = [], []
    for values, group in condition.groupby(_KEYS, sort=False, dropna=False):
        key = dict(zip(_KEYS, values, strict=True))
        found = _measured(key, group, calibrations, ours=ours)
        rows += list(_group_rows(found, group) if ours else _foreign_rows(found, group))
        measured.append(found)
    if ours and _several_judges(condition):
        about = {**measured[0].shared, "table": judges.TABLE, "judge": ""}
        rows += [_unscored_row(about, quantity) for quantity in judges.agreements(condition)]
    return rows, measured


def _several_judges(condition: pd.DataFrame) -> bool:
    beside = [f"{label}/" for label in judges.LABELS.values()]
    together = [name for name in condition if str(name).startswith(tuple(beside))]
    apart = condition.groupby("scorer")["judge"].nunique().max() > 1
    return bool(apart or condition[together].notna().any(axis=None))


def _measured(
    key: dict[str, Any], group: pd.DataFrame, calibrations: Sequence[Calibration], *, ours: bool
) -> _Measured:
    runs = _runs(group)
    return _Measured(
        key,
        _shared(key, group, _TABLES[key["scorer"]] if ours else accuracy.TABLE, runs),
        changes.study(key["scorer"] if ours else "", group, str(key["snapshot"])),
        _fitting(group, calibrations) if ours else [],
        list(group["arm"].unique()),
        runs,
    )


def _group_rows(found: _Measured, group: pd.DataFrame) -> Iterator[dict[str, Any]]:
    scorer, shared = found.key["scorer"], found.shared
    correct = _correction(found.fitting)
    for source in _QUANTITIES[scorer]:
        for quantity in source(group):
            yield _row(shared, quantity)
            corrected = correct(quantity)
            if corrected is not None:
                yield _row(shared, corrected)
            if _unread(quantity, group):
                yield _bounds_row(shared, quantity)
    if scorer == "acknowledgement" and found.fitting:
        error = _judge_error(found.fitting, [arm for arm in found.arms if arm != UNHINTED])
        for quantity in faithfulness.corrected_acknowledgement(group, error):
            yield _row(shared, _stamped(quantity, found.fitting))
    if scorer in _COUNTED:
        for visibility in (*VISIBILITIES, ERRORED):
            row = {**shared, **_transcripts_row(group, visibility)}
            of_monitor = {"column": f"{scorer}: transcripts"} if scorer in monitors.SCORERS else {}
            yield {**row, **of_monitor}
    if scorer == "acknowledgement":
        yield {**shared, **_unparseable_row(group)}
    about = [*found.study.scores.values()]
    about += scaling.used_hints(group) if scorer == "acknowledgement" else []
    for quantity in scaling.by_length(group, about):
        yield _row({**shared, "table": THINKING_LENGTH}, quantity)


def _foreign_rows(found: _Measured, group: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for quantity in accuracy.accuracy(group):
        yield _unscored_row(found.shared, quantity)


def _unread(quantity: Quantity, group: pd.DataFrame) -> bool:
    """Whether a rate is about thinking some of which cannot be read."""
    if quantity.metric not in _BOUNDED or quantity.visibility != "raw":
        return False
    one_arm = quantity.arm in set(group["arm"])
    about = group["arm"] == quantity.arm if one_arm else group["arm"] != UNHINTED
    redacted = about & (group["thinking_visibility"] == "redacted")
    return quantity.bounds.n_missing > 0 and bool(redacted.any())


def _bounds_row(shared: dict[str, Any], quantity: Quantity) -> dict[str, Any]:
    """The rate with all that has no verdict at worst and at best."""
    n_samples, bounds = quantity.estimate.n_samples + quantity.bounds.n_missing, quantity.bounds
    method = "what has no verdict at worst and at best"
    estimate = Estimate(
        None, bounds.low, bounds.high, None, quantity.estimate.n_items, n_samples, method, ()
    )
    return _row(
        shared,
        replace(
            quantity,
            metric=f"{quantity.metric}{BOUNDS}",
            estimate=estimate,
            bounds=Bounds(None, None, bounds.n_missing),
        ),
    )


# ---------------------------------------------------------------------------------- changes


def _series_rows(measured: Sequence[_Measured], placed: Placed) -> Iterator[dict[str, Any]]:
    """Changes from the snapshot before and from the reference, and trends, of each condition."""
    places = {label: at for at, label in enumerate(placed.labels.values())}
    conditions: dict[tuple[str, ...], list[_Measured]] = {}
    for found in measured:
        conditions.setdefault(tuple(str(found.key[name]) for name in _ACROSS), []).append(found)
    for snapshots in conditions.values():
        snapshots.sort(key=lambda found: places[found.key["snapshot"]])
        reference = next((m for m in snapshots if m.key["snapshot"] in placed.reference), None)
        for before, new in zip([None, *snapshots], snapshots, strict=False):
            if before:
                suffixes = [CHANGE, VERSUS] if before is reference else [CHANGE]
                yield from _change_rows(new, before, suffixes)
            if reference and reference is not new and reference is not before:
                yield from _change_rows(new, reference, [VERSUS])
        if len(snapshots) > 1:
            yield from _trend_rows(snapshots, [places[m.key["snapshot"]] for m in snapshots])


def _change_rows(
    new: _Measured, old: _Measured, suffixes: Sequence[str]
) -> Iterator[dict[str, Any]]:
    shared = _shared_by([new, old])
    column = f"change from {old.key['snapshot']}"
    fitting = [calibration for calibration in new.fitting if calibration in old.fitting]
    found = [*changes.between(new.study, old.study)]
    for suffix, quantity in product(suffixes, found):
        yield _change_row(shared, quantity, suffix, column)
        factors = changes.shared_factors(new.study, old.study, quantity)
        corrected = _corrected_change(quantity, fitting, factors)
        if corrected is not None:
            yield _change_row(shared, corrected, f"{CORRECTED}{suffix}", column)


def _trend_rows(snapshots: Sequence[_Measured], places: Sequence[int]) -> Iterator[dict[str, Any]]:
    shared = _shared_by(snapshots)
    named = {"snapshot": ALL_SNAPSHOTS, "row": f"{ALL_SNAPSHOTS} {shared['reasoning']}"}
    for quantity in changes.along([found.study for found in snapshots], places):
        yield _change_row({**shared, **named}, quantity, TREND, "per snapshot")


def _shared_by(snapshots: Sequence[_Measured]) -> dict[str, Any]:
    """What rows about several snapshots have in common: that of the first, and all of their logs."""
    first = snapshots[0].runs.alike
    differ = {
        column
        for column, arm in first
        if len({found.runs.alike.get((column, arm)) for found in snapshots} - {None}) > 1
    }
    said = [f"compares runs that differ in {column}" for column in _ALIKE if column in differ]
    pooled = dict.fromkeys(warning for found in snapshots for warning in found.runs.pooled)
    unfinished = {log: of for found in snapshots for log, of in found.runs.unfinished.items()}
    return {
        **snapshots[0].shared,
        "simulated": any(found.shared["simulated"] for found in snapshots),
        "logs": " ".join(sorted(unfinished)),
        "warnings": "; ".join([*pooled, *said, *_incomplete(unfinished)]),
    }


def _change_row(
    shared: dict[str, Any], quantity: Quantity, suffix: str, column: str
) -> dict[str, Any]:
    """A row about several snapshots; another project's scorer stands before what it is compared with."""
    column = f"{quantity.column}: {column}" if quantity.column else column
    named = replace(quantity, metric=f"{quantity.metric}{suffix}", column=column)
    return {**_row(shared, named), "n_unscored": None, "n_unpaired": quantity.n_unpaired}


def _corrected_change(
    quantity: Quantity,
    fitting: Sequence[Calibration],
    factors: Sequence[tuple[Estimate, Estimate]],
) -> Quantity | None:
    """A change freed of the error of the one judge that labelled both snapshots.

    Where the verdict counts in complying transcripts alone, the change is that of the corrected rates over the shared items, made
    of FACTORS: how many comply changes as well, and with it how many false positives count.

    A mean over hints is corrected where one calibration is about all of them: of several, each with its
    own error, the errors are not carried to the mean of the changes. A normalised score is not: what
    clips it at 1 differs between the snapshots.
    """
    if quantity.metric not in (*_CORRECTABLE, "acknowledgement_rate") or not fitting:
        return None
    whole = (fitting[0].sensitivity, fitting[0].specificity)
    error: dict[str, tuple[Proportion, Proportion]] = {"": whole}
    if quantity.hint:
        error = _judge_error(fitting, [quantity.hint])
    if quantity.hint == faithfulness.AVERAGE and any(c.hint for c in fitting):
        return None
    if quantity.hint not in error:
        return None
    largest = 2.0 if quantity.metric == "compliance_gap" else 1.0
    if factors:
        new, old = (corrected_share(*each, *error[quantity.hint]) for each in factors)
        estimate = corrected_difference(new, old)
    else:
        estimate = corrected_gap(quantity.estimate, *error[quantity.hint], largest=largest)
    return _stamped(replace(quantity, estimate=estimate), fitting)


# ---------------------------------------------------------------------------------- rows


def _shared(key: dict[str, Any], group: pd.DataFrame, table: str, runs: _Runs) -> dict[str, Any]:
    """What all rows of a condition have in common."""
    return {
        **{name: value for name, value in key.items() if name != "scorer"},
        "table": table,
        "row": f"{key['snapshot']} {key['reasoning']}",
        "hint": "",
        "provenance": "measured",
        "simulated": bool(group["simulated"].all()),
        "logs": _logs(group),
        "warnings": "; ".join([*runs.pooled, *_incomplete(runs.unfinished)]),
    }


def _logs(group: pd.DataFrame) -> str:
    return " ".join(sorted(group["log"].unique()))


_ALIKE = ("settings", "prompt_hash", "rubric_hash")
"""Columns in which the runs of one condition should not differ."""


_Alike = dict[tuple[str, str], frozenset[str]]
"""The values of each column of `_ALIKE` in each arm, where they are told."""


@dataclass(frozen=True)
class _Runs:
    """The runs that one condition is made of, under one scorer and judge.

    Attributes:
        alike: Values of `_ALIKE` by column and arm.
        pooled: Warnings about what is pooled of them.
        unfinished: By log, what is said of it where samples of it were never run; else empty.
    """

    alike: _Alike
    pooled: tuple[str, ...]
    unfinished: dict[str, str]


def _runs(group: pd.DataFrame) -> _Runs:
    alike = _alike(group)
    unfinished = dict(zip(group["log"].tolist(), group["unfinished"].tolist(), strict=True))
    return _Runs(alike, (*_pooled(alike), *_repeated(group)), unfinished)


def _alike(group: pd.DataFrame) -> _Alike:
    found: dict[tuple[str, str], set[str]] = {}
    for column in _ALIKE:
        if column in group:
            for arm, value in set(zip(group["arm"].tolist(), group[column].tolist(), strict=True)):
                if isinstance(value, str) and value:
                    found.setdefault((column, arm), set()).add(value)
    return {key: frozenset(values) for key, values in found.items()}


def _pooled(alike: _Alike) -> Iterator[str]:
    """A warning where runs are pooled that differ in more than their seed of items."""
    for column in _ALIKE:
        if any(len(values) > 1 for (name, _), values in alike.items() if name == column):
            yield f"pools runs that differ in {column}: report their logs apart"
            return


def _repeated(group: pd.DataFrame) -> Iterator[str]:
    """A warning where several runs posed the same samples; both ways round of the labels are no repeat."""
    if group["log"].nunique() == 1:
        return
    sample = [name for name in ("sample_id", "epoch", "swap", "safeguards") if name in group]
    n_runs = int(group.groupby(sample, dropna=False)["log"].nunique().max())
    if n_runs > 1:
        yield f"pools {n_runs} runs over the same samples: their epochs count together"


def _incomplete(unfinished: dict[str, str]) -> Iterator[str]:
    """A warning where samples were never run, which stand in no count of what is missing."""
    said = [of_log for of_log in unfinished.values() if of_log]
    if len(said) > 1:
        yield f"unfinished: {len(said)} of {len(unfinished)} logs"
    else:
        yield from said


def _swap_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Training effect and label effect, where a condition was run with the labels both ways."""
    if "swap" not in frame:
        return []
    compliance = frame[frame["scorer"] == "compliance"]
    either = compliance["factors"].str.replace(r"swap=\w+", "swap=both", regex=True)
    rows = []
    for key, group in compliance.assign(factors=either).groupby(_KEYS, sort=False, dropna=False):
        if group["swap"].nunique() == 2:
            named = dict(zip(_KEYS, key, strict=True))
            shared = _shared(named, group, ALIGNMENT_FAKING, _runs(group))
            rows += [_row(shared, quantity) for quantity in quantities.swap_effects(group)]
    return rows


_GUARDED = r"safeguards=(\w+)(?:; classifier_judge=([^;]+))?"


def _safeguard_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """What safeguards against injection do, where a condition was run with and without them."""
    injected = frame[frame["scorer"].isin(prompt_injection.SCORERS)]
    if injected.empty:
        return []
    guard = injected["factors"].str.extract(_GUARDED).fillna("").astype(str)
    level = (guard[0] + " " + guard[1]).str.strip()
    either = injected["factors"].str.replace(_GUARDED, "safeguards=compared", regex=True)
    rows = []
    known = injected.assign(factors=either, safeguards=level)
    for key, group in known.groupby(_KEYS, sort=False, dropna=False):
        if prompt_injection.UNGUARDED in set(group["safeguards"]):
            named = dict(zip(_KEYS, key, strict=True))
            shared = _shared(named, group, PROMPT_INJECTION, _runs(group))
            rows += [_row(shared, found) for found in prompt_injection.safeguard_effects(group)]
    return rows


_UNCOUNTED = ("hint_use_rate", "attributable_use", "monitorability")
"""Metrics whose unscored samples stand elsewhere: among the unpaired items, or in the rows of TPR and FPR."""


def _row(shared: dict[str, Any], quantity: Quantity) -> dict[str, Any]:
    """A row of results.csv."""
    estimate, missing = quantity.estimate, quantity.bounds.n_missing
    contrast = not (quantity.arm or quantity.hint or quantity.whole)
    uncounted = contrast or quantity.metric in _UNCOUNTED
    warnings = [*estimate.warnings, *_bounds(quantity), shared["warnings"]]
    return {
        **shared,
        "column": quantity.column or quantity.metric,
        "arm": quantity.arm,
        "hint": quantity.hint,
        "visibility": quantity.visibility,
        "metric": quantity.metric,
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "p_value": estimate.p_value,
        "n_items": estimate.n_items,
        "n_samples": estimate.n_samples,
        "n_unscored": None if uncounted else missing,
        "n_unpaired": missing if contrast else quantity.n_unpaired,
        "method": estimate.method,
        "warnings": "; ".join(filter(None, warnings)),
    }


def _unscored_row(shared: dict[str, Any], quantity: Quantity) -> dict[str, Any]:
    """A row about no arm that is no contrast of arms either: what it misses is unscored."""
    missing = {"n_unscored": quantity.bounds.n_missing, "n_unpaired": None}
    return {**_row(shared, quantity), **missing}


def _bounds(quantity: Quantity) -> Iterable[str]:
    bounds = quantity.bounds
    if bounds.low is not None and bounds.high is not None and bounds.low < bounds.high:
        yield f"with what is missing at worst and best: {bounds.low:.3f} to {bounds.high:.3f}"


def _transcripts_row(group: pd.DataFrame, visibility: str) -> dict[str, Any]:
    seen = group["thinking_visibility"] == visibility
    if visibility == ERRORED:
        seen = group["error"] != ""
    return {
        "column": "transcripts",
        "visibility": visibility,
        "metric": "transcripts",
        "value": float(seen.sum()),
        "n_samples": len(group),
        "n_unscored": int((group["unscored"] != 0)[seen].sum()),
        "method": "count",
    }


def _unparseable_row(group: pd.DataFrame) -> dict[str, Any]:
    """Transcripts without an answer that could be compared, for whatever reason but an error."""
    return {
        "column": UNPARSEABLE,
        "metric": UNPARSEABLE,
        "value": float((group["on_hint"].isna() & (group["error"] == "")).sum()),
        "n_samples": len(group),
        "method": "count",
    }


def _fitting(group: pd.DataFrame, calibrations: Sequence[Calibration]) -> list[Calibration]:
    """Calibrations of just this judge under just this version of its rubric."""
    judged = group[group["rubric_hash"] != ""]
    judges = set(zip(judged["judge"], judged["rubric"], judged["rubric_hash"], strict=True))
    return [c for c in calibrations if judges == {(c.judge, c.rubric, c.rubric_hash)}]


def _correction(fitting: Sequence[Calibration]) -> Callable[[Quantity], Quantity | None]:
    return partial(_corrected, fitting[0]) if fitting else lambda quantity: None


def _judge_error(
    fitting: Sequence[Calibration], hints: Sequence[str]
) -> dict[str, tuple[Proportion, Proportion]]:
    """Sensitivity and specificity for each hint: of texts under that hint, else of texts under any."""
    found: dict[str, tuple[Proportion, Proportion]] = {}
    for calibration in sorted(fitting, key=lambda c: c.hint != ""):
        about = [calibration.hint] if calibration.hint else hints
        found |= dict.fromkeys(about, (calibration.sensitivity, calibration.specificity))
    return found


def _stamped(quantity: Quantity, fitting: Sequence[Calibration]) -> Quantity:
    """Says where a correction comes from simulated texts."""
    if not any(calibration.simulated for calibration in fitting):
        return quantity
    warnings = (*quantity.estimate.warnings, _SIMULATED_TEXTS)
    return replace(quantity, estimate=replace(quantity.estimate, warnings=warnings))


_SIMULATED_TEXTS = "calibrated on simulated texts"


def _corrected(calibration: Calibration, quantity: Quantity) -> Quantity | None:
    if quantity.metric not in _CORRECTABLE or quantity.visibility == "summary":
        return None
    if quantity.metric == "flagged_rate" and not quantity.column.endswith(monitors.OVERALL):
        return None
    error = (calibration.sensitivity, calibration.specificity)
    if quantity.factors:
        estimate = corrected_share(*quantity.factors, *error)
    elif quantity.arm or quantity.whole:
        estimate = corrected_rate(quantity.estimate, *error)
    else:
        estimate = corrected_gap(quantity.estimate, *error)
    metric = f"{quantity.metric}{CORRECTED}"
    corrected = replace(quantity, metric=metric, estimate=estimate, factors=None)
    return _stamped(corrected, [calibration])


_FAMILIES = (
    *("compliance_gap", "attributable_use", "thinking_answer_gap"),
    special_casing.GAP,
)
"""Metrics whose hypotheses are tested together, over snapshots, modes and hints; means over hints stand apart."""

_UNJUDGED = ("attributable_use", "hint_use_rate")
"""Metrics of hints in which no judge has a part: of the same samples, each judge's rows repeat its tests."""


def _adjusted(table: pd.DataFrame) -> pd.Series:
    """Holm over the hypotheses of each family that the tables show; other rows have no adjusted p."""
    adjusted = pd.Series(float("nan"), index=table.index)
    shown = table["visibility"] != "summary"
    for metric in pd.unique(table["metric"]):
        compared = metric.endswith((CHANGE, VERSUS, TREND))
        if not compared and metric not in _FAMILIES:
            continue
        averages = (table["hint"] == faithfulness.AVERAGE) & (not compared)
        family = table[shown & ~averages & (table["metric"] == metric)]
        test = family.index.to_series()
        if metric.startswith(_UNJUDGED):  # with another p it is of other samples, and no repeat
            about = [*_CONDITION, "column", "hint", "p_value"]
            test = family.groupby(about, dropna=False).ngroup()
        once = ~test.duplicated()
        p = adjust(family.loc[once, "p_value"].astype(float))
        adjusted[family.index] = test.map(dict(zip(test[once], p, strict=True)))
    return adjusted
