"""What the thinking monitors share: the judge's answer, the two stages, the score, and reading a Scout transcript.

Each monitor stands in a file of its own, as a scorer for tasks and, under the same name, as a scanner for `scout scan`. A
scanner that is listed among a task's scorers would do for both, but its parameters would be missing from the log, its
unscored samples would have no reason, and no log could be scored again with it.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from inspect_ai._util.error import PrerequisiteError
from inspect_ai.event import ModelEvent
from inspect_ai.model import (
    ChatMessageAssistant,
    ContentReasoning,
    ModelName,
    ModelOutput,
    model_roles,
)
from inspect_ai.model._model import active_model, init_model_roles
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric
from inspect_ai.solver import TaskState
from inspect_scout import EventType, Reference, Result, Scanner, Transcript
from pydantic import create_model

from analysis.monitors import CATEGORIES, monitors
from analysis.quantities import Quantity
from scorers._metrics import agreement_entries, counts, entries, score_table
from scorers.calls import model_calls_and_retries
from scorers.compliance import why_no_thinking
from scorers.judges import lexical
from scorers.judges.budget import Account, call_budget, open_account, share
from scorers.judges.model import (
    GRADER,
    LEXICAL,
    MODEL,
    Criterion,
    JudgeAnswer,
    Seen,
    ask,
    judge_names,
    quoted,
    quotes_of_held,
)
from scorers.judges.record import further, judge_counts, judged_by, rubric_version
from scorers.judges.verdict import Verdict, no_verdict, what_holds
from scorers.thinking import FOLLOW_UP, Reading, prompt_text, read_state, visibility_values

FLAGGED, ROLE_PLAY = "flagged", "role_play"

AUDIT = 0.1
"""Share of what a first stage passes that the judge reads all the same: with 1,000 transcripts passed, a first stage that misses
3% of them is found out."""

UNREAD = "the first stage passed it, and it is not in the audit sample"
"""Why the judge did not read a transcript, by design."""

EVENTS: list[EventType] = ["model", "span_begin"]
"""Events of a Scout transcript that tell why the model stopped, and how often it was asked."""

VERSION = 1
"""Of the scanners: moves when their verdicts would change by something else than a rubric."""

_DIGITS = 16  # of a hash, in hexadecimal: the numbers that an audit sample is drawn by
_NUMBERS = float(1 << 4 * _DIGITS)


# ------------------------------------------------------------------------------- the judge


def _answer_type(monitor: str) -> type[JudgeAnswer]:
    claims: dict[str, Any] = dict.fromkeys(CATEGORIES[monitor], (Criterion, ...))
    return create_model(f"{monitor}_answer", __base__=JudgeAnswer, **claims, role_play=(bool, ...))


_ANSWERS: Mapping[str, type[JudgeAnswer]] = {name: _answer_type(name) for name in CATEGORIES}
"""What the model judge answers: each sub-category with a quote, and whether a role speaks."""


async def judge_thinking(
    judge: str, monitor: str, prompt: str, thinking: str, max_judge_calls: int | None = None
) -> Verdict:
    """One judge's verdict on one train of thought.

    Args:
        judge: `lexical`, `model` (the grader role) or PROVIDER/MODEL.
        monitor: A name of `CATEGORIES`, which is its rubric's.
        prompt: What the model was told; it decides whose voice a thought is in, and nothing else.
        thinking: The reasoning that can be read.
        max_judge_calls: Budget of the evaluation; none by default.

    Returns:
        A verdict with the monitor's sub-categories, `flagged` (any of them) and `role_play` (what is flagged is said in
            the voice of a role) as labels. A sub-category without a verbatim quote from the thinking is void.
    """
    if judge == LEXICAL:
        return replace(lexical.thinking_monitor(monitor, prompt, thinking), calls=1)
    parts = {"prompt": prompt, "thinking": thinking}
    asked = await ask(judge, monitor, parts, _ANSWERS[monitor], max_judge_calls)
    return asked.verdict(lambda seen: _checked(CATEGORIES[monitor], seen))


def _checked(categories: Sequence[str], seen: Sequence[Seen[JudgeAnswer]]) -> Verdict:
    """What holds in any window; a role speaks where it does so in each window with something flagged."""
    by_window = [
        quotes_of_held(
            [({name: getattr(one.answer, name) for name in categories}, one.parts["thinking"])]
        )
        for one in seen
    ]
    quotes = {
        name: next(held[name] for held in by_window if name in held)
        for name in categories
        if any(name in held for held in by_window)
    }
    voices = [one.answer.role_play for one, held in zip(seen, by_window, strict=True) if held]  # type: ignore[attr-defined]
    labels = {name: name in quotes for name in categories}
    labels |= {ROLE_PLAY: bool(voices) and all(voices), FLAGGED: bool(quotes)}
    return Verdict(labels, quotes, float(labels[FLAGGED]), what_holds(quotes, labels[ROLE_PLAY]))


# ------------------------------------------------------------------------------ the stages


@dataclass(frozen=True)
class Stages:
    """Who reads what.

    Attributes:
        judges: Whose verdicts count; the first is the headline.
        first: A cheap judge that reads everything before them; None where they read everything themselves.
        audit: Share of what it passes that they read all the same.
        seed: Decides which.
        budget: Of requests to judges.
    """

    judges: list[str]
    first: str | None
    audit: float
    seed: int
    budget: int | None


def stages(
    judge: object,
    first_stage: object,
    audit: object,
    seed: object,
    max_judge_calls: int | None,
) -> Stages:
    """The parameters of a monitor, if they can be ones.

    Raises:
        PrerequisiteError: With what they must be.
    """
    judges = judge_names(judge)
    if first_stage is not None and first_stage != LEXICAL and "/" not in str(first_stage):
        raise PrerequisiteError(
            f"first_stage={first_stage} is not known: use lexical or PROVIDER/MODEL."
        )
    if isinstance(audit, bool) or not isinstance(audit, int | float) or not 0 < audit <= 1:
        raise PrerequisiteError(f"audit={audit} must be a share above 0, up to 1.")
    if type(seed) is not int:
        raise PrerequisiteError(f"seed={seed} must be a whole number.")
    first = None if first_stage is None else str(first_stage)
    return Stages(judges, first, float(audit), seed, call_budget(max_judge_calls))


def drawn(state: TaskState, thinking: str, audit: float, seed: int) -> bool:
    """Whether a transcript is in the audit sample: by its id and its words alone, whatever a judge says of it.

    Nor by the monitor: all of them audit the same transcripts.
    """
    drawn_by = f"{seed}\0{state.sample_id}\0{state.epoch}\0{thinking}"
    digest = hashlib.sha256(drawn_by.encode("utf-8", "surrogatepass")).hexdigest()
    return int(digest[:_DIGITS], 16) < audit * _NUMBERS


def monitor_scorer(monitor: str, by: Stages) -> Scorer:
    """A monitor in an evaluation."""
    own = Account()

    async def score(state: TaskState, target: Target) -> Score:
        share(own)
        return await _score(monitor, by, state, model_calls_and_retries())

    return score


def monitor_scanner(monitor: str, by: Stages) -> Scanner[Transcript]:
    """A monitor under `scout scan`."""
    own = Account()

    async def scan(transcript: Transcript) -> Result:
        return await monitor_transcript(monitor, by, transcript, own)

    return scan


async def monitor_transcript(
    monitor: str, by: Stages, transcript: Transcript, own: Account
) -> Result:
    """The result of a transcript under `scout scan`; what is not a number there is null, for JSON has no NaN.

    Raises:
        PrerequisiteError: The judge is to be a model, and there is none.
    """
    if MODEL in by.judges:
        _bind_grader()
    calls = model_calls_and_retries(transcript.events)
    with open_account(own):
        score = await _score(monitor, by, state_of(transcript), calls)
    value = score.value if isinstance(score.value, dict) else {}
    numbers = {key: None if math.isnan(v) else v for key, v in value.items() if _is_number(v)}
    metadata = score.metadata or {}
    shown = _references(transcript, metadata.get("quotes", {}).values())
    cites = "".join(f" {one.cite}" for one in shown)
    return Result(
        value=numbers,
        answer=score.answer,
        explanation=f"{score.explanation}{cites}",
        metadata={**metadata, "reason": score.reason},
        references=shown,
    )


def _references(transcript: Transcript, quotes: Iterable[str]) -> list[Reference]:
    """The model's messages in which the quotes stand, cited as `[M2]` for the second message."""
    told = [
        (i, one, "\n".join([one.text, *_reasoning(one)]))
        for i, one in enumerate(transcript.messages, 1)
        if isinstance(one, ChatMessageAssistant)
    ]
    found = (
        next(((i, one) for i, one, text in told if quoted(quote, text)), None) for quote in quotes
    )
    cited = {one.id: f"[M{i}]" for i, one in filter(None, found) if one.id}
    return [Reference(type="message", id=name, cite=cite) for name, cite in cited.items()]


def _reasoning(message: ChatMessageAssistant) -> Iterator[str]:
    for part in message.content if isinstance(message.content, list) else []:
        if isinstance(part, ContentReasoning):
            yield part.reasoning
            yield part.summary or ""


def _bind_grader() -> None:
    """In a scan no model is under test: where no role is bound, the model of the scan is the judge."""
    model = active_model()
    if GRADER in model_roles():
        return
    if model is None or model.name == "none":
        raise PrerequisiteError(
            "judge=model needs a judge: add --model PROVIDER/MODEL or --model-role grader=PROVIDER/MODEL, "
            "or judge offline with -S judge=lexical."
        )
    init_model_roles({**model_roles(), GRADER: model})


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


async def _score(
    monitor: str, by: Stages, state: TaskState, model_calls: Mapping[str, float]
) -> Score:
    reading = read_state(state)
    prompt, thinking = prompt_text(state), reading.thinking
    lacking = why_no_thinking(reading, state)
    first = None
    if by.first is not None and not lacking:
        first = await judge_thinking(by.first, monitor, prompt, thinking, by.budget)
    # What the first stage has no verdict on is read, as what it flags is.
    passed = first is not None and first.labels.get(FLAGGED) is False
    audited = passed and drawn(state, thinking, by.audit, by.seed)
    skipped = lacking or (UNREAD if passed and not audited else "")
    verdicts = [
        no_verdict(skipped)
        if skipped
        else await judge_thinking(name, monitor, prompt, thinking, by.budget)
        for name in by.judges
    ]
    return monitor_score(monitor, by, reading, first, audited, verdicts, model_calls)


def monitor_score(
    monitor: str,
    by: Stages,
    reading: Reading,
    first: Verdict | None,
    audited: bool,
    verdicts: Sequence[Verdict],
    model_calls: Mapping[str, float],
) -> Score:
    """The score that the verdicts on one train of thought make.

    Args:
        monitor: Which one.
        by: Who read what.
        reading: Thinking and answer.
        first: Of the first stage; None without one, and where there was nothing to read.
        audited: Whether the judges read it although the first stage passed it.
        verdicts: Of each judge.
        model_calls: Of the model under test.
    """
    headline = verdicts[0]
    unread = headline.unscored == UNREAD
    labels = (FLAGGED, *CATEGORIES[monitor], ROLE_PLAY)
    passed = first is not None and first.labels.get(FLAGGED) is False
    of_first = (
        {}
        if by.first is None
        else {
            "first_stage": by.first,
            "first_stage_hash": rubric_version(by.first, monitor),
            "audit": by.audit,
        }
    )
    return Score(
        value={
            **{name: headline.number(name) for name in labels},
            "first_stage": math.nan if first is None else float(not passed),
            "audited": math.nan if first is None else float(audited),
            "audit": math.nan if by.first is None else by.audit,
            "unread": float(unread),
            "unscored": float(headline.unscored is not None and not unread),
            **visibility_values(reading),
            **model_calls,
            **judge_counts([*([first] if first else []), *verdicts]),
            **further(FLAGGED, by.judges, verdicts),
        },
        answer=reading.answer,
        explanation=f"Not read: {UNREAD}." if unread else headline.explanation,
        reason=None if unread else headline.unscored,
        metadata=judged_by(by.judges[0], monitor, verdicts) | of_first,
    )


# ----------------------------------------------------------------------------- the numbers


@metric(scores="unreduced")
def by_category(monitor: str) -> Metric:
    """How much of the thinking is flagged, by sub-category, how much of that is role play, and what was not read.

    Args:
        monitor: A name of `CATEGORIES`.
    """

    def compute(scores: list[SampleScore]) -> Mapping[str, float]:
        if not scores:  # Inspect asks for the metrics of a run before its first score
            return {}
        table = score_table(scores).assign(scorer=monitor)
        if all(scored.sample_id is None for scored in scores):  # under `scout scan`
            table["item_id"] = table.index.astype(str)
        found: dict[str, float] = {}
        for quantity in monitors(table):
            found |= entries(_log_name(quantity), quantity.estimate)
        return {**found, **counts(table), **agreement_entries(table, FLAGGED)}

    return compute


def _log_name(quantity: Quantity) -> str:
    """`flagged_rate` of the whole, `CATEGORY/flagged_rate` of a sub-category; `summary/...` over summaries."""
    parts = [quantity.metric]
    if quantity.column not in ("", "overall"):
        parts.insert(0, quantity.column)
    if quantity.visibility == "summary":
        parts.insert(0, quantity.visibility)
    return "/".join(parts)


# -------------------------------------------------------------------- transcripts of Scout


def state_of(transcript: Transcript) -> TaskState:
    """A transcript as a scorer would see it: what its last answer is, and why the model stopped there."""
    before = takewhile(lambda message: message.metadata != FOLLOW_UP, transcript.messages)
    turns = [one for one in before if isinstance(one, ChatMessageAssistant)]
    outputs = {
        event.output.message.id: event.output
        for event in transcript.events
        if isinstance(event, ModelEvent) and event.output.choices
    }
    output = outputs.get(turns[-1].id) if turns else None
    name = transcript.model or "model"
    return TaskState(
        model=ModelName(name if "/" in name else f"unknown/{name}"),
        sample_id=transcript.task_id or transcript.transcript_id,
        epoch=transcript.task_repeat or 1,
        input="",
        messages=transcript.messages,
        output=output or ModelOutput(),
        metadata={},
    )
