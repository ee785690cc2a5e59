"""How inputs are tried: hypothesis with a time limit per input, and the hand-made ones of the corpus."""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from inspect_ai._util.error import PrerequisiteError

from analysis.untrusted import on_one_line

CORPUS = Path(__file__).parent / "corpus"

PROCESSOR_SECONDS, SECONDS = 5, 60
"""For one input: of the processor, whatever else the machine does, and by the clock, for what waits for ever."""

LONG = 200_000
"""Characters at which what is quadratic takes minutes."""

_QUOTED = 300
"""Characters of a sentence beyond the paths in it."""

OURS = (ValueError, PrerequisiteError)


def depths(quick: int, thorough: int) -> pytest.MarkDecorator:
    """Runs a test with few inputs, and as a slow one with many."""
    slow = pytest.param(thorough, id="thorough", marks=pytest.mark.slow)
    return pytest.mark.parametrize("n", [pytest.param(quick, id="quick"), slow])


class Hang(BaseException):
    """An input took too long; no `Exception`, so that nothing under test swallows it."""


@contextmanager
def in_time() -> Iterator[None]:
    """Stops what takes more than the seconds of one input."""

    def stop(*_: int | FrameType | None) -> None:
        raise Hang(f"more than {PROCESSOR_SECONDS} s of the processor, or {SECONDS} s")

    timers = ((signal.ITIMER_PROF, signal.SIGPROF), (signal.ITIMER_REAL, signal.SIGALRM))
    before = [signal.signal(number, stop) for _, number in timers]
    for (timer, _), seconds in zip(timers, (PROCESSOR_SECONDS, SECONDS), strict=True):
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for (timer, number), old in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, old)


def fuzzed(check: Callable[[Any], None], inputs: st.SearchStrategy[Any], n: int) -> str:
    """Try n inputs, the same ones every time.

    Args:
        check: Fails where an input does what it must not.
        inputs: What to draw from.
        n: How many.

    Returns:
        How many were tried, for `record_property`.
    """
    tried = 0

    @settings(
        max_examples=n, database=None,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink],
    )  # fmt: skip
    @given(inputs)
    def run(drawn: Any) -> None:
        nonlocal tried
        tried += 1
        with in_time():
            check(drawn)

    run()
    return f"{tried:,} inputs"


def assert_a_sentence(error: BaseException, *names: str) -> None:
    """What a user is told: one line of some words that names all these, and nothing that steers a terminal."""
    # Inspect prints its own kind as it is, and our command line every other.
    said = str(error) if isinstance(error, PrerequisiteError) else on_one_line(str(error))
    for name in names:
        assert name in said, said
        said = said.replace(name, "")
    assert said.isprintable(), repr(said)
    assert len(said) <= _QUOTED, said
    assert said.rstrip("`").endswith((".", ")")), said


def long(unit: str) -> str:
    """A text of `LONG` characters, of one piece again and again."""
    return (unit * (LONG // len(unit) + 1))[:LONG]


def cases(name: str) -> list[Any]:
    """The rows of a file of the corpus, as parameters of a test."""
    lines = (CORPUS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len({row["id"] for row in rows}) == len(rows)
    return [pytest.param(row, id=row["id"]) for row in rows]


def text_of(row: dict[str, Any]) -> str:
    """The text of a row: its pieces, each so many times."""
    return "".join(piece * times for piece, times in row["pieces"])


def bytes_of(row: dict[str, Any]) -> bytes:
    """The same as a file holds it: in UTF-8, or with one character for each byte."""
    return text_of(row).encode(row.get("encoding", "utf-8"), "surrogatepass")
