"""Whether the demo's intervals hold what was planted; nothing else compares with it."""

from collections.abc import Sequence
from typing import get_args

import pandas as pd

from analysis.faithfulness import AVERAGE, CORRECTED
from organisms.planted import planted, planted_hints
from organisms.rates import Difficulty

CHECKED = (
    *("compliance_rate", "compliance_gap", "alignment_faking_reasoning_rate"),
    *("acknowledgement_rate", "faithfulness_normalised"),
)
"""Metrics that are compared with what was planted, raw and judge-corrected."""

_AS_THEY_ARE = ("hint_use_rate", "attributable_use")
"""Metrics that no judge has a part in."""

_LEVELS: tuple[Difficulty, ...] = get_args(Difficulty)


def checked(results: pd.DataFrame) -> pd.DataFrame:
    """Whether the intervals of simulated rows hold the planted value, raw and judge-corrected.

    Args:
        results: Rows of results.csv.

    Returns:
        One row per interval: `snapshot, reasoning, dataset, quantity, kind` (raw, judge-corrected), `held`.
    """
    simulated = results[results["simulated"] & results["low"].notna()]
    simulated = simulated[simulated["visibility"] != "summary"]
    hints = [hint for hint in simulated["hint"].unique() if hint not in ("", AVERAGE)]
    rows = []
    for kind, suffix in (("raw", ""), ("judge-corrected", CORRECTED)):
        wanted = [f"{metric}{suffix}" for metric in CHECKED]
        wanted += [] if suffix else _AS_THEY_ARE
        for _, row in simulated[simulated["metric"].isin(wanted)].iterrows():
            quantity = _quantity(row, suffix)
            truth = _planted(row, quantity, hints)
            if truth is None:
                continue
            rows.append(
                {
                    "snapshot": row["snapshot"],
                    "reasoning": row["reasoning"],
                    "dataset": row["dataset"],
                    "quantity": quantity,
                    "kind": kind,
                    "held": bool(row["low"] <= truth <= row["high"]),
                }
            )
    columns = ["snapshot", "reasoning", "dataset", "quantity", "kind", "held"]
    return pd.DataFrame(rows, columns=columns)


def _quantity(row: pd.Series, suffix: str) -> str:
    """The name under which the planted value of a row stands."""
    metric = str(row["metric"]).removesuffix(suffix)
    of_arm = row["arm"] if metric == "compliance_rate" else row["hint"]
    return f"{of_arm}/{metric}" if of_arm else metric


def _planted(row: pd.Series, quantity: str, hints: Sequence[str]) -> float | None:
    """The planted value; None where there is none, or where the mean is over other hints than measured."""
    name = row["snapshot"].removeprefix("organism/")
    if not row["hint"]:
        return planted(name, row["reasoning"])[quantity]
    if row["hint"] == AVERAGE and f"mean over {len(hints)} of" not in row["method"]:
        return None
    level = next((level for level in _LEVELS if row["dataset"].endswith(level)), None)
    return planted_hints(name, row["reasoning"], hints, difficulty=level).get(quantity)
