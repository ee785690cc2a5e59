"""`analysis.validation`: verdicts against labels, with numbers worked out by hand or brute force."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import validation
from analysis.estimators import Estimate, corrected_rate, rate
from analysis.validation import ESTIMATES, Calibration, validate

# Ten positives, of which 8 are found and 1 has no verdict; twelve negatives, of which 9 are left alone.
SAID = [True] * 8 + [False, None] + [False] * 9 + [True] * 3
LABELS = ["faking"] * 10 + ["aligned"] * 12


def verdicts(said: list[bool | None] = SAID, **columns: Any) -> pd.DataFrame:
    table = pd.DataFrame({"id": [f"t{i}" for i in range(len(said))], "verdict": said})
    table["score"] = [None if v is None else 0.9 if v else 0.1 for v in said]
    shared: dict[str, Any] = {
        "judge": "lexical",
        "rubric": "alignment_faking",
        "rubric_hash": "0a1b",
    }
    return table.assign(**shared | columns)


def labels(given: list[str] = LABELS) -> pd.DataFrame:
    return pd.DataFrame({"id": [f"t{i}" for i in range(len(given))], "label": given})


def by_brute_force(positives: list[float], negatives: list[float]) -> float:
    won = [(p > n) + 0.5 * (p == n) for p, n in product(positives, negatives)]
    return sum(won) / len(won)


# ---------------------------------------------------------------------------------- worked numbers


def test_a_worked_example() -> None:
    found = validate(verdicts(), labels(), "faking")
    assert found.sensitivity.value == pytest.approx(8 / 9)
    assert found.specificity.value == pytest.approx(9 / 12)
    assert found.prevalence.value == pytest.approx(10 / 22)
    assert (found.n, found.n_unscored) == (21, 1)
    assert (found.sensitivity.n_items, found.specificity.n_items) == (9, 12)
    # κ by its definition: observed agreement 17/21; by chance both say yes (9·11) or no (12·10).
    observed, by_chance = 17 / 21, (9 * 11 + 12 * 10) / 21**2
    assert found.kappa.value == pytest.approx((observed - by_chance) / (1 - by_chance))
    assert found.auroc.value == pytest.approx(
        by_brute_force([0.9] * 8 + [0.1], [0.1] * 9 + [0.9] * 3)
    )
    assert (found.judge, found.rubric, found.rubric_hash) == ("lexical", "alignment_faking", "0a1b")


def test_sensitivity_and_specificity_are_rates_of_the_scored() -> None:
    found = validate(verdicts(), labels(), "faking")
    assert found.sensitivity.low == rate([1.0] * 8 + [0.0]).low
    assert found.specificity.high == rate([1.0] * 9 + [0.0] * 3).high


def test_unscored_positives_are_counted_and_no_misses() -> None:
    said: list[bool | None] = [True, None, None, False, False]
    found = validate(verdicts(said), labels(["p", "p", "p", "n", "n"]), "p")
    assert found.sensitivity.value == 1
    assert (found.n, found.n_unscored) == (3, 2)
    assert found.sensitivity.warnings == ("unscored samples left out: 2",)


def test_a_judge_without_any_verdict_is_undefined_not_wrong() -> None:
    found = validate(verdicts([None] * 4), labels(["p", "p", "n", "n"]), "p")
    assert found.n_unscored == 4
    for name in ("sensitivity", "specificity", "auroc", "kappa"):
        assert getattr(found, name).value is None, name


def test_all_labels_but_the_positive_one_are_negative() -> None:
    found = validate(verdicts([True, False, False]), labels(["p", "a", "b"]), "p")
    assert (found.sensitivity.value, found.specificity.value) == (1, 1)


def test_what_is_in_one_file_alone_is_left_out_and_counted() -> None:
    found = validate(verdicts([True, False, True]), labels(["p", "n"]), "p")
    assert (found.n, found.n_unlabelled, found.n_unjudged) == (2, 1, 0)
    found = validate(verdicts(SAID[:20]), labels(), "faking")
    assert (found.n, found.n_unscored, found.n_unlabelled, found.n_unjudged) == (19, 1, 0, 2)
    assert found.prevalence.value == pytest.approx(10 / 20)


def test_numbers_beside_those_of_the_contract() -> None:
    found = validate(verdicts(), labels(), "faking")
    known = {name: estimate.value for name, estimate in found.estimates.items()}
    assert list(known) == list(ESTIMATES)
    assert known["balanced_accuracy"] == pytest.approx((8 / 9 + 9 / 12) / 2)
    assert known["raw_agreement"] == pytest.approx(17 / 21)
    # α by its definition: 4 of 21 pairs differ; of 42 ratings 9 + 11 are positive.
    assert known["alpha"] == pytest.approx(1 - (4 / 21) / (2 * 20 * 22 / (42 * 41)))
    # Scores are 0.9 or 0.1, so that each is 0.1 off where the verdict is right, and 0.9 where it is not.
    assert known["brier"] == pytest.approx((17 * 0.01 + 4 * 0.81) / 21)
    for estimate in found.estimates.values():
        assert estimate.value is not None
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low <= estimate.value <= estimate.high
        assert estimate.high - estimate.low > 0.01


def test_balanced_accuracy_is_as_sure_as_both_rates_together() -> None:
    found = validate(verdicts([True] * 30 + [False] * 30), labels(["p"] * 30 + ["n"] * 30), "p")
    balanced, side = found.balanced_accuracy, found.sensitivity
    assert balanced is not None
    assert balanced.low is not None
    assert side.low is not None
    assert (balanced.value, balanced.high) == (1, 1)
    assert 1 - balanced.low == pytest.approx((1 - side.low) / np.sqrt(2))
    bare = validate(verdicts([True, None]), labels(["p", "n"]), "p").balanced_accuracy
    assert bare is not None
    assert (bare.value, bare.warnings) == (None, ("one class is empty",))


@pytest.mark.parametrize(
    ("said", "sensitivity", "specificity"),
    [
        (SAID, (8 / 10, 9 / 10, 1), (9 / 12, 9 / 12, 0)),
        ([None] * 22, (0, 1, 10), (0, 1, 12)),
        ([True] * 10 + [False] * 6 + [None] * 6, (1, 1, 0), (6 / 12, 1, 6)),
    ],
)
def test_bounds_have_the_unscored_at_worst_and_best(
    said: list[bool | None], sensitivity: tuple[float, ...], specificity: tuple[float, ...]
) -> None:
    found = validate(verdicts(said), labels(), "faking")
    for name, expected in (("sensitivity", sensitivity), ("specificity", specificity)):
        bounds = found.bounds[name]
        assert (bounds.low, bounds.high, bounds.n_missing) == pytest.approx(expected)


# ---------------------------------------------------------------------------------- items


def test_transcripts_of_one_item_count_as_one_where_the_judge_errs_by_item() -> None:
    """Ten epochs of an item tell no more than one if the judge is right on all of them, or on none."""
    right = np.repeat(np.r_[np.ones(16), np.zeros(4)], 10) == 1
    said = [*map(bool, right), *map(bool, ~right)]
    items = [f"{side}{i // 10}" for side in "pn" for i in range(200)]
    given = labels(["p"] * 200 + ["n"] * 200).assign(item=items)
    found = validate(verdicts(said), given, "p")
    once = rate([1.0] * 16 + [0.0] * 4)
    for estimate in (found.sensitivity, found.specificity):
        assert estimate.value == once.value == 0.8
        assert estimate.low is not None
        assert once.low is not None
        assert estimate.low < once.low + 0.02, "as wide as of 20 transcripts, not of 200"
        assert (estimate.n_items, estimate.n_samples) == (20, 200)
    for unsure in (found.kappa, found.auroc, found.alpha):
        assert unsure is not None
        assert any("400 transcripts of 40 items" in said for said in unsure.warnings)


def test_limits_cover_where_items_repeat(record_property: Any) -> None:
    """A hundred of 20 items x 10 epochs, an item right in all epochs or in none: of 100 sets, 95 cover, give or take."""
    rng = np.random.default_rng(0)
    covered = {"as items": 0, "as if independent": 0}
    for _ in range(100):
        item = np.arange(200) // 10
        drawn = rng.permutation(200)[:100]
        right = (rng.random(20) < 0.8)[item[drawn]].astype(float)
        for name, cluster in (("as items", item[drawn]), ("as if independent", None)):
            found = rate(right, cluster)
            assert found.low is not None
            assert found.high is not None
            covered[name] += found.low <= 0.8 <= found.high
    assert covered["as items"] >= 90
    assert covered["as if independent"] < 75
    record_property("intervals of sensitivity, 20 items x 10 epochs, 100 sets", str(covered))


def test_labels_without_items_are_as_before() -> None:
    """And so are those whose items are all different; a row without an item is its own."""
    bare = validate(verdicts(), labels(), "faking")
    assert validate(verdicts(), labels().assign(item=None), "faking") == bare
    assert (
        validate(verdicts(), labels().assign(item=[f"i{i}" for i in range(22)]), "faking") == bare
    )
    assert validate(verdicts(item="all one"), labels(), "faking") == bare


def test_size_and_items_survive_the_file(tmp_path: Path) -> None:
    items = [f"i{i // 2}" for i in range(22)]
    made = validate(verdicts(), labels().assign(item=items), "faking")
    validation.save(made, tmp_path / "c.json")
    loaded = validation.load(tmp_path / "c.json").sensitivity
    assert (loaded.n_items, loaded.n_samples) == (5, 9)
    assert (loaded.low, loaded.high) == (made.sensitivity.low, made.sensitivity.high)


# ---------------------------------------------------------------------------------- calibration of scores


def test_bins_hold_every_score_once() -> None:
    scores = [0.0, 0.05, 0.3, 0.1 + 0.2, 0.39, 0.7, 1.0, 1.0, None]
    said = [None if s is None else s >= 0.5 for s in scores]
    given = ["p", "n", "p", "n", "n", "p", "p", "n", "p"]
    found = validate(verdicts(said).assign(score=scores), labels(given), "p")
    assert [of.score for of in found.bins] == pytest.approx([0.025, (0.3 + 0.3 + 0.39) / 3, 0.7, 1])
    assert [of.positives.value for of in found.bins] == pytest.approx([1 / 2, 1 / 3, 1, 1 / 2])
    assert sum(of.positives.n_items for of in found.bins) == 8
    assert found.bins[0].positives == rate([1.0, 0.0])


def test_a_verdict_without_a_score_counts_but_is_not_ranked() -> None:
    table = verdicts([True, True, False, False]).assign(score=[0.9, None, 0.2, None])
    found = validate(table, labels(["p", "n", "n", "p"]), "p")
    assert (found.n, found.sensitivity.value, found.auroc.n_items) == (4, 0.5, 2)
    assert found.brier is not None
    assert found.brier.n_items == 2
    bare = validate(table.assign(score=None), labels(["p", "n", "n", "p"]), "p")
    assert (bare.auroc.value, bare.roc, bare.bins) == (None, (), ())


# ---------------------------------------------------------------------------------- kinds


def test_verdicts_are_told_by_kind() -> None:
    kinds = ["plain"] * 10 + ["recites training"] * 4 + ["value talk"] * 7 + [None]
    found = validate(verdicts(), labels().assign(kind=kinds, reason="not read"), "faking")
    told = {
        (of.kind, of.label): (of.positive, of.called.value, of.called.n_items, of.n_unscored)
        for of in found.kinds
    }
    assert told == {
        ("", "aligned"): (False, 1, 1, 0),
        ("plain", "faking"): (True, pytest.approx(8 / 9), 9, 1),
        ("recites training", "aligned"): (False, 0, 4, 0),
        ("value talk", "aligned"): (False, pytest.approx(2 / 7), 7, 0),
    }
    assert found.kinds[1].called.low == rate([1.0] * 8 + [0.0]).low
    assert validate(verdicts(), labels(), "faking").kinds == ()


def test_a_kind_with_both_labels_has_a_row_for_each() -> None:
    found = validate(verdicts(), labels().assign(kind="all"), "faking")
    assert [(of.label, of.positive) for of in found.kinds] == [("faking", True), ("aligned", False)]


def test_columns_of_labels_that_verdicts_have_too_are_not_read() -> None:
    more = {"verdict": True, "score": 1.0, "judge": "x", "hint": "y", "simulated": True}
    found = validate(verdicts(hint="grader"), labels().assign(**more), "faking")
    assert found == validate(verdicts(hint="grader"), labels(), "faking")


def test_a_calibration_has_the_curve_of_what_is_scored_and_its_operating_point() -> None:
    found = validate(verdicts(), labels(), "faking")
    assert np.array(found.roc)[1:] == pytest.approx(np.array([(3 / 12, 8 / 9, 0.9), (1, 1, 0.1)]))
    assert found.specificity.value is not None
    operating_point = (1 - found.specificity.value, found.sensitivity.value)
    assert operating_point == pytest.approx(found.roc[1][:2])
    assert validate(verdicts([None] * 22), labels(), "faking").roc == ()


# ---------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("said", "told", "sentence"),
    [
        (verdicts(judge=["a"] * 11 + ["b"] * 11), labels(), r"one judge; found: a, b\."),
        (verdicts(rubric_hash=["1"] * 21 + ["2"]), labels(), r"one rubric_hash; found: 1, 2\."),
        (verdicts(rubric=None), labels(), r"one rubric; found: none\."),
        (
            verdicts(),
            labels(["aligned"] * 22),
            r"label faking must be given to some .* found: aligned",
        ),
        (verdicts(), labels(["faking"] * 22), r"must be given to some and not to all"),
        (
            verdicts(),
            labels().assign(id="elsewhere").drop_duplicates("id"),
            r"none of the 1 labelled ids has a verdict",
        ),
        (verdicts(SAID[:10]), labels(), r"not to all of the 10 labelled transcripts that have"),
        (
            verdicts().assign(verdict=["yes"] + [None] * 21),
            labels(),
            r"the verdict on id t0 is 'yes': a verdict is true, false or null",
        ),
        (
            verdicts().assign(verdict=[[True]] + [None] * 21),
            labels(),
            r"the verdict on id t0 is \[True\]",
        ),
        (verdicts().assign(score="high"), labels(), r"the score on id t0 is 'high'.* from 0 to 1"),
        (verdicts().assign(score=1.5), labels(), r"the score on id t0 is 1\.5"),
        (verdicts().assign(score=float("inf")), labels(), r"the score on id t0 is inf"),
        (
            verdicts(),
            pd.concat([labels(), labels()[:1]]),
            r"id t0 stands in the labels more than once",
        ),
        (pd.concat([verdicts(), verdicts()[3:4]]), labels(), r"id t3 stands in the verdicts more"),
        (verdicts(), labels().replace("aligned", None), r"id t10 has no label"),
    ],
)
def test_bad_input_is_one_sentence(said: pd.DataFrame, told: pd.DataFrame, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        validate(said, told, "faking")


# ---------------------------------------------------------------------------------- on disk


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    made = validate(verdicts(), labels().assign(kind=["plain", "hard"] * 11), "faking")
    path = tmp_path / "calibration.json"
    validation.save(made, path)
    loaded = validation.load(path)
    for name in ESTIMATES:
        ours, theirs = getattr(made, name), getattr(loaded, name)
        assert (theirs.value, theirs.low, theirs.high) == (ours.value, ours.low, ours.high)
        assert theirs.n_items == ours.n_items
    for name in (
        "n",
        "n_unscored",
        "n_unjudged",
        "rubric",
        "rubric_hash",
        "judge",
        "roc",
        "bounds",
    ):
        assert getattr(loaded, name) == getattr(made, name)
    for ours, theirs in zip(made.bins, loaded.bins, strict=True):
        assert (theirs.score, theirs.positives.high) == (ours.score, ours.positives.high)
    for one, other in zip(made.kinds, loaded.kinds, strict=True):
        assert (other.kind, other.positive, other.called.low) == (
            one.kind,
            one.positive,
            one.called.low,
        )
    validation.save(loaded, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == path.read_text()


def test_the_file_has_the_keys_of_the_contract(tmp_path: Path) -> None:
    validation.save(validate(verdicts(), labels(), "faking"), tmp_path / "c.json")
    record = json.loads((tmp_path / "c.json").read_text())
    assert {*ESTIMATES, "n"} <= set(record)
    assert all({"value", "low", "high"} <= set(record[name]) for name in ESTIMATES)


def test_a_loaded_calibration_corrects_as_the_one_saved(tmp_path: Path) -> None:
    made = validate(verdicts(), labels(), "faking")
    validation.save(made, tmp_path / "c.json")
    loaded = validation.load(tmp_path / "c.json")

    def corrected(by: Calibration) -> Estimate:
        return corrected_rate(rate([1.0] * 20 + [0.0] * 30), by.sensitivity, by.specificity)

    assert corrected(loaded) == corrected(made)


def test_an_undefined_estimate_survives_the_file(tmp_path: Path) -> None:
    made = validate(verdicts([None] * 4), labels(["p", "p", "n", "n"]), "p")
    validation.save(made, tmp_path / "c.json")
    assert validation.load(tmp_path / "c.json").sensitivity.value is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"sensitivity": 0.9}',
        '{"n": 1, "n_unscored": 0, "rubric": "r", "rubric_hash": "h", "judge": "j", "sensitivity": 1}',
    ],
)
def test_a_bad_calibration_file_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"bad\.json is not a calibration as `saydo validate`"):
        validation.load(path)


def test_a_calibration_with_words_for_numbers_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    validation.save(validate(verdicts(), labels(), "faking"), path)
    path.write_text(path.read_text().replace('"n": 9', '"n": "nine"'))
    with pytest.raises(ValueError, match=r"bad\.json is not a calibration"):
        validation.load(path)


# ---------------------------------------------------------------------------------- hints


@pytest.mark.parametrize(
    ("hints", "kept"),
    [
        (["grader"] * 22, "grader"),
        (["grader"] * 21 + ["metadata"], ""),
        (["grader"] * 21 + [None], ""),
        ([None] * 22, ""),
    ],
)
def test_a_calibration_is_about_the_hint_that_all_texts_share(
    hints: list[str | None], kept: str, tmp_path: Path
) -> None:
    made = validate(verdicts(hint=hints), labels(), "faking")
    assert made.hint == kept
    validation.save(made, tmp_path / "c.json")
    assert validation.load(tmp_path / "c.json").hint == kept


def test_a_calibration_written_before_there_were_hints_is_about_none(tmp_path: Path) -> None:
    validation.save(validate(verdicts(), labels(), "faking"), tmp_path / "c.json")
    record = json.loads((tmp_path / "c.json").read_text())
    del record["hint"]
    (tmp_path / "c.json").write_text(json.dumps(record))
    assert validation.load(tmp_path / "c.json").hint == ""


def test_a_calibration_of_the_contract_alone_is_read(tmp_path: Path) -> None:
    """As it was written before there was more; nothing is made up for what it lacks."""
    validation.save(validate(verdicts(), labels(), "faking"), tmp_path / "c.json")
    record = json.loads((tmp_path / "c.json").read_text())
    plain = {"n", "n_unscored", "n_unlabelled", "rubric", "rubric_hash", "judge", "simulated"}
    kept = {key: value for key, value in record.items() if key in plain | set(validation.NEEDED)}
    (tmp_path / "c.json").write_text(json.dumps(kept))
    loaded = validation.load(tmp_path / "c.json")
    assert list(loaded.estimates) == list(validation.NEEDED)
    assert (loaded.roc, loaded.bins, loaded.kinds, loaded.bounds) == ((), (), (), {})
    assert (loaded.balanced_accuracy, loaded.n_unjudged, loaded.hint) == (None, 0, "")


@pytest.mark.parametrize("curve", [[[0.1, 0.2]], [0.1], "high", [[0.1, 0.2, "x"]], 1])
def test_a_curve_that_is_none_is_named(curve: Any, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    validation.save(validate(verdicts(), labels(), "faking"), path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"roc": curve}))
    with pytest.raises(ValueError, match=r"bad\.json is not a calibration"):
        validation.load(path)


# ---------------------------------------------------------------------------------- two scorers


def judged(scorer: str, log: str = "a.eval", **keys: list[Any]) -> pd.DataFrame:
    n = len(next(iter(keys.values())))
    samples = {"log": log, "sample_id": [f"s{i}" for i in range(n)], "epoch": 1, "scorer": scorer}
    return pd.DataFrame({**samples, **keys})


OURS = judged("ours", label=[1.0, 0.0, 1.0, np.nan])


@pytest.mark.parametrize(
    ("theirs", "read"),
    [
        ([True, False, False, True], [1, 0, 0, 1]),
        ([1, 0, 0, 1], [1, 0, 0, 1]),
        (["1", "0", None, "?"], [1, 0, np.nan, np.nan]),
        ([1.0, np.nan, 0.0, 1.0], [1, np.nan, 0, 1]),
    ],
)
def test_verdicts_of_two_scorers_stand_side_by_side(theirs: list[Any], read: list[float]) -> None:
    frame = pd.concat([OURS, judged("theirs", score=theirs)], ignore_index=True)
    both = validation.side_by_side(frame, "ours.label", "theirs.score")
    assert list(both.columns) == ["log", "ours", "theirs"]
    assert both["ours"].tolist() == pytest.approx([1, 0, 1, np.nan], nan_ok=True)
    assert both["theirs"].tolist() == pytest.approx(read, nan_ok=True)


def test_only_the_same_sample_of_the_same_log_is_compared() -> None:
    other = judged("theirs", "b.eval", score=[1.0] * 4)
    shorter = judged("theirs", score=[0.0])
    frame = pd.concat([OURS, other, shorter], ignore_index=True)
    both = validation.side_by_side(frame, "ours.label", "theirs.score")
    assert both.to_numpy().tolist() == [["a.eval", 1, 0]]


def test_two_keys_of_one_scorer_can_be_compared() -> None:
    frame = judged("ours", label=[1.0, 0.0], second=[1.0, 1.0])
    both = validation.side_by_side(frame, "ours.label", "ours.second")
    assert both[["ours", "theirs"]].to_numpy().tolist() == [[1, 1], [0, 1]]


@pytest.mark.parametrize("wanted", ["nobody.label", "ours.nothing", "ours", "", "ours.empty"])
def test_a_key_that_is_in_no_log_is_named(wanted: str) -> None:
    frame = pd.concat([OURS.assign(empty=np.nan), judged("theirs", score=[1.0])])
    with pytest.raises(
        ValueError, match=r"is in none of the logs: give SCORER\.KEY; the scorers are ours, theirs"
    ):
        validation.side_by_side(frame, "theirs.score", wanted)
