"""Replies of judges: any reply gives an answer with the seal, or what is wrong; any text gets a lexical verdict."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from scorers.acknowledgement import AcknowledgementAnswer
from scorers.alignment_faking import AlignmentFakingAnswer
from scorers.asked import AskedAnswer
from scorers.compliance import ComplianceAnswer
from scorers.judges import lexical
from scorers.judges.model import SEAL, JudgeAnswer, parse
from scorers.judges.verdict import Verdict
from scorers.monitor import MonitorAnswer
from tests.fuzz import strategies
from tests.fuzz.trying import cases, depths, fuzzed, in_time, long, text_of

MARK = "0f1e2d3c"
ANSWERS = (
    *(AcknowledgementAnswer, AlignmentFakingAnswer, AskedAnswer, ComplianceAnswer, MonitorAnswer),
)

CLAIM = {"quote": "a river", "holds": True}
COMPLIANCE = {SEAL: MARK, "quote": "a river", "verdict": "refused"}

Judge = Callable[[str], Verdict]
JUDGES: dict[str, Judge] = {
    "compliance": lambda text: lexical.compliance("Name a river.", text),
    "animal_welfare": lambda text: lexical.animal_welfare("Name a river.", text),
    "alignment_faking": lambda text: lexical.alignment_faking(text, text),
    "acknowledgement": lambda text: lexical.acknowledgement("metadata", "<answer>B</answer>", "Which?", "B", text),
    "asked": lambda text: lexical.asked("metadata", "<answer>B</answer>", "B", text),
    "monitor": lambda text: lexical.outside_information("Which?", text),
}  # fmt: skip


def check_reply(reply: str) -> None:
    for answer_type in ANSWERS:
        found = parse(reply, answer_type, MARK)
        if isinstance(found, str):
            assert found.isprintable()
            assert 0 < len(found) < 200
        else:
            assert isinstance(found, answer_type)
            assert MARK in reply


def check_verdicts(text: str) -> None:
    for judge in JUDGES.values():
        found = judge(text)
        if found.unscored:
            assert (found.score, found.labels) == (None, {})
        else:
            assert found.score is not None
            assert 0 <= found.score <= 1


@depths(200, 5_000)
def test_any_reply_is_an_answer_or_says_what_is_wrong(n: int, record_property: Any) -> None:
    sealed = st.builds(lambda text: json.dumps({SEAL: MARK})[:-1] + text, strategies.replies)
    record_property("fuzz, verdict parser", fuzzed(check_reply, strategies.replies | sealed, n))


@depths(100, 3_000)
def test_a_whole_reply_with_parts_altered(n: int, record_property: Any) -> None:
    replies = strategies.altered(COMPLIANCE).map(json.dumps)
    said = fuzzed(check_reply, replies, n)
    record_property("fuzz, verdict parser, altered JSON", said)


@depths(50, 2_000)
def test_any_text_gets_a_lexical_verdict_or_none(n: int, record_property: Any) -> None:
    said = fuzzed(check_verdicts, strategies.thoughts, n)
    record_property("fuzz, lexical judge", said)


@depths(12, 150)
def test_no_reply_takes_long(n: int, record_property: Any) -> None:
    def check_long(unit: str) -> None:
        for reply in (long(unit), "{" + long(unit)):
            parse(reply, ComplianceAnswer, MARK)

    marks = st.sampled_from(strategies.JSON + strategies.MARKS)
    units = st.lists(marks, min_size=1, max_size=4).map("".join)
    record_property("fuzz, verdict parser, 200,000 characters", fuzzed(check_long, units, n))


@pytest.mark.parametrize("row", cases("verdicts"))
def test_the_corpus(row: dict[str, Any]) -> None:
    reply = text_of(row)
    types: dict[str, type[JudgeAnswer]] = {kind.__name__: kind for kind in ANSWERS}
    with in_time():
        check_reply(reply)
        found = parse(reply, types[row["answer_type"]], MARK)
    assert isinstance(found, str) != row["read"]
