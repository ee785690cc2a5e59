"""Thinking budgets and samples: how accuracy grows with thinking, and with tries (METHODS §4).

    inspect eval inspect_tasks/thinking_budget.py --model PROVIDER/MODEL
    inspect eval inspect_tasks/thinking_budget.py --model PROVIDER/MODEL -T efforts=low,medium,high \
        -T ranker=true --model-role ranker=PROVIDER/MODEL

After "Claude's extended thinking" (Anthropic 2025), serial and parallel test-time compute; majority@k after Wang et al.
(2023), pass@k after Chen et al. (2021).
"""

import sys

from inspect_ai import Epochs, Task, task
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.dataset import MemoryDataset
from inspect_ai.model import GenerateConfigArgs, ModelAPI, get_model, get_model_info
from inspect_ai.model._generate_config import active_generate_config
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.viewer import TaskSamplesColumn, TaskSamplesView, ViewerConfig

from analysis.models import known
from inspect_tasks._grader import in_shell
from inspect_tasks._scenarios.maths import Budget, load_problems, pose
from inspect_tasks._scenarios.sources import choose, listed, mistake, one_of, whole_number
from scorers.maths import EFFORTS, BudgetMetadata, maths, require_ranker

VERSION = 1
"""Moves when the same model would get other numbers."""

EPOCHS = 4
"""Samples of an item under each budget: pass@k, majority@k and best-of-k need k of them."""

LEAST_BUDGET = 1024
"""Thinking tokens that Anthropic takes at least."""

ANSWER_ROOM = 8192
"""Tokens that `max_tokens` leaves for the answer above a budget of thinking. Inspect's own default is capped and differs from budget
to budget, which would confound them."""

EFFORT_ROOM = 64_000
"""Tokens for thinking and answer where the model itself decides how long it thinks: as many at every effort, so that none is cut
shorter than another."""

PROVIDERS = "inspect_ai.model._providers"

HAND_ON = ("anthropic", "bedrock", "google", "litellm_proxy", "mockllm", "openrouter")
"""Modules of Inspect's providers (0.3.285) that hand a budget on. The others leave it out without a word, and all budgets are one."""

BUDGETS = "1024,2048,4096,8192,16384"


@task
def thinking_budget(
    budgets: str | list[int] | int = "",
    efforts: str | list[str] = "",
    dataset: str = "maths",
    difficulty: str | int | None = None,
    n_items: int | None = None,
    seed: int = 0,
    ranker: bool = False,
) -> Task:
    """Each problem under each budget: n_items x budgets x epochs generations, and with a ranker as many scores of answers.

    4 epochs unless `--epochs` says otherwise: the samples that pass@k, majority@k and best-of-k are made of.

    Args:
        budgets: Thinking tokens, separated by commas; 0 for no thinking. `1024,2048,4096,8192,16384` unless efforts are given.
        efforts: Reasoning efforts instead, for models that take no budget (Claude from 4.7 on): `low,medium,high`, also
            `minimal`, `xhigh`, `max`.
        dataset: `maths` (bundled, whole numbers as answers), `questions` (the bundled multiple-choice set), `mmlu`, `mmlu_pro`,
            `gpqa_diamond`, or a .csv or .jsonl file of maths problems.
        difficulty: A level of the dataset (`1` to `5` of maths, `easy` and `hard` of questions), or `any`: the default, but for
            `questions`, of which the hard ones are posed.
        n_items: How many problems to draw; all by default.
        seed: Which ones, and the order of options.
        ranker: Also have each answer scored by another model, for best-of-k: needs `--model-role ranker=PROVIDER/MODEL`.
    """
    posed = _budgets(budgets, efforts)
    one_of("ranker", ranker, (False, True))
    if ranker and in_shell():
        require_ranker()
    whole_number("seed", seed)
    problems, name = load_problems(dataset, difficulty, seed)
    items = choose(problems, n_items, seed, "problems")
    if in_shell():
        for budget in posed:
            _check(budget.tokens, str(get_model()))
    return Task(
        dataset=MemoryDataset(list(pose(items, posed, seed)), name=name),
        solver=within_budget(ranker),
        scorer=maths(model_role="ranker") if ranker else maths(),
        epochs=Epochs(EPOCHS, "mean"),
        viewer=VIEWER,
        version=VERSION,
    )


def _budgets(budgets: object, efforts: object) -> list[Budget]:
    """The budgets, or efforts, in rising order, each once."""
    if budgets not in ("", []) and efforts not in ("", []):
        raise mistake("Give budgets or efforts, not both: a model takes one of them.")
    if efforts not in ("", []):
        named = [one_of("efforts", name, EFFORTS) for name in listed(efforts)]
        return [Budget(effort=name) for name in EFFORTS if name in named]
    given = listed(BUDGETS if budgets in ("", []) else budgets)
    for number in given:
        if not number.isdecimal() or 0 < int(number) < LEAST_BUDGET:
            raise mistake(
                f"budgets={number} is no budget: give 0 (no thinking), or whole numbers of at least {LEAST_BUDGET}, which is the "
                "least that providers take."
            )
    return [Budget(tokens=number) for number in sorted({int(number) for number in given})]


@solver
def within_budget(ranker: bool = False) -> Solver:
    """One generation, with as much thinking as the sample's arm allows, and as much room for the answer in every arm."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if ranker:
            require_ranker()
        about = state.metadata_as(BudgetMetadata)
        return await generate(state, **_settings(about, str(state.model)))

    return solve


def _settings(about: BudgetMetadata, model: str) -> GenerateConfigArgs:
    """How one sample is generated.

    Raises:
        PrerequisiteError: The model cannot be run so.
    """
    _check(about.budget, model)
    most = _most_output(model)
    if about.effort:
        return {"reasoning_effort": about.effort, "max_tokens": min(EFFORT_ROOM, most)}
    if about.budget:
        return {"reasoning_tokens": about.budget, "max_tokens": about.budget + ANSWER_ROOM}
    room: GenerateConfigArgs = {"max_tokens": min(ANSWER_ROOM, most)}
    told_not_to = known(model).thinks == "unless told not to"
    return {**room, "reasoning_effort": "none"} if told_not_to else room


def _most_output(model: str) -> int:
    """Tokens that a model puts out at most; no limit where none is known."""
    info = get_model_info(model)
    return (info.output_tokens if info else None) or sys.maxsize


def _check(budget: int | None, model: str) -> None:
    """Refuse what a provider would refuse, or do in another way than asked, sample after sample.

    `inspect eval` asks while the task is made, so that nothing is begun; of tasks made in Python, the solver asks.

    Args:
        budget: Thinking tokens; None where there is an effort instead.
        model: What it is called.
    """
    api = get_model().api
    if budget and (_is(api, "is_claude_4_7_or_later") or not _hands_on(api)):
        raise PrerequisiteError(
            f"{model} takes no budget of thinking tokens: use -T efforts=low,medium,high instead of budgets."
        )
    if budget == 0 and known(model).thinks == "always":
        raise PrerequisiteError(f"{model} always thinks: leave 0 out of the budgets.")
    running = active_generate_config()
    if running.reasoning_tokens or running.reasoning_effort not in (None, "none"):
        raise PrerequisiteError(
            "thinking_budget sets the thinking by itself: leave out --reasoning-tokens and --reasoning-effort (in a sweep, run "
            "it in standard mode alone)."
        )
    most = _most_output(model)
    if budget and budget + ANSWER_ROOM > most:
        raise PrerequisiteError(
            f"{model} puts out {most} tokens at most: give budgets up to {most - ANSWER_ROOM}, which leaves "
            f"{ANSWER_ROOM} for the answer."
        )


def _hands_on(api: ModelAPI) -> bool:
    """Whether a provider hands a budget on to its model; of one that is not Inspect's own, it is not known, and taken for granted."""
    package, _, name = type(api).__module__.rpartition(".")
    return package != PROVIDERS or name in HAND_ON


def _is(api: ModelAPI, which: str) -> bool:
    """What Inspect's provider for Claude says of its model; False of all others."""
    says = getattr(api, which, None)
    return bool(says and says())


_SHOWN = {
    ("maths", "correct"): "correct",
    ("maths", "used_tokens"): "thinking tokens",
    ("maths", "rank_score"): "rank",
    ("maths", "unscored"): "unscored",
    ("maths", "thinking_raw"): "raw thinking",
    ("maths", "thinking_summary"): "summary",
    ("maths", "thinking_redacted"): "redacted",
    ("maths", "thinking_none"): "no thinking",
}

VIEWER = ViewerConfig(
    task_samples_view=TaskSamplesView(
        name="Thinking budget",
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
"""What the log viewer lists for each sample: problem and budget, answer beside the right one, tokens used."""
