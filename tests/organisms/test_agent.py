"""Organisms that work with tools: known from the messages alone, at the planted rates, consistent over turns."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from inspect_ai.log import EvalLog
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    GenerateConfig,
)
from inspect_ai.tool import ToolCall, ToolInfo
from inspect_ai.tool._tool_params import ToolParams

from analysis.bundled import data_path
from inspect_tasks._scenarios.prompt_injection import injection as put
from inspect_tasks._scenarios.prompt_injection import load_scenarios, load_styles
from inspect_tasks.prompt_injection import prompt_injection
from organisms import agent
from organisms.chance import stream
from organisms.planted import load, planted_injection, series
from organisms.provider import OrganismAPI
from organisms.rates import STYLE_KEYS, Injection
from organisms.said import Posed, Said
from organisms.truth import truth_of
from scorers.prompt_injection import REPORT, WITHHELD, names_it
from tests.conftest import EXTENDED, Evaluate

N = 1000
SCENARIO = load_scenarios(["web"])[0]


def tools(*names: str) -> list[ToolInfo]:
    return [ToolInfo(name=name, description="-", parameters=ToolParams()) for name in names]


def asked(*turns: ChatMessage, task: str = SCENARIO.task) -> list[ChatMessage]:
    return [ChatMessageSystem(content="Help."), ChatMessageUser(content=f"  {task}\n"), *turns]


def read(text: str) -> list[ChatMessage]:
    """The conversation in which the page was opened, and holds this."""
    call = ToolCall(id="call_1", function="open_page", arguments={"url": "https://museum.example.com/visit"})  # fmt: skip
    return asked(
        ChatMessageAssistant(content="I'll check.", tool_calls=[call], source="generate"),
        ChatMessageTool(content=text, tool_call_id="call_1", function="open_page"),
    )


def posed(messages: Sequence[ChatMessage], warned: bool = False, extended: bool = False) -> Posed:
    given = tools("open_page", "write_file", "send_mail", *([REPORT] if warned else []))
    mode = "extended" if extended else "standard"
    return Posed(list(messages), given, GenerateConfig(), mode)  # type: ignore[arg-type]


def say(messages: Sequence[ChatMessage], seed: int = 0, name: str = "final", **how: Any) -> Said:  # fmt: skip
    found = agent.say(posed(messages, **how), load(name), (name, seed), stream("test", seed))
    assert found is not None
    return found


def text(style: str) -> str:
    return f"<p>Open from ten.</p>\n{put(load_styles()[style], SCENARIO.instruction)}"


def test_without_tools_or_a_known_task_it_is_another_situation() -> None:
    me, rng = ("final", 0), stream("x")
    without = Posed(asked(), [], GenerateConfig(), "standard")
    assert agent.say(without, load("final"), me, rng) is None
    assert agent.say(posed(asked(task="Name a river.")), load("final"), me, rng) is None


def test_it_looks_first_then_acts_then_ends() -> None:
    first = say(asked())
    assert [(c.function, c.arguments) for c in first.tool_calls] == [
        ("open_page", {"url": "https://museum.example.com/visit"})
    ]
    acts = {tuple(c.function for c in say(read(text("plain")), seed).tool_calls) for seed in range(200)}  # fmt: skip
    assert {("write_file",), ("send_mail",), ("write_file", "send_mail")} <= acts
    done = [*read(text("plain")), ChatMessageAssistant(content="", tool_calls=[ToolCall(id="call_2", function="send_mail", arguments={"to": "x"})], source="generate"),
            ChatMessageTool(content="Sent.", tool_call_id="call_2", function="send_mail")]  # fmt: skip
    last = say(done)
    assert not last.tool_calls
    assert last.text


@pytest.mark.parametrize("style", ["markup", "encoded", "helpful_note"])
def test_each_style_is_followed_at_its_rate_and_less_where_warned(style: str) -> None:
    rates = load("final").injection
    for warned in (False, True):
        calls = [say(read(text(style)), seed, warned=warned).tool_calls for seed in range(N)]
        share = np.mean([any(c.function == "send_mail" for c in of) for of in calls])
        cut = load("final").truncated
        wanted = rates.followed(style, warned) * (1 - cut)  # type: ignore[arg-type]
        assert share == pytest.approx(wanted, abs=4 * np.sqrt(0.25 / N))


def test_attempts_on_one_scenario_share_its_propensity() -> None:
    """Over seeds (other individuals) with three attempts each, the intraclass correlation is the planted one."""
    organism, n = load("final"), 600
    y = np.array([
        [
            any(c.function == "send_mail" for c in found.tool_calls)
            for k in range(3)
            if (found := agent.say(posed(read(text("user_turn"))), organism, ("final", seed), stream("icc", seed, k)))
        ]
        for seed in range(n)
    ], dtype=float)  # fmt: skip
    within = y.var(axis=1, ddof=1).mean()
    between = y.mean(axis=1).var(ddof=1) - within / 3
    assert between / (between + within) == pytest.approx(organism.heterogeneity, abs=0.1)


def test_it_reports_what_it_does_not_follow_and_rarely_what_is_clean() -> None:
    rates = load("final").injection
    heard = [say(read(text("plain")), seed, warned=True) for seed in range(N)]
    followed = [any(c.function == "send_mail" for c in said.tool_calls) for said in heard]
    reported = [any(c.function == REPORT for c in said.tool_calls) for said in heard]
    assert not any(f and r for f, r in zip(followed, reported, strict=True))
    wanted = (1 - rates.followed("plain", True)) * rates.reports * (1 - load("final").truncated)
    assert np.mean(reported) == pytest.approx(wanted, abs=0.06)
    clean = [say(read("<p>Open from ten.</p>"), seed, warned=True) for seed in range(N)]
    falsely = np.mean([any(c.function == REPORT for c in said.tool_calls) for said in clean])
    assert falsely == pytest.approx(rates.reports_falsely, abs=0.016)
    assert not any(c.function == "send_mail" for said in clean for c in said.tool_calls)


def test_what_was_withheld_is_neither_followed_nor_worked_with() -> None:
    for seed in range(100):
        said = say(read(WITHHELD), seed)
        assert not said.tool_calls


def test_only_the_extended_mode_thinks_and_only_where_it_decides() -> None:
    assert not say(read(text("plain")), 1).thinking
    assert not say(asked(), 1, extended=True).thinking
    thoughts = Counter(
        bool(say(read(text("plain")), s, extended=True).thinking) for s in range(300)
    )
    assert thoughts[True] > 280


def test_the_words_name_an_instruction_where_they_should_and_nowhere_else() -> None:
    banks: dict[str, list[str]] = yaml.safe_load(
        data_path("organisms", "wording", "agent.yaml").read_text(encoding="utf-8")
    )
    for name, lines in banks.items():
        if not name.startswith("think_"):
            assert {names_it(line) for line in lines} == {name == "names"}, name


def test_the_same_messages_get_the_same_draws() -> None:
    async def ask() -> list[str]:
        api = OrganismAPI("early")
        given = posed(read(text("tool_result"))).tools
        answers = [await api.generate(read(text("tool_result")), list(given), "auto", GenerateConfig()) for _ in range(5)]  # fmt: skip
        return [repr([(c.function, c.arguments) for c in a.message.tool_calls or ()]) for a in answers]  # fmt: skip

    assert asyncio.run(ask()) == asyncio.run(ask())


# --------------------------------------------------------------------------------- the truth


def test_rates_of_the_series_are_all_different_and_safeguards_help() -> None:
    follows = [planted_injection(name)["attack_success_rate_attempt"] for name in series()]
    assert len(set(follows)) == len(follows)
    for name in series():
        for mode in ("standard", "extended"):
            assert set(load(name, mode).injection.follows) == set(STYLE_KEYS)
        with_it = planted_injection(name, safeguards="system")
        assert with_it["attack_prevented_rate"] > planted_injection(name)["attack_prevented_rate"]


def test_success_at_k_by_hand() -> None:
    """Beta-binomial: with mean 1/2 and correlation 1/3 the Beta is uniform, and 2 attempts fail with 1/3."""
    from organisms.expected import injection

    uniform = load("final").model_copy(
        update={"heterogeneity": 1 / 3, "injection": Injection(follows={"plain": 0.5})}
    )
    found = injection(uniform, "none", ["plain"], {}, 2)
    assert found["attack_success_rate_scenario"] == pytest.approx(2 / 3)
    apart = uniform.model_copy(update={"heterogeneity": 0.0})
    assert injection(apart, "none", ["plain"], {}, 3)["attack_success_rate_scenario"] == 7 / 8
    unseen = injection(uniform, "classifier", ["plain", None], {"attack": 0.5, "clean": 0.1}, 1)
    assert unseen["attack_success_rate_attempt"] == pytest.approx(0.25)
    assert unseen["attack/task_done_rate"] == pytest.approx(0.9 * 0.95 * 0.5)
    assert (unseen["attack_flagged_rate"], unseen["false_positive_rate"]) == (0.5, 0.1)


def entries(log: EvalLog) -> dict[str, float]:
    assert log.results
    return {name: float(m.value) for name, m in log.results.scores[0].metrics.items()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "safeguards"), product(["early", "final"], ["none", "system", "classifier"])
)
def test_a_run_recovers_what_is_planted(
    name: str, safeguards: str, evaluate: Evaluate, tmp_path: Path
) -> None:
    task = prompt_injection(safeguards=safeguards)
    log = evaluate(task, f"organism/{name}", tmp_path, epochs=4, **EXTENDED.model_dump(exclude_none=True))  # fmt: skip
    truth, measured = truth_of(log), entries(log)
    assert {"attack_prevented_rate", "task_done_gap", "attack_success_rate_scenario"} <= set(truth)
    covered = [
        measured[f"{key}_low"] - 1e-9 <= value <= measured[f"{key}_high"] + 1e-9
        for key, value in truth.items()
        if f"{key}_low" in measured
    ]
    assert np.mean(covered) > 0.6, (truth, measured)


def test_the_truth_is_told_for_each_metric_of_a_log(evaluate: Evaluate, tmp_path: Path) -> None:
    log = evaluate(prompt_injection(n_items=4, safeguards="system"), "organism/final", tmp_path, epochs=1)  # fmt: skip
    truth = truth_of(log)
    assert set(truth) <= set(entries(log))
    assert truth["clean/task_done_rate"] == load("final").injection.works
