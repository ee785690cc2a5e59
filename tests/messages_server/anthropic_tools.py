"""Tools in Anthropic's Messages API: what a request with them must be, and what it says."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from inspect_ai._util.constants import NO_CONTENT
from inspect_ai.model import ChatMessageTool
from inspect_ai.tool import ToolCallError, ToolChoice, ToolFunction

from tests.messages_server.families import Family
from tests.messages_server.rejected import Rejected
from tests.messages_server.tools import Offered, tool

Block = Mapping[str, Any]
Message = Mapping[str, Any]

THINKING = ("thinking", "redacted_thinking")
_CHOICES = ("auto", "any", "tool", "none")
_NAME = "[a-zA-Z0-9_-]{1,128}"
_ID = "[a-zA-Z0-9_-]+"
_NOBODY: Message = {"role": "user", "content": ""}


def blocks(message: Message) -> Iterator[Block]:
    """The content of a message; a text is a block of its own."""
    content = message.get("content") or ""
    yield from [{"type": "text", "text": content}] if isinstance(content, str) else content


def of(message: Message, kind: str) -> list[Block]:
    """The blocks of one kind."""
    return [block for block in blocks(message) if block["type"] == kind]


# ------------------------------------------------------------------------------------- rules


def check_tools(tools: Sequence[Mapping[str, Any]]) -> None:
    """Nothing, where tools are defined as they must be.

    Raises:
        Rejected: They are not.
    """
    for i, one in enumerate(tools):
        for key in ("name", "input_schema"):
            if key not in one:
                raise Rejected(f"tools.{i}.custom.{key}: Field required")
        if not re.fullmatch(_NAME, one["name"]):
            raise Rejected(f"tools.{i}.custom.name: String should match pattern '^{_NAME}$'")
    if len({one["name"] for one in tools}) < len(tools):
        raise Rejected("tools: Tool names must be unique.")


def check_calls(messages: Sequence[Message]) -> None:
    """Each call has its result at the beginning of the next message, and each result its call in the one before.

    Raises:
        Rejected: Not so.
    """
    _check_ids([call["id"] for message in messages for call in of(message, "tool_use")])
    for i, (before, after) in enumerate(pairwise([_NOBODY, *messages, _NOBODY]), start=-1):
        calls = [call["id"] for call in of(before, "tool_use")]
        results = of(after, "tool_result")
        for told in results:
            _check_result(told, calls, f"messages.{i + 1}")
        first = [block.get("tool_use_id") for block in list(blocks(after))[: len(results)]]
        if missing := [call for call in calls if call not in first]:
            raise Rejected(
                f"messages.{i}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the "
                "next message."
            )
        if len(results) > len(calls):
            raise Rejected(
                f"messages.{i + 1}: each tool_use must have a single result. Found multiple `tool_result` blocks."
            )


def _check_ids(ids: Sequence[str]) -> None:
    for one in ids:
        if not re.fullmatch(_ID, one):
            raise Rejected(f"messages: tool_use.id: String should match pattern '^{_ID}$'")
    if len(set(ids)) < len(ids):
        raise Rejected("messages: `tool_use` ids must be unique")


def _check_result(told: Block, calls: Sequence[str], where: str) -> None:
    if told["tool_use_id"] not in calls:
        raise Rejected(
            f"{where}: unexpected `tool_use_id` found in `tool_result` blocks: {told['tool_use_id']}. Each `tool_result` "
            "block must have a corresponding `tool_use` block in the previous message."
        )
    if told.get("is_error") and not told.get("content"):
        raise Rejected(f"{where}: tool_result: content cannot be empty if `is_error` is true")


def check_choice(body: Mapping[str, Any], told: Family) -> None:
    """How tools are to be chosen.

    Raises:
        Rejected: There is no such choice, or the model does not take it.
    """
    choice, thinking = body.get("tool_choice"), body.get("thinking") or {}
    if choice is None:
        return
    kind = choice.get("type")
    if kind not in _CHOICES:
        raise Rejected(
            f"tool_choice: Input tag '{kind}' found using 'type' does not match any of the expected tags: "
            f"{', '.join(map(repr, _CHOICES))}"
        )
    names = [one["name"] for one in body.get("tools") or ()]
    if not names:
        raise Rejected("tool_choice: may only be specified while providing tools")
    if kind == "tool" and choice.get("name") not in names:
        raise Rejected(f"tool_choice.tool.name: Tool '{choice.get('name')}' not found in tools")
    if kind in ("any", "tool"):
        if thinking.get("type") == "enabled":
            raise Rejected("Thinking may not be enabled when tool_choice forces tool use.")
        if not told.forced_tools:
            raise Rejected(f"tool_choice.type: '{kind}' is not supported by {body['model']}")


def check_loop(body: Mapping[str, Any]) -> None:
    """With a budget of thinking, a turn that waits for results must begin with thinking.

    All calls since the user spoke are one turn; the model thinks before the first of them. Where it decides by itself
    whether it thinks (`adaptive`), there may be no thinking.

    Raises:
        Rejected: The thinking is left out.
    """
    begins = _turn(body["messages"])
    if begins is None or (body.get("thinking") or {}).get("type") != "enabled":
        return
    found = next(blocks(body["messages"][begins]))["type"]
    if found not in THINKING:
        raise Rejected(
            f"messages.{begins}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{found}`. When "
            "`thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the "
            "lastmost set of `tool_use` and `tool_result` blocks). To avoid this requirement, disable `thinking`."
        )


def _turn(messages: Sequence[Message]) -> int | None:
    """Where the turn that waits for results begins; None where none does."""
    begins = None
    for i in range(len(messages) - 1, 0, -1):
        if of(messages[i], "tool_result"):
            begins = i - 1
        elif messages[i]["role"] == "user":
            break
    return begins


# ------------------------------------------------------------------------------ what is said


def offered(body: Mapping[str, Any]) -> Offered:
    """The tools of a request, and how they are to be chosen."""
    tools = body.get("tools") or ()
    told = body.get("tool_choice") or {"type": "auto"}
    choice: ToolChoice = ToolFunction(told["name"]) if told["type"] == "tool" else told["type"]
    made = [tool(one["name"], one.get("description"), one["input_schema"]) for one in tools]
    return Offered(made, choice)


def result(told: Block, called: Mapping[str, str]) -> ChatMessageTool:
    """What came of a call, as Inspect has it; `called` names the tool by the id of the call."""
    content = told.get("content") or ""
    if not isinstance(content, str):
        content = "\n".join(block["text"] for block in content if block["type"] == "text")
    failed = bool(told.get("is_error"))
    return ChatMessageTool(
        # Inspect writes NO_CONTENT for an empty result, and an error in place of the result.
        content="" if failed or content == NO_CONTENT else content,
        error=ToolCallError("unknown", content) if failed else None,
        tool_call_id=told["tool_use_id"],
        function=called[told["tool_use_id"]],
    )
