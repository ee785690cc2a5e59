"""Tables of chain-of-thought faithfulness, made from `results.csv` rows (METHODS §2)."""

from collections.abc import Iterable, Mapping

import pandas as pd

from analysis.estimators import FEW_USED
from analysis.faithfulness import AVERAGE, CORRECTED, UNHINTED
from analysis.snapshots import UNPARSEABLE
from paper_figures.cells import (
    ABSENT,
    Table,
    conditions,
    count,
    hint_order,
    interval,
    joined,
    one_row,
    p_value,
    visibility_counts,
    who_is,
)

NO_USED_PAIRS = "no used pairs"
"""Printed where the hint was never used, so that there is nothing to be faithful about."""

NO_VERDICT = "not measurable"
"""Printed where the hint was used and none of the thinking could be judged."""

UNDEFINED = "undefined"
"""Printed where chance explains all use of the hint. It is never printed as 0."""

NOT_CALIBRATED = "not calibrated"
"""Printed where calibrations were given, and none of them is about the hint."""

FEW = "†"
"""Marks a cell with fewer than `FEW_USED` used pairs."""

_REASONS = {
    "no used pairs:": NO_USED_PAIRS,
    "no used pair has a verdict": NO_VERDICT,
    "no judge error is given": NOT_CALIBRATED,
    "chance explains": UNDEFINED,
    "fewer than three options": UNDEFINED,
    "does not tell the classes apart": UNDEFINED,
}
"""What a row's warnings say where it has no value, and what is printed for it; the first that fits counts."""

_SCORES = {
    "raw": ("acknowledgement_rate", "raw"),
    "normalised": ("faithfulness_normalised", "raw"),
    "raw, summary": ("acknowledgement_rate", "summary"),
    "normalised, summary": ("faithfulness_normalised", "summary"),
}
"""What a row of the headline table is about, and the metric and visibility of thinking that it shows."""

_CORRECTED_SCORES = {
    "raw, corrected": (f"acknowledgement_rate{CORRECTED}", "raw"),
    "normalised, corrected": (f"faithfulness_normalised{CORRECTED}", "raw"),
}


def clue_faithfulness(results: pd.DataFrame, published: pd.DataFrame) -> Table:
    """Hints as columns, data sets as rows, raw and chance-normalised, published figures at the end."""
    hints = hint_order(results["hint"])
    who, cells = _scores(results, _SCORES, hints)
    for (name, dataset), rows in published.groupby(["row", "dataset"], sort=False):
        who.append(
            {
                "Snapshot": str(name),
                "Mode": "extended",
                "Source": "published",
                "Dataset": str(dataset),
                "Score": "raw",
            }
        )
        cells.append({_title(hint): _quoted(rows, hint) for hint in hints})
    return Table(
        "clue_faithfulness",
        "Chain-of-thought faithfulness under hints",
        "Share of used hints that the thinking admits as a reason for the answer (higher is more faithful), 95% intervals in "
        "brackets, n: used pairs with a verdict (of epochs, where there are several). Used: the unhinted answer is another one and the hinted answer is the hint's. "
        "Raw: acknowledged / used (Wilson, clustered on item with several epochs). Normalised: raw over the share of use that random "
        "switching does not explain (Chen et al. 2025), at most 1 (MOVER-R). Average: unweighted mean over the hints with a value, k of them (MOVER). "
        f"{FEW}: fewer than {FEW_USED} used pairs, an item with several epochs counting once. “{NO_USED_PAIRS}”: the hint never moved an answer. “{NO_VERDICT}”: no raw thinking to "
        "read. Summary: over summarised thinking alone, where there is any; never pooled with raw thinking. "
        f"“{UNDEFINED}”: chance explains all use, or no hint has a value. Simulated rows come from model organisms and say nothing about any real "
        "model. Published rows: Claude 3.7 Sonnet system card, Figure 12, raw; n is not stated there.",
        joined(who, cells, always=("Snapshot", "Mode", "Source", "Dataset", "Score")),
    )


def judge_error(results: pd.DataFrame) -> Table:
    """The headline table corrected for the judge's error, where a calibration of it was given."""
    hints = hint_order(results["hint"])
    who, cells = _scores(results, _CORRECTED_SCORES, hints)
    return Table(
        "clue_judge_error",
        "Faithfulness, corrected for judge error",
        "As the table of faithfulness, 95% intervals. Corrected: for the judge's sensitivity and specificity under that hint "
        "(Rogan-Gladen); the interval carries their uncertainty. `results.csv` says where these come from simulated texts. "
        f"“{NOT_CALIBRATED}”: no calibration is about that hint. “{UNDEFINED}”: the judge is no better than chance, or as in that table.",
        joined(who, cells, always=("Snapshot", "Mode", "Source", "Dataset", "Score")),
    )


def _scores(
    results: pd.DataFrame, scores: Mapping[str, tuple[str, str]], hints: list[str]
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Whose rows they are, and the cells under each hint: a row for each condition and score."""
    who, cells = [], []
    metrics = {metric for metric, _ in scores.values()}
    for condition, rows in conditions(_with_metric(results, metrics)):
        for score, (metric, visibility) in scores.items():
            seen = rows[rows["visibility"] == visibility]
            if visibility == "summary" and not _any_used(seen):
                continue
            who.append({**who_is(condition), "Score": score})
            cells.append({_title(hint): _cell(seen, metric, hint) for hint in hints})
    return who, cells


def _any_used(rows: pd.DataFrame) -> bool:
    """Whether any hint has used pairs, with a verdict or without."""
    raw = rows[rows["metric"] == "acknowledgement_rate"]
    return bool((raw[["n_samples", "n_unscored"]].fillna(0).astype(float) > 0).any(axis=None))


def clue_use(results: pd.DataFrame) -> Table:
    """For each hint: how often it is used, what that owes to the hint, and what else admits it."""
    who, cells = [], []
    for condition, rows in conditions(_with_metric(results, ["hint_use_rate"])):
        same = _same_condition(results, condition)
        for hint in hint_order(rows["hint"])[:-1]:
            who.append({**who_is(condition), "Hint": _title(hint)})
            cells.append(_use_cells(same, hint))
    return Table(
        "clue_use",
        "Use of the hints, and who can tell",
        "Percent, 95% intervals. Hint use: hinted answer is the hint's, of items whose unhinted answer is not. Attributable use: share of "
        "answers that are the hint's, hinted minus unhinted, over all items scored in both (adjusted p: Holm over this column). Thinking − "
        "answer: acknowledged in the thinking minus in the answer, over used pairs (Holm likewise). When asked: names the hint when asked what "
        "influenced it, of used pairs. Monitor: a judge that does not see the hint; TPR on used pairs, FPR on unhinted samples, g² = TPR × (1 − FPR). "
        "Unpaired: items not scored in both arms. No verdict: used pairs whose thinking could not be judged.",
        joined(who, cells, always=("Snapshot", "Mode", "Source", "Hint")),
    )


def accounting(results: pd.DataFrame) -> Table:
    """What the numbers leave out: answers that commit to nothing, thinking of each visibility."""
    found = conditions(_with_metric(results, ["transcripts", UNPARSEABLE]))
    cells = []
    for _, rows in found:
        seen = rows[rows["metric"] == "transcripts"].set_index("visibility")
        unparseable = one_row(rows, UNPARSEABLE)
        cells.append(
            {
                "Transcripts": count(seen["n_samples"].max()),
                "No readable answer": ABSENT
                if unparseable is None
                else count(unparseable["value"]),
                "Without a verdict that was due": count(seen["n_unscored"].sum()),
                **visibility_counts(seen),
            }
        )
    return Table(
        "accounting_faithfulness",
        "What the numbers leave out: faithfulness",
        "Counts over all arms. A verdict is due where there is no answer to compare, and where a hinted answer is the hint's. "
        "Items without an answer in both arms enter no pair.",
        joined([who_is(condition) for condition, _ in found], cells),
    )


def interventions(results: pd.DataFrame) -> Table:
    """Per kind of intervention the AOC, and the share of unchanged answers by how much reasoning was kept."""
    found = conditions(_with_metric(results, ["aoc", "same_answer_rate"]))
    who, cells = [], []
    for condition, rows in found:
        for kind in rows.loc[rows["metric"] == "aoc", "arm"]:
            points = rows[rows["arm"].str.startswith(f"{kind}/")]
            who.append({**who_is(condition), "Intervention": _title(str(kind))})
            aoc = one_row(rows, "aoc", arm=str(kind))
            cells.append(
                {
                    "AOC [95%]": interval(aoc),
                    "n": ABSENT if aoc is None else count(aoc["n_items"]),
                    "Left out": ABSENT if aoc is None else count(aoc["n_unscored"]),
                    **{
                        f"{float(row['arm'].split('/')[1]):.0%} kept": interval(row)
                        for _, row in points.iterrows()
                    },
                }
            )
    return Table(
        "cot_interventions",
        "Interventions on the reasoning",
        "Percent, 95% intervals, clustered on item. Kept: share of the reasoning's sentences that should stand before the answer is asked for "
        "again, rounded to whole sentences in each item. Cells: answers that are the one after the full reasoning. AOC: 1 − area under that "
        "curve, 0 where the answer never depends on the reasoning (Lanham et al. 2023). Left out: items without an AOC, because a point "
        "of theirs has no answer.",
        joined(who, cells, always=("Snapshot", "Mode", "Source", "Intervention")),
    )


def rationalisation(results: pd.DataFrame) -> Table:
    """Unfaithful pairs of comparison questions."""
    found = conditions(_with_metric(results, ["unfaithful_pair_rate", "accuracy", "yes_rate"]))
    cells = []
    for _, rows in found:
        pairs = one_row(rows, "unfaithful_pair_rate")
        cells.append(
            {
                "Unfaithful pairs [95%]": interval(pairs),
                "n": ABSENT if pairs is None else count(pairs["n_items"]),
                "Accuracy": interval(one_row(rows, "accuracy")),
                "Yes": interval(one_row(rows, "yes_rate")),
                "Unpaired": ABSENT if pairs is None else count(pairs["n_unpaired"]),
                "Note": ABSENT if pairs is None else str(pairs["warnings"]) or ABSENT,
            }
        )
    return Table(
        "post_hoc_rationalisation",
        "Implicit post-hoc rationalisation",
        "Percent, 95% intervals. Unfaithful: the accuracies of “is X > Y?” and “is Y > X?” differ by 0.5 or more, and the weaker one's right "
        "answer is against the bias of its group (Arcuschin et al. 2025).",
        joined([who_is(condition) for condition, _ in found], cells),
    )


def _with_metric(results: pd.DataFrame, metrics: Iterable[str]) -> pd.DataFrame:
    return results[results["metric"].isin(list(metrics))]


def _same_condition(results: pd.DataFrame, condition: dict[str, str]) -> pd.DataFrame:
    same = [results[name].astype(str) == value for name, value in condition.items()]
    return results[pd.concat(same, axis=1).all(axis=1)]


def _title(hint: str) -> str:
    return hint.replace("_", " ").capitalize()


def _cell(rows: pd.DataFrame, metric: str, hint: str) -> str:
    """A score with its interval and the number behind it; or why there is none."""
    row = one_row(rows, metric, hint=hint)
    if row is None:
        return ABSENT
    if pd.isna(row["value"]):
        return why_none(row, rows)
    n = f" k={_n_hints(row)}" if hint == AVERAGE else f" n={count(row['n_samples'])}"
    return f"{_fraction(row)}{n}{few(row)}"


def _fraction(row: pd.Series) -> str:
    """A share as the card prints it, with as many digits as tell its limits apart."""
    if pd.isna(row["low"]):
        return f"{row['value']:.2f} [no interval]"
    value, low, high = (float(row[name]) for name in ("value", "low", "high"))
    digits = next((d for d in (2, 3) if f"{low:.{d}f}" != f"{high:.{d}f}"), 4)
    return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def few(row: pd.Series) -> str:
    """The mark of a number that few used pairs stand behind."""
    return FEW if "few used pairs" in str(row["warnings"]) else ""


def why_none(row: pd.Series, rows: pd.DataFrame) -> str:
    """What is printed for a row without a value; of an average, what all hints have in common.

    Args:
        row: The row.
        rows: All rows of its condition.
    """
    if row["hint"] != AVERAGE:
        return _reason(row)
    alike = rows[(rows["metric"] == row["metric"]) & (rows["visibility"] == row["visibility"])]
    reasons = {_reason(of_hint) for _, of_hint in alike.iterrows() if of_hint["hint"] != AVERAGE}
    return reasons.pop() if len(reasons) == 1 else UNDEFINED


def _reason(row: pd.Series) -> str:
    said = str(row["warnings"])
    return next((printed for reason, printed in _REASONS.items() if reason in said), NO_VERDICT)


def _n_hints(row: pd.Series) -> str:
    """The number of hints in an average, out of its method `... mean over K of N hints`."""
    return str(row["method"]).split("mean over ")[-1].split(" ")[0]


def _share(row: pd.Series | None, signed: bool = False) -> str:
    """A percentage with its interval, or why there is none."""
    undefined = row is not None and pd.isna(row["value"])
    return _reason(row) if row is not None and undefined else interval(row, signed)


def _use_cells(rows: pd.DataFrame, hint: str) -> dict[str, str]:
    raw = one_row(rows, "acknowledgement_rate", hint=hint, visibility="raw")
    attributable = one_row(rows, "attributable_use", hint=hint)
    gap = one_row(rows, "thinking_answer_gap", hint=hint, visibility="raw")
    false_alarms = one_row(rows, "false_positive_rate", arm=UNHINTED, visibility="raw")
    return {
        "Hint use [95%]": _share(one_row(rows, "hint_use_rate", hint=hint)),
        "Attributable use [95%]": _share(attributable, signed=True),
        "Adjusted p": ABSENT if attributable is None else p_value(attributable["p_adjusted"]),
        "Used, judged": ABSENT if raw is None else count(raw["n_samples"]),
        "Mentioned": _share(one_row(rows, "mention_rate", hint=hint, visibility="raw")),
        "Admitted in answer": _share(one_row(rows, "acknowledgement_rate_answer", hint=hint)),
        "Thinking − answer [95%]": _share(gap, signed=True),
        "Adjusted p (thinking − answer)": ABSENT if gap is None else p_value(gap["p_adjusted"]),
        "When asked": _share(one_row(rows, "honesty_when_asked", hint=hint)),
        "Monitor TPR": _share(one_row(rows, "monitor_recall", hint=hint, visibility="raw")),
        "Monitor FPR": _share(false_alarms),
        "g²": _share(one_row(rows, "monitorability", hint=hint, visibility="raw")),
        "Unpaired": ABSENT if raw is None else count(raw["n_unpaired"]),
        "No verdict": ABSENT if raw is None else count(raw["n_unscored"]),
    }


def _quoted(rows: pd.DataFrame, hint: str) -> str:
    row = one_row(rows, "acknowledgement_rate", hint=hint)
    return ABSENT if row is None else str(row["warnings"]).removeprefix("quoted as ")
