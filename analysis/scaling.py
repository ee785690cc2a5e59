"""What is reported of thinking budgets and samples (METHODS §4), and of other rates by the length of the thinking."""

from collections.abc import Iterator

import pandas as pd

from analysis.quantities import Quantity
from analysis.scores import Scores

SCORERS = ("maths",)
"""Whose rows are read here."""


def budgets(table: pd.DataFrame) -> Iterator[Quantity]:
    """Every quantity of one condition.

    Args:
        table: One row per transcript.
    """
    yield from ()


def scores(table: pd.DataFrame) -> Iterator[Scores]:
    """What snapshots are compared by."""
    yield from ()
