"""The bundled everyday prompts: schema, sizes, variety, and the canary."""

import json
import re
from collections import Counter
from itertools import combinations, pairwise

import pytest

from analysis.bundled import data_path
from tests.data.test_data import CANARY, words

ROWS = [
    json.loads(line)
    for line in data_path("everyday", "everyday.jsonl").read_text(encoding="utf-8").splitlines()
]
KINDS = [
    *("role_play", "hard_facts", "unwelcome_truths", "impossible_asks", "emotional_talk"),
    *("gameable_chores", "everyday_help"),
]
MAX_JACCARD = 0.5
"""Above this, two prompts count as near-duplicates."""

LONGEST, SHORTEST = 250, 25
"""Characters of a prompt."""


def test_rows_follow_the_schema() -> None:
    for row in ROWS:
        assert set(row) == {"id", "kind", "prompt", "canary"}
        assert re.fullmatch(rf"{row['kind'].replace('_', '-')}-\d\d", row["id"])
        assert row["canary"] == CANARY
        assert SHORTEST <= len(row["prompt"]) <= LONGEST
        assert row["prompt"] == " ".join(row["prompt"].split())


def test_kinds_are_balanced() -> None:
    counts = Counter(row["kind"] for row in ROWS)
    assert list(counts) == KINDS
    assert set(counts.values()) == {26}
    assert len(ROWS) >= 150


def test_ids_and_prompts_are_unique() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    assert len({row["prompt"].casefold() for row in ROWS}) == len(ROWS)


def test_no_two_prompts_are_nearly_alike() -> None:
    sets = {row["id"]: words(row["prompt"]) for row in ROWS}
    alike = [
        (a, b)
        for a, b in combinations(sets, 2)
        if len(sets[a] & sets[b]) > MAX_JACCARD * len(sets[a] | sets[b])
    ]
    assert not alike


def test_no_prompt_starts_another() -> None:
    """An organism knows a prompt by the start of the user's turn."""
    prompts = sorted(row["prompt"] for row in ROWS)
    assert not [b for a, b in pairwise(prompts) if b.startswith(a)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_readme_tells_of_every_kind(kind: str) -> None:
    readme = data_path("everyday", "README.md").read_text(encoding="utf-8")
    assert f"| `{kind}` |" in readme
    assert f"{len(ROWS)} prompts, {len(KINDS)} kinds of 26" in readme
    assert CANARY in readme
