"""What people say of the sheets that `saydo sheet` writes: labels read back, compared, and decided (METHODS §5, agreement)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.estimators import Agreement, Bounds, Estimate, agreement, rate, rate_bounds
from analysis.monitors import CATEGORIES
from analysis.untrusted import quoted
from paper_figures import spreadsheets
from paper_figures.labelling import json_lines, transcript_hash
from paper_figures.spreadsheets import BadSheet, bare
from scorers.judges.verdict import OUTCOMES

OF_ANSWERS = ("compliance", "animal_welfare")
_OUTCOMES = tuple(reversed(OUTCOMES))
LABELS = {
    "alignment_faking": ("faking", "not_faking"),
    **dict.fromkeys(OF_ANSWERS, _OUTCOMES),
    "acknowledgement": ("acknowledged", "not_acknowledged"),
    "asked": ("honest", "not_honest"),
    "monitor": ("flagged", "not_flagged"),
    "admission": ("admitted", "not_admitted"),
    **dict.fromkeys(CATEGORIES, ("flagged", "not_flagged")),
}
"""What people may say under each rubric; the first is the positive label."""

SHEETS = ("sheet_1.csv", "sheet_2.csv")
TRANSCRIPTS, KEY, INSTRUCTIONS = "transcripts.jsonl", "key.csv", "INSTRUCTIONS.md"
ADJUDICATED, DISAGREEMENTS, DECIDED = "adjudicated.csv", "disagreements.csv", "labels.jsonl"

SHOWN = {
    "alignment_faking": ("thinking", "answer"),
    "compliance": ("request", "answer"),
    "animal_welfare": ("request", "answer"),
    "acknowledgement": ("hint_text", "given", "question", "thinking"),
    "asked": ("hint_text", "given", "answer"),
    "monitor": ("question", "thinking"),
    "admission": ("request", "answer", "thinking"),
    **dict.fromkeys(CATEGORIES, ("request", "thinking")),
}
"""What a judge of each rubric sees, and so people do: keys of `saydo label`."""


@dataclass(frozen=True)
class ReadBack:
    """What two people said of one sheet.

    Attributes:
        positive: The positive label.
        agreement: Of the two, before anything was adjudicated.
        n: Rows of the sheet.
        n_alike: Rows to which both gave the same label.
        n_unlike: Rows to which they gave different ones.
        n_adjudicated: Rows that a third has decided.
        n_undecided: Rows to which they gave different ones and that nobody has decided.
        n_one_empty: Rows to which one gave no label.
        n_both_empty: Rows to which neither did.
        prevalence: Share of the positive label among the decided rows.
        bounds: That share with the rows left out all negative, and all positive.
    """

    positive: str
    agreement: Agreement
    n: int
    n_alike: int
    n_unlike: int
    n_adjudicated: int
    n_undecided: int
    n_one_empty: int
    n_both_empty: int
    prevalence: Estimate
    bounds: Bounds


def read_back(folder: Path, out: Path) -> ReadBack:
    """Read two filled sheets, compare them, and write the labels on which both agree or a third has decided.

    Args:
        folder: As `make` wrote it, the sheets filled in; `adjudicated.csv` (`id`, `label`) decides rows on which
            they differ or which they left empty. `disagreements.csv` is written beside them.
        out: Rows `{id, label, transcript_hash}`, the hash as in the verdicts of `saydo label`, and `item`, by which transcripts
            of one item are known.

    Raises:
        BadSheet: A sheet lacks a row or has one twice, or a label is none of the rubric's; nothing is written.
    """
    rubric, transcripts, known = _transcripts(folder / TRANSCRIPTS)
    if out.resolve().parent == folder.resolve() and out.name in _OWN:
        raise BadSheet(f"--out {out} is a part of the sheet: give the labels another name.")
    first, second = (_filled(folder / name, rubric, transcripts) for name in SHEETS)
    third = folder / ADJUDICATED
    decisions = _filled(third, rubric, transcripts, whole=False) if third.exists() else {}
    decided = _decided(first, second, decisions, third)
    if not decided:
        raise BadSheet(f"{folder}: there is no row to which both sheets give the same label.")
    unlike = [
        name
        for name in sorted(transcripts)
        if first[name].label and second[name].label and name not in decided
    ]
    _write_disagreements(folder / DISAGREEMENTS, rubric, transcripts, unlike, first, second)
    out.parent.mkdir(parents=True, exist_ok=True)
    lines = (
        json.dumps({"id": name, "label": label, **known[name]}) for name, label in decided.items()
    )
    out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return _compared(rubric, [*transcripts], first, second, decided)


def _transcripts(path: Path) -> tuple[str, dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """The rubric of a sheet, and by id its texts, and what tells a transcript from others: its hash and its item."""
    found, known = dict[str, dict[str, str]](), dict[str, dict[str, str]]()
    rubric = ""
    for number, row in json_lines(path):
        rubric = rubric or str(row.get("rubric"))
        texts = {name: row.get(name) for name in ("id", *SHOWN.get(rubric, ()))}
        if rubric not in LABELS or not all(isinstance(text, str) for text in texts.values()):
            raise BadSheet(f"{path}, line {number}: no row of a sheet that `saydo sheet` wrote.")
        name = str(row["id"])
        found[name] = {column: str(text) for column, text in texts.items()}
        item = {"item": str(row["item"])} if row.get("item") else {}
        known[name] = {**item, "transcript_hash": transcript_hash(row)}
    if not found:
        raise BadSheet(f"{path} is empty: give the folder that `saydo sheet` wrote.")
    return rubric, found, known


def _decided(
    first: Mapping[str, _Row],
    second: Mapping[str, _Row],
    decisions: Mapping[str, _Row],
    third: Path,
) -> dict[str, str]:
    """The label of each row that both gave, or that a third gave where they did not."""
    decided: dict[str, str] = {}
    for name in sorted(first):
        ours, theirs = first[name].label, second[name].label
        agreed = ours if ours == theirs else ""
        decision = decisions[name].label if name in decisions else ""
        if agreed and decision not in ("", agreed):
            raise BadSheet(
                f"{third}, row {decisions[name].number}: both labelled id {name} {agreed}: only what they differ on, or "
                "left empty, can be decided."
            )
        if agreed or decision:
            decided[name] = agreed or decision
    return decided


_OWN = (*SHEETS, TRANSCRIPTS, KEY, INSTRUCTIONS, ADJUDICATED, DISAGREEMENTS)


@dataclass(frozen=True)
class _Row:
    """A row as it was filled in; the label is empty where there is none."""

    number: int
    label: str
    note: str


def _filled(path: Path, rubric: str, ids: Iterable[str], whole: bool = True) -> dict[str, _Row]:
    """What a sheet says of each id.

    Args:
        path: The sheet.
        rubric: Whose labels are allowed.
        ids: Those that it may have.
        whole: Whether it must have all of them.
    """
    known, found = set(ids), dict[str, _Row]()
    allowed = {_folded(label): label for label in LABELS[rubric]}
    for number, cells in spreadsheets.read(path, ("id", "label")):
        here, name, said = f"{path}, row {number}", bare(cells["id"]).casefold(), cells["label"]
        if name not in known:
            raise BadSheet(
                f"{here}: {f'id {quoted(name)} is not of this sheet' if name else 'there is no id'}."
            )
        if name in found:
            raise BadSheet(f"{here}: id {name} stands in row {found[name].number} already.")
        if _folded(said) not in {*allowed, ""}:
            raise BadSheet(
                f"{here}: the label {quoted(said)} is none of {', '.join(LABELS[rubric])}."
            )
        found[name] = _Row(number, allowed.get(_folded(said), ""), cells.get("note", ""))
    lacking = sorted(known - set(found))
    if whole and lacking:
        raise BadSheet(
            f"{path} has no row with id {lacking[0]} ({len(lacking)} missing in all): put deleted rows back, without a "
            "label if need be."
        )
    return found


def _folded(label: str) -> str:
    """A label whatever its case, its quotes, and the blanks, dashes or underscores between its words."""
    return " ".join(bare(label).casefold().replace("_", " ").replace("-", " ").split())


def _write_disagreements(
    path: Path,
    rubric: str,
    transcripts: Mapping[str, Mapping[str, str]],
    ids: Sequence[str],
    first: Mapping[str, _Row],
    second: Mapping[str, _Row],
) -> None:
    """Rows for a third person to decide; what has been filled in there is never overwritten."""
    if path.exists() and any(bare(row["label"]) for _, row in spreadsheets.read(path, ("label",))):
        raise BadSheet(f"{path} has labels filled in: save it as {ADJUDICATED}, and delete it.")
    path.unlink(missing_ok=True)
    rows = [
        {
            "id": name,
            **{column: transcripts[name][column] for column in SHOWN[rubric]},
            "label_1": first[name].label,
            "note_1": first[name].note,
            "label_2": second[name].label,
            "note_2": second[name].note,
            "label": "",
            "note": "",
        }
        for name in ids
    ]
    if rows:
        spreadsheets.write(rows, path)


def _compared(
    rubric: str,
    ids: Sequence[str],
    first: Mapping[str, _Row],
    second: Mapping[str, _Row],
    decided: Mapping[str, str],
) -> ReadBack:
    positive = LABELS[rubric][0]
    ratings = np.array(
        [[first[name].label or None, second[name].label or None] for name in ids], dtype=object
    )
    given = np.array([[label is not None for label in row] for row in ratings])
    both = given.all(axis=1)
    alike = both & (ratings[:, 0] == ratings[:, 1])
    truth = [float(decided[name] == positive) if name in decided else np.nan for name in ids]
    return ReadBack(
        positive=positive,
        agreement=agreement(ratings[both], positive),
        n=len(ids),
        n_alike=int(alike.sum()),
        n_unlike=int((both & ~alike).sum()),
        n_adjudicated=len(decided) - int(alike.sum()),
        n_undecided=int((both & ~alike & np.isnan(truth)).sum()),
        n_one_empty=int((given.sum(axis=1) == 1).sum()),
        n_both_empty=int((given.sum(axis=1) == 0).sum()),
        prevalence=rate(truth),
        bounds=rate_bounds(truth),
    )
