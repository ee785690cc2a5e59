"""Figures of prompt injection."""

from collections.abc import Iterator
from itertools import chain

import pandas as pd

from analysis.prompt_injection import PER_ATTEMPT, PREVENTED, UNGUARDED
from paper_figures.figures import _marks, _style
from paper_figures.figures._layout import arrange, even, panels
from paper_figures.figures._marks import Lines
from paper_figures.figures._style import COLUMN, DARK, WIDE, Drawn
from paper_figures.tables.prompt_injection import FEW_SCENARIOS, guards, with_safeguard

_PUBLISHED = ("without safeguards", "with safeguards")

_ACROSS = 3
"""Panels beside one another."""


def every(rows: pd.DataFrame, published: pd.DataFrame) -> Iterator[Drawn]:
    """Each figure that the rows give.

    Args:
        rows: Measured rows of this subject.
        published: Published rows of this subject.
    """
    told = with_safeguard(rows)
    if (told["metric"] == PREVENTED).any():
        yield prevented(told, published)
    styles = told[(told["metric"] == PER_ATTEMPT) & told["column"].str.startswith("style ")]
    if (styles["n_items"] >= FEW_SCENARIOS).any():
        yield by_style(styles)


def prevented(measured: pd.DataFrame, published: pd.DataFrame) -> Drawn:
    """Attacks prevented with and without safeguards: a line per snapshot, a lane per safeguard, a panel per mode.

    Args:
        measured: Rows of results.csv, with their safeguard.
        published: Published rows, drawn as diamonds below.
    """
    rows = measured[measured["metric"] == PREVENTED]
    modes, levels = list(dict.fromkeys(rows["reasoning"])), _levels(rows)
    rows = rows.assign(line=_style.labels(rows))
    lines = list(dict.fromkeys(rows["line"]))
    cited = list(published[published["metric"] == PREVENTED].groupby("row", sort=False))
    looks = {level: _style.look(i) for i, level in enumerate(levels)}
    with _style.styled():
        figure, grid = panels(len(modes), len(modes), sharex=True, sharey=True)
        names = [*lines, *(_style.told(str(name), 30) for name, _ in cited)]
        n_lanes = [*(1.2 * len(levels) for _ in lines), *(2.2 for _ in cited)]
        place = Lines(names, n_lanes, len(lines))
        for axis, reasoning in zip(grid[0], modes, strict=True):
            axis.set_title(_style.mode(reasoning).capitalize())
            for row in _style.records(rows[rows["reasoning"] == reasoning]):
                lane = levels.index(row["safeguard"])
                y = place.lane(lines.index(row["line"]), lane, len(levels))
                look = looks[row["safeguard"]]
                _marks.across(axis, y, {**row, "reasoning": "extended"}, look.colour, look.marker)
            place.name(axis, labelled=axis is grid[0][0])
            axis.set_xlim(0, 100)
            axis.set_xlabel("Attacks prevented (%)")
        for i, (_, of_row) in enumerate(cited, start=len(lines)):
            for j, said in enumerate(_PUBLISHED):
                for row in _style.records(of_row[of_row["column"] == said])[:1]:
                    _marks.cited(grid[0][0], place.lane(i, j, len(_PUBLISHED)), row)
        handles = [
            _style.key(_said(level), looks[level].colour, looks[level].marker) for level in levels
        ]
        if cited:
            handles.append(_style.key("published: without, then with", DARK, "D", "white", line=""))
        stamped = bool(rows["simulated"].all())
        width = COLUMN if len(modes) == 1 else WIDE
        arrange(grid, width, [place.inches], gap=(0.2, 0.1), legend=handles, stamped=stamped)
    about = pd.concat([published[:0], *(of_row for _, of_row in cited)])
    caption = (
        "Prompt injection: share of attempts in which no tool call carried out the instruction planted in what a tool returned, by safeguard. Bars: "
        f"{_style.kinds(rows)}; {_style.between(rows['n_items'], 'scenarios')}."
        f"{_style.sources(about)}{' They are of other scenarios and safeguards.' if cited else ''}{_style.origin(rows)}"
    )
    return Drawn("prompt_injection", figure, caption, _alt(rows))


def by_style(styles: pd.DataFrame) -> Drawn:
    """Success per attempt by the style of the planted instruction, without safeguards where that was run.

    Styles with fewer than `FEW_SCENARIOS` scenarios are left to the table: their intervals reach from end to end. A panel per snapshot, a line per style, a lane per mode.
    """
    enough = styles[styles["n_items"] >= FEW_SCENARIOS]
    level = UNGUARDED if (enough["safeguard"] == UNGUARDED).any() else _levels(enough)[0]
    rows = enough[enough["safeguard"] == level]
    n_few = int(((styles["safeguard"] == level) & (styles["n_items"] < FEW_SCENARIOS)).sum())
    rows = rows.assign(who=_style.labels(rows), style=rows["column"].str.removeprefix("style "))
    order = rows.groupby("style")["value"].mean().sort_values(ascending=False, kind="stable").index
    names, modes = list(order), list(dict.fromkeys(rows["reasoning"]))
    who = list(rows.groupby("who", sort=False))
    across = even(len(who), _ACROSS)
    with _style.styled():
        figure, grid = panels(len(who), across, sharex=True, sharey=True)
        lines = Lines([name.replace("_", " ") for name in names], [len(modes)] * len(names), len(names))  # fmt: skip
        for axis, (name, found) in zip(chain(*grid), who, strict=False):
            for row in _style.records(found):
                lane = modes.index(row["reasoning"])
                _marks.across(axis, lines.lane(names.index(row["style"]), lane, len(modes)), row)
            axis.set_title(str(name).replace("\n", ", "))
            axis.set_xlim(0, 100)
            axis.set_xlabel("Attacks carried out (%)")
            lines.name(axis, labelled=any(axis is row[0] for row in grid))
        handles = [
            _style.key(_style.mode(mode), DARK, "o", DARK if mode == "extended" else "white")
            for mode in modes
        ]
        stamped = bool(rows["simulated"].all())
        width = COLUMN if len(who) == 1 else WIDE
        arrange(grid, width, [lines.inches] * len(grid), gap=(0.18, 0.12), legend=handles, stamped=stamped)  # fmt: skip
    caption = (
        f"Prompt injection: share of attempts in which a tool call carried out the planted instruction, by how it is put, {_said(level)}. Styles from the most to "
        f"the least successful on average. Bars: {_style.kinds(rows)}; {_style.between(rows['n_items'], 'scenarios')} of each style.{_few(n_few)}{_style.origin(rows)}"
    )
    said = [
        f"{str(name).replace(chr(10), ', ')}: {names[0].replace('_', ' ')} {_style.percent(top[0])}"
        for name, found in who
        if (top := _style.records(found[found["style"] == names[0]]))
    ]
    alt = f"Success of planted instructions by style. Most successful: {_style.and_so_on(said)}."
    return Drawn("prompt_injection_styles", figure, caption, alt)


def _few(n: int) -> str:
    """How many rates are not drawn; empty for none."""
    if not n:
        return ""
    are = "rate is" if n == 1 else "rates are"
    return f" {n} {are} not drawn, of fewer than {FEW_SCENARIOS} scenarios: the table has them."


def _levels(rows: pd.DataFrame) -> list[str]:
    """The safeguards that were run, the lack of any first."""
    return [name for name in (UNGUARDED, *guards(rows)) if (rows["safeguard"] == name).any()]


def _said(level: str) -> str:
    return "without safeguards" if level == UNGUARDED else f"with safeguard: {level}"


def _alt(rows: pd.DataFrame) -> str:
    said = [
        f"{row['line']}, {_style.mode(row['reasoning'])}, {_said(row['safeguard'])}: {_style.percent(row)}".replace(
            "\n", ", "
        )
        for row in _style.records(rows)
    ]
    return f"Attacks prevented by snapshot and safeguard. {_style.and_so_on(said, 6)}."
