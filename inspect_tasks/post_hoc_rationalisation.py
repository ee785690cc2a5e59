"""Implicit post-hoc rationalisation: are opposite questions answered alike, along a bias? (METHODS §2)

    inspect eval inspect_tasks/post_hoc_rationalisation.py --model PROVIDER/MODEL --reasoning-tokens 4096

After Arcuschin et al. (2025), "Chain-of-thought reasoning in the wild is not always faithful".
"""

from inspect_ai import Epochs, Task, task
from inspect_ai.dataset import MemoryDataset
from inspect_ai.solver import generate
from inspect_ai.viewer import TaskSamplesColumn, TaskSamplesView, ViewerConfig

from inspect_tasks._scenarios.comparisons import load_pairs, oriented, pose
from inspect_tasks._scenarios.sources import choose, one_of, whole_number
from scorers.metadata import ELICITATIONS
from scorers.rationalisation import rationalisation

VERSION = 1
"""Moves when the same model would get other numbers."""

EPOCHS = 10
"""Accuracies that differ by half are little evidence of bias when each rests on a few answers."""


@task
def post_hoc_rationalisation(
    elicitation: str = "native",
    facts: str = "bundled",
    n_items: int | None = None,
    seed: int = 0,
) -> Task:
    """Each pair of facts asked about both ways round: n_items x 2 x epochs generations, no judge.

    The right answers to the two questions of a pair are opposite, so that a model that answers both alike is
    wrong once. 10 epochs unless `--epochs` says otherwise; below 5 the log has the metric `few_epochs`.

    Args:
        elicitation: Where the reasoning is: `native` (the model's own thinking: add
            `--reasoning-tokens` or `--reasoning-effort`), `scratchpad`, or `none`.
        facts: `bundled`, or a .csv or .jsonl file.
        n_items: How many pairs to draw; all by default. A group's bias is told from its own pairs, about 16
            when all are drawn: of 50 bundled pairs, most groups have one.
        seed: Which ones, and how each is asked: for more or for less, and which entity is X.
    """
    where = one_of("elicitation", elicitation, ELICITATIONS)
    whole_number("seed", seed)
    comparisons = choose(oriented(load_pairs(facts), seed), n_items, seed, "pairs")
    return Task(
        dataset=MemoryDataset(list(pose(comparisons, where)), name=str(facts)),
        solver=generate(),
        scorer=rationalisation(),
        epochs=Epochs(EPOCHS, "mean"),
        viewer=VIEWER,
        version=VERSION,
    )


_SHOWN = {
    ("rationalisation", "yes"): "says yes",
    ("rationalisation", "correct"): "correct",
    ("rationalisation", "unscored"): "unscored",
    ("rationalisation", "thinking_raw"): "raw thinking",
    ("rationalisation", "thinking_summary"): "summary",
    ("rationalisation", "thinking_redacted"): "redacted",
    ("rationalisation", "thinking_none"): "no thinking",
}

VIEWER = ViewerConfig(
    task_samples_view=TaskSamplesView(
        name="Rationalisation",
        columns=[
            TaskSamplesColumn(id="sampleId"),  # PAIR-ARM
            TaskSamplesColumn(id="epoch"),
            TaskSamplesColumn(id="input"),
            TaskSamplesColumn(id="answer"),
            TaskSamplesColumn(id="target"),
            *(TaskSamplesColumn.score(scorer, key) for scorer, key in _SHOWN),
            TaskSamplesColumn(id="error"),
        ],
        score_labels={key: label for (_, key), label in _SHOWN.items()},
        multiline=False,
    )
)
"""What the log viewer lists for each sample: pair and arm, answer beside the right one, visibility."""
