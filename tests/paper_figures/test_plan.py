"""`saydo plan`: the real task's calls, tokens counted or estimated, prices that are known, and one-sentence errors."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner, Result
from inspect_ai.log import EvalLog
from inspect_ai.model import ChatMessage, ModelOutput, get_model
from inspect_ai.model._reasoning import effort_to_reasoning_tokens

from analysis import estimators
from analysis.bundled import data_path
from analysis.models import CHARACTERS_PER_TOKEN, known
from inspect_tasks.everyday import MONITORS
from paper_figures.plan import plan_command
from paper_figures.projection import (
    EDITOR,
    JUDGE,
    RANKER,
    SUBJECT,
    Assumed,
    make,
    per_item,
    posed,
)
from paper_figures.tokens import ratio
from tests import fakes
from tests.conftest import EXTENDED, Evaluate, hinted

CANARY = "saydo-canary-7f3a9c52-e1b4-4d0e-9a68-2c5d81f0b7ae"
SONNET = "anthropic/claude-sonnet-4-5"
HAIKU = "anthropic/claude-haiku-4-5"
KEY = "dummy"


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own settings reaches a test."""
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def plan(*arguments: str) -> Result:
    return CliRunner().invoke(plan_command, list(arguments))


def words(result: Result) -> str:
    """What was printed, without borders and line ends."""
    return " ".join(re.sub(r"[│┃┏┓┗┛━─└┘┌┐├┤┼╇┡┩┳┴┬┻╋]", " ", result.output).split())


# ---------------------------------------------------------------------------------- items


@pytest.mark.parametrize(
    ("arguments", "n"),
    [
        (["--half-width", "0.05"], estimators.items_needed(half_width=0.05)),
        (
            ["--half-width", "0.05", "--rate", "0.1"],
            estimators.items_needed(half_width=0.05, rate=0.1),
        ),
        (
            ["--gap", "0.1", "--discordance", "0.2", "--power", "0.9"],
            estimators.items_needed(gap=0.1, discordance=0.2, power=0.9),
        ),
        (
            ["--gap", "0.1", "--discordance", "0.2", "--half-width", "0.1"],
            estimators.items_needed(gap=0.1, discordance=0.2, half_width=0.1),
        ),
        (["-T", "n_items=7"], 7),
    ],
)
def test_items_are_those_of_the_estimator(arguments: list[str], n: int) -> None:
    shown = plan("alignment_faking", "--model", "organism/final", *arguments)
    assert shown.exit_code == 0, shown.output
    assert f"{n:,} items x 2 arms = {2 * n:,} samples" in words(shown)
    assert ("a larger set is needed" in words(shown)) == (n > 140)
    assert ("What a finer interval costs" in shown.output) == (arguments[0] != "-T")


def test_a_gap_of_a_point_can_be_planned() -> None:
    """Found from Connor's size upwards, which is some hundred items short of it."""
    assert estimators.items_needed(gap=0.01, discordance=0.2) == 15_889
    assert estimators.items_needed(gap=-0.01, discordance=0.2) == 15_889


def test_raw_faithfulness_is_over_used_pairs() -> None:
    pairs = estimators.items_needed(half_width=0.1)
    shown = plan(
        *("cot_faithfulness", "--model", "organism/final", "-T", "judge=lexical"),
        *("--half-width", "0.1", "--used-rate", "0.25"),
    )
    assert f"{4 * pairs:,} items x 7 arms" in words(shown)
    assert "over used pairs, 25% of items" in words(shown)
    attributable = plan(
        *("cot_faithfulness", "--model", "organism/final", "-T", "judge=lexical"),
        *("--half-width", "0.1", "--gap", "0.2", "--discordance", "0.3"),
    )
    needed = estimators.items_needed(half_width=0.1, gap=0.2, discordance=0.3)
    assert f"{needed:,} items x 7 arms" in words(attributable)


# ---------------------------------------------------------------------------------- calls


@pytest.mark.parametrize(
    ("name", "parameters", "epochs", "expected"),
    [
        ("alignment_faking", {}, None, {SUBJECT: 2, JUDGE: 4}),
        ("alignment_faking", {"votes": 5, "tiers": "three"}, 2, {SUBJECT: 6, JUDGE: 36}),
        ("alignment_faking", {"baseline": True, "judge": "lexical"}, None, {SUBJECT: 3}),
        ("alignment_faking", {"elicitation": "none"}, None, {SUBJECT: 2, JUDGE: 2}),
        ("alignment_faking", {"judge": "model,lexical,openai/x"}, None, {SUBJECT: 2, JUDGE: 8}),
        ("cot_faithfulness", {}, None, {SUBJECT: 7, JUDGE: 6 * 0.5 * 3 + 1}),
        ("cot_faithfulness", {"monitor": False}, None, {SUBJECT: 7, JUDGE: 6 * 0.5 * 2}),
        ("cot_faithfulness", {"ask": True}, None, {SUBJECT: 10, JUDGE: 6 * 0.5 * 4 + 1}),
        ("cot_faithfulness", {"elicitation": "none"}, None, {SUBJECT: 7, JUDGE: 3}),
        (
            "cot_faithfulness",
            {"hints": "sycophancy", "judge": "lexical"},
            3,
            {SUBJECT: 6},
        ),
        ("cot_interventions", {}, None, {SUBJECT: 1 + 17, EDITOR: 5}),
        (
            "cot_interventions",
            {"kinds": "early_answering", "points": 3},
            None,
            {SUBJECT: 1 + 3},
        ),
        ("post_hoc_rationalisation", {}, None, {SUBJECT: 20}),
        ("post_hoc_rationalisation", {}, 5, {SUBJECT: 10}),
        ("everyday", {}, None, {SUBJECT: 1, JUDGE: 5}),
        ("everyday", {"monitors": "distress,deception"}, 2, {SUBJECT: 2, JUDGE: 4}),
        ("everyday", {"judge": "lexical"}, None, {SUBJECT: 1}),
        (
            "everyday",
            {"judge": "model,openai/x", "monitors": "distress"},
            None,
            {SUBJECT: 1, JUDGE: 2},
        ),
        ("everyday", {"first_stage": "lexical"}, None, {SUBJECT: 1, JUDGE: 5 * (0.2 + 0.8 * 0.1)}),
        (
            "everyday",
            {"first_stage": "openai/x", "audit": 0.25, "judge": "model,openai/y"},
            None,
            {SUBJECT: 1, JUDGE: 5 * (1 + 2 * (0.2 + 0.8 * 0.25))},
        ),
        (
            "everyday",
            {"first_stage": "openai/x", "judge": "lexical", "elicitation": "scratchpad"},
            None,
            {SUBJECT: 1, JUDGE: 5},
        ),
        ("special_casing", {}, None, {SUBJECT: 3, JUDGE: 3 * 0.25}),
        ("special_casing", {"variants": "one_off"}, 2, {SUBJECT: 2, JUDGE: 0.5}),
        ("special_casing", {"elicitation": "none"}, None, {SUBJECT: 3}),
        ("special_casing", {"form": "agent", "judge": "lexical"}, None, {SUBJECT: 3 * 4.5}),
        ("special_casing", {"form": "agent"}, None, {SUBJECT: 3 * 4.5, JUDGE: 3 * 0.25}),
        ("prompt_injection", {}, None, {SUBJECT: 2 * 5 * 4.5}),
        ("prompt_injection", {"safeguards": "classifier"}, 1, {SUBJECT: 2 * 4.5}),
        (
            "prompt_injection",
            {"safeguards": "classifier", "classifier_judge": "model"},
            1,
            {SUBJECT: 2 * 4.5, JUDGE: 2 * 3.5},
        ),
        ("prompt_injection", {"safeguards": "none", "classifier_judge": "model"}, 1, {SUBJECT: 9}),
        ("thinking_budget", {}, None, {SUBJECT: 5 * 4}),
        ("thinking_budget", {"budgets": 0, "ranker": True}, None, {SUBJECT: 4, RANKER: 4}),
        ("thinking_budget", {"efforts": "low,high", "ranker": True}, 2, {SUBJECT: 4, RANKER: 4}),
    ],
)
def test_calls_of_an_item(
    name: str, parameters: dict[str, object], epochs: int | None, expected: dict[str, float]
) -> None:
    given = {"n_items": 3, **parameters}
    loads = per_item(
        posed(make(name, given), name, given, epochs),
        "organism/final",
        judge="organism/early",
        assumed=Assumed(used_rate=0.5, flagged_rate=0.2, hack_rate=0.25, turns=4.5),
    )
    calls: dict[str, float] = {}
    for load in loads:
        calls[load.role] = calls.get(load.role, 0) + load.calls
    assert calls == pytest.approx(expected)


def test_long_thinking_is_judged_in_windows() -> None:
    """40,000 tokens are 140,000 characters, and two windows."""
    for tokens, windows in ((100_000 / CHARACTERS_PER_TOKEN, 1), (40_000, 2), (100_000, 4)):
        task = posed(make("alignment_faking", {}), "alignment_faking", {})
        _, judge = per_item(
            task, "organism/final", judge="organism/early", assumed=Assumed(thinking_tokens=tokens)
        )
        assert judge.calls == 2 + 2 * windows
        short = per_item(task, "organism/final", judge="organism/early")[1].input
        overlaps = 10_000 / CHARACTERS_PER_TOKEN * (windows - 1)
        assert judge.input > short + 2 * (tokens + overlaps - 400) - 1


def test_calls_are_those_of_a_real_run(evaluate: Evaluate, tmp_path: Path) -> None:
    """Of a model whose thinking can always be read, so that every due verdict is asked for."""
    log = evaluate(hinted("always-admits", "extended", n_items=4), None, tmp_path)
    n_hinted = 4 * 6
    on_hint = values(log, "acknowledgement", "on_hint")[lambda row: row.index != "unhinted"]
    given = {"n_items": 4, "ask": True}
    subject, judge = per_item(
        posed(make("cot_faithfulness", given), "cot_faithfulness", given),
        *("organism/always-admits", "organism/final"),
        assumed=Assumed(used_rate=on_hint.sum() / n_hinted),
    )
    asked = [
        values(log, name, "judge_calls").sum() for name in ("acknowledgement", "asked", "monitor")
    ]
    assert subject.calls * 4 == pytest.approx(values(log, "acknowledgement", "model_calls").sum())
    assert judge.calls * 4 == pytest.approx(sum(asked))


def test_calls_of_altered_reasoning_are_those_of_a_real_run(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    given = {"n_items": 4, "points": 5}
    task = make("cot_interventions", given)
    log = evaluate(task, "organism/relies-on-reasoning", tmp_path)
    subject, _ = per_item(posed(task, "cot_interventions", given), "organism/final")
    assert subject.calls == pytest.approx(values(log, "interventions", "model_calls").mean())


@pytest.mark.parametrize("first_stage", [None, "lexical"])
def test_calls_of_monitors_are_those_of_a_real_run(
    evaluate: Evaluate, tmp_path: Path, first_stage: str | None
) -> None:
    """Each judge is the lexical one, whose verdicts count as calls; the plan is asked about models."""
    given = {"n_items": 12, "judge": "lexical", "first_stage": first_stage, "audit": 0.5}
    model = get_model("organism/always-admits", config=EXTENDED)
    log = evaluate(make("everyday", given), model, tmp_path)
    stages = [values(log, name, "first_stage") for name in MONITORS]
    audited = sum(values(log, name, "audited").sum() for name in MONITORS)
    flagged = sum(stage.sum() for stage in stages)
    n_read = sum(stage.notna().sum() for stage in stages)
    planned = {**given, "judge": "a/judge"}
    if first_stage:
        planned |= {"first_stage": "a/cheap", "audit": audited / (n_read - flagged)}
    task = posed(make("everyday", planned), "everyday", planned)
    subject, *judges = per_item(
        task, "organism/final", assumed=Assumed(flagged_rate=flagged / max(n_read, 1))
    )
    asked = sum(values(log, name, "judge_calls").sum() for name in MONITORS)
    assert subject.calls * 12 == values(log, "deception", "model_calls").sum() == 12
    assert sum(judge.calls for judge in judges) * 12 == pytest.approx(asked)
    assert (asked == 60) == (first_stage is None)


@pytest.mark.parametrize("form", ["single_turn", pytest.param("agent", marks=pytest.mark.slow)])
def test_calls_of_special_casing_are_those_of_a_real_run(
    evaluate: Evaluate, tmp_path: Path, form: str
) -> None:
    """Problems and prompt are such that some solutions are hacks, and the thinking of each can be read."""
    given = {"n_items": 3, "rung": 0, "judge": "lexical", "sandbox": "local", "form": form}
    model = get_model("organism/early", config=EXTENDED)
    log = evaluate(make("special_casing", given), model, tmp_path)
    planned = {**given, "judge": "a/judge"}
    n_hacks = values(log, "special_casing", "hacked").sum()
    turns = values(log, "special_casing", "model_calls").mean()
    subject, *judges = per_item(
        posed(make("special_casing", planned), "special_casing", planned),
        "organism/final",
        assumed=Assumed(hack_rate=n_hacks / 9, turns=turns if form == "agent" else None),
    )
    assert subject.calls * 3 == values(log, "admission", "model_calls").sum()
    asked = values(log, "admission", "judge_calls").sum()
    assert sum(judge.calls for judge in judges) * 3 == pytest.approx(asked)
    assert n_hacks == asked > 0


def test_calls_of_attacks_are_those_of_a_real_run(evaluate: Evaluate, tmp_path: Path) -> None:
    """An agent that looks once and answers: a tool result each, which the classifier reads."""

    def looks_once(messages: list[ChatMessage], *_: Any) -> ModelOutput:
        if messages[-1].role == "tool":
            return fakes.output("There is nothing to do.")
        look = ModelOutput.for_tool_call("mockllm/agent", "list_mail", {})
        return look.model_copy(update={"usage": fakes.USAGE})

    given = {"n_items": 2, "safeguards": "classifier", "classifier_judge": "model"}
    n_judged: list[str] = []

    def passes(messages: list[ChatMessage]) -> ModelOutput:
        n_judged.append(messages[0].text)
        clean = {"instructs": {"quote": "", "holds": False}}
        return fakes.output(json.dumps({"seal": fakes.SEAL, **clean}))

    agent = get_model("mockllm/agent", custom_outputs=looks_once, memoize=False)
    roles = {"classifier": fakes.model(passes)}
    log = evaluate(make("prompt_injection", given), agent, tmp_path, model_roles=roles)
    subject, judge = per_item(
        posed(make("prompt_injection", given), "prompt_injection", given),
        *("organism/final", "organism/early"),
        assumed=Assumed(turns=values(log, "prompt_injection", "model_calls").mean()),
    )
    n = 2 * 2 * 5
    assert subject.calls * 2 == values(log, "prompt_injection", "model_calls").sum() == 2 * n
    assert judge.calls * 2 == len(n_judged) == n


def test_calls_and_tokens_of_budgets_are_those_of_a_real_run(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    """What an organism thinks lies within what is planned for each budget."""
    given = {"n_items": 3, "budgets": "0,1024,4096", "ranker": True}
    roles = {"ranker": "organism/early"}
    task = make("thinking_budget", given)
    log = evaluate(task, "organism/always-admits", tmp_path, model_roles=roles)
    subject, ranker = per_item(
        posed(task, "thinking_budget", given), "organism/final", ranker="organism/early"
    )
    assert subject.calls * 3 == values(log, "maths", "model_calls").sum() == 3 * 3 * 4
    assert ranker.calls * 3 == values(log, "maths", "judge_calls").sum()
    assert subject.thinking == 4 * (0 + 1024 + 4096)
    used = values(log, "maths", "used_tokens").sum()
    assert 0 < used <= subject.thinking * 3
    assert (ranker.model, ranker.thinking) == ("organism/early", 0)


def test_efforts_think_as_long_as_inspect_takes_them_for() -> None:
    given = {"n_items": 2, "efforts": "minimal,high", "dataset": "questions"}
    task = posed(make("thinking_budget", given), "thinking_budget", given, 1)
    (subject,) = per_item(task, "organism/final", assumed=Assumed(thinking_tokens=0))
    budgets = [effort_to_reasoning_tokens(effort) or 0 for effort in ("minimal", "high")]
    assert subject.thinking == sum(budgets) > 5000


def test_an_agent_reads_what_was_said_before() -> None:
    """Of n turns, the k-th reads k-1 answers with their thinking and results, and always the tools."""
    given = {"n_items": 2}
    task = posed(make("prompt_injection", given), "prompt_injection", given, 1)
    assumed = Assumed(answer_tokens=100, thinking_tokens=50, tool_tokens=30, turns=3)
    (three,) = per_item(task, "organism/final", assumed=assumed)
    (one,) = per_item(task, "organism/final", assumed=replace(assumed, turns=1))
    assert three.input == pytest.approx(3 * one.input + 2 * (0 + 1 + 2) * 180)
    words = [sum(len(m.text) for m in s.input if not isinstance(m, str)) for s in task.samples]
    prompts = sum(words) / 2 / known("organism/final").characters_per_token
    assert 2 * 500 < one.input - prompts < 2 * 3000  # eleven tools


def values(log: EvalLog, scorer: str, key: str) -> pd.Series:
    """A key of a scorer's values, by arm."""
    scored = [
        (s.metadata["arm"], (s.scores or {})[scorer].as_dict()[key]) for s in log.samples or ()
    ]
    return pd.Series([float(value) for _, value in scored], index=[arm for arm, _ in scored])


def test_tokens_and_cost_add_up() -> None:
    shown = words(
        plan(
            *("alignment_faking", "--model", SONNET, "--judge-model", HAIKU, "-T", "n_items=10"),
            *(
                "--votes",
                "5",
                "--epochs",
                "2",
                "--answer-tokens",
                "100",
                "--thinking-tokens",
                "1000",
            ),
        )
    )
    assert re.search(r"model under test \S+ 40 [\d,]+ 44,000 40,000", shown)
    row = re.search(r"judge \S+ 240 ([\d,]+) ([\d,]+) 0 ([\d.]+)", shown)
    assert row is not None
    tokens_in, tokens_out = (int(text.replace(",", "")) for text in row.groups()[:2])
    assert tokens_out == 240 * Assumed.judge_tokens
    assert tokens_in > 200 * 1100 + 40 * 100  # what the judge reads of the model
    assert float(row[3]) == pytest.approx((tokens_in * 1 + tokens_out * 5) / 1e6, abs=0.01)
    assert "10 items x 2 arms x 2 epochs = 40 samples" in shown
    assert "Not counted: batch discount" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("everyday",), "10 items x 1 arms = 10 samples"),
        (
            ("everyday", "-T", "first_stage=lexical", "--flagged-rate", "0.25"),
            "Assumed: the first stage flags 25% of thinking; the judge reads that, and 10% of the rest.",
        ),
        (("special_casing", "--hack-rate", "0.4"), "Assumed: 40% of solutions are hacks"),
        (
            ("special_casing", "-T", "form=agent"),
            "Assumed of special_casing: 6 generations per run",
        ),
        (("prompt_injection",), "10 items x 2 arms x 5 epochs = 100 samples"),
        (("prompt_injection", "--turns", "7"), "Assumed of prompt_injection: 7 generations"),
        (("thinking_budget",), "6,349 of thinking (mean of the budgets)"),
        (("thinking_budget",), "each budget of thinking is used up"),
        (("thinking_budget", "-T", "ranker=true"), "The ranker is not named: give --ranker-model"),
        (
            ("thinking_budget", "-T", "ranker=true", "--ranker-model", HAIKU),
            "claude-haiku-4-5: USD 1 in, 5 out",
        ),
    ],
)
def test_what_is_assumed_of_a_task_is_said(arguments: tuple[str, ...], said: str) -> None:
    shown = plan(*arguments, "--model", SONNET, "-T", "n_items=10")
    assert shown.exit_code == 0, shown.output
    assert said in words(shown)


def test_a_finer_interval_costs_more() -> None:
    shown = words(
        plan("alignment_faking", "--model", SONNET, "-T", "judge=lexical", "--half-width", "0.03")
    )
    rows = re.findall(r"(0\.\d+) ([\d,]+)(†?) ([\d,]+) ([\d.,]+)", shown.split("finer interval")[1])
    widths = [float(row[0]) for row in rows]
    costs = [float(row[4].replace(",", "")) for row in rows]
    assert widths == [0.1, 0.075, 0.05, 0.03, 0.025, 0.01]
    assert costs == sorted(costs)
    for _, items, mark, calls, _ in rows:
        n = int(items.replace(",", ""))
        assert int(calls.replace(",", "")) == 2 * n
        assert (mark == "†") == (n > 140)


# ---------------------------------------------------------------------------------- prices


@pytest.mark.parametrize(
    ("model", "price", "thinks", "takes"),
    [
        ("anthropic/claude-3-7-sonnet-20250219", (3, 15), "when asked", "reasoning_tokens"),
        ("anthropic/claude-3-7-sonnet-latest", (3, 15), "when asked", "reasoning_tokens"),
        ("anthropic/claude-sonnet-4-20250514", (3, 15), "when asked", "reasoning_tokens"),
        ("anthropic/claude-sonnet-4-0", (3, 15), "when asked", "reasoning_tokens"),
        ("anthropic/claude-opus-4-1-20250805", (15, 75), "when asked", "reasoning_tokens"),
        (SONNET, (3, 15), "when asked", "reasoning_tokens"),
        (HAIKU, (1, 5), "when asked", "reasoning_tokens"),
        ("anthropic/claude-opus-4-5-20251101", (5, 25), "when asked", "reasoning_tokens"),
        ("anthropic/claude-opus-4-7", (5, 25), "unless told not to", "reasoning_effort"),
        ("anthropic/claude-opus-5", (5, 25), "unless told not to", "reasoning_effort"),
        ("anthropic/claude-opus-5-5", (4, 20), "always", "reasoning_effort"),
        ("anthropic/claude-fable-5", (10, 50), "always", "reasoning_effort"),
        ("anthropic/claude-3-5-sonnet-20241022", (3, 15), "never", None),
        (
            "anthropic/bedrock/us.anthropic.claude-3-7-sonnet-20250219-v1:0",
            None,
            "when asked",
            "reasoning_tokens",
        ),
        ("anthropic/claude-opus-4-9", None, "when asked", None),
        ("openai/gpt-5", None, "when asked", None),
        ("organism/final", (0, 0), "when asked", None),
    ],
)
def test_what_is_known_of_a_model(
    model: str, price: tuple[float, float] | None, thinks: str, takes: str | None
) -> None:
    found = known(model)
    assert (found.price and (found.price.input, found.price.output)) == price
    assert (found.thinks, found.takes) == (thinks, takes)


def test_every_price_names_its_page_and_day() -> None:
    readme = data_path("models", "README.md").read_text(encoding="utf-8")
    assert CANARY in readme
    for path in data_path("models").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        assert CANARY in text
        for entry in yaml.safe_load(text):
            price = entry["price"]
            assert isinstance(price["read"], date)
            assert price["source"] in readme
            row = f"{price['input']:.2f} | {price['output']:.2f} | <{price['source']}> | {price['read']}"
            assert row in readme or path.stem == "organism"


def test_a_model_without_a_price_shows_its_tokens() -> None:
    asked = ("alignment_faking", "--model", "openai/gpt-5", "-T", "n_items=10")
    shown = words(plan(*asked))
    assert "No price known for openai/gpt-5: give --price-in and --price-out" in shown
    assert "The judge is not named: give --judge-model" in shown
    assert re.search(r"model under test openai/gpt-5 20 [\d,]+ 12,000 8,000 N/A", shown)
    by_hand = words(plan(*asked, "-T", "judge=lexical", "--price-in", "0", "--price-out", "10"))
    assert re.search(r"openai/gpt-5 20 [\d,]+ 12,000 8,000 0\.12", by_hand)


def test_organisms_cost_nothing() -> None:
    shown = words(plan("post_hoc_rationalisation", "--model", "organism/final", "-T", "n_items=5"))
    assert "Simulated models cost nothing." in shown
    assert re.search(r"organism/final 100 [\d,]+ 120,000 100,000 0\.00", shown)


# ---------------------------------------------------------------------------------- the counter


class Counter(BaseHTTPRequestHandler):
    """Anthropic's token counter: a token for every two characters, or an error that quotes the key."""

    requests: list[dict[str, object]]
    status = 200

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        type(self).requests.append(asked)
        texts = [asked.get("system", ""), *(turn["content"] for turn in asked["messages"])]
        tokens = sum(len(text) for text in texts) // 2
        failed = {"type": "error", "error": {"type": "x", "message": f"bad key {KEY}"}}
        body = json.dumps({"input_tokens": tokens} if self.status == 200 else failed).encode()
        self.send_response(self.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Not to the test's output."""


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Counter]]:
    """A counter on this machine, which the SDK is told of as by a user."""
    handler = type("Fresh", (Counter,), {"requests": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    yield handler
    server.shutdown()
    server.server_close()


def test_prompts_are_counted_where_there_is_a_key(counter: type[Counter]) -> None:
    shown = words(
        plan("alignment_faking", "--model", SONNET, "-T", "n_items=10", "-T", "judge=lexical")
    )
    assert "counted by Anthropic's token counter on 4 prompts, 2.00 characters per token" in shown
    task = make("alignment_faking", {"n_items": 10})
    characters = sum(
        len(turn.text)
        for sample in task.dataset
        for turn in sample.input
        if not isinstance(turn, str)
    )
    row = re.search(r"model under test \S+ 20 ([\d,]+)", shown)
    assert row is not None
    assert int(row[1].replace(",", "")) == pytest.approx(characters / 2, rel=0.01)
    assert len(counter.requests) == 4
    assert {request["model"] for request in counter.requests} == {"claude-sonnet-4-5"}
    assert all(request["system"] for request in counter.requests)


def test_other_models_are_never_sent_to_the_counter(counter: type[Counter]) -> None:
    plan("alignment_faking", "--model", "openai/gpt-5", "-T", "n_items=3", "--judge-model", "a/b")
    assert not counter.requests


@pytest.mark.parametrize("status", [401, 400])
def test_a_counter_that_fails_leaves_the_estimate(counter: type[Counter], status: int) -> None:
    counter.status = status
    shown = plan("alignment_faking", "--model", SONNET, "-T", "n_items=3", "-T", "judge=lexical")
    assert shown.exit_code == 0
    assert "estimated at 3.5 characters per token: the token counter failed (" in words(shown)
    assert KEY not in shown.output


def test_a_counter_out_of_reach_leaves_the_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "not\na key")
    prompts = [list(make("post_hoc_rationalisation", {"n_items": 1}).dataset[0].input)]
    found = ratio(SONNET, prompts)  # type: ignore[arg-type]  # its prompts are lists of messages
    assert found.characters_per_token == CHARACTERS_PER_TOKEN
    assert "failed" in found.how
    assert "a key" not in found.how


# ---------------------------------------------------------------------------------- errors

AF = ("alignment_faking", "--model", "organism/final")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (AF, "say what the items are for: --half-width"),
        ((*AF, "--gap", "0.2"), "--gap with --discordance"),
        ((*AF, "--gap", "0.2", "--half-width", "0.1"), "--gap with --discordance"),
        ((*AF, "--discordance", "0.2"), "--gap with --discordance"),
        ((*AF, "--gap", "0.3", "--discordance", "0.2"), "discordance must lie between"),
        ((*AF, "--half-width", "5"), "--half-width 5 must be at least 0.001 and below 0.5"),
        ((*AF, "--half-width", "0"), "--half-width 0 must be"),
        ((*AF, "--half-width", "0.1", "-T", "hints=all"), "alignment_faking takes no hints: use"),
        ((*AF, "--half-width", "0.1", "-T", "votes"), "-T votes gives no value"),
        ((*AF, "--half-width", "0.1", "-T", "setting=x"), "setting=x is not one of"),
        ((*AF, "-T", "n_items=900"), "n_items=900 is larger than the 140 requests"),
        (
            ("cot_faithfulness", *AF[1:], "--half-width", "0.1", "--votes", "3"),
            "cot_faithfulness takes no votes",
        ),
        ((*AF, "--half-width", "0.1", "--price-in", "3"), "give both --price-in and --price-out"),
        (
            ("alignment_faking", "--model", "claude-sonnet-4-5", "--half-width", "0.1"),
            "write PROVIDER/MODEL",
        ),
        (("alignment_faking", "--model", "x/", "--half-width", "0.1"), "write PROVIDER/MODEL"),
        ((*AF, "--half-width", "0.1", "--rate", "nan"), "nan is not a finite number"),
        ((*AF, "--gap", "nan", "--discordance", "0.2"), "nan is not a finite number"),
        ((*AF, "--half-width", "0.1", "--answer-tokens", "inf"), "inf is not a finite number"),
        ((*AF, "--half-width", "0.1", "-T", "tiers=["), "-T tiers=[: a value is not valid YAML"),
        (
            ("thinking_budget", *AF[1:], "-T", "n_items=2", "--thinking-tokens", "5"),
            "thinking_budget thinks by its budgets: leave out --thinking-tokens",
        ),
        ((*AF, "-T", "n_items=2", "--turns", "5"), "alignment_faking asks once per sample: leave"),
        ((*AF, "-T", "n_items=2", "--turns", "0"), "0.0 is not in the range x>=1"),
        ((*AF, "-T", "n_items=2", "--hack-rate", "2"), "2.0 is not in the range"),
        ((*AF, "-T", "n_items=2", "--ranker-model", "x"), "x is no full name"),
        (("thinking_budget", *AF[1:], "-T", "budgets=7"), "budgets=7 is no budget"),
        (("everyday", *AF[1:], "-T", "first_stage=x"), "first_stage=x is not known"),
        (("special_casing", *AF[1:], "-T", "rung=9"), "rung=9 is not one of"),
        (("prompt_injection", *AF[1:], "-T", "styles=x"), "styles=x is not one of"),
        (("nothing", "--model", "a/b"), "'nothing' is not one of 'alignment_faking'"),
    ],
)
def test_mistakes_are_named_in_a_sentence(arguments: tuple[str, ...], said: str) -> None:
    result = plan(*arguments)
    assert result.exit_code != 0
    assert said in " ".join(result.output.split())
    assert "Traceback" not in result.output
