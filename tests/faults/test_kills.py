"""Runs that are killed without warning and started again: no sample is lost, repeated or counted twice."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from inspect_ai.log import read_eval_log

from analysis import logs, snapshots
from tests.faults.over_http import SONNET_37, THINKS, asked, posed
from tests.faults.sweeping import (
    Key,
    Place,
    Process,
    after_requests,
    in_recovery,
    keys_asked,
    kill_when,
    repeated,
)
from tests.messages_server import Server, serve

AGAINST_US = {
    "INSPECT_LOG_FORMAT": "json",
    "INSPECT_EVAL_LOG_REALTIME": "false",
    "INSPECT_EVAL_NO_LOG_REALTIME": "true",
    "INSPECT_EVAL_NO_LOG_SAMPLES": "true",
}
"""An environment in which nothing could be recovered, if a sweep heeded it."""

Record = Callable[[str, object], None]


@pytest.fixture
def server() -> Iterator[Server]:
    with serve("final", thinking="as_given") as running:
        yield running


def undisturbed(place: Place, n_items: int, **factors: Any) -> pd.DataFrame:
    """Estimates of the same sweep, run at once and to its end; its requests are the first."""
    calm = Place(place.folder / "calm", place.server)
    calm.folder.mkdir()
    process = calm.fork("saydo", "sweep", str(calm.sweep(n_items, **factors)))
    assert process.wait() == 0, calm.said.read_text()
    assert len(asked(place.server)) == len(posed(n_items, **factors).dataset)
    place.server.forget()
    return estimates(calm.logs)


def estimates(folder: Path) -> pd.DataFrame:
    frame = logs.read(folder, cache=False)
    for _, rows in frame.groupby("scorer"):
        assert not rows.duplicated(["sample_id", "epoch"]).any()
    return snapshots.results(frame).drop(columns="logs")


def half_recovered(folder: Path) -> bool:
    """Whether a log is there in the middle of whose recovery the sweep was killed."""
    recovered = (str(path) for path in folder.glob("*-recovered.eval"))
    return any(read_eval_log(path, header_only=True).status == "started" for path in recovered)


def survives(
    place: Place,
    start: Callable[..., Process],
    n_items: int,
    n_kills: int,
    seed: int,
    record: Record,
    **factors: Any,
) -> int:
    """Kill a sweep at random moments, start it again each time, and hold it against one that is left alone.

    Most kills are so many requests into the run; the second, and every fourth after it, in the middle of a recovery.

    Returns:
        How many kills left a recovery half done.
    """
    expected = undisturbed(place, n_items, **factors)
    task, drawn = posed(n_items, **factors), random.Random(seed)
    n = begun = len(task.dataset)
    moments = sorted(drawn.sample(range(1, n), n_kills))
    file = place.sweep(n_items, **factors)
    kept: list[tuple[int, dict[Key, str]]] = []
    n_half = 0
    for kill, moment in enumerate(moments):
        process = start("saydo", "sweep", str(file), **AGAINST_US)
        now = (
            in_recovery(place.logs)
            if kill % 4 == 1
            else after_requests(place.server, begun + moment)
        )
        assert kill_when(process, now, drawn.uniform(0, 0.05)), f"ended before kill {kill + 1}"
        kept.append((len(asked(place.server)), place.recoverable()))
        n_half += half_recovered(place.logs)
        place.server.forget()  # as an organism does that is started anew
    last = start("saydo", "sweep", str(file), **AGAINST_US)
    assert last.wait() == 0, place.said.read_text()

    keys, final = keys_asked(place.server, task), place.recoverable()
    for at, recoverable in kept:
        assert not set(keys[at:]) & set(recoverable)
        assert recoverable.items() <= final.items()
    in_flight = repeated(keys[begun:])
    assert in_flight <= n_kills * place.samples_at_once
    pd.testing.assert_frame_equal(estimates(place.logs), expected)

    listed = logs.inventory(place.logs)
    (used,) = listed[listed["used"]].to_dict("records")
    assert (used["status"], used["n_samples"], used["model_calls"]) == ("success", n, n)
    left = listed[~listed["used"]]
    assert left["problem"].str.contains("broken off, left out: .* has as much of this task").all()
    most = max(len(recoverable) for _, recoverable in kept)
    record(
        "kills",
        f"{n_kills} by SIGKILL in {n} samples, up to {most} of them done, {n_half} in the middle of a recovery: none lost, repeated or "
        f"counted twice; {in_flight} in flight asked for again; estimates as undisturbed",
    )
    return n_half


def test_a_sweep_is_killed_twice(tmp_path: Path, server: Server, record_property: Record) -> None:
    place = Place(tmp_path, server)
    survives(place, place.fork, 20, 2, 40, record_property)


@pytest.mark.slow
def test_a_sweep_is_killed_ten_times(
    tmp_path: Path, server: Server, record_property: Record
) -> None:
    four_arms = {"tiers": "three", "baseline": True}
    place = Place(tmp_path, server)
    assert survives(place, place.start, 100, 10, 2, record_property, **four_arms) >= 1


@pytest.mark.slow
@pytest.mark.parametrize("recovers", [(), ("inspect", "log", "recover")])
def test_an_eval_is_killed_and_retried(
    recovers: tuple[str, ...], tmp_path: Path, server: Server
) -> None:
    """As the README says: `inspect eval-retry` of the latest log, with `inspect log recover` before it or not."""
    place, n_items = Place(tmp_path, server), 20
    expected = undisturbed(place, n_items)
    begun = len(asked(server))
    options = (
        *("--model", SONNET_37, "--reasoning-tokens", str(THINKS.reasoning_tokens)),
        *("--max-tokens", str(THINKS.max_tokens), "--max-samples", str(place.samples_at_once)),
        *("-T", f"n_items={n_items}", "-T", "judge=lexical", "-T", "elicitation=native"),
    )
    command: tuple[str, ...] = ("eval", "inspect_tasks/alignment_faking.py", *options)
    kept: list[tuple[int, dict[Key, str]]] = []
    for moment in (15, 30, None):
        process = place.start("inspect", *command, "--log-dir", str(place.logs))
        if moment is None:
            assert process.wait() == 0, place.said.read_text()
            break
        assert kill_when(process, after_requests(server, begun + moment))
        kept.append((len(asked(server)), place.recoverable()))
        server.forget()
        if recovers:
            assert place.start(*recovers, _latest(place.logs)).wait() == 0, place.said.read_text()
        command = ("eval-retry", _latest(place.logs))
    keys, final = keys_asked(server, posed(n_items)), place.recoverable()
    for at, recoverable in kept:
        assert recoverable
        assert not set(keys[at:]) & set(recoverable)
        assert recoverable.items() <= final.items()
    pd.testing.assert_frame_equal(estimates(place.logs), expected)


def _latest(folder: Path) -> str:
    return str(max(folder.glob("*.eval"), key=lambda path: path.stat().st_mtime))
