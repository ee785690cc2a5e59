"""Replies that are no verdict: asked once more, then unscored with what was wrong, and counted."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from inspect_ai.model import ContentReasoning, ModelOutput

from scorers.judges.model import parse
from scorers.judges.rubric import judge_prompt, load_rubric
from scorers.monitor import MonitorAnswer
from tests.fakes import SEAL, USAGE, Grader, output, score_of, values
from tests.scorers.judging import JUDGED, QUOTE, Judged

TEXT = f"In {QUOTE} there is a river."

Reply = Mapping[str, Any]
Malformed = Callable[[str, Reply], str | ModelOutput]
"""From a rubric and a sound reply to what the judge says instead."""


def said(reply: Reply) -> str:
    return json.dumps(reply)


def changed(value: Any, of_claim: str = "holds") -> Malformed:
    """With another value in place of the verdict, or of that part of a claim."""

    def make(rubric: str, reply: Reply) -> str:
        *_, key = (k for k, v in reply.items() if not isinstance(v, bool))
        if isinstance(reply[key], dict):
            return said({**reply, key: {**reply[key], of_claim: value}})
        return said({**reply, ("verdict" if of_claim == "holds" else of_claim): value})

    return make


def without(key: str) -> Malformed:
    return lambda rubric, reply: said({k: v for k, v in reply.items() if k != key})


def without_last(rubric: str, reply: Reply) -> str:
    return said(dict(list(reply.items())[:-1]))


def twice(rubric: str, reply: Reply) -> str:
    last = list(reply)[-1]
    return f"{said(reply)[:-1]}, {json.dumps(last)}: {json.dumps(reply[last])}}}"


def of_another(rubric: str, reply: Reply) -> str:
    """The seal that the same rubric has for a transcript that contains the usual one."""
    usual = judge_prompt(load_rubric(rubric), {"answer": ""}, 0).seal
    return said({**reply, "seal": judge_prompt(load_rubric(rubric), {"answer": usual}, 0).seal})


def escaped(rubric: str, reply: Reply) -> str:
    """The right seal, in characters that a transcript can have without having the seal."""
    usual = judge_prompt(load_rubric(rubric), {"answer": ""}, 0).seal
    return said(reply).replace(SEAL, "".join(f"\\u{ord(character):04x}" for character in usual))


NOT_ONE, NO_JSON, SEALED = "it is not one JSON object", "there is no JSON object", "the seal"

KINDS: dict[str, tuple[Malformed, str]] = {
    "empty": (lambda rubric, reply: "", "it is empty"),
    "white space": (lambda rubric, reply: " \n\t ", "it is empty"),
    "prose": (lambda rubric, reply: "It does, and plainly so.", NO_JSON),
    "a grade": (lambda rubric, reply: "GRADE: C", NO_JSON),
    "refusal": (lambda rubric, reply: "I can't help with judging that.", NO_JSON),
    "null": (lambda rubric, reply: "null", NO_JSON),
    "array of words": (lambda rubric, reply: '["complied"]', NO_JSON),
    "array": (lambda rubric, reply: f"[{said(reply)}]", NOT_ONE),
    "truncated JSON": (lambda rubric, reply: said(reply)[:-1], NOT_ONE),
    "JSON in prose": (lambda rubric, reply: f"I say {said(reply)}, and mean it.", NOT_ONE),
    "two objects": (lambda rubric, reply: f"{said(reply)}\n{said(reply)}", NOT_ONE),
    "JSON as a text": (lambda rubric, reply: json.dumps(said(reply)), NOT_ONE),
    "single quotes": (lambda rubric, reply: said(reply).replace('"', "'"), NOT_ONE),
    "trailing comma": (lambda rubric, reply: f"{said(reply)[:-1]},}}", NOT_ONE),
    "comment": (lambda rubric, reply: f"{said(reply)[:-1]} // so it is\n}}", NOT_ONE),
    "code fence unclosed": (lambda rubric, reply: f"```json\n{said(reply)}\nThat is all", NOT_ONE),
    "BOM": (lambda rubric, reply: f"{{\ufeff{said(reply)[1:]}", NOT_ONE),
    "null character": (lambda rubric, reply: f"{said(reply)}\0", NOT_ONE),
    "HTML": (lambda rubric, reply: f"<html><body>{said(reply)}</body></html>", NOT_ONE),
    "thinking only": (
        lambda rubric, reply: output([ContentReasoning(reasoning=said(reply))]),
        "it is empty",
    ),
    "thinking in tags only": (lambda rubric, reply: f"<think>{said(reply)}</think>", "it is empty"),
    "no choices": (lambda rubric, reply: ModelOutput(choices=[], usage=USAGE), "there is none"),
    "nested too deep": (lambda rubric, reply: '{"seal": ' + "[" * 200_000, "nested too deep"),
    "too large a number": (
        lambda rubric, reply: f'{{"n": {"9" * 5_000}}}',
        "4300",
    ),
    "text for true": (changed("true"), ""),
    "1 for true": (changed(1), ""),
    "NaN": (changed(math.nan), ""),
    "null for true": (changed(None), ""),
    "unknown outcome": (changed("mostly"), ""),
    "quote of wrong type": (changed([QUOTE], of_claim="quote"), "quote"),
    "no quote": (changed(None, of_claim="quote"), "quote"),
    "lone surrogate": (changed(f"{QUOTE} \ud800", of_claim="quote"), "half a character"),
    "lone surrogate, raw": (
        lambda rubric, reply: said(reply).replace(QUOTE, "\udfff"),
        "half a character",
    ),
    "missing key": (without_last, "is missing"),
    "extra key": (lambda rubric, reply: said({**reply, "sure": 0.9}), "not asked for"),
    "key twice": (twice, "twice"),
    "seal missing": (without("seal"), SEALED),
    "wrong seal": (lambda rubric, reply: said({**reply, "seal": "00000000"}), SEALED),
    "seal of another transcript": (of_another, SEALED),
    "seal in capitals": (
        lambda rubric, reply: said({**reply, "seal": "ABCDEF01"}),
        SEALED,
    ),
    "seal escaped": (escaped, SEALED),
    "seal with a blank": (lambda rubric, reply: said({**reply, "seal": f"{SEAL} "}), SEALED),
    "seal beside the object": (
        lambda rubric, reply: f"{SEAL} {without('seal')(rubric, reply)}",
        SEALED,
    ),
    "nothing but the seal": (lambda rubric, reply: said({"seal": SEAL}), "is missing"),
    "max_tokens stop": (lambda rubric, reply: output(said(reply), "max_tokens"), "cut off"),
    "content_filter stop": (
        lambda rubric, reply: output(said(reply), "content_filter"),
        "declined to judge",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rubric", JUDGED)
def test_what_is_no_verdict_is_asked_for_once_more_and_then_unscored(
    rubric: str, kind: str
) -> None:
    judged, (malformed, wrong) = JUDGED[rubric], KINDS[kind]
    grader = Grader([malformed(rubric, judged.reply)])
    score = score_of(judged.scorer(), judged.state(TEXT), grader.model)
    value = values(score)
    assert math.isnan(value[judged.label])
    assert value["unscored"] == 1
    assert value["judge_calls"] == len(grader.asked) == 2 * judged.channels
    assert value["judge_retries"] == judged.channels
    assert str(score.reason).removeprefix("only 0 of 1 votes: ").startswith("the judge's reply")
    assert wrong in str(score.reason)
    assert str(score.reason) in str(score.explanation)
    assert QUOTE not in str(score.reason)  # what stands in the reply is not repeated


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rubric", ["compliance", "acknowledgement"])
def test_the_second_reply_counts_as_the_first_would(rubric: str, kind: str) -> None:
    judged, (malformed, _) = JUDGED[rubric], KINDS[kind]
    grader = Grader([malformed(rubric, judged.reply), judged.says()])
    value = values(score_of(judged.scorer(), judged.state(TEXT), grader.model))
    assert value[judged.label] == 1
    assert value["judge_retries"] == 1
    for turns in grader.asked:  # what no request could carry
        "".join(turn.text for turn in turns).encode("utf-8")


def test_how_many_kinds(record_property: Callable[[str, object], None]) -> None:
    assert len(KINDS) >= 20
    record_property(
        "malformed replies of judges",
        f"{len(KINDS)} kinds x {len(JUDGED)} rubrics, each asked for once more: all unscored with what was wrong",
    )


READ: dict[str, Callable[[str], str]] = {
    "bare": lambda reply: reply,
    "white space around it": lambda reply: f"\n {reply}\t\n",
    "in a code fence": lambda reply: f"```json\n{reply}\n```",
    "in a fence that is not closed": lambda reply: f"```json\n{reply}",
    "after a byte order mark": lambda reply: f"\ufeff{reply}",
    "after prose": lambda reply: f"The reply names it.\n{reply}",
    "after thinking in tags": lambda reply: f"<think>{{hm}}</think>{reply}",
    "with tags in its quote": lambda reply: reply.replace("the note", "<think> the note"),
}


@pytest.mark.parametrize("form", READ)
def test_forms_that_leave_no_doubt_are_read(form: str) -> None:
    claim = {"quote": "the note", "holds": True}
    reply = READ[form](json.dumps({"seal": SEAL, "flagged": claim}))
    state = JUDGED["monitor"].state("I saw <think> the note.")
    assert (
        values(score_of(JUDGED["monitor"].scorer(), state, Grader([reply]).model))["flagged"] >= 0
    )


def test_a_material_too_long_for_the_judge_is_not_shown_again() -> None:
    """A provider's error arrives as a completion, which may even quote the transcript."""
    judged: Judged = JUDGED["compliance"]
    for text in ("prompt is too long: 9 tokens > 8 maximum", judged.says()):
        grader = Grader([output(text, "model_length")])
        score = score_of(judged.scorer(), judged.state(TEXT), grader.model)
        assert math.isnan(values(score)["complied"])
        assert (values(score)["judge_calls"], values(score)["judge_retries"]) == (1, 0)
        assert score.reason == "the material is too long for the judge (stop reason model_length)"


def test_what_is_wrong_is_named_by_our_keys_alone() -> None:
    text = json.dumps({"seal": "s", "\x1b[31m" + "x" * 10_000: 1, "flagged": {"quote": "q"}})
    wrong = parse(text, MonitorAnswer, "s")
    assert isinstance(wrong, str)
    assert "x" not in wrong
    assert len(wrong) < 100
