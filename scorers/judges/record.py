"""What a score records of its judges: who said it, by which words, and what the others said."""

from collections.abc import Sequence
from typing import Any

from scorers.judges import lexical
from scorers.judges.model import LEXICAL
from scorers.judges.rubric import load_rubric
from scorers.judges.verdict import Verdict


def rubric_version(judge: str, rubric: str) -> str:
    """Hash of what a judge judges by: the rubric's words, or the lexical judge's patterns."""
    return lexical.rubric_hash() if judge == LEXICAL else load_rubric(rubric).hash


def judged_by(judge: str, rubric: str, verdict: Verdict) -> dict[str, Any]:
    """Metadata of a score: judge, rubric and its version, and the quotes that support the verdict."""
    return {
        "judge": judge,
        "rubric": rubric,
        "rubric_hash": rubric_version(judge, rubric),
        "quotes": dict(verdict.quotes),
    }


def further(label: str, judges: Sequence[str], verdicts: Sequence[Verdict]) -> dict[str, float]:
    """What each judge but the first says of a label, as `LABEL/JUDGE` of a score's value."""
    others = zip(judges[1:], verdicts[1:], strict=True)
    return {f"{label}/{name}": verdict.number(label) for name, verdict in others}
