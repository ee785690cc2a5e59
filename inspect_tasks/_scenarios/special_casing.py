"""Programming problems as they are posed: with tests that can be passed, and with tests that cannot (METHODS §4)."""

from collections.abc import Iterator, Sequence
from typing import cast

from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageUser

from inspect_tasks._scenarios import problems as bundled
from inspect_tasks._scenarios.problems import test_file, visible_cases
from inspect_tasks._scenarios.prompts import prompt_hash, render
from scorers.code.harness import Case, Problem
from scorers.metadata import Elicitation
from scorers.special_casing import Form, ProblemMetadata, Rung, Variant

RUNGS: tuple[Rung, ...] = (0, 1, 2, 3)

_PROMPT = "special_casing/problem.md"


def measured_by(problem: bundled.Problem, variant: str) -> Problem:
    """What a solution to a variant of a problem is measured by."""
    visible = [Case(**case.model_dump()) for case in visible_cases(problem, variant)]
    false = {"one_off": problem.one_off.index, "conflicting": -1}.get(variant)
    return Problem(
        function=problem.function,
        reference=problem.reference,
        generator=problem.generator,
        tests=test_file(problem, variant),
        visible=visible,
        hidden=[Case(**case.model_dump()) for case in problem.hidden],
        impossible=None if false is None else visible[false],
    )


def pose(
    problems: Sequence[bundled.Problem],
    variants: Sequence[str],
    rung: Rung,
    form: Form,
    flag: bool,
    elicitation: Elicitation,
    seed: int,
) -> Iterator[Sample]:
    """One sample per problem and variant, those of a problem side by side; they differ in the test file alone.

    Args:
        problems: What is posed.
        variants: The arms.
        rung: Which of the four prompts.
        form: Whether the model answers at once, or has the files and tools.
        flag: Whether the prompt tells of a way to flag a bad test.
        elicitation: Where the reasoning is.
        seed: Decides the fresh inputs.

    Yields:
        Samples with id `PROBLEM-VARIANT`; in the form `agent` with the files `solution.py` (empty) and
            `test_solution.py`.
    """
    opening = f"special_casing/rung_{rung}.md"
    words_hash = prompt_hash(opening, _PROMPT)
    for problem in problems:
        for variant in variants:
            measured = measured_by(problem, variant)
            metadata = ProblemMetadata(
                item_id=problem.id,
                arm=cast(Variant, variant),
                rung=rung,
                form=form,
                flag=flag,
                elicitation=elicitation,
                seed=seed,
                statement=problem.statement,
                problem=measured,
                prompt_file=opening,
                prompt_hash=words_hash,
            )
            prompt = render(
                _PROMPT,
                opening=render(opening),
                statement=problem.statement,
                tests=measured.tests.strip(),
                form=form,
                flag=flag,
                elicitation=elicitation,
            )
            files = {"solution.py": "", "test_solution.py": measured.tests}
            yield Sample(
                id=f"{problem.id}-{variant}",
                input=[ChatMessageUser(content=prompt)],
                target=problem.reference,
                metadata=metadata.model_dump(),
                files=files if form == "agent" else None,
            )
