"""A table and its files: the same cells as Markdown, LaTeX, HTML and CSV, each with its own marks and escapes.

Names in cells, headings and captions may come from other people's logs, so that nothing in them is ever
read as markup, as a command or as a formula.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from textwrap import wrap
from typing import Any, Literal

import great_tables as gt
import pandas as pd

from analysis.untrusted import visible

FORMATS = ("md", "tex", "html", "csv")

ABSENT = "N/A"
"""Printed where a row has no such number."""

Place = tuple[int, int]
"""Row and column of a cell, from 0."""


@dataclass(frozen=True)
class Note:
    """A footnote.

    Attributes:
        mark: What stands behind a cell that it is about; empty where the cell's own text has it.
        text: What it says.
        places: The cells that it is about.
    """

    mark: str
    text: str
    places: frozenset[Place]


@dataclass(frozen=True)
class Table:
    """A table ready to print.

    Attributes:
        name: Of its files.
        title: What it is about.
        caption: What stands under it, the text of its footnotes included.
        cells: Its cells as plain text, under their headings.
        best: The cells that are marked as best.
        second: The cells that are marked as second best.
        notes: Footnotes, whose marks are no part of the text of cells.
    """

    name: str
    title: str
    caption: str
    cells: pd.DataFrame
    best: frozenset[Place] = frozenset()
    second: frozenset[Place] = frozenset()
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        cells = self.cells.map(plain)
        cells.columns = [plain(name) for name in cells.columns]
        for field, value in (
            ("title", plain(self.title)),
            ("caption", plain(self.caption)),
            ("cells", cells),
        ):
            object.__setattr__(self, field, value)

    def _repr_html_(self) -> str:
        """The table as a notebook shows it."""
        return _html(self)


def write(table: Table, folder: Path) -> None:
    """Write a table as `FOLDER/NAME.{md,tex,html,csv}`."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "md": _markdown(table),
        "tex": _latex(table),
        "html": _html(table),
        "csv": _csv(table),
    }
    for suffix in FORMATS:
        (folder / f"{table.name}.{suffix}").write_text(texts[suffix], encoding="utf-8")


def _html(table: Table) -> str:
    # great-tables sets cell by cell, and each time Arrow would copy the column
    with pd.option_context("mode.string_storage", "python"):
        return str(great_table(table).as_raw_html())


def text_of(value: object) -> str:
    """A value of a frame as text; empty where it is missing."""
    return "" if value is None or value != value else str(value)


def plain(text: object) -> str:
    """Text on one line, without characters that are not seen but act: controls and marks of direction."""
    seen = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in str(text))
    return " ".join(seen.split())


def numeric(cells: Sequence[str]) -> bool:
    """Whether a column is mostly of numbers, which stand at its right."""
    told = [bool(_NUMBER.match(cell)) for cell in cells if cell != ABSENT]
    return 2 * sum(told) > len(told)


_NUMBER = re.compile(r"(?:at most )?[<>+-]?\d[\d.,]*(%|†)?( |$)")

Rank = Literal["", "best", "second"]


def _rows(
    table: Table, shown: Callable[[str, Rank], str], mark: Callable[[str], str]
) -> list[list[str]]:
    """Rows of cells as a format has them: escaped, marked as best or second, with the marks of footnotes."""
    rows = [
        [shown(cell, _rank(table, (i, j))) for j, cell in enumerate(row)]
        for i, row in enumerate(table.cells.to_numpy().tolist())
    ]
    for note in table.notes:
        for i, j in note.places:
            rows[i][j] += mark(note.mark)
    return rows


def _rank(table: Table, place: Place) -> Rank:
    return "best" if place in table.best else "second" if place in table.second else ""


def _columns(table: Table) -> list[list[str]]:
    return [list(column) for column in table.cells.to_numpy().T]


def _headings(table: Table, escaped: Callable[[str], str]) -> list[str]:
    return [escaped(name) for name in table.cells.columns]


# ---------------------------------------------------------------------------------- Markdown


_MARKDOWN: dict[Rank, str] = {"": "{}", "best": "**{}**", "second": "<u>{}</u>"}


def _markdown(table: Table) -> str:
    rows = _rows(table, lambda text, rank: _MARKDOWN[rank].format(_in_markdown(text)), _in_markdown)
    cells = pd.DataFrame(rows, columns=range(len(table.cells.columns))).to_markdown(
        index=False,
        disable_numparse=True,  # no digit cut
        colalign=["right" if numeric(column) else "left" for column in _columns(table)],
        headers=_headings(table, _in_markdown),
    )
    under = f"**{_in_markdown(table.title)}.** {_in_markdown(table.caption)}"
    return f"{cells}\n\n{under}\n"


def _in_markdown(text: str) -> str:
    r"""Text that Markdown and the HTML within it leave alone; “<3.2” is no tag and stays readable."""
    text = re.sub(r"&(?=#?\w+;)", "&amp;", text)
    text = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", text)
    text = re.sub(r"([\\`*$~|])", r"\\\1", text)
    text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)  # within a word it is a letter
    return text.replace("](", r"]\(").replace("][", r"]\[")


# ---------------------------------------------------------------------------------- CSV


def _csv(table: Table) -> str:
    """Plain cells; what footnotes say stands in a last column, since a CSV has no foot."""
    rows = [[_in_csv(cell) for cell in row] for row in table.cells.to_numpy().tolist()]
    frame = pd.DataFrame(rows, columns=_headings(table, _in_csv))
    if table.notes:
        frame["Notes"] = [_in_csv("; ".join(_notes(table, i))) for i in range(len(frame))]
    return str(frame.to_csv(index=False, lineterminator="\n"))


def _notes(table: Table, row: int) -> list[str]:
    return [plain(note.text) for note in table.notes if any(i == row for i, _ in note.places)]


_SIGNED = re.compile(
    r"[+-][\d.]+( \[[-\d., ]+\]| \[no interval\])?( [nk]=[\d/]+| floor| ceiling|†)*"
)
"""A number of ours, which may begin with a sign."""


def _in_csv(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe before what begins like one and is no number."""
    return f"'{text}" if text.startswith(_FORMULA) and not _SIGNED.fullmatch(text) else text


_FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "＝",
    "＋",
    "－",
    "＠",
)  # full-width signs count, too


def in_results(value: object) -> object:
    """A value as results.csv has it: text that steers nothing, neither a spreadsheet nor a terminal."""
    return _in_csv(visible(value)) if isinstance(value, str) else value


# ---------------------------------------------------------------------------------- HTML


def great_table(table: Table) -> gt.GT:
    """The table with its title and caption, styled for a page."""
    return without_caption(table).tab_source_note(_in_html(table.caption))


def without_caption(table: Table) -> gt.GT:
    """The table where its caption stands elsewhere: in a wide one it would be as wide as the table."""
    names = [f"c{j}" for j in range(len(table.cells.columns))]
    frame = pd.DataFrame(_rows(table, lambda text, _: text, str), columns=names)
    numbers = [name for name in names if numeric(frame[name].tolist())]
    frame[numbers] = frame[numbers].replace(" ", "\N{NO-BREAK SPACE}", regex=True)
    labels = {name: _in_html(str(label)) for name, label in zip(names, table.cells, strict=True)}
    lines: dict[str, Any] = dict.fromkeys(_LINES, _LINE)
    made = (
        gt.GT(frame, id=table.name)  # the same table gives the same file
        .tab_header(title=_in_html(table.title))
        .cols_label(labels)
        .cols_align("left")
        .cols_align("right", numbers)
        .tab_options(
            table_font_size="13px",
            table_width="100%",
            heading_align="left",
            column_labels_font_weight="600",
            data_row_padding="5px",
            table_background_color="inherit",  # and with it the colour of text: the page's, light or dark
            row_striping_background_color="inherit",
            **lines,
        )
    )
    for places, style in (
        (table.best, gt.style.text(weight="bold")),
        (table.second, gt.style.text(decorate="underline")),
    ):
        for i, j in sorted(places):
            made = made.tab_style(style, gt.loc.body(columns=[f"c{j}"], rows=[i]))
    return made


_LINE = "color-mix(in srgb, currentColor 25%, transparent)"
_LINES = (
    *(f"table_border_{side}_color" for side in ("top", "bottom", "left", "right")),
    *(f"row_group_border_{side}_color" for side in ("top", "bottom", "left", "right")),
    *(f"column_labels_border_{side}_color" for side in ("top", "bottom", "lr")),
    *(f"table_body_border_{side}_color" for side in ("top", "bottom")),
    *(f"{part}_border_bottom_color" for part in ("heading", "source_notes")),
    *(f"{part}_border_lr_color" for part in ("heading", "source_notes")),
    *("column_labels_vlines_color", "table_body_hlines_color", "table_body_vlines_color"),
    *("stub_border_color", "stub_row_group_border_color"),
    *("summary_row_border_color", "grand_summary_row_border_color"),
)
"""The options of great-tables that colour a line; each has a fixed grey as its default."""


def _in_html(text: str) -> Any:
    """Text as it is: great-tables escapes cells alone, and reads double braces in headings as units."""
    return gt.html(html.escape(text, quote=False).replace("{", "&#123;"))


# ---------------------------------------------------------------------------------- LaTeX

_WIDE, _WIDEST = 75, 115
"""Characters that fit on a line of a page; and of a wider table, which has its intervals below their numbers, those
down to which it can be scaled. Beyond it the table is turned."""

_MOST_ROWS, _MOST_TURNED = 30, 18
"""Rows of a table, and of a turned one, that fit on a page with the caption; more go on in a next float."""

_SCRIPT = 0.78
"""Width of a script-size character, of a normal one's."""

_MACROS = r"""\providecommand{\saydostack}[2]{\begin{tabular}[c]{@{}r@{}}#1\\[-2pt]{\scriptsize #2}\end{tabular}}
\providecommand{\saydohead}[1]{\begin{tabular}[b]{@{}c@{}}#1\end{tabular}}
\providecommand{\saydofit}[1]{\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{#1}}
"""
"""What a table is written with: a number over its interval, a heading of several lines, a box no wider than the line."""

_TEX: dict[Rank, str] = {"": "{}", "best": r"\textbf{{{}}}", "second": r"\underline{{{}}}"}


def _latex(table: Table) -> str:
    """The table as one float, or as several where it is longer than a page."""
    wide = _width(table, len) > _WIDE
    turned = _width(table, _stacked_width) > _WIDEST
    rows = _rows(table, _stacked if wide else _flat, _in_latex)
    headings = _headings(table, _broken)
    sides = "".join("r" if numeric(column) else "l" for column in _columns(table))
    n_parts = max(1, ceil(len(rows) / (_MOST_TURNED if turned else _MOST_ROWS)))
    floats = []
    for i in range(n_parts):
        part = rows[len(rows) * i // n_parts : len(rows) * (i + 1) // n_parts]
        body = _tabular(part, headings, sides)
        inner = f"{_fitted(body) if wide else body}{_caption(table, i, n_parts)}"
        floats.append(_float(_turned(inner) if turned else inner))
    packages = "booktabs,graphicx" if wide else "booktabs"
    return f"% Needs \\usepackage{{{packages}}}\n{_MACROS}" + "\n".join(floats)


def _width(table: Table, width: Callable[[str], float]) -> float:
    """Characters of the table's longest line, with what separates columns; headings are over several lines."""
    cells = zip(_columns(table), table.cells.columns, strict=True)
    return sum(3 + max(*map(width, column), *map(len, _lines(name)), 0) for column, name in cells)


def _stacked_width(text: str) -> float:
    """Characters of a cell whose interval is below its number."""
    number, bracket, rest = text.partition(" [")
    if bracket and numeric([number]):
        return max(len(number), _SCRIPT * (len(rest) + 1))
    return len(text)


def _tabular(rows: list[list[str]], headings: list[str], sides: str) -> str:
    """By hand: pandas reads braces in headings as places to fill in."""
    lines = [" & ".join(row) + r" \\" for row in (headings, *rows)]
    body = [r"\toprule", lines[0], r"\midrule", *lines[1:], r"\bottomrule"]
    return "\n".join([f"\\begin{{tabular}}{{{sides}}}", *body, "\\end{tabular}\n"])


def _fitted(tabular: str) -> str:
    return f"\\setlength{{\\tabcolsep}}{{4pt}}%\n\\saydofit{{%\n{tabular.rstrip()}%\n}}\n"


def _turned(inner: str) -> str:
    page = "\\begin{minipage}{.99\\textheight}\n\\centering\n"
    return f"\\saydofit{{\\rotatebox{{90}}{{%\n{page}{inner}\\end{{minipage}}}}}}\n"


def _float(inner: str) -> str:
    return f"\\begin{{table}}[tp]\n\\centering\n\\small\n{inner}\\end{{table}}\n"


def _caption(table: Table, i: int, n_parts: int) -> str:
    title = _in_latex(table.title)
    caption, label = f"\\textbf{{{title}.}} {_in_latex(table.caption)}", table.name
    if i:
        caption, label = f"\\textbf{{{title}}}, part {i + 1} of {n_parts}.", f"{label}-{i + 1}"
    return f"\\caption[{{{title}}}]{{\\footnotesize {caption}}}\n\\label{{tab:{label}}}\n"


def _flat(text: str, rank: Rank) -> str:
    return _TEX[rank].format(_in_latex(text))


def _stacked(text: str, rank: Rank) -> str:
    """A number over its interval, and marked alone; other text as it is."""
    number, bracket, rest = text.partition(" [")
    if not bracket or not numeric([number]):
        return _flat(text, rank)
    return f"\\saydostack{{{_flat(number, rank)}}}{{[{_in_latex(rest)}}}"


_HEADING = 12
"""Characters of a line of a heading, but for longer words."""


def _lines(heading: str) -> list[str]:
    return wrap(heading, _HEADING, break_long_words=False, break_on_hyphens=False)


def _broken(heading: str) -> str:
    """A heading over several lines."""
    lines = [_in_latex(line) for line in _lines(heading)]
    return "".join(lines) if len(lines) < 2 else "\\saydohead{" + "\\\\{}".join(lines) + "}"


_LATEX = {
    "\\": r"\textbackslash{}",
    **{c: f"\\{c}" for c in "{}#$%&_"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedblright{}",
    "`": r"\`{}",
    "−": "$-$",
    "×": r"$\times$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "≠": r"$\neq$",
    "κ": r"$\kappa$",
    "α": r"$\alpha$",
    "†": r"$\dagger$",
    "·": r"$\cdot$",
    "±": r"$\pm$",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    "‘": r"\textquoteleft{}",
    "’": r"\textquoteright{}",
    "…": r"\dots{}",
    **{c: f"\\textsuperscript{{{d}}}" for d, c in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
}
"""Characters that TeX reads as its own, or that its usual fonts lack."""

_LETTERS = set(map(chr, range(0xC0, 0x100))) - set("×÷ÐðÞþ")
"""Letters beyond ASCII that every LaTeX prints."""

_LONG_WORD, _CHUNK = 24, 8
"""Words of this length have no place where a line could end; they get one after so many characters."""


def _in_latex(text: str) -> str:
    """Text as LaTeX prints it; a character that it lacks is named."""
    text = re.sub(r"(?<![\w-])-(?=\d)", "−", text)
    words = (_word(word) for word in text.split(" "))
    joined = re.sub(r"([-'])(?=\1)", r"\1{}", " ".join(words))  # no ligature
    return re.sub(r"^([\[*])", r"{\1}", joined)  # an option of the line before, else


def _word(word: str) -> str:
    size = _CHUNK if len(word) > _LONG_WORD else len(word) or 1
    chunks = (word[i : i + size] for i in range(0, len(word), size))
    return r"\allowbreak{}".join("".join(map(_letter, chunk)) for chunk in chunks)


def _letter(c: str) -> str:
    if c in _LATEX:
        return _LATEX[c]
    if ord(c) < 128 or c in _LETTERS:
        return c
    bare = "".join(x for x in unicodedata.normalize("NFKD", c) if 32 <= ord(x) < 127)
    return "".join(_LATEX.get(x, x) for x in bare) or f"[U+{ord(c):04X}]"
