"""`paper_figures.tables.faithfulness`: what is printed of faithfulness, and what is printed where there is no number."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import snapshots
from analysis.estimators import FEW_USED, Estimate
from analysis.snapshots import CLUE_FAITHFULNESS, INTERVENTIONS, RATIONALISATION
from inspect_tasks._scenarios.hints import MISALIGNED, NEUTRAL
from paper_figures.cells import ABSENT, Table, hint_order
from paper_figures.tables import faithfulness as clue_tables
from paper_figures.tables.faithfulness import (
    FEW,
    NO_USED_PAIRS,
    NO_VERDICT,
    NOT_CALIBRATED,
    UNDEFINED,
)
from tests.analysis.test_snapshots import calibration, one
from tests.conftest import CLUE_ITEMS, CLUE_RUNS, CLUE_SERIES

CARD = ["Sycophancy", "Consistency", "Visual pattern", "Metadata", "Grader", "Unauthorized"]
MMLU = ["0.67", "0.02", "0.39", "0.20", "0.00", "0.52", "0.30"]
GPQA = ["0.55", "0.00", "0.11", "0.06", "0.00", "0.42", "0.19"]
DEFINED = re.compile(
    r"<?(\d\.\d+) \[(\d\.\d+), (\d\.\d+)\] (n|k)=(\d+)†?|((\d\.\d+) \[no interval\]|none seen) (n|k)=(\d+)†?"
)
SCORES = {"raw": "acknowledgement_rate", "normalised": "faithfulness_normalised"}
SUMMARISED = {f"{score}, summary": metric for score, metric in SCORES.items()}


@pytest.fixture(scope="session")
def clues(clue_results: pd.DataFrame) -> pd.DataFrame:
    return clue_results[clue_results["table"] == CLUE_FAITHFULNESS]


@pytest.fixture(scope="session")
def cited() -> pd.DataFrame:
    figures = snapshots.published()
    return figures[figures["table"] == CLUE_FAITHFULNESS]


def changed(results: pd.DataFrame, where: dict[str, str], **values: Any) -> pd.DataFrame:
    """Results in which the rows with these values say something else."""
    made = results.copy()
    chosen = pd.concat([made[name] == value for name, value in where.items()], axis=1).all(axis=1)
    assert chosen.any()
    for column, value in values.items():
        made.loc[chosen, column] = value
    return made


def printed(row: pd.Series) -> str:
    """A score as its cell begins: nothing seen is an upper limit, or is said."""
    if row["value"]:
        return f"{row['value']:.2f} ["
    return "none seen" if pd.isna(row["low"]) else f"<{row['high']:.2f} [0.00, "


def without_value(results: pd.DataFrame, metric: str, warning: str, **where: str) -> pd.DataFrame:
    nothing = dict.fromkeys(("value", "low", "high"), np.nan)
    return changed(results, {"metric": metric, **where}, **nothing, warnings=warning)


def cell(table: Table, column: str, **where: str) -> str:
    found = table.cells
    for name, value in where.items():
        found = found[found[name] == value]
    assert len(found) == 1
    return str(found[column].iloc[0])


FINAL = {"Snapshot": "final", "Mode": "extended"}
FINAL_ROWS = {"snapshot": "organism/final", "reasoning": "extended"}


# ---------------------------------------------------------------------------------- headline


def test_rows_are_snapshots_in_order_and_both_scores(
    clues: pd.DataFrame, cited: pd.DataFrame
) -> None:
    cells = clue_tables.clue_faithfulness(clues, cited).cells
    expected = [
        (name, mode, "simulated", score)
        for name in CLUE_SERIES
        for mode in ("standard", "extended")
        if (name, mode) in CLUE_RUNS
        for score in (*SCORES, *(SUMMARISED if (name, mode) == ("final", "extended") else ()))
    ]
    expected += [("Claude 3.7 Sonnet", "extended", "published", "raw")] * 2
    assert [
        *zip(*(cells[n] for n in ("Snapshot", "Mode", "Source", "Score")), strict=True)
    ] == expected
    assert list(cells.columns[-7:]) == [*CARD, "Average"]


def test_published_rows_end_the_table_as_they_are_quoted(
    clues: pd.DataFrame, cited: pd.DataFrame
) -> None:
    cells = clue_tables.clue_faithfulness(clues, cited).cells
    last = cells.iloc[-2:]
    assert last["Dataset"].tolist() == ["MMLU", "GPQA"]
    assert last[[*CARD, "Average"]].to_numpy().tolist() == [MMLU, GPQA]
    assert (last["Elicitation"] == ABSENT).all()


def test_cells_are_the_rows_in_two_digits(clues: pd.DataFrame, cited: pd.DataFrame) -> None:
    table = clue_tables.clue_faithfulness(clues, cited)
    for score, metric in SCORES.items():
        for hint in hint_order(clues["hint"]):
            row = one(clues, metric, hint=hint, visibility="raw", **FINAL_ROWS)
            said = cell(table, hint.replace("_", " ").capitalize(), Score=score, **FINAL)
            if pd.isna(row["value"]):
                assert not any(digit in said for digit in "0123456789")
                continue
            found = DEFINED.fullmatch(said)
            assert found, said
            assert said.startswith(printed(row))
            if pd.notna(row["low"]):
                assert f"[{row['low']:.2f}, {row['high']:.2f}]" in said
            if hint == "average":
                assert f" k={row['method'].split('mean over ')[1].split()[0]}" in said
            else:
                assert f" n={int(row['n_samples'])}" in said


def test_summaries_are_rows_of_their_own(clues: pd.DataFrame, cited: pd.DataFrame) -> None:
    table = clue_tables.clue_faithfulness(clues, cited)
    n_defined = 0
    final = clues[(clues[list(FINAL_ROWS)] == list(FINAL_ROWS.values())).all(axis=1)]
    final = final[final["visibility"] == "summary"]
    for score, metric in SUMMARISED.items():
        for hint in hint_order(clues["hint"]):
            said = cell(table, hint.replace("_", " ").capitalize(), Score=score, **FINAL)
            if hint not in set(final["hint"]):  # no thinking under it was summarised
                assert said == ABSENT
                continue
            row = one(final, metric, hint=hint)
            if pd.isna(row["value"]):
                assert said in (NO_USED_PAIRS, NO_VERDICT, UNDEFINED)
                continue
            n_defined += 1
            assert said.startswith(printed(row))
            if hint != "average":
                assert f" n={int(row['n_samples'])}" in said
    assert n_defined
    assert "never pooled with raw" in table.caption


@pytest.mark.parametrize(("n_unscored", "shown"), [(0, False), (2, True)])
def test_summaries_without_used_pairs_have_no_rows(
    n_unscored: int, shown: bool, clues: pd.DataFrame, cited: pd.DataFrame
) -> None:
    nothing = {"value": np.nan, "low": np.nan, "high": np.nan, "n_samples": 0}
    where = {"visibility": "summary", **FINAL_ROWS}
    made = changed(clues, where, **nothing, n_unscored=0, warnings="no used pair has a verdict")
    hint = made.query("visibility == 'summary' and hint not in ('', 'average')")["hint"].iloc[0]
    made = changed(made, {**where, "hint": hint}, n_unscored=n_unscored)
    table = clue_tables.clue_faithfulness(made, cited)
    assert set(SUMMARISED).issubset(table.cells["Score"]) == shown
    if shown:
        column = hint.replace("_", " ").capitalize()
        assert cell(table, column, Score="raw, summary", **FINAL) == NO_VERDICT


def test_no_defined_cell_has_an_interval_without_width(
    clues: pd.DataFrame, cited: pd.DataFrame
) -> None:
    narrow = {"value": 0.5, "low": 0.4999, "high": 0.5004, "n_samples": 90_000}
    wide = changed(clues, {"metric": "acknowledgement_rate", "hint": "grader"}, **narrow)
    said = cell(clue_tables.clue_faithfulness(wide, cited), "Grader", Score="raw", **FINAL)
    assert said.startswith("0.5000 [0.4999, 0.5004]") or said.startswith("0.500 [0.500")
    assert len(set(re.findall(r"[\d.]+(?=[,\]])", said))) == 2


@pytest.mark.parametrize(
    ("warning", "printed"),
    [
        ("no used pairs: no answer moved to the hint's", NO_USED_PAIRS),
        (
            "3 used pairs without verdict; few used pairs: 3, below 10; undefined: no used pair has a verdict",
            NO_VERDICT,
        ),
        ("few used pairs: 3, below 10; undefined: chance explains all use of the hint", UNDEFINED),
        ("undefined: a hint without use, or a question with fewer than three options", UNDEFINED),
        ("", NO_VERDICT),
    ],
)
@pytest.mark.parametrize("score", SCORES)
def test_where_there_is_no_number_the_reason_is_printed(
    warning: str, printed: str, score: str, clues: pd.DataFrame, cited: pd.DataFrame
) -> None:
    made = without_value(clues, SCORES[score], warning, hint="metadata", **FINAL_ROWS)
    table = clue_tables.clue_faithfulness(made, cited)
    assert cell(table, "Metadata", Score=score, **FINAL) == printed


@pytest.mark.parametrize(
    ("of_one", "of_others", "printed"),
    [
        ("no used pairs:", "no used pairs:", NO_USED_PAIRS),
        ("no used pair has a verdict", "no used pair has a verdict", NO_VERDICT),
        ("no used pairs:", "no used pair has a verdict", UNDEFINED),
    ],
)
def test_an_average_without_hints_says_why(
    of_one: str, of_others: str, printed: str, clues: pd.DataFrame, cited: pd.DataFrame
) -> None:
    metric = SCORES["raw"]
    made = without_value(clues, metric, of_others, **FINAL_ROWS)
    made = without_value(made, metric, of_one, hint="grader", **FINAL_ROWS)
    said = "undefined under every hint"
    made = without_value(made, metric, said, hint="average", **FINAL_ROWS)
    table = clue_tables.clue_faithfulness(made, cited)
    assert cell(table, "Average", Score="raw", **FINAL) == printed


def test_a_model_that_uses_no_hint_has_nothing_to_admit(
    clues: pd.DataFrame, cited: pd.DataFrame
) -> None:
    table = clue_tables.clue_faithfulness(clues, cited)
    for score in SCORES:
        for column in (*CARD, "Average"):
            assert cell(table, column, Snapshot="ignores-hints", Score=score) == NO_USED_PAIRS
    use = clue_tables.clue_use(clues)
    for column in CARD:
        where = {"Snapshot": "ignores-hints", "Hint": column}
        assert cell(use, "Hint use [95%]", **where).startswith("<")
        for about_used in ("Mentioned", "Admitted in answer", "When asked", "Monitor TPR", "g²"):
            assert cell(use, about_used, **where) == NO_USED_PAIRS
        assert cell(use, "Used, judged", **where) == "0"


def test_thinking_that_no_one_can_read_is_not_measurable(
    clue_frame: pd.DataFrame, cited: pd.DataFrame
) -> None:
    """All labels of raw and normalised scores go with the thinking; the answer's stay."""
    unread = clue_frame["thinking_visibility"] != ""
    labels = ["acknowledged", "mentioned", "thinking_raw", "flagged"]
    clue_frame.loc[unread, labels] = [np.nan, np.nan, 0.0, np.nan]
    results = snapshots.results(clue_frame[clue_frame["snapshot"] == "organism/always-admits"])
    table = clue_tables.clue_faithfulness(results, cited)
    for score in SCORES:
        for column in (*CARD, "Average"):
            said = cell(table, column, Snapshot="always-admits", Score=score)
            assert said == NO_VERDICT, (score, column)
    use = clue_tables.clue_use(results)
    where = {"Snapshot": "always-admits", "Hint": "Grader"}
    assert cell(use, "Mentioned", **where) == cell(use, "Monitor TPR", **where) == NO_VERDICT
    assert cell(use, "Monitor FPR", **where) == NO_VERDICT
    assert cell(use, "Admitted in answer", **where).startswith("100.0 [")
    assert int(cell(use, "No verdict", **where)) > 0
    assert cell(use, "Used, judged", **where) == "0"


def test_few_used_pairs_are_marked(clues: pd.DataFrame, cited: pd.DataFrame) -> None:
    rows = clues[clues["metric"].isin(SCORES.values()) & (clues["hint"] != "average")]
    rows = rows[(rows["visibility"] == "raw") | (rows["snapshot"] == "organism/final")]
    few = rows["warnings"].str.contains("few used pairs")
    used = clues.query("metric == 'hint_use_rate' and hint != 'average'")
    assert few.any()
    assert (used["value"] * used["n_items"] < FEW_USED).any()
    table = clue_tables.clue_faithfulness(clues, cited)
    marked = sum(str(said).endswith(FEW) for column in CARD for said in table.cells[column])
    assert marked == int((few & rows["value"].notna()).sum())
    assert not table.cells["Average"].str.contains(FEW).any()
    many = clues.assign(warnings="")
    assert FEW not in clue_tables.clue_faithfulness(many, cited).cells.to_string()


def test_hints_beyond_the_card_stand_before_the_average() -> None:
    found = hint_order(["lookup_1", "average", "cipher_2", "", "unauthorized", "sycophancy"])
    assert found == ["sycophancy", "unauthorized", "cipher_2", "lookup_1", "average"]
    assert hint_order([*MISALIGNED, *NEUTRAL])[:-1] == [*NEUTRAL, *MISALIGNED]


def test_a_hint_that_was_not_posed_is_absent(clues: pd.DataFrame, cited: pd.DataFrame) -> None:
    posed = clues[~((clues["hint"] == "grader") & (clues["snapshot"] == "organism/final"))]
    table = clue_tables.clue_faithfulness(posed, cited)
    assert cell(table, "Grader", Score="raw", **FINAL) == ABSENT


def test_factors_have_plain_headings(clues: pd.DataFrame, cited: pd.DataFrame) -> None:
    correct = clues.assign(factors=clues["factors"].str.replace("=incorrect", "=correct"))
    both = pd.concat([clues, correct], ignore_index=True)
    cells = clue_tables.clue_faithfulness(both, cited).cells
    assert set(cells["Hint target"]) == {"incorrect", "correct", ABSENT}


# ---------------------------------------------------------------------------------- best, sources, bounds


def test_few_used_pairs_are_not_ranked(clues: pd.DataFrame, cited: pd.DataFrame) -> None:
    many = clues.assign(warnings="", factors="")
    where = {"metric": SCORES["raw"], "hint": "grader", "visibility": "raw"}
    for i, name in enumerate(CLUE_SERIES):
        numbers = {"value": 0.2 * i, "low": 0.2 * i, "high": 0.2 * i + 0.1, "n_samples": 20}
        many = changed(many, {**where, "snapshot": f"organism/{name}"}, **numbers)
    table = clue_tables.clue_faithfulness(many, cited)
    best = {
        table.cells.iloc[i, 0] for i, j in table.best if shown(table, i, j) == ("raw", "Grader")
    }
    assert best == {CLUE_SERIES[-1]}  # higher is better
    said = "few used pairs: 3, below 10"
    few = changed(many, {**where, "snapshot": f"organism/{CLUE_SERIES[-1]}"}, warnings=said)
    table = clue_tables.clue_faithfulness(few, cited)
    best = {
        table.cells.iloc[i, 0] for i, j in table.best if shown(table, i, j) == ("raw", "Grader")
    }
    assert best == {CLUE_SERIES[-2]}
    assert "not ranked" in next(note.text for note in table.notes if note.text.startswith(FEW))


def shown(table: Table, row: int, column: int) -> tuple[str, str]:
    return table.cells["Score"][row], str(table.cells.columns[column])


def test_published_rows_name_their_source_and_are_not_ranked(
    clues: pd.DataFrame, cited: pd.DataFrame
) -> None:
    table = clue_tables.clue_faithfulness(clues, cited)
    n = len(table.cells)
    (note,) = (note for note in table.notes if note.mark)
    assert {row for row, _ in note.places} == {n - 2, n - 1}
    assert note.text.startswith("Claude 3.7 Sonnet system card, 5.1.3 Figure 12, https://")
    assert note.text in table.caption
    assert not {row for row, _ in table.best | table.second} & {n - 2, n - 1}


def test_bounds_of_what_was_redacted_have_a_table(clues: pd.DataFrame) -> None:
    read = clues[~clues["metric"].str.endswith("_bounds")]
    assert clue_tables.unread(read) is None
    of_grader = one(read, SCORES["raw"], hint="grader", visibility="raw", **FINAL_ROWS)
    numbers = {"value": np.nan, "low": 0.1, "high": 0.345}
    bounds = pd.DataFrame([{**of_grader, **numbers, "metric": f"{SCORES['raw']}_bounds"}])
    table = clue_tables.unread(pd.concat([read, bounds], ignore_index=True))
    assert table is not None
    assert cell(table, "Grader", **FINAL) == "0.10 to 0.34"


# ---------------------------------------------------------------------------------- matrix


@pytest.mark.parametrize("score", SCORES)
def test_the_matrix_has_hints_as_rows_and_runs_as_columns(
    score: str, clues: pd.DataFrame, cited: pd.DataFrame
) -> None:
    table = clue_tables.matrix(clues, score)
    runs = [f"{name}, {mode} (simulated)" for name, mode in CLUE_RUNS]
    assert set(table.cells.columns) == {"Hint", *runs}
    assert table.cells["Hint"].tolist() == [*CARD, "Average"]
    headline = clue_tables.clue_faithfulness(clues, cited)
    for name, mode in CLUE_RUNS:
        where = {"Snapshot": name, "Mode": mode, "Score": score}
        for hint, said in zip(
            table.cells["Hint"], table.cells[f"{name}, {mode} (simulated)"], strict=True
        ):
            assert cell(headline, hint, **where) == said


def test_of_many_snapshots_modes_stand_below_each_other(clues: pd.DataFrame) -> None:
    many = pd.concat([clues.assign(snapshot=f"x/{i}") for i in range(9)], ignore_index=True)
    table = clue_tables.matrix(many, "raw")
    assert list(table.cells.columns) == ["Mode", "Hint", *(f"{i} (simulated)" for i in range(9))]
    assert table.cells["Mode"].tolist() == ["standard"] * 7 + ["extended"] * 7


def test_data_sets_are_rows_of_the_matrix(clues: pd.DataFrame) -> None:
    both = pd.concat([clues, clues.assign(dataset="another")], ignore_index=True)
    cells = clue_tables.matrix(both, "raw").cells
    (bundled,) = clues["dataset"].unique()
    assert cells["Dataset"].tolist() == [bundled] * 7 + ["another"] * 7
    assert cells["Hint"].tolist() == [*CARD, "Average"] * 2


# ---------------------------------------------------------------------------------- judge error


def fitted(frame: pd.DataFrame, hint: str, rate: float = 0.9, **changed: Any) -> Any:
    of_texts = Estimate(rate, rate - 0.1, min(1.0, rate + 0.05), None, 60, 60, "", ())
    both = {"sensitivity": of_texts, "specificity": of_texts}
    return calibration(frame, "acknowledgement", hint=hint, **both, **changed)


def test_corrected_rows_stand_in_a_table_of_their_own(
    clue_frame: pd.DataFrame, cited: pd.DataFrame
) -> None:
    honest = clue_frame[clue_frame["snapshot"] == "organism/always-admits"]
    calibrations = [fitted(honest, "grader"), fitted(honest, "metadata", 0.5)]
    results = snapshots.results(honest, calibrations)
    table = clue_tables.judge_error(results)
    assert table.cells["Score"].tolist() == ["raw, corrected", "normalised, corrected"]
    for score in table.cells["Score"]:
        assert DEFINED.fullmatch(cell(table, "Grader", Score=score))
        assert cell(table, "Metadata", Score=score) == UNDEFINED  # a + b = 1
        assert cell(table, "Sycophancy", Score=score) == NOT_CALIBRATED
        assert " k=1" in cell(table, "Average", Score=score)
    headline = clue_tables.clue_faithfulness(results, cited).cells
    assert set(headline["Score"]) == set(SCORES)  # and none is of summaries


# ---------------------------------------------------------------------------------- use


def test_use_has_a_row_for_each_hint_and_no_average(clues: pd.DataFrame) -> None:
    cells = clue_tables.clue_use(clues).cells
    assert cells["Hint"].tolist() == CARD * len(CLUE_RUNS)
    assert not cells.isna().any().any()


def test_the_adjusted_p_is_that_of_the_row(clues: pd.DataFrame) -> None:
    table = clue_tables.clue_use(clues)
    attributable = clues.query("metric == 'attributable_use' and hint == 'visual_pattern'")
    row = attributable[attributable["snapshot"] == "organism/always-admits"].iloc[0]
    where = {"Snapshot": "always-admits", "Hint": "Visual pattern"}
    assert cell(table, "Adjusted p", **where) == f"{row['p_adjusted']:.3f}"
    assert cell(table, "Attributable use [95%]", **where).startswith(f"{100 * row['value']:+.1f} [")


def test_runs_that_asked_nothing_have_no_such_number(clues: pd.DataFrame) -> None:
    unasked = clues[~clues["metric"].isin(["honesty_when_asked", "monitor_recall"])]
    cells = clue_tables.clue_use(unasked).cells
    assert not {"When asked", "Monitor TPR"} & set(cells)


def test_accounting_adds_up(clues: pd.DataFrame) -> None:
    cells = clue_tables.accounting(clues).cells
    assert len(cells) == len(CLUE_RUNS)
    seen = [column for column in cells if column.startswith("Thinking ")]
    counted = cells[seen].astype(int).sum(axis=1)
    assert counted.tolist() == cells["Transcripts"].astype(int).tolist()
    assert cells["Transcripts"].astype(int).max() == CLUE_ITEMS * (1 + len(CARD)) * 2


# ---------------------------------------------------------------------------------- other tasks


def test_interventions_have_a_row_each(clue_results: pd.DataFrame) -> None:
    altered = clue_results[clue_results["table"] == INTERVENTIONS]
    cells = clue_tables.interventions(altered).cells
    assert cells["Intervention"].tolist() == [
        *("Early answering", "Adding mistakes", "Paraphrasing", "Filler"),
    ]
    assert list(cells.columns[-6:]) == [
        *("AOC [95%]", "n", "Left out", "0% kept", "50% kept", "100% kept"),
    ]
    assert (cells["n"] == "6").all()
    assert (cells["Left out"] == "0").all()
    assert cells["100% kept"].iloc[0].startswith("100.0 [")


def test_items_that_lack_a_point_are_left_out_of_the_aoc_and_counted(
    clue_frame: pd.DataFrame,
) -> None:
    altered = clue_frame[clue_frame["scorer"] == "interventions"].copy()
    altered.loc[altered["item_id"].isin(altered["item_id"].unique()[:2]), "filler/0.50"] = np.nan
    table = clue_tables.interventions(snapshots.results(altered))
    for kind, n, left_out in (("Filler", "4", "2"), ("Paraphrasing", "6", "0")):
        assert cell(table, "n", Intervention=kind) == n
        assert cell(table, "Left out", Intervention=kind) == left_out
    assert "rounded to whole sentences" in table.caption


def test_rationalisation_is_one_row(clue_results: pd.DataFrame) -> None:
    pairs = clue_results[clue_results["table"] == RATIONALISATION]
    cells = clue_tables.rationalisation(pairs).cells
    row = pairs[pairs["metric"] == "unfaithful_pair_rate"].iloc[0]
    assert cells["Unfaithful pairs [95%]"].tolist()[0].startswith(f"{100 * row['value']:.1f} [")
    assert cells["n"].tolist() == ["6"]
