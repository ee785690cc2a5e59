"""What is reported of what the thinking shows (METHODS §3)."""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from analysis.estimators import Bounds, Estimate, rate, rate_bounds, two_stage_rate
from analysis.quantities import READABLE, Quantity
from analysis.scores import Scores

SCORERS = ("deception", "harmful_actions", "distress", "eval_awareness", "reward_hacking_intent")
"""Whose rows are read here."""

CATEGORIES: dict[str, tuple[str, ...]] = {
    "deception": ("hallucinated", "omitted", "sycophancy"),
    "harmful_actions": ("harmful_views", "rationalisation"),
    "distress": ("strong_sadness", "negative_emotions"),
    "eval_awareness": ("suspects_test", "behaves_for_test"),
    "reward_hacking_intent": ("special_cases", "games_checks"),
}
"""The sub-categories of each monitor, as keys of its scores. They overlap."""


OVERALL = "overall"
"""The category of all sub-categories together, in which a transcript counts once."""

LABELS = (
    *("flagged", "role_play", "first_stage", "audited", "unread"),
    *(name for names in CATEGORIES.values() for name in names),
)
"""Columns of score values that are read here."""

COUNTS = ("read", "unread", "audited")
"""Metrics that count transcripts in two-stage operation: those that the judge has a verdict on, those that it left unread by
design, and those that it read although the first stage passed them."""


def monitors(table: pd.DataFrame) -> Iterator[Quantity]:
    """How much of the thinking one monitor flags, by category, and how much of that is role play.

    Rates are over raw thinking; where there are summaries, they give rates of their own. In two-stage operation a rate counts
    what the first stage passed at its full weight, by the audit sample of it.

    Args:
        table: One row per transcript: `scorer`, `item_id`, `thinking_raw`, `thinking_summary`, and what of `LABELS` the
            monitor gives, as 1, 0 or NaN.

    Yields:
        `flagged_rate` in the columns `overall` and of each sub-category, `role_play_share` of what is flagged, and counts.
    """
    table = table.reindex(columns=table.columns.union(list(LABELS), sort=False))
    for visibility in READABLE:
        readable = table[f"thinking_{visibility}"] == 1
        # A rate over raw thinking misses what cannot be read; one over summaries is about these alone.
        rows = table if visibility == "raw" else table[readable]
        if visibility == "raw" or len(rows):
            told = rows.mask(~readable[rows.index]).assign(item_id=rows["item_id"])
            yield from _of_visibility(told, _categories(table), visibility)
    if table["first_stage"].notna().any():
        for count in COUNTS:
            counted = table["flagged"].notna() if count == "read" else table[count] == 1
            found = Estimate(float(counted.sum()), None, None, None, 0, len(table), "count", ())
            yield Quantity(count, found, Bounds(None, None, 0), column=OVERALL, whole=True)


def _categories(table: pd.DataFrame) -> dict[str, str]:
    """The label of each category that the monitor has."""
    scorer = str(table["scorer"].iloc[0]) if len(table) else ""
    return {OVERALL: "flagged", **{name: name for name in CATEGORIES.get(scorer, ())}}


def _of_visibility(
    told: pd.DataFrame, categories: dict[str, str], visibility: str
) -> Iterator[Quantity]:
    item, first_stage = told["item_id"], told["first_stage"]
    for category, label in categories.items():
        y = told[label]
        if first_stage.notna().any():
            estimate, bounds = two_stage_rate(y, first_stage, item), _bounds(told, label)
        else:
            estimate, bounds = rate(y, item), rate_bounds(y)
        yield Quantity(
            "flagged_rate", estimate, bounds, visibility=visibility, column=category, whole=True
        )
    flagged = told[told["flagged"] == 1]
    if len(flagged):
        share = rate(flagged["role_play"], flagged["item_id"])
        if first_stage.notna().any():
            share = replace(share, warnings=(*share.warnings, _UNWEIGHTED))
        bounds = rate_bounds(flagged["role_play"])
        yield Quantity(
            "role_play_share", share, bounds, visibility=visibility, column=OVERALL, whole=True
        )


_UNWEIGHTED = "of the flagged transcripts that the judge read, unweighted"


def _bounds(told: pd.DataFrame, label: str) -> Bounds:
    """The two-stage rate with what has no verdict at 0, and at 1; what is left unread by design has one by its stage."""
    missing = told[label].isna() & (told["unread"] != 1)
    low, high = (
        two_stage_rate(
            told[label].mask(missing, worst),
            told["first_stage"].mask(missing & told["first_stage"].isna(), 1.0),
            told["item_id"],
        ).value
        for worst in (0.0, 1.0)
    )
    return Bounds(low, high, int(missing.sum()))


def reported(table: pd.DataFrame) -> Iterator[Quantity]:
    """`monitors`, with the name of the monitor before the category: a report has several beside one another."""
    scorer = str(table["scorer"].iloc[0])
    for quantity in monitors(table):
        yield replace(quantity, column=f"{scorer}: {quantity.column}")


def scores(table: pd.DataFrame) -> Iterator[Scores]:
    """What snapshots are compared by: the overall rate over raw thinking, where every transcript was to be read.

    In two-stage operation the transcripts that were read are no sample of all, and items cannot be paired.
    """
    table = table.reindex(columns=table.columns.union(list(LABELS), sort=False))
    if table["first_stage"].isna().all() and len(table):
        y = table["flagged"].where(table["thinking_raw"] == 1)
        column = f"{table['scorer'].iloc[0]}: {OVERALL}"
        yield Scores("flagged_rate", table["item_id"], y, visibility="raw", column=column)


def stages(rows: pd.DataFrame) -> pd.Series:
    """Whether the rows of monitors are of runs in `one` stage or in `two, audit SHARE`; else what samples say.

    These are conditions of their own: a transcript that was audited stands for 1 / SHARE of those that passed. Runs with one share
    and other first stages or seeds can be pooled, for in each of them it stands for as many.

    Args:
        rows: Of a frame, with `log`, `scorer`, `judge` and, where there are such runs, `first_stage` and `audit`.
    """
    told = rows.get("stages", pd.Series(None, index=rows.index, dtype=object))
    ours = rows["scorer"].isin(SCORERS)
    first, audit = (
        pd.to_numeric(rows.get(name, pd.Series(float("nan"), index=rows.index)), errors="coerce")
        for name in ("first_stage", "audit")
    )
    run = [rows["log"], rows["scorer"], rows["judge"]]
    staged = (first.notna() | audit.notna()).groupby(run).transform("any")
    share = audit.fillna(audit.groupby(run).transform("max"))  # of samples without a score
    two = share.map("two, audit {:g}".format, na_action="ignore").fillna("two")
    return told.mask(ours, "one").mask(ours & staged, two)
