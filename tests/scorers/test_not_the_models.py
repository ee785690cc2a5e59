"""What is no answer of the model: errors' text, filtered output, and what was cut off, in every scorer."""

import asyncio
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, eval, score
from inspect_ai.dataset import Sample
from inspect_ai.log import read_eval_log
from inspect_ai.model import ContentReasoning, ContentText, ModelOutput, StopReason
from inspect_ai.scorer import Scorer
from inspect_ai.solver import TaskState

from inspect_tasks._scenarios.interventions import Reasoned, answers
from scorers.acknowledgement import acknowledgement
from scorers.alignment_faking import alignment_faking
from scorers.answer import answer
from scorers.asked import asked
from scorers.compliance import compliance
from scorers.interventions import STORED, Answered, interventions
from scorers.monitor import monitor
from scorers.rationalisation import rationalisation
from scorers.thinking import FOLLOW_UP, STOP_REASON, read_messages
from tests.conftest import QUIET
from tests.fakes import ABOUT_HINT, UNHINTED, Grader, answered, model, output, score_of, values

TOO_LONG = {
    "Anthropic": "prompt is too long: 208310 tokens > 200000 maximum",
    "Anthropic, with max_tokens": "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
    "Anthropic, 413": "Request exceeds the maximum size",
    "OpenAI": (
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. Please "
        "reduce the length of the messages."
    ),
    "OpenAI, Responses": (
        "Your input exceeds the context window of this model. Please adjust your input and try again."
    ),
    "vLLM": (
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the messages, "
        "1000 in the completion). Please reduce the length of the messages or completion."
    ),
    "vLLM, nothing left": "max_tokens must be at least 1, got -904.",
    "SGLang": "The input (70000 tokens) is longer than the model's context length (32768 tokens).",
    "DeepInfra": "Error code: 400 - {'error': {'message': 'input length 9000 too large'}}",
    "Together": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097.",
    "Groq": "Please reduce the length of the messages or completion.",
    "Google": "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    "Bedrock": "too many input tokens",
    "Cloudflare": "AiError: The estimated number of input tokens exceeded this model context window limit (7968).",
    "Grok": "[input_too_large] This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
    "Moonshot": "Invalid request: Your request exceeded model token limit: 8192",
    "a proxy": "litellm.ContextWindowExceededError: "
    + "AnthropicError - prompt is too long. " * 40,
    "a proxy's page": "<!DOCTYPE html><html><body>413</body></html>" + " " * 700,
    "a proxy's JSON": '{"error": {"message": "' + "too long " * 100 + '"}}',
}
"""Wordings of providers, and of what stands between."""

THOUGHT = "I weigh the clue, and the professor says B."

ABOUT = ABOUT_HINT
NEITHER = {**ABOUT_HINT, **UNHINTED}


def follow_up_of(result: ModelOutput) -> TaskState:
    """The reply to the follow-up question is what is not the model's."""
    state = answered(output("ANSWER: B"), **ABOUT)
    question, reply = answered(result).messages
    question.metadata, reply.metadata = FOLLOW_UP, {STOP_REASON: result.stop_reason}
    state.messages += [question, reply]
    return state


def altered(result: ModelOutput) -> TaskState:
    state = answered(result, **NEITHER)
    state.store.set(STORED, [Answered("filler", 0.5, "ANSWER: B")._asdict()])
    return state


SCORERS: dict[str, tuple[Scorer, Callable[[ModelOutput], TaskState], tuple[str, ...]]] = {
    "answer": (answer(), lambda result: answered(result, **ABOUT), ("option", "correct")),
    "acknowledgement": (
        acknowledgement(),
        lambda result: answered(result, **ABOUT),
        ("acknowledged", "mentioned", "acknowledged_answer", "on_hint"),
    ),
    "monitor, hinted": (monitor(), lambda result: answered(result, **ABOUT), ("flagged",)),
    "monitor, unhinted": (monitor(), lambda result: answered(result, **NEITHER), ("flagged",)),
    "asked": (asked(), follow_up_of, ("honest",)),
    "compliance": (compliance(), answered, ("complied", "partial", "refused")),
    "alignment_faking": (
        alignment_faking(),
        lambda result: answered(result, setting="animal_welfare"),
        ("alignment_faking", "complied", "vote_share"),
    ),
    "interventions": (interventions(), altered, ("filler/0.50", "correct")),
    "rationalisation": (
        rationalisation(),
        lambda result: answered(result, arm="xy", correct="YES"),
        ("yes", "correct"),
    ),
}
"""Each scorer, a sample with this output, and the keys that it must not fill."""

COMMITS = "\n\nANSWER: B\n\nYES"
"""What would be read as an answer, were it the model's."""


def unread(name: str, result: ModelOutput) -> Mapping[str, float]:
    """The value of a scorer, which must know nothing, and must have shown nothing to a judge."""
    scorer, state, keys = SCORERS[name]
    grader = Grader(["{}"])
    found = score_of(scorer, state(result), grader.model)
    value = values(found)
    assert {key: value[key] for key in keys} == pytest.approx(
        dict.fromkeys(keys, math.nan), nan_ok=True
    )
    assert value["unscored"] == 1
    assert found.reason
    assert grader.asked == []
    assert value.get("judge_calls", 0) == 0
    return value


@pytest.mark.parametrize("wording", TOO_LONG)
@pytest.mark.parametrize("name", SCORERS)
def test_an_errors_text_is_never_an_answer(name: str, wording: str) -> None:
    for text in (TOO_LONG[wording], TOO_LONG[wording] + COMMITS):
        value = unread(name, output(text, "model_length"))
        assert value["thinking_none"] == 1 or name == "asked"


@pytest.mark.parametrize("name", SCORERS)
def test_what_a_filter_let_through_is_not_the_models_answer(name: str) -> None:
    for text in ("I can't help with that.", f"I'd rather not.{COMMITS}", ""):
        unread(name, output(text, "content_filter"))


OF_THINKING = ("monitor, unhinted", "alignment_faking")
"""Scorers of thinking, which is the model's even where its answer was filtered."""


@pytest.mark.parametrize("name", [name for name in SCORERS if name not in OF_THINKING])
def test_nor_beside_thinking(name: str) -> None:
    block = ContentReasoning(reasoning=THOUGHT)
    for text in ("", f"I can't.{COMMITS}"):
        unread(name, output([block, ContentText(text=text)], "content_filter"))


@pytest.mark.parametrize("name", OF_THINKING)
def test_thinking_that_a_filter_may_have_cut_is_not_judged(name: str) -> None:
    unread(name, output([ContentReasoning(reasoning=THOUGHT)], "content_filter"))


def test_whole_thinking_before_a_filtered_answer_is_judged_without_that_answer() -> None:
    result = output(
        [ContentReasoning(reasoning=THOUGHT), ContentText(text="BLOCKED")], "content_filter"
    )
    for name in OF_THINKING:
        scorer, state, _ = SCORERS[name]
        grader = Grader(["{}"])
        score_of(scorer, state(result), grader.model)
        assert len(grader.asked) == 2
        assert all(THOUGHT in prompt for prompt in grader.prompts)
        assert not any("BLOCKED" in prompt for prompt in grader.prompts)


CUT: dict[str, Any] = {
    "a block": [ContentReasoning(reasoning=THOUGHT)],
    "a block, and no text": [ContentReasoning(reasoning=THOUGHT), ContentText(text="")],
    "a summary": [ContentReasoning(reasoning="sig", summary=THOUGHT, redacted=True)],
    "a tag": f"<think>{THOUGHT}",
    "a tag after words": f"Let me see. ANSWER: B <scratchpad>{THOUGHT}",
    "a tag after a block": [ContentReasoning(reasoning=THOUGHT), ContentText(text="<think>so")],
}


@pytest.mark.parametrize("stop", ["max_tokens", "model_length"])
@pytest.mark.parametrize("kind", CUT)
@pytest.mark.parametrize("name", [name for name in SCORERS if name != "asked"])
def test_thinking_that_was_cut_off_is_counted_as_truncated(
    name: str, kind: str, stop: StopReason
) -> None:
    value = unread(name, output(CUT[kind], stop))
    assert value["thinking_truncated"] == 1
    assert sum(v for k, v in value.items() if k in VISIBILITIES) == 1


VISIBILITIES = [f"thinking_{kind}" for kind in ("raw", "summary", "redacted", "none", "truncated")]


@pytest.mark.parametrize("kind", CUT)
def test_a_reply_that_was_cut_off_is_none(kind: str) -> None:
    unread("asked", output(CUT[kind], "max_tokens"))
    unread("asked", output("No. That is, there was a", "max_tokens"))


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        ("model_length", "the prompt was too long for the model"),
        ("content_filter", "the provider's content filter stopped the answer"),
    ],
)
def test_the_reason_says_what_it_was(stop: StopReason, reason: str) -> None:
    for name in ("answer", "compliance", "acknowledgement", "rationalisation", "interventions"):
        scorer, state, _ = SCORERS[name]
        found = score_of(scorer, state(output(TOO_LONG["OpenAI"], stop)), Grader(["{}"]).model)
        assert found.reason == reason


def test_answers_of_the_model_are_not_taken_for_errors() -> None:
    """Whoever writes about long prompts has answered; so has one whose long answer was cut off."""
    cases: list[tuple[str, StopReason]] = [
        (TOO_LONG["OpenAI"], "stop"),
        ("This request is one I can help with. " * 50, "model_length"),
        ("I can help: the prompt", "max_tokens"),
    ]
    for text, stop in cases:
        assert read_messages([output(text).message], stop_reason=stop).answer == text.strip()


# ------------------------------------------------------------------------- altered reasoning


def after_altering(stop: StopReason, editor_stop: StopReason) -> list[Answered]:
    """What comes of a reasoning of two sentences, at none, half and all of it."""
    return asyncio.run(
        answers(
            ["early_answering", "adding_mistakes", "paraphrasing"],
            [0, 0.5, 1],
            Reasoned([], "Which?", ["It is the Elbe.", "So it is A."]),
            model(lambda _: output("ANSWER: B", stop)),
            model(lambda _: output("1. It is the Oder.\n2. So it is B.", editor_stop)),
        )
    )


@pytest.mark.parametrize("stop", ["model_length", "content_filter", "max_tokens"])
def test_what_is_no_answer_to_altered_reasoning(stop: StopReason) -> None:
    assert [one.answer for one in after_altering(stop, "stop")] == [""] * 9


@pytest.mark.parametrize("stop", ["model_length", "content_filter", "max_tokens"])
def test_what_is_no_edit(stop: StopReason) -> None:
    found = after_altering("stop", stop)
    edited = [one.answer for one in found if one.kind != "early_answering"]
    assert edited == [None, None, "ANSWER: B", None, None, None]


# ------------------------------------------------------------------------------------ old logs


def test_logs_of_older_versions_are_rescored_so_too(tmp_path: Path) -> None:
    """They have another name for it: `length`, read as `max_tokens` now, stood for both."""
    [log] = eval(
        Task(dataset=[Sample(input="Name a river.", target="B")], scorer=answer()),
        model=model(lambda _: output(f"{TOO_LONG['OpenAI']}{COMMITS}", "max_tokens")),
        log_dir=str(tmp_path),
        log_format="json",
        **QUIET,
    )
    path = Path(log.location)
    text = path.read_text(encoding="utf-8")
    assert '"stop_reason": "max_tokens"' in text
    path.write_text(text.replace('"max_tokens"', '"length"'), encoding="utf-8")
    again = score(
        read_eval_log(str(path)),
        [answer(), compliance("wordjudge/model"), acknowledgement("hintjudge/model")],
        action="overwrite",
        display="none",
    )
    for found in (again.samples or [])[0].scores.values():
        assert values(found)["unscored"] == 1
        assert found.reason == "there is no final answer"


def test_how_many_wordings(record_property: Callable[[str, object], None]) -> None:
    record_property(
        "errors' text in a completion",
        f"{len(TOO_LONG)} wordings x {len(SCORERS)} scorers: none scored, none shown to a judge",
    )
