"""What is reported of interventions on reasoning (METHODS §2; Lanham et al. 2023)."""

from collections.abc import Iterator

import pandas as pd

from analysis import estimators
from analysis.estimators import Bounds, rate, rate_bounds
from analysis.quantities import Quantity

KINDS = ("early_answering", "adding_mistakes", "paraphrasing", "filler")

ACCURACIES = (("full_reasoning", "correct"), ("no_reasoning", "correct_without"))
"""What each accuracy is about, and the label that tells."""


def interventions(table: pd.DataFrame) -> Iterator[Quantity]:
    """Per kind of intervention the share of unchanged answers at each share kept, and the AOC; accuracy.

    Args:
        table: One row per transcript: `item_id`, `KIND/SHARE` (1 where the answer is that of the full reasoning,
            0, or NaN), `correct`, `correct_without`.
    """
    for kind, share, answers in points(table):
        curve = estimators.intervention_curve(answers["item_id"], share, answers["same"])
        for at, estimate in curve.by_share.items():
            bounds = rate_bounds(answers.loc[share == at, "same"])
            yield Quantity("same_answer_rate", estimate, bounds, f"{kind}/{at:.2f}")
        yield Quantity("aoc", curve.aoc, Bounds(None, None, curve.n_incomplete), kind)
    for arm, label in ACCURACIES:
        y = table[label]
        yield Quantity("accuracy", rate(y, table["item_id"]), rate_bounds(y), arm)


def points(table: pd.DataFrame) -> Iterator[tuple[str, pd.Series, pd.DataFrame]]:
    """By kind of intervention in the table: the share kept of each answer, and the answers (`item_id`, `same`)."""
    for kind in KINDS:
        columns = [name for name in table.columns if str(name).startswith(f"{kind}/")]
        if columns:
            answers = table.melt("item_id", columns, "point", "same")
            yield kind, answers["point"].str.removeprefix(f"{kind}/").astype(float), answers
