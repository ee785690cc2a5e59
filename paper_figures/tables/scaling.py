"""Tables of thinking budgets and samples, and of rates by the length of the thinking, made from `results.csv` rows."""

from collections.abc import Hashable, Iterator

import pandas as pd

from analysis.scaling import BY_LENGTH, LENGTH, OF_SAMPLES, PER_DOUBLING, SLOPE, USED
from paper_figures.cells import (
    ABSENT,
    Cell,
    Table,
    conditions,
    contest_of,
    count,
    counted,
    interval,
    one_row,
    ranked,
    side_by_side,
    tabulated,
    visibility_counts,
    who_is,
)
from paper_figures.tables import series
from paper_figures.tables.series import is_derived

_SLOPE_ROW = "per doubling of tokens used"

_NAMED = dict(zip(OF_SAMPLES, ("pass@k", "majority@k", "best-of-k"), strict=True))

RATES = {
    "alignment_faking_reasoning_rate": "AF rate",
    "acknowledgement_rate": "admits the hint, of used",
    "flagged_rate": "flagged",
}
"""What rates by length are called."""


def every(results: pd.DataFrame, published: pd.DataFrame) -> Iterator[Table | None]:
    """Each table that the rows give, the headline first.

    Args:
        results: Measured rows of this subject.
        published: Published rows of this subject.
    """
    plain = results[~is_derived(results)]
    if plain["metric"].eq(USED).any():
        yield budgets(plain)
        yield samples(plain)
        yield series.thinking_budget(results)
        yield accounting(plain)
    if plain["metric"].eq(LENGTH).any():
        yield lengths(plain)


def budgets(results: pd.DataFrame) -> Table:
    """Accuracy and the tokens that it took: budgets as rows, snapshots as columns."""
    rows = results[results["metric"].isin(["accuracy", USED, PER_DOUBLING])]
    rows = rows.assign(column=rows["column"].where(rows["metric"] != PER_DOUBLING, _SLOPE_ROW))

    def cell(group: pd.DataFrame, contest: Hashable) -> str | Cell:
        slope = one_row(group, PER_DOUBLING)
        if slope is not None:
            return f"{interval(slope, signed=True)} points"
        accuracy, used = one_row(group, "accuracy"), one_row(group, USED)
        size = "" if accuracy is None else f" n={_size(accuracy)}"
        return ranked(f"{interval(accuracy)}{size}; {_tokens(used)} tokens", accuracy, contest)

    who, cells, headings = side_by_side(rows, cell, "column")
    return tabulated(
        "thinking_budget",
        "Accuracy by thinking budget",
        "Percent of scored answers that are right, 95% intervals in brackets (Wilson, clustered on item); n: items / samples; then the mean of the thinking "
        "tokens used, which are fewer than allowed where the model had enough. Budget: thinking tokens allowed, or the effort asked for. Last row: change of the accuracy, in "
        "percentage points, per doubling of the tokens used: least squares through the budgets of the same items, clustered on item. Answers that "
        "could not be read are left out, and counted in the table of what is left out.",
        [{"Dataset": whose["Dataset"], **_renamed(whose, "Budget")} for whose in who],
        cells,
        always=("Budget",),
        headings=headings,
        across="row",
    )


def samples(results: pd.DataFrame) -> Table:
    """pass@k, majority@k and best-of-k by k, at the largest budget of each snapshot."""
    found = results[results["metric"].isin(OF_SAMPLES)]
    who: list[dict[str, str | Cell]] = []
    cells: list[dict[str, str | Cell]] = []
    for condition, rows in conditions(found):
        rows = at_largest(rows)
        for metric, name in _NAMED.items():
            of = rows[rows["metric"] == metric]
            if of.empty:
                continue
            budget = str(of["arm"].iloc[0]).partition("_")[2]
            who.append({**who_is(condition), "Budget": budget, "Of k samples": name})
            contest = (contest_of(condition), metric)
            by_k = {str(row["column"]): row for _, row in of.iterrows()}
            last = of.iloc[-1]
            cells.append(
                {
                    **{k: ranked(interval(row), row, (contest, k)) for k, row in by_k.items()},
                    "n": f"{counted(of.iloc[0])}"
                    if len({*of["n_items"]}) == 1
                    else f"{counted(of.iloc[0])} to {counted(last)}",
                    "Unscored": counted(last, "n_unscored"),
                }
            )
    return tabulated(
        "thinking_samples",
        "What several samples give",
        "Percent of items, 95% intervals (Wilson at the effective size), at the largest budget; results.csv has the others. Exact expectations over all draws of k of an item's scored samples, "
        "no single draw. pass@k: at least one of k is right. majority@k: the most frequent answer is right, ties shared evenly. best-of-k: the one that a "
        "scoring model puts first is right. n: items with k scored samples, at the smallest and at the largest k; unscored: samples without an answer (best-of-k: without a score).",
        who,
        cells,
        always=("Snapshot", "Source", "Of k samples"),
    )


def accounting(results: pd.DataFrame) -> Table:
    """What the numbers leave out: answers that commit to nothing, and thinking of each visibility."""
    found = conditions(results[results["metric"].isin(["transcripts", USED])])
    cells = []
    for _, rows in found:
        seen = rows[rows["metric"] == "transcripts"].set_index("visibility")
        untold = rows.loc[rows["metric"] == USED, "n_unscored"].sum()
        cells.append(
            {
                "Transcripts": count(seen["n_samples"].max()),
                "No readable answer": count(seen["n_unscored"].sum()),
                "Tokens not told": count(untold),
                **visibility_counts(seen),
            }
        )
    return tabulated(
        "accounting_thinking",
        "What the numbers leave out: thinking budgets",
        "Counts over all budgets. No readable answer: cut off, missing or ambiguous, never counted as wrong. Tokens not told: the provider does not say how many "
        "thinking tokens a sample used; they are not guessed from the text.",
        [who_is(condition) for condition, _ in found],
        cells,
    )


def lengths(results: pd.DataFrame) -> Table:
    """Rates about thinking by its length: shorter to longer bins as columns."""
    who: list[dict[str, str | Cell]] = []
    cells: list[dict[str, str | Cell]] = []
    for condition, rows in conditions(results[results["metric"] != LENGTH]):
        by = rows["metric"].map(rate_of)
        for (metric, about), of in rows.groupby([by, rows["column"].map(about_of)], sort=False):
            bins = of[of["metric"].str.endswith(BY_LENGTH)]
            slope = one_row(of, f"{metric}{SLOPE}")
            name = " ".join(filter(None, (RATES.get(str(metric), str(metric)), str(about))))
            who.append({**who_is(condition), "Rate": name})
            cells.append(
                {
                    **{
                        _NTH[
                            place(row)
                        ]: f"{interval(row)} n={counted(row, 'n_samples')}; {ends_of(row)}"
                        for _, row in bins.iterrows()
                    },
                    "Per doubling": ABSENT if slope is None else interval(slope, signed=True),
                    "Left out": ABSENT if slope is None else counted(slope, "n_unscored"),
                }
            )
    return tabulated(
        "thinking_length",
        "Rates by the length of the thinking",
        "Percent, 95% intervals (Wilson, clustered on item), n: transcripts, and the lengths in the bin. Bins hold equal numbers of transcripts with a verdict. Per doubling: change in "
        "percentage points per doubling of the length, least squares over transcripts, clustered on item. Nobody set these lengths: what makes thinking long may also make the rate high "
        "or low, so that this describes, and shows no effect of length. Left out: transcripts without a verdict or a length.",
        who,
        cells,
        always=("Snapshot", "Mode", "Source", "Rate"),
    )


_NTH = dict(enumerate(("Shortest", "2nd", "3rd", "4th"), start=1))


def at_largest(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the arm that comes last: budgets and efforts stand in rising order."""
    largest: str = rows["arm"].iloc[-1]
    return rows[rows["arm"].eq(largest)]


def rate_of(metric: str) -> str:
    """The rate that a metric by length is of."""
    return metric.removesuffix(SLOPE).removesuffix(BY_LENGTH)


def about_of(column: str) -> str:
    """What stands before the bin in a column: a monitor and its category, or nothing."""
    return column.rpartition(": ")[0]


def place(row: pd.Series) -> int:
    """The number of a row's bin, from 1."""
    return int(str(row["column"]).rpartition(": ")[2].split(" of ")[0])


def ends_of(row: pd.Series) -> str:
    """From which length to which a row's bin goes."""
    return str(row["column"]).rpartition(", ")[2]


def _renamed(whose: dict[str, str | Cell], name: str) -> dict[str, str | Cell]:
    return {
        name if key == "column" else key: value for key, value in whose.items() if key != "Dataset"
    }


def _tokens(used: pd.Series | None) -> str:
    return ABSENT if used is None or pd.isna(used["value"]) else f"{float(used['value']):,.0f}"


def _size(row: pd.Series) -> str:
    items, n_samples = (count(row[name]) for name in ("n_items", "n_samples"))
    return items if items == n_samples else f"{items}/{n_samples}"
