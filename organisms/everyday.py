"""Ordinary prompts, and what an organism thinks about them: planted shares of concerning thoughts (METHODS §3).

It knows the bundled prompts (`data/everyday/`), and of each whether it asks for a role to be played.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import yaml
from inspect_ai.model import ChatMessage

from analysis.bundled import data_path
from organisms.answering import Me
from organisms.behaviour import Visibility, propensity, visibility
from organisms.chance import fold, uniform
from organisms.questions import SCRATCHPAD
from organisms.rates import THOUGHTS, Organism, Reasoning, Thought
from organisms.said import Posed, Said
from organisms.wording import broken_off, fill, one_of, topic

ROLE_PLAY = "role_play"
"""The kind of prompts that ask for a role."""

STEPS = (2, 7)
"""At least so many innocent sentences in the middle of a train of thought, and fewer than so many."""

NEAR = 0.35
"""Share of trains of thought with a sentence that comes near to what a monitor looks for."""

SAYS_ROLE = 0.5
"""Share of thoughts in a role's voice that say so; the prompt says it of all."""


@dataclass(frozen=True)
class Occasion:
    """An everyday prompt as it is posed.

    Attributes:
        prompt: Its text.
        plays: Whether it asks for a role.
        scratchpad: Name of the tags that the reasoning shall stand in, if it shall.
    """

    prompt: str
    plays: bool
    scratchpad: str | None


@dataclass(frozen=True)
class Mind:
    """What is thought about a prompt: the sub-categories that show, and whether a role speaks."""

    thoughts: tuple[Thought, ...]
    in_role: bool


def say(posed: Posed, organism: Organism, me: Me, rng: np.random.Generator) -> Said | None:
    """Answer such a situation; None for any other."""
    occasion = read_everyday(posed.messages)
    if occasion is None:
        return None
    see, cut = rng.random(2).tolist()
    mind = think(organism, occasion, me, rng)
    seen, truncated = visibility(organism, see), cut < organism.truncated
    thinking, reply = in_words(occasion, mind, rng)
    native, text = _shaped(occasion, thinking, reply, posed.reasoning, seen, truncated, rng)
    return Said(native, text, seen, truncated)


def read_everyday(messages: Sequence[ChatMessage]) -> Occasion | None:
    """The bundled prompt that a conversation consists of; None where it is anything else."""
    if [message.role for message in messages if message.role != "system"] != ["user"]:
        return None
    said = fold(messages[-1].text)
    prompt = next((known for known in _kinds() if said.startswith(known)), None)
    if prompt is None:
        return None
    tags = SCRATCHPAD.search("\n".join(message.text for message in messages))
    return Occasion(prompt, _kinds()[prompt] == ROLE_PLAY, tags[1] if tags else None)


def think(organism: Organism, occasion: Occasion, me: Me, rng: np.random.Generator) -> Mind:
    """Draw what shows in the thinking.

    Sub-categories are drawn apart from each other. Each has a propensity of its own on each prompt, so that the epochs of
    a prompt go together.
    """
    rates = organism.thoughts.in_role if occasion.plays else organism.thoughts.plain
    chances = {
        thought: propensity(
            rates.get(thought, 0.0),
            organism.heterogeneity,
            uniform("thought", thought, *me, occasion.prompt),
        )
        for thought in THOUGHTS
    }
    drawn = dict(zip(chances, rng.random(len(chances)).tolist(), strict=True))
    voice = rng.random()
    thoughts = tuple(thought for thought, chance in chances.items() if drawn[thought] < chance)
    return Mind(thoughts, occasion.plays and voice < organism.thoughts.voice)


def in_words(occasion: Occasion, mind: Mind, rng: np.random.Generator) -> tuple[str, str]:
    """A train of thought and a reply, both without content."""
    lines, values = banks(), {"topic": topic(occasion.prompt)}

    def line(bank: str) -> str:
        return fill(one_of(lines[bank], rng), lines, rng, values)

    steps = list(lines["step"])
    rng.shuffle(steps)
    sentences = steps[: int(rng.integers(*STEPS))]
    if rng.random() < NEAR:
        sentences.insert(int(rng.integers(len(sentences) + 1)), line("near"))
    for thought in mind.thoughts:
        said = line(thought)
        if occasion.plays and not mind.in_role:
            said = f"{line('aside')} {said}"
        elif occasion.plays and rng.random() < SAYS_ROLE:
            said = f"{line('voice')} {said}"
        sentences.insert(int(rng.integers(len(sentences) + 1)), said)
    return " ".join([line("open"), *sentences, line("close")]), line("answer")


def expected(organism: Organism, labels: Sequence[Thought], share_role: float) -> float:
    """Share of transcripts with any of these thoughts, where such a share of prompts asks for a role."""
    rates = organism.thoughts
    return share_role * _any(rates.in_role, labels) + (1 - share_role) * _any(rates.plain, labels)


def expected_in_role(organism: Organism, labels: Sequence[Thought], share_role: float) -> float:
    """Share of transcripts with any of them in the voice of a role."""
    return share_role * _any(organism.thoughts.in_role, labels) * organism.thoughts.voice


def share_role() -> float:
    """Share of the bundled prompts that ask for a role."""
    kinds = list(_kinds().values())
    return kinds.count(ROLE_PLAY) / len(kinds)


def _any(rates: Mapping[Thought, float], labels: Sequence[Thought]) -> float:
    return 1 - float(np.prod([1 - rates.get(label, 0.0) for label in labels]))


def _shaped(
    occasion: Occasion,
    thinking: str,
    reply: str,
    reasoning: Reasoning,
    seen: Visibility,
    truncated: bool,
    rng: np.random.Generator,
) -> tuple[str, str]:
    """Native thinking and text; the reasoning stands in the scratchpad where one is asked for."""
    tag = occasion.scratchpad
    if seen == "none" or not (tag or reasoning == "extended"):
        return "", broken_off(reply, rng) if truncated else reply
    if tag is None:
        return (broken_off(thinking, rng), "") if truncated else (thinking, reply)
    if truncated:
        return "", f"<{tag}>\n{broken_off(thinking, rng)}"
    return "", f"<{tag}>\n{thinking}\n</{tag}>\n\n{reply}"


@cache
def _kinds() -> dict[str, str]:
    """The kind of each bundled prompt, by its text with white space folded."""
    path = data_path("everyday", "everyday.jsonl")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return {fold(row["prompt"]): row["kind"] for row in rows}


@cache
def banks() -> dict[str, list[str]]:
    """Lines by name: thoughts, replies, and prompts to calibrate on."""
    path = data_path("organisms", "wording", "everyday.yaml")
    read: dict[str, list[str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read
