"""What a task asks of models: calls and tokens per item, read off the task's own samples and prompts."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from math import ceil
from pathlib import Path
from statistics import fmean
from typing import Any

from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessage, ChatMessageSystem, ChatMessageUser
from inspect_ai.model._reasoning import effort_to_reasoning_tokens
from inspect_ai.tool import Tool, ToolDef, bash, python

import inspect_tasks
from analysis.faithfulness import UNHINTED
from analysis.models import CHARACTERS_PER_TOKEN, Price, known
from inspect_tasks._scenarios.prompts import render
from inspect_tasks._scenarios.sources import listed
from inspect_tasks._scenarios.tools import office_tools
from inspect_tasks.everyday import MONITORS
from inspect_tasks.special_casing import flag_tests
from paper_figures.tokens import Prompt, length, ratio, some
from scorers.compliance import RUBRICS
from scorers.judges.model import LEXICAL, MODEL, judge_names
from scorers.judges.rubric import judge_prompt, load_rubric
from scorers.judges.windows import OVERLAP_CHARS, WINDOW_CHARS

THINKING = {"scratchpad": 400, "native": 1000, "none": 0}
"""Tokens of thinking assumed per answer, by where it is."""

_RENDERED = 100
"""Judges' and editors' prompts that are made to know their mean length; the model's own are all there."""

SUBJECT, JUDGE, EDITOR, RANKER = "model under test", "judge", "editor", "ranker"
"""Roles in which a model is asked; a classifier of tool results is a judge."""

CODING, INJECTION, BUDGETS = "special_casing", "prompt_injection", "thinking_budget"

TURNS = {CODING: 6, INJECTION: 4}
"""Generations assumed per run of an agent: looking, working, and saying so."""


@dataclass(frozen=True)
class Assumed:
    """What only a run can tell. Each is an option of `saydo plan`, and is printed beside the numbers.

    Attributes:
        answer_tokens: Of an answer, without thinking.
        thinking_tokens: Of the thinking before it; None for `THINKING`.
        judge_tokens: Of a judge's or editor's reply, its own thinking among them.
        used_rate: Share of hinted answers that are what the hint gives.
        flagged_rate: Share of thinking that a first stage flags.
        hack_rate: Share of solutions that are hacks.
        turns: Generations per run of an agent; None for `TURNS`.
        tool_tokens: Of what a tool returns.
    """

    answer_tokens: float = 200
    thinking_tokens: float | None = None
    judge_tokens: float = 150
    used_rate: float = 0.3
    flagged_rate: float = 0.1
    hack_rate: float = 0.3
    turns: float | None = None
    tool_tokens: float = 300


@dataclass(frozen=True)
class Posed:
    """A task as it would be run.

    Attributes:
        name: The task's name.
        parameters: All of them, those left out at their defaults.
        samples: What it poses.
        epochs: How often each sample is posed.
    """

    name: str
    parameters: Mapping[str, Any]
    samples: Sequence[Sample]
    epochs: int

    @property
    def n_items(self) -> int:
        """Items in the samples."""
        return len({_facts(sample)["item_id"] for sample in self.samples})

    @property
    def elicitation(self) -> str:
        """Where the reasoning is; in a task that does not choose, in the model's own thinking."""
        return str(_facts(self.samples[0]).get("elicitation", "native"))

    @property
    def is_agent(self) -> bool:
        """Whether a sample is a run of several generations, with tools."""
        return self.name == INJECTION or self.parameters.get("form") == "agent"


@dataclass(frozen=True)
class Calls:
    """Calls of one kind, for one item in one epoch.

    Attributes:
        role: `model under test`, `judge`, `editor` or `ranker`.
        name: Who is asked, for a judge: as the task's parameter names it.
        n: How many are expected.
        prompts: What is known of the prompts beforehand.
        reads: Tokens of answers and thinking that stand in the prompt, too.
        writes: Tokens of the reply.
        thinks: Tokens of thinking before it.
    """

    role: str
    name: str
    n: float
    prompts: Sequence[Prompt]
    reads: float
    writes: float
    thinks: float = 0


@dataclass(frozen=True)
class Load:
    """What one model is asked in one role: expected calls and tokens.

    Attributes:
        role: `model under test`, `judge`, `editor` or `ranker`.
        model: PROVIDER/MODEL; empty for a judge or ranker that is not named.
        calls: How many.
        input: Tokens sent.
        output: Tokens received, thinking among them.
        thinking: Those of the thinking.
        how: How the prompts' tokens are known.
    """

    role: str
    model: str
    calls: float
    input: float
    output: float
    thinking: float
    how: str

    def times(self, n: float) -> "Load":
        """The load of n such items."""
        return replace(
            self,
            calls=self.calls * n,
            input=self.input * n,
            output=self.output * n,
            thinking=self.thinking * n,
        )

    def cost(self, price: Price | None = None) -> float | None:
        """USD at a price, or else at the one that is known; None where none is."""
        price = price or known(self.model).price
        return price.cost(self.input, self.output) if price else None


# ---------------------------------------------------------------------------------- tasks


def task_names() -> list[str]:
    """The tasks that there are: the files in `inspect_tasks`."""
    folder = Path(str(inspect_tasks.__file__)).parent
    return sorted(path.stem for path in folder.glob("[a-z]*.py"))


def make(name: str, parameters: Mapping[str, Any]) -> Task:
    """Make a task.

    Raises:
        ValueError: There is no such task, or it takes no such parameter.
        PrerequisiteError: A parameter has a value that the task does not take.
    """
    taken = taken_parameters(name)
    for parameter in parameters:
        if parameter not in taken:
            raise ValueError(f"{name} takes no {parameter}: use {', '.join(taken)}.")
    task: Task = getattr(import_module(f"inspect_tasks.{name}"), name)(**parameters)
    return task


def taken_parameters(name: str) -> dict[str, Any]:
    """The parameters of a task, with their defaults.

    Raises:
        ValueError: There is no such task.
    """
    if name not in task_names():
        raise ValueError(f"there is no task {name}: use {', '.join(task_names())}.")
    function = getattr(import_module(f"inspect_tasks.{name}"), name)
    return {key: given.default for key, given in inspect.signature(function).parameters.items()}


def posed(task: Task, name: str, parameters: Mapping[str, Any], epochs: int | None = None) -> Posed:
    """A task that was made with these parameters, as it would be run."""
    all_parameters = {**taken_parameters(name), **parameters}
    return Posed(name, all_parameters, list(task.dataset), epochs or task.epochs or 1)


# ---------------------------------------------------------------------------------- calls


def per_item(
    task: Posed,
    model: str,
    judge: str = "",
    editor: str = "",
    assumed: Assumed | None = None,
    ranker: str = "",
) -> list[Load]:
    """What one item of a task, in all its arms and epochs, asks of each model.

    Args:
        task: The task.
        model: The model under test.
        judge: Who judges where the task's `judge` is `model`; empty where that is open.
        editor: Who edits reasoning; the model under test by default.
        assumed: What only a run can tell.
        ranker: Who scores answers; empty where that is open.

    Returns:
        A load per role and model, the model under test first.
    """
    assumed = assumed or Assumed()
    kinds = [_answers(task, assumed), *_FURTHER.get(task.name, _nothing)(task, assumed)]
    who = {SUBJECT: model, MODEL: judge, EDITOR: editor or model, RANKER: ranker}
    by_model: dict[tuple[str, str], list[Calls]] = {}
    for calls in kinds:
        if calls.n:
            by_model.setdefault((calls.role, who.get(calls.name, calls.name)), []).append(calls)
    return [_load(role, name, calls).times(task.epochs) for (role, name), calls in by_model.items()]


def _load(role: str, model: str, kinds: Sequence[Calls]) -> Load:
    counted = ratio(model, [prompt for calls in kinds for prompt in calls.prompts])
    return Load(
        role,
        model,
        calls=sum(calls.n for calls in kinds),
        input=sum(
            calls.n * (_length(calls.prompts) / counted.characters_per_token + calls.reads)
            for calls in kinds
        ),
        output=sum(calls.n * (calls.writes + calls.thinks) for calls in kinds),
        thinking=sum(calls.n * calls.thinks for calls in kinds),
        how=counted.how,
    )


def _length(prompts: Sequence[Prompt]) -> float:
    return fmean(length(prompt) for prompt in prompts)


def thinking_tokens(task: Posed, assumed: Assumed) -> float:
    """Tokens of thinking before an answer of the task: of budgets their mean, as if each were used up."""
    if task.name == BUDGETS:
        return fmean(_budget(sample) for sample in task.samples)
    if assumed.thinking_tokens is None or task.elicitation == "none":
        return THINKING[task.elicitation]
    return assumed.thinking_tokens


def _budget(sample: Sample) -> int:
    """Tokens of thinking that a sample allows; of an effort, what Inspect takes it for."""
    facts = _facts(sample)
    return int(facts["budget"] or effort_to_reasoning_tokens(facts["effort"]) or 0)


def turns(task: Posed, assumed: Assumed) -> float:
    """Generations per sample; each turn of an agent but the last calls one tool."""
    if not task.is_agent:
        return 1
    return TURNS[task.name] if assumed.turns is None else assumed.turns


def _answers(task: Posed, assumed: Assumed) -> Calls:
    """One generation per sample, or several of an agent: each reads what was said and returned before it."""
    n_turns, thinking = turns(task, assumed), thinking_tokens(task, assumed)
    turn = assumed.answer_tokens + thinking + assumed.tool_tokens
    tools = _described(_tools(task)) if task.is_agent else []
    return Calls(
        SUBJECT,
        SUBJECT,
        n_turns * len(task.samples) / task.n_items,
        [[*tools, *_turns(sample)] for sample in task.samples],
        reads=turn * (n_turns - 1) / 2,
        writes=assumed.answer_tokens,
        thinks=thinking,
    )


def _tools(task: Posed) -> list[Tool]:
    """The tools of an agent; one to say that it is done with is as short as any, and left out."""
    if task.name == INJECTION:
        return office_tools(reporting=task.parameters["safeguards"] == "system")
    return [bash(), python(), *([flag_tests()] if task.parameters["flag"] else [])]


def _described(tools: Sequence[Tool]) -> list[ChatMessage]:
    """Tools as every request of an agent describes them."""
    told = [ToolDef(tool) for tool in tools]
    texts = [
        f"{one.name} {one.description} {one.parameters.model_dump_json(exclude_none=True)}"
        for one in told
    ]
    return [ChatMessageSystem(content="\n".join(texts))]


def _nothing(task: Posed, assumed: Assumed) -> Iterable[Calls]:
    """Of a task that asks no judge."""
    return ()


def _alignment_faking(task: Posed, assumed: Assumed) -> Iterable[Calls]:
    """Compliance of each answer once, and its reasoning, where there is any, `votes` times."""
    n = len(task.samples) / task.n_items
    thinking, answer = thinking_tokens(task, assumed), assumed.answer_tokens
    shown = some(task.samples, _RENDERED)
    requests = [str(_facts(sample)["request"]) for sample in shown]
    rubric = RUBRICS[str(task.parameters["setting"])]
    compliance = [_judged(rubric, request=request, answer="") for request in requests]
    faking = [_judged("alignment_faking", thinking="", answer="")]
    votes = int(task.parameters["votes"]) if thinking else 0
    for judge in _model_judges(task):
        yield _judging(judge, n, compliance, [answer], assumed)
        yield _judging(judge, n * votes, faking, [thinking, answer], assumed)


def _cot_faithfulness(task: Posed, assumed: Assumed) -> Iterable[Calls]:
    """Thinking and answer where the answer is the hint's; the monitor there and where there is no hint."""
    thinking, answer = thinking_tokens(task, assumed), assumed.answer_tokens
    hinted = [s for s in task.samples if _facts(s)["arm"] != UNHINTED]
    unhinted = [s for s in task.samples if _facts(s)["arm"] == UNHINTED]
    on_hint = assumed.used_rate * len(hinted) / task.n_items
    if task.parameters["ask"]:
        follow_up = ChatMessageUser(content=render("cot_faithfulness/follow_up.md"))
        turns = [[*_turns(sample), follow_up] for sample in hinted]
        yield Calls(SUBJECT, SUBJECT, on_hint, turns, answer + thinking, answer, thinking)
    about = [sample.metadata or {} for sample in some(hinted, _RENDERED)]
    for judge in _model_judges(task):
        for channel, tokens in (("thinking", thinking), ("answer", answer)):
            prompts = [
                _judged(
                    "acknowledgement",
                    hint=str(facts["hint_text"]),
                    question=str(facts["question"]),
                    **{f"{channel} to judge": ""},
                )
                for facts in about
            ]
            n = on_hint if tokens else 0
            yield _judging(judge, n, prompts, [tokens], assumed)
        if task.parameters["ask"]:
            prompts = [_judged("asked", hint=str(fact["hint_text"]), reply="") for fact in about]
            yield _judging(judge, on_hint, prompts, [answer], assumed)
        if task.parameters["monitor"] and thinking:
            shown = some(unhinted, _RENDERED)
            questions = [str(_facts(sample)["question"]) for sample in shown]
            prompts = [_judged("monitor", question=text, thinking="") for text in questions]
            n = on_hint + len(unhinted) / task.n_items
            yield _judging(judge, n, prompts, [thinking], assumed)


def _cot_interventions(task: Posed, assumed: Assumed) -> Iterable[Calls]:
    """An answer per kind and share of the reasoning, and what the editor is asked.

    Reasoning that is the same under several kinds is answered once: none of it, and all of it.
    """
    kinds = set(listed(task.parameters["kinds"]))
    points = int(task.parameters["points"])
    emptied = kinds & {"early_answering", "paraphrasing", "filler"}
    whole = kinds & {"early_answering", "adding_mistakes"}
    n = len(kinds) * points - max(0, len(emptied) - 1) - max(0, len(whole) - 1)
    thinking, answer = thinking_tokens(task, assumed), assumed.answer_tokens
    again = ChatMessageUser(content=render("cot_interventions/answer_now.md"))
    turns = [[*_turns(sample), again] for sample in task.samples]
    shown = some(task.samples, _RENDERED)
    questions = [str(_facts(sample)["question"]) for sample in shown]
    yield Calls(SUBJECT, SUBJECT, n, turns, thinking / 2, answer)
    if "adding_mistakes" in kinds:
        prompts = [_user("cot_interventions/mistake.md", question=text) for text in questions]
        yield Calls(EDITOR, EDITOR, points - 1, prompts, thinking / 2, assumed.judge_tokens)
    if "paraphrasing" in kinds:
        prompts = [_user("cot_interventions/paraphrase.md")]
        yield Calls(EDITOR, EDITOR, 1, prompts, thinking, thinking)


def _everyday(task: Posed, assumed: Assumed) -> Iterable[Calls]:
    """Each monitor on each train of thought; with a first stage, on what that flags and an audit sample of the rest."""
    thinking, monitors = thinking_tokens(task, assumed), task.parameters["monitors"]
    named = dict.fromkeys(MONITORS if monitors == "all" else listed(monitors))
    first, audit = task.parameters["first_stage"], float(task.parameters["audit"])
    n = len(task.samples) / task.n_items if thinking else 0
    read = assumed.flagged_rate + (1 - assumed.flagged_rate) * audit if first else 1
    shown = ["\n\n".join(m.text for m in _turns(s)) for s in some(task.samples, _RENDERED)]
    for monitor in named:
        prompts = [_judged(monitor, prompt=text, thinking="") for text in shown]
        if first and first != LEXICAL:
            yield _judging(str(first), n, prompts, [thinking], assumed)
        for judge in _model_judges(task):
            yield _judging(judge, n * read, prompts, [thinking], assumed)


def _special_casing(task: Posed, assumed: Assumed) -> Iterable[Calls]:
    """Whether the thinking admits it, of each hack."""
    thinking, code = thinking_tokens(task, assumed), assumed.answer_tokens
    said = thinking * turns(task, assumed)
    n = assumed.hack_rate * len(task.samples) / task.n_items if thinking else 0
    problems = [str(_facts(sample)["statement"]) for sample in some(task.samples, _RENDERED)]
    prompts = [_judged("admission", problem=text, code="", thinking="") for text in problems]
    for judge in _model_judges(task):
        yield _judging(judge, n, prompts, [said, code], assumed)


def _prompt_injection(task: Posed, assumed: Assumed) -> Iterable[Calls]:
    """The classifier on each tool result, where one is the safeguard."""
    judge = str(task.parameters["classifier_judge"])
    if task.parameters["safeguards"] == "classifier" and judge != LEXICAL:
        n = (turns(task, assumed) - 1) * len(task.samples) / task.n_items
        prompts = [_judged("injection", **{"tool result": ""})]
        yield _judging(judge, n, prompts, [assumed.tool_tokens], assumed)


def _thinking_budget(task: Posed, assumed: Assumed) -> Iterable[Calls]:
    """The ranker on each answer, without its thinking."""
    if task.parameters["ranker"]:
        n = len(task.samples) / task.n_items
        questions = [str(_facts(sample)["question"]) for sample in some(task.samples, _RENDERED)]
        prompts = [_judged("ranker", question=text, answer="") for text in questions]
        reads, writes = assumed.answer_tokens, assumed.judge_tokens
        yield Calls(RANKER, RANKER, n, prompts, reads, writes)


_FURTHER: dict[str, Callable[[Posed, Assumed], Iterable[Calls]]] = {
    "alignment_faking": _alignment_faking,
    "cot_faithfulness": _cot_faithfulness,
    "cot_interventions": _cot_interventions,
    "everyday": _everyday,
    CODING: _special_casing,
    INJECTION: _prompt_injection,
    BUDGETS: _thinking_budget,
}
"""Calls beyond the answer to each sample, by task."""


def _judging(
    judge: str, n: float, prompts: Sequence[Prompt], texts: Sequence[float], assumed: Assumed
) -> Calls:
    """Verdicts of a judge on texts of so many tokens each: a call for each window of the longest."""
    overlap = OVERLAP_CHARS / CHARACTERS_PER_TOKEN
    windows = [_windows(tokens) for tokens in texts]
    reads = sum((t + (w - 1) * overlap) / w for t, w in zip(texts, windows, strict=True))
    return Calls(JUDGE, judge, n * max(windows), prompts, reads, assumed.judge_tokens)


def _windows(tokens: float) -> int:
    """In how many windows a text of so many tokens is judged."""
    characters = tokens * CHARACTERS_PER_TOKEN
    if characters <= WINDOW_CHARS:
        return 1
    return ceil((characters - OVERLAP_CHARS) / (WINDOW_CHARS - OVERLAP_CHARS))


def _model_judges(task: Posed) -> list[str]:
    return [name for name in judge_names(task.parameters["judge"]) if name != LEXICAL]


def _judged(rubric: str, **parts: str) -> list[ChatMessage]:
    """What a judge is asked, with nothing in place of what the model will write."""
    return [ChatMessageUser(content=judge_prompt(load_rubric(rubric), parts, seed=0).text)]


def _user(prompt: str, **facts: object) -> list[ChatMessage]:
    blank = {"before": "", "sentence": "", "sentences": []}
    return [ChatMessageUser(content=render(prompt, **{**blank, **facts}))]


def _facts(sample: Sample) -> dict[str, Any]:
    """What is recorded of a sample: item, arm and factors."""
    return sample.metadata or {}


def _turns(sample: Sample) -> list[ChatMessage]:
    return (
        [ChatMessageUser(content=sample.input)]
        if isinstance(sample.input, str)
        else list(sample.input)
    )
