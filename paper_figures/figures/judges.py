"""Figures of judges: what their scores tell apart, and what they are worth (METHODS §5, judge error)."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.estimators import Estimate
from analysis.validation import Calibration
from paper_figures.figures import _style
from paper_figures.figures._layout import arrange, even, legend_below, panels
from paper_figures.figures._style import COLUMN, GREY, WIDE, Drawn

_SIDE = 1.75
"""Inches of a panel, which is square where three stand side by side."""


def judge_roc(calibrations: Sequence[Calibration]) -> Drawn:
    """ROC curves of judges against labels: a panel per rubric, a curve per judge and hint.

    Args:
        calibrations: At least one; where its curve is not known, only its operating point is drawn.
    """
    figure = _by_rubric(calibrations, _curve, lambda c: c.auroc, "AUROC [95%]")
    caption = (
        "Judges against labels: share of positives found against share of negatives called positive, at every threshold of the judge's score. "
        f"Marks: the verdict's own threshold, with 95% intervals of both shares (Wilson). AUROC: Newcombe, method 5. {_n(calibrations)}. Dotted: chance. "
        f"A mark without a curve: only the verdicts are known.{_origin(calibrations)}"
    )
    said = _said(calibrations, lambda c: c.auroc)
    return Drawn("judge_roc", figure, caption, f"AUROC of judges. {said}.")


def judge_reliability(calibrations: Sequence[Calibration]) -> Drawn:
    """Reliability diagrams of judges' scores: a panel per rubric, a line per judge and hint.

    Args:
        calibrations: At least one; where its bins are not known, nothing is drawn of it.
    """
    figure = _by_rubric(calibrations, _reliability, lambda c: c.brier, "Brier score [95%]")
    caption = (
        "What judges' scores are worth: share of positive labels against the mean score, over transcripts whose scores lie in one tenth of the scale, with 95% intervals "
        f"(Wilson). Dotted: scores that are shares. Brier score: mean squared distance of score and label. {_n(calibrations)}.{_origin(calibrations)}"
    )
    said = _said(calibrations, lambda c: c.brier)
    return Drawn("judge_reliability", figure, caption, f"Brier scores of judges. {said}.")


def _by_rubric(
    calibrations: Sequence[Calibration],
    draw: Callable[[Axes, Calibration, _style.Look], bool],
    number: Callable[[Calibration], Estimate | None],
    what: str,
) -> Figure:
    """Panels with both scales from 0 to 1, one per rubric, in which each judge is drawn and named with its number.

    Args:
        calibrations: Of all panels.
        draw: Draws a judge into a panel, and says whether it drew a line.
        number: Stands behind a judge's name.
        what: Name of that number.
    """
    rubrics = list(dict.fromkeys(c.rubric for c in calibrations))
    all_simulated = all(c.simulated for c in calibrations)
    with _style.styled():
        figure, grid = panels(len(rubrics), even(len(rubrics), 3), sharex=True, sharey=True)
        for axis, rubric in zip(chain(*grid), rubrics, strict=False):
            these = [c for c in calibrations if c.rubric == rubric]
            names = _names(these, stamp=not all_simulated)
            handles = []
            for i, (name, calibration) in enumerate(zip(names, these, strict=True)):
                look = _style.look(i)
                line: Any = look.line if draw(axis, calibration, look) else ""
                label = f"{name}{_number(number(calibration))}"
                handles.append(_style.key(label, look.colour, look.marker, line=line))
            _finish(axis, rubric)
            legend_below(axis, handles, what)
        width = COLUMN if len(rubrics) == 1 else WIDE
        side = 2.4 if len(rubrics) == 1 else _SIDE
        arrange(grid, width, [side] * len(grid), gap=(0.15, 0.15), stamped=all_simulated)
    return figure


def _n(calibrations: Sequence[Calibration]) -> str:
    counts = [c.n for c in calibrations]
    n = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
    return f"n = {n} texts"


def _origin(calibrations: Sequence[Calibration]) -> str:
    """A sentence that says which judges were given simulated texts; empty where none was."""
    if all(c.simulated for c in calibrations):
        return " Labels and texts are simulated."
    some = any(c.simulated for c in calibrations)
    return " Judges marked so were given simulated texts." if some else ""


def _said(
    calibrations: Sequence[Calibration], number: Callable[[Calibration], Estimate | None]
) -> str:
    said = [
        f"{_style.told(c.rubric)} by {_style.told(c.judge)}{f', {_style.told(c.hint)}' if c.hint else ''}: {_number(number(c))}"
        for c in calibrations
    ]
    return _style.and_so_on(said, 8)


def _names(calibrations: Sequence[Calibration], stamp: bool) -> list[str]:
    """What tells curves of one rubric apart; empty where there is but one."""
    several = len({(c.judge, c.rubric_hash) for c in calibrations}) > 1
    names = []
    for c in calibrations:
        versions = {of.rubric_hash for of in calibrations if of.judge == c.judge}
        judge = f"{c.judge} ({c.rubric_hash})" if len(versions) > 1 else c.judge
        parts = [judge] if several else []
        parts += [c.hint.replace("_", " ")] if c.hint else []
        names.append(", ".join(parts) or c.judge)
    stamps = [", simulated texts" if stamp and c.simulated else "" for c in calibrations]
    short = _style.apart(names, 24)
    return [f"{name}{stamped}: " for name, stamped in zip(short, stamps, strict=True)]


def _curve(axis: Axes, calibration: Calibration, look: _style.Look) -> bool:
    axis.set_xlabel("false positive rate")
    axis.set_ylabel("true positive rate")
    if calibration.roc:
        xs, ys, _ = zip(*calibration.roc, strict=True)
        axis.plot(xs, ys, color=look.colour, linestyle=look.line, clip_on=False)
    found, spared = calibration.sensitivity, calibration.specificity
    if found.value is not None and spared.value is not None:
        x, y = 1 - spared.value, found.value
        if spared.low is not None and spared.high is not None:
            axis.plot([1 - spared.high, 1 - spared.low], [y, y], color=look.colour, linewidth=0.6)
        _up(axis, x, found, look)
        _mark(axis, x, y, look)
    return bool(calibration.roc)


def _reliability(axis: Axes, calibration: Calibration, look: _style.Look) -> bool:
    axis.set_xlabel("mean score")
    axis.set_ylabel("share of positives")
    points = [(of.score, of.positives.value) for of in calibration.bins]
    axis.plot(*np.array(points).reshape(-1, 2).T, color=look.colour, linestyle=look.line, clip_on=False)  # fmt: skip
    for of in calibration.bins:
        _up(axis, of.score, of.positives, look)
        _mark(axis, of.score, of.positives.value, look)
    return bool(points)


def _up(axis: Axes, x: float, estimate: Estimate, look: _style.Look) -> None:
    """The interval of a number that is drawn upwards."""
    if estimate.low is not None and estimate.high is not None:
        axis.plot([x, x], [estimate.low, estimate.high], color=look.colour, linewidth=0.6)


def _mark(axis: Axes, x: float, y: float | None, look: _style.Look) -> None:
    if y is None:
        return
    axis.plot(
        x, y, look.marker, color=look.colour, markersize=4.5, markeredgecolor="white", clip_on=False,
        zorder=3,
    )  # fmt: skip


def _number(estimate: Estimate | None) -> str:
    if estimate is None:
        return "not known"
    if estimate.value is None:
        return "undefined"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _finish(axis: Axes, rubric: str) -> None:
    axis.set_title(_style.told(rubric.replace("_", " ").capitalize(), 34))
    axis.plot([0, 1], [0, 1], color=GREY, linewidth=0.6, linestyle=":")
    for scale in (axis.set_xlim, axis.set_ylim):
        scale(-0.02, 1.02)
    for ticks in (axis.set_xticks, axis.set_yticks):
        ticks([0, 0.5, 1], ["0", "0.5", "1"])
