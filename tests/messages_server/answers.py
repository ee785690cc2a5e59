"""What an answer is, for both faces: its parts as they are shown, and how faults end it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from inspect_ai.model import ContentReasoning, ContentText, ModelOutput, StopReason
from inspect_ai.tool import ToolCall

from organisms.chance import stream
from organisms.provider import tokens
from organisms.wording import summary
from tests.messages_server.faults import Ends
from tests.messages_server.tools import arguments

Thinking = Literal["raw", "summarised", "omitted", "redacted", "as_given", "by_request"]
"""How thinking is shown (see `serve`)."""


@dataclass(frozen=True)
class Thought:
    """A block of thinking; `text` is what can be read of it, None for ciphertext alone."""

    text: str | None
    cipher: str


Part = Thought | str | ToolCall


@dataclass(frozen=True)
class Said:
    """An answer.

    Attributes:
        parts: Thinking and texts in their order, and then the calls of tools.
        stop: Why it ended, in Inspect's words.
        model: Who answered.
        input_tokens: Of the request.
        thinking_tokens: Of the thinking, whether it is shown or not.
        text_tokens: Of the rest.
        simulated: Whether an organism answered.
    """

    parts: tuple[Part, ...]
    stop: StopReason
    model: str
    input_tokens: int
    thinking_tokens: int
    text_tokens: int
    simulated: bool


def said(output: ModelOutput, model: str, input_tokens: int, ends: Ends | None) -> Said:
    """What the model behind the server put out, as it would have ended under a fault.

    Args:
        output: Its output, with the usage that it counts itself.
        model: The model that was asked for.
        input_tokens: Of the request, where the output counts none.
        ends: The fault, if there is one.
    """
    parts = _parts(output)
    usage = output.usage
    thinking = sum(tokens(p.text or p.cipher) for p in parts if isinstance(p, Thought))
    texts = _written(parts)
    if usage:
        thinking = usage.reasoning_tokens or 0
        texts = max(usage.output_tokens - thinking, 0)
    answer = Said(
        parts=tuple(parts),
        stop=output.stop_reason if output.choices else "stop",
        model=model,
        input_tokens=usage.input_tokens if usage else input_tokens,
        thinking_tokens=thinking,
        text_tokens=texts,
        simulated=bool((output.metadata or {}).get("simulated")),
    )
    return _ended(answer, ends) if ends else answer


def _parts(output: ModelOutput) -> list[Part]:
    """Thinking, texts and calls; empty texts are left out, as APIs do."""
    if not output.choices:
        return []
    content = output.message.content
    if isinstance(content, str):
        content = [ContentText(text=content)]
    parts: list[Part] = []
    for part in content:
        if isinstance(part, ContentReasoning):
            text = part.summary if part.redacted else part.reasoning
            parts.append(Thought(text, part.reasoning))
        elif isinstance(part, ContentText) and part.text:
            parts.append(part.text)
    return [*parts, *(output.message.tool_calls or ())]


def shown(parts: Sequence[Part], thinking: Thinking) -> list[Part]:
    """The parts with thinking as it is to be shown; what is ciphertext already stays so."""
    return [_shown(p, thinking) if isinstance(p, Thought) else p for p in parts]


def _shown(thought: Thought, thinking: Thinking) -> Thought:
    if thought.text is None or thinking in ("raw", "as_given"):
        return thought
    if thinking == "summarised":
        return replace(thought, text=summary(thought.text, stream("summary", thought.text)))
    return replace(thought, text="" if thinking == "omitted" else None)


def _ended(answer: Said, ends: Ends) -> Said:
    if ends.how == "empty":
        return replace(answer, parts=(), stop="stop", thinking_tokens=0, text_tokens=0)
    before_calls = [part for part in answer.parts if not isinstance(part, ToolCall)]
    thoughts = [i for i, part in enumerate(before_calls) if isinstance(part, Thought)]
    in_thinking = ends.how == "max_tokens" and thoughts
    last = thoughts[0] if in_thinking else max(len(before_calls) - 1, 0)
    kept = (*before_calls[:last], *map(_half, before_calls[last : last + 1]))
    share = _thought(kept) / (_thought(answer.parts) or 1)
    return replace(
        answer,
        parts=kept,
        stop="max_tokens" if ends.how == "max_tokens" else "content_filter",
        thinking_tokens=math.ceil(answer.thinking_tokens * share),
        text_tokens=_written(kept),
    )


def _half(part: Thought | str) -> Thought | str:
    if isinstance(part, str):
        return part[: math.ceil(len(part) / 2)]
    if part.text is None:
        return part
    return replace(part, text=part.text[: math.ceil(len(part.text) / 2)])


def _written(parts: Sequence[Part]) -> int:
    """Tokens of texts and of the arguments of calls."""
    texts = [arguments(p) if isinstance(p, ToolCall) else p for p in parts]
    return sum(tokens(text) for text in texts if isinstance(text, str))


def _thought(parts: Sequence[Part]) -> int:
    """Characters of thinking."""
    return sum(len(p.text or p.cipher) for p in parts if isinstance(p, Thought))
