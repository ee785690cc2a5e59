"""A share of transcripts that a judge's verdict is about only in a part of them, corrected for its error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimators import (
    Estimate,
    corrected_difference,
    corrected_rate,
    corrected_share,
    rate,
)

N = 100_000  # so many that sampling error does not show


def sure(p: float, n: int = N) -> Estimate:
    positives = round(p * n)
    return rate(np.repeat([1.0, 0.0], [positives, n - positives]))


def test_false_positives_count_in_the_part_alone() -> None:
    # Of 100 transcripts 30 comply, 5 of them faking; a judge of 0.9 and 0.9 flags 0.9 x 5 + 0.1 x 25 = 7.
    found = corrected_share(sure(0.3), sure(7 / 30), sure(0.9), sure(0.9))
    assert found.value == pytest.approx(0.05, abs=1e-4)
    assert corrected_rate(sure(0.07), sure(0.9), sure(0.9)).value == 0.0


def test_where_all_are_in_the_part_it_is_the_corrected_rate() -> None:
    found = corrected_share(sure(1.0), sure(0.2), sure(0.8), sure(0.95))
    assert found.value == corrected_rate(sure(0.2), sure(0.8), sure(0.95)).value


def test_an_empty_part_has_no_positives() -> None:
    nothing = rate(np.array([]))
    found = corrected_share(sure(0.0, 50), nothing, sure(0.8, 40), sure(0.95, 40))
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(sure(0.0, 50).high)


@pytest.mark.parametrize(
    ("share", "among", "a", "b"),
    [(rate(np.array([])), sure(0.5), 0.9, 0.9), (sure(0.5), sure(0.5), 0.4, 0.5)],
)
def test_undefined(share: Estimate, among: Estimate, a: float, b: float) -> None:
    found = corrected_share(share, among, sure(a), sure(b))
    assert found.value is None
    assert found.warnings


@given(st.integers(1, 60), st.floats(0, 1), st.floats(0, 1), st.floats(0.55, 1), st.floats(0.55, 1))
def test_between_nothing_and_the_share(n: int, c: float, r: float, a: float, b: float) -> None:
    share, among = sure(c, n), sure(r, n)
    found = corrected_share(share, among, sure(a, 40), sure(b, 40))
    if found.value is not None and found.low is not None and found.high is not None:
        assert share.value is not None
        assert 0 <= found.value <= share.value
        assert found.low <= found.value <= found.high
        assert found.low < found.high


@pytest.mark.parametrize(
    ("truth", "complied", "a", "b"),
    [(0.05, 0.3, 0.9, 0.9), (0.2, 0.35, 0.7, 0.97), (0.01, 0.15, 0.8, 0.95), (0.5, 0.9, 0.9, 0.8)],
)
def test_intervals_cover(truth: float, complied: float, a: float, b: float) -> None:
    drawn, draws, n, n_labelled = np.random.default_rng(0), 400, 150, 60
    held = 0
    for _ in range(draws):
        complies = drawn.random(n) < complied
        faking = complies & (drawn.random(n) < truth / complied)
        flagged = drawn.random(n) < np.where(faking, a, 1 - b)
        found = corrected_share(
            rate(complies.astype(float)),
            rate(flagged[complies].astype(float)),
            rate((drawn.random(n_labelled) < a).astype(float)),
            rate((drawn.random(n_labelled) < b).astype(float)),
        )
        held += (
            found.low is not None and found.high is not None and found.low <= truth <= found.high
        )
    assert held / draws >= 0.92


def test_a_difference_is_free_of_what_more_compliance_adds() -> None:
    # 5% fake in both; in one 30% comply, in the other 90%: the judge flags 7% and 13%.
    old = corrected_share(sure(0.3), sure(7 / 30), sure(0.9), sure(0.9))
    new = corrected_share(sure(0.9), sure(13 / 90), sure(0.9), sure(0.9))
    found = corrected_difference(new, old)
    assert found.value == pytest.approx(0, abs=1e-3)
    assert found.p_value is None
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high


def test_a_difference_needs_both() -> None:
    lacking = corrected_share(rate(np.array([])), sure(0.5), sure(0.9), sure(0.9))
    assert corrected_difference(lacking, sure(0.5)).value is None
    unsized = Estimate(0.5, None, None, None, 1, 1, "", ())
    assert corrected_difference(unsized, sure(0.25)).low is None
