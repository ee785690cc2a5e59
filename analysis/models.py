"""What is known of models: what their tokens cost, and by which option they think (`data/models`)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

import yaml

from analysis.bundled import data_path

Thinks = Literal["never", "when asked", "unless told not to", "always"]
Option = Literal["reasoning_tokens", "reasoning_effort"]

CHARACTERS_PER_TOKEN = 3.5
"""Of a model that nothing is known of: English prose under most tokenizers."""

_MILLION = 1_000_000


@dataclass(frozen=True)
class Price:
    """USD per million tokens, and where that stands.

    Attributes:
        input: Of tokens sent.
        output: Of tokens received, thinking among them.
        source: The page, or the option that gave it.
        read: The day on which the page was read; empty for an option.
    """

    input: float
    output: float
    source: str
    read: str = ""

    def cost(self, input_tokens: float, output_tokens: float) -> float:
        """USD for so many tokens."""
        return (input_tokens * self.input + output_tokens * self.output) / _MILLION


@dataclass(frozen=True)
class Known:
    """What is known of a model.

    Attributes:
        thinks: Whether it thinks on its own.
        takes: The option that asks it to; None where it does not think, or where the option is not known.
        characters_per_token: For estimates.
        price: Of the provider's own service; None where it is not known.
    """

    thinks: Thinks = "when asked"
    takes: Option | None = None
    characters_per_token: float = CHARACTERS_PER_TOKEN
    price: Price | None = None


def known(model: str) -> Known:
    """What is known of a model.

    Args:
        model: PROVIDER/MODEL. On another platform than the provider's own (`anthropic/bedrock/...`) a model
            thinks as it does elsewhere, but has no price.
    """
    for provider, name, entry in _entries():
        found = re.search(_pattern(name), model.replace(".", "-"))  # as OpenRouter writes versions
        if found:
            own = model[: found.start()] in ("", f"{provider}/")
            return entry if own else replace(entry, price=None)
    return Known()


def _pattern(name: str) -> str:
    """A name with or without a date behind it, and not the name of a later version."""
    return rf"{re.escape(name)}(?!\d)(?!-\d{{1,2}}(?!\d))"


@cache
def _entries() -> Sequence[tuple[str, str, Known]]:
    """Provider and name of each model in `data/models`, and what is known of it."""
    entries = []
    for path in sorted(data_path("models").glob("*.yaml")):
        for written in yaml.safe_load(path.read_text(encoding="utf-8")):
            entry = _entry(**written)
            entries += [(path.stem, name, entry) for name in written["models"]]
    return entries


def _entry(models: list[str], price: dict[str, Any], **rest: Any) -> Known:
    return Known(price=Price(**{**price, "read": str(price["read"])}), **rest)
