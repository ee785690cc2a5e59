"""Inspect tasks as other projects write them, and models that get some of them right.

Nothing of these tasks is known to `analysis`: no arms, scorers of many kinds, metadata of any shape.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from inspect_ai import Epochs, Task, task_with
from inspect_ai.dataset import Sample
from inspect_ai.model import (
    ChatMessage,
    ChatMessageTool,
    GenerateConfig,
    Model,
    ModelOutput,
    get_model,
)
from inspect_ai.scorer import (
    Score,
    Scorer,
    Target,
    accuracy,
    choice,
    includes,
    match,
    mean,
    model_graded_qa,
    multi_scorer,
    scorer,
    stderr,
)
from inspect_ai.solver import TaskState, generate, multiple_choice, use_tools
from inspect_ai.tool import Tool, tool

from tests import fakes

N_SUMS = 10
KNOWS = {"early": 3, "middle": 5, "late": 8}
"""Sums that each snapshot gets right in standard mode; extended, it gets one more."""

MODES = {"standard": GenerateConfig(), "extended": GenerateConfig(reasoning_effort="high")}
UNGRADED = 2
"""The sum whose answer the grader gives no grade."""

MOST_MESSAGES, BRIEF = 8, 4
"""Of the task `searches`: where it is cut off, and what is soon."""

BROKEN = (1, 9)
"""Sums at which the provider of the task `breaks` fails."""


def known(snapshot: str, mode: str) -> int:
    return KNOWS[snapshot] + (mode == "extended")


def searched(n: int) -> int:
    """How often a sum's agent calls its tool before it answers, in the task `searches`."""
    return n % 5


def cut_off(n: int) -> bool:
    """Whether the message limit ends that before the answer: a call is two messages, and the question one."""
    return 1 + 2 * searched(n) >= MOST_MESSAGES


def sums(**metadata: Any) -> list[Sample]:
    return [
        Sample(input=f"What is {n} plus {n}?", target=str(2 * n), metadata=metadata or None)
        for n in range(1, N_SUMS + 1)
    ]


def options() -> list[Sample]:
    return [
        Sample(input=f"What is {n} plus {n}?", choices=[str(2 * n), "no number"], target="A")
        for n in range(1, N_SUMS + 1)
    ]


def oddly_named() -> list[Sample]:
    """Ids that are numbers, and metadata that is no single value or has names of our columns."""
    found = sums(tags=["easy", "sum"], limits={"digits": 2}, arm="treated", setting=None, score=3)
    return [sample.model_copy(update={"id": 1000 + i}) for i, sample in enumerate(found)]


def correct(state: TaskState, target: Target) -> bool:
    return state.output.completion.endswith(target.text)


def number(state: TaskState) -> int:
    return int(state.input_text.split()[2])


@scorer(metrics=[accuracy(), stderr()])
def passed() -> Scorer:
    """A boolean."""

    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=correct(state, target))

    return score


@scorer(metrics=[mean()])
def points() -> Scorer:
    """A number that is no share: 10 for a right answer, and -1 for a wrong one."""

    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=10 if correct(state, target) else -1)

    return score


@scorer(metrics={"right": [accuracy()], "partly": [mean()], "length": [mean()]})
def by_key() -> Scorer:
    """Several keys, one of them the answer itself: "C" for every second, which is no grade."""

    async def score(state: TaskState, target: Target) -> Score:
        right, n = correct(state, target), number(state)
        length = 7 * n if n > 1 else None
        return Score(
            value={"right": right, "partly": n / N_SUMS, "length": length, "option": "BC"[n % 2]}
        )

    return score


@scorer(metrics={"right": [accuracy()], "brief": [accuracy()]})
def graded_by_key() -> Scorer:
    """Grades by key, as of an agent: whether the answer is right, and whether there was one soon."""

    async def score(state: TaskState, target: Target) -> Score:
        soon = len(state.messages) <= BRIEF
        return Score(
            value={"right": "C" if correct(state, target) else "I", "brief": "C" if soon else "I"}
        )

    return score


@scorer(metrics=[accuracy()])
def each_part() -> Scorer:
    """A list, which has no single number."""

    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=[1, correct(state, target)])

    return score


@scorer(metrics=[accuracy()])
def verdict() -> Scorer:
    """Grades, partial ones among them, and one text that is none."""

    async def score(state: TaskState, target: Target) -> Score:
        n = number(state)
        return Score(value="undecided" if n == N_SUMS else "CPIN"[n % 4])

    return score


@tool
def plus() -> Tool:
    async def execute(n: int) -> str:
        """Double a number.

        Args:
            n: The number.
        """
        return str(2 * n)

    return execute


def grader() -> Model:
    """Grades by whether the submission ends with the expert's answer."""

    def grade(messages: list[ChatMessage]) -> ModelOutput:
        lines = messages[-1].text.splitlines()
        submission, criterion = (
            next(line for line in lines if line.startswith(f"[{name}]: ")).split("]: ")[1]
            for name in ("Submission", "Criterion")
        )
        if criterion == str(2 * UNGRADED):
            return fakes.output("I would rather not say.")
        return fakes.output(f"GRADE: {'C' if submission.endswith(criterion) else 'I'}")

    return fakes.model(grade)


TASKS: dict[str, Callable[[], Task]] = {
    "letters": lambda: Task(dataset=sums(), scorer=[match(), includes()]),
    "panel": lambda: Task(dataset=sums(), scorer=multi_scorer([match(), includes()], "mode")),
    "options": lambda: Task(dataset=options(), solver=multiple_choice(), scorer=choice()),
    "numbers": lambda: Task(dataset=sums(), scorer=[passed(), points(), each_part()]),
    "keys": lambda: Task(dataset=sums(), scorer=by_key()),
    "grades": lambda: Task(dataset=sums(), scorer=verdict()),
    "graded": lambda: Task(dataset=sums(), scorer=model_graded_qa(model=grader())),
    "epochs": lambda: Task(dataset=sums(), scorer=match(), epochs=Epochs(2, ["mean", "max"])),
    "agent": lambda: Task(dataset=sums(), solver=[use_tools(plus()), generate()], scorer=match()),
    "sampled": lambda: Task(
        dataset=sums(), scorer=passed(), epochs=Epochs(4, ["mean", "pass_at_2"])
    ),
    "searches": lambda: Task(
        dataset=sums(),
        solver=[use_tools(plus()), generate()],
        scorer=graded_by_key(),
        message_limit=MOST_MESSAGES,
    ),
    "breaks": lambda: Task(dataset=sums(), scorer=match(), fail_on_error=False),
    "odd": lambda: Task(dataset=oddly_named(), scorer=match()),
}


class Subject:
    """A model that knows the first so many sums, and two more whenever it is asked again."""

    def __init__(self, snapshot: str, mode: str, task: str) -> None:
        self._known, self._task = known(snapshot, mode), task
        self._asked: Counter[int] = Counter()
        self.model = get_model(
            f"mockllm/{snapshot}",
            config=MODES[mode],
            custom_outputs=lambda messages, *_: self._answer(messages),
            memoize=False,
        )

    def _answer(self, messages: list[ChatMessage]) -> ModelOutput:
        asked = next(message.text for message in messages if " plus " in message.text)
        n = int(asked.split(" plus ")[0].split()[-1])
        if self._task == "breaks" and n in BROKEN:
            raise RuntimeError("the provider is down")
        if self._task == "agent" and not isinstance(messages[-1], ChatMessageTool):
            call = ModelOutput.for_tool_call("fake", "plus", {"n": n})
            return call.model_copy(update={"usage": fakes.USAGE})
        if self._task == "searches" and len(messages) < 1 + 2 * searched(n):
            call = ModelOutput.for_tool_call("fake", "plus", {"n": n})
            return call.model_copy(update={"usage": fakes.USAGE})
        right = n <= self._known + 2 * self._asked[n]
        self._asked[n] += 1
        if self._task == "options":
            return fakes.output(f"ANSWER: {'A' if right else 'B'}")
        return fakes.output(f"It is {2 * n}" if right else "I cannot tell")


def posed(name: str, snapshot: str, mode: str) -> Task:
    """A task as a snapshot gets it in a mode."""
    return task_with(TASKS[name](), name=name, model=Subject(snapshot, mode, name).model)


def every() -> list[Task]:
    """Each task in each mode, over all snapshots."""
    return [posed(name, snapshot, mode) for name in TASKS for snapshot in KNOWS for mode in MODES]
