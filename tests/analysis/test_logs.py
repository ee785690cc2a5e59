"""`analysis.logs`: every log of a folder as one frame, and what is wrong with which."""

import json
import os
import shutil
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import inspect_ai
import numpy as np
import pandas as pd
import pytest
from inspect_ai import Task, eval_retry, task_with
from inspect_ai._util.error import EvalError
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, read_eval_log, read_eval_log_sample, write_eval_log
from inspect_ai.model import (
    ChatMessage,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    get_model,
    modelapi,
)
from inspect_ai.scorer import (
    Score,
    Scorer,
    Target,
    includes,
    match,
    mean,
    model_graded_qa,
    scorer,
)
from inspect_ai.solver import TaskState, generate, use_tools
from inspect_ai.tool import ToolChoice, ToolInfo

from analysis import logs
from analysis.logs import NoLogs
from inspect_tasks.alignment_faking import alignment_faking
from inspect_tasks.thinking_budget import thinking_budget
from scorers.compliance import compliance
from tests import fakes
from tests.conftest import N_ITEMS, Evaluate, posed
from tests.foreign import plus

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "real" / "claude_3_7_hint_logs"

CONTRACT = [
    *("log", "task", "dataset", "snapshot", "model", "reasoning", "settings", "simulated"),
    *("item_id", "limit", *logs.EFFORT),
    *("sample_id", "epoch", "error", "scorer", "judge", "rubric", "rubric_hash"),
    *(
        "thinking_visibility",
        "location",
        "arm",
        "setting",
        "elicitation",
        "labels",
        "swap",
        "tiers",
    ),
    *("complied", "partial", "refused", "unscored", "alignment_faking", "prompt_hash"),
]


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own for each test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def problems(frame: pd.DataFrame) -> dict[str, str]:
    return dict(frame.attrs["problems"])


def name(log: EvalLog) -> str:
    return Path(log.location).name


def answering(text: str) -> Any:
    return fakes.model(lambda _: fakes.output(text))


@modelapi(name="faulty")
class Faulty(ModelAPI):
    """Fails as often as `failures` says, then refuses; named, so that a retry finds it again."""

    failures = 0

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        if Faulty.failures:
            Faulty.failures -= 1
            raise RuntimeError("the provider is down")
        return fakes.output("<SCRATCHPAD_REASONING>No.</SCRATCHPAD_REASONING>I can't help.")


def foreign(**metadata: object) -> Task:
    """A task of someone else's: no item, no arm, a letter grade."""
    return Task(
        dataset=[Sample(input=f"{n} + {n}?", target="4", metadata=metadata) for n in (1, 2)],
        solver=generate(),
        scorer=match(),
        name="sums",
    )


# ---------------------------------------------------------------------------------- the frame


def test_the_columns_of_the_contract_are_there_and_come_first(frame: pd.DataFrame) -> None:
    assert set(CONTRACT) <= set(frame.columns)
    assert list(frame.columns[:9]) == CONTRACT[:9]
    assert frame.attrs["problems"] == []


def test_each_sample_epoch_and_scorer_has_one_row(frame: pd.DataFrame) -> None:
    assert not frame.duplicated(["log", "sample_id", "epoch", "scorer"]).any()
    two_epochs, two_tiers, with_baseline, n_scorers = 4, 2, 4, 2
    samples_per_item = two_epochs + two_tiers + with_baseline + two_tiers
    assert len(frame) == N_ITEMS * samples_per_item * n_scorers
    assert set(frame["scorer"]) == {"compliance", "alignment_faking"}


def test_rows_are_named_by_model_and_mode(frame: pd.DataFrame) -> None:
    assert set(zip(frame["snapshot"], frame["reasoning"], strict=True)) == {
        ("organism/preview-v3.1", "standard"),
        ("organism/preview-v3.1", "extended"),
        ("organism/final", "standard"),
        ("organism/final", "extended"),
    }
    assert frame["simulated"].all()
    assert set(frame["judge"]) == {"lexical"}
    assert (frame["sample_id"] == frame["item_id"] + "-" + frame["arm"]).all()


def test_labels_are_those_of_the_full_samples(frame: pd.DataFrame, logs_dir: Path) -> None:
    file = next(iter(sorted(logs_dir.glob("*.eval"))))
    rows = frame[frame["log"] == file.name].set_index(["sample_id", "epoch", "scorer"])
    for sample in read_eval_log(str(file)).samples or []:
        for scorer_name, score in (sample.scores or {}).items():
            row = rows.loc[(str(sample.id), sample.epoch, scorer_name), :]
            assert isinstance(score.value, dict)
            for key, value in score.value.items():
                assert row[key] == pytest.approx(value, nan_ok=True), key
            assert score.metadata is not None
            assert row["rubric_hash"] == score.metadata["rubric_hash"]


def test_visibility_is_the_one_hot_label_by_name(frame: pd.DataFrame) -> None:
    faking = frame[frame["scorer"] == "alignment_faking"]
    for visibility in logs.VISIBILITIES:
        seen = faking["thinking_visibility"] == visibility
        assert (seen == (faking[f"thinking_{visibility}"] == 1)).all()


def test_one_file_is_read_as_a_folder_is(frame: pd.DataFrame, logs_dir: Path) -> None:
    file = next(iter(logs_dir.glob("*.eval")))
    assert len(logs.read(file)) == (frame["log"] == file.name).sum()


@pytest.mark.parametrize(
    ("config", "mode"),
    [
        (GenerateConfig(), "standard"),
        (GenerateConfig(reasoning_effort="none"), "standard"),
        (GenerateConfig(reasoning_effort="low"), "extended"),
        (GenerateConfig(reasoning_tokens=1024), "extended"),
    ],
)
def test_the_mode_is_what_was_asked_for(
    config: GenerateConfig, mode: str, evaluate: Evaluate, tmp_path: Path
) -> None:
    model = get_model(
        "mockllm/model",
        config=config,
        custom_outputs=lambda *_: fakes.output("4"),
        memoize=False,
    )
    evaluate(foreign(), model, tmp_path)
    assert set(logs.read(tmp_path)["reasoning"]) == {mode}


@pytest.mark.parametrize(
    ("args", "mode"),
    [
        ({}, "extended"),
        ({"budgets": "0,1024"}, "extended"),
        ({"budgets": 0}, "standard"),
        ({"budgets": "0"}, "standard"),
        ({"efforts": "low"}, "extended"),
    ],
)
def test_a_run_that_sets_its_thinking_by_arms_is_one_condition(
    args: dict[str, Any], mode: str, evaluate: Evaluate, tmp_path: Path
) -> None:
    evaluate(thinking_budget, answering("ANSWER: 4"), tmp_path, task_args={**args, "n_items": 1})
    assert set(logs.read(tmp_path)["reasoning"]) == {mode}
    assert set(logs.inventory(tmp_path)["reasoning"]) == {mode}


def test_a_run_that_failed_from_the_start_is_named_and_not_counted(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    Faulty.failures = 100
    first = evaluate(alignment_faking(judge="lexical", n_items=1), "faulty/model", tmp_path)
    Faulty.failures = 0
    assert set(logs.read(tmp_path)["log"]) == {name(first)}
    with pytest.raises(logs.NoLogs, match=r"ended in an error .*the provider is down"):
        logs.read(tmp_path, failed=False)
    second = evaluate(
        alignment_faking(judge="lexical", n_items=1), answering("No."), tmp_path, temperature=0.5
    )
    frame = logs.read(tmp_path, failed=False)
    assert set(frame["log"]) == {name(second)}
    assert set(problems(frame)) == {name(first)}
    assert problems(frame)[name(first)].startswith("left out: all of its ")
    found = logs.inventory(tmp_path, failed=False).set_index("log")
    assert found["used"].to_dict() == {name(first): False, name(second): True}
    (snapshot,) = set(frame["snapshot"])
    assert found.loc[name(second), "snapshot"] == snapshot == "mockllm/model"


def test_behind_the_model_judge_stands_the_grader(evaluate: Evaluate, tmp_path: Path) -> None:
    evaluate(
        alignment_faking,
        answering("I can't help."),
        tmp_path,
        task_args={"judge": "model", "n_items": 2},
        model_roles={"grader": answering("no verdict at all")},
    )
    frame = logs.read(tmp_path)
    assert set(frame["judge"]) == {"mockllm/model"}
    assert not frame["simulated"].any()
    assert frame.loc[frame["scorer"] == "compliance", "complied"].isna().all()
    assert (frame["unscored"] == 1).all()


@pytest.mark.parametrize("options", [{"limit": 4}, {"limit": (2, 6)}, {"epochs": 2}])
def test_a_run_over_chosen_samples_is_not_unfinished(
    options: dict[str, Any], evaluate: Evaluate, tmp_path: Path
) -> None:
    log = evaluate(posed("final", "standard"), "organism/final", tmp_path, **options)
    frame = logs.read(tmp_path)
    assert log.results is not None
    assert frame.attrs["problems"] == []
    assert len(frame) == 2 * log.results.total_samples


# ---------------------------------------------------------------------------------- foreign logs


def test_a_foreign_log_comes_through_with_what_it_has(evaluate: Evaluate, tmp_path: Path) -> None:
    evaluate(foreign(topic="sums"), answering("4"), tmp_path)
    frame = logs.read(tmp_path)
    assert frame["score"].tolist() == ["C", "C"]
    assert frame["topic"].tolist() == ["sums", "sums"]
    assert frame["item_id"].tolist() == ["1", "2"]
    assert set(frame["scorer"]) == {"match"}
    assert set(frame["judge"]) == {""}


def test_foreign_keys_take_no_column_of_ours(evaluate: Evaluate, tmp_path: Path) -> None:
    @scorer(metrics={"model": [mean()], "epoch": [mean()]})
    def clashing() -> Scorer:
        async def score(state: TaskState, target: Target) -> Score:
            return Score(value={"model": 3.0, "epoch": 7.0})

        return score

    task = foreign(log="theirs", model="theirs", scorer="theirs", simulated=True)
    task.scorer = [clashing()]
    log = evaluate(task, answering("4"), tmp_path)
    frame = logs.read(tmp_path)
    assert set(frame["log"]) == {name(log)}
    assert set(frame["model"]) == {"mockllm/model"}
    assert set(frame["scorer"]) == {"clashing"}
    assert set(frame["epoch"]) == {1}
    assert not frame["simulated"].any()


def scoring(**values: Any) -> Scorer:
    """A dict for the first sample; the second is not scored."""

    @scorer(metrics={"*": [mean()]}, name="by_key")
    def by_key() -> Scorer:
        async def score(state: TaskState, target: Target) -> Score | None:
            return Score(value=values) if state.sample_id == 1 else None

        return score

    return by_key()


def test_keys_of_the_names_of_our_columns_have_columns_of_their_own(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    task = foreign()
    task.scorer = [scoring(right=1.0, epoch=7.0, error=0.5, score=3.0), match()]
    evaluate(task, answering("4"), tmp_path)
    frame = logs.read(tmp_path)
    rows = frame[frame["scorer"] == "by_key"]
    (keys,) = set(rows["score_keys"])
    assert json.loads(keys) == {
        **{"right": "right", "epoch": "score.epoch"},
        **{"error": "score.error", "score": "score.score"},
    }
    assert rows[list(json.loads(keys).values())].iloc[0].tolist() == [1.0, 7.0, 0.5, 3.0]
    assert rows["score"].isna().all()
    assert set(frame.loc[frame["scorer"] == "match", "score_keys"]) == {'{"": "score"}'}


def test_metadata_are_no_scores(evaluate: Evaluate, tmp_path: Path) -> None:
    task = foreign(right=0.0, score=9)
    task.scorer = [scoring(right=1.0), match()]
    evaluate(task, answering("4"), tmp_path)
    frame = logs.read(tmp_path).set_index(["scorer", "sample_id"])
    assert frame["right"].loc["by_key"].isna().tolist() == [False, True]
    assert frame["right"].loc["match"].tolist() == [0, 0]
    assert frame["score"].loc["by_key"].isna().all()
    assert set(frame["score"].loc["match"]) == {"C"}


def test_what_a_task_was_given_is_told_without_secrets(evaluate: Evaluate, tmp_path: Path) -> None:
    log = evaluate(foreign(), answering("4"), tmp_path)
    log.eval.task_args = {"hard": True, "api_key": "closed", "of": {"n": 2}, "text": "x" * 99}
    log.eval.solver, log.eval.solver_args = "mine", {"depth": 3, "url": "sk-closed1closed"}
    write_eval_log(log, log.location)
    (told,) = set(logs.read(tmp_path)["task_args"])
    args = json.loads(told)
    assert args.pop("text").startswith("x" * 40 + "... ")
    assert args.pop("solver.url").startswith("[hidden ")
    assert args == {"hard": "true", "of.n": "2", "solver": "mine", "solver.depth": "3"}


@pytest.mark.parametrize(
    ("scorers", "roles", "named"),
    [
        ([match(), includes()], ["grader"], [("match", ""), ("includes", "")]),
        (
            [match(location="any"), match(location="exact")],
            [],
            [("match", ""), ("match1", "")],
        ),
        ([model_graded_qa()], ["grader"], [("model_graded_qa", "mockllm/grader")]),
        ([model_graded_qa()], [], [("model_graded_qa", "")]),
        (
            [model_graded_qa(model_role="other")],
            ["grader", "other"],
            [("model_graded_qa", "mockllm/other")],
        ),
        (
            [model_graded_qa(model="mockllm/a"), model_graded_qa(model="mockllm/b")],
            [],
            [("model_graded_qa", "mockllm/a"), ("model_graded_qa1", "mockllm/b")],
        ),
    ],
)
def test_every_scorer_of_a_log_is_there_by_name_and_judge(
    scorers: list[Scorer],
    roles: list[str],
    named: list[tuple[str, str]],
    evaluate: Evaluate,
    tmp_path: Path,
) -> None:
    task = foreign()
    task.scorer = scorers
    bound = {role: get_model(f"mockllm/{role}", memoize=False) for role in roles}
    evaluate(task, answering("4"), tmp_path, model_roles=bound)
    frame = logs.read(tmp_path)
    assert list(zip(frame["scorer"], frame["judge"], strict=True)) == named * 2
    judges = {judge for _, judge in named}
    (args,) = map(json.loads, set(frame["task_args"]))
    left = {f"model_roles.{r}": f"mockllm/{r}" for r in roles if f"mockllm/{r}" not in judges}
    assert args == left


def test_a_log_without_scorers_still_has_its_samples(evaluate: Evaluate, tmp_path: Path) -> None:
    evaluate(Task(dataset=[Sample(input="Hi")], solver=generate()), answering("Hi"), tmp_path)
    frame = logs.read(tmp_path)
    assert frame[["scorer", "judge"]].to_numpy().tolist() == [["", ""]]


def test_json_logs_are_read_and_other_json_is_not(evaluate: Evaluate, tmp_path: Path) -> None:
    log = evaluate(foreign(), answering("4"), tmp_path, log_format="json")
    (tmp_path / "notes.json").write_text('{"not": "a log"}')
    frame = logs.read(tmp_path)
    assert set(frame["log"]) == {name(log)}
    assert frame.attrs["problems"] == []


@pytest.mark.skipif(not REAL.is_dir(), reason="the real logs are not at hand")
def test_real_logs_of_an_older_inspect_come_through() -> None:
    frame = logs.read(REAL)
    assert frame.attrs["problems"] == []
    assert frame["log"].nunique() == len(list(REAL.glob("*.eval")))
    assert set(frame["snapshot"].str.split("/").str[0]) == {"anthropic"}
    assert set(frame["reasoning"]) == {"extended"}
    assert not frame["simulated"].any()


def test_lists_and_dicts_are_json_and_nothing_is_none(evaluate: Evaluate, tmp_path: Path) -> None:
    evaluate(foreign(tags=["a", "b"], of={"x": None}, none=None), answering("4"), tmp_path)
    frame = logs.read(tmp_path)
    assert frame["tags"].tolist() == ['["a", "b"]'] * 2
    assert frame["of"].tolist() == ['{"x": null}'] * 2
    assert frame["none"].isna().all()
    assert not frame.map(lambda value: value is None).any(axis=None)
    assert frame.fillna("").notna().all(axis=None)


# ---------------------------------------------------------------------------------- snapshots


def run_under(
    evaluate: Evaluate, folder: Path, task: Task | None = None, **options: Any
) -> EvalLog:
    """A run of a model under its name, with generate options or model args."""
    args = options.pop("args", {})
    model = get_model(
        "mockllm/model",
        config=GenerateConfig(**options),
        custom_outputs=lambda *_: fakes.output("4"),
        memoize=False,
    )
    log = evaluate(task or foreign(), model, folder)
    log.eval.model_args |= args
    write_eval_log(log, log.location)
    return log


@pytest.mark.parametrize(
    ("runs", "named"),
    [
        ([{}], [""]),
        ([{}, {}], ["", ""]),
        ([{"temperature": 1.0}, {"temperature": 1.0}], ["", ""]),
        ([{"temperature": 0.5}, {"temperature": 1.0}], ["temperature=0.5", "temperature=1.0"]),
        ([{}, {"temperature": 1.0}], ["", "temperature=1.0"]),
        (
            [{"reasoning_tokens": 1024}, {"reasoning_tokens": 4096, "max_tokens": 9000}],
            ["reasoning_tokens=1024", "max_tokens=9000, reasoning_tokens=4096"],
        ),
        ([{"reasoning_tokens": 1024}, {"temperature": 1.0}], ["", ""]),  # of different modes
        ([{"max_connections": 1, "timeout": 3}, {"max_retries": 9}], ["", ""]),
        (
            [{"extra_headers": {"beta": "a", "X-Api-Key": "closed"}}, {}],
            ["extra_headers.beta=a", ""],
        ),
        (
            [{"extra_headers": {"X-Api-Key": "closed1"}}, {"extra_headers": {"Auth": "closed"}}],
            ["", ""],
        ),
        (
            [{"args": {"quant": "fp8", "api_key": "closed"}}, {"args": {"quant": "fp16"}}],
            ["quant=fp8", "quant=fp16"],
        ),
        (
            [{"args": {"over": {"n": 1, "token": "closed"}, "url": "sk-closed1closed"}}, {}],
            ["over.n=1, url=[hidden 87091f]", ""],
        ),
        (
            [
                {"args": {"model_path": f"/data/hf_checkpoints/step{n}", "tokenizer": "a"}}
                for n in (100, 900)
            ],
            [f"model_path=/data/hf_checkpoints/step{n}" for n in (100, 900)],
        ),
        ([{"args": {"tokenizer": x}} for x in "ab"], ["tokenizer=a", "tokenizer=b"]),
        (
            [{"args": {"adapter_key": x}} for x in ("closed1", "closed2")],
            ["adapter_key=[hidden ffc191]", "adapter_key=[hidden 4558f0]"],
        ),
        ([{"args": {"pad_token": 7}}, {}], ["pad_token=[hidden 790269]", ""]),
    ],
)
def test_settings_that_differ_stand_behind_the_model(
    runs: list[dict[str, Any]], named: list[str], evaluate: Evaluate, tmp_path: Path
) -> None:
    made = [name(run_under(evaluate, tmp_path, **run)) for run in runs]
    frame = logs.read(tmp_path)
    expected = [f"mockllm/model ({told})" if told else "mockllm/model" for told in named]
    snapshots = frame.groupby("log")["snapshot"].agg(set)
    assert [snapshots[log] for log in made] == [{told} for told in expected]
    assert set(frame["model"]) == {"mockllm/model"}
    assert "closed" not in frame.to_csv()
    listed = logs.inventory(tmp_path)
    assert "closed" not in listed.to_csv()
    assert listed.set_index("log")["snapshot"][made].tolist() == expected


def test_what_two_tasks_set_differently_makes_no_snapshots(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    other = foreign()
    other._name = "others"
    run_under(evaluate, tmp_path, max_tokens=100)
    run_under(evaluate, tmp_path, other, max_tokens=200)
    assert set(logs.read(tmp_path)["snapshot"]) == {"mockllm/model"}


def test_a_long_setting_is_cut_and_told_apart(evaluate: Evaluate, tmp_path: Path) -> None:
    for end in "ab":
        run_under(evaluate, tmp_path, system_message="Be brief. " * 50 + end)
    snapshots = set(logs.read(tmp_path)["snapshot"])
    assert len(snapshots) == 2
    assert all(len(snapshot) < 100 for snapshot in snapshots)


@pytest.mark.parametrize("key", ["", "step_900"])
def test_conditions_do_not_depend_on_the_keys_of_the_reader(
    key: str, evaluate: Evaluate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value with a key in it is hidden, by the cache as well, and stays what tells two runs apart."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for path in ("/m/step_900/a", "/m/step_900/b"):
        run_under(evaluate, tmp_path / "logs", args={"model_path": path})
    assert "step_900" in logs.read(tmp_path / "logs").to_csv()
    monkeypatch.setenv("SOME_API_KEY", key)
    frame = logs.read(tmp_path / "logs")
    assert frame["snapshot"].nunique() == 2
    assert ("step_900" in frame.to_csv()) == (not key)


def test_base_urls_are_told_by_host_and_port(evaluate: Evaluate, tmp_path: Path) -> None:
    for place in ("one.example:8000", "one.example:8001", "two.example"):
        log = evaluate(foreign(), answering("4"), tmp_path)
        log.eval.model_base_url = f"https://me:hidden@{place}/v1?key=hidden"
        write_eval_log(log, log.location)
    frame = logs.read(tmp_path)
    assert set(frame["snapshot"]) == {
        "mockllm/model (base_url=one.example:8000)",
        "mockllm/model (base_url=one.example:8001)",
        "mockllm/model (base_url=two.example)",
    }
    assert "hidden" not in frame.to_csv()


# ---------------------------------------------------------------------------------- scored again


def test_a_second_judge_has_rows_of_its_own(evaluate: Evaluate, tmp_path: Path) -> None:
    log = evaluate(posed("final", "standard", 2), "organism/final", tmp_path / "first")
    again = inspect_ai.score(
        log, compliance(judge="fakejudge/refused"), action="append", display="log"
    )
    (tmp_path / "second").mkdir()
    write_eval_log(again, str(tmp_path / "second" / "again.eval"))
    frame = logs.read(tmp_path / "second")
    rows = frame[frame["scorer"] == "compliance"]
    assert rows["judge"].value_counts().to_dict() == {"lexical": 4, "fakejudge/refused": 4}
    assert rows.loc[rows["judge"] == "lexical", "complied"].notna().all()
    assert (rows.loc[rows["judge"] == "fakejudge/refused", "refused"] == 1).all()


def test_the_same_judge_scored_again_counts_once(evaluate: Evaluate, tmp_path: Path) -> None:
    log = evaluate(posed("final", "standard", 2), "organism/final", tmp_path / "first")
    again = inspect_ai.score(log, compliance(judge="lexical"), action="append", display="log")
    (tmp_path / "second").mkdir()
    write_eval_log(again, str(tmp_path / "second" / "again.eval"))
    frame = logs.read(tmp_path / "second")
    assert not frame.duplicated(["sample_id", "epoch", "scorer", "judge"]).any()


# ---------------------------------------------------------------------------------- bad input


def test_errored_samples_have_rows_without_labels(evaluate: Evaluate, tmp_path: Path) -> None:
    Faulty.failures = 3
    evaluate(
        alignment_faking(judge="lexical", n_items=4),
        "faulty/model",
        tmp_path,
        fail_on_error=False,
        max_samples=1,
    )
    frame = logs.read(tmp_path)
    errored = frame["error"] != ""
    assert errored.sum() == 3 * 2
    assert frame.loc[errored, "error"].str.contains("the provider is down").all()
    assert frame.loc[errored, ["complied", "alignment_faking", "unscored"]].isna().all(axis=None)
    assert frame.loc[~errored & (frame["scorer"] == "compliance"), "complied"].notna().all()
    assert frame.loc[errored, "arm"].notna().all()


def test_a_retry_replaces_the_log_before_it(evaluate: Evaluate, tmp_path: Path) -> None:
    Faulty.failures = 1
    task = alignment_faking(judge="lexical", n_items=4)
    first = evaluate(task, "faulty/model", tmp_path, max_samples=1)
    assert first.status == "error"
    assert "unfinished (error)" in problems(logs.read(tmp_path))[name(first)]
    (second,) = eval_retry(first, log_dir=str(tmp_path), display="log")
    assert second.status == "success"
    frame = logs.read(tmp_path)
    assert problems(frame) == {
        name(first): f"left out: {name(second)} has as much of this task or more"
    }
    assert set(frame["log"]) == {name(second)}
    assert not frame.duplicated(["sample_id", "epoch", "scorer"]).any()
    assert len(frame) == 4 * 2 * 2
    assert frame["complied"].notna().all()


def test_a_retry_that_was_broken_off_takes_nothing_away(
    logs_dir: Path, frame: pd.DataFrame, tmp_path: Path
) -> None:
    file = next(iter(logs_dir.glob("*.eval")))
    log = read_eval_log(str(file))
    shutil.copy(file, tmp_path / "1_whole.eval")
    assert log.samples
    assert log.results
    log.samples, log.status = log.samples[:2], "cancelled"
    log.results.completed_samples = 2
    log.eval.run_id, log.eval.created = "retry", "2099-01-01T00:00:00+00:00"
    write_eval_log(log, str(tmp_path / "2_retry.eval"))
    kept = logs.read(tmp_path)
    assert len(kept) == (frame["log"] == file.name).sum()
    assert problems(kept) == {
        "2_retry.eval": "left out: 1_whole.eval has as much of this task or more"
    }


def test_a_copy_of_a_log_counts_once(logs_dir: Path, frame: pd.DataFrame, tmp_path: Path) -> None:
    file = next(iter(logs_dir.glob("*.eval")))
    (tmp_path / "sub").mkdir()
    shutil.copy(file, tmp_path / "a.eval")
    shutil.copy(file, tmp_path / "sub" / "b.eval")
    both = logs.read(tmp_path)
    assert len(both) == (frame["log"] == file.name).sum()
    ((left_out, said),) = both.attrs["problems"]
    (kept,) = set(both["log"])
    assert {left_out, kept} == {"a.eval", "b.eval"}
    assert said == f"left out: {kept} is of the same run"


def split(log: EvalLog, folder: Path, parts: dict[str, slice], **changed: Any) -> None:
    """Copies of a log with some of its samples, each a later run of the same task."""
    samples = log.samples or []
    for i, (to, part) in enumerate(parts.items()):
        copy = log.model_copy(deep=True)
        copy.samples, copy.status = samples[part], "cancelled"
        copy.eval.run_id, copy.eval.created = to, f"2099-01-0{i + 1}T00:00:00+00:00"
        write_eval_log(copy, str(folder / to))


def test_what_a_broken_off_retry_lacks_is_taken_from_the_log_before_it(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    log = evaluate(posed("final", "standard", 6), "organism/final", tmp_path / "whole")
    split(log, tmp_path, {"first.eval": slice(0, 8), "retry.eval": slice(3, 12)})
    shutil.rmtree(tmp_path / "whole")
    frame = logs.read(tmp_path)
    assert not frame.duplicated(["sample_id", "epoch", "scorer"]).any()
    assert frame.groupby("log")["sample_id"].nunique().to_dict() == {
        "first.eval": 3,
        "retry.eval": 9,
    }
    assert frame.attrs["problems"] == [
        ("first.eval", "counts for 3 samples alone, which retry.eval lacks"),
        ("retry.eval", "unfinished (cancelled): 9 of 12 samples"),
        ("first.eval", "unfinished (cancelled): 8 of 12 samples"),
    ]


def test_a_sample_that_failed_in_the_retry_yields_to_the_one_before(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    Faulty.failures = 1
    task = alignment_faking(judge="lexical", n_items=4)
    failed = evaluate(task, "faulty/model", tmp_path, max_samples=1, fail_on_error=False)
    kept = failed.model_copy(deep=True)
    assert kept.samples
    (lost,) = [sample for sample in kept.samples if sample.error]
    lost.error, lost.scores = None, {}
    kept.samples, kept.eval.run_id = [lost], "before"
    write_eval_log(kept, str(tmp_path / "before.eval"))
    frame = logs.read(tmp_path)
    assert (frame["error"] == "").all()
    assert not frame.duplicated(["sample_id", "epoch", "scorer"]).any()
    assert frame["sample_id"].nunique() == 8


def test_the_same_log_as_eval_and_as_json_counts_once(evaluate: Evaluate, tmp_path: Path) -> None:
    log = evaluate(foreign(), answering("4"), tmp_path)
    write_eval_log(log, str(tmp_path / "2099-01-01T00-00-00_sums.json"))
    frame = logs.read(tmp_path)
    assert len(frame) == 2
    ((_, said),) = frame.attrs["problems"]
    assert said.endswith("is of the same run")


def test_of_copies_the_one_that_was_scored_again_counts(evaluate: Evaluate, tmp_path: Path) -> None:
    log = evaluate(posed("final", "standard", 2), "organism/final", tmp_path)
    again = inspect_ai.score(
        log, compliance(judge="fakejudge/refused"), action="append", display="log"
    )
    write_eval_log(again, str(tmp_path / "0_again.eval"))
    frame = logs.read(tmp_path)
    assert set(frame["log"]) == {"0_again.eval"}
    assert list(problems(frame)) == [name(log)]


@pytest.mark.parametrize("newest", ["plain.eval", "plain-scored.eval"])
def test_which_copy_counts_is_no_matter_of_when_it_was_written(
    newest: str, evaluate: Evaluate, tmp_path: Path
) -> None:
    log = evaluate(foreign(), answering("4"), tmp_path / "made")
    write_eval_log(log, str(tmp_path / "plain.eval"))
    again = inspect_ai.score(log, includes(), action="overwrite", display="log")
    write_eval_log(again, str(tmp_path / "plain-scored.eval"))
    shutil.rmtree(tmp_path / "made")
    os.utime(tmp_path / newest, (2e9, 2e9))
    frame = logs.read(tmp_path)
    assert set(frame["scorer"]) == {"includes"}
    assert problems(frame) == {
        "plain.eval": "left out: plain-scored.eval is of the same run, and its scores differ: "
        "keep the copy that is to count alone"
    }


def test_logs_of_one_second_are_in_the_order_of_their_names(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    for i, file in enumerate(("b.eval", "a.eval", "c.eval")):
        log = evaluate(foreign(), answering("4"), tmp_path / "made")
        log.eval.created = "2026-01-01T00:00:00+00:00"
        write_eval_log(log, str(tmp_path / file))
        os.utime(tmp_path / file, (i + 1, i + 1))
    shutil.rmtree(tmp_path / "made")
    assert list(logs.read(tmp_path)["log"].unique()) == ["a.eval", "b.eval", "c.eval"]
    assert logs.inventory(tmp_path)["log"].tolist() == ["a.eval", "b.eval", "c.eval"]


def test_logs_of_an_old_inspect_without_task_ids_stay_apart(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    for run in ("one", "two"):
        log = evaluate(foreign(), answering("4"), tmp_path)
        log.eval.task_id, log.eval.run_id = "", run
        write_eval_log(log, log.location)
    frame = logs.read(tmp_path)
    assert frame["log"].nunique() == 2
    assert frame.attrs["problems"] == []


def test_shards_yield_to_the_log_that_they_were_merged_into(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    log = evaluate(posed("final", "standard", 4), "organism/final", tmp_path / "whole")
    (tmp_path / "all.shards" / "0").mkdir(parents=True)
    shutil.copy(log.location, tmp_path / "all.eval")
    log.eval.task_id, log.eval.run_id = "another", "another"
    log.samples = (log.samples or [])[:4]
    write_eval_log(log, str(tmp_path / "all.shards" / "0" / "part.eval"))
    shutil.rmtree(tmp_path / "whole")
    frame = logs.read(tmp_path)
    assert set(frame["log"]) == {"all.eval"}
    assert list(problems(frame)) == ["part.eval"]


def test_invalidated_samples_are_told(evaluate: Evaluate, tmp_path: Path) -> None:
    log = evaluate(foreign(), answering("4"), tmp_path)
    log.invalidated = True
    write_eval_log(log, log.location)
    assert "invalid" in problems(logs.read(tmp_path))[name(log)]


def without_header(source: Path, target: Path) -> None:
    """A log as it is while it is being written."""
    unfinished = ("header.json", "summaries.json", "reductions.json")
    with zipfile.ZipFile(source) as whole, zipfile.ZipFile(target, "w") as started:
        for member in whole.namelist():
            if member not in unfinished:
                started.writestr(member, whole.read(member))


def truncated(source: Path, target: Path) -> None:
    target.write_bytes(source.read_bytes()[:5_000])


def empty(source: Path, target: Path) -> None:
    target.write_bytes(b"")


def garbage(source: Path, target: Path) -> None:
    target.write_bytes(bytes(range(256)) * 20)


def another_zip(source: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("readme.txt", "no log")


def broken_header(source: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("header.json", '{"version": 2, "eval": ')


def no_summaries(source: Path, target: Path) -> None:
    with zipfile.ZipFile(source) as whole, zipfile.ZipFile(target, "w") as archive:
        archive.writestr("header.json", whole.read("header.json"))
        archive.writestr("summaries.json", "[{]")


@pytest.mark.parametrize(
    "damage", [truncated, empty, garbage, another_zip, broken_header, no_summaries]
)
def test_a_damaged_log_is_named_and_stops_nothing(
    damage: Callable[[Path, Path], None], logs_dir: Path, tmp_path: Path
) -> None:
    whole, other = sorted(logs_dir.glob("*.eval"))[:2]
    shutil.copy(whole, tmp_path / "whole.eval")
    damage(other, tmp_path / "damaged.eval")
    frame = logs.read(tmp_path)
    assert set(frame["log"]) == {"whole.eval"}
    said = problems(frame)["damaged.eval"]
    assert said.startswith("cannot be read (")
    assert "\n" not in said


def test_a_json_log_of_garbage_is_named(logs_dir: Path, tmp_path: Path) -> None:
    shutil.copy(next(iter(logs_dir.glob("*.eval"))), tmp_path / "whole.eval")
    (tmp_path / "2025-01-01T00-00-00_task_id.json").write_text(json.dumps({"a": [1, 2]}))
    assert list(problems(logs.read(tmp_path))) == ["2025-01-01T00-00-00_task_id.json"]


def test_a_log_still_being_written_counts_and_is_named(logs_dir: Path, tmp_path: Path) -> None:
    without_header(next(iter(logs_dir.glob("*.eval"))), tmp_path / "started.eval")
    frame = logs.read(tmp_path)
    assert problems(frame)["started.eval"].startswith("unfinished (started)")
    assert len(frame) > 0


def test_a_cancelled_log_says_how_much_there_is(logs_dir: Path, tmp_path: Path) -> None:
    log = read_eval_log(str(next(iter(logs_dir.glob("*.eval")))))
    assert log.samples is not None
    posed_in_all = len(log.samples)
    log.status, log.samples = "cancelled", log.samples[:5]
    write_eval_log(log, str(tmp_path / "cancelled.eval"))
    frame = logs.read(tmp_path)
    said = f"unfinished (cancelled): 5 of {posed_in_all} samples"
    assert problems(frame) == {"cancelled.eval": said}
    assert len(frame) == 5 * 2


def test_a_folder_without_logs_says_what_to_give(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text("{}")
    with pytest.raises(NoLogs, match=r"holds no Inspect log with samples: give the folder"):
        logs.read(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoLogs, match=r"nowhere does not exist"):
        logs.read(tmp_path / "nowhere")


def test_where_nothing_can_be_read_the_damage_is_told(tmp_path: Path) -> None:
    garbage(tmp_path, tmp_path / "x.eval")
    with pytest.raises(NoLogs, match=r"x\.eval: cannot be read"):
        logs.read(tmp_path)


def test_errors_hold_no_secrets(evaluate: Evaluate, tmp_path: Path) -> None:
    log = evaluate(foreign(), answering("4"), tmp_path)
    assert log.samples
    message = "401: the key sk-hiddenhiddenhidden is wrong"
    log.samples[0].error = EvalError(message=message, traceback="", traceback_ansi="")
    write_eval_log(log, log.location)
    frame = logs.read(tmp_path)
    assert "401: the key [hidden] is wrong" in set(frame["error"])


# ---------------------------------------------------------------------------------- the inventory


def test_the_inventory_lists_every_file(logs_dir: Path, tmp_path: Path) -> None:
    whole, other = sorted(logs_dir.glob("*.eval"))[:2]
    shutil.copy(whole, tmp_path / "whole.eval")
    shutil.copy(whole, tmp_path / "copy.eval")
    garbage(other, tmp_path / "damaged.eval")
    listed = logs.inventory(tmp_path).set_index("log")
    assert list(listed.reset_index().columns) == logs.INVENTORY
    assert set(listed.index) == {"whole.eval", "copy.eval", "damaged.eval"}
    frame = logs.read(tmp_path)
    assert set(listed.index[listed["used"]]) == set(frame["log"])
    assert listed["used"].sum() == 1
    assert listed["problem"].ne("").sum() == 2
    for log, problem in frame.attrs["problems"]:
        assert listed.loc[log, "problem"] == problem
    about = listed[listed["used"]].iloc[0]
    assert (
        about["n_samples"]
        == about["n_posed"]
        == frame.groupby("epoch")["sample_id"].nunique().sum()
    )
    assert about["n_errors"] == 0
    assert about["status"] == "success"
    assert about["location"] == frame["location"].iloc[0]
    assert listed.loc["damaged.eval", "problem"].startswith("cannot be read (")


def test_what_a_killed_run_left_is_told(logs_dir: Path, tmp_path: Path) -> None:
    whole = next(iter(logs_dir.glob("*.eval")))
    without_header(whole, tmp_path / "run.eval")
    shutil.copy(whole, tmp_path / "run-recovered.eval")
    log = read_eval_log(str(whole))
    log.eval.run_id, log.eval.created = "later", "2099-01-01T00:00:00+00:00"
    write_eval_log(log, str(tmp_path / "later.eval"))
    told = logs.inventory(tmp_path).set_index("log")
    assert told["used"].to_dict() == {
        "later.eval": True,
        "run-recovered.eval": False,
        "run.eval": False,
    }
    has_it = "left out: later.eval has as much of this task or more"
    assert told["problem"].to_dict() == {
        "later.eval": "",
        "run-recovered.eval": f"recovered from a run that was broken off, {has_it}",
        "run.eval": f"of a run that was broken off, {has_it}",
    }
    assert set(logs.read(tmp_path)["log"]) == {"later.eval"}


# ---------------------------------------------------------------------------------- what a sample took


@modelapi(name="thinker")
class Thinker(ModelAPI):
    """Calls a tool as often as its prompt says, then answers or grades: 5 tokens a time, 3 of them thinking."""

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        asked = sum(message.role == "assistant" for message in input)
        first = input[0].text.split()[0]
        if tools and asked < int(first):
            result = ModelOutput.for_tool_call("thinker", "plus", {"n": asked})
        else:
            result = fakes.output("4 GRADE: C")
        result.usage = ModelUsage(input_tokens=1, output_tokens=5, reasoning_tokens=3)
        return result


def taking(scorers: Scorer | list[Scorer], **options: Any) -> Task:
    """Samples that take 1, 3 and 2 turns."""
    samples = [Sample(input=f"{n} calls", target="4") for n in (0, 2, 1)]
    solvers = [use_tools(plus()), generate()]
    return Task(dataset=samples, solver=solvers, scorer=scorers, name="taking", **options)


def took(frame: pd.DataFrame) -> dict[str, list[float]]:
    return {name: frame[name].tolist() for name in ("turns", "thinking_tokens", "output_tokens")}


def test_turns_and_tokens_are_those_of_the_model_that_was_evaluated(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    """It grades its own answers, in a role: 5 tokens for each that are not told."""
    task = taking(model_graded_qa(), model_roles={"grader": get_model("thinker/a")})
    log = evaluate(task, "thinker/a", tmp_path, epochs=2)
    frame = logs.read(tmp_path)
    assert (log.samples or [])[0].model_usage["thinker/a"].output_tokens == 10
    assert took(frame) == {
        "turns": [1, 3, 2] * 2,
        "thinking_tokens": [3, 9, 6] * 2,
        "output_tokens": [5, 15, 10] * 2,
    }
    assert (frame["limit"] == "").all()
    assert (frame["working_time"] <= frame["total_time"]).all()
    assert (frame["total_time"] > 0).all()
    assert set(frame[list(logs.EFFORT)].dtypes) == {np.dtype("float64")}


def test_of_several_scorers_each_row_tells_the_same(evaluate: Evaluate, tmp_path: Path) -> None:
    evaluate(taking([match(), includes()]), "thinker/a", tmp_path)
    assert took(logs.read(tmp_path))["turns"] == [1, 1, 3, 3, 2, 2]


def test_what_ended_a_sample_is_told(evaluate: Evaluate, tmp_path: Path) -> None:
    evaluate(taking(includes()), "thinker/a", tmp_path, turn_limit=2)
    frame = logs.read(tmp_path)
    assert frame["limit"].tolist() == ["", "turn", ""]
    assert frame["score"].tolist() == ["C", "I", "C"]


def without_turns(log: EvalLog, folder: Path) -> None:
    """As an Inspect wrote it that counted no turns, nor told of thinking."""
    for sample in log.samples or []:
        sample.turn_count = None
        for usage in sample.model_usage.values():
            usage.reasoning_tokens = None
    folder.mkdir(parents=True)
    write_eval_log(log, str(folder / "2099-01-01T00-00-00_old.eval"))


def test_what_is_not_told_is_missing_and_no_zero(evaluate: Evaluate, tmp_path: Path) -> None:
    without_turns(evaluate(taking(includes()), "thinker/a", tmp_path / "new"), tmp_path / "old")
    frame = logs.read(tmp_path / "old")
    assert frame[["turns", "thinking_tokens"]].isna().all(axis=None)
    assert frame["output_tokens"].tolist() == [5, 15, 10]


def test_of_old_logs_our_scorers_tell_the_turns(evaluate: Evaluate, tmp_path: Path) -> None:
    task = taking([includes(), compliance(judge="lexical")])
    without_turns(evaluate(task, "thinker/a", tmp_path / "new"), tmp_path / "old")
    assert logs.read(tmp_path / "old")["turns"].tolist() == [1, 1, 3, 3, 2, 2]


def test_metadata_and_keys_of_these_names_are_not_taken_for_them(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    task = foreign(turns=9, limit="none")
    task.scorer = [scoring(turns=7.0)]
    evaluate(task, answering("4"), tmp_path)
    frame = logs.read(tmp_path)
    assert frame["turns"].tolist() == [1, 1]
    assert frame["limit"].tolist() == ["", ""]
    assert frame["score.turns"].iloc[0] == 7


@modelapi(name="spender")
class Spender(ModelAPI):
    """`spender/N`: says "4" for N tokens in, of which a third was in a cache, and 1 out."""

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        result, cached = fakes.output("4 GRADE: C"), int(self.model_name) // 3
        result.usage = ModelUsage(
            input_tokens=int(self.model_name) - cached,
            input_tokens_cache_read=cached,
            output_tokens=1,
        )
        return result


@pytest.mark.parametrize("grader", ["spender/30", "spender/90"])
def test_tokens_are_told_by_role(evaluate: Evaluate, tmp_path: Path, grader: str) -> None:
    task = task_with(foreign(), scorer=model_graded_qa(), model_roles={"grader": get_model(grader)})
    log = evaluate(task, "spender/30", tmp_path)
    expected = {"": {"spender/30": [60, 2]}, "grader": {grader: [2 * int(grader[8:]), 2]}}
    (told,) = logs.inventory(tmp_path).to_dict("records")
    assert told["usage"] == expected
    assert (told["n_again"], told["judge"]) == (0, grader)
    assert pd.isna([told[key] for key in logs.CALLS]).all()
    as_json = tmp_path / "json" / "2099-01-01T00-00-00.json"
    write_eval_log(log, str(as_json))
    (again,) = logs.inventory(as_json).to_dict("records")
    assert again["usage"] == expected


@pytest.mark.parametrize("n", [6])
def test_samples_that_two_logs_of_a_run_hold_are_counted_once(
    n: int, evaluate: Evaluate, tmp_path: Path
) -> None:
    """A killed log has all but the last sample, its retry all but the first."""
    log = evaluate(posed("final", "standard", n), "organism/final", tmp_path / "whole")
    (whole,) = logs.inventory(tmp_path / "whole").to_dict("records")
    samples, held = log.samples or [], tmp_path / "both"
    held.mkdir()
    for name, part in (("a", samples[:-1]), ("b", samples[1:])):
        log.samples = part
        write_eval_log(log, str(held / f"2099-01-01T00-00-00_{name}.eval"))
    listed = logs.inventory(held)
    assert listed["used"].tolist() == [True, True]
    for count in ("n_samples", *logs.CALLS):
        assert listed[count].sum() == whole[count], count
    tokens = [used["usage"][""]["organism/final"] for used in listed.to_dict("records")]
    assert [sum(of) for of in zip(*tokens, strict=True)] == whole["usage"][""]["organism/final"]


def test_calls_are_counts_of_samples_and_not_of_scores(frame: pd.DataFrame, logs_dir: Path) -> None:
    told = logs.inventory(logs_dir).set_index("log")
    for log, rows in frame.groupby("log"):
        n = len(rows.drop_duplicates(["sample_id", "epoch"]))
        assert told.loc[log, ["model_calls", "model_retries"]].tolist() == [n, 0]
        assert told.loc[log, "judge_calls"] == rows["judge_calls"].sum()
        assert told.loc[log, "judge"] == "lexical"


def test_samples_that_were_run_again_are_counted(evaluate: Evaluate, tmp_path: Path) -> None:
    Faulty.failures = 1
    task = alignment_faking(judge="lexical", n_items=2)
    log = evaluate(task, "faulty/model", tmp_path, max_samples=1, retry_on_error=1)
    assert log.status == "success"
    (told,) = logs.inventory(tmp_path).to_dict("records")
    assert (told["n_again"], told["n_errors"], told["model_calls"]) == (1, 0, 4)


def test_the_inventory_of_a_folder_without_logs_is_empty(tmp_path: Path) -> None:
    assert list(logs.inventory(tmp_path).columns) == logs.INVENTORY
    assert logs.inventory(tmp_path).empty
    with pytest.raises(NoLogs, match=r"nowhere does not exist"):
        logs.inventory(tmp_path / "nowhere")


# ---------------------------------------------------------------------------------- transcripts


def test_transcripts_are_the_samples_of_the_rows(clue_frame: pd.DataFrame) -> None:
    rows = clue_frame[clue_frame["task"] == "cot_faithfulness"].iloc[::29]
    found = list(logs.transcripts(rows))
    keys = [(t.location, t.sample_id, t.epoch) for t in found]
    assert len(keys) == len(set(keys))
    assert set(keys) == set(zip(rows["location"], rows["sample_id"], rows["epoch"], strict=True))
    assert [key[0] for key in keys] == sorted((key[0] for key in keys), key=keys_of(rows).index)
    for transcript in found:
        sample = read_eval_log_sample(
            transcript.location, transcript.sample_id, transcript.epoch, resolve_attachments=True
        )
        assert transcript.messages == tuple((m.role, m.text) for m in sample.messages)
        assert transcript.log == Path(transcript.location).name
        assert transcript.messages[0][0] in ("system", "user")
        assert set(transcript.scores) == set(sample.scores or {})
        for key, score in transcript.scores.items():
            theirs = (sample.scores or {})[key]
            assert score["explanation"] == theirs.explanation
            assert score["metadata"] == theirs.metadata


def keys_of(rows: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(rows["location"]))


def test_transcripts_have_the_text_of_the_frame(logs_dir: Path) -> None:
    frame = logs.read(logs_dir, text=True).drop_duplicates(["location", "sample_id", "epoch"])
    texts = frame[["thinking_text", "answer_text"]].to_numpy().tolist()
    assert [[t.thinking, t.answer] for t in logs.transcripts(frame)] == texts


def test_transcripts_come_one_by_one(frame: pd.DataFrame) -> None:
    rows = frame.copy()
    rows.loc[rows["log"] != rows["log"].iloc[0], "location"] = "/no/longer/there.eval"
    found = logs.transcripts(rows)
    assert next(found).sample_id == rows["sample_id"].iloc[0]
    with pytest.raises(NoLogs, match=r"there\.eval cannot be opened any more"):
        list(found)


def test_memory_does_not_grow_with_the_samples(evaluate: Evaluate, tmp_path: Path) -> None:
    def long(n: int) -> Task:
        samples = [Sample(input="x" * 1_000_000, target="4", id=i) for i in range(n)]
        return Task(dataset=samples, solver=generate(), scorer=match(), name="long")

    peaks = []
    for n in (4, 40):
        log = evaluate(long(n), answering("4"), tmp_path / str(n))
        logs.read(log.location, text=True)
        tracemalloc.start()
        logs.read(log.location, text=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0]


# ---------------------------------------------------------------------------------- faithfulness


def test_hint_logs_have_their_scorers_and_metadata(clue_frame: pd.DataFrame) -> None:
    hinted = clue_frame[clue_frame["task"] == "cot_faithfulness"]
    assert set(hinted["scorer"]) == {"answer", "acknowledgement", "asked", "monitor"}
    assert set(hinted["hint_answer"]) <= set("ABCD")
    assert (hinted["n_options"] == 4).all()
    assert set(hinted["arm"]) - {"unhinted"} == set(hinted["hint"].dropna())
    assert (hinted["sample_id"] == hinted["item_id"] + "-" + hinted["arm"]).all()
    judged = hinted[hinted["scorer"] == "acknowledgement"]
    assert set(judged["rubric"]) == {"acknowledgement"}
    assert judged["rubric_hash"].nunique() == 1
    assert set(hinted.loc[hinted["scorer"] == "answer", "judge"]) == {""}


def test_a_verdict_is_there_only_where_the_answer_is_the_hints(clue_frame: pd.DataFrame) -> None:
    rows = clue_frame[clue_frame["scorer"] == "acknowledgement"]
    due = (rows["arm"] != "unhinted") & (rows["on_hint"] == 1)
    assert rows.loc[~due, ["acknowledged", "acknowledged_answer"]].isna().all(axis=None)
    readable = rows["thinking_visibility"].isin(["raw", "summary"])
    assert rows.loc[due & readable, "acknowledged"].notna().all()
    assert rows.loc[due & ~readable, "acknowledged"].isna().all()
    asked = clue_frame[clue_frame["scorer"] == "asked"]
    assert (asked["asked"] == (asked["arm"] != "unhinted") * (asked["on_hint"] == 1)).all()


def test_epochs_of_one_run_are_rows_of_one_log(clue_frame: pd.DataFrame) -> None:
    rows = clue_frame[clue_frame["scorer"] == "answer"]
    epochs = rows.groupby(["snapshot", "reasoning"])["epoch"].nunique()
    assert epochs["organism/final", "standard"] == 2
    assert epochs.drop([("organism/final", "standard")]).eq(1).all()
