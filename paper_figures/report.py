"""Logs to a report: results.csv, tables, figures and one self-contained HTML page."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from analysis import logs, snapshots
from analysis.validation import Calibration
from paper_figures import cells, figures, tables

_TEMPLATES = Path(__file__).resolve().parent / "templates"


@dataclass(frozen=True)
class Report:
    """What a report holds: its rows, its tables, and what was wrong with which log."""

    results: pd.DataFrame
    tables: list[cells.Table]
    problems: list[tuple[str, str]]


def make(
    log_dir: str, out: Path, calibrations: Sequence[Calibration] = (), order: Sequence[str] = ()
) -> Report:
    """Read logs and write a report.

    Args:
        log_dir: Folder or URL of logs.
        out: Folder for results.csv, report.html, tables/ and figures/; made if need be.
        calibrations: Of judges, for judge-corrected estimates.
        order: Snapshots in the order of their release.

    Raises:
        NoLogs: No log could be read.
        NothingToReport: The logs are of other tasks, or no estimate can be made of any condition.
    """
    frame = logs.read(log_dir)
    measured = snapshots.results(frame, calibrations, order)
    published = snapshots.published()
    made, drawn = tables.every(measured, published), figures.every(measured, published)
    out.mkdir(parents=True, exist_ok=True)
    results = pd.concat([measured.astype(object), published.astype(object)], ignore_index=True)
    results.to_csv(out / "results.csv", index=False)
    for table in made:
        cells.write(table, out / "tables")
    for figure in drawn:
        figures.write(figure.figure, figure.name, out / "figures")
    left_out = measured.attrs["problems"]
    problems = [*frame.attrs["problems"], *left_out, *_unused(calibrations, frame)]
    report = Report(results, made, problems)
    (out / "report.html").write_text(_page(report, drawn, frame, out), encoding="utf-8")
    return report


def _unused(calibrations: Sequence[Calibration], frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Calibrations that correct nothing, because the logs have another judge, rubric version or hint."""
    judged = set(zip(frame["judge"], frame["rubric"], frame["rubric_hash"], strict=True))
    found = []
    for c in calibrations:
        name = f"calibration of {c.judge} on {c.rubric} {c.rubric_hash}"
        if (c.judge, c.rubric, c.rubric_hash) not in judged:
            why = "the logs were judged otherwise; score them again or calibrate anew"
        elif c.hint and c.hint not in set(frame["arm"]):
            why = f"the logs have no samples under the hint {c.hint}"
        else:
            continue
        found.append((name, f"corrects nothing: {why}"))
    return found


def _page(report: Report, drawn: Sequence[figures.Drawn], frame: pd.DataFrame, out: Path) -> str:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"]),
    )
    long = [table for table in report.tables if table.name in tables.FOLDED]
    return environment.get_template("report.html").render(
        simulated=bool(frame["simulated"].any()),
        figures=[
            {
                "data": base64.b64encode(
                    (out / "figures" / f"{figure.name}.png").read_bytes()
                ).decode(),
                "caption": figure.caption,
            }
            for figure in drawn
        ],
        tables=[_on_page(table) for table in report.tables if table not in long],
        folded=[_on_page(table) for table in long],
        problems=report.problems,
        logs=sorted(frame["log"].unique()),
        prompts=sorted(_prompts(frame)),
    )


def _on_page(table: cells.Table) -> dict[str, str]:
    html = str(cells.without_caption(table).as_raw_html())
    return {"title": table.title, "html": html, "caption": table.caption}


def _prompts(frame: pd.DataFrame) -> set[tuple[str, str]]:
    """Prompt file and hash of every condition: where a number's words can be found again."""
    if "prompt_file" not in frame:
        return set()
    posed = frame[frame["prompt_file"].fillna("") != ""]
    return set(zip(posed["prompt_file"], posed["prompt_hash"], strict=True))
