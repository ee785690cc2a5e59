"""The console script `saydo`."""

import os
from dataclasses import replace
from pathlib import Path

import click

from analysis import validation
from analysis.logs import read
from analysis.series import Series, load
from analysis.untrusted import on_one_line
from paper_figures import cells, demo, labelling, report
from paper_figures.console import console, in_one_sentence, show
from paper_figures.hijacks import hijacks_command
from paper_figures.page import Report
from paper_figures.plan import plan_command
from paper_figures.provenance import placeless_problems
from paper_figures.rescoring import score_command
from paper_figures.sheet import sheet_command
from paper_figures.sweep import sweep_command
from paper_figures.tables import HEADLINES
from paper_figures.validate import validate_command

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def main() -> None:
    """Measure the gap between what language models say and what they do."""


@main.command("report")
@click.argument("logs")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--series", "file", type=_FILE, help="YAML: snapshots in order, with labels.")
@click.option("--order", default="", help="In its place: snapshots in order, with commas between.")
@click.option("--reference", help="The snapshot that each is compared with.")
@click.option("--calibration", type=_FILE, multiple=True, help="From `saydo validate`; repeatable.")
@in_one_sentence
def report_command(
    logs: str,
    out: Path,
    file: Path | None,
    order: str,
    reference: str | None,
    calibration: tuple[Path, ...],
) -> None:
    """Turn a folder of Inspect LOGS into results.csv, tables, figures and report.html."""
    calibrations = [validation.load(path) for path in calibration]
    summary(report.make(logs, out, calibrations, _series(file, order, reference)), out)


def _series(file: Path | None, order: str, reference: str | None) -> Series | None:
    """The series as it was asked for; None leaves it to the logs."""
    names = [name.strip() for name in order.split(",") if name.strip()]
    if file and names:
        raise ValueError("give --series or --order: both say in which order snapshots come.")
    if not file:
        return Series.of(names, reference) if names or reference else None
    found = load(file)
    return replace(found, reference=reference) if reference else found


@main.command("label")
@click.argument("source", type=_FILE)
@click.argument("target", type=_NEW_FILE)
@click.option("--rubric", type=click.Choice(list(labelling.RUBRICS)), required=True)
@click.option("--judge", required=True, help="lexical, or PROVIDER/MODEL.")
@click.option("--max-judge-calls", type=int, help="Requests to the judge; no limit by default.")
@in_one_sentence
def label_command(
    source: Path, target: Path, rubric: str, judge: str, max_judge_calls: int | None
) -> None:
    """Judge the transcripts in SOURCE (JSONL) and write verdicts to TARGET (JSONL)."""
    labelling.check_judge(judge)
    labelled = labelling.label(source, target, rubric, judge, max_judge_calls)
    console.print(f"{target}: {' '.join(labelled.said())}")


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
    calibrations = demo.make(out, workers=os.cpu_count() or 1)
    made = report.make(str(out / "logs"), out, calibrations, demo.SERIES)
    summary(made, out)
    for kind, intervals in demo.checked(made.results).groupby("kind", sort=False)["held"]:
        console.print(
            f"{intervals.sum()} of {len(intervals)} {kind} 95% intervals hold the planted truth."
        )
    console.print(
        "(A run is expected to miss about one in twenty; raw ones carry the judge's error.)"
    )


def summary(made: Report, out: Path) -> None:
    """Print the first table of each capability, and where all of a report lies."""
    for table in made.tables:
        if table.name in HEADLINES:
            show(table, out)
    for log, problem in placeless_problems(made.problems):
        console.print(on_one_line(f"{log}: {problem}"), style="yellow")
    console.print(f"Written: {out}/report.html, results.csv, tables/, figures/")


main.add_command(plan_command)
main.add_command(score_command)
main.add_command(sheet_command)
main.add_command(hijacks_command)
main.add_command(sweep_command)
main.add_command(validate_command)
