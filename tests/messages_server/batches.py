"""Message batches: created, polled, cancelled, fetched.

A batch is `in_progress` when it is created and the first time it is asked for, and `ended` from then on. Answers are
made when the results are fetched, so that those of a client that never fetches them do not count as given.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from organisms.chance import digest
from tests.messages_server import anthropic
from tests.messages_server.behind import Behind
from tests.messages_server.delivery import Reply, as_json
from tests.messages_server.exchange import Arrived, Prepared, nothing
from tests.messages_server.faults import Ends, Fault, Slow, Status
from tests.messages_server.record import ANSWERED, REJECTED, Request
from tests.messages_server.rejected import Rejected
from tests.messages_server.state import State

Made = Callable[[Arrived], Awaitable[tuple[dict[str, Any], Callable[[], None]]]]
"""The message that answers a request, and what to call if it does not arrive."""

_KINDS = ("succeeded", "errored", "canceled", "expired")
_LISTED = 20
_LASTS = timedelta(hours=24)

CANCELLED = "cancelled"


@dataclass
class _Item:
    """One request of a batch; `error` is why it gets no answer."""

    custom_id: str
    request: Request
    fault: Fault | None
    error: Rejected | Status | None
    result: dict[str, Any] | None = None

    @property
    def kind(self) -> str:
        """What its result is going to be."""
        if self.result:
            return str(self.result["type"])
        if self.error:
            return "errored"
        return "succeeded" if isinstance(self.fault, Ends | Slow | None) else "expired"


@dataclass
class _Batch:
    id: str
    behind: Behind
    items: list[_Item]
    created: datetime
    status: Literal["in_progress", "canceling", "ended"] = "in_progress"
    polls: int = 0
    cancelled: datetime | None = None
    ended: datetime | None = None


@dataclass
class Batches:
    """The batches of a server.

    Attributes:
        state: Of the server.
        made: Makes the message that answers a request.
    """

    state: State
    made: Made
    _batches: dict[str, _Batch] = field(default_factory=dict)

    async def create(self, arrived: Arrived) -> Prepared:
        """Take a batch; the requests in it are recorded one by one."""
        told = _checked(arrived.request.body)
        batch_id = f"msgbatch_{digest(arrived.request.ordinal)[:24]}"
        items = [self._item(arrived.request, batch_id, entry) for entry in told]
        batch = _Batch(batch_id, arrived.behind, items, datetime.now(UTC))
        self._batches[batch_id] = batch
        return Prepared(as_json(self._told(batch)))

    async def list(self, arrived: Arrived) -> Prepared:
        """The latest batches first."""
        batches = [self._told(batch) for batch in reversed(self._batches.values())]
        query = arrived.query
        ids = [batch["id"] for batch in batches]
        if query.get("after_id") in ids:
            batches = batches[ids.index(query["after_id"]) + 1 :]
        if query.get("before_id") in ids:
            batches = batches[: ids.index(query["before_id"])]
        page = batches[: int(query.get("limit", _LISTED))]
        return Prepared(
            as_json(
                {
                    "data": page,
                    "has_more": len(page) < len(batches),
                    "first_id": page[0]["id"] if page else None,
                    "last_id": page[-1]["id"] if page else None,
                }
            )
        )

    async def retrieve(self, arrived: Arrived) -> Prepared:
        """How far a batch is."""
        batch = self._batch(arrived)
        batch.polls += 1
        if batch.status != "ended" and (batch.polls > 1 or batch.status == "canceling"):
            batch.status, batch.ended = "ended", datetime.now(UTC)
        return Prepared(as_json(self._told(batch)))

    async def cancel(self, arrived: Arrived) -> Prepared:
        """Give a batch up: what it asks is not answered."""
        batch = self._batch(arrived)
        if batch.status == "ended":
            raise Rejected(f"Batch {batch.id} cannot be canceled because it has ended.")
        batch.status, batch.cancelled = "canceling", datetime.now(UTC)
        for item in batch.items:
            item.result = {"type": "canceled"}
            self.state.became(item.request, CANCELLED)
        return Prepared(as_json(self._told(batch)))

    async def results(self, arrived: Arrived) -> Prepared:
        """The results of a batch that has ended, a line each."""
        batch = self._batch(arrived)
        if batch.status != "ended":
            raise Rejected(
                f"Batch {batch.id} has no results: it has not ended.", 404, "not_found_error"
            )
        lines: list[bytes] = []
        made: list[tuple[_Item, dict[str, Any], Callable[[], None]]] = []
        for item in batch.items:
            result = item.result
            if result is None:
                result, lost = await self._result(batch, item)
                made.append((item, result, lost))
            line = {"custom_id": item.custom_id, "result": result}
            lines.append(json.dumps(line).encode() + b"\n")

        def delivered() -> None:
            for item, result, _ in made:
                item.result = result
                self._became(item)

        def undelivered() -> None:
            for _, _, lost in made:
                lost()

        reply = Reply(lines, media="application/binary")
        return Prepared(reply, delivered=delivered, lost=undelivered)

    def _item(self, request: Request, batch_id: str, entry: dict[str, Any]) -> _Item:
        asked = self.state.came(
            **{
                **{name: getattr(request, name) for name in ("face", "method", "headers", "betas")},
                "path": f"{request.path}/{batch_id}/{entry['custom_id']}",
                "body": entry["params"],
            }
        )
        fault = self.state.script(asked.ordinal, asked)
        error: Rejected | Status | None = fault if isinstance(fault, Status) else None
        try:
            anthropic.check(entry["params"], request.betas)
        except Rejected as rejected:
            error = rejected
        return _Item(entry["custom_id"], asked, fault, error)

    async def _result(
        self, batch: _Batch, item: _Item
    ) -> tuple[dict[str, Any], Callable[[], None]]:
        if item.kind == "expired":
            return {"type": "expired"}, nothing
        if item.error:
            told = anthropic.error_body(item.error.type, item.error.message, 0, "")
            return {"type": "errored", "error": told}, nothing
        ends = item.fault if isinstance(item.fault, Ends) else None
        message, lost = await self.made(Arrived(item.request, batch.behind, ends=ends))
        message["usage"]["service_tier"] = "batch"
        return {"type": "succeeded", "message": message}, lost

    def _became(self, item: _Item) -> None:
        detail = item.error.message if isinstance(item.error, Rejected) else ""
        outcome = REJECTED if detail else item.fault.name if item.fault else ANSWERED
        self.state.became(item.request, outcome, detail)

    def _batch(self, arrived: Arrived) -> _Batch:
        batch_id = arrived.path["batch_id"]
        if batch_id not in self._batches:
            raise Rejected(f"Message batch {batch_id} not found", 404, "not_found_error")
        return self._batches[batch_id]

    def _told(self, batch: _Batch) -> dict[str, Any]:
        ended = batch.status == "ended"
        counts = dict.fromkeys(("processing", *_KINDS), 0)
        for item in batch.items:
            counts[item.kind if ended else "processing"] += 1
        url = f"{self.state.url}/v1/messages/batches/{batch.id}/results"
        return {
            "id": batch.id,
            "type": "message_batch",
            "processing_status": batch.status,
            "request_counts": counts,
            "created_at": batch.created.isoformat(),
            "expires_at": (batch.created + _LASTS).isoformat(),
            "ended_at": batch.ended.isoformat() if batch.ended else None,
            "cancel_initiated_at": batch.cancelled.isoformat() if batch.cancelled else None,
            "archived_at": None,
            "results_url": url if ended else None,
        }


def _checked(body: Any) -> Sequence[dict[str, Any]]:
    requests = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(requests, list) or not requests:
        raise Rejected("requests: at least one request is required")
    ids = [entry.get("custom_id") for entry in requests]
    if len(set(ids)) < len(ids):
        raise Rejected("requests: custom_id must be unique within a batch")
    return requests
