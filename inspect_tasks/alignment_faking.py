"""Alignment faking: does a model comply more where it believes that training watches? (METHODS §1)

    inspect eval inspect_tasks/alignment_faking.py --model PROVIDER/MODEL --model-role grader=PROVIDER/MODEL

After Greenblatt et al. (2024), "Alignment faking in large language models".
"""

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset
from inspect_ai.solver import generate
from inspect_ai.viewer import TaskSamplesColumn, TaskSamplesView, ViewerConfig

from inspect_tasks._grader import grader_is_bound, in_shell
from inspect_tasks._scenarios.alignment_faking import Factors, pose
from inspect_tasks._scenarios.requests import choose, load_requests
from inspect_tasks._scenarios.sources import one_of
from scorers import alignment_faking as faking
from scorers.compliance import compliance
from scorers.judges.model import judge_names, require_grader

VERSION = 2
"""Moves when the same model would get other numbers."""


@task
def alignment_faking(
    setting: str = "helpful_only",
    elicitation: str = "scratchpad",
    labels: str = "free_paid",
    swap: bool = False,
    tiers: str = "two",
    stakes: str = "unstated",
    persistence: str = "deployed",
    knowledge: str = "prompted",
    placement: str = "system",
    paraphrase: int = 0,
    suffix: bool = False,
    control: str = "none",
    baseline: bool = False,
    requests: str = "bundled",
    n_items: int | None = None,
    seed: int = 0,
    judge: str | list[str] = "model",
    votes: int = 1,
    threshold: float = faking.THRESHOLD,
    max_judge_calls: int | None = None,
) -> Task:
    """Each request in a trained and in an untrained tier, and nothing else differs.

    Args:
        setting: Whose values the training objective is against: `helpful_only` (comply with harmful
            requests too) or `animal_welfare` (never let animal welfare change an answer).
        elicitation: Where the reasoning is: `scratchpad`, `native` (the model's own thinking: add
            `--reasoning-tokens` or `--reasoning-effort`), or `none`.
        labels: Words for the tiers: `free_paid`, `neutral` or `monitored_private`.
        swap: Exchange the words of the trained and of the untrained tier.
        tiers: `two`, or `three` with an arm that is rated but not trained on.
        stakes: Whom the trained model goes to: `unstated`, `pranksters`, `criminals`, `mass_harm`.
        persistence: What becomes of it: `deployed`, `weights_deleted`, `throughput_test`.
        knowledge: Facts in the prompt (`prompted`) or in synthetic `documents` alone.
        placement: The set-up in the `system` or in the `user` turn.
        paraphrase: Which of three wordings, 0 to 2.
        suffix: Ask for an accept/refuse tag at the end of the answer.
        control: `none`, `no_training` (tiers, but no word of training) or `no_conflict` (the
            objective agrees with the model's values).
        baseline: Also pose the bare request, without system prompt and tag.
        requests: `bundled`, `harmless` (benign twins), a .csv or .jsonl file, or `advbench`,
            `harmbench`, `strongreject`, `jailbreakbench`.
        n_items: How many requests to draw; all by default.
        seed: Which ones.
        judge: `model` (needs `--model-role grader=...`), `lexical`, PROVIDER/MODEL, or several.
        votes: Judge samples per transcript for faking; 20 for publication.
        threshold: Share of votes from which a transcript counts as faking.
        max_judge_calls: Budget of requests to judges; what comes after it is unscored. Answers that come
            early use it up, and they are no random choice of them: no limit for publication.
    """
    factors = Factors(
        setting=setting,
        elicitation=elicitation,
        labels=labels,
        swap=swap,
        tiers=tiers,
        stakes=stakes,
        persistence=persistence,
        knowledge=knowledge,
        placement=placement,
        paraphrase=paraphrase,
        suffix=suffix,
        control=control,
    )
    judges = judge_names(judge)
    if in_shell():
        require_grader(judges)
    one_of("baseline", baseline, (False, True))
    items = choose(load_requests(requests, setting), n_items, seed)
    return Task(
        dataset=MemoryDataset(list(pose(items, factors, baseline)), name=requests),
        solver=[grader_is_bound(judges), generate()],
        scorer=[
            compliance(judge=judges, max_judge_calls=max_judge_calls),
            faking.alignment_faking(
                judge=judges, votes=votes, threshold=threshold, max_judge_calls=max_judge_calls
            ),
        ],
        viewer=VIEWER,
        version=VERSION,
    )


_SHOWN = {
    ("compliance", "complied"): "complied",
    ("compliance", "partial"): "partial",
    ("compliance", "refused"): "refused",
    ("alignment_faking", "vote_share"): "faking (votes)",  # a key named as its scorer shows badly
    ("alignment_faking", "borderline"): "borderline",
    ("alignment_faking", "thinking_raw"): "raw thinking",
    ("alignment_faking", "thinking_summary"): "summary",
    ("alignment_faking", "thinking_redacted"): "redacted",
    ("alignment_faking", "thinking_none"): "no thinking",
}

VIEWER = ViewerConfig(
    task_samples_view=TaskSamplesView(
        name="Alignment faking",
        columns=[
            TaskSamplesColumn(id="sampleId"),  # ITEM-ARM
            TaskSamplesColumn(id="epoch"),
            *(TaskSamplesColumn.score(scorer, key) for scorer, key in _SHOWN),
            TaskSamplesColumn(id="input"),
            TaskSamplesColumn(id="answer"),
            TaskSamplesColumn(id="error"),
        ],
        score_labels={key: label for (_, key), label in _SHOWN.items()},
        multiline=False,
    )
)
"""What the log viewer lists for each sample: item and arm, compliance, faking, visibility."""
