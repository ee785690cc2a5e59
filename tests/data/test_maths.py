"""The bundled maths problems: schema, variety, and every answer computed a second time."""

import fractions
import functools
import itertools
import json
import math
from collections import Counter
from typing import Any

import pytest

from analysis.bundled import data_path
from tests.data.test_questions import CANARY, grams

MAX_JACCARD = 0.5
"""From here on, two problems count as near-duplicates (three-word sequences)."""

MODULES = {module.__name__: module for module in (math, itertools, fractions, functools)}


def rows() -> list[dict[str, Any]]:
    lines = data_path("maths", "maths.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


ROWS = rows()


def test_rows_have_the_schema_of_the_readme() -> None:
    keys = {"id", "question", "answer", "subject", "difficulty", "check", "canary"}
    for row in ROWS:
        assert set(row) == keys
        assert row["canary"] == CANARY
        assert type(row["answer"]) is int
        assert row["difficulty"] in range(1, 6)
        assert row["id"].rpartition("-")[0] == row["subject"].replace("_", "-")
        assert "\n" not in row["question"]
        assert row["question"].strip() == row["question"]
    assert len({row["id"] for row in ROWS}) == len(ROWS) >= 100


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
def test_the_check_of_a_problem_finds_its_answer(row: dict[str, Any]) -> None:
    found = eval(row["check"], dict(MODULES))
    assert type(found) is int
    assert found == row["answer"]


def test_a_check_computes_its_answer_and_does_not_state_it() -> None:
    for row in ROWS:
        assert "(" in row["check"] or "%" in row["check"]
        assert str(row["answer"]) not in row["check"].split()


def test_every_subject_has_as_many_problems_of_every_difficulty() -> None:
    counted = Counter((row["subject"], row["difficulty"]) for row in ROWS)
    assert len({subject for subject, _ in counted}) == 7
    assert set(counted.values()) == {3}
    assert len(counted) == 7 * 5


def test_no_answer_is_worth_guessing() -> None:
    answers = Counter(row["answer"] for row in ROWS)
    assert max(answers.values()) <= 4
    assert sum(answer > 100 for answer in answers.elements()) > 50
    assert all(str(row["answer"]) not in row["question"].split() for row in ROWS)


def test_no_two_problems_are_worded_alike() -> None:
    told = [(row["id"], grams(row["question"].split(" Written as")[0])) for row in ROWS]
    alike = [
        (a, b)
        for (a, first), (b, second) in itertools.combinations(told, 2)
        if len(first & second) / len(first | second) >= MAX_JACCARD
    ]
    assert alike == []
