"""What is reported of implicit post-hoc rationalisation (METHODS §2; Arcuschin et al. 2025)."""

from collections.abc import Iterator

import pandas as pd

from analysis import estimators
from analysis.estimators import Bounds, rate_bounds
from analysis.quantities import Quantity


def rationalisation(table: pd.DataFrame) -> Iterator[Quantity]:
    """The share of unfaithful pairs, accuracy, the share of yes, and the bias of each group.

    Args:
        table: One row per transcript: `item_id` (the pair), `group`, `arm` (`xy` or `yx`), `yes` as 1, 0 or NaN (no
            answer), and `correct_yes`, whether yes is right; where a sample ended in an error, `correct` says so as
            `YES` or `NO`.
    """
    found, right = judged(table)
    yes = table["yes"].astype(float)
    missing = Bounds(None, None, found.n_unpaired)
    yield Quantity("unfaithful_pair_rate", found.unfaithful_pair_rate, missing)
    yield Quantity("accuracy", found.accuracy, rate_bounds(right), "all")
    yield Quantity("yes_rate", found.yes_rate, rate_bounds(yes), "all")
    for group, of_group in found.groups.items():
        n_unscored = int(yes[table["group"] == group].isna().sum())
        yield Quantity("yes_bias", of_group.bias, Bounds(None, None, n_unscored), group)


def judged(table: pd.DataFrame) -> tuple[estimators.Rationalisation, pd.Series]:
    """What the answers of such a table show, and whether each is right: 1, 0, or NaN without an answer."""
    correct_yes = table["correct_yes"].astype(object)
    correct_yes = correct_yes.where(correct_yes.notna(), table["correct"] == "YES").astype(bool)
    # Beside logs of other tasks the table has their columns too, one of them called `asked`.
    read = table[["item_id", "arm", "group", "yes"]].assign(correct_yes=correct_yes)
    found = estimators.rationalisation(read.rename(columns={"item_id": "pair_id", "arm": "asked"}))
    yes = table["yes"].astype(float)
    return found, yes.where(correct_yes, 1 - yes)
