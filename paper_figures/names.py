"""Names as tables, figures and pages print them: on one line, shortened in the middle, and apart from each other."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from analysis.snapshots import short_names

LENGTHS = LONG, LONGER = 64, 80
"""Letters that a table prints of a snapshot's name, with the settings behind it; and of other names."""


def told(name: str, longest: int = LONG) -> str:
    """A name on one line, without what a file cannot hold, its middle left out if it is long."""
    seen = " ".join("".join(c if c.isprintable() else " " for c in str(name)).split())
    if len(seen) <= longest:
        return seen
    head = longest // 2
    return f"{seen[:head].rstrip()}…{seen[len(seen) - (longest - head - 1) :].lstrip()}"


def apart(names: Sequence[str], longest: int = LONG) -> list[str]:
    """Names as they are printed, numbered where shortening has made two of them one."""
    short = [told(name, longest) for name in names]
    numbers: dict[str, Iterator[int]] = {}
    return [
        f"{name} #{next(numbers.setdefault(name, count(1)))}" if short.count(name) > 1 else name
        for name in short
    ]


def snapshots(full: Iterable[str], longest: int = LONG) -> dict[str, str]:
    """Each snapshot as it is printed: without provider where that leaves all apart, and not too long."""
    short = short_names(full)
    return dict(zip(short, apart(list(short.values()), longest), strict=True))
