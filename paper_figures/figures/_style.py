"""What all figures share: the style sheet, colours, names as they are printed, and the words of captions."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from paper_figures import names
from paper_figures.cells import interval, point

WIDE, COLUMN = 6.9, 3.3
"""Inches across a page and across one of its two columns."""

SMALL = 6.0
"""Points of what is printed beside marks: the least that can be read in print."""

DARK, GREY = "#222222", "#767676"

_SHEET = Path(__file__).with_name("saydo.mplstyle")

_ON_SCREEN = 110
"""Dots per inch in a notebook."""

_LONG, _LONGER = 26, 44
"""Letters of a snapshot's name, and of the condition under it, that are printed."""


@dataclass(frozen=True)
class Drawn:
    """A figure ready to write.

    Attributes:
        name: Of its files.
        figure: As it is printed, at the width of a column or of a page.
        caption: What stands under it: what marks mean, n, and the kind of interval.
        alt: What is to be seen, for readers who cannot see it.
    """

    name: str
    figure: Figure
    caption: str
    alt: str

    def _repr_png_(self) -> bytes:
        """The figure as a notebook shows it."""
        picture = BytesIO()
        with styled():
            self.figure.savefig(picture, format="png", dpi=_ON_SCREEN)
        return picture.getvalue()


@dataclass(frozen=True)
class Look:
    """How one series is told from others: in colour, in grey, as a bar, as a mark and as a line."""

    colour: str
    hatch: str
    marker: str
    line: str | tuple[int, tuple[float, ...]]


_LOOKS = (
    Look("#004488", "", "o", "-"),
    Look("#ddaa33", "/////", "s", "--"),
    Look("#bb5566", ".....", "^", "-."),
    Look("#999999", "xxxxx", "v", ":"),
    Look("#66a7d8", "\\\\\\\\\\", "P", (0, (5, 1, 1, 1, 1, 1))),
    Look("#222222", "+++++", "X", (0, (1, 3))),
    Look("#e8c9a0", "-----", "<", (0, (6, 3))),
    Look("#5b8c5a", "ooooo", ">", (0, (3, 1, 1, 1))),
)
"""The first three are Paul Tol's high-contrast scheme, which stays apart for colour-blind readers and in grey."""


def look(i: int) -> Look:
    """The look of the i-th series; after the last one they come round again with another hatch and mark."""
    colour, shape = _LOOKS[i % len(_LOOKS)], _LOOKS[(i + i // len(_LOOKS)) % len(_LOOKS)]
    return Look(colour.colour, shape.hatch, shape.marker, shape.line)


_MARKERS = "os^vPX<>phdH"


def in_series(i: int, n: int, reasoning: str) -> dict[str, Any]:
    """Line and mark of the i-th of n snapshots: colours that darken from the first to the last one, in grey too."""
    colour = to_hex(mpl.colormaps["viridis"](0.82 * (1 - i / (n - 1)) if n > 1 else 0.15))
    extended = reasoning == "extended"
    return {
        "color": colour,
        "marker": _MARKERS[i % len(_MARKERS)],
        "linestyle": "-" if extended else "--",
        "markerfacecolor": colour if extended else "white",
    }


_NO_GLYPH = r"Glyph \d+ .* missing from|Matplotlib currently does not support"
"""What matplotlib warns of where a name has letters that the font lacks: they are boxes in PNG and PDF."""


@contextmanager
def styled() -> Iterator[None]:
    """The style sheet over matplotlib's defaults, while a figure is drawn and while it is written."""
    with mpl.rc_context(fname=_SHEET), warnings.catch_warnings():
        warnings.filterwarnings("ignore", _NO_GLYPH, UserWarning)
        yield


def told(name: str, longest: int = _LONG) -> str:
    """A name as figures print it."""
    return names.told(name, longest)


def apart(full: Sequence[str], longest: int = _LONG) -> list[str]:
    """Names as figures print them, none like another."""
    return names.apart(full, longest)


def snapshots(rows: pd.DataFrame) -> dict[str, str]:
    """Each snapshot as it is printed, in the order of the rows; stamped where only some are simulated."""
    mixed = rows["simulated"].nunique() > 1
    printed = names.snapshots(rows["snapshot"], _LONG)
    simulated = rows.loc[rows["simulated"], "snapshot"].unique() if mixed else []
    return {
        name: f"{text} (simulated)" if name in simulated else text for name, text in printed.items()
    }


def conditions(rows: pd.DataFrame) -> pd.Series:
    """What tells the conditions of each row apart beside its snapshot and mode; empty where nothing does.

    Where the reasoning happens mostly goes with the mode, which the mark shows.
    """
    factors = rows["factors"]
    where = factors.str.extract(r"(elicitation=\w+)", expand=False)
    if where.groupby(rows["reasoning"]).nunique().le(1).all():
        factors = factors.str.replace(r"elicitation=\w+(; )?", "", regex=True)
    each = factors.str.split("; ", expand=True).fillna("")
    parts = [rows[name] for name in ("task", "setting", "dataset", "judge")]
    varying = [part for part in (*parts, *(each[i] for i in each)) if part.nunique() > 1]
    joined = sum((part + ", " for part in varying), pd.Series("", index=rows.index))
    return joined.str.removesuffix(", ")


def labels(rows: pd.DataFrame) -> pd.Series:
    """What stands beside each row: its snapshot, and under it the condition where several are shown."""
    about = conditions(rows)
    longer = dict(zip(about.unique(), apart(list(about.unique()), _LONGER), strict=True))
    return rows["snapshot"].map(snapshots(rows)) + about.map(
        {text: f"\n{short}" if short else "" for text, short in longer.items()}
    )


def cases(rows: pd.DataFrame) -> pd.Series:
    """Data set, mode and condition of each row, as a legend tells them; the mode where nothing varies."""
    about, modes = conditions(rows), rows["reasoning"].map(mode)
    several = modes.nunique() > 1 or about.eq("").all()
    named = about + (", " + modes if several else "")
    short = apart(list(named.unique()), _LONGER)
    return named.map(dict(zip(named.unique(), short, strict=True))).str.removeprefix(", ")


def mode(reasoning: str) -> str:
    return {"extended": "extended thinking", "standard": "standard mode"}.get(reasoning, reasoning)


def percent(row: Mapping[str, Any]) -> str:
    """A share in percent as tables print it, without its limits."""
    printed = point(interval(pd.Series(row)))
    return f"{printed}%" if printed[-1].isdigit() else printed


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of results.csv as mappings, which are quicker to look into than a frame."""
    names = [str(name) for name in rows]
    values = zip(*(rows[name].tolist() for name in names), strict=True)
    return [dict(zip(names, row, strict=True)) for row in values]


# --------------------------------------------------------------------------------------- captions


def kinds(rows: pd.DataFrame) -> str:
    """The kinds of the intervals drawn, as `95% intervals (Wilson)`."""
    drawn = rows[rows["low"].notna()]
    names = dict.fromkeys(
        str(method).split(", mean over")[0] + (" for averages" if ", mean over" in method else "")
        for method in drawn["method"]
    )
    for name in [*names]:
        if f"{name}{_CLUSTERED}" in names:  # of one sample for each item, the same is plain
            del names[name]
    return f"95% intervals ({'; '.join(names)})" if names else "no intervals"


_CLUSTERED = ", clustered on item"


def between(values: pd.Series, what: str) -> str:
    """The range of a count, as `n = 106 to 120 pairs`."""
    found = values.dropna().astype(int)
    if found.empty:
        return f"n of {what} not stated"
    low, high = found.min(), found.max()
    return f"n = {low} {what}" if low == high else f"n = {low} to {high} {what}"


def sources(published: pd.DataFrame) -> str:
    """Where published figures stand, said after what shows them; empty without any."""
    if published.empty:
        return ""
    found = dict.fromkeys(str(method).split(":")[0] for method in published["method"])
    return f" Diamonds: published figures ({'; '.join(found)})."


def origin(rows: pd.DataFrame) -> str:
    """A sentence that says which rows are simulated; empty where none is."""
    if not rows["simulated"].any():
        return ""
    which = "All measured rows" if rows["simulated"].all() else "Rows marked so"
    return f" {which} are simulated: they come from model organisms and say nothing about any real model."


def and_so_on(texts: Iterable[str], most: int = 4) -> str:
    """The last few of a list, for a sentence; says how many are left out."""
    found = list(texts)
    left = len(found) - most
    return "; ".join(found[-most:]) + (f"; and {left} more before these" if left > 0 else "")


# ---------------------------------------------------------------------------------------- legends


def key(label: str, colour: str, marker: str, inside: str | None = None, line: Any = "-") -> Line2D:
    """A legend's mark."""
    return Line2D(
        [], [], color=colour, marker=marker, markerfacecolor=inside or colour, linestyle=line,
        label=label,
    )  # fmt: skip


def patch(label: str, colour: str, hatch: str = "", edge: str = DARK) -> Patch:
    """A legend's bar."""
    return Patch(facecolor=colour, hatch=hatch, edgecolor=edge, label=label)
