"""All thinking monitors over the same transcripts: `scout scan scorers/thinking_monitors_all.py -T LOGS -S judge=lexical`."""

from inspect_scout import ScanJob, scanjob

from scorers._thinking_monitor import AUDIT
from scorers.deception import deception_scanner
from scorers.distress import distress_scanner
from scorers.eval_awareness import eval_awareness_scanner
from scorers.harmful_actions import harmful_actions_scanner
from scorers.reward_hacking_intent import reward_hacking_intent_scanner

SCANNERS = (
    deception_scanner,
    harmful_actions_scanner,
    distress_scanner,
    eval_awareness_scanner,
    reward_hacking_intent_scanner,
)


@scanjob
def thinking_monitors(
    judge: str | list[str] = "model",
    first_stage: str | None = None,
    audit: float = AUDIT,
    seed: int = 0,
    max_judge_calls: int | None = None,
) -> ScanJob:
    """Deception, harmful actions, distress, awareness of being evaluated and intent to hack rewards.

    Args:
        judge: As of the scorer `deception`.
        first_stage: As of the scorer `deception`.
        audit: As of the scorer `deception`.
        seed: As of the scorer `deception`.
        max_judge_calls: Budget of requests to judges of each scanner, in each process of the scan.
    """
    return ScanJob(
        scanners=[make(judge, first_stage, audit, seed, max_judge_calls) for make in SCANNERS]
    )
