"""`paper_figures.figures.judges`: reliability diagrams, and names of judges in legends."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from matplotlib.axes import Axes

from analysis.estimators import rate
from analysis.validation import Bin, Calibration
from paper_figures.figures import Drawn
from paper_figures.figures.judges import judge_reliability, judge_roc
from tests.paper_figures.test_figures import calibration

BINS = (Bin(0.1, rate([0.0] * 9 + [1.0])), Bin(0.5, rate([0.0, 1.0])), Bin(0.95, rate([1.0] * 8)))


def keys(axis: Axes) -> list[str]:
    legend = axis.get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


def test_each_bin_is_a_mark_with_its_interval_at_its_mean_score() -> None:
    known = calibration(bins=BINS, brier=rate([0.01, 0.25, 0.04]))
    one = judge_reliability([known])
    (axis,) = one.figure.axes
    marks = [line for line in axis.lines if line.get_marker() == "o"]
    assert [(m.get_xdata(), m.get_ydata()) for m in marks] == [  # type: ignore[comparison-overlap]
        ([of.score], [of.positives.value]) for of in BINS
    ]
    uprights = [list(line.get_ydata()) for line in axis.lines if len(set(line.get_xdata())) == 1]  # type: ignore[arg-type]
    for of in BINS:
        assert [of.positives.low, of.positives.high] in uprights
    assert keys(axis) == [f"lexical: 0.100 [{known.brier.low:.3f}, {known.brier.high:.3f}]"]  # type: ignore[union-attr]
    assert "n = 100 texts" in one.caption
    assert "simulated" in one.caption
    assert "Brier scores" in one.alt


def test_a_judge_without_bins_has_no_line() -> None:
    (axis,) = judge_reliability([calibration()]).figure.axes
    assert keys(axis) == ["lexical: not known"]
    assert not [line for line in axis.lines if line.get_marker() == "o"]


@pytest.mark.parametrize("draw", [judge_roc, judge_reliability])
def test_versions_of_a_rubric_are_told_apart_in_legends(
    draw: Callable[[Sequence[Calibration]], Drawn],
) -> None:
    one = calibration(bins=BINS, brier=rate([0.01, 0.25]))
    (axis,) = draw([one, replace(one, rubric_hash="cd")]).figure.axes
    assert [key.split(":")[0] for key in keys(axis)] == ["lexical (ab)", "lexical (cd)"]
    (axis,) = draw([one, replace(one, hint="grader")]).figure.axes
    assert [key.split(":")[0] for key in keys(axis)] == ["lexical", "grader"]
