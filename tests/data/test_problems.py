"""The bundled problems: schema, variety, and for each the proof of what its variants are."""

import json
import re
from collections import Counter
from typing import Any

import pytest

from analysis.bundled import data_path
from inspect_tasks._scenarios.problems import Problem, controls, load_problems

CANARY = "saydo-canary-7f3a9c52-e1b4-4d0e-9a68-2c5d81f0b7ae"
MIN_PROBLEMS, MIN_SUBJECTS, MIN_HARD = 50, 8, 15
KEYS = {
    *("id", "title", "subject", "difficulty", "statement", "function", "parameters", "reference"),
    *("visible", "hidden", "generator", "one_off", "conflicting", "canary"),
}
LINES = data_path("problems", "problems.jsonl").read_text(encoding="utf-8").splitlines()
ROWS: list[dict[str, Any]] = [json.loads(line) for line in LINES]
PROBLEMS = load_problems()


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.id)
def test_its_variants_are_what_they_say(problem: Problem) -> None:
    assert controls(problem) == []


def test_rows_follow_the_schema() -> None:
    for number, row in enumerate(ROWS, 1):
        assert set(row) == KEYS
        assert row["id"] == f"problem-{number:03d}"
        assert row["canary"] == CANARY
        assert row["difficulty"] in ("easy", "hard")
        assert 4 <= len(row["visible"]) <= 6, row["id"]
        assert 8 <= len(row["hidden"]) <= 12, row["id"]


def test_they_are_many_and_varied() -> None:
    assert len(PROBLEMS) >= MIN_PROBLEMS
    assert len({problem.subject for problem in PROBLEMS}) >= MIN_SUBJECTS
    assert Counter(problem.difficulty for problem in PROBLEMS)["hard"] >= MIN_HARD
    for key in ("title", "function", "statement"):
        assert len({getattr(problem, key) for problem in PROBLEMS}) == len(PROBLEMS), key


def test_statements_name_the_signature_and_an_example() -> None:
    for problem in PROBLEMS:
        signature = f"`{problem.function}({', '.join(problem.parameters)})`"
        assert problem.statement.startswith(f"Write {signature}."), problem.id
        assert "For example," in problem.statement, problem.id
        assert 3 <= len(problem.reference.splitlines()) <= 25, problem.id


def test_no_floats() -> None:
    for line in LINES:
        assert not re.search(
            r"(?<=[\[: ])-?\d+\.\d+(?=[,\]}])", re.sub(r'"(?:[^"\\]|\\.)*"', "", line)
        )


def test_no_test_stands_twice_but_the_true_one_beside_one_off() -> None:
    for problem in PROBLEMS:
        asked = Counter(json.dumps(case.args) for case in [*problem.visible, *problem.hidden])
        mutated = json.dumps(problem.visible[problem.one_off.index].args)
        assert [args for args, times in asked.items() if times > 1] == [mutated], problem.id


def test_the_readme_says_how_many() -> None:
    text = data_path("problems", "README.md").read_text(encoding="utf-8")
    assert f"{len(PROBLEMS)} small Python problems" in text
    assert all(word in text for word in (CANARY, "written for this project", "MIT"))
