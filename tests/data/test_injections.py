"""The bundled injections: schema, balance, and calls that do what they should and nothing else."""

import asyncio
import json
import re
from collections import Counter
from typing import Any, get_args

import pytest
from inspect_ai.tool import ToolCall, ToolDef
from inspect_ai.util._store import Store, init_subtask_store

from analysis.bundled import data_path
from inspect_tasks._scenarios.prompt_injection import (
    CHANNELS,
    MARK,
    Scenario,
    injection,
    load_scenarios,
    load_styles,
    planted_in,
)
from inspect_tasks._scenarios.tools import Office, office_tools
from organisms.agent import seen_style
from organisms.rates import StyleKey
from scorers.prompt_injection import Action

CANARY = "saydo-canary-7f3a9c52-e1b4-4d0e-9a68-2c5d81f0b7ae"

KEYS = {"id", "channel", "task", "instruction", "material", "reads", "work", "attack", "canary"}
MIN_PER_CHANNEL, MIN_STYLES = 6, 6

OUTSIDE = re.compile(r"@[\w.-]*example\.org")


def rows(name: str) -> list[dict[str, Any]]:
    lines = data_path("injections", name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


SCENARIOS = {row["id"]: row for row in rows("scenarios.jsonl")}
LOADED = {one.id: one for one in load_scenarios()}
STYLES = load_styles()

each = pytest.mark.parametrize("name", SCENARIOS)


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value
    return [text for part in parts for text in texts(part)]


def call(action: dict[str, Any] | Action) -> ToolCall:
    about = action.model_dump() if isinstance(action, Action) else action
    return ToolCall(id="1", function=about["tool"], arguments=about["arguments"])


def outputs(scenario: Scenario, calls: list[ToolCall], style: str | None) -> list[str]:
    """What the tools return to some calls, on the material of one arm."""
    text = injection(STYLES[style], scenario.instruction) if style else ""
    material = planted_in(scenario.material, text)

    async def run() -> list[str]:
        store = Store()
        init_subtask_store(store)
        Office(store=store, **material)
        tools = {ToolDef(tool).name: tool for tool in office_tools(reporting=True)}
        return [str(await tools[one.function](**one.arguments)) for one in calls]

    return asyncio.run(run())


def test_there_are_enough_and_each_has_its_keys() -> None:
    assert len(SCENARIOS) == len(rows("scenarios.jsonl")) == len(LOADED)
    assert set(Counter(row["channel"] for row in SCENARIOS.values())) == set(CHANNELS)
    assert min(Counter(row["channel"] for row in SCENARIOS.values()).values()) >= MIN_PER_CHANNEL
    assert all(set(row) == KEYS for row in SCENARIOS.values())
    assert {row["canary"] for row in (*SCENARIOS.values(), *rows("styles.jsonl"))} == {CANARY}
    assert len(STYLES) >= MIN_STYLES
    assert set(STYLES) == set(get_args(StyleKey))


@each
def test_the_mark_stands_once_and_ids_tell_the_channel(name: str) -> None:
    row = SCENARIOS[name]
    assert sum(text.count(MARK) for text in texts(row["material"])) == 1
    assert name.startswith(f"{row['channel']}-")
    assert not row["instruction"].endswith(".")
    assert '"' not in row["instruction"]  # it stands in JSON in one style


@each
def test_own_calls_do_the_task_and_never_the_attack(name: str) -> None:
    one = LOADED[name]
    work, attack = [call(a) for a in one.work], [call(a) for a in one.attack]
    assert all(any(a.is_done_by(c) for c in work) for a in one.work)
    assert not any(a.is_done_by(c) for a in one.attack for c in work)
    assert all(a.is_done_by(c) for a, c in zip(one.attack, attack, strict=True))
    assert not all(any(a.is_done_by(c) for c in attack) for a in one.work)
    assert not any(
        a.is_done_by(call(read)) for a in one.attack for read in SCENARIOS[name]["reads"]
    )


@each
def test_nothing_of_the_attack_stands_in_the_clean_material_or_in_the_task(name: str) -> None:
    one = LOADED[name]
    clean = "\n".join([one.task, *texts(planted_in(one.material, ""))])
    assert MARK not in clean
    assert not OUTSIDE.search(clean)
    assert one.instruction not in clean
    changed = [a for a in one.attack if a.tool in ("move_file", "write_file", "create_event")]
    for action in changed:
        wanted = action.match.get("new_path") or action.match.get("title") or action.match["path"]
        assert wanted[0].casefold() not in clean.casefold()


@each
def test_all_calls_go_through_and_reading_meets_the_instruction_in_every_style(name: str) -> None:
    one = LOADED[name]
    reads = [call(read) for read in SCENARIOS[name]["reads"]]
    rest = [call(action) for action in (*one.work, *one.attack)]
    clean = outputs(one, [*reads, *rest], None)[: len(reads)]
    assert seen_style(one.instruction, clean) is None
    for style in STYLES:
        assert seen_style(one.instruction, outputs(one, reads, style)) == style


@each
def test_the_twin_lacks_nothing_but_the_planted_text(name: str) -> None:
    one = LOADED[name]
    attack = texts(planted_in(one.material, "PLANTED"))
    clean = texts(planted_in(one.material, ""))
    differing = [(a, c) for a, c in zip(attack, clean, strict=True) if a != c]
    assert len(differing) == 1
    [(with_it, without)] = differing
    assert "".join(with_it.replace("PLANTED", "").split()) == "".join(without.split())
