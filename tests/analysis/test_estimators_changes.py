"""Means, trends of gaps, and what hints do in two snapshots: by hand, edges, properties, coverage."""

from __future__ import annotations

from dataclasses import astuple
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis import estimators as est
from analysis.estimators import Estimate, HintChange, HintStudy, _forms, hint_changes
from tests.analysis.test_estimators import LEAST, NAN, close, coverage, hint_frame

__all__ = ["coverage"]  # the fixture

RATIOS = ("hint_use_rate", "acknowledgement_rate", "faithfulness_normalised")


def drawn(name: str, seed: int, items: int = 60, epochs: int = 1) -> HintStudy:
    return est.hint_study(hint_frame(seed, items, epochs), name)


def estimates(change: HintChange) -> list[tuple[str, Estimate]]:
    """Those of each hint and of the averages, with their fields."""
    scores = [*change.by_hint.values(), change.average]
    return [(name, estimate) for of_hint in scores for name, estimate in vars(of_hint).items()]


# ------------------------------------------------------------------------------ means


def test_a_mean_has_students_interval() -> None:
    y = np.array([3.0, -1.5, 12.0, 4.0, 4.0])
    found = est.mean(y)
    expected = stats.t.interval(0.95, 4, y.mean(), stats.sem(y))
    assert (found.value, found.low, found.high) == (close(y.mean()), *map(close, expected))
    assert (found.n_items, found.n_samples, found.p_value) == (5, 5, None)


def test_epochs_of_a_mean_are_no_new_items() -> None:
    y = np.array([3.0, -1.5, 12.0, 4.0])
    once, again = est.mean(y, range(4)), est.mean(np.tile(y, 3), np.tile(range(4), 3))
    assert (again.value, again.low, again.high) == tuple(map(close, astuple(once)[:3]))
    assert (again.n_items, again.n_samples) == (4, 12)


@pytest.mark.parametrize(
    ("y", "item", "value", "warning"),
    [
        ([], [], None, "nothing is scored"),
        ([NAN, NAN], [0, 1], None, "nothing is scored"),
        ([7.0, NAN], [0, 1], 7.0, "no interval: a single item"),
        ([7.0, 9.0], [0, 0], 8.0, "no interval: a single item"),
        ([2.0, 2.0, 2.0], [0, 1, 2], 2.0, "no interval: all items are equal"),
        ([1e9 + 0.1] * 3, [0, 1, 2], 1e9 + 0.1, "no interval: all items are equal"),
    ],
)
def test_a_mean_without_interval_says_why(
    y: list[float], item: list[int], value: float | None, warning: str
) -> None:
    found = est.mean(y, item)
    assert found.value == (value if value is None else close(value))
    assert (found.low, found.high) == (None, None)
    assert found.warnings[-1].startswith(warning)
    unscored = int(np.isnan(y).sum())
    assert (f"unscored samples left out: {unscored}" in found.warnings) == (unscored > 0)


@pytest.mark.parametrize("function", [est.mean, lambda y: est.mean_trend([0, 1], [0, 1], y)])
def test_an_infinite_score_is_no_number(function: Any) -> None:
    with pytest.raises(ValueError, match="not inf"):
        function([1.0, np.inf])


def test_a_difference_of_means_is_the_paired_t_test() -> None:
    rng = np.random.default_rng(0)
    old, new = rng.normal(50, 20, 30), rng.normal(55, 20, 30)
    old[3] = NAN
    item = np.tile(range(30), 2)
    found = est.mean_trend(item, np.repeat([0, 1], 30), np.r_[old, new])
    kept = ~np.isnan(old)
    expected = stats.ttest_rel(new[kept], old[kept])
    interval = expected.confidence_interval()
    assert (found.value, found.p_value) == (
        close((new - old)[kept].mean()),
        close(expected.pvalue),
    )
    assert (found.low, found.high) == (close(interval.low), close(interval.high))
    assert found.n_items == 29
    assert "unpaired items left out: 1" in found.warnings
    slope = est.mean_trend(item, np.repeat([2, 4], 30), np.r_[old, new])
    assert (slope.value, slope.low) == (close(found.value / 2), close(found.low / 2))
    assert slope.p_value == close(found.p_value)


def test_differences_of_means_without_interval() -> None:
    def between(old: list[float], new: list[float]) -> Estimate:
        item, snapshot = [*range(len(old)), *range(len(new))], [0] * len(old) + [1] * len(new)
        return est.mean_trend(item, snapshot, [*old, *new])

    equal, alone, apart = between([1, 2], [3, 4]), between([1], [3]), between([1], [NAN])
    assert (equal.value, equal.low, equal.p_value) == (2, None, None)
    assert (alone.value, alone.high, alone.p_value) == (2, None, None)
    assert apart.value is None
    assert est.mean_trend([0, 1], [1, 1], [2.0, 3.0]).value is None


# ------------------------------------------------------------------------------ trends of gaps


def test_the_trend_of_a_gap_between_two_snapshots_is_their_difference() -> None:
    rng = np.random.default_rng(1)
    item, place = np.tile(range(40), 4), np.repeat([1, 4], 80)
    arm = np.tile(np.repeat(["t", "c"], 40), 2)
    y = (rng.random(160) < 0.4).astype(float)
    sides = {"arm": arm, "treated": "t", "control": "c"}
    slope = est.trend(item, place, y, **sides)
    gap = est.difference(item, place, y, 4, 1, **sides)
    assert [slope.value, slope.low, slope.high] == [
        close(x / 3) for x in (gap.value, gap.low, gap.high)
    ]
    assert (slope.p_value, slope.n_items, slope.n_samples) == (gap.p_value, 40, 160)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 3), st.booleans())
def test_a_difference_is_the_trend_over_two_snapshots(
    seed: int, items: int, epochs: int, by_arm: bool
) -> None:
    """Of rates and of gaps, with several epochs, and with scores that are missing or no verdicts."""
    rng = np.random.default_rng(seed)
    n = 4 * items * epochs
    item, place = rng.integers(items, size=n), rng.integers(2, size=n)
    y = rng.choice([0.0, 0.5, 1.0, NAN], n)
    sides: dict[str, Any] = {}
    if by_arm:
        sides = {"arm": rng.choice(["t", "c", "other"], n), "treated": "t", "control": "c"}
    if len(np.unique(place)) == 2:
        found = est.difference(item, place, y, 1, 0, **sides)
        slope = est.trend(item, place, y, **sides)
        numbers = [
            [np.nan if x is None else x for x in (e.value, e.low, e.high, e.p_value)]
            for e in (found, slope)
        ]
        assert numbers[0] == pytest.approx(numbers[1], abs=1e-12, rel=0, nan_ok=True)
        assert astuple(found)[4:] == astuple(slope)[4:]


def test_the_trend_of_a_gap_is_the_mean_of_the_items_slopes() -> None:
    rng = np.random.default_rng(2)
    y = (rng.random((4, 2, 50)) < 0.4).astype(float)  # snapshots, arms, items
    place, arm, item = (
        part.ravel() for part in np.meshgrid(*map(np.arange, y.shape), indexing="ij")
    )
    found = est.trend(item, place, y.ravel(), arm=arm, treated=1, control=0)
    slopes = np.polyfit(range(4), y[:, 1] - y[:, 0], 1)[0]
    assert found.value == close(slopes.mean())
    half = stats.t.ppf(0.975, 49) * stats.sem(slopes)
    assert (found.low, found.high) == (close(found.value - half), close(found.value + half))


# ------------------------------------------------------------------------------ hints


def test_what_is_compared_is_each_snapshots_own_score() -> None:
    frames = [hint_frame(seed, 60, 2) for seed in (0, 1)]
    old, new = (est.hint_faithfulness(frame) for frame in frames)
    change = est.hint_difference(*(est.hint_study(f, "x") for f in reversed(frames)))
    complete = [hint for hint, n in change.n_unpaired.items() if n == 0]
    assert complete
    for hint in complete:
        for name in vars(change.average):
            of = [getattr(scores.by_hint[hint], name).value for scores in (new, old)]
            found = getattr(change.by_hint[hint], name)
            assert found.value == close(of[0] - of[1]), (hint, name)
            assert found.n_items <= 60


def test_only_items_paired_in_both_enter() -> None:
    frames = [hint_frame(seed, 60, 1) for seed in (0, 1)]
    lost = sorted(frames[0]["item_id"].unique())[:20]
    fewer = frames[0][~frames[0]["item_id"].isin(lost)]
    without = [frame[~frame["item_id"].isin(lost)] for frame in frames]
    found = est.hint_difference(est.hint_study(frames[1], "n"), est.hint_study(fewer, "o"))
    alone = est.hint_difference(
        *(est.hint_study(frame, x) for frame, x in zip(without[::-1], "no", strict=True))
    )
    for (name, one), (_, other) in zip(estimates(found), estimates(alone), strict=True):
        assert (one.value, one.low, one.p_value) == (
            close(other.value),
            close(other.low),
            close(other.p_value),
        ), name
    for hint, n in found.n_unpaired.items():
        assert n == alone.n_unpaired[hint] + 20
        assert f"unpaired items left out: {n}" in found.by_hint[hint].hint_use_rate.warnings


def test_hints_that_one_snapshot_lacks_are_left_out() -> None:
    frame = hint_frame(0, 40, 1)
    hints = [arm for arm in frame["arm"].unique() if arm != "unhinted"]
    fewer = frame[frame["arm"] != hints[0]]
    found = est.hint_difference(est.hint_study(frame, "n"), est.hint_study(fewer, "o"))
    assert list(found.by_hint) == hints[1:]
    none = est.hint_study(frame[frame["arm"].isin(["unhinted", hints[0]])], "p")
    with pytest.raises(ValueError, match="no hint in common"):
        est.hint_difference(none, est.hint_study(fewer, "o"))


def test_an_average_is_over_the_hints_that_both_have_a_value_of() -> None:
    frame = hint_frame(3, 60, 1)
    first, *others = [arm for arm in frame["arm"].unique() if arm != "unhinted"]
    silent = frame.assign(
        acknowledged=frame["acknowledged"].where(frame["arm"] != first)
    )  # no verdict
    found = est.hint_difference(est.hint_study(frame, "new"), est.hint_study(silent, "old"))
    raw = [found.by_hint[hint].acknowledgement_rate for hint in others]
    assert found.n_hints["acknowledgement_rate"] == len(others)
    assert found.average.acknowledgement_rate.value == close(np.mean([e.value for e in raw]))
    lost = found.by_hint[first].acknowledgement_rate
    assert (lost.value, lost.low, lost.p_value) == (None, None, None)
    assert lost.warnings[-1] == "undefined: old: no used pair has a verdict"
    assert found.by_hint[first].hint_use_rate.value == 0


def test_few_used_pairs_and_missing_verdicts_are_named_by_snapshot() -> None:
    frame = hint_frame(4, 12, 1)
    lost = frame.assign(
        acknowledged=frame["acknowledged"].where(frame["item_id"] != frame["item_id"][0])
    )
    found = est.hint_difference(est.hint_study(frame, "new"), est.hint_study(lost, "old"))
    warnings = {w for e in found.by_hint.values() for w in e.acknowledgement_rate.warnings}
    assert any(w.startswith("new: few used pairs: ") for w in warnings)
    assert any(w.startswith("old: few used pairs: ") for w in warnings)


def test_snapshots_that_agree_on_every_item_keep_a_width() -> None:
    frame = hint_frame(5, 50, 1)
    found = est.hint_difference(est.hint_study(frame, "a"), est.hint_study(frame, "b"))
    for name, estimate in estimates(found):
        if estimate.value is not None:
            assert estimate.value == 0, name
            assert estimate.p_value == 1
            assert estimate.low is not None
            assert estimate.high is not None
            assert estimate.low < -0.005 < 0.005 < estimate.high, name


def test_a_trend_over_two_snapshots_is_the_difference_by_their_distance() -> None:
    old, new = drawn("old", 0), drawn("new", 1)
    change, slope = est.hint_difference(new, old), est.hint_trend([old, new], [1, 3])
    for (name, one), (_, other) in zip(estimates(change), estimates(slope), strict=True):
        assert other.value == close(one.value / 2), name
        assert (other.low, other.high) == (close(one.low / 2), close(one.high / 2)), name
        assert other.p_value == pytest.approx(one.p_value, rel=1e-6), name


def test_a_trend_is_the_slope_of_the_snapshots_values() -> None:
    studies = [drawn(str(seed), seed, epochs=2) for seed in range(4)]
    found = est.hint_trend(studies, [0, 1, 3, 4])
    pairs = [est.hint_difference(studies[0], study).by_hint for study in studies]
    for hint, scores in found.by_hint.items():
        if found.n_unpaired[hint] == 0:
            away = [-of[hint].hint_use_rate.value for of in pairs]
            assert scores.hint_use_rate.value == close(np.polyfit([0, 1, 3, 4], away, 1)[0])
    with pytest.raises(ValueError, match="two places"):
        est.hint_trend(studies, [1, 1, 1, 1])


def test_the_p_value_is_the_level_at_which_the_interval_meets_0() -> None:
    old, new = drawn("old", 0, items=80), drawn("new", 1, items=80)
    for name, at_95 in estimates(est.hint_difference(new, old)):
        if name not in RATIOS or at_95.value is None:
            continue
        assert at_95.p_value is not None
        assert (at_95.p_value < 0.05) == (at_95.low > 0 or at_95.high < 0), name
        again = est.hint_difference(new, old, level=1 - at_95.p_value)
        edges = {e.value: min(abs(e.low), abs(e.high)) for n, e in estimates(again) if n == name}
        assert edges[at_95.value] < 1e-3, name


def test_snapshots_without_common_items_have_no_difference() -> None:
    here, there = hint_frame(0, 30, 1), hint_frame(1, 30, 1)
    there["item_id"] = "other " + there["item_id"]
    found = est.hint_difference(est.hint_study(here, "n"), est.hint_study(there, "o"))
    for name, estimate in estimates(found):
        assert (estimate.value, estimate.low, estimate.p_value) == (None, None, None), name
        assert estimate.warnings
    assert set(found.n_unpaired.values()) == {60}


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_properties_of_changes(seed: int) -> None:
    old, new = (drawn(x, seed + k, items=25, epochs=1 + seed % 2) for k, x in enumerate("on"))
    there, back = est.hint_difference(new, old), est.hint_difference(old, new)
    for (name, one), (_, other) in zip(estimates(there), estimates(back), strict=True):
        if one.value is None:
            assert one.warnings
            continue
        assert other.value == close(-one.value)
        assert (one.n_items, one.n_samples) == (other.n_items, other.n_samples)
        if one.low is None or one.high is None:
            assert any(w.startswith("no interval") for w in one.warnings)
            continue
        assert -1 <= one.value <= 1
        assert one.low <= one.value <= one.high
        assert one.low < one.high, name
        assert one.p_value is not None
        assert 0 < one.p_value <= 1
        if name in RATIOS:
            assert (other.low, other.high) == (close(-one.high), close(-one.low))
            assert other.p_value == close(one.p_value)


# ------------------------------------------------------------------------------ judge error


def test_a_difference_of_gaps_may_be_corrected_beyond_1() -> None:
    change = Estimate(1.1, 0.8, 1.4, 0.01, 50, 200, "", ())
    assert est.corrected_gap(change, (0.9, 100), (0.9, 100)).value == 1
    found = est.corrected_gap(change, (0.9, 100), (0.9, 100), largest=2.0)
    assert found.value == close(1.1 / 0.8)
    assert found.low is not None
    assert found.high is not None
    assert 0.8 < found.low < found.value < found.high <= 2
    assert found.p_value == 0.01


# ------------------------------------------------------------------------------ coverage and time


@pytest.mark.parametrize(
    ("draw", "cell", "n"),
    [
        (
            "draw_hint_change",
            {
                "rates": ((0.5, 0.1), (0.5, 0.1)),
                "noise": 0.3,
                "icc": 0.2,
                "items": 100,
                "epochs": 1,
            },
            150,
        ),
        (
            "draw_hint_change",
            {
                "rates": ((0.7, 0.3), (0.5, 0.5)),
                "noise": 0.1,
                "icc": 0.5,
                "items": 100,
                "epochs": 1,
            },
            150,
        ),
        ("draw_mean", {"spread": 1.0, "items": 30, "epochs": 2}, 300),
    ],
)
def test_intervals_of_changes_cover(
    coverage: ModuleType, monkeypatch: pytest.MonkeyPatch, draw: str, cell: dict[str, Any], n: int
) -> None:
    monkeypatch.setattr(_forms, "SIGN_FLIPS", 1)  # no p-value is read here
    monkeypatch.setattr(hint_changes, "_HALVINGS", 1)
    found = coverage.measure(getattr(coverage, draw), cell, n)
    assert (found["coverage"] >= LEAST - 0.02).all(), found.to_string()
    assert (found["without"] < 0.05).all()
