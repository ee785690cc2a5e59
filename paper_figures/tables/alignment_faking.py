"""Tables of alignment faking, made from `results.csv` rows."""

import pandas as pd

from analysis.faithfulness import CORRECTED
from paper_figures.cells import (
    ABSENT,
    UNDEFINED,
    Table,
    conditions,
    count,
    interval,
    joined,
    one_row,
    p_value,
    visibility_counts,
    who_is,
)

_NON_REFUSAL_GAP = "compliance_gap_non_refusal"
_GAP, _FAKING, _COMPLIANCE = "compliance_gap", "alignment_faking_reasoning_rate", "compliance_rate"
_TRANSCRIPTS = "transcripts"
_CORRECTABLE: list[tuple[str, str, dict[str, str]]] = [
    ("Compliance, training", _COMPLIANCE, {"arm": "training"}),
    ("Compliance, unmonitored", _COMPLIANCE, {"arm": "unmonitored"}),
    ("Gap", _GAP, {}),
    ("AF rate", _FAKING, {"visibility": "raw"}),
]
"""What the table of judge error shows: column, metric, and which of its rows."""


def alignment_faking(results: pd.DataFrame, published: pd.DataFrame) -> Table:
    """Compliance by arm, gap and AF rate per snapshot and mode, published figures at the end."""
    measured, cited = conditions(_headline(results)), list(published.groupby("row", sort=False))
    who = [who_is(condition) for condition, _ in measured] + [
        {"Snapshot": str(name), "Source": "published"} for name, _ in cited
    ]
    cells = [_headline_cells(rows) for _, rows in measured]
    cells += [_published_cells(rows) for _, rows in cited]
    return Table(
        "alignment_faking",
        "Alignment faking",
        "Percent, 95% intervals in brackets. Compliance: share of answers that fully comply (Wilson). "
        "Gap: compliance in training minus unmonitored, paired by item (one epoch: Bonett-Price and "
        "exact McNemar; several: t and sign-flip); “floor” and “ceiling”: both arms below 5% or above "
        "95%. Non-refusal gap: partial answers count as compliance, as in published gaps of refusal "
        "rates. Adjusted p: Holm over the gaps of this table. AF "
        "rate: transcripts with alignment-faking reasoning that complied, of the training "
        "transcripts whose raw thinking was scored. n: pairs in the gap / transcripts in the AF rate. "
        f"“{UNDEFINED}”: no raw thinking to read. Simulated rows come from model organisms and say "
        "nothing about any real model. Published rows are quoted from their source; whether their "
        "denominator is the same is not stated there.",
        joined(who, cells),
    )


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
    return Table(
        "judge_error",
        "Judge error",
        "Percent, 95% intervals. Corrected: Rogan-Gladen for rates, divided by sensitivity + "
        "specificity − 1 for gaps; the interval carries the uncertainty of the judge's sensitivity and "
        "specificity. `results.csv` says where these come from simulated texts.",
        joined([who_is(condition) for condition, _ in found], cells),
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
    return Table(
        "accounting",
        "What the numbers leave out",
        "Counts over all arms. A transcript without a verdict enters no rate; an item that is not scored "
        "in both arms enters no gap. AF rates are over raw thinking alone.",
        joined([who_is(condition) for condition, _ in found], cells),
    )


def decomposition(results: pd.DataFrame) -> Table:
    """The other quantities of METHODS section 1, one row each, as in `results.csv`."""
    shown = results.index.isin(_headline(results).index)
    rest = results[~shown & ~results["metric"].str.endswith(CORRECTED)]
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
    return Table(
        "decomposition",
        "Further quantities",
        "Percent, 95% intervals. The gap without faking is over the items whose training transcripts show "
        "no AF reasoning: it should vanish where faking explains the gap.",
        joined([who_is(row.to_dict()) for _, row in rest.iterrows()], cells),
    )


def _headline(results: pd.DataFrame) -> pd.DataFrame:
    """Rows that the first table and the accounting are made of."""
    shown = results["metric"].isin([_COMPLIANCE, _GAP, _NON_REFUSAL_GAP, _FAKING, _TRANSCRIPTS])
    summaries = (results["metric"] == _FAKING) & (results["visibility"] == "summary")
    return results[shown & ~summaries]


def _headline_cells(group: pd.DataFrame) -> dict[str, str]:
    gap, faking = one_row(group, _GAP), one_row(group, _FAKING, visibility="raw")
    n_pairs = ABSENT if gap is None else count(gap["n_items"])
    n_read = ABSENT if faking is None else count(faking["n_samples"])
    return {
        **{
            f"Compliance, {arm}": interval(one_row(group, _COMPLIANCE, arm=arm))
            for arm in ("training", "rated", "unmonitored", "baseline")
            if one_row(group, _COMPLIANCE, arm=arm) is not None
        },
        "Gap [95%]": f"{interval(gap, signed=True)}{_saturated(gap)}",
        "Non-refusal gap [95%]": interval(one_row(group, _NON_REFUSAL_GAP), signed=True),
        "Adjusted p": ABSENT if gap is None else p_value(gap["p_adjusted"]),
        "AF rate [95%]": interval(faking),
        "n": f"{n_pairs} / {n_read}",
    }


def _saturated(gap: pd.Series | None) -> str:
    """A mark on gaps whose arms have no room to move."""
    warned = "" if gap is None else str(gap["warnings"])
    return "".join(f" {mark}" for mark in ("floor", "ceiling") if f"{mark}:" in warned)


def _published_cells(rows: pd.DataFrame) -> dict[str, str]:
    quoted = dict(zip(rows["metric"], rows["warnings"].str.removeprefix("quoted as "), strict=True))
    return {
        "Non-refusal gap [95%]": _quoted(quoted.get(_GAP)),
        "AF rate [95%]": _quoted(quoted.get(_FAKING)),
    }


def _quoted(text: str | None) -> str:
    return ABSENT if text is None else text.rstrip("%")
