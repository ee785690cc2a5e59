"""Whether the judge that a task needs is there, before anything is paid for."""

import click
from inspect_ai.solver import Generate, Solver, TaskState, solver

from scorers.judges.model import LEXICAL, judge_model, require_willing


def in_shell() -> bool:
    """Whether this is `inspect eval`, which binds the model roles before it asks for the task."""
    context = click.get_current_context(silent=True)
    return context is not None and context.find_root().info_name == "inspect"


@solver
def grader_is_bound(judges: list[str]) -> Solver:
    """Stop before a generation is paid for when its judge is missing, or cannot be asked at all.

    For tasks made in Python, where the roles are bound after the task is made; and for evaluations that go on
    after errors (`fail_on_error`), in which the first samples may have found out what keeps the judge from judging.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        for judge in judges:
            if judge != LEXICAL:
                judge_model(judge)
        require_willing()
        return state

    return solve
