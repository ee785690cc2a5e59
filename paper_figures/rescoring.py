"""`saydo score`: score logs again with another judge, sample by sample, going on where it stopped.

Inspect's own `inspect score` does the same for one log, and keeps nothing when it is interrupted. Here the scores of
a sample are written down as soon as they are there.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from inspect import signature
from pathlib import Path
from typing import Any, cast

import click
from anyio.from_thread import start_blocking_portal
from inspect_ai import score_async
from inspect_ai._util.config import parse_cli_args
from inspect_ai._util.registry import registry_params
from inspect_ai.event import Event, ModelEvent
from inspect_ai.log import EvalLog, read_eval_log, transcript, write_eval_log
from inspect_ai.model import Model, ModelUsage, get_model
from inspect_ai.scorer import Score, Scorer, Target
from inspect_ai.solver import TaskState

from analysis import logs
from paper_figures.console import console, in_one_sentence
from paper_figures.labelling import json_lines
from paper_figures.spent import Spent
from scorers.acknowledgement import acknowledgement
from scorers.alignment_faking import alignment_faking
from scorers.asked import asked
from scorers.compliance import compliance
from scorers.judges.budget import call_budget, open_account
from scorers.judges.model import LEXICAL, judge_names
from scorers.judges.record import rubric_version
from scorers.monitor import monitor

SCORERS: Mapping[str, Callable[..., Scorer]] = {
    "compliance": compliance,
    "alignment_faking": alignment_faking,
    "acknowledgement": acknowledgement,
    "asked": asked,
    "monitor": monitor,
}
"""What judges decide, in the order in which the tasks have it decided."""

RESCORED = "rescored"
"""Key of a log's metadata that says by which parameters and rubric versions it was scored again."""

_RUBRICS = (*SCORERS, "animal_welfare")
_BUDGET = "max_judge_calls"

_UNFINISHED = ".unfinished"
"""Folder within OUT for the scores of logs that are not through yet."""

_NOTHING = Spent.of({}, 0, 0)

_Key = tuple[str, int]
"""Id and epoch of a sample."""


@dataclass(frozen=True)
class Rescored:
    """What became of one log.

    Attributes:
        name: Its file name.
        n: Samples.
        n_before: How many of them an earlier run had scored.
        n_open: How many wait for a verdict that could not be had: for want of budget, or since the judge failed.
        why_open: Of one of them.
        spent: What was asked of judges in this run.
    """

    name: str
    n: int
    n_before: int
    n_open: int
    why_open: str
    spent: Spent


def rescore(
    source: str,
    out: Path,
    judge: str,
    named: Collection[str] = (),
    max_judge_calls: int | None = None,
    **options: Any,
) -> Iterator[Rescored]:
    """Score every log of a folder again.

    A log is written to `out` under its own name once all its samples are scored, with these scores in the place of
    the former ones of the same scorers, and all others as they were; until then the scores lie in a folder
    there, and the same call goes on from them. Samples that ended in an error get none. No model is
    asked but the judge.

    Args:
        source: A log, a folder of logs, or a URL.
        out: Folder for the scored logs.
        judge: `lexical` or PROVIDER/MODEL, or several separated by commas.
        named: Names of `SCORERS`; by default those that a log was scored by.
        max_judge_calls: How many requests may be put to judges in this run; no limit by default.
        **options: Parameters of the scorers, such as `votes`; each takes those it knows, and else keeps its own.

    Yields:
        What became of each log that was scored by a judge, or is to be.

    Raises:
        ValueError: No log can be scored so, or `out` holds something else; the sentence says what to do.
    """
    judges = judge_names(judge)
    found = logs.inventory(source)
    places = found.loc[found["used"], "location"]
    if any(twice := places.map(_name).duplicated()):
        name = _name(places[twice].iloc[0])
        raise ValueError(f"{source}: several logs are named {name}: score their folders apart.")
    left, any_scored = call_budget(max_judge_calls), False
    for place in places:
        log = read_eval_log(place)
        if scorers := _scorers(log, judges, named, {**options, _BUDGET: left or None}):
            any_scored = True
            yield (done := _rescore(log, out, _name(place), scorers, spent_up=left == 0))
            left = None if left is None else left - done.spent.calls
    if not any_scored:
        among = ", ".join(SCORERS)
        raise ValueError(
            f"{source}: no log was scored by a judge: name a scorer with --scorer ({among})."
        )


def _name(location: str) -> str:
    return location.replace("\\", "/").rpartition("/")[2]


def _scorers(
    log: EvalLog, judges: list[str], named: Collection[str], options: Mapping[str, Any]
) -> dict[str, Scorer]:
    """The scorers of a log with these judges, and else with the parameters that they had."""
    had = {s.name.rpartition("/")[2]: dict(s.options or {}) for s in log.eval.scorers or []}
    made: dict[str, Scorer] = {}
    for name in SCORERS:
        if name in (named or had):
            given = {**had.get(name, {}), **options, "judge": judges}
            taken = signature(SCORERS[name]).parameters
            made[name] = SCORERS[name](**{k: value for k, value in given.items() if k in taken})
    return made


def _rescore(
    log: EvalLog, out: Path, name: str, scorers: Mapping[str, Scorer], *, spent_up: bool
) -> Rescored:
    samples, finished, how = log.samples or [], out / name, _how(scorers)
    if finished.exists():
        _check_same(read_eval_log(str(finished), header_only=True).eval.metadata, how, finished)
        return Rescored(name, len(samples), len(samples), 0, "", _NOTHING)
    journal = _Journal(out / _UNFINISHED / f"{name}.jsonl", how)
    n_before = journal.n_whole(scorers)
    if spent_up:
        return Rescored(name, len(samples), n_before, len(samples) - n_before, _BUDGET, _NOTHING)
    failed = {(str(sample.id), sample.epoch) for sample in samples if sample.error}
    open_account()  # also for what was begun with the scores of one scorer
    noted = [_noted(scorer, key, journal, failed) for key, scorer in scorers.items()]
    _clear(log, scorers)
    scoring = partial(score_async, model=_of_log(log), action="append", copy=False)
    with start_blocking_portal() as elsewhere:  # in a notebook, a loop runs here already
        scored = elsewhere.call(scoring, log, noted)
    if not journal.open:
        scored.eval.metadata = {**(scored.eval.metadata or {}), RESCORED: how}
        part = journal.path.with_suffix("")
        write_eval_log(scored, str(part))
        part.replace(finished)
        journal.path.unlink()
    spent = Spent.of(journal.usage, journal.calls, journal.retries)
    return Rescored(name, len(samples), n_before, len(journal.open), journal.why_open, spent)


def _clear(log: EvalLog, scorers: Collection[str]) -> None:
    """Take the scores out that are to be made anew."""

    def others(scored_by: str | None) -> bool:
        return (scored_by or "").rpartition("/")[2] not in scorers

    for sample in log.samples or []:
        sample.scores = {k: v for k, v in (sample.scores or {}).items() if others(k)}
    log.eval.scorers = [s for s in log.eval.scorers or [] if others(s.name)]
    log.reductions = [r for r in log.reductions or [] if others(r.scorer)]
    if log.results:
        log.results.scores = [s for s in log.results.scores if others(s.scorer)]


def _how(scorers: Mapping[str, Scorer]) -> dict[str, Any]:
    """What scores depend on besides the sample: parameters and rubric versions. A budget changes none."""
    parameters = {
        name: {key: value for key, value in registry_params(scorer).items() if key != _BUDGET}
        for name, scorer in scorers.items()
    }
    judges = next(iter(parameters.values()))["judge"]
    versions = {f"{judge} {r}": rubric_version(judge, r) for judge in judges for r in _RUBRICS}
    return {"scorers": parameters, "rubrics": versions}


def _check_same(found: Mapping[str, Any] | None, how: Mapping[str, Any], path: Path) -> None:
    if (found or {}).get(RESCORED) != how:
        raise ValueError(
            f"{path} was scored by another judge, rubric version or parameter: give another --out."
        )


def _of_log(log: EvalLog) -> Model:
    """A stand-in for the model of a log, by whose name and arguments its thinking is read; it is asked nothing."""
    name = log.eval.model.rpartition("/")[2]
    config = log.plan.config.merge(log.eval.model_generate_config)
    return get_model(f"mockllm/{name}", config=config, memoize=False, **log.eval.model_args)


# --------------------------------------------------------------------------------- sample by sample


class _Journal:
    """The scores of one log so far.

    Attributes:
        path: JSONL: a line that says how it is scored, then a score per line.
        open: Samples with a verdict that could not be had this time. Nothing more is written down of them: what one
            scorer says may depend on what another said before.
        why_open: Why the last of these verdicts could not be had.
        calls: Requests put to models as judges since the journal was opened.
        retries: How many of them were to ask again.
        usage: Their tokens, by name of the judge.
    """

    def __init__(self, path: Path, how: Mapping[str, Any]) -> None:
        self.path = path
        self.open: set[_Key] = set()
        self.why_open = ""
        self.calls = self.retries = 0
        self.usage: dict[str, ModelUsage] = {}
        rows = [row for _, row in json_lines(path, cut=True)] if path.exists() else []
        if rows:
            _check_same(rows[0], how, path)
        self._scores = {
            (row["scorer"], row["sample"], row["epoch"]): Score.model_validate(row["score"])
            for row in rows[1:]
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = [{RESCORED: how}, *rows[1:]]  # without a line that was cut off
        path.write_text("".join(map(_line, whole)), encoding="utf-8")

    def n_whole(self, scorers: Collection[str]) -> int:
        """How many samples all scorers have scored."""
        samples = Counter((sample, epoch) for _, sample, epoch in self._scores)
        return sum(n == len(scorers) for n in samples.values())

    def score_of(self, scorer: str, sample: _Key) -> Score | None:
        """What was written down."""
        return self._scores.get((scorer, *sample))

    def pay(self, events: Iterable[Event]) -> None:
        """Count the tokens of what was asked."""
        for event in events:
            if isinstance(event, ModelEvent) and event.output.usage and event.cache != "read":
                used = self.usage.get(event.model, ModelUsage())
                self.usage[event.model] = used + event.output.usage

    def add(self, scorer: str, sample: _Key, made: Score) -> None:
        """Write a score down, unless a verdict of its sample is open."""
        value, metadata = cast(dict[str, float], made.value), made.metadata or {}
        if metadata["judge"] != LEXICAL:
            self.calls += int(value["judge_calls"])
            self.retries += int(value["judge_retries"])
        if metadata["open"]:
            self.open.add(sample)
            self.why_open = made.reason or ""
        if sample not in self.open:
            row = {"scorer": scorer, "sample": sample[0], "epoch": sample[1]}
            with self.path.open("a", encoding="utf-8") as out:
                out.write(_line({**row, "score": made.model_dump()}))


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row) + "\n"


def _noted(scorer: Scorer, name: str, journal: _Journal, failed: Collection[_Key]) -> Scorer:
    """A scorer that asks nobody about what is written down, and writes down the rest."""

    @wraps(scorer)  # its name, parameters and metrics too: Inspect keeps them on the function
    async def noted(state: TaskState, target: Target) -> Score | None:
        sample = (str(state.sample_id), state.epoch)
        if sample in failed:
            return None
        made = journal.score_of(name, sample)
        if made is None:
            n_events = len(transcript().events)
            made = await scorer(state, target)
            journal.pay(transcript().events[n_events:])
            assert made is not None  # ours always say something
            journal.add(name, sample, made)
        return made

    return cast(Scorer, noted)


# --------------------------------------------------------------------------------- the command


@click.command("score")
@click.argument("logs")
@click.option("--judge", required=True, help="lexical, PROVIDER/MODEL, or several with commas.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--scorer", multiple=True, type=click.Choice(list(SCORERS)), help="Repeatable.")
@click.option("-S", "options", multiple=True, help="A parameter of the scorers: -S votes=5.")
@click.option("--max-judge-calls", type=click.IntRange(min=1), help="Budget of this run.")
@in_one_sentence
def score_command(
    logs: str,
    judge: str,
    out: Path,
    scorer: tuple[str, ...],
    options: tuple[str, ...],
    max_judge_calls: int | None,
) -> None:
    """Score LOGS again with another judge, into OUT, going on where an earlier run stopped."""
    given = parse_cli_args(options)
    n_open, why = 0, ""
    for log in rescore(logs, out, judge, scorer, max_judge_calls, **given):
        n_scored = log.n - log.n_open
        console.print(
            f"{log.name}: {n_scored} of {log.n} samples scored, {log.n_before} of them before. {log.spent.said()}"
        )
        n_open, why = n_open + log.n_open, log.why_open or why
    if n_open:
        raise ValueError(
            f"{n_open} samples wait for a verdict ({why}): the same command goes on with them."
        )
    console.print(f"Written: {out}. Next: saydo report {out} --out report")
