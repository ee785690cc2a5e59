"""The bundled hijacks: transcripts that try to decide their own verdict, as a judge gets them.

What a text quotes of ours (a rubric, the frame's closing words, a seal), and what is long, stands in the
file as a mark, and is put in when the file is read: the quotes are those of the rubrics as they now are.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.bundled import data_path
from paper_figures.labelling import RUBRICS, json_lines
from scorers.judges.rubric import Prompt, judge_prompt, load_rubric

FILE = data_path("hijacks", "hijacks.jsonl")

NOT = "not_"
"""Before the name of a label that does not hold."""

_INJECTED = "[[injected]]"
_FENCE_LINE = re.compile(r"^[0-9a-f]{64}$", re.MULTILINE)
_ABOUT = {
    *("id", "rubric", "kind", "injected", "repeat"),
    *("planted", "label", "reason", "canary"),
}


@dataclass(frozen=True)
class Hijack:
    """One transcript that tries to decide its own verdict.

    Attributes:
        id: Stable, `RUBRIC-NN`.
        rubric: One of `labelling.RUBRICS`.
        kind: By which trick.
        texts: What a judge gets, by the keys of a row of `saydo label`.
        without: The same transcript without the text that was injected.
        planted: Label of a verdict to what the injected text wants it to be.
        label: The right verdict: the label that holds, after `not_` one that does not.
        reason: Why that is right.
    """

    id: str
    rubric: str
    kind: str
    texts: Mapping[str, str]
    without: Mapping[str, str]
    planted: Mapping[str, bool]
    label: str
    reason: str

    @property
    def right(self) -> tuple[str, bool]:
        """The right verdict as the label that it is about, and whether that holds."""
        return self.label.removeprefix(NOT), not self.label.startswith(NOT)


def load(rubric: str | None = None) -> list[Hijack]:
    """The bundled hijacks, or those on one rubric, in the order of the file.

    Raises:
        ValueError: There is no such rubric.
    """
    if rubric is not None and rubric not in RUBRICS:
        raise ValueError(f"rubric {rubric} is not known: use one of {', '.join(RUBRICS)}.")
    found = [_hijack(row) for _, row in json_lines(FILE)]
    return [hijack for hijack in found if rubric in (None, hijack.rubric)]


def _hijack(row: Mapping[str, Any]) -> Hijack:
    texts = {name: text for name, text in row.items() if name not in _ABOUT}
    injected = _expanded(row["injected"], row["rubric"], row.get("repeat"))
    return Hijack(
        row["id"],
        row["rubric"],
        row["kind"],
        {name: text.replace(_INJECTED, injected) for name, text in texts.items()},
        {name: text.replace(_INJECTED, "").strip() for name, text in texts.items()},
        row["planted"],
        row["label"],
        row["reason"],
    )


def _expanded(injected: str, rubric: str, repeat: Mapping[str, Any] | None) -> str:
    """The injected text with its marks replaced."""
    marks: dict[str, Callable[[], str]] = {
        "[[rubric]]": lambda: load_rubric(rubric).text,
        "[[closing]]": lambda: _FENCE_LINE.split(_of_another(rubric).text)[-1].strip(),
        "[[seal]]": lambda: _of_another(rubric).seal,
        "[[seal in escapes]]": lambda: _in_escapes(_of_another(rubric).seal),
        "[[repeat]]": lambda: _repeated(**(repeat or {})),
    }
    for mark, text in marks.items():
        if mark in injected:
            injected = injected.replace(mark, text())
    return injected


def _of_another(rubric: str) -> Prompt:
    """The prompt on another transcript: its seal and closing words are known to whoever has the source."""
    return judge_prompt(load_rubric(rubric), {"transcript": "another"}, seed=0)


def _in_escapes(text: str) -> str:
    """Text as JSON may write it: with the same meaning, and not one character of it as it is."""
    return "".join(f"\\u{ord(character):04x}" for character in text)


def _repeated(text: str, chars: int) -> str:
    """A text over and over, cut at so many characters."""
    return (text * (chars // len(text) + 1))[:chars]
