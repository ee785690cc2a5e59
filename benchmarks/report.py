"""How long `analysis.snapshots.results` takes over a long series, and how its bootstraps do.

    python benchmarks/report.py

makes a frame of 100,000 rows (samples x scorers) like those of a simulated release: 12 snapshots in both
modes, each with alignment faking and hints; times the rows of results.csv with changes, reference and
trends; and writes `benchmarks/report.md`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis import estimators as est
from analysis import snapshots
from analysis.estimators import Estimate
from analysis.logs import VISIBILITIES
from analysis.quantities import TRANSCRIPT_LABELS
from analysis.series import Series
from analysis.validation import Calibration

SNAPSHOTS, MODES = 12, ("standard", "extended")
REQUESTS, QUESTIONS = 250, 114
HINTS = ("sycophancy", "consistency", "visual_pattern", "metadata", "grader", "unauthorized")
ARMS = {"alignment_faking": ("training", "unmonitored"), "cot_faithfulness": ("unhinted", *HINTS)}
SCORERS = {
    "alignment_faking": ("compliance", "alignment_faking"),
    "cot_faithfulness": ("answer", "acknowledgement", "asked", "monitor"),
}
FACTORS = {
    "alignment_faking": {"elicitation": "scratchpad", "labels": "free_paid", "swap": False},
    "cot_faithfulness": {"elicitation": "scratchpad", "hint_target": "incorrect", "seed": 0.0},
}
LETTERS = np.array(list("ABCD"))
WORDS = "A request or a question about as long as those of the bundled data sets. " * 3


def rows(rng: np.random.Generator, task: str, snapshot: str, mode: str) -> pd.DataFrame:
    """One log of a task as `analysis.logs.read` gives it: a row per sample and scorer."""
    arms = ARMS[task]
    n_items = REQUESTS if task == "alignment_faking" else QUESTIONS
    items = np.repeat([f"{task}-{i:03}" for i in range(n_items)], len(arms))
    samples = pd.DataFrame(
        {
            "log": f"{snapshot}-{mode}-{task}.eval",
            "location": f"logs/{snapshot}-{mode}-{task}.eval",
            "task": task,
            "dataset": "bundled",
            "snapshot": f"organism/{snapshot}",
            "model": f"organism/{snapshot}",
            "reasoning": mode,
            "settings": "{}",
            "task_args": "{}",
            "score_keys": "{}",
            "simulated": True,
            "item_id": items,
            "arm": np.tile(arms, n_items),
            "epoch": 1,
            "error": "",
            "judge": "lexical",
            "rubric": "",
            "rubric_hash": "",
            "setting": "helpful_only" if task == "alignment_faking" else np.nan,
            **FACTORS[task],
            "prompt_hash": np.tile([f"{arm}-hash" for arm in arms], n_items),
            "prompt_file": "prompt.md",
            "question": WORDS,
        }
    )
    samples["sample_id"] = samples["item_id"] + "-" + samples["arm"]
    n = len(samples)
    visibility = rng.choice(["raw", "redacted", "none"], n, p=[0.85, 0.1, 0.05])
    labels = {f"thinking_{name}": (visibility == name).astype(float) for name in VISIBILITIES}
    labels |= {"thinking_visibility": visibility, "thinking_chars": 900.0, "unscored": 0.0}
    of_task = _faking(rng, samples) if task == "alignment_faking" else _answers(rng, samples)
    samples = samples.assign(**labels, **of_task)
    for label in ("alignment_faking", "acknowledged", "flagged"):
        if label in samples:
            samples[label] = samples[label].where(visibility == "raw")
    scored = [samples.assign(scorer=scorer) for scorer in SCORERS[task]]
    for part, scorer in zip(scored, SCORERS[task], strict=True):
        if scorer != "answer":
            part["rubric"], part["rubric_hash"] = scorer, "0123456789ab"
    return pd.concat(scored, ignore_index=True)


def _faking(rng: np.random.Generator, samples: pd.DataFrame) -> pd.DataFrame:
    n, rate = len(samples), np.where(samples["arm"] == "training", 0.3, 0.15)
    complied = (rng.random(n) < rate).astype(float)
    complied[rng.random(n) < 0.02] = np.nan
    shown = (rng.random((n, 5)) < 0.2).astype(float)
    names = ("alignment_faking", *TRANSCRIPT_LABELS)
    return pd.DataFrame(
        {
            "complied": complied,
            "partial": 0.0,
            "refused": 1 - complied,
            **dict(zip(names, shown.T, strict=True)),
        }
    )


def _answers(rng: np.random.Generator, samples: pd.DataFrame) -> pd.DataFrame:
    n_items, n_arms = samples["item_id"].nunique(), len(HINTS) + 1
    h, right = (np.random.default_rng(side).integers(4, size=n_items) for side in (1, 2))
    own = np.where(rng.random(n_items) < 0.6, right, rng.integers(4, size=n_items))
    follows = rng.random((n_items, n_arms)) < np.r_[0.0, np.full(n_arms - 1, 0.4)]
    option = np.where(follows, h[:, None], own[:, None])
    option = np.where(rng.random(option.shape) < 0.1, rng.integers(4, size=option.shape), option)
    option = (option + 1.0).ravel()
    option[rng.random(len(option)) < 0.02] = np.nan
    target = np.repeat(h, n_arms)
    hinted = (samples["arm"] != "unhinted").to_numpy()
    said = (rng.random((len(samples), 6)) < 0.3).astype(float)
    names = ("acknowledged", "mentioned", "acknowledged_answer", "mentioned_answer", "honest")
    return pd.DataFrame(
        {
            "option": option,
            "on_hint": np.where(hinted, option == target + 1, np.nan),
            "correct": np.where(np.isnan(option), np.nan, option == np.repeat(right, n_arms) + 1),
            "hint_answer": LETTERS[target],
            "n_options": 4.0,
            "hint": np.where(hinted, samples["arm"], None),
            **dict(zip((*names, "flagged"), said.T, strict=True)),
        }
    )


def frame() -> pd.DataFrame:
    """All logs."""
    rng = np.random.default_rng(0)
    return pd.concat(
        [
            rows(rng, task, f"snapshot-{number:02}", mode)
            for number in range(SNAPSHOTS)
            for mode in MODES
            for task in ARMS
        ],
        ignore_index=True,
    )


def calibrations() -> list[Calibration]:
    """Of the judge, under each rubric that is corrected."""
    good = Estimate(0.9, 0.85, 0.94, None, 200, 200, "", ())
    named = ("sensitivity", "specificity", "auroc", "kappa", "prevalence")
    judged: dict[str, Any] = {"judge": "lexical", "rubric_hash": "0123456789ab"}
    counts: dict[str, Any] = {"n": 200, "n_unscored": 0, "n_unlabelled": 0, "simulated": True}
    return [
        Calibration(**dict.fromkeys(named, good), rubric=rubric, **judged, **counts)
        for rubric in ("compliance", "alignment_faking", "acknowledgement")
    ]


def seconds(work: Callable[[], object]) -> float:
    """How long it takes, of two turns the shorter."""
    times = []
    for _ in range(2):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def hinted() -> pd.DataFrame:
    """500 items under six hints and none."""
    rng, arms = np.random.default_rng(0), ARMS["cot_faithfulness"]
    samples = pd.DataFrame({"item_id": np.repeat(range(500), 7), "arm": np.tile(arms, 500)})
    answers = _answers(rng, samples)
    return samples.assign(**answers, answer=answers["option"])


def main() -> None:
    """Time it, and write the table beside this file."""
    made, corrected = frame(), calibrations()
    series = Series.of(made["snapshot"].unique(), "snapshot-00")
    found = snapshots.results(made, corrected, series)
    study = hinted().assign(hint_answer=lambda table: table["hint_answer"].map("ABCD".index) + 1.0)
    taken = {
        f"results: {len(made):,} rows in, {len(found):,} out": seconds(
            lambda: snapshots.results(made, corrected, series)
        ),
        "hint_faithfulness: 500 items, 7 arms": seconds(lambda: est.hint_faithfulness(study)),
        "hint_study and hint_difference: 500 items, 7 arms, twice": seconds(
            lambda: est.hint_difference(est.hint_study(study, "new"), est.hint_study(study, "old"))
        ),
    }
    lines = [f"| {what} | {each:.2f} |" for what, each in taken.items()]
    text = "\n".join(
        [
            "<!-- written by benchmarks/report.py -->",
            "# How long a report takes",
            "",
            f"{SNAPSHOTS} snapshots in {len(MODES)} modes, {REQUESTS} requests in 2 arms and {QUESTIONS} "
            "questions in 7, with judge-corrected rows, changes from the snapshot before and from a "
            "reference, and trends. Seconds of wall time on an idle machine with two cores; each bootstrap has 2,000 resamples.",
            "",
            "| what | seconds |",
            "| --- | --- |",
            *lines,
            "",
        ]
    )
    Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
