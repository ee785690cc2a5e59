"""Server-sent events."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

PIECE = 120
"""Characters per delta: an answer takes several, and a long one not thousands."""


def event(data: Mapping[str, Any]) -> bytes:
    """One event as Anthropic names them: by the type of its data."""
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


def data_line(data: Mapping[str, Any] | str) -> bytes:
    """One event without a name, as OpenAI sends them."""
    told = data if isinstance(data, str) else json.dumps(data)
    return f"data: {told}\n\n".encode()


def pieces(text: str) -> list[str]:
    """A text as its deltas; none for an empty one."""
    return [text[i : i + PIECE] for i in range(0, len(text), PIECE)]


def message_events(message: Mapping[str, Any]) -> Iterator[bytes]:
    """A message of Anthropic's API as the events that it is streamed in."""
    usage = message["usage"]
    started = {"output_tokens": 1, "output_tokens_details": None}
    unfinished: dict[str, Any] = {"content": [], "stop_reason": None, "stop_details": None}
    yield event(
        {"type": "message_start", "message": {**message, **unfinished, "usage": usage | started}}
    )
    yield event({"type": "ping"})
    for index, block in enumerate(message["content"]):
        begun, deltas = _begun(block)
        yield event({"type": "content_block_start", "index": index, "content_block": begun})
        for delta in deltas:
            yield event({"type": "content_block_delta", "index": index, "delta": delta})
        yield event({"type": "content_block_stop", "index": index})
    ended = {key: message[key] for key in ("stop_reason", "stop_sequence", "stop_details")}
    yield event({"type": "message_delta", "delta": ended, "usage": usage})
    yield event({"type": "message_stop"})


def _begun(block: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A content block as it starts, and the deltas that complete it."""
    if block["type"] == "text":
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
        return {**block, "text": ""}, deltas
    if block["type"] == "thinking":
        deltas = [
            {"type": "thinking_delta", "thinking": piece} for piece in pieces(block["thinking"])
        ]
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
        return {**block, "thinking": "", "signature": ""}, deltas
    if block["type"] == "tool_use":
        deltas = [
            {"type": "input_json_delta", "partial_json": piece}
            for piece in ("", *pieces(json.dumps(block["input"])))
        ]
        return {**block, "input": {}}, deltas
    return dict(block), []
