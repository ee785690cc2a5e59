"""`analysis.judges`: where judges agree, and what calibrations say of them."""

from pathlib import Path

import inspect_ai
import pandas as pd
import pytest
from inspect_ai.log import write_eval_log

from analysis import judges, logs, validation
from analysis.estimators import agreement
from analysis.quantities import Quantity
from analysis.snapshots import COLUMNS
from scorers.compliance import compliance
from tests.analysis.test_validation import labels, verdicts
from tests.conftest import Evaluate, posed

NAN = float("nan")
METRICS = ["raw_agreement", "kappa", "alpha", "prevalence"]


def judged(
    judge: str, said: list[float], scorer: str = "compliance", log: str = "a.eval"
) -> pd.DataFrame:
    """What one judge says of the transcripts of one log, as `logs.read` gives it."""
    names = [f"s{i}" for i in range(len(said))]
    rows = pd.DataFrame({"sample_id": names, "item_id": names, judges.LABELS[scorer]: said})
    return rows.assign(log=log, epoch=1, scorer=scorer, judge=judge, unscored=0.0)


def agreed(*parts: pd.DataFrame) -> dict[str, Quantity]:
    found = list(judges.agreements(pd.concat(parts, ignore_index=True)))
    assert [q.metric for q in found] == METRICS[: len(found)]
    return {q.metric: q for q in found}


# ---------------------------------------------------------------------------------- agreement


@pytest.mark.parametrize("scorer", judges.LABELS)
def test_two_runs_of_a_scorer_are_compared_sample_by_sample(scorer: str) -> None:
    one, other = [1.0, 1.0, 0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    second = judged("b/model", other, scorer).sample(frac=1, random_state=0)
    found = agreed(judged("lexical", one, scorer), second)
    expected = agreement([*zip(one, other, strict=True)])
    assert [q.estimate for q in found.values()] == [
        *(expected.raw, expected.kappa, expected.alpha, expected.prevalence)
    ]
    assert found["raw_agreement"].estimate.value == pytest.approx(4 / 6)
    assert {q.column for q in found.values()} == {f"lexical against b/model on {scorer}"}
    assert {(q.arm, q.hint, q.bounds.n_missing) for q in found.values()} == {("", "", 0)}


def test_much_agreement_on_what_is_rare_stands_beside_a_low_kappa() -> None:
    one, other = [0.0] * 96 + [1.0, 1.0, 0.0, 0.0], [0.0] * 96 + [0.0, 0.0, 1.0, 1.0]
    found = {m: q.estimate.value for m, q in agreed(judged("a", one), judged("b", other)).items()}
    assert found["raw_agreement"] == pytest.approx(0.96)
    assert found["prevalence"] == pytest.approx(0.02)
    assert found["kappa"] == pytest.approx(-0.0204, abs=1e-4)


def test_judges_of_one_run_are_compared_too() -> None:
    further = {"complied/b/model": [1.0, 0.0, 0.0], "complied/c": [1.0, 1.0, 0.0]}
    found = list(judges.agreements(judged("lexical", [1.0, 1.0, 0.0]).assign(**further)))
    raw = {q.column: q.estimate.value for q in found if q.metric == "raw_agreement"}
    assert raw == {
        "lexical against b/model on compliance": pytest.approx(2 / 3),
        "lexical against c on compliance": 1,
        "b/model against c on compliance": pytest.approx(2 / 3),
    }


def test_a_further_judge_of_one_log_is_no_judge_of_another() -> None:
    with_b = judged("a", [1.0, 0.0]).assign(**{"complied/b": [1.0, NAN]})
    found = agreed(with_b, judged("a", [1.0, 0.0, 1.0], log="b.eval"))
    assert found["raw_agreement"].estimate.n_samples == 1
    assert found["raw_agreement"].bounds.n_missing == 1


def test_verdicts_that_were_due_and_are_missing_are_counted() -> None:
    """One lacks a verdict; both do and say so; none was due; an error that neither saw."""
    one, other = [1.0, 0.0, 1.0, NAN, NAN, NAN], [1.0, 0.0, NAN, NAN, NAN, NAN]
    unscored = [0.0, 0.0, 0.0, 1.0, 0.0, NAN]
    parts = (judged("a", one), judged("b", other))
    found = agreed(*(part.assign(unscored=unscored) for part in parts))
    assert found["kappa"].estimate.n_samples == 2
    assert {q.bounds.n_missing for q in found.values()} == {2}


def test_only_the_same_transcripts_are_compared() -> None:
    assert agreed(judged("a", [1.0, 0.0]), judged("b", [1.0, 0.0], log="b.eval")) == {}
    assert agreed(judged("a", [1.0, 0.0])) == {}
    assert agreed(judged("a", [NAN, 0.0]), judged("b", [1.0, NAN])) == {}
    both = agreed(
        judged("a", [1.0, 0.0]), judged("a", [1.0] * 4, log="b.eval"), judged("b", [1.0, 0.0])
    )
    assert both["kappa"].estimate.n_samples == 2
    assert both["kappa"].bounds.n_missing == 0


def test_several_transcripts_of_one_item_are_a_warning() -> None:
    parts = (judged("a", [1.0, 0.0, 1.0]), judged("b", [1.0, 0.0, 0.0]))
    found = agreed(*(part.assign(item_id=["i", "i", "j"]) for part in parts))
    for quantity in found.values():
        assert quantity.estimate.warnings[-1] == "transcripts of one item are taken as independent"


def test_a_log_scored_by_a_second_judge(evaluate: Evaluate, tmp_path: Path) -> None:
    log = evaluate(posed("final", "standard", 6), "organism/final", tmp_path / "first")
    again = inspect_ai.score(
        log, compliance(judge="fakejudge/refused"), action="append", display="log"
    )
    write_eval_log(again, str(tmp_path / "again.eval"))
    frame = logs.read(tmp_path / "again.eval")
    found = agreed(frame)
    ours = frame[(frame["scorer"] == "compliance") & (frame["judge"] == "lexical")]
    refused = 1 - ours["complied"].dropna()
    assert found["raw_agreement"].estimate.value == pytest.approx(refused.mean())
    assert found["prevalence"].estimate.value == pytest.approx((1 - refused.mean()) / 2)
    assert found["kappa"].column == "lexical against fakejudge/refused on compliance"


def test_one_judge_agrees_with_nobody(frame: pd.DataFrame, clue_frame: pd.DataFrame) -> None:
    assert list(judges.agreements(frame)) == []
    assert list(judges.agreements(clue_frame)) == []


# ---------------------------------------------------------------------------------- calibrations


def test_a_calibration_is_a_row_for_each_number() -> None:
    made = validation.validate(verdicts(hint="grader"), labels(), "faking")
    rows = pd.DataFrame(judges.calibrated([made]))
    assert set(rows.columns) <= set(COLUMNS)
    bounded, rows = (
        rows.iloc[-1],
        rows.iloc[:-1],
    )  # the one positive without a verdict: missed, or found
    assert (bounded["metric"], bounded["n_unscored"]) == ("sensitivity_bounds", 1)
    assert (bounded["low"], bounded["high"]) == (pytest.approx(8 / 10), pytest.approx(9 / 10))
    assert rows["metric"].tolist() == list(validation.ESTIMATES)
    for row in rows.itertuples():
        estimate = getattr(made, str(row.metric))
        assert (row.value, row.low, row.high) == (estimate.value, estimate.low, estimate.high)
        assert row.n_items == estimate.n_items
    assert rows["n_unscored"].dropna().tolist() == [1] * 6
    alike = rows.drop(columns=["metric", "column", "value", "low", "high", "method", "warnings"])
    about = alike.drop(columns=["n_items", "n_samples", "n_unscored"]).drop_duplicates()
    assert about.to_dict("records") == [
        {
            **dict.fromkeys(("snapshot", "reasoning", "task", "dataset", "setting", "arm"), ""),
            **{"visibility": "", "logs": "", "table": "judges", "row": "lexical alignment_faking"},
            **{"hint": "grader", "factors": "rubric_hash=0a1b", "judge": "lexical"},
            **{"provenance": "measured", "simulated": False},
        }
    ]


def test_calibrations_keep_their_order_and_none_is_no_row() -> None:
    made = [validation.validate(verdicts(judge=judge), labels(), "faking") for judge in ("b", "a")]
    rows = judges.calibrated(made)
    assert [row["judge"] for row in rows] == ["b"] * 10 + ["a"] * 10
    assert judges.calibrated([]) == []


def test_what_is_undefined_stays_so() -> None:
    made = validation.validate(verdicts([None] * 22), labels(), "faking")
    by_metric = {row["metric"]: row for row in judges.calibrated([made])}
    assert by_metric["sensitivity"]["value"] is None
    assert by_metric["auroc"]["n_unscored"] == 22
    assert by_metric["prevalence"]["value"] == pytest.approx(10 / 22)
