"""Fits over log tokens, what k samples give, and rates by the length of the thinking: numbers worked out by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from analysis import estimators, scaling
from analysis.estimators import Estimate
from analysis.quantities import Quantity
from analysis.scores import Scores

ARMS = {"budget_1024": 1000, "budget_2048": 2000, "budget_4096": 4000}


def table(
    right: Mapping[str, Sequence[float]], tokens: Mapping[str, float] = ARMS, **more: Any
) -> pd.DataFrame:
    """One sample of each item in each arm: `right` has the scores of the items by arm."""
    rows = [
        {"item_id": i, "arm": arm, "correct": y, "said": y, "used_tokens": tokens[arm], **more}
        for arm, scores in right.items()
        for i, y in enumerate(scores)
    ]
    return pd.DataFrame(rows)


def found(rows: pd.DataFrame) -> dict[tuple[str, str, str], Quantity]:
    return {(q.metric, q.arm, q.column): q for q in scaling.budgets(rows)}


def fit(rows: pd.DataFrame) -> estimators.LogFit:
    return estimators.log_fit(rows["item_id"], rows["arm"], rows["used_tokens"], rows["correct"])


# The fit


def test_a_slope_by_hand() -> None:
    # Items' own slopes per doubling: 0.5 (0, 0, 1), 0.5 (0, 1, 1), 0 (1, 1, 1), 0 (0, 0, 0).
    rows = table(
        {"budget_1024": [0, 0, 1, 0], "budget_2048": [0, 1, 1, 0], "budget_4096": [1, 1, 1, 0]}
    )
    slope = fit(rows).slope
    assert slope.value == pytest.approx(0.25)
    error = np.std([0.5, 0.5, 0, 0], ddof=1) / 2
    assert slope.high == pytest.approx(0.25 + 3.182446 * error)
    assert (slope.n_items, slope.n_samples) == (4, 12)
    line = fit(rows).line
    assert [line[arm].value for arm in ARMS] == pytest.approx([0.25, 0.5, 0.75])


def test_it_is_the_fit_of_statsmodels_with_items_as_clusters() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        [
            {
                "item_id": i,
                "arm": arm,
                "correct": float(rng.random() < 0.2 + 0.02 * i),
                "used_tokens": mean,
            }
            for i in range(20)
            for arm, mean in ARMS.items()
            for _ in range(3)
        ]
    )
    x = sm.add_constant(np.log2(rows["used_tokens"]))
    codes = rows["item_id"].to_numpy()
    theirs = sm.OLS(rows["correct"], x).fit(
        cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False}, use_t=True
    )
    ours = fit(rows)
    assert ours.slope.value == pytest.approx(theirs.params["used_tokens"])
    error = theirs.bse["used_tokens"] * np.sqrt(20 / 19)  # of a mean of 20 items
    assert ours.slope.low is not None
    assert ours.slope.value is not None
    assert ours.slope.value - ours.slope.low == pytest.approx(2.093024 * error)
    at = ours.line["budget_2048"]
    assert at.value == pytest.approx(theirs.predict([[1, np.log2(2000)]])[0])


def test_hard_items_that_take_longer_do_not_bend_it() -> None:
    """More thinking helps every item, and a fit over samples says that it harms: hard items take eight times as long."""
    rows = []
    for i in range(40):
        hard = i % 2
        for arm, budget in ARMS.items():
            y = (0.1 if hard else 0.7) + 0.1 * np.log2(budget / 1000)
            rows.append(
                {
                    "item_id": i,
                    "arm": arm,
                    "correct": y,
                    "used_tokens": budget * (1 if hard else 0.125),
                }
            )
    frame = pd.DataFrame(rows)
    naive = estimators.log_slope(frame["item_id"], frame["used_tokens"], frame["correct"])
    assert naive.value is not None
    assert naive.value < 0
    assert fit(frame).slope.value == pytest.approx(0.1)


def test_items_that_are_not_scored_everywhere_are_left_out_and_counted() -> None:
    right: dict[str, list[float]] = {
        "budget_1024": [0, 0, np.nan],
        "budget_2048": [1, 0, 1],
        "budget_4096": [1, 1, 1],
    }
    made = fit(table(right))
    assert made.n_unpaired == 1
    assert made.slope.n_items == 2
    assert made.slope.value == pytest.approx(0.5)
    assert "unpaired items left out: 1" in made.slope.warnings
    quantity = found(table(right))["accuracy_per_doubling", "", ""]
    assert quantity.bounds.n_missing == 1


def test_an_arm_without_thinking_has_no_logarithm() -> None:
    arms = {"budget_0": 0.0, **ARMS}
    right: dict[str, list[float]] = {
        "budget_0": [0, 0],
        "budget_1024": [0, 1],
        "budget_2048": [0, 1],
        "budget_4096": [1, 1],
    }
    made = found(table(right, arms))
    assert ("accuracy_fit", "budget_0", "0") not in made
    assert made["accuracy", "budget_0", "0"].estimate.value == 0
    assert made["mean_thinking_tokens", "budget_0", "0"].estimate.value == 0
    left_out = "arms that used nothing, and so have no logarithm, left out: 1"
    assert left_out in made["accuracy_per_doubling", "", ""].estimate.warnings


@pytest.mark.parametrize("tokens", [dict.fromkeys(ARMS, 500.0), dict.fromkeys(ARMS, np.nan)])
def test_without_two_amounts_there_is_no_slope(tokens: Mapping[str, float]) -> None:
    made = found(table({arm: [0, 1] for arm in ARMS}, tokens))
    slope = made["accuracy_per_doubling", "", ""].estimate
    assert slope.value is None
    assert "two arms" in slope.warnings[0]


def test_items_that_are_all_alike_give_no_interval_of_no_width() -> None:
    slope = fit(table({"budget_1024": [0, 0], "budget_2048": [0, 0], "budget_4096": [1, 1]})).slope
    assert slope.value == pytest.approx(0.5)
    assert slope.low is None
    assert slope.high is None


def test_coverage_of_the_slope() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(300):
        base = rng.uniform(0.1, 0.5, size=(25, 1))
        p = base + 0.1 * np.arange(3)
        y = rng.binomial(4, p) / 4
        rows = table({arm: y[:, a].tolist() for a, arm in enumerate(ARMS)})
        slope = fit(rows).slope
        assert slope.low is not None
        assert slope.high is not None
        covered += slope.low <= 0.1 <= slope.high
    assert 0.9 <= covered / 300 <= 0.99


# Samples


def samples(*items: list[tuple[float, float]]) -> pd.DataFrame:
    """Items as lists of (correct, said)."""
    rows = [
        {"item_id": i, "arm": "budget_1024", "correct": y, "said": said, "used_tokens": 10}
        for i, item in enumerate(items)
        for y, said in item
    ]
    return pd.DataFrame(rows)


def test_what_two_of_four_samples_give_by_hand() -> None:
    one = [(1.0, 7.0), (0.0, 5.0), (0.0, 5.0), (0.0, 6.0)]  # 3 of 6 pairs hold the right one
    two = [(1.0, 9.0)] * 4
    made = found(samples(one, two))
    at = {k: made["pass_at_k", "budget_1024", f"k={k}"].estimate for k in (1, 2, 4)}
    assert [at[k].value for k in (1, 2, 4)] == pytest.approx([0.625, 0.75, 1])
    majority = made["majority_at_k", "budget_1024", "k=2"].estimate
    assert majority.value == pytest.approx((3 / 6 / 2 + 1) / 2)
    # Of all four samples 5 has two votes and 7 one.
    assert made["majority_at_k", "budget_1024", "k=4"].estimate.value == 0.5
    assert (at[4].n_items, at[4].n_samples) == (2, 8)


def test_an_unscored_sample_is_no_sample_and_is_counted_and_bounded() -> None:
    one = [(1.0, 7.0), (np.nan, np.nan), (0.0, 5.0), (0.0, 5.0)]
    two = [(1.0, 9.0)] * 4
    made = found(samples(one, two))
    first = made["pass_at_k", "budget_1024", "k=1"]
    assert first.estimate.value == pytest.approx((1 / 3 + 1) / 2)
    assert first.bounds.n_missing == 1
    assert (first.bounds.low, first.bounds.high) == pytest.approx(
        ((1 / 4 + 1) / 2, (2 / 4 + 1) / 2)
    )
    last = made["pass_at_k", "budget_1024", "k=4"].estimate
    assert (last.value, last.n_items) == (1, 1)
    assert "items with fewer than 4 scored samples left out: 1" in last.warnings


def test_right_answers_are_one_answer_however_they_are_said() -> None:
    made = estimators.of_samples([0] * 3, [1, 1, 0], [42.0, 42.0000001, 41.0])
    assert made[1].majority.value == pytest.approx((1 + 0.5 + 0.5) / 3)


def test_best_of_k_by_scores() -> None:
    made = estimators.of_samples([0] * 4, [1, 0, 0, 0], [1, 2, 3, 4], [0.9, 0.1, 0.2, np.nan])
    best = [of.best.value for of in made[:2] if of.best]
    assert best == pytest.approx([1 / 3, 2 / 3])
    assert made[2].best is not None
    assert made[2].best.value is None
    assert estimators.of_samples([0], [1], [1], [np.nan])[0].best is None


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=6))
def test_more_samples_never_pass_less(items: list[list[bool]]) -> None:
    item = np.repeat(np.arange(len(items)), 4)
    right = np.array(items, dtype=float).ravel()
    made = estimators.of_samples(item, right, right)
    passes = [of.passes.value for of in made]
    assert passes == sorted(passes)  # type: ignore[type-var]
    for of in made:
        assert of.majority.value is not None
        assert of.passes.value is not None
        assert of.majority.value <= of.passes.value + 1e-9
        assert of.low == pytest.approx(of.high) == pytest.approx(of.passes.value)


# Length


def by_length(
    y: list[float], tokens: list[float], **columns: Any
) -> dict[tuple[str, str], Estimate]:
    rows = pd.DataFrame({"item_id": range(len(y)), "thinking_tokens": tokens, **columns})
    about = Scores("acknowledgement_rate", rows["item_id"], pd.Series(y), visibility="raw")
    return {(q.metric, q.column): q.estimate for q in scaling.by_length(rows, [about])}


def test_quartiles_of_length_by_hand() -> None:
    y = [0.0] * 20 + [1.0] * 20
    made = by_length(y, [float(n) for n in range(1, 41)])
    rates = {
        column: e.value for (metric, column), e in made.items() if metric.endswith("_by_length")
    }
    assert rates == {
        "1 of 4, 1 to 10 tokens": 0,
        "2 of 4, 11 to 20 tokens": 0,
        "3 of 4, 21 to 30 tokens": 1,
        "4 of 4, 31 to 40 tokens": 1,
    }
    medians = [e.value for (metric, _), e in made.items() if metric == "median_thinking_length"]
    assert medians == [5.5, 15.5, 25.5, 35.5]
    slope = made["acknowledgement_rate_per_doubling", "per doubling of tokens"]
    x = np.log2(np.arange(1, 41))
    assert slope.value == pytest.approx(np.polyfit(x, y, 1)[0])
    assert slope.low is not None
    assert slope.low > 0


def test_without_tokens_for_all_it_is_characters() -> None:
    tokens = [np.nan, *(float(n) for n in range(2, 41))]
    made = by_length([0.0, 1.0] * 20, tokens, thinking_chars=[4.0 * n for n in range(1, 41)])
    assert ("acknowledgement_rate_by_length", "4 of 4, 124 to 160 characters") in made


def test_too_few_transcripts_are_not_cut_up() -> None:
    assert by_length([0.0, 1.0] * 9, [float(n) for n in range(1, 19)]) == {}
    made = by_length([0.0, 1.0] * 12, [float(n) for n in range(1, 25)])
    assert ("acknowledgement_rate_by_length", "1 of 2, 1 to 12 tokens") in made
    assert by_length([0.0, 1.0] * 20, [100.0] * 40) == {}
    # Their quartiles and their median are all 100: one bin would be left.
    assert by_length([0.0, 1.0] * 30, [100.0] * 55 + [200.0] * 5) == {}


def test_transcripts_without_a_verdict_are_left_out_and_counted() -> None:
    rows = pd.DataFrame({"item_id": range(45), "thinking_tokens": range(1, 46)})
    y = pd.Series([0.0, 1.0] * 20 + [np.nan] * 5)
    about = Scores(
        "flagged_rate", rows["item_id"], y, visibility="raw", column="deception: overall"
    )
    made = list(scaling.by_length(rows, [about]))
    missing = {quantity.metric: quantity.bounds.n_missing for quantity in made}
    assert missing == {"flagged_rate_by_length": 0, "median_thinking_length": 0, "flagged_rate_per_doubling": 5}  # fmt: skip
    for quantity in made:
        assert quantity.whole
        assert "deception: overall: " in quantity.column


def test_other_rates_and_summaries_are_not_cut_up() -> None:
    rows = pd.DataFrame({"item_id": range(40), "thinking_tokens": range(1, 41)})
    y = pd.Series([0.0, 1.0] * 20)
    others = [
        Scores("compliance_rate", rows["item_id"], y),
        Scores("flagged_rate", rows["item_id"], y, visibility="summary"),
    ]
    assert list(scaling.by_length(rows, others)) == []


def test_the_slope_over_samples_is_the_fit_of_statsmodels() -> None:
    rng = np.random.default_rng(2)
    item, length = np.repeat(np.arange(15), 4), rng.lognormal(6, 1, 60)
    y = (rng.random(60) < 0.4).astype(float)
    theirs = sm.OLS(y, sm.add_constant(np.log2(length))).fit(
        cov_type="cluster", cov_kwds={"groups": item, "use_correction": False}, use_t=True
    )
    ours = estimators.log_slope(item, length, y)
    assert ours.value == pytest.approx(theirs.params[1])
    assert ours.value is not None
    assert ours.low is not None
    assert ours.value - ours.low == pytest.approx(2.144787 * theirs.bse[1] * np.sqrt(15 / 14))


def test_used_hints_are_those_that_moved_most_unhinted_answers() -> None:
    rows = pd.DataFrame(
        [
            # item, arm, option, on_hint, acknowledged, raw
            (0, "unhinted", 1, 0, np.nan, 1),
            (0, "grader", 2, 1, 1, 1),
            (1, "unhinted", 2, 1, np.nan, 1),  # says what the hint says anyway
            (1, "grader", 2, 1, 1, 1),
            (2, "unhinted", 1, 0, np.nan, 1),
            (2, "grader", 1, 0, np.nan, 1),  # not moved
            (3, "unhinted", 1, 0, np.nan, 1),
            (3, "grader", 2, 1, 0, 0),  # moved, and not readable
            (4, "unhinted", np.nan, np.nan, np.nan, 1),
            (4, "grader", 2, 1, 1, 1),  # nobody knows
        ],
        columns=["item_id", "arm", "option", "on_hint", "acknowledged", "thinking_raw"],
    )
    [made] = scaling.used_hints(rows)
    assert list(made.item) == [0, 3]
    assert made.y.iloc[0] == 1
    assert np.isnan(made.y.iloc[1])
