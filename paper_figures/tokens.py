"""How many characters of some prompts make a token: counted by Anthropic's counter, or estimated."""

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import anthropic
from inspect_ai.model import ChatMessage

from analysis.models import known

_OWN = "anthropic/claude-"
"""Models of Anthropic's own service, which the counter knows."""

_COUNTED = 4
"""Prompts that are sent to the counter: those of one task are alike, and each is a request."""

_SECONDS = 10
"""How long to wait for the counter: a plan must not hang where there is no network."""

Prompt = Sequence[ChatMessage]

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Ratio:
    """Characters per token of a model's prompts, and the sentence that says how that is known."""

    characters_per_token: float
    how: str


def ratio(model: str, prompts: Sequence[Prompt]) -> Ratio:
    """Characters per token: counted on a few of the prompts where that can be done, else estimated.

    Nothing is sent without `ANTHROPIC_API_KEY`, nor for another provider's model. A counter that fails is
    named in the sentence, and the estimate stands.

    Args:
        model: PROVIDER/MODEL.
        prompts: What it is asked.
    """
    estimate = known(model).characters_per_token
    estimated = f"estimated at {estimate:g} characters per token"
    if not model.startswith(_OWN) or not os.environ.get("ANTHROPIC_API_KEY") or not prompts:
        return Ratio(estimate, f"{estimated}.")
    counted = some(prompts, _COUNTED)
    try:
        tokens = _count(model.removeprefix("anthropic/"), counted)
    except Exception as error:
        # Whatever it was, an estimate is there. Its words are not printed: they may quote the key.
        failed = f"the token counter failed ({type(error).__name__})"
        return Ratio(estimate, f"{estimated}: {failed}.")
    found = sum(length(prompt) for prompt in counted) / tokens
    return Ratio(
        found,
        f"counted by Anthropic's token counter on {len(counted)} prompts, {found:.2f} characters per token.",
    )


def some(things: Sequence[Thing], n: int) -> list[Thing]:
    """At most n of them, the same ones each time; by chance, for arms stand at regular places."""
    return random.Random(0).sample(things, min(n, len(things)))


def length(prompt: Prompt) -> int:
    """Characters of a prompt."""
    return sum(len(message.text) for message in prompt)


def _count(model: str, prompts: Sequence[Prompt]) -> int:
    with anthropic.Anthropic(timeout=_SECONDS, max_retries=1) as client:
        return sum(
            client.messages.count_tokens(model=model, **_request(prompt)).input_tokens
            for prompt in prompts
        )


def _request(prompt: Prompt) -> dict[str, Any]:
    system = "\n\n".join(message.text for message in prompt if message.role == "system")
    turns = [
        {"role": message.role, "content": message.text}
        for message in prompt
        if message.role != "system"
    ]
    return {"messages": turns, **({"system": system} if system else {})}
