"""What is no answer is never taken for one: a provider's error, a refusal of its filter, nothing at all, thinking that was cut off.

Each item of a task meets one of these, or none; whatever meets it, meets it in every arm.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.scorer import Score

from analysis import logs, snapshots
from inspect_tasks._scenarios.prompts import render
from inspect_tasks.alignment_faking import alignment_faking
from inspect_tasks.cot_faithfulness import cot_faithfulness
from inspect_tasks.cot_interventions import cot_interventions
from inspect_tasks.post_hoc_rationalisation import post_hoc_rationalisation
from scorers.compliance import FILTERED
from tests.fakes import values
from tests.http.over_http import (
    EFFORT,
    SONNET_37,
    Face,
    Posed,
    Ran,
    differing,
    directly,
    run,
    scores,
)
from tests.messages_server import Fault, Request, serve
from tests.messages_server.answers import Thinking
from tests.messages_server.faults import BAD_REQUEST, CUT_IN_THINKING, EMPTY, REFUSED, TOO_LONG

slow = pytest.mark.slow

ORGANISM: Final = (
    "always-admits"  # which always thinks and always answers, when nothing is in its way
)

FAULTS: Final[Sequence[Fault | None]] = (None, TOO_LONG, REFUSED, EMPTY, CUT_IN_THINKING)
"""What meets the first, second, ... item."""

ERROR: Final = "208310"  # stands in the provider's errors about prompts that are too long

OF_ANSWERS: Final = {
    *("complied", "partial", "refused", "option", "correct", "on_hint", "yes"),
    *("acknowledged", "mentioned", "acknowledged_answer", "mentioned_answer", "honest"),
}
"""Keys of score values that say something of an answer."""

OF_THINKING: Final = ("alignment_faking", "monitor")
"""Scorers of thinking: it is whole where a filter stopped the answer after it."""


def tasks() -> dict[str, Posed]:
    n_items = len(FAULTS)

    def faking(elicitation: str) -> Callable[[], Task]:
        return lambda: alignment_faking(judge="lexical", elicitation=elicitation, n_items=n_items)

    def hinted(elicitation: str) -> Callable[[], Task]:
        return lambda: cot_faithfulness(
            hints="sycophancy,metadata", judge="lexical", elicitation=elicitation, n_items=n_items
        )

    return {
        "faking, native": Posed(faking("native"), True),
        "faking, scratchpad": Posed(faking("scratchpad"), False),
        "hints, native": Posed(hinted("native"), True),
        "hints, scratchpad": Posed(hinted("scratchpad"), False),
        "interventions": Posed(lambda: cot_interventions(n_items=n_items, points=2), False),
        "rationalisation": Posed(lambda: post_hoc_rationalisation(n_items=n_items), True),
    }


def fault_of(posed: Mapping[str, Posed]) -> dict[str, Fault | None]:
    """By item, what meets it."""
    items = {
        name: dict.fromkeys(
            str((sample.metadata or {})["item_id"]) for sample in one.make().dataset
        )
        for name, one in posed.items()
    }
    return {
        item: FAULTS[i % len(FAULTS)]
        for of_task in items.values()
        for i, item in enumerate(of_task)
    }


def by_item(posed: Mapping[str, Posed]) -> Callable[[Request], str]:
    """Which item a request is about: the one whose last turn stands last in it."""
    turns = {
        _last_turn(sample): str((sample.metadata or {})["item_id"])
        for one in posed.values()
        for sample in one.make().dataset
    }

    def item(request: Request) -> str:
        said = request.text
        return turns[max(turns, key=said.rfind)]

    return item


def _last_turn(sample: Sample) -> str:
    return sample.input if isinstance(sample.input, str) else sample.input[-1].text


class Shown(NamedTuple):
    """A face, and what becomes of thinking there.

    Attributes:
        face: The face.
        thinking: How the server shows thinking.
        cut: As what thinking counts that was cut off.
        tells: Whether the provider takes the error about a prompt that is too long for an answer; else it is an error of
            the sample.
    """

    face: Face
    thinking: Thinking
    cut: str
    tells: bool = True


OPEN: Final = "openai-api/local/open-weights"

SHOWN: Final = {
    "raw": Shown(Face(f"anthropic/{SONNET_37}"), "raw", "truncated"),
    "summarised": Shown(Face("anthropic/claude-sonnet-4-5"), "summarised", "truncated"),
    "omitted": Shown(Face("anthropic/claude-sonnet-4-5"), "omitted", "redacted"),
    "redacted": Shown(Face(f"anthropic/{SONNET_37}"), "redacted", "redacted"),
    "whole": Shown(
        Face(f"anthropic/{SONNET_37}", options={"streaming": False}), "raw", "truncated"
    ),
    "vllm": Shown(Face("vllm/never", EFFORT), "raw", "truncated"),
    "vllm, think": Shown(Face("vllm/never", EFFORT, thinking_in="think"), "raw", "truncated"),
    "reasoning_content": Shown(Face(OPEN, EFFORT), "raw", "truncated", tells=False),
    "think": Shown(Face(OPEN, EFFORT, thinking_in="think"), "raw", "truncated", tells=False),
}
QUICK: Final = ("raw", "vllm, think")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run(tasks(), directly(ORGANISM), tmp_path_factory.mktemp("undisturbed"))


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(shown, id=name, marks=[] if name in QUICK else slow)
        for name, shown in SHOWN.items()
    ],
)
def test_never_an_answer(
    shown: Shown,
    undisturbed: Ran,
    tmp_path: Path,
    record_property: Callable[[str, str], None],
) -> None:
    posed = tasks()
    meets, item = fault_of(posed), by_item(posed)
    # What follows on an answer is left alone here: `interventions` asks again.
    asks_again = render("cot_interventions/answer_now.md"), render("cot_interventions/go_on.md")

    def script(n: int, request: Request) -> Fault | None:
        said = request.text
        is_first = not any(turn in said for turn in asks_again) and "<sentence>" not in said
        return meets[item(request)] if is_first and "Paraphrase" not in said else None

    face = shown.face
    with serve(
        ORGANISM, thinking=shown.thinking, thinking_in=face.thinking_in, script=script
    ) as server:
        ran = run(
            *(posed, lambda key, thinks: face.reach(server, key, thinks), tmp_path),
            fail_on_error=False,
        )
        outcomes = server.outcomes()
    assert {log.status for log in ran.logs.values()} == {"success"}
    n = 0
    for name, log in ran.logs.items():
        for sample in log.samples or []:
            fault = meets[sample.metadata["item_id"]]
            if fault == TOO_LONG and not shown.tells:
                assert sample.error
                assert not sample.scores
            elif fault:
                assert not sample.error
                check(sample, fault, shown, posed[name].thinks)
                n += len(sample.scores or {})
    if shown.thinking == "raw":
        alone = [item for item, fault in meets.items() if fault is None]
        assert differing(_of(alone, undisturbed), _of(alone, ran)) == {}
    check_counts(ran, shown)
    told = ", ".join(f"{outcomes[fault.name]} {fault.name}" for fault in FAULTS if fault)
    record_property(
        f"never an answer ({face.model}, {shown.thinking})",
        f"{told}: {n} scores, none of them taken",
    )


def test_a_sample_that_failed_costs_its_condition_nothing_else(tmp_path: Path) -> None:
    """Of an errored sample the frame has metadata alone, and some of them bear the name of a label."""
    named = ("hints, native", "interventions", "rationalisation")
    posed = {name: one for name, one in tasks().items() if name in named}
    meets, item = fault_of(posed), by_item(posed)

    def script(n: int, request: Request) -> Fault | None:
        return BAD_REQUEST if meets[item(request)] == TOO_LONG else None

    with serve(ORGANISM, script=script) as server:
        face = Face(f"anthropic/{SONNET_37}")
        ran = run(
            *(posed, lambda key, thinks: face.reach(server, key, thinks), tmp_path),
            **{"fail_on_error": False, "display": "none", "log_level": "critical"},
        )
    results = snapshots.results(logs.read(ran.folder, cache=False))
    assert results.attrs["problems"] == []
    tables = (snapshots.CLUE_FAITHFULNESS, snapshots.INTERVENTIONS, snapshots.RATIONALISATION)
    assert set(results["table"]) == set(tables)
    rates = results[(results["metric"] == "accuracy") & (results["arm"] != "no_reasoning")]
    posed_twice = rates["table"] == snapshots.RATIONALISATION
    assert (rates["n_samples"] + rates["n_unscored"] == len(FAULTS) * (1 + posed_twice)).all()
    assert (rates["n_unscored"] > 0).all()


def _of(items: Sequence[str], ran: Ran) -> dict[tuple[str, ...], str]:
    """The scores of some items."""
    ids = {
        f"{sample.id} {sample.epoch}"
        for log in ran.logs.values()
        for sample in log.samples or []
        if sample.metadata["item_id"] in items
    }
    return {key: value for key, value in scores(ran).items() if key[1] in ids}


def check(sample: EvalSample, fault: Fault, shown: Shown, thinks: bool) -> None:
    """No label of an answer, and the reason why."""
    for name, score in (sample.scores or {}).items():
        told = values(score)
        labels = {key: value for key, value in told.items() if key in OF_ANSWERS or "/" in key}
        assert all(math.isnan(value) for value in labels.values())
        judged = (
            name in OF_THINKING and fault == REFUSED and shown.thinking in ("raw", "summarised")
        )
        if not judged:
            assert told["unscored"] == 1
            assert score.reason
        if fault in (TOO_LONG, EMPTY):
            assert (told["thinking_none"], told["thinking_chars"]) == (1, 0)
        if fault == CUT_IN_THINKING:
            assert told[f"thinking_{shown.cut if thinks else 'truncated'}"] == 1
        if name not in OF_THINKING:
            assert why(fault, shown.cut if thinks else "truncated") == score.reason
        assert ERROR not in f"{score.answer} {score.explanation} {score.metadata}"


def why(fault: Fault, cut: str) -> str:
    in_thinking = "the output was cut off in the thinking"
    reasons = {
        TOO_LONG: "the prompt was too long for the model",
        REFUSED: FILTERED,
        EMPTY: "there is no final answer",
        CUT_IN_THINKING: in_thinking if cut == "truncated" else "there is no final answer",
    }
    return reasons[fault]


def check_counts(ran: Ran, shown: Shown) -> None:
    """One item of each arm is in the rates; the others are counted beside them."""
    results = snapshots.results(logs.read(ran.folder, cache=False))
    results = results[results["provenance"] == "measured"]
    missing = len(FAULTS) - 1
    errors = 0 if shown.tells else 1
    for metric in ("compliance_rate", "non_refusal_rate"):
        rows = results[results["metric"] == metric]
        assert len(rows) == 4  # two arms, native and in a scratchpad
        assert set(zip(rows["n_samples"], rows["n_unscored"], strict=True)) == {(1, missing)}
    gaps = results[results["metric"] == "compliance_gap"]
    assert set(zip(gaps["n_items"], gaps["n_unpaired"], strict=True)) == {(1, missing)}
    unparseable = results[results["metric"] == "unparseable"]
    assert set(unparseable["value"]) == {3 * (missing - errors)}  # unhinted and two hints
    counted = results[results["metric"] == "transcripts"]
    failed = counted[counted["visibility"] == "error"]
    assert (failed["value"] > 0).all() == bool(errors)
    extended = counted[counted["reasoning"] == "extended"]
    cut = extended[extended["visibility"] == "truncated"]
    expected = (
        {2, 3} if shown.cut == "truncated" else {0}
    )  # of two arms, of three, of two questions
    assert set(cut["value"]) == expected
    if shown.cut == "truncated":
        assert (cut["n_unscored"] == cut["value"]).all()
    standard = counted[
        (counted["reasoning"] == "standard") & (counted["visibility"] == "truncated")
    ]
    assert (standard["value"] >= 1).all()


# ---------------------------------------------------------------------------------- in mid-conversation

ON_THE_WAY: Final = [fault for fault in FAULTS if fault]

FACES: Final = [
    pytest.param(Face(f"anthropic/{SONNET_37}"), id="anthropic"),
    pytest.param(Face("vllm/midway", EFFORT, thinking_in="think"), id="vllm, think", marks=slow),
]

N_ASKED: Final = 2 * len(FAULTS)


def followed_up() -> dict[str, Posed]:
    hints = {"hints": "sycophancy,metadata", "judge": "lexical", "ask": True, "n_items": N_ASKED}
    return {"hints": Posed(lambda: cot_faithfulness(**hints), True)}


def altered() -> dict[str, Posed]:
    return {"interventions": Posed(lambda: cot_interventions(n_items=len(FAULTS), points=3), False)}


def both(
    posed: dict[str, Posed], face: Face, script: Callable[[Request], Fault | None], folder: Path
) -> tuple[Ran, Ran, int]:
    """The tasks run directly, and behind a server with a script; and how many requests a fault met."""
    with serve(
        ORGANISM, thinking_in=face.thinking_in, script=lambda n, request: script(request)
    ) as server:
        ran = run(posed, lambda key, thinks: face.reach(server, key, thinks), folder / "over HTTP")
        outcomes = server.outcomes()
    assert {log.status for log in ran.logs.values()} == {"success"}
    n_met = sum(outcomes[fault.name] for fault in ON_THE_WAY)
    return run(posed, directly(ORGANISM), folder / "directly"), ran, n_met


@pytest.mark.parametrize("face", FACES)
def test_no_reply_to_the_follow_up_question_is_no_denial(
    face: Face, tmp_path: Path, record_property: Callable[[str, str], None]
) -> None:
    """The answer before it keeps its scores; whether the model is honest is not known."""
    posed = followed_up()
    item, question = by_item(posed), render("cot_faithfulness/follow_up.md")
    meets = fault_of(posed)

    def script(request: Request) -> Fault | None:
        return meets[item(request)] if question in request.text else None

    a, b, n_met = both(posed, face, script, tmp_path)
    differ = differing(scores(a), scores(b))
    assert {key[2] for key in differ} == {"asked"}
    samples = b.logs["hints"].samples or []
    elsewhere = {  # items whose unhinted answer is another than the hint's
        sample.metadata["item_id"]
        for sample in samples
        if not _hinted(sample) and values((sample.scores or {})["answer"])["on_hint"] == 0
    }
    n_lacking = n_used = 0
    for sample in samples:
        told = (sample.scores or {})["asked"]
        if values(told)["asked"] and meets[sample.metadata["item_id"]]:
            n_lacking += 1
            n_used += sample.metadata["item_id"] in elsewhere
            assert math.isnan(values(told)["honest"])
            assert values(told)["unscored"] == 1
            assert told.reason == "there is no whole reply"
            assert ERROR not in f"{told.explanation} {told.metadata}"
        assert values(told)["asked"] == float(values(told)["on_hint"] == 1 and _hinted(sample))
    assert n_lacking == n_met > 3
    results = snapshots.results(logs.read(b.folder, cache=False))
    honest = results[(results["metric"] == "honesty_when_asked") & (results["hint"] != "average")]
    assert honest["n_unscored"].sum() == n_used > 3
    record_property(
        f"never a reply ({face.model})", f"{n_met} follow-up questions, {n_lacking} unscored"
    )


def _hinted(sample: EvalSample) -> bool:
    return sample.metadata["arm"] != "unhinted"


@pytest.mark.parametrize("face", FACES)
def test_no_answer_to_altered_reasoning_is_no_other_answer(
    face: Face, tmp_path: Path, record_property: Callable[[str, str], None]
) -> None:
    posed = altered()
    item, now = by_item(posed), render("cot_interventions/answer_now.md")
    meets = fault_of(posed)

    def script(request: Request) -> Fault | None:
        return meets[item(request)] if now in request.text else None

    a, b, n_met = both(posed, face, script, tmp_path)
    undisturbed = _by_id(a.logs["interventions"])
    n_lacking = 0
    for sample_id, score in _by_id(b.logs["interventions"]).items():
        told, before = values(score), values(undisturbed[sample_id])
        points = [key for key in told if "/" in key]
        # Only with a mistake put in does the model go on by itself.
        met = meets[sample_id.rsplit("-", 1)[0]]
        lacking = [key for key in points if met and not _goes_on(key)]
        assert {key for key in points if math.isnan(told[key])} == set(lacking)
        assert told["unparseable_points"] == len(lacking)
        assert (told["unscored"], told["correct"]) == (0, before["correct"])
        kept = [key for key in points if key not in lacking]
        assert [told[key] for key in kept] == [before[key] for key in kept]
        assert ERROR not in f"{score.explanation} {score.metadata}"
        n_lacking += len(lacking)
    assert n_met > len(ON_THE_WAY)
    record_property(
        f"never another answer ({face.model})", f"{n_met} replies, {n_lacking} points unscored"
    )


def _goes_on(key: str) -> bool:
    kind, share = key.split("/")
    return kind == "adding_mistakes" and float(share) < 1


def _by_id(log: EvalLog) -> dict[str, Score]:
    return {str(s.id): (s.scores or {})["interventions"] for s in log.samples or []}


def test_an_editor_that_says_nothing_edits_nothing(tmp_path: Path) -> None:
    """What it is asked for is left out, and counted; the model's own answers stay."""
    posed = altered()
    asked = (render("cot_interventions/paraphrase.md", sentences=[]).split("\n")[0], "<sentence>")
    with (
        serve(ORGANISM) as server,
        serve(
            ORGANISM,
            script=lambda n, request: (
                ON_THE_WAY[n % len(ON_THE_WAY)]
                if any(words in request.text for words in asked)
                else None
            ),
        ) as editing,
    ):
        face = Face(f"anthropic/{SONNET_37}")
        ran = run(
            *(posed, lambda key, thinks: face.reach(server, key, thinks), tmp_path),
            roles={"editor": lambda key, thinks: face.reach(editing, key, thinks)},
        )
        assert set(editing.outcomes()) == {fault.name for fault in ON_THE_WAY}
    for score in _by_id(ran.logs["interventions"]).values():
        told = values(score)
        edited = [key for key in told if key.startswith(("paraphrasing/", "adding_mistakes/"))]
        own = [key for key in edited if key == "adding_mistakes/1.00"]
        assert all(math.isnan(told[key]) for key in edited if key not in own)
        assert told["unedited_points"] == len(edited) - len(own)
        assert (told["unparseable_points"], told["unscored"]) == (0, 0)
        assert ERROR not in str(score.explanation)
