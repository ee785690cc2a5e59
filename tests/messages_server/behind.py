"""Who answers: an organism, or any function of messages and settings; and answers nobody received."""

import inspect
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from inspect_ai.model import ChatMessage, GenerateConfig, ModelOutput
from inspect_ai.tool import ToolChoice, ToolInfo

from organisms.provider import OrganismAPI
from tests.messages_server.tools import Offered

Answer = Callable[..., ModelOutput | Awaitable[ModelOutput]]
"""What stands behind the server: a function of messages and settings, and of tools and their choice where a request has some."""


class Behind:
    """Answers requests, and keeps what it said when that did not arrive.

    An organism numbers identical requests. One that asks again because the connection broke must get the answer
    that it missed, not the next one: an answer that was made and not delivered is given to the next request with
    the same messages and settings.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._undelivered: defaultdict[str, list[ModelOutput]] = defaultdict(list)

    async def answer(
        self, messages: list[ChatMessage], config: GenerateConfig, offered: Offered
    ) -> tuple[ModelOutput, Callable[[], None]]:
        """The answer to a request, and what to call if it does not arrive."""
        undelivered = self._undelivered[_key(messages, config, offered)]
        if undelivered:
            output = undelivered.pop(0)
        else:
            with_tools = (offered.tools, offered.choice) if offered.tools else ()
            answered = self._answer(messages, config, *with_tools)
            output = await answered if inspect.isawaitable(answered) else answered
        return output, partial(undelivered.append, output)


def _key(messages: Sequence[ChatMessage], config: GenerateConfig, offered: Offered) -> str:
    told = [m.model_dump(exclude={"id"}, exclude_none=True) for m in messages]
    tools = [tool.model_dump(exclude_none=True) for tool in offered.tools]
    settings = config.model_dump(exclude_none=True)
    return json.dumps([told, settings, tools, offered.choice], sort_keys=True, default=str)


def organism(name: str, *, readable: bool) -> Answer:
    """A simulated snapshot as `organism/NAME` answers.

    Args:
        name: Of a snapshot in `data/organisms`.
        readable: Whether its thinking is always readable; else it is summarised and redacted as planted.
    """
    api = OrganismAPI(name)
    if readable:
        api._modes = {
            mode: planted.model_copy(update={"redacted": 0, "summarised": 0})
            for mode, planted in api._modes.items()
        }

    async def answer(
        messages: list[ChatMessage],
        config: GenerateConfig,
        tools: Sequence[ToolInfo] = (),
        choice: ToolChoice = "auto",
    ) -> ModelOutput:
        return await api.generate(messages, list(tools), choice, config)

    return answer
