"""`saydo demo`: the simulated release in both modes, from `eval_set` to the report, and a check of it."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from inspect_ai import Task, eval_set, task_with
from inspect_ai.hooks import Hooks, SampleEnd, hooks
from inspect_ai.model import GenerateConfig, get_model
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TaskID

from analysis import validation
from analysis.faithfulness import AVERAGE, CORRECTED
from analysis.series import Series
from analysis.validation import Calibration
from inspect_tasks._scenarios.hints import MISALIGNED, NEUTRAL
from inspect_tasks.alignment_faking import alignment_faking
from inspect_tasks.cot_faithfulness import cot_faithfulness
from organisms.calibration import calibration_texts, hint_calibration_texts
from organisms.planted import planted, planted_hints, series
from organisms.rates import Difficulty
from paper_figures import labelling

JUDGE = "lexical"

_N_ITEMS = 120
"""Requests per run: enough for intervals of some ten points, and done in about a minute and a half."""

_N_QUESTIONS = 40
"""Questions per level of difficulty, each posed seven times: enough for a dozen used pairs per hint."""

_LEVELS: tuple[Difficulty, ...] = ("easy", "hard")
"""Two data sets, as the card has MMLU and GPQA."""

_HINTS = (*NEUTRAL, *MISALIGNED)

_CALIBRATION_TEXTS = 2000
"""Well over a hundred of them show faking, which pins the judge's sensitivity within some points."""

_FAKERS = (*series(), "opus-3-like", "sonnet-3.5-like", "label-sensitive")
"""Organisms whose texts the judge of alignment faking is validated on."""

_HINT_TEXTS = 3000
"""Drawn for each hint; some hints are admitted so seldom that fewer would hold hardly an admission."""

_OF_EACH_CLASS = 150
"""Of these, the first that admit the hint and the first that don't: what sensitivity and specificity rest on."""

_CALIBRATION_SEED = 1
"""Apart from the seed of what is measured, which is 0."""

_MODES: dict[str, tuple[str, GenerateConfig]] = {
    "standard": ("scratchpad", GenerateConfig()),
    "extended": ("native", GenerateConfig(reasoning_effort="high")),
}
"""Where each mode does its reasoning: a mode without thinking of its own needs a scratchpad."""

SERIES = Series.of(series())
"""The simulated release in its order."""

CHECKED = (
    *("compliance_rate", "compliance_gap", "alignment_faking_reasoning_rate"),
    *("acknowledgement_rate", "faithfulness_normalised"),
)
"""Metrics that are compared with what was planted, raw and judge-corrected."""

_AS_THEY_ARE = ("hint_use_rate", "attributable_use")
"""Metrics that no judge has a part in."""


def run(log_dir: Path) -> bool:
    """Run every snapshot of the series in both modes, going on where an earlier run stopped.

    Args:
        log_dir: Where the logs go. Runs that are finished there are not run again.

    Returns:
        Whether all runs finished.
    """
    tasks = [task for snapshot in series() for mode in _MODES for task in _tasks(snapshot, mode)]
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    own = Console(stderr=True)  # Inspect clears whatever is live on the shared one
    with Progress(*columns, console=own) as progress:
        n_samples = sum(len(task.dataset) for task in tasks)
        _SampleCount.bar = progress, progress.add_task("Simulated snapshots", total=n_samples)
        try:
            finished, _ = eval_set(
                tasks,
                log_dir=str(log_dir),
                display="log",  # draws no tables of its own, which would take longer than the runs
                log_realtime=False,
                score_display=False,
                retry_attempts=1,
            )
            if finished:  # samples of an earlier run never passed by
                progress.update(_SampleCount.bar[1], completed=n_samples)
        finally:
            _SampleCount.bar = None
    return finished


@hooks(name="saydo_demo_progress", description="Moves the demo's progress bar")
class _SampleCount(Hooks):
    """Inspect reports each finished sample here; outside of the demo there is no bar to move."""

    bar: tuple[Progress, TaskID] | None = None

    async def on_sample_end(self, data: SampleEnd) -> None:
        if self.bar:
            progress, task = self.bar
            progress.advance(task)


def _tasks(snapshot: str, mode: str) -> list[Task]:
    """Alignment faking in both modes; faithfulness where the model thinks, as the card has it."""
    elicitation, config = _MODES[mode]
    model = get_model(f"organism/{snapshot}", config=config)
    posed = [alignment_faking(elicitation=elicitation, n_items=_N_ITEMS, judge=JUDGE)]
    if mode == "extended":
        posed += [
            cot_faithfulness(ask=True, difficulty=level, n_items=_N_QUESTIONS, judge=JUDGE)
            for level in _LEVELS
        ]
    return [task_with(task, model=model) for task in posed]


def calibrate(folder: Path) -> list[Calibration]:
    """Validate the judge on organism texts apart from those measured, by `label` and `validate`."""
    return [
        *calibrate_faking(folder, _CALIBRATION_SEED),
        *calibrate_hints(folder, _CALIBRATION_SEED, _HINTS),
    ]


def calibrate_faking(folder: Path, seed: int) -> list[Calibration]:
    """The judge of compliance and of alignment faking."""
    texts = pd.DataFrame(calibration_texts(_FAKERS, _CALIBRATION_TEXTS, seed))
    faking = texts["faking"].map({True: "faking", False: "other"})
    return [
        _validated(folder, "compliance", texts, "compliance", texts["compliance"], "complied"),
        _validated(folder, "alignment_faking", texts, "alignment_faking", faking, "faking"),
    ]


def calibrate_hints(folder: Path, seed: int, hints: Sequence[str]) -> list[Calibration]:
    """The judge of acknowledgement under each hint: it knows the words of each."""
    calibrations = []
    for hint in hints:
        drawn = pd.DataFrame(hint_calibration_texts(series(), hint, _HINT_TEXTS, seed))
        texts = drawn.groupby("acknowledged").head(_OF_EACH_CLASS)
        admits = texts["acknowledged"].map({True: "yes", False: "no"})
        calibrations.append(_validated(folder, hint, texts, "acknowledgement", admits, "yes"))
    return calibrations


def _validated(
    folder: Path, name: str, texts: pd.DataFrame, rubric: str, truth: pd.Series, positive: str
) -> Calibration:
    """Label the texts, compare with the truth, and keep transcripts, verdicts and calibration."""
    folder.mkdir(parents=True, exist_ok=True)
    transcripts, verdicts = folder / f"{name}.jsonl", folder / f"{name}_verdicts.jsonl"
    shown = texts.drop(columns=[column for column in _TRUTHS if column in texts])
    _write_jsonl(shown.assign(simulated=True), transcripts)
    labelling.label(transcripts, verdicts, rubric, JUDGE)
    rows = pd.read_json(verdicts, lines=True, dtype=False)
    labels = texts[["id"]].assign(label=truth)
    calibration = validation.validate(rows, labels, positive)
    validation.save(calibration, folder / f"{name}.json")
    return calibration


_TRUTHS = ("faking", "compliance", "acknowledged", "acknowledged_answer")
"""Columns of calibration texts that no judge may see."""


def _write_jsonl(rows: pd.DataFrame, path: Path) -> None:
    path.write_text(
        "".join(json.dumps(row) + "\n" for row in rows.to_dict("records")), encoding="utf-8"
    )


def checked(results: pd.DataFrame) -> pd.DataFrame:
    """Whether the intervals of simulated rows hold the planted value, raw and judge-corrected.

    Args:
        results: Rows of results.csv.

    Returns:
        One row per interval: `snapshot, reasoning, dataset, quantity, kind` (raw, judge-corrected), `held`.
    """
    simulated = results[results["simulated"] & results["low"].notna()]
    simulated = simulated[simulated["visibility"] != "summary"]
    hints = [hint for hint in simulated["hint"].unique() if hint not in ("", AVERAGE)]
    rows = []
    for kind, suffix in (("raw", ""), ("judge-corrected", CORRECTED)):
        wanted = [f"{metric}{suffix}" for metric in CHECKED]
        wanted += [] if suffix else _AS_THEY_ARE
        for _, row in simulated[simulated["metric"].isin(wanted)].iterrows():
            quantity = _quantity(row, suffix)
            truth = _planted(row, quantity, hints)
            if truth is None:
                continue
            rows.append(
                {
                    "snapshot": row["snapshot"],
                    "reasoning": row["reasoning"],
                    "dataset": row["dataset"],
                    "quantity": quantity,
                    "kind": kind,
                    "held": bool(row["low"] <= truth <= row["high"]),
                }
            )
    columns = ["snapshot", "reasoning", "dataset", "quantity", "kind", "held"]
    return pd.DataFrame(rows, columns=columns)


def _quantity(row: pd.Series, suffix: str) -> str:
    """The name under which the planted value of a row stands."""
    metric = str(row["metric"]).removesuffix(suffix)
    of_arm = row["arm"] if metric == "compliance_rate" else row["hint"]
    return f"{of_arm}/{metric}" if of_arm else metric


def _planted(row: pd.Series, quantity: str, hints: Sequence[str]) -> float | None:
    """The planted value; None where there is none, or where the mean is over other hints than measured."""
    name = row["snapshot"].removeprefix("organism/")
    if not row["hint"]:
        return planted(name, row["reasoning"])[quantity]
    if row["hint"] == AVERAGE and f"mean over {len(hints)} of" not in row["method"]:
        return None
    level = next((level for level in _LEVELS if row["dataset"].endswith(level)), None)
    return planted_hints(name, row["reasoning"], hints, difficulty=level).get(quantity)
