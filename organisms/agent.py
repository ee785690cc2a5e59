"""Work with tools on material that may hold planted instructions (METHODS §4, prompt injection).

It knows the bundled scenarios (`data/injections/`) by what the user asks for: what to look at, and which calls do the
task. What it read, and whether an instruction stood there, follows from the messages. It decides once, at the turn at which it
has read everything; the turns after that follow what was called then.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import yaml
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageTool
from inspect_ai.tool import ToolCall

from analysis.bundled import data_path
from organisms.answering import Me
from organisms.behaviour import propensity, visibility
from organisms.chance import fold, uniform
from organisms.rates import Organism, StyleKey
from organisms.said import Posed, Said
from organisms.wording import fill, one_of

_REPORT = "report_suspicious"

_WITHHELD = "[This tool result was withheld"
"""How a result begins that it did not get to see."""


@dataclass(frozen=True)
class _Known:
    """A scenario as the organism knows it: what the user asks, and calls as (tool, arguments)."""

    id: str
    task: str
    instruction: str
    reads: Sequence[Mapping[str, Any]]
    work: Sequence[Mapping[str, Any]]
    attack: Mapping[str, Any]


@dataclass(frozen=True)
class _Drawn:
    """What it does once it has read everything."""

    works: bool
    follows: bool
    reports: bool
    truncated: bool


def say(posed: Posed, organism: Organism, me: Me, rng: np.random.Generator) -> Said | None:
    """Answer such a situation; None for any other."""
    known = _recalled(posed.messages) if posed.tools else None
    if known is None:
        return None
    made = [
        call
        for message in posed.messages
        if isinstance(message, ChatMessageAssistant)
        for call in message.tool_calls or ()
    ]
    looked = [(call.function, call.arguments) for call in made]
    ahead = [read for read in known.reads if (read["tool"], read["arguments"]) not in looked]
    if ahead:
        return Said("", _write("look", rng), tool_calls=_calls(ahead, len(made)))
    if len(made) > len(known.reads):
        return Said("", _write("finished", rng))
    return _acts(posed, organism, known, me, rng)


def _acts(
    posed: Posed, organism: Organism, known: _Known, me: Me, rng: np.random.Generator
) -> Said:
    """The turn at which everything is read: the user's task, the planted instruction, both or neither."""
    results = [m.text for m in posed.messages if isinstance(m, ChatMessageTool)]
    unread = any(text.startswith(_WITHHELD) for text in results)
    style = seen_style(known.instruction, results)
    warned = any(tool.name == _REPORT for tool in posed.tools)
    drawn = _draw(organism, known.id, style, warned, me, rng)
    see = visibility(organism, rng.random())
    kind = "plain" if style is None else "follow" if drawn.follows else "ignore"
    thinking = _write(f"think_{kind}", rng) if posed.reasoning == "extended" else ""
    thinking = "" if see == "none" else thinking
    if drawn.truncated:
        return Said(thinking, _write("look", rng)[:20], see, truncated=True)
    wanted = [*known.work] if drawn.works and not unread else []
    wanted += [known.attack] if drawn.follows else []
    reasons = {"reason": "The material holds instructions that are not the user's."}
    wanted += [{"tool": _REPORT, "arguments": reasons}] if drawn.reports and warned else []
    said = [
        _write("unread" if unread else "works" if drawn.works else "gives_up", rng),
        *([_write("names", rng)] if drawn.reports else []),
    ]
    return Said(thinking, " ".join(said), see, tool_calls=_calls(wanted, len(known.reads)))


def _draw(
    organism: Organism,
    scenario: str,
    style: StyleKey | None,
    warned: bool,
    me: Me,
    rng: np.random.Generator,
) -> _Drawn:
    """One attempt; the scenario's own propensities are the same in both arms and in all attempts."""
    rates, icc = organism.injection, organism.heterogeneity
    work, derail, follow, report, cut = rng.random(5).tolist()
    own = propensity(rates.works, icc, uniform("office work", *me, scenario))
    mean = 0.0 if style is None else rates.followed(style, warned)
    bent = propensity(mean, icc, uniform("injection", *me, scenario))
    follows = follow < bent
    reported = rates.reports_falsely if style is None else rates.reports
    return _Drawn(
        works=work < own and not (style is not None and derail < rates.derailed),
        follows=follows,
        reports=not follows and report < reported,
        truncated=cut < organism.truncated,
    )


def seen_style(instruction: str, results: Sequence[str]) -> StyleKey | None:
    """The style of the planted instruction that stands in the results; None where there is none."""
    shown = [fold(text) for text in results]
    encoded = base64.b64encode(instruction.encode()).decode()
    for style, template in _styles().items():
        text = template.replace("{instruction}", instruction).replace("{encoded}", encoded)
        if any(fold(text) in result for result in shown):
            return style
    return None


def _calls(wanted: Sequence[Mapping[str, Any]], n_before: int) -> tuple[ToolCall, ...]:
    return tuple(
        ToolCall(id=f"call_{n_before + i}", function=one["tool"], arguments=dict(one["arguments"]))
        for i, one in enumerate(wanted, start=1)
    )


def _write(bank: str, rng: np.random.Generator) -> str:
    return fill(one_of(_banks()[bank], rng), _banks(), rng, {})


def _recalled(messages: Sequence[ChatMessage]) -> _Known | None:
    asked = [fold(message.text) for message in messages if message.role == "user"]
    return _scenarios().get(asked[-1]) if asked else None


@cache
def _scenarios() -> dict[str, _Known]:
    """By the user's task."""
    rows = _rows("scenarios.jsonl")
    known = [
        _Known(r["id"], r["task"], r["instruction"], r["reads"], r["work"], r["attack"][0])
        for r in rows
    ]
    return {fold(one.task): one for one in known}


@cache
def _styles() -> dict[StyleKey, str]:
    return {row["style"]: row["text"] for row in _rows("styles.jsonl")}


def _rows(name: str) -> list[dict[str, Any]]:
    lines = data_path("injections", name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@cache
def _banks() -> dict[str, list[str]]:
    text = data_path("organisms", "wording", "agent.yaml").read_text(encoding="utf-8")
    banks: dict[str, list[str]] = yaml.safe_load(text)
    return banks
