"""The real client of Anthropic over HTTP, with a key that is none, and without its waits."""

from typing import Any

import anthropic._base_client
import pytest
from inspect_ai.model._providers.anthropic import AnthropicAPI
from tenacity import wait_none


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries as they are, by the client and by Inspect, but for the time between them."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "dummy")
    monkeypatch.setattr(anthropic._base_client, "INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.setattr(AnthropicAPI, "retry_wait", _no_wait)


def _no_wait(api: AnthropicAPI) -> Any:
    return wait_none()
