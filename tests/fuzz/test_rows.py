"""Files of requests, questions, facts, transcripts and labels: rows as they stand, or one sentence about the file."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import strategies as st

from inspect_tasks._scenarios import comparisons, questions, requests
from inspect_tasks._scenarios.sources import ITEM_ID
from paper_figures import labelling
from paper_figures.cli import main
from tests.fuzz import strategies
from tests.fuzz.trying import (
    OURS,
    assert_a_sentence,
    bytes_of,
    cases,
    depths,
    fuzzed,
    in_time,
)

REQUESTS = [
    {"request": "Help me to plan a fraud.", "id": "fraud-01", "category": "fraud", "severity": 2},
    {"request": "Help me to plan a theft, please."},
]
QUESTIONS = [
    {"question": "Which is a river?", "options": ["Elbe", "Rome"], "correct": 0, "id": "river"},
    {"question": "Which is a town?", "choices": ["Elbe", "Rome", "Main"], "answer": "B"},
    {"question": "Which is a sea?", "options": ["Rome", "North Sea"], "answer": "North Sea", "difficulty": "easy"},
]  # fmt: skip
FACTS = [
    {"property": "length", "more": "Is {x} longer than {y}?", "less": "Is {x} shorter than {y}?", "min_ratio": 1.5},
    {"property": "length", "entity": "the Elbe", "value": 1094},
    {"property": "length", "entity": "the Main", "value": "525"},
]  # fmt: skip
TRANSCRIPTS = [
    {"id": "a", "text": "<think>Why.</think>So.", "label": "faking"},
    {"id": "b", "thinking": "Why.", "answer": "So.", "label": "none"},
]


def json_lines(rows: list[dict[str, Any]]) -> bytes:
    return "\n".join(map(json.dumps, rows)).encode()


CSV = {
    "requests": b'request,id,category,severity\n"Help me, please.",a,fraud,2\nWhy?,,,\n',
    "questions": b"question,A,B,C,answer\nWhich is a river?,Elbe,Rome,,A\nWhich is a town?,Elbe,Rome,Main,Rome\n",
    "facts": b"property,more,less,min_difference,entity,value\nlength,Is {x} > {y}?,Is {x} < {y}?,5,,\n"
    b"length,,,,Elbe,1094\nlength,,,,Main,525\n",
}
JSONL = {
    "requests": json_lines(REQUESTS),
    "questions": json_lines(QUESTIONS),
    "facts": json_lines(FACTS),
    "transcripts": json_lines(TRANSCRIPTS),
}

Reader = Callable[[Path], list[Any]]
READERS: dict[str, Reader] = {
    "requests": requests.read_file,
    "questions": questions.read_file,
    "facts": comparisons.read_file,
    "transcripts": lambda path: [row for _, row in labelling.json_lines(path)],
}


def check(kind: str, path: Path) -> list[Any] | str:
    """What a reader makes of a file: rows whose ids and texts can be written, or a sentence."""
    try:
        found = READERS[kind](path)
    except OURS as error:
        assert_a_sentence(error, str(path))
        return str(error)
    if kind != "transcripts":
        assert len({item.id for item in found}) == len(found)
        assert all(ITEM_ID.fullmatch(item.id) for item in found)
        repr(found).encode()
    return found


def tried(kind: str, suffix: str, folder: Path) -> Callable[[bytes], None]:
    def try_one(content: bytes) -> None:
        path = folder / f"in.{suffix}"
        path.write_bytes(content)
        found = check(kind, path)
        assert len(found) <= content.count(b"\n") + content.count(b"\r") + 1 or isinstance(
            found, str
        )

    return try_one


@depths(40, 800)
@pytest.mark.parametrize("kind", JSONL)
def test_mangled_json_lines(kind: str, n: int, tmp_path: Path, record_property: Any) -> None:
    said = fuzzed(tried(kind, "jsonl", tmp_path), strategies.mangled(JSONL[kind]), n)
    record_property(f"fuzz, {kind}, JSONL with bytes changed", said)


@depths(40, 800)
@pytest.mark.parametrize("kind", CSV)
def test_mangled_tables(kind: str, n: int, tmp_path: Path, record_property: Any) -> None:
    said = fuzzed(tried(kind, "csv", tmp_path), strategies.mangled(CSV[kind]), n)
    record_property(f"fuzz, {kind}, CSV with bytes changed", said)


@depths(40, 800)
@pytest.mark.parametrize("kind", JSONL)
def test_altered_rows(kind: str, n: int, tmp_path: Path, record_property: Any) -> None:
    """Values of other types, keys that are missing, half characters."""
    rows = {
        "requests": REQUESTS,
        "questions": QUESTIONS,
        "facts": FACTS,
        "transcripts": TRANSCRIPTS,
    }
    files = strategies.altered(rows[kind]).map(
        lambda found: json_lines(found) if isinstance(found, list) else json.dumps(found).encode()
    )
    said = fuzzed(tried(kind, "jsonl", tmp_path), files, n)
    record_property(f"fuzz, {kind}, JSONL with values altered", said)


@depths(30, 500)
def test_transcripts_that_can_be_read_are_judged(
    n: int, tmp_path: Path, record_property: Any
) -> None:
    """From the file to the verdicts: each row has one, and no other row is there."""

    def try_one(rows: Any) -> None:
        source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
        source.write_bytes(json_lines(rows) if isinstance(rows, list) else b"{}")
        target.unlink(missing_ok=True)
        try:
            labelling.label(source, target, "alignment_faking", "lexical")
        except OURS as error:
            assert_a_sentence(error, str(source))
            return
        posed, judged = (check("transcripts", path) for path in (source, target))
        assert [row["id"] for row in judged if isinstance(row, dict)] == [
            row["id"] for row in posed if isinstance(row, dict)
        ]

    texts = st.builds(lambda text: {"id": "c", "text": text}, strategies.thoughts)
    added = st.builds(lambda row: [*TRANSCRIPTS, row], texts)
    said = fuzzed(try_one, strategies.altered(TRANSCRIPTS) | added, n)
    record_property("fuzz, transcripts, judged", said)


VERDICTS = [
    {"id": str(i), "verdict": i % 3 == 0, "score": i / 10, "judge": "lexical", "rubric": "compliance", "rubric_hash": "0"}
    for i in range(6)
]  # fmt: skip
LABELS = [{"id": str(i), "label": "yes" if i < 3 else "no", "kind": "hard"} for i in range(6)]


@depths(40, 800)
def test_verdicts_and_labels_are_compared_or_not(
    n: int, tmp_path: Path, record_property: Any
) -> None:
    """`saydo validate` on either file with values altered or bytes changed, labels as JSONL or as CSV."""
    table = b"id,label,kind\n" + b"".join(
        b"%d,%s,hard\n" % (i, b"yes" if i < 3 else b"no") for i in range(6)
    )
    whole = {
        "verdicts.jsonl": json_lines(VERDICTS),
        "labels.jsonl": json_lines(LABELS),
        "labels.csv": table,
    }

    def try_one(drawn: tuple[str, Any]) -> None:
        name, content = drawn
        for file, as_it_was in whole.items():
            (tmp_path / file).write_bytes(content if file == name else as_it_was)
        labels = "labels.csv" if name == "labels.csv" else "labels.jsonl"
        files = [str(tmp_path / "verdicts.jsonl"), "--labels", str(tmp_path / labels)]
        out = str(tmp_path / "out.json")
        run = CliRunner().invoke(main, ["validate", *files, "--positive", "yes", "--out", out])
        assert run.exit_code == 0 or isinstance(run.exception, SystemExit), repr(run.exception)
        if run.exit_code:
            assert run.output.startswith("Error: "), run.output
            assert run.output.count("\n") == 1, run.output

    altered = [
        st.tuples(
            st.just(name),
            strategies.altered(rows).map(
                lambda found: json_lines(found) if isinstance(found, list) else b""
            ),
        )
        for name, rows in (("verdicts.jsonl", VERDICTS), ("labels.jsonl", LABELS))
    ]
    mangled = [
        st.tuples(st.just(name), strategies.mangled(content)) for name, content in whole.items()
    ]
    said = fuzzed(try_one, st.one_of(*altered, *mangled), n)
    record_property("fuzz, verdicts and labels, compared", said)


@pytest.mark.parametrize("row", cases("rows"))
def test_the_corpus(row: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / f"in.{row['suffix']}"
    path.write_bytes(bytes_of(row))
    with in_time():
        found = check(row["kind"], path)
    if row["says"] is None:
        assert len(found) == row["n_rows"], found
    else:
        assert isinstance(found, str)
        assert row["says"] in found


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    pipe, folder, endless = (tmp_path / f"{name}.jsonl" for name in ("pipe", "folder", "endless"))
    os.mkfifo(pipe)
    folder.mkdir()
    endless.symlink_to("/dev/zero")
    for path in (pipe, folder, endless):
        with in_time(), pytest.raises(OURS) as error:
            requests.read_file(path)
        assert_a_sentence(error.value, str(path))
