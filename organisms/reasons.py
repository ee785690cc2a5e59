"""Puts a drawn answer to a question into words, from `wording/questions.yaml` and `hints.yaml`.

The reasoning is made up and free of content: five to nine sentences, of which one, anywhere, leans to
the option chosen, and the last says it again. Hints are talked about in between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Protocol

import numpy as np
import yaml

from analysis.bundled import data_path
from organisms.answering import Response
from organisms.behaviour import Visibility
from organisms.comparisons import Comparison, Judgement
from organisms.questions import Quiz
from organisms.rates import Reasoning
from organisms.wording import broken_off, fill, one_of

SENTENCES = (5, 9)
"""Fewest and most sentences of reasoning, what is said of a hint apart."""

STARTS_SLOWLY = 0.6
"""Share of reasoning that begins with a sentence about the task."""

OWN_PHRASE = 0.7
"""Share of remarks on a hint in words of its kind's own; the others would fit any hint."""

SAYS_LITTLE = 0.3
"""Share of answers without a reason before the final line."""

PARAGRAPHS = 0.3
"""Chance of a paragraph break after a sentence, in reasoning that has any."""


def quiz_output(
    quiz: Quiz, response: Response, plain: bool, reasoning: Reasoning, rng: np.random.Generator
) -> tuple[str, str]:
    """Native thinking and text of an output, in the shapes of `wording.output`.

    Args:
        quiz: The question.
        response: What to put into words.
        plain: Whether to use the plainest words.
        reasoning: `extended` for native thinking.
        rng: Chance of this one response.
    """
    words = _values(quiz, response.letter, rng)
    thinking = _thinking(quiz, response, plain, words, rng)
    reply, line = _reply(quiz, response, plain, words, rng)
    return shaped(quiz, response, thinking, (reply, line), reasoning, rng)


def comparison_output(
    asked: Comparison, drawn: Judgement, reasoning: Reasoning, rng: np.random.Generator
) -> tuple[str, str]:
    """Native thinking and text of an output about a comparison, which gives reasons of no content."""
    banks = _bank_files("comparisons")
    said = "yes" if drawn.yes else "no"
    x, y = asked.entities or ("the first", "the second")
    values = {"x": x, "y": y, "answer": said.upper()}

    def line(bank: str) -> str:
        text = fill(one_of(banks[bank], rng), banks, rng, values)
        return text[:1].upper() + text[1:]

    steps = list(banks["step"])
    rng.shuffle(steps)
    count = int(rng.integers(*_STEPS))
    middle = [fill(step, banks, rng, values) for step in steps[:count]]
    thinking = _in_paragraphs([line("open"), *middle, line(f"reason_{said}")], rng)
    if drawn.unparseable:
        return shaped(asked, drawn, thinking, (line("undecided"), ""), reasoning, rng)
    reply = "" if asked.at_once or rng.random() < SAYS_LITTLE else line(f"reason_{said}")
    return shaped(asked, drawn, thinking, (reply, line("final")), reasoning, rng)


class Asked(Protocol):
    """What may ask for reasoning inside of tags of this name."""

    @property
    def scratchpad(self) -> str | None: ...


class Drawn(Protocol):
    """How a drawn answer arrives."""

    @property
    def visibility(self) -> Visibility: ...

    @property
    def truncated(self) -> bool: ...


def shaped(
    asked: Asked,
    drawn: Drawn,
    thinking: str,
    answer: tuple[str, str],
    reasoning: Reasoning,
    rng: np.random.Generator,
) -> tuple[str, str]:
    """Native thinking and text, with the reasoning where it belongs, broken off if it is to be."""
    tag, extended = asked.scratchpad, reasoning == "extended"
    whole = "\n\n".join(part for part in answer if part)
    if drawn.visibility == "none" or not (tag or extended):
        return "", broken_off(answer[0], rng) if drawn.truncated else whole
    if tag is None:
        return (broken_off(thinking, rng), "") if drawn.truncated else (thinking, whole)
    banks = _banks(None)
    note = fill(one_of(banks["planning"], rng), banks, rng, {"tag": tag}) if extended else ""
    if drawn.truncated:
        return note, f"<{tag}>\n{broken_off(thinking, rng)}"
    return note, f"<{tag}>\n{thinking}\n</{tag}>\n\n{whole}"


def gone_on(quiz: Quiz, response: Response, rng: np.random.Generator) -> str:
    """Text after reasoning that was put into the assistant's mouth: the answer, or more of both."""
    values = _values(quiz, response.letter, rng)
    reply, line = _reply(quiz, replace(response, mentions_answer=False), False, values, rng)
    if response.unparseable or quiz.at_once:
        return broken_off(reply, rng) if response.truncated else reply or line
    more = [_line(bank, quiz, rng, values) for bank in ("go_on", "step", "close")]
    if response.truncated:
        return broken_off(" ".join(more), rng)
    return f"{' '.join(more)}\n</scratchpad>\n\n{line}"


def follow_up(quiz: Quiz, honest: bool, plain: bool, rng: np.random.Generator) -> str:
    """A reply to whether anything beyond the question influenced the answer."""
    values = _values(quiz, quiz.asked_about or quiz.question.letters[0], rng)
    if not honest:
        return _line("plain_deny" if plain else "deny", quiz, rng, values)
    if plain:
        return _line("plain_honest", quiz, rng, values)
    return _remark("honest", quiz, rng, values)


def _thinking(
    quiz: Quiz,
    response: Response,
    plain: bool,
    values: Mapping[str, str],
    rng: np.random.Generator,
) -> str:
    """Sentences that lead to the answer, in one or more paragraphs."""
    if plain:
        return _line("plain_admit" if response.admits else "plain_reason", quiz, rng, values)
    count = int(rng.integers(SENTENCES[0], SENTENCES[1] + 1))
    at = int(rng.integers(count))
    steps = _sayable(_banks(None)["step"], values)
    rng.shuffle(steps)
    sentences = [fill(step, _banks(None), rng, values) for step in steps[: count - 1]]
    if rng.random() < STARTS_SLOWLY:
        sentences[0] = _line("open", quiz, rng, values)
    if at < count - 1:
        sentences[at] = _line("lean", quiz, rng, values)
    remark = _on_hint(quiz, response.admits, response.mentions, response, values, rng)
    if remark:
        sentences.insert(int(rng.integers(count)), remark)
    sentences.append(_line("close", quiz, rng, values))
    return _in_paragraphs(sentences, rng)


def _reply(
    quiz: Quiz,
    response: Response,
    plain: bool,
    values: Mapping[str, str],
    rng: np.random.Generator,
) -> tuple[str, str]:
    """What is said before the answer line, and that line."""
    if response.unparseable:
        return _line("undecided", quiz, rng, values), ""
    line = "ANSWER: {letter}".format(**values) if plain else _line("final", quiz, rng, values)
    if quiz.at_once:
        return "", line
    if plain:
        bank = "plain_admit" if response.admits_answer else "plain_reason"
        return _line(bank, quiz, rng, values), line
    silent = rng.random() < SAYS_LITTLE
    reasons = [] if silent else [_line("answer_reason", quiz, rng, values)]
    remark = _on_hint(quiz, response.admits_answer, response.mentions_answer, response, values, rng)
    if remark:
        reasons.insert(int(rng.integers(len(reasons) + 1)), remark)
    return " ".join(reasons), line


def _on_hint(
    quiz: Quiz,
    admits: bool,
    mentions: bool,
    response: Response,
    values: Mapping[str, str],
    rng: np.random.Generator,
) -> str:
    """What is said of the hint: that it is a reason, that it is none, or nothing."""
    if admits:
        return _remark("admit", quiz, rng, values)
    if not mentions or quiz.hint is None:
        return ""
    aside = _remark("aside", quiz, rng, values)
    if rng.random() < OWN_PHRASE:
        return aside
    verdict = "aside_agrees" if response.letter == quiz.hint.letter else "aside_differs"
    return f"{aside} {_line(verdict, quiz, rng, values)}"


def _remark(kind: str, quiz: Quiz, rng: np.random.Generator, values: Mapping[str, str]) -> str:
    return _line(kind if rng.random() < OWN_PHRASE else f"{kind}_any", quiz, rng, values)


def _line(bank: str, quiz: Quiz, rng: np.random.Generator, values: Mapping[str, str]) -> str:
    banks = _banks(quiz.hint.kind if quiz.hint else None)
    return fill(one_of(_sayable(banks[bank], values), rng), banks, rng, values)


def _sayable(lines: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """The lines that make sense: with two options there is no second one to rule out."""
    alone = "other" in values and values["other"] == values["another"]
    return [line for line in lines if not (alone and "{another}" in line)]


def _values(quiz: Quiz, letter: str, rng: np.random.Generator) -> dict[str, str]:
    hint = quiz.hint
    hinted = hint.letter if hint else ""
    apart = [one for one in quiz.question.letters if one not in (letter, hinted)]
    rng.shuffle(apart)
    apart += [hinted] if hinted not in ("", letter) else []  # the last to be ruled out in passing
    return {
        "letter": letter,
        "hinted": hinted,
        "other": apart[0],
        "another": apart[min(1, len(apart) - 1)],
        "count": _COUNTS[len(quiz.question.options)],
        "who": hint.who if hint else "",
        "mark": hint.mark if hint else "",
    }


def _in_paragraphs(sentences: Sequence[str], rng: np.random.Generator) -> str:
    """One block, or a paragraph break after some sentences."""
    chance = PARAGRAPHS if rng.random() < 1 / 3 else 0
    breaks = rng.random(len(sentences)) < chance
    ends = ["\n\n" if broken else " " for broken in breaks.tolist()]
    return "".join(f"{one}{end}" for one, end in zip(sentences, ends, strict=True)).strip()


_COUNTS = dict(
    enumerate(["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"])
)


_STEPS = (2, 6)
"""At least so many steps in reasoning about a comparison, and fewer than so many."""


@cache
def _bank_files(stem: str) -> dict[str, Any]:
    path = data_path("organisms", "wording", f"{stem}.yaml")
    read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read


@cache
def _banks(kind: str | None) -> dict[str, list[str]]:
    """Lines by name; those of a kind of hint join the common ones."""
    hints = _bank_files("hints")
    return _bank_files("questions") | (hints[kind] if kind else {})
