"""`paper_figures.spreadsheets`: what people open does no harm, and what they save is read."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.untrusted import visible
from paper_figures import spreadsheets
from paper_figures.spreadsheets import BadSheet, bare, cells, read, write

EXCEL = 32_767
"""UTF-16 units that a cell of Excel's holds."""

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")

texts = st.text(st.characters(), max_size=60) | st.sampled_from(
    [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "＝1",
        "\x1b[31m",
        "\u202e=",
        "a\x00b",
        "",
    ]
)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


# ---------------------------------------------------------------------------------- written


@given(texts)
def test_no_cell_is_a_formula_and_none_hides_anything(text: str) -> None:
    for cell in cells(text):
        assert not cell.startswith(DANGEROUS)
        assert not cell.lstrip().startswith(("=", "+", "-", "@"))
        assert cell == visible(cell)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", cell)
    assert "".join(cells(text)).removeprefix("'").endswith(visible(text).removeprefix("'"))


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        "=" * 100_000,
        "\U0001f600" * 40_000,
        "a" * 31_999 + "\U0001f600" + "b" * 5,
        "-\n" * 40_000,
    ],
)
def test_a_text_too_long_for_a_cell_goes_on_in_the_next(text: str) -> None:
    found = cells(text)
    assert len(found) > 1
    assert all(units(cell) <= EXCEL for cell in found)
    assert not any(cell.startswith(DANGEROUS) for cell in found)
    assert "".join(cell.removeprefix("'") for cell in found) == text


def test_what_is_written_has_a_mark_for_excel_and_every_text_in_full(tmp_path: Path) -> None:
    long = "x" * 70_000
    rows = [
        {"id": "a", "thinking": long, "label": ""},
        {"id": "b", "thinking": 'says "so";\nand, more', "label": "é"},
    ]
    write(rows, tmp_path / "s.csv")
    raw = (tmp_path / "s.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    header, first, second = csv.reader(raw.decode("utf-8-sig").splitlines(keepends=True))
    assert header == ["id", "thinking", "thinking (2)", "thinking (3)", "label"]
    assert "".join(first[1:4]) == long
    assert second == ["b", 'says "so";\nand, more', "", "", "é"]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    @given(st.lists(st.tuples(texts, texts), min_size=1, max_size=4))
    def there_and_back(pairs: list[tuple[str, str]]) -> None:
        rows = [{"id": f"i{i}", "label": a, "note": b} for i, (a, b) in enumerate(pairs)]
        write(rows, tmp_path / "s.csv")
        found = [row for _, row in read(tmp_path / "s.csv", ("id", "label"))]
        for (a, b), row in zip(pairs, found, strict=True):
            assert (row["label"], row["note"]) == (cells(a)[0].strip(), cells(b)[0].strip())

    there_and_back()


# ---------------------------------------------------------------------------------- read

PLAIN = 'id,text,label\r\na,"one, and\r\ntwo",yes\r\nb,x,no\r\n'
SEMICOLONS = 'id;text;label\r\na;"one, and\r\ntwo";yes\r\nb;x;no\r\n'


@pytest.mark.parametrize(
    "raw",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.replace("\r\n", "\n").encode(),
        SEMICOLONS.encode("utf-8-sig"),
        SEMICOLONS.replace(";", "\t").encode("utf-16"),
        SEMICOLONS.replace("x", "é").encode("cp1252"),
        (PLAIN + ",,\r\n,,\r\n\r\n").encode(),
        ("\r\n,,\r\n" + PLAIN).encode(),
        PLAIN.replace("id,text,label", '"ID", Text ,"LABEL "').encode(),
        PLAIN.replace("a,", '"a",').replace(",yes", ", yes ").encode(),
        PLAIN.replace("id,text,label", "id,text,label,more").encode(),
    ],
)
def test_what_spreadsheets_make_of_a_file_is_read(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_bytes(raw)
    found = [(row["id"], row["label"]) for _, row in read(tmp_path / "s.csv", ("id", "label"))]
    assert found == [("a", "yes"), ("b", "no")]


def test_rows_have_the_numbers_that_a_spreadsheet_shows(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text('id,label\na,"two\nlines"\n\n,\nb,no\n')
    assert [number for number, _ in read(tmp_path / "s.csv", ("id", "label"))] == [2, 5]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", r"has no columns id and label: save the sheet as CSV"),
        (b"PK\x03\x04 a workbook", r"has no columns id and label: save the sheet as CSV"),
        (b"a,yes\nb,no\n", r"has no columns id and label"),
        (b"id,label,Label\na,yes,no\n", r"has two columns label: leave one of them"),
    ],
)
def test_a_file_that_is_no_sheet_is_named(raw: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_bytes(raw)
    with pytest.raises(BadSheet, match=sentence):
        list(read(tmp_path / "s.csv", ("id", "label")))


def test_whatever_is_in_a_file_it_is_read_or_refused(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    n_read, n_refused = 0, 0

    @settings(max_examples=300)
    @given(
        st.binary(max_size=200)
        | st.text("id,label;\t\"'\r\n ab", max_size=80).map(
            lambda text: f"id,label\n{text}".encode()
        )
    )
    def fuzz(raw: bytes) -> None:
        nonlocal n_read, n_refused
        (tmp_path / "s.csv").write_bytes(raw)
        try:
            rows = list(read(tmp_path / "s.csv", ("id", "label")))
        except BadSheet:
            n_refused += 1
            return
        n_read += 1
        assert all({"id", "label"} <= set(row) for _, row in rows)

    fuzz()
    said = f"{n_read} read, {n_refused} refused in one sentence, no other exception"
    record_property("sheets fuzzed (CSV as people save it)", said)


def test_a_cell_of_any_length_is_read(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(f"id,text,label\na,{'x' * 300_000},yes\n")
    ((_, row),) = read(tmp_path / "s.csv", ("id", "label"))
    assert len(row["text"]) == 300_000


@pytest.mark.parametrize("cell", ["yes", " yes ", '"yes"', "'yes", "“yes”", "yes\u00a0", "\tyes\n"])
def test_bare_cells(cell: str) -> None:
    assert bare(cell) == "yes"
    assert spreadsheets.bare("a \n b") == "a b"
