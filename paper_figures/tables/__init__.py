"""Every table of a report, made from `results.csv` rows: one module per subject."""

from collections.abc import Iterator

import pandas as pd

from analysis.accuracy import TABLE as ACCURACY
from analysis.faithfulness import CORRECTED
from analysis.judges import TABLE as JUDGES
from analysis.snapshots import (
    ALIGNMENT_FAKING,
    CLUE_FAITHFULNESS,
    INTERVENTIONS,
    MONITORS,
    PROMPT_INJECTION,
    RATIONALISATION,
    SPECIAL_CASING,
    THINKING_BUDGET,
    THINKING_LENGTH,
)
from paper_figures.cells import Table
from paper_figures.tables import (
    accuracy,
    alignment_faking,
    faithfulness,
    judges,
    monitors,
    prompt_injection,
    scaling,
    series,
    special_casing,
)

HEADLINES = (
    *(ALIGNMENT_FAKING, "compliance_by_factor"),
    *(CLUE_FAITHFULNESS, INTERVENTIONS, RATIONALISATION),
    *(MONITORS, SPECIAL_CASING, PROMPT_INJECTION, THINKING_BUDGET, ACCURACY),
)
"""The table of each capability that is looked at first, by its name."""

FOLDED = (
    *("clue_use", "clue_judge_error", "clue_unread", "clue_matrix_normalised"),
    *("alignment_faking_changes_corrected", "clue_changes_by_hint", "clue_changes_corrected"),
    *("decomposition", "accuracy_within_turns", THINKING_LENGTH),
)
"""Tables that are long, or beside a point that another makes, and open at a click."""

_WORDS = (
    *("table", "row", "column", "snapshot", "reasoning", "task", "dataset", "setting", "arm"),
    *("hint", "factors", "visibility", "metric", "method", "judge", "warnings", "logs"),
)
"""Columns of text, of which a row may lack some."""


_FURTHER = {
    MONITORS: monitors,
    SPECIAL_CASING: special_casing,
    PROMPT_INJECTION: prompt_injection,
    THINKING_BUDGET: scaling,
    THINKING_LENGTH: scaling,
}
"""Subjects whose tables are all made by a module of their own."""


def every(measured: pd.DataFrame, published: pd.DataFrame) -> list[Table]:
    """The tables that the rows give, headlines first.

    Args:
        measured: Rows of `analysis.snapshots.results`.
        published: Rows of `analysis.snapshots.published`.
    """
    # As objects all columns are one block, which is filtered much faster.
    measured, published = (
        rows.fillna(dict.fromkeys(_WORDS, "")).astype(object) for rows in (measured, published)
    )
    found = [*_headlines(measured, published), *_further(measured)]
    return [table for table in found if table is not None]


def _headlines(measured: pd.DataFrame, published: pd.DataFrame) -> Iterator[Table | None]:
    faking, cited = (_about(ALIGNMENT_FAKING, rows) for rows in (measured, published))
    clues, cited_clues = (_about(CLUE_FAITHFULNESS, rows) for rows in (measured, published))
    altered, pairs = _about(INTERVENTIONS, measured), _about(RATIONALISATION, measured)
    if len(faking):
        yield alignment_faking.alignment_faking(faking, cited)
        yield alignment_faking.by_factor(faking)
        yield series.alignment_faking(alignment_faking.at_base(faking))
    if len(clues):
        yield faithfulness.clue_faithfulness(clues, cited_clues)
        yield faithfulness.matrix(clues, "raw")
        yield series.faithfulness(clues)
        yield faithfulness.clue_use(clues)
    if len(altered):
        yield faithfulness.interventions(altered)
    if len(pairs):
        yield faithfulness.rationalisation(pairs)
    yield series.reasoning(pd.concat([altered, pairs]))
    for subject, module in _FURTHER.items():
        rows = _about(subject, measured)
        if len(rows):
            yield from module.every(rows, _about(subject, published))
    others = _about(ACCURACY, measured)
    yield accuracy.accuracy(others)
    yield accuracy.mean_score(others)
    yield accuracy.of_samples(others)
    yield accuracy.within_turns(others)
    yield series.accuracy(others)


def _further(measured: pd.DataFrame) -> Iterator[Table | None]:
    """What stands behind the headlines."""
    faking, clues = (_about(table, measured) for table in (ALIGNMENT_FAKING, CLUE_FAITHFULNESS))
    if len(clues):
        yield faithfulness.matrix(clues, "normalised")
        yield faithfulness.unread(clues)
        yield series.by_hint(clues)
    judged = _about(JUDGES, measured)
    yield judges.calibration(judged)
    yield judges.agreement(judged)
    yield accuracy.accounting(_about(ACCURACY, measured))
    if _any_corrected(faking):
        yield alignment_faking.judge_error(faking)
    if _any_corrected(clues):
        yield faithfulness.judge_error(clues)
    yield series.corrected(alignment_faking.at_base(faking))
    yield series.corrected_by_hint(clues)
    if len(faking):
        yield alignment_faking.accounting(faking)
    counted = measured["table"].isin([CLUE_FAITHFULNESS, INTERVENTIONS, RATIONALISATION])
    if counted.any():
        yield faithfulness.accounting(measured[counted])
    if len(faking):
        yield alignment_faking.decomposition(faking)


def _about(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["table"] == table]


def _any_corrected(results: pd.DataFrame) -> bool:
    return bool(results["metric"].str.endswith(CORRECTED).any())
