"""The console script `saydo`."""

from dataclasses import replace
from pathlib import Path

import click
import pandas as pd

from analysis import validation
from analysis.logs import read
from analysis.series import Series, load
from paper_figures import cells, demo, labelling, report
from paper_figures.console import console, in_one_sentence, show
from paper_figures.page import Report
from paper_figures.plan import plan_command
from paper_figures.provenance import placeless_problems
from paper_figures.sweep import sweep_command
from paper_figures.tables import HEADLINES

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
    made = report.make(str(out / "logs"), out, demo.calibrate(out / "calibration"), demo.SERIES)
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
        console.print(f"{log}: {problem}", style="yellow")
    console.print(f"Written: {out}/report.html, results.csv, tables/, figures/")


main.add_command(plan_command)
main.add_command(sweep_command)


def _jsonl(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    rows = pd.DataFrame([row for _, row in labelling.json_lines(path)])
    missing = [name for name in columns if name not in rows]
    if missing:
        raise ValueError(f"{path} lacks {', '.join(missing)}: give one JSON object per line.")
    return rows


def _plain(number: float | None) -> str:
    return "undefined" if number is None else f"{number:.3f}"
