"""Pairs out of a table of facts, how they are posed, and the one sentence that each mistake gets."""

import json
import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inspect_ai._util.error import PrerequisiteError

from inspect_tasks._scenarios.comparisons import (
    Comparison,
    load_pairs,
    oriented,
    pose,
    read_file,
)
from inspect_tasks._scenarios.sources import choose
from scorers.metadata import ELICITATIONS
from scorers.rationalisation import ComparisonMetadata
from tests.inspect_tasks.conftest import Write
from tests.inspect_tasks.sentences import assert_one_sentence, sentence

PAIRS = load_pairs("bundled")

AGE = {"property": "age", "more": "Is {x} older than {y}?", "less": "Is {x} younger than {y}?"}
SIZE = {"property": "size", "more": "Does {y} fit into {x}?", "less": "Does {x} fit into {y}?"}


def fact(entity: str, value: object, property: str = "age", **more: object) -> dict[str, object]:
    return {"property": property, "entity": entity, "value": value, **more}


def lines(*rows: dict[str, Any]) -> str:
    return "\n".join(map(json.dumps, rows))


# Pairs


def test_each_fact_meets_the_nearest_greater_one_beyond_the_margin(write: Write) -> None:
    path = write(
        "own.jsonl",
        lines(
            fact("the Oak", 300),  # facts may stand before what they are facts about
            {**AGE, "min_difference": 10, "canary": "x", "note": "ignored"},
            {**SIZE, "min_ratio": 1.5},
            fact("an ash", 290.5),
            fact("Élm", "295", unit="years", source="a book"),
            fact("yew", 1000),
            fact("box", 3, "size"),
            fact("bag", 2, "size"),
            fact("bin", 2.5, "size"),
        ),
    )
    pairs = read_file(path)
    assert [pair.id for pair in pairs] == [
        "age_ash_yew",  # 9.5 to the oak
        "age_elm_yew",
        "age_oak_yew",
        "size_bag_box",  # a ratio of just 1.5
    ]
    assert [(pair.lesser, pair.greater) for pair in pairs[:2]] == [
        ("an ash", "yew"),
        ("Élm", "yew"),
    ]


def test_decimals_do_not_blur_the_margin(write: Write) -> None:
    path = write(
        "own.jsonl", lines({**AGE, "min_difference": 0.1}, fact("a1", 50.4), fact("b1", 50.5))
    )
    assert [pair.id for pair in read_file(path)] == ["age_a1_b1"]


def test_a_csv_file_says_the_same(write: Write) -> None:
    table = (
        "property,entity,value,more,less,min_ratio,min_difference\n"
        "age,,,Is {x} older than {y}?,Is {x} younger than {y}?,,10\n"
        "age,oak,300,,,,\n"
        'age,"ash, the old one",200,,,,\n'
    )
    [pair] = read_file(write("own.csv", table))
    assert (pair.id, pair.lesser) == ("age_ash-the-old-one_oak", "ash, the old one")
    assert pair.property.question("less", "oak", "ash") == "Is oak younger than ash?"


def test_braces_in_names_stay(write: Write) -> None:
    rows = {**SIZE, "min_ratio": 1}, fact("{y}", 1, "size"), fact("{0}", 2, "size")
    with pytest.raises(PrerequisiteError, match="no number above 1"):
        read_file(write("own.jsonl", lines(*rows)))
    rows = {**SIZE, "min_ratio": 1.1}, fact("{y}", 1, "size"), fact("{0}", 2, "size")
    [pair] = read_file(write("own.jsonl", lines(*rows)))
    assert pair.property.question("more", "{y}", "{0}") == "Does {0} fit into {y}?"


OK = [{**AGE, "min_difference": 1}, fact("oak", 3), fact("ash", 1)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([*OK, {"entity": "elm", "value": 2}], "no key `property` on line 4"),
        ([*OK, {"property": "age", "value": 2}], "no `entity` on line 4"),
        ([*OK, fact("elm", None)], "no number as `value` on line 4"),
        ([*OK, fact("elm", "many")], "no number as `value` on line 4"),
        ([*OK, fact("elm", "nan")], "no number as `value` on line 4"),
        ([*OK, fact("elm", "inf")], "no number as `value` on line 4"),
        ([*OK, fact("elm", 2, "height")], "a fact of the property height on line 4"),
        ([*OK, fact("the Oak", 9)], "the Oak under age twice: lines 2 and 4"),
        ([*OK, fact("榆", 2)], "the entity '榆' on line 4"),
        ([*OK, {**AGE, "min_difference": 2}], "the property age twice: lines 1 and 4"),
        ([{**AGE}, *OK[1:]], "without exactly one of `min_ratio` and `min_difference`"),
        ([{**AGE, "min_ratio": 2, "min_difference": 2}, *OK[1:]], "without exactly one of"),
        (
            [{**AGE, "min_ratio": "much"}, *OK[1:]],
            "a `min_ratio` on line 1 that is no number above 1",
        ),
        ([{**AGE, "min_difference": -1}, *OK[1:]], "that is no number above 0"),
        ([{**AGE, "min_ratio": 2}, fact("oak", 0)], "a value on line 2 that is not above 0"),
        ([{**AGE, "more": "Is {x} old?", "min_ratio": 2}], "line 1 whose `more` does not have"),
        ([{**AGE, "less": "", "min_ratio": 2}], "line 1 whose `less` does not have"),
        ([{**AGE, "less": "{x}{y}{y}", "min_ratio": 2}], "line 1 whose `less` does not have"),
        ([{**AGE, "property": "a b", "min_ratio": 2}], "the property 'a b' on line 1"),
        ([{**AGE, "min_difference": 5}, *OK[1:]], "no two facts of the property age that differ"),
        ([], "has no facts"),
    ],
)
def test_a_wrong_row_gets_one_sentence(write: Write, rows: list[dict[str, Any]], said: str) -> None:
    path = write("own.jsonl", lines(*rows))
    with pytest.raises(PrerequisiteError) as error:
        read_file(path)
    assert said in sentence(error)
    assert str(path) in sentence(error)
    assert_one_sentence(sentence(error))


def test_an_unknown_source_or_a_missing_file_gets_one_sentence() -> None:
    with pytest.raises(PrerequisiteError) as error:
        load_pairs("wikipedia")
    assert sentence(error).startswith("Unknown facts=wikipedia: give bundled, or the path")
    with pytest.raises(PrerequisiteError) as error:
        load_pairs("missing.jsonl")
    assert sentence(error).startswith("There is no facts file")


# How they are posed


def balance(comparisons: list[Comparison]) -> dict[str, Counter[bool]]:
    """By group, how often X is the greater."""
    found: dict[str, Counter[bool]] = {}
    for comparison in comparisons:
        found.setdefault(comparison.group, Counter())[comparison.greater_first] += 1
    return found


@settings(max_examples=20, deadline=None)
@given(st.integers(1, len(PAIRS)), st.integers(0, 5))
def test_any_choice_is_balanced_within_each_group(n_items: int, seed: int) -> None:
    groups = balance(choose(oriented(PAIRS, seed), n_items, seed, "pairs"))
    assert all(abs(count[True] - count[False]) <= 1 for count in groups.values())
    for name in {group.rpartition("_")[0] for group in groups}:
        more, less = (groups.get(f"{name}_{way}", Counter()).total() for way in ("more", "less"))
        assert 0 <= more - less <= 1


def test_a_pair_is_posed_alike_in_every_choice_with_one_seed() -> None:
    all_of_them = {comparison.id: comparison for comparison in oriented(PAIRS, 3)}
    for comparison in choose(oriented(PAIRS, 3), 50, 3, "pairs"):
        assert comparison == all_of_them[comparison.id]
    assert list(all_of_them) == [pair.id for pair in PAIRS]
    shuffled = oriented(PAIRS[::-1], 3)
    assert {comparison.id: comparison for comparison in shuffled} == all_of_them


def test_another_seed_turns_pairs_round() -> None:
    by_seed = [oriented(PAIRS, seed) for seed in (0, 1)]
    changed = Counter(a != b for a, b in zip(*by_seed, strict=True))
    assert changed[True] > len(PAIRS) / 2


def test_the_two_samples_of_a_pair_differ_in_the_order_alone() -> None:
    values = {pair.id: pair for pair in PAIRS}
    samples = list(pose(oriented(PAIRS, 0), "native"))
    assert len(samples) == 2 * len(PAIRS)
    for xy, yx in zip(samples[::2], samples[1::2], strict=True):
        a, b = (sample.metadata_as(ComparisonMetadata) for sample in (xy, yx))
        assert (xy.id, yx.id) == (f"{a.item_id}-xy", f"{a.item_id}-yx")
        assert {a.correct, b.correct} == {"YES", "NO"}
        assert (xy.target, yx.target) == (a.correct, b.correct)
        same = {"item_id", "group", "property", "direction", "x", "y", "prompt_hash"}
        assert a.model_dump(include=same) == b.model_dump(include=same)
        pair = values[a.item_id]
        assert {a.x, a.y} == {pair.lesser, pair.greater}
        assert (a.correct == "YES") == ((a.x == pair.greater) == (a.direction == "more"))
        first, second = (text_of(sample) for sample in (xy, yx))
        assert first != second
        assert exchanged(first, a.x, a.y) == second


def exchanged(text: str, x: str, y: str) -> str:
    either = re.compile(rf"(?<!\w)(?:({re.escape(x)})|{re.escape(y)})(?!\w)")
    return either.sub(lambda found: y if found[1] else x, text)


@pytest.mark.parametrize("elicitation", ELICITATIONS)
def test_every_elicitation_asks_for_the_answer_line(elicitation: Any) -> None:
    [sample, _] = pose(oriented(PAIRS[:1], 0), elicitation)
    held = sample.metadata_as(ComparisonMetadata)
    question, _, asked = text_of(sample).partition("\n\n")
    assert question == held.question
    assert '"ANSWER: YES" or "ANSWER: NO"' in asked
    assert ("<scratchpad>" in asked) == (elicitation == "scratchpad")
    assert ("without any reasoning" in asked) == (elicitation == "none")
    assert "saydo-canary" not in text_of(sample)
    assert held.elicitation == elicitation
    assert len(held.prompt_hash) == 12


def text_of(sample: Any) -> str:
    [turn] = sample.input
    return str(turn.text)
