"""Logs to a report: results.csv, tables, figures and one self-contained HTML page."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
import pandas as pd

from analysis import logs, snapshots, validation
from analysis.series import Series, discover, load, place
from analysis.untrusted import on_one_line
from analysis.validation import Calibration
from paper_figures import cells, figures, page, provenance, tables
from paper_figures.console import console, in_one_sentence, show
from paper_figures.formats import in_results
from paper_figures.page import Report


def make(
    log_dir: str,
    out: Path,
    calibrations: Sequence[Calibration] = (),
    series: Series | None = None,
) -> Report:
    """Read logs and write a report.

    Args:
        log_dir: Folder or URL of logs.
        out: Folder for results.csv, report.html, tables/ and figures/; made if need be.
        calibrations: Of judges, for judge-corrected estimates.
        series: Snapshots in the order of their release, and what they are called.

    Raises:
        NoLogs: No log could be read.
        NothingToReport: The logs are of other tasks, or no estimate can be made of any condition.
    """
    frame = logs.read(log_dir, failed=False)
    measured = snapshots.results(frame, calibrations, series)
    published = _of_tables(snapshots.published(), measured)
    made = tables.every(measured, published)
    drawn = figures.every(measured, published, calibrations)
    out.mkdir(parents=True, exist_ok=True)
    results = pd.concat([measured.astype(object), published.astype(object)], ignore_index=True)
    results.map(in_results).to_csv(out / "results.csv", index=False)
    for table in made:
        cells.write(table, out / "tables")
    for figure in drawn:
        figures.write(figure.figure, figure.name, out / "figures")
    left_out = measured.attrs["problems"]
    report = Report(
        results=results,
        tables=made,
        figures=drawn,
        problems=[*frame.attrs["problems"], *left_out, *_unused(calibrations, frame)],
        frame=_called(frame, series),
        inventory=logs.inventory(log_dir, failed=False),
        command=provenance.command(log_dir, series, calibrations),
    )
    html = page.page(report, out / "figures")
    (out / "report.html").write_bytes(html.encode("utf-8", "xmlcharrefreplace"))
    return report


def _called(frame: pd.DataFrame, series: Series | None) -> pd.DataFrame:
    """The frame with its snapshots called, and in the order, as in the series."""
    found = [str(name) for name in frame["snapshot"].dropna().unique()]
    labels = place(series or discover(frame), found).labels
    place_of = {name: i for i, name in enumerate(labels)}
    rows = frame["snapshot"].map(place_of).argsort(kind="stable")
    return frame.assign(snapshot=frame["snapshot"].map(labels)).iloc[rows].reset_index(drop=True)


def _of_tables(published: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Published figures that have measured ones to stand beside."""
    return published[published["table"].isin(measured["table"])].reset_index(drop=True)


def _unused(calibrations: Sequence[Calibration], frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Calibrations that correct nothing, because the logs have another judge, rubric version or hint."""
    judged = set(zip(frame["judge"], frame["rubric"], frame["rubric_hash"], strict=True))
    found = []
    for c in calibrations:
        name = f"calibration of {c.judge} on {c.rubric} {c.rubric_hash}"
        if (c.judge, c.rubric, c.rubric_hash) not in judged:
            why = "the logs were judged otherwise; score them again or calibrate anew"
        elif c.hint and c.hint not in set(frame.get("arm", ())):
            why = f"the logs have no samples under the hint {c.hint}"
        else:
            continue
        found.append((name, f"corrects nothing: {why}"))
    return found


# ---------------------------------------------------------------------------------- command

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("report")
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
    summary(make(logs, out, calibrations, _series(file, order, reference)), out)


def _series(file: Path | None, order: str, reference: str | None) -> Series | None:
    """The series as it was asked for; None leaves it to the logs."""
    names = [name.strip() for name in order.split(",") if name.strip()]
    if file and names:
        raise ValueError("give --series or --order: both say in which order snapshots come.")
    if not file:
        return Series.of(names, reference) if names or reference else None
    found = load(file)
    return replace(found, reference=reference) if reference else found


def summary(made: Report, out: Path) -> None:
    """Print the first table of each capability, and where all of a report lies."""
    for table in made.tables:
        if table.name in tables.HEADLINES:
            show(table, out)
    for log, problem in provenance.placeless_problems(made.problems):
        console.print(on_one_line(f"{log}: {problem}"), style="yellow")
    console.print(f"Written: {out}/report.html, results.csv, tables/, figures/")
