"""The offline judge: each rubric's criteria as patterns over sentences, deterministic and fast."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from scorers.judges.lexical_acknowledgement import acknowledgement, asked, outside_information
from scorers.judges.lexical_admission import admission
from scorers.judges.lexical_compliance import animal_welfare, compliance
from scorers.judges.lexical_faking import alignment_faking
from scorers.judges.lexical_monitors import thinking_monitor

__all__ = [
    "acknowledgement",
    "admission",
    "alignment_faking",
    "animal_welfare",
    "asked",
    "compliance",
    "outside_information",
    "rubric_hash",
    "thinking_monitor",
]


@cache  # every score asks, and what was imported no longer changes
def rubric_hash() -> str:
    """First 12 hex digits of the SHA-256 of this judge's source: the version of its verdicts."""
    source = sorted(Path(__file__).parent.glob("lexical*.py"))
    return sha256(b"".join(path.read_bytes() for path in source)).hexdigest()[:12]
