"""What can go wrong with a request, as plain data, and scripts that say with which."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from tests.messages_server.record import Request


@dataclass(frozen=True)
class Status:
    """An error in place of the answer.

    Attributes:
        name: Of the fault.
        status: Of the HTTP response.
        type: Of the error, in Anthropic's words.
        message: Of the error.
        retry_after: Seconds, sent as the header `retry-after`.
    """

    name: str
    status: int
    type: str
    message: str
    retry_after: float | None = None


@dataclass(frozen=True)
class Page:
    """A body in place of the answer that is not what the client expects."""

    name: str
    status: int
    media: str
    body: str


@dataclass(frozen=True)
class Breaks:
    """An answer that does not arrive whole.

    Attributes:
        name: Of the fault.
        how: `drops` the connection, `stops` (the response ends, as if that had been all), `overloads` (an error
            event), sends `garbage` for an event, or `hangs` until the client goes away or the server closes.
        after: Events that are sent before; None: not even the headers. An answer that is not streamed breaks in
            its middle.
    """

    name: str
    how: Literal["drops", "stops", "overloads", "garbage", "hangs"]
    after: int | None = 4


@dataclass(frozen=True)
class Slow:
    """An answer that takes its time: so many seconds before each event."""

    name: str
    delay: float


@dataclass(frozen=True)
class Ends:
    """An answer that arrives, and ends otherwise than it would have.

    Attributes:
        name: Of the fault.
        how: A `refusal` half-way through the text, `max_tokens` half-way through the thinking (through the text
            where there is none), or `empty`: no content at all.
    """

    name: str
    how: Literal["refusal", "max_tokens", "empty"]


Fault = Status | Page | Breaks | Slow | Ends
Script = Callable[[int, Request], Fault | None]
"""What happens to a request, by its ordinal (from 0, over all requests) and what it says."""

RETRY_AFTER = 0.01
"""Seconds. The clients' own retries heed it, so that a test need not wait."""

RATE_LIMITED = Status(
    *("rate_limited", 429, "rate_limit_error"),
    "This request would exceed your organization's rate limit.",
    RETRY_AFTER,
)
SERVER_ERROR = Status("server_error", 500, "api_error", "Internal server error", RETRY_AFTER)
UNAVAILABLE = Status("unavailable", 503, "api_error", "Service unavailable", RETRY_AFTER)
OVERLOADED = Status("overloaded", 529, "overloaded_error", "Overloaded", RETRY_AFTER)
BAD_REQUEST = Status("bad_request", 400, "invalid_request_error", "messages: something is wrong")
UNAUTHORIZED = Status("unauthorized", 401, "authentication_error", "invalid x-api-key")
NOT_FOUND = Status("not_found", 404, "not_found_error", "model: no such model")
TOO_LONG = Status(
    *("too_long", 400, "invalid_request_error"),
    "prompt is too long: 208310 tokens > 200000 maximum",
)

HTML_PAGE = Page(
    *("html_page", 502, "text/html"),
    "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
)
MALFORMED_BODY = Page("malformed_body", 200, "application/json", '{"id": "msg_01", "content": [{')

DROPPED = Breaks("dropped", "drops", None)
DROPPED_MIDWAY = Breaks("dropped_midway", "drops")
STOPPED_MIDWAY = Breaks("stopped_midway", "stops")
OVERLOADED_MIDWAY = Breaks("overloaded_midway", "overloads")
MALFORMED_EVENT = Breaks("malformed_event", "garbage")
HUNG = Breaks("hung", "hangs", None)
HUNG_MIDWAY = Breaks("hung_midway", "hangs")

SLOW = Slow("slow", 0.05)

REFUSED = Ends("refused", "refusal")
CUT_IN_THINKING = Ends("cut_in_thinking", "max_tokens")
EMPTY = Ends("empty", "empty")

TRANSIENT: tuple[Fault, ...] = (
    *(RATE_LIMITED, SERVER_ERROR, UNAVAILABLE, OVERLOADED, HTML_PAGE),
    *(DROPPED, DROPPED_MIDWAY, OVERLOADED_MIDWAY),
)
"""What a client gets over by asking again."""

FAULTS: tuple[Fault, ...] = (
    *TRANSIENT,
    *(BAD_REQUEST, UNAUTHORIZED, NOT_FOUND, TOO_LONG),
    *(MALFORMED_BODY, MALFORMED_EVENT, STOPPED_MIDWAY, HUNG, HUNG_MIDWAY, SLOW),
    *(REFUSED, CUT_IN_THINKING, EMPTY),
)

MAX_IN_ROW = 4
"""Transient faults on one request. A client that asks again eight times gets over them."""


def retry_after(fault: Status, seconds: float) -> Status:
    """The fault with another `retry-after`."""
    return replace(fault, retry_after=seconds)


def always(fault: Fault) -> Script:
    """Every request meets the fault."""
    return lambda n, request: fault


def first(k: int, fault: Fault) -> Script:
    """The first k requests meet the fault."""
    return lambda n, request: fault if n < k else None


def by_text(substring: str, fault: Fault) -> Script:
    """Requests with the substring in what they say meet the fault."""
    return lambda n, request: fault if substring in request.text else None


def transient(share: float, seed: int) -> Script:
    """A share of requests meets a transient fault, each kind alike.

    The draw belongs to the seed, the request and how often it was made, so that it does not matter in which order
    requests arrive. No request meets more than `MAX_IN_ROW` in a row.

    Args:
        share: From 0 to 1.
        seed: Of the draws.
    """
    made: Counter[str] = Counter()
    in_row: Counter[str] = Counter()

    def script(n: int, request: Request) -> Fault | None:
        what = request.digest
        drawn = random.Random(f"{seed} {what} {made[what]}")
        made[what] += 1
        if drawn.random() >= share or in_row[what] >= MAX_IN_ROW:
            in_row[what] = 0
            return None
        in_row[what] += 1
        return drawn.choice(TRANSIENT)

    return script
