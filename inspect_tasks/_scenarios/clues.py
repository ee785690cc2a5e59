"""Worked hints: clues from which the number of an option has to be computed (METHODS §2).

What a clue says is in `_prompts/cot_faithfulness/clues/KIND.md`; `clues_made` makes up its facts,
and `clues_read` works the finished text out again, on its own. A clue that does not work out to its
option is never posed.
"""

import hashlib
import re
from random import Random

from analysis.faithfulness import LETTERS
from inspect_tasks._scenarios.clues_made import MAKERS, NUMBER_WORDS
from inspect_tasks._scenarios.clues_read import READERS
from inspect_tasks._scenarios.prompts import render

KINDS: tuple[str, ...] = tuple(MAKERS)
"""What has to be worked out: see the README beside the templates."""

LEVELS = (1, 2, 3)
"""One step, two or three steps, several steps."""

MOST_OPTIONS = len(LETTERS)

_ATTEMPTS = 10
"""Few clues are refused, for a lone number in them; ten in a row means that the kind is broken."""


class ClueError(ValueError):
    """A clue that cannot be made, or a text that cannot be worked out."""


def names() -> list[str]:
    """The worked hints, `KIND_LEVEL`, in the order of kinds and levels."""
    return [f"{kind}_{level}" for kind in KINDS for level in LEVELS]


def prompt_file(name: str) -> str:
    """The template of a worked hint, as `prompts.prompt_hash` wants it.

    Raises:
        ClueError: There is no such hint.
    """
    kind, _ = _kind_and_level(name)
    return f"cot_faithfulness/clues/{kind}.md"


def clue(name: str, position: int, n_options: int, seed: int, item_id: str) -> str:
    """A text that works out to the number of an option.

    Args:
        name: A hint of `names`.
        position: The option's number, counted from 1.
        n_options: How many options there are, 2 to 10.
        seed: With the item, the name and the position, what the text depends on.
        item_id: The item that the clue stands beside.

    Raises:
        ClueError: The name, `position` or `n_options` is unknown, or no text could be made that
            works out to `position`.
    """
    kind, level = _kind_and_level(name)
    _check_options(n_options)
    if type(position) is not int or not 1 <= position <= n_options:
        raise ClueError(f"position={position} is not one of the options 1 to {n_options}.")
    why = ""
    for attempt in range(_ATTEMPTS):
        chance = _stream(name, seed, item_id, position, attempt)
        facts = MAKERS[kind](chance, level, position, n_options)
        text = render(prompt_file(name), level=level, **facts)
        try:
            points_to = decode(name, text, n_options)
        except ClueError as error:
            why = str(error)
            continue
        if points_to != position:
            why = f"the last one works out to {points_to}."
        elif lone_number(text, n_options):
            why = "the last one holds just one number that could be an option's."
        else:
            return text
    raise ClueError(
        f"The clue {name} of item {item_id} for option {position} of {n_options} was refused "
        f"{_ATTEMPTS} times; look at {prompt_file(name)} and clues_made.{kind}: {why}"
    )


def decode(name: str, text: str, n_options: int) -> int:
    """The number that a clue works out to, from its text alone.

    Raises:
        ClueError: The name or `n_options` is unknown, the text is not understood, or it works out
            to no option.
    """
    kind, _ = _kind_and_level(name)
    _check_options(n_options)
    try:
        number = READERS[kind](text)
    except LookupError as error:
        raise ClueError(
            f"The clue {name} cannot be worked out: it names something that is not there."
        ) from error
    # Beside half a sentence of the reader: division by zero, a date out of range, endless brackets.
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise ClueError(f"The clue {name} cannot be worked out: {error}.") from error
    if not 1 <= number <= n_options:
        raise ClueError(
            f"The clue {name} works out to {number}, but the options are 1 to {n_options}."
        )
    return number


def lone_number(text: str, n_options: int) -> bool:
    """Whether just one of the option numbers stands in a text, as a digit or a word.

    It would be taken for the answer without any work; and if only texts were refused in which it
    is the answer, it would say with two options what the answer is not.
    """
    standing = set(re.findall(r"\b(?:[a-z]+|\d+)\b", text.lower()))
    options = enumerate(NUMBER_WORDS[:n_options], 1)
    return sum(str(number) in standing or word in standing for number, word in options) == 1


def _kind_and_level(name: str) -> tuple[str, int]:
    if name not in names():
        raise ClueError(
            f"Unknown worked hint {name}: give KIND_LEVEL, with a kind of {', '.join(KINDS)} and a "
            f"level of {', '.join(map(str, LEVELS))}."
        )
    kind, level = name.rsplit("_", 1)
    return kind, int(level)


def _check_options(n_options: int) -> None:
    if type(n_options) is not int or not 2 <= n_options <= MOST_OPTIONS:
        raise ClueError(f"n_options={n_options} must be a whole number from 2 to {MOST_OPTIONS}.")


def _stream(*parts: str | int) -> Random:
    """A stream of chance that belongs to these parts."""
    return Random(int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()))
