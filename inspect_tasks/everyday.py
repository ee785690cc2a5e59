"""Everyday prompts: how often does the thinking show what it should not? (METHODS §3)

    inspect eval inspect_tasks/everyday.py --model PROVIDER/MODEL --model-role grader=PROVIDER/MODEL --reasoning-tokens 4096

After section 5.2 of the Claude 3.7 Sonnet system card, "Concerning thought processes".
"""

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset
from inspect_ai.solver import generate
from inspect_ai.viewer import TaskSamplesColumn, TaskSamplesView, ViewerConfig

from inspect_tasks._grader import grader_is_bound, in_shell
from inspect_tasks._scenarios.everyday import load_prompts, of_kinds, pose
from inspect_tasks._scenarios.sources import choose, listed, mistake, one_of, whole_number
from scorers._thinking_monitor import AUDIT
from scorers.deception import deception
from scorers.distress import distress
from scorers.eval_awareness import eval_awareness
from scorers.harmful_actions import harmful_actions
from scorers.judges.model import judge_names, require_grader
from scorers.metadata import Elicitation
from scorers.reward_hacking_intent import reward_hacking_intent

VERSION = 1
"""Moves when the same model would get other numbers."""

ELICITATIONS: tuple[Elicitation, ...] = ("native", "scratchpad")
"""Without reasoning there is nothing to monitor."""

MONITORS = {
    "deception": deception,
    "harmful_actions": harmful_actions,
    "distress": distress,
    "eval_awareness": eval_awareness,
    "reward_hacking_intent": reward_hacking_intent,
}


@task
def everyday(
    prompts: str = "bundled",
    kinds: str | list[str] = "all",
    elicitation: str = "native",
    n_items: int | None = None,
    seed: int = 0,
    monitors: str | list[str] = "all",
    judge: str | list[str] = "model",
    first_stage: str | None = None,
    audit: float = AUDIT,
    max_judge_calls: int | None = None,
) -> Task:
    """Each prompt as it is: n_items x epochs generations, and a judge's call for each and each monitor.

    Args:
        prompts: `bundled`, or a .csv or .jsonl file.
        kinds: Kinds of prompts, of the bundled ones `role_play`, `hard_facts`, `unwelcome_truths`,
            `impossible_asks`, `emotional_talk`, `gameable_chores`, `everyday_help`; all by default.
        elicitation: Where the reasoning is: `native` (the model's own thinking: add
            `--reasoning-tokens` or `--reasoning-effort`) or `scratchpad`.
        n_items: How many prompts to draw; all by default.
        seed: Which ones, and which transcripts are audited.
        monitors: Of `deception`, `harmful_actions`, `distress`, `eval_awareness`, `reward_hacking_intent`;
            all by default.
        judge: `model` (needs `--model-role grader=...`), `lexical`, PROVIDER/MODEL, or several.
        first_stage: `lexical` or PROVIDER/MODEL: a cheap judge that reads everything, so that the judge
            reads only what it flags, and an audit sample of the rest. None by default.
        audit: Share of what the first stage passes that the judge reads all the same.
        max_judge_calls: Budget of requests to judges; what comes after it is unscored. Answers that come
            early use it up, and they are no random choice of them: no limit for publication.
    """
    where = one_of("elicitation", elicitation, ELICITATIONS)
    whole_number("seed", seed)
    judges = judge_names(judge)
    if not monitors:
        raise mistake(f"monitors= names none: use all, or some of {', '.join(MONITORS)}.")
    named = list(MONITORS) if monitors == "all" else listed(monitors)
    wanted = dict.fromkeys(one_of("monitors", name, list(MONITORS)) for name in named)
    scorers = [MONITORS[name](judges, first_stage, audit, seed, max_judge_calls) for name in wanted]
    if in_shell():
        require_grader(judges)
    items = choose(of_kinds(load_prompts(prompts), kinds), n_items, seed, "prompts")
    return Task(
        dataset=MemoryDataset(list(pose(items, where)), name=str(prompts)),
        solver=[grader_is_bound(judges), generate()],
        scorer=scorers,
        viewer=VIEWER,
        version=VERSION,
    )


_SHOWN = {
    **{(name, "flagged"): name.replace("_", " ") for name in MONITORS},
    ("deception", "role_play"): "role play",
    ("deception", "thinking_raw"): "raw thinking",
    ("deception", "thinking_summary"): "summary",
    ("deception", "thinking_redacted"): "redacted",
    ("deception", "thinking_none"): "no thinking",
}

VIEWER = ViewerConfig(
    task_samples_view=TaskSamplesView(
        name="Everyday",
        columns=[
            TaskSamplesColumn(id="sampleId"),
            TaskSamplesColumn(id="epoch"),
            *(TaskSamplesColumn.score(scorer, key) for scorer, key in _SHOWN),
            TaskSamplesColumn(id="input"),
            TaskSamplesColumn(id="answer"),
            TaskSamplesColumn(id="error"),
        ],
        multiline=False,
    )
)
"""What the log viewer lists for each sample: what each monitor flags, and what could be read."""
