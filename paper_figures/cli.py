"""The console script `saydo`."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
import pandas as pd
from inspect_ai._util.error import PrerequisiteError
from rich.console import Console
from rich.table import Table as ConsoleTable

from analysis import validation
from analysis.logs import read
from organisms.planted import series
from paper_figures import cells, demo, labelling, report
from paper_figures.cells import Table
from paper_figures.tables import HEADLINES

_PAGE_WIDTH = 190
"""Characters that a table gets where the output is no terminal."""

_WIDEST = 16
"""Columns of a table that can still be read on a console."""

console = Console(markup=False)  # brackets in cells and file names are meant
if not console.is_terminal:
    console.width = _PAGE_WIDTH

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)


def in_one_sentence(command: Callable[..., None]) -> Callable[..., None]:
    """Show what is wrong with the input as one sentence instead of a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except (ValueError, PrerequisiteError) as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            raise click.ClickException(f"{error.filename}: {error.strerror}.") from error

    return run


@click.group()
def main() -> None:
    """Measure the gap between what language models say and what they do."""


@main.command("report")
@click.argument("logs")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--calibration", type=_FILE, multiple=True, help="From `saydo validate`; repeatable.")
@click.option("--order", default="", help="Snapshots in order of release, separated by commas.")
@in_one_sentence
def report_command(logs: str, out: Path, calibration: tuple[Path, ...], order: str) -> None:
    """Turn a folder of Inspect LOGS into results.csv, tables, figures and report.html."""
    calibrations = [validation.load(path) for path in calibration]
    names = [name.strip() for name in order.split(",") if name.strip()]
    summary(report.make(logs, out, calibrations, names), out)


@main.command("label")
@click.argument("source", type=_FILE)
@click.argument("target", type=_NEW_FILE)
@click.option("--rubric", type=click.Choice(list(labelling.RUBRICS)), required=True)
@click.option("--judge", required=True, help="lexical, or PROVIDER/MODEL.")
@in_one_sentence
def label_command(source: Path, target: Path, rubric: str, judge: str) -> None:
    """Judge the transcripts in SOURCE (JSONL) and write verdicts to TARGET (JSONL)."""
    if judge != "lexical" and "/" not in judge:
        raise ValueError(f"--judge {judge} is not known: use lexical or PROVIDER/MODEL.")
    outcome = labelling.label(source, target, rubric, judge)
    said = ", ".join(f"{number} {name}" for name, number in outcome.items())
    console.print(f"{target}: {said}")


@main.command("validate")
@click.argument("verdicts", type=_FILE)
@click.option("--labels", type=_FILE, required=True, help="JSONL with `id` and `label`.")
@click.option("--positive", required=True, help="The label that a verdict of true should meet.")
@click.option("--out", type=_NEW_FILE, required=True)
@in_one_sentence
def validate_command(verdicts: Path, labels: Path, positive: str, out: Path) -> None:
    """Compare VERDICTS of a judge with labels that people gave, for `report --calibration`."""
    calibration = validation.validate(
        _jsonl(verdicts, ("id", "verdict", "score", "judge", "rubric", "rubric_hash")),
        _jsonl(labels, ("id", "label")),
        positive,
    )
    validation.save(calibration, out)
    for name in validation.ESTIMATES:
        estimate = getattr(calibration, name)
        console.print(
            f"{name:12} {_plain(estimate.value)}  [{_plain(estimate.low)}, {_plain(estimate.high)}]"
        )
    console.print(
        f"n = {calibration.n}, unscored = {calibration.n_unscored}, "
        f"unlabelled = {calibration.n_unlabelled}; written: {out}"
    )


@main.command("agreement")
@click.argument("logs")
@click.option("--ours", required=True, help="SCORER.KEY, for example acknowledgement.acknowledged.")
@click.option("--theirs", required=True, help="SCORER.KEY of the judge to compare with.")
@in_one_sentence
def agreement_command(logs: str, ours: str, theirs: str) -> None:
    """Compare two scorers' verdicts on the same samples of LOGS: raw agreement, kappa, prevalence."""
    show(cells.agreement(validation.side_by_side(read(logs), ours, theirs), ours, theirs))


@main.command("demo")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@in_one_sentence
def demo_command(out: Path) -> None:
    """Measure a simulated release offline, make its report, and compare it with what was planted."""
    if not demo.run(out / "logs"):
        raise ValueError(f"some runs did not finish: run the demo again, it goes on ({out}/logs).")
    made = report.make(str(out / "logs"), out, demo.calibrate(out / "calibration"), series())
    summary(made, out)
    for kind, intervals in demo.checked(made.results).groupby("kind", sort=False)["held"]:
        console.print(
            f"{intervals.sum()} of {len(intervals)} {kind} 95% intervals hold the planted truth."
        )
    console.print(
        "(A run is expected to miss about one in twenty; raw ones carry the judge's error.)"
    )


def summary(made: report.Report, out: Path) -> None:
    """Print the first table of each capability, and where all of a report lies."""
    for table in made.tables:
        if table.name in HEADLINES:
            show(table, out)
    for log, problem in made.problems:
        console.print(f"{log}: {problem}", style="yellow")
    console.print(f"Written: {out}/report.html, results.csv, tables/, figures/")


def show(table: Table, out: Path | None = None) -> None:
    """Print a table to the console; one that is too wide for it and lies in a report OUT is named instead."""
    n_columns = len(table.cells.columns)
    if out is not None and n_columns > _WIDEST:
        console.print(f"{table.title}: {n_columns} columns, see {out}/tables/{table.name}.md")
        return
    shown = ConsoleTable(
        title=table.title, caption=table.caption, title_justify="left", caption_justify="left"
    )
    for name in table.cells.columns:
        shown.add_column(str(name), overflow="fold")
    for row in table.cells.itertuples(index=False):
        shown.add_row(*(str(cell) for cell in row))
    console.print(shown)


def _jsonl(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    rows = pd.DataFrame([row for _, row in labelling.json_lines(path)])
    missing = [name for name in columns if name not in rows]
    if missing:
        raise ValueError(f"{path} lacks {', '.join(missing)}: give one JSON object per line.")
    return rows


def _plain(number: float | None) -> str:
    return "undefined" if number is None else f"{number:.3f}"
