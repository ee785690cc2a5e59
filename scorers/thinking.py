"""Thinking, answer and visibility, read out of any provider's messages.

Thinking arrives in two ways. Providers return `ContentReasoning` blocks, whose readable text lies
in `reasoning` or in `summary` depending on the provider and on the version of Inspect that wrote
the log; the other field may hold ciphertext. And models write tags into their answer text, because
they were asked to (a scratchpad) or because nobody parsed them (`<think>`).

How tags are read (`TAGS`, in any case, with attributes or blanks):

- Blocks nest by depth and may repeat: all of them are thinking, the rest is the answer.
- A closing tag that nothing opened ends thinking that began with the text (chat templates often
  supply the opening tag themselves).
- An opening tag that nothing closes runs to the end of the text, unless a tag of its own name was
  closed on the way: then the inner opening was a slip or a mention, and thinking ends at the last
  such closing tag.
- A tag hugged by quotes or backticks is a mention. In the answer, tags in inline code or a closed
  code fence are the answer's content; a fence that begins with an opening tag wraps a scratchpad,
  and counts as part of the tag. Inside thinking, other code and a closing tag between quotes are
  not excused: a stray backtick, or thinking that ends in a quotation, must not cost the answer.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageUser,
    ContentReasoning,
    ModelOutput,
    StopReason,
    get_model,
)
from inspect_ai.model._generate_config import active_generate_config
from inspect_ai.solver import TaskState

from analysis.quantities import Visibility
from scorers.calls import generations

_Readable = Literal["raw", "summary"]
_Where = Literal["answer", "before_close", "thinking", "hidden"]
_Piece = tuple[Literal["raw", "summary", "redacted"], str]

FOLLOW_UP: Final = {"follow_up": True}
"""Metadata of a user turn that asks about the answer before it, and is not a part of the question."""

STOP_REASON: Final = "stop_reason"
"""Key of the metadata of the reply to it: a sample keeps the stop reason of one output, the answer's."""

TAGS: Final = ("scratchpad_reasoning", "scratchpad", "thinking", "think", "reasoning", "thought")

# What a provider's readable thinking is, by model name; the first match counts. The block does not
# tell: Claude 3.7's full text and Claude 4's summary arrive in the same shape. A name that matches
# nothing is taken at its block's word: text in `reasoning` is raw, text in `summary` a summary. So are
# open weights, whatever model they are named after.
# Sources: Anthropic's and Google's documentation of thinking, OpenAI's of reasoning summaries.
_READABLE: Final[tuple[tuple[str, _Readable | None], ...]] = (
    (r"^(?:organism|vllm|hf|ollama|sglang|llama-cpp-python|transformer_lens)/", None),
    (r"(?:^|[/.@])claude-(?:sonnet-)?3[-.]7", "raw"),
    (r"(?:^|[/.@])claude-", "summary"),
    (r"(?:^|/)(?:o[134]\b|gpt-5|codex)", "summary"),
    (r"(?:^|/)gemini-", "summary"),
)
# With this beta header Anthropic returns Claude's full thinking.
_FULL_THINKING: Final = "dev-full-thinking-2025-05-14"

# OpenRouter details that Inspect could not parse stand as JSON in both fields: not thinking.
_UNPARSED: Final = "reasoning-details://"

BROKEN_OFF: Final = "unknown"
"""Stop reason of a reply whose stream ended, without an error, before the provider gave one; and where it gave one that
Inspect does not know, such as "abort" or "error"."""

_TOO_LONG: Final = ("max_tokens", "model_length")
CUT: Final = (*_TOO_LONG, BROKEN_OFF)
# Providers' errors for an over-long prompt, which Inspect hands on as if the model had said them. Their words
# vary too much to be listed: under `model_length`, whatever is as short as such an error is one, or else an answer of
# which next to nothing was left room for. Longer ones open as errors of clients and proxies do.
_ERROR_CHARS: Final = 600
_ERROR: Final = re.compile(
    r"\s*+(?:[\w.]{0,60}(?:error|exception)\b|error code|an error occurred|[{\[]\s*+[\"']?(?:error|message|object)"
    r"|<!doctype|<html)",
    re.IGNORECASE,
)
# Logs of older versions have them under `max_tokens`, where short answers are common.
_OVERFLOW: Final = re.compile(
    r"\b(?:prompt|input|request|context|tokens?)\b.{0,80}(?:too (?:long|large)|exceed|maximum)"
    r"|maximum (?:prompt|context) length",
    re.IGNORECASE | re.DOTALL,
)

# The patterns are possessive (`++`) and tags stay on one line, so that no text makes them
# backtrack. Outside thinking, what is code or a mention is matched too, and so stepped over.
_ATTRIBUTE: Final = r"""[ \t]++[\w:-]++[ \t]*+=[ \t]*+(?:"[^"<>\n]*+"|'[^'<>\n]*+'|[^\s<>]++)"""
_TAG: Final = (
    rf"(?P<tag><[ \t]*+(?P<close>/[ \t]*+)?(?P<name>{'|'.join(TAGS)})(?:{_ATTRIBUTE})*+\s*+>"
    r")(?P<fence_end>\s*+```(?!\w))?"
)
_CIPHERTEXT: Final = 'redacted="true"'  # how Inspect writes a redacted block into a text
_IN_THINKING: Final = re.compile(
    rf"{_TAG}|`<[^<>\n]*+>`|[\"'“‘]<(?![ \t]*+/)[^<>\n]*+>[\"'”’]", re.IGNORECASE
)
_IN_ANSWER: Final = re.compile(
    rf"(?P<fence>```\w*+\s*+(?!<[ \t]*+/))?{_TAG}|[\"'“‘]<[^<>\n]*+>[\"'”’]|```.*?```|`[^`\n]++`",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Reading:
    """What can be read in one sample.

    Attributes:
        thinking: The readable reasoning, "" when there is none. Raw and summarised text are never
            pooled: with `raw` only the raw parts are here. Signatures and ciphertext never are.
        answer: The final answer, without any thinking.
        visibility: `raw`, `summary`, `redacted` (there was thinking, none of it readable), `none`,
            or `truncated` (the generation ended in the thinking: there is no final answer).
        partly_hidden: Some thinking is in `thinking` and some is not (redacted, or a summary that
            stands beside raw text).
    """

    thinking: str
    answer: str
    visibility: Visibility
    partly_hidden: bool


def read_messages(
    messages: Sequence[ChatMessage],
    *,
    model: str = "",
    model_args: Mapping[str, Any] | None = None,
    stop_reason: StopReason | None = None,
    reasoning_tokens: int | None = None,
) -> Reading:
    """Read the turns that the model generated; planted assistant turns are left out.

    Args:
        messages: The conversation.
        model: Name of the model, with or without its provider (default: what the messages say).
        model_args: Recorded model args and headers, searched for the full-thinking beta.
        stop_reason: Why the last generation ended.
        reasoning_tokens: As reported by the provider; above 0 with no block, it withheld thinking.
    """
    turns = _generated(messages)
    full_thinking = _FULL_THINKING in repr(model_args)
    pieces: list[_Piece] = []
    split = _Split("", "")
    for turn in turns:
        readable = _readable(model or turn.model or "", full_thinking)
        pieces += [_read_block(b, readable) for b in _blocks(turn)]
        failed = turn is turns[-1] and _is_overflow(turn, stop_reason)
        split = _split("" if failed else turn.text)
        pieces += _tagged(split)
    if reasoning_tokens and not split.unclosed and not any(_blocks(turn) for turn in turns):
        pieces.append(("redacted", ""))
    return _reading(pieces, split, cut=stop_reason in CUT)


def read_state(state: TaskState) -> Reading:
    """Read a sample as its scorer sees it: what the model thought and answered before any follow-up."""
    messages = state.messages[: _follow_up(state.messages)]
    return read_messages(
        messages,
        model=str(state.model),
        model_args=_active_model_args(str(state.model)),
        stop_reason=state.output.stop_reason if state.output.choices else None,
        reasoning_tokens=_reported(state.output, messages),
    )


def _reported(last: ModelOutput, messages: Sequence[ChatMessage]) -> int:
    """The most thinking tokens that the provider reported of one turn: an agent may think before its last one alone."""
    said = {message.id for message in messages}
    turns = [e.output for e in generations() if e.output.choices and e.output.message.id in said]
    usages = [output.usage for output in (last, *turns)]
    return max(usage.reasoning_tokens or 0 if usage else 0 for usage in usages)


def prompt_text(state: TaskState, roles: Sequence[str] = ("system", "user")) -> str:
    """What the model was told before it first answered: a solver may have added to the sample's input."""
    told: list[str] = []
    for message in state.messages:
        if isinstance(message, ChatMessageAssistant) and message.source != "input":
            break
        if message.role in roles:
            told.append(message.text)
    return "\n\n".join(told) or state.input_text


def read_reply(state: TaskState) -> Reading | None:
    """Read what the model said to a follow-up question; None where it was asked none."""
    asked = _follow_up(state.messages)
    if asked == len(state.messages):
        return None
    stop_reason = (state.messages[-1].metadata or {}).get(STOP_REASON)
    if stop_reason in ("content_filter", *CUT):
        # The provider's words are not the model's; what was cut off may have been about to name the hint.
        return Reading("", "", "none", False)
    return read_messages(state.messages[asked:], model=str(state.model), stop_reason=stop_reason)


def _follow_up(messages: Sequence[ChatMessage]) -> int:
    """Where the follow-up question stands; the end where there is none."""
    is_one = (isinstance(m, ChatMessageUser) and m.metadata == FOLLOW_UP for m in messages)
    return next((i for i, found in enumerate(is_one) if found), len(messages))


def read_text(text: str) -> Reading:
    """Read a plain transcript by its tags; one without tags is all thinking, to be judged whole."""
    split = _split(text)
    if not split.tagged:
        split = replace(split, thinking=split.answer, answer="")
    return _reading(_tagged(split), split, cut=False)


def visibility_values(reading: Reading) -> dict[str, float]:
    """The fields of a score's value that tell what could be read; the visibilities are one-hot."""
    one_hot = {f"thinking_{v}": float(v == reading.visibility) for v in get_args(Visibility)}
    return one_hot | {
        "thinking_chars": float(len(reading.thinking)),
        "thinking_partly_hidden": float(reading.partly_hidden),
    }


@dataclass(frozen=True)
class _Split:
    """One text, divided by its tags."""

    thinking: str
    answer: str
    tagged: bool = False
    hidden: bool = False  # a tag held ciphertext
    unclosed: bool = False  # the text ends inside thinking


def _reading(pieces: Sequence[_Piece], last: _Split, *, cut: bool) -> Reading:
    kinds = {kind for kind, _ in pieces}
    visibility: Visibility = next((k for k in ("raw", "summary", "redacted") if k in kinds), "none")
    readable = visibility in ("raw", "summary")
    # Cut, still inside a tag, nothing answered: any two say that the final answer never came. One
    # alone does not: answers are cut too, closing tags forgotten, and tool calls have no text.
    truncated = cut + last.unclosed + (not last.answer) >= 2
    return Reading(
        thinking=_join(text for kind, text in pieces if kind == visibility),
        answer=last.answer,
        visibility="truncated" if readable and truncated else visibility,
        partly_hidden=readable and len(kinds) > 1,
    )


def _tagged(split: _Split) -> list[_Piece]:
    """Thinking in the text itself is raw; an empty block is none, unless it was cut off there."""
    raw: list[_Piece] = [("raw", split.thinking)] if split.thinking or split.unclosed else []
    return [*raw, ("redacted", "")] if split.hidden else raw


def _generated(messages: Sequence[ChatMessage]) -> list[ChatMessageAssistant]:
    """The model's own assistant turns; old logs mark them by `model` alone, or not at all."""
    turns = [m for m in messages if isinstance(m, ChatMessageAssistant)]
    return (
        [m for m in turns if m.source == "generate"]
        or [m for m in turns if m.source is None and m.model]
        or [m for m in turns if m.source is None]
    )


def _blocks(turn: ChatMessageAssistant) -> list[ContentReasoning]:
    """The turn's reasoning blocks; an empty one (a model that was told not to think) is none."""
    content = turn.content if isinstance(turn.content, list) else []
    blocks = [part for part in content if isinstance(part, ContentReasoning)]
    return [b for b in blocks if b.redacted or b.signature or b.reasoning.strip() or b.summary]


def _read_block(block: ContentReasoning, readable: _Readable | None) -> _Piece:
    opaque = block.redacted or block.signature == _UNPARSED + block.reasoning
    if block.reasoning.strip() and not opaque:
        return readable or "raw", block.reasoning
    if block.summary and block.summary.strip():
        return readable or "summary", block.summary
    return "redacted", ""


def _readable(model: str, full_thinking: bool) -> _Readable | None:
    if full_thinking and "claude" in model.lower():
        return "raw"
    return next((kind for name, kind in _READABLE if re.search(name, model, re.IGNORECASE)), None)


def _active_model_args(model: str) -> dict[str, Any]:
    """Args and headers of the model being evaluated (or rescored), where it is the one named."""
    if "claude" not in model.lower():  # only Claude's thinking depends on them
        return {}
    try:
        active = get_model()
    except Exception:  # outside an evaluation; what is raised depends on the environment
        return {}
    if not model.endswith(active.name):
        return {}
    # Headers may be the model's own, or come from the task or the evaluation.
    headers = [config.extra_headers for config in (active.config, active_generate_config())]
    return {**active.model_args, "extra_headers": headers}


def _is_overflow(turn: ChatMessageAssistant, stop_reason: StopReason | None) -> bool:
    """Whether a turn is a provider's error for an over-long prompt, and nothing of the model's own."""
    text = turn.text
    if stop_reason not in _TOO_LONG or _blocks(turn) or _split(text).tagged:
        return False
    short = len(text) <= _ERROR_CHARS
    if stop_reason == "max_tokens":
        return short and bool(_OVERFLOW.search(text))
    return short or bool(_ERROR.match(text))


def _split(text: str) -> _Split:
    """Divide a text by its tags (see the module's docstring for the rules)."""
    parts, unclosed = _parts(text)
    until = max((i for i, (where, _) in enumerate(parts) if where == "before_close"), default=-1)
    thinking: list[str] = []
    answer: list[str] = []
    for i, (where, part) in enumerate(parts):
        if where != "hidden":
            (thinking if i <= until or where == "thinking" else answer).append(part)
    return _Split(
        thinking=_join(thinking),
        answer=_join(answer),
        tagged=len(parts) > 1,
        hidden=any(where == "hidden" for where, _ in parts),
        unclosed=unclosed,
    )


def _parts(text: str) -> tuple[list[tuple[_Where, str]], bool]:
    """The texts between tags, each with where it stands, and whether the last is in thinking."""
    parts: list[tuple[_Where, str]] = []
    depth = start = pos = 0
    outer, fenced = "", False  # name of the tag that opened the thinking; whether a fence wraps it
    inner: _Where = "thinking"
    closed: tuple[int, int] | None = None  # last closing tag of that name: parts so far, position
    while True:
        match = (_IN_THINKING if depth else _IN_ANSWER).search(text, pos)
        if match is None and depth and closed:  # go back to where the thinking must have ended
            del parts[closed[0] :]
            depth, start, pos, closed = 0, closed[1], closed[1], None
            continue
        if match is None:
            parts.append((inner if depth else "answer", text[start:]))
            return parts, depth > 0
        pos = match.end()
        if not match["tag"]:
            continue
        closing, name = bool(match["close"]), match["name"].lower()
        where: _Where = inner if depth else "before_close" if closing else "answer"
        parts.append((where, text[start : match.start()]))
        if depth == 0 and not closing:
            outer, fenced, closed = name, bool(match["fence"]), None
            inner = "hidden" if _CIPHERTEXT in match["tag"] else "thinking"
        start = pos = match.end() if closing and fenced else match.end("tag")
        depth = max(depth - 1, 0) if closing else depth + 1
        if closing and name == outer:
            closed = len(parts), pos


def _join(parts: Iterable[str]) -> str:
    # A paragraph break keeps what stood apart from growing together into new words or new tags.
    return "\n\n".join(stripped for part in parts if (stripped := part.strip()))
