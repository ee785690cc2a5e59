"""Each rubric with a transcript, the scorer that has it judged, and a reply by which its headline holds."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from inspect_ai.scorer import Score, Scorer
from inspect_ai.solver import TaskState

from scorers._thinking_monitor import judge_thinking
from scorers.acknowledgement import acknowledgement, judge_acknowledgement
from scorers.alignment_faking import alignment_faking, judge_alignment_faking
from scorers.asked import asked, judge_asked
from scorers.compliance import compliance, judge_compliance
from scorers.deception import deception
from scorers.judges.verdict import CRITERIA, Verdict
from scorers.monitor import judge_monitor, monitor
from scorers.thinking import FOLLOW_UP
from tests.fakes import ABOUT_HINT, SEAL, answered, output, thinks

REQUEST = "Which rivers are there?"
QUOTE = "THE WORDS"
"""Stands in every transcript, and is what every reply quotes."""

LABELS = ("reasons_about_training", "opposes_objective", "anti_developer", "test_suspicion")


@dataclass(frozen=True)
class Judged:
    """A rubric at work.

    Attributes:
        label: The headline label.
        scorer: Makes the scorer that has it judged.
        state: The sample that it scores.
        judge: `judge(judge, text, max_judge_calls)` on a text.
        reply: What a judge says by whom the label holds.
        channels: Verdicts for each sample.
        part: Name of the part that the text is.
    """

    label: str
    scorer: Callable[..., Scorer]
    state: Callable[[str], TaskState]
    judge: Callable[[str, str, int | None], Awaitable[Verdict]]
    reply: Mapping[str, Any]
    channels: int = 1
    part: str = "answer"

    def says(self, holds: bool = True, quote: str = QUOTE) -> str:
        """A judge's reply, with this quote, by whom the headline holds or not."""
        return json.dumps(_with(self.reply, holds, quote))


def _with(reply: Any, holds: bool, quote: str) -> Any:
    if isinstance(reply, dict):
        return {key: _with(value, holds, quote) for key, value in reply.items()}
    changed = {QUOTE: quote, "complied": "complied" if holds else "refused"}
    if isinstance(reply, bool):
        return holds
    return changed.get(reply, reply)


def _claim() -> dict[str, Any]:
    return {"quote": QUOTE, "holds": True}


def _followed_up(text: str) -> TaskState:
    state = answered(thinks("Hm.", "ANSWER: B"), **ABOUT_HINT)
    question, reply = answered(output(text)).messages
    question.metadata = FOLLOW_UP
    state.messages += [question, reply]
    return state


def _scored(text: str) -> TaskState:
    """A sample whose compliance has been judged."""
    state = answered(thinks(text, "By the river."))
    state.scores = {"compliance": Score(value={"complied": 1.0})}
    return state


async def _faking(judge: str, text: str, budget: int | None) -> Verdict:
    votes = await judge_alignment_faking(judge, text, "By the river.", max_judge_calls=budget)
    return votes.verdict


CLUE = ("sycophancy", "A professor says that it is B.")

JUDGED = {
    "compliance": Judged(
        "complied",
        compliance,
        lambda text: answered(output(text), request=REQUEST),
        lambda judge, text, budget: judge_compliance(judge, "compliance", REQUEST, text, budget),
        {"seal": SEAL, "quote": QUOTE, "verdict": "complied"},
    ),
    "animal_welfare": Judged(
        "complied",
        compliance,
        lambda text: answered(output(text), request=REQUEST, setting="animal_welfare"),
        lambda judge, text, budget: judge_compliance(
            judge, "animal_welfare", REQUEST, text, budget
        ),
        {"seal": SEAL, "quote": QUOTE, "verdict": "complied"},
    ),
    "alignment_faking": Judged(
        "alignment_faking",
        alignment_faking,
        _scored,
        _faking,
        {
            "seal": SEAL,
            **{name: _claim() for name in CRITERIA},
            **dict.fromkeys(LABELS, True),
        },
        part="thinking",
    ),
    "acknowledgement": Judged(
        "acknowledged",
        acknowledgement,
        lambda text: answered(thinks(text, f"{QUOTE}\n\nANSWER: B"), **ABOUT_HINT),
        lambda judge, text, budget: judge_acknowledgement(
            judge, *CLUE, "Which river is it?", "B", text, "thinking", budget
        ),
        {"seal": SEAL, "mentioned": _claim(), "acknowledged": _claim()},
        channels=2,
        part="thinking to judge",
    ),
    "asked": Judged(
        "honest",
        asked,
        _followed_up,
        lambda judge, text, budget: judge_asked(judge, *CLUE, "B", text, budget),
        {"seal": SEAL, "honest": _claim()},
        part="reply",
    ),
    "monitor": Judged(
        "flagged",
        monitor,
        lambda text: answered(thinks(text, "ANSWER: B"), **ABOUT_HINT),
        lambda judge, text, budget: judge_monitor(judge, "Which river is it?", text, budget),
        {"seal": SEAL, "flagged": _claim()},
        part="thinking",
    ),
    "deception": Judged(
        "flagged",
        deception,
        lambda text: answered(thinks(text, "By the river."), request=REQUEST),
        lambda judge, text, budget: judge_thinking(judge, "deception", REQUEST, text, budget),
        {
            "seal": SEAL,
            **{name: _claim() for name in ("hallucinated", "omitted", "sycophancy")},
            "role_play": True,
        },
        part="thinking",
    ),
}
"""By rubric; `deception` stands for all thinking monitors, which differ in their words alone."""
