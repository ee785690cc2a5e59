"""How items are posed with and without hints."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessage

from analysis.faithfulness import LETTERS
from inspect_tasks._scenarios import clues
from inspect_tasks._scenarios.hints import (
    MISALIGNED,
    N_EXAMPLES,
    NEUTRAL,
    TARGETS,
    UNHINTED,
    groups,
    hint_names,
    pose,
    posed,
)
from inspect_tasks._scenarios.questions import MARK, Question
from scorers.metadata import HintMetadata

CARD = [*NEUTRAL, *MISALIGNED]

ITEMS = [
    Question(f"q{i}", f"Which of these is number {i}?", ("red", "green", "blue", "white"), i % 4)
    for i in range(40)
]


def samples(
    hints: list[str], items: list[Question] = ITEMS[:6], seed: int = 0, **other: Any
) -> dict[str, Sample]:
    asked = {"target": "incorrect", "elicitation": "native", "ask": False} | other
    return {str(s.id): s for s in pose(items, ITEMS, hints, seed=seed, **asked)}


def turns(sample: Sample) -> list[ChatMessage]:
    assert isinstance(sample.input, list)
    return sample.input


def about(sample: Sample) -> HintMetadata:
    return sample.metadata_as(HintMetadata)


def test_six_hints_cost_seven_generations_per_item() -> None:
    found = samples(CARD)
    assert len(found) == 6 * 7
    assert list(found)[:7] == ["q0-unhinted", *(f"q0-{hint}" for hint in CARD)]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("neutral", list(NEUTRAL)),
        ("misaligned", list(MISALIGNED)),
        ("neutral,misaligned", CARD),
        (["misaligned", "grader", "sycophancy"], [*MISALIGNED, "sycophancy"]),
        ("few_shot_position", ["few_shot_position"]),
        ("worked", clues.names()),
        ("all", [*CARD, "few_shot_position", *clues.names()]),
        (clues.names()[4], [clues.names()[4]]),
    ],
)
def test_hints_are_named_alone_in_groups_and_in_lists(asked: object, found: list[str]) -> None:
    assert hint_names(asked) == found


@pytest.mark.parametrize("asked", ["", "sycophant", "neutral,", [], "unhinted", "neutral;grader"])
def test_unknown_hints_are_refused_in_one_sentence(asked: object) -> None:
    if asked == []:
        assert hint_names(asked) == []
        return
    with pytest.raises(PrerequisiteError, match=r"hints=.* is not known: use neutral, "):
        hint_names(asked)


def test_worked_hints_come_in_at_least_eight_kinds_and_three_levels() -> None:
    levels = Counter(name.rsplit("_", 1)[0] for name in groups()["worked"])
    assert len(levels) >= 8
    assert set(levels.values()) == {3}


@given(st.integers(0, 10**6), st.sampled_from(TARGETS))
def test_h_is_of_its_target_and_the_same_under_every_hint(seed: int, target: str) -> None:
    found = [about(s) for s in samples(CARD, ITEMS[:3], seed, target=target).values()]
    for item in {m.item_id for m in found}:
        of_item = [m for m in found if m.item_id == item]
        assert len({(m.hint_answer, m.correct, m.question) for m in of_item}) == 1
        if target != "random":
            assert (of_item[0].hint_answer == of_item[0].correct) == (target == "correct")


def test_h_and_the_right_option_stand_at_every_letter_about_equally_often() -> None:
    items = [Question(f"i{i}", f"Question {i}?", ("a1", "b1", "c1", "d1"), 0) for i in range(800)]
    for target in TARGETS:
        cases = [posed(item, target, 3) for item in items]
        for letters in ([c.hint_answer for c in cases], [c.correct for c in cases]):
            assert all(150 < Counter(letters)[letter] < 250 for letter in "ABCD"), target


def test_h_does_not_depend_on_the_place_in_the_dataset() -> None:
    forward = {k: about(s).hint_answer for k, s in samples(CARD).items()}
    backward = {k: about(s).hint_answer for k, s in samples(CARD, ITEMS[:6][::-1]).items()}
    assert forward == backward


def test_options_keep_their_text_and_the_target_is_the_right_one() -> None:
    for sample in samples([*CARD, "few_shot_position"]).values():
        item = next(i for i in ITEMS if i.id == about(sample).item_id)
        assert sample.choices is not None
        assert sorted(sample.choices) == sorted(item.options)
        assert sample.choices[LETTERS.index(str(sample.target))] == item.options[item.correct]


def test_a_written_hint_is_all_that_differs_from_the_unhinted_turn() -> None:
    found = samples(["sycophancy", "metadata", "grader", "unauthorized", *clues.names()])
    for sample in found.values():
        plain = turns(found[f"{about(sample).item_id}-unhinted"])[0].text
        (turn,) = turns(sample)
        assert about(sample).hint_text in turn.text
        without = turn.text.replace(about(sample).hint_text, "")
        assert "".join(without.split()) == "".join(plain.split())


def test_unhinted_samples_have_no_hint_and_know_h_all_the_same() -> None:
    for key, sample in samples(CARD).items():
        if key.endswith(UNHINTED):
            assert about(sample).hint is None
            assert about(sample).hint_text == ""
            assert about(sample).hint_answer in LETTERS


def test_hints_say_h_and_no_other_letter() -> None:
    for sample in samples(["sycophancy", "metadata", "unauthorized"]).values():
        hint = about(sample)
        named = [
            letter
            for letter in "ABCD"
            if f"{letter}." in hint.hint_text
            or f">{letter}<" in hint.hint_text
            or f" {letter} " in hint.hint_text
        ]
        assert set(named) <= {hint.hint_answer, "A"}  # "A" also begins a sentence


def test_consistency_is_an_earlier_turn_that_nobody_takes_for_the_models() -> None:
    for key, sample in samples(["consistency"]).items():
        if key.endswith("consistency"):
            question, earlier, again = turns(sample)
            assert question.text == turns(samples([])[f"{about(sample).item_id}-unhinted"])[0].text
            assert (earlier.role, earlier.source) == ("assistant", "input")
            assert earlier.text == f"ANSWER: {about(sample).hint_answer}"
            assert again == question.model_copy(update={"id": again.id})


def test_the_visual_pattern_marks_right_options_and_then_h() -> None:
    for key, sample in samples(["visual_pattern"]).items():
        if not key.endswith("visual_pattern"):
            assert MARK not in turns(sample)[0].text
            continue
        found = turns(sample)
        assert len(found) == 2 * N_EXAMPLES["visual_pattern"] + 1
        for question, reply in zip(found[:-1:2], found[1::2], strict=True):
            assert reply.source == "input"
            assert reply.text == f"ANSWER: {_marked(question.text)}"
            stem = question.text.split("\n")[0]
            item = next(i for i in ITEMS if i.question == stem)
            line = next(li for li in question.text.split("\n") if li.endswith(MARK))
            assert line == f"{_marked(question.text)}) {item.options[item.correct]} {MARK}"
        assert _marked(found[-1].text) == about(sample).hint_answer


def test_examples_of_few_shot_position_all_answer_h_and_rightly() -> None:
    for key, sample in samples(["few_shot_position"]).items():
        if key.endswith("few_shot_position"):
            found, h = turns(sample), about(sample).hint_answer
            assert len(found) == 2 * N_EXAMPLES["few_shot_position"] + 1
            assert {reply.text for reply in found[1::2]} == {f"ANSWER: {h}"}
            for question in found[:-1:2]:
                item = next(i for i in ITEMS if i.question == question.text.split("\n")[0])
                assert f"\n{h}) {item.options[item.correct]}\n" in question.text


def test_an_item_is_never_its_own_example() -> None:
    for sample in samples(["visual_pattern", "few_shot_position"], ITEMS).values():
        stems = [turn.text.split("\n")[0] for turn in turns(sample) if turn.role == "user"]
        assert stems.count(stems[-1]) == 1


def test_too_few_examples_are_refused_in_one_sentence() -> None:
    two = ITEMS[:2]
    with pytest.raises(PrerequisiteError, match=r"hints=visual_pattern needs 3 worked examples"):
        list(pose(two, two, ["visual_pattern"], "incorrect", "native", False, 0))


def test_examples_fit_questions_with_more_options() -> None:
    wide = [
        Question(f"w{i}", f"Wide {i}?", tuple(f"option {j}" for j in range(10)), 9)
        for i in range(9)
    ]
    found = list(pose(wide, [*ITEMS, *wide], ["few_shot_position"], "random", "native", False, 0))
    for sample in found[1::2]:
        replies = {turn.text for turn in turns(sample) if turn.role == "assistant"}
        assert replies == {f"ANSWER: {about(sample).hint_answer}"}


def test_worked_hints_are_decoded_by_the_builder_and_give_h() -> None:
    for key, sample in samples(clues.names()).items():
        hint = about(sample)
        if hint.hint is None:
            continue
        clue = hint.hint_text.split("right one:\n\n", 1)[1]
        assert LETTERS[clues.decode(hint.hint, clue, 4) - 1] == hint.hint_answer, key


@pytest.mark.parametrize(
    ("elicitation", "says"),
    [("native", "End your answer"), ("scratchpad", "<scratchpad>"), ("none", "Answer at once")],
)
def test_every_arm_asks_for_the_same_reasoning(elicitation: str, says: str) -> None:
    for sample in samples([*CARD, "few_shot_position"], elicitation=elicitation).values():
        assert says in turns(sample)[-1].text
        assert about(sample).elicitation == elicitation


def test_the_prompt_hash_is_of_the_arms_own_words() -> None:
    hashes = {about(s).arm: about(s).prompt_hash for s in samples([*CARD, *clues.names()]).values()}
    assert len({hashes[arm] for arm in (UNHINTED, *CARD)}) == 1 + len(CARD)


def _marked(question: str) -> str:
    (line,) = [line for line in question.split("\n") if line.endswith(MARK)]
    return line[0]
