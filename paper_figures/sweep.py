"""`saydo sweep`: snapshots x modes x tasks by Inspect's `eval_set`, going on where it stopped.

A sweep is YAML:

    log_dir: logs/release
    snapshots:                     # in the order of release: names, or LABEL: name
      - anthropic/claude-3-7-sonnet-20250219
      - latest: anthropic/claude-sonnet-4-5
    modes:                         # both, unless some are named
      standard: {}
      extended: {reasoning_tokens: 8000, reasoning_effort: high}
    tasks:                         # files of inspect_tasks, with their parameters
      - task: alignment_faking
        n_items: 100
      - task: cot_faithfulness
        modes: [extended]
        difficulty: hard
      - task: thinking_budget      # once for each snapshot: it sets its thinking by itself
        budgets: 1024,4096,16384
    judge: anthropic/claude-haiku-4-5     # or `lexical`
    ranker: anthropic/claude-haiku-4-5    # best-of-k in thinking_budget; without it there is none
    epochs: 1                      # of tasks that have no number of their own
    limits: {max_connections: 20}  # options of `eval_set`; those that `Limits` has defaults for need not be given

It is a series file (`analysis.series`) too: `saydo report logs/release --series sweep.yaml`.

A sweep that was broken off, by a kill or a power cut too, goes on where it stopped. What its logs hold stays; what was
answered and scored but not yet written there (up to `log_buffer` samples of a run) comes back out of Inspect's sample buffer, a
database on this machine that `log_realtime` keeps. Samples in flight are asked for again. `run_all` therefore
switches on what this needs, whatever the environment says. On a machine that can vanish with its disk, or in a container
where every start has the same process id (Inspect then takes the broken-off run for one that is going on), add
`log_shared: 10` to the limits: the buffer is copied beside the logs every ten seconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import click
import pandas as pd
from inspect_ai import Task, eval_set, task_with
from inspect_ai._util.error import PrerequisiteError
from inspect_ai._util.file import filesystem
from inspect_ai.dataset import Sample
from inspect_ai.log import list_eval_logs, read_eval_log
from inspect_ai.model import GenerateConfig, Model, get_model, get_model_info
from inspect_ai.model._reasoning import effort_to_reasoning_tokens
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from analysis import series
from analysis.models import known
from analysis.untrusted import quoted
from inspect_tasks.special_casing import SIMULATED
from inspect_tasks.thinking_budget import ANSWER_ROOM, EFFORT_ROOM
from paper_figures.cells import Table
from paper_figures.console import console, in_one_sentence, show
from paper_figures.plan import (
    NOT_COUNTED,
    THINKING_SAID,
    amounts,
    full_name,
    further_assumptions,
    how_counted,
    price_notes,
)
from paper_figures.projection import (
    BUDGETS,
    EDITOR,
    RANKER,
    Assumed,
    Load,
    Posed,
    make,
    per_item,
    posed,
    taken_parameters,
)
from scorers.judges.model import CLASSIFIER, GRADER, LEXICAL, MODEL, judge_names
from scorers.maths import Effort

ALONE = "by budget"
"""What stands for the mode of a run that sets its thinking by itself."""


class _Checked(BaseModel):
    """No unknown keys, and no value of another type than is written."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Mode(_Checked):
    """How the models are run.

    Attributes:
        reasoning_tokens: Budget of thinking, for models that take one.
        reasoning_effort: Effort, for models that take that, or for all where no budget is given.
        elicitation: Where the reasoning is; by default `native` in a mode with thinking, else `scratchpad`.
        max_tokens: Of an answer with its thinking; by default `ANSWER_ROOM` above a budget, and of Claude also `ANSWER_ROOM`
            without thinking and `EFFORT_ROOM` by effort, as far as the model can put out so many.
    """

    reasoning_tokens: int | None = Field(default=None, ge=1024)  # what Anthropic takes at least
    reasoning_effort: Effort | None = None
    elicitation: Literal["scratchpad", "native", "none"] | None = None
    max_tokens: int | None = Field(default=None, ge=1)

    @property
    def thinks(self) -> bool:
        """Whether thinking is asked for."""
        return self.reasoning_tokens is not None or self.reasoning_effort is not None

    @property
    def where(self) -> str:
        """Where the reasoning is: a mode without thinking of its own needs a scratchpad."""
        return self.elicitation or ("native" if self.thinks else "scratchpad")


STANDARD, EXTENDED = "standard", "extended"

MODES = {
    STANDARD: Mode(),
    EXTENDED: Mode(reasoning_tokens=8000, reasoning_effort="high"),
}
"""What the two modes are where a sweep does not say otherwise; each model takes the option that it knows."""


class Entry(BaseModel):
    """One task of a sweep: its name, in which modes and how often, and its parameters."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    task: str
    modes: list[str] | None = None
    epochs: int | None = Field(default=None, ge=1)

    @property
    def parameters(self) -> dict[str, Any]:
        """The task's own parameters."""
        return dict(self.__pydantic_extra__ or {})


class Limits(_Checked):
    """Options of Inspect's `eval_set`, by their names there; `null` takes Inspect's own default.

    Attributes:
        max_retries: Of a request that failed for a moment (429, 5xx, overloaded, dropped). Inspect tries for ever by
            default, and waits twice as long each time: 8 ride out 13 minutes, in which a provider's client makes up to 27
            requests.
        attempt_timeout: Seconds for one request; the only end of one that hangs with its connection alive. Half an hour is 64,000
            tokens at 36 a second: a shorter one would drop the longest reasoning first, which bends every rate.
        retry_on_error: A sample that ended in an error (a page of HTML, broken JSON, no retries left) is posed once more.
        fail_on_error: Share of a run's samples from which errors end it, so that a wrong key costs little, and one lost
            sample doesn't end a long run as by default. What is below stays in the log with its error, is in no rate, and is counted.
        retry_attempts: How often a run that was ended so begins again at once, with what is there; then the next
            `saydo sweep` goes on.
        log_buffer: Samples that may be answered and not yet written to the log: by default 10, and a twentieth of a run of
            1,000 or more.
        log_shared: Seconds after which the sample buffer is copied beside the logs.
    """

    max_connections: int | None = Field(default=None, ge=1)
    max_retries: int | None = Field(default=8, ge=0)
    timeout: int | None = Field(default=None, ge=1)
    attempt_timeout: int | None = Field(default=1800, ge=1)
    max_tasks: int | None = Field(default=None, ge=1)
    max_samples: int | None = Field(default=None, ge=1)
    fail_on_error: bool | float | None = 0.05
    retry_on_error: int | None = Field(default=1, ge=0)
    retry_attempts: int | None = Field(default=2, ge=0)
    time_limit: int | None = Field(default=None, ge=1)
    token_limit: int | None = Field(default=None, ge=1)
    log_buffer: int | None = Field(default=None, ge=1)
    log_shared: int | None = Field(default=None, ge=1)


class Sweep(_Checked):
    """A sweep file, with what it leaves out filled in.

    Attributes:
        log_dir: Folder of the logs, from where the command is started.
        snapshots: Label and name of each.
        reference: For `saydo report --series`; a sweep does not use it.
        modes: By name.
        tasks: In which modes, and with which parameters.
        judge: `lexical`, or the model in the role `grader`; in prompt_injection, in the role `classifier`.
        editor: The model that edits reasoning in cot_interventions.
        ranker: The model that scores answers in thinking_budget, which it does where it is named.
        epochs: Of tasks that have no number of their own; an entry's `epochs` goes before both.
        limits: For `eval_set`.
    """

    log_dir: str
    snapshots: list[dict[str, str]] = Field(min_length=1)
    reference: str | None = None
    modes: dict[str, Mode] = Field(default_factory=lambda: dict(MODES), min_length=1)
    tasks: list[Entry] = Field(min_length=1)
    judge: str = ""
    editor: str = ""
    ranker: str = ""
    epochs: int | None = Field(default=None, ge=1)
    limits: Limits = Limits()

    @field_validator("snapshots", mode="before")
    @classmethod
    def _bare_names(cls, given: Any) -> Any:
        """A name stands for itself."""
        entries = given if isinstance(given, list) else [given]
        return [{entry: entry} if isinstance(entry, str) else entry for entry in entries]

    @field_validator("modes", mode="before")
    @classmethod
    def _known_modes(cls, given: Any) -> Any:
        """A list of names, or names without settings: as in `MODES`."""
        is_names = isinstance(given, list) and all(isinstance(name, str) for name in given)
        named = dict.fromkeys(given) if is_names else given
        if not isinstance(named, dict):
            return given
        return {name: mode or MODES.get(name, Mode()) for name, mode in named.items()}

    @field_validator("tasks", mode="before")
    @classmethod
    def _bare_tasks(cls, given: Any) -> Any:
        """A task without parameters can be its name alone."""
        entries = given if isinstance(given, list) else [given]
        return [{"task": entry} if isinstance(entry, str) else entry for entry in entries]


@dataclass(frozen=True)
class Run:
    """One snapshot in one mode on one task.

    Attributes:
        label: What the snapshot is called.
        snapshot: PROVIDER/MODEL.
        mode: Name of the mode.
        thinks: Whether the model is asked to think.
        config: How the model is run.
        task: Name of the task.
        parameters: Its parameters.
        epochs: How often each sample is posed, as its entry says; None for the task's own, or else the sweep's.
        entry: Which entry of `tasks` it is of, from 1.
    """

    label: str
    snapshot: str
    mode: str
    thinks: bool
    config: GenerateConfig
    task: str
    parameters: Mapping[str, Any]
    epochs: int | None
    entry: int


# ---------------------------------------------------------------------------------- reading


def load(path: Path) -> Sweep:
    """Read a sweep file.

    Raises:
        ValueError: The file is not what the module describes; the sentence names the key.
        OSError: The file cannot be read.
    """
    written = series.read_yaml(path)
    if not isinstance(written, dict):
        raise ValueError(f"{path}: give the keys log_dir, snapshots and tasks.")
    try:
        sweep = Sweep.model_validate(written)
    except ValidationError as error:
        raise ValueError(f"{path}: {_first(error)}") from None
    series.load(path)  # labels that are given once, and a reference that is one of them
    return sweep


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, with its key."""
    first = error.errors()[0]
    said = {"extra_forbidden": "is not known", "missing": "is missing"}
    place = ", ".join(
        f"entry {part + 1}" if isinstance(part, int) else str(part)
        for part in first["loc"]
        if part not in ("bool", "float")  # which of several types it was tried as
    )
    about = said.get(first["type"], f"cannot be {quoted(first['input'])}: {first['msg'].lower()}")
    known_keys = f": use {', '.join(Sweep.model_fields)}" if len(first["loc"]) == 1 else ""
    return f"{place} {about}{known_keys if first['type'] in said else ''}."


def runs(sweep: Sweep) -> list[Run]:
    """The runs of a sweep, snapshot by snapshot.

    Raises:
        ValueError: A mode, a model or a task cannot be run so; the sentence names the key.
    """
    _check(sweep)
    found = [
        Run(
            label,
            name,
            mode_name,
            mode.thinks,
            GenerateConfig() if mode_name == ALONE else config(name, mode_name, mode),
            entry.task,
            _parameters(sweep, place, entry, mode),
            entry.epochs,
            place,
        )
        for label, name in _snapshots(sweep)
        for place, entry in enumerate(sweep.tasks, 1)
        for mode_name, mode in _modes(sweep, place, entry).items()
    ]
    for place, run in enumerate(found):
        again = [(r.snapshot, r.config, r.task, r.parameters) for r in found[:place]]
        if (run.snapshot, run.config, run.task, run.parameters) in again:
            raise ValueError(
                f"{run.snapshot} would run {run.task} twice in the same way ({run.mode}): leave one out."
            )
    return found


def _modes(sweep: Sweep, place: int, entry: Entry) -> dict[str, Mode]:
    """The modes in which a task is run; one that sets its thinking by itself is run once, in none of them.

    Raises:
        ValueError: Such a task was given several, or one with thinking.
    """
    modes = {name: sweep.modes[name] for name in entry.modes or sweep.modes}
    if entry.task != BUDGETS:
        return modes
    if entry.modes and (len(modes) > 1 or any(mode.thinks for mode in modes.values())):
        raise ValueError(
            f"tasks, entry {place}: {BUDGETS} sets its thinking by itself, and runs once: leave modes out."
        )
    return {ALONE: Mode()}


def _snapshots(sweep: Sweep) -> Iterator[tuple[str, str]]:
    for named in sweep.snapshots:
        yield from named.items()


def _check(sweep: Sweep) -> None:
    for name in (*(name for _, name in _snapshots(sweep)), sweep.editor, sweep.ranker):
        full_name(name)
    if sweep.judge != LEXICAL:
        full_name(sweep.judge)
    if STANDARD in sweep.modes and sweep.modes[STANDARD].thinks:
        raise ValueError(f"modes, {STANDARD}: is without thinking: call a mode with it otherwise.")
    if EXTENDED in sweep.modes and not sweep.modes[EXTENDED].thinks:
        raise ValueError(f"modes, {EXTENDED}: give reasoning_tokens, reasoning_effort, or both.")
    for place, entry in enumerate(sweep.tasks, 1):
        for mode in entry.modes or ():
            if mode not in sweep.modes:
                among = ", ".join(sweep.modes)
                raise ValueError(f"tasks, entry {place}, modes: {mode} is none of {among}.")


def config(model: str, name: str, mode: Mode) -> GenerateConfig:
    """How a model is run in a mode: by the option that it takes.

    Args:
        model: PROVIDER/MODEL.
        name: The mode's name.
        mode: The mode.

    Raises:
        ValueError: The model cannot be run so.
    """
    if model.endswith(_UNDATED):
        raise ValueError(
            f"modes, {name}: Inspect takes {model} for a later model: give its dated name, {model}-{_DATE}."
        )
    about = known(model)
    if not mode.thinks:
        if about.thinks == "always":
            raise ValueError(
                f"modes, {name}: {model} always thinks, so that it has no mode without: give it a sweep of its "
                f"own with modes: [{EXTENDED}] (the log_dir may be the same)."
            )
        off = GenerateConfig(max_tokens=_max_tokens(model, name, mode))
        told = GenerateConfig(reasoning_effort="none")
        return off.merge(told) if about.thinks == "unless told not to" else off
    if about.thinks == "never":
        raise ValueError(
            f"modes, {name}: {model} cannot think: run it in the mode {STANDARD} only."
        )
    if about.takes == "reasoning_effort":
        if mode.reasoning_effort is None:
            raise ValueError(
                f"modes, {name}: {model} takes no reasoning_tokens: give reasoning_effort as well."
            )
        mode = mode.model_copy(update={"reasoning_tokens": None})
    budget = mode.reasoning_tokens
    effort = None if about.takes == "reasoning_tokens" and budget else mode.reasoning_effort
    return GenerateConfig(
        reasoning_tokens=budget, reasoning_effort=effort, max_tokens=_max_tokens(model, name, mode)
    )


def _max_tokens(model: str, name: str, mode: Mode) -> int | None:
    """Room for thinking and answer, within what the model can put out.

    Without a budget of thinking it is set for Claude alone: other providers count what they hide, too.
    """
    if not (mode.max_tokens or mode.reasoning_tokens or _CLAUDE in model):
        return None
    info = get_model_info(model)
    most = info.output_tokens if info and info.output_tokens else None
    budget = _budget(model, mode)
    by_effort = mode.thinks and mode.reasoning_tokens is None
    wanted = EFFORT_ROOM if by_effort else budget + ANSWER_ROOM
    room = mode.max_tokens or min(wanted, most or wanted)
    if most and room > most:
        raise ValueError(
            f"modes, {name}: {model} puts out {most} tokens at most: give no more max_tokens."
        )
    if room <= budget:
        raise ValueError(
            f"modes, {name}: {model} would have {room} max_tokens for {budget} reasoning_tokens and the answer: "
            "give fewer reasoning_tokens, or less reasoning_effort."
        )
    return room


def _budget(model: str, mode: Mode) -> int:
    """Tokens of thinking that are asked for: Inspect translates an effort for models that take a budget."""
    if mode.reasoning_tokens is None and known(model).takes == "reasoning_tokens":
        return effort_to_reasoning_tokens(mode.reasoning_effort) or 0
    return mode.reasoning_tokens or 0


_UNDATED, _DATE = ("claude-sonnet-4", "claude-opus-4"), 20250514
"""Names that stand for no version in Inspect, so that it would send what later models take."""

_CLAUDE = "claude"
"""In the names of the models that always need `max_tokens`, on any platform."""


def _parameters(sweep: Sweep, place: int, entry: Entry, mode: Mode) -> dict[str, Any]:
    """The parameters of a task in a mode: its own before those of the sweep.

    Raises:
        ValueError: The task cannot be run so.
    """
    where = f"tasks, entry {place}"
    try:
        taken = taken_parameters(entry.task)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    shared: dict[str, Any] = {}
    if "elicitation" in taken:
        shared["elicitation"] = mode.where
    elif mode.thinks and entry.task == _EDITED:
        without = [name for name, other in sweep.modes.items() if not other.thinks]
        raise ValueError(
            f"{where}: {entry.task} reasons in a scratchpad of its own, in modes without thinking: give it "
            f"modes: [{', '.join(without)}]."
        )
    if "judge" in taken and sweep.judge == LEXICAL:
        shared["judge"] = LEXICAL
    if "ranker" in taken and sweep.ranker:
        shared["ranker"] = True
    parameters = {**shared, **entry.parameters}
    if MODEL in _judges(entry.task, parameters) and sweep.judge in ("", LEXICAL):
        raise ValueError(f"{where}: {entry.task} needs a judge: give judge: PROVIDER/MODEL.")
    if parameters.get("ranker") and not sweep.ranker:
        raise ValueError(f"{where}: {entry.task} needs a ranker: give ranker: PROVIDER/MODEL.")
    return parameters


def _judges(task: str, parameters: Mapping[str, Any]) -> list[str]:
    """Who judges in a task; in prompt_injection, its classifier."""
    given = {**taken_parameters(task), **parameters}
    if given.get("safeguards") == CLASSIFIER:
        return [str(given["classifier_judge"])]  # what it cannot be, the task says
    return judge_names(given["judge"]) if "judge" in given else []


# ---------------------------------------------------------------------------------- running


def task_of(run: Run, sweep: Sweep) -> Task:
    """A run as `eval_set` takes it, with its model and its judge or editor.

    Raises:
        ValueError: The task does not take its parameters.
        PrerequisiteError: A model cannot be had, for want of a key for example.
    """
    task = _made(run)
    _check_model(run, list(task.dataset))
    epochs = _epochs(run, task, sweep)
    if epochs != task.epochs:
        task = task_with(task, epochs=epochs)
    roles = {role: _of_role(name, sweep) for role, name in _roles(run, sweep).items()}
    model = get_model(run.snapshot, config=run.config)
    return task_with(task, model=model, model_roles=roles)


def _made(run: Run) -> Task:
    try:
        return make(run.task, run.parameters)
    except (ValueError, PrerequisiteError) as error:
        raise ValueError(f"tasks, entry {run.entry}: {error}") from None


def _epochs(run: Run, task: Task, sweep: Sweep) -> int | None:
    """How often each sample is posed: what is said of all tasks does not change one that needs several samples."""
    return run.epochs or task.epochs or sweep.epochs


def _check_model(run: Run, samples: Sequence[Sample]) -> None:
    """Refuse what the task would refuse of this model, or its provider, once it runs.

    Raises:
        ValueError: With what to give instead.
    """
    refused = _refused(run, [sample.metadata or {} for sample in samples])
    if refused:
        raise ValueError(f"tasks, entry {run.entry}: {refused}")


def _refused(run: Run, posed_as: Sequence[Mapping[str, Any]]) -> str:
    model, about = run.snapshot, known(run.snapshot)
    if run.parameters.get("sandbox") == "local" and not model.startswith(SIMULATED):
        return f"sandbox: local would run what {model} writes on this machine: leave it out, and it runs in docker."
    if run.task != BUDGETS:
        return ""
    if about.thinks == "never" and any(arm["budget"] or arm["effort"] for arm in posed_as):
        return f"{model} cannot think: give budgets: 0."
    if about.takes == "reasoning_effort" and any(arm["budget"] is not None for arm in posed_as):
        return (
            f"{model} takes no budget of thinking tokens: give efforts: low,medium,high instead of budgets, in a sweep of "
            "its own if others take budgets (the log_dir may be the same)."
        )
    info = get_model_info(model)
    most = info.output_tokens if info else None
    room = max(EFFORT_ROOM if arm["effort"] else arm["budget"] + ANSWER_ROOM for arm in posed_as)
    if most and room > most:
        return f"{model} puts out {most} tokens at most, and the most thinking takes {room} with the answer: give less."
    return ""


def _roles(run: Run, sweep: Sweep) -> dict[str, str]:
    """Who judges, ranks or edits in a run; only that, so that another judge leaves other runs as they are."""
    roles = {EDITOR: sweep.editor} if sweep.editor and run.task == _EDITED else {}
    if run.parameters.get("ranker"):
        roles[RANKER] = sweep.ranker
    if MODEL in _judges(run.task, run.parameters):
        roles[CLASSIFIER if run.parameters.get("safeguards") == CLASSIFIER else GRADER] = (
            sweep.judge
        )
    return roles


_EDITED = "cot_interventions"
"""The task in which one model edits another's reasoning."""


def _of_role(name: str, sweep: Sweep) -> str | Model:
    """A judge or editor, under the same limits as the model: those of a run are its model's alone."""
    shared = ("max_connections", "max_retries", "timeout", "attempt_timeout")
    limits = sweep.limits.model_dump(include=set(shared), exclude_none=True)
    return get_model(name, config=GenerateConfig(**limits))


class Outcome(NamedTuple):
    """What became of a sweep.

    Attributes:
        unfinished: Runs that did not finish.
        others: Logs in the folder that are of none of its runs.
        errors: Samples of finished runs that ended in an error.
    """

    unfinished: int
    others: int
    errors: int


def run_all(tasks: list[Task], sweep: Sweep) -> Outcome:
    """Run what is not finished yet, each sample written so that a kill loses none that was scored."""
    _drop_half_recovered(sweep.log_dir)
    finished, logs = eval_set(
        tasks,
        log_dir=sweep.log_dir,
        log_dir_allow_dirty=True,  # logs of a snapshot or task that the file no longer names stay
        log_format="eval",  # a .json log is written at the end alone
        log_samples=True,
        log_realtime=True,
        **sweep.limits.model_dump(exclude_none=True),
    )
    ours = {log.eval.task_id for log in logs}
    there = {
        read_eval_log(info, header_only=True).eval.task_id for info in list_eval_logs(sweep.log_dir)
    }
    done = [log.results for log in logs if log.status == "success" and log.results]
    return Outcome(
        unfinished=0 if finished else sum(log.status != "success" for log in logs),
        others=len(there - ours),
        errors=sum(result.total_samples - result.completed_samples for result in done),
    )


def _drop_half_recovered(log_dir: str) -> None:
    """Remove logs in the middle of whose recovery a sweep was killed; they are made again.

    Inspect goes on from the log that was written last, and takes such a one, with a part of its samples, for all there is. The
    log that it was made from, and the sample buffer, stay until a run has finished.
    """
    logs = list_eval_logs(log_dir) if filesystem(log_dir).exists(log_dir) else []
    names = {info.name for info in logs}
    for info in logs:
        recovered_from = info.name.replace(_RECOVERED, ".eval")
        is_half = recovered_from != info.name and recovered_from in names
        if is_half and read_eval_log(info, header_only=True).status == "started":
            filesystem(log_dir).rm(info.name)


_RECOVERED = "-recovered.eval"
"""End of the name that Inspect gives to a log that it made from a broken-off one and its sample buffer."""


def projected(planned: Sequence[Run], sweep: Sweep) -> tuple[pd.DataFrame, list[Load], list[Posed]]:
    """What each run would ask, without any call: a row per run and one for all, the loads, and the tasks posed."""
    rows, everything = [], []
    poses: dict[str, Posed] = {}  # the same for every snapshot
    for run in planned:
        how = repr((run.task, run.parameters, run.epochs))
        if how not in poses:
            task = _made(run)
            poses[how] = posed(task, run.task, run.parameters, _epochs(run, task, sweep))
        pose = poses[how]
        _check_model(run, pose.samples)
        assumed = Assumed() if run.thinks or pose.elicitation != "native" else _THINKLESS
        loads = [
            load.times(pose.n_items)
            for load in per_item(
                pose, run.snapshot, sweep.judge, sweep.editor, assumed, sweep.ranker
            )
        ]
        everything += loads
        rows.append(
            {
                "Snapshot": run.label,
                "Mode": run.mode,
                "Task": run.task,
                "Items": f"{pose.n_items:,}",
                "Samples": f"{len(pose.samples) * pose.epochs:,}",
                **amounts(loads),
            }
        )
    total = {"Snapshot": "all", "Mode": "", "Task": "", "Items": "", "Samples": ""}
    whole = pd.DataFrame([*rows, {**total, **amounts(everything)}])
    return whole, everything, list(poses.values())


_THINKLESS = Assumed(thinking_tokens=0)
"""Of a model that is to think on its own, in a mode in which it is not asked to."""


@click.command("sweep")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Print calls, tokens and cost, and call no model.")
@in_one_sentence
def sweep_command(file: Path, dry_run: bool) -> None:
    """Run the snapshots, modes and tasks of a sweep FILE, going on where an earlier run stopped."""
    sweep = load(file)
    try:
        planned = runs(sweep)
        if dry_run:
            _show_projected(planned, sweep, file)
            return
        tasks = [task_of(run, sweep) for run in planned]
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None
    outcome = run_all(tasks, sweep)
    if outcome.others:
        console.print(
            f"Not of this sweep, but in {sweep.log_dir}: {outcome.others} (of an earlier state of {file}, for example). A report "
            "reads them, too, and takes items that were posed again as epochs: move what you don't mean."
        )
    if outcome.errors:
        console.print(
            f"{outcome.errors} samples ended in an error, which a report counts and leaves out: their logs say in which. "
            "`inspect eval-retry LOG` asks for those of a log again."
        )
    if outcome.unfinished:
        raise ValueError(
            f"{outcome.unfinished} of {len(tasks)} runs did not finish: run `saydo sweep {file}` again, and it goes on "
            f"where it stopped ({sweep.log_dir})."
        )
    console.print(f"Finished: {len(tasks)} runs in {sweep.log_dir}.")
    console.print(f"Next: saydo report {sweep.log_dir} --series {file} --out report")


def _show_projected(planned: Sequence[Run], sweep: Sweep, file: Path) -> None:
    rows, loads, poses = projected(planned, sweep)
    assumed = Assumed()
    further = [said for pose in poses for said in further_assumptions(pose, assumed)]
    said = [
        f"Nothing was run. What is finished in {sweep.log_dir} is counted, too, and would not be run again.",
        f"Assumed: {assumed.answer_tokens:g} tokens per answer, and of thinking before it by elicitation: {THINKING_SAID}; "
        f"{assumed.judge_tokens:g} per reply of a judge.",
        *dict.fromkeys(further),
        *how_counted(loads),
        *price_notes(loads),
        NOT_COUNTED,
    ]
    show(Table("sweep", f"{file}: what its {len(planned)} runs ask", "", rows))
    console.print("\n".join(said))
