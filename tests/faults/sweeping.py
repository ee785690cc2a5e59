"""`saydo sweep` and `inspect` as processes of their own, killed without warning, and what they leave behind."""

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from inspect_ai import Task
from inspect_ai.log import list_eval_logs, read_eval_log_sample_summaries
from inspect_ai.log._recover._buffer import read_buffer_recovery_data

from paper_figures import cli
from tests.faults.over_http import SONNET_37, THINKS, asked
from tests.messages_server import Server

Key = tuple[str, int]
"""Sample id and epoch."""

PROJECT = Path(__file__).resolve().parents[2]

DEADLINE = 180.0
"""Seconds after which a process hangs."""


@dataclass(frozen=True)
class Process:
    """A process that was started.

    Attributes:
        pid: Its id.
        poll: Its exit code, None while it runs.
        kill: Ends it by SIGKILL.
    """

    pid: int
    poll: Callable[[], int | None]
    kill: Callable[[], None]

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        until = time.monotonic() + DEADLINE
        while (code := self.poll()) is None:
            assert time.monotonic() < until, "the process hangs"
            time.sleep(0.01)
        return code


@dataclass(frozen=True)
class Place:
    """Where processes run.

    Attributes:
        folder: Theirs alone: logs, Inspect's sample buffer, caches.
        server: Who plays the model.
        samples_at_once: How many samples can be in flight.
    """

    folder: Path
    server: Server
    samples_at_once: int = 4

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def environment(self, **more: str) -> dict[str, str]:
        """Variables that keep a process within the folder, and lead it to the server."""
        return {
            "ANTHROPIC_API_KEY": "dummy",
            "ANTHROPIC_BASE_URL": self.server.url,
            "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "INSPECT_DISPLAY": "log",
            **more,
        }

    def start(self, *command: str, **environment: str) -> Process:
        """Start a command of the environment that runs the tests."""
        name, *arguments = command
        with self.said.open("ab") as said:
            started = subprocess.Popen(
                [str(Path(sys.executable).parent / name), *arguments],
                cwd=PROJECT,
                env={**os.environ, **self.environment(**environment)},
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        return Process(started.pid, started.poll, started.kill)

    def fork(self, *command: str, **environment: str) -> Process:
        """The same for `saydo` out of a process that has imported all already, which takes no time."""
        _, *arguments = command
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.faults.warm"])
        told = self.environment(**environment)
        forked = context.Process(target=_saydo, args=(arguments, told, str(self.said)))
        forked.start()
        return Process(forked.pid or 0, lambda: forked.exitcode, forked.kill)

    @property
    def said(self) -> Path:
        """What processes said."""
        return self.folder / "said.txt"

    def sweep(self, n_items: int, **factors: Any) -> Path:
        """A sweep file of one run of Claude 3.7 with thinking."""
        path = self.folder / "sweep.yaml"
        written = {
            "log_dir": str(self.logs),
            "snapshots": [SONNET_37],
            "modes": {"extended": {"reasoning_tokens": THINKS.reasoning_tokens}},
            "tasks": [{"task": "alignment_faking", "n_items": n_items, **factors}],
            "judge": "lexical",
            "limits": {"max_samples": self.samples_at_once},
        }
        path.write_text(yaml.safe_dump(written, sort_keys=False))
        return path

    def recoverable(self) -> dict[Key, str]:
        """Samples that stand whole in a log or in Inspect's sample buffer, each with what names its run."""
        found: dict[Key, str] = {}
        buffers = self.folder / "data" / "inspect_ai" / "samplebuffer"
        for log in list_eval_logs(str(self.logs)) if self.logs.exists() else []:
            buffered = read_buffer_recovery_data(log.name, db_dir=buffers)
            summaries = read_eval_log_sample_summaries(log)
            for one in [*summaries, *(buffered.completed if buffered else ())]:
                if not one.error:
                    found[str(one.id), one.epoch] = str(one.uuid)
        return found


def _saydo(arguments: list[str], environment: dict[str, str], said: str) -> None:
    """The command, in a process that was forked for it."""
    os.environ.update(environment)
    os.chdir(PROJECT)
    file = os.open(said, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(file, 1)
    os.dup2(file, 2)
    cli.main(arguments)


def kill_when(process: Process, reached: Callable[[], bool], delay: float = 0.0) -> bool:
    """Kill a process once something is so, and some seconds later; whether it was still running."""
    until = time.monotonic() + DEADLINE
    while process.poll() is None and not reached():
        assert time.monotonic() < until, "the process hangs"
        time.sleep(0.002)
    time.sleep(delay)
    running = process.poll() is None
    process.kill()
    process.wait()
    return running


def after_requests(server: Server, n: int) -> Callable[[], bool]:
    """The server has seen so many generations asked for."""
    return lambda: len(server.requests) >= n


def in_recovery(logs: Path) -> Callable[[], bool]:
    """Inspect has begun to write, or to write again, what it recovers of a run that was broken off."""
    before = _recovered(logs)
    return lambda: bool(_recovered(logs) - before)


def _recovered(logs: Path) -> set[tuple[str, float]]:
    return {(path.name, path.stat().st_mtime) for path in logs.glob("*-recovered.eval")}


def keys_asked(server: Server, task: Task) -> list[Key]:
    """Which sample each generation was asked for, in one epoch."""
    samples = {
        "\n".join(turn.text for turn in sample.input if not isinstance(turn, str)): str(sample.id)
        for sample in task.dataset
    }
    return [(samples[request.text], 1) for request in asked(server)]


def repeated(keys: Sequence[Key]) -> int:
    """How many generations were asked for beyond the first of each sample."""
    return len(keys) - len(set(keys))
