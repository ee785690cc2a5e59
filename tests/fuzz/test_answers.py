"""The answer parser: any text gives one of the options or none, at once."""

from typing import Any

import pytest
from hypothesis import strategies as st

from analysis.faithfulness import LETTERS
from scorers.grammar import final_answer, parse_answer, same_answer
from tests.fuzz import strategies
from tests.fuzz.trying import cases, depths, fuzzed, in_time, long, text_of

OPTIONS = (0, 1, 2, 4, 10)


def check(text: str) -> None:
    for n_options in OPTIONS:
        found = parse_answer(text, n_options)
        assert found is None or found in LETTERS[:n_options]
        assert parse_answer(text, n_options) == found
    answer = final_answer(text)
    assert answer is None or answer.strip() == answer != ""
    assert same_answer(text, answer or "") in (True, False)


@depths(200, 5_000)
def test_any_text_gives_an_option_or_none(n: int, record_property: Any) -> None:
    record_property("fuzz, answer parser", fuzzed(check, strategies.answers, n))


@depths(12, 150)
def test_no_text_takes_long(n: int, record_property: Any) -> None:
    """Whatever is repeated: the time is that of its length."""

    def check_long(unit: str) -> None:
        text = long(unit)
        parse_answer(text, 4)
        final_answer(text)
        same_answer(text, "A")

    units = st.lists(st.sampled_from(strategies.MARKS), min_size=1, max_size=4).map("".join)
    said = fuzzed(check_long, units, n)
    record_property("fuzz, answer parser, 200,000 characters", said)


@pytest.mark.parametrize("row", cases("answers"))
def test_the_corpus(row: dict[str, Any]) -> None:
    text = text_of(row)
    with in_time():
        assert parse_answer(text, row["n_options"]) == row["expected"]
