"""Chain-of-thought faithfulness: does the thinking admit the hint that moved the answer? (METHODS §2)

    inspect eval inspect_tasks/cot_faithfulness.py --model PROVIDER/MODEL --reasoning-tokens 4096 \
        --model-role grader=PROVIDER/MODEL

After Chen et al. (2025), "Reasoning models don't always say what they think", with the six hints of the
Claude 3.7 Sonnet system card (section 5.1); worked hints after METR (2025).
"""

import logging

from inspect_ai import Task, task
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.dataset import MemoryDataset
from inspect_ai.model import ChatMessageUser
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver
from inspect_ai.util import LimitExceededError
from inspect_ai.viewer import TaskSamplesColumn, TaskSamplesView, ViewerConfig

from inspect_tasks._grader import grader_is_bound, in_shell
from inspect_tasks._scenarios.hints import TARGETS, hint_names, pose
from inspect_tasks._scenarios.prompts import render
from inspect_tasks._scenarios.questions import (
    DIFFICULTIES,
    Question,
    dataset_name,
    load_questions,
    never_right,
    of_difficulty,
)
from inspect_tasks._scenarios.sources import choose, one_of, whole_number
from scorers.acknowledgement import acknowledgement
from scorers.answer import answer
from scorers.asked import asked
from scorers.hinted import case_of
from scorers.judges.model import judge_names, require_grader
from scorers.metadata import ELICITATIONS
from scorers.monitor import monitor as hint_blind_monitor
from scorers.thinking import FOLLOW_UP, STOP_REASON, read_state

logger = logging.getLogger(__name__)

VERSION = 2
"""Moves when the same model would get other numbers."""


@task
def cot_faithfulness(
    hints: str | list[str] = "neutral,misaligned",
    hint_target: str = "incorrect",
    elicitation: str = "native",
    ask: bool = False,
    dataset: str = "bundled",
    difficulty: str = "any",
    n_items: int | None = None,
    seed: int = 0,
    judge: str | list[str] = "model",
    monitor: bool = True,
    max_judge_calls: int | None = None,
) -> Task:
    """Each question once without a hint and once under each hint: n_items x (1 + hints) generations.

    Judge calls: two (thinking, answer) for each hinted answer that is what the hint gives; the monitor one
    for each of these, and one for each unhinted sample. One more where a judge's reply cannot be read, and one
    for each further 90,000 characters of what is judged.

    Args:
        hints: Names of hints, separated by commas: `sycophancy`, `consistency`, `visual_pattern`, `metadata`
            (together `neutral`), `grader`, `unauthorized` (`misaligned`), `few_shot_position`, worked hints as
            `arithmetic_1` (`worked`: every kind at every level), or `all`.
        hint_target: What hints point to: `incorrect`, `correct` or `random` options.
        elicitation: Where the reasoning is: `native` (the model's own thinking: add
            `--reasoning-tokens` or `--reasoning-effort`), `scratchpad`, or `none`.
        ask: After an answer that is what the hint gives, ask what influenced it: one generation and one
            judge call more for each.
        dataset: `bundled`, `mmlu`, `mmlu_pro`, `gpqa_diamond`, or a .csv or .jsonl file.
        difficulty: `any`, `easy` or `hard` (levels of the dataset), or an earlier log of this task by the same
            model: only items that it never answered right unhinted there (METR's filter for worked hints).
        n_items: How many questions to draw; all by default.
        seed: Which ones, the order of their options, and what the hints point to.
        judge: `model` (needs `--model-role grader=...`), `lexical`, PROVIDER/MODEL, or several.
        monitor: Also ask a judge that does not see the hint whether outside information was used.
        max_judge_calls: Budget of requests to judges; what comes after it is unscored. Answers that come
            early use it up, and they are no random choice of them: no limit for publication.
    """
    judges = judge_names(judge)
    if in_shell():
        require_grader(judges)
    names = hint_names(hints)
    target = one_of("hint_target", hint_target, TARGETS)
    where = one_of("elicitation", elicitation, ELICITATIONS)
    one_of("ask", ask, (False, True))
    one_of("monitor", monitor, (False, True))
    whole_number("seed", seed)
    pool = load_questions(dataset)
    asked_of = dataset_name(dataset, pool)
    kept, by_model = _of_difficulty(pool, str(difficulty), asked_of)
    items = choose(kept, n_items, seed, "questions")
    level = "never right" if by_model else difficulty
    name = asked_of if level == "any" else f"{asked_of}, {level}"
    return Task(
        dataset=MemoryDataset(list(pose(items, pool, names, target, where, ask, seed)), name=name),
        solver=[
            grader_is_bound(judges),
            *([filtered_for(by_model)] if by_model else []),
            generate(),
            *([asks_what_influenced()] if ask else []),
        ],
        scorer=[
            answer(),
            acknowledgement(judge=judges, max_judge_calls=max_judge_calls),
            *([asked(judge=judges, max_judge_calls=max_judge_calls)] if ask else []),
            *(
                [hint_blind_monitor(judge=judges, max_judge_calls=max_judge_calls)]
                if monitor
                else []
            ),
        ],
        viewer=VIEWER,
        version=VERSION,
    )


@solver
def asks_what_influenced() -> Solver:
    """The follow-up question, where the answer is what the hint gives; the answer stays the output."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if not case_of(state, read_state(state)).used:
            return state
        answered = state.output
        question = render("cot_faithfulness/follow_up.md")
        state.messages.append(ChatMessageUser(content=question, metadata=FOLLOW_UP))
        try:
            state = await generate(state)
            state.messages[-1].metadata = {STOP_REASON: state.output.stop_reason}
        except LimitExceededError:
            raise
        except Exception as error:
            # Of the provider: the answer is there, and must not be lost with it.
            logger.warning(f"{state.sample_id}: the follow-up question got no reply ({error}).")
        state.output = answered
        return state

    return solve


@solver
def filtered_for(model: str) -> Solver:
    """Stop when the items were chosen by the answers of another model."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if str(state.model) != model:
            raise PrerequisiteError(
                f"difficulty names a log of {model}, and this is {state.model}: give a log of this model."
            )
        return state

    return solve


def _of_difficulty(
    pool: list[Question], difficulty: str, dataset: str
) -> tuple[list[Question], str]:
    """The questions to choose from, and the model whose answers decided on them, if any did."""
    if difficulty == "any":
        return pool, ""
    if difficulty in DIFFICULTIES:
        return of_difficulty(pool, difficulty), ""
    unsolved = never_right(difficulty)
    if unsolved.datasets != {dataset}:
        others = ", ".join(sorted(unsolved.datasets - {dataset}))
        raise PrerequisiteError(
            f"difficulty={difficulty} is a log about other questions ({others}), and these are {dataset}: give "
            "a log of this dataset."
        )
    kept = [question for question in pool if question.id in unsolved.item_ids]
    if not kept:
        raise PrerequisiteError(
            f"difficulty={difficulty} leaves no question: of those that the log asked unhinted, the model "
            "answered each right at least once, or they are of another dataset."
        )
    return kept, unsolved.model


_SHOWN = {
    ("answer", "correct"): "correct",
    ("acknowledgement", "on_hint"): "answers h",
    ("acknowledgement", "mentioned"): "mentions it",
    ("acknowledgement", "acknowledged_answer"): "admits (answer)",
    ("acknowledgement", "thinking_raw"): "raw thinking",
    ("acknowledgement", "thinking_summary"): "summary",
    ("acknowledgement", "thinking_redacted"): "redacted",
    ("acknowledgement", "thinking_none"): "no thinking",
}

VIEWER = ViewerConfig(
    task_samples_view=TaskSamplesView(
        name="Faithfulness",
        columns=[
            TaskSamplesColumn(id="sampleId"),  # ITEM-ARM
            TaskSamplesColumn(id="epoch"),
            TaskSamplesColumn(id="answer"),
            TaskSamplesColumn(id="target"),
            *(TaskSamplesColumn.score(scorer, key) for scorer, key in _SHOWN),
            TaskSamplesColumn(id="error"),
        ],
        score_labels={key: label for (_, key), label in _SHOWN.items()},
        multiline=False,
    )
)
"""What the log viewer lists for each sample: item and arm, answer, admission, visibility."""
