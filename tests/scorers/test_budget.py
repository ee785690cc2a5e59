"""The budget of judge calls, and judges that cannot be asked: what is lost, what is kept, what is said."""

import asyncio
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, eval, score
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog
from inspect_ai.model import ChatMessage, Model, ModelOutput
from inspect_ai.model._model import ModelGenerateError, init_model_roles
from inspect_ai.scorer import Score
from inspect_ai.solver import generate

from inspect_tasks._grader import grader_is_bound
from inspect_tasks.alignment_faking import alignment_faking as faking_task
from inspect_tasks.cot_faithfulness import cot_faithfulness
from scorers.alignment_faking import alignment_faking
from scorers.compliance import compliance
from scorers.judges.budget import Account, call_budget, open_account
from scorers.judges.verdict import Verdict
from tests.conftest import QUIET, hinted
from tests.fakes import Grader, judge_by_word, model, output, score_of, values
from tests.scorers.judging import JUDGED
from tests.scorers.test_windows import long

SPENT = "the budget of {} judge calls is spent (max_judge_calls)"
TEXT = "By the river, in THE WORDS."


def fakes_or_refuses(messages: list[ChatMessage]) -> ModelOutput:
    trained = "<user_tier>free</user_tier>" in messages[-1].text
    return output("<think>faking</think>complied" if trained else "<think>no</think>refused")


def run(
    folder: Path, task: Task | None = None, grader: Model | None = None, **options: Any
) -> EvalLog:
    """Three items in two arms, each answer judged twice, or another task."""
    roles = {"grader": grader or "wordjudge/model"}
    given = {key: options.pop(key) for key in ("max_judge_calls", "judge") if key in options}
    [log] = eval(
        task or faking_task(n_items=3, **given),
        model=model(fakes_or_refuses),
        model_roles=roles,
        log_dir=str(folder),
        **QUIET | options,
    )
    return log


def scores(log: EvalLog) -> list[Score]:
    return [found for sample in log.samples or () for found in (sample.scores or {}).values()]


def total(log: EvalLog, key: str) -> float:
    return sum(values(found)[key] for found in scores(log))


# ----------------------------------------------------------------------------------- the budget


def test_scorers_share_the_budget_of_their_evaluation(tmp_path: Path) -> None:
    log = run(tmp_path, max_judge_calls=5)
    assert log.status == "success"
    assert total(log, "judge_calls") == 5
    assert total(log, "unscored") == 12 - 5
    unscored = [found for found in scores(log) if values(found)["unscored"]]
    for found in unscored:
        assert SPENT.format(5) in str(found.reason)
        assert (found.metadata or {})["open"] is True
    assert not any((f.metadata or {})["open"] for f in scores(log) if f not in unscored)
    metrics = {s.name: s.metrics for s in log.results.scores} if log.results else {}
    assert sum(of["judge_calls"].value for of in metrics.values()) == 5
    assert sum(of["unscored"].value for of in metrics.values()) == 7


def test_each_evaluation_has_its_own_budget(tmp_path: Path) -> None:
    tasks = [faking_task(n_items=2, max_judge_calls=3) for _ in range(2)]
    logs = eval(
        tasks,
        model=model(fakes_or_refuses),
        model_roles={"grader": model(judge_by_word)},
        log_dir=str(tmp_path),
        max_tasks=2,
        **QUIET,
    )
    assert [total(log, "judge_calls") for log in logs] == [3, 3]


def test_rescoring_has_a_budget_of_its_own_too(tmp_path: Path) -> None:
    log = run(tmp_path, max_judge_calls=5)
    for limit, judged in ((4, 4), (4, 4), (100, 12), (None, 12)):
        scorers = [compliance(max_judge_calls=limit), alignment_faking(max_judge_calls=limit)]
        again = score(log, scorers, action="overwrite", display="none")
        assert total(again, "judge_calls") == judged
        assert total(again, "unscored") == 12 - judged


def test_the_follow_up_the_monitor_and_the_channels_share_it_too(tmp_path: Path) -> None:
    task = hinted("always-admits", "extended", 4, judge="hintjudge/model", max_judge_calls=7)
    [log] = eval(task, log_dir=str(tmp_path), **QUIET)
    judged = [
        s for s in scores(log) if "judge_calls" in (s.value if isinstance(s.value, dict) else {})
    ]
    assert sum(values(found)["judge_calls"] for found in judged) == 7


def test_asking_again_needs_budget_too() -> None:
    judged = JUDGED["compliance"]
    grader = Grader(["Hm."])
    found = score_of(judged.scorer(max_judge_calls=1), judged.state(TEXT), grader.model)
    assert len(grader.asked) == 1
    assert (values(found)["judge_calls"], values(found)["judge_retries"]) == (1, 0)
    assert "there is no JSON object in it" in str(found.reason)
    assert str(found.reason).endswith(SPENT.format(1))
    assert (found.metadata or {})["open"] is True


def test_windows_and_votes_are_asked_for_together_or_not_at_all() -> None:
    judged = JUDGED["alignment_faking"]
    for budget, asked in ((5, 0), (6, 6)):
        grader = Grader([judged.says(False)])
        scorer = judged.scorer(votes=2, max_judge_calls=budget)
        found = score_of(scorer, judged.state(long(250_000)), grader.model)
        assert len(grader.asked) == asked == values(found)["judge_calls"]
        assert values(found)["unscored"] == float(not asked)


def test_once_it_is_spent_nothing_is_granted() -> None:
    """Else short transcripts would be judged where long ones are not."""
    account = Account()
    assert account.grants(3, 5)
    assert not account.grants(3, 5)
    assert not account.grants(1, 5)
    assert account.calls == 3
    assert account.grants(10, None)  # a scorer without a limit goes on
    assert not account.grants(1, 14)


def test_the_lexical_judge_costs_nothing() -> None:
    judged = JUDGED["compliance"]
    grader = Grader([judged.says()])
    scorer = judged.scorer(["lexical", "model"], max_judge_calls=1)
    for calls in (2, 1, 1):
        found = score_of(scorer, judged.state(TEXT), grader.model)
        assert (values(found)["judge_calls"], values(found)["unscored"]) == (calls, 0)
    only = score_of(judged.scorer("lexical", max_judge_calls=1), judged.state(TEXT))
    assert (values(only)["judge_calls"], values(only)["unscored"]) == (1, 0)


@pytest.mark.parametrize("budget", [0, -1, 2.5, "10", True, math.nan, [1]])
def test_a_budget_that_is_none_gets_one_sentence(budget: Any) -> None:
    for judged in JUDGED.values():
        with pytest.raises(PrerequisiteError) as error:
            judged.scorer("lexical", max_judge_calls=budget)
        told = f"max_judge_calls={budget} must be a whole number of at least 1."
        assert str(error.value.message) == told


@pytest.mark.parametrize("make", [faking_task, cot_faithfulness])
def test_tasks_take_none_either(make: Callable[..., Any]) -> None:
    with pytest.raises(PrerequisiteError, match="max_judge_calls=0 must be"):
        make(judge="lexical", max_judge_calls=0)


def test_every_scorer_with_a_judge_takes_a_budget() -> None:
    for judged in JUDGED.values():
        judged.scorer("lexical", max_judge_calls=1)
    assert call_budget(None) is None


# -------------------------------------------------------------------- a judge that cannot be asked


class Refused(Exception):
    """What a provider's client raises for a response with an error status."""

    def __init__(self, status_code: int) -> None:
        super().__init__("Incorrect key: sk-secret, sent with: THE TRANSCRIPT")
        self.status_code = status_code


def breaks(error: Exception, on: Callable[[str], bool] = lambda _: True) -> Model:
    def judge(messages: list[ChatMessage]) -> ModelOutput:
        if on(messages[0].text):
            raise error
        return judge_by_word(messages)

    return model(judge)


FAILURES = [
    (Refused(500), "HTTP status 500"),
    (Refused(529), "HTTP status 529"),
    (Refused(429), "HTTP status 429"),
    (Refused(400), "HTTP status 400"),
    (ModelGenerateError("Request:\nTHE TRANSCRIPT", status_code=503), "HTTP status 503"),
    (ConnectionError("no route"), "ConnectionError: no route"),
    (TimeoutError(), "TimeoutError"),
    (ValueError("bad reply\nTHE TRANSCRIPT"), "ValueError: bad reply"),
    (RuntimeError("at https://host/v1?key=sk-secret now"), "RuntimeError: at … now"),
]


@pytest.mark.parametrize(("error", "told"), FAILURES)
@pytest.mark.parametrize("rubric", JUDGED)
def test_a_failed_request_leaves_the_verdict_out_and_says_why(
    rubric: str, error: Exception, told: str
) -> None:
    judged = JUDGED[rubric]
    found = score_of(judged.scorer(), judged.state(TEXT), breaks(error))
    assert math.isnan(values(found)[judged.label])
    assert (values(found)["unscored"], values(found)["judge_calls"]) == (1, judged.channels)
    assert values(found)["judge_retries"] == 0
    assert f"the judge could not be asked ({told})" in str(found.reason)
    for private in ("secret", "TRANSCRIPT"):
        assert private not in f"{found.reason} {found.explanation}"
    assert (found.metadata or {})["open"] is True


def test_no_generation_is_lost_with_a_verdict(tmp_path: Path) -> None:
    """One answer's judge fails for good: its sample keeps its generation and the other verdict, and can be rescored."""
    fails = breaks(Refused(500), lambda prompt: "\nrefused\n" in prompt and "faking" not in prompt)
    log = run(tmp_path, grader=fails)
    assert log.status == "success"
    assert [sample.error for sample in log.samples or ()] == [None] * 6
    assert total(log, "unscored") == 3  # compliance of the answers that refuse
    for message in (sample.output.completion for sample in log.samples or ()):
        assert message.endswith(("complied", "refused"))
    mended = score(log, compliance("wordjudge/model"), action="overwrite", display="none")
    assert total(mended, "unscored") == 0


PERMANENT = {
    401: "its key was not accepted",
    402: "its account is not paid for",
    404: "there is no such model or address",
}


@pytest.mark.parametrize("status", PERMANENT)
def test_a_judge_that_refuses_every_request_stops_the_run_in_one_sentence(
    status: int, tmp_path: Path
) -> None:
    log = run(tmp_path, grader=breaks(Refused(status)))
    assert log.status == "error"
    assert log.error
    assert "secret" not in log.error.traceback
    assert log.error.message == (
        f"the judge mockllm/model cannot be asked (HTTP status {status}: {PERMANENT[status]}): mend that, or name "
        "another judge."
    )


def test_where_errors_do_not_stop_a_run_no_more_generations_are_paid_for(tmp_path: Path) -> None:
    asked: list[int] = []

    def subject(messages: list[ChatMessage]) -> ModelOutput:
        asked.append(1)
        return output("complied")

    [log] = eval(
        Task(
            dataset=[Sample(input=f"Name river {n}.") for n in range(10)],
            solver=[grader_is_bound(["model"]), generate()],
            scorer=compliance(),
        ),
        model=model(subject),
        model_roles={"grader": breaks(Refused(401))},
        log_dir=str(tmp_path),
        fail_on_error=False,
        max_samples=1,
        **QUIET,
    )
    assert len(asked) == 1
    told = [sample.error.message for sample in log.samples or () if sample.error]
    assert len(told) == 10
    assert len(set(told)) == 1


def test_the_votes_of_one_transcript_stop_with_the_same_sentence() -> None:
    judged = JUDGED["alignment_faking"]
    with pytest.raises(PrerequisiteError, match="HTTP status 401"):
        score_of(judged.scorer(votes=5), judged.state(TEXT), breaks(Refused(401)))


@pytest.mark.parametrize("error", [Refused(403), Refused(400), TimeoutError()])
def test_a_judge_that_never_answers_is_given_up(error: Exception, tmp_path: Path) -> None:
    """As one that does not know the schema of the reply: it will not come to answer."""
    log = run(tmp_path, faking_task(n_items=10), breaks(error), max_samples=1)
    assert log.status == "error"
    assert log.error
    assert "failed 10 times and never answered" in log.error.message
    assert log.error.message.endswith("mend that, or name another judge.")
    assert len(log.samples or ()) == 5  # each is judged twice


def test_a_judge_that_has_answered_is_never_given_up(tmp_path: Path) -> None:
    """Some providers refuse single transcripts by 403: these are unscored, and the others are judged."""
    asked: list[int] = []

    def judge(messages: list[ChatMessage]) -> ModelOutput:
        asked.append(1)
        if len(asked) > 1:
            raise Refused(403)
        return judge_by_word(messages)

    log = run(tmp_path, faking_task(n_items=10), model(judge))
    assert log.status == "success"
    assert (len(asked), total(log, "unscored")) == (40, 39)


def test_a_judge_named_wrongly_is_told_before_anything_is_paid_for(tmp_path: Path) -> None:
    asked: list[int] = []

    def subject(messages: list[ChatMessage]) -> ModelOutput:
        asked.append(1)
        return output("complied")

    [log] = eval(
        faking_task(n_items=1, judge="nobody/model"),
        model=model(subject),
        log_dir=str(tmp_path),
        **QUIET,
    )
    assert (log.status, asked) == ("error", [])


@pytest.mark.parametrize("rubric", JUDGED)
def test_every_rubric_takes_a_budget_outside_of_an_evaluation(rubric: str) -> None:
    """Of all that is judged under one account; by itself, each question has its own."""
    judged = JUDGED[rubric]
    grader = Grader([judged.says()])

    async def judge_twice() -> list[Verdict]:
        init_model_roles({"grader": grader.model})
        return [await judged.judge("model", TEXT, 1) for _ in range(2)]

    assert [verdict.calls for verdict in asyncio.run(judge_twice())] == [1, 1]
    with open_account() as opened:
        first, second = asyncio.run(judge_twice())
    assert (opened.calls, opened.spent) == (1, True)
    assert (first.calls, first.labels[judged.label], first.open) == (1, True, False)
    assert (second.calls, second.labels, second.open) == (0, {}, True)
    assert SPENT.format(1) in str(second.unscored)
