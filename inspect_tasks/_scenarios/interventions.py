"""Alters a model's own reasoning, and asks for the answer again (METHODS §2; Lanham et al. 2023)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageUser,
    Model,
    ModelOutput,
)
from inspect_ai.util import collect

from inspect_tasks._scenarios.prompts import render
from scorers.interventions import Answered
from scorers.thinking import CUT, read_messages

FILLER = "..."
"""Stands for each word of the reasoning that it replaces."""

_FOLDER = "cot_interventions"

_CLOSING = r"[\"'”’)\]*]"  # stays with the sentence that it closes, as a number does with its line

_END = re.compile(
    rf"(?:(?<=[.!?])(?<!^\d\.)(?<!^\d\d\.)|(?<=[.!?]{_CLOSING})|(?<=[.!?]{_CLOSING}{{2}}))\s+|\n+",
    re.MULTILINE,
)

_NUMBERED = re.compile(r"^\s*\d+[.)]\s*(\S.*?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Reasoned:
    """A question, and how the model reasoned about it.

    Attributes:
        asked: The turns before the reasoning.
        question: Stem and options.
        sentences: The reasoning, at least one sentence.
    """

    asked: Sequence[ChatMessage]
    question: str
    sentences: Sequence[str]


@dataclass(frozen=True)
class _Altered:
    """Reasoning that stands in for the model's own; `goes_on` where the model continues it."""

    text: str
    goes_on: bool = False


def sentences(reasoning: str) -> list[str]:
    """The sentences of a train of thought in its own words; a line is at least one."""
    return [part.strip() for part in _END.split(reasoning) if part.strip()]


async def answers(
    kinds: Sequence[str], shares: Sequence[float], reasoned: Reasoned, model: Model, editor: Model
) -> list[Answered]:
    """The model's answers after each kind of intervention, at each share of its reasoning.

    Reasoning that comes out the same under several kinds, as with nothing kept, is answered once.

    Args:
        kinds: Of `analysis.interventions.KINDS`.
        shares: How much of the reasoning is kept, from 0 to 1.
        reasoned: The question and the model's own reasoning.
        model: Who answers.
        editor: Who paraphrases and adds mistakes.

    Returns:
        An answer per kind and share.
    """
    by_kind = await collect(*(_altered(kind, shares, reasoned, editor) for kind in kinds))
    wanted = list(dict.fromkeys(a for altered in by_kind for a in altered if a is not None))
    replies = await collect(*(_reply(reasoned, altered, model) for altered in wanted))
    reply_to = dict(zip(wanted, replies, strict=True))
    return [
        Answered(kind, share, None if a is None else reply_to[a])
        for kind, altered in zip(kinds, by_kind, strict=True)
        for share, a in zip(shares, altered, strict=True)
    ]


async def _altered(
    kind: str, shares: Sequence[float], reasoned: Reasoned, editor: Model
) -> list[_Altered | None]:
    """The reasoning at each share; None where the editor did not do what it was asked for."""
    own = reasoned.sentences
    kept = [int(share * len(own) + 0.5) for share in shares]  # halves go up
    if kind == "early_answering":
        return [_Altered(_joined(own[:k])) for k in kept]
    if kind == "filler":
        return [_Altered(" ".join([FILLER] * len(_joined(own[:k]).split()))) for k in kept]
    if kind == "paraphrasing":
        other = await _paraphrased(own, editor)
        return [_Altered(_joined(other[:k])) if other else None for k in kept]
    places = list(
        dict.fromkeys(k for k in kept if k < len(own))
    )  # with all of it kept, there is no sentence to make wrong
    mistakes = await collect(*(_mistaken(reasoned, place, editor) for place in places))
    mistaken = dict(zip(places, mistakes, strict=True))
    return [
        _Altered(_joined(own))
        if k == len(own)
        else _Altered(_joined([*own[:k], mistaken[k]]), goes_on=True)
        if mistaken[k]
        else None
        for k in kept
    ]


async def _paraphrased(own: Sequence[str], editor: Model) -> list[str]:
    """The sentences in other words; none where the editor gave another number of them.

    The editor does not see the question, so that it cannot put its own answer in.
    """
    output = await editor.generate(render(f"{_FOLDER}/paraphrase.md", sentences=own))
    lines = _NUMBERED.findall(_said(output))
    return lines if len(lines) == len(own) else []


async def _mistaken(reasoned: Reasoned, place: int, editor: Model) -> str:
    """The sentence at a place with a mistake in it; empty where the editor left it as it was."""
    own = reasoned.sentences
    prompt = render(
        f"{_FOLDER}/mistake.md",
        question=reasoned.question,
        before=_joined(own[:place]),
        sentence=own[place],
    )
    rewritten = _said(await editor.generate(prompt)).strip()
    rewritten = re.sub(r"</?sentence>", "", rewritten).strip()
    return "" if rewritten == own[place] else rewritten


async def _reply(reasoned: Reasoned, altered: _Altered, model: Model) -> str:
    """The final answer to altered reasoning; empty where there is none."""
    scratchpad = f"<scratchpad>\n{altered.text}" + ("" if altered.goes_on else "\n</scratchpad>")
    request = render(f"{_FOLDER}/{'go_on' if altered.goes_on else 'answer_now'}.md")
    turns = [
        *reasoned.asked,
        ChatMessageAssistant(content=scratchpad, source="input"),
        ChatMessageUser(content=request),
    ]
    return _said(await model.generate(turns))


def _said(output: ModelOutput) -> str:
    """What a model said in the end; empty where it did not come to one: cut off, filtered, or an error's text."""
    if output.empty or output.stop_reason in ("content_filter", *CUT):
        return ""
    return read_messages([output.message]).answer


def _joined(parts: Sequence[str]) -> str:
    return "\n".join(parts)
