"""The chat completions that OpenAI's clients speak, as vLLM answers them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    Content,
    ContentReasoning,
    ContentText,
    GenerateConfig,
)
from inspect_ai.model._reasoning import parse_content_with_reasoning
from inspect_ai.tool import ToolCall

from organisms.chance import digest
from organisms.provider import tokens
from tests.messages_server import openai_tools
from tests.messages_server.answers import Said, Thinking, Thought, shown
from tests.messages_server.events import data_line, pieces
from tests.messages_server.faults import OVERLOADED, TOO_LONG
from tests.messages_server.rejected import Rejected

ThinkingIn = Literal["reasoning_content", "reasoning", "think"]
"""Where thinking stands: in a field of its own, or between `<think>` tags in the content."""

MAX_MODEL_LEN = 200_000
CREATED = 1_700_000_000
"""Seconds since 1970; the same for every answer, so that runs repeat."""

DONE = data_line("[DONE]")
GARBAGE = b'data: {"id": "chatcmpl-0", "choices": [{"ind\n\n'

_FIELDS = ("reasoning_content", "reasoning")
_STOPS = {
    "tool_calls": "tool_calls",
    **{"max_tokens": "length", "model_length": "length", "content_filter": "content_filter"},
}
_ROLES = ("system", "developer", "user", "assistant", "tool")
_TYPES = {
    **{400: "BadRequestError", 401: "AuthenticationError", 404: "NotFoundError"},
    429: "RateLimitError",
}
_IN_OTHER_WORDS = {
    TOO_LONG.message: f"This model's maximum context length is {MAX_MODEL_LEN} tokens. However, your request has "
    "208310 input tokens. Please reduce the length of the input messages."
}


def error_body(type: str, message: str, status: int, request_id: str) -> dict[str, Any]:
    """An error as vLLM words it, whose types go by the status."""
    told = _IN_OTHER_WORDS.get(message, message)
    kind = _TYPES.get(status, "InternalServerError")
    return {"error": {"message": told, "type": kind, "param": None, "code": status}}


def overload() -> bytes:
    """The event that ends a stream under overload."""
    return data_line(error_body(OVERLOADED.type, OVERLOADED.message, 503, ""))


def check(body: Any) -> None:
    """Nothing, where a request is as it must be.

    Raises:
        Rejected: It is not.
    """
    if not isinstance(body, dict) or not isinstance(body.get("model"), str):
        raise Rejected("model: Field required")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Rejected("messages: at least one message is required")
    for message in messages:
        if message.get("role") not in _ROLES:
            raise Rejected(f"Unexpected message role: {message.get('role')}")
    room = body.get("max_completion_tokens", body.get("max_tokens"))
    if room is not None and room < 1:
        raise Rejected(f"max_tokens must be at least 1, got {room}.")
    if body.get("continue_final_message") and body.get("add_generation_prompt", True):
        raise Rejected(
            "Cannot set both `continue_final_message` and `add_generation_prompt` to True."
        )
    openai_tools.check(body)


def conversation(body: Mapping[str, Any]) -> list[ChatMessage]:
    """The messages of a request, as Inspect has them; images are left out."""
    calls = [call for m in body["messages"] for call in openai_tools.calls_of(m)]
    called = {call.id: call.function for call in calls}
    return [_message(message, called) for message in body["messages"]]


def _message(message: Mapping[str, Any], called: Mapping[str, str]) -> ChatMessage:
    content = message.get("content") or ""
    if not isinstance(content, str):
        content = "\n".join(part["text"] for part in content if part["type"] == "text")
    if message["role"] == "user":
        return ChatMessageUser(content=content)
    if message["role"] == "tool":
        return openai_tools.result(message, content, called)
    if message["role"] != "assistant":
        return ChatMessageSystem(content=content)
    # Inspect begins each part with a line end; the templates of open weights strip it.
    text, tagged = parse_content_with_reasoning(content.strip("\n"))
    thoughts = [message[name] for name in _FIELDS if message.get(name)]
    thoughts += [tagged.reasoning] if tagged else []
    parts: list[Content] = [ContentReasoning(reasoning=thought) for thought in thoughts]
    return ChatMessageAssistant(
        content=[*parts, ContentText(text=text)] if parts else text,
        tool_calls=openai_tools.calls_of(message) or None,
    )


def settings(body: Mapping[str, Any]) -> GenerateConfig:
    """How the model is asked to think, as Inspect has it."""
    template = body.get("chat_template_kwargs") or {}
    thinks = template.get("enable_thinking", template.get("thinking"))
    asked = None if thinks is None else "high" if thinks else "none"
    return GenerateConfig.model_validate(
        {
            "max_tokens": body.get("max_completion_tokens", body.get("max_tokens")),
            "seed": body.get("seed"),
            "reasoning_effort": body.get("reasoning_effort") or asked,
        }
    )


def count(body: Mapping[str, Any]) -> int:
    """Tokens of a request, by the rule of thumb of the organisms."""
    return sum(tokens(message.text) for message in conversation(body))


def completion(
    answer: Said, thinking: Thinking, thinking_in: ThinkingIn, ordinal: int
) -> dict[str, Any]:
    """An answer as a chat completion.

    Args:
        answer: What the model said.
        thinking: How its thinking is shown. There is no ciphertext here: what is not shown is left out.
        thinking_in: Where its thinking stands.
        ordinal: Of the request.
    """
    choice = {
        "index": 0,
        "message": {"role": "assistant", **_said(answer, thinking, thinking_in)},
        "logprobs": None,
        "finish_reason": _STOPS.get(answer.stop, "stop"),
        "stop_reason": None,
    }
    written = answer.thinking_tokens + answer.text_tokens
    usage = {
        "prompt_tokens": answer.input_tokens,
        "completion_tokens": written,
        "total_tokens": answer.input_tokens + written,
        "completion_tokens_details": {"reasoning_tokens": answer.thinking_tokens},
    }
    return {
        "id": f"chatcmpl-{digest(ordinal)[:24]}",
        "object": "chat.completion",
        "created": CREATED,
        "model": answer.model,
        "choices": [choice],
        "usage": usage,
    }


def _said(answer: Said, thinking: Thinking, thinking_in: ThinkingIn) -> dict[str, Any]:
    """Thinking, content and calls of a message."""
    calls = [part for part in answer.parts if isinstance(part, ToolCall)]
    told = {"tool_calls": openai_tools.told_calls(calls)} if calls else {}
    return {**_words(answer, thinking, thinking_in), **told}


def _words(answer: Said, thinking: Thinking, thinking_in: ThinkingIn) -> dict[str, str | None]:
    """Thinking and content of a message."""
    parts = [
        p
        for p in shown(answer.parts, thinking)
        if isinstance(p, str) or (isinstance(p, Thought) and p.text)
    ]
    if thinking_in == "think":
        cut = answer.stop == "max_tokens" and bool(parts) and isinstance(parts[-1], Thought)
        tagged = [
            f"<think>\n{p.text}\n</think>\n\n" if isinstance(p, Thought) else p for p in parts
        ]
        content = "".join(tagged)
        return {"content": content.removesuffix("\n</think>\n\n") if cut else content}
    texts = [p for p in parts if isinstance(p, str)]
    thoughts = [p.text or "" for p in parts if isinstance(p, Thought)]
    told: dict[str, str | None] = {"content": "".join(texts) or None}
    return {thinking_in: "\n\n".join(thoughts), **told} if thoughts else told


def chunks(told: Mapping[str, Any], with_usage: bool) -> Iterator[bytes]:
    """A chat completion as the events that it is streamed in.

    Args:
        told: The completion.
        with_usage: Whether the last chunk counts tokens (`stream_options: {include_usage: true}`).
    """
    common = {name: told[name] for name in ("id", "created", "model")}
    common["object"] = "chat.completion.chunk"
    choice = told["choices"][0]

    def chunk(delta: Mapping[str, Any], ended: str | None = None) -> bytes:
        one = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": ended}
        return data_line({**common, "choices": [one]})

    yield chunk({"role": "assistant", "content": ""})
    for name in (*_FIELDS, "content"):
        for piece in pieces(choice["message"].get(name) or ""):
            yield chunk({name: piece})
    for i, call in enumerate(choice["message"].get("tool_calls") or ()):
        begun = {**call, "function": {**call["function"], "arguments": ""}}
        yield chunk({"tool_calls": [{"index": i, **begun}]})
        for piece in pieces(call["function"]["arguments"]):
            yield chunk({"tool_calls": [{"index": i, "function": {"arguments": piece}}]})
    yield chunk({}, choice["finish_reason"])
    if with_usage:
        yield data_line({**common, "choices": [], "usage": told["usage"]})
    yield DONE


def models(names: Sequence[str]) -> dict[str, Any]:
    """The list of models."""
    about = {"object": "model", "created": CREATED, "owned_by": "vllm", "parent": None}
    data = [{"id": n, "root": n, "max_model_len": MAX_MODEL_LEN, **about} for n in names]
    return {"object": "list", "data": data}
