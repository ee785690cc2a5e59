"""A task as other projects write them: Inspect's own solver and scorer, of which a report knows nothing but the log."""

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import choice
from inspect_ai.solver import multiple_choice

from inspect_tasks._scenarios.questions import DIFFICULTIES, load_questions, of_difficulty


@task
def quiz(n_items: int) -> Task:
    """Multiple-choice questions without hints, arms or judges: accuracy by snapshot and mode.

    Args:
        n_items: How many, as many of each level of difficulty.
    """
    bank = load_questions("bundled")
    posed = [
        question
        for level in DIFFICULTIES
        for question in of_difficulty(bank, level)[: n_items // len(DIFFICULTIES)]
    ]
    samples = [
        Sample(id=one.id, input=one.question, choices=[*one.options], target="ABCD"[one.correct])
        for one in posed
    ]
    return Task(
        dataset=MemoryDataset(samples, name="quiz"), solver=multiple_choice(), scorer=choice()
    )
