"""`analysis.cache`: what was read once is given back exactly, as long as the log is what it was."""

import os
import shutil
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inspect_ai.log import read_eval_log, write_eval_log
from pandas.testing import assert_frame_equal

from analysis import cache, log_format, logs
from analysis.log_format import LogFile

FACTS = {"task": "sums", "model": "maker/model"}


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for each test."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder / "saydo" / "logs"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The logs that were read anew."""
    names: list[str] = []
    own = log_format.read_log

    def noted(location: str) -> log_format.Log:
        names.append(Path(location).name)
        return own(location)

    monkeypatch.setattr(log_format, "read_log", noted)
    return names


@pytest.fixture
def folder(foreign_logs: Path, logs_dir: Path, tmp_path: Path) -> Path:
    """Some logs of ours and of other people, to be changed."""
    chosen = [*sorted(logs_dir.glob("*.eval"))[:2], *sorted(foreign_logs.glob("*.eval"))[::9]]
    for path in chosen:
        shutil.copy2(path, tmp_path / path.name)
    return tmp_path


def files(home: Path) -> list[Path]:
    return sorted(path for path in home.rglob("*") if path.is_file())


def a_file(location: str = "/logs/a.eval", **changed: Any) -> LogFile:
    about = {"name": "a.eval", "size": 1, "stamp": "2"}
    return LogFile(location=location, **{**about, **changed})


# ---------------------------------------------------------------------------------- the same


def test_the_cached_frame_is_the_frame(
    logs_dir: Path, clue_logs: Path, foreign_logs: Path, opened: list[str]
) -> None:
    for folder in (logs_dir, clue_logs, foreign_logs):
        frame = logs.read(folder, cache=False)
        first = logs.read(folder)
        opened.clear()
        second = logs.read(folder)
        assert opened == []
        for cached in (first, second):
            assert_frame_equal(cached, frame, check_exact=True)
            assert cached.attrs == frame.attrs
            for name in frame:  # NaN is equal to None there
                assert list(map(type, cached[name])) == list(map(type, frame[name])), name


def test_text_is_read_beside_the_cache(logs_dir: Path, opened: list[str]) -> None:
    frame = logs.read(logs_dir, text=True)
    opened.clear()
    assert_frame_equal(logs.read(logs_dir, text=True), frame)
    assert_frame_equal(logs.read(logs_dir, text=True, cache=False), frame)
    assert "thinking_text" not in logs.read(logs_dir)


cells = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(cells, max_size=6)
    | st.lists(st.integers(), max_size=6)
    | st.lists(st.none() | st.text(), max_size=6)
    | st.lists(st.none() | st.floats(), max_size=6)
    | st.lists(st.booleans(), max_size=6)
)
def test_columns_of_any_type_come_back(values: list[Any]) -> None:
    column = logs._typed(values)
    cache.store(cache.opened(), a_file(), FACTS, {"x": column})
    found = cache.load(cache.opened(), a_file())
    assert found is not None
    facts, columns = found
    assert facts == FACTS
    assert columns["x"].dtype == column.dtype
    assert list(map(type, columns["x"])) == list(map(type, column))
    assert np.array_equal(pd.Series(columns["x"]).isna(), pd.Series(column).isna())
    pairs = zip(columns["x"].tolist(), column.tolist(), strict=True)
    assert all(ours == theirs for ours, theirs in pairs if theirs == theirs)


# ---------------------------------------------------------------------------------- only what changed


def test_only_new_and_changed_logs_are_read(folder: Path, opened: list[str], home: Path) -> None:
    first, *others = sorted(folder.glob("*.eval"))
    first.rename(folder / "aside")
    logs.read(folder)
    assert sorted(opened) == [path.name for path in others]
    opened.clear()
    (folder / "aside").rename(first)
    logs.read(folder)
    assert opened == [first.name]
    opened.clear()
    before = files(home)
    log = read_eval_log(str(others[0]))
    assert log.samples
    log.samples, log.status = log.samples[:3], "cancelled"
    write_eval_log(log, str(others[0]))
    frame = logs.read(folder)
    assert opened == [others[0].name]
    assert frame.loc[frame["log"] == others[0].name, "sample_id"].nunique() == 3
    assert len(files(home)) == len(before)  # the stale one is gone
    assert len(set(before) - set(files(home))) == 1


@pytest.mark.parametrize("changed", [{"size": 2}, {"stamp": "3"}, {"location": "/logs/b.eval"}])
def test_another_file_is_not_taken_for_it(changed: dict[str, Any]) -> None:
    cache.store(cache.opened(), a_file(), FACTS, {"x": np.array([1])})
    assert cache.load(cache.opened(), a_file()) is not None
    assert cache.load(cache.opened(), a_file(**changed)) is None


def test_another_version_of_the_reader_reads_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.store(cache.opened(), a_file(), FACTS, {"x": np.array([1])})
    monkeypatch.setattr(cache, "_CODE", "another")
    assert cache.load(cache.opened(), a_file()) is None
    cache.store(cache.opened(), a_file(), FACTS, {"x": np.array([2])})
    assert len(cache.opened().files) == 1
    assert [len(paths) for paths in cache.opened().files.values()] == [1]


def test_code_that_is_edited_meanwhile_is_not_the_code_that_reads(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cache.store(cache.opened(), a_file(), FACTS, {"x": np.array([1])})
    for name in cache._READERS:
        (tmp_path / name).write_text("edited")
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "cache.py"))
    assert cache.load(cache.opened(), a_file()) is not None


def test_what_may_have_changed_unseen_is_not_kept(home: Path) -> None:
    cache.store(cache.opened(), a_file(stamp=""), FACTS, {"x": np.array([1])})
    assert files(home) == []


def test_a_log_still_being_written_is_not_kept(folder: Path, home: Path) -> None:
    path = min(folder.glob("*.eval"))
    log = read_eval_log(str(path))
    log.status = "started"
    write_eval_log(log, str(path))
    logs.read(path)
    assert files(home) == []


# ---------------------------------------------------------------------------------- where it lies


@pytest.mark.parametrize(
    "name", ["../../up", "..", "/etc/x", "a/b", "\0", "", "C:\\x", "x" * 1000, "é" * 300, "a=b"]
)
def test_no_name_leads_out_of_the_cache(name: str, home: Path) -> None:
    cache.store(cache.opened(), a_file(), {"task": name, "model": name}, {"x": np.array([1])})
    (written,) = files(home)
    assert written.parent.parent.parent == home
    assert written.resolve().is_relative_to(home.resolve())
    assert [path for path in home.parent.parent.rglob("*.parquet") if path != written] == []
    assert cache.load(cache.opened(), a_file()) is not None


def test_logs_lie_by_task_and_snapshot(logs_dir: Path, home: Path) -> None:
    frame = logs.read(logs_dir)
    assert len(files(home)) == frame["log"].nunique()
    assert {path.parent.parent.name for path in files(home)} == {"task=alignment_faking"}
    assert {path.parent.name for path in files(home)} == {
        "snapshot=organism%2Ffinal",
        "snapshot=organism%2Fpreview-v3.1",
    }
    assert stat.S_IMODE(files(home)[0].stat().st_mode) & 0o077 == 0


def test_without_a_place_named_it_is_below_the_home(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    logs.read(folder)
    assert files(tmp_path / "me" / ".cache" / "saydo" / "logs")


# ---------------------------------------------------------------------------------- never an error


def garbage(path: Path) -> None:
    path.write_bytes(b"no parquet at all")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def another_table(path: Path) -> None:
    pd.DataFrame({"x": [1]}).to_parquet(path)


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [garbage, cut, empty, another_table, folder_instead])
def test_a_damaged_cache_is_read_anew(
    damage: Callable[[Path], None], folder: Path, home: Path, opened: list[str]
) -> None:
    frame = logs.read(folder)
    opened.clear()
    for path in files(home):
        damage(path)
    assert_frame_equal(logs.read(folder), frame)
    assert len(opened) == frame["log"].nunique()


def a_file_in_the_way(home: Path) -> None:
    home.parent.write_text("")


def read_only(home: Path) -> None:
    home.parent.mkdir(mode=0o500)


@pytest.mark.parametrize("hinder", [a_file_in_the_way, read_only])
def test_where_nothing_can_be_kept_logs_are_read_all_the_same(
    hinder: Callable[[Path], None], folder: Path, home: Path
) -> None:
    hinder(home)
    assert_frame_equal(logs.read(folder), logs.read(folder, cache=False))


def test_without_a_home_logs_are_read_all_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    assert_frame_equal(logs.read(folder), logs.read(folder, cache=False))


def test_a_write_that_fails_leaves_nothing_behind(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", full)
    cache.store(cache.opened(), a_file(), FACTS, {"x": np.array([1])})
    assert files(home) == []


def test_two_may_write_at_once(folder: Path, home: Path) -> None:
    frame = logs.read(folder, cache=False)
    with ThreadPoolExecutor(4) as pool:
        for read in pool.map(lambda _: logs.read(folder), range(8)):
            assert_frame_equal(read, frame)
    assert len(files(home)) == frame["log"].nunique()
    assert all(path.suffix == ".parquet" for path in files(home))
