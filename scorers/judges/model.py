"""The model judge: a structured answer to a rubric, read strictly, asked for once more, or unscored."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, NamedTuple, TypeVar

from inspect_ai._util.error import PrerequisiteError
from inspect_ai._util.exception import TerminateSampleError
from inspect_ai._util.http import status_code_of
from inspect_ai.model import (
    ChatMessage,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelOutput,
    ResponseSchema,
    get_model,
    model_roles,
)
from inspect_ai.util import JSONSchema, LimitExceededError, collect, json_schema
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scorers.judges.budget import Account, account, spent_reason
from scorers.judges.rubric import Rubric, judge_prompt, load_rubric
from scorers.judges.verdict import Verdict, no_verdict
from scorers.judges.windows import windows
from scorers.thinking import read_messages

LEXICAL = "lexical"
MODEL = "model"
GRADER = "grader"
RANKER = "ranker"
CLASSIFIER = "classifier"
"""A role, and the name of the judge behind it."""
SEAL = "seal"

_ATTEMPTS = 2
_ASK_AGAIN = """
An earlier reply could not be read. Reply with the one JSON object described above and nothing else."""

_NOT_ITS_OWN_END: Final = {
    "max_tokens": "it was cut off",
    "content_filter": "the judge, or its provider, declined to judge",
}
"""Stop reasons after which no reply is a verdict, whatever stands in it."""

_REFUSED: Final = {
    401: "its key was not accepted",
    402: "its account is not paid for",
    404: "there is no such model or address",
}
"""Statuses with which a provider will answer every request, until somebody changes the set-up. Not 403, which some
providers also give for a single transcript that they do not like."""

_GIVE_UP = 10
"""Failed requests after which a judge that has never answered is not asked any more: some answer so to every one, for
want of what the reply's schema needs, of credit, or of the right."""

_SAID_CHARS = 200
_PRIVATE = re.compile(r"\S*[/?=]\S*|\S{30,}")

_HALF = re.compile("[\ud800-\udfff]")
_OF_THE_REQUEST: Final = (400, 403, 413, 422)
"""Statuses with which a judge that answers others turns one request down, and will again."""

_OPENS = re.compile(r"\s*(?:```\w*\s*)?\{")

Answer = TypeVar("Answer", bound="JudgeAnswer")


class JudgeAnswer(BaseModel):
    """Base of what a judge answers: exactly the keys asked for, of exactly their types."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Criterion(JudgeAnswer):
    """One criterion as the model judge answers it."""

    quote: str = Field(description="Verbatim from the material; empty when it does not hold.")
    holds: bool


def judge_names(judge: object) -> list[str]:
    """The judges that a `judge` parameter names, in order; the first one is the headline's.

    Raises:
        PrerequisiteError: Unknown name, none at all, or one named twice.
    """
    named = judge if isinstance(judge, list) else str(judge or "").split(",")
    names = [str(name).strip() for name in named]
    for name in names:
        if name not in (MODEL, LEXICAL) and "/" not in name:
            raise PrerequisiteError(
                f"judge={name or '(empty)'} is not known: use model, lexical, "
                "PROVIDER/MODEL, or several of them separated by commas."
            )
    if not names or len(set(names)) < len(names):
        raise PrerequisiteError("judge needs at least one name, and each name once.")
    return names


def require_grader(judges: list[str]) -> None:
    """Refuse to go on when a judge is the grader role and no model is bound to it.

    Raises:
        PrerequisiteError: With the option to add; a model never grades itself silently.
    """
    if MODEL in judges and GRADER not in model_roles():
        raise PrerequisiteError(
            "judge=model needs a grader: add --model-role grader=PROVIDER/MODEL "
            "(a model never grades itself), or judge offline with -T judge=lexical."
        )


def require_willing() -> None:
    """Refuse to go on when a judge of this evaluation cannot be asked at all.

    Raises:
        PrerequisiteError: As when it was found out.
    """
    _check_willing(account())


def _check_willing(here: Account) -> None:
    if here.refusal:
        raise PrerequisiteError(f"{here.refusal}: mend that, or name another judge.")


def judge_model(judge: str) -> Model:
    """The model behind a judge's name: the grader role for `model`, that of the classifier, else the model so named."""
    if judge in (CLASSIFIER, RANKER):
        return get_model(role=judge, required=True)
    require_grader([judge])
    return get_model(role=GRADER, required=True) if judge == MODEL else get_model(judge)


# --------------------------------------------------------------------------------- asking


class Seen(NamedTuple, Generic[Answer]):
    """A judge's answer about one window, and the parts that it was shown there."""

    answer: Answer
    parts: Mapping[str, str]


@dataclass(frozen=True)
class Asked(Generic[Answer]):
    """What became of one question to a judge.

    Attributes:
        votes: For each vote its answers, one per window; or the reason why the vote could not be had.
        calls: Requests put to the judge.
        retries: How many of them were to ask again.
        windows: In how many windows each vote was cast.
        open: Some vote is lacking because the judge could not be asked, or not often enough.
    """

    votes: Sequence[list[Seen[Answer]] | str]
    calls: int
    retries: int
    windows: int
    open: bool

    def verdict(self, of: Callable[[list[Seen[Answer]]], Verdict]) -> Verdict:
        """The verdict of a single vote, made of its answers."""
        [vote] = self.votes
        return self.counted(no_verdict(vote) if isinstance(vote, str) else of(vote))

    def counted(self, verdict: Verdict) -> Verdict:
        """A verdict with what it took; one in several windows says so."""
        said = verdict.explanation
        if self.windows > 1 and self.calls:
            said += f" (The material was read in {self.windows} overlapping windows.)"
        return replace(
            verdict,
            explanation=said,
            calls=self.calls,
            retries=self.retries,
            windows=self.windows,
            open=self.open and verdict.unscored is not None,
        )


async def ask(
    judge: str,
    rubric: str,
    parts: Mapping[str, str],
    answer_type: type[Answer],
    max_judge_calls: int | None = None,
    votes: int = 1,
) -> Asked[Answer]:
    """Put a rubric to a model, once for each vote and window of the material.

    A reply that cannot be read is asked for once more. What is lost when a request fails for good, after all of
    Inspect's retries, is weighed so: an error of the sample would take its generation along, which is the
    dearer part, and which a repeated sample would not give again; a verdict that is lacking is counted as
    unscored, with the reason, and can be had later by rescoring the log. So the vote is unscored. But where the
    provider will refuse every request (its status says so, or a judge has failed ten times and never answered)
    rescoring would not help until somebody changes that, and a run of unscored samples would be paid for in vain:
    then the evaluation stops.

    Args:
        judge: `model` (the grader role), `ranker` (that role) or PROVIDER/MODEL.
        rubric: What to judge by: the name of a file in `rubrics/`.
        parts: What the judge sees, by the name it is shown under.
        answer_type: The structured answer wanted.
        max_judge_calls: Budget of the evaluation; none by default.
        votes: Judge samples.

    Raises:
        PrerequisiteError: There is no such judge, or its provider refuses every request.
    """
    model, of_rubric = judge_model(judge), load_rubric(rubric)
    shown = windows({name: sendable(text) for name, text in parts.items()})
    here = account()
    _check_willing(here)
    if not here.grants(votes * len(shown), max_judge_calls):
        unasked = [spent_reason(max_judge_calls)] * votes
        return Asked(unasked, 0, 0, len(shown), open=True)
    replies = await collect(
        *(
            _reply(model, of_rubric, window, answer_type, seed, here, max_judge_calls)
            for seed in range(votes)
            for window in shown
        )
    )
    if any(reply.open for reply in replies):
        _check_willing(here)
    by_vote = [replies[i : i + len(shown)] for i in range(0, len(replies), len(shown))]
    return Asked(
        [_vote(of_windows, shown) for of_windows in by_vote],
        calls=sum(reply.calls for reply in replies),
        retries=sum(reply.calls - 1 for reply in replies),
        windows=len(shown),
        open=any(reply.open for reply in replies),
    )


def sendable(text: str) -> str:
    """The text with U+FFFD for every lone surrogate, which no request can carry."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Reply(NamedTuple, Generic[Answer]):
    """The answer about one window, or why there is none."""

    answer: Answer | str
    calls: int
    open: bool = False


def _vote(
    replies: Sequence[_Reply[Answer]], shown: Sequence[Mapping[str, str]]
) -> list[Seen[Answer]] | str:
    """The answers about all windows; without one of them there is no vote."""
    seen: list[Seen[Answer]] = []
    for k, (reply, parts) in enumerate(zip(replies, shown, strict=True), start=1):
        if isinstance(reply.answer, str):
            return reply.answer + (f" (window {k} of {len(shown)})" if len(shown) > 1 else "")
        seen.append(Seen(reply.answer, parts))
    return seen


async def _reply(
    model: Model,
    rubric: Rubric,
    parts: Mapping[str, str],
    answer_type: type[Answer],
    seed: int,
    here: Account,
    max_judge_calls: int | None,
) -> _Reply[Answer]:
    prompt = judge_prompt(rubric, parts, seed)
    schema = _schema(answer_type, prompt.seal)
    text = prompt.text
    reason = ""
    for calls in range(1, _ATTEMPTS + 1):
        if calls > 1 and not here.grants(1, max_judge_calls):
            return _Reply(f"{reason}; {spent_reason(max_judge_calls)}", calls - 1, open=True)
        try:
            output = await _generate(model, text, schema, here)
        except (PrerequisiteError, LimitExceededError, TerminateSampleError):
            raise
        except Exception as error:  # whatever the provider or its client may raise
            of_this = str(model) in here.answered and status_code_of(error) in _OF_THE_REQUEST
            return _Reply(_failed(model, error, here), calls, open=not of_this)
        here.answered.add(str(model))
        if not output.empty and output.stop_reason == "model_length":  # and again the second time
            return _Reply(
                "the material is too long for the judge (stop reason model_length)", calls
            )
        answer = _read(output, answer_type, prompt.seal)
        if not isinstance(answer, str):
            return _Reply(answer, calls)
        stopped = "" if output.empty else f" (stop reason {output.stop_reason})"
        reason = f"the judge's reply could not be read: {answer}{stopped}"
        # Not with the reply itself: where that echoes the material, it would stand outside the fence.
        text = f"{prompt.text}\n{_ASK_AGAIN}"
    return _Reply(reason, calls)


async def _generate(model: Model, text: str, schema: ResponseSchema, here: Account) -> ModelOutput:
    """The judge's output by the schema, or by the words of the prompt alone where it knows no schema.

    Models and servers that know none answer a request that has one with 400.
    """
    turns: list[ChatMessage] = [ChatMessageUser(content=text)]
    name = str(model)
    if name not in here.by_words:
        try:
            return await model.generate(turns, config=GenerateConfig(response_schema=schema))
        except Exception as error:
            if status_code_of(error) != 400 or name in here.answered - here.by_words:
                raise
    output = await model.generate(turns)
    here.by_words.add(name)
    return output


def _failed(model: Model, error: Exception, here: Account) -> str:
    """Why a request failed.

    What a provider says beside its status is left out, and so is in other errors what may be an address or a key.
    Where every request would fail, the account says so.
    """
    status = status_code_of(error)
    if status is None:
        words = [type(error).__name__, *str(error).strip().splitlines()[:1]]
        said = _PRIVATE.sub("…", ": ".join(words)[:_SAID_CHARS])
    else:
        said = f"HTTP status {status}"
    here.failures[str(model)] += str(model) not in here.answered
    if status in _REFUSED:
        here.refusal = f"the judge {model} cannot be asked ({said}: {_REFUSED[status]})"
    elif here.failures[str(model)] >= _GIVE_UP and str(model) not in here.answered:
        here.refusal = f"the judge {model} failed {_GIVE_UP} times and never answered ({said})"
    return f"the judge could not be asked ({said})"


def _schema(answer_type: type[JudgeAnswer], seal: str) -> ResponseSchema:
    """The JSON schema of a reply: the seal, and the answer's own keys."""
    schema = json_schema(answer_type)
    described = "The characters given in the prompt."
    sealed = JSONSchema(type="string", enum=[seal], description=described)
    schema.properties = {SEAL: sealed, **(schema.properties or {})}
    schema.required = [SEAL, *(schema.required or [])]
    return ResponseSchema(name=answer_type.__name__, json_schema=schema, strict=True)


# -------------------------------------------------------------------------------- reading


def _read(output: ModelOutput, answer_type: type[Answer], seal: str) -> Answer | str:
    """The answer in what a judge gave out, or what is wrong with it."""
    if output.empty:
        return "there is none"
    if output.stop_reason in _NOT_ITS_OWN_END:
        return _NOT_ITS_OWN_END[output.stop_reason]
    text = output.message.text
    # A judge may think in tags first. What begins as JSON is taken as it is: its quotes may hold tags.
    said = text if _OPENS.match(text) else read_messages([output.message]).answer
    return parse(said, answer_type, seal)


def parse(reply: str, answer_type: type[Answer], seal: str) -> Answer | str:
    """The answer at the end of a judge's reply, or what is wrong with the reply.

    Everything from the first brace on must be one JSON object, in a code fence or not, with each key
    once and the seal among them, written out. An object among other words, beside another one, or
    without the seal may be an echo of the judged material and decides nothing.
    """
    if not reply.strip():
        return "it is empty"
    if "{" not in reply:
        return "there is no JSON object in it"
    text = reply[reply.index("{") :].rstrip().removesuffix("```")
    try:
        found = json.loads(text, object_pairs_hook=_each_key_once)
    except json.JSONDecodeError as error:
        return f"it is not one JSON object and nothing else ({error.msg})"
    except RecursionError:
        return "its JSON is nested too deep"
    except ValueError as error:
        return str(error)
    if found.pop(SEAL, None) != seal or seal not in reply:
        return "it does not bear the seal asked for"
    if _HALF.search(json.dumps(found, ensure_ascii=False)):
        return "it holds half a character (a lone surrogate)"
    try:
        return answer_type.model_validate(found)
    except ValidationError as error:
        return _what_is_wrong(error)


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands in it twice")
    return dict(pairs)


def _what_is_wrong(error: ValidationError) -> str:
    """The first fault of a reply's JSON, in words of ours: what stands in it is not repeated."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["type"] == "extra_forbidden":
        return "it has a key that was not asked for"
    key = ".".join(map(str, first["loc"]))
    return f"`{key}` is missing" if first["type"] == "missing" else f"`{key}`: {first['msg']}"


# --------------------------------------------------------------------------------- quotes


def quoted(quote: str, material: str) -> bool:
    """Whether a quote stands in the material, white space folded. An empty quote does not."""
    folded = " ".join(quote.split())
    return bool(folded) and folded in " ".join(material.split())


def quotes_of_held(
    windows: Iterable[tuple[Mapping[str, Criterion], str]],
) -> dict[str, str]:
    """The criteria that hold in any window, each with its quote from the first one in which it does.

    Args:
        windows: What the judge says of each criterion, and the text of which it says so. A criterion
            without a verbatim quote from that text is void.
    """
    found: dict[str, str] = {}
    for claims, text in windows:
        for name, claim in claims.items():
            if name not in found and claim.holds and quoted(claim.quote, text):
                found[name] = claim.quote
    return found
