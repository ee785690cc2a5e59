"""Faults that pass: every sample is scored once, by the same digits, and what it took is counted."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis import logs
from paper_figures import provenance
from tests.faults.over_http import FOUR_ARMS, asked, posed, run, scores
from tests.messages_server import serve
from tests.messages_server.faults import TRANSIENT, transient

SHARE = 0.2

Record = Callable[[str, object], None]


def survives(n_items: int, seed: int, folder: Path, record: Record) -> Counter[str]:
    """Run four arms with faults and without, and compare; what became of the requests with faults."""
    with serve("final", thinking="as_given") as server:
        clean = run(posed(n_items, **FOUR_ARMS), server, folder / "clean")
    with serve("final", thinking="as_given", script=transient(SHARE, seed)) as server:
        log = run(posed(n_items, **FOUR_ARMS), server, folder / "faults")
        requests = asked(server)
    n = 4 * n_items
    assert (log.status, clean.status) == ("success", "success")
    assert scores(log) == scores(clean)
    frame = logs.read(folder / "faults", cache=False)
    for _, rows in frame.groupby("scorer"):
        assert len(rows) == n == len(rows[["sample_id", "epoch"]].drop_duplicates())
        assert rows["model_calls"].sum() == n
        assert rows["model_retries"].sum() == len(requests) - n
    assert (frame["error"] == "").all()

    cells = provenance.asked(logs.inventory(folder / "faults")).cells.set_index("Asked")
    told = cells.loc["model", ["Samples", "Errors", "Run again", "Calls", "Retries"]]
    assert told.tolist() == [str(n), "0", "0", str(n), str(len(requests) - n)]
    judge_calls = sum(
        int(score.as_dict()["judge_calls"])
        for sample in log.samples or []
        for score in (sample.scores or {}).values()
    )
    assert cells.loc["judge", "Calls"] == f"{judge_calls:,}"
    assert cells.loc["model", "USD"] != cells.loc["judge", "USD"] == "N/A"

    met = Counter(r.outcome for r in requests if r.outcome != "answered")
    assert 0.15 < met.total() / len(requests) < 0.25
    record(
        "transient faults",
        f"{met.total()} faults on {len(requests)} requests ({met.total() / len(requests):.0%}) of {len(met)} kinds: {n} of {n} "
        f"samples scored once each, scores as without faults, {n} calls and {len(requests) - n} retries counted",
    )
    return met


def test_a_short_run(tmp_path: Path, record_property: Record) -> None:
    met = survives(15, 1, tmp_path, record_property)
    assert met.total() >= 6


@pytest.mark.slow
def test_five_hundred_samples(tmp_path: Path, record_property: Record) -> None:
    met = survives(125, 1, tmp_path, record_property)
    assert set(met) == {fault.name for fault in TRANSIENT}
