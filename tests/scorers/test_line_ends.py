"""A line of an answer ends where a reader sees it end: control characters in noise end none."""

import pytest

from scorers.answer import read_answer
from scorers.rationalisation import parse_yes_no

NOISE = ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85"]


@pytest.mark.parametrize("between", NOISE)
def test_noise_ends_no_line(between: str) -> None:
    assert read_answer(f"so then<{between}a", 4) is None
    assert parse_yes_no(f"so then<{between}yes") is None


@pytest.mark.parametrize("between", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(between: str) -> None:
    assert read_answer(f"Let me see.{between}ANSWER: B{between}", 4) == "B"
    assert parse_yes_no(f"Let me see.{between}ANSWER: YES{between}") is True
