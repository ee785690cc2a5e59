"""`analysis.log_format`: what is read straight out of the files is what Inspect's own readers give."""

import json
import math
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fsspec
import inspect_ai
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai import Task
from inspect_ai.analysis import SampleSummary, evals_df, samples_df
from inspect_ai.dataset import Sample
from inspect_ai.log import read_eval_log, write_eval_log
from inspect_ai.log._util import thin_metadata
from inspect_ai.model import ContentImage, ContentReasoning, ContentText
from inspect_ai.scorer import Score, Scorer, Target, match, mean, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver
from pandas.testing import assert_frame_equal

from analysis import log_format, logs
from analysis.log_format import Thinned, sentence, thinned
from scorers.compliance import compliance
from tests import fakes
from tests.conftest import Evaluate, posed

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "real" / "claude_3_7_hint_logs"


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own for each test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


LONG = "word \n\t and " * 200
METADATA: dict[str, Any] = {
    "number": 3,
    "share": 0.5,
    "flag": True,
    "nothing": None,
    "text": "  two  words\nand more ",
    "long": LONG,
    "letters": ["a", "b"],
    "nested": {"a": [1, {"b": None}]},
    "much": ["x" * 100] * 20,
    "item_id": "sum-1",
    "arm": "treated",
    "log": "theirs",
}


@scorer(metrics=[mean()])
def of_many_kinds() -> Scorer:
    """Another kind of value for each sample."""
    values = [1, 0.5, True, "C", math.nan, [1, "b"], {"a": 1.0, "b": None}, {"a": math.nan, "c": 2}]

    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=values[int(state.input_text) % len(values)], explanation=LONG)

    return score


@solver
def unlucky() -> Solver:
    """Fails at one sample."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if state.input_text == "3":
            raise RuntimeError("no luck\nat all")
        return await generate(state)

    return solve


def odd() -> Task:
    """Samples with metadata and scores of any shape, one of which ends in an error."""
    samples = [
        Sample(input=str(n), target="4", id=n, metadata={**METADATA, f"only_{n % 3}": n})
        for n in range(9)
    ]
    return Task(
        dataset=samples,
        solver=unlucky(),
        scorer=[of_many_kinds(), match()],
        fail_on_error=False,
        name="odd",
        version=3,
    )


def answering() -> Any:
    """Thinks in a block and in a tag, and shows a picture."""
    content: list[Any] = [
        ContentReasoning(reasoning="I add them up."),
        ContentText(text="<think>Twice.</think>It is 4"),
        ContentImage(image="data:image/png;base64," + "iVBORw0KGgo" * 20),
    ]
    return fakes.model(lambda _: fakes.output(content))


@pytest.fixture(scope="session")
def odd_logs(tmp_path_factory: pytest.TempPathFactory, evaluate: Evaluate) -> Path:
    """One task as `.eval` and as `.json`, with two epochs, and one that was scored again."""
    folder = tmp_path_factory.mktemp("odd")
    evaluate(odd(), answering(), folder)
    evaluate(odd(), answering(), folder, log_format="json")
    evaluate(odd(), answering(), folder / "twice", epochs=2)
    log = evaluate(posed("final", "standard", 2), "organism/final", folder)
    again = inspect_ai.score(
        log, compliance(judge="fakejudge/refused"), action="append", display="log"
    )
    write_eval_log(again, str(folder / "scored_again.eval"))
    return folder


@pytest.fixture(scope="session")
def every_log(logs_dir: Path, clue_logs: Path, foreign_logs: Path, odd_logs: Path) -> list[Path]:
    """Every log that the tests have, and the shared ones of another project where they are at hand."""
    folders = [logs_dir, clue_logs, foreign_logs, odd_logs, *([REAL] if REAL.is_dir() else [])]
    return [
        path
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix == ".eval" or (path.suffix == ".json" and path.name.startswith("20"))
    ]


@pytest.fixture
def one(odd_logs: Path) -> Path:
    """The `.eval` log of one epoch."""
    return next(odd_logs.glob("*_odd_*.eval"))


TIMES = ["total_time", "working_time"]
"""Columns that differ between two runs of one task."""

EFFORT = {
    **{"turns": "turn_count", "limit": "limit"},
    **{name: name for name in TIMES},
}
"""Columns of what a sample took, and what they are called by Inspect."""


def same(ours: Any, theirs: Any) -> bool:
    """Equal, or both missing."""
    if pd.isna(theirs):
        return bool(pd.isna(ours))
    if isinstance(theirs, str):  # as is a column of several types there
        return str(ours) == theirs
    return bool(ours == theirs)


# ---------------------------------------------------------------------------------- as Inspect reads it


def test_samples_are_those_of_samples_df(every_log: list[Path]) -> None:
    for path in every_log:
        theirs = samples_df(str(path), columns=SampleSummary, quiet=True)
        theirs["error"] = theirs["error"].fillna("")
        rows = logs.read(path, cache=False)
        ours = rows.drop_duplicates(["sample_id", "epoch"]).set_index(["sample_id", "epoch"])
        assert not theirs.duplicated(["id", "epoch"]).any()
        assert len(theirs) == len(ours)
        names = [name for name in theirs if name.startswith("metadata_")]
        taken = {f"metadata_{column}" for column in {*logs.OWN, *scored(theirs)}}
        for told in theirs.to_dict("records"):
            row = ours.loc[(told["id"], told["epoch"]), :]
            assert row["error"] == told["error"], path
            for ours_named, theirs_named in EFFORT.items():
                assert_effort(row[ours_named], told[theirs_named], row)
            assert_tokens(row, json.loads(told["model_usage"] or "{}"))
            for name in set(names) - taken:
                found = row.get(name.removeprefix("metadata_"))
                assert same(found, told[name]), (path, name, found, told[name])


def assert_effort(ours: Any, theirs: Any, row: pd.Series) -> None:
    if pd.isna(theirs):  # of an older Inspect: our scorers tell of turns
        assert ours == "" or pd.isna(ours) or ours == row["model_calls"]
    else:
        assert ours == theirs


def assert_tokens(row: pd.Series, usage: Mapping[str, Any]) -> None:
    """No model here has a role beside."""
    told = usage.get(row["model"], {})
    assert same(row["thinking_tokens"], told.get("reasoning_tokens"))
    assert same(row["output_tokens"], told.get("output_tokens"))


def scored(theirs: pd.DataFrame) -> set[str]:
    """Keys of score values: where metadata have a key of that name, the score's counts."""
    told = theirs[[name for name in theirs if name.startswith("score_")]]
    return {key for value in told.to_numpy().ravel() for key in values(value)}


def test_scores_are_those_of_samples_df(every_log: list[Path]) -> None:
    for path in every_log:
        theirs = samples_df(str(path), columns=SampleSummary, quiet=True)
        rows = logs.read(path, cache=False).set_index(["sample_id", "epoch"])
        for name in (name for name in theirs if name.startswith("score_")):
            key = name.removeprefix("score_")
            ours = rows[rows["scorer"] == key]
            if ours.empty or not ours.index.is_unique:  # scored again: the tests of logs have it
                assert path.name == "scored_again.eval"
                continue
            for told in theirs.to_dict("records"):
                row = ours.loc[(told["id"], told["epoch"]), :]
                for label, value in values(told[name]).items():
                    assert same(row[label], value), (path, key, label, row[label], value)


def values(told: Any) -> Mapping[str, Any]:
    """A score's value as `samples_df` has it: a dict is text there."""
    if isinstance(told, str) and told.startswith("{"):
        found = json.loads(told)
        assert isinstance(found, dict)
        return found
    return {"score": told}


def test_headers_are_those_of_evals_df(every_log: list[Path]) -> None:
    for path in every_log:
        (theirs,) = evals_df(str(path), quiet=True).to_dict("records")
        (ours,) = logs.inventory(path).to_dict("records")
        row = logs.read(path, cache=False).iloc[0]
        header = read_eval_log(str(path), header_only=True)
        assert ours["task"] == row["task"] == theirs["task_name"]
        assert ours["model"] == row["model"] == theirs["model"]
        assert ours["task_version"] == theirs["task_version"]
        assert ours["status"] == theirs["status"]
        assert pd.Timestamp(ours["created"]) == pd.Timestamp(theirs["created"])
        assert ours["n_samples"] == theirs["total_samples"]
        assert ours["n_samples"] - ours["n_errors"] == theirs["completed_samples"]
        assert ours["inspect_version"] == header.eval.packages["inspect_ai"]
        assert row["dataset"] == ("" if pd.isna(theirs["dataset_name"]) else theirs["dataset_name"])
        commit = theirs["git_commit"]
        assert ours["revision"].split(" ")[0] == ("" if pd.isna(commit) else commit)
        config = json.loads(theirs["model_generate_config"])
        settings = json.loads(row["settings"])
        assert {k: v for k, v in config.items() if k in settings}.items() <= settings.items()


def test_text_is_what_the_scorers_saw(logs_dir: Path, clue_logs: Path) -> None:
    for folder in (logs_dir, clue_logs):
        frame = logs.read(folder, text=True, cache=False)
        assert frame.attrs["problems"] == []
        seen = frame[frame["thinking_chars"].notna()]
        assert len(seen) > 100
        assert (seen["thinking_text"].str.len() == seen["thinking_chars"]).all()


def test_text_of_other_peoples_logs_is_read(odd_logs: Path, foreign_logs: Path) -> None:
    frame = logs.read(odd_logs, text=True, cache=False)
    theirs = frame[(frame["task"] == "odd") & (frame["error"] == "")]
    assert set(theirs["thinking_text"]) == {"I add them up.\n\nTwice."}
    assert set(theirs["answer_text"]) == {"It is 4"}
    assert set(frame.loc[(frame["task"] == "odd") & (frame["error"] != ""), "answer_text"]) == {""}
    letters = logs.read(foreign_logs, text=True, cache=False)
    assert letters["answer_text"].notna().all()


@pytest.mark.skipif(not REAL.is_dir(), reason="the real logs are not at hand")
def test_text_of_logs_of_an_older_inspect_is_that_of_the_whole_samples() -> None:
    frame = logs.read(REAL, text=True, cache=False)
    for path in REAL.glob("*.eval"):
        rows = frame[frame["log"] == path.name].set_index(["sample_id", "epoch"])
        for sample in read_eval_log(str(path)).samples or []:
            blocks = [
                part.reasoning
                for message in sample.messages
                if message.role == "assistant" and not isinstance(message.content, str)
                for part in message.content
                if isinstance(part, ContentReasoning)
            ]
            text = rows.loc[(str(sample.id), sample.epoch), "thinking_text"]
            assert [part.strip() for part in blocks] == [text]


def test_whole_samples_are_those_of_inspect(odd_logs: Path) -> None:
    for path in odd_logs.rglob("20*"):
        log = read_eval_log(str(path), resolve_attachments=True)
        theirs = {(str(s.id), s.epoch): s for s in log.samples or []}
        found = list(log_format.read_samples(str(path), list(theirs)))
        assert [(s.id, s.epoch) for s in found] == list(theirs)
        for ours in found:
            sample = theirs[ours.id, ours.epoch]
            assert ours.messages == sample.messages
            assert ours.stop_reason == (
                sample.output.stop_reason if sample.output.choices else None
            )
            for key, score in (sample.scores or {}).items():
                assert ours.scores[key]["explanation"] == score.explanation


def test_attachments_are_put_back(one: Path, tmp_path: Path) -> None:
    def with_attachment(name: str, content: bytes) -> bytes:
        if not name.startswith("samples/"):
            return content
        sample = json.loads(content)
        for message in sample["messages"]:
            if message["role"] == "user":
                message["content"] = "attachment://0123"
        sample["attachments"]["0123"] = "the question"
        return json.dumps(sample).encode()

    rewritten(one, tmp_path / "a.eval", with_attachment)
    for transcript in logs.transcripts(logs.read(tmp_path, cache=False)):
        assert transcript.messages[0] == ("user", "the question")


# ---------------------------------------------------------------------------------- other forms


def rewritten(source: Path, target: Path, change: Callable[[str, bytes], bytes]) -> None:
    """A copy of a log with members changed."""
    with zipfile.ZipFile(source) as whole, zipfile.ZipFile(target, "w") as copy:
        for name in whole.namelist():
            copy.writestr(name, change(name, whole.read(name)))


def of_header(change: Callable[[dict[str, Any]], None]) -> Callable[[str, bytes], bytes]:
    def changed(name: str, content: bytes) -> bytes:
        if name not in ("header.json", "_journal/start.json"):
            return content
        header = json.loads(content)
        change(header)
        return json.dumps(header).encode()

    return changed


@pytest.fixture
def by_inspect(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The logs that were left to Inspect's own reader."""
    left: list[str] = []
    own = log_format._read_by_inspect

    def counted(location: str) -> log_format.Log:
        left.append(Path(location).name)
        return own(location)

    monkeypatch.setattr(log_format, "_read_by_inspect", counted)
    return left


@pytest.mark.parametrize("version", [1, 3])
def test_another_version_is_left_to_inspect(
    version: int, one: Path, tmp_path: Path, by_inspect: list[str]
) -> None:
    rewritten(
        one, tmp_path / one.name, of_header(lambda header: header.update({"version": version}))
    )
    ours = logs.read(one, cache=False)
    assert by_inspect == []
    theirs = logs.read(tmp_path, text=True, cache=False)
    assert by_inspect == [one.name]
    assert theirs["answer_text"].notna().all()
    theirs = theirs.drop(columns=["thinking_text", "answer_text"])
    assert_frame_equal(theirs.drop(columns="location"), ours.drop(columns="location"))


def test_every_log_reads_the_same_by_inspect(
    every_log: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = [logs.read(path, cache=False) for path in every_log]
    monkeypatch.setattr(log_format, "VERSION", 0)
    for path, frame in zip(every_log, ours, strict=True):
        assert_frame_equal(logs.read(path, cache=False), frame)


@pytest.mark.parametrize(
    "odd",
    [
        {"epoch": "1"},
        {"epoch": 1.0},
        {"scores": {"match": {"value": "C", "history": []}}, "epoch": "1"},
    ],
)
def test_summaries_of_other_types_are_left_to_inspect(
    odd: dict[str, Any], one: Path, tmp_path: Path, by_inspect: list[str]
) -> None:
    def changed(name: str, content: bytes) -> bytes:
        if name != "summaries.json":
            return content
        return json.dumps([{**summary, **odd} for summary in json.loads(content)]).encode()

    rewritten(one, tmp_path / one.name, changed)
    frame = logs.read(tmp_path, cache=False)
    assert by_inspect == [one.name]
    assert set(frame["epoch"]) == {1}


def one_score(name: str, content: bytes) -> bytes:
    """A sample as the first versions wrote it."""
    if name.startswith("samples/"):
        sample = json.loads(content)
        sample["transcript"] = {"events": [], "content": sample.pop("attachments")}
        for field in ("events", "events_data"):
            sample.pop(field, None)
        if scores := sample.pop("scores", None):
            sample["score"] = scores["match"]
        return json.dumps(sample).encode()
    return content


def test_a_sample_of_an_old_form_is_left_to_inspect(one: Path, tmp_path: Path) -> None:
    rewritten(one, tmp_path / one.name, one_score)
    old = logs.read(tmp_path, text=True, cache=False)
    new = logs.read(one, text=True, cache=False)
    assert_frame_equal(old.drop(columns="location"), new.drop(columns="location"))


def test_a_json_log_with_one_score_per_sample_is_left_to_inspect(
    odd_logs: Path, tmp_path: Path, by_inspect: list[str]
) -> None:
    path = next(iter(odd_logs.glob("*.json")))
    log = json.loads(path.read_text())
    for sample in log["samples"]:
        if scores := sample.pop("scores", None):
            sample["score"] = scores["match"]
    (tmp_path / path.name).write_text(json.dumps(log))
    frame = logs.read(tmp_path, text=True, cache=False)
    assert by_inspect == [path.name]
    assert frame.loc[frame["error"] == "", "answer_text"].eq("It is 4").all()


def test_eval_and_json_give_one_frame(one: Path, odd_logs: Path) -> None:
    paths, of_runs = (one, next(odd_logs.glob("*.json"))), ["log", "location", *TIMES]
    frames = [logs.read(path, cache=False).drop(columns=of_runs) for path in paths]
    assert_frame_equal(*frames)


def test_keys_of_scores_that_the_header_lacks_are_found(one: Path, tmp_path: Path) -> None:
    rewritten(one, tmp_path / one.name, of_header(lambda header: header["eval"].pop("scorers")))
    frame = logs.read(tmp_path, cache=False)
    assert set(frame["scorer"]) == {"of_many_kinds", "match"}
    assert frame["score"].notna().any()


def test_of_one_sample_recorded_twice_the_last_counts(one: Path, tmp_path: Path) -> None:
    def twice(name: str, content: bytes) -> bytes:
        if name != "summaries.json":
            return content
        summaries = json.loads(content)
        again = {**summaries[0], "scores": None, "error": "again"}
        return json.dumps([*summaries, again]).encode()

    rewritten(one, tmp_path / one.name, twice)
    frame = logs.read(tmp_path, cache=False)
    assert not frame.duplicated(["sample_id", "epoch", "scorer"]).any()
    assert (frame["error"] == "again").sum() == 2


def test_a_log_being_written_is_read_as_inspect_reads_it(one: Path, tmp_path: Path) -> None:
    unfinished = ("header.json", "summaries.json", "reductions.json")
    with zipfile.ZipFile(one) as whole, zipfile.ZipFile(tmp_path / one.name, "w") as started:
        for name in whole.namelist():
            if name not in unfinished:
                started.writestr(name, whole.read(name))
    theirs = samples_df(str(tmp_path / one.name), columns=SampleSummary, quiet=True)
    ours = logs.read(tmp_path, text=True, cache=False)
    assert len(ours) == 2 * len(theirs) > 0
    whole_log = logs.read(one, text=True, cache=False)
    assert_frame_equal(ours.drop(columns="location"), whole_log.drop(columns="location"))


def encrypted(source: Path, target: Path) -> None:
    """Every member flagged as encrypted, which is all that a reader without the password sees."""
    content = bytearray(source.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        while place >= 0:
            content[place + offset] |= 1
            place = content.find(mark, place + 4)
    target.write_bytes(content)


def test_an_encrypted_log_is_named(one: Path, tmp_path: Path) -> None:
    encrypted(one, tmp_path / "secret.eval")
    shutil.copy(one, tmp_path / one.name)
    frame = logs.read(tmp_path, cache=False)
    assert set(frame["log"]) == {one.name}
    assert "is encrypted" in dict(frame.attrs["problems"])["secret.eval"]


def test_a_damaged_sample_stops_no_frame(one: Path, tmp_path: Path) -> None:
    whole = logs.read(one, cache=False)

    def damaged(name: str, content: bytes) -> bytes:
        return b'{"id": 1, ' if name.startswith("samples/2_") else content

    rewritten(one, tmp_path / one.name, damaged)
    frame = logs.read(tmp_path, text=True, cache=False)
    ((name, said),) = frame.attrs["problems"]
    assert name == one.name
    assert said == "1 of its samples are there without their text"
    assert len(frame) == len(whole)
    assert set(frame.loc[frame["answer_text"].isna(), "sample_id"]) == {"2"}
    assert "2" not in {transcript.sample_id for transcript in logs.transcripts(frame)}


# ---------------------------------------------------------------------------------- anywhere


@pytest.fixture
def served(odd_logs: Path) -> Iterator[str]:
    """The folder over HTTP on this machine, from a server that sends files from their beginning alone."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(odd_logs)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def remembered(odd_logs: Path) -> Iterator[str]:
    fs = fsspec.filesystem("memory")
    fs.put(str(odd_logs), "/remembered", recursive=True)
    yield "memory://remembered"
    fs.rm("/remembered", recursive=True)


@pytest.fixture
def zipped(odd_logs: Path, tmp_path: Path) -> str:
    target = tmp_path / "all.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for path in odd_logs.rglob("*"):
            archive.write(path, f"in/{path.relative_to(odd_logs)}")
    return f"zip://in::{target}"


@pytest.mark.parametrize("place", ["served", "remembered", "zipped"])
def test_logs_are_read_from_wherever_they_are(
    place: str, odd_logs: Path, request: pytest.FixtureRequest
) -> None:
    source = request.getfixturevalue(place)
    ours, local = (logs.read(s, text=True, cache=False) for s in (source, odd_logs))
    assert ours["location"].str.startswith(source.split("://")[0]).all()
    shared = ["log", "sample_id", "epoch", "scorer", "judge"]
    ours, local = (
        frame.drop(columns="location").sort_values(shared, ignore_index=True)
        for frame in (ours, local)
    )
    assert_frame_equal(ours, local)


@pytest.mark.parametrize("place", ["served", "remembered", "zipped"])
def test_one_log_and_its_transcripts_are_read_from_there(
    place: str, request: pytest.FixtureRequest
) -> None:
    frame = logs.read(request.getfixturevalue(place), cache=False)
    location = frame["location"].iloc[0]
    one = logs.read(location, cache=False)
    assert set(one["location"]) == {location}
    first = next(logs.transcripts(one))
    assert first.sample_id == one["sample_id"].iloc[0]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("/no/where", r"/no/where does not exist: give the folder of the logs\."),
        ("memory://nowhere", r"memory://nowhere does not exist"),
        ("nosuch://x", r"nosuch://x cannot be opened \(.*nosuch"),
        ("https://me:hidden@logs.example/x", r"^https://logs\.example/x has credentials in it"),
        ("https://logs.example/x.eval?X-Amz-Signature=hidden", r"x\.eval has credentials in it"),
    ],
)
def test_what_cannot_be_opened_is_said_in_a_sentence(source: str, said: str) -> None:
    with pytest.raises(logs.NoLogs, match=said) as error:
        logs.read(source)
    assert "hidden" not in str(error.value)
    assert "\n" not in str(error.value)


# ---------------------------------------------------------------------------------- values


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(json_values | st.text(alphabet=" a\n\t\u00a0-", max_size=2000))
def test_values_are_thinned_as_inspect_thins_them(value: Any) -> None:
    theirs = thin_metadata({"x": value})["x"]
    expected = json.dumps(theirs) if isinstance(theirs, list | dict) else theirs
    assert thinned(value, Thinned()) == expected


@pytest.mark.parametrize(
    "told",
    [
        "401 for https://me:hidden@api.example/v1?token=hidden",
        "bad key sk-hiddenhiddenhidden in the header",
        "Authorization: Bearer hidden.hidden",
        "api_key=hidden, try again",
        "password: hidden",
        "token eyJhidden123.hidden.hidden",
    ],
)
def test_no_secret_is_told(told: str) -> None:
    assert "hidden" not in sentence(ValueError(f"{told}\nTraceback")).replace("[hidden]", "")
    assert "Traceback" not in sentence(ValueError(f"{told}\nTraceback"))


def test_an_error_without_words_is_named() -> None:
    assert sentence(KeyError()) == "KeyError"
