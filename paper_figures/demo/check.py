"""Whether the demo's intervals hold what was planted; nothing else compares with it."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, get_args

import pandas as pd

from analysis import accuracy
from analysis.faithfulness import AVERAGE, CORRECTED
from analysis.snapshots import (
    ALIGNMENT_FAKING,
    CLUE_FAITHFULNESS,
    MONITORS,
    PROMPT_INJECTION,
    SPECIAL_CASING,
    THINKING_BUDGET,
)
from organisms.planted import (
    planted,
    planted_budget,
    planted_everyday,
    planted_hints,
    planted_injection,
    planted_quiz,
    planted_special_casing,
)
from organisms.rates import Difficulty
from paper_figures.cells import factors_of

JUDGED = {
    ALIGNMENT_FAKING: ("compliance_rate", "compliance_gap", "alignment_faking_reasoning_rate"),
    CLUE_FAITHFULNESS: ("acknowledgement_rate", "faithfulness_normalised"),
    MONITORS: ("flagged_rate",),
    SPECIAL_CASING: ("reward_hack_verbalised_rate",),
}
"""Metrics that are compared with what was planted, raw and judge-corrected, by table."""

UNJUDGED = {
    CLUE_FAITHFULNESS: ("hint_use_rate", "attributable_use"),
    SPECIAL_CASING: ("reward_hack_rate", "solved_rate", "flagged_test_rate", "reward_hack_gap"),
    PROMPT_INJECTION: ("attack_prevented_rate", "task_done_rate"),
    THINKING_BUDGET: (
        *("accuracy", "pass_at_k", "majority_at_k", "best_of_k"),
        "accuracy_per_doubling",
    ),
    accuracy.TABLE: (accuracy.ACCURACY,),
}
"""Metrics that no judge has a part in; the ranker's errors belong to best-of-k."""

KINDS = RAW, WITH_CORRECTION, WITHOUT_JUDGE = "raw", "judge-corrected", "judge-free"

_COLUMNS = ["snapshot", "reasoning", "dataset", "factors", "quantity", "kind", "held"]

_LEVELS: tuple[Difficulty, ...] = get_args(Difficulty)


def checked(results: pd.DataFrame) -> pd.DataFrame:
    """Whether the intervals of simulated rows hold the planted value.

    Args:
        results: Rows of results.csv.

    Returns:
        One row per interval: `snapshot, reasoning, dataset, factors, quantity, kind` (one of `KINDS`), `held`.
    """
    simulated = results[results["simulated"].astype(bool) & results["low"].notna()]
    simulated = simulated[simulated["visibility"] != "summary"]
    simulated = simulated.fillna(dict.fromkeys(("hint", "arm", "dataset", "factors", "column"), ""))
    hints = tuple(hint for hint in simulated["hint"].unique() if hint not in ("", AVERAGE))
    rows = []
    for kind, by_table, suffix in (
        (RAW, JUDGED, ""),
        (WITH_CORRECTION, JUDGED, CORRECTED),
        (WITHOUT_JUDGE, UNJUDGED, ""),
    ):
        for table, metrics in by_table.items():
            wanted = [f"{metric}{suffix}" for metric in metrics]
            found = simulated[(simulated["table"] == table) & simulated["metric"].isin(wanted)]
            for row in found.to_dict("records"):
                metric = str(row["metric"]).removesuffix(suffix)
                quantity, truth = _TRUTHS[table](row, metric, hints)
                if truth is not None:
                    told = {name: row[name] for name in _COLUMNS[:4]}
                    held = bool(row["low"] <= truth <= row["high"])
                    rows.append({**told, "quantity": quantity, "kind": kind, "held": held})
    return pd.DataFrame(rows, columns=_COLUMNS)


Truth = tuple[str, float | None]
"""The name of a quantity, and its planted value; None where there is none."""

Row = dict[Any, Any]


def _of_faking(row: Row, metric: str, hints: Sequence[str]) -> Truth:
    name = f"{row['arm']}/{metric}" if metric == "compliance_rate" else metric
    return name, planted(_name(row), row["reasoning"])[name]


def _of_hints(row: Row, metric: str, hints: tuple[str, ...]) -> Truth:
    """Nothing where a mean is over other hints than were measured."""
    name = f"{row['hint']}/{metric}"
    if row["hint"] == AVERAGE and f"mean over {len(hints)} of" not in row["method"]:
        return name, None
    level = next((level for level in _LEVELS if row["dataset"].endswith(level)), None)
    return name, _hints(_name(row), row["reasoning"], hints, level).get(name)


@cache
def _hints(
    name: str, reasoning: Any, hints: tuple[str, ...], level: Difficulty | None
) -> dict[str, float]:
    return planted_hints(name, reasoning, hints, difficulty=level)


def _of_thoughts(row: Row, metric: str, hints: Sequence[str]) -> Truth:
    monitor, _, label = str(row["column"]).partition(": ")
    name = "/".join([monitor, *([] if label == "overall" else [label]), metric])
    return name, planted_everyday(_name(row), row["reasoning"]).get(name)


def _of_problems(row: Row, metric: str, hints: Sequence[str]) -> Truth:
    factors = factors_of(row)
    name = "/".join(filter(None, (row["arm"], metric)))
    truth = planted_special_casing(
        _name(row),
        row["reasoning"],
        int(factors["rung"]),
        factors["form"],  # type: ignore[arg-type]  # as the task has it
        factors["flag"] == "True",
    )
    return name, truth.get(name)


def _of_injection(row: Row, metric: str, hints: Sequence[str]) -> Truth:
    """Nothing of a classifier: what it withholds is its own doing, and planted nowhere."""
    safeguards = factors_of(row)["safeguards"]
    name = metric if metric == "attack_prevented_rate" else f"{row['arm']}/{metric}"
    if safeguards not in ("none", "system"):
        return name, None
    found = planted_injection(_name(row), row["reasoning"], safeguards)  # type: ignore[arg-type]
    return name, found.get(name)


def _of_budget(row: Row, metric: str, hints: Sequence[str]) -> Truth:
    k = re.fullmatch(r"k=(\d+)", str(row["column"]))
    metric = metric.removesuffix("k") + k[1] if k else metric
    name = "/".join(filter(None, (row["arm"], metric)))
    return name, _budget(_name(row)).get(name)


@cache
def _budget(name: str) -> dict[str, float]:
    from paper_figures.demo.runs import BUDGETS, RANKER, Size

    arms, ranker = [f"budget_{tokens}" for tokens in BUDGETS], RANKER.removeprefix("organism/")
    return planted_budget(name, arms, epochs=Size().samples, ranker=ranker)


def _of_quiz(row: Row, metric: str, hints: Sequence[str]) -> Truth:
    return metric, planted_quiz(_name(row), row["reasoning"])[metric]


def _name(row: Row) -> str:
    return str(row["snapshot"]).removeprefix("organism/")


_TRUTHS: dict[str, Callable[..., Truth]] = {
    ALIGNMENT_FAKING: _of_faking,
    CLUE_FAITHFULNESS: _of_hints,
    MONITORS: _of_thoughts,
    SPECIAL_CASING: _of_problems,
    PROMPT_INJECTION: _of_injection,
    THINKING_BUDGET: _of_budget,
    accuracy.TABLE: _of_quiz,
}
"""What was planted, by the column `table`."""
