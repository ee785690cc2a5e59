"""`analysis.judge_pairs`: two judges of the same transcripts, with numbers worked out by hand."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from analysis.estimators import adjust, agreement
from analysis.judge_pairs import pairs, told_apart
from analysis.roc import auroc_difference
from analysis.validation import validate
from tests.analysis.test_validation import labels

Said = list[bool | None]

OURS: Said = [True, True, True, False, None, False, False, True, False, False]
THEIRS: Said = [True, False, True, True, True, False, False, False, False, None]
GIVEN = ["p"] * 5 + ["n"] * 3
"""The last two transcripts were labelled by nobody."""


def judged(said: Said, judge: str = "a", **columns: Any) -> pd.DataFrame:
    ids = [f"t{i}" for i in range(len(said))]
    score = [None if v is None else (0.6 if v else 0.2) + 0.01 * i for i, v in enumerate(said)]
    table = pd.DataFrame({"id": ids, "verdict": said, "score": score, "transcript_hash": ids})
    shared = {"judge": judge, "rubric": "compliance", "rubric_hash": "0a"}
    return table.assign(**shared | columns)


def test_agreement_is_over_what_both_judged_and_areas_over_what_is_labelled_too() -> None:
    shuffled = judged(THEIRS, "b").sample(frac=1, random_state=0)
    (found,) = pairs({"a": judged(OURS), "b": shuffled}, labels(GIVEN), "p")
    both = [(o, t) for o, t in zip(OURS, THEIRS, strict=True) if o is not None and t is not None]
    assert found.agreement == agreement([(float(o), float(t)) for o, t in both])
    assert (found.n_both, found.n_missing) == (8, 2)
    first, second = (judged(said)["score"] for said in (OURS, THEIRS))
    ranked = [0, 1, 2, 3], [5, 6, 7]  # positives and negatives that both scored
    sides = [tuple(scores[list(rows)] for rows in ranked) for scores in (first, second)]
    assert found.auroc_difference == auroc_difference(sides[0], sides[1])
    assert found.auroc_difference.n_items == 7
    assert found.p_adjusted == found.auroc_difference.p_value


def test_each_two_of_several_are_compared_and_p_is_adjusted_over_all() -> None:
    rows = {"a": judged(OURS), "b": judged(THEIRS, "b"), "c": judged(OURS[::-1], "c")}
    found = pairs(rows, labels(GIVEN), "p")
    assert [(pair.ours, pair.theirs) for pair in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    p_values = [pair.auroc_difference.p_value for pair in found]
    assert [pair.p_adjusted for pair in found] == adjust([p or 1 for p in p_values]).tolist()


def test_where_there_is_no_test_nothing_is_adjusted() -> None:
    (found,) = pairs({"a": judged(OURS), "b": judged(OURS, "b")}, labels(GIVEN), "p")
    assert found.auroc_difference.value == 0
    assert found.p_adjusted is None
    assert found.agreement.raw.value == 1


@pytest.mark.parametrize(
    ("theirs", "sentence"),
    [
        (judged(THEIRS, "b", id=[f"u{i}" for i in range(10)]), r"a and b judged no transcript in common"),
        (judged(THEIRS, "b", transcript_hash="other"), r"id t0 stands for two texts, of which a judged one"),
    ],
)  # fmt: skip
def test_judges_of_other_texts_are_not_compared(theirs: pd.DataFrame, sentence: str) -> None:
    told = pd.concat([labels(GIVEN), labels(GIVEN).assign(id=[f"u{i}" for i in range(8)])])
    with pytest.raises(ValueError, match=sentence):
        pairs({"a": judged(OURS), "b": theirs}, told, "p")


def test_verdicts_without_a_hash_of_their_texts_are_taken_at_their_ids() -> None:
    rows = [judged(said).drop(columns="transcript_hash") for said in (OURS, THEIRS)]
    (found,) = pairs(dict(zip("ab", rows, strict=True)), labels(GIVEN), "p")
    assert found.n_both == 8


def test_judges_are_told_apart_by_what_differs() -> None:
    one = validate(judged(OURS), labels(GIVEN), "p")
    assert told_apart([one]) == ["a"]
    assert told_apart([one, replace(one, judge="b")]) == ["a", "b"]
    assert told_apart([one, replace(one, rubric_hash="0b")]) == ["a, 0a", "a, 0b"]
    assert told_apart([one, replace(one, rubric="monitor")]) == ["a, compliance", "a, monitor"]
    hinted = [replace(one, hint=hint) for hint in ("grader", "metadata")]
    assert told_apart([*hinted, replace(one, judge="b")]) == ["a, grader", "a, metadata", "b"]
