"""What came in, and what became of it."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Face = Literal["anthropic", "openai"]

IN_FLIGHT = "in flight"
ANSWERED = "answered"
REJECTED = "rejected"
CLIENT_LEFT = "client left"

_SAYING = ("system", "messages", "content", "text", "thinking", "requests", "params")


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        ordinal: From 0, over all requests of a server.
        face: Which API was asked.
        method: Of HTTP.
        path: Without the host.
        body: As parsed from JSON; None where there is none.
        headers: Names of the headers, in lower case; no values, keys are among them.
        betas: Values of `anthropic-beta`.
        retry: How often the client itself had asked before (`x-stainless-retry-count`).
        outcome: `answered`, `rejected` (not a valid request), `client left` (before all was sent), `in flight`, or
            the name of a fault.
        detail: Why it was rejected.
    """

    ordinal: int
    face: Face
    method: str
    path: str
    body: Any = None
    headers: tuple[str, ...] = ()
    betas: tuple[str, ...] = ()
    retry: int = 0
    outcome: str = IN_FLIGHT
    detail: str = ""

    @property
    def text(self) -> str:
        """All that its messages say."""
        return "\n".join(_said(self.body))

    @property
    def digest(self) -> str:
        """Which request it is: the same when it is made again, in another batch too."""
        what = self.path if self.body is None else self.body
        told = json.dumps([self.face, self.method, what], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()


def _said(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, list):
        for one in part:
            yield from _said(one)
    elif isinstance(part, dict):
        for key in _SAYING:
            yield from _said(part.get(key))
