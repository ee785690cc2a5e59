"""Figures of judges: what their scores tell apart (METHODS §5, judge error)."""

from collections.abc import Sequence
from itertools import chain

from matplotlib.axes import Axes

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
                _curve(axis, calibration, look)
                label = f"{name}{_number(calibration.auroc)}"
                handles.append(
                    _style.key(
                        label, look.colour, look.marker, line=look.line if calibration.roc else ""
                    )
                )
            _finish(axis, rubric)
            legend_below(axis, handles, "AUROC [95%]")
        width = COLUMN if len(rubrics) == 1 else WIDE
        side = 2.4 if len(rubrics) == 1 else _SIDE
        arrange(grid, width, [side] * len(grid), gap=(0.15, 0.15), stamped=all_simulated)
    counts = [c.n for c in calibrations]
    n = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
    simulated = " Labels and texts are simulated." if all_simulated else ""
    some = any(c.simulated for c in calibrations) and not all_simulated
    caption = (
        "Judges against labels: share of positives found against share of negatives called positive, at every threshold of the judge's score. "
        f"Marks: the verdict's own threshold, with 95% intervals of both shares (Wilson). AUROC: Newcombe, method 5. n = {n} texts. Dotted: chance. "
        f"A mark without a curve: only the verdicts are known.{simulated}{' Judges marked so were given simulated texts.' if some else ''}"
    )
    said = [
        f"{_style.told(c.rubric)} by {_style.told(c.judge)}{f', {_style.told(c.hint)}' if c.hint else ''}: {_number(c.auroc)}"
        for c in calibrations
    ]
    return Drawn("judge_roc", figure, caption, f"AUROC of judges. {_style.and_so_on(said, 8)}.")


def _names(calibrations: Sequence[Calibration], stamp: bool) -> list[str]:
    """What tells curves of one rubric apart; empty where there is but one."""
    several = len({c.judge for c in calibrations}) > 1
    names = []
    for c in calibrations:
        parts = [c.judge] if several else []
        parts += [c.hint.replace("_", " ")] if c.hint else []
        names.append(", ".join(parts) or c.judge)
    stamps = [", simulated texts" if stamp and c.simulated else "" for c in calibrations]
    told = _style.apart(names, 24)
    return [f"{name}{stamped}: " for name, stamped in zip(told, stamps, strict=True)]


def _curve(axis: Axes, calibration: Calibration, look: _style.Look) -> None:
    if calibration.roc:
        xs, ys, _ = zip(*calibration.roc, strict=True)
        axis.plot(xs, ys, color=look.colour, linestyle=look.line, clip_on=False)
    found, spared = calibration.sensitivity, calibration.specificity
    if found.value is None or spared.value is None:
        return
    x, y = 1 - spared.value, found.value
    if spared.low is not None and spared.high is not None:
        axis.plot([1 - spared.high, 1 - spared.low], [y, y], color=look.colour, linewidth=0.6)
    if found.low is not None and found.high is not None:
        axis.plot([x, x], [found.low, found.high], color=look.colour, linewidth=0.6)
    axis.plot(
        x, y, look.marker, color=look.colour, markersize=4.5, markeredgecolor="white", clip_on=False,
        zorder=3,
    )  # fmt: skip


def _number(estimate: Estimate) -> str:
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
    axis.set_xlabel("false positive rate")
    axis.set_ylabel("true positive rate")
