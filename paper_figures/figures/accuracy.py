"""The figures of other people's tasks: how well each snapshot does in each mode, and in how many turns."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis.accuracy import WITHIN, numbered
from analysis.snapshots import short_names
from paper_figures.cells import number, point
from paper_figures.figures import _marks, _style
from paper_figures.figures._layout import arrange, even, panels
from paper_figures.figures._marks import Lines
from paper_figures.figures._style import COLUMN, DARK, WIDE, Drawn
from paper_figures.tables.accuracy import TURN

ACCURACY, MEAN = "accuracy", "mean_score"

_ACROSS, _MANY, _ACROSS_OF_MANY = 3, 9, 5
"""Panels beside one another; and of more than so many, so many."""

_LETTERS = 96
"""Of titles, before they are fitted to their panels."""


def accuracy(measured: pd.DataFrame) -> Drawn:
    """Accuracy or mean score with its interval: a panel per task and score, a line per snapshot, a lane per mode.

    Args:
        measured: Rows of results.csv.
    """
    rows = measured[measured["metric"].isin([ACCURACY, MEAN])]
    rows = rows.assign(line=_style.labels(rows.assign(task="", dataset="")))
    shown = list(rows.groupby(["task", "dataset", "column", "metric"], sort=False))
    lines, modes = list(dict.fromkeys(rows["line"])), list(dict.fromkeys(rows["reasoning"]))
    across = even(len(shown), _ACROSS if len(shown) <= _MANY else _ACROSS_OF_MANY)
    titles = _style.apart([_title(found, rows) for _, found in shown], _LETTERS)
    with _style.styled():
        figure, grid = panels(len(shown), across, sharey=True)
        place = Lines(lines, [len(modes)] * len(lines), len(lines))
        for axis, title, (_, found) in zip(chain(*grid), titles, shown, strict=False):
            share = found["metric"].iloc[0] == ACCURACY
            for row in _style.records(found):
                lane = modes.index(row["reasoning"])
                y = place.lane(lines.index(row["line"]), lane, len(modes))
                _marks.across(axis, y, row, scale=100 if share else 1)
            axis.set_title(title)
            axis.set_xlabel("accuracy (%)" if share else "mean score")
            if share:
                axis.set_xlim(0, 100)
            place.name(axis, labelled=any(axis is row[0] for row in grid))
        handles = [
            _style.key(_style.mode(name), DARK, "o", DARK if name == "extended" else "white")
            for name in modes
        ]
        width = COLUMN if len(shown) == 1 else WIDE
        heights = [place.inches] * len(grid)
        stamped = bool(rows["simulated"].all())
        arrange(grid, width, heights, gap=(0.18, 0.12), legend=handles, stamped=stamped)
    caption = (
        "Accuracy, or mean score where a score is no share, by snapshot and mode. "
        f"Bars: {_style.kinds(rows)}; {_style.between(rows['n_items'], 'items')}. A mark without a bar has no interval.{_style.origin(rows)}"
    )
    return Drawn("accuracy", figure, caption, _alt(rows))


# ------------------------------------------------------------------------------------ turns


_HEIGHT = 1.5
"""Inches of a panel."""

_BANDS = 3
"""Curves whose intervals can be told apart; of more, those of the last snapshot are drawn."""

_BAND = 0.16
"""Opacity of an interval."""


def action_scaling(measured: pd.DataFrame) -> Drawn:
    """Accuracy within so many turns, against turns: a panel per task and score, a curve per snapshot and mode.

    Args:
        measured: Rows of results.csv.
    """
    rows = measured[measured["metric"] == WITHIN]
    parts = [numbered(column) for column in rows["column"]]
    rows = rows.assign(column=[name for name, _ in parts], t=[t for _, t in parts])
    rows = rows.assign(line=_style.labels(rows.assign(task="", dataset="")))
    shown = list(rows.groupby(["task", "dataset", "column"], sort=False))
    curves = list(dict.fromkeys(zip(rows["line"], rows["reasoning"], strict=True)))
    lines = list(dict.fromkeys(rows["line"]))
    banded = curves if len(curves) <= _BANDS else [c for c in curves if c[0] == lines[-1]]
    across = even(len(shown), _ACROSS if len(shown) <= _MANY else _ACROSS_OF_MANY)
    titles = _style.apart([_title(found, rows) for _, found in shown], _LETTERS)
    with _style.styled():
        figure, grid = panels(len(shown), across, sharey=True)
        for axis, title, (_, found) in zip(chain(*grid), titles, shown, strict=False):
            for curve in curves:
                of = (found["line"] == curve[0]) & (found["reasoning"] == curve[1])
                look = _look(lines.index(curve[0]), curve[1])
                _curve(axis, found[of].sort_values("t"), look, with_band=curve in banded)
            axis.set_title(title)
            _turns(axis, found["t"].max(), first=any(axis is row[0] for row in grid))
        handles = [
            Line2D([], [], label=_named(*curve, curves), **_look(lines.index(curve[0]), curve[1]))
            for curve in curves
        ]
        width = COLUMN if len(shown) == 1 else WIDE
        heights = [_HEIGHT] * len(grid)
        stamped = bool(rows["simulated"].all())
        arrange(grid, width, heights, gap=(0.18, 0.12), legend=handles, stamped=stamped)
    whose = "" if len(banded) == len(curves) else " of the last snapshot"
    caption = (
        "Action scaling: accuracy of the samples that took so many turns at most, the others counted as 0, against turns (log scale). With enough turns a curve ends at the accuracy. "
        f"{TURN} Shaded{whose}: pointwise {_style.kinds(rows)}; {_style.between(rows['n_items'], 'items')}. A curve says when the solved samples were solved; not "
        f"what a limit of so many turns would have given, for a model may work otherwise under a limit.{_style.origin(rows)}"
    )
    return Drawn("action_scaling", figure, caption, _alt_turns(rows))


def _curve(axis: Axes, rows: pd.DataFrame, look: dict[str, Any], with_band: bool) -> None:
    """Steps would say more than is known between two numbers of turns: lines are for the eye."""
    rows = rows[rows["value"].notna()]
    share = 100 * rows[["value", "low", "high"]].astype(float)
    axis.plot(rows["t"], share["value"], clip_on=False, zorder=3, **look)
    if with_band:
        axis.fill_between(
            rows["t"], share["low"], share["high"], color=look["color"], alpha=_BAND, linewidth=0
        )


def _look(i: int, reasoning: str) -> dict[str, Any]:
    look, extended = _style.look(i), reasoning == "extended"
    return {
        "color": look.colour,
        "marker": look.marker,
        "linestyle": "-" if extended else "--",
        "markerfacecolor": look.colour if extended else "white",
    }


def _named(line: str, reasoning: str, among: Sequence[tuple[str, str]]) -> str:
    """What the legend calls a curve; the mode where there are several."""
    several = len({mode for _, mode in among}) > 1
    return line.replace("\n", ", ") + (f", {_style.mode(reasoning)}" if several else "")


def _turns(axis: Axes, most: int, first: bool) -> None:
    ticks = [2**i for i in range(int(most).bit_length())]
    axis.set_xscale("log", base=2)
    axis.set_xlim(1 / 1.08, most * 1.08)
    shown = ticks[:: -(-len(ticks) // _TICKS)]
    axis.set_xticks(shown, [str(tick) for tick in shown])
    axis.set_xticks([], minor=True)
    axis.set_ylim(0, 100)
    axis.set_xlabel("turns")
    if first:
        axis.set_ylabel("accuracy within (%)")


_TICKS = 6
"""Numbers of turns that fit below a panel."""


def _alt_turns(rows: pd.DataFrame) -> str:
    who, said = rows["snapshot"].map(_style.snapshots(rows)), []
    named = rows.assign(who=who).groupby(["task", "column", "who", "reasoning"], sort=False)
    for (task, _, name, mode), curve in named:
        points = [f"{_style.percent(row)} in {row['t']}" for row in _style.records(curve)]
        said.append(
            f"{_style.told(str(task))}, {name}, {_style.mode(str(mode))}: {', '.join(points)}"
        )
    return f"Accuracy within so many turns. {_style.and_so_on(said)}."


# ------------------------------------------------------------------------------------ words


def _title(found: pd.DataFrame, rows: pd.DataFrame) -> str:
    """The task, without its package where that leaves tasks apart; data set and score where there are several."""
    task = str(found["task"].iloc[0])
    alike = rows[rows["task"] == task]
    told = [str(found["dataset"].iloc[0])] if alike["dataset"].nunique() > 1 else []
    columns = alike["column"].unique()
    if len(columns) > 1:
        told.append(_apart_from_scorer(str(found["column"].iloc[0]), columns))
    return ": ".join([short_names(rows["task"])[task], *told])


def _apart_from_scorer(column: str, among: Iterable[str]) -> str:
    """The key of a scorer's value alone where all are of one scorer."""
    scorers = {name.partition(".")[0] for name in among}
    return column.partition(".")[2] if len(scorers) == 1 and "." in column else column


def _alt(rows: pd.DataFrame) -> str:
    who = rows["snapshot"].map(_style.snapshots(rows))
    said = []
    for name, row in zip(who, _style.records(rows), strict=True):
        value = _style.percent(row) if row["metric"] == ACCURACY else point(number(pd.Series(row)))
        said.append(f"{_style.told(row['task'])}, {name}, {_style.mode(row['reasoning'])}: {value}")
    return f"Accuracy by snapshot and mode. {_style.and_so_on(said, 6)}."
