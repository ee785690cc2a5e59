"""Logs in, one tidy frame out: a row per sample and scorer, from headers and sample summaries.

Anyone's Inspect logs can be read, from anywhere that fsspec opens. What is known of the format stands in
`log_format`; what was read once is kept by `cache`.
"""

import gc
import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from itertools import chain
from os.path import splitext
from pathlib import Path
from types import NoneType
from typing import Any, Final, Literal, TypeGuard, get_args
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
from inspect_ai._util.log_layout import merged_log_candidates_for_shard
from inspect_ai.log import EvalLog
from inspect_ai.model import ChatMessage, ChatMessageUser
from inspect_ai.scorer._scorer import unique_scorer_name

from analysis import cache as kept
from analysis import log_format
from analysis.log_format import (
    FullSample,
    LogFile,
    ScoreFields,
    Summary,
    Thinned,
    sentence,
    thinned,
)
from analysis.quantities import Visibility
from scorers.thinking import FOLLOW_UP, Reading, read_messages

_TRANSPORT: Final = {
    *("max_connections", "adaptive_connections", "max_retries", "timeout", "attempt_timeout"),
    *("stream_idle_timeout", "batch", "cache", "cache_prompt"),
    *("logprobs", "top_logprobs", "prompt_logprobs"),
}
"""Generate options that change no answer."""

_CREDENTIALS: Final = re.compile(
    r"(?:.*[-_.])?(?:api[-_]?key|(?:access|api|auth|bearer|hf)[-_]?token|(?:proxy-)?authorization|auth|auth[-_]key|cookie|password)|token",
    re.IGNORECASE,
)
"""Names of what opens a door: another key to the same model changes no answer."""

_NESTED: Final = ("extra_headers", "extra_body")
"""Generate options with names of someone else's in them, where secrets may stand."""

SIMULATED_PROVIDER = "organism/"
"""Models of this provider are simulated, and every row about them says so."""

VISIBILITIES = get_args(Visibility)
"""One of them is 1 in a score's value, as `thinking_VISIBILITY`."""

INVENTORY: Final = [
    *("log", "location", "task", "task_version", "snapshot", "model", "reasoning", "created"),
    *("status", "n_posed", "n_samples", "n_errors", "n_again"),
    *("model_calls", "model_retries", "judge_calls", "judge_retries", "judge", "usage"),
    *("inspect_version", "revision", "used", "problem"),
]
"""Columns of `inventory`."""

EFFORT: Final = ("turns", "thinking_tokens", "output_tokens", "total_time", "working_time")
"""Columns that say what a sample took, as numbers; NaN where its log does not tell."""

OWN: Final = [
    *("log", "task", "dataset", "snapshot", "model", "reasoning", "settings", "simulated"),
    *("item_id", "sample_id", "epoch", "error", "limit", *EFFORT),
    *("scorer", "judge", "rubric", "rubric_hash"),
    *("thinking_visibility", "location", "task_args", "score_keys"),
]
"""Columns that every frame begins with; metadata of these names is left out."""

OURS: Final = "thinking_chars"
"""A key that every scorer of ours has in its value."""

_OF_MODEL: Final = ("model_calls", "model_retries")
_OF_JUDGES: Final = ("judge_calls", "judge_retries")

CALLS: Final = (*_OF_MODEL, *_OF_JUDGES)
"""Keys that say how often was asked in a sample. They are counts and label nothing: each scorer of ours tells those of the
model, which all share, and those of its own judges."""

SCORE: Final = "score"
"""The column of a score that is a single value; metadata of this name is left out."""

_ONE_HOT: Final = [(f"thinking_{name}", name) for name in VISIBILITIES]

_TEXT: Final = ("thinking_text", "answer_text")

_TAKEN: Final = {*OWN, *_TEXT, SCORE}
"""Columns in which no key of another project's scorer may stand; its column is `score.KEY`."""

_OF_WHEEL = "inspect_tasks/"
"""Before the name of a task that was run from an installed package."""

_TOLD: Final = 40  # characters of a setting's value behind a snapshot's name; a longer one is cut

_Columns = dict[str, np.ndarray]
_Problems = list[tuple[LogFile, str]]
_Key = tuple[str, int]
"""Sample id and epoch."""

_PerScorer = Sequence[Sequence[Any]]
"""Values of one column: per scorer one for each sample; of one scorer alone, what all share."""


class NoLogs(ValueError):
    """A folder holds no log that can be read."""


@dataclass(frozen=True)
class Transcript:
    """One sample as it was had.

    Attributes:
        log: Name of the file.
        location: Full path or URL of the log.
        sample_id: As in the frame.
        epoch: From 1.
        messages: Role and text of each turn, in order, the prompt included.
        thinking: The model's own, as far as it can be read.
        answer: The final answer, without any thinking.
        scores: Per scorer key `value`, `answer`, `explanation` and `metadata`.
    """

    log: str
    location: str
    sample_id: str
    epoch: int
    messages: tuple[tuple[str, str], ...]
    thinking: str
    answer: str
    scores: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class _Facts:
    """What is known of a log as a whole; numbers and text alone, so that it can be cached.

    Attributes:
        run: What the retries and copies of one run have in common.
        options: Settings that can change answers, as text by name; no secrets.
        n_posed: Samples, times epochs, that were to be run.
        n_samples: Of them recorded, with or without an error.
        n_again: Of these run again after an error.
        calls: Sums of `CALLS` over the samples that were scored; of those alone that scores tell.
        judge: Who judged, by name.
        usage: Tokens sent and received, in all samples, by role ("" for none) and model.
        revision: Git commit of the code that ran.
    """

    task: str
    run: list[str]
    run_id: str
    task_version: int | str
    model: str
    reasoning: str
    created: str
    status: str
    options: dict[str, str]
    n_posed: int
    n_samples: int
    n_errors: int
    n_again: int
    calls: dict[str, float]
    judge: str
    usage: dict[str, dict[str, list[int]]]
    n_scorers: int
    inspect_version: str
    revision: str
    invalidated: bool


@dataclass(frozen=True)
class _Part:
    """One log and its rows."""

    file: LogFile
    facts: _Facts
    columns: _Columns


def read(
    source: str | Path, *, text: bool = False, cache: bool = True, failed: bool = True
) -> pd.DataFrame:
    """Read every log at or below a path or URL.

    Args:
        source: Folder or URL of Inspect logs (`.eval` or `.json`), or one log file.
        text: Also open the samples themselves, one after the other, for `thinking_text` and `answer_text`.
        cache: Take what was read before from the cache where the log is unchanged, and keep what is read.
        failed: Take runs, too, of which every sample ended in an error, as where a task refuses its model; else they are left
            out, and named among the problems.

    Returns:
        One row per sample, epoch and scorer, with `log, task, dataset, snapshot, model, reasoning,
        settings, sample_id, epoch, item_id, arm`, the other sample metadata (lists and dicts as
        JSON), `scorer, judge`, the keys of the score value (or `score`), `thinking_visibility, simulated,
        error, location`, run after run in the order in which samples were posed. What is missing is
        NaN. A sample that errored has its rows, without labels. `snapshot` is the model; where one model was
        run in one mode under several settings, those that differ stand behind it. `score_keys` says as JSON
        which columns hold the scorer's values in this log, by key ("" for a single value); a key that has
        the name of a column of its own stands in `score.KEY`. `task_args` is the task's arguments, and the
        solver and models in roles that were chosen beside, as JSON by name, without secrets.
        `frame.attrs["problems"]` lists (log, problem) for each log that is left out or incomplete; of several
        logs of one run (retries, copies) each sample counts once.

        `limit` is the kind of limit that ended a sample ("" for none). The columns `EFFORT` are of samples, not of scores:

        - `turns`: how often a model was asked while the sample was solved, answers out of a cache among them, scoring left out
          (Inspect's `turn_count`). It is the evaluated model's own number where the task asks no other; where solvers ask others too
          (one that plays a user, sub-agents), it is theirs and the evaluated model's together, an upper bound. Logs of before
          Inspect counted turns have it from our own scorers (`model_calls`: the evaluated model alone, without what a cache
          answered), and from others not at all: a count of messages tells how many turns there were at most, and is not taken for it.
        - `thinking_tokens`, `output_tokens`: reasoning tokens, and all that the model wrote (with these, as the providers count), as
          they were reported. What the model took in a role, as grader for one, is left out; what a scorer asked of it
          outside of any role cannot be told apart and counts.
        - `total_time`, `working_time`: seconds, with and without waiting.

    Raises:
        NoLogs: Nothing there could be read.
    """
    problems: _Problems = []
    parts = _chosen(_parts(_find(source), problems, cache), problems, failed)
    if not any(len(part.columns["log"]) for part in parts):
        more = "".join(f" {file.name}: {problem}." for file, problem in problems)
        raise NoLogs(
            f"{source} holds no Inspect log with samples: give the folder that `inspect eval "
            f"--log-dir` wrote to.{more}"
        )
    frame = _united(_with_text(parts, problems) if text else parts)
    frame.attrs["problems"] = [(file.name, problem) for file, problem in problems]
    return frame


def inventory(source: str | Path, *, failed: bool = True) -> pd.DataFrame:
    """Every log file at or below a path or URL, those that `read` leaves out among them.

    Args:
        source: As for `read`.
        failed: As for `read`.

    Returns:
        One row per file with the columns `INVENTORY`, in the order of their names. `used` says whether `read`
        takes rows of it, `problem` what is wrong with it ("" for nothing), `n_again` how many samples were run
        again after an error. Of a log that is used for some samples alone (others count in another log of its run),
        all counts are of these. `CALLS` are those of scored samples, NaN where none tells; `usage` has the tokens sent and
        received, by role ("" for none) and model.

    Raises:
        NoLogs: The path or URL does not exist or cannot be opened.
    """
    problems: _Problems = []
    files = _find(source)
    parts = _parts(files, problems, cache=True)
    used = {part.file: part for part in _chosen(parts, problems, failed)}
    names = _snapshots(parts) | _snapshots(used.values())
    told: dict[LogFile, dict[str, Any]] = {}
    for part in parts:
        facts = _facts_of(used.get(part.file, part))
        told[part.file] = {**asdict(facts), **facts.calls, "snapshot": names[part.file]}
    rows = [
        {
            **told.get(file, {}),
            "log": file.name,
            "location": log_format.told_name(file.location),
            "used": file in used,
            "problem": "; ".join(said for about, said in problems if about == file),
        }
        for file in files
    ]
    return pd.DataFrame(rows, columns=INVENTORY)


def transcripts(rows: pd.DataFrame) -> Iterator[Transcript]:
    """Open the samples that rows are about, each once and one after the other.

    Args:
        rows: Of a frame that `read` gave, with `location, sample_id, epoch`.

    Yields:
        Log by log, in the order of the rows. A sample that its log does not hold any more is left out.

    Raises:
        NoLogs: A log cannot be opened any more.
    """
    samples = rows[["location", "sample_id", "epoch"]].drop_duplicates()
    for place, wanted in samples.groupby("location", sort=False):
        location = str(place)
        keys = list(zip(wanted["sample_id"], wanted["epoch"].tolist(), strict=True))
        try:
            for sample in log_format.read_samples(location, keys):
                yield _transcript(location, sample)
        except OSError as error:
            raise NoLogs(f"{location} cannot be opened any more ({sentence(error)}).") from None


def _transcript(location: str, sample: FullSample) -> Transcript:
    reading = _reading(sample)
    return Transcript(
        log=location.rsplit("/", 1)[-1],
        location=location,
        sample_id=sample.id,
        epoch=sample.epoch,
        messages=tuple((message.role, message.text) for message in sample.messages),
        thinking=reading.thinking,
        answer=reading.answer,
        scores=sample.scores,
    )


# ---------------------------------------------------------------------------------- logs


def _find(source: str | Path) -> list[LogFile]:
    try:
        return log_format.find(str(source))
    except log_format.NotThere as error:
        raise NoLogs(str(error)) from None


def _parts(files: Sequence[LogFile], problems: _Problems, cache: bool) -> list[_Part]:
    """Every log that can be read, the earliest run first."""
    cached = kept.opened() if cache else None
    texts = Thinned()
    parts = []
    with _uncollected():
        for file in files:
            try:
                parts.append(_cached(file, cached) or _read(file, cached, texts))
            except Exception as damage:  # a foreign file can be broken in any way
                problems.append((file, f"cannot be read ({sentence(damage)})"))
    return sorted(parts, key=lambda part: (part.facts.created, part.file.name))


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for cycles meanwhile: parsed JSON has none, and the search takes a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _cached(file: LogFile, cached: kept.Cache | None) -> _Part | None:
    found = kept.load(cached, file) if cached else None
    return _Part(file, _Facts(**found[0]), found[1]) if found else None


def _read(file: LogFile, cached: kept.Cache | None, texts: Thinned) -> _Part:
    log = log_format.read_log(file.location)
    samples = sorted(log.summaries, key=_posed_order(log.header))
    part = _Part(file, _facts(log.header, samples), _columns(file, log.header, samples, texts))
    if cached and part.facts.status != "started":  # one that is still being written changes
        kept.store(cached, file, asdict(part.facts), part.columns)
    return part


def _posed_order(header: EvalLog) -> Callable[[Summary], tuple[int, int]]:
    """Sorts samples as they were posed: they lie in a log as they were finished, which differs between runs."""
    ids = header.eval.dataset.sample_ids or []
    place = {str(sample_id): i for i, sample_id in enumerate(ids)}
    return lambda summary: (summary["epoch"], place.get(str(summary["id"]), len(place)))


def _chosen(parts: Sequence[_Part], problems: _Problems, failed: bool) -> list[_Part]:
    """The logs to count, each with the samples that count: a retry repeats the samples of its log."""
    merged = {part.file.location: part for part in parts}
    runs: dict[tuple[str, ...], list[_Part]] = {}
    for part in parts:
        whole = merged_log_candidates_for_shard(part.file.location) or []
        run = next((merged[place] for place in whole if place in merged), part).facts.run
        runs.setdefault(tuple(run), []).append(part)
    chosen: list[_Part] = []
    for of_run in runs.values():
        found = _of_run(of_run, problems)
        if not failed and all(_failed(part) for part in found):
            problems += [(part.file, _why_failed(part)) for part in found]
        else:
            chosen += found
    for part in chosen:
        problems += [(part.file, said) for said in _shortcomings(part.facts)]
    return chosen


def _failed(part: _Part) -> bool:
    """Whether nothing was had at all: each sample ended in an error, as where a task refuses the model."""
    errors = part.columns["error"]
    return len(errors) > 0 and bool((errors != "").all())


def _why_failed(part: _Part) -> str:
    n, first = len(set(_keys(part))), part.columns["error"][0]
    return f"left out: all of its {n} samples ended in an error ({_first_line(first)})"


def _first_line(error: str) -> str:
    """What an error says, in one line without its full stop."""
    return next(iter(error.strip().splitlines()), "").removesuffix(".")


def _of_run(run: Sequence[_Part], problems: _Problems) -> list[_Part]:
    """Of several logs of one run the fullest, of those the latest; of the others what it lacks.

    A retry that was broken off has fewer samples than the log before it, or lacks some. A sample that
    ended in an error yields to one of another log that did not.
    """
    if len(run) == 1:
        return list(run)
    best, *others = sorted(run, key=_rank, reverse=True)
    holders: dict[_Key, tuple[_Part, bool]] = {}
    for part in (best, *others):
        for key, done in _done(part).items():
            if key not in holders or (done and not holders[key][1]):
                holders[key] = (part, done)
    chosen = []
    for part in (best, *others):
        held = {key for key, (holder, _) in holders.items() if holder is part}
        if held:
            chosen.append(_only(part, held))
        if part is not best:
            problems.append((part.file, _left_out(part, best, len(held))))
    return chosen


def _rank(part: _Part) -> tuple[int, str, int, str, str]:
    """Copies of one run that were scored again have more scorers; `X-scored.eval` counts before `X.eval`."""
    facts, (stem, ending) = part.facts, splitext(part.file.location)
    return facts.n_samples - facts.n_errors, facts.created, facts.n_scorers, stem, ending


def _left_out(part: _Part, best: _Part, n_held: int) -> str:
    kind = _kind(part)
    if n_held:
        return f"{kind}counts for {n_held} samples alone, which {best.file.name} lacks"
    if part.facts.run_id != best.facts.run_id:
        return f"{kind}left out: {best.file.name} has as much of this task or more"
    differ = bool(_scores(part) - _scores(best))
    other = ", and its scores differ: keep the copy that is to count alone" if differ else ""
    return f"{kind}left out: {best.file.name} is of the same run{other}"


def _kind(part: _Part) -> str:
    """What a log is that a killed run left behind: its own, or what Inspect made of that and the sample buffer."""
    if part.file.name.endswith(_RECOVERED):
        return "recovered from a run that was broken off, "
    return "of a run that was broken off, " if part.facts.status == "started" else ""


_RECOVERED: Final = "-recovered.eval"


def _scores(part: _Part) -> set[tuple[Any, ...]]:
    """Every score that a log has: sample, epoch, scorer, judge, key, and the value as text."""
    columns, found = part.columns, set()
    named = [columns["scorer"].tolist(), columns["judge"].tolist()]
    rows = list(zip(*zip(*_keys(part), strict=True), *named, strict=True)) if len(named[0]) else []
    for keys in dict.fromkeys(columns["score_keys"].tolist()):
        for key, column in json.loads(keys).items():
            values = zip(rows, columns["score_keys"], columns[column].tolist(), strict=True)
            found |= {
                (*row, key, repr(value))
                for row, of, value in values
                if of == keys and value == value
            }
    return found


def _done(part: _Part) -> dict[_Key, bool]:
    """The samples of a log, and whether each ended without error."""
    ended = (part.columns["error"] == "").tolist()
    return dict(zip(_keys(part), ended, strict=True))


def _keys(part: _Part) -> list[_Key]:
    columns = part.columns
    return list(zip(columns["sample_id"], columns["epoch"].tolist(), strict=True))


def _only(part: _Part, held: set[_Key]) -> _Part:
    mask = np.array([key in held for key in _keys(part)], dtype=bool)
    return replace(part, columns={name: values[mask] for name, values in part.columns.items()})


def _facts_of(part: _Part) -> _Facts:
    """The facts of the samples that count: a log of which only some do is opened again."""
    held = set(_keys(part))
    if len(held) == part.facts.n_samples:
        return part.facts
    try:
        log = log_format.read_log(part.file.location)
    except Exception:  # it was read a moment ago, or is in the cache
        return part.facts
    return _facts(
        log.header, [one for one in log.summaries if (str(one["id"]), one["epoch"]) in held]
    )


def _shortcomings(facts: _Facts) -> Iterator[str]:
    if facts.status != "success" or facts.n_samples < facts.n_posed:
        yield f"unfinished ({facts.status}): {facts.n_samples} of {facts.n_posed} samples"
    if facts.invalidated:
        yield "someone marked samples of it as invalid: they count like the others"


# ---------------------------------------------------------------------------------- headers


def _facts(header: EvalLog, samples: Sequence[Summary]) -> _Facts:
    spec = header.eval
    begun = [] if spec.task_id else [spec.run_id, spec.task, spec.created]
    return _Facts(
        task=_task(header),
        run=[spec.task_id, spec.model, *begun],
        run_id=spec.run_id,
        task_version=spec.task_version,
        model=spec.model,
        reasoning=reasoning_mode(header),
        created=spec.created,
        status=header.status,
        options={name: _told(value) for name, value in _options(header).items()},
        n_posed=_posed(header),
        n_samples=len(samples),
        n_errors=sum(bool(sample.get("error")) for sample in samples),
        n_again=sum(bool(sample.get("retries")) for sample in samples),
        calls=_calls(samples),
        judge=", ".join(_judges(header, samples)),
        usage=_usage(samples, header),
        n_scorers=len(header.eval.scorers or []),
        inspect_version=spec.packages.get("inspect_ai", ""),
        revision=_revision(header),
        invalidated=header.invalidated,
    )


def _calls(samples: Sequence[Summary]) -> dict[str, float]:
    """How often models and judges were asked, as the scores tell."""
    told: dict[str, list[float]] = {name: [] for name in CALLS}
    for sample in samples:
        labels = [_labels(score) for score in (sample.get("scores") or {}).values()]
        ours = [of_scorer for of_scorer in labels if OURS in of_scorer]
        for names, together in ((_OF_MODEL, max), (_OF_JUDGES, sum)):
            for name in names:
                known = [n for n in [of.get(name) for of in ours] if _is_count(n)]
                told[name] += [together(known)] if known else []
    return {name: float(sum(counts)) for name, counts in told.items() if counts}


def _is_count(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _judges(header: EvalLog, samples: Sequence[Summary]) -> Iterable[str]:
    return dict.fromkeys(judge for _, judge in _scorers(header, samples).values() if judge)


def _usage(samples: Sequence[Summary], header: EvalLog) -> dict[str, dict[str, list[int]]]:
    """Tokens by role and model; what a model took in a role is not told again as without one."""
    by_model = _tokens(sample.get("model_usage") for sample in samples)
    by_role = _tokens(sample.get("role_usage") for sample in samples)
    found = {role: {_in_role(header, role): tokens} for role, tokens in by_role.items()}
    for in_role in found.values():
        for model, tokens in in_role.items():
            all_told = by_model.get(model, tokens)
            by_model[model] = [max(n - m, 0) for n, m in zip(all_told, tokens, strict=True)]
    alone = {model: tokens for model, tokens in by_model.items() if any(tokens)}
    return {**({"": alone} if alone else {}), **found}


_SENT: Final = ("input_tokens", "input_tokens_cache_read", "input_tokens_cache_write")


def _tokens(usages: Iterable[Mapping[str, Any] | None]) -> dict[str, list[int]]:
    """Tokens that were sent, from a provider's cache or not, and that came back, thinking among them, by name."""
    found: dict[str, list[int]] = {}
    for name, usage in chain.from_iterable((told or {}).items() for told in usages):
        told = usage if isinstance(usage, dict) else {}
        sent = sum(told.get(key) or 0 for key in _SENT)
        total = found.setdefault(name, [0, 0])
        total[:] = [total[0] + sent, total[1] + (told.get("output_tokens") or 0)]
    return found


def _task(header: EvalLog) -> str:
    return header.eval.task.removeprefix(_OF_WHEEL)


def _posed(header: EvalLog) -> int:
    dataset = header.eval.dataset
    chosen = dataset.samples if dataset.sample_ids is None else len(dataset.sample_ids)
    return (chosen or 0) * (header.eval.config.epochs or 1)


def _revision(header: EvalLog) -> str:
    revision = header.eval.revision
    if revision is None:
        return ""
    return f"{revision.commit} with uncommitted changes" if revision.dirty else revision.commit


def _of_log(file: LogFile, header: EvalLog) -> dict[str, Any]:
    model = header.eval.model
    return {
        "log": file.name,
        "location": file.location,
        "task": _task(header),
        "dataset": header.eval.dataset.name or "",
        "snapshot": model,
        "model": model,
        "reasoning": reasoning_mode(header),
        "settings": _settings(header),
        "simulated": model.startswith(SIMULATED_PROVIDER),
        "task_args": json.dumps({name: _told(value) for name, value in _args(header).items()}),
    }


def _args(header: EvalLog) -> dict[str, Any]:
    """What a task was given beside the model: arguments, a solver, models in roles; no secrets.

    A model that judges is named by its scorer's rows already.
    """
    spec = header.eval
    told = dict(_open(spec.task_args))
    if spec.solver:
        told |= {"solver": spec.solver} | dict(_open(spec.solver_args or {}, "solver."))
    judges = {_judge(scorer, header) for scorer in spec.scorers or []}
    roles = {role: _in_role(header, role) for role in spec.model_roles or {}}
    return told | {f"model_roles.{k}": model for k, model in roles.items() if model not in judges}


def _settings(header: EvalLog) -> str:
    """What else makes runs of one condition differ: task version, votes, generate options."""
    args = header.eval.task_args
    told = {"task_version": header.eval.task_version}
    told |= {name: args[name] for name in ("votes", "threshold", "points") if name in args}
    told["editor"] = _in_role(header, "editor")
    return json.dumps(told | _options(header), sort_keys=True)


def _options(header: EvalLog) -> dict[str, Any]:
    """Settings of the model that can change its answers, by name; what looks like a secret is hidden, each in its own way.

    Of what holds names of someone else's (headers, model args), each stands by itself, as `extra_headers.NAME`.
    """
    spec = header.eval
    options = dict(_open(spec.model_args)) | _address(spec.model_base_url or "")
    for config in (header.plan.config, spec.model_generate_config):
        told = config.model_dump(exclude_none=True, mode="json")
        nested: dict[str, Any] = {name: told.pop(name) for name in _NESTED if name in told}
        options |= told | dict(_open(nested))
    return {name: value for name, value in options.items() if name not in _TRANSPORT}


def _address(url: str) -> dict[str, str]:
    """Host and port: servers of several models often share a machine. Nothing where there is no address."""
    with suppress(ValueError):
        parts = urlsplit(url)
        if parts.hostname:
            return {"base_url": parts.hostname + (f":{parts.port}" if parts.port else "")}
    return {}


def _open(values: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """Foreign values by name, without credentials; what looks like a secret is hidden, and still told apart."""
    for name, value in values.items():
        if value is None or (_CREDENTIALS.fullmatch(name) and not isinstance(value, bool)):
            continue
        if isinstance(value, dict) and not log_format.is_secret(name):
            yield from _open(value, f"{within}{name}.")
        elif isinstance(value, bool):
            yield within + name, value
        else:
            yield within + name, _shown(name, value)


def _shown(name: str, value: Any) -> Any:
    """A value as it may be seen; a hidden one by some digits of its hash, for it may be what tells two conditions apart."""
    told = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    if log_format.is_secret(name) or log_format.without_secrets(told) != told:
        return f"[hidden {hashlib.sha256(told.encode(errors='replace')).hexdigest()[:6]}]"
    return value if isinstance(value, int | float) else told


def _told(value: Any) -> str:
    """A value as it stands behind a snapshot's name."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    if len(text) <= _TOLD:
        return text
    return f"{text[:_TOLD]}... {hashlib.sha256(text.encode()).hexdigest()[:6]}"


def _snapshots(parts: Iterable[_Part]) -> dict[LogFile, str]:
    """The name of each log's snapshot.

    Settings stand behind the model where logs of one of its tasks differ in them, in one mode: what two tasks
    set differently is a matter of the tasks.
    """
    runs: dict[tuple[str, str], dict[str, list[_Part]]] = {}
    for part in parts:
        of_model = runs.setdefault((part.facts.model, part.facts.reasoning), {})
        of_model.setdefault(part.facts.task, []).append(part)
    names = {}
    for of_model in runs.values():
        differing = {name for alike in of_model.values() for name in _differing(alike)}
        for part in chain.from_iterable(of_model.values()):
            told = [f"{k}={v}" for k, v in sorted(part.facts.options.items()) if k in differing]
            names[part.file] = part.facts.model + (f" ({', '.join(told)})" if told else "")
    return names


def _differing(parts: Sequence[_Part]) -> Iterator[str]:
    options = [part.facts.options for part in parts]
    for name in dict.fromkeys(chain.from_iterable(options)):
        if len({told.get(name) for told in options}) > 1:
            yield name


_SETS_THINKING: Final = "thinking_budget"
"""The task that asks for thinking sample by sample, arm by arm: its header's settings say nothing of it."""

_NO_THINKING: Final = ("0", "[0]")
"""Its argument `budgets` where no sample may think."""


def reasoning_mode(header: EvalLog) -> Literal["standard", "extended"]:
    """How the model was run: `extended` where a reasoning effort or budget was asked for.

    A run of `thinking_budget` is one condition, `extended`, with a budget of 0 as one of its arms: its curve goes through all
    of them. With no budget but 0 it is `standard`.
    """
    if _task(header) == _SETS_THINKING:
        alone = str(header.eval.task_args.get("budgets")) in _NO_THINKING
        return "standard" if alone else "extended"
    for config in (header.plan.config, header.eval.model_generate_config):
        if config.reasoning_tokens or config.reasoning_effort not in (None, "none"):
            return "extended"
    return "standard"


def _scorers(header: EvalLog, samples: Sequence[Summary]) -> dict[str, tuple[str, str]]:
    """Key of each scorer's scores, with its name and judge; of one scorer that scored again, the latest.

    Scorers of one name have numbered keys: `match`, and `match1` for the next. It is the same scorer where its
    judge and options are the same; one of other options is named by its key. Our own scorers are told
    apart by their judges alone. Some logs have scores by keys that their header does not tell of; a header's
    key that no sample has is none of theirs.
    """
    found = dict.fromkeys(chain.from_iterable(sample.get("scores") or () for sample in samples))
    ours = {key for key in found if _is_ours(key, samples)}
    named: dict[tuple[str, str, str], tuple[str, str]] = {}
    keys: dict[tuple[str, str, str], str] = {}
    taken: list[str] = []
    for scorer in header.eval.scorers or []:
        key = unique_scorer_name(scorer.name, taken)
        taken.append(key)
        if found and key not in found:
            continue
        judge = _judge(scorer, header)
        options = "" if key in ours else json.dumps(scorer.options or {}, sort_keys=True)
        is_first = key in ours or scorer.name not in {name for name, _ in named.values()}
        same = (scorer.name, judge, options)
        named.setdefault(same, (scorer.name if is_first else key, judge))
        keys[same] = key
    unheard = {key: (key, "") for key in found if key not in taken}
    return {keys[same]: told for same, told in named.items()} | unheard or {"": ("", "")}


def _is_ours(key: str, samples: Sequence[Summary]) -> bool:
    """By the first score that a key has in a log."""
    scores = ((sample.get("scores") or {}).get(key) for sample in samples)
    return OURS in _labels(next((score for score in scores if score and score["value"]), None))


def _judge(scorer: Any, header: EvalLog) -> str:
    """The judge by name: behind `model` stands whatever was bound to the grader role.

    Other people's scorers have their judge as `model`, or in a role; one that judges by no model has none.
    """
    options = scorer.options or {}
    if "judge" in options:
        first = _first(options["judge"])
        return first if first != "model" else _in_role(header, "grader") or first
    if options.get("model"):
        return _first(options["model"])
    by_model = {"model", "model_role"} & set(options) or _BY_MODEL.match(scorer.name)
    return _in_role(header, options.get("model_role") or "grader") if by_model else ""


_BY_MODEL: Final = re.compile(r"(?:.*/)?model_graded_")
"""Scorers of Inspect's that a model judges by default; the log has no options that were not given."""


def _first(named: Any) -> str:
    """The name of a model, or of the first of several."""
    if isinstance(named, list):
        return _first(named[0]) if named else ""
    return str(named.get("model", "")) if isinstance(named, dict) else str(named)


def _in_role(header: EvalLog, role: str) -> str:
    """The model that was bound to a role; empty where none was."""
    bound = (header.eval.model_roles or {}).get(role)
    if isinstance(bound, list):
        bound = bound[0]
    return bound.model if bound else ""


# ---------------------------------------------------------------------------------- columns


def _columns(
    file: LogFile, header: EvalLog, samples: Sequence[Summary], texts: Thinned
) -> _Columns:
    """The rows of a log: sample after sample, each with a row per scorer."""
    scorers = _scorers(header, samples)
    scored = [[(sample.get("scores") or {}).get(key) for sample in samples] for key in scorers]
    labels = [_by_name([_labels(score) for score in scores]) for scores in scored]
    places = [_places(of_scorer) for of_scorer in labels]
    metadata = _by_name([sample.get("metadata", {}) for sample in samples])
    metadata = {n: _thinned(values, texts) for n, values in metadata.items() if n != SCORE}
    own: dict[str, _PerScorer] = {
        **{name: [[value] * len(samples)] for name, value in _of_log(file, header).items()},
        **{name: [values] for name, values in _of_samples(samples, metadata, texts).items()},
        **{name: [values] for name, values in _effort(samples, header).items()},
        "scorer": [[name] * len(samples) for name, _ in scorers.values()],
        "judge": [[judge] * len(samples) for _, judge in scorers.values()],
        **_of_scores(scored, labels),
        "score_keys": [[_told_keys(*of)] * len(samples) for of in zip(places, labels, strict=True)],
    }
    ordered = {name: own[name] for name in OWN}
    by_column = [
        {place[name]: values for name, values in of_scorer.items()}
        for place, of_scorer in zip(places, labels, strict=True)
    ]
    columns = {**ordered, **_foreign(metadata, by_column), **ordered}
    return {name: _interleaved(values, len(scorers)) for name, values in columns.items()}


def _of_samples(
    samples: Sequence[Summary], metadata: Mapping[str, Sequence[Any]], texts: Thinned
) -> dict[str, Sequence[Any]]:
    ids = [texts.setdefault(name, name) for name in (str(sample["id"]) for sample in samples)]
    items = metadata.get("item_id", ids)
    return {
        "item_id": [
            name if item is None else str(item) for item, name in zip(items, ids, strict=True)
        ],
        "sample_id": ids,
        "epoch": [sample["epoch"] for sample in samples],
        "error": [_said(sample.get("error")) for sample in samples],
        "limit": [sample.get("limit") or "" for sample in samples],
    }


def _effort(samples: Sequence[Summary], header: EvalLog) -> dict[str, Sequence[float]]:
    """The columns `EFFORT`."""
    model = header.eval.model
    roles = [role for role in header.eval.model_roles or {} if _in_role(header, role) == model]
    alone = [(sample.get("model_usage") or {}).get(model) for sample in samples]
    in_roles = [[(s.get("role_usage") or {}).get(role) for s in samples] for role in roles]
    return {
        "turns": [_turns(sample) for sample in samples],
        "thinking_tokens": _written("reasoning_tokens", alone, in_roles),
        "output_tokens": _written("output_tokens", alone, in_roles),
        "total_time": _seconds(samples, "total_time"),
        "working_time": _seconds(samples, "working_time"),
    }


def _turns(sample: Summary) -> float:
    counted = sample.get("turn_count")
    if counted is not None:
        return float(counted)
    labels = [_labels(score) for score in (sample.get("scores") or {}).values()]
    calls = [of_scorer.get("model_calls") for of_scorer in labels if OURS in of_scorer]
    return float(max((n for n in calls if _is_count(n)), default=math.nan))


def _written(key: str, alone: Sequence[Any], in_roles: Sequence[Sequence[Any]]) -> Sequence[float]:
    """Tokens by the usage of a model in each sample, but for those that it wrote in roles."""
    written = _tokens_of(key, alone)
    for usage in in_roles:
        apart = _tokens_of(key, usage)
        written = [n - (m if m == m else 0) for n, m in zip(written, apart, strict=True)]
    return written


def _tokens_of(key: str, usage: Sequence[Any]) -> list[float]:
    told = [of.get(key) if isinstance(of, dict) else None for of in usage]
    return [math.nan if n is None else float(n) for n in told]


def _seconds(samples: Sequence[Any], name: str) -> list[float]:
    told = [sample.get(name) for sample in samples]
    return [math.nan if seconds is None else float(seconds) for seconds in told]


def _said(error: str | None) -> str:
    return log_format.without_secrets(error) if error else ""


def _places(labels: Mapping[str, Sequence[Any]]) -> dict[str, str]:
    """The column of each key of a scorer's values."""
    ours = OURS in labels
    columns = {name: f"{SCORE}.{name}" if name in _TAKEN and not ours else name for name in labels}
    return columns | ({"": SCORE} if "" in labels else {})


def _told_keys(places: Mapping[str, str], labels: Mapping[str, Sequence[Any]]) -> str:
    """The keys with their columns, as JSON; an unscored sample is a single NaN whatever the others have."""
    scored = any(value is not None and value == value for value in labels.get("", ()))
    return json.dumps({key: column for key, column in places.items() if key or scored})


def _of_scores(
    scored: Sequence[Sequence[ScoreFields | None]], labels: Sequence[Mapping[str, Sequence[Any]]]
) -> dict[str, _PerScorer]:
    said: list[list[dict[str, Any]]] = [
        [(score and score.get("metadata")) or {} for score in scores] for scores in scored
    ]
    return {
        "rubric": [[about.get("rubric", "") for about in of] for of in said],
        "rubric_hash": [[about.get("rubric_hash", "") for about in of] for of in said],
        "thinking_visibility": [
            _visibility(of, len(scores)) for of, scores in zip(labels, scored, strict=True)
        ],
    }


def _visibility(labels: Mapping[str, Sequence[Any]], n: int) -> list[str]:
    told = [""] * n
    for key, name in reversed(_ONE_HOT):
        told = (
            [name if one == 1 else other for one, other in zip(labels[key], told, strict=True)]
            if key in labels
            else told
        )
    return told


def _foreign(
    metadata: Mapping[str, Sequence[Any]], labels: Sequence[Mapping[str, Sequence[Any]]]
) -> dict[str, _PerScorer]:
    """Sample metadata and score values by column; where both have a name, the score's value counts.

    Where a scorer of ours gave none, the metadata stands in: ours say the same by one name.
    """
    foreign: dict[str, _PerScorer] = {name: [values] for name, values in metadata.items()}
    for place, of_scorer in enumerate(labels):
        for name, values in of_scorer.items():
            nothing = [None] * len(values)
            shared = metadata.get(name, nothing)
            told = [*foreign.get(name, ())]
            told = told if len(told) == len(labels) else [shared] * len(labels)
            told[place] = _flat(values, shared if OURS in of_scorer else nothing)
            foreign[name] = told
    return foreign


def _flat(values: Sequence[Any], instead: Sequence[Any]) -> Sequence[Any]:
    """Score values with lists and dicts as JSON, and something instead of None."""
    kinds = set(map(type, values))
    if not kinds & {NoneType, list, dict}:
        return values
    pairs = zip(values, instead, strict=True)
    told = (other if value is None else value for value, other in pairs)
    return [json.dumps(value) if isinstance(value, list | dict) else value for value in told]


def _by_name(records: Sequence[Mapping[str, Any]]) -> dict[str, Sequence[Any]]:
    """Values by name; None where a record has none of that name."""
    names = set(map(tuple, records))
    if len(names) == 1:  # all alike, as they nearly always are
        (alike,) = names
        columns = zip(*(record.values() for record in records), strict=True)
        return dict(zip(alike, columns, strict=True))
    return {
        name: [record.get(name) for record in records]
        for name in dict.fromkeys(chain.from_iterable(records))
    }


def _thinned(values: Sequence[Any], texts: Thinned) -> Sequence[Any]:
    kinds = set(map(type, values))
    if kinds == {str}:
        return [texts[value] for value in values]
    return [thinned(value, texts) for value in values] if kinds & {str, list, dict} else values


def _labels(score: ScoreFields | None) -> Mapping[str, Any]:
    value: Any = score["value"] if score else {}
    return value if isinstance(value, dict) else {"": value}


def _interleaved(values: _PerScorer, n_scorers: int) -> np.ndarray:
    """The values of each scorer, or those that all share, sample after sample."""
    if len(values) == 1:
        return np.repeat(_typed(values[0]), n_scorers)
    rows: list[Any] = [None] * (n_scorers * len(values[0]))
    for place, of_scorer in enumerate(values):
        rows[place::n_scorers] = of_scorer
    return _typed(rows)


def _typed(values: Sequence[Any]) -> np.ndarray:
    """Values of one column, None being a missing one, in the type that holds them all.

    Numbers are `int64` or `float64`, truth values `bool`; text, and whatever is mixed or wholly missing,
    `object`, with NaN where missing: rows share their strings, which takes a fraction of the memory of a
    column of texts.
    """
    kinds = set(map(type, values))
    if kinds == {bool}:
        return np.array(values, dtype=bool)
    if kinds == {int}:
        with suppress(OverflowError):
            return np.array(values, dtype=np.int64)
    if kinds & {int, float} and kinds <= {int, float, NoneType}:
        with suppress(OverflowError):
            return np.array(values, dtype=np.float64)
    typed = np.empty(len(values), dtype=object)
    gaps = NoneType in kinds
    typed[:] = [np.nan if value is None else value for value in values] if gaps else values
    return typed


def _united(parts: Sequence[_Part]) -> pd.DataFrame:
    """One frame of all logs, with the columns of any of them."""
    names = _snapshots(parts)
    for part in parts:
        part.columns["snapshot"] = np.full(len(part.columns["log"]), names[part.file], dtype=object)
    every = dict.fromkeys(chain.from_iterable(part.columns for part in parts))
    lengths = [len(part.columns["log"]) for part in parts]
    united = {}
    for name in every:  # taken out one by one, so that no more than one column is held twice
        held = [part.columns.pop(name, None) for part in parts]
        column = _joined(held, lengths)
        united[name] = pd.Series(column, dtype=column.dtype, copy=False)
    return pd.DataFrame(united, copy=False)


def _joined(held: Sequence[np.ndarray | None], lengths: Sequence[int]) -> np.ndarray:
    """A column of all logs, NaN where a log has none of that name."""
    told = [values for values in held if values is not None and not _blank(values)]
    has_gaps = any(n and (v is None or _blank(v)) for v, n in zip(held, lengths, strict=True))
    joined = np.empty(sum(lengths), dtype=_common({values.dtype for values in told}, has_gaps))
    end = 0
    for values, length in zip(held, lengths, strict=True):
        if (
            length
        ):  # a log that has no sample yet has no gap either, which whole numbers could not hold
            joined[end : end + length] = np.nan if values is None else values
        end += length
    return joined


def _blank(values: np.ndarray) -> bool:
    """Whether a column of a log is wholly missing, which fits any type."""
    if values.dtype != object:
        return False
    return len(values) == 0 or (values[0] is np.nan and all(v is np.nan for v in values))


def _common(kinds: set[np.dtype[Any]], has_gaps: bool) -> Any:
    """The type that holds all: whole numbers with gaps are floats, truth values with gaps are mixed."""
    names = {kind.name for kind in kinds}
    if names == {"bool"} and not has_gaps:
        return bool
    if not names or names & {"object", "bool"}:
        return object
    return np.int64 if names == {"int64"} and not has_gaps else np.float64


# ---------------------------------------------------------------------------------- text


def _with_text(parts: Sequence[_Part], problems: _Problems) -> list[_Part]:
    with _uncollected():
        return [replace(part, columns=part.columns | _text_of(part, problems)) for part in parts]


def _text_of(part: _Part, problems: _Problems) -> _Columns:
    keys = _keys(part)
    wanted = list(dict.fromkeys(keys))
    texts: dict[_Key, tuple[str, str]] = {}
    try:
        for sample in log_format.read_samples(part.file.location, wanted, _is_read):
            reading = _reading(sample)
            texts[sample.id, sample.epoch] = reading.thinking, reading.answer
    except Exception as damage:
        problems.append((part.file, f"its samples cannot be read ({sentence(damage)})"))
    else:
        if len(texts) < len(wanted):
            lost = len(wanted) - len(texts)
            problems.append((part.file, f"{lost} of its samples are there without their text"))
    told = [texts.get(key, (None, None)) for key in keys]
    return {name: _typed([of[i] for of in told]) for i, name in enumerate(_TEXT)}


def _is_read(role: str, metadata: dict[str, Any] | None) -> bool:
    return role == "assistant" or metadata == FOLLOW_UP


def _reading(sample: FullSample) -> Reading:
    """What can be read in a sample, as its scorers saw it: without any turn that asked about the answer."""
    spec = sample.header.eval
    configs = (sample.header.plan.config, spec.model_generate_config)
    headers = [config.extra_headers for config in configs]
    return read_messages(
        sample.messages[: _follow_up(sample.messages)],
        model=spec.model,
        model_args={**spec.model_args, "extra_headers": headers},
        stop_reason=sample.stop_reason,
        reasoning_tokens=sample.reasoning_tokens,
    )


def _follow_up(messages: Sequence[ChatMessage]) -> int:
    asked = (isinstance(m, ChatMessageUser) and m.metadata == FOLLOW_UP for m in messages)
    return next((i for i, found in enumerate(asked) if found), len(messages))
