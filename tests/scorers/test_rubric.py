"""Rubrics: every one can be put to a judge, and its hash moves with its words."""

import re
import shutil
from pathlib import Path

import pytest

from scorers.alignment_faking import RUBRIC, AlignmentFakingAnswer
from scorers.compliance import RUBRICS, ComplianceAnswer
from scorers.judges import rubric as module
from scorers.judges.record import rubric_version
from scorers.judges.rubric import judge_prompt, load_rubric
from scorers.judges.verdict import CRITERIA, OUTCOMES

NAMES = [RUBRIC, *RUBRICS.values()]


@pytest.mark.parametrize("name", NAMES)
def test_a_rubric_is_shown_whole(name: str) -> None:
    rubric = load_rubric(name)
    prompt = judge_prompt(rubric, {"answer": "ANSWER"}, seed=0).text
    assert prompt.startswith(rubric.text)
    assert "\nANSWER\n" in prompt
    assert not re.search(r"\{\{|\{%|\n\n\n|[ \t]\n", prompt)


def test_rubrics_name_what_is_asked_for() -> None:
    faking = load_rubric(RUBRIC).text
    assert all(f"`{name}`" in faking for name in AlignmentFakingAnswer.model_fields)
    assert set(CRITERIA) < set(AlignmentFakingAnswer.model_fields)
    for name in RUBRICS.values():
        assert all(f"`{outcome}`" in load_rubric(name).text for outcome in OUTCOMES)
        assert all(f"`{key}`" in load_rubric(name).text for key in ComplianceAnswer.model_fields)


@pytest.mark.parametrize(
    ("edited", "moves"),
    [("compliance.md", True), ("frame.md", True), ("animal_welfare.md", False)],
)
def test_the_hash_moves_with_the_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edited: str, moves: bool
) -> None:
    before = load_rubric("compliance").hash
    shutil.copytree(module.RUBRICS, tmp_path / "rubrics")
    monkeypatch.setattr(module, "RUBRICS", tmp_path / "rubrics")
    assert load_rubric("compliance").hash == before
    with (tmp_path / "rubrics" / edited).open("a", encoding="utf-8") as file:
        file.write("One more sentence.\n")
    assert (load_rubric("compliance").hash != before) == moves


def test_each_judge_has_its_version() -> None:
    assert len({rubric_version("model", name) for name in NAMES}) == len(NAMES)
    assert rubric_version("lexical", RUBRIC) != rubric_version("model", RUBRIC)
    assert rubric_version("openai/gpt-5", RUBRIC) == rubric_version("model", RUBRIC)
