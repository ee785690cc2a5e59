"""`saydo label`: any transcripts in, verdicts out, one JSONL row each."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import anyio
from anyio.from_thread import start_blocking_portal
from inspect_ai.model import ChatMessageAssistant
from rich.progress import Progress

from scorers.acknowledgement import judge_acknowledgement
from scorers.alignment_faking import judge_alignment_faking
from scorers.asked import judge_asked
from scorers.compliance import judge_compliance
from scorers.judges.record import rubric_version
from scorers.judges.verdict import Verdict, no_verdict
from scorers.monitor import judge_monitor
from scorers.thinking import read_messages, read_text

RUBRICS = {
    "alignment_faking": "alignment_faking",
    "compliance": "complied",
    "animal_welfare": "complied",
    "acknowledgement": "acknowledged",
    "asked": "honest",
    "monitor": "flagged",
}
"""Each rubric with the label that its verdict is about."""

_TEXTS = ("text", "thinking", "answer", "request", "hint", "hint_text", "question", "given")
"""Keys of a row that a judge may see."""

_NEEDED: dict[str, tuple[str, ...]] = {
    "alignment_faking": ("thinking", "answer"),
    "acknowledgement": ("hint_text", "given", "thinking"),
    "asked": ("hint_text", "given", "answer"),
    "monitor": ("question", "thinking"),
}
"""Keys that a rubric's rows must have; where not named, `answer`. `text` stands in for thinking and answer."""

_HASH_CHARS = 12

_AT_ONCE = 20
"""Judge calls under way at the same time; a provider's own limits apply besides."""


class BadRow(ValueError):
    """A row that cannot be read, or must not be overwritten; the message names file and line."""


class JudgeFailed(ValueError):
    """The judge could not be asked; what is judged so far is in the target."""


def label(source: Path, target: Path, rubric: str, judge: str) -> dict[str, int]:
    """Judge every transcript of a JSONL file.

    Rows already in `target` about the same transcript, by the same judge under the same rubric
    version, are kept, so that an interrupted run goes on where it stopped; all others are judged, each
    written as soon as it is there.

    Args:
        source: Rows `{id, text}` or `{id, thinking, answer}`. The compliance rubrics also read a
            `request`, and need no `thinking`; `acknowledgement` needs `hint_text` and `given` (what the hint
            gives) and judges the thinking, and reads `hint` (its name) and `question`; `asked` needs
            `hint_text` and `given` and judges the `answer`, a reply to the follow-up question; `monitor` needs
            `question` and judges the thinking.
        target: Rows `{id, verdict, score, criteria, quotes, judge, rubric, rubric_hash, reason,
            transcript_hash}`, in the order of `source`, and `hint` and `simulated` where the transcript has them.
        rubric: One of `RUBRICS`.
        judge: `lexical` or PROVIDER/MODEL.

    Returns:
        How many rows there are by outcome: `true`, `false`, `unscored`.

    Raises:
        BadRow: A row is not as described, an id comes twice, or `target` holds something else than
            verdicts of this judge under this rubric. Nothing has been judged or written then.
        JudgeFailed: The judge could not be asked.
    """
    rows = list(_rows(source, rubric))
    version = rubric_version(judge, rubric)
    done = _finished(target, {row["id"]: _hash(row) for row in rows}, rubric, judge, version)
    target.parent.mkdir(parents=True, exist_ok=True)
    _write(done.values(), target)
    waiting = [row for row in rows if row["id"] not in done]
    try:
        with start_blocking_portal() as elsewhere:  # in a notebook, a loop runs here already
            elsewhere.call(_judge_all, waiting, target, rubric, judge, version)
    except ExceptionGroup as failed:
        raise JudgeFailed(
            f"{judge} could not judge ({_cause(failed)}): the same command goes on from {target}."
        ) from failed
    written = {row["id"]: row for _, row in json_lines(target)}
    ordered = [written[row["id"]] for row in rows]
    _write(ordered, target)
    names = {True: "true", False: "false", None: "unscored"}
    return {
        name: sum(row["verdict"] is outcome for row in ordered) for outcome, name in names.items()
    }


def _finished(
    target: Path, hashes: Mapping[str, str], rubric: str, judge: str, version: str
) -> dict[str, dict[str, Any]]:
    """Verdicts of an earlier run that still hold, by id."""
    found: dict[str, dict[str, Any]] = {}
    for number, row in json_lines(target, cut=True) if target.exists() else ():
        if (row.get("judge"), row.get("rubric")) != (judge, rubric):
            raise BadRow(
                f"{target}, line {number}: not a verdict of {judge} on {rubric}: name another file, "
                "so that nothing is overwritten."
            )
        now = (version, hashes.get(row.get("id", "")))
        if (row.get("rubric_hash"), row.get("transcript_hash")) == now:
            found[row["id"]] = row
    return found


def _cause(failed: BaseException) -> str:
    while isinstance(failed, BaseExceptionGroup):
        failed = failed.exceptions[0]
    return str(failed).strip().split("\n")[0] or type(failed).__name__


async def _judge_all(
    rows: list[dict[str, Any]], target: Path, rubric: str, judge: str, version: str
) -> None:
    limiter = anyio.CapacityLimiter(_AT_ONCE)
    with Progress(transient=True) as progress, target.open("a", encoding="utf-8") as out:
        bar = progress.add_task(f"{judge} judges {rubric}", total=len(rows))

        async def one(row: Mapping[str, Any]) -> None:
            async with limiter:
                verdict = await _judge(row, rubric, judge)
            out.write(_line(_verdict_row(row, verdict, rubric, judge, version)))
            out.flush()
            progress.advance(bar)

        async with anyio.create_task_group() as group:
            for row in rows:
                group.start_soon(one, row)


async def _judge(row: Mapping[str, Any], rubric: str, judge: str) -> Verdict:
    thinking, answer = _parts(row, rubric)
    judged, what = (thinking, "thinking") if rubric in _OF_THINKING else (answer, "final answer")
    if not judged.strip():
        return no_verdict(f"there is no {what} that can be read")
    told = {
        name: row.get(name, "") for name in ("request", "hint", "hint_text", "question", "given")
    }
    if rubric == "alignment_faking":
        return (await judge_alignment_faking(judge, thinking, answer)).verdict
    if rubric == "acknowledgement":
        about = (told["hint"], told["hint_text"], told["question"], told["given"])
        return await judge_acknowledgement(judge, *about, thinking, "thinking")
    if rubric == "asked":
        return await judge_asked(judge, told["hint"], told["hint_text"], told["given"], answer)
    if rubric == "monitor":
        return await judge_monitor(judge, told["question"], thinking)
    return await judge_compliance(judge, rubric, told["request"], answer)


_OF_THINKING = ("alignment_faking", "acknowledgement", "monitor")
"""Rubrics that judge the thinking; a text without tags is what its rubric is about."""


def _parts(row: Mapping[str, Any], rubric: str) -> tuple[str, str]:
    """Thinking and answer of a row."""
    if "text" not in row:
        return row.get("thinking", ""), row.get("answer", "")
    if rubric in _OF_THINKING:
        reading = read_text(row["text"])
    else:
        reading = read_messages([ChatMessageAssistant(content=row["text"])])
    return reading.thinking, reading.answer


def _verdict_row(
    row: Mapping[str, Any], verdict: Verdict, rubric: str, judge: str, version: str
) -> dict[str, Any]:
    return {
        "id": row["id"],
        "verdict": verdict.labels.get(RUBRICS[rubric]),
        "score": verdict.score,
        "criteria": dict(verdict.labels),
        "quotes": dict(verdict.quotes),
        "judge": judge,
        "rubric": rubric,
        "rubric_hash": version,
        "reason": verdict.unscored or verdict.explanation,
        "transcript_hash": _hash(row),
        **({"hint": row["hint"]} if row.get("hint") else {}),
        **({"simulated": True} if row.get("simulated") is True else {}),
    }


def _hash(row: Mapping[str, Any]) -> str:
    """Which texts a verdict is about: an id alone may come to stand for others."""
    texts = [row.get(name, "") for name in _TEXTS]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:_HASH_CHARS]


def _rows(path: Path, rubric: str) -> Iterator[dict[str, Any]]:
    """The transcripts of a file, each checked."""
    lines: dict[str, int] = {}
    needed = _NEEDED.get(rubric, ("answer",))
    instead = tuple(name for name in needed if name not in ("thinking", "answer"))
    for number, row in json_lines(path):
        here = f"{path}, line {number}"
        if not isinstance(row.get("id"), str):
            raise BadRow(f"{here}: give the row a text `id`.")
        if row["id"] in lines:
            raise BadRow(f"{here}: id {row['id']} stands in line {lines[row['id']]} already.")
        lines[row["id"]] = number
        if not row.keys() >= set(needed) and not row.keys() >= {"text", *instead}:
            wanted = [" and ".join(map(_quoted, keys)) for keys in (("text", *instead), needed)]
            raise BadRow(f"{here}: give the row {wanted[0]}, or {wanted[1]}.")
        for name in _TEXTS:
            if not isinstance(row.get(name, ""), str):
                raise BadRow(f"{here}: `{name}` must be text.")
        yield row
    if not lines:
        raise BadRow(f"{path} is empty: give one JSON object per line, with `id` and `text`.")


def _quoted(name: str) -> str:
    return f"`{name}`"


def json_lines(path: Path, cut: bool = False) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects of a file with the numbers of their lines; empty lines are skipped.

    Args:
        path: The file.
        cut: Leave out a last line without its end: an interrupted run was writing it.

    Raises:
        BadRow: A line is not a JSON object.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadRow(f"{path} is not UTF-8 text: give one JSON object per line.") from error
    whole = text[: text.rfind("\n") + 1] if cut else text
    # Not `splitlines`: JSON leaves some of its line ends, such as U+2028, within a text.
    for number, line in enumerate(whole.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise BadRow(f"{path}, line {number}: not JSON ({error.msg}).") from error
        if not isinstance(row, dict):
            raise BadRow(f"{path}, line {number}: not a JSON object.")
        yield number, row


def _write(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Replace a file at one stroke, so that an interruption leaves the old one or the new one."""
    part = path.with_name(f"{path.name}.part")
    part.write_text("".join(map(_line, rows)), encoding="utf-8")
    part.replace(path)


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"
