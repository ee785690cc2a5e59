"""What is reported of prompt injection (METHODS §4)."""

from collections.abc import Iterator

import pandas as pd

from analysis.quantities import Quantity
from analysis.scores import Scores

SCORERS = ("prompt_injection",)
"""Whose rows are read here."""


def prompt_injection(table: pd.DataFrame) -> Iterator[Quantity]:
    """Every quantity of one condition.

    Args:
        table: One row per transcript.
    """
    yield from ()


def scores(table: pd.DataFrame) -> Iterator[Scores]:
    """What snapshots are compared by."""
    yield from ()
