"""The routes of OpenAI's face."""

from functools import partial
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.routing import Route

from tests.messages_server import openai, openai_tools
from tests.messages_server.answers import said
from tests.messages_server.delivery import STREAM, Reply, as_json
from tests.messages_server.exchange import Arrived, Exchange, Prepare, Prepared, respond
from tests.messages_server.state import State


def routes(state: State) -> list[Route]:
    """Chat completions and the list of models."""

    def route(path: str, method: str, prepare: Prepare) -> Route:
        async def endpoint(http: HttpRequest) -> Exchange:
            return await respond(state, "openai", http, prepare, openai.error_body)

        return Route(path, endpoint, methods=[method])

    return [
        route("/v1/chat/completions", "POST", partial(_completions, state)),
        route("/v1/models", "GET", partial(_models, state)),
    ]


async def _completions(state: State, arrived: Arrived) -> Prepared:
    body = arrived.request.body
    openai.check(body)
    output, lost = await arrived.behind.answer(
        openai.conversation(body), openai.settings(body), openai_tools.offered(body)
    )
    answer = said(output, body["model"], openai.count(body), arrived.ends)
    told = openai.completion(answer, state.thinking, state.thinking_in, arrived.request.ordinal)
    if not body.get("stream"):
        return Prepared(as_json(told), lost=lost)
    options: dict[str, Any] = body.get("stream_options") or {}
    events = list(openai.chunks(told, bool(options.get("include_usage"))))
    return Prepared(
        Reply(events, media=STREAM), garbage=openai.GARBAGE, overload=openai.overload(), lost=lost
    )


async def _models(state: State, arrived: Arrived) -> Prepared:
    return Prepared(as_json(openai.models([state.name])))
