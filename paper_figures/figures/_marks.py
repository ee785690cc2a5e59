"""Marks with their intervals, and rows of them: a line for each snapshot, a lane in it for each mode."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from paper_figures.cells import UNDEFINED
from paper_figures.figures._style import DARK, GREY, SMALL

Row = Mapping[str, Any]
"""A row of results.csv."""

_SPREAD = 0.86
"""Share of a line's height that its lanes take up."""

_LANE, _LINE, _TWO_LINED, _SHORTEST = 0.115, 0.16, 0.25, 0.3
"""Inches: of a lane, of a line, of a line with a two-line label, and of all lines together at least."""


@dataclass(frozen=True)
class Lines:
    """Lines below one another, each as high as its lanes need.

    Attributes:
        labels: One for each line.
        n_lanes: Lanes that each line has room for.
        n_measured: Lines before the published ones begin.
    """

    labels: Sequence[str]
    n_lanes: Sequence[float]
    n_measured: int

    @property
    def heights(self) -> list[float]:
        """Inches that each line would have with all the room it needs."""
        return [
            max(_LANE * n / _SPREAD, _TWO_LINED if "\n" in label else _LINE)
            for label, n in zip(self.labels, self.n_lanes, strict=True)
        ]

    @property
    def inches(self) -> float:
        return max(sum(self.heights), _SHORTEST)

    def lane(self, line: int, i: float = 0, n: int = 1) -> float:
        """Where the i-th of n lanes of a line lies."""
        heights = self.heights
        top, share = sum(heights[:line]), (i + 0.5) / n
        return top + heights[line] * (0.5 + _SPREAD * (share - 0.5))

    def lane_height(self, line: int, n: int) -> float:
        return self.heights[line] * _SPREAD / n

    def name(self, axis: Axes, labelled: bool = True) -> None:
        """Label the lines, first one on top, published ones below a dotted line."""
        axis.set_yticks([self.lane(i) for i in range(len(self.labels))], self.labels)
        axis.set_ylim(sum(self.heights), 0)
        axis.tick_params(axis="y", length=0, labelleft=labelled)
        axis.grid(visible=False, axis="y")
        if 0 < self.n_measured < len(self.labels):
            border = sum(self.heights[: self.n_measured])
            axis.axhline(border, color=GREY, linewidth=0.6, linestyle=":")


def defined(row: Row | None) -> bool:
    return row is not None and bool(pd.notna(row["value"]))


def across(
    axis: Axes,
    y: float,
    row: Row | None,
    colour: str = DARK,
    marker: str = "o",
    scale: float = 100,
) -> None:
    """A value as a mark with its interval on a horizontal line; or that there is none.

    The mark is filled in extended thinking and open in standard mode.
    """
    if row is None:
        return
    if not defined(row):
        unsaid(axis, y)
        return
    if pd.notna(row["low"]):
        axis.plot(
            [scale * row["low"], scale * row["high"]], [y, y], color=colour, solid_capstyle="butt"
        )
    axis.plot(
        scale * row["value"], y, marker, color=colour, markerfacecolor=inside(row, colour), zorder=3,
        clip_on=False,
    )  # fmt: skip


def inside(row: Row, colour: str) -> str:
    """The filling of a mark, which tells the mode."""
    return colour if row["reasoning"] == "extended" else "white"


def unsaid(axis: Axes, y: float, said: str = UNDEFINED) -> None:
    text = axis.text(0.03, y, said, transform=axis.get_yaxis_transform(), va="center")
    text.set(color=GREY, fontsize=SMALL)


def cited(axis: Axes, y: float, row: Row | None, scale: float = 100) -> None:
    """A published figure: a diamond, as its source quotes it."""
    if row is None or pd.isna(row["value"]):
        return
    axis.plot(scale * row["value"], y, "D", color=DARK, markerfacecolor="white", zorder=3,
              clip_on=False)  # fmt: skip
    axis.annotate(
        quoted(row), (scale * row["value"], y), (5, 0), textcoords="offset points",
        va="center", color=DARK, fontsize=SMALL,
    )  # fmt: skip


def quoted(row: Row) -> str:
    return str(row["warnings"]).removeprefix("quoted as ")


def signed(row: Row, scale: float = 100) -> str:
    """A difference with its limits, in points."""
    value, low, high = (round(scale * row[name], 1) + 0.0 for name in ("value", "low", "high"))
    limits = "" if pd.isna(low) else f" [{low:.1f}, {high:.1f}]"
    return f"{value:+.1f}{limits}".replace("-", "−")
