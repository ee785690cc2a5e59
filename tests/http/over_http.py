"""Every task on an organism, run directly and behind the messages server, and all that two such runs can be compared by."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import pandas as pd
from inspect_ai import Task, eval, task_with
from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig, Model, ModelUsage, get_model

from analysis import logs, snapshots
from inspect_tasks.alignment_faking import alignment_faking
from inspect_tasks.cot_faithfulness import cot_faithfulness
from inspect_tasks.cot_interventions import cot_interventions
from inspect_tasks.everyday import everyday
from inspect_tasks.post_hoc_rationalisation import post_hoc_rationalisation
from inspect_tasks.prompt_injection import prompt_injection
from inspect_tasks.special_casing import special_casing
from inspect_tasks.thinking_budget import thinking_budget
from tests.conftest import QUIET
from tests.http.here import HERE
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


Takes = Literal["budget", "effort"]
"""What thinking is asked for by."""


@dataclass(frozen=True)
class Posed:
    """A task, and whether the model is asked to think before it answers.

    Attributes:
        make: The task.
        thinks: Whether the evaluation asks it to; a task may do so itself.
        takes: For models alone that take this; None: for all.
    """

    make: Callable[[], Task]
    thinks: bool
    takes: Takes | None = None


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

    @property
    def takes(self) -> Takes:
        """What thinking is asked for by."""
        return "budget" if self.thinks.reasoning_tokens else "effort"

    def can(self, one: Posed) -> bool:
        """Whether it can be asked so."""
        return one.takes in (None, self.takes) and (one.thinks or self.plain is not None)

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


def further(n_items: int) -> dict[str, Posed]:
    """The tasks on what thinking shows, on tests and tools, and on test-time compute, judged offline.

    An organism does not think before it looks around in an office, as a model with a budget would.
    """

    def shown(elicitation: str) -> Callable[[], Task]:
        stages = {"judge": "lexical", "first_stage": "lexical", "audit": 0.5}
        return lambda: everyday(elicitation=elicitation, n_items=n_items, **stages)

    def office(safeguards: str) -> Callable[[], Task]:
        return lambda: prompt_injection(safeguards=safeguards, n_items=n_items)

    def maths(**parameters: Any) -> Callable[[], Task]:
        return lambda: thinking_budget(n_items=n_items, **parameters)

    guards = ("none", "system", "classifier")
    return {
        "everyday, native": Posed(shown("native"), True),
        "everyday, scratchpad": Posed(shown("scratchpad"), False),
        "code": Posed(coding("single_turn", "native", n_items), True),
        "code, scratchpad": Posed(coding("single_turn", "scratchpad", n_items), False),
        "code by an agent": Posed(coding("agent", "native", n_items), True),
        "code by an agent, scratchpad": Posed(coding("agent", "scratchpad", n_items), False),
        **{f"office, {guard}": Posed(office(guard), False) for guard in guards},
        **{f"office, {guard}, thinking": Posed(office(guard), True, "effort") for guard in guards},
        "budgets": Posed(maths(budgets="0,1024,4096", ranker=True), False, "budget"),
        # Through an effort the model is asked to think, whatever the evaluation asks.
        "efforts": Posed(maths(efforts="low,high", dataset="questions"), False, "effort"),
    }


def coding(form: str, elicitation: str, n_items: int, variants: str = "all") -> Callable[[], Task]:
    """Special-casing, in the sandbox of the tests."""
    parameters = {"form": form, "elicitation": elicitation, "variants": variants}
    return lambda: task_with(
        special_casing(judge="lexical", n_items=n_items, **parameters), sandbox=HERE
    )


Reach = Callable[[str, bool], Model]
"""A model, by a key for each evaluation of it, and whether it is asked to think."""


def run(
    tasks: Mapping[str, Posed],
    model: Reach,
    folder: Path,
    roles: Mapping[str, Reach] | None = None,
    **options: Any,
) -> Ran:
    """One epoch of each task.

    Args:
        tasks: By name.
        model: Who answers.
        folder: For the logs.
        roles: Who else is asked: who edits the reasoning in interventions, who ranks answers.
        options: Of `eval`.
    """
    made = [
        task_with(
            one.make(),
            model=model(name, one.thinks),
            model_roles={
                role: who(f"{name}, {role}", False) for role, who in (roles or {}).items()
            },
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
                    "turns": [[m.role, _folded(m.text)] for m in sample.messages],
                    "stop": sample.output.stop_reason,
                    "tokens": _tokens(sample.model_usage.values()),
                    "error": sample.error and sample.error.message,
                }
                for sample in log.samples or []
            }
            for name, log in ran.logs.items()
        }
    )


def _folded(text: str) -> str:
    """Inspect joins what an agent says to what it submits by one line end or two, as it came in parts or not."""
    return " ".join(text.split())


def _tokens(usages: Iterable[ModelUsage]) -> list[int]:
    """Read, written, and thought, by all models: over HTTP the model and its editor may bear one name."""
    counted = [(u.input_tokens, u.output_tokens, u.reasoning_tokens or 0) for u in usages]
    return [sum(column) for column in zip(*counted, strict=True)]


def frame(ran: Ran) -> pd.DataFrame:
    """The logs as the analysis reads them, thinking and answers among them; a model that judges goes by no name."""
    table = logs.read(ran.folder, text=True, cache=False)
    table["judge"] = (
        table["judge"].astype(object).map(lambda told: _MODEL.sub("a model", told or ""))
    )
    return table


_MODEL = re.compile(r"[\w.-]+/\S+")


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

SCORE = [
    *("task", "dataset", "reasoning", "elicitation", "setting", "form", "safeguards"),
    *("sample_id", "epoch", "scorer"),
]
"""Columns that tell the rows of a frame apart where there is one snapshot, as far as it has them."""


def score_cells(ran: Ran) -> Leaves:
    """The cells of the frame."""
    table = frame(ran)
    table["answer_text"] = table["answer_text"].map(_folded)
    return cells(table, [column for column in SCORE if column in table])


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
