"""Names that lead elsewhere: nothing is written but below `--out`, the target or log folder named, and the cache."""

import hashlib
import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log

from analysis import cache, logs
from analysis.log_format import LogFile
from paper_figures.cli import main
from tests.conftest import Evaluate, hinted, posed
from tests.fuzz import hostile

UP = "../../../../up"
NAMES = {
    "up": UP,
    "absolute": "/tmp/saydo_absolute/up",
    "backslashes": "..\\..\\..\\up",
    "drive": "C:\\up",
    "nul": "a\x00/../../up",
    "encoded": "..%2f..%2fup",
    "dots": "..",
    "dot": ".",
    "home": "~/up",
    "long": "x" * 5_000,
    "long parts": "/".join(["y" * 300] * 20),
    "variable": "$HOME/up",
    "address": "file:///tmp/saydo_absolute/up",
}

Found = dict[str, str]


def found(parent: Path) -> Found:
    """Every file and link below a folder, with a hash of what it holds, or where it leads."""
    paths = [path for path in parent.rglob("*") if path.is_symlink() or path.is_file()]
    return {
        str(path.relative_to(parent)): (
            os.readlink(path)
            if path.is_symlink()
            else hashlib.sha256(path.read_bytes()).hexdigest()
        )
        for path in paths
    }


@pytest.fixture
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder so deep that what leads up from below it stays below `tmp_path`; the home, too."""
    inner = tmp_path / "a" / "b" / "c" / "d" / "e"
    inner.mkdir(parents=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(inner / "cache"))
    monkeypatch.setenv("HOME", str(inner / "home"))
    monkeypatch.chdir(inner)
    return inner


def changed(before: Found, after: Found) -> set[str]:
    """What was written, changed or taken away."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def assert_within(tmp_path: Path, parent: Path, before: Found, *allowed: str) -> set[str]:
    """All that changed lies in what is allowed, and nothing else on the machine was made."""
    written = changed(before, found(tmp_path))
    within = tuple(f"{parent.relative_to(tmp_path)}/{name}" for name in (*allowed, "cache/saydo/"))
    assert all(name.startswith(within) for name in written), written
    assert not Path("/tmp/saydo_absolute").exists()
    assert not Path("/tmp/up").exists()
    return {name.removeprefix(f"{parent.relative_to(tmp_path)}/") for name in written}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, evaluate: Evaluate) -> tuple[EvalLog, EvalLog]:
    folder = tmp_path_factory.mktemp("plain")
    made = [evaluate(task, None, folder) for task in (posed("early", "extended", 2), hinted("early", "extended", 2))]  # fmt: skip
    faking, clues = (read_eval_log(log.location) for log in made)
    return faking, clues


Forge = Callable[[EvalLog, str, int], EvalLog]


def named(log: EvalLog, name: str, k: int) -> EvalLog:
    """All names of a log, the ids of its samples among them; its task's too."""
    made = hostile.forged(log, name, k)
    made.eval.task = name
    return made


def forged(plain: tuple[EvalLog, EvalLog], names: list[str], every: bool) -> Iterator[EvalLog]:
    """Logs of such names: of each name one of three kinds, or all."""
    faking, clues = plain
    kinds: list[tuple[Forge, EvalLog]] = [
        *((named, faking), (hostile.forged, faking), (hostile.hinted, clues)),
    ]
    for i, name in enumerate(names):
        for j, (forge, log) in enumerate(kinds):
            if every or i % len(kinds) == j:
                yield forge(log, name, 10 * i + j)


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_report_writes_below_its_folder_alone(
    every: bool, plain: tuple[EvalLog, EvalLog], parent: Path, tmp_path: Path
) -> None:
    """Its files have names of ours, whatever tasks, snapshots, hints, samples and labels are called."""
    folder = parent / "logs"
    folder.mkdir()
    labels = []
    for i, log in enumerate(forged(plain, list(NAMES.values()), every)):
        write_eval_log(log, str(folder / f"{i}.eval"))
        labels.append({f"{log.eval.dataset.name}": log.eval.model})
    (parent / "series.yaml").write_text(yaml.safe_dump({"snapshots": labels[:20]}))
    before = found(tmp_path)
    arguments = ["report", str(folder), "--out", "out", "--series", "series.yaml"]
    run = CliRunner().invoke(main, arguments)
    assert run.exit_code == 0, run.output
    written = assert_within(tmp_path, parent, before, "out/")
    ours = {path for path in written if path.startswith("out/")}
    assert "out/report.html" in ours
    assert all(re.fullmatch(r"out/((tables|figures)/)?\w+\.[a-z]+", path) for path in ours), ours


def test_links_and_members_that_lead_out_are_read_at_most(
    plain: tuple[EvalLog, EvalLog], parent: Path, tmp_path: Path
) -> None:
    folder, outside = parent / "logs", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    write_eval_log(plain[0], str(outside / "real.eval"))
    (folder / "out.eval").symlink_to(outside / "real.eval")
    (folder / "folder").symlink_to(outside)
    (folder / "round").symlink_to(folder)
    (folder / "up.eval").symlink_to("../../../../../../nowhere.eval")
    shutil.copy(outside / "real.eval", folder / "members.eval")
    with zipfile.ZipFile(folder / "members.eval", "a") as archive:
        for member in (
            "../../up.json",
            "/tmp/saydo_absolute/up.json",
            "..\\up.json",
            "samples/../../up.json",
        ):
            archive.writestr(member, "{}")
    before = found(tmp_path)
    run = CliRunner().invoke(main, ["report", str(folder), "--out", "out"])
    assert run.exit_code == 0, run.output
    assert_within(tmp_path, parent, before, "out/")


def test_samples_of_such_names_can_be_opened(
    plain: tuple[EvalLog, EvalLog], tmp_path: Path
) -> None:
    """Their members are found by name alone; none is unpacked anywhere."""
    log = hostile.forged(plain[0], "../../up", 0)
    write_eval_log(log, str(tmp_path / "x.eval"))
    frame = logs.read(tmp_path, text=True, cache=False)
    assert frame["answer_text"].notna().all()
    assert {transcript.sample_id for transcript in logs.transcripts(frame)} == set(
        frame["sample_id"]
    )
    assert set(found(tmp_path)) == {"x.eval"}


@pytest.mark.parametrize("name", [*NAMES, "half a character"])
def test_the_cache_writes_below_its_folder_alone(name: str, parent: Path, tmp_path: Path) -> None:
    text = NAMES.get(name, "\ud800")
    file = LogFile(f"/logs/{text}", text, 1, "1")
    facts = {"task": text, "model": text}
    columns = {"log": np.array([1, 2])}
    before = found(tmp_path)
    cache.store(cache.opened(), file, facts, columns)
    written = assert_within(tmp_path, parent, before)
    assert len(written) == 1
    loaded = cache.load(cache.opened(), file)
    assert loaded is not None
    assert loaded[1]["log"].tolist() == [1, 2]


def labelled(parent: Path, target: str, ids: list[str]) -> SimpleNamespace:
    rows = [{"id": name, "text": "<think>Why.</think>So."} for name in ids]
    (parent / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    arguments = ["label", "in.jsonl", target, "--rubric", "compliance", "--judge", "lexical"]
    return SimpleNamespace(run=CliRunner().invoke(main, arguments))


def test_label_writes_its_target_alone(parent: Path, tmp_path: Path) -> None:
    before = found(tmp_path)
    run = labelled(parent, "out/deep/out.jsonl", list(NAMES.values())).run
    assert run.exit_code == 0, run.output
    written = assert_within(tmp_path, parent, before, "out/", "in.jsonl")
    assert written == {"in.jsonl", "out/deep/out.jsonl"}


def test_label_does_not_write_through_a_link(parent: Path, tmp_path: Path) -> None:
    (tmp_path / "theirs.jsonl").write_text("")
    (parent / "out.jsonl").symlink_to(tmp_path / "theirs.jsonl")
    before = found(tmp_path)
    assert labelled(parent, "out.jsonl", ["a"]).run.exit_code == 0
    assert assert_within(tmp_path, parent, before, "out.jsonl", "in.jsonl")
    assert (tmp_path / "theirs.jsonl").read_text() == ""


@pytest.mark.parametrize("target", ["", ".", "..", "in.jsonl/out.jsonl", "x" * 300])
def test_label_to_no_file_is_one_sentence(target: str, parent: Path, tmp_path: Path) -> None:
    before = found(tmp_path)
    run = labelled(parent, target, ["a"]).run
    assert run.exit_code in (1, 2)
    assert run.output.splitlines()[-1].startswith("Error: ")
    assert isinstance(run.exception, SystemExit)
    assert_within(tmp_path, parent, before, "in.jsonl")


def swept(parent: Path, more: dict[str, object], *options: str) -> SimpleNamespace:
    sweep = {
        "log_dir": "logs/sweep",
        "snapshots": [{"organism": "organism/early"}],
        "modes": ["standard"],
        "tasks": [{"task": "alignment_faking", "n_items": 1}],
        "judge": "lexical",
        **more,
    }
    (parent / "sweep.yaml").write_text(yaml.safe_dump(sweep))
    return SimpleNamespace(run=CliRunner().invoke(main, ["sweep", "sweep.yaml", *options]))


def test_a_sweep_writes_its_log_folder_alone(parent: Path, tmp_path: Path) -> None:
    """Whatever its snapshots are called."""
    before = found(tmp_path)
    run = swept(parent, {"snapshots": [{UP: "organism/early"}]}).run
    assert run.exit_code == 0, run.output
    written = assert_within(tmp_path, parent, before, "logs/sweep/", "sweep.yaml", "home/")
    assert sum(path.endswith(".eval") for path in written) == 1
    assert not any("up" in path for path in written)


@pytest.mark.parametrize("name", NAMES)
def test_a_sweep_takes_no_path_for_a_task_or_model(name: str, parent: Path, tmp_path: Path) -> None:
    before = found(tmp_path)
    for more in ({"tasks": [NAMES[name]]}, {"snapshots": [NAMES[name]]}, {"judge": NAMES[name]}):
        run = swept(parent, dict(more)).run
        assert run.exit_code == 1, run.output
        assert run.output.splitlines()[-1].startswith("Error: "), run.output
    assert_within(tmp_path, parent, before, "sweep.yaml", "logs/sweep/")


def test_a_dry_run_writes_nothing(parent: Path, tmp_path: Path) -> None:
    before = found(tmp_path)
    run = swept(parent, {"log_dir": f"{UP}/logs"}, "--dry-run").run
    assert run.exit_code == 0, run.output
    assert assert_within(tmp_path, parent, before, "sweep.yaml") == {"sweep.yaml"}
