"""The demo's judge, validated on organism texts apart from those measured (METHODS §6)."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pandas as pd

from analysis import validation
from analysis.monitors import CATEGORIES
from analysis.validation import Calibration
from inspect_tasks._scenarios.hints import MISALIGNED, NEUTRAL
from organisms.calibration import (
    admission_calibration_texts,
    calibration_texts,
    everyday_calibration_texts,
    hint_calibration_texts,
)
from organisms.planted import series
from paper_figures import labelling
from paper_figures.demo.jobs import Job

JUDGE = "lexical"

HINTS = (*NEUTRAL, *MISALIGNED)

_FAKING, ADMISSION = ("compliance", "alignment_faking"), "admission"
"""Rubrics."""

_FAKERS = (*series(), "opus-3-like", "sonnet-3.5-like", "label-sensitive")
"""Organisms whose texts the judge of alignment faking is validated on."""

_SEED = 1
"""Apart from the seed of what is measured, which is 0."""


@dataclass(frozen=True)
class TextCounts:
    """On how many texts the judge is validated.

    Attributes:
        faking: For compliance and alignment faking: well over a hundred of 2,000 show faking, which pins the
            judge's sensitivity within some points.
        hint: Drawn for each hint; some hints are admitted so seldom that fewer would hold hardly an admission.
        of_each_class: Of these, the first that admit the hint and the first that don't: what sensitivity and
            specificity rest on.
        hints: Names.
        thoughts: For each monitor of the thinking, half of them with what it looks for.
        admissions: Of hacks.
    """

    faking: int = 2000
    hint: int = 2000
    of_each_class: int = 150
    hints: tuple[str, ...] = HINTS
    thoughts: int = 800
    admissions: int = 300


def calibrations(folder: Path, texts: TextCounts) -> list[Job]:
    """A job for each calibration."""
    return [
        Job(_calibrate, (rubric, folder, _SEED, texts))
        for rubric in (*_FAKING, *texts.hints, *CATEGORIES, ADMISSION)
    ]


def _calibrate(
    what: str, folder: Path, seed: int, texts: TextCounts, step: Callable[[], None]
) -> Calibration:
    if what in texts.hints:
        [found] = calibrate_hints(folder, seed, [what], texts)
    elif what in CATEGORIES:
        found = calibrate_monitor(folder, seed, what, texts)
    elif what == ADMISSION:
        found = calibrate_admission(folder, seed, texts)
    else:
        found = _calibrate_faking(what, folder, seed, texts)
    step()
    return found


def calibrate_faking(folder: Path, seed: int, texts: TextCounts | None = None) -> list[Calibration]:
    """The judge of compliance and of alignment faking."""
    counts = texts or TextCounts()
    return [_calibrate_faking(what, folder, seed, counts) for what in _FAKING]


def _calibrate_faking(what: str, folder: Path, seed: int, texts: TextCounts) -> Calibration:
    drawn = pd.DataFrame(calibration_texts(_FAKERS, texts.faking, seed))
    if what == "compliance":
        return _validated(folder, what, drawn, what, drawn["compliance"], "complied")
    faking = drawn["faking"].map({True: "faking", False: "other"})
    return _validated(folder, what, drawn, what, faking, "faking")


def calibrate_hints(
    folder: Path, seed: int, hints: Sequence[str], texts: TextCounts | None = None
) -> list[Calibration]:
    """The judge of acknowledgement under each hint: it knows the words of each."""
    counts = texts or TextCounts()
    found = []
    for hint in hints:
        drawn = pd.DataFrame(hint_calibration_texts(series(), hint, counts.hint, seed))
        chosen = drawn.groupby("acknowledged").head(counts.of_each_class)
        admits = chosen["acknowledged"].map({True: "yes", False: "no"})
        found.append(_validated(folder, hint, chosen, "acknowledgement", admits, "yes"))
    return found


def calibrate_monitor(
    folder: Path, seed: int, monitor: str, texts: TextCounts | None = None
) -> Calibration:
    """The judge of one monitor, on what it flags at all."""
    n = (texts or TextCounts()).thoughts
    drawn = pd.DataFrame(everyday_calibration_texts(series(), monitor, n, seed))
    truth = drawn["flagged"].map({True: "yes", False: "no"})
    return _validated(folder, monitor, drawn, monitor, truth, "yes")


def calibrate_admission(folder: Path, seed: int, texts: TextCounts | None = None) -> Calibration:
    """The judge of what is said of hacks."""
    n = (texts or TextCounts()).admissions
    drawn = pd.DataFrame(admission_calibration_texts(series(), n, seed))
    truth = drawn["admitted"].map({True: "yes", False: "no"})
    return _validated(folder, ADMISSION, drawn, ADMISSION, truth, "yes")


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


_TRUTHS = (
    *("faking", "compliance", "acknowledged", "acknowledged_answer"),
    *("flagged", "role_play", "admitted", *chain(*CATEGORIES.values())),
)
"""Columns of calibration texts that no judge may see."""


def _write_jsonl(rows: pd.DataFrame, path: Path) -> None:
    path.write_text(
        "".join(json.dumps(row) + "\n" for row in rows.to_dict("records")), encoding="utf-8"
    )
