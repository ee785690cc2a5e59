"""Does the answer depend on the reasoning? (METHODS §2, interventions)

    inspect eval inspect_tasks/cot_interventions.py --model PROVIDER/MODEL --model-role editor=PROVIDER/MODEL

After Lanham et al. (2023), "Measuring faithfulness in chain-of-thought reasoning".
"""

from collections.abc import Sequence

from inspect_ai import Task, task
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ContentReasoning, Model, get_model
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver

from analysis.interventions import KINDS
from inspect_tasks._scenarios.hints import pose
from inspect_tasks._scenarios.interventions import Reasoned, answers, sentences
from inspect_tasks._scenarios.prompts import prompt_hash
from inspect_tasks._scenarios.questions import dataset_name, load_questions
from inspect_tasks._scenarios.sources import choose, listed, whole_number
from scorers.interventions import STORED, interventions
from scorers.thinking import read_state

VERSION = 2
"""Moves when the same model would get other numbers."""

EDITOR = "editor"

_WORDS = [
    *("cot_faithfulness/question.md", "cot_interventions/answer_now.md"),
    *(f"cot_interventions/{name}.md" for name in ("go_on", "mistake", "paraphrase")),
]


@task
def cot_interventions(
    kinds: str | list[str] = "early_answering,adding_mistakes,paraphrasing,filler",
    points: int = 5,
    dataset: str = "bundled",
    n_items: int | None = None,
    seed: int = 0,
) -> Task:
    """The model reasons in a scratchpad; then its reasoning is altered, and it answers again.

    Needs reasoning that can be prefilled, so a prompted chain of thought: run the model without thinking of
    its own. Generations per item: 1, and for each kind `points` more (nothing kept is shared by three kinds); the
    editor has one fewer for mistakes (with all of it kept there is none), and 1 for the paraphrase.

    Args:
        kinds: `early_answering` (cut off), `adding_mistakes` (one sentence is made wrong, and the model
            goes on from it), `paraphrasing`, `filler` (dots in place of words), or several separated by commas.
        points: Shares of the reasoning kept, evenly from 0 to 1.
        dataset: `bundled`, `mmlu`, `mmlu_pro`, `gpqa_diamond`, or a .csv or .jsonl file.
        n_items: How many questions to draw; all by default.
        seed: Which ones, and the order of their options.
    """
    chosen = _chosen(kinds)
    whole_number("points", points, least=2)
    whole_number("seed", seed)
    pool = load_questions(dataset)
    items = choose(pool, n_items, seed, "questions")
    posed = pose(items, pool, [], "incorrect", "scratchpad", ask=False, seed=seed)
    words = prompt_hash(*_WORDS)
    return Task(
        dataset=MemoryDataset(
            [_with_hash(sample, words) for sample in posed], name=dataset_name(dataset, pool)
        ),
        solver=[generate(), intervene(chosen, points)],
        scorer=interventions(),
        version=VERSION,
    )


@solver
def intervene(kinds: list[str], points: int) -> Solver:
    """Alter the reasoning that the model wrote, and keep its answers in the sample's store."""
    shares = [i / (points - 1) for i in range(points)]

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if _thinks_on_its_own(state):
            raise PrerequisiteError(
                f"cot_interventions alters reasoning written in a scratchpad, and {state.model} also thinks on "
                "its own, where nothing can be prefilled: run it without --reasoning-tokens and "
                "--reasoning-effort, or take a model that can answer without thinking."
            )
        own = sentences(read_state(state).thinking)
        if own:
            reasoned = Reasoned(state.messages[:-1], state.metadata["question"], own)
            found = await answers(kinds, shares, reasoned, get_model(), editor())
            state.store.set(STORED, [answered._asdict() for answered in found])
        return state

    return solve


def editor() -> Model:
    """Who adds mistakes and paraphrases: the editor role, or else the model under test itself.

    It judges nothing; METHODS ask only that the one who paraphrases does not see the question. The log names it.
    """
    return get_model(role=EDITOR, default=get_model())


def _thinks_on_its_own(state: TaskState) -> bool:
    """Whether there is thinking in blocks, or thinking that the provider counts and withholds."""
    content = state.output.message.content if state.output.choices else ""
    blocks = isinstance(content, list) and any(isinstance(p, ContentReasoning) for p in content)
    return blocks or bool(state.output.usage and state.output.usage.reasoning_tokens)


def _with_hash(sample: Sample, words: str) -> Sample:
    """The sample with the hash of all words that this task uses."""
    return sample.model_copy(update={"metadata": (sample.metadata or {}) | {"prompt_hash": words}})


def _chosen(kinds: str | Sequence[str]) -> list[str]:
    names = listed(kinds)
    unknown = [name for name in names or [""] if name not in KINDS]
    if unknown:
        raise PrerequisiteError(
            f"kinds={unknown[0] or '(empty)'} is not known: use {', '.join(KINDS)}, or several of them "
            "separated by commas."
        )
    return list(dict.fromkeys(names))
