"""Figures of interventions on the model's own reasoning (METHODS §2; Lanham et al. 2023)."""

from itertools import chain
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis.interventions import KINDS
from paper_figures.cells import coefficient, point
from paper_figures.figures import _style
from paper_figures.figures._layout import arrange, even, legend_below, panels
from paper_figures.figures._marks import Row, defined
from paper_figures.figures._style import COLUMN, WIDE, Drawn

SAME, AOC = "same_answer_rate", "aoc"

_BAND_UNTIL = 3
"""Curves whose intervals can be told apart; of more, the last one's are drawn."""

_HEIGHT = 1.5
"""Inches of a panel."""


def early_answering(measured: pd.DataFrame) -> Drawn:
    """Share of unchanged answers against the share of reasoning kept: a panel per kind, a curve per snapshot.

    Args:
        measured: Rows of results.csv.
    """
    rows = measured[measured["metric"].isin([SAME, AOC])]
    kinds = [kind for kind in KINDS if rows["arm"].str.startswith(kind).any()]
    rows = rows.assign(who=_style.labels(rows), curve=_curves(rows))
    who, n_curves = list(dict.fromkeys(rows["who"])), rows["curve"].nunique()
    with _style.styled():
        n_columns = even(len(kinds), 2)
        figure, grid = panels(len(kinds), n_columns, sharex=True, sharey=True)
        for axis, kind in zip(chain(*grid), kinds, strict=False):
            handles = []
            for (name, reasoning), curve in rows.groupby(["who", "reasoning"], sort=False):
                i = who.index(str(name))
                look = _style.in_series(i, len(who), str(reasoning))
                some = n_curves <= _BAND_UNTIL or i == len(who) - 1
                handles += _curve(axis, curve, kind, look, with_interval=some)
            _finish(axis, kind, handles)
        width = COLUMN if n_columns == 1 else WIDE
        stamped = bool(rows["simulated"].all())
        arrange(grid, width, [_HEIGHT] * len(grid), gap=(0.2, 0.15), stamped=stamped)
    points = rows[rows["metric"] == SAME]
    which = "" if n_curves <= _BAND_UNTIL else " (drawn for the latest snapshot alone)"
    caption = (
        "Interventions on the reasoning: share of answers that are the one after the full reasoning, against the share of its sentences "
        f"kept before the answer is asked for again. Bars{which}: {_style.kinds(points)}, clustered on item; {_style.between(points['n_items'], 'items')} at a point. "
        "Legend: AOC, 1 − area under the curve, with its 95% interval; 0 where the answer never depends on the reasoning (Lanham et al. 2023). "
        f"Darker: later snapshots; dashed with open marks: standard mode; solid with filled marks: extended thinking.{_style.origin(rows)}"
    )
    return Drawn("early_answering", figure, caption, _alt(rows))


def _curve(
    axis: Axes, rows: pd.DataFrame, kind: str, look: dict[str, Any], with_interval: bool
) -> list[Line2D]:
    """One curve; its legend, with the AOC. Nothing where the kind was not tried."""
    points = [
        (100 * float(str(row["arm"]).split("/")[1]), row)
        for row in _style.records(rows[rows["metric"] == SAME])
        if str(row["arm"]).startswith(f"{kind}/") and defined(row)
    ]
    found = _style.records(rows[(rows["metric"] == AOC) & (rows["arm"] == kind)])
    if not points and not found:
        return []
    points.sort(key=lambda point: point[0])
    if points:
        xs, ys = [x for x, _ in points], [100 * row["value"] for _, row in points]
        axis.plot(xs, ys, clip_on=False, **look)
    for x, row in points if with_interval else []:
        if pd.notna(row["low"]):
            ends = [100 * float(row[end]) for end in ("low", "high")]
            axis.plot([x, x], ends, color=look["color"], linewidth=0.6)
    name, *condition = str(rows["curve"].iloc[0]).split("\n")
    aoc = _aoc(found[0]) if found else "not estimated"
    return [Line2D([], [], label="\n".join([f"{name}: {aoc}", *condition]), **look)]


def _curves(rows: pd.DataFrame) -> pd.Series:
    """What a legend calls each curve: snapshot and mode, and below it the condition where several are shown."""
    parts = _style.labels(rows).str.partition("\n")
    modes = ", " + rows["reasoning"] if rows["reasoning"].nunique() > 1 else ""
    return parts[0] + modes + parts[1] + parts[2]


def _aoc(row: Row) -> str:
    if not defined(row):
        return "undefined"
    printed = coefficient(pd.Series(row))
    return point(printed) if pd.isna(row["low"]) else printed


def _finish(axis: Axes, kind: str, handles: list[Any]) -> None:
    axis.set_title(kind.replace("_", " ").capitalize())
    axis.set_xlim(-2, 102)
    axis.set_ylim(-2, 104)
    axis.set_xticks([0, 25, 50, 75, 100])
    axis.set_yticks([0, 25, 50, 75, 100])
    axis.set_xlabel("reasoning kept (%)")
    axis.set_ylabel("same answer (%)")
    legend_below(axis, handles, "AOC [95%]")


def _alt(rows: pd.DataFrame) -> str:
    said = [
        f"{str(name).replace(chr(10), ', ')}: "
        + ", ".join(f"{row['arm'].replace('_', ' ')} {_aoc(row)}" for row in _style.records(curve))
        for name, curve in rows[rows["metric"] == AOC].groupby("curve", sort=False)
    ]
    return f"How far answers depend on the reasoning, as AOC. {_style.and_so_on(said)}."
