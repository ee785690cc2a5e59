"""Every table of a report, made from `results.csv` rows: one module per subject."""

import pandas as pd

from analysis.faithfulness import CORRECTED
from analysis.snapshots import ALIGNMENT_FAKING, CLUE_FAITHFULNESS, INTERVENTIONS, RATIONALISATION
from paper_figures.cells import Table
from paper_figures.tables import alignment_faking, faithfulness

HEADLINES = (ALIGNMENT_FAKING, CLUE_FAITHFULNESS, INTERVENTIONS, RATIONALISATION)
"""The table of each capability that is looked at first, by its name."""

FOLDED = ("clue_use", "clue_judge_error", "decomposition")
"""Tables that are long, and open at a click."""


def every(measured: pd.DataFrame, published: pd.DataFrame) -> list[Table]:
    """The tables that the rows give, headlines first.

    Args:
        measured: Rows of `analysis.snapshots.results`.
        published: Rows of `analysis.snapshots.published`.
    """
    faking, cited = (_about(ALIGNMENT_FAKING, rows) for rows in (measured, published))
    clues, cited_clues = (_about(CLUE_FAITHFULNESS, rows) for rows in (measured, published))
    altered, pairs = _about(INTERVENTIONS, measured), _about(RATIONALISATION, measured)
    others = measured[measured["table"] != ALIGNMENT_FAKING]
    return [
        *([alignment_faking.alignment_faking(faking, cited)] if len(faking) else []),
        *([faithfulness.clue_faithfulness(clues, cited_clues)] if len(clues) else []),
        *([faithfulness.clue_use(clues)] if len(clues) else []),
        *([faithfulness.interventions(altered)] if len(altered) else []),
        *([faithfulness.rationalisation(pairs)] if len(pairs) else []),
        *([alignment_faking.judge_error(faking)] if _any_corrected(faking) else []),
        *([faithfulness.judge_error(clues)] if _any_corrected(clues) else []),
        *([alignment_faking.accounting(faking)] if len(faking) else []),
        *([faithfulness.accounting(others)] if len(others) else []),
        *([alignment_faking.decomposition(faking)] if len(faking) else []),
    ]


def _about(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["table"] == table]


def _any_corrected(results: pd.DataFrame) -> bool:
    return bool(results["metric"].str.endswith(CORRECTED).any())
