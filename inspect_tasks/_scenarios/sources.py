"""What requests and questions share: rows of a file or of a pinned Hub set, and which are chosen."""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from inspect_ai._util.error import PrerequisiteError
from rich.markup import escape

from analysis.untrusted import check_whole, json_object, on_one_line, quoted

Row = Mapping[str, object]

ValueT = TypeVar("ValueT")

ITEM_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""What is safe in a sample id `ITEM-ARM`: no white space, no comma (it separates the ids of
`--sample-id`), no slash (it separates the folders inside a log)."""

_LONGEST_ID = 200
"""Characters of an id: it becomes a part of names of files, which hold 255."""

_LONGEST_CELL = 2**31 - 1
"""Characters of a cell of a CSV file: as many as `csv` can be told to take."""

HUB_PROBE_SECONDS = 3
"""How long to wait for the Hub to answer at all; its own client would retry for more than 20 s."""

# Inspect loads a task file from that file's own folder, so a path given on the command line has to
# be looked up where the command was started. It imports installed packages before it changes
# folder, hence here.
_STARTED_IN = Path.cwd()


@dataclass(frozen=True)
class HubSet:
    """A published set on the Hugging Face Hub, pinned to one commit so that its rows stay."""

    repo: str
    revision: str
    split: str
    config: str | None = None

    @property
    def page(self) -> str:
        """Where its terms are accepted."""
        return f"https://huggingface.co/datasets/{self.repo}"


def whole_number(name: str, value: object, least: int | None = None) -> int:
    """The value of a parameter that must be a whole number, and no smaller than `least`.

    Raises:
        PrerequisiteError: It is none, or too small.
    """
    if type(value) is not int or (least is not None and value < least):
        bound = "" if least is None else f" of at least {least}"
        raise mistake(f"{name}={value} must be a whole number{bound}.")
    return value


def one_of(name: str, value: object, allowed: Sequence[ValueT]) -> ValueT:
    """The value of a parameter that must be one of those allowed.

    Raises:
        PrerequisiteError: It is none of them.
    """
    for known in allowed:
        if known == value:
            return known
    raise mistake(f"{name}={value} is not one of {', '.join(str(v).lower() for v in allowed)}.")


def listed(value: object) -> list[str]:
    """The names that a parameter gives, as a list or separated by commas."""
    named = value if isinstance(value, list | tuple) else str(value).split(",")
    return [str(name).strip() for name in named]


class Item(Protocol):
    """A request or a question."""

    @property
    def id(self) -> str: ...


ItemT = TypeVar("ItemT", bound=Item)


def choose(items: Sequence[ItemT], n_items: int | None, seed: int, noun: str) -> list[ItemT]:
    """`n_items` of the items (all for `None`), in their original order.

    Items are ranked by a hash of seed and id: with one seed, a smaller choice is part of every
    larger one, on any machine.

    Args:
        items: What to choose from, with ids that differ.
        n_items: How many.
        seed: Which ones.
        noun: What the items are called in a sentence: `requests`, `questions`.

    Raises:
        PrerequisiteError: `n_items` is no whole number of at least 1, or larger than the data.
    """
    if n_items is None:
        return list(items)
    whole_number("n_items", n_items, least=1)
    if n_items > len(items):
        raise mistake(
            f"n_items={n_items} is larger than the {len(items)} {noun} there are: "
            "give fewer, or leave n_items out to use all."
        )
    ranked = sorted(items, key=lambda item: hashlib.sha256(f"{seed}\n{item.id}".encode()).digest())
    chosen = {item.id for item in ranked[:n_items]}
    return [item for item in items if item.id in chosen]


def mistake(sentence: str) -> PrerequisiteError:
    """Printed by `inspect eval` without a traceback, as markup: bare, `[datasets]` would vanish."""
    return PrerequisiteError(escape(on_one_line(sentence)))


def is_file(source: str) -> bool:
    """Whether a parameter's value is meant as the path of a file that `read_rows` reads."""
    return Path(source).suffix.lower() in _READERS


def bundled_or_file(
    parameter: str, given: object, bundled: Path, endings: Sequence[str] = (".csv", ".jsonl")
) -> Path:
    """The file that a parameter names: `bundled`, or a path.

    Args:
        parameter: Its name, in the plural, which the file is called by as well.
        given: Its value; `-T parameter=a,b` arrives as a list.
        bundled: The file that ships with the project.
        endings: Of files that it may name.

    Raises:
        PrerequisiteError: It names neither, or no file that is there.
    """
    name = str(given)
    if name == "bundled":
        return bundled
    if Path(name).suffix.lower() in endings:
        return find(name, f"{parameter} file")
    raise mistake(
        f"Unknown {parameter}={name}: give bundled, or the path of a {' or '.join(endings)} file."
    )


def find(source: str, what: str) -> Path:
    """The file or folder at a path; a relative one is looked up here, then where the process started.

    Raises:
        PrerequisiteError: It is in neither place.
    """
    path = Path(source).expanduser()
    places = dict.fromkeys([Path.cwd() / path, _STARTED_IN / path])
    for place in places:
        if place.exists():
            return place
    raise mistake(f"There is no {what} {' or '.join(map(str, places))}: check the path.")


def read_rows(path: Path, noun: str, needed: Sequence[str]) -> Iterator[tuple[int, Row]]:
    """Line number and content of each row of a CSV file (with a header) or a JSONL file.

    Args:
        path: Ends in `.csv` or `.jsonl`.
        noun: What the rows are called in a sentence.
        needed: The columns, or keys, that each row has; the first is what it is about.

    Raises:
        PrerequisiteError: The file cannot be read, holds no rows, or is malformed; names the line.
    """
    if path.exists() and not path.is_file():  # a pipe or a device may never end
        raise mistake(f"The {noun} file {path} cannot be read: it is not a file.")
    try:
        content = path.read_text(encoding="utf-8-sig")  # spreadsheets write a byte order mark
    except OSError as error:
        raise mistake(f"The {noun} file {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise mistake(f"The {noun} file {path} is not UTF-8 text: save it as UTF-8.") from error
    line = 0
    for line, row in _READERS[path.suffix.lower()](path, content, needed):
        yield line, row
    if not line:
        raise mistake(f"{path} has no {noun}: it needs at least one row with a `{needed[0]}`.")


def item_id(row: Row, number: int, path: Path, line: int) -> str:
    """The id of a file's row; one without gets it from its place: `row-0001`, `row-0002`, ...

    Raises:
        PrerequisiteError: The id would not be safe in a sample id.
    """
    given = cell(row, "id") or f"row-{number:04d}"
    if not ITEM_ID.fullmatch(given) or len(given) > _LONGEST_ID:
        raise mistake(
            f"{path} has the id {quoted(given)} on line {line}: use letters, digits, `.`, `_` and `-` "
            f"only, at most {_LONGEST_ID}, and begin with a letter or digit."
        )
    return given


def once(line_of: dict[str, int], key: str, line: int, path: Path, what: str) -> None:
    """Note the line of a key, which no earlier line may have.

    Raises:
        PrerequisiteError: One has; names both lines.
    """
    if key in line_of:
        raise mistake(f"{path} has {what} twice: lines {line_of[key]} and {line}.")
    line_of[key] = line


def text(row: Row, column: str, path: Path, line: int) -> str:
    """The stripped text of a column that has to hold one.

    Raises:
        PrerequisiteError: It holds something else, or nothing.
    """
    value = row[column]
    if value is not None and not isinstance(value, str):
        raise mistake(f"{path} has a {column} on line {line} that is no text.")
    if not value or not value.strip():
        raise mistake(f"{path} has an empty {column} on line {line}.")
    return value.strip()


def cell(row: Row, column: str) -> str | None:
    """A cell as text, `None` where it is absent or blank."""
    value = row.get(column)
    return (str(value).strip() or None) if value is not None else None


def download(name: str, hub: HubSet, parameter: str) -> Iterable[Row]:
    """The rows of a Hub set, out of the local cache where they are there.

    Args:
        name: What the user calls the set.
        hub: Where it is.
        parameter: The task parameter that named it.

    Raises:
        PrerequisiteError: No `datasets` package, no network, no access, or a broken download; each
            says what to do, or to pass a file.
    """
    instead = f"or pass {parameter}=FILE with a .csv or .jsonl of {name}"
    try:
        import datasets
        from huggingface_hub import constants
        from huggingface_hub.errors import GatedRepoError
    except ImportError as error:
        raise mistake(
            f"{parameter}={name} needs the Hugging Face `datasets` package: "
            f"pip install 'saydo[datasets]', {instead}."
        ) from error

    if not constants.HF_HUB_OFFLINE and not _reachable(constants.ENDPOINT):
        raise mistake(
            f"{parameter}={name} needs {constants.ENDPOINT}, which cannot be reached: go online, "
            f"set HF_HUB_OFFLINE=1 if the set is in the local cache, {instead}."
        )
    try:
        rows: Iterable[Row] = datasets.load_dataset(
            hub.repo, hub.config, split=hub.split, revision=hub.revision
        )
    except (datasets.exceptions.DatasetNotFoundError, GatedRepoError) as error:
        raise mistake(
            f"{parameter}={name} needs access to {hub.repo}: accept the terms at {hub.page} "
            f"and set HF_TOKEN, {instead}."
        ) from error
    except (OSError, datasets.exceptions.DatasetsError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise mistake(
            f"{parameter}={name} could not be loaded from {hub.page} ({reason}): "
            f"try again, {instead}."
        ) from error
    return rows


def _csv_rows(path: Path, content: str, needed: Sequence[str]) -> Iterator[tuple[int, Row]]:
    csv.field_size_limit(_LONGEST_CELL)  # 131,072 unless told
    table = csv.DictReader(io.StringIO(content), strict=True)
    position = table.reader  # whose `line_num`, unlike the table's, is right after blank lines
    try:
        columns = list(table.fieldnames or [])
        for column in needed:
            if columns and column not in columns:
                raise mistake(
                    f"{path} has no column `{column}` in its header (line {position.line_num}): "
                    f"it has {quoted(', '.join(columns), str)}."
                )
        for place, column in enumerate(columns):
            if column in columns[:place]:
                raise mistake(
                    f"{path} has the column {quoted(column)} twice in its header: leave one out."
                )
        for row in table:
            if None in row:
                raise mistake(
                    f"{path} has more cells than its header on line {position.line_num}: "
                    "quote a text that contains commas."
                )
            yield position.line_num, row
    except csv.Error as error:
        raise mistake(f"{path} is malformed CSV on line {position.line_num}: {error}.") from error


def _jsonl_rows(path: Path, content: str, needed: Sequence[str]) -> Iterator[tuple[int, Row]]:
    for line, written in enumerate(content.split("\n"), 1):
        if not written.strip():
            continue
        try:
            row = json_object(written)
            check_whole(row)
        except ValueError as error:
            raise mistake(
                f"{path} has {error} on line {line}: each line must be one JSON object."
            ) from error
        for key in needed:
            if key not in row:
                raise mistake(f"{path} has no key `{key}` on line {line}.")
        yield line, row


_READERS = {".csv": _csv_rows, ".jsonl": _jsonl_rows}


def _reachable(url: str) -> bool:
    from huggingface_hub import get_session

    try:  # its session knows the user's proxies and certificates
        get_session().head(url, timeout=HUB_PROBE_SECONDS)
    except Exception:  # of requests or of httpx, depending on the version of the hub client
        return False
    return True
