"""Replies, and how they reach the client or don't."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Receive, Scope, Send

from tests.messages_server.faults import Breaks, Fault, Slow

STREAM = "text/event-stream"
JSON = "application/json"


@dataclass(frozen=True)
class Reply:
    """One HTTP response.

    Attributes:
        pieces: The body, in the pieces in which it is sent: one per event.
        status: Of the response.
        media: Type of the body.
        headers: Beyond the type.
    """

    pieces: Sequence[bytes]
    status: int = 200
    media: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(told: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply of one JSON document, in two pieces so that it can break in its middle."""
    body = json.dumps(told).encode()
    middle = len(body) // 2
    return Reply([body[:middle], body[middle:]], status, JSON, headers or {})


Settle = Callable[[bool], None]
"""Told once whether a reply arrives, before the client can know."""


async def deliver(
    reply: Reply,
    fault: Fault | None,
    broken: bytes,
    closing: asyncio.Event,
    settle: Settle,
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    """Send a reply, or what a fault leaves of it.

    Args:
        reply: The whole of it.
        fault: What goes wrong on the way.
        broken: What is sent in place of the rest where a fault says so; may be empty.
        closing: Set when the server closes.
        settle: Called with whether all of the reply is sent to a client that is there. A client asks again as soon
            as it sees that something broke; by then it must be known.
        scope: Of the request; `transport` is its connection.
        receive: Of the request.
        send: Of the request.
    """
    left = asyncio.ensure_future(_left(receive, closing, settle))
    breaks = fault if isinstance(fault, Breaks) else None
    delay = fault.delay if isinstance(fault, Slow) else 0.0
    try:
        if breaks and breaks.after is None:
            return await _give_up(breaks, left, settle, scope)
        await send(_start(reply))
        pieces = _until(reply.pieces, breaks)
        for i, piece in enumerate(pieces):
            if delay:
                await asyncio.wait([left], timeout=delay)
            if left.done():
                return await _close(scope, left)
            if not breaks and i == len(pieces) - 1:
                settle(True)  # some clients close as soon as they have read what tells them the end
            await send(_body(piece, more=True))
            await asyncio.sleep(0)
        if breaks and breaks.how in ("drops", "hangs"):
            return await _give_up(breaks, left, settle, scope)
        settle(False)
        await send(_body(broken, more=False))
    finally:
        left.cancel()


def _until(pieces: Sequence[bytes], breaks: Breaks | None) -> Sequence[bytes]:
    """The pieces that are sent: never all of them where something breaks."""
    return pieces[: min(breaks.after or 0, len(pieces) - 1)] if breaks else pieces


async def _give_up(
    breaks: Breaks, left: "asyncio.Future[None]", settle: Settle, scope: Scope
) -> None:
    settle(False)
    if breaks.how == "hangs":
        await left
    await _close(scope, left)


async def _close(scope: Scope, left: "asyncio.Future[None]") -> None:
    """End the connection, after what was written to it."""
    scope["transport"].close()
    await left  # else uvicorn takes the reply for forgotten, and writes one of its own


async def _left(receive: Receive, closing: asyncio.Event, settle: Settle) -> None:
    """Wait until the client has gone away, or the server closes."""
    gone = asyncio.ensure_future(_gone(receive, settle))
    closed = asyncio.ensure_future(closing.wait())
    try:
        await asyncio.wait([gone, closed], return_when=asyncio.FIRST_COMPLETED)
        settle(False)
    finally:
        gone.cancel()
        closed.cancel()


async def _gone(receive: Receive, settle: Settle) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    settle(False)


def _start(reply: Reply) -> dict[str, Any]:
    headers = {"content-type": reply.media, **reply.headers}
    told = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http.response.start", "status": reply.status, "headers": told}


def _body(piece: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": piece, "more_body": more}
