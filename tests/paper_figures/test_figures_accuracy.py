"""`paper_figures.figures.accuracy`: the figure of accuracy against turns, of rows and of real runs."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color

from analysis import snapshots
from analysis.snapshots import COLUMNS
from paper_figures import figures
from paper_figures.figures import _style
from paper_figures.figures._style import Drawn

NONE = pd.DataFrame(columns=COLUMNS)


def row(t: int, value: float, **more: Any) -> dict[str, Any]:
    about = {
        **dict.fromkeys(COLUMNS, ""),
        **{"table": "accuracy", "metric": "accuracy_within_turns", "task": "lab/finds"},
        **{"column": f"match: {t} turn{'s' if t > 1 else ''}", "snapshot": "lab/one"},
        **{"reasoning": "standard", "simulated": False, "method": "Wilson"},
        **{"n_items": 40, "n_samples": 40},
    }
    low, high = max(value - 0.1, 0), min(value + 0.1, 1)
    return {**about, "value": value, "low": low, "high": high, **more}


def curve(values: list[float], **more: Any) -> list[dict[str, Any]]:
    return [row(2**i, value, **more) for i, value in enumerate(values)]


def drawn(rows: list[dict[str, Any]]) -> Drawn:
    made = {one.name: one for one in figures.every(pd.DataFrame(rows, columns=COLUMNS), NONE)}
    return made["action_scaling"]


def test_a_curve_stands_at_the_numbers_of_turns_with_its_band() -> None:
    one = drawn(curve([0.1, 0.3, 0.3, 0.8]))
    (axis,) = one.figure.axes
    (line,) = axis.lines
    assert np.asarray(line.get_xdata()).tolist() == [1, 2, 4, 8]
    assert np.asarray(line.get_ydata()).tolist() == pytest.approx([10, 30, 30, 80])
    assert axis.get_xscale() == "log"
    (band,) = axis.collections
    extent = band.get_datalim(axis.transData)
    assert (extent.y0, extent.y1) == pytest.approx((0, 90))
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["1", "2", "4", "8"]
    assert one.figure.get_size_inches()[0] == _style.COLUMN


def test_rows_may_come_in_any_order_and_a_value_may_be_missing() -> None:
    rows = curve([0.1, math.nan, 0.3])
    (axis,) = drawn(rows[::-1]).figure.axes
    assert np.asarray(axis.lines[0].get_xdata()).tolist() == [1, 4]


def test_snapshots_differ_in_colour_and_modes_in_line_and_filling() -> None:
    rows = [
        *curve([0.1, 0.2]),
        *curve([0.2, 0.3], reasoning="extended"),
        *curve([0.3, 0.5], snapshot="lab/two"),
        *curve([0.3, 0.6], snapshot="lab/two", reasoning="extended"),
    ]
    one = drawn(rows)
    (axis,) = one.figure.axes
    looks = [(line.get_color(), line.get_linestyle()) for line in axis.lines]
    assert [style for _, style in looks] == ["--", "-", "--", "-"]
    assert looks[0][0] == looks[1][0] != looks[2][0]
    assert same_color(axis.lines[0].get_markerfacecolor(), "white")
    assert len(axis.collections) == 2  # of many curves, the intervals of the last snapshot's
    assert "Shaded of the last snapshot" in one.caption
    (legend,) = one.figure.legends
    named = [text.get_text() for text in legend.get_texts()]
    assert named[-1] == "two, extended thinking"


def test_the_caption_says_what_a_turn_is_and_the_alternative_what_is_seen() -> None:
    one = drawn(curve([0.1, 0.25], simulated=True))
    assert "A turn is one generation of a model" in one.caption
    assert "simulated" in one.caption
    assert "10.0% in 1, 25.0% in 2" in one.alt


def test_panels_are_named_by_task_and_key() -> None:
    of = ("solver.right: 1 turn", "solver.brief: 1 turn")
    rows = [row(1, 0.5, column=column, task=task) for task in ("lab/a", "lab/b") for column in of]
    titles = [axis.get_title(loc="left") for axis in drawn(rows).figure.axes]
    assert titles == ["a: right", "a: brief", "b: right", "b: brief"]


def test_real_runs_have_their_curves(foreign_read: pd.DataFrame) -> None:
    read = foreign_read[foreign_read["task"].isin(["searches", "agent", "letters"])]
    made = {one.name: one for one in figures.every(snapshots.results(read), NONE)}
    one = made["action_scaling"]
    assert len(one.figure.axes) == 3  # `letters` is of one turn
    assert all(len(axis.lines) == 6 for axis in one.figure.axes)
    for axis in one.figure.axes:
        for line in axis.lines:
            y = np.asarray(line.get_ydata(), dtype=float)
            assert (np.diff(y) >= 0).all()
