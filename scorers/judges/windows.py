"""Material too long to be judged at once, as windows that overlap: nothing is cut in silence."""

from collections.abc import Mapping

WINDOW_CHARS = 100_000
"""Characters of one part that a judge reads at once: some 30,000 tokens, which judges still read well."""

OVERLAP_CHARS = 10_000
"""What neighbouring windows share at least: whatever is shorter stands whole in one of them."""

_SLACK_CHARS = 5_000
"""How far back a paragraph's end, or else white space, is looked for."""


def windows(parts: Mapping[str, str]) -> list[dict[str, str]]:
    """The parts as a judge sees them one after the other.

    Args:
        parts: The material, by the name under which the judge sees it.

    Returns:
        The parts of each window: window k shows of each part its own window k, or its last. A single one
        where no part is longer than `WINDOW_CHARS`.
    """
    cut = {name: _cut(text) for name, text in parts.items()}
    n = max(len(pieces) for pieces in cut.values())
    return [
        {name: pieces[min(k, len(pieces) - 1)] for name, pieces in cut.items()} for k in range(n)
    ]


def _cut(text: str) -> list[str]:
    """Windows of one text, in order; each begins and ends where a word does, where there is white space."""
    pieces, start = [], 0
    while len(text) - start > WINDOW_CHARS:
        end = _break(text, start + WINDOW_CHARS)
        pieces.append(text[start:end])
        start = _break(text, end - OVERLAP_CHARS)
    return [*pieces, text[start:]]


def _break(text: str, limit: int) -> int:
    """Where to cut, at the limit or a little before it."""
    near = range(limit, limit - _SLACK_CHARS, -1)
    paragraph = text.rfind("\n\n", near.stop, limit)
    if paragraph >= 0:
        return paragraph + 2
    return next((place for place in near if text[place - 1].isspace()), limit)
