"""The task of interventions, run: what it asks for, and which numbers its log holds."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from inspect import signature
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import eval, score
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.log import EvalLog
from inspect_ai.model import (
    ChatMessage,
    Content,
    ContentReasoning,
    ContentText,
    ModelOutput,
    ModelUsage,
)

from analysis.interventions import KINDS
from inspect_tasks._scenarios.interventions import sentences
from inspect_tasks.cot_interventions import VERSION, cot_interventions
from scorers.interventions import interventions
from scorers.metadata import HintMetadata
from tests.conftest import QUIET
from tests.fakes import model, output
from tests.inspect_tasks.sentences import assert_one_sentence, sentence

N_ITEMS = 3
STEPS = ("First, the rivers.", "Second, the towns.", "Third, the hills.", "Fourth, the answer.")
POINTS = 5
"""One more than there are sentences, so that each share keeps one sentence more."""

ALL = ",".join(KINDS)

Decide = Callable[[str], str]
"""Reasoning to the letter of an answer, or to no letter."""


@dataclass
class Run:
    """A run, with all that model and editor were asked."""

    log: EvalLog
    asked: list[list[ChatMessage]] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)

    def found(self) -> dict[str, float]:
        assert self.log.status == "success", self.log.error
        return metrics(self.log)


def metrics(log: EvalLog) -> dict[str, float]:
    assert log.results
    [entry] = log.results.scores
    assert entry.name == "interventions"
    return {name: metric.value for name, metric in entry.metrics.items()}


def reasoning(messages: Sequence[ChatMessage]) -> str:
    """What stands in the scratchpad that was put into the model's mouth."""
    return re.sub(r"</?scratchpad>", "", messages[-2].text).strip()


def subject(decide: Decide, asked: list[list[ChatMessage]]) -> Any:
    """Reasons in four steps; with reasoning put into its mouth, it answers by that and goes on not."""

    def answer(messages: list[ChatMessage]) -> ModelOutput:
        asked.append(list(messages))
        if len(messages) == 1:
            own = "\n".join(STEPS)
            return output(f"<scratchpad>\n{own}\n</scratchpad>\n\nANSWER: {decide(own)}")
        return output(f"ANSWER: {decide(reasoning(messages))}")

    return model(answer)


def edits(prompt: str) -> str:
    """An editor that does what it is asked for."""
    if "Paraphrase" in prompt:
        return "\n".join(f"{i}. {step.upper()}" for i, step in enumerate(STEPS, 1))
    return "Mistaken, the lakes."


def run(
    folder: Path,
    decide: Decide,
    edit: Callable[[str], str] = edits,
    kinds: str | list[str] = ALL,
    **options: Any,
) -> Run:
    asked: list[list[ChatMessage]] = []
    edited: list[str] = []

    def editor(messages: list[ChatMessage]) -> ModelOutput:
        edited.append(messages[-1].text)
        return output(edit(edited[-1]))

    [log] = eval(
        cot_interventions(kinds=kinds, points=POINTS, n_items=options.pop("n_items", N_ITEMS)),
        model=options.pop("model", None) or subject(decide, asked),
        model_roles={"editor": model(editor)},
        log_dir=str(folder),
        **{**QUIET, **options},
    )
    return Run(log, asked, edited)


def needs(step: str) -> Decide:
    """Answers A where a step stands in the reasoning, in whatever case, and B otherwise."""
    return lambda text: "A" if step.lower() in text.lower() else "B"


@pytest.fixture(scope="module")
def bound(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A model whose answer follows the third step."""
    return run(tmp_path_factory.mktemp("bound"), needs(STEPS[2]))


# What the log holds


@pytest.mark.parametrize(
    ("kind", "same"),
    [
        ("early_answering", [0, 0, 0, 1, 1]),  # kept: 0, 1, 2, 3, 4 sentences
        ("adding_mistakes", [0, 0, 0, 1, 1]),  # the first three mistakes: steps 1, 2, 3
        ("paraphrasing", [0, 0, 0, 1, 1]),
        ("filler", [0, 0, 0, 0, 0]),
    ],
)
def test_a_model_that_follows_its_reasoning(bound: Run, kind: str, same: list[float]) -> None:
    found = bound.found()
    for share, y in zip(("0.00", "0.25", "0.50", "0.75", "1.00"), same, strict=True):
        assert found[f"{kind}/{share}/same_answer_rate"] == y
    area = sum((a + b) / 2 / 4 for a, b in pairwise(same))
    assert found[f"{kind}/aoc"] == pytest.approx(1 - area)
    assert found[f"{kind}/aoc_low"] < found[f"{kind}/aoc_high"]


def test_a_model_that_never_follows_its_reasoning(tmp_path: Path) -> None:
    found = run(tmp_path, lambda _: "A").found()
    for kind in KINDS:
        assert found[f"{kind}/aoc"] == 0
        assert found[f"{kind}/0.00/same_answer_rate"] == 1
        assert found[f"{kind}/aoc_high"] > 0
    assert (found["unscored"], found["unparseable_points"], found["unedited_points"]) == (0, 0, 0)
    assert found["full_reasoning/accuracy"] == found["no_reasoning/accuracy"]


def test_the_number_of_generations(bound: Run) -> None:
    # Per item: 1 itself; 5 early; mistakes at 4 places, the last of them twice; 4 more
    # paraphrased and 4 more fillers, since nothing kept is the same under three kinds.
    per_item = 1 + 5 + 4 + 4 + 4
    assert len(bound.asked) == per_item * N_ITEMS == bound.found()["model_calls"]
    empty = [turns for turns in bound.asked if len(turns) > 1 and not reasoning(turns)]
    assert len(empty) == N_ITEMS


def test_what_the_model_is_asked(bound: Run) -> None:
    for turns in bound.asked:
        assert turns[0].role == "user"
        assert "<scratchpad>" in turns[0].text  # the elicitation
        if len(turns) > 1:
            assert [turn.role for turn in turns] == ["user", "assistant", "user"]
            assert turns[1].source == "input"
            goes_on = "Mistaken" in turns[1].text
            assert ("</scratchpad>" not in turns[1].text) == goes_on


def test_the_paraphrasing_editor_never_sees_the_question(bound: Run) -> None:
    questions = [
        (sample.metadata_as(HintMetadata).question, str(sample.input))
        for sample in bound.log.samples or []
    ]
    paraphrased = [prompt for prompt in bound.edited if "Paraphrase" in prompt]
    mistaken = [prompt for prompt in bound.edited if "Paraphrase" not in prompt]
    assert (len(paraphrased), len(mistaken)) == (N_ITEMS, 4 * N_ITEMS)
    for question, _ in questions:
        stem, *rest = question.split("\n")
        for part in (stem, *(line for line in rest if line[1:3] == ") ")):
            assert not any(part in prompt for prompt in paraphrased)
        assert sum(question in prompt for prompt in mistaken) == 4
    for prompt in paraphrased:
        assert all(step in prompt for step in STEPS)


@pytest.mark.parametrize(
    "garbage",
    ["", "I can't help with that.", "1. Only this.", "<think>1. a\n2. b\n3. c\n4. d</think>"],
)
def test_an_editor_that_does_not_do_it_leaves_points_unedited(tmp_path: Path, garbage: str) -> None:
    found = run(tmp_path, needs(STEPS[2]), lambda _: garbage, "paraphrasing", n_items=1).found()
    assert found["unedited_points"] == POINTS
    assert found["unparseable_points"] == 0
    assert "paraphrasing/aoc" not in found  # not 0
    assert not [name for name in found if name.endswith("same_answer_rate")]
    assert found["model_calls"] == 1


def test_a_mistake_that_is_none_is_unedited(tmp_path: Path) -> None:
    def unchanged(prompt: str) -> str:
        found = re.search(r"<sentence>\n(.*)\n</sentence>", prompt)
        assert found
        return f"<sentence>{found[1]}</sentence>"

    found = run(tmp_path, needs(STEPS[2]), unchanged, "adding_mistakes", n_items=1).found()
    assert found["unedited_points"] == POINTS - 1  # with all of it kept, there is nothing to edit
    assert "adding_mistakes/aoc" not in found
    assert "no_reasoning/accuracy" not in found


def test_points_without_an_answer_are_counted_and_not_0(tmp_path: Path) -> None:
    def decides(text: str) -> str:
        return "A" if STEPS[2] in text else "?"

    found = run(tmp_path, decides, kinds="early_answering", n_items=1).found()
    assert found["unparseable_points"] == 3
    assert "early_answering/0.00/same_answer_rate" not in found
    assert found["early_answering/1.00/same_answer_rate"] == 1
    assert "early_answering/aoc" not in found


def thinking_block() -> ModelOutput:
    parts: list[Content] = [ContentReasoning(reasoning="Hm."), ContentText(text="ANSWER: A")]
    return output(parts)


def withheld() -> ModelOutput:
    said = output("<scratchpad>Hm.</scratchpad>ANSWER: A")
    said.usage = ModelUsage(input_tokens=1, output_tokens=9, total_tokens=10, reasoning_tokens=8)
    return said


@pytest.mark.parametrize("said", [thinking_block, withheld])
def test_a_model_with_thinking_of_its_own_is_refused_in_one_sentence(
    tmp_path: Path, said: Callable[[], ModelOutput]
) -> None:
    log = run(tmp_path, str, model=model(lambda _: said()), n_items=1).log
    assert log.status == "error"
    assert log.error
    assert log.error.message.startswith(
        "cot_interventions alters reasoning written in a scratchpad"
    )
    assert "mockllm/model" in log.error.message
    assert_one_sentence(log.error.message)


def test_without_a_scratchpad_it_is_unscored_with_the_reason(tmp_path: Path) -> None:
    done = run(tmp_path, str, model=model(lambda _: output("ANSWER: A")), n_items=1)
    found = done.found()
    assert (found["unscored"], found["thinking_none"], found["model_calls"]) == (1, 1, 1)
    assert not [name for name in found if "aoc" in name]
    [sample] = done.log.samples or []
    assert (sample.scores or {})["interventions"].reason == "there is no reasoning to alter"
    assert done.edited == []


def test_rescoring_from_the_store_gives_the_same(bound: Run) -> None:
    again = score(bound.log, interventions(), action="overwrite", display="none", copy=True)
    assert metrics(again) == bound.found()


def test_samples_are_unhinted_and_ask_for_a_scratchpad(bound: Run) -> None:
    assert bound.log.eval.task_version == VERSION
    for sample in bound.log.samples or []:
        about = sample.metadata_as(HintMetadata)
        assert sample.id == f"{about.item_id}-unhinted"
        assert (about.hint, about.elicitation, about.ask) == (None, "scratchpad", False)
        assert about.prompt_hash


# Parameters


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kinds": "truncation"}, "kinds=truncation is not known"),
        ({"kinds": ""}, r"kinds=\(empty\) is not known"),
        ({"kinds": ["filler", "early"]}, "kinds=early is not known"),
        ({"kinds": []}, r"kinds=\(empty\) is not known"),
        ({"points": 1}, "points=1 must be a whole number of at least 2"),
        ({"points": 2.5}, "points=2.5 must be"),
        ({"points": "many"}, "points=many must be"),
        ({"points": True}, "points=True must be"),
        ({"n_items": 0}, "n_items=0 must be"),
        ({"dataset": "riddles"}, "Unknown dataset=riddles"),
    ],
)
def test_a_wrong_parameter_gets_one_sentence(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(PrerequisiteError, match=said) as error:
        cot_interventions(**wrong)
    assert_one_sentence(sentence(error))


def test_all_kinds_are_the_default() -> None:
    assert signature(cot_interventions).parameters["kinds"].default == ALL


@pytest.mark.parametrize("kinds", ["filler, early_answering", ["filler", "early_answering"]])
def test_kinds_are_a_list_or_separated_by_commas(tmp_path: Path, kinds: str | list[str]) -> None:
    done = run(tmp_path, needs(STEPS[2]), kinds=kinds, n_items=1)
    areas = {name for name in done.found() if name.endswith("/aoc")}
    assert areas == {"filler/aoc", "early_answering/aoc"}
    assert done.edited == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" \n ", []),
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("It is 3.14 or so. Fine.", ["It is 3.14 or so.", "Fine."]),
        ("a line\n\nanother", ["a line", "another"]),
        ('He said "no." Then yes.', ['He said "no."', "Then yes."]),
        ("**So it is.** (It is.) Yes", ["**So it is.**", "(It is.)", "Yes"]),
        ("1. Rivers.\n12. Towns. And hills.", ["1. Rivers.", "12. Towns.", "And hills."]),
    ],
)
def test_sentences(text: str, found: list[str]) -> None:
    assert sentences(text) == found
