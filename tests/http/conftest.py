"""Keys that are none, and organisms that show every form of thinking."""

from collections.abc import Iterator

import pytest

from organisms import planted

KEYS = ("ANTHROPIC_API_KEY", "LOCAL_API_KEY", "VLLM_API_KEY")

VIVID = "vivid"
"""An organism with all that goes wrong in answers, often; its thinking is raw, redacted, cut off or absent."""

SUMMED_UP = "summed-up"
"""The same, but thinking that can be read is a summary."""

THOUGHTFUL = "thoughtful"
"""The same as vivid, but it always thinks, as a model with a budget does before it calls a tool."""

BOTH = "thoughtful-and-summed-up"
"""The same as both."""


@pytest.fixture(scope="package", autouse=True)
def _over_http() -> Iterator[None]:
    often = {"redacted": 0.25, "no_thinking": 0.1, "truncated": 0.1, "unparseable": 0.1}
    like = planted._bundled()["preview-v3.1"]
    with pytest.MonkeyPatch.context() as patch:
        for key in KEYS:
            patch.setenv(key, "dummy")
        changed: dict[str, dict[str, float]] = {
            VIVID: {},
            SUMMED_UP: {"summarised": 0.65},
            THOUGHTFUL: {"no_thinking": 0.0},
            BOTH: {"no_thinking": 0.0, "summarised": 0.75},
        }
        for name, rates in changed.items():
            update = {**often, "summarised": 0.0, **rates}
            modes = {mode: one.model_copy(update=update) for mode, one in like.items()}
            patch.setitem(planted._bundled(), name, modes)
        yield
