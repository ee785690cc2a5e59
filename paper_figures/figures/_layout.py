"""Where axes stand: sizes in inches, so that print sizes hold whatever a figure shows."""

from collections.abc import Mapping, Sequence
from itertools import chain
from textwrap import wrap
from typing import Any, cast

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation

from paper_figures.figures._style import DARK, SMALL, WIDE, apart

_EDGE = 0.04
"""Inches left free at the edges of a figure."""

_NARROWEST = 0.3
"""Inches of an axis at least, however long the names beside it."""

_LOWEST, _PAGE = 0.45, 9.0
"""Inches: of an axis's height at least, and of a figure's where that can be held to."""

_SCALE = 0.3
"""Inches below an axis that its numbers and their name take."""

_PASSES = 3
"""What is printed beside axes is measured again once they have about their size, and titles once these fit them."""


Handle = Artist | tuple[Artist, ...]
"""What a legend shows beside a label: one artist, or several that look alike."""


def panels(n: int, n_columns: int, **shared: Any) -> tuple[Figure, list[list[Axes]]]:
    """A figure with n axes, so many beside one another; the last row may have fewer.

    Args:
        n: Number of axes.
        n_columns: Axes in a row.
        shared: `sharex` or `sharey` as of `Figure.add_subplot`, True for all with the first.
    """
    figure = Figure(figsize=(WIDE, WIDE))
    FigureCanvasAgg(figure)
    n_rows = -(-n // n_columns)
    first: Axes | None = None
    grid: list[list[Axes]] = []
    for i in range(n):
        with_first = {name: first for name, wanted in shared.items() if wanted}
        axis = figure.add_subplot(n_rows, n_columns, i + 1, **with_first)
        first = first or axis
        if i % n_columns == 0:
            grid.append([])
        grid[-1].append(axis)
    return figure, grid


def even(n: int, most: int) -> int:
    """Columns for n panels, at most so many, that leave as few holes as can be."""
    return -(-n // -(-n // most))


def arrange(
    grid: Sequence[Sequence[Axes]],
    width: float,
    heights: Sequence[float],
    ratios: Sequence[float] = (),
    gap: tuple[float, float] = (0.12, 0.12),
    legend: Sequence[Handle] = (),
    stamped: bool = False,
    over: tuple[Axes, float] | None = None,
) -> None:
    """Size a figure and place its axes, with just the room that what stands around them takes.

    Args:
        grid: Rows of axes.
        width: Of the figure, in inches.
        heights: Of each row of axes, in inches, without what stands around them.
        ratios: Of the widths of axes in a row; equal if left out.
        gap: Inches between columns and between rows.
        legend: What the legend below shows.
        stamped: Whether everything shown is simulated.
        over: An axis above the grid and as wide as all of it, and its height in inches.
    """
    figure = grid[0][0].figure
    assert isinstance(figure, Figure)
    n_columns = max(map(len, grid))
    shares = np.asarray(ratios or [1.0] * n_columns)
    rows = [*([[over[0]]] if over else []), *grid]
    tall = [*([over[1]] if over else []), *heights]
    titles = _titles(rows)
    said = {axis: title.get_text() for axis, title in titles.items()}
    room: dict[Axes, float] = {}
    for title in titles.values():  # a title is as wide as its axes, and not the other way round
        title.set_text("")
    below = _EDGE + (_legend(figure, width, legend) if legend else 0)
    above = _EDGE + (_stamp(figure) if stamped else 0)
    figure.set_size_inches(width, sum(tall) + 1)
    for again in range(_PASSES):
        left, right, bottom, top = _around(rows, n_columns, over)
        free = width - 2 * _EDGE - left.sum() - right.sum() - gap[0] * (n_columns - 1)
        widths = np.maximum(free, _NARROWEST * n_columns) * shares / shares.sum()
        fixed = below + above + bottom.sum() + top.sum() + gap[1] * (len(rows) - 1)
        tall = _on_a_page(tall, fixed)
        size = (width, round(fixed + sum(tall), 3))
        figure.set_size_inches(size)
        starts = _EDGE + left + np.cumsum([0, *(left + widths + right + gap[0])[:-1]])
        y = size[1] - above
        for i, row in enumerate(rows):
            y -= top[i] + tall[i]
            for j, (axis, x, wide) in enumerate(zip(row, starts, widths, strict=False)):
                across = starts[-1] + widths[-1] - x if over and axis is over[0] else wide
                _place(axis, size, (x, y, across, tall[i]))
                room[axis] = across + right[n_columns - 1 if across > wide else j]
            y -= bottom[i] + gap[1]
        if titles and not again:
            _fit(titles, said, room)


_TITLE_LINES, _SHORTEST = 2, 6
"""Lines that the title of a panel takes, and letters of a line at least."""


def _titles(rows: Sequence[Sequence[Axes]]) -> dict[Axes, Text]:
    """The titles of axes, of those that have one."""
    found = {}
    for axis in chain(*rows):
        said = axis.get_title("left")
        of_axis = [t for t in axis.get_children() if isinstance(t, Text) and t.get_text() == said]
        if said:
            found[axis] = of_axis[-1]  # titles come after what is written inside the axes
    return found


def _fit(titles: Mapping[Axes, Text], said: Mapping[Axes, str], room: Mapping[Axes, float]) -> None:
    """Set titles over two lines, and all shortened alike, as far as that is needed to fit their axes."""
    full = list(dict.fromkeys(said.values()))
    n = max(map(len, full), default=0)
    while True:
        lines = {
            name: "\n".join(wrap(short, n))
            for name, short in zip(full, apart(full, _TITLE_LINES * n), strict=True)
        }
        for axis, title in titles.items():
            title.set_text(lines[said[axis]])
        wide = (
            title.get_window_extent().width / axis.figure.dpi > room[axis]
            for axis, title in titles.items()
        )
        if n <= _SHORTEST or not any(wide):
            return
        n -= 1


def _on_a_page(heights: Sequence[float], fixed: float) -> list[float]:
    """Heights of axes, less of each where the figure would be longer than a page."""
    room = max(_PAGE - fixed, _LOWEST * len(heights))
    return [height * min(room / sum(heights), 1) for height in heights]


def _place(axis: Axes, size: tuple[float, float], inches: tuple[float, ...]) -> None:
    """Put an axis somewhere in a figure of that size; rounded, so that the same rows give the same file."""
    x, y, width, height = inches
    box = (x / size[0], y / size[1], width / size[0], height / size[1])
    left, bottom, across, up = (round(float(share), 4) for share in box)
    axis.set_position((left, bottom, across, up))


def _around(
    rows: Sequence[Sequence[Axes]], n_columns: int, over: tuple[Axes, float] | None
) -> tuple[np.ndarray, ...]:
    """Inches that what stands around axes takes: left and right by column, below and above by row."""
    left, right = np.zeros(n_columns), np.zeros(n_columns)
    bottom, top = np.zeros(len(rows)), np.zeros(len(rows))
    for i, row in enumerate(rows):
        for j, axis in enumerate(row):
            box, with_all = axis.get_window_extent(), axis.get_tightbbox()
            assert with_all is not None  # None is of what is not drawn at all
            sides = (box.x0 - with_all.x0, with_all.x1 - box.x1, box.y0 - with_all.y0,
                     with_all.y1 - box.y1)  # fmt: skip
            inches = np.maximum(sides, 0) / axis.figure.dpi
            end = n_columns - 1 if over and axis is over[0] else j
            left[j], right[end] = max(left[j], inches[0]), max(right[end], inches[1])
            bottom[i], top[i] = max(bottom[i], inches[2]), max(top[i], inches[3])
    return left, right, bottom, top


def legend_below(axis: Axes, handles: Sequence[Artist], title: str) -> None:
    """A legend of an axis's own, so many inches below it that the names of its scale have room."""
    figure = axis.figure
    assert isinstance(figure, Figure)
    down = ScaledTranslation(-0.06, -_SCALE, figure.dpi_scale_trans)
    axis.legend(
        handles=list(handles), loc="upper left", bbox_to_anchor=(0, 0),
        bbox_transform=axis.transAxes + down, fontsize=SMALL, borderaxespad=0, handlelength=2.4,
        title=title, alignment="left", title_fontsize=SMALL,
    )  # fmt: skip


def _legend(figure: Figure, width: float, handles: Sequence[Handle]) -> float:
    """Put a legend below everything, in as many columns as fit; its height in inches."""
    labels = [str((h[0] if isinstance(h, tuple) else h).get_label()) for h in handles]
    several: Any = {tuple: HandlerTuple(None)}
    for n_columns in dict.fromkeys(
        -(-len(labels) // n_rows) for n_rows in range(1, len(labels) + 1)
    ):
        legend = figure.legend(
            cast(list[Artist], handles), labels, loc="lower center", bbox_to_anchor=(0.5, 0),
            ncols=n_columns, borderaxespad=0.2, handler_map=several,
        )  # fmt: skip
        box = legend.get_window_extent()
        if box.width / figure.dpi <= width - 2 * _EDGE or n_columns == 1:
            break
        legend.remove()
    return float(box.height) / figure.dpi + 0.06


def _stamp(figure: Figure) -> float:
    """Say in the picture itself that all of it is simulated; the height that takes, in inches."""
    inside = ScaledTranslation(-0.05, -0.05, figure.dpi_scale_trans)  # however tall the figure is
    figure.text(
        1, 1, "SIMULATED", ha="right", va="top", fontsize=SMALL, fontweight="bold", color=DARK,
        transform=figure.transFigure + inside,
        bbox={"boxstyle": "square,pad=0.25", "facecolor": "#eeeeee", "edgecolor": "none"},
    )  # fmt: skip
    return 0.15
