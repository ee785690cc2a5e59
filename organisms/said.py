"""What is put to an organism, and what it says: the contract between the provider and each kind of situation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from inspect_ai.model import ChatMessage, GenerateConfig
from inspect_ai.tool import ToolCall, ToolInfo

from organisms.answering import Me
from organisms.behaviour import Visibility
from organisms.rates import Organism, Reasoning


@dataclass(frozen=True)
class Posed:
    """What a provider gets: messages, tools and the generate config, and nothing else."""

    messages: list[ChatMessage]
    tools: Sequence[ToolInfo]
    config: GenerateConfig
    reasoning: Reasoning


@dataclass(frozen=True)
class Said:
    """One output.

    Attributes:
        thinking: The model's own thinking, before it arrives as VISIBILITY says; empty for none.
        text: The answer's text.
        visibility: How native thinking arrives.
        truncated: Whether the output breaks off.
        tool_calls: Calls of the tools that it was given.
        thinking_tokens: What its usage reports, where that is more than the text is long (simulated, too); None for the text's.
    """

    thinking: str
    text: str
    visibility: Visibility = "raw"
    truncated: bool = False
    tool_calls: tuple[ToolCall, ...] = ()
    thinking_tokens: int | None = None


Kind = Callable[[Posed, Organism, Me, np.random.Generator], Said | None]
"""Answers situations of one kind; None for any other."""
