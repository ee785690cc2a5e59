"""Tables of how far judges can be trusted, made from `results.csv` rows (METHODS §5)."""

import pandas as pd

from paper_figures.cells import (
    ABSENT,
    SIMULATED,
    Cell,
    Table,
    coefficient,
    conditions,
    counted,
    fraction,
    hint_order,
    one_row,
    ranked,
    tabulated,
    who_is,
)

_CALIBRATED = ("sensitivity", "specificity", "auroc", "kappa", "prevalence")
_HEADINGS = {
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "auroc": "AUROC",
    "kappa": "Cohen's κ",
    "prevalence": "Prevalence",
    "raw_agreement": "Raw agreement",
    "alpha": "Krippendorff's α",
}
_BELOW_ZERO = ("auroc", "kappa", "alpha")
"""Numbers that are no rate: 0 is a value like any other."""


def calibration(results: pd.DataFrame) -> Table | None:
    """What validation against labels says of each judge, rubric and hint; None without a calibration."""
    found = results[results["column"].isin(_CALIBRATED)]
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
                "Texts": SIMULATED if of["simulated"] == "True" else "real",
            }
        )
        contest = (rubric, of["hint"], of["simulated"])
        by_metric = {metric: one_row(rows, metric) for metric in _CALIBRATED}
        cells.append(
            {
                **{
                    f"{_HEADINGS[metric]} [95%]": ranked(_number(row), row, contest, digits=2)
                    for metric, row in by_metric.items()
                },
                "n": _classes(by_metric["sensitivity"], by_metric["specificity"]),
                "No verdict": counted(by_metric["auroc"], "n_unscored"),
            }
        )
    return tabulated(
        "judge_calibration",
        "Judges against labels",
        "Each judge's verdicts against labels of the same texts, 95% intervals in brackets. Sensitivity, specificity: of positives and of negatives judged so "
        "(Wilson). AUROC: chance that a positive scores above a negative (0.5: no better than chance). κ: agreement beyond chance. Higher is better in all four. "
        "Prevalence: share of labels that are positive. n: positives / negatives. No verdict: texts on which the judge gave none.",
        who,
        cells,
        always=("Judge", "Rubric", "Texts"),
    )


def agreement(results: pd.DataFrame) -> Table | None:
    """How far each two judges of the same transcripts agree; None without such."""
    found = results[~results["column"].isin(_CALIBRATED)]
    if found.empty:
        return None
    who: list[dict[str, str | Cell]] = []
    cells: list[dict[str, str | Cell]] = []
    for condition, group in conditions(found):
        for judges, rows in group.groupby("column", sort=False):
            whose = who_is(condition)
            whose["Judge"] = ABSENT  # both are in the next column
            who.append({**whose, "Judges": str(judges).replace("_", " ")})
            by_metric = {
                metric: one_row(rows, metric)
                for metric in ("raw_agreement", "kappa", "alpha", "prevalence")
            }
            cells.append(
                {
                    **{
                        f"{_HEADINGS[metric]} [95%]": _number(row)
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


def _number(row: pd.Series | None) -> str:
    """A coefficient or a share of 1, whichever the metric is."""
    if row is None:
        return ABSENT
    if pd.isna(row["value"]):
        return "undefined"
    return coefficient(row) if row["metric"] in _BELOW_ZERO else fraction(row)


def _classes(*rows: pd.Series | None) -> str:
    return " / ".join(counted(row, "n_samples") for row in rows)
