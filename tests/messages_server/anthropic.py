"""Anthropic's Messages API: what a request must be, what it says, and how an answer looks."""

from collections.abc import Mapping, Sequence
from typing import Any

from inspect_ai._util.constants import NO_CONTENT
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
from inspect_ai.tool import ToolCall

from organisms.chance import digest
from organisms.provider import tokens
from tests.messages_server import signatures
from tests.messages_server.answers import Part, Said, Thinking, shown
from tests.messages_server.anthropic_tools import (
    THINKING,
    blocks,
    check_calls,
    check_choice,
    check_loop,
    check_tools,
    of,
    result,
)
from tests.messages_server.families import FULL_THINKING, WIDE_OUTPUT, Family, family
from tests.messages_server.rejected import Rejected

LEAST_BUDGET = 1024
_SAMPLING = ("temperature", "top_p", "top_k")
_STOPS = {
    "stop": "end_turn",
    "tool_calls": "tool_use",
    "max_tokens": "max_tokens",
    "model_length": "model_context_window_exceeded",
    "content_filter": "refusal",
}
_DISPLAYS: dict[str, Thinking] = {"summarized": "summarised", "omitted": "omitted"}
_SWITCHED_OFF = ("disabled", "between_tools")


def error_body(type: str, message: str, status: int, request_id: str) -> dict[str, Any]:
    """An error as the API words it."""
    return {
        "type": "error",
        "error": {"type": type, "message": message},
        "request_id": request_id,
    }


# ------------------------------------------------------------------------------------- requests


def check(body: Any, betas: Sequence[str]) -> Family:
    """The family of the model that is asked for.

    Raises:
        Rejected: The API would not take the request.
    """
    told = check_messages(body)
    max_tokens = body.get("max_tokens")
    if not isinstance(max_tokens, int) or max_tokens < 1:
        raise Rejected("max_tokens: Field required, an integer of at least 1")
    most = told.most_tokens * (2 if told.display == "raw" and WIDE_OUTPUT in betas else 1)
    if max_tokens > most:
        raise Rejected(
            f"max_tokens: {max_tokens} > {most}, which is the maximum allowed number of output tokens "
            f"for {body['model']}"
        )
    for name in _SAMPLING:
        if name in body:
            raise Rejected(f"{name}: Extra inputs are not permitted")
    _check_thinking(body, told, betas)
    _check_last(body, told)
    check_choice(body, told)
    check_loop(body)
    return told


def check_messages(body: Any) -> Family:
    """What `count_tokens` checks as well: the model and the messages.

    Raises:
        Rejected: Either is not as it must be.
    """
    if not isinstance(body, dict) or not isinstance(body.get("model"), str):
        raise Rejected("model: Field required")
    told = family(body["model"])
    if told is None:
        raise Rejected(f"model: {body['model']}", 404, "not_found_error")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Rejected("messages: at least one message is required")
    for i, message in enumerate(messages):
        if message.get("role") not in ("user", "assistant", "system"):
            raise Rejected(f"messages.{i}.role: Input should be 'user' or 'assistant'")
        for j, block in enumerate(blocks(message)):
            _check_block(block, f"messages.{i}.content.{j}")
    if messages[0]["role"] != "user":
        raise Rejected('messages: first message must use the "user" role')
    check_tools(body.get("tools") or [])
    check_calls(messages)
    return told


def _check_block(block: Mapping[str, Any], where: str) -> None:
    if block["type"] == "text" and not block["text"]:
        raise Rejected("messages: text content blocks must be non-empty")
    if block["type"] == "thinking":
        checked = signatures.check(block["signature"], block["thinking"])
        if checked == "invalid":
            raise Rejected(f"{where}: Invalid `signature` in `thinking` block")
    elif block["type"] == "redacted_thinking":
        checked = signatures.check(block["data"])
        if checked == "invalid":
            raise Rejected(f"{where}: Invalid `data` in `redacted_thinking` block")
    else:
        return
    if checked == "altered":
        raise Rejected(
            f"{where}: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be "
            "modified. These blocks must remain as they were in the original response."
        )


def _check_thinking(body: Mapping[str, Any], told: Family, betas: Sequence[str]) -> None:
    asked = body.get("thinking") or {}
    kind = asked.get("type")
    effort = (body.get("output_config") or {}).get("effort")
    model = body["model"]
    if effort is not None and not told.efforts:
        raise Rejected("This model does not support the effort parameter.")
    if effort is not None and effort not in told.efforts:
        raise Rejected(f"output_config.effort: '{effort}' is not supported by {model}")
    if kind == "enabled":
        if not told.budget:
            raise Rejected(
                '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
                '"output_config.effort" to control thinking behavior.'
                if told.adaptive
                else f"thinking: {model} does not support thinking"
            )
        _check_budget(body, asked.get("budget_tokens"), betas)
    elif kind == "adaptive" and not told.adaptive:
        raise Rejected("adaptive thinking is not supported on this model")
    elif kind == "disabled" and told.off in ("never", "between_tools"):
        raise Rejected(f'"thinking.type.disabled" is not supported for this model: {model}')
    elif kind == "between_tools" and told.off != "between_tools":
        raise Rejected(f'"thinking.type.between_tools" is not supported for this model: {model}')
    elif kind not in (None, "adaptive", *_SWITCHED_OFF):
        raise Rejected(f"thinking.type: '{kind}' is not known")
    if kind in _SWITCHED_OFF and told.high_when_off and effort in ("xhigh", "max"):
        raise Rejected(f"thinking.type.{kind} is not supported with effort '{effort}'")
    if asked.get("display") not in (None, *_DISPLAYS):
        raise Rejected("thinking.display: Input should be 'summarized' or 'omitted'")


def _check_budget(body: Mapping[str, Any], budget: Any, betas: Sequence[str]) -> None:
    if not isinstance(budget, int) or budget < LEAST_BUDGET:
        raise Rejected(
            f"thinking.enabled.budget_tokens: Input should be greater than or equal to {LEAST_BUDGET}"
        )
    # Interleaved thinking has one budget for all the turns between tool calls.
    interleaved = bool(body.get("tools")) and any("interleaved" in beta for beta in betas)
    if budget >= body["max_tokens"] and not interleaved:
        raise Rejected("`max_tokens` must be greater than `thinking.budget_tokens`.")


def _check_last(body: Mapping[str, Any], told: Family) -> None:
    last = body["messages"][-1]
    if last["role"] != "assistant":
        return
    if not told.prefill:
        raise Rejected(
            "This model does not support assistant message prefill. The conversation must end with a user "
            "message."
        )
    said = list(blocks(last))
    if (body.get("thinking") or {}).get("type") == "enabled" and (
        not said or said[0]["type"] not in THINKING
    ):
        raise Rejected(
            "messages: When `thinking` is enabled, a final `assistant` message must start with a thinking block."
        )
    if said and said[-1]["type"] == "text" and said[-1]["text"] != said[-1]["text"].rstrip():
        raise Rejected("messages: final assistant content cannot end with trailing whitespace")


def conversation(body: Mapping[str, Any]) -> list[ChatMessage]:
    """The messages of a request, as Inspect has them; images are left out."""
    system = body.get("system") or []
    if isinstance(system, str):
        system = [{"type": "text", "text": system}]
    before: list[ChatMessage] = [ChatMessageSystem(content=block["text"]) for block in system]
    called = {call["id"]: call["name"] for m in body["messages"] for call in of(m, "tool_use")}
    return [*before, *(one for m in body["messages"] for one in _messages(m, called))]


def _messages(message: Mapping[str, Any], called: Mapping[str, str]) -> list[ChatMessage]:
    """A message of the API's: the results of tools in it, which Inspect has one by one, and the rest if there is any."""
    results = of(message, "tool_result")
    only = len(results) == len(list(blocks(message))) > 0
    return [*(result(one, called) for one in results), *([] if only else [_message(message)])]


def _message(message: Mapping[str, Any]) -> ChatMessage:
    parts = [part for block in blocks(message) if (part := _part(block)) is not None]
    only = parts[0] if len(parts) == 1 else None
    content = only.text if isinstance(only, ContentText) else parts
    if message["role"] == "user":
        return ChatMessageUser(content=content)
    if message["role"] == "system":
        return ChatMessageSystem(content=content)
    calls = [
        ToolCall(id=call["id"], function=call["name"], arguments=call["input"])
        for call in of(message, "tool_use")
    ]
    return ChatMessageAssistant(content=content, tool_calls=calls or None)


def _part(block: Mapping[str, Any]) -> Content | None:
    if block["type"] == "text":
        # Inspect writes this for an empty turn, which the API would not take.
        return ContentText(text="" if block["text"] == NO_CONTENT else block["text"])
    if block["type"] == "thinking":
        return ContentReasoning(
            reasoning=block["signature"], summary=block["thinking"], redacted=True
        )
    if block["type"] == "redacted_thinking":
        return ContentReasoning(reasoning=block["data"], redacted=True)
    return None


def settings(body: Mapping[str, Any], told: Family) -> GenerateConfig:
    """How the model is asked to think, as Inspect has it."""
    asked = body.get("thinking") or {}
    effort = (body.get("output_config") or {}).get("effort")
    config = GenerateConfig(
        max_tokens=body.get("max_tokens"), stop_seqs=body.get("stop_sequences"), effort=effort
    )
    if asked.get("type") == "enabled":
        config.reasoning_tokens = asked["budget_tokens"]
    elif asked.get("type") in _SWITCHED_OFF:
        config.reasoning_effort = "none"
    elif asked.get("type") == "adaptive" or told.thinks_unasked:
        config.reasoning_effort = effort or "high"
    return config


def how_shown(
    body: Mapping[str, Any], told: Family, betas: Sequence[str], thinking: Thinking
) -> Thinking:
    """How thinking is shown in answer to a request; `by_request`: as the API would."""
    if thinking != "by_request":
        return thinking
    display = (body.get("thinking") or {}).get("display")
    if display == "omitted":
        return "omitted"
    if told.display == "raw" or (display is None and FULL_THINKING in betas):
        return "raw"
    return _DISPLAYS[display] if display else told.display


def count(body: Mapping[str, Any]) -> int:
    """Tokens of a request, by the rule of thumb of the organisms."""
    return sum(tokens(message.text) for message in conversation(body))


# -------------------------------------------------------------------------------------- answers


def message(answer: Said, told: Family, thinking: Thinking, ordinal: int) -> dict[str, Any]:
    """An answer as the API gives it.

    Args:
        answer: What the model said.
        told: The family of the model.
        thinking: How its thinking is shown, not `by_request`.
        ordinal: Of the request.
    """
    content = [_block(part) for part in shown(answer.parts, thinking)]
    refused = answer.stop == "content_filter"
    details = {"type": "refusal", "category": None, "explanation": None}
    return {
        "id": f"msg_{digest(ordinal)[:24]}",
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": content,
        "stop_reason": _STOPS.get(answer.stop, "end_turn"),
        "stop_sequence": None,
        "stop_details": details if refused and told.thinks_unasked else None,
        "usage": {
            "input_tokens": answer.input_tokens,
            "output_tokens": answer.thinking_tokens + answer.text_tokens,
            "output_tokens_details": {"thinking_tokens": answer.thinking_tokens},
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "service_tier": "standard",
        },
        # Not the API's: what an organism says stays marked.
        **({"simulated": True} if answer.simulated else {}),
    }


def _block(part: Part) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part, "citations": None}
    if isinstance(part, ToolCall):
        told = {"id": part.id, "name": part.function, "input": part.arguments}
        return {"type": "tool_use", **told, "caller": {"type": "direct"}}
    if part.text is None:
        return {"type": "redacted_thinking", "data": signatures.sign(part.cipher)}
    return {"type": "thinking", "thinking": part.text, "signature": signatures.sign(part.text)}
