"""`analysis.validation`: verdicts against labels, with numbers worked out by hand or brute force."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import validation
from analysis.estimators import Estimate, corrected_rate, rate
from analysis.validation import ESTIMATES, Calibration, auroc, roc, validate

scores = st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), min_size=1, max_size=12)

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


def test_verdicts_without_a_label_are_left_out() -> None:
    found = validate(verdicts([True, False, True]), labels(["p", "n"]), "p")
    assert found.n == 2


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
        (verdicts(SAID[:20]), labels(), r"2 labelled ids have no verdict, t20 first\."),
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
    made = validate(verdicts(), labels(), "faking")
    path = tmp_path / "calibration.json"
    validation.save(made, path)
    loaded = validation.load(path)
    for name in ESTIMATES:
        ours, theirs = getattr(made, name), getattr(loaded, name)
        assert (theirs.value, theirs.low, theirs.high) == (ours.value, ours.low, ours.high)
        assert theirs.n_items == ours.n_items
    for name in ("n", "n_unscored", "rubric", "rubric_hash", "judge", "roc"):
        assert getattr(loaded, name) == getattr(made, name)
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


def test_a_calibration_written_before_there_were_curves_has_none(tmp_path: Path) -> None:
    validation.save(validate(verdicts(), labels(), "faking"), tmp_path / "c.json")
    record = json.loads((tmp_path / "c.json").read_text())
    assert record.pop("roc")
    (tmp_path / "c.json").write_text(json.dumps(record))
    assert validation.load(tmp_path / "c.json").roc == ()


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
