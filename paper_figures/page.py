"""The page of a report: one HTML file that holds everything and loads nothing."""

import base64
import hashlib
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from analysis import scaling
from analysis.snapshots import ALIGNMENT_FAKING, CLUE_FAITHFULNESS, INTERVENTIONS
from paper_figures import cells, flagged, headlines, methods, names, provenance, tables
from paper_figures.cells import Table
from paper_figures.figures import Drawn
from paper_figures.formats import Place, numeric
from paper_figures.provenance import Condition

_TEMPLATES = Path(__file__).resolve().parent / "templates"

_PACKAGES = (
    *("saydo", "inspect_ai", "pandas", "numpy", "scipy", "statsmodels", "matplotlib"),
    "great_tables",
)
"""Packages whose version can change a digit or the look of a report."""

_LONG = 40
"""Rows from which a table opens at a click."""

_ACCOUNTING = "accounting"
"""What the names of tables begin with that say what numbers leave out."""


@dataclass(frozen=True)
class Report:
    """What a report holds.

    Attributes:
        results: Rows of results.csv.
        tables: Its tables.
        figures: Its figures.
        problems: What was wrong with which log, condition or calibration.
        frame: The rows of the logs, snapshots called and ordered as in the results.
        inventory: A row for each log file.
        command: The command that makes the report again.
    """

    results: pd.DataFrame
    tables: list[Table]
    figures: list[Drawn]
    problems: list[tuple[str, str]]
    frame: pd.DataFrame
    inventory: pd.DataFrame
    command: str


@dataclass(frozen=True)
class Cell:
    """A cell: what is read first, its interval and counts, how it is marked, and its footnotes."""

    value: str
    rest: str
    rank: str
    notes: str


@dataclass(frozen=True)
class Column:
    """A heading, whether numbers stand below it, and the id of what it comes from, if it is of a snapshot."""

    name: str
    numeric: bool
    source: str


@dataclass(frozen=True)
class Row:
    """A row of a table, with the id of what it comes from; empty where that is nowhere on the page."""

    source: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class View:
    """A table as the page prints it, with the figures that belong to it."""

    name: str
    title: str
    caption: Markup
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    folded: bool
    figures: tuple[Mapping[str, str], ...]


def page(report: Report, figure_dir: Path) -> str:
    """The page as HTML.

    Args:
        report: What it is about.
        figure_dir: Where the figures were written.
    """
    results = report.results
    measured = results[results["provenance"] == "measured"]
    published = results[results["provenance"] == "published"]
    frame = report.frame
    conditions = provenance.conditions(measured, frame, report.inventory)
    rows, chosen = flagged.choose(frame)
    short = names.snapshots(frame["snapshot"].astype(str))
    figures = _figures(report, figure_dir)
    views = [_view(table, conditions, figures[table.name]) for table in report.tables]
    style, script = (_part(f"report.{suffix}") for suffix in ("css", "js"))
    return (
        _environment()
        .get_template("report.html")
        .render(
            style=Markup(style),
            script=Markup(script),
            style_hash=_hash(style),
            script_hash=_hash(script),
            simulated=_simulated(frame),
            measured_on=headlines.measured_on(frame),
            said=headlines.said(measured, short),
            short=short,
            tables=[view for view in views if not view.name.startswith(_ACCOUNTING)],
            accounting=[view for view in views if view.name.startswith(_ACCOUNTING)],
            figures=figures[""],
            subjects=methods.subjects(measured),
            exclusions=_view(_exclusions(conditions), conditions, ()) if conditions else None,
            problems=provenance.placeless_problems(report.problems),
            conditions=_by_snapshot(conditions),
            logs=_view(_logs(report.inventory), (), ()),
            asked=_view(provenance.asked(report.inventory), (), ()),
            cited=_cited(published),
            transcripts=flagged.read(rows),
            chosen=_chosen(chosen),
            flags=[flag for flag in flagged.FLAGS if any(c.flag == flag.name for c in chosen)],
            per_flag=flagged.PER_FLAG,
            rankers=scaling.SCORERS,
            anchor_of={log.name: c.anchor for c in reversed(conditions) for log in c.logs},
            command=report.command,
            versions=_versions(),
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["signed"] = _signed
    environment.filters["short"] = lambda name, short: short.get(name, name)
    return environment


def _visible(value: Any) -> Any:
    """Names and sentences can hold anything that logs do, and are shown as transcripts are."""
    return flagged.visible(value) if type(value) is str else value


def _part(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Of a style or script, as a content security policy names what it allows."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _simulated(frame: pd.DataFrame) -> str:
    """Whether all, some or none of the snapshots are simulated."""
    stamps = frame["simulated"].astype(bool)
    return "all" if stamps.all() else "some" if stamps.any() else "none"


def _versions() -> list[tuple[str, str]]:
    found = [("Python", platform.python_version())]
    for name in _PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:  # run from a checkout that is not installed
            continue
    return found


# ---------------------------------------------------------------------------------- tables, figures


_BESIDE = {
    "compliance_by_arm": ALIGNMENT_FAKING,
    "gap_forest": ALIGNMENT_FAKING,
    "thinking_answer_gap": CLUE_FAITHFULNESS,
    "use_against_admission": CLUE_FAITHFULNESS,
    "attributable_use": CLUE_FAITHFULNESS,
    "early_answering": INTERVENTIONS,
    "samples_at_k": "thinking_samples",
    "judge_roc": "judge_calibration",
    "action_scaling": "accuracy",
}
"""The tables that figures of another name stand beside."""


_PER_POINT = 1.9
"""Pixels of the page for each point in print: words of 6.5 points are as high as those of tables."""

_NARROW = 560
"""Pixels: a figure that is wider is scrolled on a small screen, and not shrunk below this."""


def _figures(report: Report, folder: Path) -> dict[str, tuple[Mapping[str, str], ...]]:
    """Figures by the table that they stand beside; those without one under an empty name."""
    names = [table.name for table in report.tables]
    found: dict[str, tuple[Mapping[str, str], ...]] = dict.fromkeys(["", *names], ())
    for drawn in report.figures:
        beside = _BESIDE.get(drawn.name, drawn.name)
        owner = beside if beside in names else ""
        svg = (folder / f"{drawn.name}.svg").read_bytes()
        width = _width(svg)
        shown = {
            "name": drawn.name,
            "width": str(width),
            "wide": "wide" if width > _NARROW else "",
            "data": base64.b64encode(svg).decode(),
            "alt": drawn.alt,
            "caption": drawn.caption,
        }
        found[owner] = (*found[owner], shown)
    return found


def _width(svg: bytes) -> int:
    """Pixels that a figure is wide on the page: all are enlarged alike, so that their words are of one size."""
    found = re.search(rb'<svg[^>]* width="([0-9.]+)pt"', svg)
    return round(_PER_POINT * float(found[1])) if found else _NARROW


def _view(
    table: Table, conditions: Sequence[Condition], figures: tuple[Mapping[str, str], ...]
) -> View:
    subject = _subject(table.name)
    about = [c for c in conditions if not subject or subject in c.subjects]
    text = table.cells.astype(str)
    columns = zip(text, provenance.column_anchors(table, about), strict=True)
    sources = provenance.row_anchors(table, about)
    rows = enumerate(zip(sources, text.itertuples(index=False, name=None), strict=True))
    return View(
        name=table.name,
        title=table.title,
        caption=_with_code(table.caption),
        columns=tuple(
            Column(str(name), numeric(text.iloc[:, j].tolist()), source)
            for j, (name, source) in enumerate(columns)
        ),
        rows=tuple(
            Row(source, tuple(_cell(table, (i, j), cell) for j, cell in enumerate(row)))
            for i, (source, row) in rows
        ),
        folded=table.name in tables.FOLDED or len(text) > _LONG,
        figures=figures,
    )


_OF_FAKING = ("judge_error", "accounting", "decomposition", "compliance_by_factor")
"""Tables of alignment faking that have other names."""


def _subject(name: str) -> str:
    """What stands in the column `table` of a table's rows; empty where they are of several, or not known."""
    if name in _OF_FAKING:
        return ALIGNMENT_FAKING
    if name in methods.TITLES:
        return name
    return next((s for s in methods.TITLES if name.startswith(s.split("_")[0])), "")


def _cell(table: Table, place: Place, text: str) -> Cell:
    value, bracket, rest = text.partition(" [")
    rank = "best" if place in table.best else "second" if place in table.second else ""
    notes = "".join(note.mark for note in table.notes if place in note.places)
    return Cell(_signed(value), _signed(f"[{rest}") if bracket else "", rank, notes)


def _signed(text: str) -> str:
    """Numbers below zero with a sign that can be seen."""
    return re.sub(r"(?<![\w.-])-(?=\d)", "−", text)


_CODE = re.compile(r"`([^`]+)`")


def _with_code(caption: str) -> Markup:
    """A caption with what stands in backticks as code."""
    pieces = _CODE.split(flagged.visible(caption))
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if i % 2 else escape(piece)
        for i, piece in enumerate(pieces)
    )


# ---------------------------------------------------------------------------------- what is left out


def _by_snapshot(conditions: Sequence[Condition]) -> list[list[Condition]]:
    found: dict[str, list[Condition]] = {}
    for condition in conditions:
        found.setdefault(condition.of_snapshot, []).append(condition)
    return list(found.values())


def _exclusions(conditions: Sequence[Condition]) -> Table:
    counts = [{name.capitalize(): str(n) for name, n in c.counts.items()} for c in conditions]
    table = cells.joined([c.who for c in conditions], counts)
    never = [name for name in counts[0] if name != "Transcripts" and (table[name] == "0").all()]
    return Table(
        "exclusions",
        "Counts by condition",
        "Transcripts over all arms. What has no verdict, ended in an error or has thinking that cannot be read enters no rate that needs it; refusals are "
        "answers, and count. Unpaired: items that are not scored in both arms of a contrast, in the contrast that lacks most. The rows lead to the ids.",
        table.drop(columns=never),
    )


def _logs(inventory: pd.DataFrame) -> Table:
    columns = {
        "log": "Log",
        "task": "Task",
        "snapshot": "Snapshot",
        "reasoning": "Mode",
        "created": "Created",
        "status": "Status",
        "n_posed": "Posed",
        "n_samples": "Samples",
        "n_errors": "Errors",
        "inspect_version": "Inspect",
        "revision": "Revision",
        "used": "Used",
        "problem": "Problem",
    }
    told = inventory[list(columns)].rename(columns=columns).map(_plain)
    told["Problem"] = told["Problem"].map(provenance.placeless_text)
    told["Used"] = inventory["used"].map({True: "yes", False: "no"}).to_numpy()
    empty = [name for name in told if (told[name] == cells.ABSENT).all()]
    caption = "Every log file that was found, in the order in which they were made."
    return Table(
        "logs",
        "Log files",
        caption,
        told.drop(columns=empty).rename(columns={"Snapshot": "Model run"}),
    )


def _plain(value: object) -> str:
    return provenance.told(value) or cells.ABSENT


_CITED = ["snapshot", "metric", "dataset", "hint", "method", "warnings", "logs"]


def _cited(published: pd.DataFrame) -> list[dict[str, str]]:
    rows = published[_CITED].fillna("").astype(str).itertuples(index=False, name=None)
    return [dict(zip(_CITED, row, strict=True)) for row in rows]


def _chosen(chosen: Sequence[flagged.Chosen]) -> dict[str, dict[str, str]]:
    """How many were found and are shown, by snapshot and flag."""
    found: dict[str, dict[str, str]] = {}
    for one in chosen:
        found.setdefault(one.snapshot, {})[one.flag] = f"{one.n_shown} of {one.n_found}"
    return found
