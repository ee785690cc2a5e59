"""`analysis.accuracy`: any scorer's scores as numbers, and what is made of them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import inspect_ai.scorer
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.log import read_eval_log

from analysis import accuracy, logs
from analysis.estimators import mean, rate
from analysis.quantities import Quantity
from tests import foreign

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "real" / "claude_3_7_hint_logs"
NAN = float("nan")


def scored(values: list[Any], scorer: str = "theirs", **columns: Any) -> pd.DataFrame:
    """Rows of one log, as `logs.read` gives them."""
    n = len(values)
    shared: dict[str, Any] = {
        **{"log": "a.eval", "location": "a.eval", "task": "sums", "snapshot": "m/a"},
        **{"sample_id": [f"s{i}" for i in range(n)], "item_id": [f"s{i}" for i in range(n)]},
        **{"epoch": 1, "scorer": scorer, "error": "", "judge": "", "task_args": "{}"},
    }
    score = pd.Series(values, dtype=object)
    keys = {"": "score"} if score.notna().any() else {}
    return pd.DataFrame({**shared, "score": score, "score_keys": json.dumps(keys), **columns})


OURS = json.dumps({"thinking_chars": "thinking_chars"})
"""`score_keys` of a scorer of ours."""


def estimated(frame: pd.DataFrame) -> list[Quantity]:
    long = accuracy.foreign(frame)
    return [q for _, group in long.groupby("scorer") for q in accuracy.accuracy(group)]


KINDS = ("accuracy", "mean_score")


def only(frame: pd.DataFrame) -> Quantity:
    (quantity,) = [quantity for quantity in estimated(frame) if quantity.metric in KINDS]
    return quantity


def told(frame: pd.DataFrame, metric: str) -> dict[int, Quantity]:
    """The quantities of one scorer, by the number in their column."""
    found = {}
    for quantity in estimated(frame):
        if quantity.metric == metric:
            name, number = accuracy.numbered(quantity.column)
            assert name == "theirs"
            found[number] = quantity
    return found


def problems(frame: pd.DataFrame) -> dict[str, str]:
    return dict(accuracy.foreign(frame).attrs["problems"])


# ---------------------------------------------------------------------------------- what is a number


@pytest.mark.parametrize(
    ("values", "kind", "y"),
    [
        (["C", "I", "P", "N"], "accuracy", [1, 0, 0.5, 0]),
        ([True, False], "accuracy", [1, 0]),
        (["yes", "No", "TRUE", "false"], "accuracy", [1, 0, 1, 0]),
        ([0, 1, 0.25], "accuracy", [0, 1, 0.25]),
        (["1", "0", "0.5"], "accuracy", [1, 0, 0.5]),
        ([7, 3, 1], "mean_score", [7, 3, 1]),
        (["7", "3"], "mean_score", [7, 3]),
        ([-1.0, 0.5], "mean_score", [-1, 0.5]),
        ([1.0, 0.0, NAN, None], "accuracy", [1, 0, NAN, NAN]),
        ([1.0, float("inf")], "accuracy", [1, NAN]),
        (["C", True, 0.5], "accuracy", [1, 1, 0.5]),
        (["C", "I", "no idea"], "accuracy", [1, 0, NAN]),
        (["C", "I", "c"], "accuracy", [1, 0, NAN]),
        (["C", "I", "nan"], "accuracy", [1, 0, NAN]),
    ],
)
def test_scores_are_read_as_inspect_reads_them(
    values: list[Any], kind: str, y: list[float]
) -> None:
    long = accuracy.foreign(scored(values))
    assert set(long["kind"]) == {kind}
    assert long["y"].tolist() == pytest.approx(y, nan_ok=True)
    assert long.attrs["problems"] == []


@given(st.text(max_size=6) | st.sampled_from(["C", "I", "P", "N", "yes", "No", "1e3", "-1", "nan"]))
def test_text_is_what_inspect_makes_of_it_or_is_no_number(text: str) -> None:
    long = accuracy.foreign(scored(["C", "I", text]))
    (read,) = long["y"].tail(1)
    if np.isnan(read):
        assert long["no_score"].tolist() == ["", "", text]
    else:
        assert read == inspect_ai.scorer.value_to_float()(text)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["A", "C", "B", "D"], "it holds text that is no score, 'A' for one"),
        (["x" * 99, "y"], f"'{'x' * 40}…' for one"),
        (["two\nlines"], "'two\\nlines' for one"),
        (["[1, 0]", "[1, 1]"], "it has a list for one sample"),
    ],
)
def test_what_is_no_number_is_left_out_and_named(values: list[Any], said: str) -> None:
    frame = scored(values)
    assert estimated(frame) == []
    (problem,) = problems(frame).items()
    assert problem[0] == "theirs (sums)"
    assert problem[1].startswith("left out: ")
    assert said in problem[1]


# ---------------------------------------------------------------------------------- estimates


def test_accuracy_is_a_rate_of_items() -> None:
    frame = pd.concat([scored(list("CCIC")), scored(list("CIIN")).assign(epoch=2)])
    found = only(frame)
    y = [1, 1, 0, 1, 1, 0, 0, 0]
    assert (found.metric, found.column, found.arm) == ("accuracy", "theirs", "")
    assert found.estimate == rate(y, frame["item_id"])
    assert (found.estimate.n_items, found.estimate.n_samples) == (4, 8)


def test_partial_credit_is_half_a_point_not_a_miss() -> None:
    found = only(scored(list("CPPI")))
    assert found.estimate.value == 0.5
    assert found.estimate == rate([1, 0.5, 0.5, 0], ["a", "b", "c", "d"])


def test_other_numbers_have_a_mean() -> None:
    frame = scored([3, 8, -1, 5])
    found = only(frame)
    assert found.metric == "mean_score"
    assert found.estimate == mean([3, 8, -1, 5], frame["item_id"])
    assert found.bounds.low is None  # no worst is known


def test_what_is_unscored_is_counted_and_no_zero() -> None:
    """A missing score, an error whatever stands in the metadata, and text that is no score."""
    frame = scored(["C", "C", "I", None, "C", "?"], error=["", "", "", "", "boom", ""])
    found = only(frame)
    assert found.estimate.value == pytest.approx(2 / 3)
    assert (found.bounds.low, found.bounds.high, found.bounds.n_missing) == (2 / 6, 5 / 6, 3)
    assert found.estimate.warnings == (
        "unscored samples left out: 3",
        "text that is no score, '?' for one, counts as unscored: 1",
    )


def test_a_condition_without_a_score_is_not_measured() -> None:
    frame = pd.concat(
        [scored(["C", "I"]), scored([None, None], log="b.eval", snapshot="m/b", error="boom")]
    )
    long = accuracy.foreign(frame)
    found, errors = accuracy.accuracy(long[long["snapshot"] == "m/b"])
    assert (errors.metric, errors.estimate.value) == (accuracy.ERRORED, 2)
    assert (found.estimate.value, found.bounds.n_missing) == (None, 2)
    assert (found.bounds.low, found.bounds.high) == (0, 1)


def test_the_kind_is_that_of_all_scores_not_of_a_condition() -> None:
    frame = pd.concat([scored([0, 1]), scored([5, 1], log="b.eval", snapshot="m/b")])
    long = accuracy.foreign(frame)
    assert set(long["kind"]) == {"mean_score"}
    (found,) = accuracy.accuracy(long[long["snapshot"] == "m/a"])
    assert (found.metric, found.estimate.value) == ("mean_score", 0.5)


def test_the_kind_is_that_of_a_task() -> None:
    """A scorer's name in another task says nothing: there it may be on another scale, or hold text."""
    frame = pd.concat(
        [
            scored([0, 1]),
            scored([0, 10], log="b.eval", task="ten"),
            scored(["long", "text"], log="c.eval", task="text"),
        ]
    )
    long = accuracy.foreign(frame)
    kinds = set(zip(long["task"], long["kind"], strict=True))
    assert kinds == {("sums", "accuracy"), ("ten", "mean_score")}
    assert list(problems(frame)) == ["theirs (text)"]


def test_what_runs_of_a_task_were_given_differently_is_a_condition() -> None:
    args = [{"hard": "true", "n": "5"}, {"hard": "false", "n": "5"}, {"n": "5", "solver": "other"}]
    frame = pd.concat(
        [
            *(scored([1], log=f"{i}.eval", task_args=json.dumps(a)) for i, a in enumerate(args)),
            scored([1], log="3.eval", task="alone", task_args='{"hard": "true"}'),
        ]
    )
    factors = accuracy.foreign(frame).set_index("log")["factors"]
    assert factors.to_dict() == {
        **{"0.eval": "hard=true", "1.eval": "hard=false", "2.eval": "solver=other", "3.eval": ""}
    }


def test_an_item_is_a_sample_whatever_the_metadata_say() -> None:
    assert only(scored(list("CICI"), item_id="group")).estimate.n_items == 4


def test_a_key_may_have_any_name_and_metadata_none() -> None:
    keys = json.dumps({"right": "right", "error": "score.error", "score": "score.score"})
    columns = {"right": [1, 0], "score.error": [0, 0], "score.score": [1, 1], "a": [5, 5]}
    frame = scored([None, None], score_keys=keys, **columns)
    assert {q.column: q.estimate.value for q in estimated(frame)} == {
        **{"theirs.right": 0.5, "theirs.error": 0, "theirs.score": 1}
    }


def test_where_a_log_has_not_the_key_metadata_of_its_name_is_no_score() -> None:
    keyed = scored([None], score_keys=json.dumps({"right": "right"}), right=[1])
    unkeyed = scored([None], log="b.eval", right=[0])
    found = only(pd.concat([keyed, unkeyed]))
    assert (found.estimate.value, found.bounds.n_missing) == (1, 1)


def test_each_scorer_has_numbers_of_its_own() -> None:
    frame = pd.concat([scored(list("CC"), "first"), scored(list("II"), "second")])
    assert {q.column: q.estimate.value for q in estimated(frame)} == {"first": 1, "second": 0}


def test_metadata_makes_no_condition() -> None:
    frame = scored(list("CI"), arm="treated", setting="x", seed=[1, 2], kind="z", prompt_hash="1")
    long = accuracy.foreign(frame)
    assert set(long["kind"]) == {"accuracy"}
    assert all(set(long[name]) == {""} for name in ("arm", "setting", "factors"))
    assert not {"seed", "prompt_hash"} & set(long.columns)


def test_nothing_foreign_is_an_empty_frame_with_the_columns() -> None:
    empty = accuracy.foreign(scored([None], "ours", score_keys=OURS))
    assert len(empty) == 0
    assert {"column", "kind", "y", "no_score", "arm", "log"} <= set(empty.columns)
    assert empty.attrs["problems"] == []


# ---------------------------------------------------------------------------------- ours and theirs


def test_our_scorers_have_no_accuracy(frame: pd.DataFrame, clue_frame: pd.DataFrame) -> None:
    for ours in (frame, clue_frame):
        long = accuracy.foreign(ours)
        assert len(long) == 0
        assert long.attrs["problems"] == []


def test_a_scorer_of_the_name_of_one_of_ours_is_theirs() -> None:
    """Inspect has a scorer `answer`, too; in logs where all broke, the others tell whose it is."""
    ours = scored([None, None], "answer", log="ours.eval", score_keys=OURS)
    theirs = scored(list("CI"), "answer", log="theirs.eval")
    broken = scored([None, None], "answer", log="broken.eval", error="boom", task="ours")
    long = accuracy.foreign(pd.concat([ours, theirs, broken]))
    assert set(long["log"]) == {"theirs.eval"}


def test_a_log_without_scores_is_named() -> None:
    frame = pd.concat([scored(list("CI")), scored([None], "", log="bare.eval")])
    assert problems(frame) == {
        "bare.eval": "has no scores, so nothing is reported of it: score it first"
    }
    broken = scored([None, None], error="boom")
    assert problems(broken) == {"theirs (sums)": "left out: no sample has a score"}


# ---------------------------------------------------------------------------------- turns and samples


def test_accuracy_within_turns_ends_at_the_accuracy() -> None:
    """Solved after 1, 3 and 5 turns; not after 2; half a point after 4."""
    frame = scored(["C", "C", "C", "I", "P"], turns=[1, 3, 5, 2, 4])
    found = told(frame, accuracy.WITHIN)
    assert {t: q.estimate.value for t, q in found.items()} == {
        **{1: 1 / 5, 2: 1 / 5, 4: 2.5 / 5, 8: pytest.approx(3.5 / 5)}
    }
    assert found[8].estimate == only(frame).estimate
    assert found[1].estimate == rate([1, 0, 0, 0, 0], frame["item_id"])
    assert [q.column for q in found.values()] == [
        *("theirs: 1 turn", "theirs: 2 turns", "theirs: 4 turns", "theirs: 8 turns"),
    ]


def test_samples_whose_turns_are_not_told_are_missing_right_or_wrong() -> None:
    frame = scored(["C", "C", "I", None, "C"], turns=[1, 2, NAN, 1, NAN])
    found = told(frame, accuracy.WITHIN)
    assert {t: (q.estimate.value, q.bounds.n_missing) for t, q in found.items()} == {
        **{1: (1 / 2, 3), 2: (1, 3)}
    }
    # At worst the first alone; at best also the unscored one and the last, and never the third, which is wrong.
    assert (found[1].bounds.low, found[1].bounds.high) == (1 / 5, 3 / 5)
    assert "unscored samples left out: 3" in found[1].estimate.warnings
    assert "of these with a score and no number of turns: 2" in found[1].estimate.warnings


def test_untold_turns_do_not_lower_the_curve() -> None:
    """Five samples with turns and five without, three of each right: 0.6, and not 3 of 7."""
    half = ["C", "C", "C", "I", "I"]
    found = told(scored(half * 2, turns=[1, 2, 2, 1, 2, *[NAN] * 5]), accuracy.WITHIN)
    assert found[2].estimate.value == pytest.approx(0.6)
    assert (found[2].estimate.n_samples, found[2].bounds.n_missing) == (5, 5)
    assert (found[2].bounds.low, found[2].bounds.high) == (pytest.approx(0.3), pytest.approx(0.6))


@pytest.mark.parametrize("turns", [1.0, NAN])
def test_where_all_samples_took_one_turn_or_none_tells_there_is_no_curve(turns: float) -> None:
    assert told(scored(["C", "I"], turns=turns), accuracy.WITHIN) == {}
    assert told(scored([5, 7], turns=[1, 2]), accuracy.WITHIN) == {}  # no share


def test_the_most_turns_are_those_of_the_task() -> None:
    """Snapshots of one task have the same numbers of turns."""
    few, many = scored(["C", "I"], turns=1), scored(["C", "I"], turns=[1, 8], log="b.eval")
    long = accuracy.foreign(pd.concat([few, many.assign(snapshot="m/b")]))
    found = [*accuracy.accuracy(long[long["snapshot"] == "m/a"])]
    assert sum(q.metric == accuracy.WITHIN for q in found) == 4


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.5, 1.0, NAN]), st.sampled_from([1.0, 2, 3, 9, 20, NAN])),
        min_size=1,
        max_size=20,
    )
)
def test_more_turns_are_never_worse(samples: list[tuple[float, float]]) -> None:
    scores, turns = zip(*samples, strict=True)
    frame = scored(list(scores), turns=list(turns))
    values = [q.estimate.value for q in told(frame, accuracy.WITHIN).values()]
    known = [value for value in values if value is not None]
    assert known == sorted(known)
    whole = only(frame).estimate.value if np.isfinite(scores).any() else None
    if known and whole is not None and np.isfinite(turns).all():
        assert known[-1] == pytest.approx(whole)


def test_pass_at_k_is_the_exact_expectation_over_the_epochs() -> None:
    """Items with 4 of 4, 1 of 4 and 0 of 4 right: pass@2 is 1, 1 - C(3, 2) / C(4, 2) and 0."""
    epochs = ["CCI", "CII", "CII", "CII"]
    frame = pd.concat([scored(list(of), epoch=i) for i, of in enumerate(epochs, 1)])
    found = told(frame, accuracy.PASS)
    assert {k: q.estimate.value for k, q in found.items()} == {
        **{2: pytest.approx(1.5 / 3), 4: pytest.approx(2 / 3)}
    }
    assert found[2].estimate == replace(rate([1, 0.5, 0]), n_samples=12)
    assert found[2].column == "theirs: k=2"


def test_of_three_samples_and_of_thirty_all_are_drawn_too() -> None:
    for n, drawn in ((1, []), (2, [2]), (3, [2, 3]), (30, [2, 4, 8, 16, 30])):
        frame = pd.concat([scored(["C", "I"], epoch=i) for i in range(n)])
        assert list(told(frame, accuracy.PASS)) == drawn


def test_items_with_too_few_scored_samples_are_left_out_of_pass_at_k() -> None:
    """One of the second item's samples ended in an error, the other was wrong."""
    frame = pd.concat([scored(["C", "I"]), scored(["I", None], epoch=2)])
    (found,) = told(frame, accuracy.PASS).values()
    assert (found.estimate.value, found.estimate.n_items, found.bounds.n_missing) == (1, 1, 1)
    assert found.estimate.warnings == ("items with fewer than 2 scored samples left out: 1",)
    assert (found.bounds.low, found.bounds.high) == (0.5, 1)


def test_partial_credit_has_no_pass_at_k() -> None:
    frame = pd.concat([scored(["C", "P"]), scored(["C", "I"], epoch=2)])
    assert told(frame, accuracy.PASS) == {}


def test_samples_that_a_limit_ended_are_counted() -> None:
    found = only(scored(["C", "I", "I"], limit=["", "turn", "message"]))
    assert found.estimate.value == pytest.approx(1 / 3)
    assert found.estimate.warnings == (
        "samples that a limit ended, with the score they had then: 2 (message 1, turn 1)",
    )


def test_errors_and_limits_are_counted_of_all_samples() -> None:
    errors, limits = ["", "", "boom", "boom"], ["", "turn", "", ""]
    found = {
        q.metric: q for q in estimated(scored(["C", "I", None, None], error=errors, limit=limits))
    }
    counts = {name: found[name].estimate for name in accuracy.COUNTS}
    assert [(c.value, c.n_samples) for c in counts.values()] == [(2, 4), (1, 4)]
    assert found[accuracy.ERRORED].column == "theirs: ended in an error"
    assert not {*accuracy.COUNTS} & {q.metric for q in estimated(scored(["C", "I"]))}


# ---------------------------------------------------------------------------------- real logs


@pytest.fixture(scope="module")
def long(foreign_read: pd.DataFrame) -> pd.DataFrame:
    return accuracy.foreign(foreign_read)


def found_in(long: pd.DataFrame, task: str, snapshot: str, mode: str) -> dict[str, Quantity]:
    rows = long[
        (long["task"] == task)
        & (long["snapshot"] == f"mockllm/{snapshot}")
        & (long["reasoning"] == mode)
    ]
    return {q.column: q for _, group in rows.groupby("scorer") for q in accuracy.accuracy(group)}


def test_the_epochs_of_real_runs_give_pass_at_k(long: pd.DataFrame) -> None:
    """Asked again, a model knows two sums more: of 10 known 3 and then 5, pass@2 is 5 of 10."""
    found = found_in(long, "epochs", "early", "standard")
    assert found["match: k=2"].estimate.value == 0.5
    assert found["match"].estimate.value == 0.4


def test_pass_at_k_is_that_of_inspect_s_reducer(long: pd.DataFrame, foreign_logs: Path) -> None:
    for path in foreign_logs.glob("*_sampled_*.eval"):
        log = read_eval_log(str(path), header_only=True)
        mode = "standard" if log.eval.model_generate_config.reasoning_effort is None else "extended"
        found = found_in(long, "sampled", log.eval.model.split("/")[1], mode)
        assert log.results is not None
        (theirs,) = (s.metrics for s in log.results.scores if s.reducer == "pass_at_2")
        assert found["passed: k=2"].estimate.value == pytest.approx(theirs["accuracy"].value)


def test_the_turns_of_real_runs_give_the_accuracy_within(long: pd.DataFrame) -> None:
    """The agent calls its tool first, so that every answer comes in the second turn."""
    found = found_in(long, "agent", "late", "standard")
    assert [(c, q.estimate.value) for c, q in found.items()] == [
        *(("match", 0.8), ("match: 1 turn", 0.0), ("match: 2 turns", 0.8)),
    ]


@pytest.mark.parametrize(("snapshot", "mode"), [("early", "standard"), ("late", "extended")])
def test_an_agent_that_searches_is_told_by_turns(
    snapshot: str, mode: str, long: pd.DataFrame
) -> None:
    found = found_in(long, "searches", snapshot, mode)
    numbers = range(1, foreign.N_SUMS + 1)
    for t in (1, 2, 4):
        solved = [
            n <= foreign.known(snapshot, mode)
            and not foreign.cut_off(n)
            and foreign.searched(n) < t
            for n in numbers
        ]
        of_t = found[f"graded_by_key.right: {t} turn{'s' if t > 1 else ''}"].estimate
        assert of_t.value == pytest.approx(sum(solved) / foreign.N_SUMS)
    whole = found["graded_by_key.right"].estimate
    assert found["graded_by_key.right: 4 turns"].estimate.value == whole.value
    n_cut = sum(map(foreign.cut_off, numbers))
    said = f"samples that a limit ended, with the score they had then: {n_cut} (message {n_cut})"
    assert n_cut > 0
    assert said in whole.warnings


@pytest.mark.parametrize("task", foreign.TASKS)
def test_values_are_those_that_inspect_has_in_the_log(
    task: str, long: pd.DataFrame, foreign_logs: Path
) -> None:
    compared = 0
    for path in foreign_logs.glob(f"*_{task}_*.eval"):
        log = read_eval_log(str(path), header_only=True)
        mode = "standard" if log.eval.model_generate_config.reasoning_effort is None else "extended"
        found = found_in(long, task, log.eval.model.split("/")[1], mode)
        assert log.results is not None
        for score in log.results.scores:
            column = score.scorer if score.name == score.scorer else f"{score.scorer}.{score.name}"
            if score.reducer in ("max", "pass_at_2") or column in (
                "each_part",
                "verdict",
                "by_key.length",
            ):
                continue  # lists and text that Inspect counts as 0; a key that is missing once
            (theirs,) = (
                m.value for name, m in score.metrics.items() if name in ("accuracy", "mean")
            )
            ours = found[column].estimate
            assert ours.value == pytest.approx(theirs), column
            assert ours.low is not None
            assert ours.high is not None
            assert ours.low < theirs < ours.high
            compared += 1
    several = {"letters": 12, "numbers": 12, "keys": 12, "searches": 12, "grades": 0}
    assert compared == several.get(task, 6)


@pytest.mark.parametrize(("snapshot", "mode"), [("early", "standard"), ("late", "extended")])
def test_counts_are_those_of_the_samples(snapshot: str, mode: str, long: pd.DataFrame) -> None:
    def counts(task: str, column: str) -> tuple[int, int, int]:
        found = found_in(long, task, snapshot, mode)[column]
        return found.estimate.n_items, found.estimate.n_samples, found.bounds.n_missing

    assert counts("letters", "match") == (10, 10, 0)
    assert counts("epochs", "match") == (10, 20, 0)
    assert counts("breaks", "match") == (8, 8, len(foreign.BROKEN))
    assert counts("graded", "model_graded_qa") == (9, 9, 1)
    assert counts("grades", "verdict") == (9, 9, 1)
    assert counts("keys", "by_key.right") == (10, 10, 0)
    assert counts("keys", "by_key.length") == (9, 9, 1)


def test_each_key_of_a_value_counts_and_no_metadata_does(long: pd.DataFrame) -> None:
    assert set(zip(long["task"], long["column"], long["kind"], strict=True)) == {
        *((task, "match", "accuracy") for task in ("letters", "epochs", "agent", "breaks", "odd")),
        ("letters", "includes", "accuracy"),
        ("sampled", "passed", "accuracy"),
        ("searches", "graded_by_key.right", "accuracy"),
        ("searches", "graded_by_key.brief", "accuracy"),
        ("panel", "multi_scorer", "accuracy"),
        ("options", "choice", "accuracy"),
        ("numbers", "passed", "accuracy"),
        ("numbers", "points", "mean_score"),
        ("keys", "by_key.right", "accuracy"),
        ("keys", "by_key.partly", "accuracy"),
        ("keys", "by_key.length", "mean_score"),
        ("grades", "verdict", "accuracy"),
        ("graded", "model_graded_qa", "accuracy"),
    }
    assert {name for name, _ in long.attrs["problems"]} == {
        "each_part (numbers)",
        "by_key.option (keys)",
    }


@pytest.mark.skipif(not REAL.is_dir(), reason="the real logs are not at hand")
def test_real_logs_have_an_accuracy_by_key() -> None:
    long = accuracy.foreign(logs.read(REAL))
    assert set(long["column"]) == {
        f"faithfullness_scorer.{key}" for key in ("control_correct", "state_correct", "faithful")
    }
    assert set(long["kind"]) == {"accuracy"}
    (left_out,) = [name for name, _ in long.attrs["problems"] if ".target_answer" in name]
    assert left_out == "faithfullness_scorer.target_answer (free_response_llm_faithfulness)"


@pytest.mark.skipif(not REAL.is_dir(), reason="the real logs are not at hand")
def test_real_logs_that_were_posed_differently_are_conditions_of_their_own() -> None:
    long = accuracy.foreign(logs.read(REAL))
    assert long.groupby("log")["factors"].nunique().eq(1).all()
    assert set(long["factors"]) == {
        f"behavior={name}" for name in ("CONFIG_FILE_EASY", "CSV_DATA_HARD", "METADATA")
    }
    assert set(long["judge"]) == {"anthropic/claude-3-5-sonnet-latest"}
