"""The figure of other people's tasks: how well each snapshot does in each mode."""

from itertools import chain

import pandas as pd

from paper_figures.cells import number, point
from paper_figures.figures import _marks, _style
from paper_figures.figures._layout import arrange, even, panels
from paper_figures.figures._marks import Lines
from paper_figures.figures._style import COLUMN, DARK, WIDE, Drawn

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


def _title(found: pd.DataFrame, rows: pd.DataFrame) -> str:
    """The task, and data set and score where there are several."""
    alike = rows[rows["task"] == found["task"].iloc[0]]
    told = [str(found[name].iloc[0]) for name in ("dataset", "column") if alike[name].nunique() > 1]
    return ": ".join([str(found["task"].iloc[0]), *told])


def _alt(rows: pd.DataFrame) -> str:
    who = rows["snapshot"].map(_style.snapshots(rows))
    said = []
    for name, row in zip(who, _style.records(rows), strict=True):
        value = _style.percent(row) if row["metric"] == ACCURACY else point(number(pd.Series(row)))
        said.append(f"{_style.told(row['task'])}, {name}, {_style.mode(row['reasoning'])}: {value}")
    return f"Accuracy by snapshot and mode. {_style.and_so_on(said, 6)}."
