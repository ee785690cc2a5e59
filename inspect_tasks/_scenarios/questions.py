"""Where the questions of a run come from: the bundled set, a user's file, or a pinned Hub set."""

import hashlib
import logging
import math
import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspect_ai.log import (
    EvalSampleSummary,
    EvalSpec,
    list_eval_logs,
    read_eval_log,
    read_eval_log_sample_summaries,
)

from analysis.bundled import data_path
from analysis.faithfulness import LETTERS
from analysis.untrusted import quoted
from inspect_tasks._scenarios import sources
from inspect_tasks._scenarios.sources import HubSet, Row, cell, mistake

logger = logging.getLogger(__name__)

BUNDLED = "bundled"

DIFFICULTIES = ("easy", "hard")
"""Levels of `data/questions/README.md`."""

MARK = "◆"
"""Stands beside the right option of each worked example of the hint `visual_pattern`."""

_ANSWER_LINE = re.compile(r"^\s*ANSWER:", re.MULTILINE)

_FILLER = "N/A"
"""What MMLU-Pro has in place of an option where a question has fewer than ten."""


@dataclass(frozen=True)
class Question:
    """One item: a multiple-choice question, posed in every arm.

    Attributes:
        id: Stable item id, the start of the sample ids `ITEM-ARM`.
        question: The stem, without the options.
        options: 2 to 10 texts that differ, each on one line, in the order of the source.
        correct: Index of the right option.
        subject: The field, where the source names one.
        difficulty: `easy` or `hard`, where the source gives a level.
    """

    id: str
    question: str
    options: tuple[str, ...]
    correct: int
    subject: str | None = None
    difficulty: str | None = None


HUB_SETS = {
    "mmlu": HubSet(
        repo="cais/mmlu",
        revision="c30699e8356da336a370243923dbaf21066bb9fe",
        config="all",
        split="test",
    ),
    "mmlu_pro": HubSet(
        repo="TIGER-Lab/MMLU-Pro",
        revision="b189ec765aa7ed75c8acfea42df31fdae71f97be",
        split="test",
    ),
    "gpqa_diamond": HubSet(
        repo="Idavidrein/gpqa",
        revision="633f5ee89ab8ad4522a9f850766b73f62147ffdd",
        config="gpqa_diamond",
        split="train",
    ),
}

_WRONG = ("Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")

_COLUMNS: dict[str, dict[str, type]] = {
    "mmlu": {"question": str, "choices": list, "answer": int},
    "mmlu_pro": {
        "question_id": int,
        "question": str,
        "options": list,
        "answer": str,
        "answer_index": int,
    },
    "gpqa_diamond": {
        "Record ID": str,
        "Question": str,
        "Correct Answer": str,
        **dict.fromkeys(_WRONG, str),
    },
}
"""Of each Hub set, the columns without which there is no question, and what they hold."""


class _Unfit(Exception):
    """Why a row cannot be posed, as what the row has: `an empty option`."""


def load_questions(dataset: object) -> list[Question]:
    """The questions of a run, in the order of their source.

    Args:
        dataset: `bundled`, a set of `HUB_SETS`, or a path that ends in `.csv` or `.jsonl`. A
            relative path is looked up in the current folder, then where the process was started.

    Raises:
        PrerequisiteError: One sentence that names the parameter, or the file and its line.
    """
    name = str(dataset)  # `-T dataset=a,b` arrives as a list
    if name == BUNDLED:
        return read_file(data_path("questions", "questions.jsonl"))
    if name in HUB_SETS:
        return from_hub_rows(name, sources.download(name, HUB_SETS[name], "dataset"))
    if sources.is_file(name):
        return read_file(sources.find(name, "questions file"))
    raise mistake(
        f"Unknown dataset={name}: give bundled, {', '.join(HUB_SETS)}, or the path of a .csv or "
        ".jsonl file."
    )


def read_file(path: Path) -> list[Question]:
    """Questions of a CSV file (with a header) or a JSONL file.

    JSONL keys: `question`; `options` (or `choices`), a list of texts; and the right option as either
    `correct` (its index counted from 0, or its letter) or `answer` (its letter or its text). CSV
    columns: `question`; one column per option, `A`, `B` and so on, with blank cells after the last
    option of a row; `answer`. Both: where wanted `id`, `subject` and `difficulty` (`easy`, `hard`);
    all else is ignored. A row without an id gets one from its place: `row-0001`, `row-0002`, ...

    White space inside an option is folded, so that each is one line. A text may hold neither the
    mark of the hint `visual_pattern` nor a line that begins with `ANSWER:`, which would be hints
    of their own. The same stem may come again with other options.

    Raises:
        PrerequisiteError: The file cannot be read, or a row is wrong; names the file and the line.
    """
    table = path.suffix.lower() == ".csv"
    needed = ["question", "A", "B", "answer"] if table else ["question"]
    questions: list[Question] = []
    line_of_id: dict[str, int] = {}
    line_of_text: dict[str, int] = {}
    rows = sources.read_rows(path, "questions", needed)
    for number, (line, row) in enumerate(rows, 1):
        question = _from_file(path, line, number, _as_keys(row) if table else row)
        sources.once(line_of_id, question.id, line, path, f"the id {question.id}")
        sources.once(line_of_text, _asked(question), line, path, "the same question")
        questions.append(question)
    return questions


def from_hub_rows(name: str, rows: Iterable[Row]) -> list[Question]:
    """Questions out of the rows of the Hub set `name`.

    Ids are those of the source, or by place: `mmlu-00001`, `mmlu-00002`, ... Some rows of these sets
    cannot be posed: MMLU repeats about a hundred of its questions, and nine have two equal options
    (github.com/hendrycks/test/issues/29). They are left out, of copies all but the first, and a
    logged warning counts them by reason.

    Raises:
        PrerequisiteError: A row has other columns than the set should have.
    """
    hub = HUB_SETS[name]
    questions: dict[str, Question] = {}
    left_out: Counter[str] = Counter()
    number = 0
    for number, row in enumerate(rows, 1):
        for column, kind in _COLUMNS[name].items():
            if not isinstance(row.get(column), kind):
                raise mistake(
                    f"Row {number} of {hub.repo} has no {kind.__name__} in its column `{column}`: "
                    "delete the cached copy, or pass dataset=FILE."
                )
        try:
            question = _checked(_FROM_HUB[name](number, row))
            if _asked(question) in questions:
                raise _Unfit("the question of an earlier row")
        except _Unfit as reason:
            left_out[str(reason)] += 1
            continue
        questions[_asked(question)] = question
    if left_out:
        counts = ", ".join(f"{n} with {reason}" for reason, n in left_out.most_common())
        logger.warning("%s: %d of %d rows left out: %s", name, left_out.total(), number, counts)
    return list(questions.values())


def of_difficulty(questions: Sequence[Question], level: str) -> list[Question]:
    """The questions of one level, in their order.

    Raises:
        PrerequisiteError: No such level, or none of the questions has it.
    """
    if level not in DIFFICULTIES:
        raise mistake(f"Unknown difficulty={level}: choose one of {', '.join(DIFFICULTIES)}.")
    found = [question for question in questions if question.difficulty == level]
    if not found:
        raise mistake(
            f"difficulty={level} leaves none of the {len(questions)} questions: use "
            "dataset=bundled, or a file that gives their `difficulty`."
        )
    return found


def dataset_name(dataset: object, questions: Sequence[Question]) -> str:
    """What a dataset is called in logs and tables; a file with the hash of what it holds.

    Files of one name have the same ids (`row-0001`), which must not be taken for the same questions.
    """
    name = str(dataset)
    if name in (BUNDLED, *HUB_SETS):
        return name
    held = "\0".join(f"{q.id}\0{q.question}\0{q.options}" for q in questions)
    return f"{Path(name).name} {hashlib.sha256(held.encode()).hexdigest()[:6]}"


@dataclass(frozen=True)
class NeverRight:
    """What an earlier run says about which items are too hard for its model.

    Attributes:
        model: The model of that run.
        item_ids: Items with scored unhinted samples, none of which was right.
        datasets: Names of what was asked there, as `dataset_name` gives them.
    """

    model: str
    item_ids: frozenset[str]
    datasets: frozenset[str]


def never_right(log: str) -> NeverRight:
    """The items that a model never answered right without a hint, in any epoch of any log.

    What it gets right there under a correct hint, it owes to the hint. An item without a scored
    unhinted sample is not among them.

    Args:
        log: An Inspect log of the task `cot_faithfulness`, or a folder or URL of such logs. A
            relative path is looked up in the current folder, then where the process was started.

    Raises:
        PrerequisiteError: No such log, no scored unhinted sample, or logs of several models.
    """
    right: Counter[str] = Counter()
    models, datasets = set(), set()
    for run, summaries in _earlier(log):
        models.add(run.model)
        datasets.add((run.dataset.name or "").split(", ")[0])  # without the level
        for summary in summaries:
            correct = _unhinted_correct(summary)
            if correct is not None:
                right[str(summary.metadata["item_id"])] += correct
    if not models:
        raise mistake(f"{log} holds no log of cot_faithfulness: give the log of an earlier run.")
    if len(models) > 1:
        named = ", ".join(sorted(models))
        raise mistake(f"{log} holds logs of several models ({named}): give those of one.")
    if not right:
        raise mistake(f"{log} holds no scored unhinted sample: give the log of a finished run.")
    unsolved = frozenset(item for item, times in right.items() if not times)
    return NeverRight(models.pop(), unsolved, frozenset(datasets))


def _earlier(log: str) -> Iterator[tuple[EvalSpec, list[EvalSampleSummary]]]:
    """Each log of the task, and its samples."""
    place = log if "://" in log else str(sources.find(log, "log"))
    for info in list_eval_logs(place):
        try:
            run = read_eval_log(info, header_only=True).eval
            if run.task.rpartition("/")[2] == "cot_faithfulness":  # a wheel's has a prefix
                yield run, read_eval_log_sample_summaries(info)
        except Exception as damage:  # a file can be broken in any way
            reason = str(damage).partition("\n")[0].rstrip(".")
            raise mistake(
                f"The log {info.name} cannot be read ({reason}): leave it out."
            ) from damage


def _unhinted_correct(summary: EvalSampleSummary) -> bool | None:
    """Whether an unhinted sample was answered right; None for others, and where unscored."""
    score = (summary.scores or {}).get("answer")
    if summary.metadata.get("arm") != "unhinted" or score is None:
        return None
    value: Any = score.value
    return None if value["unscored"] or math.isnan(value["correct"]) else value["correct"] == 1


def _from_file(path: Path, line: int, number: int, row: Row) -> Question:
    difficulty = cell(row, "difficulty")
    if difficulty not in (None, *DIFFICULTIES):
        raise mistake(
            f"{path} has the difficulty {quoted(difficulty)} on line {line}: give easy or hard, or "
            "leave it out."
        )
    stem = sources.text(row, "question", path, line)
    item_id = sources.item_id(row, number, path, line)
    try:
        options = _options(row)
        right = _right(row, options)
        return _checked(Question(item_id, stem, options, right, cell(row, "subject"), difficulty))
    except _Unfit as reason:
        raise mistake(f"{path} has {reason} on line {line}.") from reason


def _as_keys(row: Row) -> Row:
    """A CSV row as the JSONL row that says the same."""
    cells = [cell(row, letter) or "" for letter in string.ascii_uppercase]
    while cells and not cells[-1]:
        cells.pop()
    return {**row, "correct": None, "choices": None, "options": cells}


def _options(row: Row) -> tuple[str, ...]:
    given = [row[key] for key in ("options", "choices") if row.get(key) is not None]
    if len(given) != 1:
        raise _Unfit("both `options` and `choices`" if given else "no `options`")
    if not isinstance(given[0], list) or not all(isinstance(text, str) for text in given[0]):
        raise _Unfit("`options` that are no list of texts")
    return tuple(map(_folded, given[0]))


def _right(row: Row, options: Sequence[str]) -> int:
    given = {key: row[key] for key in ("correct", "answer") if row.get(key) not in (None, "")}
    if len(given) != 1:
        raise _Unfit("both `correct` and `answer`" if given else "no `correct` and no `answer`")
    ((key, value),) = given.items()
    places = set()
    if key == "correct" and type(value) is int:
        places = {value}
    elif isinstance(value, str):
        places = {LETTERS.find(value.strip())} if len(value.strip()) == 1 else set()
        if key == "answer":
            places |= {i for i, option in enumerate(options) if option == _folded(value)}
    places &= set(range(len(options)))
    if len(places) > 1:
        raise _Unfit(
            f"the `answer` {quoted(value)} that is the letter of one option and the text of another"
        )
    if not places:
        kinds = "index counted from 0 or letter" if key == "correct" else "letter or text"
        raise _Unfit(f"the `{key}` {quoted(value)} that is no {kinds} of its options")
    return places.pop()


def _checked(question: Question) -> Question:
    """The question itself, if it can be posed."""
    options, texts = question.options, (question.question, *question.options)
    if not 2 <= len(options) <= len(LETTERS):
        raise _Unfit(f"{len(options)} instead of 2 to {len(LETTERS)} options")
    if not all(texts):
        raise _Unfit("an empty question or option")
    if len(set(options)) < len(options):
        raise _Unfit("two equal options")
    if any(MARK in text for text in texts):
        raise _Unfit(f"the mark {MARK} of a hint")
    if any(_ANSWER_LINE.search(text) for text in texts):
        raise _Unfit("a line that begins with `ANSWER:`")
    return question


def _asked(question: Question) -> str:
    """What makes two questions the same: the stem, and the options in any order.

    The case of options tells some of them apart: genotypes, units.
    """
    stem = _folded(question.question).casefold()
    return "\n".join([stem, *sorted(question.options)])


def _folded(text: str) -> str:
    return " ".join(text.split())


def _from_mmlu(number: int, row: Mapping[str, Any]) -> Question:
    options = tuple(map(_folded, row["choices"]))
    if row["answer"] not in range(len(options)):
        raise _Unfit("no right option")
    return Question(
        f"mmlu-{number:05d}", row["question"].strip(), options, row["answer"], cell(row, "subject")
    )


def _from_mmlu_pro(number: int, row: Mapping[str, Any]) -> Question:
    right = row["answer_index"]
    if right not in range(len(row["options"])) or row["answer"] != LETTERS[right : right + 1]:
        raise _Unfit("a letter and an index that name no one option")
    real = [i for i, option in enumerate(row["options"]) if option.strip() != _FILLER or i == right]
    options = tuple(_folded(row["options"][i]) for i in real)
    return Question(
        f"mmlu_pro-{row['question_id']:05d}",
        row["question"].strip(),
        options,
        real.index(right),
        cell(row, "category"),
    )


def _from_gpqa(number: int, row: Mapping[str, Any]) -> Question:
    options = tuple(_folded(row[column]) for column in ("Correct Answer", *_WRONG))
    return Question(row["Record ID"], row["Question"].strip(), options, 0, cell(row, "Subdomain"))


_FROM_HUB: dict[str, Callable[[int, Mapping[str, Any]], Question]] = {
    "mmlu": _from_mmlu,
    "mmlu_pro": _from_mmlu_pro,
    "gpqa_diamond": _from_gpqa,
}
