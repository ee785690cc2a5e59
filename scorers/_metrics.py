"""What the metrics share: scores as a table, quantities as entries of the log."""

from collections.abc import Iterable, Sequence
from typing import get_args

import pandas as pd
from inspect_ai.scorer import SampleScore

from analysis.estimators import Estimate, agreement
from analysis.quantities import Quantity, Visibility


def score_table(scores: Sequence[SampleScore]) -> pd.DataFrame:
    """One row per sample and epoch: `item_id` and `arm` beside the keys of the score value.

    Samples of foreign logs, which name no item, stand for themselves and in no arm.
    """
    rows = []
    for scored in scores:
        metadata = scored.sample_metadata or {}
        value = scored.score.value
        rows.append(
            {
                "item_id": str(metadata.get("item_id", scored.sample_id)),
                "arm": metadata.get("arm"),
                **(value if isinstance(value, dict) else {}),
            }
        )
    return pd.DataFrame(rows)


HEADLINES = ("compliance_gap", "alignment_faking_reasoning_rate")


def log_entries(quantities: Iterable[Quantity]) -> dict[str, float]:
    """Quantities under the names they have in a log; what is undefined has no entry.

    `METRIC` for headlines and contrasts, `ARM/METRIC` for the other rates of one arm, `summary/...` for
    rates over summaries; each with `_low` and `_high`. Contrasts also have `_p`, `_n_pairs` and
    `_unpaired` (without prefix for the compliance gap); headlines `_worst` and `_best`, which is what
    they would be with everything missing against them and for them.
    """
    found: dict[str, float] = {}
    for quantity in quantities:
        name = _log_name(quantity)
        found |= entries(name, quantity.estimate)
        if not quantity.arm:
            prefix = "" if name == "compliance_gap" else f"{name}_"
            found |= _defined({f"{name}_p": quantity.estimate.p_value})
            found[f"{prefix}n_pairs"] = float(quantity.estimate.n_items)
            found[f"{prefix}unpaired"] = float(quantity.bounds.n_missing)
        if name in HEADLINES:
            worst_best = {
                f"{name}_worst": quantity.bounds.low,
                f"{name}_best": quantity.bounds.high,
            }
            found |= _defined(worst_best)
    return found


def hint_entries(quantities: Iterable[Quantity]) -> dict[str, float]:
    """Quantities under hints by the names they have in a log; what is undefined has no entry.

    `HINT/METRIC` and `average/METRIC`, `summary/...` for rates over summaries; each with `_low` and `_high`.
    For acknowledgement in thinking and answer also `_n` (used pairs with a verdict) and `_unscored` (used pairs without one), and for each
    hint `HINT/unpaired`.
    """
    found: dict[str, float] = {}
    for quantity in quantities:
        name = "/".join(filter(None, (quantity.hint or quantity.arm, quantity.metric)))
        if quantity.visibility == "summary":
            name = f"{quantity.visibility}/{name}"
        found |= entries(name, quantity.estimate)
        found |= _defined({f"{name}_p": quantity.estimate.p_value})
        if quantity.n_unpaired is not None and quantity.visibility != "summary":
            found[f"{quantity.hint}/unpaired"] = float(quantity.n_unpaired)
        acknowledged = quantity.metric in ("acknowledgement_rate", "acknowledgement_rate_answer")
        if acknowledged and quantity.visibility != "summary":
            missing = quantity.bounds.n_missing
            found[f"{name}_n"] = float(quantity.estimate.n_samples)
            found[f"{name}_unscored"] = float(missing)
    return found


def _log_name(quantity: Quantity) -> str:
    parts = [quantity.metric]
    if quantity.arm and quantity.metric not in HEADLINES:
        parts.insert(0, quantity.arm)
    if quantity.visibility == "summary":
        parts.insert(0, quantity.visibility)
    return "/".join(parts)


def counts(table: pd.DataFrame) -> dict[str, float]:
    """How many samples have no verdict, how many have thinking of each visibility, and the calls."""
    keys = [
        "unscored",
        *(f"thinking_{name}" for name in get_args(Visibility)),
        "thinking_partly_hidden",
    ]
    return {key: float(table[key].sum()) for key in keys} | calls(table)


def calls(table: pd.DataFrame) -> dict[str, float]:
    """How often model and judges were asked, and how many requests were repeated.

    Without entry where no score tells: those of older versions do not, and a log may be kept without events.
    """
    keys = ["model_calls", "model_retries", "judge_calls", "judge_retries"]
    known = table.reindex(columns=keys).dropna(axis="columns", how="all")
    return {str(key): float(total) for key, total in known.sum().items()}


def agreement_entries(table: pd.DataFrame, label: str) -> dict[str, float]:
    """How far each further judge agrees with the first on a label, with its prevalence."""
    found: dict[str, float] = {}
    for column in table.columns:
        if not column.startswith(f"{label}/"):
            continue
        both = agreement(table[[label, column]].to_numpy())
        judge = column.removeprefix(f"{label}/")
        found |= entries(f"{judge}/agreement", both.raw)
        found |= entries(f"{judge}/cohens_kappa", both.kappa)
        found |= entries(f"{judge}/krippendorff_alpha", both.alpha)
        found |= entries(f"{judge}/prevalence", both.prevalence)
    return found


def entries(name: str, estimate: Estimate) -> dict[str, float]:
    """An estimate as `NAME`, `NAME_low` and `NAME_high`; what is undefined has no entry."""
    return _defined(
        {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
    )


def _defined(numbers: dict[str, float | None]) -> dict[str, float]:
    return {name: float(number) for name, number in numbers.items() if number is not None}
