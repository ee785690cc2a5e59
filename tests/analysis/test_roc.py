"""`analysis.roc`: areas and curves, with numbers worked out by hand or by brute force."""

from itertools import product
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimators import Estimate
from analysis.roc import auroc, auroc_difference, roc

scores = st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), min_size=1, max_size=12)


def by_brute_force(positives: list[float], negatives: list[float]) -> float:
    won = [(p > n) + 0.5 * (p == n) for p, n in product(positives, negatives)]
    return sum(won) / len(won)


# ---------------------------------------------------------------------------------- AUROC


@given(scores, scores)
def test_auroc_is_the_share_of_pairs_in_order(
    positives: list[float], negatives: list[float]
) -> None:
    area = auroc(positives, negatives)
    assert area.value == pytest.approx(by_brute_force(positives, negatives))
    assert area.n_items == len(positives) + len(negatives)


@given(scores, scores)
def test_auroc_of_the_classes_exchanged_is_its_complement(
    positives: list[float], negatives: list[float]
) -> None:
    there, back = auroc(positives, negatives), auroc(negatives, positives)
    assert there.value is not None
    assert back.value is not None
    assert there.value + back.value == pytest.approx(1)
    assert there.low is not None
    assert back.high is not None
    assert there.low + back.high == pytest.approx(1, abs=1e-6)


@given(scores, scores)
def test_auroc_lies_inside_an_interval_that_has_a_width(
    positives: list[float], negatives: list[float]
) -> None:
    area = auroc(positives, negatives)
    assert area.value is not None
    assert area.low is not None
    assert area.high is not None
    assert 0 <= area.low <= area.value <= area.high <= 1
    assert area.high - area.low > 0.01


@pytest.mark.parametrize(("positives", "value"), [([1.0] * 5, 1.0), ([0.0] * 5, 0.0)])
def test_perfect_separation_still_has_an_interval(positives: list[float], value: float) -> None:
    area = auroc(positives, [0.5] * 5)
    assert area.value == value
    assert area.low is not None
    assert area.high is not None
    assert area.high - area.low > 0.2


def test_a_higher_level_and_fewer_scores_are_wider() -> None:
    def width(n: int, level: float) -> float:
        area = auroc([0.2, 0.8, 0.9] * n, [0.1, 0.3, 0.8] * n, level)
        assert area.low is not None
        assert area.high is not None
        return area.high - area.low

    assert width(4, 0.99) > width(4, 0.95) > width(40, 0.95)


def test_auroc_of_an_empty_class_is_undefined() -> None:
    area = auroc([], [0.1, 0.2])
    assert (area.value, area.low, area.high) == (None, None, None)
    assert area.warnings


# ---------------------------------------------------------------------------------- ROC curve


def test_a_worked_curve() -> None:
    """A tie of two classes at 0.5; the last threshold calls all positive."""
    curve = np.array(roc([1.0, 0.8, 0.5, 0.5], [0.9, 0.5, 0.1]))
    points = [(0, 0), (0, 1 / 4), (1 / 3, 1 / 4), (1 / 3, 2 / 4), (2 / 3, 1), (1, 1)]
    assert curve[:, :2] == pytest.approx(np.array(points))
    assert curve[0, 2] > 1
    assert curve[1:, 2].tolist() == [1.0, 0.9, 0.8, 0.5, 0.1]


@given(scores, scores)
def test_each_point_is_what_its_threshold_finds(
    positives: list[float], negatives: list[float]
) -> None:
    curve = roc(positives, negatives)
    assert curve[0][:2] == (0, 0)
    assert curve[-1] == (1, 1, min(positives + negatives))
    for false_positive, true_positive, threshold in curve:
        assert true_positive == pytest.approx(np.mean([p >= threshold for p in positives]))
        assert false_positive == pytest.approx(np.mean([n >= threshold for n in negatives]))
    steps = np.diff(np.array(curve), axis=0)
    assert (steps[:, :2] >= 0).all()
    assert (steps[:, 2] < 0).all()


def area_under(curve: tuple[tuple[float, float, float], ...]) -> float:
    points = np.array(curve)
    return float(np.trapezoid(points[:, 1], points[:, 0]))


@given(scores, scores)
def test_the_area_under_the_curve_is_the_auroc(
    positives: list[float], negatives: list[float]
) -> None:
    area = auroc(positives, negatives).value
    assert area_under(roc(positives, negatives)) == pytest.approx(area)


def test_a_curve_of_many_scores_keeps_few_points_and_its_area() -> None:
    rng = np.random.default_rng(0)
    positives, negatives = rng.normal(1, 1, 3_000), rng.normal(0, 1, 3_000)
    curve = roc(positives, negatives)
    assert len(curve) == 200
    assert (curve[0][:2], curve[-1][:2]) == ((0, 0), (1, 1))
    assert area_under(curve) == pytest.approx(auroc(positives, negatives).value, abs=0.002)


def test_points_on_a_straight_stretch_are_left_out() -> None:
    curve = roc(np.linspace(1, 2, 500), np.linspace(0, 1, 500, endpoint=False))
    assert [point[:2] for point in curve] == [(0, 0), (0, 1), (1, 1)]


def test_a_curve_needs_both_classes_and_scores() -> None:
    assert roc([], [0.1]) == roc([0.1], []) == roc([float("nan")], [0.1]) == ()
    assert roc([0.9, float("nan")], [0.1])[1:] == ((0, 1, 0.9), (1, 1, 0.1))


# ---------------------------------------------------------------------------------- two areas

judged = st.integers(1, 8).flatmap(
    lambda n: st.tuples(*[st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=n, max_size=n)] * 2)
)
"""Scores of the same transcripts by two judges."""


def test_a_worked_difference() -> None:
    found = auroc_difference(([0.9, 0.8, 0.4], [0.3, 0.5]), ([0.9, 0.2, 0.1], [0.3, 0.1]))
    assert found.value == pytest.approx(5 / 6 - 3.5 / 6)
    assert (found.n_items, found.n_samples) == (5, 5)


def test_judges_that_score_alike_differ_by_nothing_that_is_sure() -> None:
    found = auroc_difference(([0.9, 0.4], [0.4, 0.1]), ([0.9, 0.4], [0.4, 0.1]))
    assert found.value == 0
    assert found.p_value is None
    assert found.warnings == ("no test: no spread of the difference is seen",)
    assert found.low is not None
    assert found.low < 0


def test_the_test_is_delongs() -> None:
    rng = np.random.default_rng(5)
    positives, negatives = rng.normal(1, 1, (2, 40)), rng.normal(0, 1, (2, 50))
    positives[1] = 0.6 * positives[0] + 0.8 * rng.normal(0, 1, 40)
    found = auroc_difference((positives[0], negatives[0]), (positives[1], negatives[1]))
    won = [
        (p[:, None] > n[None, :]).astype(float) for p, n in zip(positives, negatives, strict=True)
    ]
    of_positives, of_negatives = (np.array([w.mean(axis=axis) for w in won]) for axis in (1, 0))
    covariance = np.cov(of_positives) / 40 + np.cov(of_negatives) / 50
    contrast = np.array([1, -1])
    z = contrast @ of_positives.mean(axis=1) / np.sqrt(contrast @ covariance @ contrast)
    assert found.p_value == pytest.approx(2 * (1 - NormalDist().cdf(abs(z))))
    assert found.value == pytest.approx(of_positives[0].mean() - of_positives[1].mean())


@given(judged, judged)
def test_a_difference_lies_inside_an_interval_that_has_a_width(
    positives: tuple[list[float], list[float]], negatives: tuple[list[float], list[float]]
) -> None:
    ours, theirs = zip(positives, negatives, strict=True)
    found, back = auroc_difference(ours, theirs), auroc_difference(theirs, ours)
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert found.high - found.low > 0.01
    assert back.value == pytest.approx(-found.value)
    assert (back.low, back.high) == (pytest.approx(-found.high), pytest.approx(-found.low))
    assert back.p_value == (None if found.p_value is None else pytest.approx(found.p_value))
    assert (found.p_value is None) == bool(found.warnings)


def test_what_two_judges_share_makes_their_difference_sure() -> None:
    rng = np.random.default_rng(0)
    positives, negatives = rng.normal(1, 1, 60), rng.normal(0, 1, 60)
    noise = rng.normal(0, 0.2, (2, 60))
    alike = auroc_difference((positives, negatives), (positives + noise[0], negatives + noise[1]))
    apart = auroc_difference((positives, negatives), (rng.permutation(positives), negatives[::-1]))

    def width(found: Estimate) -> float:
        assert found.low is not None
        assert found.high is not None
        return found.high - found.low

    assert 2 * width(alike) < width(apart)


def test_intervals_of_differences_cover() -> None:
    """300 draws of 26 positives and 28 negatives, by judges that share half of what they see."""
    rng = np.random.default_rng(1)
    n_held = 0
    for _ in range(300):
        shared, own = rng.normal(0, 1, 54), rng.normal(0, 1, (2, 54))
        seen = np.sqrt(0.5) * (shared + own) + np.outer([1.812, 0.742], np.arange(54) < 26)
        ours, theirs = ((scores[:26], scores[26:]) for scores in seen)
        found = auroc_difference(ours, theirs)
        assert found.low is not None
        assert found.high is not None
        n_held += found.low <= 0.9 - 0.7 <= found.high
    assert n_held / 300 >= 0.93


def test_a_difference_needs_both_classes() -> None:
    found = auroc_difference(([], [0.1]), ([], [0.2]))
    assert (found.value, found.p_value) == (None, None)
    assert found.warnings
