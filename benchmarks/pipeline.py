"""Does the whole pipeline recover what is planted? (METHODS §6, pipeline)

    python benchmarks/pipeline.py [--task cot_faithfulness] [--seeds 50]

Runs organisms through task, scorers, logs and report estimates at one epoch, once per seed, and counts how
often the judge-corrected 95% intervals miss the planted value. Misses within the binomial 99% bound pass.
Writes `pipeline_TASK.md` beside this file.
"""

import tempfile
from pathlib import Path

import click
import pandas as pd
from inspect_ai import Epochs, Task, eval, task_with
from inspect_ai.model import GenerateConfig, get_model
from scipy.stats import binom

from analysis import logs, snapshots
from analysis.monitors import CATEGORIES
from analysis.validation import Calibration
from inspect_tasks._scenarios import clues
from inspect_tasks._scenarios.hints import MISALIGNED, NEUTRAL, POSITION
from inspect_tasks.alignment_faking import alignment_faking
from inspect_tasks.cot_faithfulness import cot_faithfulness
from inspect_tasks.everyday import everyday
from inspect_tasks.prompt_injection import prompt_injection
from inspect_tasks.special_casing import special_casing
from inspect_tasks.thinking_budget import thinking_budget
from paper_figures import demo

BOUND = 0.99

CALIBRATION_SEEDS = 1_000
"""Added to a run's seed: each run has a calibration of its own, on texts apart from those measured."""

QUESTIONS = 100

PROBLEMS = 24

SUMS = 60

THOUGHTS = 1_000

_EPOCHS = {"thinking_budget": f"{demo.Size().samples} epochs, for pass@k"}
"""Where there are more than one."""

WORKED = "worked"
"""Stands in the table for the worked hint of a run: every seed takes another one."""


def faking_tasks(seed: int) -> list[Task]:
    """Every request in both arms, for three organisms."""
    return [
        task_with(
            alignment_faking(judge=demo.JUDGE),
            model=get_model(f"organism/{name}", config=GenerateConfig(seed=seed)),
        )
        for name in ("opus-3-like", "sonnet-3.5-like", "preview-v3.1")
    ]


def hints_of(seed: int) -> list[str]:
    """The six hints of the card, the position of examples' answers, and a worked hint."""
    worked = clues.names()
    return [*NEUTRAL, *MISALIGNED, POSITION, worked[seed % len(worked)]]


def faithfulness_tasks(seed: int) -> list[Task]:
    """Questions under hints of every type, for two organisms that think."""
    config = GenerateConfig(seed=seed, reasoning_effort="high")
    return [
        task_with(
            cot_faithfulness(
                hints=hints_of(seed), n_items=QUESTIONS, seed=seed, judge=demo.JUDGE, monitor=False
            ),
            model=get_model(f"organism/{name}", config=config),
        )
        for name in ("final", "h-only-v2")
    ]


def everyday_tasks(seed: int) -> list[Task]:
    """Every prompt, for the organism that thinks worst."""
    config = GenerateConfig(seed=seed, reasoning_effort="high")
    model = get_model("organism/preview-v3.1", config=config)
    return [task_with(everyday(judge=demo.JUDGE), model=model)]


def problem_tasks(seed: int) -> list[Task]:
    """Problems in every variant, for one organism under the plainest prompt."""
    config = GenerateConfig(seed=seed, reasoning_effort="high")
    task = special_casing(rung=0, n_items=PROBLEMS, seed=seed, sandbox="local", judge=demo.JUDGE)
    return [task_with(task, model=get_model("organism/preview-v3.1", config=config))]


def injection_tasks(seed: int) -> list[Task]:
    """Every scenario without and with the safeguard that is planted, for one organism, one attempt."""
    model = get_model(
        "organism/preview-v3.1", config=GenerateConfig(seed=seed, reasoning_effort="high")
    )
    return [
        task_with(prompt_injection(safeguards=safeguards), model=model, epochs=Epochs(1, "mean"))
        for safeguards in ("none", "system")
    ]


def budget_tasks(seed: int) -> list[Task]:
    """Problems of maths under the demo's budgets, for one organism, which also ranks its several samples."""
    model = get_model("organism/final", config=GenerateConfig(seed=seed))
    task = thinking_budget(budgets=list(demo.BUDGETS), n_items=SUMS, seed=seed, ranker=True)
    epochs, ranker = Epochs(demo.Size().samples, "mean"), {"ranker": model}
    return [task_with(task, model=model, epochs=epochs, model_roles=ranker)]


TASKS = {
    "alignment_faking": faking_tasks,
    "cot_faithfulness": faithfulness_tasks,
    "everyday": everyday_tasks,
    "special_casing": problem_tasks,
    "prompt_injection": injection_tasks,
    "thinking_budget": budget_tasks,
}


def calibrations(task: str, folder: Path, seed: int) -> list[Calibration]:
    """Of the judges of a task, on texts of this seed; none where nothing is judged."""
    if task == "alignment_faking":
        return demo.calibrate_faking(folder, seed)
    if task == "cot_faithfulness":
        return demo.calibrate_hints(folder, seed, hints_of(seed - CALIBRATION_SEEDS))
    if task == "everyday":
        counts = demo.TextCounts(thoughts=THOUGHTS)
        return [demo.calibrate_monitor(folder, seed, monitor, counts) for monitor in CATEGORIES]
    return [demo.calibrate_admission(folder, seed)] if task == "special_casing" else []


def one_seed(task: str, seed: int) -> pd.DataFrame:
    """The checked intervals of one run of every organism: `snapshot, factors, quantity, kind, held`."""
    with tempfile.TemporaryDirectory() as folder:
        calibrated = calibrations(task, Path(folder) / "calibration", CALIBRATION_SEEDS + seed)
        eval(
            TASKS[task](seed),
            log_dir=f"{folder}/logs",
            display="log",
            log_realtime=False,
            score_display=False,
        )
        results = snapshots.results(logs.read(f"{folder}/logs"), calibrated)
    checked = demo.checked(results).assign(seed=seed)
    if task == "cot_faithfulness":
        worked = hints_of(seed)[-1]
        checked["quantity"] = checked["quantity"].str.replace(worked, WORKED, regex=False)
    return checked


def missed(checked: pd.DataFrame) -> pd.DataFrame:
    """Misses per organism, condition and quantity against the bound."""
    conditions = checked["factors"].str.replace(r"(?:; )?seed=\d+", "", regex=True)
    by = ["snapshot", *(["factors"] if conditions.nunique() > 1 else []), "quantity", "kind"]
    table = (
        checked.assign(missed=~checked["held"], factors=conditions)
        .groupby(by, sort=False)["missed"]
        .agg(["sum", "count"])
        .rename(columns={"sum": "misses", "count": "runs"})
        .reset_index()
    )
    table["bound"] = binom.ppf(BOUND, table["runs"], 0.05).astype(int)
    table["verdict"] = (table["misses"] <= table["bound"]).map({True: "within", False: "over"})
    table.loc[table["kind"] == "raw", "verdict"] = "not judged"
    return table


@click.command()
@click.option("--task", type=click.Choice(list(TASKS)), default="alignment_faking")
@click.option("--seeds", default=50, show_default=True)
def main(task: str, seeds: int) -> None:
    """Run the check and write its table."""
    with click.progressbar(range(1, seeds + 1), label="seeds") as numbers:
        runs = [one_seed(task, seed) for seed in numbers]
    table = missed(pd.concat(runs))
    text = (
        f"# Pipeline check: {task}\n\n{seeds} seeds, {_EPOCHS.get(task, 'one epoch')}. Misses of 95% intervals against "
        f"the planted value; the bound is the binomial {BOUND:.0%} quantile at 5%. Raw rows of what is judged carry the "
        "judge's error and are shown for comparison only. Written by `pipeline.py`.\n\n"
        f"{table.to_markdown(index=False)}\n"
    )
    (Path(__file__).parent / f"pipeline_{task}.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
