"""How often the model was asked, and how often again: from the events of real runs, and the same in rescoring."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, eval
from inspect_ai import score as score_again
from inspect_ai._util.retry import report_http_retry
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog
from inspect_ai.model import (
    CachePolicy,
    ChatMessage,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    get_model,
    modelapi,
)
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver
from inspect_ai.tool import ToolChoice, ToolInfo
from inspect_ai.util import collect
from tenacity import wait_none

from scorers.calls import model_calls_and_retries
from tests.fakes import output

QUIET: dict[str, Any] = {"display": "none", "log_dir": "", "log_level": "warning"}


class Faulty(ConnectionError):
    """What may be tried again."""


@modelapi(name="scripted")
class ScriptedAPI(ModelAPI):
    """`scripted/m_SCRIPT`: one sign per attempt, then answers for ever.

    `!` fails, and may be tried again; `x` fails for good; `2` answers after two requests of the client's own; `.` answers.
    """

    def __init__(self, model_name: str, *_: Any, **__: Any) -> None:
        super().__init__(model_name)
        self.left = list(model_name.partition("_")[2])

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        sign = self.left.pop(0) if self.left else "."
        if sign == "!":
            raise Faulty("try again")
        if sign == "x":
            raise RuntimeError("broken")
        for _ in range(int(sign) if sign.isdigit() else 0):
            report_http_retry()  # as the hooks in a provider's client do
        return output("an answer")

    def should_retry(self, ex: BaseException) -> bool:
        return isinstance(ex, Faulty)

    def retry_wait(self) -> Any:
        return wait_none()


@scorer(metrics={"*": [mean()]})
def counted() -> Scorer:
    """The counts, as scorers have them in their value, after judges were asked in several ways."""

    async def score(state: TaskState, target: Target) -> Score:
        for judge in (get_model(role="grader", default=get_model()), get_model()):
            await collect(judge.generate("Judge this."), judge.generate("And this."))
        return Score(value=dict(model_calls_and_retries()))

    return score


@solver
def edit() -> Solver:
    """Ask another model in the middle of the sample."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        await get_model(role="editor", default=get_model()).generate("Edit this.")
        return state

    return solve


def run(script: str, solvers: Sequence[Solver], **options: Any) -> EvalLog:
    task = Task(dataset=[Sample(input="Say it.", id=1)], solver=list(solvers), scorer=counted())
    model = get_model(f"scripted/m_{script}", memoize=False)
    [log] = eval(task, model=model, **QUIET | options)
    assert log.status == "success", log.error
    return log


def counts(log: EvalLog) -> tuple[float, float]:
    [sample] = log.samples or []
    value = (sample.scores or {})["counted"].value
    assert isinstance(value, dict)
    return float(value["model_calls"] or 0), float(value["model_retries"] or 0)


TWICE = [generate(), generate()]


@pytest.mark.parametrize(
    ("script", "solvers", "expected"),
    [
        ("", [generate()], (1, 0)),
        ("..", TWICE, (2, 0)),
        ("!!", [generate()], (1, 2)),
        ("!.!", TWICE, (2, 2)),
        ("2", [generate()], (1, 2)),
        ("!1.", TWICE, (2, 2)),
        ("..", [generate(), edit()], (1, 0)),
    ],
)
def test_attempts_are_generations_and_retries(
    script: str, solvers: list[Solver], expected: tuple[int, int]
) -> None:
    log = run(script, solvers)
    assert counts(log) == expected
    again = score_again(log, counted(), action="overwrite", display="none")
    assert counts(again) == expected


def test_an_answer_out_of_the_cache_asks_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path))
    cached = [generate(cache=CachePolicy())]
    assert counts(run("", cached)) == (1, 0)
    assert counts(run("", cached)) == (0, 0)


def test_of_a_sample_that_was_run_again_the_last_time_counts() -> None:
    log = run("!x!.", [generate()], retry_on_error=1)
    assert counts(log) == (1, 1)
    assert (log.samples or [])[0].error_retries


def test_without_events_nothing_is_known() -> None:
    log = run("", [generate()])
    (log.samples or [])[0].events.clear()
    again = score_again(log, counted(), action="overwrite", display="none")
    value = ((again.samples or [])[0].scores or {})["counted"].as_dict()
    assert [v != v for v in value.values()] == [True, True]
