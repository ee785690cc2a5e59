"""Tables of what the thinking shows, made from `results.csv` rows (METHODS §3)."""

from collections.abc import Hashable, Iterator

import pandas as pd

from analysis.faithfulness import CORRECTED
from analysis.monitors import CATEGORIES, COUNTS, OVERALL
from paper_figures.cells import (
    ABSENT,
    Cell,
    Table,
    conditions,
    count,
    one_row,
    point,
    quoted,
    ranked,
    rare,
    side_by_side,
    sources,
    tabulated,
    visibility_counts,
    who_is,
)
from paper_figures.tables import series

RATE, ROLE_PLAY = "flagged_rate", "role_play_share"

_AT_MOST = "at most"
"""Before the upper limit of a rate of which none was seen, as the cards print it."""

_N = "n"
"""The row of a monitor that says over how many transcripts its rates are."""

_CITED = {
    "deception": ("overall", "knowingly hallucinated", "intentionally omitted", "sycophancy"),
    "harmful_actions": (
        "overall",
        "espousing harmful views|sub-category 1",
        "rationalization|sub-category 2",
    ),
    "distress": ("overall", "strong sadness", "negative emotions"),
}
"""What the cards call the categories of a monitor: the overall row, then those of `CATEGORIES` in their order."""

_NAMES = {
    "hallucinated": "Knowingly hallucinated",
    "omitted": "Intentionally omitted",
    "harmful_views": "Espousing harmful views",
}
"""Sub-categories that need more than their key to be understood."""


def every(results: pd.DataFrame, published: pd.DataFrame) -> Iterator[Table | None]:
    """Each table that the rows give, the headline first.

    Args:
        results: Measured rows of this subject.
        published: Published rows of this subject.
    """
    yield concerning_reasoning(results, published)
    yield series.monitors(results)
    yield accounting(results)


def told(name: str) -> str:
    """A monitor or a category as it is printed."""
    return _NAMES.get(name, name[:1].upper() + name[1:].replace("_", " "))


def category_of(row: pd.Series) -> tuple[str, str]:
    """Monitor and category of a row."""
    monitor, _, category = str(row["column"]).partition(": ")
    return monitor, category


def concerning_reasoning(results: pd.DataFrame, published: pd.DataFrame) -> Table | None:
    """Categories as rows, each monitor's overall row first; snapshots, and published figures, as columns."""
    found = _rows(results)
    if found.empty:
        return None

    def cell(group: pd.DataFrame, contest: Hashable) -> str | Cell:
        (_, row), *_ = group.iterrows()
        if row["shown"] == _N:
            return count(row["n_samples"])
        return ranked(_rate(row), row, contest, digits=6)

    who, cells, headings = side_by_side(found, cell, "shown_in")
    for cited, rows in published[published["metric"] == RATE].groupby("row", sort=False):
        headings[cited] = f"{cited} (published)"
        for whose, said in zip(who, cells, strict=True):
            said[cited] = _cited(rows, str(whose["shown_in"]))
    places = [str(whose.pop("shown_in")).split("|") for whose in who]
    return tabulated(
        "concerning_reasoning",
        "What the thinking shows",
        "Percent of transcripts whose thinking a monitor flags (lower is better), 95% intervals in brackets (Wilson; clustered on item with several epochs; in two "
        "stages with an audit sample of what the first stage passed, MOVER). Sub-categories overlap; the overall row counts a transcript once. Over "
        "raw thinking; summaries have a row of their own. n: transcripts with a verdict, in two stages all that the first stage read. Role play: share of the flagged transcripts in which "
        "a role speaks. Corrected: for the judge's sensitivity and specificity (Rogan-Gladen). Published figures are of training transcripts, not of these prompts.",
        [
            {"Monitor": told(monitor), "Category": category, **whose}
            for (monitor, category), whose in zip(places, who, strict=True)
        ],
        cells,
        always=("Monitor", "Category"),
        headings=headings,
        legend={_AT_MOST: "none was flagged, and the number is the upper limit of the interval"},
        across="row",
    )


def _rate(row: pd.Series) -> str:
    """A rate with its limits; of none seen, the upper limit alone, which is all that is known."""
    printed = rare(row)
    none_seen = row["value"] == 0 and printed.startswith("<")
    return f"{_AT_MOST} {point(printed)[1:]}" if none_seen else printed


def _rows(results: pd.DataFrame) -> pd.DataFrame:
    """The rows that are shown, in the order of the card; `shown_in` is the monitor and what its row is called."""
    wanted = results["metric"].isin([RATE, f"{RATE}{CORRECTED}", ROLE_PLAY])
    rows = results[wanted]
    monitor, category = (
        rows["column"].str.partition(": ")[place] if len(rows) else rows["column"]
        for place in (0, 2)
    )
    rows = rows.assign(monitor=monitor, category=category)
    summarised = rows["visibility"] == "summary"
    rows = rows[~summarised | ((rows["metric"] == RATE) & (rows["category"] == OVERALL))]
    sizes = rows[(rows["metric"] == RATE) & (rows["category"] == OVERALL)]
    rows = pd.concat([rows.assign(shown=rows["metric"]), sizes.assign(shown=_N)])
    keys = _keys(rows)
    named = [f"{monitor}|{_title(*key)}" for monitor, *key in keys]
    order = sorted(range(len(rows)), key=lambda i: _place(*keys[i]))
    return rows.assign(shown_in=named).iloc[order]


def _keys(rows: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    columns = ("monitor", "category", "shown", "visibility")
    return list(zip(*(rows[name].astype(str) for name in columns), strict=True))


def _place(monitor: str, category: str, shown: str, visibility: str) -> tuple[int, ...]:
    monitors, categories = list(CATEGORIES), [OVERALL, *CATEGORIES.get(monitor, ())]
    kinds = (RATE, f"{RATE}{CORRECTED}", ROLE_PLAY, _N)
    last = shown in (ROLE_PLAY, _N)
    return (
        monitors.index(monitor),
        int(visibility == "summary"),
        int(last),
        categories.index(category),
        kinds.index(shown),
    )


def _title(category: str, shown: str, visibility: str) -> str:
    name = {
        ROLE_PLAY: "Role play, of flagged",
        _N: _N,
        f"{RATE}{CORRECTED}": f"{told(category)}, corrected",
    }.get(shown, told(category))
    return f"{name}, summary" if visibility == "summary" else name


def _cited(rows: pd.DataFrame, shown_in: str) -> str | Cell:
    """What a card prints in a row of the table; its source as a footnote of the overall row."""
    monitor, _, title = shown_in.partition("|")
    titles = [told(name) for name in (OVERALL, *CATEGORIES[monitor])]
    names = _CITED.get(monitor, ())
    if title == _N and names:
        return count(rows["n_samples"].max())
    if title not in titles:
        return ABSENT
    row = cited_as(rows, monitor, (OVERALL, *CATEGORIES[monitor])[titles.index(title)])
    if row is None:
        return ABSENT
    text = quoted(row).removesuffix("%")
    if title == titles[0]:
        return Cell(text, note=sources(rows).note)
    slip = "duplicated" in str(row["column"])
    return Cell(text, note=_SLIP) if slip else text


def cited_as(rows: pd.DataFrame, monitor: str, category: str) -> pd.Series | None:
    """The row of a card that is about a category, if there is one.

    Args:
        rows: Published rows of one model.
        monitor: A name of `CATEGORIES`.
        category: `overall`, or one of the monitor's.
    """
    if monitor not in _CITED:
        return None
    called = _CITED[monitor][(OVERALL, *CATEGORIES[monitor]).index(category)]
    found = rows[rows["column"].str.match(rf"{monitor.replace('_', ' ')}: (?:{called})")]
    return found.iloc[0] if len(found) else None


_SLIP = "The card prints a label of deception beside this figure; it is placed by its order"


def accounting(results: pd.DataFrame) -> Table | None:
    """What each monitor read, and what it left out, by design or not."""
    found = results[results["metric"].isin(["transcripts", *COUNTS])]
    if found.empty:
        return None
    found = found.assign(monitor=found["column"].str.partition(": ")[0])
    who, cells = [], []
    for condition, rows in conditions(found):
        for monitor, of_monitor in rows.groupby("monitor", sort=False):
            who.append({**who_is(condition), "Monitor": told(str(monitor))})
            cells.append(_accounted(of_monitor))
    return tabulated(
        "accounting_monitors",
        "What the numbers leave out: thinking monitors",
        "Counts of transcripts. Without a verdict: there was nothing to read, or the judge gave none; never counted as not flagged. In two stages the judge "
        "reads what the first stage flags, and an audit sample of what it passes; the rest is left unread by design, and the rates count it at the rate of the audit sample.",
        who,
        cells,
        always=("Snapshot", "Mode", "Source", "Monitor"),
    )


def _accounted(rows: pd.DataFrame) -> dict[str, str]:
    seen = rows[rows["metric"] == "transcripts"].set_index("visibility")
    read, unread, audited = (one_row(rows, name) for name in COUNTS)
    n_unscored = float(seen["n_unscored"].astype(float).sum())
    n_read = float(seen["n_samples"].max()) - n_unscored if read is None else read["value"]
    return {
        "Transcripts": count(seen["n_samples"].max()),
        "With a verdict": count(n_read),
        "Audited": ABSENT if audited is None else count(audited["value"]),
        "Left unread by design": ABSENT if unread is None else count(unread["value"]),
        "Without a verdict": count(n_unscored),
        **visibility_counts(seen),
    }
