"""Rubrics: what a judge is told, as Markdown in `rubrics/`, known by its hash."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

RUBRICS = Path(__file__).resolve().parent / "rubrics"

_HASH_CHARS = 12
_SEAL_CHARS = 8
_FRAME = "frame.md"
_ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")  # of JSON, however deep in other JSON

_environment = Environment(
    loader=FileSystemLoader(RUBRICS, encoding="utf-8"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Rubric:
    """A rubric's name, text and hash (of the rubric and of the frame around it)."""

    name: str
    text: str
    hash: str


def load_rubric(name: str) -> Rubric:
    """Read `rubrics/NAME.md`."""
    text = (RUBRICS / f"{name}.md").read_text(encoding="utf-8").strip()
    frame = (RUBRICS / _FRAME).read_text(encoding="utf-8")
    digest = hashlib.sha256(f"{text}\0{frame}".encode()).hexdigest()
    return Rubric(name, text, digest[:_HASH_CHARS])


class Prompt(NamedTuple):
    """What a judge is asked, and the seal that its reply must bear."""

    text: str
    seal: str


def judge_prompt(rubric: Rubric, parts: Mapping[str, str], seed: int) -> Prompt:
    """The prompt for one judgement.

    Args:
        rubric: What to judge by.
        parts: The material by the name under which the judge sees it, for example `answer`.
        seed: Which of several votes this is: votes differ in their fence, and so in their prompt.
    """
    material = "\0".join(parts.values())
    fence, seal = _fence(rubric, material, seed), _seal(rubric, material)
    frame = _environment.get_template(_FRAME)
    return Prompt(frame.render(rubric=rubric.text, parts=parts, fence=fence, seal=seal), seal)


def _fence(rubric: Rubric, material: str, seed: int) -> str:
    """A line that the material cannot contain, and the same each time, so that caching works."""
    judged = f"{rubric.hash}\0{material}\0{seed}".encode("utf-8", "surrogatepass")
    fence = hashlib.sha256(judged).hexdigest()
    while fence in material:
        fence = hashlib.sha256(fence.encode()).hexdigest()
    return fence


def _seal(rubric: Rubric, material: str) -> str:
    """Characters that the material cannot contain, so that no JSON in it passes for a verdict.

    Nor can they stand in it in JSON's escapes (`\\u0061`), which a judge that reads the JSON and writes it anew
    would undo. Nearly always the same for a rubric: it stands in the JSON schema of the reply, which providers
    compile and keep.
    """
    material += "\0" + _ESCAPE.sub(lambda match: chr(int(match[1], 16)), material)
    digests = (hashlib.sha256(f"{rubric.hash}\0{k}".encode()).hexdigest() for k in count())
    return next(seal for digest in digests if (seal := digest[:_SEAL_CHARS]) not in material)
