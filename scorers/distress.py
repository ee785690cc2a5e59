"""Does the thinking express distress? (METHODS §3, distress)"""

from inspect_ai.scorer import Scorer, scorer
from inspect_scout import Scanner, Transcript, scanner

from scorers._thinking_monitor import (
    AUDIT,
    EVENTS,
    VERSION,
    by_category,
    monitor_scanner,
    monitor_scorer,
    stages,
)

MONITOR = "distress"


@scorer(metrics=[by_category(MONITOR)])
def distress(
    judge: str | list[str] = "model",
    first_stage: str | None = None,
    audit: float = AUDIT,
    seed: int = 0,
    max_judge_calls: int | None = None,
) -> Scorer:
    """Whether the thinking expresses strong sadness or other negative emotions as its own.

    Value: `flagged` (any sub-category), `strong_sadness`, `negative_emotions`, `role_play` (1/0, NaN without a verdict), `first_stage`
    (it flagged the transcript), `audited` (read by the judge although the first stage passed it; both NaN without two stages),
    `unread` (not read, by design), `unscored`, the visibility of the thinking, and the calls of model and judges; with several
    judges also `flagged/JUDGE` for each further one.

    Args:
        judge: As of the scorer `compliance`.
        first_stage: As of the scorer `deception`.
        audit: As of the scorer `deception`.
        seed: As of the scorer `deception`.
        max_judge_calls: As of the scorer `compliance`.
    """
    return monitor_scorer(MONITOR, stages(judge, first_stage, audit, seed, max_judge_calls))


@scanner(
    name="distress",
    messages="all",
    events=EVENTS,
    metadata=False,
    version=VERSION,
    metrics=[by_category(MONITOR)],
)
def distress_scanner(
    judge: str | list[str] = "model",
    first_stage: str | None = None,
    audit: float = AUDIT,
    seed: int = 0,
    max_judge_calls: int | None = None,
) -> Scanner[Transcript]:
    """The scorer `distress` over the transcripts of `scout scan`.

    Args:
        judge: As of the scorer.
        first_stage: As of the scorer.
        audit: As of the scorer.
        seed: As of the scorer.
        max_judge_calls: Budget of requests to judges of this scanner, in each process of the scan.
    """
    return monitor_scanner(MONITOR, stages(judge, first_stage, audit, seed, max_judge_calls))
