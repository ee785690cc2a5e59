"""Tools in chat completions: what a request with them must be, and what it says."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from inspect_ai.model import ChatMessageTool
from inspect_ai.tool import ToolCall, ToolCallError, ToolChoice, ToolFunction

from tests.messages_server.rejected import Rejected
from tests.messages_server.tools import Offered, arguments, tool

Message = Mapping[str, Any]

_CHOICES: dict[str, ToolChoice] = {"none": "none", "auto": "auto", "required": "any"}

_FAILED = "Error: "
"""How Inspect begins the result of a call that failed: there is no other sign of it here."""


# ------------------------------------------------------------------------------------- rules


def check(body: Mapping[str, Any]) -> None:
    """Nothing, where tools, their choice, calls and results are as they must be.

    Raises:
        Rejected: They are not.
    """
    functions = [one.get("function") or {} for one in body.get("tools") or ()]
    for i, function in enumerate(functions):
        if not function.get("name"):
            raise Rejected(f"Missing required parameter: 'tools[{i}].function.name'.")
    _check_choice(body.get("tool_choice"), [function["name"] for function in functions])
    _check_calls(body["messages"])


def _check_choice(choice: Any, names: Sequence[str]) -> None:
    if choice is None:
        return
    if not names and choice != "none":
        raise Rejected("'tool_choice' is only allowed when 'tools' are specified.")
    if isinstance(choice, str):
        if choice not in _CHOICES:
            raise Rejected(
                f"Invalid value: '{choice}'. Supported values are: {', '.join(_CHOICES)}."
            )
    elif (named := (choice.get("function") or {}).get("name")) not in names:
        raise Rejected(f"Tool choice '{named}' not found in 'tools' parameter.")


def _check_calls(messages: Sequence[Message]) -> None:
    """All calls of a message are answered, each once, before anybody speaks again."""
    open_calls: list[str] = []
    for message in messages:
        if message["role"] == "tool":
            if message.get("tool_call_id") not in open_calls:
                raise Rejected(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                    "'tool_calls'."
                )
            open_calls.remove(message["tool_call_id"])
            continue
        _check_answered(open_calls)
        open_calls = [call["id"] for call in message.get("tool_calls") or ()]
    _check_answered(open_calls)


def _check_answered(open_calls: Sequence[str]) -> None:
    if open_calls:
        raise Rejected(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
            f"The following tool_call_ids did not have response messages: {', '.join(open_calls)}"
        )


# ------------------------------------------------------------------------------ what is said


def offered(body: Mapping[str, Any]) -> Offered:
    """The tools of a request, and how they are to be chosen."""
    functions = [one["function"] for one in body.get("tools") or ()]
    made = [tool(f["name"], f.get("description"), f.get("parameters")) for f in functions]
    told = body.get("tool_choice") or "auto"
    return Offered(
        made, _CHOICES[told] if isinstance(told, str) else ToolFunction(told["function"]["name"])
    )


def result(message: Message, text: str, called: Mapping[str, str]) -> ChatMessageTool:
    """What came of a call, as Inspect has it; `called` names the tool by the id of the call."""
    failed = text.startswith(_FAILED)
    return ChatMessageTool(
        content="" if failed else text,
        error=ToolCallError("unknown", text.removeprefix(_FAILED)) if failed else None,
        tool_call_id=message["tool_call_id"],
        function=called[message["tool_call_id"]],
    )


def calls_of(message: Message) -> list[ToolCall]:
    """The calls in a message of the model's, as Inspect has them."""
    return [
        ToolCall(
            id=call["id"],
            function=call["function"]["name"],
            arguments=json.loads(call["function"]["arguments"]),
        )
        for call in message.get("tool_calls") or ()
    ]


def told_calls(calls: Sequence[ToolCall]) -> list[dict[str, Any]]:
    """Calls as they stand in a completion."""
    return [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.function, "arguments": arguments(call)},
        }
        for call in calls
    ]
