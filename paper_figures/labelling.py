"""`saydo label`: any transcripts in, verdicts out, one JSONL row each."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import anyio
import click
from anyio.from_thread import start_blocking_portal
from inspect_ai._util.error import PrerequisiteError
from inspect_ai._util.exception import TerminateSampleError
from inspect_ai.model import ChatMessageAssistant, ModelUsage
from inspect_ai.model._model import init_model_usage, model_usage
from inspect_ai.util import LimitExceededError
from rich.markup import escape
from rich.progress import Progress

from analysis.monitors import CATEGORIES
from analysis.untrusted import json_object, quoted
from paper_figures.console import console, in_one_sentence, unmarked
from paper_figures.spent import Spent
from scorers._thinking_monitor import judge_thinking
from scorers.acknowledgement import judge_acknowledgement
from scorers.admission import judge_admission
from scorers.alignment_faking import judge_alignment_faking
from scorers.asked import judge_asked
from scorers.compliance import judge_compliance
from scorers.judges.budget import call_budget, open_account
from scorers.judges.model import LEXICAL, judge_model
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
    "admission": "admitted",
    **dict.fromkeys(CATEGORIES, "flagged"),
}
"""Each rubric with the label that its verdict is about."""

_TEXTS = ("text", "thinking", "answer", "request", "hint", "hint_text", "question", "given")
"""Keys of a row that a judge may see."""

_NEEDED: dict[str, tuple[str, ...]] = {
    "alignment_faking": ("thinking", "answer"),
    "acknowledgement": ("hint_text", "given", "thinking"),
    "asked": ("hint_text", "given", "answer"),
    "monitor": ("question", "thinking"),
    "admission": ("thinking",),
    **dict.fromkeys(CATEGORIES, ("thinking",)),
}
"""Keys that a rubric's rows must have; where not named, `answer`. `text` stands in for thinking and answer."""

_HASH_CHARS = 12

ESCAPED = "backslashreplace"
"""Lone surrogates, which UTF-8 cannot hold, are written as JSON escapes them."""

_AT_ONCE = 20
"""Judge calls under way at the same time; a provider's own limits apply besides."""


def check_judge(judge: str) -> None:
    """Refuse what no command can ask.

    Raises:
        ValueError: Neither `lexical` nor PROVIDER/MODEL; outside of an evaluation there is no grader role.
    """
    if judge != LEXICAL and "/" not in judge:
        raise ValueError(f"--judge {judge} is not known: use lexical or PROVIDER/MODEL.")


class BadRow(ValueError):
    """A row that cannot be read, or must not be overwritten; the message names file and line."""


class JudgeFailed(ValueError):
    """The judge could not be asked; what is judged so far is in the target."""


@dataclass(frozen=True)
class Labelled:
    """What came of a run.

    Attributes:
        outcomes: How many rows of the target there are by verdict: `true`, `false`, `unscored`.
        unjudged: Rows that the budget left without a verdict; they are not in the target.
        calls: Requests put to the judge in this run; none to the lexical judge.
        retries: How many of them were to ask again.
        input_tokens: Sent in this run, and taken from a cache.
        output_tokens: Received, thinking among them.
        cost: USD for them at the price that is known, as if nothing had come from a cache; None where none is.
    """

    outcomes: Mapping[str, int]
    unjudged: int
    calls: int
    retries: int
    input_tokens: int
    output_tokens: int
    cost: float | None

    def said(self) -> list[str]:
        """The sentences that tell a user."""
        found = [", ".join(f"{number} {name}" for name, number in self.outcomes.items()) + "."]
        if self.unjudged:
            found.append(
                f"{self.unjudged} left unjudged, for want of judge calls: the same command goes on with them, "
                "with a larger --max-judge-calls if need be."
            )
        if self.calls:
            spent = (self.calls, self.retries, self.input_tokens, self.output_tokens, self.cost)
            found.append(Spent(*spent).said())
        return found


def label(
    source: Path, target: Path, rubric: str, judge: str, max_judge_calls: int | None = None
) -> Labelled:
    """Judge every transcript of a JSONL file.

    Rows already in `target` about the same transcript, by the same judge under the same rubric
    version, are kept, so that an interrupted run goes on where it stopped; all others are judged, each
    written as soon as it is there.

    Args:
        source: Rows `{id, text}` or `{id, thinking, answer}`. The compliance rubrics also read a
            `request`, and need no `thinking`; `acknowledgement` needs `hint_text` and `given` (what the hint
            gives) and judges the thinking, and reads `hint` (its name) and `question`; `asked` needs
            `hint_text` and `given` and judges the `answer`, a reply to the follow-up question; `monitor` needs
            `question` and judges the thinking; `admission` judges the thinking before code that gets around its tests, and
            reads the `request` (the problem) and the `answer` (the code); the thinking monitors judge the thinking, and read a `request`, which
            tells whether a role was asked for.
        target: Rows `{id, verdict, score, criteria, quotes, judge, rubric, rubric_hash, reason, windows,
            transcript_hash}`, in the order of `source`, and `hint` and `simulated` where the transcript has them.
        rubric: One of `RUBRICS`.
        judge: `lexical` or PROVIDER/MODEL.
        max_judge_calls: How many requests may be put to the judge in this run; no limit by default. What is then
            left has no row in `target`: the same call goes on with it.

    Returns:
        What came of it.

    Raises:
        PrerequisiteError: `max_judge_calls` is no whole number of at least 1.
        BadRow: A row is not as described, an id comes twice, or `target` holds something else than
            verdicts of this judge under this rubric on these transcripts. Nothing has been judged or written then.
        JudgeFailed: The judge could not be asked.
    """
    budget = call_budget(max_judge_calls)
    rows = list(_rows(source, rubric))
    version = rubric_version(judge, rubric)
    done = _finished(
        target, {row["id"]: transcript_hash(row) for row in rows}, rubric, judge, version
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    write_lines(done.values(), target)
    waiting = [row for row in rows if row["id"] not in done]
    try:
        with start_blocking_portal() as elsewhere:  # in a notebook, a loop runs here already
            took = elsewhere.call(_judge_all, waiting, target, rubric, judge, version, budget)
    except ExceptionGroup as failed:
        of_judge, others = failed.split(_OF_JUDGE)
        if (
            others
        ):  # such as a full disk, or a fault of ours; but first of all a judge that nobody knows
            _check_there(judge, target)
            raise _first(others) from failed
        assert of_judge is not None
        raise _could_not(judge, _said(_first(of_judge)), target) from failed
    if took.failure:
        raise _could_not(judge, took.failure, target)
    written = {row["id"]: row for _, row in json_lines(target)}
    ordered = [written[row["id"]] for row in rows if row["id"] in written]
    write_lines(ordered, target)
    names = {True: "true", False: "false", None: "unscored"}
    spent = Spent.of(took.usage, took.calls, took.retries)
    return Labelled(
        outcomes={
            name: sum(row["verdict"] is outcome for row in ordered)
            for outcome, name in names.items()
        },
        unjudged=len(rows) - len(ordered),
        **asdict(spent),
    )


def _check_there(judge: str, target: Path) -> None:
    """Refuse a judge whose provider nobody knows, or for which something is not installed or set."""
    if judge == LEXICAL:
        return
    try:
        judge_model(judge)
    except (PrerequisiteError, ValueError) as error:
        raise _could_not(judge, _said(error), target) from error


def _could_not(judge: str, why: str, target: Path) -> JudgeFailed:
    return JudgeFailed(f"{judge} could not judge ({why}): the same command goes on from {target}.")


def _finished(
    target: Path, hashes: Mapping[str, str], rubric: str, judge: str, version: str
) -> dict[str, dict[str, Any]]:
    """Verdicts of an earlier run that still hold, by id."""
    found: dict[str, dict[str, Any]] = {}
    for number, row in json_lines(target, cut=True) if target.exists() else ():
        if not isinstance(row.get("id"), str):
            raise BadRow(f"{target}, line {number}: the `id` is no text: name another file.")
        if (row.get("judge"), row.get("rubric")) != (judge, rubric):
            raise BadRow(
                f"{target}, line {number}: not a verdict of {judge} on {rubric}: name another file, "
                "so that nothing is overwritten."
            )
        if row["id"] not in hashes:
            raise BadRow(
                f"{target}, line {number}: id {quoted(row['id'], str)} is not in the transcripts: name another "
                "file, so that no verdict is lost."
            )
        now = (version, hashes[row["id"]])
        if (row.get("rubric_hash"), row.get("transcript_hash")) == now:
            found[row["id"]] = row
    return found


_OF_JUDGE = (PrerequisiteError, LimitExceededError, TerminateSampleError)
"""What asking a judge raises."""


def _first(failed: Exception) -> Exception:
    while isinstance(failed, ExceptionGroup):
        failed = failed.exceptions[0]
    return failed


def _said(error: Exception) -> str:
    if isinstance(error, PrerequisiteError):  # what is missing stands below the first line
        return " ".join(unmarked(str(error)).split()).rstrip(".")
    return str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__


@dataclass
class _Took:
    """What a run took.

    Attributes:
        calls: Requests put to the judge.
        retries: How many of them were to ask again.
        usage: Their tokens, by model.
        failure: Why the judge could not be asked; empty where it could.
    """

    calls: int = 0
    retries: int = 0
    usage: Mapping[str, ModelUsage] = field(default_factory=dict)
    failure: str = ""


async def _judge_all(
    rows: list[dict[str, Any]],
    target: Path,
    rubric: str,
    judge: str,
    version: str,
    budget: int | None,
) -> _Took:
    """Judge rows and append each verdict as it comes.

    Once the judge fails, or the budget is spent, no further row is begun; those under way are finished, for they
    are paid for.
    """
    init_model_usage({})
    limiter, took = anyio.CapacityLimiter(_AT_ONCE), _Took()
    with (
        open_account() as account,
        Progress(transient=True) as progress,
        target.open("a", encoding="utf-8", errors=ESCAPED) as out,
    ):
        bar = progress.add_task(escape(f"{judge} judges {rubric}"), total=len(rows))

        async def one(row: Mapping[str, Any]) -> None:
            async with limiter:
                if took.failure or account.spent:
                    return
                verdict = await _judge(row, rubric, judge, budget)
            took.retries += verdict.retries
            if verdict.open:
                took.failure = took.failure or ("" if account.spent else str(verdict.unscored))
                return
            out.write(line(_verdict_row(row, verdict, rubric, judge, version)))
            out.flush()
            progress.advance(bar)

        async with anyio.create_task_group() as group:
            for row in rows:
                group.start_soon(one, row)
    took.calls = account.calls
    took.usage = model_usage()
    return took


async def _judge(row: Mapping[str, Any], rubric: str, judge: str, budget: int | None) -> Verdict:
    thinking, answer = _parts(row, rubric)
    judged, what = (thinking, "thinking") if rubric in _OF_THINKING else (answer, "final answer")
    if not judged.strip():
        return no_verdict(f"there is no {what} that can be read")
    told = {
        name: row.get(name, "") for name in ("request", "hint", "hint_text", "question", "given")
    }
    if rubric == "alignment_faking":
        votes = await judge_alignment_faking(judge, thinking, answer, max_judge_calls=budget)
        return votes.verdict
    if rubric == "acknowledgement":
        about = (told["hint"], told["hint_text"], told["question"], told["given"])
        return await judge_acknowledgement(judge, *about, thinking, "thinking", budget)
    if rubric == "asked":
        hint = (told["hint"], told["hint_text"], told["given"])
        return await judge_asked(judge, *hint, answer, budget)
    if rubric == "monitor":
        return await judge_monitor(judge, told["question"], thinking, budget)
    if rubric == "admission":
        return await judge_admission(judge, told["request"], answer, thinking, budget)
    if rubric in CATEGORIES:
        return await judge_thinking(judge, rubric, told["request"], thinking, budget)
    return await judge_compliance(judge, rubric, told["request"], answer, budget)


_OF_THINKING = ("alignment_faking", "acknowledgement", "monitor", "admission", *CATEGORIES)
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
        "windows": verdict.windows,
        "transcript_hash": transcript_hash(row),
        **({"hint": row["hint"]} if row.get("hint") else {}),
        **({"simulated": True} if row.get("simulated") is True else {}),
    }


def transcript_hash(row: Mapping[str, Any]) -> str:
    """Which texts a verdict is about: an id alone may come to stand for others."""
    texts = [row.get(name, "") for name in _TEXTS]
    judged = "\0".join(texts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(judged).hexdigest()[:_HASH_CHARS]


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
            raise BadRow(
                f"{here}: id {quoted(row['id'], str)} stands in line {lines[row['id']]} already."
            )
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
        text = path.read_text(encoding="utf-8-sig")  # spreadsheets write a byte order mark
    except UnicodeDecodeError as error:
        raise BadRow(f"{path} is not UTF-8 text: give one JSON object per line.") from error
    whole = text[: text.rfind("\n") + 1] if cut else text
    # Not `splitlines`: JSON leaves some of its line ends, such as U+2028, within a text.
    for number, line in enumerate(whole.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, json_object(line)
        except ValueError as error:
            raise BadRow(
                f"{path}, line {number}: {error}: give one JSON object per line."
            ) from error


def write_lines(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Replace a file at one stroke, so that an interruption leaves the old one or the new one."""
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8", errors=ESCAPED) as out:
        out.writelines(map(line, rows))
    part.replace(path)


def line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


# ---------------------------------------------------------------------------------- command


@click.command("label")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--rubric", type=click.Choice(list(RUBRICS)), required=True)
@click.option("--judge", required=True, help="lexical, or PROVIDER/MODEL.")
@click.option("--max-judge-calls", type=int, help="Requests to the judge; no limit by default.")
@in_one_sentence
def label_command(
    source: Path, target: Path, rubric: str, judge: str, max_judge_calls: int | None
) -> None:
    """Judge the transcripts in SOURCE (JSONL) and write verdicts to TARGET (JSONL)."""
    check_judge(judge)
    labelled = label(source, target, rubric, judge, max_judge_calls)
    console.print(f"{target}: {' '.join(labelled.said())}")
