"""What README.md says to run on a real model does run, on a server that plays the model and its judge."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from inspect_ai import Task, eval, task_with
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log
from inspect_ai.model import ChatMessage, GenerateConfig, ModelOutput, get_model

from analysis.models import known
from inspect_tasks.alignment_faking import alignment_faking
from inspect_tasks.cot_faithfulness import cot_faithfulness
from tests.conftest import QUIET
from tests.fakes import model
from tests.http.over_http import BUDGET, Ran, differing, metrics, scores
from tests.http.standin import is_judge, stand_in
from tests.http.test_visibility import Asked, seen
from tests.messages_server import Answer, Request, serve
from tests.messages_server.behind import organism

slow = pytest.mark.slow

ROOT: Final = Path(__file__).resolve().parents[2]
BIN: Final = Path(sys.executable).parent

SUBJECT: Final = "always-admits"

N_ITEMS: Final = 2


def blocks(kind: str = "") -> list[str]:
    """The blocks of code in the README."""
    text = (ROOT / "README.md").read_text("utf-8")
    fenced = re.findall(r"^```(\w*)\n(.*?)^```\n", text, re.S | re.M)
    return [block for named, block in fenced if named == kind]


def commands(starts: str, about: str) -> list[str]:
    """The commands of the README that start so and are about something, each on one line."""
    lines = "\n".join(blocks()).replace("\\\n", " ").splitlines()
    found = [" ".join(line.split("#")[0].split()) for line in lines]
    return [line for line in found if line.startswith(starts) and about in line]


OF_REAL_MODELS: Final = commands("inspect eval", "--model anthropic/")
EVALS: Final = [line for line in OF_REAL_MODELS if re.search("alignment_faking|cot_faith", line)]
"""Those that are run here, and compared with direct runs."""

FURTHER: Final = [line for line in OF_REAL_MODELS if line not in EVALS]
"""Those that are run here as they stand."""


def subject_and_judge(name: str) -> Answer:
    """One model that answers as an organism, and judges where it is asked to."""
    subject, judge = organism(name, readable=True), stand_in()

    async def answer(
        messages: list[ChatMessage], settings: GenerateConfig, *tools: Any
    ) -> ModelOutput:
        if is_judge(messages):
            return judge(messages, settings)
        answered = subject(messages, settings, *tools)
        assert not isinstance(answered, ModelOutput)
        return await answered

    return answer


def called(command: str, cwd: Path = ROOT, **env: str) -> str:
    """Run a command of the README, and give what it printed."""
    program, *arguments = shlex.split(command)
    done = subprocess.run(
        [str(BIN / program), *arguments],
        cwd=cwd,
        env={**os.environ, "INSPECT_DISPLAY": "plain", **env},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout


def small(command: str) -> str:
    """The command with few items."""
    return re.sub(r"n_items(=|: )\d+", rf"n_items\g<1>{N_ITEMS}", command)


def only_log(folder: Path) -> EvalLog:
    (info,) = list_eval_logs(str(folder))
    return read_eval_log(info)


def directly(command: str, folder: Path) -> EvalLog:
    """What the command measures, on the organism itself and with the stand-in called directly."""
    task: Callable[..., Task] = (
        alignment_faking if "alignment_faking" in command else cot_faithfulness
    )
    parameters: dict[str, Any] = {
        name: int(value) for name, value in re.findall(r"-T (\w+)=(\d+)", command)
    }
    thinks = BUDGET if "reasoning" in command else GenerateConfig()
    made = task_with(
        task(**parameters), model=get_model(f"organism/{SUBJECT}", config=thinks, memoize=False)
    )
    judge = model(lambda messages: stand_in()(messages, GenerateConfig()))
    (log,) = eval(made, model_roles={"grader": judge}, log_dir=str(folder), **QUIET)
    return log


def compared(log: EvalLog, command: str, folder: Path) -> int:
    a, b = Ran(folder, {"": directly(command, folder)}), Ran(folder, {"": log})
    of_a, of_b = scores(a), scores(b)
    assert differing(of_a, of_b) == {}
    assert differing(metrics(a), metrics(b)) == {}
    return len(of_a)


def test_the_readme_has_commands_for_real_models() -> None:
    assert len(EVALS) == 2
    assert {
        *("alignment_faking", "cot_faithfulness", "everyday", "special_casing"),
        *("prompt_injection", "thinking_budget"),
    } == {name for line in OF_REAL_MODELS for name in re.findall(r"inspect_tasks/(\w+)\.py", line)}


@slow
@pytest.mark.parametrize("command", EVALS)
def test_as_written(
    command: str, tmp_path: Path, record_property: Callable[[str, str], None]
) -> None:
    """As it stands there, with the server's address in the environment."""
    with serve(subject_and_judge(SUBJECT)) as server:
        called(f"{small(command)} --log-dir {tmp_path / 'logs'}", ANTHROPIC_BASE_URL=server.url)
        asked = server.requests
    log = only_log(tmp_path / "logs")
    check(log, asked)
    n = compared(log, small(command), tmp_path / "directly")
    record_property("commands of the README over HTTP", f"{command}: {n} values, 0 differ")


@slow
@pytest.mark.parametrize("command", EVALS)
def test_with_an_address_on_the_command_line(command: str, tmp_path: Path) -> None:
    """It is the model's alone: the judge's is in the environment, for `--model-role` takes none."""
    with serve(SUBJECT) as subject, serve(stand_in()) as judge:
        at = f"--model-base-url {subject.url} --log-dir {tmp_path / 'logs'}"
        called(f"{small(command)} {at}", ANTHROPIC_BASE_URL=judge.url)
        check(only_log(tmp_path / "logs"), [*subject.requests, *judge.requests])


@slow
@pytest.mark.parametrize("command", FURTHER)
def test_further_commands(
    command: str, tmp_path: Path, record_property: Callable[[str, str], None]
) -> None:
    """Scored throughout; what a model writes runs in the sandbox of the tests in place of docker."""
    made = f"{command} -T n_items={N_ITEMS} --log-dir {tmp_path / 'logs'}"
    if "special_casing" in command:
        made = made.replace("inspect eval", "python -m tests.http.here eval") + " --sandbox here"
    with serve(subject_and_judge(SUBJECT)) as server:
        called(made, ANTHROPIC_BASE_URL=server.url)
        asked = server.requests
    log = only_log(tmp_path / "logs")
    assert log.status == "success"
    assert {request.outcome for request in asked} == {"answered"}
    roles = re.findall(r"--model-role \w+=anthropic/(\S+)", command)
    models = {log.eval.model.removeprefix("anthropic/"), *roles}
    assert {request.body["model"] for request in asked} <= models
    assert log.samples
    scored = [score for sample in log.samples for score in (sample.scores or {}).values()]
    for score in scored:
        assert isinstance(score.value, dict)
        # An admission is asked of hacks alone.
        assert not score.value["unscored"] or "admitted" in score.value
    told = f"{len(log.samples)} samples, {len(scored)} scores, {len(asked)} requests"
    record_property("further commands of the README over HTTP", f"{command}: {told}")


def check(log: EvalLog, asked: list[Request]) -> None:
    """All samples are scored, and each model was asked as it takes it."""
    assert log.status == "success"
    assert log.eval.model == "anthropic/claude-3-7-sonnet-20250219"
    assert (log.eval.model_roles or {})["grader"].model == "anthropic/claude-sonnet-4-5"
    assert {request.outcome for request in asked} == {"answered"}
    for sample in log.samples or []:
        assert not sample.error
        assert sample.scores
        for score in sample.scores.values():
            assert isinstance(score.value, dict)
            assert not score.value["unscored"]
    thinks = log.plan.config.reasoning_tokens
    by_model: dict[str, list[Any]] = {}
    for request in asked:
        by_model.setdefault(request.body["model"], []).append(request.body)
    assert all("output_format" in body for body in by_model["claude-sonnet-4-5"])
    for body in by_model["claude-3-7-sonnet-20250219"]:
        assert (body.get("thinking") or {}).get("budget_tokens") == thinks
        assert body["max_tokens"] > (thinks or 0)


@slow
def test_the_way_to_a_report(tmp_path: Path) -> None:
    (command,) = [line for line in EVALS if "alignment_faking" in line]
    with serve(subject_and_judge(SUBJECT)) as server:
        called(f"{small(command)} --log-dir {tmp_path / 'logs'}", ANTHROPIC_BASE_URL=server.url)
    (report,) = [line for line in commands("saydo report logs", "") if line.endswith("report")][:1]
    called(
        report.replace("logs", str(tmp_path / "logs")).replace(
            "--out report", f"--out {tmp_path / 'report'}"
        )
    )
    assert (
        "claude-3-7-sonnet" in (tmp_path / "report" / "tables" / "alignment_faking.md").read_text()
    )


@slow
def test_the_sweep(tmp_path: Path) -> None:
    """Run, run again without a request, and reported."""
    (sweep,) = [block for block in blocks("yaml") if block.startswith("log_dir")]
    (tmp_path / "sweep.yaml").write_text(small(sweep))
    dry, run, report = commands("saydo", "sweep.yaml")
    with serve(subject_and_judge(SUBJECT), thinking="by_request") as server:
        for command in (dry, run):
            called(command, tmp_path, ANTHROPIC_BASE_URL=server.url)
        asked = server.requests
        called(run, tmp_path, ANTHROPIC_BASE_URL=server.url)
        assert len(server.requests) == len(asked)
    messages = [request for request in asked if request.path == "/v1/messages"]
    assert {request.outcome for request in messages} == {"answered"}
    for body in (request.body for request in messages):
        budget = (body.get("thinking") or {}).get("budget_tokens", 0)
        assert "haiku" in body["model"] or body["max_tokens"] == budget + 8192
    called(report, tmp_path)
    printed = (tmp_path / "report" / "tables" / "alignment_faking.md").read_text()
    assert "claude-3-7-sonnet" in printed
    assert "latest" in printed


# ------------------------------------------------------------------------------- settings by model

ROWS: Final = {
    "3, 3.5": ["claude-3-5-haiku-20241022"],
    "3.7 to 4.6": [
        *("claude-3-7-sonnet-20250219", "claude-sonnet-4-20250514", "claude-opus-4-1-20250805"),
        *("claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-5", "claude-opus-4-6"),
        "claude-sonnet-4-6",
    ],
    "4.7, 4.8": [
        *("claude-opus-4-7", "claude-opus-4-8", "claude-opus-5", "claude-sonnet-5"),
        *("claude-sonnet-5-5", "claude-haiku-5-5"),
    ],
    "Opus 5.5": ["claude-opus-5-5", "claude-fable-5", "claude-mythos-5"],
}
"""Models by words of the row of the README's table that is about them."""


def table() -> dict[str, tuple[str, str]]:
    """Options in the mode without thinking, and in the one with it, by row."""
    text = (ROOT / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| (.*Claude.*?) \| (.*?) \| (.*?) \|$", text, re.M)
    return {
        words: (standard, extended)
        for words in ROWS
        for label, standard, extended in rows
        if words in label and ("--" in standard or "--" in extended)
    }


def options(cell: str) -> GenerateConfig | None:
    """The options in a cell; None where it has none."""
    told = re.findall(r"--([\w-]+) (\w+)", cell)
    return (
        GenerateConfig.model_validate({k.replace("-", "_"): v for k, v in told}) if told else None
    )


@slow
def test_the_settings_in_the_readme_are_taken_and_do_what_they_say(
    tmp_path: Path, record_property: Callable[[str, str], None]
) -> None:
    """Without thinking there is none; with it, it can be read; where a model always thinks, no options pretend otherwise."""
    cases: list[tuple[str, GenerateConfig, set[str]]] = []
    for words, cells in table().items():
        for name in ROWS[words]:
            modes = [options(cell) for cell in cells]
            assert (modes[0] is None) == (known(f"anthropic/{name}").thinks == "always")
            readable = {"raw"} if "3-7" in name else {"summary"}
            assert (modes[1] is None) == (known(f"anthropic/{name}").thinks == "never")
            cases += [
                (name, one, expected)
                for one, expected in zip(modes, ({"none"}, readable), strict=True)
                if one
            ]
    assert table().keys() == ROWS.keys()
    with serve(SUBJECT, thinking="by_request") as server:
        made = [
            task_with(
                alignment_faking(judge="lexical", elicitation="native", n_items=1),
                model=Asked(f"anthropic/{name}", settings).reach(server, str(i)),
            )
            for i, (name, settings, _) in enumerate(cases)
        ]
        done = eval(made, log_dir=str(tmp_path), **QUIET)
        assert set(server.outcomes()) == {"answered"}
    assert [set(seen(log).values()) for log in done] == [expected for *_, expected in cases]
    record_property("settings of the README taken", f"{len(cases)} models and modes")
