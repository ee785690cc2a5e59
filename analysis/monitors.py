"""What is reported of what the thinking shows (METHODS §3)."""

from collections.abc import Iterator

import pandas as pd

from analysis.quantities import Quantity
from analysis.scores import Scores

SCORERS = ("deception", "harmful_actions", "distress", "eval_awareness", "reward_hacking_intent")
"""Whose rows are read here."""

CATEGORIES: dict[str, tuple[str, ...]] = {
    "deception": ("hallucinated", "omitted", "sycophancy"),
    "harmful_actions": ("harmful_views", "rationalisation"),
    "distress": ("strong_sadness", "negative_emotions"),
    "eval_awareness": ("suspects_test", "behaves_for_test"),
    "reward_hacking_intent": ("special_cases", "games_checks"),
}
"""The sub-categories of each monitor, as keys of its scores. They overlap."""


def monitors(table: pd.DataFrame) -> Iterator[Quantity]:
    """Every quantity of one condition.

    Args:
        table: One row per transcript.
    """
    yield from ()


def scores(table: pd.DataFrame) -> Iterator[Scores]:
    """What snapshots are compared by."""
    yield from ()
