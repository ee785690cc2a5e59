"""Real logs of simulated snapshots, made once per session, and the ways to make more."""

import functools
from collections.abc import Callable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import inspect_ai._util.package
import pandas as pd
import pytest
from hypothesis import settings
from inspect_ai import Task, eval, task_with
from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig, Model, get_model

from analysis import logs, snapshots
from analysis.series import Series
from inspect_tasks.alignment_faking import alignment_faking
from inspect_tasks.cot_faithfulness import cot_faithfulness
from inspect_tasks.cot_interventions import cot_interventions
from inspect_tasks.post_hoc_rationalisation import post_hoc_rationalisation
from tests import foreign

# The same examples in every run; a test is slow or not by what else runs.
settings.register_profile("the same everywhere", deadline=None, derandomize=True)
settings.load_profile("the same everywhere")

EXTENDED = GenerateConfig(reasoning_effort="high")
N_ITEMS = 12
SERIES = ["preview-v3.1", "final"]

QUIET: dict[str, Any] = {"display": "log", "log_realtime": False}
"""Inspect's `none` display draws its tables all the same, which takes longer than the evals here."""

Evaluate = Callable[..., EvalLog]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests recorded: the figures of docs/RELIABILITY.md."""
    reports = terminalreporter.getreports("passed")
    recorded = sorted({said for report in reports for said in report.user_properties})
    if recorded:
        terminalreporter.section("measured")
    for name, value in recorded:
        terminalreporter.write_line(f"{name}: {value}")


@pytest.fixture(scope="session", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests read is not kept in the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _distributions_looked_up_once() -> Iterator[None]:
    """Inspect looks for every task's distribution anew, which takes longer than the small evals here."""
    with pytest.MonkeyPatch.context() as patch:
        cached = functools.cache(packages_distributions)
        patch.setattr(inspect_ai._util.package, "packages_distributions", cached)
        yield


@pytest.fixture(autouse=True)
def _models_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inspect keeps the models of a process, each with the address of the server that it was made for."""
    monkeypatch.setattr("inspect_ai.model._model._models", {})


@pytest.fixture(scope="session")
def evaluate() -> Evaluate:
    """`evaluate(task, model, folder, **options)`: one quiet eval, and its log."""

    def run(
        task: Task | Callable[..., Task], model: str | Model, folder: Path, **options: Any
    ) -> EvalLog:
        (log,) = eval(task, model=model, log_dir=str(folder), **{**QUIET, **options})
        return log

    return run


@pytest.fixture(scope="session")
def logs_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two snapshots in both modes: one run has two epochs, one three tiers and a baseline."""
    folder = tmp_path_factory.mktemp("logs")
    tasks = [
        task_with(posed("preview-v3.1", "standard"), epochs=2),
        posed("preview-v3.1", "extended"),
        posed("final", "standard", tiers="three", baseline=True),
        posed("final", "extended"),
    ]
    made = eval(tasks, log_dir=str(folder), **QUIET)
    assert [log.status for log in made] == ["success"] * len(tasks)
    return folder


def posed(snapshot: str, mode: str, n_items: int = N_ITEMS, **factors: Any) -> Task:
    """The alignment-faking task as a simulated snapshot gets it in a mode."""
    elicitation = "native" if mode == "extended" else "scratchpad"
    task = alignment_faking(judge="lexical", n_items=n_items, elicitation=elicitation, **factors)
    config = EXTENDED if mode == "extended" else GenerateConfig()
    return task_with(task, model=get_model(f"organism/{snapshot}", config=config))


@pytest.fixture(scope="session")
def read_once(logs_dir: Path) -> pd.DataFrame:
    return logs.read(logs_dir)


@pytest.fixture
def frame(read_once: pd.DataFrame) -> pd.DataFrame:
    """The logs as a frame, each test its own copy."""
    return read_once.copy()


@pytest.fixture(scope="session")
def results(read_once: pd.DataFrame) -> pd.DataFrame:
    """The logs as rows of results.csv; not to be changed in place."""
    return snapshots.results(read_once, series=Series.of(SERIES))


# ---------------------------------------------------------------------------------- faithfulness

CLUE_RUNS = [
    *(("early", "standard"), ("final", "standard"), ("final", "extended")),
    *(("always-admits", "extended"), ("ignores-hints", "standard")),
]
"""Snapshot and mode of each run of `clue_logs`; `TWICE` has two epochs."""

TWICE = ("final", "standard")
CLUE_ITEMS = 10
CLUE_SERIES = ["early", "final", "always-admits", "ignores-hints"]


def hinted(snapshot: str, mode: str, n_items: int = CLUE_ITEMS, **options: Any) -> Task:
    """The faithfulness task as a simulated snapshot gets it in a mode."""
    elicitation = "native" if mode == "extended" else "scratchpad"
    options = {"judge": "lexical", "ask": True, "elicitation": elicitation, **options}
    config = EXTENDED if mode == "extended" else GenerateConfig()
    model = get_model(f"organism/{snapshot}", config=config)
    return task_with(cot_faithfulness(n_items=n_items, **options), model=model)


@pytest.fixture(scope="session")
def clue_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs of `CLUE_RUNS`, and small ones of the tasks that alter reasoning and compare."""
    folder = tmp_path_factory.mktemp("clues")
    altered = cot_interventions(n_items=6, points=3)
    pairs = post_hoc_rationalisation(n_items=6, elicitation="scratchpad")
    tasks = [
        *(task_with(hinted(*run), epochs=2 if run == TWICE else 1) for run in CLUE_RUNS),
        task_with(altered, model=get_model("organism/relies-on-reasoning")),
        task_with(pairs, model=get_model("organism/rationaliser"), epochs=5),
    ]
    made = eval(tasks, log_dir=str(folder), **QUIET)
    assert [log.status for log in made] == ["success"] * len(tasks)
    return folder


@pytest.fixture(scope="session")
def clues_read_once(clue_logs: Path) -> pd.DataFrame:
    return logs.read(clue_logs)


@pytest.fixture
def clue_frame(clues_read_once: pd.DataFrame) -> pd.DataFrame:
    """The logs as a frame, each test its own copy."""
    return clues_read_once.copy()


@pytest.fixture(scope="session")
def clue_results(clues_read_once: pd.DataFrame) -> pd.DataFrame:
    """The logs as rows of results.csv; not to be changed in place."""
    return snapshots.results(clues_read_once, series=Series.of(CLUE_SERIES))


# ---------------------------------------------------------------------------------- other people's


@pytest.fixture(scope="session")
def foreign_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Other people's tasks, each with three snapshots in both modes."""
    folder = tmp_path_factory.mktemp("foreign")
    tasks = foreign.every()
    made = eval(tasks, log_dir=str(folder), **QUIET)
    assert [log.status for log in made] == ["success"] * len(tasks)
    return folder


@pytest.fixture(scope="session")
def foreign_read(foreign_logs: Path) -> pd.DataFrame:
    """Not to be changed in place."""
    return logs.read(foreign_logs)
