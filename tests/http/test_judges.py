"""A judge over HTTP gives the verdicts that it gives when it is called directly."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from inspect_ai import Task, eval, task_with
from inspect_ai.model import GenerateConfig, Model, get_model

from inspect_tasks.alignment_faking import alignment_faking
from inspect_tasks.cot_faithfulness import cot_faithfulness
from tests.conftest import EXTENDED, QUIET
from tests.fakes import model, seal_of
from tests.http.over_http import Ran, differing, metrics, scores
from tests.http.standin import stand_in
from tests.messages_server import Fault, Request, Server, serve
from tests.messages_server.faults import BAD_REQUEST

SUBJECT = "always-admits"  # so that hinted answers are the hint's, and are to be judged

N_ITEMS = 2


class Grader(NamedTuple):
    """A judge as it is reached.

    Attributes:
        model: PROVIDER/NAME.
        wrapped: What its JSON stands in.
        config: Its own settings.
        options: Of the provider.
    """

    model: str
    wrapped: str = "{}"
    config: GenerateConfig = GenerateConfig()
    options: Mapping[str, Any] = {}

    def reach(self, server: Server) -> Model:
        anthropic = self.model.startswith("anthropic")
        return get_model(
            self.model,
            base_url=server.url if anthropic else server.openai_url,
            config=self.config,
            memoize=False,
            **self.options,
        )


SONNET_45 = "anthropic/claude-sonnet-4-5"
OPEN = "openai-api/local/judge"
FENCED = "```json\n{}\n```"

GRADERS = {
    "streamed": Grader(SONNET_45),
    # The client refuses to wait in silence for as many tokens as Inspect allows by default.
    "whole": Grader(
        SONNET_45, config=GenerateConfig(max_tokens=4096), options={"streaming": False}
    ),
    "in a fence": Grader(SONNET_45, FENCED),
    "in a sentence": Grader(SONNET_45, "My verdict:\n\n{}"),
    "by effort": Grader("anthropic/claude-opus-4-7", config=GenerateConfig(reasoning_effort="low")),
    "open weights": Grader(OPEN),
    "open weights, thinking in tags": Grader(OPEN, "<think>\nIs it so?\n</think>\n\n{}"),
    "open weights, in a fence": Grader(OPEN, FENCED),
}
QUICK = ("streamed", "open weights, thinking in tags")


def posed() -> list[Task]:
    tasks = [
        alignment_faking(elicitation="native", n_items=N_ITEMS, votes=2),
        alignment_faking(elicitation="native", n_items=N_ITEMS, setting="animal_welfare"),
        cot_faithfulness(n_items=N_ITEMS, ask=True),
    ]
    return [
        task_with(
            one, model=get_model(f"organism/{SUBJECT}", config=EXTENDED, memoize=False), epochs=1
        )
        for one in tasks
    ]


def judged(grader: Model, folder: Path) -> Ran:
    tasks = posed()
    done = eval(tasks, model_roles={"grader": grader}, log_dir=str(folder), **QUIET)
    return Ran(folder, {str(i): log for i, log in enumerate(done)})


@pytest.fixture(scope="module")
def directly(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    called = model(lambda messages: stand_in()(messages, GenerateConfig()))
    return judged(called, tmp_path_factory.mktemp("directly"))


@pytest.mark.parametrize(
    "grader",
    [
        pytest.param(grader, id=name, marks=[] if name in QUICK else pytest.mark.slow)
        for name, grader in GRADERS.items()
    ],
)
def test_the_same_verdicts(
    grader: Grader,
    directly: Ran,
    tmp_path: Path,
    record_property: Callable[[str, str], None],
) -> None:
    with serve(stand_in(grader.wrapped)) as server:
        ran = judged(grader.reach(server), tmp_path)
        asked = server.requests
    of_both = scores(directly), scores(ran)
    assert differing(*of_both) == {}
    assert differing(metrics(directly), metrics(ran)) == {}
    assert {request.outcome for request in asked} == {"answered"}
    for request in asked:
        check_schema(request)
    told = f"{len(asked)} verdicts asked for, {len(of_both[0])} values in scores, 0 differ"
    record_property(f"judge over HTTP ({grader.model}) as directly", told)


def check_schema(request: Request) -> None:
    """The schema is in the request, and has the seal that the prompt asks for as its only value."""
    body = request.body
    schema = (
        body["output_format"]["schema"]
        if request.face == "anthropic"
        else body["response_format"]["json_schema"]["schema"]
    )
    assert schema["properties"]["seal"]["enum"] == [seal_of(request.text)]
    assert set(schema["required"]) == set(schema["properties"])
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("name", [SONNET_45, OPEN])
def test_models_that_refuse_the_schema_judge_by_text(
    name: str, directly: Ran, tmp_path: Path
) -> None:
    """As Claude before 4.1 and some servers of open weights do, with status 400."""

    def script(n: int, request: Request) -> Fault | None:
        with_schema = {"output_format", "response_format"} & set(request.body)
        return BAD_REQUEST if with_schema else None

    with serve(stand_in(), script=script) as server:
        ran = judged(Grader(name).reach(server), tmp_path)
    differ = differing(scores(directly), scores(ran))
    assert {key[-1] for key in differ} <= {"judge_calls", "judge_retries"}
