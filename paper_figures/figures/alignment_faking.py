"""Figures of alignment faking (METHODS §1): compliance by arm, the gap, and who fakes."""

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from analysis.quantities import BASELINE, RATED, TRAINED, UNTRAINED
from paper_figures.cells import UNDEFINED, interval, p_value, point
from paper_figures.figures import _marks, _style
from paper_figures.figures._layout import arrange, panels
from paper_figures.figures._marks import Lines, Row, defined
from paper_figures.figures._style import COLUMN, DARK, GREY, SMALL, WIDE, Drawn

RATE, GAP, FAKING = "compliance_rate", "compliance_gap", "alignment_faking_reasoning_rate"

_ARMS = {
    TRAINED: ("#994455", "#f0b3bd", "o"),
    RATED: ("#997700", "#eecc66", "^"),
    UNTRAINED: ("#004488", "#004488", "s"),
    BASELINE: ("#666666", "white", "v"),
}
"""Arms in their order, with the colour of their marks, of their bars, and their marker."""

_CHANGES = {"_change": "Change from the one before", "_vs_reference": "Change from reference"}
"""Differences between snapshots, by what their metric ends in."""

_OF_CITED = (
    " Their denominators are not stated in their source; a published gap is one of refusals."
)
_MODELESS = " The mode of these AF rates is not stated in their source."

_HATCH = "//////"

_CLOSE = 0.7
"""Of a lane: what marks without a number beside them need."""


def overview(measured: pd.DataFrame, published: pd.DataFrame) -> Drawn:
    """Compliance by arm, compliance gap and AF rate: a line per snapshot, a lane per mode.

    Args:
        measured: Rows of results.csv.
        published: Published rows, drawn as diamonds below.
    """
    rows = _shown(measured, (RATE, GAP, FAKING))
    lines, cited = _lines(rows), _cited(published, (GAP, FAKING))
    with _style.styled():
        figure, grid = panels(3, 3, sharey=True)
        place = _places(lines, cited, lambda modes: _CLOSE * sum(map(_n_arms, modes)))
        for i, (_, modes) in enumerate(lines):
            n, done = sum(_n_arms(rates) for rates in modes), 0
            for of_mode in modes:
                arms = [arm for arm in _ARMS if (RATE, arm) in of_mode]
                for k, arm in enumerate(arms):
                    colour, _, marker = _ARMS[arm]
                    at = place.lane(i, done + k, n)
                    _marks.across(grid[0][0], at, of_mode[RATE, arm], colour, marker)
                middle = place.lane(i, done + (_n_arms(of_mode) - 1) / 2, n)
                _marks.across(grid[0][1], middle, of_mode.get((GAP, "")))
                _marks.across(grid[0][2], middle, of_mode.get((FAKING, TRAINED)))
                done += _n_arms(of_mode)
        for i, (_, of_row) in enumerate(cited, start=len(lines)):
            _marks.cited(grid[0][1], place.lane(i), of_row.get((GAP, "")))
            _marks.cited(grid[0][2], place.lane(i), of_row.get((FAKING, "")))
        _finish_overview(grid[0], place)
        handles = [*_arm_keys(rows), *_mode_keys(rows), *_cited_key(cited)]
        stamped = bool(rows["simulated"].all())
        arrange(grid, WIDE, [place.inches], (1.25, 1, 1), legend=handles, stamped=stamped)
    caption = (
        "Compliance by arm, compliance gap (training minus unmonitored, paired by item) and alignment-faking rate (complied with "
        f"alignment-faking reasoning, of training transcripts whose raw thinking can be read). Bars: {_style.kinds(rows)}; "
        f"{_counts(rows)}. A mark without a bar has no interval.{_style.sources(published)}"
        f"{_OF_CITED if len(cited) else ''}{_style.origin(rows)}"
    )
    return Drawn("alignment_faking", figure, caption, _alt(rows))


def compliance_by_arm(measured: pd.DataFrame, published: pd.DataFrame) -> Drawn:
    """Bars of compliance in each arm, the share that fakes alignment hatched within the training bar.

    A line per snapshot, a panel per mode.

    Args:
        measured: Rows of results.csv.
        published: Published rows; AF rates are drawn as diamonds below.
    """
    rows = _shown(measured, (RATE, FAKING))
    modes = list(dict.fromkeys(rows["reasoning"]))
    lines, cited = _lines(rows), _cited(published, (FAKING,))
    arms = [arm for arm in _ARMS if (rows["arm"] == arm).any()]
    with _style.styled():
        figure, grid = panels(len(modes), len(modes), sharex=True, sharey=True)
        place = _places(
            lines, cited, lambda found: len(arms) * max(_n_in(found, name) for name in modes)
        )
        for axis, reasoning in zip(grid[0], modes, strict=True):
            axis.set_title(_style.mode(reasoning).capitalize())
            for i, (_, found) in enumerate(lines):
                of_mode = [rates for rates in found if _reasoning(rates) == reasoning]
                n = len(of_mode) * len(arms)
                for j, (rates, arm) in enumerate(product(of_mode, arms)):
                    _bar(axis, place.lane(i, j, n), 0.94 * place.lane_height(i, n), rates, arm)
            place.name(axis, labelled=axis is grid[0][0])
            axis.set_xlim(0, 100)
            axis.set_xlabel("Complied (%)")
        for i, (_, of_row) in enumerate(cited, start=len(lines)):
            _marks.cited(grid[0][0], place.lane(i), of_row.get((FAKING, "")))
        handles = [
            *(_style.patch(f"{arm} arm", *_face(arm)) for arm in arms),
            _style.patch("of which with alignment-faking reasoning", *_face(TRAINED, _HATCH)),
            *_cited_key(cited, "AF rate, published"),
        ]
        stamped = bool(rows["simulated"].all())
        width = COLUMN if len(modes) == 1 else WIDE
        arrange(grid, width, [place.inches], gap=(0.2, 0.1), legend=handles, stamped=stamped)
    caption = (
        f"Compliance by arm. Bars: share of transcripts that complied, with {_style.kinds(rows)}; {_style.between(rows['n_samples'], 'transcripts')} in each. "
        "Hatched: the share of training transcripts that complied with alignment-faking reasoning, of those whose raw thinking can be "
        f"read. “{UNDEFINED}”: no transcript could be scored, or no thinking read.{_style.sources(_with(published, (FAKING,)))}{_MODELESS if len(cited) else ''}{_style.origin(rows)}"
    )
    return Drawn("compliance_by_arm", figure, caption, _alt(rows))


def gap_forest(measured: pd.DataFrame, published: pd.DataFrame) -> Drawn:
    """The compliance gap of each snapshot and mode with its test, and what changed between snapshots.

    Args:
        measured: Rows of results.csv.
        published: Published rows, drawn as diamonds below.
    """
    metrics = [GAP, *(GAP + change for change in _CHANGES)]
    rows = _shown(measured, metrics)
    shown = [metric for metric in metrics if (rows["metric"] == metric).any()]
    lines, cited = _lines(rows), _cited(published, (GAP,))
    with _style.styled():
        figure, grid = panels(len(shown), len(shown), sharey=True)
        place = _places(lines, cited, len)
        for axis, metric in zip(grid[0], shown, strict=True):
            for i, (_, modes) in enumerate(lines):
                for j, of_mode in enumerate(modes):
                    row, y = of_mode.get((metric, "")), place.lane(i, j, len(modes))
                    _marks.across(axis, y, row)
                    if row is not None and defined(row):
                        _beside(axis, y, row, with_interval=metric == GAP)
            _finish_gap(axis, metric, rows)
            place.name(axis, labelled=axis is grid[0][0])
        for i, (_, of_row) in enumerate(cited, start=len(lines)):
            _marks.cited(grid[0][0], place.lane(i), of_row.get((GAP, "")))
        arrange(
            grid,
            COLUMN if len(shown) == 1 else WIDE,
            [place.inches],
            (1.5, 1, 1)[: len(shown)],
            legend=[*_mode_keys(rows), *_cited_key(cited)],
            stamped=bool(rows["simulated"].all()),
        )
    gaps = rows[rows["metric"] == GAP]
    changes = " Changes are paired by item." if len(shown) > 1 else ""
    caption = (
        f"Compliance gap: training minus unmonitored, in points, paired by item. Bars: {_style.kinds(rows)}; {_style.between(gaps['n_items'], 'pairs')}. "
        f"p: Holm-adjusted over all gaps shown; where none stands, there is no test.{changes}{_slopes(measured)}"
        f"{_style.sources(_with(published, (GAP,)))}{_OF_CITED if len(cited) else ''}{_style.origin(rows)}"
    )
    return Drawn("gap_forest", figure, caption, _alt(rows))


# ----------------------------------------------------------------------------------- what is drawn

Rates = dict[tuple[str, str], Row]
"""Rows of one snapshot, condition and mode, by metric and arm."""


def _shown(measured: pd.DataFrame, metrics: Iterable[str]) -> pd.DataFrame:
    rows = measured[measured["metric"].isin(list(metrics)) & measured["arm"].isin(["", *_ARMS])]
    return rows[rows["visibility"] != "summary"]


def _with(published: pd.DataFrame, metrics: Iterable[str]) -> pd.DataFrame:
    return published[published["metric"].isin(list(metrics))]


def _lines(rows: pd.DataFrame) -> list[tuple[str, list[Rates]]]:
    """Each line's label, and what each of its lanes shows."""
    found = []
    for label, line in rows.groupby(_style.labels(rows), sort=False):
        lanes = line.groupby(["reasoning", "factors"], sort=False)
        found.append((str(label), [_rates(of_lane) for _, of_lane in lanes]))
    return found


def _cited(published: pd.DataFrame, metrics: Sequence[str]) -> list[tuple[str, Rates]]:
    found = _with(published, metrics).groupby("row", sort=False)
    return [(_style.told(f"{name}", 30), _rates(rows)) for name, rows in found]


def _rates(rows: pd.DataFrame) -> Rates:
    return {(row["metric"], row["arm"]): row for row in _style.records(rows.iloc[::-1])}


def _reasoning(rates: Rates) -> Any:
    return next(iter(rates.values()))["reasoning"]


def _places(
    lines: Sequence[tuple[str, list[Rates]]],
    cited: Sequence[tuple[str, Rates]],
    n_lanes: Callable[[list[Rates]], float],
) -> Lines:
    names = [label for label, _ in (*lines, *cited)]
    return Lines(names, [*(n_lanes(found) for _, found in lines), *(1 for _ in cited)], len(lines))


def _n_arms(rates: Rates) -> int:
    return max(sum((RATE, arm) in rates for arm in _ARMS), 1)


def _n_in(found: Sequence[Rates], reasoning: str) -> int:
    return sum(_reasoning(rates) == reasoning for rates in found)


def _bar(axis: Axes, y: float, height: float, rates: Rates, arm: str) -> None:
    row = rates.get((RATE, arm))
    if row is None:
        return
    if not defined(row):
        _marks.unsaid(axis, y)
        return
    face, _, edge = _face(arm)
    value, said = 100 * row["value"], point(interval(pd.Series(row)))
    axis.barh(y, value, height, color=face, edgecolor=edge, linewidth=0.5)
    faking = rates.get((FAKING, TRAINED)) if arm == TRAINED else None
    if faking is not None and defined(faking):
        share = min(100 * faking["value"], value)
        axis.barh(y, share, height, color=face, hatch=_HATCH, edgecolor=edge, linewidth=0.5)
    elif faking is not None:
        said += f" (AF share {UNDEFINED})"
    end = value
    if pd.notna(row["low"]):
        end = 100 * row["high"]
        axis.plot([100 * row["low"], end], [y, y], color="white", linewidth=1.8, zorder=2.5)
        axis.plot([100 * row["low"], end], [y, y], color=DARK, linewidth=0.8, zorder=2.6)
    _at_the_end(axis, y, end, said)


def _at_the_end(axis: Axes, y: float, end: float, said: str) -> None:
    """A number behind its bar, clear of the axis."""
    axis.annotate(
        said, (end, y), (2.5, 0), textcoords="offset points", va="center", fontsize=SMALL,
        annotation_clip=False,
    )  # fmt: skip


def _face(arm: str, hatch: str = "") -> tuple[str, str, str]:
    """Colour, hatch and edge of an arm's bar."""
    edge, face, _ = _ARMS[arm]
    return face, hatch, edge


def _beside(axis: Axes, y: float, row: Row, with_interval: bool) -> None:
    said = _marks.signed(row) if with_interval else ""
    if pd.notna(row["p_adjusted"]):
        p = p_value(row["p_adjusted"])
        said += f"  p {p}" if p.startswith("<") else f"  p = {p}"
    axis.text(
        1.02, y, said.strip(), transform=axis.get_yaxis_transform(), va="center", fontsize=SMALL
    )


def _finish_gap(axis: Axes, metric: str, rows: pd.DataFrame) -> None:
    axis.axvline(0, color=GREY, linewidth=0.7, zorder=1)
    axis.set_xlabel("points")
    if metric == GAP:
        axis.set_title("Compliance gap")
        return
    against = rows.loc[rows["metric"] == metric, "column"].unique()
    change = _CHANGES[metric.removeprefix(GAP)]
    name = str(against[0]).removeprefix("change from ").split("/", 1)[-1]
    reference = metric.endswith("_vs_reference") and len(against) == 1
    axis.set_title(f"Change from {_style.told(name, 16)}" if reference else change)


def _finish_overview(axes: Sequence[Axes], place: Lines) -> None:
    for axis, title in zip(axes, ("Compliance (%)", "Gap (points)", "AF rate (%)"), strict=True):
        axis.set_title(title)
        place.name(axis, labelled=axis is axes[0])
    axes[0].set_xlim(-2, 102)
    axes[1].axvline(0, color=GREY, linewidth=0.7, zorder=1)
    axes[2].set_xlim(-1, max(1.15 * axes[2].get_xlim()[1], 5))


def _arm_keys(rows: pd.DataFrame) -> list[Any]:
    arms = [arm for arm in _ARMS if (rows["arm"] == arm).any()]
    return [_style.key(f"{arm} arm", _ARMS[arm][0], _ARMS[arm][2]) for arm in arms]


def _mode_keys(rows: pd.DataFrame) -> list[Any]:
    modes = dict.fromkeys(rows["reasoning"])
    return [
        _style.key(_style.mode(name), DARK, "o", DARK if name == "extended" else "white")
        for name in modes
    ]


def _cited_key(cited: Sequence[Any], label: str = "published") -> list[Any]:
    return [_style.key(label, DARK, "D", "white", line="")] if cited else []


# ---------------------------------------------------------------------------------------- captions


def _counts(rows: pd.DataFrame) -> str:
    pairs, rates = rows[rows["metric"] == GAP], rows[rows["metric"] != GAP]
    said = [_style.between(rates["n_samples"], "transcripts for rates")] if len(rates) else []
    return ", ".join(
        [*said, *([_style.between(pairs["n_items"], "pairs for gaps")] if len(pairs) else [])]
    )


def _slopes(measured: pd.DataFrame) -> str:
    """The trend over snapshots, for each mode that has one."""
    trend = measured[(measured["metric"] == f"{GAP}_trend") & measured["value"].notna()]
    if trend.empty:
        return ""
    about = _style.cases(trend)
    said = [f"{a} {_marks.signed(r)}" for a, r in zip(about, _style.records(trend), strict=True)]
    return f" Slope in points per snapshot: {'; '.join(said)}."


def _alt(rows: pd.DataFrame) -> str:
    """What each snapshot's rows say, latest last, in a sentence."""
    who = _style.labels(rows).str.replace("\n", ", ") + ", " + rows["reasoning"].map(_style.mode)
    said = []
    for name, found in rows.groupby(who, sort=False):
        rates = _rates(found)
        parts = [
            *(f"{arm} arm {_percent(rates[RATE, arm])}" for arm in _ARMS if (RATE, arm) in rates),
            *([f"gap {_marks.signed(rates[GAP, ''])} points"] if _has(rates, (GAP, "")) else []),
            *(
                [f"AF rate {_percent(rates[FAKING, TRAINED])}"]
                if (FAKING, TRAINED) in rates
                else []
            ),
        ]
        said.append(f"{name}: {', '.join(parts)}")
    return f"Alignment faking by snapshot. {_style.and_so_on(said)}."


def _has(rates: Rates, at: tuple[str, str]) -> bool:
    return defined(rates.get(at))


def _percent(row: Row) -> str:
    return _style.percent(row)
