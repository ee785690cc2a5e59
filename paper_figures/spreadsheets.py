"""CSV files that people open in a spreadsheet: what does no harm there, and what comes back from it.

Texts may be a model's, so that none of them is ever taken for a formula, none is cut, and nothing in them is unseen.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from analysis.untrusted import visible

_CELL = 32_000
"""UTF-16 units of a cell at most: Excel takes 32,767, and cuts off the rest without a word."""

_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
"""How texts begin that a spreadsheet may run; those of full width are among them."""

_DELIMITERS = ",;\t"
"""Which one a spreadsheet writes depends on the language of its user."""

_QUOTES = "'\"`´‘’“”„«»"

_LONGEST = 2**31 - 1
"""Characters of a cell that are read: `csv` refuses more than 131,072 unless told."""


class BadSheet(ValueError):
    """A file that cannot be read as a sheet; the message names file and row."""


def write(rows: Sequence[Mapping[str, str]], path: Path) -> None:
    """Write rows, all with the same keys, as a CSV file that Excel and its kin open as it is meant.

    A text too long for a cell goes on in further columns, `NAME (2)` and so on.
    """
    split = [{name: cells(text) for name, text in row.items()} for row in rows]
    n_cells = {name: max(len(row[name]) for row in split) for name in rows[0]}
    header = [
        f"{name} ({i})" if i > 1 else name for name, n in n_cells.items() for i in range(1, n + 1)
    ]
    with path.open(
        "w", encoding="utf-8-sig", newline=""
    ) as file:  # Excel takes UTF-8 for such by its BOM alone
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(header)
        for row in split:
            padded = (row[name] + [""] * (n - len(row[name])) for name, n in n_cells.items())
            writer.writerow([cell for of_text in padded for cell in of_text])


def cells(text: str) -> list[str]:
    """A text as the cells that hold it: every character seen, none run as a formula, none left out."""
    seen = visible(text)
    wide = any(ord(c) > 0xFFFF for c in seen)  # such a character takes two units
    size = _CELL // 2 if wide else _CELL
    parts = [seen[i : i + size] for i in range(0, len(seen), size)] or [""]
    return [f"'{part}" if _FORMULA.match(part) else part for part in parts]


def read(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file as a spreadsheet saves it, whichever its delimiter and encoding.

    Args:
        path: The file.
        needed: Columns that it must have; the case of headings does not matter.

    Yields:
        Number of the row as a spreadsheet shows it, and its cells by heading, blanks around them off; rows without
        anything in them are left out.

    Raises:
        BadSheet: The file lacks a column, or has it twice.
    """
    text = _decoded(path.read_bytes())
    for delimiter in _DELIMITERS:
        records = _records(text, delimiter)
        heading = next((i for i, record in enumerate(records) if any(record)), 0)
        names = [bare(name).casefold() for name in records[heading]] if records else []
        if set(needed) <= set(names):
            break
    else:
        raise BadSheet(
            f"{path} has no columns {' and '.join(needed)}: save the sheet as CSV, with its first row."
        )
    for name in needed:
        if names.count(name) > 1:
            raise BadSheet(f"{path} has two columns {name}: leave one of them.")
    for number, record in enumerate(records[heading + 1 :], start=heading + 2):
        if any(record):
            padded = record + [""] * (len(names) - len(record))
            yield number, dict(zip(names, padded, strict=False))


def _records(text: str, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(_LONGEST)
    try:
        read = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return [[cell.strip() for cell in record] for record in read]
    except csv.Error:
        return []


def _decoded(raw: bytes) -> str:
    """Excel's three ways to save a sheet as text: UTF-8 with BOM, UTF-16, and the code page of old Windows."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def bare(cell: str) -> str:
    """A cell without blanks and quotation marks around it, and with single blanks within."""
    return " ".join(cell.strip().strip(_QUOTES).split())
