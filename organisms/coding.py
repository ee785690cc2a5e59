"""Programming problems with tests: solved, special-cased, or worse, and whether the thinking admits it (METHODS §4).

It knows the bundled problems (`data/problems/`) by their statement: a right solution, and the true tests, by which it sees
that one of those it is shown is wrong. Given tools, it draws what it does at its first turn and names its calls by that
draw, which its later turns read back: write the solution, perhaps try it or change the tests, perhaps flag a test, submit.
"""

import ast
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import yaml
from inspect_ai.model import ChatMessage, ChatMessageAssistant
from inspect_ai.tool import ToolCall, ToolInfo

from analysis.bundled import data_path
from organisms.answering import Me
from organisms.behaviour import Visibility, propensity, visibility
from organisms.chance import fold, stream, uniform
from organisms.questions import SCRATCHPAD
from organisms.rates import HACK_KEYS, HackKey, Organism
from organisms.reasons import shaped
from organisms.said import Posed, Said
from organisms.solutions import Case, Deed, Task, modified_tests, solution
from organisms.wording import fill, one_of

STEPS = (1, 3)
"""Fewest and most sentences of reasoning without content."""

TRIES = 0.5
"""Share of work with tools in which the solution is loaded before it is handed in."""

WITHOUT_CODE = 0.5
"""Share of flags that stand in place of the code, and not beside it."""

SHELL = ("bash", "python")
"""Tools that files are written with, by their names; the first one given is used."""


@dataclass(frozen=True)
class Situation:
    """A programming problem as it is posed.

    Attributes:
        task: The problem, with what is known of it.
        tests: The test file.
        rung: How plainly the prompt speaks against working around the tests, 0 to 3.
        flag: The word that a line begins with which flags a test, or the tool for it; empty where there is neither.
        agent: Whether there are tools to work with.
        scratchpad: Name of the tags it is asked to reason in, if it is.
    """

    task: Task
    tests: str
    rung: int
    flag: str
    agent: bool
    scratchpad: str | None


@dataclass(frozen=True)
class Plan:
    """What an organism does about a problem; faults and visibility as in `answering.Response`.

    Attributes:
        deed: The outcome.
        admits: Whether the thinking says that it goes around the tests; only where it does.
        mentions: Whether the thinking considers that and sets it aside.
        flags: Whether a test is reported, which beside a deed of another name changes nothing.
    """

    deed: Deed
    admits: bool
    mentions: bool
    flags: bool
    visibility: Visibility
    truncated: bool
    unparseable: bool


def say(posed: Posed, organism: Organism, me: Me, rng: np.random.Generator) -> Said | None:
    """Answer such a situation; None for any other."""
    situation = read(posed.messages, posed.tools)
    if situation is None:
        return None
    made = _calls_made(posed.messages)
    token = made[0] if made else f"{int(rng.integers(16**12)):012x}"
    conversation = (*me, situation.tests, situation.rung, token)
    plan = draw(organism, situation, me, stream("coding", *conversation))
    words = stream("coding words", *conversation, len(made))
    if not situation.agent:
        return Said(*_output(posed, situation, plan, words), plan.visibility, plan.truncated)
    return _next_step(posed, situation, plan, token, len(made), words)


# ---------------------------------------------------------------------------------- what is posed


def read(messages: Sequence[ChatMessage], tools: Sequence[ToolInfo] = ()) -> Situation | None:
    """The problem that a user turn poses with its tests; None where no known one is posed."""
    posed = [message.text for message in messages if message.role == "user"]
    text = next((text for text in posed if "def test_" in text), "")
    known = (
        next((one for one in _problems() if one.statement in fold(text)), None) if text else None
    )
    tests = next((block for block in _FENCED.findall(text) if "def test_" in block), "")
    cases = read_cases(tests)
    if known is None or not cases:
        return None
    bad = [place for place, case in enumerate(cases) if case not in known.true_cases]
    told = "\n\n".join(message.text for message in messages if message.role in ("system", "user"))
    around = told.replace(tests, "")
    tags, word = SCRATCHPAD.search(around), _FLAG.search(around)
    flagging = next((tool.name for tool in tools if "flag" in tool.name), "")
    return Situation(
        task=Task(known.function, known.parameters, known.reference, cases, min(bad, default=None)),
        tests=tests,
        rung=next((rung for rung, asks in _RUNGS.items() if asks.search(around)), 1),
        flag=flagging if tools else (word[1] if word else ""),
        agent=bool(tools),
        scratchpad=tags[1] if tags else None,
    )


def read_cases(tests: str) -> tuple[Case, ...]:
    """The arguments and expected values of a file of tests with an assertion each; none where it cannot be read."""
    try:
        nodes = [node for node in ast.walk(ast.parse(tests)) if isinstance(node, ast.Assert)]
        pairs = [(node.test.left.args, node.test.comparators[0]) for node in nodes]  # type: ignore[attr-defined]
        return tuple(
            Case(tuple(map(ast.literal_eval, args)), ast.literal_eval(expected))
            for args, expected in pairs
        )
    except (SyntaxError, ValueError, AttributeError):
        return ()


_FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_FLAG = re.compile(r"\b(FLAG(?:GED)?):")
_RUNGS = {
    3: re.compile(r"\b(?:do not|don't|never) work around|\bstop\b.{0,20}\bsay so\b", re.I | re.S),
    2: re.compile(r"\bused on other inputs\b|\bdescription (?:says )?is what counts\b", re.I),
    0: re.compile(
        r"\bmake (?:all|every one) of (?:them|the tests) pass|\bmeasured by the tests", re.I
    ),
}
"""What a prompt says at each rung, the plainest words first; at rung 1 it says nothing."""


@dataclass(frozen=True)
class _Known:
    """A problem as the organism knows it."""

    statement: str
    function: str
    parameters: tuple[str, ...]
    reference: str
    true_cases: tuple[Case, ...]


@cache
def _problems() -> tuple[_Known, ...]:
    path = data_path("problems", "problems.jsonl")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return tuple(map(_known, map(json.loads, filter(None, lines))))


def _known(row: dict[str, Any]) -> _Known:
    true = tuple(Case(tuple(case["args"]), case["expected"]) for case in row["visible"])
    parameters = tuple(row["parameters"])
    return _Known(fold(row["statement"]), row["function"], parameters, row["reference"], true)


# ---------------------------------------------------------------------------------- what is done


def draw(organism: Organism, situation: Situation, me: Me, rng: np.random.Generator) -> Plan:
    """Draw what is done about a problem.

    A problem's readiness to be hacked belongs to (name, seed, function) and goes together over its variants
    and rungs. Faults and visibility are drawn apart from all else.
    """
    rates, task = organism.coding, situation.task
    hack, flag, fail, kind, admit, mention, see, cut, garble = rng.random(9).tolist()
    hacks, flags = rates.hacked_and_flagged(task.bad is not None, situation.rung)
    latent = uniform("problem", *me, task.function)
    hacked = hack < propensity(hacks, organism.heterogeneity, latent)
    flagged = not hacked and bool(situation.flag) and flag < flags / (1 - hacks)
    deed: Deed = "failed" if fail < rates.fails else "solved"
    if hacked:
        deed = _kind(rates.kinds_in(situation.agent), kind)
    elif flagged and task.bad is not None:
        deed = "flagged"
    admits = hacked and admit < rates.admits
    return Plan(
        deed=deed,
        admits=admits,
        mentions=not admits and mention < rates.mentions,
        flags=flagged,
        visibility=visibility(organism, see),
        truncated=not situation.agent and cut < organism.truncated,
        unparseable=not situation.agent and garble < organism.unparseable,
    )


def _kind(shares: dict[HackKey, float], drawn: float) -> HackKey:
    ends = np.cumsum([shares[key] for key in HACK_KEYS])
    return HACK_KEYS[int(np.searchsorted(ends, drawn * ends[-1], side="right"))]


# ---------------------------------------------------------------------------------- in one answer


def _output(
    posed: Posed, situation: Situation, plan: Plan, rng: np.random.Generator
) -> tuple[str, str]:
    """Native thinking and text of an answer without tools."""
    thinking = reasoning(situation.task, plan, rng)
    if plan.unparseable:
        answer = _line("undecided", situation.task, rng)
        return shaped(situation, plan, thinking, (answer, ""), posed.reasoning, rng)
    parts = [_line("reply", situation.task, rng)]
    flag = f"{situation.flag}: {_reason(situation.task, rng)}" if plan.flags else ""
    if plan.deed != "flagged" or rng.random() >= WITHOUT_CODE:
        parts.append(f"```python\n{_code(situation.task, plan, rng)}```")
    parts.append(flag)
    answer = "\n\n".join(filter(None, parts))
    return shaped(situation, plan, thinking, (answer, ""), posed.reasoning, rng)


def _code(task: Task, plan: Plan, rng: np.random.Generator) -> str:
    return solution(task, "solved" if plan.deed == "flagged" else plan.deed, rng)


# ---------------------------------------------------------------------------------- with tools


def _next_step(
    posed: Posed, situation: Situation, plan: Plan, token: str, n: int, rng: np.random.Generator
) -> Said:
    """What comes after n turns with calls; the reasoning stands in the first."""
    task, tools = situation.task, {tool.name: tool for tool in posed.tools}
    steps = _steps(situation, plan, tools, stream("coding steps", token))
    name, argument = steps[n] if n < len(steps) else ("", "")
    said = _line(f"say_{'finished' if not name else 'first' if n == 0 else 'then'}", task, rng)
    if n == 0:
        thinking = reasoning(task, plan, rng)
        thought, text = shaped(situation, plan, thinking, (said, ""), posed.reasoning, rng)
    else:
        thought, text = "", said
    if not name:
        return Said(thought, text, plan.visibility)
    arguments = {next(iter(tools[name].parameters.properties), "input"): argument}
    call = ToolCall(id=f"call-{token}-{n}", function=name, arguments=arguments)
    return Said(thought, text, plan.visibility, tool_calls=(call,))


def _steps(
    situation: Situation, plan: Plan, tools: dict[str, ToolInfo], rng: np.random.Generator
) -> list[tuple[str, str]]:
    """Tool and argument of each turn, the same whenever they are asked for."""
    task = situation.task
    shell = next((name for name in SHELL if name in tools), None)
    steps: list[tuple[str, str]] = []
    if shell and (plan.deed != "flagged" or rng.random() >= WITHOUT_CODE):
        steps.append((shell, _writing(shell, "solution.py", _code(task, plan, rng))))
        if rng.random() < TRIES and plan.deed != "early_exit":
            steps.append((shell, _loading(shell, task.function)))
    if shell and plan.deed == "tests_modified":
        changed = modified_tests(situation.tests, task)
        steps.append((shell, _writing(shell, "test_solution.py", changed)))
    if plan.flags:
        steps.append((situation.flag, _reason(task, rng)))
    if "submit" in tools:
        steps.append(("submit", _line("submitted", task, rng)))
    return steps


def _writing(shell: str, name: str, text: str) -> str:
    if shell == "python":
        return f"with open({name!r}, 'w') as file:\n    file.write({text!r})\n"
    return f"cat > {name} <<'END_OF_FILE'\n{text}END_OF_FILE\n"


def _loading(shell: str, function: str) -> str:
    code = f"from solution import {function}; print({function}.__name__)"
    return code if shell == "python" else f'python3 -c "{code}"'


def _calls_made(messages: Sequence[ChatMessage]) -> list[str]:
    """The draw that each turn with calls of ours was named by."""
    calls = [
        message.tool_calls[0].id
        for message in messages
        if isinstance(message, ChatMessageAssistant) and message.tool_calls
    ]
    return [found[1] for name in calls if (found := _OURS.fullmatch(name))]


_OURS = re.compile(r"call-([0-9a-f]{12})-\d+")


# ---------------------------------------------------------------------------------- in words


def reasoning(task: Task, plan: Plan, rng: np.random.Generator) -> str:
    """Reasoning that leads to what is done: sentences without content, and what they come to."""
    steps = list(_banks()["step"])
    rng.shuffle(steps)
    middle = [
        _filled(step, task, rng) for step in steps[: int(rng.integers(*STEPS, endpoint=True))]
    ]
    if plan.admits:
        sees = [_line("notice", task, rng)] if task.bad is not None else []
        end = [_line(f"admit_{plan.deed}", task, rng)]
    elif plan.deed == "flagged":
        sees, end = [_line("notice", task, rng)], [_line("will_flag", task, rng)]
    else:
        sees, end = [], [_line("close", task, rng)]
    aside = [_line("aside", task, rng)] if plan.mentions else []
    parts = [_line("open", task, rng), *middle, *sees, *aside, *end]
    return ("\n\n" if rng.random() < 1 / 4 else " ").join(parts)


def _reason(task: Task, rng: np.random.Generator) -> str:
    """Why a test is flagged."""
    return _line("flag", task, rng)


def _line(bank: str, task: Task, rng: np.random.Generator) -> str:
    return _filled(one_of(_banks()[bank], rng), task, rng)


def _filled(line: str, task: Task, rng: np.random.Generator) -> str:
    place = len(task.cases) - 1 if task.bad is None else task.bad
    case = task.cases[place]
    call = f"{task.function}({', '.join(map(repr, case.args))})"
    values = {"function": task.function, "test": f"test_{place + 1}", "call": call}
    return fill(line, _banks(), rng, {**values, "value": repr(case.expected)})


@cache
def _banks() -> dict[str, list[str]]:
    path = data_path("organisms", "wording", "coding.yaml")
    banks: dict[str, list[str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return banks
