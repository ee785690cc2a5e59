"""How far a set of runs is; imported only where runs are made, since Inspect announces every hook that there is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from inspect_ai.hooks import Hooks, TaskEnd, hooks


@hooks(name="saydo_demo_progress", description="Tells the demo of each finished run")
class _Runs(Hooks):
    """Inspect reports each finished run here; outside of the demo nobody is told."""

    step: Callable[[], None] | None = None

    async def on_task_end(self, data: TaskEnd) -> None:
        if _Runs.step:
            _Runs.step()


@contextmanager
def telling(step: Callable[[], None]) -> Iterator[None]:
    """Within it, each finished run is told of."""
    _Runs.step = staticmethod(step)
    try:
        yield
    finally:
        _Runs.step = None
