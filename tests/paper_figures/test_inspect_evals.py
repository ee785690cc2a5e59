"""`saydo report` on tasks of `inspect_evals`, where that is installed: GPQA with our own questions, and an agent with tools.

The project does not need `inspect_evals`, so that these tests are skipped mostly; the tasks of `tests.foreign` have the
same shapes and are always run.
"""

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from inspect_ai import Task, eval, task_with
from inspect_ai.dataset import MemoryDataset
from inspect_ai.model import ChatMessage, Model, ModelOutput, get_model

from paper_figures.cli import main
from tests import fakes, foreign
from tests.conftest import QUIET

pytest.importorskip("inspect_evals")

N_QUESTIONS, N_POISONED = 8, 10
KNOWS = {"early": 3, "late": 7}
"""Questions that each snapshot knows, and the most often that it looks something up in vain."""


def gpqa(monkeypatch: pytest.MonkeyPatch) -> Task:
    """The task itself, with questions of ours: its own data are not to be had offline."""
    module = importlib.import_module("inspect_evals.gpqa.gpqa")
    named = {"Record ID": "id", "High-level domain": "Physics", "Subdomain": "Physics (general)"}
    samples = []
    for n in range(1, N_QUESTIONS + 1):
        wrong = {f"Incorrect Answer {i}": str(2 * n + i) for i in (1, 2, 3)}
        record = {"Question": f"What is {n} plus {n}?", "Correct Answer": str(2 * n), **wrong}
        samples.append(module.record_to_sample({**named, **record, "Record ID": f"rec{n}"}))
    dataset = MemoryDataset(samples, name="stand-in", shuffled=False)
    monkeypatch.setattr(module, "get_gpqa_diamond_dataset", lambda **_: dataset)
    task: Task = module.gpqa_diamond()
    return task


def poisoned(monkeypatch: pytest.MonkeyPatch) -> Task:
    module = importlib.import_module("inspect_evals.agent_threat_bench")
    task: Task = module.agent_threat_bench_memory_poison()
    return task


def model(name: str) -> Model:
    """Answers the sums that it knows, and looks things up, some times in vain, before it says what it found."""

    def answer(messages: list[ChatMessage]) -> ModelOutput:
        said = " ".join(message.text for message in messages)
        sum_of = re.search(r"What is (\d+) plus", said)
        if sum_of:
            right = int(sum_of[1]) <= KNOWS[name]
            return fakes.output(f"I add.\n\nANSWER: {'A' if right else 'B'}")
        asked = sum(message.role == "assistant" for message in messages)
        keys = re.findall(r"Available keys: \['(\w+)'", said)
        in_vain = 1 + len(said.split("?")[0]) % (11 - KNOWS[name])
        if asked > in_vain:
            return fakes.output(messages[-1].text)
        key = keys[-1] if asked == in_vain else f"nothing {asked}"
        call = ModelOutput.for_tool_call("fake", "memory_read", {"key": key})
        return call.model_copy(update={"usage": fakes.USAGE})

    return get_model(
        f"mockllm/{name}", custom_outputs=lambda messages, *_: answer(messages), memoize=False
    )


Made = Callable[[pytest.MonkeyPatch], Task]


@pytest.mark.parametrize(
    ("made", "columns", "shape"),
    [
        (gpqa, {"choice"}, (N_QUESTIONS, 4)),
        (poisoned, {f"agent_threat_bench_scorer.{k}" for k in ("utility", "security")}, (N_POISONED, 1)),
    ],
)  # fmt: skip
def test_a_task_of_inspect_evals_is_reported(
    made: Made,
    columns: set[str],
    shape: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    modes: dict[str, Any] = foreign.MODES
    tasks = [
        task_with(made(monkeypatch), model=model(name), config=config)
        for name in KNOWS
        for config in modes.values()
    ]
    logs = eval(tasks, log_dir=str(tmp_path / "logs"), **QUIET)
    assert [log.status for log in logs] == ["success"] * len(tasks)
    run = CliRunner().invoke(main, ["report", str(tmp_path / "logs"), "--out", str(tmp_path)])
    assert run.exit_code == 0, run.output
    rows = pd.read_csv(tmp_path / "results.csv")
    measured = rows[rows["provenance"] == "measured"]
    whole = measured[measured["metric"] == "accuracy"]
    assert set(whole["column"]) == columns
    assert set(zip(whole["n_items"], whole["n_samples"], strict=True)) == {
        (shape[0], shape[0] * shape[1])
    }
    assert set(whole["reasoning"]) == {"standard", "extended"}
    (known,) = {log.results.scores[0].metrics["accuracy"].value for log in logs[:1] if log.results}
    assert whole["value"].iloc[0] == pytest.approx(known)
    by_turns = (measured["metric"] == "accuracy_within_turns").any()
    assert by_turns == (made is poisoned)
    assert (tmp_path / "figures" / "action_scaling.png").exists() == by_turns
    assert (measured["metric"] == "pass_at_k").any() == (made is gpqa)
