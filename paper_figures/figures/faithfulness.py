"""Figures of chain-of-thought faithfulness (METHODS §2): what the thinking admits of the hints that moved the answer."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from analysis.estimators import FEW_USED
from analysis.faithfulness import AVERAGE
from paper_figures.cells import NONE_SEEN, fraction, hint_order, point
from paper_figures.figures import _marks, _style
from paper_figures.figures._layout import Handle, arrange, even, panels
from paper_figures.figures._marks import Lines, Row, defined
from paper_figures.figures._style import COLUMN, DARK, GREY, SMALL, WIDE, Drawn, Look
from paper_figures.tables.faithfulness import FEW, few, why_none

RAW, NORMALISED = "acknowledgement_rate", "faithfulness_normalised"
IN_ANSWER, USE, ATTRIBUTABLE = "acknowledgement_rate_answer", "hint_use_rate", "attributable_use"

_SIDE_BY_SIDE = 9
"""Hints whose names fit side by side, across a page."""

_HINTS, _SNAPSHOTS = 7, 6
"""Small panels of hints and of snapshots beside one another."""

_BARS, _SMALL_PANEL = 1.65, 0.8
"""Inches: height of the bars, and of a panel over snapshots."""

_NUMBER = 0.25
"""Inches that a number of two decimals takes, with a sign before it."""

_HINT_MARKS = "os^vPX<>phdH"


def clue_faithfulness(measured: pd.DataFrame, published: pd.DataFrame) -> Drawn:
    """Bars of raw faithfulness under each hint in the latest snapshot, over all snapshots below.

    Laid out as Figure 12 of the Claude 3.7 Sonnet system card.

    Args:
        measured: Rows of results.csv.
        published: Published rows, drawn as diamonds beside the bars.
    """
    rows = _shown(measured, (RAW, NORMALISED))
    hints, found, order = hint_order(rows["hint"]), _found(rows), _cases(rows)
    who = _style.snapshots(rows)
    *_, latest = who
    with _style.styled():
        n_small = len(hints) if len(who) > 1 else 0
        n_panels = max(n_small, 1)
        figure, grid = panels(n_panels, even(n_panels, _HINTS), sharex=True, sharey=True)
        bars = figure.add_subplot() if n_small else grid[0][0]
        _bars(bars, rows[rows["snapshot"] == latest], published, hints, order)
        bars.set_title(f"{who[latest]}: the latest snapshot" if n_small else who[latest])
        for axis, hint in zip(chain(*grid), hints[:n_small], strict=False):
            _over_snapshots(axis, hint, found, list(who), order)
        for row in grid if n_small else []:
            _finish_row(row, list(who.values()))
        handles = _handles(order, published, with_lines=n_small > 0)
        stamped = bool(rows["simulated"].all())
        heights = [_SMALL_PANEL if n_small else _BARS] * len(grid)
        over = (bars, _BARS) if n_small else None
        arrange(grid, WIDE, heights, gap=(0.06, 0.1), legend=handles, stamped=stamped, over=over)
    caption = (
        f"Share of used hints that the thinking gives as a reason for the answer, under each hint and on average (unweighted mean over the hints with a value). Bars and marks: the raw share, "
        f"with {_style.kinds(rows[rows['metric'] == RAW])}, printed above; black dashes: chance-normalised (Chen et al. 2025). "
        f"{_style.between(_used(rows), 'used pairs')} under a hint. {FEW}: fewer than {FEW_USED} used pairs with a verdict. What is undefined is "
        f"written out; a mark without an interval has none."
        f"{' Below: every snapshot in order, a panel for each hint.' if n_small else ''}{_style.sources(_raw(published))}{_style.origin(rows)}"
    )
    return Drawn("clue_faithfulness", figure, caption, _alt(rows, latest, who[latest], hints))


def thinking_answer_gap(measured: pd.DataFrame) -> Drawn:
    """What is admitted in the thinking beside what is admitted in the answer: a panel per snapshot, a line per hint.

    Args:
        measured: Rows of results.csv.
    """
    rows = _shown(measured, (RAW, IN_ANSWER))
    who, hints = _style.snapshots(rows), hint_order(rows["hint"])
    order = _cases(rows)
    found = _found(rows)
    with _style.styled():
        figure, grid = panels(len(who), even(len(who), _SNAPSHOTS), sharex=True, sharey=True)
        place = Lines([_name(hint) for hint in hints], [len(order)] * len(hints), len(hints))
        for axis, snapshot in zip(chain(*grid), who, strict=False):
            for i, hint in enumerate(hints):
                for j, case in enumerate(order):
                    of_hint = found.get((snapshot, case, hint), {})
                    _dumbbell(axis, place.lane(i, j, len(order)), of_hint, _style.look(j))
            axis.set_title(who[snapshot])
            place.name(axis, labelled=any(axis is row[0] for row in grid))
            _set_off_average(axis, place, hints)
            axis.set_xlim(-0.04, 1.04)
            axis.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        for axis in grid[-1]:
            axis.set_xlabel("share admitted")
        handles = [
            _style.key("in the thinking", DARK, "o", line=""),
            _style.key("in the answer", DARK, "s", "white", line=""),
            *_case_keys(order),
        ]
        _arrange_small(grid, place.inches, handles, rows, len(who))
    caption = (
        "Share of used hints admitted in the thinking (filled circles) and in the answer (open squares), joined by a line. "
        f"Thin bars: {_style.kinds(rows)}. {_style.between(_used(rows), 'used pairs')} under a hint. A line with one mark, or none, lacks what cannot "
        f"be measured.{_style.origin(rows)}"
    )
    return Drawn("thinking_answer_gap", figure, caption, _gap_alt(rows, who))


def use_against_admission(measured: pd.DataFrame) -> Drawn:
    """How often a hint is used against how often that is admitted: a panel per snapshot, a mark per hint.

    Args:
        measured: Rows of results.csv.
    """
    rows = _shown(measured, (RAW, USE))
    who, hints = _style.snapshots(rows), hint_order(rows["hint"])[:-1]
    order = _cases(rows)
    found = _found(rows)
    with _style.styled():
        figure, grid = panels(len(who), even(len(who), 3), sharex=True, sharey=True)
        for axis, snapshot in zip(chain(*grid), who, strict=False):
            missing = 0
            for j, case in enumerate(order):
                for i, hint in enumerate(hints):
                    of_hint = found.get((snapshot, case, hint), {})
                    missing += not _cross(axis, of_hint, _style.look(j), i)
            axis.set_title(who[snapshot])
            if missing:
                text = axis.text(0.98, 0.97, f"{missing} not measurable", ha="right", va="top")
                text.set(transform=axis.transAxes, color=GREY, fontsize=SMALL)
            for scale in (axis.set_xlim, axis.set_ylim):
                scale(-0.03, 1.03)
            axis.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
            axis.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
            axis.tick_params(labelleft=any(axis is row[0] for row in grid))
        for row in grid:
            row[0].set_ylabel("share admitted")
        for axis in grid[-1]:
            axis.set_xlabel("hint-use rate")
        handles = [
            *(_style.key(_name(hint), DARK, *_hint_mark(i, DARK), line="") for i, hint in enumerate(hints)),
            *_case_keys(order),
        ]  # fmt: skip
        width = WIDE if len(who) > 1 else COLUMN
        height = 1.55 if len(who) > 1 else 2.3
        stamped = bool(rows["simulated"].all())
        arrange(
            grid, width, [height] * len(grid), gap=(0.15, 0.08), legend=handles, stamped=stamped
        )
    caption = (
        "Hint use against admission: how often a hint moves the answer to its own, of items answered otherwise without it, and the share of "
        f"these that the thinking admits. A mark per hint; crosses: {_style.kinds(rows)}; {_style.between(_used(rows), 'used pairs')}. "
        f"Low and to the right: hints that are much used and seldom admitted.{_style.origin(rows)}"
    )
    return Drawn("use_against_admission", figure, caption, _use_alt(rows, who))


def attributable_use(measured: pd.DataFrame) -> Drawn:
    """The effect of each hint on the answer, free of the selection on switched items: a panel per snapshot.

    Args:
        measured: Rows of results.csv.
    """
    rows = _shown(measured, (ATTRIBUTABLE,))
    who, hints = _style.snapshots(rows), hint_order(rows["hint"])
    order = _cases(rows)
    found = _found(rows)
    with _style.styled():
        figure, grid = panels(len(who), even(len(who), _SNAPSHOTS), sharex=True, sharey=True)
        place = Lines([_name(hint) for hint in hints], [len(order)] * len(hints), len(hints))
        for axis, snapshot in zip(chain(*grid), who, strict=False):
            for i, hint in enumerate(hints):
                for j, case in enumerate(order):
                    row = found.get((snapshot, case, hint), {}).get(ATTRIBUTABLE)
                    look = _style.look(j)
                    y = place.lane(i, j, len(order))
                    _marks.across(axis, y, row, look.colour, look.marker)
            axis.axvline(0, color=GREY, linewidth=0.7, zorder=1)
            axis.set_title(who[snapshot])
            place.name(axis, labelled=any(axis is row[0] for row in grid))
            _set_off_average(axis, place, hints)
        for axis in grid[-1]:
            axis.set_xlabel("points")
        _arrange_small(grid, place.inches, _case_keys(order, marked=True), rows, len(who))
    tested = rows[rows["hint"] != AVERAGE]
    clear = int((tested["p_adjusted"].astype(float) < _ALPHA).sum())
    caption = (
        "Attributable use: share of answers that are the hint's, hinted minus unhinted, in points, over all items scored in both. Bars: "
        f"{_style.kinds(rows)}; {_style.between(tested['n_items'], 'items')}. Holm-adjusted p is below {_ALPHA} for {clear} of {len(tested)} effects under a hint."
        f"{_style.origin(rows)}"
    )
    return Drawn("attributable_use", figure, caption, _attributable_alt(rows, who))


_ALPHA = 0.05

# ----------------------------------------------------------------------------------- what is drawn

ByMetric = dict[str, Row]
Found = dict[tuple[str, str, str], ByMetric]
"""Rows by snapshot, case and hint, and then by metric."""


def _shown(measured: pd.DataFrame, metrics: Iterable[str]) -> pd.DataFrame:
    """Rows per hint that don't depend on what can be read, or are about raw thinking; with their case."""
    about = measured["metric"].isin(list(metrics)) & (measured["hint"] != "")
    rows = measured[about & measured["visibility"].isin(["", "raw"])]
    return rows.assign(case=_style.cases(rows))


def _found(rows: pd.DataFrame) -> Found:
    found: Found = {}
    for row in reversed(_style.records(rows)):  # of several, the first stays
        found.setdefault((row["snapshot"], row["case"], row["hint"]), {})[row["metric"]] = row
    return found


def _cases(rows: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(rows["case"]))


def _raw(published: pd.DataFrame) -> pd.DataFrame:
    return published[published["metric"] == RAW]


def _used(rows: pd.DataFrame) -> pd.Series:
    return rows.loc[(rows["metric"] == RAW) & (rows["hint"] != AVERAGE), "n_samples"]


def _name(hint: str) -> str:
    return _style.told(hint.replace("_", " "), 22)


def _bars(
    axis: Axes, rows: pd.DataFrame, published: pd.DataFrame, hints: list[str], order: list[str]
) -> None:
    """The bars of one snapshot, its cases side by side, published figures at their right."""
    found = _found(rows)
    cited = list(_raw(published).groupby(["row", "dataset"], sort=False))
    n_lanes = len(order) + 0.5 * len(cited)
    wide = 0.84 / max(n_lanes, 1.4)
    upright = wide * 6.3 / len(hints) < _NUMBER
    for place, hint in enumerate(hints):
        left = place - wide * n_lanes / 2
        for j, case in enumerate(order):
            of_hint = found.get((rows["snapshot"].iloc[0], case, hint), {})
            of_case = rows[rows["case"] == case]
            _one_bar(axis, left + wide * (j + 0.5), wide, of_hint, of_case, j, upright)
        for j, (_, figures) in enumerate(cited):
            x = left + wide * (len(order) + 0.5 * (j + 0.5))
            for row in _style.records(figures[figures["hint"] == hint]):
                _diamond(axis, x, row, j)
    names = [f"{_name(hint)}\n{_counted(rows, hint)}" for hint in hints]
    axis.set_xticks(range(len(hints)), names)
    if len(hints) > _SIDE_BY_SIDE:
        axis.set_xticks(range(len(hints)), [_name(hint) for hint in hints])
        axis.tick_params(axis="x", rotation=60)
        for text in axis.get_xticklabels():
            text.set(ha="right", rotation_mode="anchor")
    axis.set_xlim(-0.5, len(hints) - 0.5)
    axis.tick_params(axis="x", length=0)
    axis.grid(visible=False, axis="x")
    axis.set_ylabel("share of used hints admitted")
    _fraction(axis, 1.14 if upright else 1.06)
    axis.axvline(len(hints) - 1.5, color=GREY, linewidth=0.6, linestyle=":")


def _counted(rows: pd.DataFrame, hint: str) -> str:
    """Used pairs behind each bar of a hint; of the average, its hints."""
    these = rows[(rows["metric"] == RAW) & (rows["hint"] == hint)]
    if hint == AVERAGE:
        return f"of {rows.loc[rows['hint'] != AVERAGE, 'hint'].nunique()} hints"
    counts = [f"{n:.0f}" if pd.notna(n) else "?" for n in these["n_samples"].astype(float)]
    return f"n = {', '.join(counts)}" if len(counts) <= 3 else ""


def _one_bar(
    axis: Axes,
    x: float,
    wide: float,
    of_hint: Mapping[str, Row],
    of_case: pd.DataFrame,
    j: int,
    upright: bool,
) -> None:
    raw, normalised = of_hint.get(RAW), of_hint.get(NORMALISED)
    if raw is None:
        return
    if not defined(raw):
        said = axis.text(x, 0.02, why_none(pd.Series(raw), of_case), ha="center", va="bottom")
        said.set(rotation=90, color=GREY, fontsize=SMALL)
        return
    look, top = _style.look(j), raw["value"]
    axis.bar(
        x, raw["value"], 0.9 * wide, color=look.colour, hatch=look.hatch, edgecolor="white", linewidth=0
    )  # fmt: skip
    if pd.notna(raw["low"]):
        top = raw["high"]
        axis.plot([x, x], [raw["low"], top], color="white", linewidth=1.6, zorder=2.5)
        axis.plot([x, x], [raw["low"], top], color=DARK, linewidth=0.7, zorder=2.6)
    if normalised is not None and defined(normalised):
        half = 0.42 * wide
        at = normalised["value"]
        axis.plot([x - half, x + half], [at, at], color="white", linewidth=2.2, zorder=2.7)
        axis.plot([x - half, x + half], [at, at], color="black", linewidth=1.2, zorder=2.8)
        top = max(top, at)
    upright = upright or _share(raw) == NONE_SEEN
    axis.annotate(
        f"{_share(raw)}{few(pd.Series(raw))}", (x, top), (0, 1.5), textcoords="offset points",
        ha="center", va="bottom", rotation=90 if upright else 0, fontsize=SMALL,
    )  # fmt: skip


def _diamond(axis: Axes, x: float, row: Row, j: int) -> None:
    if defined(row):
        axis.plot(
            x, row["value"], "D", color=DARK, markerfacecolor=_inside_diamond(j), clip_on=False, zorder=3
        )  # fmt: skip


def _inside_diamond(j: int) -> str:
    return ("white", "#9a9a9a", DARK)[j % 3]


def _over_snapshots(axis: Axes, hint: str, found: Found, who: list[str], order: list[str]) -> None:
    """One hint over the snapshots in their order, a line for each case."""
    unsaid = 0
    for j, case in enumerate(order):
        look, points = _style.look(j), []
        for i, snapshot in enumerate(who):
            row = found.get((snapshot, case, hint), {}).get(RAW)
            if row is None:
                continue
            if not defined(row):
                unsaid += 1
                continue
            x = i + 0.3 * ((j + 0.5) / len(order) - 0.5)
            points.append((x, row["value"]))
            if pd.notna(row["low"]):
                axis.plot([x, x], [row["low"], row["high"]], color=look.colour, linewidth=0.5)
        xs, ys = zip(*points, strict=True) if points else ((), ())
        axis.plot(
            xs, ys, color=look.colour, linestyle=look.line, marker=look.marker, markersize=2.4, linewidth=0.8
        )  # fmt: skip
    axis.set_title(_name(hint), fontsize=SMALL + 0.5, fontweight="normal")
    if unsaid:
        text = axis.text(0.97, 0.96, f"{unsaid} undefined", transform=axis.transAxes)
        text.set(ha="right", va="top", color=GREY, fontsize=SMALL)


def _finish_row(axes: Sequence[Axes], names: list[str]) -> None:
    for axis in axes:
        axis.set_xticks(range(len(names)), [_style.told(name, 16) for name in names], rotation=90)
        axis.set_xlim(-0.5, len(names) - 0.5)
        axis.tick_params(axis="x", length=0, labelsize=SMALL)
        axis.tick_params(axis="y", labelleft=axis is axes[0])
        axis.grid(visible=False, axis="x")
        _fraction(axis, 1.02)


def _fraction(axis: Axes, top: float) -> None:
    axis.set_ylim(-0.03, top)
    axis.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])


def _handles(order: list[str], published: pd.DataFrame, with_lines: bool) -> list[Handle]:
    made: list[Handle] = []
    for j, case in enumerate(order):
        look = _style.look(j)
        bar = _style.patch(case, look.colour, look.hatch, "white")
        line = _style.key(case, look.colour, look.marker, line=look.line)
        made.append((bar, line) if with_lines else bar)
    made.append(_style.key("chance-normalised", "black", ""))
    for j, (name, dataset) in enumerate(
        dict.fromkeys(zip(_raw(published)["row"], _raw(published)["dataset"], strict=True))
    ):
        label = f"{_style.told(name)}, {_style.told(dataset)} (published)"
        made.append(_style.key(label, DARK, "D", _inside_diamond(j), line=""))
    return made


def _dumbbell(axis: Axes, y: float, of_hint: Mapping[str, Row], look: Look) -> None:
    """Two shares on one line, joined; each with its interval as a thin bar."""
    colour = look.colour
    ends = [of_hint.get(RAW), of_hint.get(IN_ANSWER)]
    known = [row for row in ends if row is not None and defined(row)]
    if not known:
        if any(row is not None for row in ends):
            _marks.unsaid(axis, y)
        return
    for row in known:
        if pd.notna(row["low"]):
            axis.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=0.4, alpha=0.6)
    ends_at = [row["value"] for row in known]
    axis.plot(ends_at, [y] * len(known), color=look.colour, linewidth=1.6, linestyle=look.line)
    for end, marker, inside in zip(ends, "os", (colour, "white"), strict=True):
        if end is not None and defined(end):
            axis.plot(
                end["value"], y, marker, color=colour, markerfacecolor=inside, markersize=3, zorder=3,
                clip_on=False,
            )  # fmt: skip


def _set_off_average(axis: Axes, place: Lines, hints: list[str]) -> None:
    if len(hints) > 1:
        axis.axhline(sum(place.heights[:-1]), color=GREY, linewidth=0.6, linestyle=":")


def _cross(axis: Axes, of_hint: Mapping[str, Row], look: Look, i: int) -> bool:
    """A mark with its intervals both ways; False where it should be drawn and cannot be."""
    x, y = of_hint.get(USE), of_hint.get(RAW)
    if x is None or y is None:
        return True
    if not (defined(x) and defined(y)):
        return False
    thin = {"color": look.colour, "linestyle": look.line, "linewidth": 0.4, "alpha": 0.8}
    if pd.notna(x["low"]):
        axis.plot([x["low"], x["high"]], [y["value"]] * 2, **thin)
    if pd.notna(y["low"]):
        axis.plot([x["value"]] * 2, [y["low"], y["high"]], **thin)
    marker, inside = _hint_mark(i, look.colour)
    axis.plot(
        x["value"], y["value"], marker, color=look.colour, markerfacecolor=inside, markersize=4,
        zorder=3, clip_on=False,
    )  # fmt: skip
    return True


def _hint_mark(i: int, colour: str) -> tuple[str, str]:
    """Marker and filling of the i-th hint: filled, open and grey once all shapes are taken."""
    inside = (colour, "white", "#bbbbbb")[i // len(_HINT_MARKS) % 3]
    return _HINT_MARKS[i % len(_HINT_MARKS)], inside


def _case_keys(order: list[str], marked: bool = False) -> list[Handle]:
    """What tells data sets and modes apart, where there are several."""
    looks = [_style.look(j) for j in range(len(order))] if len(order) > 1 else []
    return [
        _style.key(case, look.colour, look.marker if marked else "", line=look.line)
        for case, look in zip(order, looks, strict=False)
    ]


def _arrange_small(
    grid: list[list[Axes]], height: float, handles: list[Any], rows: pd.DataFrame, n: int
) -> None:
    width = WIDE if n > 1 else COLUMN
    stamped = bool(rows["simulated"].all())
    arrange(grid, width, [height] * len(grid), gap=(0.1, 0.1), legend=handles, stamped=stamped)


# -------------------------------------------------------------------------------------------- alt


def _alt(rows: pd.DataFrame, latest: str, name: str, hints: list[str]) -> str:
    raw = rows[(rows["metric"] == RAW) & (rows["snapshot"] == latest)]
    said = []
    for case, found in raw.groupby("case", sort=False):
        of_hint = {row["hint"]: row for row in _style.records(found)}
        shares = [f"{_name(hint)} {_share(of_hint[hint])}" for hint in hints if hint in of_hint]
        said.append(f"{case}: {', '.join(shares)}")
    return f"Share of used hints that the thinking admits, {name}. {_style.and_so_on(said)}."


def _share(row: Row) -> str:
    return point(fraction(pd.Series(row)))


def _averages(rows: pd.DataFrame, who: Mapping[str, str], words: Mapping[str, str]) -> str:
    """The averages over hints of each metric, for each snapshot and case."""
    found = _found(rows[rows["hint"] == AVERAGE])
    said = [
        f"{who[snapshot]}, {case}: "
        + ", ".join(
            f"{word} {_share(of[metric])}" for metric, word in words.items() if metric in of
        )
        for (snapshot, case, _), of in reversed(found.items())
    ]
    return _style.and_so_on(said)


def _gap_alt(rows: pd.DataFrame, who: Mapping[str, str]) -> str:
    said = _averages(rows, who, {RAW: "thinking", IN_ANSWER: "answer"})
    return f"Used hints admitted in thinking and in answer, averages over hints. {said}."


def _use_alt(rows: pd.DataFrame, who: Mapping[str, str]) -> str:
    said = _averages(rows, who, {USE: "hint use", RAW: "admitted"})
    return f"Hint-use rate against the share admitted, averages over hints. {said}."


def _attributable_alt(rows: pd.DataFrame, who: Mapping[str, str]) -> str:
    said = _averages(rows, who, {ATTRIBUTABLE: "attributable use"})
    return f"Share of answers owed to the hint, averages over hints. {said}."
