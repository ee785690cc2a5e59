"""Faults that stay: the sample ends in an error that says why, the rest of the run stays, and nothing becomes a 0."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from inspect_ai.log import EvalLog, read_eval_log

from analysis import logs, snapshots
from paper_figures import provenance
from tests.faults.over_http import asked, posed, run, scores
from tests.messages_server import Request, Script, serve
from tests.messages_server.faults import (
    BAD_REQUEST,
    HUNG,
    HUNG_MIDWAY,
    MALFORMED_BODY,
    MALFORMED_EVENT,
    NOT_FOUND,
    UNAUTHORIZED,
    UNAVAILABLE,
    Fault,
    Page,
)

Record = Callable[[str, object], None]

N_ITEMS = 10
N = 2 * N_ITEMS
"""Samples, in two arms."""

SIGN_IN = Page("sign_in", 200, "text/html", "<html><body>Sign in to the network</body></html>")
"""What a proxy answers in place of the API."""

STAYS: list[tuple[Fault, str, int]] = [
    (BAD_REQUEST, "messages: something is wrong", 1),
    (UNAUTHORIZED, "invalid x-api-key", 1),
    (NOT_FOUND, "model: no such model", 1),
    (MALFORMED_BODY, "AssertionError", 1),
    (MALFORMED_EVENT, "JSONDecodeError", 1),
    (SIGN_IN, "AssertionError", 1),
    (UNAVAILABLE, "ServiceUnavailableError", 2 * 3),
]
"""A fault, what the error says, and how often one generation is asked for with `max_retries=1`: the client repeats twice by itself
what may pass, each time that Inspect asks."""


def on_items(faults: list[Fault]) -> Script:
    """All requests for the first items meet a fault each."""
    requests = [str(sample.metadata["request"]) for sample in posed(N_ITEMS).dataset[::2]]
    by_item = list(zip(requests, faults, strict=False))

    def script(n: int, request: Request) -> Fault | None:
        return next((fault for said, fault in by_item if said in request.text), None)

    return script


def once(script: Script) -> Script:
    """Each request meets its fault the first time alone."""
    made: Counter[str] = Counter()

    def only_first(n: int, request: Request) -> Fault | None:
        made[request.digest] += 1
        return script(n, request) if made[request.digest] == 1 else None

    return only_first


def met(folder: Path, script: Script, **limits: object) -> tuple[EvalLog, list[Request]]:
    """The task under faults, and what the server saw."""
    with serve("final", thinking="as_given", script=script) as server:
        log = run(posed(N_ITEMS), server, folder, **{"fail_on_error": False, **limits})
        return log, asked(server)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The logs without faults."""
    folder = tmp_path_factory.mktemp("clean")
    with pytest.MonkeyPatch.context() as env, serve("final", thinking="as_given") as server:
        env.setenv("ANTHROPIC_API_KEY", "dummy")
        assert run(posed(N_ITEMS), server, folder).status == "success"
    return folder


def test_the_rest_of_the_run_stays(clean: Path, tmp_path: Path, record_property: Record) -> None:
    log, requests = met(tmp_path, on_items([fault for fault, *_ in STAYS]), max_retries=1)
    assert log.status == "success"
    by_item = {str(sample.id).rsplit("-", 1)[0]: sample for sample in posed(N_ITEMS).dataset}
    items = list(by_item)
    errors = {str(sample.id): sample.error.message for sample in log.samples or [] if sample.error}
    for item, (fault, said, n_requests) in zip(items, STAYS, strict=False):
        told = [message for name, message in errors.items() if name.rsplit("-", 1)[0] == item]
        assert len(told) == 2, fault.name
        assert all(said in message for message in told), (fault.name, told)
        assert sum(request.outcome == fault.name for request in requests) == 2 * n_requests
    n_lost = 2 * len(STAYS)
    assert len(errors) == n_lost

    frame, whole = logs.read(tmp_path, cache=False), logs.read(clean, cache=False)
    lost = frame["error"] != ""
    assert (len(frame), lost.sum()) == (2 * N, 2 * n_lost)
    labels = ["complied", "refused", "unscored", "alignment_faking", "model_calls"]
    assert frame.loc[lost, labels].isna().all(axis=None)
    kept = whole[whole["item_id"].isin(items[len(STAYS) :])]
    assert len(kept) == 2 * (N - n_lost)
    same = [*labels, "sample_id", "scorer", "thinking_chars"]
    pd.testing.assert_frame_equal(
        frame.loc[~lost, same].reset_index(drop=True), kept[same].reset_index(drop=True)
    )

    results, expected = snapshots.results(frame), snapshots.results(kept)
    compared = ["metric", "arm", "value", "low", "high", "n_items", "n_samples"]
    estimates, of_kept = (r.loc[r["method"] != "count", compared] for r in (results, expected))
    pd.testing.assert_frame_equal(estimates, of_kept)
    counted = results[results["visibility"] == snapshots.ERRORED]
    assert counted["value"].tolist() == [n_lost]
    inventory = logs.inventory(tmp_path)
    cells = provenance.asked(inventory).cells.set_index("Asked")
    assert cells.loc["model", ["Samples", "Errors"]].tolist() == [str(N), str(n_lost)]
    assert cells.loc["model", "Calls"] == str(N - n_lost)
    (condition,) = provenance.conditions(results, frame, inventory)
    assert condition.counts["ended in an error"] == n_lost
    record_property(
        "permanent faults",
        f"{len(STAYS)} kinds on {n_lost} of {N} samples: each ends in an error that says why, and is counted; the other {N - n_lost} "
        "scores and the estimates from them are as without faults",
    )


def test_a_hang_ends_with_the_attempt(clean: Path, tmp_path: Path) -> None:
    limits = {"attempt_timeout": 10, "max_retries": 0}
    log, requests = met(tmp_path, on_items([HUNG, HUNG_MIDWAY]), **limits)
    assert log.status == "success"
    errors = [sample.error.message for sample in log.samples or [] if sample.error]
    assert len(errors) == 4
    assert all("AttemptTimeoutError" in message for message in errors)
    assert Counter(r.outcome for r in requests) == {"answered": N - 4, "hung": 2, "hung_midway": 2}


@pytest.mark.parametrize(
    ("fail_on_error", "status"),
    [(None, "error"), (0.1, "error"), (0.11, "success")],
)
def test_how_many_errors_end_a_run(
    fail_on_error: float | None, status: str, tmp_path: Path
) -> None:
    log, requests = met(tmp_path, on_items([BAD_REQUEST]), fail_on_error=fail_on_error)
    assert log.status == status
    assert len(requests) <= N
    n_errors = sum(sample.error is not None for sample in log.samples or [])
    assert n_errors == 2 or (status == "error" and n_errors > 2)  # what was in flight is cancelled


def test_a_sample_can_be_run_again(clean: Path, tmp_path: Path) -> None:
    broken = on_items([MALFORMED_BODY, SIGN_IN, MALFORMED_EVENT])
    log, requests = met(tmp_path, once(broken), retry_on_error=1)
    assert log.status == "success"
    assert len(requests) == N + 6
    [unharmed] = logs.read(clean, cache=False)["location"].unique()
    assert scores(log) == scores(read_eval_log(unharmed))
    cells = provenance.asked(logs.inventory(tmp_path)).cells.set_index("Asked")
    told = cells.loc["model", ["Errors", "Run again", "Calls", "Retries"]].tolist()
    assert told == ["0", "6", str(N), "0"]
