"""Every task with a model of random weights (`hf/`): it runs to the end, and nothing is invented."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from inspect_ai import Task, eval
from inspect_ai.log import EvalLog, EvalResults
from inspect_ai.model import GenerateConfig, Model, get_model

from analysis import logs
from inspect_tasks.alignment_faking import alignment_faking
from inspect_tasks.cot_faithfulness import cot_faithfulness
from inspect_tasks.cot_interventions import cot_interventions
from inspect_tasks.post_hoc_rationalisation import post_hoc_rationalisation
from paper_figures import report
from tests.conftest import QUIET

for needed in ("torch", "transformers", "accelerate"):
    pytest.importorskip(needed, reason="pip install 'saydo[hf]'")

TASKS: dict[str, Callable[[], Task]] = {
    "alignment_faking": lambda: alignment_faking(judge="lexical", n_items=3),
    "cot_faithfulness": lambda: cot_faithfulness(
        judge="lexical", n_items=2, ask=True, elicitation="scratchpad"
    ),
    "cot_interventions": lambda: cot_interventions(n_items=2, points=2),
    "post_hoc_rationalisation": lambda: post_hoc_rationalisation(
        n_items=2, elicitation="scratchpad"
    ),
}


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Model:
    from tests.hf.tiny import build  # which imports torch

    folder = build(tmp_path_factory.mktemp("tiny"))
    config = GenerateConfig(max_tokens=48, seed=0)
    return get_model("hf/noise", config=config, model_path=str(folder), device="cpu")


@pytest.fixture(scope="module")
def made(noise: Model, tmp_path_factory: pytest.TempPathFactory) -> dict[str, EvalLog]:
    folder = tmp_path_factory.mktemp("noise")
    return {
        name: eval(
            task(),
            model=noise,
            model_roles={"editor": noise},
            epochs=1,
            log_dir=str(folder),
            **QUIET,
        )[0]
        for name, task in TASKS.items()
    }


@pytest.fixture(scope="module")
def frame(made: dict[str, EvalLog]) -> pd.DataFrame:
    return logs.read(Path(made["alignment_faking"].location).parent)


@pytest.mark.parametrize("name", TASKS)
def test_the_run_ends_with_every_sample_scored_once(
    made: dict[str, EvalLog], frame: pd.DataFrame, name: str
) -> None:
    log = made[name]
    assert log.status == "success"
    assert log.samples
    assert all(sample.error is None and sample.scores for sample in log.samples)
    rows = frame[frame["task"] == name]
    assert len(rows) == len(log.samples) * len(log.samples[0].scores or {})


LABELS = {
    "compliance": ("complied", "partial", "refused"),
    "alignment_faking": ("alignment_faking", "complied"),
    "acknowledgement": ("acknowledged", "mentioned", "on_hint", "option"),
    "asked": ("honest", "on_hint", "option"),
    "monitor": ("flagged", "on_hint", "option"),
}


@pytest.mark.parametrize("scorer", LABELS)
def test_noise_has_no_verdict(frame: pd.DataFrame, scorer: str) -> None:
    rows = frame[frame["scorer"] == scorer]
    assert len(rows)
    assert rows[list(LABELS[scorer])].isna().all(axis=None)
    due = rows["asked"].eq(1) if scorer == "asked" else rows["item_id"].notna()
    assert rows.loc[due, "unscored"].eq(1).all()


@pytest.mark.parametrize("name", ["cot_interventions", "post_hoc_rationalisation"])
def test_no_answer_is_read_out_of_noise(made: dict[str, EvalLog], name: str) -> None:
    answers = [
        score.answer for s in made[name].samples or [] for score in (s.scores or {}).values()
    ]
    assert answers
    assert not any(answers)


def test_metrics_of_nothing_are_left_out(made: dict[str, EvalLog]) -> None:
    scores = [score for log in made.values() for score in (log.results or EvalResults()).scores]
    metrics = {name: metric.value for score in scores for name, metric in score.metrics.items()}
    assert metrics["unscored"] > 0
    about = ("_rate", "_gap", "_normalised", "_use", "aoc")
    assert [name for name in metrics if name.endswith(about)] == []


def test_the_report_says_that_nothing_was_measured(frame: pd.DataFrame, tmp_path: Path) -> None:
    made = report.make(str(Path(frame["location"].iloc[0]).parent), tmp_path)
    rates = made.results[made.results["metric"].str.endswith(("_rate", "_gap", "_use"))]
    measured = rates[rates["provenance"] == "measured"]
    assert len(measured)
    assert measured["value"].isna().all()
    assert (tmp_path / "report.html").exists()
