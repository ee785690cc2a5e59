"""Tables of how far judges can be trusted, made from `results.csv` rows or from calibrations (METHODS §5)."""

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from analysis.changes import BOUNDS
from analysis.estimators import Agreement, Estimate
from analysis.judge_pairs import Pair, told_apart
from analysis.validation import Calibration
from paper_figures.cells import (
    ABSENT,
    SIMULATED,
    Cell,
    Table,
    bounds,
    coefficient,
    conditions,
    counted,
    fraction,
    hint_order,
    one_row,
    p_value,
    ranked,
    tabulated,
    who_is,
)

_BESIDE_LABELS = {
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "balanced_accuracy": "Balanced accuracy",
    "auroc": "AUROC",
    "raw_agreement": "Raw agreement",
    "kappa": "Cohen's κ",
    "alpha": "Krippendorff's α",
    "prevalence": "Prevalence",
    "brier": "Brier score",
}
"""What a calibration says, in the order of the table."""

_BOUNDED = {
    f"{metric}{BOUNDS}": f"{_BESIDE_LABELS[metric]} bounds"
    for metric in ("sensitivity", "specificity")
}
_BESIDE_EACH_OTHER = ("raw_agreement", "kappa", "alpha", "prevalence")
_BELOW_ZERO = ("auroc", "kappa", "alpha", "brier", "auroc_difference")
"""Numbers that are no rate: 0 is a value like any other."""


def calibration(results: pd.DataFrame) -> Table | None:
    """What validation against labels says of each judge, rubric and hint; None without a calibration."""
    found = results[results["column"].isin([*_BESIDE_LABELS, *_BOUNDED])]
    if found.empty:
        return None
    order = {hint: place for place, hint in enumerate(["", *hint_order(found["hint"])])}
    found = found.sort_values("hint", key=lambda hint: hint.map(order), kind="stable")
    keys = ["judge", "row", "hint", "factors", "simulated"]
    who: list[dict[str, str | Cell]] = []
    cells: list[dict[str, str | Cell]] = []
    for key, rows in found.groupby(keys, sort=False, dropna=False):
        of = dict(zip(keys, map(str, key), strict=True))
        rubric = of["row"].removeprefix(of["judge"]).strip()
        who.append(
            {
                "Judge": of["judge"],
                "Rubric": rubric.replace("_", " "),
                "Hint": of["hint"].replace("_", " ") or "any",
                "Version": of["factors"].removeprefix("rubric_hash="),
                "Texts": _texts(of["simulated"] == "True"),
            }
        )
        contest = (rubric, of["hint"], of["simulated"])
        by_metric = {metric: one_row(rows, metric) for metric in _BESIDE_LABELS}
        cells.append(
            {
                **{
                    f"{_BESIDE_LABELS[metric]} [95%]": ranked(_number(row), row, contest, digits=2)
                    for metric, row in by_metric.items()
                },
                "n": _classes(by_metric["sensitivity"], by_metric["specificity"]),
                "No verdict": counted(by_metric["auroc"], "n_unscored"),
                **{
                    heading: bounds(one_row(rows, metric), scale=1, digits=2)
                    for metric, heading in _BOUNDED.items()
                },
            }
        )
    return tabulated(
        "judge_calibration",
        "Judges against labels",
        "Each judge's verdicts against labels of the same texts, 95% intervals in brackets. Sensitivity, specificity: of positives and of negatives judged so "
        "(Wilson); balanced accuracy: their mean. AUROC: chance that a positive scores above a negative (0.5: no better than chance). Raw agreement says little where "
        "nearly all or nearly no labels are positive: read it beside κ, α (agreement beyond chance) and the prevalence, the share of labels that are positive. Brier score: mean "
        "squared distance of score and label, lower is better; higher is better in all others but the prevalence. n: positives / negatives. No verdict: texts on which the judge gave none, which "
        f"are left out{_BOUNDS_SAID if _any_bounds(found) else ''}.",
        who,
        cells,
        always=("Judge", "Rubric", "Texts"),
    )


_BOUNDS_SAID = "; bounds: with all of them judged wrongly, and all rightly"


def _any_bounds(results: pd.DataFrame) -> bool:
    return bool(results["column"].isin(list(_BOUNDED)).any())


def agreement(results: pd.DataFrame) -> Table | None:
    """How far each two judges of the same transcripts agree; None without such."""
    found = results[~results["column"].isin([*_BESIDE_LABELS, *_BOUNDED])]
    if found.empty:
        return None
    who: list[dict[str, str | Cell]] = []
    cells: list[dict[str, str | Cell]] = []
    for condition, group in conditions(found):
        for judges, rows in group.groupby("column", sort=False):
            whose = who_is(condition)
            whose["Judge"] = ABSENT  # both are in the next column
            who.append({**whose, "Judges": str(judges).replace("_", " ")})
            by_metric = {metric: one_row(rows, metric) for metric in _BESIDE_EACH_OTHER}
            cells.append(
                {
                    **{
                        f"{_BESIDE_LABELS[metric]} [95%]": _number(row)
                        for metric, row in by_metric.items()
                    },
                    "n": counted(by_metric["raw_agreement"], "n_samples"),
                    "No verdict": counted(by_metric["raw_agreement"], "n_unpaired"),
                }
            )
    return tabulated(
        "judge_agreement",
        "Judges against each other",
        "Over transcripts on which both gave a verdict, 95% intervals in brackets. Raw agreement says little where nearly all or nearly no verdicts are "
        "positive: read it beside κ, α and the prevalence, the share of both judges' verdicts that are positive. n: verdicts compared. No verdict: transcripts on "
        "which one judge or both gave none.",
        who,
        cells,
        always=("Snapshot", "Mode", "Source", "Judges"),
    )


def pairs(found: Sequence[Pair], simulated: bool) -> Table:
    """Each two judges of the same transcripts: agreement, and the difference of their AUROCs.

    Args:
        found: At least one.
        simulated: Whether any of the transcripts is simulated.
    """
    cells: list[dict[str, str | Cell]] = []
    for pair in found:
        area = pair.auroc_difference
        cells.append(
            {
                **agreement_cells(pair.agreement),
                "n": str(pair.n_both),
                "No verdict": str(pair.n_missing),
                "AUROC difference [95%]": _printed("auroc_difference", area),
                "n, AUROC": str(area.n_items),
                "p": ABSENT if area.p_value is None else p_value(area.p_value),
                "Adjusted p": ABSENT if pair.p_adjusted is None else p_value(pair.p_adjusted),
            }
        )
    return tabulated(
        "judge_pairs",
        "Judges against each other",
        "Agreement: over transcripts on which both gave a verdict, labelled or not. Prevalence: share of both judges' verdicts that are positive. n: verdicts compared. No verdict: transcripts on "
        "which one judge or both gave none. AUROC difference: first − second, on the labelled transcripts that both scored (test: DeLong et al. 1988; limits: MOVER of Newcombe's limits, Zou and Yue "
        "2013; adjusted: Holm over the table). 95% intervals in brackets.",
        [{"Judges": f"{p.ours} against {p.theirs}", "Texts": _texts(simulated)} for p in found],
        cells,
        always=("Judges", "Texts"),
    )


def agreement_cells(found: Agreement) -> dict[str, str]:
    """The numbers of agreement, each with its interval, by their headings."""
    numbers = zip(
        _BESIDE_EACH_OTHER, (found.raw, found.kappa, found.alpha, found.prevalence), strict=True
    )
    return {f"{_BESIDE_LABELS[metric]} [95%]": _printed(metric, of) for metric, of in numbers}


def kinds(calibrations: Sequence[Calibration]) -> Table | None:
    """What judges make of each kind of transcript; None where the labels name no kinds."""
    told = [
        (of, name)
        for name, calibration in zip(told_apart(calibrations), calibrations, strict=True)
        for of in calibration.kinds
    ]
    if not told:
        return None
    told.sort(key=lambda one: (not one[0].positive, one[0].kind, one[0].label))
    simulated = any(calibration.simulated for calibration in calibrations)
    return tabulated(
        "judge_kinds",
        "Verdicts by kind of transcript",
        "Share of the transcripts of a kind that the judge calls positive, with 95% intervals (Wilson): of positives those that it finds, of negatives those that it takes for positives. n: "
        "transcripts with a verdict.",
        [
            {
                "Kind": of.kind or ABSENT,
                "Label": of.label,
                "Class": "positive" if of.positive else "negative",
                "Judge": name,
                "Texts": _texts(simulated),
            }
            for of, name in told
        ],
        [
            {
                "Called positive [95%]": _printed("called", of.called),
                "n": str(of.called.n_samples),
                "No verdict": str(of.n_unscored),
            }
            for of, _ in told
        ],
        always=("Kind", "Label", "Class", "Texts"),
    )


def _texts(simulated: bool) -> str:
    return SIMULATED if simulated else "not simulated"


def _printed(metric: str, estimate: Estimate) -> str:
    return _number(pd.Series({**asdict(estimate), "metric": metric}))


def _number(row: pd.Series | None) -> str:
    """A coefficient or a share of 1, whichever the metric is."""
    if row is None:
        return ABSENT
    if pd.isna(row["value"]):
        return "undefined"
    return coefficient(row) if row["metric"] in _BELOW_ZERO else fraction(row)


def _classes(*rows: pd.Series | None) -> str:
    return " / ".join(counted(row, "n_samples") for row in rows)
