"""What the commands share: the console, tables on it, and errors in one sentence."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from inspect_ai._util.error import PrerequisiteError
from rich.console import Console
from rich.errors import MarkupError
from rich.table import Table as ConsoleTable
from rich.text import Text

from analysis.untrusted import on_one_line, visible, without_secrets
from paper_figures.cells import Table

_PAGE_WIDTH = 190
"""Characters that a table gets where the output is no terminal."""

_WIDEST = 16
"""Columns of a table that can still be read on a console."""


class _Console(Console):
    """Shows text as it is: names out of logs may steer a terminal, or hold a key."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Text as everything that is printed comes by here."""
        return super().render_str(visible(without_secrets(text)), **options)


console = _Console(markup=False, emoji=False)  # brackets and colons in names are meant
if not console.is_terminal:
    console.width = _PAGE_WIDTH


def in_one_sentence(command: Callable[..., None]) -> Callable[..., None]:
    """Show what is wrong with the input as one sentence instead of a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except PrerequisiteError as error:  # Inspect's have markup, and may have several lines
            raise click.ClickException(visible(without_secrets(unmarked(str(error))))) from error
        except ValueError as error:
            raise click.ClickException(on_one_line(without_secrets(str(error)))) from error
        except OSError as error:
            said = f"{error.filename}: {error.strerror}." if error.strerror else str(error)
            raise click.ClickException(on_one_line(without_secrets(said))) from error

    return run


def unmarked(text: str) -> str:
    """What a sentence of Inspect's says, without the markup that it is to be printed with."""
    try:
        return Text.from_markup(text, emoji=False).plain
    except MarkupError:
        return text


def show(table: Table, out: Path | None = None) -> None:
    """Print a table to the console; one that is too wide for it and lies in a report OUT is named instead."""
    n_columns = len(table.cells.columns)
    if out is not None and n_columns > _WIDEST:
        console.print(f"{table.title}: {n_columns} columns, see {out}/tables/{table.name}.md")
        return
    shown = ConsoleTable(
        title=table.title, caption=table.caption, title_justify="left", caption_justify="left"
    )
    for name in table.cells.columns:
        shown.add_column(str(name), overflow="fold")
    for row in table.cells.itertuples(index=False):
        shown.add_row(*(str(cell) for cell in row))
    console.print(shown)
