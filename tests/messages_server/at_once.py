"""Inspect's provider for Anthropic, asking again at once: `anthropic_at_once/MODEL`.

The provider itself waits 3 to 6 seconds before it repeats a request, and longer each time. Everything else is its own.
"""

from inspect_ai.model import modelapi
from inspect_ai.model._providers.anthropic import AnthropicAPI
from tenacity import wait_fixed
from tenacity.wait import WaitBaseT

WAIT = 0.01
"""Seconds."""


@modelapi(name="anthropic_at_once")
class AnthropicAtOnce(AnthropicAPI):
    """`AnthropicAPI` with another wait."""

    def retry_wait(self) -> WaitBaseT:
        """Between a request and its repetition."""
        return wait_fixed(WAIT)
