"""The routes of Anthropic's face."""

from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.routing import Route

from tests.messages_server import anthropic, anthropic_tools
from tests.messages_server.answers import Thinking, said
from tests.messages_server.batches import Batches, Made
from tests.messages_server.delivery import STREAM, Reply, as_json
from tests.messages_server.events import event, message_events
from tests.messages_server.exchange import Arrived, Exchange, Prepare, Prepared, respond
from tests.messages_server.faults import OVERLOADED
from tests.messages_server.state import State

_GARBAGE = b'event: content_block_delta\ndata: {"type": "content_block_delta", "ind\n\n'


def routes(state: State) -> list[Route]:
    """Messages, `count_tokens` and message batches."""
    made = partial(message, state.thinking)
    batches = Batches(state, made)
    one = "/v1/messages/batches/{batch_id}"

    def route(path: str, method: str, prepare: Prepare) -> Route:
        async def endpoint(http: HttpRequest) -> Exchange:
            return await respond(state, "anthropic", http, prepare, anthropic.error_body)

        return Route(path, endpoint, methods=[method])

    return [
        route("/v1/messages", "POST", partial(_messages, made)),
        route("/v1/messages/count_tokens", "POST", _count_tokens),
        route("/v1/messages/batches", "POST", batches.create),
        route("/v1/messages/batches", "GET", batches.list),
        route(one, "GET", batches.retrieve),
        route(f"{one}/results", "GET", batches.results),
        route(f"{one}/cancel", "POST", batches.cancel),
    ]


async def message(
    thinking: Thinking, arrived: Arrived
) -> tuple[dict[str, Any], Callable[[], None]]:
    """The message that answers a request, and what to call if it does not arrive.

    Raises:
        Rejected: The API would not take the request.
    """
    body, betas = arrived.request.body, arrived.request.betas
    told = anthropic.check(body, betas)
    messages, config = anthropic.conversation(body), anthropic.settings(body, told)
    output, lost = await arrived.behind.answer(messages, config, anthropic_tools.offered(body))
    answer = said(output, body["model"], anthropic.count(body), arrived.ends)
    shown = anthropic.how_shown(body, told, betas, thinking)
    return anthropic.message(answer, told, shown, arrived.request.ordinal), lost


async def _messages(made: Made, arrived: Arrived) -> Prepared:
    answer, lost = await made(arrived)
    if not arrived.request.body.get("stream"):
        return Prepared(as_json(answer), lost=lost)
    overload = anthropic.error_body(OVERLOADED.type, OVERLOADED.message, OVERLOADED.status, "")
    return Prepared(
        Reply(list(message_events(answer)), media=STREAM),
        garbage=_GARBAGE,
        overload=event(overload),
        lost=lost,
    )


async def _count_tokens(arrived: Arrived) -> Prepared:
    anthropic.check_messages(arrived.request.body)
    return Prepared(as_json({"input_tokens": anthropic.count(arrived.request.body)}))
