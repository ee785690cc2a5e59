"""The figure of what the thinking shows: how often each monitor flags it, by category and snapshot."""

from collections.abc import Iterator, Mapping
from itertools import chain

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analysis.monitors import CATEGORIES, OVERALL
from paper_figures.figures import _style
from paper_figures.figures._layout import arrange, legend_below, panels
from paper_figures.figures._marks import Lines, Row, defined, quoted, unsaid
from paper_figures.figures._style import COLUMN, DARK, WIDE, Drawn, Look
from paper_figures.tables.monitors import RATE, cited_as, told

_LEAST, _MOST = 0.005, 100.0
"""Ends of the logarithmic scale, in percent: the cards' smallest rate is 0.01."""

_TICKS = (0.01, 0.1, 1, 10, 100)

_ACROSS = 3
"""Panels beside one another, where there are more than that."""

_BELOW = 0.15
"""Inches between rows of panels, for the legends below them."""


def every(rows: pd.DataFrame, published: pd.DataFrame) -> Iterator[Drawn]:
    """Each figure that the rows give.

    Args:
        rows: Measured rows of this subject.
        published: Published rows of this subject.
    """
    shown = rows[(rows["metric"] == RATE) & (rows["visibility"] == "raw")]
    if len(shown):
        yield concerning_reasoning(shown, published[published["metric"] == RATE])


def concerning_reasoning(rows: pd.DataFrame, published: pd.DataFrame) -> Drawn:
    """A panel per monitor, a line per snapshot, a lane per category, on a logarithmic scale.

    Args:
        rows: Of flagged rates over raw thinking.
        published: Such rates of the cards.
    """
    parts = rows["column"].str.partition(": ")
    rows = rows.assign(monitor=parts[0], category=parts[2], line=_lines(rows))
    monitors = [name for name in CATEGORIES if (rows["monitor"] == name).any()]
    lines = list(dict.fromkeys(rows["line"]))
    cited = list(dict.fromkeys(published["row"]))
    n_lanes = 1 + max(len(CATEGORIES[name]) for name in monitors)
    with _style.styled():
        across = len(monitors) if len(monitors) <= _ACROSS else _ACROSS
        figure, grid = panels(len(monitors), across, sharex=True)
        places = []
        for i in range(
            0, len(monitors), across
        ):  # a row that the cards have nothing of has no lines for them
            beside = monitors[i : i + across]
            found = [name for name in cited if any(_of(published, name, one) for one in beside)]
            labels = [*lines, *(f"{_style.told(name)} (published)" for name in found)]
            n_each = [n_lanes] * len(lines) + [2] * len(found)
            places.append((Lines(labels, n_each, len(lines)), found))
        for i_panel, (axis, monitor) in enumerate(zip(chain(*grid), monitors, strict=False)):
            place, found = places[i_panel // across]
            categories = (OVERALL, *CATEGORIES[monitor])
            of_monitor = rows[rows["monitor"] == monitor]
            for row in _style.records(of_monitor):
                lane = categories.index(row["category"])
                y = place.lane(lines.index(row["line"]), lane, len(categories))
                _mark(axis, y, row, _look(lane))
            for i, name in enumerate(found, start=len(lines)):
                _cited(axis, place, i, _of(published, name, monitor))
            axis.set_title(told(monitor))
            _finish(axis, place, labelled=any(axis is row[0] for row in grid))
            legend_below(axis, [_key(lane, name) for lane, name in enumerate(categories)], "")
        width = COLUMN if len(monitors) == 1 else WIDE
        stamped = bool(rows["simulated"].all())
        arrange(
            grid, width, [place.inches for place, _ in places], gap=(0.14, _BELOW), stamped=stamped
        )
    caption = (
        "Share of transcripts whose thinking a monitor flags, in percent on a logarithmic scale, by category. "
        f"Bars: {_style.kinds(rows)}; {_style.between(rows['n_samples'], 'transcripts')}. Arrow: none flagged, drawn from the upper limit. Sub-categories overlap; "
        f"overall counts a transcript once. Raw thinking alone.{_published(published)}{_style.origin(rows)}"
    )
    return Drawn("concerning_reasoning", figure, caption, _alt(rows))


def _lines(rows: pd.DataFrame) -> pd.Series:
    """Snapshots, with the mode where there are several and the condition where they differ in it."""
    labels = _style.labels(rows)
    if rows["reasoning"].nunique() == 1:
        return labels
    parts = labels.str.partition("\n")
    return parts[0] + ", " + rows["reasoning"] + parts[1] + parts[2]


def _look(lane: int) -> Look:
    """The overall row is dark; sub-categories have the looks of series."""
    return Look(DARK, "", "o", "-") if lane == 0 else _style.look(lane)


def _key(lane: int, category: str) -> Line2D:
    look = _look(lane)
    return _style.key(told(category), look.colour, look.marker, line="-")


def _mark(axis: Axes, y: float, row: Row, look: Look) -> None:
    """A rate with its interval; nothing seen is an arrow down from the upper limit."""
    if not defined(row):
        unsaid(axis, y)
        return
    value, low, high = (100 * float(row[name]) for name in ("value", "low", "high"))
    if value == 0:
        axis.annotate(
            "", (max(high / 4, _LEAST), y), (high, y), annotation_clip=False,
            arrowprops={"arrowstyle": "-|>,head_width=0.12,head_length=0.22", "color": look.colour,
                        "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip
        axis.plot([high, high], [y, y], "|", color=look.colour, markersize=3.5)
        return
    if pd.notna(row["low"]):
        axis.plot([max(low, _LEAST), high], [y, y], color=look.colour, solid_capstyle="butt")
    axis.plot(value, y, look.marker, color=look.colour, markersize=3, zorder=3, clip_on=False)


def _published(published: pd.DataFrame) -> str:
    """What the caption says of the cards' figures; empty where none is drawn."""
    said = "Below the dotted line, published figures: open diamonds overall, and sub-categories by their marks"
    return _style.sources(published).replace("Diamonds: published figures", said)


def _of(published: pd.DataFrame, name: str, monitor: str) -> dict[int, Row]:
    """A card's figures about one monitor, by the lane of their category: the overall one is 0."""
    rows = published[published["row"] == name]
    about = (cited_as(rows, monitor, category) for category in (OVERALL, *CATEGORIES[monitor]))
    return {
        lane: {str(key): value for key, value in found.items()}
        for lane, found in enumerate(about)
        if found is not None
    }


def _cited(axis: Axes, place: Lines, line: int, rows: Mapping[int, Row]) -> None:
    """A card's figures, the overall one above; no scale of logarithms has those of 0, and an overall 0 is said."""
    if not rows:
        unsaid(axis, place.lane(line), "no figure")
    for lane, row in rows.items():
        y, look = place.lane(line, min(lane, 1), 2), _look(lane)
        if row["value"] == 0 and lane:
            continue
        if row["value"] == 0:
            unsaid(axis, y, quoted(row))
            continue
        axis.plot(
            100 * row["value"], y, look.marker if lane else "D", color=look.colour, markersize=3, zorder=3,
            markerfacecolor=look.colour if lane else "white", clip_on=False,
        )  # fmt: skip


def _finish(axis: Axes, place: Lines, labelled: bool) -> None:
    axis.set_xscale("log")
    axis.set_xlim(_LEAST, _MOST)
    axis.xaxis.set_major_locator(FixedLocator(_TICKS))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axis.tick_params(axis="x", labelbottom=True)
    axis.set_xlabel("flagged (%)")
    place.name(axis, labelled=labelled)


def _alt(rows: pd.DataFrame) -> str:
    overall = rows[rows["category"] == OVERALL]
    said = [
        f"{told(str(monitor))}: "
        + _style.and_so_on(
            f"{row['line']} {_style.percent(row)}".replace("\n", ", ") for row in _style.records(of)
        )
        for monitor, of in overall.groupby("monitor", sort=False)
    ]
    return f"Share of transcripts flagged by each monitor. {'. '.join(said)}."
