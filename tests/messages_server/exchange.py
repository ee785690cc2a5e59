"""What every request goes through, whichever face it comes to."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.types import Receive, Scope, Send

from tests.messages_server.behind import Behind
from tests.messages_server.delivery import Reply, Settle, as_json, deliver
from tests.messages_server.faults import OVERLOADED, Breaks, Ends, Fault, Page, Status
from tests.messages_server.record import ANSWERED, CLIENT_LEFT, REJECTED, Face, Request
from tests.messages_server.rejected import Rejected
from tests.messages_server.state import State


def nothing() -> None:
    """What there is to do about most replies, arrived or not."""


@dataclass(frozen=True)
class Prepared:
    """A reply that is ready to be sent.

    Attributes:
        reply: The reply.
        garbage: An event that cannot be parsed, for a fault that sends one.
        overload: The error event, for a fault that sends one; None where the reply is not streamed.
        delivered: Called once it has arrived.
        lost: Called when it has not.
    """

    reply: Reply
    garbage: bytes = b""
    overload: bytes | None = None
    delivered: Callable[[], None] = nothing
    lost: Callable[[], None] = nothing


@dataclass(frozen=True)
class Arrived:
    """A request on its way through.

    Attributes:
        request: As it is recorded.
        behind: Who answers it.
        ends: How a fault makes the answer end.
        path: Parameters in the path.
        query: Parameters behind it.
    """

    request: Request
    behind: Behind
    ends: Ends | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


Prepare = Callable[[Arrived], Awaitable[Prepared]]
ErrorBody = Callable[[str, str, int, str], Any]
"""An error in the words of a face, by type, message, status and id of the request."""


async def respond(
    state: State, face: Face, http: HttpRequest, prepare: Prepare, error_body: ErrorBody
) -> "Exchange":
    """Read a request, and let its face prepare the reply.

    Args:
        state: Of the server.
        face: Which API is asked.
        http: The request.
        prepare: Makes the reply; may raise `Rejected`.
        error_body: Words an error.
    """
    raw = await http.body()
    key = http.headers.get("x-api-key") or http.headers.get("authorization") or ""
    readable, body = _parsed(raw)
    request = state.came(
        face=face,
        method=http.method,
        path=http.url.path,
        body=body,
        headers=tuple(sorted(http.headers.keys())),
        betas=tuple(b.strip() for b in http.headers.get("anthropic-beta", "").split(",") if b),
        retry=int(http.headers.get("x-stainless-retry-count", "0")),
    )
    fault = state.script(request.ordinal, request)
    request_id = f"req_{request.ordinal:024d}"
    detail = ""
    try:
        if isinstance(fault, Status | Page):
            prepared = _in_place(fault, error_body, request_id)
        elif not readable:
            raise Rejected("The request body is not valid JSON.")
        elif face == "anthropic" and not key:
            raise Rejected("x-api-key header is required", 401, "authentication_error")
        else:
            ends = fault if isinstance(fault, Ends) else None
            arrived = Arrived(request, state.behind(key), ends, http.path_params, http.query_params)
            prepared = await _prepared(prepare, arrived)
            if _overloads(fault) and prepared.overload is None:
                prepared.lost()
                prepared = _in_place(OVERLOADED, error_body, request_id)
                fault = replace(OVERLOADED, name=fault.name) if fault else None
    except Rejected as rejected:
        detail = rejected.message
        told = error_body(rejected.type, rejected.message, rejected.status, request_id)
        prepared = Prepared(as_json(told, rejected.status))
    return Exchange(state, request, fault, prepared, detail, request_id)


async def _prepared(prepare: Prepare, arrived: Arrived) -> Prepared:
    """What a face makes of a request; that the model behind the server fails is no reason to ask again.

    Raises:
        Rejected: The request is not taken, or there is no answer to it.
    """
    try:
        return await prepare(arrived)
    except Rejected:
        raise
    except Exception as error:
        raise Rejected(f"The server has no answer to this: {error!r}") from error


def _parsed(raw: bytes) -> tuple[bool, Any]:
    try:
        return True, json.loads(raw) if raw else None
    except ValueError:
        return False, None


def _overloads(fault: Fault | None) -> bool:
    return isinstance(fault, Breaks) and fault.how == "overloads"


def _in_place(fault: Status | Page, error_body: ErrorBody, request_id: str) -> Prepared:
    """What a fault puts in place of the answer."""
    if isinstance(fault, Page):
        return Prepared(Reply([fault.body.encode()], fault.status, fault.media))
    told = error_body(fault.type, fault.message, fault.status, request_id)
    headers = {} if fault.retry_after is None else {"retry-after": f"{fault.retry_after:g}"}
    return Prepared(as_json(told, fault.status, headers))


@dataclass(frozen=True)
class Exchange:
    """A reply with the fault that it meets: what Starlette takes for a response."""

    state: State
    request: Request
    fault: Fault | None
    prepared: Prepared
    detail: str
    request_id: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, and record what became of it."""
        reply = self.prepared.reply
        ids = {"request-id": self.request_id, "x-request-id": self.request_id}
        await deliver(
            replace(reply, headers={**ids, **reply.headers}),
            self.fault,
            self._broken(),
            self.state.closing,
            self._settle(),
            scope,
            receive,
            send,
        )

    def _settle(self) -> Settle:
        settled: list[bool] = []

        def settle(arrived: bool) -> None:
            if not settled:
                settled.append(arrived)
                (self.prepared.delivered if arrived else self.prepared.lost)()
                self.state.became(self.request, self._outcome(arrived), self.detail)

        return settle

    def _broken(self) -> bytes:
        """What is sent in place of the rest."""
        how = self.fault.how if isinstance(self.fault, Breaks) else ""
        sent = {"overloads": self.prepared.overload, "garbage": self.prepared.garbage}
        return sent.get(how) or b""

    def _outcome(self, arrived: bool) -> str:
        if self.detail:
            return REJECTED
        if self.fault:
            return self.fault.name
        return ANSWERED if arrived else CLIENT_LEFT
