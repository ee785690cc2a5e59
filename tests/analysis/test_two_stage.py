"""Two-stage rates: what a first stage flags, and an audit of what it passes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimators import rate, two_stage_rate
from analysis.estimators._forms import wilson

Z = 1.959963984540054


def stages(
    flagged: tuple[int, int], passed: tuple[int, int], unread: int, unscored: int = 0
) -> tuple[list[float], list[float]]:
    """Verdicts and first stage of (positives, negatives) flagged, (positives, negatives) audited, and so many unread."""
    y = [1.0] * flagged[0] + [0.0] * flagged[1] + [np.nan] * unscored
    n_flagged = len(y)
    y += [1.0] * passed[0] + [0.0] * passed[1] + [np.nan] * unread
    return y, [1.0] * n_flagged + [0.0] * (len(y) - n_flagged)


def test_by_hand() -> None:
    # 20 of 200 flagged, 8 of them rightly; of the 180 others 36 were audited, 1 of them positive.
    found = two_stage_rate(*stages((8, 12), (1, 35), 144))
    assert found.value == pytest.approx(8 / 200 + 180 / 200 * 1 / 36)
    assert (found.n_items, found.n_samples) == (200, 200)
    assert "the judge read 56 of 200: 20 flagged, 36 audited" in found.warnings


def test_limits_are_movers_of_wilson() -> None:
    # Nothing found in the audit: above, a share of at most W(0.9, 200) at a rate of at most W(0, 36).
    found = two_stage_rate(*stages((8, 12), (0, 36), 144))
    a, (a_low, a_high) = 8 / 200, wilson(8 / 200, 200, Z)
    share_high, audit_high = wilson(0.9, 200, Z)[1], wilson(0.0, 36, Z)[1]
    b_high = np.sqrt((audit_high * 0.9) ** 2 + ((share_high - 0.9) * audit_high) ** 2)
    assert found.value == pytest.approx(a)
    assert found.low == pytest.approx(a_low)
    assert found.high == pytest.approx(a + np.hypot(a_high - a, b_high))


def test_zero_counts_have_an_upper_limit() -> None:
    found = two_stage_rate(*stages((0, 0), (0, 30), 270))
    assert (found.value, found.low) == (0.0, 0.0)
    # About what 30 transcripts alone would say, and not what 300 would.
    only = rate([0.0] * 30).high
    assert found.high is not None
    assert only is not None
    assert found.high == pytest.approx(only, rel=0.05)


@pytest.mark.parametrize(
    ("flagged", "passed"), [((30, 10), (5, 155)), ((4, 16), (0, 0)), ((0, 0), (0, 18))]
)
def test_where_everything_is_read_it_is_the_rate_of_one_stage(
    flagged: tuple[int, int], passed: tuple[int, int]
) -> None:
    y, first = stages(flagged, passed, 0)
    found, plain = two_stage_rate(y, first), rate(y)
    assert (found.value, found.low, found.high) == (plain.value, plain.low, plain.high)


@pytest.mark.parametrize(("n", "high"), [(18, 0.176), (10, 0.278)])
def test_nothing_found_and_everything_audited_has_wilsons_limit(n: int, high: float) -> None:
    found = two_stage_rate(*stages((0, 0), (0, n), 0))
    assert found.high == pytest.approx(high, abs=0.0005)


def test_what_passed_and_was_read_as_a_whole_is_one_rate_beside_a_product() -> None:
    """20 flagged, of which 10 have a verdict and 5 are positive; 4 of the other 80 are, and all were read."""
    found = two_stage_rate(*stages((5, 5), (4, 76), 0, unscored=10))
    assert found.value == pytest.approx(20 / 100 * 5 / 10 + 4 / 100)
    assert found.low is not None
    below = 0.1 - two_stage_rate(*stages((5, 5), (0, 80), 0, unscored=10)).low  # type: ignore[operator]
    assert found.low == pytest.approx(0.14 - np.hypot(below, 0.04 - wilson(0.04, 100, Z)[0]))


@pytest.mark.parametrize(
    ("y", "first", "said"),
    [
        (*stages((5, 5), (0, 0), 90), "was audited"),
        (*stages((0, 0), (0, 0), 90), "was audited"),
        (*stages((0, 0), (1, 9), 0, unscored=5), "flagged has a verdict"),
        ([], [], "nothing is scored"),
        ([np.nan, 1.0], [np.nan, np.nan], "nothing is scored"),
    ],
)
def test_undefined(y: list[float], first: list[float], said: str) -> None:
    found = two_stage_rate(y, first)
    assert (found.value, found.low, found.high) == (None, None, None)
    assert said in found.warnings[-1]


def test_what_is_missing_is_counted_and_not_taken_for_a_no() -> None:
    y, first = stages((8, 8), (0, 40), 144, unscored=4)
    found = two_stage_rate([*y, np.nan, np.nan], [*first, np.nan, np.nan])
    assert found.value == pytest.approx(20 / 204 * 8 / 16)
    assert found.n_samples == 204
    assert "samples that the first stage could not read left out: 2" in found.warnings
    assert "unscored samples that the first stage flagged left out: 4" in found.warnings


def test_epochs_of_an_item_go_together() -> None:
    y, first = stages((8, 12), (1, 35), 144)
    alone = two_stage_rate(y, first)
    tripled = two_stage_rate(y * 3, first * 3, list(range(200)) * 3)
    assert tripled.value == pytest.approx(alone.value)
    assert tripled.n_items == 200
    assert tripled.high is not None
    assert alone.high is not None
    assert tripled.high - alone.value == pytest.approx(alone.high - alone.value, rel=0.15)  # type: ignore[operator]


@pytest.mark.parametrize(("y", "first"), [([2.0], [1.0]), ([1.0], [0.5]), ([1.0, 0.0], [1.0])])
def test_mistakes(y: list[float], first: list[float]) -> None:
    with pytest.raises(ValueError, match="must"):
        two_stage_rate(y, first)


@settings(max_examples=150, deadline=None)
@given(
    st.tuples(st.integers(0, 30), st.integers(0, 30)),
    st.tuples(st.integers(0, 30), st.integers(0, 30)),
    st.integers(0, 300),
    st.integers(0, 5),
)
def test_limits_hold_the_value_and_have_a_width(
    flagged: tuple[int, int], passed: tuple[int, int], unread: int, unscored: int
) -> None:
    found = two_stage_rate(*stages(flagged, passed, unread, unscored))
    if found.value is not None:
        assert found.low is not None
        assert found.high is not None
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert found.low < found.high


@pytest.mark.parametrize(("rate_of", "sensitivity"), [(0.05, 0.6), (0.2, 0.9)])
def test_intervals_cover_and_the_misses_of_the_first_stage_count(
    rate_of: float, sensitivity: float
) -> None:
    drawn, draws, n = np.random.default_rng(0), 200, 500
    held, values = 0, []
    for _ in range(draws):
        true = drawn.random(n) < rate_of
        first = np.where(true, drawn.random(n) < sensitivity, drawn.random(n) < 0.05)
        y = np.where(first | (drawn.random(n) < 0.2), true.astype(float), np.nan)
        found = two_stage_rate(y, first.astype(float))
        assert found.value is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= rate_of <= found.high
        values.append(found.value)
    assert held >= 0.9 * draws
    assert np.mean(values) == pytest.approx(rate_of, rel=0.1)
