"""`paper_figures.formats`: four formats of one table, whatever its names hold."""

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis import snapshots
from paper_figures import tables
from paper_figures.cells import FORMATS, Cell, Table, tabulated, write
from paper_figures.formats import Note, numeric
from tests.paper_figures.test_tables_alignment_faking import Page

NASTY = r"a&b_{c}%#$~^\<d>|e"
HOSTILE = [
    *(NASTY, r"\input{/etc/passwd}", r"\\", "[x]", "*", "%", "{", "}", "$", "^^41", "\\end{table}"),
    *("<script>alert(1)</script>", "</td></table>", "&lt;", "{{x^2}}", "![x](http://x.example/y)"),
    *("a|b\nc", "`code`", "**bold**", "_it_", "[a](javascript:x)", "[a][b]", "<!-- x", "$x$"),
    *(
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-1+1",
        "@SUM(A1)",
        "'",
        '"',
        "a,b",
        "\t=1",
        "\x1b[31m",
        "\x00",
    ),
    *("模型", "κ α − ≥ † ² “x” – …", "İß é ø", "😀", "\u202eabc", "\u2028", "--flag", "x" * 300),
]
"""Names as someone else's log may have them."""


def made_of(names: list[str], **more: object) -> Table:
    """A table with these names as cells, as headings, and all over its title and caption."""
    cells = pd.DataFrame({f"{i} {name}": [name, "0.5 [0.1, 0.9]"] for i, name in enumerate(names)})
    said = " ".join(names)
    return Table("t", said, f"Said: {said}", cells, **more)  # type: ignore[arg-type]


def written(table: Table, folder: Path, suffix: str) -> str:
    write(table, folder)
    return (folder / f"{table.name}.{suffix}").read_text(encoding="utf-8")


def ranked() -> Table:
    cells = pd.DataFrame(
        {"Snapshot": ["x", "y", "z"], "Rate [95%]": ["<1.0 [0.0, 1.0]", "+2.0 [-1.0, 3.0]", "N/A"]}
    )
    note = Note("¹", "From a study, https://x.example", frozenset({(1, 0), (2, 1)}))
    word = Note("", "N/A: no such number", frozenset({(2, 1)}))
    marks = {"best": frozenset({(0, 1)}), "second": frozenset({(1, 1)})}
    return Table("t", "Rates & gaps, 100%", "Less − more, 95%.", cells, notes=(note, word), **marks)


@pytest.fixture(scope="module")
def every(results: pd.DataFrame, clue_results: pd.DataFrame) -> list[Table]:
    """The tables of both capabilities, as a report has them."""
    return tables.every(pd.concat([results, clue_results]), snapshots.published())


# ---------------------------------------------------------------------------------- a table


def test_what_a_table_holds_is_on_one_line_and_visible() -> None:
    table = made_of(HOSTILE)
    for text in [table.title, table.caption, *table.cells.columns, *table.cells.to_numpy().ravel()]:
        assert text.isprintable()
        assert text == " ".join(text.split())


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["1", "N/A", "N/A"], True),
        (["+1.0 [0.0, 2.0]", "<0.18 [0.00, 0.18] n=8†", "no used pairs"], True),
        (["117 / 118; 115; 112"], True),
        (["gpt-4", "3.5-sonnet", "2024-06-01"], False),
        (["three", "neutral", "1"], False),
        (["N/A"], False),
        ([], False),
    ],
)
def test_which_columns_are_of_numbers(column: list[str], expected: bool) -> None:
    assert numeric(column) == expected


def test_the_same_table_gives_the_same_bytes(every: list[Table], tmp_path: Path) -> None:
    for table in every:
        for name in ("once", "twice"):
            write(table, tmp_path / name)
        for suffix in FORMATS:
            once, twice = (tmp_path / n / f"{table.name}.{suffix}" for n in ("once", "twice"))
            assert once.read_bytes() == twice.read_bytes()


def test_every_table_has_its_own_name_and_headlines_are_not_folded(every: list[Table]) -> None:
    names = [table.name for table in every]
    assert len(set(names)) == len(names)
    assert not set(tables.HEADLINES) & set(tables.FOLDED)
    assert [n for n in names if n in tables.HEADLINES] == [
        n for n in tables.HEADLINES if n in names
    ]
    assert {"alignment_faking", "clue_faithfulness"} <= set(names)
    for table in every:
        assert len(table.cells)
        if table.name in tables.HEADLINES:
            assert len(table.cells.columns) <= 14, table.name


# ---------------------------------------------------------------------------------- Markdown


def test_markdown_marks_and_foots(tmp_path: Path) -> None:
    text = written(ranked(), tmp_path, "md")
    rows = [[c.strip() for c in line.split("|")[1:-1]] for line in text.splitlines()[2:5]]
    assert rows == [["x", "**<1.0 [0.0, 1.0]**"], ["y¹", "<u>+2.0 [-1.0, 3.0]</u>"], ["z", "N/A¹"]]
    assert text.endswith("**Rates & gaps, 100%.** Less − more, 95%.\n")


def test_markdown_holds_no_markup_of_others(tmp_path: Path) -> None:
    text = written(made_of(HOSTILE), tmp_path, "md")
    lines = text.splitlines()
    assert len(lines) == 6  # heading, rule, two rows, a blank, the caption
    bars = [len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in lines[:4]]
    assert bars == [len(HOSTILE) + 1] * 4
    assert re.search(r"<(?!u>|/u>)[A-Za-z/!?]", text) is None
    assert "](" not in text
    assert r"\`code\`" in text
    assert r"\*\*bold\*\*" in text
    assert r"\_it\_" in text
    assert r"a&b\_{c}%#" in text  # what Markdown leaves alone stays readable


# ---------------------------------------------------------------------------------- CSV


def test_csv_has_plain_cells_and_its_footnotes_in_a_column(tmp_path: Path) -> None:
    written(ranked(), tmp_path, "csv")
    back = pd.read_csv(tmp_path / "t.csv", dtype=str, keep_default_na=False)
    assert list(back) == ["Snapshot", "Rate [95%]", "Notes"]
    assert back["Snapshot"].tolist() == ["x", "y", "z"]
    assert back["Rate [95%]"].tolist() == ["<1.0 [0.0, 1.0]", "+2.0 [-1.0, 3.0]", "N/A"]
    source = "From a study, https://x.example"
    assert back["Notes"].tolist() == ["", source, f"{source}; N/A: no such number"]


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("+23.1 [13.8, 31.5]", True),
        ("-4.3 [-11.0, 2.6] floor", True),
        ("+0.05 [no interval] k=3", True),
        ("-0.1 [-0.2, 0.0] n=62/186†", True),
        ("<3.2 [0.0, 3.2]", True),
        ("-1+1", False),
        ("+1 [0, 1]+cmd", False),
        ("=1+1", False),
        ("@SUM(A1)", False),
        ("-claude", False),
        ("\t=1", False),
    ],
)
def test_csv_holds_no_formula_of_others(cell: str, kept: bool, tmp_path: Path) -> None:
    table = Table("t", "", "", pd.DataFrame({cell: [cell]}))
    written(table, tmp_path, "csv")
    back = pd.read_csv(tmp_path / "t.csv", dtype=str, header=None)
    expected = cell if kept else f"'{cell.strip()}"
    assert set(back.to_numpy().ravel()) == {expected}


# ---------------------------------------------------------------------------------- HTML


def test_html_is_whole_and_loads_and_runs_nothing(tmp_path: Path) -> None:
    page = Page()
    text = written(made_of(HOSTILE), tmp_path, "html")
    page.feed(text)
    assert page.open == []
    assert page.loads == []
    assert "<script" not in text
    cells = [said.replace("\N{NO-BREAK SPACE}", " ") for said in page.text]
    for name in filter(None, made_of(HOSTILE).cells.iloc[0]):
        assert name in cells, name
    for heading in made_of(HOSTILE).cells.columns:
        assert heading in cells, heading  # {{x^2}} is no unit


def test_html_marks_and_foots(tmp_path: Path) -> None:
    text = written(ranked(), tmp_path, "html")
    space = "\N{NO-BREAK SPACE}"
    assert re.search(rf'font-weight: bold;"[^>]*>&lt;1.0{space}\[0.0,{space}1.0\]</td>', text)
    assert re.search(rf'underline;"[^>]*>\+2.0{space}\[-1.0,{space}3.0\]</td>', text)
    assert ">y¹</td>" in text


def test_html_takes_its_colours_from_the_page(every: list[Table], tmp_path: Path) -> None:
    unused = re.compile(r"#\w+ \.gt_footnotes? {[^}]*}")  # footnotes of great-tables' own
    for table in every:
        text = unused.sub("", written(table, tmp_path, "html"))
        said = re.findall(r"(?:color|background)(?:-color)?: *([^;]+);", text)
        assert set(said) <= {
            "inherit",
            "transparent",
            "color-mix(in srgb, currentColor 25%, transparent)",
        }, table.name


# ---------------------------------------------------------------------------------- LaTeX


def balanced(tex: str) -> bool:
    """Whether braces that are no text close as they open."""
    depth = 0
    for brace in re.findall(r"(?<!\\)(?:\\\\)*([{}])", tex):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def structured(tex: str, n_columns: int, n_rows: int) -> None:
    """That LaTeX has whole environments, rows of as many cells, and nothing that it cannot print."""
    assert balanced(tex)
    begun, ended = (re.findall(rf"\\{what}{{(\w+\*?)}}", tex) for what in ("begin", "end"))
    assert sorted(begun) == sorted(ended)
    assert "[H]" not in tex
    bodies = re.findall(r"\\midrule\n(.*?)\\bottomrule", tex, re.DOTALL)
    rows = [line for body in bodies for line in body.splitlines()]
    assert len(rows) == n_rows
    for row in rows:
        assert row.endswith(r" \\")
        assert len(re.findall(r"(?<!\\)&", row)) == n_columns - 1
        assert re.search(r"(?<!\\)[#%_]", row) is None
        assert not row.startswith(("[", "*"))
    letters = set(map(chr, range(0xC0, 0x100))) - set("×÷ÐðÞþ")
    assert {letter for letter in tex if ord(letter) > 127} <= letters


def test_latex_of_every_table_is_whole(every: list[Table], tmp_path: Path) -> None:
    for table in every:
        tex = written(table, tmp_path, "tex")
        structured(tex, len(table.cells.columns), len(table.cells))
        first = tex.splitlines()[0]
        assert re.fullmatch(r"% Needs \\usepackage\{booktabs(,graphicx)?\}", first)
        assert ("graphicx" in first) == ("\\saydofit{%" in tex)
        assert f"\\label{{tab:{table.name}}}" in tex
        columns = re.findall(r"\\begin{tabular}{([lr]+)}", tex)
        assert {len(sides) for sides in columns} == {len(table.cells.columns)}
        labels = re.findall(r"\\label{([^}]*)}", tex)
        assert len(set(labels)) == len(labels) == tex.count("\\caption[")


def test_latex_of_hostile_names_is_whole(tmp_path: Path) -> None:
    table = made_of(HOSTILE, best=frozenset({(0, 0), (1, 1)}), second=frozenset({(1, 0)}))
    tex = written(table, tmp_path, "tex")
    structured(tex, len(HOSTILE), 2)
    assert r"\textbackslash{}input\{/etc/passwd\}" in tex.replace(r"\allowbreak{}", "")
    assert r"\input" not in tex
    assert "[U+6A21]" in tex.replace(r"\allowbreak{}", "")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(names=st.lists(st.text(max_size=30), min_size=1, max_size=4))
def test_any_name_can_be_written(names: list[str], tmp_path: Path) -> None:
    table = made_of(names)
    structured(written(table, tmp_path, "tex"), len(names), 2)
    assert len((tmp_path / "t.md").read_text(encoding="utf-8").splitlines()) == 6
    back = pd.read_csv(tmp_path / "t.csv", dtype=str, keep_default_na=False)
    assert back.shape == (2, len(names))
    page = Page()
    page.feed((tmp_path / "t.html").read_text(encoding="utf-8"))
    assert page.open == []


def test_latex_marks_numbers_and_foots(tmp_path: Path) -> None:
    tex = written(ranked(), tmp_path, "tex")
    assert r"x & \textbf{\textless{}1.0 [0.0, 1.0]} \\" in tex
    assert r"y\textsuperscript{1} & \underline{+2.0 [$-$1.0, 3.0]} \\" in tex
    assert r"\caption[{Rates \& gaps, 100\%}]" in tex
    assert r"Less $-$ more, 95\%." in tex
    wide = ranked()
    more = {f"Column {i}": ["+12.3 [-10.0, 33.3]"] * 3 for i in range(12)}
    cells = pd.concat([wide.cells, pd.DataFrame(more)], axis=1)
    table = Table("t", "T", "C", cells, wide.best, wide.second, wide.notes)
    tex = written(table, tmp_path, "tex")
    assert r"\saydostack{\textbf{\textless{}1.0}}{[0.0, 1.0]}" in tex
    assert r"\saydostack{\underline{+2.0}}{[$-$1.0, 3.0]}" in tex
    assert r"\rotatebox{90}" in tex


def test_a_long_table_goes_on_in_a_next_float(tmp_path: Path) -> None:
    cells = pd.DataFrame({"A": [str(i) for i in range(70)]})
    tex = written(Table("t", "Long", "Said once.", cells), tmp_path, "tex")
    structured(tex, 1, 70)
    assert tex.count(r"\begin{table}") == 3
    assert tex.count("Said once.") == 1
    assert "part 3 of 3" in tex
    assert r"\label{tab:t-3}" in tex


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
@pytest.mark.parametrize("which", ["every", "hostile"])
def test_latex_compiles(which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    found: list[Table] = request.getfixturevalue("every") if which == "every" else []
    hostile = [made_of([name, "x"]) for name in HOSTILE] + [made_of(HOSTILE)]
    texts = [written(table, tmp_path, "tex") for table in found or hostile]
    needs = sorted({re.sub(r"^% Needs ", "", text.splitlines()[0]) for text in texts})
    body = "\n\\clearpage\n".join(texts)
    document = f"\\documentclass{{article}}\n{chr(10).join(needs)}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"
    (tmp_path / "all.tex").write_text(document, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-no-shell-escape", "-halt-on-error", "-interaction=nonstopmode", "-draftmode", "all.tex"],
        cwd=tmp_path,
        capture_output=True,
        timeout=120,
    )  # fmt: skip
    log = (tmp_path / "all.log").read_text(encoding="latin-1")
    assert done.returncode == 0, log[-3000:]
    if which == "every":
        assert "Float too large" not in log
        assert "Overfull \\hbox" not in log


def test_a_notebook_shows_a_table_by_its_name(tmp_path: Path) -> None:
    table = made_of(["x"])
    assert table._repr_html_() == written(table, tmp_path, "html")


@pytest.mark.parametrize("suffix", ["md", "tex", "html"])
def test_very_long_names_are_shortened_and_apart(suffix: str, tmp_path: Path) -> None:
    names = ["lab/" + "x" * 3_000 + c + "x" * 3_000 for c in "ab"]
    who: list[dict[str, str | Cell]] = [
        {"Snapshot": name, "Scorer": name.upper(), "Source": "measured"} for name in names
    ]
    table = tabulated("t", "Title", "Caption.", who, [{"n": "1"}, {"n": "2"}])
    assert table.cells["Snapshot"].is_unique
    assert table.cells["Scorer"].is_unique
    assert table.cells["Snapshot"].str.len().max() < 80
    assert len(written(table, tmp_path, suffix)) < 20_000
