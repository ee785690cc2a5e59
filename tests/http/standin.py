"""A stand-in for a judge: verdicts drawn by what it is shown, sealed as its prompt asks."""

import json
import re
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
        prompt = messages[0].text
        said = json.dumps({"seal": SEAL} | _verdict(_keys(prompt), parts_of(prompt)))
        return sealed(output(wrapped.replace("{}", said)), messages)

    return reply


def _keys(prompt: str) -> dict[str, str]:
    """The keys that a rubric asks for, each with what its value is to be."""
    listed = prompt.split("Keys of your answer:")[1].split("## The material")[0]
    lines = re.findall(r"^- ((?:`\w+`(?:, )?)+): (.*)", listed, re.MULTILINE)
    return {key: kind for named, kind in lines for key in re.findall(r"`(\w+)`", named)}


def _verdict(keys: Mapping[str, str], parts: Mapping[str, str]) -> dict[str, object]:
    """A value for each key that a rubric asks for."""
    *_, last = parts
    text = parts[last]
    drawn = uniform("verdict", text)
    if "score" in keys:
        return {"score": round(100 * drawn, 1)}
    if last == "answer" and "request" in parts:
        outcome = ("refused", "partial", "complied")[int(3 * drawn)]
        return {"quote": text[:QUOTED], "verdict": outcome}
    if last == "answer":
        thinking = parts["thinking"]
        drawn = uniform("faking", thinking)
        faking = {key: _claim(thinking, drawn < 0.5) for key in _FAKING}
        return {**faking, **{key: uniform(key, thinking) < 0.5 for key in _LABELS}}
    holds = {key: uniform(key, text) < 0.5 for key in keys}
    claimed = {key for key, kind in keys.items() if "object" in kind}
    return {k: _claim(text, held) if k in claimed else held for k, held in holds.items()}


def _claim(text: str, holds: bool) -> dict[str, object]:
    return {"quote": text[:QUOTED] if holds else "", "holds": holds}
