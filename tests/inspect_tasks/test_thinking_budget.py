"""The task of thinking budgets, run: what it poses, how it generates, and which numbers its log holds."""

from collections.abc import Callable
from inspect import getfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from inspect_ai import eval
from inspect_ai._cli.main import inspect
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.log import EvalLog
from inspect_ai.model import (
    ChatMessage,
    ContentReasoning,
    ContentText,
    GenerateConfig,
    Model,
    ModelOutput,
    ModelUsage,
    get_model,
)

from inspect_tasks.thinking_budget import (
    ANSWER_ROOM,
    EFFORT_ROOM,
    EPOCHS,
    HAND_ON,
    PROVIDERS,
    _settings,
    thinking_budget,
)
from scorers.maths import BudgetMetadata
from tests.conftest import QUIET
from tests.fakes import Grader, output

Says = Callable[[str, GenerateConfig], ModelOutput]


@pytest.fixture
def sums(tmp_path: Path) -> str:
    """Eight sums: 1 + 10, 2 + 10, and so on."""
    path = tmp_path / "sums.csv"
    rows = [f"sum-{n},What is {n} + 10?,{n + 10}" for n in range(1, 9)]
    path.write_text("\n".join(["id,question,answer", *rows]))
    return str(path)


def subject(says: Says) -> Model:
    def custom(messages: list[ChatMessage], _: Any, __: Any, config: GenerateConfig) -> ModelOutput:
        return says(messages[-1].text, config)

    return get_model("mockllm/model", custom_outputs=custom, memoize=False)


def said(text: str, tokens: int | None) -> ModelOutput:
    thinking = [ContentReasoning(reasoning="Adding up.")] if tokens else []
    found = output([*thinking, ContentText(text=text)])
    found.usage = ModelUsage(
        input_tokens=1, output_tokens=9, total_tokens=10, reasoning_tokens=tokens
    )
    return found


def number(question: str) -> int:
    return int(question.split()[2])


def thinks(question: str, config: GenerateConfig) -> ModelOutput:
    """Right on sums up to 1 + 10 after 1,024 tokens, and on two more with every doubling; uses half of its budget."""
    budget = config.reasoning_tokens or 0
    solved = {0: 0, 1024: 2, 2048: 4, 4096: 6}[budget]
    answer = number(question) + (10 if number(question) <= solved else 11)
    return said(f"ANSWER: {answer}", budget // 2)


@pytest.fixture
def run(tmp_path: Path, sums: str) -> Callable[..., EvalLog]:
    def run_task(says: Says = thinks, roles: dict[str, Any] | None = None, **task: Any) -> EvalLog:
        [log] = eval(
            thinking_budget(**({"dataset": sums, "budgets": "1024,2048,4096"} | task)),
            model=subject(says),
            model_roles=roles,
            log_dir=str(tmp_path / "logs"),
            **QUIET,
        )
        return log

    return run_task


def metrics(log: EvalLog) -> dict[str, float]:
    assert log.status == "success", log.error
    assert log.results
    [found] = log.results.scores
    return {name: metric.value for name, metric in found.metrics.items()}


# What is posed


def test_every_problem_is_posed_under_every_budget_side_by_side_in_the_same_words() -> None:
    task = thinking_budget(budgets="4096,1024,0", n_items=7)
    assert (len(task.dataset), task.epochs) == (21, EPOCHS)
    for first in range(0, 21, 3):
        arms = [task.dataset[i] for i in range(first, first + 3)]
        [item] = {str((sample.metadata or {})["item_id"]) for sample in arms}
        assert [s.id for s in arms] == [f"{item}-budget_{n}" for n in (0, 1024, 4096)]
        [prompt] = {str(sample.input[0].text) for sample in arms if isinstance(sample.input, list)}
        assert "ANSWER: N" in prompt


def test_the_bundled_maths_problems_are_the_default() -> None:
    task = thinking_budget()
    assert len(task.dataset) == 105 * 5
    assert task.dataset.name == "maths"


def test_hard_questions_with_their_options() -> None:
    task = thinking_budget(dataset="questions", efforts="high,low", n_items=3)
    assert task.dataset.name == "questions, hard"
    first, second = task.dataset[0], task.dataset[1]
    assert str(first.id).endswith("-effort_low")
    assert str(second.id).endswith("-effort_high")
    about = BudgetMetadata.model_validate(first.metadata)
    assert (about.n_options, about.seed, about.difficulty) == (4, 0, "hard")
    assert about.correct == first.target
    assert f"{about.correct}) " in about.question


@pytest.mark.parametrize(
    ("given", "arms"),
    [
        (0, ["budget_0"]),
        (2048, ["budget_2048"]),
        ([4096, 1024], ["budget_1024", "budget_4096"]),
        ("1024, 1024", ["budget_1024"]),
    ],
)
def test_budgets_as_the_command_line_gives_them(given: Any, arms: list[str]) -> None:
    task = thinking_budget(budgets=given, n_items=1)
    assert [(sample.metadata or {})["arm"] for sample in task.dataset] == arms


def test_a_level_of_difficulty() -> None:
    task = thinking_budget(difficulty=5, budgets="1024")
    assert len(task.dataset) == 21
    assert {(sample.metadata or {})["difficulty"] for sample in task.dataset} == {"5"}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"budgets": "512"}, r"budgets=512 is no budget: give 0 \(no thinking\), or .* 1024"),
        ({"budgets": "many"}, "budgets=many is no budget"),
        ({"budgets": "1024", "efforts": "low"}, "Give budgets or efforts, not both"),
        ({"efforts": "huge"}, "efforts=huge is not one of minimal, low"),
        ({"dataset": "riddles"}, "Unknown dataset=riddles: give maths, questions"),
        ({"difficulty": 9}, "difficulty=9 is not one of any, 1, 2, 3, 4, 5"),
        ({"n_items": 1000}, "n_items=1000 is larger than the 105 problems"),
        ({"ranker": "yes"}, "ranker=yes is not one of"),
    ],
)
def test_a_wrong_parameter_gets_one_sentence(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(PrerequisiteError, match=told):
        thinking_budget(**wrong)


def test_a_file_with_an_answer_that_is_no_whole_number(tmp_path: Path) -> None:
    path = tmp_path / "sums.csv"
    path.write_text("question,answer\nWhat is half of 5?,2.5\n")
    with pytest.raises(
        PrerequisiteError, match=r"the answer '?2.5'? on line 2: each answer is a whole"
    ):
        thinking_budget(dataset=str(path))


# How it generates


def test_every_arm_has_its_own_budget_and_the_same_room_for_the_answer(
    run: Callable[..., EvalLog],
) -> None:
    seen = set()

    def look(question: str, config: GenerateConfig) -> ModelOutput:
        seen.add((config.reasoning_tokens, config.reasoning_effort, config.max_tokens))
        return said("ANSWER: 1", 10)

    assert run(look, budgets="0,1024,4096", n_items=1).status == "success"
    assert seen == {
        (None, None, ANSWER_ROOM),
        (1024, None, 1024 + ANSWER_ROOM),
        (4096, None, 4096 + ANSWER_ROOM),
    }
    seen.clear()
    assert run(look, budgets="", efforts="low,high", n_items=1).status == "success"
    assert seen == {(None, "low", EFFORT_ROOM), (None, "high", EFFORT_ROOM)}


@pytest.mark.parametrize(
    ("model", "budget", "told"),
    [
        ("anthropic/claude-opus-4-7", 1024, "takes no budget of thinking tokens: use -T efforts"),
        ("openai/o3", 1024, "openai/o3 takes no budget of thinking tokens: use -T efforts"),
        ("anthropic/claude-opus-5-5", 0, "always thinks: leave 0 out of the budgets"),
        ("anthropic/claude-3-7-sonnet-20250219", 1_000_000, "puts out .* tokens at most"),
    ],
)
def test_what_a_model_does_not_take_is_said_in_one_sentence(
    model: str, budget: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = get_model(model, api_key="dummy")
    monkeypatch.setattr("inspect_tasks.thinking_budget.get_model", lambda: known)
    about = BudgetMetadata.model_construct(budget=budget, effort=None)
    with pytest.raises(PrerequisiteError, match=told):
        _settings(about, model)


def test_the_providers_that_hand_a_budget_on_are_inspect_s() -> None:
    """Those whose code asks the config for it, and the one that hands on the whole config."""
    mock = type(get_model("mockllm/model").api)
    assert mock.__module__ == f"{PROVIDERS}.mockllm"
    folder = Path(getfile(mock)).parent
    asking = {
        p.stem for p in folder.glob("[a-z]*.py") if "config.reasoning_tokens" in p.read_text()
    }
    assert {*asking, "mockllm"} == set(HAND_ON)


@pytest.mark.parametrize(
    ("model", "budget", "effort", "sent"),
    [
        (
            "claude-opus-4-7",
            0,
            None,
            {"max_tokens": ANSWER_ROOM, "reasoning_effort": "none"},
        ),
        ("claude-sonnet-5", 0, None, {"max_tokens": ANSWER_ROOM, "reasoning_effort": "none"}),
        ("claude-3-7-sonnet-20250219", 0, None, {"max_tokens": ANSWER_ROOM}),
        ("claude-3-haiku-20240307", 0, None, {"max_tokens": 4096}),
        (
            "claude-opus-4-20250514",
            None,
            "high",
            {"max_tokens": 32_000, "reasoning_effort": "high"},
        ),
    ],
)
def test_no_model_is_asked_for_more_than_it_puts_out_or_thinks_where_it_should_not(
    model: str,
    budget: int | None,
    effort: str | None,
    sent: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = f"anthropic/{model}"
    asked = get_model(name, api_key="dummy")
    monkeypatch.setattr("inspect_tasks.thinking_budget.get_model", lambda: asked)
    about = BudgetMetadata.model_construct(budget=budget, effort=effort)
    assert _settings(about, name) == sent


def test_thinking_is_not_set_for_the_whole_run(tmp_path: Path, sums: str) -> None:
    [log] = eval(
        thinking_budget(dataset=sums, n_items=1),
        model=subject(thinks),
        reasoning_tokens=2048,
        log_dir=str(tmp_path),
        **QUIET,
    )
    assert log.error
    assert "leave out --reasoning-tokens" in log.error.message


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--reasoning-tokens 2048", "leave out --reasoning-tokens"),
        (
            "--model anthropic/claude-opus-4-7 -M api_key=dummy",
            "takes no budget of thinking tokens",
        ),
    ],
)
def test_the_command_line_refuses_before_anything_is_begun(
    options: str, told: str, tmp_path: Path, sums: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    command = (
        f"eval inspect_tasks/thinking_budget.py --model mockllm/model {options} -T dataset={sums} "
        f"--log-dir {tmp_path / 'logs'} --display plain"
    )
    done = CliRunner().invoke(inspect, command.split(), prog_name="inspect")
    said = done.output + str(done.exception or "")
    assert done.exit_code
    assert told in " ".join(said.split())
    assert "Traceback" not in said
    assert not (tmp_path / "logs").exists()


def test_a_ranker_that_is_missing_stops_the_run(run: Callable[..., EvalLog]) -> None:
    log = run(ranker=True)
    assert log.error
    assert "add --model-role ranker=PROVIDER/MODEL" in log.error.message


# What the log holds


def test_accuracy_grows_by_a_quarter_with_every_doubling(run: Callable[..., EvalLog]) -> None:
    found = metrics(run())
    assert [found[f"budget_{n}/accuracy"] for n in (1024, 2048, 4096)] == [0.25, 0.5, 0.75]
    assert [found[f"budget_{n}/mean_thinking_tokens"] for n in (1024, 2048, 4096)] == [
        512,
        1024,
        2048,
    ]
    assert found["accuracy_per_doubling"] == pytest.approx(0.25)
    assert found["accuracy_per_doubling_low"] < 0.25 < found["accuracy_per_doubling_high"]
    assert found["budget_2048/pass_at_4"] == found["budget_2048/majority_at_4"] == 0.5
    assert (found["unscored"], found["used_tokens_unknown"]) == (0, 0)


def test_without_tokens_told_there_is_no_slope(run: Callable[..., EvalLog]) -> None:
    found = metrics(run(lambda question, _: said("ANSWER: 11", None)))
    assert found["used_tokens_unknown"] == 8 * 3 * EPOCHS
    assert "accuracy_per_doubling" not in found
    assert "budget_1024/mean_thinking_tokens" not in found
    assert found["budget_1024/accuracy"] == pytest.approx(1 / 8)


def test_what_cannot_be_read_is_counted_and_never_wrong(run: Callable[..., EvalLog]) -> None:
    def says(question: str, config: GenerateConfig) -> ModelOutput:
        text = f"ANSWER: {number(question) + 10}" if number(question) % 2 else "It depends."
        return said(text, 100)

    found = metrics(run(says, budgets="1024"))
    assert (found["budget_1024/accuracy"], found["budget_1024/unscored"]) == (1, 4 * EPOCHS)


def test_a_good_ranker_makes_best_of_k_equal_to_pass_at_k(run: Callable[..., EvalLog]) -> None:
    tries: dict[str, int] = {}

    def sometimes(question: str, _: GenerateConfig) -> ModelOutput:
        tries[question] = tries.get(question, -1) + 1
        return said(f"ANSWER: {number(question) + 10 + tries[question]}", 100)

    ranker = Grader(['{"seal": "THE-SEAL", "score": 50}'])
    found = metrics(run(sometimes, {"ranker": ranker.model}, budgets="1024", ranker=True))
    assert len(ranker.asked) == 8 * EPOCHS == found["judge_calls"]
    assert found["budget_1024/pass_at_4"] == 1
    assert found["budget_1024/best_of_4"] == found["budget_1024/pass_at_1"] == 0.25
    assert found["budget_1024/majority_at_4"] == 0.25
