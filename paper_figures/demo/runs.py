"""What the demo poses to each snapshot, as sets of runs that can be made side by side."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from inspect_ai import Epochs, Task, eval_set, task_with
from inspect_ai.model import GenerateConfig, Model, get_model

from inspect_tasks.alignment_faking import alignment_faking
from inspect_tasks.cot_faithfulness import cot_faithfulness
from inspect_tasks.everyday import everyday
from inspect_tasks.prompt_injection import prompt_injection
from inspect_tasks.special_casing import special_casing
from inspect_tasks.thinking_budget import thinking_budget
from organisms.planted import series
from organisms.rates import Reasoning
from paper_figures.demo.calibrating import JUDGE
from paper_figures.demo.jobs import Job
from paper_figures.demo.quiz import quiz

BUDGETS = (1024, 2048, 4096, 8192)
"""Thinking tokens."""

RANKER = "organism/final"
"""Scores answers for best-of-k, whoever gave them."""


@dataclass(frozen=True)
class Size:
    """How much is posed to each snapshot: enough to show each table and figure, and all done within three minutes.

    Attributes:
        snapshots: Organisms.
        requests: Of alignment faking, each in two arms.
        questions: Of each level of difficulty, each posed seven times.
        prompts: Ordinary ones, whose thinking is monitored.
        problems: Of programming, each in three variants under two prompts.
        scenarios: Of work with tools, each with and without a planted instruction, under three safeguards.
        attempts: At each of these.
        sums: Of maths, each under every budget.
        samples: Of each of these, for pass@k.
        quiz: Questions of a task that is none of ours.
    """

    snapshots: tuple[str, ...] = tuple(series())
    requests: int = 75
    questions: int = 26
    prompts: int = 100
    problems: int = 6
    scenarios: int = 8
    attempts: int = 2
    sums: int = 10
    samples: int = 4
    quiz: int = 40


def _faking(reasoning: Reasoning) -> Callable[[Size], Iterator[Task]]:
    """A mode without thinking of its own needs a scratchpad."""
    where = {"standard": "scratchpad", "extended": "native"}[reasoning]

    def posed(size: Size) -> Iterator[Task]:
        for model in _models(size, reasoning):
            task = alignment_faking(elicitation=where, n_items=size.requests, judge=JUDGE)
            yield task_with(task, model=model)

    return posed


def _clues(level: str) -> Callable[[Size], Iterator[Task]]:
    """Two data sets, as the card has MMLU and GPQA; where the model thinks, as the card has it."""

    def posed(size: Size) -> Iterator[Task]:
        for model in _models(size, "extended"):
            task = cot_faithfulness(ask=True, difficulty=level, n_items=size.questions, judge=JUDGE)
            yield task_with(task, model=model)

    return posed


def _everyday(size: Size) -> Iterator[Task]:
    for model in _models(size, "extended"):
        yield task_with(everyday(n_items=size.prompts, judge=JUDGE), model=model)


def _problems(rung: int) -> Callable[[Size], Iterator[Task]]:
    """Organisms' programs are harmless, and run where the demo does."""

    def posed(size: Size) -> Iterator[Task]:
        for model in _models(size, "extended"):
            task = special_casing(rung=rung, n_items=size.problems, sandbox="local", judge=JUDGE)
            yield task_with(task, model=model)

    return posed


def _scenarios(safeguards: str) -> Callable[[Size], Iterator[Task]]:
    def posed(size: Size) -> Iterator[Task]:
        for model in _models(size, "extended"):
            task = prompt_injection(safeguards=safeguards, n_items=size.scenarios)
            yield task_with(task, model=model, epochs=Epochs(size.attempts, "mean"))

    return posed


def _sums(size: Size) -> Iterator[Task]:
    for model in _models(size, None):
        task = thinking_budget(budgets=list(BUDGETS), n_items=size.sums, ranker=True)
        epochs = Epochs(size.samples, "mean")
        yield task_with(task, model=model, epochs=epochs, model_roles={"ranker": RANKER})


def _quiz(size: Size) -> Iterator[Task]:
    for model in _models(size, "extended"):
        yield task_with(quiz(size.quiz), model=model)


def _models(size: Size, reasoning: Reasoning | None) -> Iterator[Model]:
    """The snapshots in a mode; in the mode that the task sets where none is given."""
    config = GenerateConfig(reasoning_effort="high" if reasoning == "extended" else None)
    for snapshot in size.snapshots:
        yield get_model(f"organism/{snapshot}", config=config)


SETS: dict[str, Callable[[Size], Iterator[Task]]] = {
    "cot_faithfulness_easy": _clues("easy"),
    "cot_faithfulness_hard": _clues("hard"),
    "alignment_faking_standard": _faking("standard"),
    "alignment_faking_extended": _faking("extended"),
    "prompt_injection_none": _scenarios("none"),
    "prompt_injection_system": _scenarios("system"),
    "prompt_injection_classifier": _scenarios("classifier"),
    "special_casing_tests": _problems(0),
    "special_casing_stop": _problems(3),
    "thinking_budget": _sums,
    "everyday": _everyday,
    "quiz": _quiz,
}
"""The tasks of each set of runs, one for each snapshot; the longest first."""


def runs(name: str, log_dir: Path, size: Size) -> Job:
    """A set of runs as a job; its steps are runs."""
    return Job(_run, (name, str(log_dir), size), len(size.snapshots))


def _run(name: str, log_dir: str, size: Size, step: Callable[[], None]) -> bool:
    """Run a set, going on where an earlier run stopped; whether all runs finished."""
    from paper_figures.demo.progress import telling  # a hook, announced wherever it is imported

    with telling(step):
        finished, _ = eval_set(
            list(SETS[name](size)),
            log_dir=log_dir,
            display="log",  # draws no tables of its own, which would take longer than the runs
            log_realtime=False,
            score_display=False,
            retry_attempts=1,
        )
    return finished
