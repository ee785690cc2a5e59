"""The thinking reader: any text, and any mixture of messages and blocks, gives a reading, at once."""

from typing import Any, get_args

import pytest
from hypothesis import strategies as st
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    Content,
    ContentData,
    ContentImage,
    ContentReasoning,
    ContentText,
    StopReason,
)

from analysis.quantities import Visibility
from scorers.thinking import FOLLOW_UP, Reading, read_messages, read_text, visibility_values
from tests.fuzz import strategies
from tests.fuzz.trying import cases, depths, fuzzed, in_time, long, text_of

SECRET = "EvQCCkYIBxgCKkB"
"""Begins every signature and ciphertext: none may ever stand in what is read."""

texts = strategies.thoughts
reasoning = st.builds(
    lambda text, summary, hidden, signed: ContentReasoning(
        reasoning=SECRET + text if hidden else text,
        summary=summary,
        signature=SECRET if signed else None,
        redacted=hidden,
    ),
    texts, st.none() | texts, st.booleans(), st.booleans(),
)  # fmt: skip
blocks: st.SearchStrategy[Content] = st.one_of(
    reasoning,
    texts.map(lambda text: ContentText(text=text)),
    st.just(ContentImage(image="data:image/png;base64,AAAA")),
    st.just(ContentData(data={"a": None})),
)
contents = texts | st.lists(blocks, max_size=5)
messages: st.SearchStrategy[ChatMessage] = st.one_of(
    st.builds(
        ChatMessageAssistant,
        content=contents,
        source=st.sampled_from([None, "input", "generate"]),
        model=st.sampled_from([None, "", "claude-sonnet-4-5", "organism/final"]),
    ),
    st.builds(ChatMessageUser, content=contents, metadata=st.sampled_from([None, {}, FOLLOW_UP])),
    st.builds(ChatMessageSystem, content=contents),
    st.builds(ChatMessageTool, content=contents),
)
NAMES = (
    "",
    "anthropic/claude-3-7-sonnet-20250219",
    "anthropic/claude-opus-4",
    "vllm/qwen",
    "\ud800",
)
conversations = st.fixed_dictionaries(
    {
        "messages": st.lists(messages, max_size=5),
        "model": st.sampled_from(NAMES),
        "model_args": st.none() | st.just({"extra_headers": {"anthropic-beta": "dev-full-thinking-2025-05-14"}}),
        "stop_reason": st.none() | st.sampled_from(get_args(StopReason)),
        "reasoning_tokens": st.sampled_from([None, 0, 1, 10**9]),
    }
)  # fmt: skip


def check(reading: Reading) -> None:
    assert reading.visibility in get_args(Visibility)
    assert (reading.visibility in ("redacted", "none")) <= (reading.thinking == "")
    values = visibility_values(reading)
    assert sum(values[f"thinking_{name}"] for name in get_args(Visibility)) == 1
    assert values["thinking_chars"] == len(reading.thinking)


def check_text(text: str) -> None:
    reading = read_text(text)
    check(reading)
    # The reading has nothing that the text has not: cut into its words, it is made of the text's words.
    words = set("".join(f" {part} " for part in (reading.thinking, reading.answer)).split())
    assert all(word in text for word in words)
    check(read_messages([ChatMessageAssistant(content=text)]))


def check_conversation(drawn: dict[str, Any]) -> None:
    reading = read_messages(**drawn)
    check(reading)
    assert SECRET not in reading.thinking + reading.answer


@depths(200, 5_000)
def test_any_text_gives_a_reading(n: int, record_property: Any) -> None:
    record_property("fuzz, thinking reader, texts", fuzzed(check_text, texts, n))


@depths(100, 3_000)
def test_any_messages_give_a_reading(n: int, record_property: Any) -> None:
    said = fuzzed(check_conversation, conversations, n)
    record_property("fuzz, thinking reader, conversations", said)


@depths(12, 150)
def test_no_text_takes_long(n: int, record_property: Any) -> None:
    def check_long(unit: str) -> None:
        text = long(unit)
        read_text(text)
        read_messages([ChatMessageAssistant(content=text)], stop_reason="model_length")

    marks = st.sampled_from(strategies.TAGS + strategies.MARKS)
    units = st.lists(marks, min_size=1, max_size=4).map("".join)
    record_property("fuzz, thinking reader, 200,000 characters", fuzzed(check_long, units, n))


@pytest.mark.parametrize("row", cases("thinking"))
def test_the_corpus(row: dict[str, Any]) -> None:
    text = text_of(row)
    with in_time():
        check_text(text)
        reading = read_messages([ChatMessageAssistant(content=text)])
    assert reading.visibility == row["visibility"]
    assert reading.answer.startswith(row["answer_begins"])
    assert len(reading.answer) == row["answer_chars"]
