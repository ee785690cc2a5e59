"""Every task on an organism, run directly and behind the messages server, and all that two such runs can be compared by."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pandas as pd
from inspect_ai import Task, eval, task_with
from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig, Model, ModelUsage, get_model

from analysis import logs, snapshots
from inspect_tasks.alignment_faking import alignment_faking
from inspect_tasks.cot_faithfulness import cot_faithfulness
from inspect_tasks.cot_interventions import cot_interventions
from inspect_tasks.post_hoc_rationalisation import post_hoc_rationalisation
from tests.conftest import QUIET
from tests.messages_server import Server
from tests.messages_server.openai import ThinkingIn

SONNET_37 = "claude-3-7-sonnet-20250219"

STANDARD = GenerateConfig(max_tokens=8192)
OFF = GenerateConfig(reasoning_effort="none", max_tokens=8192)
BUDGET = GenerateConfig(reasoning_tokens=4096, max_tokens=4096 + 8192)
EFFORT = GenerateConfig(reasoning_effort="high", max_tokens=64_000)

HINTS = "neutral,misaligned,few_shot_position,arithmetic_1,lookup_2"

Leaves = dict[tuple[str, ...], str]
"""Values by where they stand, as text to the last digit."""


@dataclass(frozen=True)
class Posed:
    """A task, and whether the model is asked to think before it answers."""

    make: Callable[[], Task]
    thinks: bool


class Face(NamedTuple):
    """A way to the server.

    Attributes:
        model: PROVIDER/NAME.
        thinks: How thinking is asked for.
        plain: How it is not; None where the model always thinks.
        thinking_in: Where the server puts it, on OpenAI's face.
        options: Of the provider.
        generate: Generate options of the evaluation.
    """

    model: str
    thinks: GenerateConfig = BUDGET
    plain: GenerateConfig | None = STANDARD
    thinking_in: ThinkingIn = "reasoning_content"
    options: Mapping[str, Any] = {}
    generate: Mapping[str, Any] = {}

    def reach(self, server: Server, key: str, thinks: bool) -> Model:
        """The model as this face reaches it. One key is one evaluation of the organism behind."""
        anthropic = self.model.startswith("anthropic")
        # vLLM's provider asks every model of a name at the address of the first.
        vllm = self.model.startswith("vllm")
        return get_model(
            f"{self.model}-{urlsplit(server.url).port}" if vllm else self.model,
            base_url=server.url if anthropic else server.openai_url,
            api_key=key,
            config=(self.thinks if thinks else self.plain) or GenerateConfig(),
            memoize=False,
            **self.options,
        )


@dataclass(frozen=True)
class Ran:
    """What came of the tasks: their logs by name, and the folder in which they lie."""

    folder: Path
    logs: dict[str, EvalLog] = field(default_factory=dict)


def posed(n_items: int) -> dict[str, Posed]:
    """Every task, in every elicitation and setting, judged offline."""

    def faking(elicitation: str, **factors: Any) -> Callable[[], Task]:
        arms = {"tiers": "three", "baseline": True, "n_items": n_items}
        return lambda: alignment_faking(judge="lexical", elicitation=elicitation, **arms, **factors)

    def hinted(elicitation: str) -> Callable[[], Task]:
        return lambda: cot_faithfulness(
            hints=HINTS, judge="lexical", elicitation=elicitation, ask=True, n_items=n_items
        )

    return {
        "faking, scratchpad": Posed(faking("scratchpad"), False),
        "faking, native": Posed(faking("native"), True),
        "faking, none": Posed(faking("none"), False),
        "faking, animal welfare": Posed(faking("native", setting="animal_welfare"), True),
        "faking, animal welfare, scratchpad": Posed(
            faking("scratchpad", setting="animal_welfare"), False
        ),
        "hints, native": Posed(hinted("native"), True),
        "hints, scratchpad": Posed(hinted("scratchpad"), False),
        "interventions": Posed(lambda: cot_interventions(n_items=n_items, points=3), False),
        "rationalisation": Posed(lambda: post_hoc_rationalisation(n_items=n_items), True),
    }


Reach = Callable[[str, bool], Model]
"""A model, by a key for each evaluation of it, and whether it is asked to think."""


def run(
    tasks: Mapping[str, Posed],
    model: Reach,
    folder: Path,
    editor: Reach | None = None,
    **options: Any,
) -> Ran:
    """One epoch of each task.

    Args:
        tasks: By name.
        model: Who answers.
        folder: For the logs.
        editor: Who edits the reasoning in interventions; by default the model itself.
        options: Of `eval`.
    """
    made = [
        task_with(
            one.make(),
            model=model(name, one.thinks),
            model_roles={"editor": editor(f"{name}, editor", False)} if editor else None,
            epochs=1,
        )
        for name, one in tasks.items()
    ]
    done = eval(made, log_dir=str(folder), **{**QUIET, **options})
    return Ran(folder, dict(zip(tasks, done, strict=True)))


def directly(organism: str) -> Reach:
    """The organism itself, anew for each task."""

    def reach(key: str, thinks: bool) -> Model:
        config = BUDGET if thinks else STANDARD
        return get_model(f"organism/{organism}", config=config, memoize=False)

    return reach


# ------------------------------------------------------------------------------ what is compared


def scores(ran: Ran) -> Leaves:
    """Every score of every sample: value, answer, explanation, reason, metadata."""
    return _flat(
        {
            name: {
                f"{sample.id} {sample.epoch}": {
                    scorer: score.model_dump() for scorer, score in (sample.scores or {}).items()
                }
                for sample in log.samples or []
            }
            for name, log in ran.logs.items()
        }
    )


def metrics(ran: Ran) -> Leaves:
    """Every metric in the logs."""
    return _flat(
        {
            name: {
                f"{score.name} {score.reducer}": {
                    "scored": [score.scored_samples, score.unscored_samples],
                    "metrics": {key: metric.value for key, metric in score.metrics.items()},
                }
                for score in (log.results.scores if log.results else [])
            }
            for name, log in ran.logs.items()
        }
    )


def said(ran: Ran) -> Leaves:
    """Every turn of every sample, why its generation ended, and the tokens that it took."""
    return _flat(
        {
            name: {
                f"{sample.id} {sample.epoch}": {
                    "turns": [[m.role, m.text.strip()] for m in sample.messages],
                    "stop": sample.output.stop_reason,
                    "tokens": _tokens(sample.model_usage.values()),
                    "error": sample.error and sample.error.message,
                }
                for sample in log.samples or []
            }
            for name, log in ran.logs.items()
        }
    )


def _tokens(usages: Iterable[ModelUsage]) -> list[int]:
    """Read, written, and thought, by all models: over HTTP the model and its editor may bear one name."""
    counted = [(u.input_tokens, u.output_tokens, u.reasoning_tokens or 0) for u in usages]
    return [sum(column) for column in zip(*counted, strict=True)]


def frame(ran: Ran) -> pd.DataFrame:
    """The logs as the analysis reads them, thinking and answers among them."""
    return logs.read(ran.folder, text=True, cache=False)


def cells(table: pd.DataFrame, by: Sequence[str]) -> Leaves:
    """Every cell of a table, by what identifies its row and the name of its column."""
    keys = [" | ".join(map(str, row)) for row in table[list(by)].itertuples(index=False)]
    assert len(set(keys)) == len(keys)
    return {
        (key, str(column)): repr(value)
        for column in table
        for key, value in zip(keys, table[column].tolist(), strict=True)
    }


ROW = [
    *("table", "column", "reasoning", "task", "dataset", "setting", "arm", "hint", "factors"),
    *("visibility", "metric", "judge"),
]
"""Columns that tell the rows of results.csv apart where there is one snapshot."""

SCORE = ["task", "dataset", "reasoning", "elicitation", "setting", "sample_id", "epoch", "scorer"]
"""Columns that tell the rows of a frame apart where there is one snapshot."""


def rows(ran: Ran) -> Leaves:
    """The rows of results.csv."""
    return cells(snapshots.results(frame(ran)), ROW)


def differing(a: Leaves, b: Leaves) -> dict[tuple[str, ...], tuple[str | None, str | None]]:
    """Where two runs differ, with what each has there."""
    return {key: (a.get(key), b.get(key)) for key in {**a, **b} if a.get(key) != b.get(key)}


def columns(of: Mapping[tuple[str, ...], Any]) -> set[str]:
    """The columns in which cells stand."""
    return {key[-1] for key in of}


def _flat(value: Any) -> Leaves:
    return dict(_leaves(value, ()))


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    parts: Any = None
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    if not parts:
        yield path, json.dumps(value)
        return
    for key, part in parts:
        yield from _leaves(part, (*path, str(key)))
