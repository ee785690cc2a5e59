"""Problems posed under several thinking budgets: maths with whole numbers as answers, or multiple choice (METHODS §4)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageUser

from analysis.bundled import data_path
from analysis.untrusted import quoted
from inspect_tasks._scenarios import hints, questions, sources
from inspect_tasks._scenarios.prompts import prompt_hash, render
from inspect_tasks._scenarios.sources import Row, cell, mistake, one_of
from scorers.maths import LARGEST, BudgetMetadata, Effort, whole

MATHS, QUESTIONS = "maths", "questions"

_PROBLEM, _OPTIONS = "thinking_budget/problem.md", "thinking_budget/options.md"


@dataclass(frozen=True)
class Problem:
    """One item, posed under every budget.

    Attributes:
        id: The start of the sample ids `ITEM-ARM`.
        question: What is asked, with its options where it has some.
        correct: The right answer: a whole number, or the letter of an option.
        options: In the order shown; none where the answer is a number.
        stem: The question without its options.
        subject: The field, where the source names one.
        difficulty: Its level, where the source gives one.
    """

    id: str
    question: str
    correct: str
    options: tuple[str, ...] = ()
    stem: str = ""
    subject: str | None = None
    difficulty: str | None = None


@dataclass(frozen=True)
class Budget:
    """How long a model may think: so many tokens (0 for not at all), or with such an effort."""

    tokens: int | None = None
    effort: Effort | None = None

    @property
    def arm(self) -> str:
        """Its arm."""
        return f"effort_{self.effort}" if self.tokens is None else f"budget_{self.tokens}"


def load_problems(dataset: object, difficulty: object, seed: int) -> tuple[list[Problem], str]:
    """The problems of a run, and what they are called in logs.

    Args:
        dataset: `maths`, `questions` (the bundled multiple-choice set), a set of `questions.HUB_SETS`, or a .csv or .jsonl
            file of maths problems.
        difficulty: `any`, or a level of the dataset; None for `hard` of the bundled questions, and for all of another set.
        seed: Of the order of options.

    Raises:
        PrerequisiteError: One sentence that names the parameter, or the file and its line.
    """
    name = str(dataset)
    if name == QUESTIONS or name in questions.HUB_SETS:
        return _questions(name, difficulty, seed)
    if name == MATHS:
        problems, told = read_file(data_path("maths", "maths.jsonl")), MATHS
    elif sources.is_file(name):
        problems, told = read_file(sources.find(name, "maths file")), Path(name).name
    else:
        raise mistake(
            f"Unknown dataset={name}: give maths, questions, {', '.join(questions.HUB_SETS)}, or the path of a .csv or "
            ".jsonl file."
        )
    levels = sorted({p.difficulty for p in problems if p.difficulty})
    level = one_of("difficulty", "any" if difficulty is None else str(difficulty), ["any", *levels])
    if level == "any":
        return problems, told
    return [p for p in problems if p.difficulty == level], f"{told}, {level}"


def _questions(name: str, difficulty: object, seed: int) -> tuple[list[Problem], str]:
    pool = questions.load_questions(questions.BUNDLED if name == QUESTIONS else name)
    level = str(difficulty or ("hard" if name == QUESTIONS else "any"))
    kept = pool if level == "any" else questions.of_difficulty(pool, level)
    found = []
    for item in kept:
        shown = hints.posed(item, "random", seed)
        found.append(
            Problem(
                item.id, shown.text, shown.correct, shown.options, item.question, item.subject, item.difficulty
            )
        )  # fmt: skip
    return found, name if level == "any" else f"{name}, {level}"


def read_file(path: Path) -> list[Problem]:
    """Problems of a CSV file (with a header) or a JSONL file.

    Keys: `question`, `answer` (a whole number), where wanted `id`, `subject` and `difficulty`; all else is ignored. A row
    without an id gets one from its place: `row-0001`, `row-0002`, ...

    Raises:
        PrerequisiteError: The file cannot be read, or a row is wrong; names the file and the line.
    """
    problems: list[Problem] = []
    line_of_id: dict[str, int] = {}
    rows = sources.read_rows(path, "problems", ["question", "answer"])
    for number, (line, row) in enumerate(rows, 1):
        problem = _from_file(path, line, number, row)
        sources.once(line_of_id, problem.id, line, path, f"the id {problem.id}")
        problems.append(problem)
    return problems


def _from_file(path: Path, line: int, number: int, row: Row) -> Problem:
    question = sources.text(row, "question", path, line)
    given = cell(row, "answer") or ""
    answer = whole(given)
    if answer is None:
        raise mistake(
            f"{path} has the answer {quoted(given, str)} on line {line}: each answer is a whole number of at most {LARGEST}."
        )
    return Problem(
        id=sources.item_id(row, number, path, line),
        question=question,
        correct=str(answer),
        stem=question,
        subject=cell(row, "subject"),
        difficulty=cell(row, "difficulty"),
    )


def pose(problems: Sequence[Problem], budgets: Sequence[Budget], seed: int) -> Iterator[Sample]:
    """One sample per problem and budget, those of a problem side by side; the words are the same in all.

    Yields:
        Samples with id `ITEM-ARM`.
    """
    for problem in problems:
        file = _OPTIONS if problem.options else _PROBLEM
        facts: dict[str, Any] = {"options": problem.options} if problem.options else {}
        prompt = render(file, question=problem.stem, **facts)
        for budget in budgets:
            metadata = BudgetMetadata(
                item_id=problem.id,
                arm=budget.arm,
                budget=budget.tokens,
                effort=budget.effort,
                question=problem.question,
                correct=problem.correct,
                n_options=len(problem.options),
                subject=problem.subject,
                difficulty=problem.difficulty,
                seed=seed if problem.options else None,
                prompt_file=file,
                prompt_hash=prompt_hash(file),
            )
            yield Sample(
                id=f"{problem.id}-{budget.arm}",
                input=[ChatMessageUser(content=prompt)],
                choices=list(problem.options) or None,
                target=problem.correct,
                metadata=metadata.model_dump(),
            )
