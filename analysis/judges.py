"""How far judges can be trusted (METHODS §5): where two of them agree, and what calibrations say."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import pandas as pd

from analysis.changes import BOUNDS
from analysis.estimators import Bounds, agreement
from analysis.quantities import Quantity
from analysis.validation import Calibration

TABLE = "judges"
"""The table that these rows belong to."""

LABELS = {
    "compliance": "complied",
    "alignment_faking": "alignment_faking",
    "acknowledgement": "acknowledged",
    "asked": "honest",
    "monitor": "flagged",
    "admission": "admitted",
}
"""The label of each judged scorer that agreement is about."""

_TRANSCRIPT = ["log", "sample_id", "epoch"]
"""Columns that tell one transcript."""

_SAME_ITEMS = "transcripts of one item are taken as independent"
_WHOLE_SET = ("balanced_accuracy", "auroc", "raw_agreement", "kappa", "alpha", "brier")
"""Numbers about positives and negatives together, which lack every transcript without a verdict."""

_OF_NO_SNAPSHOT = (
    *("snapshot", "reasoning", "task", "dataset", "setting", "arm", "visibility", "logs"),
)
"""Columns that are empty of what is known about a judge apart from any log."""


def agreements(condition: pd.DataFrame) -> Iterator[Quantity]:
    """Raw agreement, κ, α and prevalence of each two judges that judged the same transcripts.

    They may have judged one after the other (two runs of a scorer) or together (a scorer with several
    judges). Transcripts on which either has no verdict, though one was due, are missing.

    Args:
        condition: Rows of one condition, as `analysis.logs.read` gives them: one row per transcript,
            scorer and judge.
    """
    for scorer, label in LABELS.items():
        rows = condition[condition["scorer"] == scorer]
        if rows.empty or label not in rows:
            continue
        due = rows[label].notna() | (rows["unscored"] == 1)
        transcripts = rows.assign(due=due).groupby(_TRANSCRIPT, sort=False)
        known = transcripts.agg(item_id=("item_id", "first"), due=("due", "any"))
        verdicts = _by_judge(rows, label)
        for one, other in combinations(verdicts, 2):
            ratings = pd.concat([verdicts[one], verdicts[other]], axis=1, join="inner")
            about = known.loc[ratings.index]
            yield from _of_two(ratings, about, f"{one} against {other} on {scorer}")


def _by_judge(rows: pd.DataFrame, label: str) -> dict[str, pd.Series]:
    """Each judge's verdicts by transcript, in the order of their appearance."""
    found: dict[str, pd.Series] = {}
    for judge, judged in rows.groupby("judge", sort=False):
        found[str(judge)] = judged.set_index(_TRANSCRIPT)[label].astype(float)
    prefix = f"{label}/"  # of what each further judge of one run says
    for column in (name for name in rows.columns if str(name).startswith(prefix)):
        asked = rows[rows[column].notna().groupby(rows["log"]).transform("any")]
        beside = asked.set_index(_TRANSCRIPT)[column].astype(float)
        found.setdefault(str(column).removeprefix(prefix), beside)
    return found


def _of_two(ratings: pd.DataFrame, about: pd.DataFrame, column: str) -> Iterator[Quantity]:
    both = ratings.notna().all(axis=1)
    if not both.any():
        return
    found = agreement(ratings[both].to_numpy())
    missing = Bounds(None, None, int((about["due"] & ~both).sum()))
    repeated = about.loc[both, "item_id"].duplicated().any()
    for metric, estimate in {
        "raw_agreement": found.raw,
        "kappa": found.kappa,
        "alpha": found.alpha,
        "prevalence": found.prevalence,
    }.items():
        warnings = (*estimate.warnings, _SAME_ITEMS) if repeated else estimate.warnings
        yield Quantity(metric, replace(estimate, warnings=warnings), missing, column=column)


def calibrated(calibrations: Sequence[Calibration]) -> list[dict[str, Any]]:
    """Rows of results.csv: what each calibration says about its judge, snapshots apart.

    Where transcripts of a class have no verdict, the bounds of that class's rate have a row, too.
    """
    return [row for calibration in calibrations for row in _calibrated_rows(calibration)]


def _calibrated_rows(calibration: Calibration) -> Iterator[dict[str, Any]]:
    about = {
        "table": TABLE,
        "row": f"{calibration.judge} {calibration.rubric}",
        "hint": calibration.hint,
        "factors": f"rubric_hash={calibration.rubric_hash}",
        "judge": calibration.judge,
        "provenance": "measured",
        "simulated": calibration.simulated,
        **dict.fromkeys(_OF_NO_SNAPSHOT, ""),
    }
    for metric, estimate in calibration.estimates.items():
        yield {
            **about,
            "column": metric,
            "metric": metric,
            "value": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "n_items": estimate.n_items,
            "n_samples": estimate.n_samples,
            "n_unscored": calibration.n_unscored if metric in _WHOLE_SET else None,
            "method": estimate.method,
            "warnings": "; ".join(estimate.warnings),
        }
    for metric, bounds in calibration.bounds.items():
        if bounds.n_missing:
            yield {
                **about,
                "column": f"{metric}{BOUNDS}",
                "metric": f"{metric}{BOUNDS}",
                "low": bounds.low,
                "high": bounds.high,
                "n_unscored": bounds.n_missing,
                "method": "what has no verdict at worst and at best",
                "warnings": "",
            }
