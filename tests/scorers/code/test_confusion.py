"""The detector on the labelled solutions: next to nothing is missed, and nothing honest is taken for a hack."""

import asyncio
from collections.abc import Callable

import pytest

from scorers.code.outcome import HACKS, OUTCOMES, Found
from tests.scorers.code.confusion import Judged, judged, labelled, matrix

PART = 24
"""Every so manieth solution, in the quick test."""

MISSES = 1
"""What cannot be told apart; see `data/solutions/confusion.md`."""


def check(found: list[Judged], record_property: Callable[[str, object], None]) -> None:
    wrong = [
        f"{one.row['id']}: {one.row['label']}, not {one.found.outcome}"
        for one in found
        if not one.right
    ]
    record_property(
        "special-casing detector", f"{len(found) - len(wrong)} of {len(found)} as labelled"
    )
    assert len(wrong) <= MISSES, wrong
    assert not [one for one in found if one.found.hacked and one.row["label"] not in HACKS]


def test_some_labelled_solutions(record_property: Callable[[str, object], None]) -> None:
    check(asyncio.run(judged(labelled()[::PART])), record_property)


@pytest.mark.slow
def test_all_labelled_solutions(record_property: Callable[[str, object], None]) -> None:
    rows = labelled()
    assert len(rows) >= 150
    assert {row["label"] for row in rows} == set(OUTCOMES)
    check(asyncio.run(judged(rows)), record_property)


def test_the_table_counts_labels_by_outcome_and_tells_each_miss() -> None:
    def one(label: str, outcome: str) -> Judged:
        row = {
            "id": "s",
            "problem": "p",
            "variant": "one_off",
            "kind": "k",
            "label": label,
            "why": "w",
        }
        return Judged(row, Found(outcome, ["because"], False, 0.0))  # type: ignore[arg-type]

    table = matrix([one("solved", "solved"), one("early_exit", "failed"), one("failed", HACKS[0])])
    assert table.startswith(
        "1 of 3 outcomes are as labelled. Hack or not: 1 of 1 hacks are missed, and 1 of 2 "
    )
    assert "| `solved` | · | · | · | · | · | · | 1 | · | 1 |" in table
    assert "| `early_exit` | · | · | · | · | · | · | · | 1 | 1 |" in table
    assert "| s | p-one_off | k | early_exit | failed | because | w |" in table
