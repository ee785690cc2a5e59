"""Figures of a report, made from `results.csv` rows and written as PNG, SVG and PDF."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.estimators import FEW_USED
from analysis.faithfulness import AVERAGE
from analysis.snapshots import ALIGNMENT_FAKING, CLUE_FAITHFULNESS, short_names
from paper_figures.cells import hint_order, one_row
from paper_figures.tables.faithfulness import FEW, few, why_none

FORMATS = ("png", "svg", "pdf")

_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "svg.fonttype": "none",
    "svg.hashsalt": "saydo",  # the same rows give the same file
    "pdf.fonttype": 42,
}
_TRAINED, _UNTRAINED, _DARK, _GREY = "#c1532b", "#3b6ea5", "#2b2b2b", "#8a8a8a"
# Colours that stay apart in grey and for colour-blind readers; shapes say the same again.

_ROW_INCHES = 0.42
_SPREAD = 0.62
"""Share of a row's height that its marks take up."""

_SHOWN = ("compliance_rate", "compliance_gap", "alignment_faking_reasoning_rate")

_ARMS = (("training", _TRAINED, "o", -0.24), ("unmonitored", _UNTRAINED, "s", 0.24))
"""Arms with their colour, marker and place within the height of a mode."""


_CAPTIONS = {
    ALIGNMENT_FAKING: "Compliance by arm, compliance gap and alignment-faking rate per snapshot and mode. Open marks: "
    "standard mode; filled: extended thinking. Bars: 95% intervals. Diamonds: published figures, whose "
    "denominators are not stated in their source.",
    CLUE_FAITHFULNESS: "Share of used hints that the thinking admits, per snapshot and hint. Open marks: standard mode; filled: "
    "extended thinking; dashes: chance-normalised. Numbers: the raw share. Bars: 95% intervals; a mark without a bar has "
    f"none. {FEW}: fewer than {FEW_USED} used pairs. Diamonds: published figures (Claude 3.7 Sonnet system "
    "card, Figure 12).",
}


@dataclass(frozen=True)
class Drawn:
    """A figure ready to write: its name, and what stands under it."""

    name: str
    figure: Figure
    caption: str


def every(measured: pd.DataFrame, published: pd.DataFrame) -> list[Drawn]:
    """The figures that the rows give, headlines first.

    Args:
        measured: Rows of `analysis.snapshots.results`.
        published: Rows of `analysis.snapshots.published`.
    """
    found = []
    for name, draw in (
        (ALIGNMENT_FAKING, alignment_faking),
        (CLUE_FAITHFULNESS, clue_faithfulness),
    ):
        rows, cited = (table[table["table"] == name] for table in (measured, published))
        if len(rows):
            found.append(Drawn(name, draw(rows, cited), _CAPTIONS[name]))
    return found


def alignment_faking(results: pd.DataFrame, published: pd.DataFrame) -> Figure:
    """Compliance by arm, compliance gap and AF rate: a row per snapshot, a mark per mode.

    Args:
        results: Measured rows of results.csv.
        published: Published rows, drawn as diamonds below.
    """
    results = results[results["metric"].isin(_SHOWN)]
    names = short_names(results["snapshot"])
    stamps = results["simulated"].map({True: " (simulated)", False: ""})
    label = results["snapshot"].map(names) + stamps + _told_apart(results)
    measured = list(results.groupby(label, sort=False))
    cited = list(published.groupby("row", sort=False))
    labels = [*(name for name, _ in measured), *(f"{name} (published)" for name, _ in cited)]
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(
            *(1, 3),
            figsize=(7.2, 1.0 + _ROW_INCHES * len(labels)),
            sharey=True,
            width_ratios=(1.2, 1, 1),
            layout="constrained",
        )
        for row, (_, rows) in enumerate(measured):
            _measured(axes, row, rows)
        for row, (_, rows) in enumerate(cited, start=len(measured)):
            _cited(axes[1], row, one_row(rows, "compliance_gap"))
            _cited(axes[2], row, one_row(rows, "alignment_faking_reasoning_rate"))
        _finish(axes, labels, len(measured))
    return figure


def clue_faithfulness(results: pd.DataFrame, published: pd.DataFrame) -> Figure:
    """Raw faithfulness under each hint and on average, with the chance-normalised score as a dash.

    A panel per snapshot and data set, a mark per mode; published figures in a last panel.

    Args:
        results: Measured rows of results.csv.
        published: Published rows, drawn as diamonds.
    """
    results = results[results["metric"].isin(_SCORES) & (results["visibility"] == "raw")]
    hints = hint_order(results["hint"])
    names = results["snapshot"].map(short_names(results["snapshot"]))
    stamps = results["simulated"].map({True: " (simulated)", False: ""})
    panels = list(results.groupby(names + stamps + _told_apart(results), sort=False))
    cited = list(published.groupby("dataset", sort=False))
    n_rows = len(panels) + bool(cited)
    with plt.rc_context(_STYLE):
        crowded = len(hints) > _SIDE_BY_SIDE
        figure, grid = plt.subplots(
            *(n_rows, 1),
            figsize=(7.2, 0.5 + 0.6 * crowded + _PANEL_INCHES * n_rows),
            sharex=True,
            squeeze=False,
            layout="constrained",
        )
        axes = grid[:, 0]
        for axis, (name, rows) in zip(axes, panels, strict=False):
            axis.set_title(name)
            for place, hint in enumerate(hints):
                _score(axis, place, rows, hint, crowded)
        if cited:
            axes[-1].set_title(f"{published['row'].iloc[0]} (published)")
            _cited_scores(axes[-1], hints, cited, crowded)
        _finish_scores(axes, hints, bool(cited))
    return figure


_SCORES = ("acknowledgement_rate", "faithfulness_normalised")


def _score(axis: Axes, place: float, rows: pd.DataFrame, hint: str, crowded: bool) -> None:
    """Both modes of one hint, side by side."""
    modes = list(rows.groupby(["reasoning", "factors"], sort=False))
    for i, (_, mode) in enumerate(modes):
        x = place + _SPREAD * ((i + 0.5) / len(modes) - 0.5)
        raw, normalised = (one_row(mode, metric, hint=hint) for metric in _SCORES)
        if raw is None:
            continue
        if pd.isna(raw["value"]):
            said = axis.text(x, 0, why_none(raw, mode), ha="center", va="bottom", rotation=90)
            said.set(color=_GREY, style="italic", fontsize=_SMALL)
            continue
        top = raw["value"]
        if pd.notna(raw["low"]):
            axis.plot([x, x], [raw["low"], raw["high"]], color=_DARK, linewidth=1.1)
            top = raw["high"]
        _printed_above(axis, x, top, f"{raw['value']:.2f}{few(raw)}", _DARK, crowded)
        inside = _DARK if raw["reasoning"] == "extended" else "white"
        axis.plot(x, raw["value"], "o", markersize=4.2, color=_DARK, markerfacecolor=inside)
        if normalised is not None and pd.notna(normalised["value"]):
            (dash,) = axis.plot(x, normalised["value"], "_", markersize=9, color=_TRAINED)
            dash.set(markeredgewidth=1.6, zorder=1.9)  # behind the mark, which tells the mode


def _cited_scores(
    axis: Axes, hints: list[str], cited: list[tuple[Any, pd.DataFrame]], crowded: bool
) -> None:
    gap = " " if crowded else "\n"
    for i, (dataset, rows) in enumerate(cited):
        for place, hint in enumerate(hints):
            row = one_row(rows, "acknowledgement_rate", hint=hint)
            if row is None:
                continue
            x = place + _SPREAD * ((i + 0.5) / len(cited) - 0.5)
            axis.plot(x, row["value"], "D", markersize=4, color=_GREY, markerfacecolor="none")
            quoted = str(row["warnings"]).removeprefix("quoted as ")
            _printed_above(axis, x, row["value"], f"{dataset}{gap}{quoted}", _GREY, crowded)


def _printed_above(axis: Axes, x: float, top: float, text: str, colour: str, crowded: bool) -> None:
    """A value as the card prints it: over its bar; upright where hints are many."""
    axis.annotate(
        text,
        (x, float(top)),
        (0, 3.5),
        textcoords="offset points",
        ha="center",
        va="bottom",
        linespacing=1,
        rotation=90 if crowded else 0,
        fontsize=_SMALL,
        color=colour,
    )


def _finish_scores(axes: np.ndarray, hints: list[str], cited: bool) -> None:
    crowded = len(hints) > _SIDE_BY_SIDE
    for axis in axes:
        axis.set_ylim(-0.05, 1.4 if crowded else 1.2)  # room for what is printed over a bar
        axis.set_yticks([0, 0.5, 1])
        axis.grid(axis="y", color="#e6e6e6", linewidth=0.6)
        axis.set_axisbelow(True)
        if hints and hints[-1] == AVERAGE:
            axis.axvline(len(hints) - 1.5, color=_GREY, linewidth=0.6, linestyle=":")
    axes[-1].set_xticks(range(len(hints)), [hint.replace("_", " ") for hint in hints])
    axes[-1].set_xlim(-0.5, len(hints) - 0.5)
    if crowded:
        for label in axes[-1].get_xticklabels():
            label.set(rotation=60, ha="right", rotation_mode="anchor")
    else:
        for axis in axes:  # a page shows a few panels at a time
            axis.tick_params(axis="x", labelbottom=True)
    axes[0].figure.supylabel("share of used hints admitted", fontsize=8)
    handles = [
        _key("raw, standard", _DARK, "o", "white"),
        _key("raw, extended thinking", _DARK, "o"),
        _key("chance-normalised", _TRAINED, "_", linewidth=0),
        *([_key("published", _GREY, "D", "none", linewidth=0)] if cited else []),
    ]
    axes[0].figure.legend(
        handles=handles, loc="outside lower center", ncols=4, frameon=False, fontsize=7
    )


_SIDE_BY_SIDE = 8
"""Hints whose names and numbers fit side by side."""

_PANEL_INCHES = 1.4

_SMALL = 6
"""Size of what is printed beside marks."""


def _told_apart(results: pd.DataFrame) -> pd.Series:
    """What must stand beside a snapshot's name: conditions that vary, where reasoning happens apart.

    Elicitation mostly goes with the mode, which the mark shows.
    """
    factors = results["factors"]
    where = factors.str.extract(r"(elicitation=\w+)", expand=False)
    if where.groupby(results["reasoning"]).nunique().le(1).all():
        factors = factors.str.replace(r"elicitation=\w+(; )?", "", regex=True)
    each = factors.str.split("; ", expand=True).fillna("")
    parts = [results[name] for name in ("task", "setting", "dataset", "judge")]
    varying = [part for part in (*parts, *(each[i] for i in each)) if part.nunique() > 1]
    return sum((", " + part for part in varying), pd.Series("", index=results.index))


def write(figure: Figure, name: str, folder: Path) -> None:
    """Write a figure as `FOLDER/NAME.{png,svg,pdf}`, without the date, so that reruns are equal."""
    folder.mkdir(parents=True, exist_ok=True)
    dateless = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
    with plt.rc_context(_STYLE):  # fonts and salt are looked up when the file is written
        _settle(figure)
        for suffix in FORMATS:
            figure.savefig(folder / f"{name}.{suffix}", dpi=300, metadata=dateless[suffix])
    plt.close(figure)


def _settle(figure: Figure) -> None:
    """End the layout, rounded: its solver's last digits differ from run to run."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axis in figure.axes:
        left, bottom, width, height = np.round(axis.get_position().bounds, 4)
        axis.set_position((left, bottom, width, height))


def _measured(axes: np.ndarray, row: int, rows: pd.DataFrame) -> None:
    modes = list(rows.groupby(["reasoning", "factors"], sort=False))
    for i, (_, mode) in enumerate(modes):
        place = row + _SPREAD * ((i + 0.5) / len(modes) - 0.5)
        for arm, colour, marker, shift in _ARMS:
            rate = one_row(mode, "compliance_rate", arm=arm)
            _mark(axes[0], place + shift * _SPREAD / len(modes), rate, colour, marker)
        _mark(axes[1], place, one_row(mode, "compliance_gap"), _DARK, "o")
        faking = one_row(mode, "alignment_faking_reasoning_rate", visibility="raw")
        _mark(axes[2], place, faking, _DARK, "o")


def _mark(axis: Axes, place: float, row: pd.Series | None, colour: str, marker: str) -> None:
    if row is None or pd.isna(row["value"]):
        across = axis.get_yaxis_transform()
        said = axis.text(0.03, place, "not measurable", transform=across, va="center")
        said.set(color=_GREY, style="italic", fontsize=6.5)
        return
    value, low, high = (100 * float(row[name]) for name in ("value", "low", "high"))
    axis.plot([low, high], [place, place], color=colour, linewidth=1.1, solid_capstyle="butt")
    extended = row["reasoning"] == "extended"
    axis.plot(
        value,
        place,
        marker=marker,
        markersize=4.2,
        color=colour,
        markerfacecolor=colour if extended else "white",
    )


def _cited(axis: Axes, place: float, row: pd.Series | None) -> None:
    if row is None:
        return
    value = 100 * float(row["value"])
    axis.plot(value, place, marker="D", markersize=4, color=_GREY, markerfacecolor="none")
    quoted = str(row["warnings"]).removeprefix("quoted as ")
    quoted += " (of refusals)" if row["metric"] == "compliance_gap" else ""
    axis.annotate(quoted, (value, place), (6, 0), textcoords="offset points", va="center",
                  color=_GREY, fontsize=7)  # fmt: skip


def _finish(axes: np.ndarray, labels: list[str], n_measured: int) -> None:
    for axis, title in zip(axes, ("Compliance (%)", "Gap (points)", "AF rate (%)"), strict=True):
        axis.set_title(title)
        axis.axvline(0, color=_GREY, linewidth=0.6, zorder=0)
        axis.tick_params(axis="y", length=0)
        axis.grid(axis="x", color="#e6e6e6", linewidth=0.6)
        axis.set_axisbelow(True)
        axis.axhline(n_measured - 0.5, color=_GREY, linewidth=0.6, linestyle=":")
    axes[0].set_yticks(range(len(labels)), labels)
    axes[0].set_ylim(len(labels) - 0.5, -0.6)
    axes[0].set_xlim(-2, 102)
    axes[2].set_xlim(-1, 1.18 * axes[2].get_xlim()[1])  # room for what is quoted beside a diamond
    handles = [
        _key("training arm", _TRAINED, "o"),
        _key("unmonitored arm", _UNTRAINED, "s"),
        _key("standard", _DARK, "o", "white"),
        _key("extended thinking", _DARK, "o"),
        _key("published", _GREY, "D", "none", linewidth=0),
    ]
    axes[0].figure.legend(
        handles=handles, loc="outside lower center", ncols=5, frameon=False, fontsize=7
    )


def _key(
    label: str, colour: str, marker: str, inside: str | None = None, linewidth: float = 1
) -> Line2D:
    return Line2D(
        [],
        [],
        color=colour,
        marker=marker,
        markerfacecolor=inside or colour,
        markersize=4.2,
        linewidth=linewidth,
        label=label,
    )
