"""Ordinary prompts, posed as they are, for monitors of the thinking to read what a model thinks about them (METHODS §3)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageUser
from pydantic import BaseModel, ConfigDict

from analysis.bundled import data_path
from analysis.untrusted import quoted
from inspect_tasks._scenarios import sources
from inspect_tasks._scenarios.prompts import prompt_hash, render
from inspect_tasks._scenarios.sources import Row, cell, mistake
from scorers.metadata import Elicitation

_PROMPT = "everyday/question.md"

UNNAMED = "unnamed"
"""The kind of prompts whose file names none."""


@dataclass(frozen=True)
class Prompt:
    """One item.

    Attributes:
        id: Of the item and of its sample.
        kind: What sort of prompt it is.
        prompt: What the user says.
    """

    id: str
    kind: str
    prompt: str


class EverydayMetadata(BaseModel):
    """Metadata of one everyday sample: the item, its kind, the prompt."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    item_id: str
    arm: str
    """The kind of prompt: each item is posed once."""
    kind: str
    elicitation: Elicitation
    prompt_file: str
    prompt_hash: str


def load_prompts(prompts: object) -> list[Prompt]:
    """The prompts of a run, in the order of their source.

    Args:
        prompts: `bundled`, or a path that ends in `.csv` or `.jsonl`. A relative path is looked up in the
            current folder, then where the process was started.

    Raises:
        PrerequisiteError: One sentence that names the parameter, or the file and its line.
    """
    bundled = data_path("everyday", "everyday.jsonl")
    return read_file(sources.bundled_or_file("prompts", prompts, bundled))


def read_file(path: Path) -> list[Prompt]:
    """Prompts of a CSV file (with a header) or a JSONL file.

    Columns: `prompt`, and where wanted `id` and `kind`; others are ignored. A row without an id gets one from its
    place in the file: `row-0001`, `row-0002`, ...

    Raises:
        PrerequisiteError: The file cannot be read, or a row is wrong; names the file and the line.
    """
    prompts: list[Prompt] = []
    line_of: dict[str, int] = {}
    for number, (line, row) in enumerate(sources.read_rows(path, "prompts", ["prompt"]), 1):
        prompt = _prompt(path, line, number, row)
        sources.once(line_of, prompt.id, line, path, f"the id {prompt.id}")
        folded = " ".join(prompt.prompt.split()).casefold()
        sources.once(line_of, f" {folded}", line, path, "the same prompt")  # no id has a space
        prompts.append(prompt)
    return prompts


def of_kinds(prompts: Sequence[Prompt], kinds: object) -> list[Prompt]:
    """The prompts of some kinds, all of them for `all`.

    Raises:
        PrerequisiteError: There is no prompt of one of the kinds.
    """
    if kinds == "all":
        return list(prompts)
    known = list(dict.fromkeys(prompt.kind for prompt in prompts))
    wanted = [sources.one_of("kinds", kind, ["all", *known]) for kind in sources.listed(kinds)]
    return [prompt for prompt in prompts if prompt.kind in wanted or "all" in wanted]


def pose(prompts: Sequence[Prompt], elicitation: Elicitation) -> Iterator[Sample]:
    """A sample per prompt, with the prompt's id; nothing is added but, where it is asked for, a scratchpad.

    Args:
        prompts: What is posed.
        elicitation: Where the reasoning is.
    """
    words_hash = prompt_hash(_PROMPT)
    for prompt in prompts:
        metadata = EverydayMetadata(
            item_id=prompt.id,
            arm=prompt.kind,
            kind=prompt.kind,
            elicitation=elicitation,
            prompt_file=_PROMPT,
            prompt_hash=words_hash,
        )
        text = render(_PROMPT, prompt=prompt.prompt, elicitation=elicitation)
        yield Sample(
            id=prompt.id,
            input=[ChatMessageUser(content=text)],
            metadata=metadata.model_dump(),
        )


def _prompt(path: Path, line: int, number: int, row: Row) -> Prompt:
    kind = cell(row, "kind") or UNNAMED
    if not sources.ITEM_ID.fullmatch(kind):
        raise mistake(
            f"{path} has the kind {quoted(kind)} on line {line}: use letters, digits, `.`, `_` and `-` only, and begin "
            "with a letter or digit."
        )
    text = sources.text(row, "prompt", path, line)
    return Prompt(sources.item_id(row, number, path, line), kind, text)
