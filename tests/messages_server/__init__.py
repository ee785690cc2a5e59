"""A small server on loopback that speaks Anthropic's Messages API, with an organism behind it.

    with serve("final") as server:
        eval(task, model="anthropic/claude-3-7-sonnet-20250219", model_base_url=server.url)

README.md tells what it does and what it leaves out.
"""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from tests.messages_server import anthropic_routes, openai_routes
from tests.messages_server.answers import Thinking
from tests.messages_server.behind import Answer, organism
from tests.messages_server.faults import Fault, Script
from tests.messages_server.openai import ThinkingIn
from tests.messages_server.record import Request
from tests.messages_server.state import State

__all__ = ["Answer", "Fault", "Request", "Script", "Server", "Thinking", "serve"]


BACKLOG = 1024
"""Connections that wait to be accepted: more than any evaluation opens at once."""


GRACE = 0.3
"""Seconds that what is under way has when the server closes."""


def no_faults(n: int, request: Request) -> None:
    """The script under which nothing goes wrong."""


class Server:
    """A server that runs in a thread of its own until it is closed.

    Attributes:
        url: The base URL for Anthropic's clients.
        openai_url: The base URL for OpenAI's clients.
    """

    def __init__(self, state: State, port: int) -> None:
        self._state = state
        self._socket = _listening(port)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.openai_url = f"{self.url}/v1"
        state.url = self.url
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="messages server", daemon=True)
        self._thread.start()

    @property
    def requests(self) -> list[Request]:
        """All requests so far, in the order in which they came, and what became of them."""
        return self._state.requests()

    def outcomes(self) -> Counter[str]:
        """How many requests ended how."""
        return Counter(request.outcome for request in self.requests)

    def forget(self) -> None:
        """Let the model answer as in a new evaluation: its numbering of identical requests begins anew."""
        self._state.forget()

    def close(self) -> None:
        """Stop at once: what hangs is dropped. A second time does nothing."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._state.closing.set)
            self._thread.join()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        config = uvicorn.Config(
            self._app(),
            http="h11",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            # Not uvicorn's 5 seconds: a slow client would meet a closing connection, and ask again.
            timeout_keep_alive=600,
        )
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[self._socket])
        await self._state.closing.wait()
        await _stop(server)
        self._socket.close()

    def _app(self) -> Callable[[Scope, Receive, Send], object]:
        routed = Starlette(
            routes=[*anthropic_routes.routes(self._state), *openai_routes.routes(self._state)]
        )

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            # ASGI knows no way to drop a connection; uvicorn's `send` belongs to an object that has it.
            scope["transport"] = send.__self__.transport  # type: ignore[attr-defined]
            await routed(scope, receive, send)

        return app


async def _stop(server: uvicorn.Server) -> None:
    """As uvicorn does, only sooner: it waits at least a tenth of a second, and for ever for what hangs."""
    for listening in server.servers:
        listening.close()
    for connection in list(server.server_state.connections):
        connection.shutdown()
    if not await _emptied(server):
        for task in list(server.server_state.tasks):
            task.cancel()
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        await _emptied(server)


async def _emptied(server: uvicorn.Server) -> bool:
    """Wait until nothing is under way; False if something still is after `GRACE`."""
    until = asyncio.get_running_loop().time() + GRACE
    while server.server_state.connections or server.server_state.tasks:
        if asyncio.get_running_loop().time() > until:
            return False
        await asyncio.sleep(0.001)
    return True


def _listening(port: int) -> socket.socket:
    # asyncio sends at once only where the protocol is named; else every answer waits 40 ms for the client's ACK.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(BACKLOG)
    return listening


@contextmanager
def serve(
    behind: str | Answer,
    *,
    thinking: Thinking = "raw",
    thinking_in: ThinkingIn = "reasoning_content",
    script: Script = no_faults,
    port: int = 0,
) -> Iterator[Server]:
    """Run a server until the block ends.

    Args:
        behind: Who answers: an organism by its name, or a function of messages and settings.
        thinking: How thinking is shown. `as_given`: as the model behind gives it, an organism as planted. `raw`,
            `summarised`, `omitted` (a signature and no text) or `redacted`: all of it so. `by_request`: as the API
            does, by the family of the model, the request's `display` and the beta header for full thinking.
        thinking_in: Where it stands on OpenAI's face.
        script: Which fault meets which request.
        port: To listen on; 0 for any that is free.
    """

    def answer() -> Answer:
        if isinstance(behind, str):
            return organism(behind, readable=thinking != "as_given")
        return behind

    answer()  # an organism that is not known is told of here
    name = behind if isinstance(behind, str) else "model"
    server = Server(State(answer, name, thinking, thinking_in, script), port)
    try:
        yield server
    finally:
        server.close()
