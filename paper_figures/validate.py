"""`saydo validate`: verdicts of one judge or several against labels that people gave."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import NoneType
from typing import Any

import click
import pandas as pd

from analysis import validation
from analysis.judge_pairs import pairs, told_apart
from analysis.judges import calibrated
from analysis.snapshots import COLUMNS
from analysis.untrusted import check_whole, quoted
from analysis.validation import ALIKE, Calibration, check_distinct
from paper_figures import cells, figures, spreadsheets
from paper_figures.cells import Table
from paper_figures.console import console, in_one_sentence, show
from paper_figures.figures.judges import judge_reliability, judge_roc
from paper_figures.labelling import json_lines
from paper_figures.tables import judges

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

_OF_VERDICTS = ("id", "verdict", "score", "judge", "rubric", "rubric_hash")
_OF_LABELS = ("id", "label")

_NAMES = {
    "balanced_accuracy": "balanced acc",
    "raw_agreement": "raw agreed",
}
"""Numbers whose names are too long for a line of the console."""


@click.command("validate")
@click.argument("verdicts", type=_FILE, nargs=-1, required=True)
@click.option(
    "--labels",
    type=_FILE,
    required=True,
    help="JSONL or CSV with `id`, `label` and, if need be, `kind` and `item`.",
)
@click.option("--positive", required=True, help="The label that a verdict of true should meet.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True,
    help="The calibration (JSON) of one judge; a folder for several.",
)  # fmt: skip
@in_one_sentence
def validate_command(verdicts: tuple[Path, ...], labels: Path, positive: str, out: Path) -> None:
    """Compare VERDICTS of a judge with labels that people gave, for `report --calibration`.

    Several files of VERDICTS on the same transcripts, by several judges or under several versions of a
    rubric, are set side by side: tables and figures, and a calibration of each, in the folder OUT.
    """
    read = [_jsonl(path, _OF_VERDICTS) for path in verdicts]
    told = _labels(labels)
    found = [validation.validate(of, told, positive) for of in read]
    if len(found) > 1:
        side_by_side(read, found, told, positive, out)
        return
    (only,) = found
    validation.save(only, out)
    for name, estimate in only.estimates.items():
        limits = f"[{_plain(estimate.low)}, {_plain(estimate.high)}]"
        console.print(f"{_NAMES.get(name, name):12} {_plain(estimate.value)}  {limits}")
    for name, bounds in only.bounds.items():
        if bounds.n_missing:
            either = f"{_plain(bounds.low)} to {_plain(bounds.high)}"
            console.print(f"with {bounds.n_missing} unscored at worst and best: {name} {either}")
    _show(judges.kinds(found))
    _warn(only)
    console.print(f"{_counts(only)}; written: {out}")


def side_by_side(
    verdicts: Sequence[pd.DataFrame],
    found: Sequence[Calibration],
    labels: pd.DataFrame,
    positive: str,
    out: Path,
) -> None:
    """Print and write what several judges of the same transcripts come to.

    Args:
        verdicts: Of each judge.
        found: The calibration of each.
        labels: What people said.
        positive: The positive label.
        out: Folder for `calibration_JUDGE.json`, `judges.*`, `judge_pairs.*`, `judge_kinds.*` and figures/.

    Raises:
        ValueError: Two are of the same judge under the same rubric, or have no transcript in common.
    """
    check_distinct(found)
    names = told_apart(found)
    compared = pairs(dict(zip(names, verdicts, strict=True)), labels, positive)
    simulated = any(calibration.simulated for calibration in found)
    beside_labels = judges.calibration(pd.DataFrame(calibrated(found), columns=COLUMNS))
    tables = [
        beside_labels and replace(beside_labels, name="judges"),
        judges.pairs(compared, simulated),
        judges.kinds(found),
    ]
    drawn = {"roc": judge_roc(found), "calibration": judge_reliability(found)}
    out.mkdir(parents=True, exist_ok=True)
    for stem, calibration in zip(_stems(names), found, strict=True):
        validation.save(calibration, out / f"calibration_{stem}.json")
    for table in tables:
        if table is not None:
            cells.write(table, out)
        _show(table)
    for name, figure in drawn.items():
        figures.write(figure.figure, name, out / "figures")
    for name, calibration in zip(names, found, strict=True):
        console.print(f"{name}: {_counts(calibration)}")
        _warn(calibration)
    console.print(f"Written: {out}/judges.md, judge_pairs.md, calibration_*.json, figures/")


def _show(table: Table | None) -> None:
    if table is not None:
        show(table)


def _stems(names: Sequence[str]) -> list[str]:
    """Names as parts of file names, none like another."""
    stems = [re.sub(r"[^A-Za-z0-9.-]+", "_", name).strip("_.") or "judge" for name in names]
    return [
        f"{stem}_{i}" if stems.count(stem) > 1 else stem for i, stem in enumerate(stems, start=1)
    ]


def _warn(calibration: Calibration) -> None:
    """Say what makes the numbers better, or surer, than the judge is."""
    if calibration.n_unlabelled:
        console.print(
            f"warning: {calibration.n_unlabelled} verdicts are on transcripts without a label and count for nothing; those on "
            "which labellers differ are the hard ones: have them decided first."
        )
    for said in calibration.kappa.warnings:
        if said.endswith(ALIKE):
            console.print(f"warning: auroc, kappa, alpha: {said}.")


def _counts(calibration: Calibration) -> str:
    return (
        f"n = {calibration.n}, unscored = {calibration.n_unscored}, unlabelled = {calibration.n_unlabelled}, "
        f"labelled but not judged = {calibration.n_unjudged}"
    )


def _jsonl(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """The rows of a file, with ids, labels and kinds as text."""
    told = []
    for number, row in json_lines(path):
        _check_row(f"{path}, line {number}", row, _TYPES if columns == _OF_VERDICTS else {})
        told.append(_as_text(row))
    rows = pd.DataFrame(told)
    missing = [name for name in columns if name not in rows]
    if missing:
        raise ValueError(f"{path} lacks {', '.join(missing)}: give one JSON object per line.")
    return rows


_TYPES: dict[str, tuple[type, ...]] = {
    "verdict": (bool, NoneType),
    "score": (int, float, NoneType),
    **dict.fromkeys(("judge", "rubric", "rubric_hash"), (str,)),
    "hint": (str, NoneType),
}
"""What a row of verdicts may hold; ids, labels and kinds may be anything, and are taken as text."""


def _check_row(here: str, row: Mapping[str, Any], of_type: Mapping[str, tuple[type, ...]]) -> None:
    try:
        check_whole(row)
    except ValueError as error:
        raise ValueError(f"{here}: {error}.") from None
    for name, types in of_type.items():
        value = row.get(name)
        if name in row and not isinstance(value, types):
            raise ValueError(f"{here}: `{name}` cannot be {quoted(value)}.")
    if "score" in of_type and row.get("score") is not None and not 0 <= row["score"] <= 1:
        raise ValueError(f"{here}: `score` must be from 0 to 1, not {quoted(row['score'])}.")


def _labels(path: Path) -> pd.DataFrame:
    if path.suffix.lower() != ".csv":
        return _jsonl(path, _OF_LABELS)
    rows = pd.DataFrame([row for _, row in spreadsheets.read(path, _OF_LABELS)])
    if rows.empty:
        raise ValueError(f"{path} has no rows below its headings.")
    return rows.assign(label=rows["label"].replace("", None))


def _as_text(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {
        name: value if value is None or isinstance(value, str) else json.dumps(value)
        for name, value in row.items()
        if name in ("id", "label", "kind", "item")
    }
    return {**row, **told}


def _plain(number: float | None) -> str:
    return "undefined" if number is None else f"{number:.3f}"
