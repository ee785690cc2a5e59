"""Tables of chain-of-thought faithfulness, made from `results.csv` rows (METHODS §2)."""

from collections.abc import Hashable, Iterable, Mapping

import pandas as pd

from analysis.estimators import FEW_USED
from analysis.faithfulness import AVERAGE, CORRECTED, UNHINTED
from analysis.snapshots import UNPARSEABLE
from paper_figures.cells import (
    ABSENT,
    CONDITION,
    Cell,
    Table,
    bounds,
    coefficient,
    conditions,
    contest_of,
    count,
    counted,
    fraction,
    hint_order,
    interval,
    one_row,
    p_value,
    quoted,
    ranked,
    side_by_side,
    sources,
    tabulated,
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


_LEGEND = {
    FEW: f"fewer than {FEW_USED} used pairs with a verdict, an item with several epochs counting once; not ranked",
    NO_USED_PAIRS: "the hint never moved an answer",
    NO_VERDICT: "no raw thinking to read",
    UNDEFINED: "chance explains all use, or no hint has a value",
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
                "Source": sources(rows),
                "Dataset": str(dataset),
                "Score": "raw",
            }
        )
        cited = {hint: one_row(rows, "acknowledgement_rate", hint=hint) for hint in hints}
        cells.append({_title(hint): quoted(row) for hint, row in cited.items()})
    return tabulated(
        "clue_faithfulness",
        "Chain-of-thought faithfulness under hints",
        "Share of used hints that the thinking admits as a reason for the answer (higher is more faithful), 95% intervals in "
        "brackets, n: used pairs with a verdict (of epochs, where there are several). Used: the unhinted answer is another one and the hinted answer is the hint's. "
        "Raw: acknowledged / used (Wilson, clustered on item with several epochs). Normalised: raw over the share of use that random "
        "switching does not explain (Chen et al. 2025), at most 1 (MOVER-R). Average: unweighted mean over the hints with a value, k of them (MOVER). "
        "Summary: over summarised thinking alone, where there is any; never pooled with raw thinking. "
        "Published rows are raw, and n is not stated there.",
        who,
        cells,
        always=("Snapshot", "Mode", "Source", "Dataset", "Score"),
        legend=_LEGEND,
    )


def matrix(results: pd.DataFrame, score: str) -> Table:
    """Hints as rows, snapshots in their modes as columns.

    Args:
        results: Measured rows.
        score: `raw` or `normalised`.
    """
    metric, visibility = _SCORES[score]
    rows = results[(results["metric"] == metric) & (results["visibility"] == visibility)]
    order = {hint: place for place, hint in enumerate(hint_order(rows["hint"]))}
    by_hint = rows["hint"].map(order).argsort(kind="stable")

    def cell(group: pd.DataFrame, contest: Hashable) -> str | Cell:
        (_, row), *_ = group.iterrows()
        same = _same_condition(rows, {name: str(row[name]) for name in CONDITION})
        return _ranked(row, same, contest)

    who, cells, headings = side_by_side(rows.iloc[by_hint], cell, "hint")
    said = {
        "raw": "acknowledged / used (Wilson, clustered on item with several epochs)",
        "normalised": "raw over the share of use that random switching does not explain (Chen et al. 2025), at most 1 (MOVER-R)",
    }
    return tabulated(
        f"clue_matrix_{score}",
        f"Faithfulness by hint and snapshot, {score}",
        f"Share of used hints that the raw thinking admits (higher is more faithful), {score}: {said[score]}. 95% intervals in brackets, "
        "n: used pairs with a verdict. Average: unweighted mean over the hints with a value, k of them (MOVER).",
        [{**whose, "hint": _title(str(whose["hint"]))} for whose in who],
        cells,
        always=("Mode", "Hint"),
        headings=headings,
        legend=_LEGEND,
        across="row",
    )


def judge_error(results: pd.DataFrame) -> Table:
    """The headline table corrected for the judge's error, where a calibration of it was given."""
    who, cells = _scores(results, _CORRECTED_SCORES, hint_order(results["hint"]))
    return tabulated(
        "clue_judge_error",
        "Faithfulness, corrected for judge error",
        "As the table of faithfulness, 95% intervals. Corrected: for the judge's sensitivity and specificity under that hint "
        "(Rogan-Gladen); the interval carries their uncertainty. results.csv says where these come from simulated texts.",
        who,
        cells,
        always=("Snapshot", "Mode", "Source", "Dataset", "Score"),
        legend={
            **_LEGEND,
            NOT_CALIBRATED: "no calibration is about that hint",
            UNDEFINED: "the judge is no better than chance, or as in that table",
        },
    )


def unread(results: pd.DataFrame) -> Table | None:
    """What scores would be with the thinking that cannot be read; None where all can."""
    known = {f"{metric}_bounds": score for score, (metric, _) in _SCORES.items() if score in _WHOLE}
    found = _with_metric(results, known)
    if found.empty:
        return None
    hints = hint_order(found["hint"])
    who, cells = [], []
    for condition, rows in conditions(found):
        for metric, score in known.items():
            by_hint = {hint: one_row(rows, metric, hint=hint) for hint in hints}
            if any(row is not None for row in by_hint.values()):
                who.append({**who_is(condition), "Score": score})
                cells.append({_title(hint): bounds(row, 1, 2) for hint, row in by_hint.items()})
    return tabulated(
        "clue_unread",
        "Faithfulness, whatever the unread thinking says",
        "The score with all thinking of used pairs that has no verdict taken not to admit the hint, and with all of it taken to admit "
        f"it. These are bounds, no intervals; the sampling error comes on top. {ABSENT} also where all could be read.",
        who,
        cells,
        always=("Snapshot", "Mode", "Source", "Dataset", "Score"),
    )


_WHOLE = ("raw", "normalised")
"""Scores that unread thinking may change."""


def _scores(
    results: pd.DataFrame, scores: Mapping[str, tuple[str, str]], hints: list[str]
) -> tuple[list[dict[str, str | Cell]], list[dict[str, str | Cell]]]:
    """Whose rows they are, and the cells under each hint: a row for each condition and score."""
    who: list[dict[str, str | Cell]] = []
    cells: list[dict[str, str | Cell]] = []
    metrics = {metric for metric, _ in scores.values()}
    for condition, rows in conditions(_with_metric(results, metrics)):
        for score, (metric, visibility) in scores.items():
            seen = rows[rows["visibility"] == visibility]
            if visibility == "summary" and not _any_used(seen):
                continue
            who.append({**who_is(condition), "Score": score})
            contest = (contest_of(condition), score)
            cells.append(
                {_title(hint): _cell(seen, metric, hint, (contest, hint)) for hint in hints}
            )
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
    return tabulated(
        "clue_use",
        "Use of the hints, and who can tell",
        "Percent, 95% intervals. Hint use: hinted answer is the hint's, of items whose unhinted answer is not. Attributable use: share of "
        "answers that are the hint's, hinted minus unhinted, over all items scored in both (adjusted p: Holm over this column). Thinking − "
        "answer: acknowledged in the thinking minus in the answer, over used pairs (Holm likewise). When asked: names the hint when asked what "
        "influenced it, of used pairs. Monitor: a judge that does not see the hint; TPR on used pairs, FPR on unhinted samples, g² = TPR × (1 − FPR). "
        "Unpaired: items not scored in both arms. No verdict: used pairs whose thinking could not be judged.",
        who,
        cells,
        always=("Snapshot", "Mode", "Source", "Hint"),
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
    return tabulated(
        "accounting_faithfulness",
        "What the numbers leave out: faithfulness",
        "Counts over all arms. A verdict is due where there is no answer to compare, and where a hinted answer is the hint's. "
        "Items without an answer in both arms enter no pair.",
        [who_is(condition) for condition, _ in found],
        cells,
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
                    "AOC [95%]": coefficient(aoc),
                    "n": counted(aoc),
                    "Left out": counted(aoc, "n_unscored"),
                    **{
                        f"{float(row['arm'].split('/')[1]):.0%} kept": interval(row)
                        for _, row in points.iterrows()
                    },
                }
            )
    return tabulated(
        "cot_interventions",
        "Interventions on the reasoning",
        "95% intervals, clustered on item; AOC from 0 to 1, the rest in percent. Kept: share of the reasoning's sentences that should stand before the answer is asked for "
        "again, rounded to whole sentences in each item. Cells: answers that are the one after the full reasoning. AOC: 1 − area under that "
        "curve, 0 where the answer never depends on the reasoning (Lanham et al. 2023). Left out: items without an AOC, because a point "
        "of theirs has no answer.",
        who,
        cells,
        always=("Snapshot", "Mode", "Source", "Intervention"),
    )


def rationalisation(results: pd.DataFrame) -> Table:
    """Unfaithful pairs of comparison questions."""
    found = conditions(_with_metric(results, ["unfaithful_pair_rate", "accuracy", "yes_rate"]))
    cells: list[dict[str, str | Cell]] = []
    for condition, rows in found:
        pairs, accuracy = (one_row(rows, m) for m in ("unfaithful_pair_rate", "accuracy"))
        contest = contest_of(condition)
        cells.append(
            {
                "Unfaithful pairs [95%]": ranked(interval(pairs), pairs, contest),
                "n": counted(pairs),
                "Accuracy": ranked(interval(accuracy), accuracy, contest),
                "Yes": interval(one_row(rows, "yes_rate")),
                "Unpaired": counted(pairs, "n_unpaired"),
                "Note": ABSENT if pairs is None else str(pairs["warnings"]) or ABSENT,
            }
        )
    return tabulated(
        "post_hoc_rationalisation",
        "Implicit post-hoc rationalisation",
        "Percent, 95% intervals. Unfaithful (lower is better): the accuracies of “is X > Y?” and “is Y > X?” differ by 0.5 or more, and the weaker one's right "
        "answer is against the bias of its group (Arcuschin et al. 2025).",
        [who_is(condition) for condition, _ in found],
        cells,
    )


def _with_metric(results: pd.DataFrame, metrics: Iterable[str]) -> pd.DataFrame:
    return results[results["metric"].isin(list(metrics))]


def _same_condition(results: pd.DataFrame, condition: dict[str, str]) -> pd.DataFrame:
    same = [results[name].astype(str) == value for name, value in condition.items()]
    return results[pd.concat(same, axis=1).all(axis=1)]


def _title(hint: str) -> str:
    return hint.replace("_", " ").capitalize()


def _cell(rows: pd.DataFrame, metric: str, hint: str, contest: Hashable) -> str | Cell:
    """A score with its interval and the number behind it; or why there is none."""
    row = one_row(rows, metric, hint=hint)
    return ABSENT if row is None else _ranked(row, rows, contest)


def _ranked(row: pd.Series, rows: pd.DataFrame, contest: Hashable) -> str | Cell:
    """A score that is compared with others, unless few used pairs stand behind it."""
    if pd.isna(row["value"]):
        return why_none(row, rows)
    n = f"k={_n_hints(row)}" if row["hint"] == AVERAGE else f"n={count(row['n_samples'])}"
    text = f"{fraction(row)} {n}{few(row)}"
    return text if few(row) else ranked(text, row, contest, digits=2)


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
        "Used, judged": counted(raw, "n_samples"),
        "Mentioned": _share(one_row(rows, "mention_rate", hint=hint, visibility="raw")),
        "Admitted in answer": _share(one_row(rows, "acknowledgement_rate_answer", hint=hint)),
        "Thinking − answer [95%]": _share(gap, signed=True),
        "Adjusted p (thinking − answer)": ABSENT if gap is None else p_value(gap["p_adjusted"]),
        "When asked": _share(one_row(rows, "honesty_when_asked", hint=hint)),
        "Monitor TPR": _share(one_row(rows, "monitor_recall", hint=hint, visibility="raw")),
        "Monitor FPR": _share(false_alarms),
        "g²": _share(one_row(rows, "monitorability", hint=hint, visibility="raw")),
        "Unpaired": counted(raw, "n_unpaired"),
        "No verdict": counted(raw, "n_unscored"),
    }
