"""`saydo demo`: the simulated release in both modes, from `eval_set` to the report, and a check of it.

`runs` says what is posed, `calibrating` validates the judge, `check` compares with what was planted, `jobs`
does the work in several processes.
"""

import os
from pathlib import Path

import click

from analysis.series import Series
from analysis.validation import Calibration
from organisms.planted import series
from paper_figures import report
from paper_figures.console import console, in_one_sentence
from paper_figures.demo.calibrating import (
    JUDGE,
    TextCounts,
    calibrate_admission,
    calibrate_faking,
    calibrate_hints,
    calibrate_monitor,
    calibrations,
)
from paper_figures.demo.check import KINDS, checked
from paper_figures.demo.jobs import done
from paper_figures.demo.runs import BUDGETS, SETS, Size, runs

__all__ = [
    "BUDGETS",
    "JUDGE",
    "KINDS",
    "SERIES",
    "SETS",
    "Size",
    "TextCounts",
    "calibrate_admission",
    "calibrate_faking",
    "calibrate_hints",
    "calibrate_monitor",
    "checked",
    "demo_command",
    "make",
]

SERIES = Series.of(series())
"""The simulated release in its order."""


def make(
    out: Path, workers: int = 1, size: Size | None = None, texts: TextCounts | None = None
) -> list[Calibration]:
    """Run every snapshot of the series in both modes and validate the judge, going on where an earlier run stopped.

    Args:
        out: Folder; logs go to `logs/SET`, labelled texts and calibrations to `calibration`.
        workers: Processes; 1 is this one.
        size: How much is posed.
        texts: On how many texts the judge is validated.

    Returns:
        The calibrations.

    Raises:
        ValueError: Some runs did not finish, or the logs are of another version's demo.
    """
    _check_own(out / "logs")
    posed = [runs(name, out / "logs" / name, size or Size()) for name in SETS]
    validated = calibrations(out / "calibration", texts or TextCounts())
    results = done([*posed, *validated], workers)
    if not all(results[: len(posed)]):
        raise ValueError(f"some runs did not finish: run the demo again, it goes on ({out}/logs).")
    return results[len(posed) :]


def _check_own(logs: Path) -> None:
    """Refuse a folder with logs that this version would not have put there."""
    others = {path.relative_to(logs).parts[0] for path in logs.rglob("*.eval")} - set(SETS)
    if others:
        raise ValueError(
            f"{logs} holds logs of another version ({min(others)}): remove it, or give another --out."
        )


@click.command("demo")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@in_one_sentence
def demo_command(out: Path) -> None:
    """Measure a simulated release offline, make its report, and compare it with what was planted."""
    calibrations = make(out, workers=os.cpu_count() or 1)
    made = report.make(str(out / "logs"), out, calibrations, SERIES)
    report.summary(made, out)
    for kind, intervals in checked(made.results).groupby("kind", sort=False)["held"]:
        console.print(
            f"{intervals.sum()} of {len(intervals)} {kind} 95% intervals hold the planted truth."
        )
    console.print(
        "(A run is expected to miss about one in twenty; raw ones carry the judge's error.)"
    )
