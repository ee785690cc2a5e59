"""The loopback server: what real clients and Inspect's providers see of it."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import openai
import pytest
import yaml
from anthropic.types import ErrorResponse, Message, MessageTokensCount, RawMessageStreamEvent
from anthropic.types.messages import MessageBatch, MessageBatchIndividualResponse
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai import Task, eval, task_with
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import (
    BatchConfig,
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageTool,
    ChatMessageUser,
    Content,
    ContentReasoning,
    ContentText,
    GenerateConfig,
    Model,
    ModelOutput,
    StopReason,
    get_model,
)
from inspect_ai.scorer import includes
from inspect_ai.tool import (
    ToolCall,
    ToolCallError,
    ToolChoice,
    ToolFunction,
    ToolInfo,
    ToolParams,
)
from openai.types import Model as OpenAIModel
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import TypeAdapter

import tests.messages_server.at_once  # noqa: F401 (registers a provider)
from analysis.bundled import data_path
from analysis.models import known
from inspect_tasks.alignment_faking import alignment_faking
from paper_figures.sweep import MODES, config
from tests.conftest import QUIET
from tests.messages_server import Script, Server, serve
from tests.messages_server.answers import Thinking
from tests.messages_server.events import PIECE, message_events
from tests.messages_server.families import family
from tests.messages_server.faults import (
    CUT_IN_THINKING,
    DROPPED,
    DROPPED_MIDWAY,
    EMPTY,
    FAULTS,
    HUNG,
    HUNG_MIDWAY,
    MAX_IN_ROW,
    OVERLOADED_MIDWAY,
    RATE_LIMITED,
    REFUSED,
    SLOW,
    TOO_LONG,
    TRANSIENT,
    Breaks,
    Fault,
    always,
    by_text,
    first,
    retry_after,
    transient,
)
from tests.messages_server.record import Request

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SONNET_37 = "claude-3-7-sonnet-20250219"
THOUGHT = (
    "The user asks for a river. The Elbe is one. The Oder is another. I take the Elbe. It is long. "
    * 3
)
ANSWER = "The Elbe is a river.  \n" * 10
KEY = "sk-ant-secret-of-the-test"


def said(
    *parts: Content, stop: StopReason = "stop"
) -> Callable[[list[ChatMessage], GenerateConfig], ModelOutput]:
    """A model that always says the same."""

    def answer(messages: list[ChatMessage], settings: GenerateConfig) -> ModelOutput:
        message = ChatMessageAssistant(content=list(parts), source="generate")
        return ModelOutput(
            model="said", choices=[ChatCompletionChoice(message=message, stop_reason=stop)]
        )

    return answer


RIVER = said(ContentReasoning(reasoning=THOUGHT), ContentText(text=ANSWER))


def named(n: int, request: Request) -> Fault | None:
    """The fault that a request names."""
    return next((fault for fault in FAULTS if f"fault: {fault.name}." in request.text), None)


@pytest.fixture(scope="module")
def river() -> Iterator[Server]:
    """Says where the Elbe is, or meets the fault that it is told of."""
    with serve(RIVER, script=named) as server:
        yield server


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "LOCAL_API_KEY", "VLLM_API_KEY"):
        monkeypatch.setenv(name, KEY)


def _quickly(options: dict[str, Any]) -> dict[str, Any]:
    """No repetitions unless asked for, and no certificates, which take longer to load than all the rest."""
    client = httpx2.Client(verify=False)
    return {"api_key": KEY, "max_retries": 0, "timeout": 5, "http_client": client, **options}


def claude(server: Server, **options: Any) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=server.url, **_quickly(options))


def gpt(server: Server, **options: Any) -> openai.OpenAI:
    return openai.OpenAI(base_url=server.openai_url, **_quickly(options))


def asked(text: str = "Name a river.", **changes: Any) -> dict[str, Any]:
    """A request of Anthropic's, thinking with a budget unless told otherwise; None leaves a key out."""
    thinking = {"type": "enabled", "budget_tokens": 2048}
    messages = [{"role": "user", "content": text}]
    body = {
        **{"model": SONNET_37, "max_tokens": 4096, "thinking": thinking, "messages": messages},
        **changes,
    }
    return {key: value for key, value in body.items() if value is not None}


def streamed(server: Server, **options: Any) -> Message:
    with claude(server).messages.stream(**asked(**options)) as stream:
        return stream.get_final_message()


def whole(server: Server, **options: Any) -> Message:
    answer = claude(server).messages.create(**asked(**options))
    assert isinstance(answer, Message)
    return answer


def post(server: Server, path: str, body: Any, key: str = KEY, **headers: str) -> httpx2.Response:
    return httpx2.Client(verify=False).post(
        f"{server.url}{path}",
        content=body if isinstance(body, str) else json.dumps(body),
        headers={"x-api-key": key, **headers},
    )


def evaluated(
    model: Model | str, texts: Sequence[str], folder: Path, epochs: int = 1, **options: Any
) -> EvalLog:
    """One quiet eval of samples that are named as they are worded."""
    samples = [Sample(input=text, id=text) for text in texts]
    task = Task(dataset=samples, scorer=includes(), epochs=epochs)
    (log,) = eval(task, model=model, log_dir=str(folder), **QUIET, **options)
    return log


# ------------------------------------------------------------------------------- what it emits


@pytest.mark.parametrize("thinking", ["raw", "summarised", "omitted", "redacted"])
def test_the_sdk_s_own_types_hold_what_is_emitted(thinking: Thinking) -> None:
    with serve(RIVER, thinking=thinking) as server:
        plain = post(server, "/v1/messages", asked())
        message = Message.model_validate_json(plain.text, strict=True)
        lines = post(server, "/v1/messages", asked(stream=True)).text.split("\n")
        told = [json.loads(line.removeprefix("data: ")) for line in lines if line[:5] == "data:"]
        counted = post(server, "/v1/messages/count_tokens", asked())
    adapter: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
    kinds = [adapter.validate_python(one).type for one in told if one["type"] != "ping"]
    assert (kinds[0], kinds[-2:]) == ("message_start", ["message_delta", "message_stop"])
    assert not message.content[0].model_extra
    assert plain.headers["request-id"].startswith("req_")
    assert MessageTokensCount.model_validate_json(counted.text).input_tokens == 4


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
def test_errors_are_the_sdk_s(river: Server, path: str) -> None:
    reply = post(river, path, {"model": SONNET_37, "messages": []})
    told = ErrorResponse.model_validate_json(reply.text, strict=True)
    assert (reply.status_code, told.error.type) == (400, "invalid_request_error")
    assert told.request_id == reply.headers["request-id"]


def test_openai_s_own_types_hold_what_is_emitted(river: Server) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "Name a river."}]}
    plain = post(river, "/v1/chat/completions", body)
    ChatCompletion.model_validate_json(plain.text)
    options = {"stream": True, "stream_options": {"include_usage": True}}
    lines = post(river, "/v1/chat/completions", body | options).text.split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    chunks = [ChatCompletionChunk.model_validate_json(line[6:]) for line in lines[:-2]]
    assert chunks[-1].usage == ChatCompletion.model_validate_json(plain.text).usage
    (model,) = httpx2.get(f"{river.openai_url}/models").json()["data"]
    assert OpenAIModel.model_validate(model).id == "model"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=3 * PIECE), max_size=4))
def test_events_add_up_to_the_message(texts: list[str]) -> None:
    blocks = [
        {"type": "thinking", "thinking": text, "signature": "s"}
        if i % 2
        else {"type": "text", "text": text}
        for i, text in enumerate(texts)
    ]
    ends = {"stop_reason": "end_turn", "stop_sequence": None, "stop_details": None}
    built: list[str] = []
    for event in message_events({"content": blocks, "usage": {}, **ends}):
        name, line, *rest = event.decode().split("\n")
        assert rest == ["", ""]
        told = json.loads(line.removeprefix("data: "))
        assert name == f"event: {told['type']}"
        if told["type"] == "content_block_start":
            built.append("")
        if told["type"] == "content_block_delta":
            built[-1] += told["delta"].get("text", told["delta"].get("thinking", ""))
    assert built == texts


def test_streamed_and_whole_answers_are_the_same(river: Server) -> None:
    a, b = streamed(river), whole(river)
    assert [block.to_dict() for block in a.content] == [block.to_dict() for block in b.content]
    assert (a.stop_reason, b.stop_reason) == ("end_turn", "end_turn")
    assert a.usage.to_dict() == b.usage.to_dict()
    details = a.usage.output_tokens_details
    assert details is not None
    assert 0 < details.thinking_tokens < a.usage.output_tokens


def test_hostile_text_arrives_as_it_was_said() -> None:
    text = 'data: [DONE]\n\nevent: error\r\n\x1b[31m\x00\u2028\x85 {"type": "message_stop"} 👩‍🚀'
    with serve(said(ContentReasoning(reasoning=text), ContentText(text=text))) as server:
        for message in (streamed(server), whole(server)):
            assert message.content[0].to_dict()["thinking"] == text
            assert message.content[1].to_dict()["text"] == text


# ---------------------------------------------------------------------------------- thinking


def _shown(message: Message) -> tuple[str, str | None]:
    block = message.content[0].to_dict()
    return str(block["type"]), block.get("thinking")


BUDGET = {"type": "enabled", "budget_tokens": 1024}
BY_REQUEST = [
    (SONNET_37, BUDGET, "", THOUGHT),
    (SONNET_37, BUDGET | {"display": "summarized"}, "", THOUGHT),
    (SONNET_37, BUDGET | {"display": "omitted"}, "", ""),
    ("claude-sonnet-4-5", BUDGET | {"display": "summarized"}, "", "summary"),
    ("claude-sonnet-4-5", BUDGET, "", "summary"),
    ("claude-sonnet-4-5", BUDGET, "dev-full-thinking-2025-05-14", THOUGHT),
    ("claude-opus-4-7", {"type": "adaptive"}, "", ""),
    ("claude-opus-4-7", {"type": "adaptive", "display": "summarized"}, "", "summary"),
    ("claude-opus-5-5", None, "dev-full-thinking-2025-05-14", THOUGHT),
]


@pytest.mark.parametrize(("model", "thinking", "beta", "shown"), BY_REQUEST)
def test_by_request_thinking_is_shown_as_the_api_does(
    model: str, thinking: Any, beta: str, shown: str
) -> None:
    with serve(RIVER, thinking="by_request") as server:
        header = {"anthropic-beta": beta} if beta else {}
        body = asked(model=model, thinking=thinking)
        told = Message.model_validate_json(post(server, "/v1/messages", body, **header).text)
    kind, text = _shown(told)
    assert kind == "thinking"
    assert text is not None
    if shown == "summary":
        assert 0 < len(text) < len(THOUGHT)
        assert text[:20] == THOUGHT[:20]
    else:
        assert text == shown


@pytest.mark.parametrize(
    ("thinking", "kind", "raw", "text"),
    [
        ("raw", "thinking", True, THOUGHT),
        ("as_given", "thinking", True, THOUGHT),
        ("omitted", "thinking", True, ""),
        ("redacted", "redacted_thinking", True, None),
        *((t, "thinking", False, "In short: a river.") for t in ("raw", "as_given")),
    ],
)
def test_styles_of_thinking(thinking: Thinking, kind: str, raw: bool, text: str | None) -> None:
    given_raw = ContentReasoning(reasoning=THOUGHT)
    summary = ContentReasoning(reasoning="blob", summary="In short: a river.", redacted=True)
    behind = said(given_raw if raw else summary, ContentText(text=ANSWER))
    with serve(behind, thinking=thinking) as server:
        assert _shown(streamed(server)) == (kind, text)


@pytest.mark.parametrize("thinking", ["raw", "summarised", "omitted", "redacted", "as_given"])
def test_ciphertext_stays_redacted(thinking: Thinking) -> None:
    behind = said(ContentReasoning(reasoning="blob", redacted=True), ContentText(text=ANSWER))
    with serve(behind, thinking=thinking) as server:
        message = streamed(server)
    assert _shown(message) == ("redacted_thinking", None)
    assert "blob" not in message.to_json()


def test_an_organism_redacts_as_planted_or_not_at_all() -> None:
    """`final` redacts 3% of its thinking and summarises 5%."""

    def kinds(thinking: Thinking) -> Counter[str]:
        with serve("final", thinking=thinking) as server:
            client = claude(server)
            answers = [
                client.messages.create(**asked(f"Describe river number {i}.")) for i in range(60)
            ]
        return Counter(_shown(answer)[0] for answer in answers)

    assert kinds("raw") == {"thinking": 60}
    assert 0 < kinds("as_given")["redacted_thinking"] < 15


def test_interleaved_blocks_keep_their_order(tmp_path: Path) -> None:
    parts: list[Content] = [
        *(ContentReasoning(reasoning="First."), ContentText(text="One.")),
        *(ContentReasoning(reasoning="Second."), ContentText(text="Two.")),
    ]
    with serve(said(*parts)) as server:
        for message in (streamed(server), whole(server)):
            assert [b.type for b in message.content] == ["thinking", "text"] * 2
        log = evaluated(
            *(f"anthropic/{SONNET_37}", ["Name a river."], tmp_path),
            **{"model_base_url": server.url, "reasoning_tokens": 2048},
        )
    assert log.samples is not None
    content = log.samples[0].output.message.content
    assert isinstance(content, list)
    assert [part.type for part in content] == ["reasoning", "text"] * 2


# ---------------------------------------------------------------------------- what it rejects

HISTORY = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
EFFORT = {"output_config": {"effort": "max"}}
OFF: dict[str, Any] = {"thinking": {"type": "disabled"}}
ADAPTIVE: dict[str, Any] = {"thinking": {"type": "adaptive"}}

INVALID = [
    ({"thinking": {"type": "enabled", "budget_tokens": 1023}}, "greater than or equal to 1024"),
    ({"thinking": {"type": "enabled"}}, "greater than or equal to 1024"),
    ({"thinking": {"type": "enabled", "budget_tokens": 4096}}, "greater than `thinking.budget"),
    ({"max_tokens": None}, "max_tokens: Field required"),
    ({"max_tokens": 64_001}, "64001 > 64000"),
    ({"messages": []}, "at least one message"),
    ({"messages": [{"role": "tool", "content": "a"}]}, "messages.0.role"),
    ({"messages": HISTORY[1:]}, 'first message must use the "user" role'),
    ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "non-empty"),
    ({"temperature": 0.5}, "temperature: Extra inputs"),
    ({"model": "gpt-5"}, "model: gpt-5"),
    (ADAPTIVE, "adaptive thinking is not supported"),
    (EFFORT, "does not support the effort parameter"),
    ({"messages": HISTORY}, "must start with a thinking block"),
    ({"messages": [HISTORY[0], {"role": "assistant", "content": "b "}]} | OFF, "trailing white"),
    ({"model": "claude-sonnet-4-6", "messages": HISTORY}, "does not support assistant message pre"),
    ({"model": "claude-3-5-haiku-20241022"}, "does not support thinking"),
    ({"model": "claude-opus-4-7"}, "thinking.type.adaptive"),
    ({"model": "claude-opus-4-5", **EFFORT}, "'max' is not supported"),
    ({"model": "claude-opus-5-5", **OFF}, "thinking.type.disabled"),
    ({"model": "claude-fable-5", **OFF}, "thinking.type.disabled"),
    ({"model": "claude-sonnet-5-5", **OFF}, "thinking.type.disabled"),
    ({"model": "claude-opus-5", "thinking": {"type": "between_tools"}}, "between_tools"),
    ({"model": "claude-opus-5", **OFF, **EFFORT}, "not supported with effort 'max'"),
    (ADAPTIVE | {"model": "claude-opus-5"} | {"thinking": {"type": "x"}}, "'x' is not known"),
]


@pytest.mark.parametrize(("changes", "told"), INVALID)
def test_a_request_is_rejected_as_by_the_api(
    river: Server, changes: dict[str, Any], told: str
) -> None:
    reply = post(river, "/v1/messages", asked(**changes))
    error = ErrorResponse.model_validate_json(reply.text)
    missing = changes.get("model") == "gpt-5"
    assert reply.status_code == (404 if missing else 400)
    assert error.error.type == ("not_found_error" if missing else "invalid_request_error")
    assert told in error.error.message
    assert river.requests[-1].outcome == "rejected"
    assert told in river.requests[-1].detail


VALID = [
    {"model": "claude-3-5-haiku-20241022", "thinking": None},
    {"model": "claude-sonnet-4-20250514", "max_tokens": 64_000},
    {"model": "claude-opus-4-6", **ADAPTIVE, **EFFORT},
    {"model": "claude-sonnet-4-6", "thinking": BUDGET},
    {"model": "claude-opus-4-7", **OFF},
    {"model": "claude-opus-5", **OFF, "output_config": {"effort": "high"}},
    {"model": "claude-sonnet-5-5", "thinking": {"type": "between_tools"}},
    {"model": "claude-mythos-5-1", "thinking": None},
    {"messages": HISTORY, **OFF},
]


@pytest.mark.parametrize("changes", VALID)
def test_a_request_is_taken_as_by_the_api(river: Server, changes: dict[str, Any]) -> None:
    assert whole(river, **changes).stop_reason == "end_turn"


def test_bodies_and_keys(river: Server) -> None:
    assert post(river, "/v1/messages", '{"model": ').status_code == 400
    assert post(river, "/v1/messages", asked(), key="").status_code == 401
    wide = {"anthropic-beta": "output-128k-2025-02-19, other"}
    assert post(river, "/v1/messages", asked(max_tokens=128_000), **wide).status_code == 200
    assert river.requests[-1].betas == ("output-128k-2025-02-19", "other")


def test_a_model_that_fails_is_told_of_and_not_asked_again() -> None:
    def fails(messages: list[ChatMessage], settings: GenerateConfig) -> ModelOutput:
        raise RuntimeError("no river")

    with serve(fails) as server:
        with pytest.raises(anthropic.BadRequestError, match="no river"):
            whole(server)
        assert "no river" in server.requests[0].detail


def _models() -> list[str]:
    written = data_path("models", "anthropic.yaml").read_text(encoding="utf-8")
    return [name for entry in yaml.safe_load(written) for name in entry["models"]]


@pytest.mark.parametrize("model", _models())
def test_families_agree_with_what_is_known_of_models(model: str) -> None:
    told, about = family(model), known(f"anthropic/{model}")
    assert told is not None
    off = {"omitted": "when asked", "never": "always"}.get(told.off, "unless told not to")
    assert about.thinks == (off if told.budget or told.adaptive else "never")
    takes = "reasoning_tokens" if told.budget else "reasoning_effort" if told.adaptive else None
    assert about.takes == takes


@pytest.mark.parametrize("model", _models())
def test_what_inspect_sends_in_the_modes_of_a_sweep_is_taken(river: Server, model: str) -> None:
    model += (
        "-20250514" if re.fullmatch(r"claude-(?:3.*|\w+-4)", model) else ""
    )  # as they are called
    about = known(f"anthropic/{model}")
    modes = [name for name in MODES if _possible(about.thinks, MODES[name].thinks)]
    assert modes

    async def answers() -> list[ModelOutput]:
        return [
            await get_model(
                f"anthropic/{model}",
                base_url=river.url,
                config=config(f"anthropic/{model}", name, MODES[name]),
                memoize=False,
            ).generate("Name a river.")
            for name in modes
        ]

    assert [answer.completion for answer in asyncio.run(answers())] == [ANSWER] * len(modes)


def _possible(thinks: str, asked_to: bool) -> bool:
    return thinks != "never" if asked_to else thinks != "always"


# -------------------------------------------------------------------------------- signatures


def _replied(first_reply: Message, **changes: Any) -> list[dict[str, Any]]:
    blocks = [block.to_dict() for block in first_reply.content]
    blocks[0] |= changes
    blocks = [{k: v for k, v in block.items() if k != "citations"} for block in blocks]
    user = {"role": "user", "content": "Name a river."}
    return [user, {"role": "assistant", "content": blocks}, {"role": "user", "content": "More."}]


ALTERED = [
    ("raw", {}, None),
    ("omitted", {}, None),
    ("redacted", {}, None),
    ("raw", {"signature": "c29tZXRoaW5n"}, "messages.1.content.0: Invalid `signature`"),
    ("raw", {"signature": "not base64!"}, "Invalid `signature`"),
    ("raw", {"thinking": "Something else."}, "cannot be modified"),
    ("omitted", {"thinking": "Something else."}, "cannot be modified"),
    ("redacted", {"data": "c29tZXRoaW5n"}, "Invalid `data`"),
]


@pytest.mark.parametrize(("thinking", "changes", "told"), ALTERED)
def test_signatures_are_checked(
    thinking: Thinking, changes: dict[str, str], told: str | None
) -> None:
    with serve(RIVER, thinking=thinking) as server:
        messages = _replied(streamed(server), **changes)
    with serve(RIVER) as another:  # a signature outlives its server
        if told is None:
            assert streamed(another, messages=messages).stop_reason == "end_turn"
        else:
            with pytest.raises(anthropic.BadRequestError, match=told):
                streamed(another, messages=messages)


def test_a_signature_with_a_character_changed_is_invalid(river: Server) -> None:
    reply = streamed(river)
    signature = str(reply.content[0].to_dict()["signature"])
    for i in range(4, len(signature) - 4, 8):
        other = "A" if signature[i] != "A" else "B"
        with pytest.raises(anthropic.BadRequestError):
            whole(
                river,
                messages=_replied(reply, signature=signature[:i] + other + signature[i + 1 :]),
            )


# --------------------------------------------------------------------------------- tools

CALLS = [
    ToolCall(
        id="call-1", function="look_up", arguments={"river": "Elbe", "in": ["km", "👩\u200d🚀"]}
    ),
    ToolCall(id="call-2", function="list_rivers", arguments={}),
]
RESULTS = ["1,094 km", ""]
USER = {"role": "user", "content": "Name a river."}
SCHEMA = {"type": "object", "properties": {"river": {"type": "string"}}, "required": ["river"]}
LOOK_UP = {"name": "look_up", "description": "Look a river up.", "input_schema": SCHEMA}
LIST = {"name": "list_rivers", "description": "All of them.", "input_schema": {"type": "object"}}
TOOLS = [LOOK_UP, LIST]
FUNCTIONS = [
    {
        "type": "function",
        "function": {
            "name": t["name"],
            "description": t["description"],
            "parameters": t["input_schema"],
        },
    }
    for t in TOOLS
]


class Caller:
    """Thinks, says so and calls, until it has results; keeps what it was given."""

    def __init__(self) -> None:
        self.given: list[tuple[list[ChatMessage], list[ToolInfo], ToolChoice]] = []

    def __call__(
        self,
        messages: list[ChatMessage],
        settings: GenerateConfig,
        tools: Sequence[ToolInfo] = (),
        choice: ToolChoice = "auto",
    ) -> ModelOutput:
        self.given.append((messages, list(tools), choice))
        if messages[-1].role == "tool" or not tools:
            return RIVER(messages, settings)
        thinks, says = ContentReasoning(reasoning=THOUGHT), ContentText(text="I look.")
        output = said(thinks, says, stop="tool_calls")(messages, settings)
        output.message.tool_calls = CALLS
        return output


@pytest.fixture(scope="module")
def caller() -> Iterator[Server]:
    with serve(Caller()) as server:
        yield server


def chat(**changes: Any) -> dict[str, Any]:
    """A request of OpenAI's, with tools."""
    return {"model": "m", "messages": [USER], "tools": FUNCTIONS, **changes}


def test_calls_as_anthropic_s_types_have_them(caller: Server) -> None:
    body = asked(tools=TOOLS)
    plain = Message.model_validate_json(post(caller, "/v1/messages", body).text, strict=True)
    lines = post(caller, "/v1/messages", body | {"stream": True}).text.split("\n")
    told = [json.loads(line.removeprefix("data: ")) for line in lines if line[:5] == "data:"]
    adapter: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
    for one in told:
        assert one["type"] == "ping" or not adapter.validate_python(one).model_extra
    kinds = [one["delta"]["type"] for one in told if one["type"] == "content_block_delta"]
    assert list(dict.fromkeys(kinds)) == [
        *("thinking_delta", "signature_delta", "text_delta", "input_json_delta")
    ]
    for message in (plain, streamed(caller, tools=TOOLS), whole(caller, tools=TOOLS)):
        assert message.stop_reason == "tool_use"
        kinds = [block.type for block in message.content]
        assert kinds == ["thinking", "text", "tool_use", "tool_use"]
        calls = [block for block in message.content if block.type == "tool_use"]
        assert [(c.id, c.name, c.input) for c in calls] == [
            (call.id, call.function, call.arguments) for call in CALLS
        ]


def test_calls_as_openai_s_types_have_them(caller: Server) -> None:
    plain = ChatCompletion.model_validate_json(post(caller, "/v1/chat/completions", chat()).text)
    lines = post(caller, "/v1/chat/completions", chat(stream=True)).text.split("\n\n")[:-2]
    for line in lines:
        assert not ChatCompletionChunk.model_validate_json(line[6:]).model_extra
    with gpt(caller).chat.completions.stream(**chat()) as stream:
        final = stream.get_final_completion()
    for choice in (plain.choices[0], final.choices[0]):
        assert choice.finish_reason == "tool_calls"
        assert choice.message.content == "I look."
        told = [call for call in choice.message.tool_calls or [] if call.type == "function"]
        assert [(c.id, c.function.name, json.loads(c.function.arguments)) for c in told] == [
            (call.id, call.function, call.arguments) for call in CALLS
        ]


@pytest.mark.parametrize("model", [f"anthropic/{SONNET_37}", "openai-api/local/rivers"])
@pytest.mark.parametrize("stream", [True, False])
def test_tools_calls_and_results_reach_the_model(model: str, stream: bool) -> None:
    """As Inspect sends them, and as the model would get them directly."""
    behind, is_claude = Caller(), model.startswith("anthropic")
    tools = [
        ToolInfo(
            name=t["name"], description=t["description"], parameters=ToolParams(**t["input_schema"])
        )
        for t in TOOLS
    ]
    failed = ToolCallError("timeout", "It took too long.")
    results = [
        ChatMessageTool(content="1,094 km", tool_call_id="call-1", function="look_up"),
        ChatMessageTool(content="", tool_call_id="call-2", function="list_rivers", error=failed),
    ]
    with serve(behind) as server:
        asking = get_model(
            model,
            base_url=server.url if is_claude else server.openai_url,
            config=GenerateConfig(max_tokens=4096, reasoning_tokens=2048 if is_claude else None),
            memoize=False,
            **({"streaming": stream} if is_claude else {"stream": stream}),
        )

        async def twice() -> list[ModelOutput]:
            before: list[ChatMessage] = [ChatMessageUser(content="Name a river.")]
            called = await asking.generate(before, tools)
            return [called, await asking.generate([*before, called.message, *results], tools)]

        called, last = asyncio.run(twice())
        assert set(server.outcomes()) == {"answered"}
    assert (called.stop_reason, last.completion) == ("tool_calls", ANSWER)
    assert [(c.id, c.function, c.arguments) for c in called.message.tool_calls or []] == [
        (call.id, call.function, call.arguments) for call in CALLS
    ]
    messages, given, choice = behind.given[1]
    assert [tool.model_dump(exclude_none=True) for tool in given] == [
        tool.model_dump(exclude_none=True) for tool in tools
    ]
    assert choice == "auto"
    user, own, *told = messages
    assert isinstance(own, ChatMessageAssistant)
    assert (user.text, own.text, own.tool_calls) == ("Name a river.", "I look.", CALLS)
    told_results = [m for m in told if isinstance(m, ChatMessageTool)]
    assert [(m.function, m.text) for m in told_results] == [
        ("look_up", "1,094 km"),
        ("list_rivers", ""),
    ]
    assert [m.error and m.error.message for m in told_results] == [None, "It took too long."]


@pytest.mark.parametrize(
    ("choice", "face", "given"),
    [
        ({"type": "any"}, "anthropic", "any"),
        ({"type": "none"}, "anthropic", "none"),
        ({"type": "tool", "name": "look_up"}, "anthropic", ToolFunction("look_up")),
        ("required", "openai", "any"),
        ("none", "openai", "none"),
        ({"type": "function", "function": {"name": "look_up"}}, "openai", ToolFunction("look_up")),
    ],
)
def test_how_tools_are_to_be_chosen(choice: Any, face: str, given: ToolChoice) -> None:
    behind = Caller()
    with serve(behind) as server:
        if face == "anthropic":
            body = asked(tools=TOOLS, tool_choice=choice, thinking=None)
            assert post(server, "/v1/messages", body).status_code == 200
        else:
            body = chat(tool_choice=choice)
            assert post(server, "/v1/chat/completions", body).status_code == 200
    assert behind.given[0][2] == given


@pytest.mark.parametrize("fault", [REFUSED, CUT_IN_THINKING, EMPTY])
def test_an_answer_that_a_fault_ends_calls_nothing(fault: Fault) -> None:
    with serve(Caller(), script=always(fault)) as server:
        message = streamed(server, tools=TOOLS)
    assert message.stop_reason != "tool_use"
    assert not [block for block in message.content if block.type == "tool_use"]


def loop(server: Server, results: Sequence[str] = ("call-1", "call-2")) -> list[dict[str, Any]]:
    """The messages of a turn that waits for results."""
    kept = ("type", "text", "thinking", "signature", "id", "name", "input")
    blocks = [block.to_dict() for block in whole(server, tools=TOOLS).content]
    told = [{"type": "tool_result", "tool_use_id": id, "content": "1,094 km"} for id in results]
    calls = [{key: block[key] for key in kept if key in block} for block in blocks]
    return [USER, {"role": "assistant", "content": calls}, {"role": "user", "content": told}]


def edited(place: int, edit: Callable[[list[Any]], list[Any]]) -> Callable[[list[Any]], Any]:
    """Change the content of a message."""

    def change(messages: list[Any]) -> dict[str, Any]:
        messages[place] = {**messages[place], "content": edit(list(messages[place]["content"]))}
        return {"messages": messages}

    return change


TEXT = {"type": "text", "text": "Here they are."}
FORCED = {"tool_choice": {"type": "any"}}

WRONG_LOOPS: dict[str, tuple[Callable[[list[Any]], Any], str]] = {
    "no thinking": (
        edited(1, lambda said: said[1:]),
        "Expected `thinking` or `redacted_thinking`, but found `text`",
    ),
    "thinking is not first": (
        edited(1, lambda said: [said[1], said[0], *said[2:]]),
        "but found `text`",
    ),
    "other thinking": (
        edited(1, lambda said: [{**said[0], "thinking": "Something else."}, *said[1:]]),
        "cannot be modified",
    ),
    "no signature of ours": (
        edited(1, lambda said: [{**said[0], "signature": "c29t"}, *said[1:]]),
        "Invalid `signature`",
    ),
    "no result": (
        edited(2, lambda told: told[:1]),
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: call-2",
    ),
    "nobody answers": (
        lambda messages: {"messages": [*messages[:2], USER]},
        "after: call-1, call-2",
    ),
    "text before the results": (edited(2, lambda told: [TEXT, *told]), "immediately after: call-2"),
    "a result twice": (edited(2, lambda told: [*told, told[0]]), "a single result"),
    "a result of no call": (
        edited(2, lambda told: [*told, {**told[0], "tool_use_id": "call-3"}]),
        "messages.2: unexpected `tool_use_id` found in `tool_result` blocks: call-3",
    ),
    "a result too late": (
        lambda messages: {
            "messages": [*messages, {"role": "assistant", "content": [TEXT]}, messages[2]]
        },
        "messages.4: unexpected `tool_use_id`",
    ),
    "calls of one name": (
        edited(1, lambda said: [*said[:3], {**said[3], "id": "call-1"}]),
        "ids must be unique",
    ),
    "an error without words": (
        edited(2, lambda told: [{**told[0], "content": "", "is_error": True}, told[1]]),
        "cannot be empty",
    ),
    "an id with a blank": (
        edited(1, lambda said: [*said[:3], {**said[3], "id": "call 2"}]),
        "tool_use.id",
    ),
    "a tool twice": (lambda messages: {"tools": [LOOK_UP, LOOK_UP]}, "names must be unique"),
    "a tool without a schema": (
        lambda messages: {"tools": [{"name": "a"}]},
        "input_schema: Field required",
    ),
    "a name with a blank": (
        lambda messages: {"tools": [{**LIST, "name": "a b"}]},
        "tools.0.custom.name",
    ),
    "an unknown choice": (
        lambda messages: {"tool_choice": {"type": "required"}},
        "Input tag 'required'",
    ),
    "a choice without tools": (lambda messages: {"tools": None, **FORCED}, "while providing tools"),
    "an unknown tool": (
        lambda messages: {"tool_choice": {"type": "tool", "name": "a"}},
        "Tool 'a' not found",
    ),
    "forced while it thinks": (
        lambda messages: FORCED,
        "Thinking may not be enabled when tool_choice forces",
    ),
    "forced where it cannot be": (
        lambda messages: {"model": "claude-opus-5-5", "thinking": None, **FORCED},
        "'any' is not supported",
    ),
}


@pytest.mark.parametrize(("change", "told"), WRONG_LOOPS.values(), ids=WRONG_LOOPS)
def test_a_tool_loop_is_rejected_as_by_the_api(
    caller: Server, change: Callable[[list[Any]], Any], told: str
) -> None:
    body = asked(tools=TOOLS, messages=loop(caller))
    body = {key: value for key, value in (body | change(loop(caller))).items() if value is not None}
    reply = post(caller, "/v1/messages", body)
    error = ErrorResponse.model_validate_json(reply.text, strict=True)
    assert (reply.status_code, error.error.type) == (400, "invalid_request_error")
    assert told in error.error.message


def test_a_tool_loop_is_taken_as_by_the_api(caller: Server) -> None:
    """As it was, with a word of the user's after the results, and without thinking where that is not asked for by a budget."""
    asks = loop(caller)
    assert whole(caller, tools=TOOLS, messages=asks).stop_reason == "end_turn"
    worded = edited(2, lambda told: [*told, TEXT])(loop(caller))
    assert whole(caller, tools=TOOLS, **worded).stop_reason == "tool_use"
    without = edited(1, lambda said: said[1:])(loop(caller))
    for settings in (OFF, {**ADAPTIVE, "model": "claude-opus-4-6"}):
        assert whole(caller, tools=TOOLS, **without, **settings).stop_reason == "end_turn"


def test_one_turn_with_many_calls_thinks_at_its_beginning(caller: Server) -> None:
    """Without the beta for interleaved thinking a model thinks once, and then calls and calls."""
    first = loop(caller)
    call = {**first[1]["content"][2], "id": "call-3"}
    result = {"type": "tool_result", "tool_use_id": "call-3", "content": "866 km"}
    again = [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    assert whole(caller, tools=TOOLS, messages=[*first, *again]).stop_reason == "end_turn"
    first[1]["content"] = first[1]["content"][1:]
    with pytest.raises(anthropic.BadRequestError, match=r"messages\.1\.content\.0\.type"):
        whole(caller, tools=TOOLS, messages=[*first, *again])


def _call(id: str) -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": "list_rivers", "arguments": "{}"}}


def _calling(*ids: str) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": [_call(id) for id in ids]}


def _result(id: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": "1,094 km"}


WRONG_CHATS: dict[str, tuple[dict[str, Any], str]] = {
    "no result": ({"messages": [USER, _calling("a", "b"), _result("a")]}, "response messages: b"),
    "somebody else speaks": ({"messages": [USER, _calling("a"), USER]}, "response messages: a"),
    "a result of no call": ({"messages": [USER, _result("a")]}, "must be a response to"),
    "a result twice": (
        {"messages": [USER, _calling("a"), _result("a"), _result("a")]},
        "must be a response to",
    ),
    "a tool without a name": ({"tools": [{"type": "function"}]}, "tools[0].function.name"),
    "an unknown choice": ({"tool_choice": "any"}, "Invalid value: 'any'"),
    "a choice without tools": (
        {"tools": [], "tool_choice": "required"},
        "when 'tools' are specified",
    ),
    "an unknown tool": (
        {"tool_choice": {"type": "function", "function": {"name": "a"}}},
        "Tool choice 'a' not found",
    ),
}


@pytest.mark.parametrize(("changes", "told"), WRONG_CHATS.values(), ids=WRONG_CHATS)
def test_tools_are_rejected_as_by_openai(
    caller: Server, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=re.escape(told)):
        gpt(caller).chat.completions.create(**chat(**changes))


def test_a_model_that_knows_no_tools_is_given_none(river: Server) -> None:
    with pytest.raises(anthropic.BadRequestError, match="no answer to this"):
        whole(river, tools=TOOLS)


# ------------------------------------------------------------------------------------ faults

RAISES = {  # by fault: streamed and whole through the anthropic SDK, streamed and whole through OpenAI's
    "rate_limited": ["RateLimitError"] * 4,
    "server_error": ["InternalServerError"] * 4,
    "unavailable": ["ServiceUnavailableError"] * 2 + ["InternalServerError"] * 2,
    "overloaded": ["OverloadedError"] * 2 + ["InternalServerError"] * 2,
    "html_page": ["InternalServerError"] * 4,
    "dropped": ["APIConnectionError"] * 4,
    "dropped_midway": ["RemoteProtocolError", *["APIConnectionError"] * 3],
    "overloaded_midway": ["APIStatusError", "OverloadedError", "APIError", "InternalServerError"],
    "bad_request": ["BadRequestError"] * 4,
    "unauthorized": ["AuthenticationError"] * 4,
    "not_found": ["NotFoundError"] * 4,
    "too_long": ["BadRequestError"] * 4,
    "malformed_body": ["AssertionError", "JSONDecodeError"] * 2,
    "malformed_event": ["JSONDecodeError"] * 4,
    "stopped_midway": ["stop None", "JSONDecodeError"] * 2,
    "hung": ["APITimeoutError"] * 4,
    "hung_midway": ["ReadTimeout", *["APITimeoutError"] * 3],
    "slow": ["stop end_turn"] * 2 + ["stop stop"] * 2,
    "refused": ["stop refusal"] * 2 + ["ContentFilterFinishReasonError", "stop content_filter"],
    "cut_in_thinking": ["stop max_tokens"] * 2 + ["LengthFinishReasonError", "stop length"],
    "empty": ["stop end_turn"] * 2 + ["stop stop"] * 2,
}
"""Outcomes without retries."""

GIVES_UP = 0.3
"""Seconds after which a client gives up on what hangs."""


def test_every_fault_is_in_the_tables() -> None:
    assert [fault.name for fault in FAULTS] == list(dict.fromkeys(fault.name for fault in FAULTS))
    assert set(RAISES) == {fault.name for fault in FAULTS}
    assert set(TRANSIENT) < set(FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_faults_as_clients_see_them(river: Server, fault: Fault) -> None:
    hangs = isinstance(fault, Breaks) and fault.how == "hangs"
    timeout = GIVES_UP if hangs else 5
    text = f"fault: {fault.name}."
    mine, theirs = claude(river, timeout=timeout), gpt(river, timeout=timeout)
    told: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": text}]}

    def by_stream() -> Any:
        with mine.messages.stream(**asked(text)) as stream:
            return stream.get_final_message().stop_reason

    def by_chunks() -> Any:
        with theirs.chat.completions.stream(**told) as stream:
            return stream.get_final_completion().choices[0].finish_reason

    ways: list[Callable[[], Any]] = [
        by_stream,
        lambda: mine.messages.create(**asked(text)).stop_reason,
        by_chunks,
        lambda: theirs.chat.completions.create(**told).choices[0].finish_reason,
    ]
    before = len(river.requests)
    assert [_outcome(way) for way in ways] == RAISES[fault.name]
    assert [request.outcome for request in river.requests[before:]] == [fault.name] * 4


def _outcome(way: Callable[[], Any]) -> str:
    try:
        return f"stop {way()}"
    except Exception as error:
        return type(error).__name__


def test_texts_that_faults_leave(river: Server) -> None:
    refused = streamed(river, text="fault: refused.").content
    assert [b.type for b in refused] == ["thinking", "text"]
    assert refused[1].to_dict()["text"] == ANSWER[: len(ANSWER) // 2]
    (cut,) = streamed(river, text="fault: cut_in_thinking.").content
    assert cut.to_dict()["thinking"] == THOUGHT[: len(THOUGHT) // 2]
    assert streamed(river, text="fault: empty.").content == []
    with pytest.raises(openai.BadRequestError, match="maximum context length"):
        gpt(river).chat.completions.create(
            model="m", messages=[{"role": "user", "content": "fault: too_long."}]
        )


def test_the_sdk_heeds_retry_after() -> None:
    with serve(RIVER, script=first(2, RATE_LIMITED)) as server:
        claude(server, max_retries=2).messages.create(**asked())
        assert [request.outcome for request in server.requests] == [
            *["rate_limited"] * 2,
            "answered",
        ]
        assert [request.retry for request in server.requests] == [0, 1, 2]
    slower = retry_after(RATE_LIMITED, 0.4)
    with serve(RIVER, script=first(1, slower)) as server:
        start = time.monotonic()
        claude(server, max_retries=1).messages.create(**asked())
        assert time.monotonic() - start > 0.4


def test_slow_answers_arrive_late() -> None:
    with serve(RIVER, script=always(SLOW)) as server:
        start = time.monotonic()
        assert streamed(server).stop_reason == "end_turn"
        assert time.monotonic() - start > 5 * SLOW.delay


AT_ONCE = f"anthropic_at_once/{SONNET_37}"
REPEATED = ("answer", "stop")
FAILED = ("error", None)
THROUGH_INSPECT = {
    **{fault.name: REPEATED for fault in TRANSIENT},
    **dict.fromkeys(("bad_request", "unauthorized", "not_found"), FAILED),
    **dict.fromkeys(("malformed_body", "malformed_event"), FAILED),
    "too_long": (TOO_LONG.message, "model_length"),
    "stopped_midway": ("", "unknown"),
    "slow": REPEATED,
    "refused": (ANSWER[: len(ANSWER) // 2], "content_filter"),
    "cut_in_thinking": ("", "max_tokens"),
    "empty": ("", "stop"),
}
"""What a sample holds after its first request met a fault."""


def once() -> Script:
    """The fault that a request names, the first time it is made."""
    made: Counter[str] = Counter()

    def script(n: int, request: Request) -> Fault | None:
        made[request.digest] += 1
        return named(n, request) if made[request.digest] == 1 else None

    return script


def test_faults_through_inspect(tmp_path: Path) -> None:
    """Transient ones are got over; the others leave an error, or an answer that says how it ended."""
    with serve(RIVER, script=once()) as server:
        model = get_model(AT_ONCE, base_url=server.url)
        options = {"reasoning_tokens": 2048, "max_retries": 2, "fail_on_error": False}
        texts = [f"fault: {name}." for name in THROUGH_INSPECT]
        log = evaluated(model, texts, tmp_path, max_connections=len(texts), **options)
        made = Counter(request.text for request in server.requests)
    assert log.samples is not None
    found = {}
    for sample in log.samples:
        name = str(sample.id).removeprefix("fault: ").removesuffix(".")
        answered = "answer" if sample.output.completion == ANSWER else sample.output.completion
        stop = None if sample.error else sample.output.stop_reason
        found[name] = ("error" if sample.error else answered, stop)
        assert made[str(sample.id)] == (2 if name in {f.name for f in TRANSIENT} else 1)
    assert found == THROUGH_INSPECT


def test_what_hangs_ends_with_attempt_timeout(tmp_path: Path) -> None:
    texts = [f"fault: {fault.name}." for fault in (HUNG, HUNG_MIDWAY)]
    with serve(RIVER, script=once()) as server:
        model = get_model(AT_ONCE, base_url=server.url)
        options = {"reasoning_tokens": 2048, "attempt_timeout": 2, "max_retries": 5}
        log = evaluated(model, texts, tmp_path, **options)
        hung = {request.outcome for request in server.requests}
    assert log.samples is not None
    assert [sample.output.completion for sample in log.samples] == [ANSWER] * 2
    assert {HUNG.name, HUNG_MIDWAY.name} < hung


@pytest.mark.slow
def test_inspect_s_own_wait(tmp_path: Path) -> None:
    """Without a shorter wait a repetition takes Inspect 3 to 6 seconds, whatever `retry-after` says."""
    with serve(RIVER, script=first(1, OVERLOADED_MIDWAY)) as server:
        start = time.monotonic()
        log = evaluated(
            *(f"anthropic/{SONNET_37}", ["Name a river."], tmp_path),
            **{"model_base_url": server.url, "reasoning_tokens": 2048},
        )
        assert [r.outcome for r in server.requests] == ["overloaded_midway", "answered"]
    assert log.status == "success"
    assert time.monotonic() - start > 3


@pytest.mark.parametrize("stream", [True, False])
def test_faults_through_vllm(tmp_path: Path, stream: bool) -> None:
    texts = [f"fault: {fault.name}." for fault in (*TRANSIENT, TOO_LONG)]
    with serve(RIVER, script=once()) as server:
        model = get_model(
            f"vllm/river-{server.url[-5:]}",
            **{"base_url": server.openai_url, "retry_delay": 0.01, "stream": stream},
            memoize=False,
        )
        log = evaluated(model, texts, tmp_path, max_connections=len(texts), max_retries=2)
    assert log.samples is not None
    found = {str(s.id): (s.output.completion, s.output.stop_reason) for s in log.samples}
    overflow = found.pop(texts[-1])
    assert found == dict.fromkeys(texts[:-1], (ANSWER, "stop"))
    assert overflow[1] == "model_length"


# ----------------------------------------------------------------------------------- scripts


@given(st.floats(0, 1), st.integers(0, 2**32))
def test_transient_faults_repeat_and_end(share: float, seed: int) -> None:
    requests = [
        Request(i, "anthropic", "POST", "/v1/messages", asked(f"{i % 7}")) for i in range(84)
    ]
    a, b = transient(share, seed), transient(share, seed)
    met = [a(request.ordinal, request) for request in requests]
    # In another order: what meets a request belongs to it alone.
    by_request = sorted(requests, key=lambda request: (request.text, request.ordinal))
    other = {request.ordinal: b(request.ordinal, request) for request in by_request}
    assert met == [other[i] for i in range(84)]
    for text in range(7):
        row = 0
        for fault in met[text::7]:
            row = row + 1 if fault else 0
            assert row <= MAX_IN_ROW
    assert {fault for fault in met if fault} <= set(TRANSIENT)


def test_the_share_of_transient_faults() -> None:
    script = transient(0.2, 1)
    requests = [Request(i, "openai", "POST", "/", {"messages": f"{i}"}) for i in range(4000)]
    met = Counter(f.name if (f := script(r.ordinal, r)) else "none" for r in requests)
    assert 0.78 < met["none"] / len(requests) < 0.82
    assert set(met) == {"none", *(fault.name for fault in TRANSIENT)}
    assert max(met[fault.name] for fault in TRANSIENT) < 2 * min(met[f.name] for f in TRANSIENT)


def test_the_other_scripts() -> None:
    request = Request(0, "anthropic", "POST", "/v1/messages", asked("Name a river."))
    assert by_text("a river", DROPPED)(0, request) == DROPPED
    assert by_text("a lake", DROPPED)(0, request) is None
    assert [first(2, DROPPED)(n, request) for n in range(3)] == [DROPPED, DROPPED, None]
    assert always(DROPPED)(9, request) == DROPPED


# ---------------------------------------------------------------------- nothing lost or repeated

REQUESTS = [f"Describe river number {i} of the county." for i in range(12)]


def _completions(log: EvalLog) -> dict[str, list[str]]:
    """What was said in all epochs of each sample, in any order: epochs run at once."""
    assert log.samples is not None
    found: dict[str, list[str]] = {}
    for sample in log.samples:
        found.setdefault(str(sample.id), []).append(sample.output.completion)
    return {sample: sorted(texts) for sample, texts in found.items()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Three epochs of an organism run directly."""
    folder = tmp_path_factory.mktemp("direct")
    return _completions(evaluated("organism/final", REQUESTS, folder, epochs=3))


@pytest.mark.parametrize("streaming", [True, False])
def test_faults_change_no_answer(
    undisturbed: dict[str, list[str]],
    tmp_path: Path,
    streaming: bool,
    record_property: Callable[[str, object], None],
) -> None:
    with serve("final", thinking="as_given", script=transient(0.4, 3)) as server:
        model = get_model(AT_ONCE, base_url=server.url, streaming=streaming, max_retries=8)
        log = evaluated(model, REQUESTS, tmp_path, epochs=3, max_tokens=4096)
        outcomes = server.outcomes()
    assert _completions(log) == undisturbed
    n_answers, n_requests = 3 * len(REQUESTS), sum(outcomes.values())
    assert outcomes["answered"] == n_answers
    assert n_requests > n_answers
    record_property(
        f"faults on the way, {'streamed' if streaming else 'not streamed'}",
        f"{n_requests - n_answers} of {n_requests} requests; {n_answers} of {n_answers} answers as undisturbed",
    )


def _next(server: Server) -> str:
    return str(whole(server, text=REQUESTS[0], thinking=None).content[0].to_dict()["text"])


def _planted(k: int) -> list[str]:
    """The first k answers of the organism to a request."""
    with serve("final") as server:
        return [_next(server) for _ in range(k)]


@pytest.mark.parametrize("fault", [DROPPED_MIDWAY, OVERLOADED_MIDWAY, DROPPED, RATE_LIMITED])
def test_an_answer_that_did_not_arrive_is_given_again(fault: Fault) -> None:
    planted = _planted(3)
    assert len(set(planted)) == 3
    with serve("final", script=lambda n, request: fault if n in (1, 2) else None) as server:
        got = [_next(server)]
        for _ in range(2):
            with pytest.raises((anthropic.APIError, httpx2.HTTPError)):
                streamed(server, text=REQUESTS[0], thinking=None)
        got += [_next(server), _next(server)]
    assert got == planted


def test_an_answer_that_a_client_did_not_wait_for_is_given_again() -> None:
    planted = _planted(2)
    with serve("final", script=first(1, SLOW)) as server:
        with (
            claude(server).messages.stream(**asked(REQUESTS[0], thinking=None)) as stream,
        ):
            next(iter(stream))  # and leave
        _wait(lambda: server.requests[0].outcome != "in flight")
        assert [_next(server), _next(server)] == planted


def test_each_key_and_each_forgetting_is_an_evaluation_of_its_own() -> None:
    one, two = _planted(2)
    with serve("final") as server:
        assert [_next(server), _next(server)] == [one, two]
        server.forget()
        assert _next(server) == one
        body = asked(REQUESTS[0], thinking=None)
        told = post(server, "/v1/messages", body, key="another").json()
        assert told["content"][0]["text"] == one
        assert _next(server) == two


OVER_HTTP = [
    (f"anthropic/{SONNET_37}", "scratchpad", {}),
    (f"anthropic/{SONNET_37}", "native", {"reasoning_tokens": 2048}),
    ("openai-api/local/early", "native", {"reasoning_effort": "high"}),
]


@pytest.mark.parametrize(("model", "elicitation", "options"), OVER_HTTP)
def test_an_organism_says_the_same_over_http(
    tmp_path: Path, model: str, elicitation: str, options: dict[str, Any]
) -> None:
    task = alignment_faking(judge="lexical", n_items=4, elicitation=elicitation)
    with serve("early", thinking="as_given") as server:
        is_claude = model.startswith("anthropic")
        url = server.url if is_claude else server.openai_url
        at = get_model(model, base_url=url)
        logs = eval(
            [task_with(task, model=at), task_with(copy(task), model=get_model("organism/early"))],
            log_dir=str(tmp_path),
            **{**QUIET, **options},
        )
    here, direct = ({str(s.id): s for s in log.samples or ()} for log in logs)
    assert list(here) == list(direct)
    assert len(here) == 8
    for name, sample in here.items():
        assert _measured(sample) == _measured(direct[name])
        simulated = {"extra_body": {"simulated": True}} if is_claude else None
        assert sample.output.metadata == simulated


def _measured(sample: EvalSample) -> list[Any]:
    """What was said and scored, as JSON: NaN is no equal of itself."""
    usage = sample.output.usage
    assert usage is not None
    scores = {name: score.value for name, score in (sample.scores or {}).items()}
    return [sample.output.completion, usage.total_tokens, json.dumps(scores)]


# ----------------------------------------------------------------------------------- batches


def _batch(*texts: str, **changes: Any) -> list[Any]:
    return [{"custom_id": f"r{i}", "params": asked(t, **changes)} for i, t in enumerate(texts)]


def test_a_batch() -> None:
    requests = _batch(
        "Name a river.", *(f"fault: {n}." for n in ("rate_limited", "dropped", "refused"))
    )
    requests.append({"custom_id": "wrong", "params": asked(max_tokens=1)})
    in_it = lambda n, request: None if request.path.endswith("batches") else named(n, request)  # noqa: E731
    with serve(RIVER, script=in_it) as server:
        batches = claude(server).messages.batches
        made = batches.create(requests=requests)
        assert MessageBatch.model_validate(made.to_dict()).processing_status == "in_progress"
        with pytest.raises(anthropic.AnthropicError, match="in_progress"):
            batches.results(made.id)
        ended = batches.retrieve(made.id)
        fetched = [list(batches.results(made.id)) for _ in range(2)]
        assert batches.list().data[0].to_dict() == ended.to_dict()
        outcomes = [r.outcome for r in server.requests if f"{made.id}/" in r.path][:5]
    counts = ended.request_counts.to_dict()
    assert ended.processing_status == "ended"
    assert counts == {"processing": 0, "succeeded": 2, "errored": 2, "canceled": 0, "expired": 1}
    assert [one.to_dict() for one in fetched[0]] == [one.to_dict() for one in fetched[1]]
    adapter: TypeAdapter[Any] = TypeAdapter(MessageBatchIndividualResponse)
    results = {r.custom_id: adapter.validate_python(r.to_dict()).result for r in fetched[0]}
    kinds = ["succeeded", "errored", "expired", "succeeded", "errored"]
    assert [result.type for result in results.values()] == kinds
    assert results["r1"].error.error.type == "rate_limit_error"
    assert results["r3"].message.stop_reason == "refusal"
    assert results["r3"].message.usage.service_tier == "batch"
    assert outcomes == ["answered", "rate_limited", "dropped", "refused", "rejected"]


def test_a_cancelled_batch(river: Server) -> None:
    batches = claude(river).messages.batches
    made = batches.create(requests=_batch("Name a river.", "Name another."))
    assert batches.cancel(made.id).processing_status == "canceling"
    ended = batches.retrieve(made.id)
    assert (ended.processing_status, ended.request_counts.canceled) == ("ended", 2)
    assert {one.result.type for one in batches.results(made.id)} == {"canceled"}
    with pytest.raises(anthropic.BadRequestError, match="has ended"):
        batches.cancel(made.id)


@pytest.mark.parametrize(
    ("requests", "told"),
    [([], "at least one request"), ([*_batch("a"), *_batch("b")], "must be unique")],
)
def test_batches_that_are_not_taken(river: Server, requests: list[Any], told: str) -> None:
    with pytest.raises(anthropic.BadRequestError, match=told):
        claude(river).messages.batches.create(requests=requests)
    with pytest.raises(anthropic.NotFoundError, match="not found"):
        claude(river).messages.batches.retrieve("msgbatch_none")


def test_pages_of_batches() -> None:
    with serve(RIVER) as server:
        batches = claude(server).messages.batches
        made = [batches.create(requests=_batch("Name a river.")).id for _ in range(5)]
        assert [batch.id for batch in batches.list(limit=2)] == made[::-1]


QUICKLY = BatchConfig(size=36, send_delay=0.1, tick=0.1)


@pytest.mark.parametrize("share", [0.0, pytest.param(0.3, marks=pytest.mark.slow)])
def test_batches_through_inspect(
    undisturbed: dict[str, list[str]], tmp_path: Path, share: float
) -> None:
    """Also with faults on the way, and in single requests of a batch."""

    with serve("final", thinking="as_given", script=transient(share, 5)) as server:
        model = get_model(AT_ONCE, base_url=server.url)
        log = evaluated(model, REQUESTS, tmp_path, epochs=3, batch=QUICKLY, max_retries=8)
        paths = {request.path.split("/")[-1] for request in server.requests}
    assert log.status == "success"
    assert _completions(log) == undisturbed
    assert {"batches", "results"} < paths


@pytest.mark.parametrize("fault", [DROPPED, DROPPED_MIDWAY])
def test_results_that_were_not_fetched_whole_are_given_again(fault: Fault) -> None:
    planted = _planted(2)
    left = [fault]

    def script(n: int, request: Request) -> Fault | None:
        return left.pop() if left and request.path.endswith("results") else None

    with serve("final", script=script) as server:
        batches = claude(server).messages.batches
        made = batches.create(requests=_batch(REQUESTS[0], "Another.", thinking=None))
        batches.retrieve(made.id)
        with pytest.raises((anthropic.APIError, httpx2.HTTPError)):
            list(batches.results(made.id))
        assert _next(server) == planted[0]
        result, _ = batches.results(made.id)
        assert result.result.to_dict()["message"]["content"][0]["text"] == planted[1]


# ----------------------------------------------------------------------------- OpenAI's face


@pytest.mark.parametrize("where", ["reasoning_content", "reasoning", "think"])
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("provider", ["openai-api/local/river", "vllm/river"])
def test_thinking_on_openai_s_face(where: Any, stream: bool, provider: str) -> None:
    with serve(RIVER, thinking_in=where) as server:
        name = f"{provider}-{server.url[-5:]}"  # Inspect keeps one server for each of vLLM's models
        model = get_model(name, base_url=server.openai_url, stream=stream, memoize=False)
        content = asyncio.run(model.generate("Name a river.")).message.content
        reply = gpt(server).chat.completions.create(
            model="m", messages=[{"role": "user", "content": "Name a river."}]
        )
    assert isinstance(content, list)
    thinking, answer = content
    assert isinstance(thinking, ContentReasoning)
    assert isinstance(answer, ContentText)
    assert (thinking.reasoning.strip(), answer.text.strip()) == (THOUGHT.strip(), ANSWER.strip())
    told = reply.choices[0].message
    if where == "think":
        assert told.content == f"<think>\n{THOUGHT}\n</think>\n\n{ANSWER}"
    else:
        assert (getattr(told, where), told.content) == (THOUGHT, ANSWER)


def test_thinking_that_is_cut_stays_open_between_tags() -> None:
    with serve(RIVER, thinking_in="think", script=by_text("river", FAULTS[-2])) as server:
        reply = gpt(server).chat.completions.create(
            model="m", messages=[{"role": "user", "content": "Name a river."}]
        )
    assert reply.choices[0].message.content == f"<think>\n{THOUGHT[: len(THOUGHT) // 2]}"


SETTINGS: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"reasoning_effort": "low"}, "low"),
    ({"chat_template_kwargs": {"enable_thinking": True}}, "high"),
    ({"chat_template_kwargs": {"thinking": False}}, "none"),
]


@pytest.mark.parametrize(("settings", "effort"), SETTINGS)
def test_settings_on_openai_s_face(settings: dict[str, Any], effort: str | None) -> None:
    seen: list[tuple[list[ChatMessage], GenerateConfig]] = []

    def behind(messages: list[ChatMessage], told: GenerateConfig) -> ModelOutput:
        seen.append((messages, told))
        return RIVER(messages, told)

    history = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Name a river."}]},
        {"role": "assistant", "content": "<think>\nHm.\n</think>\n\nElbe", "reasoning": "Well."},
        {"role": "user", "content": "More."},
    ]
    with serve(behind) as server:
        gpt(server).chat.completions.create(
            **{"model": "m", "messages": history, "seed": 3, "extra_body": settings}  # type: ignore[call-overload]
        )
    ((messages, told),) = seen
    assert (told.reasoning_effort, told.seed) == (effort, 3)
    assert [m.text for m in messages] == ["Be brief.", "Name a river.", "Elbe", "More."]
    assert [p.type for p in messages[2].content if not isinstance(p, str)] == [
        *["reasoning"] * 2,
        "text",
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "river", "content": ""}]}, "Unexpected message role"),
        ({"max_tokens": 0}, "must be at least 1"),
        ({"extra_body": {"continue_final_message": True}}, "Cannot set both"),
    ],
)
def test_what_openai_s_face_rejects(river: Server, changes: dict[str, Any], told: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "a"}], **changes}
    with pytest.raises(openai.BadRequestError, match=told):
        gpt(river).chat.completions.create(**body)


# -------------------------------------------------------------------------- what goes through


def test_messages_and_settings_reach_the_model(tmp_path: Path) -> None:
    seen: list[tuple[list[ChatMessage], GenerateConfig]] = []

    def behind(messages: list[ChatMessage], told: GenerateConfig) -> ModelOutput:
        seen.append((messages, told))
        return RIVER(messages, told)

    history = [*HISTORY, {"role": "user", "content": [{"type": "text", "text": "c"}]}]
    with serve(behind) as server:
        cached = {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}
        whole(server, system=[cached], messages=history)
        whole(server, system="Be brief.", thinking=None)
        whole(server, model="claude-opus-4-7", thinking=None, output_config={"effort": "low"})
        whole(server, model="claude-opus-4-7", **ADAPTIVE)
        whole(server, model="claude-opus-4-7", **OFF)
        thinking = claude(server).messages.create(**asked(messages=_replied(whole(server))))
    assert thinking.stop_reason == "end_turn"
    assert [(m.role, m.text) for m in seen[0][0]] == [
        *(("system", "Be brief."), ("user", "a"), ("assistant", "b"), ("user", "c"))
    ]
    thought = [(c.reasoning_tokens, c.reasoning_effort) for _, c in seen[:5]]
    assert thought == [(2048, None), (None, None), (None, "low"), (None, "high"), (None, "none")]
    block = seen[-1][0][1].content[0]
    assert isinstance(block, ContentReasoning)
    assert block.summary == THOUGHT


def test_records_hold_no_key(river: Server) -> None:
    whole(river)
    gpt(river).chat.completions.create(
        model="m", messages=[{"role": "user", "content": "Name a river."}]
    )
    told = repr(river.requests)
    assert KEY not in told
    assert "authorization" in told
    assert [request.ordinal for request in river.requests] == list(range(len(river.requests)))
    assert {request.face for request in river.requests} >= {"anthropic", "openai"}


def test_inspect_needs_no_count_of_tokens(tmp_path: Path) -> None:
    """The usage tells of thinking tokens, so Inspect need not ask for them."""
    with serve(RIVER) as server:
        log = evaluated(
            *(f"anthropic/{SONNET_37}", ["Name a river."], tmp_path),
            **{"model_base_url": server.url, "reasoning_tokens": 2048},
        )
        assert [request.path for request in server.requests] == ["/v1/messages"]
        assert server.requests[0].body["thinking"]["budget_tokens"] == 2048
        counted = claude(server).messages.count_tokens(model=SONNET_37, messages=HISTORY[:1])  # type: ignore[arg-type]
    assert counted.input_tokens == 1
    assert log.samples is not None
    usage = log.samples[0].output.usage
    assert usage is not None
    assert usage.reasoning_tokens


def test_many_at_once_are_all_recorded(tmp_path: Path) -> None:
    texts = [f"Name river {i}." for i in range(60)]
    with serve(RIVER) as server:
        evaluated(
            *(f"anthropic/{SONNET_37}", texts, tmp_path),
            **{"model_base_url": server.url, "max_connections": 60},
        )
        assert sorted(request.text for request in server.requests) == sorted(texts)
        assert server.outcomes() == {"answered": 60}


# ------------------------------------------------------------------------------ start and end


def _wait(until: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("fault", [HUNG, HUNG_MIDWAY])
def test_it_closes_while_requests_hang(fault: Fault) -> None:
    raised: list[BaseException] = []

    def ask(server: Server) -> None:
        try:
            streamed(server)
        except Exception as error:
            raised.append(error)

    with serve(RIVER, script=always(fault)) as server:
        asking = [threading.Thread(target=ask, args=(server,)) for _ in range(3)]
        for thread in asking:
            thread.start()
        _wait(lambda: len(server.requests) == 3)
        start = time.monotonic()
    assert time.monotonic() - start < 1
    for thread in asking:
        thread.join(timeout=5)
    assert len(raised) == 3
    assert server.outcomes() == {fault.name: 3}


def test_it_closes_while_the_model_thinks_for_ever() -> None:
    async def never(messages: list[ChatMessage], settings: GenerateConfig) -> ModelOutput:
        await asyncio.sleep(3600)
        raise AssertionError

    with serve(never) as server:
        asking = threading.Thread(target=_outcome, args=(lambda: streamed(server),))
        asking.start()
        _wait(lambda: len(server.requests) == 1)
        port = int(server.url.split(":")[-1])
        with socket.create_connection(("127.0.0.1", port)) as half:
            half.sendall(b"POST /v1/messages HTTP/1.1\r\ncontent-length: 10\r\n\r\n")
            start = time.monotonic()
            server.close()
    assert time.monotonic() - start < 1
    asking.join(timeout=5)
    assert not asking.is_alive()


def test_an_unknown_organism_is_told_of_at_once() -> None:
    with pytest.raises(Exception, match="no-such"), serve("no-such"):
        pass


@pytest.mark.slow
def test_by_hand(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.messages_server", "final", "--port", "0"]
    root = Path(__file__).resolve().parents[1]
    with subprocess.Popen(
        command,
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split("at ")[1].split(" ")[0]
        client = anthropic.Anthropic(base_url=url, api_key=KEY)
        client.messages.create(**asked())
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "answered: 1\n"
    assert process.returncode == 0
