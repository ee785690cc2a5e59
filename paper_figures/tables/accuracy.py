"""Tables of other people's tasks, made from `results.csv` rows: any Inspect scorer's accuracy or mean score."""

from collections.abc import Callable, Hashable

import pandas as pd

from analysis.accuracy import COUNTS, PASS, WITHIN
from paper_figures.cells import (
    ABSENT,
    Cell,
    Table,
    count,
    interval,
    number,
    ranked,
    side_by_side,
    tabulated,
)

_SHAPE = "n: items / samples, where there are several epochs."


def accuracy(results: pd.DataFrame) -> Table | None:
    """Accuracy by task, data set and scorer, snapshots side by side; None where no scorer gives any."""
    return _scores(
        results,
        "accuracy",
        "Accuracy",
        "Percent, 95% intervals in brackets (Wilson; clustered on item with several epochs); higher is better. Letter grades as Inspect reads them: "
        f"C is 1, P is 0.5, I and N are 0. Samples without a score are left out. {_SHAPE}",
        interval,
    )


def mean_score(results: pd.DataFrame) -> Table | None:
    """Mean scores that are no shares, likewise."""
    return _scores(
        results,
        "mean_score",
        "Mean scores",
        "Means on each scorer's own scale, 95% intervals in brackets (t, clustered on item with several epochs). Not ranked: whether more is better "
        f"is for the scorer to say. Samples without a score are left out. {_SHAPE}",
        number,
    )


def of_samples(results: pd.DataFrame) -> Table | None:
    """pass@k of scorers that give 0 or 1, where items have several epochs."""
    return _scores(
        results,
        PASS,
        "Accuracy with several samples",
        "Percent, 95% intervals in brackets (of a rate of items); higher is better. pass@k: chance that k of an item's samples, drawn without replacement, hold a "
        "right one (exact over all draws; Chen et al. 2021), mean over the items with at least k scored samples, of scorers that give 0 or 1. It takes somebody who "
        f"knows the right answer when it is there. {_SHAPE}",
        interval,
        "accuracy_pass_at_k",
    )


def within_turns(results: pd.DataFrame) -> Table | None:
    """Accuracy reached within so many turns, where samples took several."""
    return _scores(
        results,
        WITHIN,
        "Accuracy by turns",
        "Percent, 95% intervals in brackets (Wilson; clustered on item with several epochs); higher is better. Scores of samples that took so many turns at most, "
        f"the others counted as 0, over all scored samples; with enough turns it is the accuracy. {TURN} {_SHAPE}",
        interval,
    )


def accounting(results: pd.DataFrame) -> Table | None:
    """Samples without a score, and those that an error or a limit ended; None where there are none."""
    scored = results[results["metric"].isin(("accuracy", "mean_score"))]
    unscored = scored[scored["n_unscored"].astype(float) > 0]
    n = unscored["n_unscored"].astype(float)
    unscored = unscored.assign(
        column=unscored["column"].astype(str) + ": without a score",
        value=n,
        n_samples=n + unscored["n_samples"].astype(float),
    )
    found = pd.concat([unscored, results[results["metric"].isin(COUNTS)]])
    if found.empty:
        return None

    def cell(group: pd.DataFrame, contest: Hashable) -> str:
        (_, row), *_ = group.iterrows()
        return f"{count(row['value'])} of {count(row['n_samples'])}"

    who, cells, headings = side_by_side(found.sort_index(kind="stable"), cell, "column")
    return tabulated(
        "accuracy_accounting",
        "Samples of other tasks that are missing or were cut off",
        f"Samples, of all of the condition; where a task is not named, or a cell says {ABSENT}, there are none. Without a score: left out of accuracies and means, never counted as 0; those that ended in an error are "
        "among them. Ended by a limit (of messages, tokens, time or turns): counted with the score that they had then.",
        [{_HEADINGS.get(name, name): value for name, value in whose.items()} for whose in who],
        cells,
        always=("Task", "Dataset", "Scorer"),
        headings=headings,
        across="row",
    )


TURN = (
    "A turn is one generation of a model while the sample was solved; where a task asks other models too (one that plays a user, sub-agents), theirs "
    "count as well."
)


def _scores(
    results: pd.DataFrame,
    metric: str,
    title: str,
    caption: str,
    printed: Callable[[pd.Series | None], str],
    name: str = "",
) -> Table | None:
    found = results[results["metric"] == metric]
    if found.empty:
        return None

    def cell(group: pd.DataFrame, contest: Hashable) -> str | Cell:
        (_, row), *_ = group.iterrows()
        return ranked(f"{printed(row)} n={_size(row)}", row, contest)

    who, cells, headings = side_by_side(found, cell, "column")
    return tabulated(
        name or metric,
        title,
        caption,
        [{_HEADINGS.get(name, name): value for name, value in whose.items()} for whose in who],
        cells,
        always=("Task", "Dataset", "Scorer"),
        headings=headings,
        across="row",
    )


_HEADINGS = {"column": "Scorer"}


def _size(row: pd.Series) -> str:
    items, samples = (count(row[name]) for name in ("n_items", "n_samples"))
    return items if items == samples else f"{items}/{samples}"
