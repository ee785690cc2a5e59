"""What the models of each family take and give, as the API has it."""

import re
from dataclasses import dataclass
from typing import Literal

Off = Literal["omitted", "disabled", "between_tools", "never"]
Display = Literal["raw", "summarised", "omitted"]


@dataclass(frozen=True)
class Family:
    """Models that take the same settings.

    Attributes:
        most_tokens: Highest `max_tokens`.
        budget: Whether `thinking: {type: enabled, budget_tokens}` is taken.
        adaptive: Whether `thinking: {type: adaptive}` is.
        off: How thinking is switched off: by saying nothing, by `disabled`, by `between_tools`, or not at all. Whoever
            thinks unless told not to thinks where a request says nothing.
        high_when_off: Whether effort above `high` is rejected where thinking is off.
        efforts: Values of `output_config.effort`.
        display: How thinking is shown where a request does not say.
        prefill: Whether the last turn may be the assistant's.
        forced_tools: Whether `tool_choice` may force the call of a tool.
    """

    most_tokens: int
    budget: bool = False
    adaptive: bool = False
    off: Off = "omitted"
    high_when_off: bool = False
    efforts: tuple[str, ...] = ()
    display: Display = "summarised"
    prefill: bool = True
    forced_tools: bool = True

    @property
    def thinks_unasked(self) -> bool:
        """Whether it thinks where a request says nothing."""
        return self.off != "omitted"


_THREE = ("low", "medium", "high")
_FOUR = (*_THREE, "max")
_FIVE = (*_THREE, "xhigh", "max")


def _newest(off: Off, high_when_off: bool = False, forced_tools: bool = True) -> Family:
    return Family(
        128_000,
        adaptive=True,
        off=off,
        high_when_off=high_when_off,
        efforts=_FIVE,
        display="omitted",
        prefill=False,
        forced_tools=forced_tools,
    )


# The first match counts. `(?!\d)` keeps a date ("claude-opus-4-20250514") from being read as a version.
_POINT = r"[-.](?:[5-9]|[1-9]\d)(?!\d|[a-z])"
_FAMILIES: tuple[tuple[str, Family], ...] = (
    (r"claude-3-7-", Family(64_000, budget=True, display="raw")),
    (r"claude-3-5-", Family(8_192)),
    (r"claude-3-", Family(4_096)),
    (r"claude-opus-4-5(?!\d)", Family(64_000, budget=True, efforts=_THREE)),
    (r"claude-\w+-4-5(?!\d)", Family(64_000, budget=True)),
    (
        r"claude-opus-4-6(?!\d)",
        Family(128_000, budget=True, adaptive=True, efforts=_FOUR, prefill=False),
    ),
    (
        r"claude-\w+-4-6(?!\d)",
        Family(64_000, budget=True, adaptive=True, efforts=_FOUR, prefill=False),
    ),
    (r"claude-\w+-4-(?:[7-9]|\d\d)(?!\d)", _newest("disabled")),
    (r"claude-opus-4", Family(32_000, budget=True)),
    (r"claude-\w+-4", Family(64_000, budget=True)),
    (rf"claude-opus-5{_POINT}", _newest("never", forced_tools=False)),
    (
        rf"claude-sonnet-5{_POINT}",
        _newest("between_tools", high_when_off=True, forced_tools=False),
    ),
    (r"claude-haiku-5", _newest("disabled", high_when_off=True)),
    (r"claude-opus-5", _newest("disabled", high_when_off=True)),
    (r"claude-sonnet-5", _newest("disabled")),
    (r"claude-\w+-\d", _newest("never")),
)

WIDE_OUTPUT = "output-128k-2025-02-19"
"""The beta that lets Claude 3.7 write twice as much."""

FULL_THINKING = "dev-full-thinking-2025-05-14"
"""The beta that shows thinking in full."""


def family(model: str) -> Family | None:
    """The family of a model by its name; None: there is no such model."""
    return next((found for name, found in _FAMILIES if re.match(name, model)), None)
