"""How an Inspect log is laid out, and how it is read: what the reading knows of the format stands here.

Read against Inspect 0.3.285, version 2 of the format (its `log/_recorders`):

- `.eval` is a zip, deflated or zstandard (which `zipfile` reads once `inspect_ai.log` is imported).
  `header.json` is an `EvalLog` without samples, `summaries.json` a list of `EvalSampleSummary`,
  `samples/ID_epoch_N.json` an `EvalSample` with all that happened in it.
- A log that is being written, or was broken off, has neither of the first two: `_journal/start.json`
  (version, eval, plan) and `_journal/summaries/N.json` (lists of summaries, from 1) stand in for them.
- `.json` is one `EvalLog` with its samples, and is always parsed as a whole.
- Of several members of a name, and of several records of one sample and epoch, the last counts.
- A summary is thinned when it is written, and again when Inspect reads it: white space in strings is folded,
  strings are cut at 1,024 characters, and larger values replaced (`thin_metadata`).
- Long texts stand once in a sample's `attachments`, and `attachment://HASH` in their place.

What is needed is taken straight out of the JSON, and no object is built per sample; the types of the fields
below are checked, and the rest is stepped over. A log that does not look like this (another
version, a missing member, other types) is left to Inspect's own reader, which is slower and knows
every older form.
"""

import io
import json
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from types import NoneType
from typing import Any, BinaryIO, Final, NotRequired, cast
from urllib.parse import parse_qsl, urlsplit

import fsspec
import zstandard
from inspect_ai.log import (
    EvalLog,
    EvalSample,
    read_eval_log,
    read_eval_log_sample,
    read_eval_log_sample_summaries,
)
from inspect_ai.log._condense import resolve_attachment_fn
from inspect_ai.log._util import thin_metadata, thin_text
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    StopReason,
)
from pydantic import JsonValue, TypeAdapter, ValidationError
from pydantic_core import from_json
from typing_extensions import TypedDict

from analysis.untrusted import is_secret as is_secret
from analysis.untrusted import without_secrets as without_secrets

VERSION: Final = 2
"""Version of the format that is read here."""

_ZSTANDARD: Final = 93  # in a zip
_LOCAL_HEADER: Final = struct.Struct(
    "<26sHH"
)  # before a member; lengths of its name and extra field
_decompress = zstandard.ZstdDecompressor().decompress

_HEADER, _SUMMARIES = "header.json", "summaries.json"
_START, _JOURNAL = "_journal/start.json", "_journal/summaries/"

# A `.json` file in a folder is taken for a log by its name alone, as Inspect does.
_LOG_NAME: Final = re.compile(
    r".*\.eval\Z|\d{4}-\d{2}-\d{2}T\d{2}[:-]\d{2}[:-]\d{2}.*\.json\Z", re.DOTALL
)

_MOST_DIGITS: Final = 18  # of the number of a file in the journal

_LARGEST: Final = 1 << 30
"""Bytes of a member of a zip that are unpacked: far more than any log has, and less than a zip bomb."""

_STAMPS: Final = ("ETag", "etag", "mtime", "LastModified", "last_modified", "Last-Modified")
"""Where file systems say which version of a file they have; in memory there is only `created`."""


class ScoreFields(TypedDict):
    """What is taken of a score in a summary."""

    value: Any
    metadata: NotRequired[dict[str, Any] | None]


class Summary(TypedDict):
    """What is taken of a sample's summary."""

    id: int | str
    epoch: int
    metadata: NotRequired[dict[str, Any]]
    scores: NotRequired[dict[str, ScoreFields] | None]
    error: NotRequired[str | None]
    retries: NotRequired[int | None]
    limit: NotRequired[str | None]
    turn_count: NotRequired[int | None]
    total_time: NotRequired[float | None]
    working_time: NotRequired[float | None]
    model_usage: NotRequired[dict[str, Any] | None]
    role_usage: NotRequired[dict[str, Any] | None]


class _Error(TypedDict):
    message: str


class _Limit(TypedDict):
    type: str


class _InJson(TypedDict):
    """What is taken of a sample in a `.json` log in place of its summary."""

    id: int | str
    epoch: int
    metadata: NotRequired[dict[str, Any]]
    scores: NotRequired[dict[str, ScoreFields] | None]
    error: NotRequired[_Error | None]
    error_retries: NotRequired[list[Any] | None]
    limit: NotRequired[_Limit | None]
    turn_count: NotRequired[int | None]
    total_time: NotRequired[float | None]
    working_time: NotRequired[float | None]
    model_usage: NotRequired[dict[str, Any] | None]
    role_usage: NotRequired[dict[str, Any] | None]
    score: NotRequired[Any]  # in its place, a log of before there were several


class _Choice(TypedDict):
    stop_reason: NotRequired[StopReason | None]


class _Usage(TypedDict):
    reasoning_tokens: NotRequired[int | None]


class _Output(TypedDict):
    choices: NotRequired[list[_Choice] | None]
    usage: NotRequired[_Usage | None]


class _Spoken(TypedDict):
    """What is taken of a whole sample for what was said in it."""

    id: int | str
    epoch: int
    messages: list[dict[str, Any]]
    output: _Output
    attachments: NotRequired[dict[str, str]]
    transcript: NotRequired[Any]  # in an old log, around events and attachments


class _Full(_Spoken):
    """What is taken of it beside."""

    scores: NotRequired[dict[str, dict[str, Any]] | None]
    score: NotRequired[Any]  # in its place, a log of before there were several


class _Header(TypedDict):
    """What is taken of a header; in a `.json` log the samples stand beside it."""

    version: int
    eval: dict[str, Any]
    status: NotRequired[str]
    plan: NotRequired[dict[str, Any]]
    invalidated: NotRequired[bool]


class _Json(_Header):
    samples: NotRequired[list[_InJson] | None]


class _JsonFull(_Header):
    samples: NotRequired[list[_Full] | None]


_HEADER_OF = TypeAdapter(_Header)
_SPOKEN_OF = TypeAdapter(_Spoken)
_FULL_OF = TypeAdapter(_Full)
_JSON_OF = TypeAdapter(_Json)
_JSON_FULL_OF = TypeAdapter(_JsonFull)
_MESSAGES: Final[dict[str, type[ChatMessage]]] = {
    "system": ChatMessageSystem,
    "user": ChatMessageUser,
    "assistant": ChatMessageAssistant,
    "tool": ChatMessageTool,
}

Keep = Callable[[str, dict[str, Any] | None], bool]
"""Whether a message of this role and metadata is wanted."""


class UnknownForm(ValueError):
    """A log is not laid out as is recorded here."""


class NotThere(ValueError):
    """A path or URL cannot be opened, or has nothing at it."""


@dataclass(frozen=True)
class LogFile:
    """A log as it lies in its folder.

    Attributes:
        location: Full path, or URL.
        name: Of the file alone.
        size: In bytes; None where the file system does not say.
        stamp: Time of modification or etag, "" where the file system does not say.
    """

    location: str
    name: str
    size: int | None
    stamp: str


@dataclass(frozen=True)
class Log:
    """What a log says of itself and, in short, of its samples.

    Attributes:
        header: Without samples.
        summaries: One per sample and epoch, in the order in which they were finished.
    """

    header: EvalLog
    summaries: list[Summary]


@dataclass(frozen=True)
class FullSample:
    """A sample with its conversation.

    Attributes:
        header: Of its log.
        id: As text.
        messages: With their attachments; of the roles that were asked for.
        stop_reason: Why the last generation ended.
        reasoning_tokens: As the provider reported them.
        scores: By key, each with `value`, `answer`, `explanation`, `metadata`.
    """

    header: EvalLog
    id: str
    epoch: int
    messages: list[ChatMessage]
    stop_reason: StopReason | None
    reasoning_tokens: int | None
    scores: dict[str, dict[str, Any]]


# ---------------------------------------------------------------------------------- finding


def find(source: str) -> list[LogFile]:
    """The logs at and below a path or URL, in the order of their names.

    Args:
        source: A folder, or one log of any name; whatever fsspec opens.

    Raises:
        NotThere: The file system is not known or not installed, nothing is there, or the URL has credentials
            in it, which would end up in the frame.
    """
    _without_credentials(source)
    shown = _masked(source)
    try:
        fs, path = fsspec.core.url_to_fs(source)
        is_log = _LOG_NAME.match(path.rsplit("/", 1)[-1]) and fs.isfile(path)
        found = {path: fs.info(path)} if is_log else fs.find(path, detail=True)
        there = bool(found) or fs.exists(path)
    except FileNotFoundError:
        there, found = False, {}
    except Exception as error:  # every file system has errors of its own
        raise NotThere(f"{shown} cannot be opened ({sentence(error)}).") from None
    if not there:
        raise NotThere(f"{shown} does not exist: give the folder of the logs.")
    files = [
        _file(fs, source, name, about)
        for name, about in found.items()
        if name == path or _LOG_NAME.match(name.rsplit("/", 1)[-1])
    ]
    return sorted(files, key=lambda file: (file.name, file.location))


def _file(fs: Any, source: str, path: str, about: dict[str, Any]) -> LogFile:
    if not any(key in about for key in (*_STAMPS, "created")):
        about = fs.info(path)  # what a listing leaves out
    stamp = next((about[key] for key in _STAMPS if about.get(key)), about.get("created") or "")
    return LogFile(
        location=_location(fs, source, path),
        name=told_name((path if _is_path(source) else path.split("?")[0]).rsplit("/", 1)[-1]),
        size=about.get("size"),
        stamp=str(stamp),
    )


def told_name(path: str) -> str:
    """A path as text can hold it: of a name that is no UTF-8, what is not stands as "?"."""
    return path.encode("utf-8", "replace").decode()


def _location(fs: Any, source: str, path: str) -> str:
    first, *chained = source.split("::")
    if chained:  # a file inside of a file: the outer ones stay as they are
        return "::".join([f"{first.split('://')[0]}://{path}", *chained])
    return path if _is_path(source) else cast(str, fs.unstrip_protocol(path))


def _is_path(location: str) -> bool:
    return "://" not in location and "::" not in location


def _without_credentials(source: str) -> None:
    for part in source.split("::"):
        try:
            url = urlsplit(part) if "://" in part else None
        except ValueError as error:
            raise NotThere(f"{_masked(part)} is no address ({error}).") from None
        if url and (url.password or any(is_secret(key) for key, _ in parse_qsl(url.query))):
            raise NotThere(
                f"{_masked(part)} has credentials in it: give them to fsspec in its configuration or "
                "in environment variables, or download the logs first."
            )


@contextmanager
def _opened(location: str) -> Iterator[BinaryIO]:
    if _is_path(location):
        if told_name(location) != location:
            raise OSError("its name is no UTF-8 text: rename it")
        if not stat.S_ISREG(os.stat(location).st_mode):  # a pipe or a device never ends
            raise OSError("it is not a file")
        with open(location, "rb") as file:
            yield file
        return
    with fsspec.open(location, "rb") as file:
        # some servers only send a file from its beginning, and a zip is read from its end
        yield file if file.seekable() else io.BytesIO(file.read())


# ---------------------------------------------------------------------------------- reading


def read_log(location: str) -> Log:
    """Header and sample summaries of one log, whole or broken off.

    Raises:
        Exception: Any, where Inspect's own reader cannot read it either; `sentence` tells it.
    """
    try:
        with _opened(location) as file:
            return _read_json(file) if _is_json(file) else _read_eval(file)
    except (ValueError, KeyError, TypeError):
        return _read_by_inspect(location)


def _is_json(file: BinaryIO) -> bool:
    """By its first sign, as Inspect does; a log is a zip or a JSON object."""
    start = file.read(1)
    file.seek(0)
    if not start:
        raise OSError("the file is empty")
    return start == b"{"


def _read_eval(file: BinaryIO) -> Log:
    archive = zipfile.ZipFile(file)
    header = _header_of(archive)
    if _SUMMARIES in archive.NameToInfo:
        return Log(header, _last(_summaries(_unpacked(archive, _SUMMARIES))))
    journal = sorted(
        (int(name.removeprefix(_JOURNAL).removesuffix(".json")), name)
        for name in archive.NameToInfo
        if name.startswith(_JOURNAL) and name.endswith(".json")
    )
    read = (_summaries(_unpacked(archive, name)) for _, name in journal)
    return Log(header, _last(summary for part in read for summary in part))


def _summaries(content: bytes) -> list[Summary]:
    """Checked by hand: pydantic's check takes half as long again as the parsing."""
    summaries = from_json(content)
    if not (isinstance(summaries, list) and all(map(_is_summary, summaries))):
        raise UnknownForm("a summary of another form")
    return cast(list[Summary], summaries)


def _is_summary(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and isinstance(found.get("id"), (int, str))
        and isinstance(found.get("epoch"), int)
        and isinstance(found.get("metadata", {}), dict)
        and isinstance(found.get("error"), _TEXT)
        and isinstance(found.get("limit"), _TEXT)
        and isinstance(found.get("retries"), _COUNT)
        and isinstance(found.get("turn_count"), _COUNT)
        and isinstance(found.get("total_time"), _SECONDS)
        and isinstance(found.get("working_time"), _SECONDS)
        and isinstance(found.get("model_usage"), _FIELDS)
        and isinstance(found.get("role_usage"), _FIELDS)
        and isinstance(scores := found.get("scores") or {}, dict)
        and all(isinstance(score, dict) and "value" in score for score in scores.values())
    )


_TEXT, _COUNT, _FIELDS = (str, NoneType), (int, NoneType), (dict, NoneType)
_SECONDS: Final = (float, int, NoneType)
"""Types of what a summary may lack, as tuples: a union would be made anew at each check."""


def _header_of(archive: zipfile.ZipFile) -> EvalLog:
    name = _HEADER if _HEADER in archive.NameToInfo else _START
    return _header(_HEADER_OF.validate_json(_unpacked(archive, name)))


def _unpacked(archive: zipfile.ZipFile, name: str) -> bytes:
    member = archive.getinfo(name)
    if member.file_size > _LARGEST:  # no ValueError: Inspect's reader would unpack it all
        raise OSError(f"{name} would be of {member.file_size:,} bytes")
    return archive.read(member)


def _header(fields: _Header) -> EvalLog:
    if fields["version"] != VERSION:
        raise UnknownForm(f"version {fields['version']}")
    return EvalLog.model_validate({key: fields.get(key) for key in _IN_HEADER if key in fields})


_IN_HEADER: Final = tuple(_Header.__annotations__)


def _read_json(file: BinaryIO) -> Log:
    parsed = _JSON_OF.validate_json(file.read())
    samples = parsed.get("samples") or []
    if any("score" in sample for sample in samples):
        raise UnknownForm("one score per sample")
    return Log(_header(parsed), _last(map(_summary, samples)))


def _summary(sample: _InJson) -> Summary:
    error, limit = sample.get("error"), sample.get("limit")
    return {
        "id": sample["id"],
        "epoch": sample["epoch"],
        "metadata": sample.get("metadata", {}),
        "scores": sample.get("scores"),
        "error": error["message"] if error else None,
        "retries": len(sample.get("error_retries") or ()),
        "limit": limit["type"] if limit else None,
        "turn_count": sample.get("turn_count"),
        "total_time": sample.get("total_time"),
        "working_time": sample.get("working_time"),
        "model_usage": sample.get("model_usage"),
        "role_usage": sample.get("role_usage"),
    }


def _last(summaries: Iterable[Summary]) -> list[Summary]:
    """The last record of each sample and epoch: one that was run again is recorded again."""
    return list({(str(s["id"]), s["epoch"]): s for s in summaries}.values())


def _read_by_inspect(location: str) -> Log:
    _check_members(location)
    header = read_eval_log(location, header_only=True)
    summaries = read_eval_log_sample_summaries(location)
    fields = set(Summary.__annotations__)
    told = [cast(Summary, s.model_dump(include=fields)) for s in summaries]
    # Half a character, which only this reader lets through, could not be written into any table.
    json.dumps([header.model_dump(), told], ensure_ascii=False, default=str).encode()
    return Log(header, _last(told))


def _check_members(location: str) -> None:
    """Refuse a zip that Inspect's reader would not be done with: it unpacks what there is, and counts the journal's files.

    Raises:
        OSError: It is one.
    """
    with _opened(location) as file:
        if _is_json(file) or not zipfile.is_zipfile(file):
            return
        archive = zipfile.ZipFile(file)
        for member in archive.infolist():
            number = member.filename.removeprefix(_JOURNAL).removesuffix(".json")
            is_counted = member.filename.startswith(_JOURNAL) and number.isdecimal()
            if is_counted and int(number[:_MOST_DIGITS]) > len(archive.NameToInfo):
                raise OSError(f"its journal counts to {number[:_MOST_DIGITS]}")
            if member.file_size > _LARGEST and not member.filename.startswith("samples/"):
                raise OSError(f"{member.filename} would be of {member.file_size:,} bytes")


def read_samples(
    location: str, wanted: Collection[tuple[str, int]], keep: Keep | None = None
) -> Iterator[FullSample]:
    """Whole samples of one log, one after the other in the order of `wanted`.

    Of a `.eval` log one sample is held at a time. One that Inspect's reader cannot read either, or that
    is not there (a log that was broken off), is left out.

    Args:
        location: Of the log.
        wanted: Sample id (as text) and epoch of each.
        keep: Which messages to read, by role and metadata, and no scores (default: all, and the scores).
    """
    with _opened(location) as file:
        if _is_json(file):
            yield from _samples_of_json(location, file, wanted, keep)
            return
        archive = zipfile.ZipFile(file)
        header = _any_header(location, archive)
        for sample_id, epoch in wanted:
            member = archive.NameToInfo.get(f"samples/{sample_id}_epoch_{epoch}.json")
            if member and member.file_size <= _LARGEST:
                read = partial(_content, archive, file, member)
                yield from _sample(location, header, read, (sample_id, epoch), keep)


def _any_header(location: str, archive: zipfile.ZipFile) -> EvalLog:
    try:
        return _header_of(archive)
    except (ValueError, KeyError, TypeError):
        return read_eval_log(location, header_only=True)


def _content(archive: zipfile.ZipFile, file: BinaryIO, member: zipfile.ZipInfo) -> bytes:
    """A member of a zip: what `zipfile` does, but with one decompressor, where it makes one per member."""
    encrypted = member.flag_bits & 1
    if member.compress_type != _ZSTANDARD or encrypted:
        return archive.read(member)
    file.seek(member.header_offset)
    head = file.read(_LOCAL_HEADER.size)
    _, n_name, n_extra = _LOCAL_HEADER.unpack(head)
    file.seek(n_name + n_extra, io.SEEK_CUR)
    packed = file.read(member.compress_size)
    if zstandard.frame_content_size(packed) not in (-1, member.file_size):
        return archive.read(member)  # of several frames, or damaged
    content = _decompress(packed, max_output_size=member.file_size)
    if len(content) != member.file_size or zlib.crc32(content) != member.CRC:
        return archive.read(member)  # of several frames, or damaged
    return content


def _sample(
    location: str,
    header: EvalLog,
    read: Callable[[], bytes],
    key: tuple[str, int],
    keep: Keep | None,
) -> Iterator[FullSample]:
    """The sample; nothing where nobody can read it: a damaged one costs the log no other."""
    adapter: TypeAdapter[Any] = _SPOKEN_OF if keep else _FULL_OF
    try:
        raw = read()
        yield _full(header, key, _up_to_events(raw, adapter) or adapter.validate_json(raw), keep)
    except Exception:  # what is raised depends on the damage
        with suppress(Exception):
            sample = read_eval_log_sample(location, *key, resolve_attachments=True)
            # As it was asked for: a damaged one may say that it is another.
            yield replace(_full_by_inspect(header, sample, keep), id=key[0], epoch=key[1])


def _up_to_events(raw: bytes, adapter: TypeAdapter[Any]) -> _Full | None:
    """The fields of a sample that stand before its events, which are the most of it; None where more is needed.

    Cut off at the first key of that name, what is left and a brace is JSON just when the key was the sample's own.
    """
    before = raw[: max(raw.find(b'"events":'), 0)]
    if b"attachment://" in before:  # attachments stand behind the events
        return None
    try:
        sample: _Full = adapter.validate_json(before.rstrip().rstrip(b",") + b"}")
    except ValidationError:
        return None
    return sample


def _samples_of_json(
    location: str, file: BinaryIO, wanted: Collection[tuple[str, int]], keep: Keep | None
) -> Iterator[FullSample]:
    try:
        parsed = _JSON_FULL_OF.validate_json(file.read())
        header = _header(parsed)
        samples = {(str(s["id"]), s["epoch"]): s for s in parsed.get("samples") or []}
        read = [_full(header, key, samples[key], keep) for key in wanted if key in samples]
    except Exception:  # what is raised depends on the damage
        try:
            log = read_eval_log(location, resolve_attachments=True)
        except Exception:  # nobody can read it
            return
        read = [_full_by_inspect(log, sample, keep) for sample in log.samples or []]
    by_key = {(sample.id, sample.epoch): sample for sample in read}
    yield from (by_key[key] for key in wanted if key in by_key)


def _full(header: EvalLog, key: tuple[str, int], sample: _Full, keep: Keep | None) -> FullSample:
    if "score" in sample or "transcript" in sample:
        raise UnknownForm("a sample of an old form")
    resolve = resolve_attachment_fn(sample.get("attachments", {}))
    messages = [m for m in sample["messages"] if not keep or keep(m["role"], m.get("metadata"))]
    if sample.get("attachments"):
        messages = [_resolved(message, resolve) for message in messages]
    output = sample["output"]
    return FullSample(
        header=header,
        id=key[0],
        epoch=key[1],
        messages=[_MESSAGES[m["role"]].model_validate(m) for m in messages],
        stop_reason=next((c.get("stop_reason") for c in output.get("choices") or []), None),
        reasoning_tokens=(output.get("usage") or {}).get("reasoning_tokens"),
        scores={
            key: {part: score.get(part) for part in _SCORE}
            for key, score in (sample.get("scores") or {}).items()
        },
    )


_SCORE: Final = ("value", "answer", "explanation", "metadata")


def _resolved(value: Any, resolve: Any) -> Any:
    if isinstance(value, str):
        return resolve(value)
    if isinstance(value, list):
        return [_resolved(part, resolve) for part in value]
    if isinstance(value, dict):
        return {key: _resolved(part, resolve) for key, part in value.items()}
    return value


def _full_by_inspect(header: EvalLog, sample: EvalSample, keep: Keep | None) -> FullSample:
    usage, choices = sample.output.usage, sample.output.choices
    return FullSample(
        header=header,
        id=str(sample.id),
        epoch=sample.epoch,
        messages=[m for m in sample.messages if not keep or keep(m.role, m.metadata)],
        stop_reason=choices[0].stop_reason if choices else None,
        reasoning_tokens=usage.reasoning_tokens if usage else None,
        scores={
            key: score.model_dump(include=set(_SCORE))
            for key, score in (sample.scores or {}).items()
        },
    )


# ---------------------------------------------------------------------------------- values


class Thinned(dict[str, str]):
    """Texts of sample metadata by the text in the file; each is thinned once, and held once."""

    def __missing__(self, text: str) -> str:
        folded = " ".join(text.split())
        thin = text if folded == text and len(text) <= 1024 else thin_text(text)
        self[text] = self.setdefault(thin, thin)
        return self[text]


def thinned(value: JsonValue, texts: Thinned) -> str | int | float | bool | None:
    """A value of sample metadata as Inspect's summary has it; lists and dicts as JSON."""
    if isinstance(value, str):
        return texts[value]
    if isinstance(value, list | dict):
        (thin,) = thin_metadata({"": value}).values()
        return thin if isinstance(thin, str) else json.dumps(thin)
    return value


def sentence(error: BaseException) -> str:
    """What an error says in one line, without secrets."""
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return without_secrets(_masked(first))[:300]


def _masked(text: str) -> str:
    """URLs in it without user, password and query."""
    return re.sub(r"(\w+://)(?:[^/\s@]*@)?([^\s?'\"]*)(?:\?[^\s'\"]*)?", r"\1\2", text)
