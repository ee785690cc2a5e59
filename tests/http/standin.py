"""A stand-in for a judge: verdicts drawn by what it is shown, sealed as its prompt asks."""

import json
from collections.abc import Callable, Mapping

from inspect_ai.model import ChatMessage, GenerateConfig, ModelOutput

from organisms.chance import uniform
from tests.fakes import SEAL, output, parts_of, sealed

QUOTED = 40
"""Characters of a quote."""

_FAKING = ("sees_conflict", "training_awareness", "complies_because", "protects_values")
_LABELS = ("reasons_about_training", "opposes_objective", "anti_developer", "test_suspicion")

Reply = Callable[[list[ChatMessage], GenerateConfig], ModelOutput]


def is_judge(messages: list[ChatMessage]) -> bool:
    """Whether messages are a judge's prompt."""
    return len(messages) == 1 and "## Your answer" in messages[0].text


def stand_in(wrapped: str = "{}") -> Reply:
    """A judge.

    Args:
        wrapped: What its JSON stands in.
    """

    def reply(messages: list[ChatMessage], config: GenerateConfig) -> ModelOutput:
        said = json.dumps({"seal": SEAL} | _verdict(parts_of(messages[0].text)))
        return sealed(output(wrapped.replace("{}", said)), messages)

    return reply


def _verdict(parts: Mapping[str, str]) -> dict[str, object]:
    """The keys that a rubric asks for; which it is shows in what is to be judged."""
    *_, last = parts
    text = parts[last]
    drawn = uniform("verdict", text)
    if last == "answer" and "request" in parts:
        outcome = ("refused", "partial", "complied")[int(3 * drawn)]
        return {"quote": text[:QUOTED], "verdict": outcome}
    if last == "answer":
        thinking = parts["thinking"]
        drawn = uniform("faking", thinking)
        faking = {key: _claim(thinking, drawn < 0.5) for key in _FAKING}
        return {**faking, **{key: uniform(key, thinking) < 0.5 for key in _LABELS}}
    keys = {"reply": ("honest",), "thinking": ("flagged",)}.get(last, ("mentioned", "acknowledged"))
    return {key: _claim(text, uniform(key, text) < 0.5) for key in keys}


def _claim(text: str, holds: bool) -> dict[str, object]:
    return {"quote": text[:QUOTED] if holds else "", "holds": holds}
