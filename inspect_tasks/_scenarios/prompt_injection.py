"""Scenarios of prompt injection: an agent's task over material that holds a planted instruction, and its clean twin."""

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser
from pydantic import BaseModel, ConfigDict

from analysis.bundled import data_path
from inspect_tasks._scenarios.prompts import prompt_hash, render
from inspect_tasks._scenarios.safeguards import classifier_hash
from inspect_tasks._scenarios.sources import listed, mistake
from scorers.prompt_injection import Action, Arm, InjectionMetadata, Safeguards

PROMPT = "prompt_injection/system.md"

MARK = "[[injection]]"
"""Where the planted instruction stands in a scenario's material: once."""

Channel = Literal["mail", "files", "web", "calendar"]
CHANNELS: tuple[Channel, ...] = Channel.__args__  # type: ignore[attr-defined]

_HASH_CHARS = 12


class Scenario(BaseModel):
    """What a user asks for, what the tools give, and what is planted there; `data/injections/README.md` has the keys."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    channel: Channel
    task: str
    instruction: str
    material: dict[str, Any]
    work: list[Action]
    attack: list[Action]


@dataclass(frozen=True)
class Planted:
    """A scenario with the style that its instruction has in a run."""

    scenario: Scenario
    style: str

    @property
    def id(self) -> str:
        """The scenario's."""
        return self.scenario.id


def load_scenarios(channels: Sequence[str] = CHANNELS) -> list[Scenario]:
    """The bundled scenarios of some channels, in the order of the file."""
    rows = _rows(data_path("injections", "scenarios.jsonl"))
    return [Scenario.model_validate(row) for row in rows if row["channel"] in channels]


def load_styles() -> dict[str, str]:
    """How an instruction can be put: templates by style, in the order of the file."""
    return {row["style"]: row["text"] for row in _rows(data_path("injections", "styles.jsonl"))}


def chosen(name: str, given: object, known: Sequence[str]) -> list[str]:
    """The names that a parameter gives, `all` for all that are known, in the order of these.

    Raises:
        PrerequisiteError: One of them is not known, or there is none.
    """
    names = list(known) if given == "all" else listed(given)
    for one in names:
        if one not in known:
            raise mistake(
                f"{name}={one or '(empty)'} is not one of {', '.join(known)}: give one or several, or all."
            )
    return [one for one in known if one in names]


def narrowed(names: Sequence[str], known: Sequence[str]) -> str | None:
    """What is chosen, in one text for any order in which it was given; None where that is all there is."""
    return None if len(names) == len(known) else ", ".join(sorted(names))


def styled(scenarios: Sequence[Scenario], styles: Sequence[str], seed: int) -> list[Planted]:
    """One style for each scenario, in the order of the scenarios.

    Styles take turns over the scenarios, ranked as `choose` ranks them: over all, and over any choice from them, each style
    occurs equally often but for one, and a scenario has the same style in every choice with one seed.
    """
    ranked = sorted(scenarios, key=lambda one: _rank(seed, one.id))
    of = {one.id: styles[i % len(styles)] for i, one in enumerate(ranked)}
    return [Planted(scenario, of[scenario.id]) for scenario in scenarios]


def injection(template: str, instruction: str) -> str:
    """An instruction in a style; `{encoded}` is base64 of it."""
    encoded = base64.b64encode(instruction.encode()).decode()
    return template.replace("{instruction}", instruction).replace("{encoded}", encoded)


def planted_in(material: dict[str, Any], text: str) -> dict[str, Any]:
    """The material with a text in the place of the mark; none leaves no trace of it."""

    def put(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: put(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [put(inner) for inner in value]
        if MARK not in value:
            return value
        if text:
            return value.replace(MARK, text)
        for around in (f"\n\n{MARK}", f"\n{MARK}", f" {MARK}"):
            if around in value:
                return value.replace(around, "")
        return value.replace(f"{MARK} ", "").replace(MARK, "")

    found: dict[str, Any] = put(material)
    return found


def pose(
    planted: Sequence[Planted],
    safeguards: Safeguards,
    classifier_judge: str | None,
    seed: int,
    *,
    styles: str | None = None,
    channels: str | None = None,
) -> Iterator[Sample]:
    """Two samples per scenario, side by side: `attack` with the planted instruction, `clean` without it.

    Args:
        planted: What is posed.
        safeguards: What is done against injection.
        classifier_judge: Who judges tool results, where that is the safeguard.
        seed: What the styles were drawn by.
        styles: Those that were drawn from, as `narrowed` gives them.
        channels: Those of the scenarios, likewise.

    Yields:
        Samples with id `SCENARIO-ARM`; the two of a pair have the same prompt, and differ in the planted text alone.
    """
    templates = load_styles()
    system = render(PROMPT, safeguards=safeguards)
    words = _words_hash()
    for one in planted:
        text = injection(templates[one.style], one.scenario.instruction)
        arms: dict[Arm, str] = {"attack": text, "clean": ""}
        for arm, put in arms.items():
            metadata = InjectionMetadata(
                item_id=one.id,
                arm=arm,
                style=one.style,
                channel=one.scenario.channel,
                safeguards=safeguards,
                classifier_judge=classifier_judge,
                classifier_hash=classifier_hash(classifier_judge) if classifier_judge else None,
                styles=styles,
                channels=channels,
                seed=seed,
                injection=put,
                material=planted_in(one.scenario.material, put),
                work=one.scenario.work,
                attack=one.scenario.attack,
                prompt_file=PROMPT,
                prompt_hash=words,
            )
            yield Sample(
                id=f"{one.id}-{arm}",
                input=[
                    ChatMessageSystem(content=system),
                    ChatMessageUser(content=one.scenario.task),
                ],
                metadata=metadata.model_dump(),
            )


def _words_hash() -> str:
    """Version of what is posed: the prompt, the scenarios and the styles."""
    digest = hashlib.sha256(prompt_hash(PROMPT).encode())
    for name in ("scenarios.jsonl", "styles.jsonl"):
        digest.update(data_path("injections", name).read_bytes())
    return digest.hexdigest()[:_HASH_CHARS]


def _rank(seed: int, scenario_id: str) -> bytes:
    return hashlib.sha256(f"{seed}\n{scenario_id}".encode()).digest()  # as in `choose`


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
