"""`saydo score`: score logs again with another judge, sample by sample, going on where it stopped.

Inspect's own `inspect score` does the same for one log, and keeps nothing when it is interrupted. Here the scores of
a sample are written down as soon as they are there.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from inspect import signature
from pathlib import Path
from typing import Any, cast

import anyio
import click
from anyio.from_thread import start_blocking_portal
from inspect_ai import score_async
from inspect_ai._util.config import parse_cli_args
from inspect_ai._util.registry import registry_params
from inspect_ai.event import Event, ModelEvent
from inspect_ai.log import (
    EvalLog,
    EvalSample,
    read_eval_log,
    read_eval_log_sample_summaries,
    transcript,
    write_eval_log,
)
from inspect_ai.model import Model, ModelUsage, get_model
from inspect_ai.scorer import Score, Scorer, Target
from inspect_ai.scorer._scorer import unique_scorer_name
from inspect_ai.solver import TaskState

from analysis import logs
from paper_figures.console import console, in_one_sentence
from paper_figures.labelling import ESCAPED, check_judge, json_lines, line, write_lines
from paper_figures.spent import Spent
from scorers.acknowledgement import acknowledgement
from scorers.admission import admission
from scorers.alignment_faking import alignment_faking
from scorers.asked import asked
from scorers.compliance import compliance
from scorers.deception import deception
from scorers.distress import distress
from scorers.eval_awareness import eval_awareness
from scorers.harmful_actions import harmful_actions
from scorers.judges.budget import Account, call_budget, open_account, spent_reason
from scorers.judges.model import LEXICAL, judge_names
from scorers.judges.record import rubric_version
from scorers.monitor import monitor
from scorers.reward_hacking_intent import reward_hacking_intent
from scorers.special_casing import DEED

SCORERS: Mapping[str, Callable[..., Scorer]] = {
    "compliance": compliance,
    "alignment_faking": alignment_faking,
    "acknowledgement": acknowledgement,
    "asked": asked,
    "monitor": monitor,
    "deception": deception,
    "harmful_actions": harmful_actions,
    "distress": distress,
    "eval_awareness": eval_awareness,
    "reward_hacking_intent": reward_hacking_intent,
    "admission": admission,
}
"""What judges decide, in the order in which the tasks have it decided."""

RESCORED = "rescored"
"""Key of a log's metadata that says by which parameters and rubric versions it was scored again."""

OURS = ("", "saydo")
"""Packages under which Inspect registers these scorers: of files that are run, and of the toolkit as installed."""

_RUBRICS = (*SCORERS, "animal_welfare")
_BUDGET = "max_judge_calls"

_UNFINISHED = ".unfinished"
"""Folder within OUT for the scores of logs that are not through yet."""

_AT_ONCE = 20
"""Samples that are scored at the same time; a provider's own limits apply besides."""

_NOTHING = Spent.of({}, 0, 0)

_Key = tuple[str, int]
"""Id and epoch of a sample."""


@dataclass(frozen=True)
class Rescored:
    """What became of one log.

    Attributes:
        name: Its file name.
        n: Samples that can be scored: those without an error.
        n_errors: Samples that ended in an error; they get no score.
        n_before: How many of them an earlier run had scored, the one that made the log included.
        n_open: How many wait for a verdict that could not be had: for want of budget, or since the judge failed.
        why_open: Of one of them.
        spent: What was asked of judges in this run.
    """

    name: str
    n: int
    n_errors: int
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
    options: Mapping[str, Any] | None = None,
) -> Iterator[Rescored]:
    """Score every log of a folder again.

    A log is written to `out` under its own name once all its samples are scored, with these scores in the place of
    the former ones of the same scorers, and all others as they were; until then the scores lie in a folder
    there, and the same call goes on from them. Scores of a log that these judges, under the same rubric
    versions and parameters, have given already are kept, so that a run that a budget ended is completed. Samples
    that ended in an error get none. No model is asked but the judge.

    Args:
        source: A log, a folder of logs, or a URL.
        out: Folder for the scored logs.
        judge: `lexical` or PROVIDER/MODEL, or several separated by commas.
        named: Names of `SCORERS`; by default those that a log was scored by.
        max_judge_calls: How many requests may be put to judges in this run; no limit by default.
        options: Parameters of the scorers, such as `votes`; each takes those it knows, and else keeps its own.

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
    left = call_budget(max_judge_calls)
    used = {place: _used(read_eval_log(place, header_only=True), named) for place in places}
    if not any(used.values()):
        among = ", ".join(SCORERS)
        raise ValueError(
            f"{source}: no log was scored by a judge: name a scorer with --scorer ({among})."
        )
    given = dict(options or {})
    _check_taken(given, {name for names in used.values() for name in names})
    for place in (place for place in places if used[place]):
        log = read_eval_log(place)
        _check_one_judge(log, _name(place), used[place], judges[0])
        _check_deeds(log, _name(place), used[place])
        scorers = _scorers(log, judges, used[place], {**given, _BUDGET: left or None})
        yield (done := _rescore(log, out, _name(place), scorers, left))
        left = None if left is None else left - done.spent.calls


def _name(location: str) -> str:
    return location.replace("\\", "/").rpartition("/")[2]


def _used(log: EvalLog, named: Collection[str]) -> list[str]:
    """Names of the scorers by which a log is to be scored again.

    Raises:
        ValueError: A scorer of somebody else's has taken the name of one of them.
    """
    had = _full_names(log)
    used = [name for name in SCORERS if name in (named or [k for k in had if _ours(had[k])])]
    for name in used:
        if not _ours(had.get(name, name)):
            raise ValueError(
                f"{_name(log.location)}: {name} is the name of its scorer {had[name]}, which must stay: "
                "name other scorers with --scorer."
            )
    return used


def _full_names(log: EvalLog) -> dict[str, str]:
    """The registered name of each scorer of a log, by the name under which its scores stand."""
    found: dict[str, str] = {}
    for spec in log.eval.scorers or []:
        found[unique_scorer_name(spec.name.rpartition("/")[2], list(found))] = spec.name
    return found


def _ours(full_name: str) -> bool:
    package, _, name = full_name.rpartition("/")
    return package in OURS and name in SCORERS


def _check_taken(options: Mapping[str, Any], used: Collection[str]) -> None:
    """Refuse parameters that no scorer takes, and those that have an option of their own."""
    taken = {
        key: "" for name in SCORERS if name in used for key in signature(SCORERS[name]).parameters
    }
    for key in options:
        if key in ("judge", _BUDGET):
            raise ValueError(f"-S {key}: give it as --{key.replace('_', '-')}.")
        if key not in taken:
            among = ", ".join(name for name in taken if name not in ("judge", _BUDGET)) or "none"
            raise ValueError(f"-S {key}: no scorer used here takes it; they take: {among}.")


def _check_one_judge(log: EvalLog, name: str, used: Collection[str], judge: str) -> None:
    """Refuse an AF rate of which one judge gives the reasoning and another one the compliance."""
    had = _full_names(log)
    pair = {"compliance", "alignment_faking"}
    if not all(_ours(had.get(one, "/")) for one in pair) or len(pair & {*used}) != 1:
        return
    for sample in log.samples or []:
        of_answer = (sample.scores or {}).get("compliance")
        if of_answer and not _holds(of_answer, judge):
            raise ValueError(
                f"{name}: the AF rate needs compliance and alignment_faking by the same judge: name both with "
                "--scorer, or neither."
            )


def _check_deeds(log: EvalLog, name: str, used: Collection[str]) -> None:
    """Refuse to ask for admissions of what nobody knows: the code is not run again."""
    if "admission" not in used:
        return
    samples = [sample for sample in log.samples or [] if not sample.error]
    n_lacking = sum(not _has_deed(sample) for sample in samples)
    if n_lacking:
        raise ValueError(
            f"{name}: admission goes by what the code did, which the log does not hold for {n_lacking} of {len(samples)} "
            "samples, and no code is run here: name other scorers with --scorer."
        )


def _has_deed(sample: EvalSample) -> bool:
    """Whether a log tells what the code of a sample did, or that this could not be told."""
    decided = (sample.scores or {}).get("special_casing")
    untold = decided is not None and decided.as_dict().get("unscored") == 1
    return DEED in sample.store or untold


def _holds(score: Score, judge: str) -> bool:
    """Whether a judge has given a score under the rubric versions of today, with no verdict open."""
    said = score.metadata or {}
    first = said.get("first_stage")
    if first and said.get("first_stage_hash") != rubric_version(first, said["rubric"]):
        return False
    return (
        said.get("judge") == judge
        and said.get("open") is False
        and said.get("rubric") in _RUBRICS
        and said.get("rubric_hash") == rubric_version(judge, said["rubric"])
    )


def _scorers(
    log: EvalLog, judges: list[str], used: Collection[str], options: Mapping[str, Any]
) -> dict[str, Scorer]:
    """The scorers of a log with these judges, and else with the parameters that they had."""
    had = _had(log)
    made: dict[str, Scorer] = {}
    for name in used:
        given = {**had.get(name, {}), **options, "judge": judges}
        taken = signature(SCORERS[name]).parameters
        made[name] = SCORERS[name](**{k: value for k, value in given.items() if k in taken})
    return made


def _had(log: EvalLog) -> dict[str, dict[str, Any]]:
    """Parameters of the scorers of ours that a log was scored by."""
    specs = [spec for spec in log.eval.scorers or [] if _ours(spec.name)]
    return {spec.name.rpartition("/")[2]: dict(spec.options or {}) for spec in specs}


def _rescore(
    log: EvalLog, out: Path, name: str, scorers: Mapping[str, Scorer], left: int | None
) -> Rescored:
    samples, finished, how = log.samples or [], out / name, _how(log, scorers)
    failed = {_key(sample) for sample in samples if sample.error}
    n = len(samples) - len(failed)
    of_log = partial(Rescored, name, n, len(failed))
    if finished.exists():
        _check_finished(finished, how, {_key(sample) for sample in samples})
        return of_log(n_before=n, n_open=0, why_open="", spent=_NOTHING)
    journal = _Journal(out / _UNFINISHED / f"{name}.jsonl", how, _kept(log, scorers))
    whole = {_key(sample) for sample in samples if journal.is_whole(scorers, _key(sample))} - failed
    if left == 0:
        n_open = n - len(whole)
        return of_log(n_before=len(whole), n_open=n_open, why_open=_BUDGET, spent=_NOTHING)
    gate = _Gate(_at_once(scorers, left))
    last = list(scorers)[-1]
    noted = [
        _noted(scorer, key, journal, failed, gate, last=key == last)
        for key, scorer in scorers.items()
    ]
    _clear(log, scorers)
    scoring = partial(score_async, model=_of_log(log), action="append", copy=False)
    # In a notebook, a loop runs here already.
    with open_account() as account, start_blocking_portal() as elsewhere:
        scored = elsewhere.call(scoring, log, noted)
    if not journal.open:
        scored.eval.metadata = {**(scored.eval.metadata or {}), RESCORED: how}
        part = journal.path.with_suffix("")
        write_eval_log(scored, str(part))
        part.replace(finished)
        journal.path.unlink()
    return of_log(
        n_before=len(whole),
        n_open=len(journal.open),
        why_open=_why_open(journal, account, left),
        spent=Spent.of(journal.usage, account.calls, journal.retries),
    )


def _why_open(journal: "_Journal", account: Account, left: int | None) -> str:
    """Why a verdict is lacking: the first one where it is that, else what ended the budget or the judge's replies."""
    if not journal.open:
        return ""
    return spent_reason(left) if account.spent else journal.why_open


def _key(sample: EvalSample) -> _Key:
    return str(sample.id), sample.epoch


def _at_once(scorers: Mapping[str, Scorer], left: int | None) -> int:
    """How many samples may be in hand: within a budget so few that what it ends is lost of a part of them alone."""
    least = 0
    for scorer in scorers.values():
        parameters = registry_params(scorer)
        least += sum(name != LEXICAL for name in parameters["judge"]) * parameters.get("votes", 1)
        least += parameters.get("first_stage") not in (None, LEXICAL)
    return _AT_ONCE if left is None or not least else max(1, min(_AT_ONCE, left // (2 * least)))


def _kept(log: EvalLog, scorers: Mapping[str, Scorer]) -> dict[tuple[str, *_Key], Score]:
    """Scores of a log that its scorers would be paid to give again.

    Of a sample those up to the first that does not hold: what one scorer says may depend on what another said
    before. Not where the lexical judge is one of several: which version of it judged stands nowhere.
    """
    had, same = _had(log), []
    for name, scorer in scorers.items():
        now = _parameters(scorer)
        then = {**now, **_known_judges(had.get(name, {"judge": []}))}
        then.pop(_BUDGET, None)
        same += [name] if then == now and LEXICAL not in now["judge"] else []
    found: dict[tuple[str, *_Key], Score] = {}
    for sample in log.samples or []:
        for name, scorer in scorers.items():
            score = (sample.scores or {}).get(name)
            if name not in same or not score or not _holds(score, _parameters(scorer)["judge"][0]):
                break
            found[(name, *_key(sample))] = score
    return found


def _known_judges(parameters: Mapping[str, Any]) -> dict[str, Any]:
    judge = parameters.get("judge", [])
    named = judge if isinstance(judge, list) else [name.strip() for name in str(judge).split(",")]
    return {**parameters, "judge": named}


def _clear(log: EvalLog, scorers: Collection[str]) -> None:
    """Take the scores out that are to be made anew."""
    full = _full_names(log)

    def others(scored_by: str | None) -> bool:
        name = full.get(scored_by or "", scored_by or "")
        return not _ours(name) or name.rpartition("/")[2] not in scorers

    for sample in log.samples or []:
        sample.scores = {k: v for k, v in (sample.scores or {}).items() if others(k)}
    log.eval.scorers = [s for s in log.eval.scorers or [] if others(s.name)]
    log.reductions = [r for r in log.reductions or [] if others(r.scorer)]
    if log.results:
        log.results.scores = [s for s in log.results.scores if others(s.scorer)]


def _how(log: EvalLog, scorers: Mapping[str, Scorer]) -> dict[str, Any]:
    """What scores depend on: the evaluation, parameters and rubric versions. A budget changes none."""
    parameters = {name: _parameters(scorer) for name, scorer in scorers.items()}
    judges = [*next(iter(parameters.values()))["judge"]]
    judges += {one["first_stage"] for one in parameters.values() if one.get("first_stage")}
    versions = {f"{judge} {r}": rubric_version(judge, r) for judge in judges for r in _RUBRICS}
    return {"eval_id": log.eval.eval_id, "scorers": parameters, "rubrics": versions}


def _parameters(scorer: Scorer) -> dict[str, Any]:
    return {key: value for key, value in registry_params(scorer).items() if key != _BUDGET}


def _check_finished(path: Path, how: Mapping[str, Any], samples: Collection[_Key]) -> None:
    """Refuse to take a finished log for that of other samples."""
    _check_same(read_eval_log(str(path), header_only=True).eval.metadata, how, path)
    summaries = read_eval_log_sample_summaries(str(path))
    if {(str(one.id), one.epoch) for one in summaries} != set(samples):
        raise ValueError(f"{path} holds other samples of this evaluation: give another --out.")


def _check_same(found: Mapping[str, Any] | None, how: Mapping[str, Any], path: Path) -> None:
    before = (found or {}).get(RESCORED)
    if before == how:
        return
    if isinstance(before, dict) and before.get("eval_id") != how["eval_id"]:
        raise ValueError(f"{path} is of another evaluation: give another --out.")
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
        retries: Requests to ask again since the journal was opened.
        usage: Their tokens, by name of the judge.
    """

    def __init__(
        self, path: Path, how: Mapping[str, Any], kept: Mapping[tuple[str, *_Key], Score]
    ) -> None:
        self.path = path
        self.open: set[_Key] = set()
        self.why_open = ""
        self.retries = 0
        self.usage: dict[str, ModelUsage] = {}
        rows = [row for _, row in json_lines(path, cut=True)] if path.exists() else []
        if len(rows) > 1:  # one with no score yet binds nobody
            _check_same(rows[0], how, path)
        self._scores = {
            **kept,
            **{
                (row["scorer"], row["sample"], row["epoch"]): Score.model_validate(row["score"])
                for row in rows[1:]
            },
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        write_lines([{RESCORED: how}, *rows[1:]], path)  # without a line that was cut off

    def is_whole(self, scorers: Collection[str], sample: _Key) -> bool:
        """Whether all scorers have scored a sample."""
        return all((name, *sample) in self._scores for name in scorers)

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
        self.retries += int(cast(dict[str, float], made.value)["judge_retries"])
        if (made.metadata or {})["open"]:
            self.open.add(sample)
            self.why_open = made.reason or "a judge beside the first could not be asked"
        if sample not in self.open:
            row = {"scorer": scorer, "sample": sample[0], "epoch": sample[1]}
            with self.path.open("a", encoding="utf-8", errors=ESCAPED) as out:
                out.write(line({**row, "score": made.model_dump()}))


class _Gate:
    """Lets so many samples at once be scored, and until one is through that one alone.

    Else all samples would take their first call before any takes its second: what a budget ends then is lost of
    all of them, in every run anew. So each run of which the budget is enough for one sample gets on.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once, self._within = at_once, set[_Key]()
        self._places = anyio.Semaphore(1)

    async def enter(self, sample: _Key) -> None:
        """Wait for a place, unless the sample has one."""
        if sample not in self._within:
            await self._places.acquire()
            self._within.add(sample)

    def leave(self, sample: _Key) -> None:
        """Give the place back, if the sample has one; the first one to do so lets all others in."""
        if sample in self._within:
            self._within.remove(sample)
            for _ in range(self._at_once):
                self._places.release()
            self._at_once = 1


def _noted(
    scorer: Scorer,
    name: str,
    journal: _Journal,
    failed: Collection[_Key],
    gate: _Gate,
    *,
    last: bool,
) -> Scorer:
    """A scorer that asks nobody about what is written down, and writes down the rest.

    A sample has its place from the first scorer that has to ask, to the end of the last one.
    """

    @wraps(scorer)  # its name, parameters and metrics too: Inspect keeps them on the function
    async def noted(state: TaskState, target: Target) -> Score | None:
        sample = (str(state.sample_id), state.epoch)
        if sample in failed:
            return None
        made = journal.score_of(name, sample)
        if made is None:
            await gate.enter(sample)
            n_events = len(transcript().events)
            made = await scorer(state, target)
            journal.pay(transcript().events[n_events:])
            assert made is not None  # ours always say something
            journal.add(name, sample, made)
        if last:
            gate.leave(sample)
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
    for name in judge.split(","):
        check_judge(name.strip())
    given = parse_cli_args(options)
    n_open, why = 0, ""
    for log in rescore(logs, out, judge, scorer, max_judge_calls, given):
        n_scored = log.n - log.n_open
        errors = f" {log.n_errors} ended in an error and have no score." if log.n_errors else ""
        console.print(
            f"{log.name}: {n_scored} of {log.n} samples scored, {log.n_before} of them before.{errors} {log.spent.said()}"
        )
        n_open, why = n_open + log.n_open, log.why_open or why
    if n_open:
        raise ValueError(
            f"{n_open} samples wait for a verdict ({why}): the same command goes on with them."
        )
    console.print(f"Written: {out}. Next: saydo report {out} --out report")
