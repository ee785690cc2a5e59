"""Figures of special-casing."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from analysis.special_casing import (
    CONFLICTING,
    HACK_RATE,
    IMPOSSIBLE,
    ONE_OFF,
    ORIGINAL,
    OUTCOMES,
    VERBALISED,
)
from paper_figures.cells import interval, point
from paper_figures.figures import _marks, _style
from paper_figures.figures._layout import arrange, panels
from paper_figures.figures._marks import Lines, Row, defined
from paper_figures.figures._style import COLUMN, DARK, SMALL, WIDE, Drawn
from paper_figures.tables.special_casing import WITH, WITHOUT, ascending, at_shown_rungs

_PROMPTS = {
    "no anti-hack prompt": (WITHOUT, "", "impossible tasks, no prompt"),
    "anti-hack prompt": (WITH, "//////", "impossible tasks, anti-hack prompt"),
}
"""What bars of each look are about: rungs of the prompt, hatch, and what the published figure's condition begins with."""

_FACE, _ADMITTED = "#f3d3d8", "#994455"
"""Of a bar of hacks, and of the share of it that the thinking admits."""

_WORDS = {
    r"\brung=(\d+)": r"rung \1",
    r"\bform=single_turn\b": "single turn",
    r"\bform=agent\b": "agent",
    r"\bflag=True\b": "may flag",
    r"\bflag=False\b": "no way to flag",
}
"""How conditions are printed."""

_ARMS = (ORIGINAL, ONE_OFF, CONFLICTING)


def every(rows: pd.DataFrame, published: pd.DataFrame) -> Iterator[Drawn]:
    """Each figure that the rows give.

    Args:
        rows: Measured rows of this subject.
        published: Published rows of this subject.
    """
    told = ascending(rows)
    if (at_shown_rungs(told)["metric"] == HACK_RATE).any():
        yield hacks(told, published)
    if (told["metric"] == HACK_RATE).any():
        yield outcomes(told)


def hacks(measured: pd.DataFrame, published: pd.DataFrame) -> Drawn:
    """Bars of hacks on impossible tasks, hatched under an anti-hack prompt; what the thinking admits is dark.

    A line per snapshot, a panel per mode.

    Args:
        measured: Rows of results.csv.
        published: Published rows, drawn as diamonds below.
    """
    rows = _in_words(at_shown_rungs(_shown(measured)))
    deeds, words = (rows[rows["metric"] == metric] for metric in (HACK_RATE, VERBALISED))
    modes = list(dict.fromkeys(deeds["reasoning"]))
    lines = [(str(name), line) for name, line in deeds.groupby(_style.labels(deeds.assign(judge="")), sort=False)]  # fmt: skip
    cited = list(published[published["metric"] == HACK_RATE].groupby("row", sort=False))
    prompts = [name for name in _PROMPTS if _of_prompt(deeds, name)]
    with _style.styled():
        figure, grid = panels(len(modes), len(modes), sharex=True, sharey=True)
        names = [*(name for name, _ in lines), *(_style.told(str(name), 30) for name, _ in cited)]
        n_lanes = [*(1.3 * len(prompts) for _ in lines), *(2.0 for _ in cited)]
        place = Lines(names, n_lanes, len(lines))
        for axis, reasoning in zip(grid[0], modes, strict=True):
            axis.set_title(_style.mode(reasoning).capitalize())
            for i, (_, line) in enumerate(lines):
                of_mode = line[line["reasoning"] == reasoning]
                for j, prompt in enumerate(prompts):
                    at = place.lane(i, j, len(prompts)), 0.92 * place.lane_height(i, len(prompts))
                    for row in _of_prompt(of_mode, prompt)[:1]:
                        _bar(axis, at, row, _beside(words, row), _PROMPTS[prompt][1])
            place.name(axis, labelled=axis is grid[0][0])
            axis.set_xlim(0, 100)
            axis.set_xlabel("Hacked (%)")
        for i, (_, of_row) in enumerate(cited, start=len(lines)):
            for j, (_, _, said) in enumerate(_PROMPTS.values()):
                found = _style.records(of_row[of_row["column"].str.startswith(said)])
                for axis, row in product(grid[0][:1], found[:1]):
                    _marks.cited(axis, place.lane(i, j, len(_PROMPTS)), row)
        handles: list[Any] = [_style.patch(p, _FACE, _PROMPTS[p][1]) for p in prompts]
        if words["value"].notna().any():
            handles.append(_style.patch("of which admitted in the thinking", _ADMITTED))
        if cited:
            handles.append(_style.key("published: without, then with", DARK, "D", "white", line=""))
        stamped = bool(rows["simulated"].all())
        width = COLUMN if len(modes) == 1 else WIDE
        arrange(grid, width, [place.inches], gap=(0.2, 0.1), legend=handles, stamped=stamped)
    about = pd.concat([published[:0], *(of_row for _, of_row in cited)])
    caption = (
        "Special-casing: hacks on programming problems whose tests cannot be passed honestly, both impossible variants together. Bars: "
        f"share of scored samples, with {_style.kinds(deeds)}; {_style.between(deeds['n_samples'], 'samples')} in each. Hatched: the prompt "
        "says to stop where tests are wrong (rung 3); plain: no such prompt (rung 0, or 1 where 0 was not run); other rungs stand in the figure of outcomes. Dark: the share of hacks whose raw thinking admits them, of those with a verdict, taken of the bar."
        f"{_style.sources(about)}{' They are of other tasks.' if cited else ''}{_style.origin(rows)}"
    )
    return Drawn("reward_hacking", figure, caption, _alt(deeds, words, prompts))


def outcomes(measured: pd.DataFrame) -> Drawn:
    """What became of the problems: a stacked bar per arm, a line per snapshot and condition, a panel per mode.

    Args:
        measured: Rows of results.csv.
    """
    shown = measured["metric"].isin(OUTCOMES.values()) & measured["arm"].isin(_ARMS)
    rows = _in_words(measured[shown])
    modes = list(dict.fromkeys(rows["reasoning"]))
    arms = [arm for arm in _ARMS if (rows["arm"] == arm).any()]
    lines = [
        line
        for name, found in rows.groupby(_style.labels(rows).str.replace("\n", ", "), sort=False)
        for line in ((str(name), found[:0]), *((arm, found[found["arm"] == arm]) for arm in arms))
    ]
    looks = dict(zip(OUTCOMES.values(), map(_style.look, range(len(OUTCOMES))), strict=True))
    with _style.styled():
        figure, grid = panels(len(modes), len(modes), sharex=True, sharey=True)
        place = Lines([name.replace("_", " ") for name, _ in lines], [1] * len(lines), len(lines))
        for axis, reasoning in zip(grid[0], modes, strict=True):
            axis.set_title(_style.mode(reasoning).capitalize())
            for i, (_, line) in enumerate(lines):
                found = _style.records(line[line["reasoning"] == reasoning])
                at = place.lane(i), 0.8 * place.lane_height(i, 1)
                _stack(axis, at, {str(row["metric"]): row for row in found}, looks)
            place.name(axis, labelled=axis is grid[0][0])
            _embolden(axis, [i for i, (name, _) in enumerate(lines) if name not in arms])
            axis.set_xlim(0, 100)
            axis.set_xlabel("Scored samples (%)")
        handles = [
            _style.patch(label.replace("_", " "), looks[metric].colour, looks[metric].hatch)
            for label, metric in OUTCOMES.items()
            if (rows.loc[rows["metric"] == metric, "value"] > 0).any()
        ]
        stamped = bool(rows["simulated"].all())
        width = COLUMN if len(modes) == 1 else WIDE
        arrange(grid, width, [place.inches], gap=(0.2, 0.1), legend=handles, stamped=stamped)
    caption = (
        "What became of the problems, by the variant of their tests: shares of scored samples, which sum to 100%; "
        f"{_style.between(rows['n_samples'], 'samples')} in each bar. Their 95% intervals stand in results.csv.{_style.origin(rows)}"
    )
    return Drawn("special_casing_outcomes", figure, caption, _alt_of_outcomes(rows))


# ----------------------------------------------------------------------------------- what is drawn


def _shown(measured: pd.DataFrame) -> pd.DataFrame:
    deeds = measured["metric"] == HACK_RATE
    words = (measured["metric"] == VERBALISED) & (measured["visibility"] == "raw")
    return measured[(deeds | words) & (measured["arm"] == IMPOSSIBLE)]


def _in_words(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(factors=rows["factors"].replace(_WORDS, regex=True))


def _first(measured: pd.Series, rungs: Sequence[str]) -> str | None:
    """The first of these rungs that was measured."""
    return next((rung for rung in rungs if (measured == rung).any()), None)


def _of_prompt(rows: pd.DataFrame, prompt: str) -> list[dict[str, Any]]:
    """The rows at the first rung that such a prompt has."""
    return _style.records(rows[rows["rung"] == _first(rows["rung"], _PROMPTS[prompt][0])])


_SAME = ("snapshot", "reasoning", "task", "dataset", "setting", "factors", "rung")


def _beside(words: pd.DataFrame, deed: Row) -> Row | None:
    """What the thinking says beside a deed, by the first judge."""
    same = pd.concat([words[name] == deed[name] for name in _SAME], axis=1).all(axis=1)
    return next(iter(_style.records(words[same])), None)


def _bar(axis: Axes, at: tuple[float, float], row: Row, word: Row | None, hatch: str) -> None:
    y, height = at
    if not defined(row):
        _marks.unsaid(axis, y)
        return
    value = end = 100 * float(row["value"])
    axis.barh(y, value, height, color=_FACE, edgecolor=DARK, linewidth=0.5, hatch=hatch)
    if word is not None and defined(word):
        share = value * float(word["value"])
        axis.barh(y, share, 0.5 * height, color=_ADMITTED, edgecolor=DARK, linewidth=0.4)
    if pd.notna(row["low"]):
        end = 100 * float(row["high"])
        axis.plot([100 * row["low"], end], [y, y], color="white", linewidth=1.8, zorder=2.5)
        axis.plot([100 * row["low"], end], [y, y], color=DARK, linewidth=0.8, zorder=2.6)
    axis.annotate(
        point(interval(pd.Series(row))), (end, y), (2.5, 0), textcoords="offset points", va="center",
        fontsize=SMALL, annotation_clip=False,
    )  # fmt: skip


def _embolden(axis: Axes, lines: Sequence[int]) -> None:
    """Set apart the labels of lines that only name what stands below them."""
    for i, label in enumerate(axis.get_yticklabels()):
        label.set_fontweight("bold" if i in lines else "normal")


def _stack(
    axis: Axes, at: tuple[float, float], rows: Mapping[str, Row], looks: Mapping[str, _style.Look]
) -> None:
    y, height = at
    if rows and not any(map(defined, rows.values())):
        _marks.unsaid(axis, y)
        return
    start = 0.0
    for metric, look in looks.items():
        row = rows.get(metric)
        share = 100 * float(row["value"]) if row is not None and defined(row) else 0.0
        if share:
            axis.barh(y, share, height, left=start, color=look.colour, hatch=look.hatch, edgecolor=DARK, linewidth=0.4)  # fmt: skip
        start += share


# ---------------------------------------------------------------------------------------- captions


def _alt(deeds: pd.DataFrame, words: pd.DataFrame, prompts: Sequence[str]) -> str:
    said = []
    who = _style.labels(deeds.assign(judge="")).str.replace("\n", ", ")
    for (name, mode), found in deeds.groupby(
        [who, deeds["reasoning"].map(_style.mode)], sort=False
    ):
        parts = [
            f"{_style.percent(row)} with {prompt}{_admitted(_beside(words, row))}"
            for prompt in prompts
            for row in _of_prompt(found, prompt)[:1]
        ]
        said.append(f"{name}, {mode}: {', '.join(parts)}")
    return f"Hacks on impossible tasks by snapshot. {_style.and_so_on(said)}."


def _admitted(word: Row | None) -> str:
    return f" (admitted {_style.percent(word)})" if word is not None and defined(word) else ""


def _alt_of_outcomes(rows: pd.DataFrame) -> str:
    who = _style.labels(rows).str.replace("\n", ", ") + ", " + rows["reasoning"].map(_style.mode)
    label = {metric: name.replace("_", " ") for name, metric in OUTCOMES.items()}
    said = []
    for (name, arm), found in rows.groupby([who, rows["arm"]], sort=False):
        seen = found[found["value"] > 0]
        parts = [f"{label[row['metric']]} {_style.percent(row)}" for row in _style.records(seen)]
        said.append(f"{name}, {str(arm).replace('_', ' ')}: {', '.join(parts)}")
    return f"Outcomes by arm and snapshot. {_style.and_so_on(said)}."
