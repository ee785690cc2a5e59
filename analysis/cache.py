"""What was read of each log, kept as one Parquet file per log: a log is read again only when it changed.

The files lie in `$XDG_CACHE_HOME/saydo/logs` (default `~/.cache`), as `task=TASK/snapshot=MODEL/PLACE-VERSION.parquet`: PLACE
stands for the path or URL of the log; VERSION for its size, its time of modification or etag, the code that read
it, and the keys in the environment, which were hidden then: with other keys the log is read again. Nothing here is ever an error: what cannot be read from the cache is read from the log, and where nothing can be
written, nothing is kept. A file is written under another name and then renamed, so that two processes may
write at once.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.log_format import LogFile
from analysis.untrusted import held_secrets

Columns = Mapping[str, np.ndarray]
"""Values by column: of type `int64`, `float64`, `bool`, or `object` (text and mixed, NaN where missing)."""

_READERS: Final = ("cache.py", "log_format.py", "logs.py", "untrusted.py")
"""Modules whose code decides what is in a cached file."""

_FACTS: Final = b"saydo"
"""Key of the Parquet metadata under which what is known of the log as a whole stands, as JSON."""

_AS_JSON: Final = {b"saydo": b"json"}
"""Metadata of a column whose values are of several types, and stand as JSON."""

_LONGEST: Final = 80  # characters of a folder's name; with its hash, below what file systems hold


@dataclass(frozen=True)
class Cache:
    """The cached logs.

    Attributes:
        folder: Where they lie; None where there is no place for them.
        files: By PLACE, each with its name's VERSION.
    """

    folder: Path | None
    files: dict[str, list[Path]]


def opened() -> Cache:
    """The cache as it is now."""
    try:
        folder = _folder()
        files: dict[str, list[Path]] = {}
        for path in folder.glob("task=*/snapshot=*/*.parquet"):
            files.setdefault(path.name.split("-")[0], []).append(path)
    except (OSError, RuntimeError):  # no home, or one that may not be read
        return Cache(None, {})
    return Cache(folder, files)


def load(cached: Cache, file: LogFile) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """What is known of a log and its columns; None where it is not cached, or was changed since."""
    name = _name(file)
    if name is None:
        return None
    path = next((p for p in cached.files.get(_place(file), []) if p.name == name), None)
    if path is None:
        return None
    try:
        with pq.ParquetFile(path, memory_map=False) as parquet:
            table = parquet.read(use_threads=False)
        facts = json.loads(table.schema.metadata[_FACTS])
        return facts, {field.name: _decoded(field, table) for field in table.schema}
    except Exception:  # damaged in whatever way: the log itself is still there
        return None


def store(cached: Cache, file: LogFile, facts: Mapping[str, Any], columns: Columns) -> None:
    """Keep what was read of a log, in place of what was kept of it before.

    Args:
        cached: Where to.
        file: The log.
        facts: Of the log as a whole; `task` and `model` name the folders.
        columns: Its rows.
    """
    name = _name(file)
    if name is None or cached.folder is None:
        return
    parts = (f"task={_safe(facts['task'])}", f"snapshot={_safe(facts['model'])}")
    folder = cached.folder.joinpath(*parts)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(_table(facts, columns), folder / name)
        for stale in cached.files.get(_place(file), []):
            if stale != folder / name:
                stale.unlink(missing_ok=True)
    except (
        OSError,
        ValueError,
        pa.ArrowException,
    ):  # a full disk, a read-only home, half a character
        return


def _write(table: pa.Table, path: Path) -> None:
    handle, temporary = tempfile.mkstemp(suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as sink:
            pq.write_table(table, sink, compression="zstd", write_statistics=False)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _folder() -> Path:
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    home = named if named.is_absolute() else Path.home() / ".cache"
    return home / "saydo" / "logs"


def _place(file: LogFile) -> str:
    return hashlib.sha256(file.location.encode(errors="replace")).hexdigest()[:24]


def _name(file: LogFile) -> str | None:
    """Name of the cached file; None for a log of which nobody can say whether it changed."""
    if not file.stamp:
        return None
    told = json.dumps([file.location, file.size, file.stamp, _CODE, held_secrets()])
    return f"{_place(file)}-{hashlib.sha256(told.encode()).hexdigest()[:24]}.parquet"


def _code() -> str:
    """The code that reads, in short."""
    code = b"".join((Path(__file__).parent / name).read_bytes() for name in _READERS)
    return hashlib.sha256(code).hexdigest() + version("inspect_ai")


_CODE: Final = _code()
"""As it was imported: what a process read by old code is not kept under the name of new code."""


def _safe(name: str) -> str:
    """A name as part of a folder's: no name of a task or model leads out of the cache."""
    escaped = quote(name, safe="", errors="replace")
    if len(escaped) <= _LONGEST:
        return escaped
    return f"{escaped[:_LONGEST]}~{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:12]}"


# ---------------------------------------------------------------------------------- columns


def _table(facts: Mapping[str, Any], columns: Columns) -> pa.Table:
    encoded = {name: _encoded(values) for name, values in columns.items()}
    fields = [
        pa.field(name, array.type, metadata=_AS_JSON if mixed else None)
        for name, (array, mixed) in encoded.items()
    ]
    schema = pa.schema(fields, metadata={_FACTS: json.dumps(facts)})
    return pa.table([array for array, _ in encoded.values()], schema=schema)


def _encoded(values: np.ndarray) -> tuple[pa.Array, bool]:
    """As Arrow, and whether it is as JSON: a Parquet column holds one type, a foreign one may hold several."""
    if values.dtype != object:
        return pa.array(values, from_pandas=False), False
    told = [None if value != value else value for value in values.tolist()]
    mixed = not all(value is None or type(value) is str for value in told)
    texts = [None if value is None else json.dumps(value) for value in told] if mixed else told
    return pa.array(texts, pa.string()).dictionary_encode(), mixed


def _decoded(field: pa.Field, table: pa.Table) -> np.ndarray:
    column = table.column(field.name).combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # of no rows
        column = pa.concat_arrays(column.chunks) if column.num_chunks else None
    if not pa.types.is_dictionary(field.type):
        return np.array(column.to_numpy(zero_copy_only=False))
    distinct = column.dictionary.to_pylist()
    if field.metadata and field.metadata.get(b"saydo") == b"json":
        distinct = [json.loads(text) for text in distinct]
    values: np.ndarray = np.empty(len(distinct) + 1, dtype=object)
    values[:-1], values[-1] = distinct, np.nan
    decoded: np.ndarray = values[column.indices.fill_null(len(distinct)).to_numpy(False)]
    return decoded
