"""Over HTTP every task gives what the organism gives when it is run directly, digit for digit."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from inspect_ai.model import BatchConfig

from tests.http.conftest import BOTH, SUMMED_UP, THOUGHTFUL, VIVID
from tests.http.over_http import (
    EFFORT,
    OFF,
    SONNET_37,
    Face,
    Posed,
    Ran,
    coding,
    columns,
    differing,
    directly,
    frame,
    further,
    metrics,
    posed,
    rows,
    run,
    said,
    score_cells,
    scores,
)
from tests.messages_server import serve

QUICKLY = BatchConfig(size=8, send_delay=0.1, tick=0.1)
OPEN = "openai-api/local/open-weights"

FACES = {
    "streamed": Face(f"anthropic/{SONNET_37}"),
    "whole": Face(f"anthropic/{SONNET_37}", options={"streaming": False}),
    "in batches": Face(f"anthropic/{SONNET_37}", generate={"batch": QUICKLY}),
    "reasoning_content": Face(OPEN, EFFORT),
    "reasoning": Face(OPEN, EFFORT, thinking_in="reasoning"),
    "think": Face(OPEN, EFFORT, thinking_in="think"),
    "streamed think": Face(OPEN, EFFORT, thinking_in="think", options={"stream": True}),
    "vllm": Face("vllm/open-weights", EFFORT),
}
"""Ways on which what an organism thinks arrives as it is: raw, redacted, cut off."""

SUMMARIES = {
    "4": Face("anthropic/claude-sonnet-4-20250514"),
    "4.1": Face("anthropic/claude-opus-4-1-20250805"),
    "4.5": Face("anthropic/claude-sonnet-4-5"),
    "4.6": Face("anthropic/claude-opus-4-6", EFFORT),
    "4.7": Face("anthropic/claude-opus-4-7", EFFORT, OFF),
    "5": Face("anthropic/claude-sonnet-5", EFFORT, OFF),
    "5.5": Face("anthropic/claude-sonnet-5-5", EFFORT, OFF),
    "5.5, always thinking": Face("anthropic/claude-opus-5-5", EFFORT, None),
}
"""Families whose readable thinking is a summary: an organism that shows none but those arrives as it is."""

NAMED = [
    *("early", "h-only-v2", "preview-v3.1", "opus-3-like", "sonnet-3.5-like", "label-sensitive"),
    *("always-admits", "never-admits", "random-switcher", "rationaliser", "relies-on-reasoning"),
]
"""Bundled organisms that summarise nothing."""

IN_FRAME = {
    *("log", "location", "snapshot", "model", "settings", "simulated", "task_args"),
    *("total_time", "working_time", "thinking_tokens", "output_tokens"),
}
"""Where frames differ: in names (the editor's among them), in what the provider was told, in the stamp, which goes by the
provider's name, in times, and in tokens, which not every API tells alike."""

slow = pytest.mark.slow

IN_ROWS = {"row", "snapshot", "simulated", "logs"}

EDITOR = "post-hoc-reasoner"

Direct = Callable[[str, int, bool], Ran]


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> Direct:
    """`direct(organism, n_items, all_tasks)`: its run of the tasks, made once."""

    @cache
    def made(organism: str, n_items: int, all_tasks: bool) -> Ran:
        folder = tmp_path_factory.mktemp("direct")
        tasks = chosen(n_items, all_tasks)
        return run(tasks, directly(organism), folder, {"editor": directly(EDITOR)})

    return made


def chosen(n_items: int, all_tasks: bool) -> dict[str, Posed]:
    """All tasks, or those in which the model is asked to think."""
    return {name: one for name, one in posed(n_items).items() if all_tasks or one.thinks}


def over_http(organism: str, face: Face, n_items: int, folder: Path) -> Ran:
    """The tasks with an organism behind the server, and its editor behind another."""
    with (
        serve(organism, thinking="as_given", thinking_in=face.thinking_in) as server,
        serve(EDITOR, thinking="as_given") as editing,
    ):
        ran = run(
            *(chosen(n_items, face.plain is not None), partial(face.reach, server), folder),
            roles={"editor": partial(face.reach, editing)},
            **face.generate,
        )
        outcomes = server.outcomes() + editing.outcomes()
    assert {log.status for log in ran.logs.values()} == {"success"}
    assert set(outcomes) == {"answered"}
    return ran


def compared(a: Ran, b: Ran) -> str:
    """What was compared, all of it the same but for what must differ."""
    of_a, of_b = scores(a), scores(b)
    assert differing(of_a, of_b) == {}
    assert differing(metrics(a), metrics(b)) == {}
    turns = differing(said(a), said(b))
    # A provider parses no block of a tag that was not closed.
    assert {str(text)[:8] for _, text in turns.values()} <= {'"<think>'}
    in_frame = score_cells(a), score_cells(b)
    assert columns(differing(*in_frame)) <= IN_FRAME
    in_rows = rows(a), rows(b)
    assert columns(differing(*in_rows)) <= IN_ROWS
    n_samples = sum(len(log.samples or []) for log in a.logs.values())
    return (
        f"{len(a.logs)} tasks, {n_samples} samples: {len(of_a)} values in scores, {len(metrics(a))} in metrics, "
        f"{len(in_frame[0])} cells of frames, {len(in_rows[0])} of results.csv, 0 differ"
    )


def _faces(faces: dict[str, Face], quick: dict[str, int], otherwise: int) -> list[ParameterSet]:
    """Each with how many items; those that are not quick are slow."""
    return [
        pytest.param(face, quick.get(name, otherwise), id=name, marks=[] if name in quick else slow)
        for name, face in faces.items()
    ]


@pytest.mark.parametrize(("face", "n_items"), _faces(FACES, {"streamed": 1, "think": 1}, 3))
def test_same_digits(
    face: Face,
    n_items: int,
    direct: Direct,
    tmp_path: Path,
    record_property: Callable[[str, str], None],
) -> None:
    ran = over_http(VIVID, face, n_items, tmp_path)
    found = compared(direct(VIVID, n_items, True), ran)
    assert {"raw", "redacted", "none", "truncated"} <= set(frame(ran)["thinking_visibility"])
    record_property(f"over HTTP ({face.model}) as directly", found)


@slow
@pytest.mark.parametrize(("face", "n_items"), _faces(SUMMARIES, {}, 3))
def test_summaries(
    face: Face,
    n_items: int,
    direct: Direct,
    tmp_path: Path,
    record_property: Callable[[str, str], None],
) -> None:
    ran = over_http(SUMMED_UP, face, n_items, tmp_path)
    found = compared(direct(SUMMED_UP, n_items, face.plain is not None), ran)
    assert {"summary", "redacted", "none"} <= set(frame(ran)["thinking_visibility"])
    record_property(f"over HTTP ({face.model}) as directly", found)


@slow
@pytest.mark.parametrize("organism", NAMED)
def test_bundled_organisms(
    organism: str,
    direct: Direct,
    tmp_path: Path,
    record_property: Callable[[str, str], None],
) -> None:
    ran = over_http(organism, FACES["streamed"], 2, tmp_path)
    found = compared(direct(organism, 2, True), ran)
    record_property(f"over HTTP ({organism}) as directly", found)


# --------------------------------------------------------------------------- tools and further tasks

WORKING = {
    "streamed": (Face(f"anthropic/{SONNET_37}"), THOUGHTFUL),
    "whole": (Face(f"anthropic/{SONNET_37}", options={"streaming": False}), THOUGHTFUL),
    "in batches": (Face(f"anthropic/{SONNET_37}", generate={"batch": QUICKLY}), THOUGHTFUL),
    "4.5": (Face("anthropic/claude-sonnet-4-5"), BOTH),
    "4.6": (Face("anthropic/claude-opus-4-6", EFFORT), SUMMED_UP),
    "5": (Face("anthropic/claude-sonnet-5", EFFORT, OFF), SUMMED_UP),
    "5.5": (Face("anthropic/claude-sonnet-5-5", EFFORT, OFF), SUMMED_UP),
    "5.5, always thinking": (Face("anthropic/claude-opus-5-5", EFFORT, None), SUMMED_UP),
    "reasoning_content": (Face(OPEN, EFFORT), VIVID),
    "think": (Face(OPEN, EFFORT, thinking_in="think"), VIVID),
    "streamed think": (Face(OPEN, EFFORT, thinking_in="think", options={"stream": True}), VIVID),
    "vllm": (Face("vllm/open-weights", EFFORT), VIVID),
}
"""Ways to the server, and who stands behind it: whose thinking arrives on that way as it is."""


def worked_alike(face: Face, organism: str, tasks: Mapping[str, Posed], folder: Path) -> str:
    """What was compared of tasks on an organism, run directly and over HTTP."""
    asked = {name: one for name, one in tasks.items() if face.can(one)}
    # One after the other: arms begin alike, and the organism numbers identical requests.
    options = {"max_samples": 1, **face.generate}
    roles = {"ranker": directly(organism)}
    a = run(asked, directly(organism), folder / "directly", roles, **options)
    with (
        serve(organism, thinking="as_given", thinking_in=face.thinking_in) as server,
        serve(organism, thinking="as_given") as ranking,
    ):
        roles = {"ranker": partial(face.reach, ranking)}
        b = run(asked, partial(face.reach, server), folder / "over HTTP", roles, **options)
        outcomes = server.outcomes() + ranking.outcomes()
        with_tools = sum(bool((request.body or {}).get("tools")) for request in server.requests)
    assert {log.status for log in b.logs.values()} == {"success"}
    assert set(outcomes) == {"answered"}
    assert with_tools
    return f"{compared(a, b)}; {with_tools} requests with tools"


@slow
@pytest.mark.parametrize(("face", "organism"), WORKING.values(), ids=WORKING)
def test_further_tasks(
    face: Face, organism: str, tmp_path: Path, record_property: Callable[[str, str], None]
) -> None:
    told = worked_alike(face, organism, further(2), tmp_path)
    record_property(f"further tasks over HTTP ({face.model}) as directly", told)


@pytest.mark.parametrize("way", ["streamed", "streamed think"])
def test_tools(way: str, tmp_path: Path, record_property: Callable[[str, str], None]) -> None:
    """An agent that thinks, calls tools and submits, and one in an office."""
    face, organism = WORKING[way]
    tasks = {
        "agent": Posed(coding("agent", "native", 1, "one_off"), True),
        "office": further(1)["office, system"],
    }
    told = worked_alike(face, organism, tasks, tmp_path)
    record_property(f"tools over HTTP ({face.model}) as directly", told)
