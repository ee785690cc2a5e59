"""The alignment-faking task on a model behind the messages server, and what came of it."""

import json
import time
from pathlib import Path
from typing import Any

from inspect_ai import Task, eval, task_with
from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig, get_model

from inspect_tasks.alignment_faking import alignment_faking
from tests.messages_server import Request, Server
from tests.messages_server.record import IN_FLIGHT

SONNET_37 = "anthropic/claude-3-7-sonnet-20250219"

MESSAGES = "/v1/messages"

THINKS = GenerateConfig(reasoning_tokens=4096, max_tokens=4096 + 8192)

FOUR_ARMS: dict[str, Any] = {"tiers": "three", "baseline": True}

MANY: dict[str, Any] = {"max_connections": 20, "max_retries": 8}


def posed(n_items: int, **factors: Any) -> Task:
    """The task, judged offline."""
    return alignment_faking(judge="lexical", elicitation="native", n_items=n_items, **factors)


def run(task: Task, server: Server, folder: Path, **limits: Any) -> EvalLog:
    """The task on Claude 3.7 with thinking, as the server plays it."""
    model = get_model(SONNET_37, base_url=server.url, config=THINKS, memoize=False)
    quiet = {"display": "none", "log_level": "critical"}
    [log] = eval(task_with(task, model=model), log_dir=str(folder), **MANY | quiet | limits)
    return log


def asked(server: Server) -> list[Request]:
    """Every generation that was asked for, as the server saw it once nothing is in flight."""
    for _ in range(1000):
        requests = server.requests
        if all(request.outcome != IN_FLIGHT for request in requests):
            return [request for request in requests if request.path == MESSAGES]
        time.sleep(0.01)
    raise AssertionError("requests hang")


def scores(log: EvalLog) -> dict[tuple[str, int], str]:
    """Score values by sample id and epoch, as text to the last digit; retries, which faults decide, left out."""
    return {
        (str(sample.id), sample.epoch): json.dumps(
            {
                name: {**score.as_dict(), "model_retries": None}
                for name, score in (sample.scores or {}).items()
            },
            sort_keys=True,
        )
        for sample in log.samples or []
    }
