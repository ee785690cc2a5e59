"""The log reader: a damaged log is named, what is beside it comes through, and no number is invented."""

import io
import json
import os
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from analysis import log_format, logs, snapshots
from tests.conftest import Evaluate, posed
from tests.fuzz import strategies
from tests.fuzz.trying import assert_a_sentence, depths, fuzzed, in_time

SAMPLE = ["sample_id", "epoch"]
N_ITEMS = 3

Members = dict[str, bytes]

NAMES = (
    *("header.json", "summaries.json", "_journal/start.json", "_journal/summaries/1.json", "reductions.json"),
    *("_journal/summaries/x.json", "_journal/summaries/²1.json", "_journal/summaries/" + "9" * 30 + ".json"),
    *("../../evil.json", "/etc/evil.json", "a\\b.json", "C:\\x.json", "samples/", ".", "\x1b[31m.json", "x" * 5_000),
)  # fmt: skip
CONTENTS = (
    *(
        b"",
        b"{}",
        b"[]",
        b"null",
        b"3",
        b'"x"',
        b"\xff\xfe",
        b"\x00",
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ),
    *(b'{"version": 99}', b'{"version": NaN}', b"[{}]", b'[{"id": 1}]', b"not JSON"),
    b'[{"id": "a", "epoch": 1, "scores": {"x": {"value": 1}}, "metadata": {"\\ud800": "\\udfff"}}]',
)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@dataclass(frozen=True)
class Originals:
    """A whole log of each format, and what is read of the two.

    Attributes:
        eval: The bytes of the `.eval` log.
        json: The bytes of the `.json` log.
        rows: Of the first, all that it has.
        good: The rows of the second.
    """

    eval: bytes
    json: bytes
    rows: pd.DataFrame
    good: pd.DataFrame

    @property
    def members(self) -> Members:
        with zipfile.ZipFile(io.BytesIO(self.eval)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory, evaluate: Evaluate) -> Originals:
    folder = tmp_path_factory.mktemp("originals")
    evaluate(posed("final", "extended", N_ITEMS), None, folder / "a")
    evaluate(posed("early", "standard", N_ITEMS), None, folder / "b", log_format="json")
    (whole,), (good,) = (folder / "a").glob("*.eval"), (folder / "b").glob("*.json")
    return Originals(
        whole.read_bytes(), good.read_bytes(), logs.read(whole, text=True), logs.read(good, text=True)
    )  # fmt: skip


MADE, GOOD = "2026-01-01T00-00-00_made", "2026-02-02T00-00-00_good.json"


def zipped(members: list[tuple[str, bytes]], method: int) -> bytes:
    made = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(made, "w", method) as archive:
        warnings.simplefilter("ignore")  # a name that comes twice is meant
        for name, content in members:
            archive.writestr(name, content)
    return made.getvalue()


@st.composite
def rebuilt(draw: st.DrawFn, members: Members) -> bytes:
    """A zip with members left out, doubled, renamed, or of other contents."""
    made = list(members.items())
    for _ in range(draw(st.integers(1, 4))):
        if not made:
            break
        at, how = (
            draw(st.integers(0, len(made) - 1)),
            draw(st.sampled_from(["out", "twice", "name", "other"])),
        )
        name, content = made[at]
        if how == "out":
            del made[at]
        elif how == "twice":
            made.append((name, content))
        elif how == "name":
            made[at] = (draw(st.sampled_from(NAMES)), content)
        else:
            made[at] = (name, draw(st.sampled_from(CONTENTS)))
    return zipped(made, draw(st.sampled_from(METHODS)))


@st.composite
def altered_inside(draw: st.DrawFn, members: Members) -> bytes:
    """A zip of which one member, header, summaries or a sample, has values altered."""
    name = draw(
        st.sampled_from(["header.json", "summaries.json", *(n for n in members if "samples/" in n)])
    )
    found = draw(strategies.altered(json.loads(members[name])))
    return zipped([*(members | {name: json.dumps(found).encode()}).items()], zipfile.ZIP_DEFLATED)


def tried(
    originals: Originals, ending: str, folder: Path, values_stand: bool, estimated: bool
) -> Callable[[bytes], None]:
    """Read a made log beside a good one, in every way."""
    made, good = folder / f"{MADE}.{ending}", folder / GOOD
    good.write_bytes(originals.json)

    def try_one(content: bytes) -> None:
        made.write_bytes(content)
        frame = logs.read(folder, text=True, cache=False)
        beside = frame[frame["log"] == GOOD]
        columns = [name for name in originals.good if name not in ("log", "location", "snapshot")]
        assert_same(beside[columns], originals.good[columns])
        check_made(frame[frame["log"] == made.name], originals.rows, values_stand)
        inventory = logs.inventory(folder)
        assert set(inventory["log"]) == {made.name, GOOD}
        told = set(frame["log"]) | {name for name, _ in frame.attrs["problems"]}
        assert made.name in told, "neither read nor named"
        for _, problem in frame.attrs["problems"]:
            assert len(problem) < 400
        opened = [transcript.sample_id for transcript in logs.transcripts(frame)]
        assert set(opened) <= set(frame["sample_id"])
        if estimated:
            snapshots.results(frame)

    return try_one


def assert_same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert_frame_equal(
        found.reset_index(drop=True).astype(object), expected.reset_index(drop=True).astype(object)
    )


def check_made(rows: pd.DataFrame, whole: pd.DataFrame, values_stand: bool) -> None:
    """No more samples than there were; where no member was altered, no value that was not there."""
    assert (
        rows[SAMPLE].astype(str).drop_duplicates().shape[0]
        <= whole[SAMPLE].drop_duplicates().shape[0]
    )
    if not values_stand or rows.empty:
        return
    columns = [
        "item_id",
        "arm",
        "scorer",
        "judge",
        "complied",
        "refused",
        "alignment_faking",
        "unscored",
    ]
    key = [*SAMPLE, "scorer"]
    known = whole.set_index(key)[columns[:2] + columns[4:]].sort_index()
    read = rows.set_index(key)[columns[:2] + columns[4:]].sort_index()
    assert read.index.isin(known.index).all()
    assert_frame_equal(read.astype(object), known.loc[read.index].astype(object))
    texts = rows.set_index(key)[["thinking_text", "answer_text"]].sort_index()
    there = texts["answer_text"].notna()
    expected = whole.set_index(key).loc[texts.index, ["thinking_text", "answer_text"]]
    assert_frame_equal(texts[there].astype(object), expected[there].astype(object))


@depths(20, 500)
def test_bytes_of_a_zip_changed(
    n: int, originals: Originals, tmp_path: Path, record_property: Any
) -> None:
    check = tried(originals, "eval", tmp_path, values_stand=True, estimated=False)
    said = fuzzed(check, strategies.mangled(originals.eval), n)
    record_property("fuzz, logs, bytes of an .eval changed", said)


@depths(20, 500)
def test_members_of_a_zip_changed(
    n: int, originals: Originals, tmp_path: Path, record_property: Any
) -> None:
    check = tried(originals, "eval", tmp_path, values_stand=False, estimated=False)
    said = fuzzed(check, rebuilt(originals.members), n)
    record_property("fuzz, logs, members of an .eval changed", said)


@depths(20, 500)
def test_values_in_a_zip_altered(
    n: int, originals: Originals, tmp_path: Path, record_property: Any
) -> None:
    check = tried(originals, "eval", tmp_path, values_stand=False, estimated=n > 1_000)
    said = fuzzed(check, altered_inside(originals.members), n)
    record_property("fuzz, logs, values in an .eval altered", said)


@depths(20, 500)
def test_a_json_log_altered(
    n: int, originals: Originals, tmp_path: Path, record_property: Any
) -> None:
    """The same model's log as JSON: bytes changed, or values altered."""
    whole = zipfile.ZipFile(io.BytesIO(originals.eval))
    header = json.loads(whole.read("header.json"))
    samples = [json.loads(whole.read(n)) for n in whole.namelist() if n.startswith("samples/")]
    parsed = {**header, "samples": samples}
    contents = strategies.mangled(json.dumps(parsed).encode()) | strategies.altered(parsed).map(
        lambda found: json.dumps(found).encode()
    )
    check = tried(originals, "json", tmp_path, values_stand=False, estimated=False)
    record_property("fuzz, logs, a .json log altered", fuzzed(check, contents, n))


# ---------------------------------------------------------------------------------- by hand


@pytest.fixture(params=[20, pytest.param(2_000, marks=pytest.mark.slow)])
def megabytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Of a bomb; a small one is one too where less is unpacked."""
    if request.param < 1_000:
        monkeypatch.setattr(log_format, "_LARGEST", 10_000_000)
    return int(request.param)


def write_bomb(path: Path, name: str, members: Members, megabytes: int) -> None:
    """A zip of which one member unpacks to a lot of JSON."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for other, content in members.items():
            if other != name:
                archive.writestr(other, content)
        with archive.open(name, "w", force_zip64=True) as member:
            member.write(members[name][:-1])
            for _ in range(megabytes):
                member.write(b" " * 1_000_000)
            member.write(members[name][-1:])


def loop(path: Path) -> None:
    path.symlink_to(path)


HAND_MADE: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty": (lambda path: path.touch(), "the file is empty"),
    "pipe": (os.mkfifo, "it is not a file"),
    "endless": (lambda path: path.symlink_to("/dev/zero"), "it is not a file"),
    "loop": (loop, "symbolic links"),
    "dangling": (lambda path: path.symlink_to("nowhere"), "No such file"),
    "text": (lambda path: path.write_text("not a log") and None, "cannot be read"),
    "empty zip": (lambda path: path.write_bytes(zipped([], 0)) and None, "cannot be read"),
}


@pytest.mark.parametrize("name", HAND_MADE)
def test_what_is_no_log_is_named_and_not_waited_for(
    name: str, originals: Originals, tmp_path: Path
) -> None:
    make, problem = HAND_MADE[name]
    make(tmp_path / f"{MADE}.eval")
    (tmp_path / GOOD).write_bytes(originals.json)
    with in_time():
        frame = logs.read(tmp_path, cache=False)
        assert len(logs.inventory(tmp_path)) == 2
    assert len(frame) == len(originals.good)
    [(log, said)] = frame.attrs["problems"]
    assert log == f"{MADE}.eval"
    assert problem in said


def test_folders_are_no_logs_and_are_looked_into(originals: Originals, tmp_path: Path) -> None:
    (tmp_path / "x.eval").mkdir()
    (tmp_path / "x.eval" / "y.eval").mkdir()
    (tmp_path / "x.eval" / GOOD).write_bytes(originals.json)
    (tmp_path / "round").symlink_to(tmp_path)
    with in_time():
        frame = logs.read(tmp_path, cache=False)
    assert len(frame) == len(originals.good)
    assert frame.attrs["problems"] == []


@pytest.mark.parametrize("member", ["header.json", "summaries.json"])
def test_a_zip_bomb_is_not_unpacked(
    member: str, megabytes: int, originals: Originals, tmp_path: Path
) -> None:
    write_bomb(tmp_path / f"{MADE}.eval", member, originals.members, megabytes)
    assert (tmp_path / f"{MADE}.eval").stat().st_size < 10_000_000
    (tmp_path / GOOD).write_bytes(originals.json)
    with in_time():
        frame = logs.read(tmp_path, cache=False)
    [(_, said)] = frame.attrs["problems"]
    assert said.startswith(f"cannot be read ({member} would be of {megabytes:,},")


def test_a_bomb_among_the_samples_costs_no_other(
    megabytes: int, originals: Originals, tmp_path: Path
) -> None:
    name = next(n for n in originals.members if n.startswith("samples/"))
    write_bomb(tmp_path / f"{MADE}.eval", name, originals.members, megabytes)
    with in_time():
        frame = logs.read(tmp_path, text=True, cache=False)
    assert len(unread(frame)) == 1
    assert frame.attrs["problems"][0][1] == "1 of its samples are there without their text"


def unread(frame: pd.DataFrame) -> pd.DataFrame:
    """The samples whose text could not be read."""
    return frame.loc[frame["answer_text"].isna(), SAMPLE].drop_duplicates()


@pytest.mark.parametrize("damage", [b"", b"[" * 100_000, b"\xff", b'{"id": 1}', None])
def test_a_damaged_sample_costs_no_other(
    damage: bytes | None, originals: Originals, tmp_path: Path
) -> None:
    """None: the bytes in the zip are changed, so that the sum of the member is another."""
    path = tmp_path / f"{MADE}.eval"
    name = next(n for n in originals.members if n.startswith("samples/"))
    if damage is None:
        with zipfile.ZipFile(io.BytesIO(originals.eval)) as archive:
            at = archive.getinfo(name).header_offset + 300
        path.write_bytes(originals.eval[:at] + bytes(50) + originals.eval[at + 50 :])
    else:
        path.write_bytes(zipped([*(originals.members | {name: damage}).items()], 8))
    frame = logs.read(path, text=True, cache=False)
    n_samples = len(originals.rows[SAMPLE].drop_duplicates())
    assert len(frame) == len(originals.rows)
    assert len(unread(frame)) == 1
    assert len(list(logs.transcripts(frame))) == n_samples - 1
    assert len(frame.attrs["problems"]) == 1


def test_a_log_that_has_no_sample_yet_leaves_the_others_as_they_are(
    originals: Originals, tmp_path: Path
) -> None:
    """A run that was broken off before its first sample; whole numbers stay whole beside it."""
    start = json.loads(originals.members["_journal/start.json"])
    start["eval"]["task_id"] = "another"
    begun = zipped([("_journal/start.json", json.dumps(start).encode())], 8)
    (tmp_path / f"{MADE}.eval").write_bytes(begun)
    (tmp_path / GOOD).write_bytes(originals.json)
    frame = logs.read(tmp_path, text=True, cache=False)
    columns = [name for name in originals.good if name not in ("log", "location")]
    assert_frame_equal(frame[columns], originals.good[columns], check_names=False)
    assert dict(frame.attrs["problems"])[f"{MADE}.eval"].startswith("unfinished (started): 0 of")


def test_nothing_but_damage_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[31m\n.eval").write_text("not a log")
    with pytest.raises(logs.NoLogs) as error:
        logs.read(tmp_path)
    assert_a_sentence(error.value, str(tmp_path))


def test_names_that_are_no_text_are_named(originals: Originals, tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"x\xff.eval")
    with open(path, "wb") as file:
        file.write(originals.eval)
    (tmp_path / "line\nend.eval").write_bytes(originals.eval)
    frame = logs.read(tmp_path, cache=False)
    assert len(frame) == len(originals.rows)
    assert set(frame["log"]) == {"line\nend.eval"}
    [(log, said)] = frame.attrs["problems"]
    assert log == "x?.eval"
    assert "no UTF-8" in said
    assert len(logs.inventory(tmp_path)) == 2


def test_a_journal_that_counts_for_ever_is_refused(originals: Originals, tmp_path: Path) -> None:
    """Inspect's own reader, which reads what we do not know, opens as many files as the journal counts."""
    begun = [("_journal/start.json", originals.members["_journal/start.json"])]
    for number in ("999999999", "9" * 5_000):
        counted = (f"_journal/summaries/{number}.json", b"[{}]")
        (tmp_path / f"{MADE}.eval").write_bytes(zipped([*begun, counted], 8))
        with in_time(), pytest.raises(logs.NoLogs, match="its journal counts to 99999"):
            logs.read(tmp_path, cache=False)


def test_a_sample_that_says_it_is_another_is_opened_as_it_was_asked_for(
    originals: Originals, tmp_path: Path
) -> None:
    name = next(n for n in originals.members if n.startswith("samples/"))
    sample = json.loads(originals.members[name])
    sample["id"] = "\ud800"
    altered = originals.members | {name: json.dumps(sample).encode()}
    (tmp_path / f"{MADE}.eval").write_bytes(zipped([*altered.items()], 8))
    frame = logs.read(tmp_path, cache=False)
    opened = {transcript.sample_id for transcript in logs.transcripts(frame)}
    assert opened == set(originals.rows["sample_id"])
