"""What a sweep's modes send for each family of Claude: seen by the server, which refuses what the API would."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from inspect_ai.model import get_model

from inspect_tasks.thinking_budget import ANSWER_ROOM, EFFORT_ROOM
from paper_figures.sweep import MODES, Mode, config
from tests.fakes import output
from tests.faults.over_http import asked
from tests.messages_server import Server, serve

STANDARD, EXTENDED = MODES["standard"], MODES["extended"]
BY_EFFORT = Mode(reasoning_effort="low")
BUDGET = 8000

OFF: dict[str, Any] = {}
DISABLED = {"thinking": {"type": "disabled"}}
BETWEEN_TOOLS = {"thinking": {"type": "between_tools"}}


def budget(tokens: int) -> dict[str, Any]:
    return {"thinking": {"type": "enabled", "budget_tokens": tokens, "display": "summarized"}}


def adaptive(effort: str) -> dict[str, Any]:
    thinking = {"type": "adaptive", "display": "summarized"}
    return {"thinking": thinking, "output_config": {"effort": effort}}


LOW = 4096
"""Budget that Inspect makes of the effort `low`."""

SENT: list[tuple[str, Mode, dict[str, Any], int]] = [
    ("claude-3-haiku-20240307", STANDARD, OFF, 4096),
    ("claude-3-opus-20240229", STANDARD, OFF, 4096),
    ("claude-3-5-haiku-20241022", STANDARD, OFF, ANSWER_ROOM),
    ("claude-3-5-sonnet-20241022", STANDARD, OFF, ANSWER_ROOM),
    ("claude-3-7-sonnet-20250219", STANDARD, OFF, ANSWER_ROOM),
    ("claude-3-7-sonnet-20250219", EXTENDED, budget(BUDGET), BUDGET + ANSWER_ROOM),
    ("claude-3-7-sonnet-20250219", BY_EFFORT, budget(LOW), EFFORT_ROOM),
    ("claude-sonnet-4-20250514", STANDARD, OFF, ANSWER_ROOM),
    ("claude-sonnet-4-20250514", EXTENDED, budget(BUDGET), BUDGET + ANSWER_ROOM),
    ("claude-opus-4-20250514", EXTENDED, budget(BUDGET), BUDGET + ANSWER_ROOM),
    ("claude-opus-4-1", STANDARD, OFF, ANSWER_ROOM),
    ("claude-opus-4-1", BY_EFFORT, budget(LOW), 32_000),
    ("claude-opus-4-1", Mode(reasoning_tokens=30_000), budget(30_000), 32_000),
    ("claude-sonnet-4-5", STANDARD, OFF, ANSWER_ROOM),
    ("claude-sonnet-4-5", EXTENDED, budget(BUDGET), BUDGET + ANSWER_ROOM),
    ("claude-haiku-4-5", EXTENDED, budget(BUDGET), BUDGET + ANSWER_ROOM),
    ("claude-opus-4-5", EXTENDED, budget(BUDGET), BUDGET + ANSWER_ROOM),
    ("claude-opus-4-6", STANDARD, OFF, ANSWER_ROOM),
    ("claude-opus-4-6", EXTENDED, budget(BUDGET), BUDGET + ANSWER_ROOM),
    ("claude-opus-4-6", BY_EFFORT, adaptive("low"), EFFORT_ROOM),
    ("claude-sonnet-4-6", STANDARD, OFF, ANSWER_ROOM),
    ("claude-sonnet-4-6", EXTENDED, budget(BUDGET), BUDGET + ANSWER_ROOM),
    ("claude-opus-4-7", STANDARD, DISABLED, ANSWER_ROOM),
    ("claude-opus-4-7", EXTENDED, adaptive("high"), EFFORT_ROOM),
    ("claude-opus-4-8", STANDARD, DISABLED, ANSWER_ROOM),
    ("claude-opus-4-8", Mode(reasoning_effort="xhigh"), adaptive("xhigh"), EFFORT_ROOM),
    ("claude-opus-5", STANDARD, DISABLED, ANSWER_ROOM),
    ("claude-opus-5", EXTENDED, adaptive("high"), EFFORT_ROOM),
    ("claude-sonnet-5", STANDARD, DISABLED, ANSWER_ROOM),
    ("claude-sonnet-5", EXTENDED, adaptive("high"), EFFORT_ROOM),
    ("claude-sonnet-5-5", STANDARD, BETWEEN_TOOLS, ANSWER_ROOM),
    ("claude-sonnet-5-5", EXTENDED, adaptive("high"), EFFORT_ROOM),
    ("claude-haiku-5-5", STANDARD, DISABLED, ANSWER_ROOM),
    ("claude-haiku-5-5", BY_EFFORT, adaptive("low"), EFFORT_ROOM),
    ("claude-opus-5-5", EXTENDED, adaptive("high"), EFFORT_ROOM),
    ("claude-opus-5-5", Mode(reasoning_effort="max"), adaptive("max"), EFFORT_ROOM),
    ("claude-fable-5", EXTENDED, adaptive("high"), EFFORT_ROOM),
    ("claude-fable-5-1", EXTENDED, adaptive("high"), EFFORT_ROOM),
    ("claude-mythos-5", EXTENDED, adaptive("high"), EFFORT_ROOM),
    ("claude-mythos-5-1", EXTENDED, adaptive("high"), EFFORT_ROOM),
]
"""Model, mode, and what the request says of thinking, of effort and of `max_tokens`."""

ALWAYS_THINK = [
    *("claude-opus-5-5", "claude-fable-5", "claude-fable-5-1", "claude-mythos-5"),
    "claude-mythos-5-1",
]
NEVER_THINK = [
    *("claude-3-haiku-20240307", "claude-3-opus-20240229", "claude-3-5-haiku-20241022"),
    "claude-3-5-sonnet-20241022",
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve(lambda messages, settings: output("The Elbe.")) as running:
        yield running


@pytest.mark.parametrize(("name", "mode", "thinking", "max_tokens"), SENT)
def test_a_mode_is_sent_as_the_family_takes_it(
    name: str, mode: Mode, thinking: dict[str, Any], max_tokens: int, server: Server
) -> None:
    chosen = config(f"anthropic/{name}", "some", mode)
    model = get_model(f"anthropic/{name}", base_url=server.url, config=chosen, memoize=False)
    assert asyncio.run(model.generate("Name a river.")).completion == "The Elbe."
    request = asked(server)[-1]
    assert request.outcome == "answered", request.detail
    assert request.body["model"] == name
    assert request.body["max_tokens"] == max_tokens
    told = {key: request.body[key] for key in ("thinking", "output_config") if key in request.body}
    told.get("thinking", {}).pop("block_binding", None)  # what becomes of thinking in a long talk
    assert told == thinking
    streamed = bool(thinking.get("thinking", {}).get("type") in ("enabled", "adaptive"))
    assert bool(request.body.get("stream")) == (streamed or max_tokens >= 8192)


@pytest.mark.parametrize("name", ALWAYS_THINK)
def test_who_always_thinks_has_no_standard_mode(name: str) -> None:
    with pytest.raises(ValueError, match=f"^modes, standard: anthropic/{name} always thinks") as no:
        config(f"anthropic/{name}", "standard", STANDARD)
    assert str(no.value).count(". ") == 0


@pytest.mark.parametrize("name", NEVER_THINK)
@pytest.mark.parametrize("mode", [EXTENDED, BY_EFFORT])
def test_who_cannot_think_has_no_extended_mode(name: str, mode: Mode) -> None:
    with pytest.raises(ValueError, match=rf"^modes, extended: anthropic/{name} cannot think: run"):
        config(f"anthropic/{name}", "extended", mode)


@pytest.mark.parametrize("name", ["claude-sonnet-4", "claude-opus-4"])
@pytest.mark.parametrize("mode", [STANDARD, EXTENDED])
def test_a_name_that_inspect_takes_for_a_later_model_is_refused(name: str, mode: Mode) -> None:
    with pytest.raises(ValueError, match=f"give its dated name, anthropic/{name}-20250514"):
        config(f"anthropic/{name}", "a mode", mode)
