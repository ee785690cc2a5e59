"""Where numbers come from: from a row of a table back to logs, samples, prompts and rubrics."""

import hashlib
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
from inspect_ai.log import EvalLog, EvalSpec, read_eval_log

from analysis import scaling
from analysis.logs import VISIBILITIES
from analysis.models import known
from analysis.series import Series
from analysis.snapshots import short_names
from analysis.untrusted import is_secret, without_secrets
from analysis.validation import Calibration
from paper_figures import names
from paper_figures.cells import ABSENT, SIMULATED, Table, heading, who_is
from paper_figures.formats import text_of
from paper_figures.headlines import differing
from scorers.judges.model import GRADER

_CONDITION = ["snapshot", "reasoning", "simulated", "task", "dataset", "setting", "factors"]
"""What makes a condition here: judges are named within it."""

_MOST_IDS = 2_000
"""Sample ids printed per condition and arm: all of them stand in the logs."""


@dataclass(frozen=True)
class Log:
    """A log as the page names it: no folder of the machine that it lies on."""

    name: str
    created: str
    status: str
    samples: str
    versions: str
    command: str


@dataclass(frozen=True)
class Ids:
    """Ids of samples, the first `_MOST_IDS` of `n`."""

    names: tuple[str, ...]
    n: int


@dataclass(frozen=True)
class Arm:
    """The samples of one arm, and the prompt files that they were posed from, each with its hash."""

    name: str
    n_samples: int
    ids: Ids
    prompts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Judged:
    """What a scorer judged by."""

    scorer: str
    judge: str
    rubric: str
    rubric_hash: str

    @property
    def role(self) -> str:
        """What its model did: one that ranks answers decides none."""
        return "ranker" if self.scorer in scaling.SCORERS else "judge"


@dataclass(frozen=True)
class Condition:
    """Everything that stands behind the rows of one condition.

    Attributes:
        anchor: Its id on the page.
        of_snapshot: The id of all that is of its snapshot.
        snapshot: Its snapshot, as tables call it.
        reasoning: The mode.
        posed: Task, data set and setting, and the factors that tell it from other conditions of these.
        simulated: Whether its snapshot is.
        who: Its columns in a table, by their heading.
        subjects: What stands in the column `table` of its rows in results.csv.
        n_rows: How many rows these are.
        settings: What else its runs were made with.
        logs: Its logs.
        arms: Its samples by arm.
        judged: Scorers with judge and rubric.
        counts: Transcripts, and how many of them are left out for what.
        left_out: Ids of these, by the reason.
    """

    anchor: str
    of_snapshot: str
    snapshot: str
    reasoning: str
    posed: str
    simulated: bool
    who: Mapping[str, str]
    subjects: frozenset[str]
    n_rows: int
    settings: tuple[str, ...]
    logs: tuple[Log, ...]
    arms: tuple[Arm, ...]
    judged: tuple[Judged, ...]
    counts: Mapping[str, int]
    left_out: Mapping[str, Ids]


def conditions(
    measured: pd.DataFrame, frame: pd.DataFrame, inventory: pd.DataFrame
) -> list[Condition]:
    """The conditions of the measured rows, in their order.

    Args:
        measured: Rows of `analysis.snapshots.results`.
        frame: As `analysis.logs.read` gives it.
        inventory: As `analysis.logs.inventory` gives it.
    """
    ours = measured["snapshot"].isin(frame["snapshot"]) & (measured["logs"].fillna("") != "")
    logged = measured[ours].fillna(dict.fromkeys(_CONDITION, ""))
    samples = {str(log): of_log for log, of_log in _samples(frame).groupby("log")}
    runs = {log: _run(of_log) for log, of_log in samples.items()}
    scored = _scored(frame)
    described = {str(row["log"]): _log(row) for _, row in inventory[inventory["used"]].iterrows()}
    short = short_names(logged["snapshot"])
    found = []
    for key, rows in logged.groupby(_CONDITION, sort=False, dropna=False):
        condition = dict(zip(_CONDITION, key, strict=True))
        run = (condition["snapshot"], condition["reasoning"])  # a change names another's logs, too
        made = [n for n in _names(rows["logs"], runs) if run == runs[n]]
        if not made:
            continue
        own = pd.concat([samples[name] for name in made])
        found.append(
            Condition(
                anchor=f"from-{_short_hash(*condition.values())}",
                of_snapshot=f"of-{_short_hash(condition['snapshot'])}",
                snapshot=short[str(condition["snapshot"])],
                reasoning=str(condition["reasoning"]),
                posed=_posed(condition, logged),
                simulated=str(condition["simulated"]) == "True",
                who=_who(condition),
                subjects=frozenset(rows["table"]),
                n_rows=len(rows),
                settings=_settings(own["settings"].unique()),
                logs=tuple(described[name] for name in made if name in described),
                arms=_arms(own),
                judged=tuple(dict.fromkeys(one for name in made for one in scored.get(name, ()))),
                counts=_counts(own, rows),
                left_out=_left_out(own),
            )
        )
    return found


_POSED = ["task", "dataset", "setting"]


def _posed(condition: Mapping[str, Any], rows: pd.DataFrame) -> str:
    """Task, data set and setting, and in what it differs from what was posed the same snapshot in the same mode beside."""
    shared = ["snapshot", "reasoning", *_POSED]
    beside = rows[(rows[shared] == [condition[name] for name in shared]).all(axis=1)]
    named = [str(condition[name]) for name in _POSED if condition[name]]
    return ", ".join([*named, *differing(str(condition["factors"]), beside["factors"].unique())])


def _who(condition: Mapping[str, Any]) -> dict[str, str]:
    """The columns of `who_is` that say something, under the headings that tables give them."""
    who = who_is({**condition, "judge": ""})
    return {heading(name): str(value) for name, value in who.items() if value}


def _short_hash(*parts: object) -> str:
    return hashlib.sha256("\n".join(map(str, parts)).encode("utf-8", "replace")).hexdigest()[:10]


def _names(cells: Iterable[str], known: Iterable[str]) -> list[str]:
    """Logs that cells of the column `logs` name; a name may have blanks in it."""
    told = [f" {cell} " for cell in dict.fromkeys(cells)]
    words = set(chain.from_iterable(cell.split(" ") for cell in told))
    return [
        name
        for name in known
        if (any(f" {name} " in cell for cell in told) if " " in name else name in words)
    ]


_TRANSCRIPT = ["location", "sample_id", "epoch"]
_TOLD = ("log", "snapshot", "reasoning", "arm", "settings", "prompt_file", "prompt_hash")
_NO_VERDICT, _ERROR = "no verdict", "ended in an error"
_UNREAD = tuple(f"thinking {name}" for name in VISIBILITIES if name != "raw")
_REASONS = (*_UNREAD, _NO_VERDICT, _ERROR)
"""Why a transcript is left out of some number."""


def _samples(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per transcript: what it was posed from, whether it was refused, and each of `_REASONS`."""
    seen = frame["thinking_visibility"].fillna("")
    error = frame["error"].fillna("") != ""
    flags = {name: seen == name.removeprefix("thinking ") for name in _UNREAD}
    flags[_NO_VERDICT] = _holds(frame, "unscored") & ~error
    flags[_ERROR] = error
    flags["refused"] = _holds(frame, "refused")
    # Several scorers read one transcript, and one of them finding it so is enough.
    transcript = frame.groupby(_TRANSCRIPT, sort=False).ngroup().to_numpy()
    first = ~pd.Series(transcript).duplicated().to_numpy()
    once = frame.loc[first, _TRANSCRIPT].copy()
    for name in _TOLD:
        once[name] = frame.loc[first, name].fillna("") if name in frame else ""
    for name, holds in flags.items():
        once[name] = np.bincount(transcript, weights=holds.to_numpy(float)) > 0
    return once


def _holds(frame: pd.DataFrame, label: str) -> pd.Series:
    if label not in frame:
        return pd.Series(False, index=frame.index)
    return pd.to_numeric(frame[label], errors="coerce") == 1


def _scored(frame: pd.DataFrame) -> dict[str, list[Judged]]:
    """What the scorers of each log judged by; a score without verdict may not say."""
    columns = ["log", "scorer", "judge", "rubric", "rubric_hash"]
    told = frame[columns].fillna("").drop_duplicates()
    by_rubric = told["rubric"].ne("").groupby([told[name] for name in columns[:3]]).transform("any")
    told = told[(told["scorer"] != "") & ((told["rubric"] != "") | ~by_rubric)]
    found: dict[str, list[Judged]] = {}
    for log, *said in told.itertuples(index=False):
        found.setdefault(log, []).append(Judged(*map(str, said)))
    return found


def _run(samples: pd.DataFrame) -> tuple[str, str]:
    """Snapshot and mode of a log's samples, which are all of one."""
    first = samples.iloc[0]
    return str(first["snapshot"]), str(first["reasoning"])


def _arms(samples: pd.DataFrame) -> tuple[Arm, ...]:
    found = []
    for name, rows in samples.groupby("arm", sort=False):
        ids = tuple(dict.fromkeys(rows["sample_id"]))
        prompts = rows[["prompt_file", "prompt_hash"]].drop_duplicates()
        told = tuple((f, h) for f, h in prompts.itertuples(index=False) if f)
        found.append(Arm(str(name), len(rows), Ids(ids[:_MOST_IDS], len(ids)), told))
    return tuple(found)


def _settings(texts: Iterable[str]) -> tuple[str, ...]:
    told = [
        f"{name}={placeless_text(str(value))}"
        for text in texts
        for name, value in (json.loads(text) if text else {}).items()
        if value not in ("", None)
    ]
    return tuple(dict.fromkeys(told))


def _counts(samples: pd.DataFrame, rows: pd.DataFrame) -> dict[str, int]:
    unpaired = pd.to_numeric(rows["n_unpaired"], errors="coerce").max()
    return {
        "transcripts": len(samples),
        "refused": int(samples["refused"].sum()),
        **{name: int(samples[name].sum()) for name in _REASONS},
        "unpaired items": 0 if pd.isna(unpaired) else int(unpaired),
    }


def _left_out(samples: pd.DataFrame) -> dict[str, Ids]:
    several = samples["epoch"].nunique() > 1
    found = {name: samples[samples[name]] for name in _REASONS}
    return {name: _ids(rows, several) for name, rows in found.items() if len(rows)}


def _ids(rows: pd.DataFrame, several: bool) -> Ids:
    listed = rows.head(_MOST_IDS)
    pairs = zip(listed["sample_id"], listed["epoch"], strict=True)
    names = [f"{name} (epoch {epoch})" if several else str(name) for name, epoch in pairs]
    return Ids(tuple(names), len(rows))


# ---------------------------------------------------------------------------------- rows of tables


def row_anchors(table: Table, found: Sequence[Condition]) -> list[str]:
    """For each row of a table, the id of what it comes from; empty where it is of no condition.

    Args:
        table: The table.
        found: The conditions that it can be about.

    Returns:
        The id of the condition that agrees with the row in every column that both have; of the snapshot
        where several do.
    """
    rows = table.cells.astype(str).to_dict("records")
    return [_anchor([c for c in found if _agree(row, c)]) for row in rows]


def column_anchors(table: Table, found: Sequence[Condition]) -> list[str]:
    """For each column that is about one snapshot, as `row_anchors`; empty for all others."""
    headings = [str(name) for name in table.cells.columns]
    if "Snapshot" in headings:
        return [""] * len(headings)
    return [_anchor([c for c in found if _named(heading, c)]) for heading in headings]


def _anchor(agreeing: Sequence[Condition]) -> str:
    if len(agreeing) == 1:
        return agreeing[0].anchor
    snapshots = {condition.of_snapshot for condition in agreeing}
    return snapshots.pop() if len(snapshots) == 1 else ""


def _agree(row: Mapping[Any, str], condition: Condition) -> bool:
    if row.get("Source", "") == "published" or "Snapshot" not in row:
        return False
    who = condition.who
    if not _is_called(row["Snapshot"], condition):
        return False
    shared = [name for name in who if name in row and name not in ("Snapshot", "Source")]
    return all(row[name] == ABSENT or _prints(row[name], who[name]) for name in shared)


def _named(heading: str, condition: Condition) -> bool:
    """Whether a heading is a snapshot's name, with or without its mode."""
    heading = heading.removesuffix(f" ({SIMULATED})")
    name = heading.removesuffix(f", {condition.reasoning}")
    return _is_called(heading, condition) or _is_called(name, condition)


def _is_called(printed: str, condition: Condition) -> bool:
    """Whether a table prints a snapshot so, with or without provider."""
    return any(_prints(printed, name) for name in (condition.who["Snapshot"], condition.snapshot))


_NUMBER = re.compile(r" #\d+$")
"""What stands behind a name that shortening has made like another."""


def _prints(printed: str, name: str) -> bool:
    """Whether a table prints a name so; of a shortened one, other names may be printed so too."""
    if printed == name:
        return True
    bare = _NUMBER.sub("", printed)
    return "…" in bare and any(bare == names.told(name, longest) for longest in names.LENGTHS)


# ---------------------------------------------------------------------------------- logs


def _log(row: pd.Series) -> Log:
    try:
        header = read_eval_log(str(row["location"]), header_only=True)
    except Exception:  # it was read a moment ago; a page without a command is better than none
        header = None
    versions = [f"inspect_ai {row['inspect_version']}" if told(row["inspect_version"]) else ""]
    versions += [f"revision {row['revision']}" if told(row["revision"]) else ""]
    versions += [f"task version {row['task_version']}" if told(row["task_version"]) else ""]
    return Log(
        name=str(row["log"]),
        created=told(row["created"]),
        status=told(row["status"]),
        samples=f"{told(row['n_samples'])} of {told(row['n_posed'])} samples, {told(row['n_errors']) or 0} errors",
        versions=", ".join(filter(None, versions)),
        command=command_of(header) if header else "",
    )


def asked(inventory: pd.DataFrame) -> Table:
    """What the runs asked of whom: calls, retries, tokens and cost, by log and role.

    Args:
        inventory: As `analysis.logs.inventory` gives it.
    """
    rows = [row for _, log in inventory[inventory["used"]].iterrows() for row in _asked_in(log)]
    columns = ["Log", "Asked", "Model", *_ASKED]
    table = pd.DataFrame(rows, columns=columns).fillna(ABSENT)
    return Table(
        "asked",
        "What was asked",
        "Of the model, calls are answers that were had, and retries the requests made beyond them because one failed: what was sent is their sum. Of "
        "judges, calls are requests for a verdict, and retries those among them that asked again because a reply could not be read. Both are of samples that were "
        "scored; of a sample that was run again after an error, they are those of the last time. Tokens are of answers that were had, as the provider "
        "counted them; USD by its list price, without discounts: tokens written to a cache count as plain input, though they cost more than its list price. "
        "A sample that several logs of one run hold counts once, in the log that it was taken from. Samples in flight when a run was killed are asked "
        "for again, and what they took is in no log; calls of samples that ended in an error are in no score.",
        table,
    )


_ASKED = (
    *("Samples", "Errors", "Run again", "Calls", "Retries", "Tokens sent", "Tokens received"),
    "USD",
)


def _asked_in(log: pd.Series) -> Iterator[dict[str, str]]:
    """A row for the model under test, and one for each role that was asked beside it."""
    usage: dict[str, dict[str, list[int]]] = log["usage"] if isinstance(log["usage"], dict) else {}
    alone = usage.get("", {})
    subject = {model: tokens for model, tokens in alone.items() if model == log["model"]}
    samples = {"Samples": log["n_samples"], "Errors": log["n_errors"], "Run again": log["n_again"]}
    calls = {"Calls": log["model_calls"], "Retries": log["model_retries"]}
    yield _asked_row(log, "model", log["model"], {**samples, **calls}, subject)
    named = {model: tokens for model, tokens in alone.items() if model not in subject}
    judges = usage.get(GRADER, {}) | named
    roles = sorted(usage.keys() - {"", GRADER})
    ranker = next((role for role in roles if not judges and log["judge"] in usage[role]), "")
    if (judges or log["judge_calls"] > 0) and not ranker:
        calls = {"Calls": log["judge_calls"], "Retries": log["judge_retries"]}
        yield _asked_row(log, "judge", log["judge"] or ", ".join(judges), calls, judges)
    for role in roles:
        calls = {"Calls": log["judge_calls"], "Retries": log["judge_retries"]}
        counted = calls if role == ranker else {}
        yield _asked_row(log, role, ", ".join(usage[role]), counted, usage[role])


def _asked_row(
    log: pd.Series,
    who: str,
    model: str,
    counts: Mapping[str, Any],
    tokens: Mapping[str, Sequence[int]],
) -> dict[str, str]:
    """A row; `tokens` are those sent and received, by model."""
    prices = {name: known(name).price for name in tokens}
    costs = [price.cost(*tokens[name]) for name, price in prices.items() if price]
    sums = {
        heading: sum(told[i] for told in tokens.values()) if tokens else None
        for i, heading in enumerate(("Tokens sent", "Tokens received"))
    }
    return {
        "Log": str(log["log"]),
        "Asked": who,
        "Model": model,
        **{name: _count(n) for name, n in {**counts, **sums}.items()},
        "USD": f"{sum(costs):,.2f}" if costs and len(costs) == len(tokens) else ABSENT,
    }


def _count(value: Any) -> str:
    return ABSENT if value is None or pd.isna(value) else f"{int(value):,}"


def told(value: object) -> str:
    """A value as text, whole numbers without decimals; empty where it is missing."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else text_of(value)


_OPTIONS = (
    *("reasoning_effort", "reasoning_tokens", "reasoning_summary", "temperature", "top_p", "top_k"),
    *("max_tokens", "seed"),
)
"""Generate settings that are options of `inspect eval` under their own name."""


def command_of(header: EvalLog) -> str:
    """The `inspect eval` that poses the same again; empty of a task that was made in memory.

    Files of the machine are named without their folders, but for a task's own folder of tasks.
    """
    spec = header.eval
    task = _task_of(spec)
    if not task:
        return ""
    given: list[tuple[str, object]] = [("--model", spec.model)]
    for role, bound in (spec.model_roles or {}).items():
        first = bound[0] if isinstance(bound, list) else bound
        given.append(("--model-role", f"{role}={first.model}"))
    for name in _OPTIONS:
        value = getattr(spec.model_generate_config, name, None)
        if value is None:
            value = getattr(header.plan.config, name, None)
        if value is not None:
            given.append((f"--{name.replace('_', '-')}", value))
    if (spec.config.epochs or 1) > 1:
        given.append(("--epochs", spec.config.epochs))
    if spec.config.limit is not None:
        limit = spec.config.limit
        given.append(("--limit", limit if isinstance(limit, int) else "-".join(map(str, limit))))
    given += [
        ("-T", f"{name}={_argument(name, value)}") for name, value in spec.task_args_passed.items()
    ]
    return " ".join(
        ["inspect eval", shlex.quote(task), *(f"{k} {shlex.quote(str(v))}" for k, v in given)]
    )


_TASKS = "inspect_tasks"
"""The folder of our tasks, from beside which they are run."""


def _task_of(spec: EvalSpec) -> str:
    """The task as `inspect eval` takes it: its file, or its name where it is a package's."""
    if spec.task_file:
        path = PureWindowsPath(spec.task_file)  # takes both kinds of slashes
        ours = path.parent.name == _TASKS
        return f"{_TASKS}/{path.name}" if ours else placeless(spec.task_file)
    name = spec.task_registry_name or ""
    return name if "/" in name else ""


def _argument(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return without_secrets(_plain_argument(_hidden(name, value)))


def _hidden(name: str, value: object) -> object:
    """A value without what stands in it under the name of a secret, numbers as well; a switch is none."""
    if is_secret(name) and not isinstance(value, bool | None):
        return "[hidden]"
    if isinstance(value, dict):
        return {key: _hidden(str(key), held) for key, held in value.items()}
    return [_hidden("", held) for held in value] if isinstance(value, list) else value


def _plain_argument(value: object) -> str:
    if isinstance(value, list) and all(isinstance(x, str | int | float) for x in value):
        return ",".join(placeless(str(x)) for x in value)
    return placeless(value) if isinstance(value, str) else placeless_text(json.dumps(value))


def command(source: str, series: Series | None, calibrations: Sequence[Calibration]) -> str:
    """The `saydo report` that makes the same report again; files that it was given have stand-ins for their names."""
    parts = ["saydo report", shlex.quote(placeless(source)), "--out report"]
    if series is not None and series.snapshots:
        names = ",".join(name for _, name in series.snapshots)
        plain = all(label == name and "," not in name for label, name in series.snapshots)
        parts.append(f"--order {shlex.quote(names)}" if plain else "--series SERIES.yaml")
    if series is not None and series.reference:
        parts.append(f"--reference {shlex.quote(series.reference)}")
    numbers = [f"_{i}" for i in range(1, len(calibrations) + 1)] if len(calibrations) > 1 else [""]
    parts += [
        f"--calibration CALIBRATION{n}.json" for n, _ in zip(numbers, calibrations, strict=False)
    ]
    return " ".join(parts)


def placeless(where: str) -> str:
    """A file or folder without the place where it lies on a machine; of an address, no credentials or query."""
    if "://" in where:
        try:
            parts = urlsplit(where)
        except ValueError:  # no address, though it begins like one
            return where.partition("://")[0]
        if parts.scheme == "file":
            return PurePosixPath(parts.path).name
        return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
    for path in (PurePosixPath(where), PureWindowsPath(where)):
        if path.is_absolute() or ".." in path.parts:
            return path.name or "logs"
    return where


_PLACE = re.compile(r"(?:(?:file://)?(?<![\w./:])/|\b[A-Za-z]:\\)(?:[^\s/\\'\"]+[/\\])+")
_ADDRESS = re.compile(r"\b\w+://[^\s'\"]+")


def placeless_text(said: str) -> str:
    """A sentence whose files are named without their folders, and addresses without credentials."""
    said = _ADDRESS.sub(lambda match: placeless(match[0]), said)
    return _PLACE.sub("", said)


def placeless_problems(problems: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What is wrong with what, as the page and the console say it."""
    return [(placeless_text(about), placeless_text(said)) for about, said in problems]
