"""Figures of thinking budgets and samples, and of rates by the length of the thinking."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analysis.scaling import (
    BEST,
    BY_LENGTH,
    FIT,
    LENGTH,
    MAJORITY,
    OF_SAMPLES,
    PASS,
    PER_DOUBLING,
    SLOPE,
    USED,
)
from paper_figures.cells import interval
from paper_figures.figures import _style
from paper_figures.figures._layout import arrange, even, legend_below, panels
from paper_figures.figures._marks import Row, defined
from paper_figures.figures._style import COLUMN, WIDE, Drawn
from paper_figures.tables.scaling import RATES, about_of, at_largest, rate_of

_BAND_UNTIL = 3
"""Lines whose bands can be told apart; of more, the last one's is drawn."""

_HEIGHT = 1.7
"""Inches of a panel."""

_MOST_PANELS = 6
"""Snapshots whose samples are drawn; of more, the last ones."""

_ASIDE = 0.05
"""Doublings by which the marks at one number of samples stand aside, so that their bars can be told apart."""

_SAMPLED = {
    PASS: ("pass@k", "#004488", "o"),
    BEST: ("best-of-k, by a scoring model", "#bb5566", "^"),
    MAJORITY: ("majority@k", "#b58900", "s"),
}
"""Name, colour and mark of what k samples give."""


def every(rows: pd.DataFrame, published: pd.DataFrame) -> Iterator[Drawn]:
    """Each figure that the rows give.

    Args:
        rows: Measured rows of this subject.
        published: Published rows of this subject.
    """
    if rows["metric"].eq(USED).any():
        yield thinking_budget(rows)
        yield samples_at_k(rows)
    if rows["metric"].eq(LENGTH).any():
        yield thinking_length(rows)


# ----------------------------------------------------------------------------------- budgets


def thinking_budget(measured: pd.DataFrame) -> Drawn:
    """Accuracy against thinking tokens used, on a log scale: a panel per data set, a line per snapshot, with its fit.

    Args:
        measured: Rows of results.csv.
    """
    rows = measured[measured["metric"].isin(["accuracy", USED, PER_DOUBLING, FIT])]
    shown = list(rows.groupby(["task", "dataset"], sort=False))
    who = list(dict.fromkeys(_who(rows)))
    n_columns = even(len(shown), 2)
    with _style.styled():
        figure, grid = panels(len(shown), n_columns, sharey=True)
        for axis, (_, found) in zip(chain(*grid), shown, strict=False):
            handles = []
            for name, of in found.groupby(_who(rows)[found.index], sort=False):
                i = who.index(str(name))
                with_band = len(who) <= _BAND_UNTIL or i == len(who) - 1
                look = _style.in_series(i, len(who), "extended")
                handles.append(_budget_line(axis, of, str(name), look, with_band=with_band))
            axis.set_xlabel("thinking tokens used (mean per problem)")
            axis.set_ylabel("accuracy (%)")
            axis.set_title(str(found["dataset"].iloc[0]) if len(shown) > 1 else "")
            _log_axis(axis)
            _percent_axis(axis)
            legend_below(
                axis,
                handles,
                "points per doubling of tokens [95%]",
            )
        _arranged(grid, n_columns, rows)
    points = rows[rows["metric"] == "accuracy"]
    which = "" if len(who) <= _BAND_UNTIL else " (band and bars for the latest snapshot alone)"
    caption = (
        "Accuracy against the thinking tokens used, under budgets that were set: marks are the mean tokens and the accuracy under each budget, "
        f"which is an upper limit that is not always reached. Bars{which}: {_style.kinds(points)}; {_style.between(points['n_items'], 'items')}. Lines: accuracy on log2 of the tokens used, "
        f"least squares through the budgets of the same items, with its 95% band, clustered on item. Darker: later snapshots.{_style.origin(rows)}"
    )
    return Drawn("thinking_budget", figure, caption, _alt_budget(rows))


def _who(rows: pd.DataFrame) -> pd.Series:
    """What a legend calls each line: its snapshot, and the condition where several are shown."""
    alike = rows.assign(task="", dataset="")
    return _style.labels(alike).str.replace("\n", ", ")


def _budget_line(
    axis: Axes, of: pd.DataFrame, name: str, look: dict[str, Any], *, with_band: bool
) -> Line2D:
    """Marks, fit and band of one snapshot; its legend, with the slope."""
    used = {row["arm"]: row["value"] for row in _style.records(of[of["metric"] == USED])}
    x = {arm: float(tokens) for arm, tokens in used.items() if tokens > 0}  # no logarithm of none
    points = [
        (x[row["arm"]], row) for row in _of(of, "accuracy") if row["arm"] in x and defined(row)
    ]
    fitted = sorted((x[row["arm"]], row) for row in _of(of, FIT) if row["arm"] in x) if x else []
    colour = look["color"]
    axis.plot(
        [at for at, _ in points],
        [100 * row["value"] for _, row in points],
        **{**look, "linestyle": "", "clip_on": False},
    )
    for at, row in points if with_band else []:
        if pd.notna(row["low"]):
            ends = [100 * float(row[end]) for end in ("low", "high")]
            axis.plot([at, at], ends, color=colour, linewidth=0.6)
    ats = [at for at, _ in fitted]
    axis.plot(ats, [100 * row["value"] for _, row in fitted], color=colour, marker="")
    if with_band and fitted and all(pd.notna(row["low"]) for _, row in fitted):
        low, high = ([100 * row[end] for _, row in fitted] for end in ("low", "high"))
        axis.fill_between(ats, low, high, color=colour, alpha=0.15, linewidth=0)
    slope = next(iter(_of(of, PER_DOUBLING)), None)
    told = _slope(slope) if slope is not None and defined(slope) else "not estimated"
    return Line2D([], [], label=f"{name}: {told}", **look)


def _slope(row: Row) -> str:
    """A slope with its limits, below zero with a sign that can be seen."""
    return interval(pd.Series(row), signed=True).replace("-", "−")


def _of(rows: pd.DataFrame, metric: str) -> list[Row]:
    return list(_style.records(rows[rows["metric"] == metric]))


def _alt_budget(rows: pd.DataFrame) -> str:
    said = []
    for name, of in rows.groupby(_who(rows), sort=False):
        found = [_style.percent(row) for row in _of(of, "accuracy") if defined(row)]
        ends = f"from {found[0]} to {found[-1]}" if found else "not measured"
        said.append(f"{name}: {ends} from the smallest to the largest budget")
    return f"Accuracy against thinking tokens. {_style.and_so_on(said)}."


# ----------------------------------------------------------------------------------- samples


def samples_at_k(measured: pd.DataFrame) -> Drawn:
    """Accuracy against the number of samples, at the largest budget: a panel per snapshot and data set.

    Args:
        measured: Rows of results.csv.
    """
    rows = measured[measured["metric"].isin(OF_SAMPLES)]
    titles = _style.labels(rows).str.replace("\n", ", ")
    shown = [(str(name), at_largest(of)) for name, of in rows.groupby(titles, sort=False)]
    shown = shown[-_MOST_PANELS:]
    n_columns = even(len(shown), 3) if len(shown) > 2 else len(shown)
    with _style.styled():
        figure, grid = panels(len(shown), n_columns, sharex=True, sharey=True)
        for axis, (name, of) in zip(chain(*grid), shown, strict=False):
            ks = sorted({_k(row) for row in _style.records(of)})
            for aside, (metric, (_, colour, marker)) in zip(
                (-1, 0, 1), _SAMPLED.items(), strict=True
            ):
                _sample_line(axis, _of(of, metric), colour, marker, 2 ** (_ASIDE * aside))
            axis.set_title(name)
            axis.set_xscale("log", base=2)
            axis.xaxis.set_major_locator(FixedLocator(ks))
            axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.0f}"))
            axis.xaxis.set_minor_locator(NullLocator())
            axis.set_xlabel("samples k")
            axis.set_ylabel("right (%)")
            _percent_axis(axis)
        handles = [
            _style.key(name, colour, marker)
            for metric, (name, colour, marker) in _SAMPLED.items()
            if rows["metric"].eq(metric).any()
        ]
        width = COLUMN if n_columns < 3 else WIDE
        heights, stamped = [_HEIGHT] * len(grid), bool(rows["simulated"].all())
        arrange(grid, width, heights, gap=(0.12, 0.15), legend=handles, stamped=stamped)
    left = titles.nunique() - len(shown)
    drawn = pd.concat([of for _, of in shown])
    caption = (
        "What k samples give, at the largest budget of each snapshot: at least one is right (pass@k), the most frequent answer is right (majority@k), the one that a scoring model puts first "
        f"is right (best-of-k). Exact expectations over all draws of k from the samples of an item, no single draw; an item with fewer than k scored samples is left out of k, so that pass@k can fall. Bars: {_style.kinds(drawn)}; {_style.between(drawn['n_items'], 'items')}."
        f"{f' {left} more stand in the table.' if left else ''}{_style.origin(rows)}"
    )
    return Drawn("samples_at_k", figure, caption, _alt_samples(shown))


def _k(row: Row) -> int:
    return int(str(row["column"]).removeprefix("k="))


def _sample_line(axis: Axes, rows: list[Row], colour: str, marker: str, aside: float) -> None:
    points = [(aside * _k(row), row) for row in rows if defined(row)]
    axis.plot(
        [k for k, _ in points],
        [100 * row["value"] for _, row in points],
        color=colour,
        marker=marker,
    )
    for k, row in points:
        if pd.notna(row["low"]):
            ends = [100 * float(row[end]) for end in ("low", "high")]
            axis.plot([k, k], ends, color=colour, linewidth=0.6)


def _alt_samples(shown: list[tuple[str, pd.DataFrame]]) -> str:
    said = []
    for name, of in shown:
        last = [(label, _of(of, metric)) for metric, (label, _, _) in _SAMPLED.items()]
        told = [
            f"{label} {_style.percent(rows[-1])}"
            for label, rows in last
            if rows and defined(rows[-1])
        ]
        said.append(f"{name}: {', '.join(told)} at the most samples")
    return f"Accuracy against the number of samples. {_style.and_so_on(said)}."


# ------------------------------------------------------------------------------------ length


def thinking_length(measured: pd.DataFrame) -> Drawn:
    """Rates about thinking against its median length: a panel per rate, a line per snapshot and mode.

    Args:
        measured: Rows of results.csv.
    """
    rows = measured[
        measured["metric"].str.endswith((BY_LENGTH, SLOPE)) | measured["metric"].eq(LENGTH)
    ]
    rate = rows["metric"].where(rows["metric"] != LENGTH, rows["column"].str.partition(": ")[0])
    within = rows["column"].where(rows["metric"] != LENGTH, rows["column"].str.partition(": ")[2])
    rows = rows.assign(rate=rate.map(rate_of), within=within)
    rows = rows.assign(
        about=rows["within"].map(about_of), unit=rows["within"].str.rpartition(" ")[2]
    )
    alike = [of for _, of in rows.groupby(["rate", "about", "unit"], sort=False)]
    rows = pd.concat([of.assign(condition=_style.conditions(of)) for of in alike])
    shown = list(rows.groupby(["rate", "about", "unit", "condition"], sort=False))
    who = list(_style.snapshots(rows).values())
    n_columns, handles = even(len(shown), 3), dict[str, Line2D]()
    with _style.styled():
        figure, grid = panels(len(shown), n_columns)
        for axis, ((metric, about, unit, condition), of) in zip(chain(*grid), shown, strict=False):
            for (name, reasoning), line in of.groupby(["snapshot", "reasoning"], sort=False):
                snapshot = _style.snapshots(rows)[str(name)]
                look = _style.in_series(who.index(snapshot), len(who), str(reasoning))
                several = rows["reasoning"].nunique() > 1
                told = f"{snapshot}, {reasoning}" if several else snapshot
                handles[told] = Line2D([], [], label=told, **look)
                _length_line(axis, line, look)
            axis.set_title(_title_of_length(str(about), str(metric), str(condition)))
            axis.set_xlabel(f"thinking ({unit}, median)")
            axis.set_ylabel("rate (%)")
            _log_axis(axis)
            axis.set_ylim(bottom=0)
        _arranged(grid, n_columns, rows, list(handles.values()))
    points = rows[rows["metric"].str.endswith(BY_LENGTH)]
    caption = (
        "Rates about thinking by its length: transcripts with a verdict in bins of equal size, each at its median length. "
        f"Bars: {_style.kinds(points)}; {_style.between(points['n_samples'], 'transcripts')} in a bin. Nobody set these lengths: what makes thinking long may also make a rate high or low, so that this "
        f"describes, and shows no effect of length. The table has the slopes. Dashed with open marks: standard mode; darker: later snapshots.{_style.origin(rows)}"
    )
    return Drawn("thinking_length", figure, caption, _alt_length(points))


def _title_of_length(about: str, metric: str, condition: str) -> str:
    """As `Distress: flagged`; of several conditions, under which."""
    monitor = about.removesuffix(": overall").replace("_", " ")
    rate = RATES[metric].partition(",")[0]  # the table says of what
    said = ": ".join(filter(None, (monitor, rate)))
    return ", ".join(filter(None, (said[:1].upper() + said[1:], condition)))


def _length_line(axis: Axes, of: pd.DataFrame, look: dict[str, Any]) -> None:
    """Marks of one snapshot."""
    median = {row["within"]: float(row["value"]) for row in _of(of, LENGTH)}
    binned = _style.records(of[of["metric"].str.endswith(BY_LENGTH)])
    points = [(median[row["within"]], row) for row in binned if defined(row)]
    axis.plot(
        [at for at, _ in points], [100 * row["value"] for _, row in points], clip_on=False, **look
    )
    for at, row in points:
        if pd.notna(row["low"]):
            ends = [100 * float(row[end]) for end in ("low", "high")]
            axis.plot([at, at], ends, color=look["color"], linewidth=0.6)


def _alt_length(points: pd.DataFrame) -> str:
    said, printed = [], _style.snapshots(points)
    for (name, metric), of in points.groupby(["snapshot", "rate"], sort=False):
        found = [_style.percent(row) for row in _style.records(of) if defined(row)]
        if found:
            said.append(f"{printed[str(name)]}, {RATES[str(metric)]}: {found[0]} to {found[-1]}")
    return f"Rates from the shortest to the longest thinking. {_style.and_so_on(said)}."


# ------------------------------------------------------------------------------------- axes


_STEPS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
"""Round numbers on a scale that spans less than three powers of two, times powers of ten."""

_MOST_TICKS = 6


def _log_axis(axis: Axes) -> None:
    """A log scale with powers of two, as budgets are given, or with round numbers where there are too few of them."""
    axis.set_xscale("log", base=2)
    low, high = axis.get_xlim()
    powers = [float(2**i) for i in range(30)]
    rounds = [step * 10.0**e for e in range(8) for step in _STEPS]
    ticks = [tick for tick in powers if low <= tick <= high]
    if len(ticks) < 3:
        ticks = [tick for tick in rounds if low <= tick <= high]
    axis.xaxis.set_major_locator(FixedLocator(ticks[:: -(-len(ticks) // _MOST_TICKS) or 1]))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    axis.xaxis.set_minor_locator(NullLocator())


def _percent_axis(axis: Axes) -> None:
    axis.set_ylim(0, 100)
    axis.set_yticks([0, 25, 50, 75, 100])


def _arranged(
    grid: list[list[Axes]], n_columns: int, rows: pd.DataFrame, legend: Sequence[Line2D] = ()
) -> None:
    width = COLUMN if n_columns == 1 else WIDE
    heights, stamped = [_HEIGHT] * len(grid), bool(rows["simulated"].all())
    arrange(grid, width, heights, gap=(0.2, 0.15), legend=legend, stamped=stamped)
