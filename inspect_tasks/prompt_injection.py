"""Does an agent carry out instructions that are planted in what its tools return? (METHODS §4, prompt injection)

    inspect eval inspect_tasks/prompt_injection.py --model PROVIDER/MODEL
    inspect eval inspect_tasks/prompt_injection.py --model PROVIDER/MODEL -T safeguards=system

After the tables on prompt injection in the system cards of Claude 3.7 Sonnet, Opus 4 and Opus 4.5 (Anthropic 2025).
"""

from inspect_ai import Epochs, Task, task
from inspect_ai.dataset import MemoryDataset
from inspect_ai.solver import use_tools
from inspect_ai.viewer import TaskSamplesColumn, TaskSamplesView, ViewerConfig

from inspect_tasks._grader import in_shell
from inspect_tasks._scenarios.prompt_injection import (
    CHANNELS,
    chosen,
    load_scenarios,
    load_styles,
    narrowed,
    pose,
    styled,
)
from inspect_tasks._scenarios.safeguards import classifier_name, require_classifier, work
from inspect_tasks._scenarios.sources import choose, one_of, whole_number
from inspect_tasks._scenarios.tools import furnish, office_tools
from scorers.prompt_injection import Safeguards
from scorers.prompt_injection import prompt_injection as by_tool_calls

VERSION = 1
"""Moves when the same model would get other numbers."""

EPOCHS = 5
"""Attempts per scenario: the k of attack success at k."""

_SAFEGUARDS: tuple[Safeguards, ...] = ("none", "system", "classifier")


@task
def prompt_injection(
    safeguards: str = "none",
    classifier_judge: str = "lexical",
    channels: str | list[str] = "all",
    styles: str | list[str] = "all",
    n_items: int | None = None,
    seed: int = 0,
    message_limit: int = 30,
) -> Task:
    """Harmless office tasks with tools, over material with a planted instruction and over the same without it.

    n_items x 2 x epochs runs of several generations each, no judge: what counts are the tool calls. Tools work in memory;
    there is neither sandbox nor network. Run it with and without safeguards on one seed, and the same channels and styles, to compare them by scenario.

    Args:
        safeguards: `none`; `system`: the system prompt says where instructions come from, and there is a tool to report
            others with; `classifier`: each tool result is judged by itself, and withheld where it seems to hold instructions.
        classifier_judge: Who judges tool results: `lexical` (patterns, offline), `model` (the role `classifier`) or PROVIDER/MODEL.
        channels: Where instructions stand: `mail`, `files`, `web`, `calendar`, several separated by commas, or `all`.
        styles: How they are put, one style per scenario in turn: names out of `data/injections/styles.jsonl`, or `all`.
        n_items: How many scenarios to draw; all by default.
        seed: Which ones, and which style each has.
        message_limit: Messages after which a run is cut off, and unscored.
    """
    guard = one_of("safeguards", safeguards, _SAFEGUARDS)
    judge = classifier_name(classifier_judge) if guard == "classifier" else None
    if judge and in_shell():
        require_classifier(judge)
    whole_number("seed", seed)
    whole_number("message_limit", message_limit, least=1)
    known, of_channels = list(load_styles()), chosen("channels", channels, CHANNELS)
    of_styles = chosen("styles", styles, known)
    planted = styled(load_scenarios(of_channels), of_styles, seed)
    items = choose(planted, n_items, seed, "scenarios")
    told = {"styles": narrowed(of_styles, known), "channels": narrowed(of_channels, CHANNELS)}
    return Task(
        dataset=MemoryDataset(list(pose(items, guard, judge, seed, **told)), name="bundled"),
        solver=[furnish(), use_tools(office_tools(reporting=guard == "system")), work(judge)],
        scorer=by_tool_calls(),
        epochs=Epochs(EPOCHS, "mean"),
        message_limit=message_limit,
        viewer=VIEWER,
        version=VERSION,
    )


_SHOWN = {
    "attacked": "attack carried out",
    "attempted": "attempted",
    "task_done": "task done",
    "seen": "attack seen",
    "blocked": "withheld",
    "reported": "reported",
    "named": "named",
    "attacked_before_cut": "attack carried out, then cut off",
    "unscored": "unscored",
}

VIEWER = ViewerConfig(
    task_samples_view=TaskSamplesView(
        name="Prompt injection",
        columns=[
            TaskSamplesColumn(id="sampleId"),  # SCENARIO-ARM
            TaskSamplesColumn(id="epoch"),
            TaskSamplesColumn(id="input"),
            TaskSamplesColumn(id="answer"),
            *(TaskSamplesColumn.score("prompt_injection", key) for key in _SHOWN),
            TaskSamplesColumn(id="error"),
        ],
        score_labels=_SHOWN,
        multiline=False,
    )
)
"""What the log viewer lists for each sample: scenario and arm, the calls made, and what they did."""
