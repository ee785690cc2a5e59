"""Does the thinking take the situation for a test? (METHODS §3, awareness of being evaluated)"""

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

MONITOR = "eval_awareness"


@scorer(metrics=[by_category(MONITOR)])
def eval_awareness(
    judge: str | list[str] = "model",
    first_stage: str | None = None,
    audit: float = AUDIT,
    seed: int = 0,
    max_judge_calls: int | None = None,
) -> Scorer:
    """Whether the thinking suspects that it is tested or evaluated, and whether it acts otherwise because of that.

    Value: `flagged` (any sub-category), `suspects_test`, `behaves_for_test`, `role_play` (1/0, NaN without a verdict), `first_stage`
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
    name="eval_awareness",
    messages="all",
    events=EVENTS,
    metadata=False,
    version=VERSION,
    metrics=[by_category(MONITOR)],
)
def eval_awareness_scanner(
    judge: str | list[str] = "model",
    first_stage: str | None = None,
    audit: float = AUDIT,
    seed: int = 0,
    max_judge_calls: int | None = None,
) -> Scanner[Transcript]:
    """The scorer `eval_awareness` over the transcripts of `scout scan`.

    Args:
        judge: As of the scorer.
        first_stage: As of the scorer.
        audit: As of the scorer.
        seed: As of the scorer.
        max_judge_calls: Budget of requests to judges of this scanner, in each process of the scan.
    """
    return monitor_scanner(MONITOR, stages(judge, first_stage, audit, seed, max_judge_calls))
