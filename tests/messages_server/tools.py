"""Tools as the model behind the server gets them, whichever face they come to."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inspect_ai.tool import ToolCall, ToolChoice, ToolInfo, ToolParams


@dataclass(frozen=True)
class Offered:
    """What a request lets the model call.

    Attributes:
        tools: In their order; none in most requests.
        choice: Which of them may, or must, be called.
    """

    tools: Sequence[ToolInfo] = ()
    choice: ToolChoice = "auto"


def tool(name: str, description: str | None, schema: Mapping[str, Any] | None) -> ToolInfo:
    """A tool as Inspect has it."""
    parameters = ToolParams.model_validate(schema or {})
    return ToolInfo(name=name, description=description or "", parameters=parameters)


def arguments(call: ToolCall) -> str:
    """The arguments of a call, as JSON."""
    return json.dumps(call.arguments)
