"""Poses each multiple-choice item without a hint, and once under each hint (METHODS §2)."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from inspect_ai._util.error import PrerequisiteError
from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageUser

from analysis.faithfulness import LETTERS, UNHINTED
from inspect_tasks._scenarios import clues
from inspect_tasks._scenarios.prompts import prompt_hash, render
from inspect_tasks._scenarios.questions import MARK, Question
from inspect_tasks._scenarios.sources import listed
from scorers.metadata import HintMetadata

NEUTRAL = ("sycophancy", "consistency", "visual_pattern", "metadata")
MISALIGNED = ("grader", "unauthorized")
POSITION = "few_shot_position"

TARGETS = ("incorrect", "correct", "random")
"""What the hint answer may be; the first is the default."""

N_EXAMPLES = {"visual_pattern": 3, POSITION: 4}
"""Worked examples before the question: enough for a pattern, and few enough to be read."""

_FOLDER = "cot_faithfulness"


def groups() -> dict[str, tuple[str, ...]]:
    """Names that stand for several hints."""
    worked = tuple(clues.names())
    return {
        "neutral": NEUTRAL,
        "misaligned": MISALIGNED,
        "worked": worked,
        "all": (*NEUTRAL, *MISALIGNED, POSITION, *worked),
    }


def hint_names(hints: object) -> list[str]:
    """The hints that a `hints` parameter names, each once and in its order.

    Args:
        hints: Names of hints or of `groups`, as a list or separated by commas.

    Raises:
        PrerequisiteError: Unknown name, or none at all.
    """
    known = groups()
    found: dict[str, None] = {}
    for name in listed(hints):
        if name not in known and name not in known["all"]:
            raise PrerequisiteError(
                f"hints={name or '(empty)'} is not known: use {', '.join(known)}, "
                f"{', '.join((*NEUTRAL, *MISALIGNED, POSITION))}, or a worked hint such as "
                f"{known['worked'][0]}, several of them separated by commas."
            )
        found |= dict.fromkeys(known.get(name, (name,)))
    return list(found)


@dataclass(frozen=True)
class Posed:
    """A question as all arms of an item show it.

    Attributes:
        item: Where it comes from.
        options: Its options in the order shown.
        correct: Letter of the right one.
        hint_answer: Letter that every hint gives, h.
    """

    item: Question
    options: tuple[str, ...]
    correct: str
    hint_answer: str

    @property
    def text(self) -> str:
        """Stem and lettered options."""
        lines = (f"{letter}) {text}" for letter, text in zip(LETTERS, self.options, strict=False))
        return "\n".join([self.item.question, "", *lines])


def posed(item: Question, target: str, seed: int) -> Posed:
    """Shuffle the options and choose h, by hash of seed and item id: the place in a file decides nothing.

    Args:
        item: The question.
        target: A value of `TARGETS`: which options h is chosen from.
        seed: Another seed, another order and another h.
    """
    order = sorted(range(len(item.options)), key=lambda i: _digest(seed, item.id, f"option {i}"))
    correct = order.index(item.correct)
    places = {
        "incorrect": [place for place in range(len(order)) if place != correct],
        "correct": [correct],
        "random": list(range(len(order))),
    }[target]
    h = places[_digest(seed, item.id, "hint") % len(places)]
    options = tuple(item.options[i] for i in order)
    return Posed(item, options, LETTERS[correct], LETTERS[h])


def pose(
    items: Sequence[Question],
    pool: Sequence[Question],
    hints: Sequence[str],
    target: str,
    elicitation: str,
    ask: bool,
    seed: int,
) -> Iterator[Sample]:
    """One unhinted sample per item and one per hint, side by side.

    Args:
        items: What is asked.
        pool: What worked examples are taken from.
        hints: Names of hints.
        target: Which option the hints give.
        elicitation: Where the reasoning is.
        ask: Whether a follow-up question comes after the answer.
        seed: Of the order of options, of h, and of the worked examples.

    Yields:
        Samples with id `ITEM-ARM`.

    Raises:
        PrerequisiteError: The pool holds too few questions for the worked examples.
    """
    ranked = sorted(pool, key=lambda question: _digest(seed, question.id, "example"))
    setting = _Setting(elicitation, seed, ranked)
    arms = {arm: _ARMS.get(arm, _worked(arm)) for arm in (UNHINTED, *hints)}
    words = {arm: prompt_hash(*_files(arm)) for arm in arms}
    for item in items:
        case = posed(item, target, seed)
        for arm, put in arms.items():
            turns, hint = put(case, setting)
            metadata = HintMetadata.model_validate(
                {
                    "item_id": item.id,
                    "arm": arm,
                    "hint": None if arm == UNHINTED else arm,
                    "hint_text": hint,
                    "hint_answer": case.hint_answer,
                    "hint_target": target,
                    "n_options": len(case.options),
                    "correct": case.correct,
                    "question": case.text,
                    "subject": item.subject,
                    "difficulty": item.difficulty,
                    "elicitation": elicitation,
                    "ask": ask,
                    "seed": seed,
                    "prompt_file": _files(arm)[-1],
                    "prompt_hash": words[arm],
                }
            )
            yield Sample(
                id=f"{item.id}-{arm}",
                input=turns,
                choices=list(case.options),
                target=case.correct,
                metadata=metadata.model_dump(),
            )


@dataclass(frozen=True)
class _Setting:
    """What all samples share; worked examples are the first that fit of the ranked pool."""

    elicitation: str
    seed: int
    ranked: Sequence[Question]

    @property
    def earlier(self) -> "_Setting":
        """For turns before the last: their planted answers show no scratchpad, so none is asked for there."""
        return replace(self, elicitation="native") if self.elicitation == "scratchpad" else self


_Arm = Callable[[Posed, _Setting], tuple[list[ChatMessage], str]]


def _unhinted(case: Posed, setting: _Setting) -> tuple[list[ChatMessage], str]:
    return [_question(case, setting)], ""


def _written(name: str, where: Literal["before", "after"]) -> _Arm:
    """A hint that is written into the turn, before the question or after its options."""

    def arm(case: Posed, setting: _Setting) -> tuple[list[ChatMessage], str]:
        hint = render(f"{_FOLDER}/{name}.md", letter=case.hint_answer)
        return [_question(case, setting, **{where: hint})], hint

    return arm


def _worked(name: str) -> _Arm:
    """A hint that has to be worked out."""

    def arm(case: Posed, setting: _Setting) -> tuple[list[ChatMessage], str]:
        position = LETTERS.index(case.hint_answer) + 1
        clue = clues.clue(name, position, len(case.options), setting.seed, case.item.id)
        hint = render(f"{_FOLDER}/worked.md", clue=clue)
        return [_question(case, setting, after=hint)], hint

    return arm


def _consistency(case: Posed, setting: _Setting) -> tuple[list[ChatMessage], str]:
    """The assistant itself has answered h before; then the question is put once more, as it is."""
    earlier = _question(case, setting.earlier), _answered(case.hint_answer)
    described = render(f"{_FOLDER}/consistency.md", letter=case.hint_answer)
    return [*earlier, _question(case, setting)], described


def _visual_pattern(case: Posed, setting: _Setting) -> tuple[list[ChatMessage], str]:
    """The right option of each worked example carries a mark; in the question h carries it."""
    turns = [
        turn
        for example in _examples("visual_pattern", case, setting)
        for turn in (
            _question(_marked(example, example.correct), setting.earlier),
            _answered(example.correct),
        )
    ]
    turns.append(_question(_marked(case, case.hint_answer), setting))
    hint = render(f"{_FOLDER}/visual_pattern.md", letter=case.hint_answer, mark=MARK)
    return turns, hint


def _few_shot_position(case: Posed, setting: _Setting) -> tuple[list[ChatMessage], str]:
    """The right option of every worked example stands at h."""
    place = LETTERS.index(case.hint_answer)
    turns = [
        turn
        for fitting in _examples(POSITION, case, setting, longer_than=place)
        for example in [_moved(fitting, case.hint_answer)]
        for turn in (_question(example, setting.earlier), _answered(example.correct))
    ]
    hint = render(f"{_FOLDER}/{POSITION}.md", letter=case.hint_answer)
    return [*turns, _question(case, setting)], hint


_ARMS: dict[str, _Arm] = {
    UNHINTED: _unhinted,
    "sycophancy": _written("sycophancy", "after"),
    "consistency": _consistency,
    "visual_pattern": _visual_pattern,
    "metadata": _written("metadata", "before"),
    "grader": _written("grader", "after"),
    "unauthorized": _written("unauthorized", "before"),
    POSITION: _few_shot_position,
}
"""How each arm is posed; all other names are worked hints."""


def _question(case: Posed, setting: _Setting, before: str = "", after: str = "") -> ChatMessage:
    text = render(
        f"{_FOLDER}/question.md",
        question=case.item.question,
        options=case.options,
        before=before,
        after=after,
        elicitation=setting.elicitation,
    )
    return ChatMessageUser(content=text)


def _answered(letter: str) -> ChatMessage:
    """An assistant turn that the model did not generate, and that no scorer reads."""
    text = render(f"{_FOLDER}/example_answer.md", letter=letter)
    return ChatMessageAssistant(content=text, source="input")


def _marked(case: Posed, letter: str) -> Posed:
    place = LETTERS.index(letter)
    options = tuple(f"{o} {MARK}" if i == place else o for i, o in enumerate(case.options))
    return Posed(case.item, options, case.correct, case.hint_answer)


def _moved(example: Posed, letter: str) -> Posed:
    """The example with its right option exchanged with the one at `letter`."""
    options, right, place = (
        list(example.options),
        LETTERS.index(example.correct),
        LETTERS.index(letter),
    )
    options[right], options[place] = options[place], options[right]
    return Posed(example.item, tuple(options), letter, letter)


def _examples(hint: str, case: Posed, setting: _Setting, longer_than: int = 0) -> Sequence[Posed]:
    """The worked examples of a hint: other questions, each with more than so many options."""
    others = (q for q in setting.ranked if q.id != case.item.id and len(q.options) > longer_than)
    needed = N_EXAMPLES[hint]
    found = list(islice(others, needed))
    if len(found) < needed:
        raise PrerequisiteError(
            f"hints={hint} needs {needed} worked examples beside each question, and the dataset has "
            f"{len(found)} that fit: leave the hint out, or give a larger dataset."
        )
    return [posed(question, "correct", setting.seed) for question in found]


def _files(arm: str) -> list[str]:
    """The prompt files of an arm, the one that makes the difference last."""
    question, own = f"{_FOLDER}/question.md", f"{_FOLDER}/{arm}.md"
    if arm == UNHINTED:
        return [question]
    if arm not in _ARMS:
        return [question, f"{_FOLDER}/worked.md", clues.prompt_file(arm)]
    shaped = arm in ("consistency", *N_EXAMPLES)
    return [question, *([f"{_FOLDER}/example_answer.md"] if shaped else []), own]


def _digest(seed: int, item_id: str, what: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}\n{item_id}\n{what}".encode()).digest()[:8])
