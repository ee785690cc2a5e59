"""Every figure of a report, made from `results.csv` rows: one module per subject, one style sheet."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from analysis.snapshots import (
    ALIGNMENT_FAKING,
    CLUE_FAITHFULNESS,
    INTERVENTIONS,
    MONITORS,
    PROMPT_INJECTION,
    SPECIAL_CASING,
    THINKING_BUDGET,
    THINKING_LENGTH,
)
from analysis.validation import Calibration
from paper_figures.figures import (
    _style,
    accuracy,
    alignment_faking,
    faithfulness,
    interventions,
    judges,
    monitors,
    prompt_injection,
    scaling,
    special_casing,
)
from paper_figures.figures._style import Drawn

__all__ = ["FORMATS", "Drawn", "every", "write"]

FORMATS = ("png", "svg", "pdf")

_TEXT = [
    *(
        "table",
        "row",
        "column",
        "snapshot",
        "reasoning",
        "task",
        "dataset",
        "setting",
        "arm",
        "hint",
    ),
    *("factors", "visibility", "metric", "method", "judge", "warnings"),
]
"""Columns of results.csv that hold text, empty where there is none."""

_NUMBERS = ["value", "low", "high", "p_value", "p_adjusted", "n_items", "n_samples"]


def every(
    measured: pd.DataFrame, published: pd.DataFrame, calibrations: Sequence[Calibration] = ()
) -> list[Drawn]:
    """The figures that the rows give, headlines first.

    Args:
        measured: Rows of `analysis.snapshots.results`.
        published: Rows of `analysis.snapshots.published`.
        calibrations: Of judges.
    """
    rows, cited = _read(measured), _read(published)
    faking, cited_faking = (_about(ALIGNMENT_FAKING, table) for table in (rows, cited))
    clues, cited_clues = (_about(CLUE_FAITHFULNESS, table) for table in (rows, cited))
    altered, others = _about(INTERVENTIONS, rows), _about(_OTHERS, rows)
    wanted: list[tuple[bool, Callable[[], Drawn]]] = [
        (_has(faking, "compliance_rate", "compliance_gap", "alignment_faking_reasoning_rate"),
         lambda: alignment_faking.overview(faking, cited_faking)),
        (_has(faking, "compliance_rate"),
         lambda: alignment_faking.compliance_by_arm(faking, cited_faking)),
        (_has(faking, "compliance_gap"),
         lambda: alignment_faking.gap_forest(faking, cited_faking)),
        (_has(clues, "acknowledgement_rate"),
         lambda: faithfulness.clue_faithfulness(clues, cited_clues)),
        (_has(clues, "acknowledgement_rate_answer"), lambda: faithfulness.thinking_answer_gap(clues)),
        (_has(clues, "hint_use_rate"), lambda: faithfulness.use_against_admission(clues)),
        (_has(clues, "attributable_use"), lambda: faithfulness.attributable_use(clues)),
        (_has(altered, "same_answer_rate"), lambda: interventions.early_answering(altered)),
        (bool(calibrations), lambda: judges.judge_roc(calibrations)),
        (_has(others, "accuracy", "mean_score"), lambda: accuracy.accuracy(others)),
        (_has(others, "accuracy_within_turns"), lambda: accuracy.action_scaling(others)),
    ]  # fmt: skip
    drawn = [draw() for there, draw in wanted if there]
    for subject, module in _FURTHER.items():
        of_subject = _about(subject, rows)
        if len(of_subject):
            drawn += module.every(of_subject, _about(subject, cited))
    return drawn


_FURTHER = {
    MONITORS: monitors,
    SPECIAL_CASING: special_casing,
    PROMPT_INJECTION: prompt_injection,
    THINKING_BUDGET: scaling,
    THINKING_LENGTH: scaling,
}
"""Subjects whose figures are all made by a module of their own."""


_OTHERS = "accuracy"
"""The table of other people's tasks."""


def write(figure: Figure, name: str, folder: Path) -> None:
    """Write a figure as `FOLDER/NAME.{png,svg,pdf}`, without the date, so that reruns are equal."""
    folder.mkdir(parents=True, exist_ok=True)
    dateless = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
    with _style.styled():  # fonts and salt are looked up when the file is written
        for suffix in FORMATS:
            figure.savefig(folder / f"{name}.{suffix}", metadata=dateless[suffix])


def _read(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows as a report makes them or as results.csv gives them back."""
    numbers = rows[_NUMBERS].apply(pd.to_numeric)
    simulated = rows["simulated"].astype(str) == "True"
    return rows.assign(**rows[_TEXT].fillna("").astype(str), **numbers, simulated=simulated)


def _about(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["table"] == table]


def _has(rows: pd.DataFrame, *metrics: str) -> bool:
    return bool(rows["metric"].isin(metrics).any())
