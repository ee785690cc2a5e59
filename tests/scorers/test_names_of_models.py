"""What is read out of a model's name: whose thinking is summarised, and which version it is."""

import pytest
from inspect_ai.model import ChatMessageAssistant, ContentReasoning, ContentText

from analysis.models import known
from scorers.thinking import read_messages


@pytest.mark.parametrize(
    ("model", "visibility"),
    [
        ("vllm/maker/Qwen3-8B-Claude-4.5-Distill", "raw"),
        ("vllm/gemini-distill-7b", "raw"),
        ("hf/maker/claude-like", "raw"),
        ("openai-api/local/qwen-claude-distill", "raw"),
        ("anthropic/claude-3-7-sonnet-20250219", "raw"),
        ("openrouter/anthropic/claude-3.7-sonnet", "raw"),
        ("anthropic/claude-sonnet-4-5", "summary"),
        ("bedrock/us.anthropic.claude-sonnet-4-20250514-v1:0", "summary"),
        ("openrouter/anthropic/claude-opus-4.7", "summary"),
        ("google/gemini-2.5-pro", "summary"),
    ],
)
def test_whose_thinking_is_a_summary(model: str, visibility: str) -> None:
    said = [ContentReasoning(reasoning="Rivers."), ContentText(text="The Rhine.")]
    turn = ChatMessageAssistant(content=said, source="generate")
    assert read_messages([turn], model=model).visibility == visibility


@pytest.mark.parametrize(
    ("model", "thinks", "takes"),
    [
        ("openrouter/anthropic/claude-opus-4.7", "unless told not to", "reasoning_effort"),
        ("openrouter/anthropic/claude-opus-5.5", "always", "reasoning_effort"),
        ("openrouter/anthropic/claude-haiku-4.5", "when asked", "reasoning_tokens"),
    ],
)
def test_versions_with_a_dot(model: str, thinks: str, takes: str) -> None:
    assert (known(model).thinks, known(model).takes) == (thinks, takes)
    assert known(model).price is None  # of another platform
