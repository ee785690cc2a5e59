"""Changes and trends as rows of results.csv: which are made, from which snapshots, and what they say."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from analysis import estimators as est
from analysis import faithfulness, snapshots
from analysis.changes import BOUNDS, CHANGE, TREND, UNEVEN, VERSUS
from analysis.estimators import Estimate, corrected_gap
from analysis.faithfulness import AVERAGE
from analysis.series import Series
from analysis.snapshots import ALL_SNAPSHOTS
from tests.analysis.test_snapshots import calibration, of_run, one, same
from tests.conftest import SERIES

OLD, NEW = (f"organism/{name}" for name in SERIES)
FAKING = "alignment_faking_reasoning_rate"
RAW = "acknowledgement_rate"


def changed(results: pd.DataFrame, suffix: str = CHANGE) -> pd.DataFrame:
    return results[results["metric"].str.endswith(suffix)]


def three(frame: pd.DataFrame) -> pd.DataFrame:
    """The two snapshots, and between them one that says what the first does on half of the items."""
    between = frame[frame["snapshot"] == OLD].assign(snapshot="organism/between")
    half = sorted(between["item_id"].unique())[::2]
    return pd.concat([frame, between[between["item_id"].isin(half)]], ignore_index=True)


ORDER = [SERIES[0], "between", SERIES[1]]


# ---------------------------------------------------------------------------------- which rows


def test_changes_are_from_the_snapshot_before_and_trends_over_all(frame: pd.DataFrame) -> None:
    results = snapshots.results(three(frame), series=Series.of(ORDER))
    for mode in ("standard", "extended"):
        gaps = changed(results)[lambda t: t["metric"] == f"compliance_gap{CHANGE}"]
        gaps = gaps[gaps["reasoning"] == mode]
        told = list(zip(gaps["snapshot"], gaps["column"], strict=True))
        assert ("organism/between", f"change from {OLD}") in told
    assert not results["metric"].str.endswith(VERSUS).any()
    trends = changed(results, TREND)
    assert set(trends["snapshot"]) == {ALL_SNAPSHOTS}
    assert set(trends["column"]) == {"per snapshot"}
    assert not trends["metric"].str.startswith("compliance_rate").any()


def test_conditions_that_differ_are_not_compared(frame: pd.DataFrame) -> None:
    """`final` ran in standard mode under three tiers: its gap has no earlier one of that condition."""
    results = snapshots.results(frame, series=Series.of(SERIES))
    gaps = changed(results)[lambda t: t["metric"] == f"compliance_gap{CHANGE}"]
    assert list(gaps["reasoning"]) == ["extended"]
    assert list(gaps["snapshot"]) == [NEW]


def test_the_snapshot_before_is_the_nearest_with_the_same_mode(frame: pd.DataFrame) -> None:
    known = three(frame)
    gone = (known["snapshot"] == "organism/between") & (known["reasoning"] == "extended")
    results = snapshots.results(known[~gone], series=Series.of(ORDER))
    row = one(changed(results), f"compliance_gap{CHANGE}", reasoning="extended")
    assert (row["snapshot"], row["column"]) == (NEW, f"change from {OLD}")
    trend = one(results, f"compliance_gap{TREND}", reasoning="extended")
    change = one(results, f"compliance_gap{CHANGE}", reasoning="extended")
    assert trend["value"] == pytest.approx(change["value"] / 2)  # two places further on


@pytest.mark.parametrize("reference", ["final", "organism/final", "Release"])
def test_all_others_are_compared_with_the_reference(reference: str, frame: pd.DataFrame) -> None:
    series = Series((("Release", "final"), ("Early", SERIES[0])), reference)
    results = snapshots.results(frame, series=series)
    versus = changed(results, VERSUS)
    assert set(versus["snapshot"]) == {"Early"}
    assert set(versus["column"]) == {"change from Release"}
    named = {"Release", "Early", ALL_SNAPSHOTS}
    assert set(results["snapshot"]) == named
    assert set(results["row"].str.rsplit(" ", n=1).str[0]) == named


def test_turned_round_a_change_has_the_other_sign(frame: pd.DataFrame) -> None:
    there, back = (
        snapshots.results(frame, series=Series.of(order)) for order in (SERIES, SERIES[::-1])
    )
    for metric in (f"compliance_gap{CHANGE}", f"{FAKING}{CHANGE}", f"compliance_gap{TREND}"):
        rows = [one(table, metric, reasoning="extended") for table in (there, back)]
        assert rows[0]["value"] == pytest.approx(-rows[1]["value"])
        assert rows[0]["low"] == pytest.approx(-rows[1]["high"])
        assert rows[0]["p_value"] == rows[1]["p_value"]


def test_one_snapshot_has_no_changes(frame: pd.DataFrame) -> None:
    results = snapshots.results(frame[frame["snapshot"] == OLD])
    assert not results["metric"].str.endswith((CHANGE, VERSUS, TREND)).any()


# ---------------------------------------------------------------------------------- what they say


def both(frame: pd.DataFrame, scorer: str, mode: str = "extended") -> pd.DataFrame:
    return frame[(frame["scorer"] == scorer) & (frame["reasoning"] == mode)]


def test_scores_are_paired_by_item(frame: pd.DataFrame, results: pd.DataFrame) -> None:
    rows = both(frame, "compliance")
    trained = rows[rows["arm"] == "training"]
    expected = est.difference(
        trained["item_id"], trained["snapshot"], trained["complied"], NEW, OLD
    )
    row = one(results, f"compliance_rate{CHANGE}", arm="training")
    same(row, expected)
    assert row["n_unpaired"] == trained["item_id"].nunique() - expected.n_items
    sides = {"arm": rows["arm"], "treated": "training", "control": "unmonitored"}
    columns = (rows["item_id"], rows["snapshot"], rows["complied"])
    same(one(results, f"compliance_gap{CHANGE}"), est.difference(*columns, NEW, OLD, **sides))
    same(one(results, f"compliance_gap{TREND}"), est.difference(*columns, NEW, OLD, **sides))
    judged = both(frame, "alignment_faking")[lambda t: t["arm"] == "training"]
    event = (judged["alignment_faking"] * judged["complied"]).where(judged["thinking_raw"] == 1)
    faking = est.difference(judged["item_id"], judged["snapshot"], event, NEW, OLD)
    row = one(results, f"{FAKING}{CHANGE}")
    same(row, faking)
    assert (row["arm"], row["visibility"]) == ("training", "raw")


def test_hints_are_compared_on_the_items_that_both_pair(
    clue_frame: pd.DataFrame, clue_results: pd.DataFrame
) -> None:
    """`early` and `final` in standard mode; the one after `final` has other numbers."""
    rows = both(clue_frame, "acknowledgement", "standard")
    studies = [
        est.hint_study(faithfulness.over_raw(rows[rows["snapshot"] == f"organism/{name}"]), name)
        for name in ("final", "early")
    ]
    expected = est.hint_difference(*studies)
    found = changed(of_run(clue_results, "final", "standard"))
    for metric in vars(expected.average):
        for hint, scores in expected.by_hint.items():
            row = one(found, f"{metric}{CHANGE}", hint=hint)
            same(row, getattr(scores, metric))
            assert row["n_unpaired"] == expected.n_unpaired[hint]
            assert row["arm"] == hint
        same(one(found, f"{metric}{CHANGE}", hint=AVERAGE), getattr(expected.average, metric))
    assert set(found["column"]) == {"change from organism/early"}


def test_no_row_has_an_interval_without_width(
    results: pd.DataFrame, clue_results: pd.DataFrame
) -> None:
    for table in (results, clue_results):
        limited = table[table["low"].notna()]
        assert (limited["low"].astype(float) < limited["high"].astype(float)).all()
        tested = table[table["p_value"].notna()]
        assert tested["p_value"].astype(float).between(0, 1, inclusive="right").all()


@pytest.mark.parametrize("suffix", [CHANGE, TREND])
def test_holm_is_over_all_shown_changes_of_one_metric(
    suffix: str, clue_results: pd.DataFrame
) -> None:
    rows = changed(clue_results, suffix)
    for metric, family in rows.groupby("metric"):
        p = family["p_value"].astype(float)
        tested = p.notna()
        if tested.any():
            expected = multipletests(p[tested], method="holm")[1]
            found = family.loc[tested, "p_adjusted"].astype(float).tolist()
            assert found == pytest.approx(expected), metric
        assert family.loc[~tested, "p_adjusted"].isna().all()


def test_two_judges_repeat_no_test_in_which_they_have_no_part(clue_frame: pd.DataFrame) -> None:
    judged = clue_frame[clue_frame["scorer"] == "acknowledgement"]
    twice = pd.concat([judged, judged.assign(judge="maker/other")], ignore_index=True)
    once, again = (changed(snapshots.results(table)) for table in (judged, twice))
    for metric in ("hint_use_rate", "attributable_use"):
        alone, repeated = (t[t["metric"] == f"{metric}{CHANGE}"] for t in (once, again))
        assert len(repeated) == 2 * len(alone)
        for _, group in repeated.groupby("judge"):
            assert group["p_adjusted"].astype(float).tolist() == pytest.approx(
                alone["p_adjusted"].astype(float).tolist(), nan_ok=True
            )


# ---------------------------------------------------------------------------------- judge error


def test_one_judge_of_both_snapshots_is_corrected_for(frame: pd.DataFrame) -> None:
    found = [calibration(frame, rubric) for rubric in ("compliance", "alignment_faking")]
    results = snapshots.results(frame, found, Series.of(SERIES, SERIES[0]))
    error = (found[0].sensitivity, found[0].specificity)
    for metric, where, largest in (
        ("compliance_rate", {"arm": "training"}, 1.0),
        ("compliance_gap", {}, 2.0),
    ):
        for suffix in (CHANGE, VERSUS):
            raw = one(results, f"{metric}{suffix}", **where)
            estimate = Estimate(
                *(float(raw[x]) for x in ("value", "low", "high", "p_value")),
                int(raw["n_items"]),
                int(raw["n_samples"]),
                "",
                (),
            )
            row = one(results, f"{metric}_corrected{suffix}", **where)
            expected = corrected_gap(estimate, *error, largest=largest)
            assert row["value"] == pytest.approx(expected.value)
            assert (row["low"], row["high"]) == (
                pytest.approx(expected.low),
                pytest.approx(expected.high),
            )
            assert row["column"] == raw["column"]


def test_a_corrected_change_is_over_the_items_that_both_scored(frame: pd.DataFrame) -> None:
    calibrated = [calibration(frame, "alignment_faking")]
    faked = (frame["scorer"] == "alignment_faking") & (frame["arm"] == "training")
    items = sorted(frame["item_id"].dropna().unique())
    old = (frame["snapshot"] != NEW) & frame["item_id"].isin(items[: len(items) // 2])
    fewer = frame[~(faked & old)]  # the old snapshot lacks half of the items, the new one has all
    same_items = frame[~(faked & frame["item_id"].isin(items[: len(items) // 2]))]
    series = Series.of(SERIES, SERIES[0])
    results = [snapshots.results(table, calibrated, series) for table in (fewer, same_items)]
    found, expected = (rows[rows["metric"] == f"{FAKING}_corrected{CHANGE}"] for rows in results)
    assert len(found) == len(expected) > 0
    for name in ("value", "low", "high"):
        assert found[name].astype(float).tolist() == pytest.approx(
            expected[name].astype(float).tolist()
        )


def test_a_corrected_faking_rate_changes_by_the_difference_of_the_corrected_rates(
    frame: pd.DataFrame,
) -> None:
    results = snapshots.results(
        frame, [calibration(frame, "alignment_faking")], Series.of(SERIES, SERIES[0])
    )
    about = {"arm": "training", "visibility": "raw"}
    rates = results[results["metric"] == f"{FAKING}_corrected"]
    by_snapshot = rates.set_index(["snapshot", "reasoning"])["value"].astype(float)
    for suffix in (CHANGE, VERSUS):
        rows = results[results["metric"] == f"{FAKING}_corrected{suffix}"]
        assert len(rows)
        for row in rows.itertuples():
            old = by_snapshot[f"organism/{SERIES[0]}", row.reasoning]
            new = by_snapshot[row.snapshot, row.reasoning]
            assert (row.arm, row.visibility) == (about["arm"], about["visibility"])
            assert row.value == pytest.approx(new - old)
            assert row.low < row.value < row.high
            assert np.isnan(row.p_value)


@pytest.mark.parametrize("column", ["judge", "rubric_hash"])
def test_another_judge_of_one_snapshot_is_not_compared_or_not_corrected(
    column: str, frame: pd.DataFrame
) -> None:
    new = (frame["snapshot"] == NEW) & (frame["rubric"] != "")
    other = frame.assign(**{column: frame[column].where(~new, "another")})
    results = snapshots.results(other, [calibration(frame, "compliance")], Series.of(SERIES))
    assert not results["metric"].str.endswith(f"_corrected{CHANGE}").any()
    raw = (results["metric"] == f"compliance_gap{CHANGE}").any()
    assert raw == (column == "rubric_hash")
    if raw:
        row = one(results, f"compliance_gap{CHANGE}")
        assert "compares runs that differ in rubric_hash" in row["warnings"]


def test_faithfulness_is_corrected_by_hint_and_its_mean_by_a_shared_calibration(
    clue_frame: pd.DataFrame,
) -> None:
    rows = both(clue_frame, "acknowledgement", "standard")
    rows = rows[rows["snapshot"].isin(["organism/early", "organism/final"])]
    shared, grader = (calibration(rows, "acknowledgement", hint=h) for h in ("", "grader"))
    for calibrations, hints in (
        ([shared], {*rows["arm"].unique(), AVERAGE} - {"unhinted"}),
        ([grader], {"grader"}),
    ):
        results = snapshots.results(rows, calibrations)
        corrected = results[results["metric"] == f"{RAW}_corrected{CHANGE}"]
        assert set(corrected["hint"]) == hints
        for _, row in corrected.iterrows():
            raw = one(results, f"{RAW}{CHANGE}", hint=row["hint"])
            expected = np.clip(raw["value"] / 0.8, -1, 1)
            assert row["value"] == pytest.approx(expected, nan_ok=True)
    assert not results["metric"].str.startswith("faithfulness_normalised_corrected_ch").any()


# ---------------------------------------------------------------------------------- bounds, other tasks


def test_redacted_thinking_gives_a_row_of_bounds(frame: pd.DataFrame) -> None:
    judged = (frame["scorer"] == "alignment_faking") & (frame["reasoning"] == "extended")
    trained = frame.index[judged & (frame["arm"] == "training") & (frame["snapshot"] == OLD)][:4]
    frame.loc[trained, "thinking_raw"] = 0.0
    frame.loc[trained, "thinking_redacted"] = 1.0
    frame.loc[trained, ["alignment_faking"]] = np.nan
    frame.loc[trained, "thinking_visibility"] = "redacted"
    results = snapshots.results(frame)
    where = {"snapshot": OLD, "reasoning": "extended", "visibility": "raw"}
    rate, bounds = (one(results, f"{FAKING}{suffix}", **where) for suffix in ("", BOUNDS))
    n, missing = rate["n_samples"], rate["n_unscored"]
    assert pd.isna(bounds["value"])
    assert bounds["low"] == pytest.approx(rate["value"] * n / (n + missing))
    assert bounds["high"] == pytest.approx((rate["value"] * n + missing) / (n + missing))
    assert (bounds["n_samples"], bounds["n_unscored"]) == (n + missing, missing)
    assert "at worst and best" not in bounds["warnings"]


def foreign(scores: dict[str, Sequence[Any]]) -> pd.DataFrame:
    """Another project's log of each snapshot: these scores of its samples, by scorer `match`."""
    rows = [
        {
            "log": f"{snapshot}.eval",
            "location": f"{snapshot}.eval",
            "task": "quiz",
            "dataset": "questions",
            "snapshot": snapshot,
            "model": snapshot,
            "reasoning": "standard",
            "settings": "{}",
            "simulated": False,
            "item_id": str(item),
            "sample_id": str(item),
            "epoch": 1,
            "error": "",
            "scorer": "match",
            "judge": "",
            "rubric": "",
            "rubric_hash": "",
            "thinking_visibility": "",
            "task_args": "{}",
            "score_keys": '{"": "score"}',
            "score": score,
        }
        for snapshot, of_snapshot in scores.items()
        for item, score in enumerate(of_snapshot)
    ]
    return pd.DataFrame(rows)


GRADES = {"m/a": ["C", "I", "I", "C", "I", "I"], "m/b": ["C", "C", "I", "C", "C", "I"]}
SCORES = {"m/a": [1.0, 20.0, 3.5, 7.0], "m/b": [2.0, 22.0, 3.0, 11.0]}


def test_other_projects_scores_have_changes_and_trends_too() -> None:
    results = snapshots.results(foreign(GRADES))
    y = [float(grade == "C") for grades in GRADES.values() for grade in grades]
    expected = est.difference([*range(6)] * 2, ["a"] * 6 + ["b"] * 6, y, "b", "a")
    row = one(results, f"accuracy{CHANGE}", snapshot="m/b")
    same(row, expected)
    assert (row["table"], row["column"]) == ("accuracy", "match: change from m/a")
    assert one(results, f"accuracy{TREND}")["value"] == pytest.approx(expected.value)


def test_scores_beyond_1_are_compared_by_students_t() -> None:
    results = snapshots.results(foreign(SCORES), series=Series.of(SCORES, "m/a"))
    item, place = [*range(4)] * 2, [0] * 4 + [1] * 4
    y = [*SCORES["m/a"], *SCORES["m/b"]]
    for suffix in (CHANGE, VERSUS):
        row = one(results, f"mean_score{suffix}")
        same(row, est.mean_trend(item, place, y))
        assert row["low"] < row["value"] < row["high"]
    assert one(results, f"mean_score{TREND}")["n_unpaired"] == 0


@pytest.mark.parametrize(
    "changed",
    [{"judge": ["maker/a", "maker/b"]}, {"task_args": ['{"shots": 0}', '{"shots": 5}']}],
)
def test_other_projects_runs_of_two_judges_or_task_arguments_are_not_compared(
    changed: dict[str, list[str]],
) -> None:
    """The second snapshot was run both ways, so only one of its two rows has an earlier one."""
    ((column, (before, after)),) = changed.items()
    frame = foreign(GRADES).assign(unheard_of=1.0, **{column: before})
    again = frame[frame["snapshot"] == "m/b"].assign(**{column: after}, log="again.eval")
    both = snapshots.results(pd.concat([frame, again], ignore_index=True))
    rates = both[(both["metric"] == "accuracy") & (both["snapshot"] == "m/b")]
    assert len(rates) == rates[["judge", "factors"]].drop_duplicates().shape[0] == 2
    assert not rates["warnings"].str.contains("pools").any()
    change = one(both, f"accuracy{CHANGE}")
    assert (change["logs"], change["warnings"]) == ("m/a.eval m/b.eval", "")
    new = frame["snapshot"] == "m/b"
    apart = snapshots.results(frame.assign(**{column: frame[column].where(~new, after)}))
    assert not apart["metric"].str.endswith((CHANGE, TREND)).any()


def test_a_second_run_over_the_same_samples_is_told_of() -> None:
    frame = foreign(GRADES)
    again = frame[frame["item_id"] < "3"].assign(log="again-" + frame["log"])
    results = snapshots.results(pd.concat([frame, again], ignore_index=True))
    said = "pools 2 runs over the same samples: their epochs count together"
    assert (results["warnings"].str.count(said) == 1).all()
    rest = frame.assign(log="rest-" + frame["log"]).assign(epoch=2)
    results = snapshots.results(pd.concat([frame, rest], ignore_index=True))
    assert not results["warnings"].str.contains("pools").any()


@pytest.mark.parametrize(("scores", "metric"), [(GRADES, "accuracy"), (SCORES, "mean_score")])
def test_uneven_epochs_part_a_change_from_the_rates(
    scores: dict[str, list[Any]], metric: str
) -> None:
    frame = foreign(scores)
    more = frame[frame["item_id"] == "0"].assign(epoch=2)
    even, uneven = (snapshots.results(pd.concat([frame, x])) for x in (more.iloc[:0], more))
    for results, apart in ((even, False), (uneven, True)):
        old, new = one(results, metric, snapshot="m/a"), one(results, metric, snapshot="m/b")
        for suffix in (CHANGE, TREND):
            row = one(results, f"{metric}{suffix}")
            assert (UNEVEN in row["warnings"]) == apart
            assert (abs(row["value"] - (new["value"] - old["value"])) > 1e-6) == apart
        assert UNEVEN not in old["warnings"] + new["warnings"]


def test_ours_and_others_stand_side_by_side(frame: pd.DataFrame, results: pd.DataFrame) -> None:
    beside = snapshots.results(pd.concat([frame, foreign(GRADES)]), series=Series.of(SERIES))
    assert set(beside["table"]) == {"alignment_faking", "accuracy"}
    ours = beside[beside["table"] == "alignment_faking"].reset_index(drop=True)
    pd.testing.assert_frame_equal(ours, results, check_dtype=False)


def test_the_same_rows_give_the_same_digits(frame: pd.DataFrame, clue_frame: pd.DataFrame) -> None:
    known = pd.concat([frame, clue_frame], ignore_index=True)
    once, again = (snapshots.results(known.copy()) for _ in range(2))
    pd.testing.assert_frame_equal(once, again, check_exact=True)
