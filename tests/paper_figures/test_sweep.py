"""`saydo sweep`: runs what is new and nothing else, plans without a call, and names what is wrong in its file."""

import shutil
import zipfile
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from click.testing import CliRunner, Result
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log
from inspect_ai.model import GenerateConfig, Model, ModelAPI, get_model

from analysis.models import known
from inspect_tasks.thinking_budget import ANSWER_ROOM, EFFORT_ROOM
from paper_figures.sweep import (
    ALONE,
    MODES,
    Limits,
    Mode,
    _drop_half_recovered,
    config,
    load,
    runs,
    sweep_command,
    task_of,
)

CANARY = "saydo-canary-7f3a9c52-e1b4-4d0e-9a68-2c5d81f0b7ae"
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "sweep.yaml"
FURTHER = EXAMPLE.parent / "further.yaml"

SONNET_37 = "anthropic/claude-3-7-sonnet-20250219"
OPUS_4 = "anthropic/claude-opus-4-20250514"
OPUS_5 = "anthropic/claude-opus-5"
OPUS_55 = "anthropic/claude-opus-5-5"
SONNET_35 = "anthropic/claude-3-5-sonnet-20241022"
HAIKU_3 = "anthropic/claude-3-haiku-20240307"
CLAUDE_ON_BEDROCK = "anthropic.claude-sonnet-4-20250514-v1:0"

NEWER = [
    "claude-opus-4-6",
    "claude-opus-4-7",
    "claude-opus-5",
    "claude-sonnet-5-5",
    "claude-fable-5-1",
]
"""Models around the change from budgets to efforts."""

N_ITEMS = 2
N_SAMPLES = N_ITEMS * 2
"""Two arms."""


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """No token counter, on whatever machine this runs."""
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Counts the answers of each simulated model; after `fail_after` of them, `fails` calls fail."""
    monkeypatch.setenv("INSPECT_DISPLAY", "log")
    counted = {"fail_after": 10_000, "fails": 10_000}
    organism = type(get_model("organism/final").api)
    answer = organism.generate

    async def generate(api: ModelAPI, **asked: Any) -> Any:
        counted[api.model_name] = counted.get(api.model_name, 0) + 1
        counted["all"] = counted.get("all", 0) + 1
        if counted["fail_after"] < counted["all"] <= counted["fail_after"] + counted["fails"]:
            raise RuntimeError("the power is out")
        return await answer(api, **asked)

    monkeypatch.setattr(organism, "generate", generate)
    return counted


def written(folder: Path, **changed: Any) -> Path:
    """A small sweep with some keys changed, or left out where they are None."""
    sweep = {
        "log_dir": str(folder / "logs"),
        "snapshots": ["organism/final"],
        "tasks": [{"task": "alignment_faking", "n_items": N_ITEMS}],
        "judge": "lexical",
        **changed,
    }
    path = folder / "sweep.yaml"
    path.write_text(
        yaml.safe_dump({key: v for key, v in sweep.items() if v is not None}, sort_keys=False)
    )
    return path


def sweep(path: Path, *options: str) -> Result:
    return CliRunner().invoke(sweep_command, [str(path), *options])


def logs_of(folder: Path) -> list[EvalLog]:
    return [read_eval_log(log, header_only=True) for log in list_eval_logs(str(folder / "logs"))]


# ---------------------------------------------------------------------------------- running


def test_only_what_is_new_is_run(calls: dict[str, int], tmp_path: Path) -> None:
    first = sweep(written(tmp_path))
    assert first.exit_code == 0, first.output
    assert "Finished: 2 runs" in first.output
    assert "Not of this sweep" not in first.output
    assert calls["final"] == 2 * N_SAMPLES
    made = logs_of(tmp_path)
    modes = {
        (log.eval.task_args["elicitation"], log.eval.model_generate_config.reasoning_effort)
        for log in made
    }
    assert modes == {("scratchpad", None), ("native", "high")}
    assert all(log.eval.task_args["judge"] == "lexical" for log in made)

    assert sweep(written(tmp_path)).exit_code == 0
    assert calls["final"] == 2 * N_SAMPLES

    snapshots = ["organism/final", {"first": "organism/early"}]
    more = sweep(
        written(tmp_path, snapshots=snapshots, modes=["standard"], limits={"max_tasks": 1})
    )
    assert more.exit_code == 0, more.output
    assert "Finished: 2 runs" in more.output
    assert "Not of this sweep, but in" in more.output
    assert "logs: 1 (of an earlier state" in " ".join(more.output.split())
    assert (calls["final"], calls["early"]) == (2 * N_SAMPLES, N_SAMPLES)
    assert len(logs_of(tmp_path)) == len(made) + 1  # what the file no longer names stays


def test_a_run_that_fails_says_how_to_go_on(calls: dict[str, int], tmp_path: Path) -> None:
    path = written(tmp_path, modes=["standard"], limits={"retry_attempts": 0})
    calls["fail_after"] = 2
    failed = sweep(path)
    assert failed.exit_code == 1
    said = " ".join(failed.output.split())
    assert f"1 of 1 runs did not finish: run `saydo sweep {path}` again" in said
    calls["fail_after"] = 10_000
    assert sweep(path).exit_code == 0
    assert calls["final"] <= 2 * N_SAMPLES
    assert [log.status for log in logs_of(tmp_path)].count("success") == 1


def test_a_sample_that_failed_is_told_and_ends_nothing(
    calls: dict[str, int], tmp_path: Path
) -> None:
    tasks = [{"task": "alignment_faking", "n_items": 11}]
    path = written(tmp_path, modes=["standard"], tasks=tasks, limits={"retry_on_error": 0})
    calls |= {"fail_after": 4, "fails": 1}
    done = sweep(path)
    assert done.exit_code == 0, done.output
    assert "1 samples ended in an error, which a report counts" in " ".join(done.output.split())
    (log,) = logs_of(tmp_path)
    assert log.results
    assert (log.status, log.results.completed_samples) == ("success", 2 * 11 - 1)


def test_what_a_kill_must_find_is_on_whatever_the_environment_says(
    calls: dict[str, int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INSPECT_LOG_FORMAT", "json")
    assert sweep(written(tmp_path, modes=["standard"])).exit_code == 0
    (log,) = logs_of(tmp_path)
    assert log.location.endswith(".eval")
    assert (log.eval.config.log_realtime, log.eval.config.log_samples) == (True, True)


def test_a_log_whose_recovery_was_killed_is_made_again(
    calls: dict[str, int], tmp_path: Path
) -> None:
    path = written(tmp_path, modes=["standard"])
    assert sweep(path).exit_code == 0
    (whole,) = (tmp_path / "logs").glob("*.eval")
    for name in ("run.eval", "run-recovered.eval", "alone-recovered.eval"):
        unfinished(whole, tmp_path / "logs" / name)
    shutil.copy(whole, tmp_path / "logs" / "other.eval")
    shutil.copy(whole, tmp_path / "logs" / "other-recovered.eval")
    _drop_half_recovered(str(tmp_path / "logs"))
    left = {file.name for file in (tmp_path / "logs").glob("*.eval")} - {whole.name}
    assert left == {"run.eval", "alone-recovered.eval", "other.eval", "other-recovered.eval"}


def unfinished(source: Path, target: Path) -> None:
    """A log as it is while it is being written."""
    with zipfile.ZipFile(source) as whole, zipfile.ZipFile(target, "w") as started:
        for member in whole.namelist():
            if member.startswith("_journal"):
                started.writestr(member, whole.read(member))


def test_limits_that_hold_without_being_given(tmp_path: Path) -> None:
    given = load(written(tmp_path, limits={"max_connections": 3, "max_retries": None})).limits
    assert load(written(tmp_path)).limits == Limits()
    assert given == Limits(max_connections=3, max_retries=None)
    held = Limits().model_dump(exclude_none=True)
    assert held == {
        "max_retries": 8,
        "attempt_timeout": 1800,
        "fail_on_error": 0.05,
        "retry_on_error": 1,
        "retry_attempts": 2,
    }


# ---------------------------------------------------------------------------------- dry run


def test_a_dry_run_asks_nothing_and_makes_nothing(calls: dict[str, int], tmp_path: Path) -> None:
    path = written(
        tmp_path,
        snapshots=[SONNET_37, {"new": OPUS_5}],  # without a key, which only a run needs
        judge="anthropic/claude-haiku-4-5",
        tasks=["alignment_faking", {"task": "cot_faithfulness", "modes": ["extended"]}],
        epochs=2,
    )
    shown = sweep(path, "--dry-run")
    assert shown.exit_code == 0, shown.output
    assert "all" not in calls
    assert not (tmp_path / "logs").exists()
    rows = [line.split("│")[1:-1] for line in shown.output.splitlines() if line.startswith("│")]
    cells = [[cell.strip() for cell in row] for row in rows]
    assert [row[:5] for row in cells] == [
        [SONNET_37, "standard", "alignment_faking", "140", "560"],
        [SONNET_37, "extended", "alignment_faking", "140", "560"],
        [SONNET_37, "extended", "cot_faithfulness", "468", "6,552"],
        ["new", "standard", "alignment_faking", "140", "560"],
        ["new", "extended", "alignment_faking", "140", "560"],
        ["new", "extended", "cot_faithfulness", "468", "6,552"],
        ["all", "", "", "", ""],
    ]
    costs = [float(row[-1].replace(",", "")) for row in cells]
    assert costs[-1] == pytest.approx(sum(costs[:-1]), abs=0.05)
    assert cells[0][5] == f"{560 * 3:,}"  # the answer, its compliance, its reasoning


@pytest.mark.parametrize("example", sorted(EXAMPLE.parent.glob("*.yaml")), ids=lambda p: p.stem)
def test_the_examples_can_be_planned(example: Path) -> None:
    assert CANARY in example.read_text(encoding="utf-8")
    shown = sweep(example, "--dry-run")
    assert shown.exit_code == 0, shown.output
    assert "Simulated models cost nothing." in shown.output


# ---------------------------------------------------------------------------------- modes

BUDGET = Mode(reasoning_tokens=4096)
BOTH = MODES["extended"]
EFFORT = Mode(reasoning_effort="low")


@pytest.mark.parametrize(
    ("model", "mode", "expected"),
    [
        (SONNET_35, Mode(), GenerateConfig(max_tokens=8192)),
        (HAIKU_3, Mode(), GenerateConfig(max_tokens=4096)),
        (SONNET_37, Mode(), GenerateConfig(max_tokens=ANSWER_ROOM)),
        (SONNET_37, Mode(max_tokens=900), GenerateConfig(max_tokens=900)),
        (
            SONNET_37,
            BUDGET,
            GenerateConfig(reasoning_tokens=4096, max_tokens=4096 + ANSWER_ROOM),
        ),
        (SONNET_37, BOTH, GenerateConfig(reasoning_tokens=8000, max_tokens=8000 + ANSWER_ROOM)),
        (SONNET_37, EFFORT, GenerateConfig(reasoning_effort="low", max_tokens=EFFORT_ROOM)),
        (OPUS_4, EFFORT, GenerateConfig(reasoning_effort="low", max_tokens=32_000)),
        (
            OPUS_4,
            Mode(reasoning_tokens=30_000),
            GenerateConfig(reasoning_tokens=30_000, max_tokens=32_000),
        ),
        (OPUS_5, Mode(), GenerateConfig(reasoning_effort="none", max_tokens=ANSWER_ROOM)),
        (OPUS_5, BOTH, GenerateConfig(reasoning_effort="high", max_tokens=EFFORT_ROOM)),
        (
            OPUS_5,
            Mode(reasoning_effort="high", max_tokens=9000),
            GenerateConfig(reasoning_effort="high", max_tokens=9000),
        ),
        (OPUS_55, EFFORT, GenerateConfig(reasoning_effort="low", max_tokens=EFFORT_ROOM)),
        (
            f"bedrock/{CLAUDE_ON_BEDROCK}",
            Mode(),
            GenerateConfig(max_tokens=ANSWER_ROOM),
        ),
        ("openai/some-model", Mode(), GenerateConfig()),
        ("openai/some-model", EFFORT, GenerateConfig(reasoning_effort="low")),
        (
            "openai/some-model",
            BOTH,
            GenerateConfig(
                reasoning_tokens=8000, reasoning_effort="high", max_tokens=8000 + ANSWER_ROOM
            ),
        ),
    ],
)
def test_a_model_is_run_by_the_option_that_it_takes(
    model: str, mode: Mode, expected: GenerateConfig
) -> None:
    assert config(model, "some", mode) == expected


@pytest.mark.parametrize(
    "name",
    [
        *("claude-3-5-sonnet-20241022", "claude-3-7-sonnet-20250219", "claude-sonnet-4-20250514"),
        *("claude-opus-4-1", "claude-sonnet-4-5", "claude-opus-4-6", "claude-sonnet-4-6"),
        *("claude-opus-4-7", "claude-opus-4-8", "claude-opus-5", "claude-sonnet-5"),
        *("claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5", "claude-fable-5-1"),
    ],
)
def test_inspect_sends_what_the_mode_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "dummy")
    about, api = known(f"anthropic/{name}"), cast(Any, get_model(f"anthropic/{name}").api)

    def thinking(mode: Mode) -> Any:
        asked = GenerateConfig(max_tokens=20_000).merge(config(f"anthropic/{name}", "some", mode))
        return (api.completion_config(asked)[0].get("thinking") or {}).get("type")

    with_budget = {"reasoning_tokens": "enabled", "reasoning_effort": "adaptive"}
    if about.takes:
        assert thinking(BOTH) == with_budget[about.takes]
    if about.thinks == "unless told not to":
        assert thinking(Mode()) in ("disabled", "between_tools")
    elif about.thinks != "always":
        assert thinking(Mode()) is None
    if about.takes == "reasoning_effort":
        with pytest.raises(PrerequisiteError, match="does not support 'reasoning_tokens'"):
            api.completion_config(GenerateConfig(max_tokens=20_000, reasoning_tokens=4096))


@pytest.mark.parametrize(
    ("model", "mode", "said"),
    [
        (OPUS_55, Mode(), "modes, some: anthropic/claude-opus-5-5 always thinks"),
        (OPUS_5, BUDGET, "takes no reasoning_tokens: give reasoning_effort as well"),
        (SONNET_35, BOTH, "cannot think"),
        (SONNET_37, Mode(reasoning_tokens=4096, max_tokens=4096), "give fewer reasoning_tokens"),
        (OPUS_4, Mode(reasoning_tokens=32_000), "give fewer reasoning_tokens"),
        (OPUS_4, Mode(reasoning_effort="max"), "32000 max_tokens for 32000 reasoning_tokens"),
        (HAIKU_3, Mode(max_tokens=5000), "puts out 4096 tokens at most: give no more max_tokens"),
    ],
)
def test_a_mode_that_a_model_has_not_is_refused(model: str, mode: Mode, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        config(model, "some", mode)


def test_each_run_has_its_mode_and_roles(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        modes={"standard": None, "bare": {"elicitation": "none"}, "extended": None},
        tasks=[
            {"task": "alignment_faking", "elicitation": "scratchpad", "modes": ["extended"]},
            {"task": "cot_faithfulness", "judge": "lexical", "n_items": 1},
            {"task": "cot_interventions", "modes": ["standard"], "n_items": 1, "epochs": 3},
        ],
        judge="organism/early",
        editor="organism/early",
        epochs=2,
        limits={"max_retries": 1, "fail_on_error": 0.1},
    )
    planned = load(path)
    found = runs(planned)
    assert [
        (run.task, run.mode, run.parameters.get("elicitation"), run.epochs) for run in found
    ] == [
        ("alignment_faking", "extended", "scratchpad", None),
        ("cot_faithfulness", "standard", "scratchpad", None),
        ("cot_faithfulness", "bare", "none", None),
        ("cot_faithfulness", "extended", "native", None),
        ("cot_interventions", "standard", None, 3),
    ]
    tasks = [task_of(run, planned) for run in found]
    roles = [dict(task.model_roles or {}) for task in tasks]
    assert [list(bound) for bound in roles] == [["grader"], [], [], [], ["editor"]]
    grader = roles[0]["grader"]
    assert isinstance(grader, Model)
    assert grader.config.max_retries == 1
    assert [task.epochs for task in tasks] == [2, 2, 2, 2, 3]


# ---------------------------------------------------------------------------------- tasks that differ


def test_a_task_that_thinks_by_itself_runs_once(calls: dict[str, int], tmp_path: Path) -> None:
    """In no mode, with its own number of samples; its ranker is bound, and nothing else."""
    budgets = {"task": "thinking_budget", "n_items": 1, "budgets": "0,1024"}
    path = written(tmp_path, tasks=[budgets], ranker="organism/early", epochs=1)
    done = sweep(path)
    assert done.exit_code == 0, done.output
    assert (calls["final"], calls["early"]) == (2 * 4, 2 * 4)
    (log,) = logs_of(tmp_path)
    assert log.eval.config.epochs == 4
    assert log.eval.task_args["ranker"] is True
    assert log.eval.model_generate_config == GenerateConfig()
    assert list(log.eval.model_roles or {}) == ["ranker"]


def test_an_entry_says_how_often(tmp_path: Path) -> None:
    """Before the task's own number, and that before the sweep's."""
    names = ["prompt_injection", "thinking_budget", "everyday"]
    tasks = [{"task": name, "n_items": 1} for name in names]
    again = [{**task, "epochs": 2, "seed": 1} for task in tasks]
    sweeps = load(written(tmp_path, modes=["extended"], tasks=[*tasks, *again], epochs=3))
    made = [task_of(run, sweeps) for run in runs(sweeps)]
    assert [task.epochs for task in made] == [5, 4, 3, 2, 2, 2]


def test_a_judge_reaches_the_tasks_that_take_one(tmp_path: Path) -> None:
    tasks = [
        {"task": "everyday", "n_items": 1},
        {"task": "special_casing", "n_items": 1},
        {"task": "prompt_injection", "n_items": 1},
        {"task": "prompt_injection", "n_items": 1, "safeguards": "classifier"},
        {
            "task": "prompt_injection",
            "n_items": 1,
            "safeguards": "classifier",
            "classifier_judge": "model",
        },
        {"task": "thinking_budget", "n_items": 1, "ranker": False, "modes": ["standard"]},
    ]
    judge = "organism/early"
    given = load(written(tmp_path, tasks=tasks, judge=judge, ranker="organism/early"))
    found = [(run, task_of(run, given)) for run in runs(given)]
    assert [(run.task, run.mode, list(task.model_roles or {})) for run, task in found] == [
        ("everyday", "standard", ["grader"]),
        ("everyday", "extended", ["grader"]),
        ("special_casing", "standard", ["grader"]),
        ("special_casing", "extended", ["grader"]),
        ("prompt_injection", "standard", []),
        ("prompt_injection", "extended", []),
        ("prompt_injection", "standard", []),
        ("prompt_injection", "extended", []),
        ("prompt_injection", "standard", ["classifier"]),
        ("prompt_injection", "extended", ["classifier"]),
        ("thinking_budget", ALONE, []),
    ]
    in_docker = [task for run, task in found if run.task == "special_casing"]
    assert {task.sandbox.type for task in in_docker if task.sandbox} == {"docker"}
    by_mode = [run.parameters.get("elicitation") for run, _ in found[:4]]
    assert by_mode == ["scratchpad", "native"] * 2


@pytest.mark.parametrize(
    ("snapshot", "options", "said"),
    [
        (OPUS_5, {}, "takes no budget of thinking tokens: give efforts: low,medium,high"),
        (OPUS_55, {"budgets": "0"}, "takes no budget of thinking tokens: give efforts"),
        (SONNET_35, {}, "cannot think: give budgets: 0"),
        (SONNET_35, {"efforts": "low"}, "cannot think: give budgets: 0"),
        (OPUS_4, {"budgets": "32000"}, "puts out 32000 tokens at most"),
        (OPUS_4, {"efforts": "low"}, "puts out 32000 tokens at most"),
        (OPUS_5, {"efforts": "low"}, ""),
        (OPUS_55, {"efforts": "low,xhigh"}, ""),
        (SONNET_37, {"efforts": "low"}, ""),
        (SONNET_37, {}, ""),
        (SONNET_35, {"budgets": "0"}, ""),
    ],
)
def test_a_budget_that_a_model_has_not_is_refused(
    snapshot: str, options: dict[str, str], said: str, tmp_path: Path
) -> None:
    """Of two snapshots, too, of which the first one takes it."""
    task = {"task": "thinking_budget", "n_items": 1, **options}
    path = written(tmp_path, snapshots=["organism/final", snapshot], tasks=[task])
    shown = sweep(path, "--dry-run")
    assert (shown.exit_code == 1) == bool(said), shown.output
    assert said in " ".join(shown.output.split())


@pytest.mark.parametrize("name", ["claude-3-7-sonnet-20250219", "claude-sonnet-4-5", *NEWER])
def test_sweep_and_task_agree_on_who_takes_budgets(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The task asks Inspect's provider of the running model, the sweep the table that it plans by."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "dummy")
    api = cast(Any, get_model(f"anthropic/{name}").api)
    takes_effort = known(f"anthropic/{name}").takes == "reasoning_effort"
    assert takes_effort == api.is_claude_4_7_or_later()


def test_a_dry_run_tells_what_the_tasks_rest_on() -> None:
    shown = " ".join(sweep(FURTHER, "--dry-run").output.split())
    assert "the first stage flags 10% of thinking" in shown
    assert "30% of solutions are hacks" in shown
    assert "Assumed of prompt_injection: 4 generations per run" in shown
    assert "each budget of thinking is used up" in shown
    assert "of hinted answers" not in shown


@pytest.mark.slow
def test_the_further_example_runs(calls: dict[str, int], tmp_path: Path) -> None:
    asked = yaml.safe_load(FURTHER.read_text(encoding="utf-8"))
    path = tmp_path / "sweep.yaml"
    path.write_text(yaml.safe_dump({**asked, "log_dir": str(tmp_path / "logs")}))
    done = sweep(path)
    assert done.exit_code == 0, done.output
    assert "Finished: 12 runs" in done.output


# ---------------------------------------------------------------------------------- errors

AF = {"task": "alignment_faking"}
BUDGETS = {"task": "thinking_budget", "n_items": 1}
GUARDED = {"task": "prompt_injection", "safeguards": "classifier", "classifier_judge": "model"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"log_dir": None}, "log_dir is missing"),
        ({"snapshot": "organism/final"}, "snapshot is not known: use log_dir, snapshots"),
        ({"snapshots": []}, "snapshots cannot be []"),
        ({"snapshots": ["final"]}, "final is no full name: write PROVIDER/MODEL"),
        ({"snapshots": [{"a": "b/c", "d": "e/f"}]}, "snapshot 1 must be a name or `LABEL: name`"),
        ({"snapshots": ["organism/final"] * 2}, "'organism/final' stands there twice"),
        ({"tasks": [AF, AF]}, "would run alignment_faking twice in the same way"),
        ({"reference": "early"}, "reference 'early' is not in the list: use one of"),
        (
            {"modes": {"standard": {"reasoning_tokens": 4096}}},
            "modes, standard: is without thinking",
        ),
        (
            {"modes": {"extended": {"elicitation": "native"}}},
            "modes, extended: give reasoning_tokens",
        ),
        ({"modes": {"x": {"reasoning_tokens": 100}}}, "modes, x, reasoning_tokens cannot be 100"),
        ({"modes": {"x": {"budget": 100}}}, "modes, x, budget is not known"),
        ({"modes": {"x": {"reasoning_effort": "huge"}}}, "modes, x, reasoning_effort cannot be"),
        ({"tasks": [AF, {"task": "fakes"}]}, "tasks, entry 2: there is no task fakes: use"),
        ({"tasks": [{"n_items": 3}]}, "tasks, entry 1, task is missing"),
        ({"tasks": [{**AF, "modes": ["fast"]}]}, "tasks, entry 1, modes: fast is none of standard"),
        ({"tasks": [{**AF, "items": 3}]}, "tasks, entry 1: alignment_faking takes no items"),
        ({"tasks": [{**AF, "n_items": 900}]}, "tasks, entry 1: n_items=900 is larger"),
        ({"tasks": ["cot_interventions"]}, "entry 1: cot_interventions reasons in a scratchpad"),
        ({"judge": None}, "tasks, entry 1: alignment_faking needs a judge: give judge"),
        (
            {"tasks": [{**BUDGETS, "modes": ["extended"]}]},
            "tasks, entry 1: thinking_budget sets its thinking by itself, and runs once: leave modes out.",
        ),
        ({"tasks": [{**BUDGETS, "modes": ["standard", "extended"]}]}, "leave modes out"),
        ({"tasks": [{**BUDGETS, "modes": ["fast"]}]}, "modes: fast is none of standard"),
        ({"tasks": [{**BUDGETS, "ranker": True}]}, "thinking_budget needs a ranker: give ranker"),
        ({"tasks": [{**BUDGETS, "budgets": 5}]}, "entry 1: budgets=5 is no budget"),
        ({"tasks": [{**BUDGETS, "efforts": "huge"}]}, "entry 1: efforts=huge is not one of"),
        ({"tasks": [BUDGETS, BUDGETS]}, "would run thinking_budget twice in the same way"),
        ({"ranker": "claude"}, "claude is no full name"),
        ({"tasks": [GUARDED]}, "entry 1: prompt_injection needs a judge: give judge"),
        (
            {"tasks": [{**GUARDED, "classifier_judge": "x"}]},
            "entry 1: classifier_judge=x is not known",
        ),
        ({"tasks": [{"task": "everyday", "audit": 0}]}, "entry 1: audit=0 must be a share"),
        ({"tasks": [{"task": "everyday", "monitors": "x"}]}, "entry 1: monitors=x is not one of"),
        (
            {"snapshots": [SONNET_37], "tasks": [{"task": "special_casing", "sandbox": "local"}]},
            "entry 1: sandbox: local would run what anthropic/claude-3-7-sonnet-20250219 writes",
        ),
        ({"judge": "claude"}, "claude is no full name"),
        ({"epochs": 0}, "epochs cannot be 0"),
        ({"epochs": "two"}, "epochs cannot be 'two'"),
        ({"limits": {"max_connection": 3}}, "limits, max_connection is not known"),
        ({"limits": {"fail_on_error": "no"}}, "limits, fail_on_error cannot be 'no'"),
    ],
)
def test_mistakes_are_named_with_their_key(
    changed: dict[str, Any], said: str, tmp_path: Path
) -> None:
    path = written(tmp_path, **changed)
    result = sweep(path, "--dry-run")
    assert result.exit_code == 1
    printed = " ".join(result.output.split())
    assert printed.startswith(f"Error: {path}: ")
    assert said in printed
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("log_dir: [", "not valid YAML"),
        ("- a\n", "give the keys log_dir"),
        ("\x00", "YAML"),
    ],
)
def test_a_file_that_is_no_sweep_is_named(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "sweep.yaml"
    path.write_text(text)
    result = sweep(path)
    assert result.exit_code == 1
    assert str(path) in result.output
    assert said in result.output
