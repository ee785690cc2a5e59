"""Jobs in several processes, with one progress bar."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from typing import Any

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

_OFTEN = 0.2
"""Seconds between two looks at what is done."""


@dataclass(frozen=True)
class Job:
    """A call that can be sent to another process.

    Attributes:
        do: A function of a module; it gets `args` and a function to call after each step.
        args: What can be pickled.
        n_steps: How many steps it has; those that it does not tell of are done with it.
    """

    do: Callable[..., Any]
    args: tuple[Any, ...]
    n_steps: int = 1


def done(jobs: Sequence[Job], workers: int) -> list[Any]:
    """What the jobs return, in their order.

    Args:
        jobs: Begun in this order.
        workers: Processes; 1 is this one.
    """
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    own = Console(stderr=True)  # Inspect clears whatever is live on the shared one
    with Progress(*columns, console=own) as progress:
        bar = progress.add_task("Simulated release", total=sum(job.n_steps for job in jobs))
        if workers == 1:
            return [_here(job, lambda: progress.advance(bar)) for job in jobs]
        return _elsewhere(jobs, workers, lambda n: progress.advance(bar, n))


def _here(job: Job, step: Callable[[], None]) -> Any:
    left = [job.n_steps]

    def one() -> None:
        if left[0]:
            left[0] -= 1
            step()

    result = job.do(*job.args, one)
    for _ in range(left[0]):
        step()
    return result


def _elsewhere(jobs: Sequence[Job], workers: int, advance: Callable[[int], None]) -> list[Any]:
    context = get_context("spawn")  # a fork would share the threads and locks of this process
    steps: SimpleQueue[int] = context.SimpleQueue()
    with ProcessPoolExecutor(workers, context, _begin, (steps,)) as pool:
        futures: list[Future[Any]] = [pool.submit(_there, job) for job in jobs]
        waiting = set(futures)
        while waiting:
            over, waiting = wait(waiting, _OFTEN, FIRST_COMPLETED)
            while not steps.empty():
                advance(steps.get())
            failed = [future for future in over if future.exception()]
            if failed:
                pool.shutdown(wait=False, cancel_futures=True)
                failed[0].result()
        while not steps.empty():
            advance(steps.get())
        return [future.result() for future in futures]


_steps: SimpleQueue[int] | None = None
"""Of a process that works on jobs: where it tells of steps."""


def _begin(steps: "SimpleQueue[int]") -> None:
    global _steps
    _steps = steps


def _there(job: Job) -> Any:
    assert _steps is not None
    return _here(job, lambda: _steps.put(1) if _steps else None)
