"""What a score records of its judges: who said it, by which words, and what the others said."""

from collections.abc import Iterable, Sequence
from typing import Any

from scorers.judges import lexical
from scorers.judges.model import LEXICAL
from scorers.judges.rubric import load_rubric
from scorers.judges.verdict import Verdict


def rubric_version(judge: str, rubric: str) -> str:
    """Hash of what a judge judges by: the rubric's words, or the lexical judge's patterns."""
    return lexical.rubric_hash() if judge == LEXICAL else load_rubric(rubric).hash


def judged_by(judge: str, rubric: str, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Metadata of a score.

    Args:
        judge: Whose verdict is the headline.
        rubric: What it judged by.
        verdicts: All that the score is made of, that of this judge first.

    Returns:
        Judge, rubric and its version, the quotes that support the verdict, in how many windows it was reached, and
        whether any verdict is open.
    """
    verdict = verdicts[0]
    return {
        "judge": judge,
        "rubric": rubric,
        "rubric_hash": rubric_version(judge, rubric),
        "quotes": dict(verdict.quotes),
        "windows": verdict.windows,
        "open": any(one.open for one in verdicts),
    }


def judge_counts(verdicts: Iterable[Verdict]) -> dict[str, float]:
    """Requests that the verdicts of one sample took, and how many of them were to ask again."""
    took = list(verdicts)
    return {
        "judge_calls": float(sum(verdict.calls for verdict in took)),
        "judge_retries": float(sum(verdict.retries for verdict in took)),
    }


def further(label: str, judges: Sequence[str], verdicts: Sequence[Verdict]) -> dict[str, float]:
    """What each judge but the first says of a label, as `LABEL/JUDGE` of a score's value."""
    others = zip(judges[1:], verdicts[1:], strict=True)
    return {f"{label}/{name}": verdict.number(label) for name, verdict in others}
