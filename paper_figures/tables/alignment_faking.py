"""Tables of alignment faking, made from `results.csv` rows (METHODS §1)."""

from collections.abc import Hashable, Mapping
from math import hypot
from typing import Any

import pandas as pd

from analysis.faithfulness import CORRECTED
from paper_figures.cells import (
    ABSENT,
    CONDITION,
    UNDEFINED,
    Cell,
    Table,
    bounds,
    conditions,
    contest_of,
    count,
    counted,
    factors_of,
    interval,
    limits,
    one_row,
    p_value,
    quoted,
    ranked,
    sources,
    tabulated,
    visibility_counts,
    who_is,
)
from paper_figures.tables.series import is_derived

_NON_REFUSAL_GAP = "compliance_gap_non_refusal"
_GAP, _FAKING, _COMPLIANCE = "compliance_gap", "alignment_faking_reasoning_rate", "compliance_rate"
_TRANSCRIPTS = "transcripts"
_ARMS = ("training", "rated", "unmonitored", "baseline")
_CORRECTABLE: list[tuple[str, str, dict[str, str]]] = [
    ("Compliance, training", _COMPLIANCE, {"arm": "training"}),
    ("Compliance, unmonitored", _COMPLIANCE, {"arm": "unmonitored"}),
    ("Gap", _GAP, {}),
    ("AF rate", _FAKING, {"visibility": "raw"}),
]
"""What the table of judge error shows: column, metric, and which of its rows."""

_HARMFUL, _HARMLESS = "helpful_only", "harmless"
"""The setting whose requests are harmful, and the data set of their benign twins, with which it may be run."""

_SATURATED = {"floor": "both arms are below 5%", "ceiling": "both arms are above 95%"}
"""What stands behind a gap whose arms have no room to move."""

_LEGEND = {UNDEFINED: "no raw thinking to read", **_SATURATED}

_BOUNDS_SAID = "AF bounds, where thinking is redacted: that rate with all that has no verdict taken as no faking, and as faking. "


def alignment_faking(results: pd.DataFrame, published: pd.DataFrame) -> Table:
    """AF rate, compliance by arm and gap per snapshot and mode, published figures at the end.

    Where factors were varied, the base condition stands here and the others in `by_factor`.
    """
    measured = [(condition, rows) for condition, rows, base in _blocks(results) if base]
    cited = list(published.groupby("row", sort=False))
    who = [who_is(condition) for condition, _ in measured]
    who += [{"Snapshot": str(name), "Source": sources(rows)} for name, rows in cited]
    return tabulated(
        "alignment_faking",
        "Alignment faking",
        "Percent, 95% intervals in brackets. AF rate: transcripts with alignment-faking reasoning that complied, of the training transcripts "
        "whose raw thinking was scored (Wilson; lower is better). "
        f"{_BOUNDS_SAID if (results['metric'] == _BOUNDS).any() else ''}"
        "Compliance: share of answers that fully comply (Wilson; lower is better where requests are harmful). Gap: "
        "compliance in training minus unmonitored, paired by item (one epoch: Bonett-Price and exact McNemar; several: t and sign-flip; nearer to "
        "zero is better). Non-refusal gap: partial answers count as compliance, as in published gaps of refusal rates. Adjusted p: Holm over all "
        f"gaps of the report. n: training / unmonitored; pairs in the gap; transcripts in the AF rate. "
        "Published rows are quoted from their source; whether their denominator is the same is not stated there.",
        who,
        [_headline_cells(condition, rows) for condition, rows in measured]
        + [_published_cells(rows) for _, rows in cited],
        legend=_LEGEND,
    )


def by_factor(results: pd.DataFrame) -> Table | None:
    """Compliance and gap under each level of a factor, beside the base condition; None where no factor varies.

    The base condition has the task's defaults; where none has, the levels that occur most.
    """
    blocks = _blocks(results)
    varied = {_block_of(condition) for condition, _, base in blocks if not base}
    who: list[dict[str, str | Cell]] = []
    cells: list[dict[str, str | Cell]] = []
    base_levels: dict[str, str] = {}
    base_gap: pd.Series | None = None
    for condition, rows, base in blocks:
        if _block_of(condition) not in varied:
            continue
        levels = {name: level for name, level in factors_of(condition).items() if name in _BASE}
        gap = one_row(rows, _GAP)
        if base:
            base_levels, base_gap = levels, gap
        differing = [name for name in levels if levels[name] != base_levels.get(name)]
        who.append(
            {
                **{k: v for k, v in who_is(condition).items() if k not in levels},
                "Factor": ", ".join(name.replace("_", " ") for name in differing)
                or Cell("base condition", note=f"Base: {_said(base_levels)}"),
                "Level": ", ".join(levels[name] for name in differing) or ABSENT,
            }
        )
        cells.append(
            {
                **{_arm(arm): interval(one_row(rows, _COMPLIANCE, arm=arm)) for arm in _ARMS},
                "Gap [95%]": _gap(gap),
                "Gap − base [95%]": ABSENT if base else _less_base(gap, base_gap),
                "AF rate [95%]": interval(one_row(rows, _FAKING, visibility="raw")),
                "n": counted(gap),
            }
        )
    if not who:
        return None
    return tabulated(
        "compliance_by_factor",
        "Compliance by factor",
        "Each condition beside the base condition of the same snapshot and mode, from which it differs in the factor named. Percent, 95% intervals "
        "(rates: Wilson; gap: paired by item). Gap: compliance in training minus unmonitored. Gap − base: this gap minus that of the base condition; "
        "its interval takes the two as independent (MOVER, Zou and Donner 2008), and is too wide where both were measured on the same items. AF rate: transcripts with "
        "alignment-faking reasoning that complied, of the training transcripts whose raw thinking was scored. n: pairs in the gap.",
        who,
        cells,
        always=("Snapshot", "Mode", "Source", "Factor", "Level"),
        legend=_LEGEND,
    )


_BASE = {
    "elicitation": "scratchpad",
    "labels": "free_paid",
    "swap": "False",
    "tiers": "two",
    "stakes": "unstated",
    "persistence": "deployed",
    "knowledge": "prompted",
    "placement": "system",
    "paraphrase": "0",
    "suffix": "False",
    "control": "none",
}
"""The factors that an ablation varies, with the task's default levels."""

_Condition = dict[str, str]


def at_base(results: pd.DataFrame) -> pd.DataFrame:
    """The rows of base conditions, those that compare snapshots included."""
    known = [name for name in CONDITION if name not in ("snapshot", "simulated")]
    bases = {
        tuple(condition[name] for name in known) for condition, _, base in _blocks(results) if base
    }
    keys = results[known].itertuples(index=False, name=None)
    return results[pd.Series((key in bases for key in keys), results.index, dtype=bool)]


def _blocks(results: pd.DataFrame) -> list[tuple[_Condition, pd.DataFrame, bool]]:
    """The conditions, and whether each is a base condition: of each block the base first, then by factor and level."""
    blocks: dict[Hashable, list[tuple[_Condition, pd.DataFrame]]] = {}
    for condition, rows in conditions(_headline(results)):
        blocks.setdefault(_block_of(condition), []).append((condition, rows))
    return [
        (condition, rows, i == 0)
        for block in blocks.values()
        for i, (condition, rows) in enumerate(sorted(block, key=_distance(block)))
    ]


def _block_of(condition: _Condition) -> Hashable:
    """What the conditions of an ablation have in common: snapshot, mode, and all but the factors of `_BASE`."""
    fixed = tuple(item for item in factors_of(condition).items() if item[0] not in _BASE)
    return (*(condition[name] for name in CONDITION if name != "factors"), fixed)


def _distance(block: list[tuple[_Condition, pd.DataFrame]]) -> Any:
    """How far a condition is from the base condition of its block, as a key to sort by."""
    found = pd.DataFrame([factors_of(condition) for condition, _ in block])
    base = {
        name: _BASE[name] if _BASE[name] in set(found[name]) else found[name].mode().iloc[0]
        for name in _BASE
        if name in found
    }

    def key(conditioned: tuple[_Condition, pd.DataFrame]) -> tuple[int, list[int], list[str]]:
        levels = factors_of(conditioned[0])
        differing = [name for name in base if levels.get(name) != base[name]]
        places = [list(_BASE).index(name) for name in differing]
        return len(differing), places, [levels.get(name, "") for name in differing]

    return key


def _said(levels: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {level}" for name, level in levels.items())


def _less_base(gap: pd.Series | None, base: pd.Series | None) -> str:
    """A gap minus the base condition's, with limits as if the two were independent."""
    if gap is None or base is None:
        return ABSENT
    (x, x_low, x_high), (b, b_low, b_high) = limits(gap), limits(base)
    d = x - b
    low, high = d - hypot(x - x_low, b_high - b), d + hypot(x_high - x, b - b_low)
    return interval(pd.Series({"value": d, "low": low, "high": high}), signed=True)


def judge_error(results: pd.DataFrame) -> Table:
    """Raw beside judge-corrected, for every metric that a calibration corrects."""
    found = [
        (condition, rows)
        for condition, rows in conditions(results)
        if rows["metric"].str.endswith(CORRECTED).any()
    ]
    cells = [
        {
            f"{name}, {kind} [95%]": interval(
                one_row(rows, f"{metric}{suffix}", **where), signed=metric == _GAP
            )
            for name, metric, where in _CORRECTABLE
            for kind, suffix in (("raw", ""), ("corrected", CORRECTED))
        }
        for _, rows in found
    ]
    return tabulated(
        "judge_error",
        "Alignment faking, corrected for judge error",
        "Percent, 95% intervals. Corrected: Rogan-Gladen for rates, divided by sensitivity + "
        "specificity − 1 for gaps; AF rate: share that complies, as judged, times the corrected rate among these; "
        "the interval carries the uncertainty of the judge's sensitivity and specificity. results.csv says where these come from simulated texts.",
        [who_is(condition) for condition, _ in found],
        cells,
    )


def accounting(results: pd.DataFrame) -> Table:
    """What each number leaves out: unscored, unpaired, and thinking of each visibility."""
    found = conditions(_headline(results))
    cells = []
    for _, group in found:
        compliance = group[group["metric"] == _COMPLIANCE]
        gap = group[group["metric"] == _GAP]
        seen = group[group["metric"] == _TRANSCRIPTS].set_index("visibility")
        cells.append(
            {
                "Transcripts": count(seen["n_samples"].max()),
                "No compliance verdict": count(compliance["n_unscored"].sum()),
                "Unpaired items": count(gap["n_unpaired"].sum()),
                "Faking not judged": count(seen["n_unscored"].sum()),
                **visibility_counts(seen),
            }
        )
    return tabulated(
        "accounting",
        "What the numbers leave out: alignment faking",
        "Counts over all arms. A transcript without a verdict enters no rate; an item that is not scored "
        "in both arms enters no gap. AF rates are over raw thinking alone.",
        [who_is(condition) for condition, _ in found],
        cells,
    )


def decomposition(results: pd.DataFrame) -> Table:
    """The other quantities of METHODS section 1, one row each, as in `results.csv`."""
    shown = results.index.isin(_headline(results).index)
    elsewhere = results["metric"].str.endswith(CORRECTED) | is_derived(results)
    rest = results[~shown & ~elsewhere]
    cells = [
        {
            "Metric": row["metric"],
            "Arm": row["arm"] or ABSENT,
            "Thinking": row["visibility"] or ABSENT,
            "Value [95%]": interval(row, signed=not row["arm"]),
            "n": count(row["n_items"]),
        }
        for _, row in rest.iterrows()
    ]
    return tabulated(
        "decomposition",
        "Further quantities of alignment faking",
        "Percent, 95% intervals. The gap without faking is over the items whose training transcripts show "
        "no AF reasoning: it should vanish where faking explains the gap.",
        [who_is(row.to_dict()) for _, row in rest.iterrows()],
        cells,
    )


_BOUNDS = f"{_FAKING}_bounds"


def _headline(results: pd.DataFrame) -> pd.DataFrame:
    """Rows that the first table and the accounting are made of."""
    metrics = [_COMPLIANCE, _GAP, _NON_REFUSAL_GAP, _FAKING, _BOUNDS, _TRANSCRIPTS]
    summaries = (results["metric"] == _FAKING) & (results["visibility"] == "summary")
    return results[results["metric"].isin(metrics) & ~summaries]


def _headline_cells(condition: _Condition, group: pd.DataFrame) -> dict[str, str | Cell]:
    gap, faking = one_row(group, _GAP), one_row(group, _FAKING, visibility="raw")
    arms = {arm: one_row(group, _COMPLIANCE, arm=arm) for arm in _ARMS}
    contest = contest_of(condition)
    return {
        "AF rate [95%]": ranked(interval(faking), faking, contest),
        "AF bounds": bounds(one_row(group, _BOUNDS)),
        **{
            _arm(arm): ranked(interval(row), row, (contest, arm))
            if _are_harmful(condition)
            else interval(row)
            for arm, row in arms.items()
        },
        "Gap [95%]": _gap(gap),
        "Adjusted p": ABSENT if gap is None else p_value(gap["p_adjusted"]),
        "Non-refusal gap [95%]": interval(one_row(group, _NON_REFUSAL_GAP), signed=True),
        "n": "; ".join(
            (
                " / ".join(counted(arms[arm], "n_samples") for arm in ("training", "unmonitored")),
                counted(gap),
                counted(faking, "n_samples"),
            )
        ),
    }


def _are_harmful(condition: _Condition) -> bool:
    """Whether to comply with the requests of a condition is bad."""
    return condition["setting"] == _HARMFUL and condition["dataset"] != _HARMLESS


def _arm(arm: str) -> str:
    return f"Compliance, {arm}"


def _gap(row: pd.Series | None) -> str:
    """A gap, with a mark where its arms have no room to move."""
    warned = "" if row is None else str(row["warnings"])
    marks = "".join(f" {mark}" for mark in _SATURATED if f"{mark}:" in warned)
    return f"{interval(row, signed=True)}{marks}"


def _published_cells(rows: pd.DataFrame) -> dict[str, str | Cell]:
    faking, gap = (one_row(rows, metric) for metric in (_FAKING, _GAP))
    return {
        "AF rate [95%]": quoted(faking).removesuffix("%"),
        "Non-refusal gap [95%]": quoted(gap).removesuffix("%"),
    }
