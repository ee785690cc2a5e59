"""The frame in, `results.csv` out: every reported quantity per snapshot, mode and condition."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from analysis import faithfulness, interventions, quantities, rationalisation
from analysis.bundled import data_path
from analysis.estimators import Estimate, Proportion, adjust, corrected_gap, corrected_rate
from analysis.faithfulness import CORRECTED, UNHINTED
from analysis.logs import VISIBILITIES
from analysis.quantities import Quantity
from analysis.validation import Calibration

COLUMNS = [
    *("table", "row", "column", "snapshot", "reasoning", "task", "dataset", "setting", "arm"),
    *("hint", "factors", "visibility", "metric", "value", "low", "high", "p_value"),
    *("p_adjusted", "n_items", "n_samples", "n_unscored", "n_unpaired", "method", "judge"),
    *("provenance", "simulated", "warnings", "logs"),
]
"""Columns of results.csv."""

FACTORS = [
    *("elicitation", "labels", "swap", "tiers", "stakes", "persistence", "knowledge"),
    *("placement", "paraphrase", "suffix", "control", "hint_target", "seed"),
]
"""Sample metadata that make one condition, as `name=value` in the column `factors`."""

ALIGNMENT_FAKING, CLUE_FAITHFULNESS = "alignment_faking", "clue_faithfulness"
INTERVENTIONS, RATIONALISATION = "cot_interventions", "post_hoc_rationalisation"

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
}
"""The table that each scorer's rows belong to."""

_QUANTITIES: dict[str, list[Callable[[pd.DataFrame], Iterator[Quantity]]]] = {
    "compliance": [quantities.compliance],
    "alignment_faking": [quantities.alignment_faking, quantities.transcript_labels],
    "answer": [faithfulness.answers],
    "acknowledgement": [faithfulness.acknowledgement],
    "asked": [faithfulness.honesty],
    "monitor": [faithfulness.monitorability],
    "interventions": [interventions.interventions],
    "rationalisation": [rationalisation.rationalisation],
}
"""What each scorer's rows give."""

_HINTED = ("acknowledgement", "asked", "monitor")
"""Scorers whose rows are compared with what the hint gives."""

_CONDITION = ["snapshot", "reasoning", "task", "dataset", "setting", "factors"]
"""Columns in which all rows of a condition are alike."""

_KEYS = [*_CONDITION, "scorer", "judge"]
"""Columns in which all rows that are estimated together are alike."""

_COUNTED = ("alignment_faking", "acknowledgement", "interventions", "rationalisation")
"""Scorers whose transcripts are counted by the visibility of their thinking."""

_READ = (
    "arm",
    "setting",
    "unscored",
    "hint_answer",
    "n_options",
    *quantities.LABELS,
    *faithfulness.LABELS,
)
"""Columns that a frame lacks where no sample got as far as a score."""

_CORRECTABLE = ("compliance_rate", "compliance_gap", "alignment_faking_reasoning_rate")
"""Metrics that a calibration of their judge corrects."""


class NothingToReport(ValueError):
    """The logs hold nothing that a table here is about."""


def results(
    frame: pd.DataFrame,
    calibrations: Sequence[Calibration] = (),
    order: Sequence[str] = (),
) -> pd.DataFrame:
    """Every quantity of every snapshot, reasoning mode and condition.

    Args:
        frame: As `analysis.logs.read` gives it.
        calibrations: Of the judges in it; each corrects the metrics of its rubric, and only where judge
            and rubric version are the ones validated.
        order: Snapshots in the order of their release, with or without provider; others follow.

    Returns:
        Rows with `COLUMNS`. `p_adjusted` is Holm over all hypotheses about one of `_FAMILIES`, which is
        what one table shows. `attrs["problems"]` lists (logs, problem) for each condition that is left
        out because no estimate can be made of it.

    Raises:
        NothingToReport: No row is of a scorer that is reported on, or every condition is left out.
    """
    known = frame[frame["scorer"].isin(list(_QUANTITIES))]
    known = known.reindex(columns=known.columns.union(list(_READ), sort=False))
    known = known[known["arm"].notna() & ~_foreign(known)]
    if known.empty:
        raise NothingToReport(
            "the logs hold no samples of the tasks in inspect_tasks/: run one of them first, for example "
            "alignment_faking.py or cot_faithfulness.py."
        )
    known = known.assign(factors=_factors(known), setting=known["setting"].fillna(""))
    rows, problems = _rows(known, calibrations)
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["p_adjusted"] = _adjusted(table)
    table["snapshot"] = pd.Categorical(table["snapshot"], _ordered(known, order))
    table["reasoning"] = pd.Categorical(table["reasoning"], ["standard", "extended"])
    table = table.sort_values(["snapshot", "reasoning"], kind="stable", ignore_index=True)
    table = table.astype({"snapshot": str, "reasoning": str})
    table.attrs["problems"] = problems
    return table


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
        hint = _CLUES.get(str(figure.condition), "")
        about = (
            {
                "table": CLUE_FAITHFULNESS,
                "hint": hint,
                "dataset": figure.setting,
                "reasoning": "extended",
            }
            if hint
            else {"table": ALIGNMENT_FAKING, "setting": "helpful_only"}
        )
        rows.append(
            {
                **about,
                "row": figure.model,
                "column": figure.metric,
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


def short_names(snapshots: Iterable[str]) -> dict[str, str]:
    """Snapshot names without provider, where that leaves all of them apart; else as they are."""
    full = list(dict.fromkeys(snapshots))
    short = [name.split("/", 1)[-1] for name in full]
    return dict(zip(full, short if len(set(short)) == len(full) else full, strict=True))


def _foreign(frame: pd.DataFrame) -> pd.Series:
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


def _ordered(frame: pd.DataFrame, order: Sequence[str]) -> list[str]:
    found = list(frame["snapshot"].unique())
    wanted = [
        name
        for key in dict.fromkeys(order)
        for name in found
        if key in (name, name.split("/", 1)[-1])
    ]
    return [*wanted, *(name for name in found if name not in wanted)]


def _rows(
    known: pd.DataFrame, calibrations: Sequence[Calibration]
) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """The rows of all conditions, and (logs, problem) of those that are left out.

    Raises:
        NothingToReport: All of them are.
    """
    rows, problems, held = [], [], []
    for _, condition in known.groupby(_CONDITION, sort=False, dropna=False):
        try:
            rows += list(_condition_rows(condition, calibrations))
        except ValueError as error:
            problems.append((_logs(condition), _left_out(condition, error)))
        else:
            held.append(condition)
    if not held:
        said = "".join(f" {name}: {problem}." for name, problem in problems)
        raise NothingToReport(f"no condition of the logs can be reported.{said}")
    return rows + _swap_rows(pd.concat(held)), problems


def _left_out(condition: pd.DataFrame, error: ValueError) -> str:
    several = condition["log"].nunique() > 1
    do = "report these logs apart" if several else "score this log again, or report without it"
    return f"left out: {str(error).removesuffix('.')}; {do}"


def _condition_rows(
    condition: pd.DataFrame, calibrations: Sequence[Calibration]
) -> Iterator[dict[str, Any]]:
    for key, group in condition.groupby(_KEYS, sort=False, dropna=False):
        yield from _group_rows(dict(zip(_KEYS, key, strict=True)), group, calibrations)


def _group_rows(
    key: dict[str, Any], group: pd.DataFrame, calibrations: Sequence[Calibration]
) -> Iterator[dict[str, Any]]:
    scorer, shared = key["scorer"], _shared(key, group)
    fitting = _fitting(group, calibrations)
    correct = _correction(fitting)
    for source in _QUANTITIES[scorer]:
        for quantity in source(group):
            yield _row(shared, quantity)
            corrected = correct(quantity)
            if corrected is not None:
                yield _row(shared, corrected)
    if scorer == "acknowledgement" and fitting:
        error = _judge_error(fitting, [arm for arm in group["arm"].unique() if arm != UNHINTED])
        for quantity in faithfulness.corrected_acknowledgement(group, error):
            yield _row(shared, _stamped(quantity, fitting))
    if scorer in _COUNTED:
        for visibility in (*VISIBILITIES, ERRORED):
            yield {**shared, **_transcripts_row(group, visibility)}
    if scorer == "acknowledgement":
        yield {**shared, **_unparseable_row(group)}


def _shared(key: dict[str, Any], group: pd.DataFrame) -> dict[str, Any]:
    """What all rows of a condition have in common."""
    return {
        **{name: value for name, value in key.items() if name != "scorer"},
        "table": _TABLES[key["scorer"]],
        "row": f"{key['snapshot']} {key['reasoning']}",
        "hint": "",
        "provenance": "measured",
        "simulated": bool(group["simulated"].all()),
        "logs": _logs(group),
        "warnings": _pooled(group),
    }


def _logs(group: pd.DataFrame) -> str:
    return " ".join(sorted(group["log"].unique()))


_ALIKE = ("settings", "prompt_hash", "rubric_hash")
"""Columns in which the runs of one condition should not differ."""


def _pooled(group: pd.DataFrame) -> str:
    """A warning where runs are pooled that differ in more than their seed of items."""
    for column in _ALIKE:
        if column not in group:
            continue
        told = group[group[column].fillna("") != ""]
        if (told.groupby("arm")[column].nunique() > 1).any():
            return f"pools runs that differ in {column}: report their logs apart"
    return ""


def _swap_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Training effect and label effect, where a condition was run with the labels both ways."""
    if "swap" not in frame:
        return []
    compliance = frame[frame["scorer"] == "compliance"]
    either = compliance["factors"].str.replace(r"swap=\w+", "swap=both", regex=True)
    rows = []
    for key, group in compliance.assign(factors=either).groupby(_KEYS, sort=False, dropna=False):
        if group["swap"].nunique() == 2:
            shared = _shared(dict(zip(_KEYS, key, strict=True)), group)
            rows += [_row(shared, quantity) for quantity in quantities.swap_effects(group)]
    return rows


_UNCOUNTED = ("hint_use_rate", "attributable_use", "monitorability")
"""Metrics whose unscored samples stand elsewhere: among the unpaired items, or in the rows of TPR and FPR."""


def _row(shared: dict[str, Any], quantity: Quantity) -> dict[str, Any]:
    """A row of results.csv."""
    estimate, missing = quantity.estimate, quantity.bounds.n_missing
    contrast = not quantity.arm and not quantity.hint
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
    correct = corrected_rate if quantity.arm else corrected_gap
    estimate: Estimate = correct(
        quantity.estimate, calibration.sensitivity, calibration.specificity
    )
    metric = f"{quantity.metric}{CORRECTED}"
    corrected = Quantity(metric, estimate, quantity.bounds, quantity.arm, quantity.visibility)
    return _stamped(corrected, [calibration])


_FAMILIES = ("compliance_gap", "attributable_use", "thinking_answer_gap")
"""Metrics whose hypotheses are tested together, over snapshots, modes and hints; means over hints stand apart."""

_UNJUDGED = "attributable_use"
"""The family in which no judge has a part: of the same samples, each judge's rows repeat its tests."""


def _adjusted(table: pd.DataFrame) -> pd.Series:
    """Holm over the hypotheses of each family that the tables show; other rows have no adjusted p."""
    adjusted = pd.Series(float("nan"), index=table.index)
    shown = (table["hint"] != faithfulness.AVERAGE) & (table["visibility"] != "summary")
    for metric in _FAMILIES:
        family = table[shown & (table["metric"] == metric)]
        test = family.index.to_series()
        if metric == _UNJUDGED:  # with another p it is of other samples, and no repeat
            test = family.groupby([*_CONDITION, "hint", "p_value"], dropna=False).ngroup()
        once = ~test.duplicated()
        p = adjust(family.loc[once, "p_value"].astype(float))
        adjusted[family.index] = test.map(dict(zip(test[once], p, strict=True)))
    return adjusted
