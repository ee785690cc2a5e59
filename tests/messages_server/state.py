"""What the requests of a server share."""

import asyncio
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.messages_server.answers import Thinking
from tests.messages_server.behind import Answer, Behind
from tests.messages_server.faults import Script
from tests.messages_server.openai import ThinkingIn
from tests.messages_server.record import Request


@dataclass
class State:
    """What requests share.

    Attributes:
        answer: Makes who stands behind the server, anew for each evaluation.
        name: Of who stands there.
        thinking: How thinking is shown.
        thinking_in: Where it stands on OpenAI's face.
        script: Which fault meets which request.
        url: Of the server, without a path.
        closing: Set when the server closes.
    """

    answer: Callable[[], Answer]
    name: str
    thinking: Thinking
    thinking_in: ThinkingIn
    script: Script
    url: str = ""
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _requests: list[Request] = field(default_factory=list)
    _behind: dict[str, Behind] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def requests(self) -> list[Request]:
        """All requests so far, in the order in which they came."""
        with self._lock:
            return list(self._requests)

    def came(self, **what: Any) -> Request:
        """Record a request."""
        with self._lock:
            self._requests.append(Request(ordinal=len(self._requests), **what))
            return self._requests[-1]

    def became(self, request: Request, outcome: str, detail: str = "") -> None:
        """Record what became of a request."""
        with self._lock:
            self._requests[request.ordinal] = replace(request, outcome=outcome, detail=detail)

    def behind(self, key: str) -> Behind:
        """Who answers requests with this API key: one key is one evaluation."""
        evaluation = hashlib.sha256(key.encode()).hexdigest()
        with self._lock:
            if evaluation not in self._behind:
                self._behind[evaluation] = Behind(self.answer())
            return self._behind[evaluation]

    def forget(self) -> None:
        """Answer as if nothing had been asked before."""
        with self._lock:
            self._behind.clear()
