"""`paper_figures.tables.series`: changes between snapshots, and trends."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.snapshots import ALL_SNAPSHOTS, CLUE_FAITHFULNESS, COLUMNS
from paper_figures.cells import ABSENT, Table, p_value
from paper_figures.tables import series
from tests.conftest import SERIES


def change(metric: str, column: str, **more: Any) -> dict[str, Any]:
    """A row of results.csv about several snapshots."""
    return {
        **dict.fromkeys(COLUMNS, ""),
        "snapshot": "maker/new",
        "reasoning": "standard",
        "simulated": False,
        "task": "t",
        "metric": metric,
        "column": column,
        "value": 0.1,
        "low": -0.05,
        "high": 0.25,
        "p_adjusted": 0.04,
        "n_items": 30,
        **more,
    }


def made_of(build: Any, *rows: dict[str, Any]) -> Table:
    table = build(pd.DataFrame(list(rows), columns=COLUMNS))
    assert isinstance(table, Table)
    return table


GAP, RATE = "compliance_gap", "alignment_faking_reasoning_rate"


@pytest.mark.parametrize(
    ("suffix", "column", "against"),
    [
        ("_change", "change from maker/old", "previous: old"),
        ("_vs_reference", "change from maker/first", "reference: first"),
        ("_trend", "per snapshot", "trend, per snapshot"),
    ],
)
def test_what_a_snapshot_is_set_against(suffix: str, column: str, against: str) -> None:
    rows = [change(f"{GAP}{suffix}", column), change(f"{RATE}{suffix}", column, visibility="raw")]
    rows[1].update(value=0.0, n_items=28, p_adjusted=np.nan)
    cells = made_of(series.alignment_faking, *rows).cells
    assert cells.to_dict("records") == [
        {
            **{"Snapshot": "new", "Mode": "standard", "Source": "measured", "Against": against},
            "AF rate": "0.0 [-5.0, 25.0]",  # no change is a number like any other
            **{"Gap": "+10.0 [-5.0, 25.0]", "p, Gap": "0.040", "n": "28 / 30"},
        }
    ]


def test_previous_then_reference_then_trend() -> None:
    rows = [
        change(f"{GAP}_trend", "per snapshot", snapshot=ALL_SNAPSHOTS),
        change(f"{GAP}_vs_reference", "change from old", snapshot="new"),
        change(f"{GAP}_change", "change from old", snapshot="new"),
    ]
    cells = made_of(series.alignment_faking, *rows).cells
    assert cells["Against"].tolist() == ["previous: old", "reference: old", "trend, per snapshot"]
    assert cells["Snapshot"].tolist() == ["new", "new", "all snapshots"]


def test_names_keep_their_provider_where_they_would_clash() -> None:
    row = change(f"{GAP}_change", "change from b/x", snapshot="a/x")
    cells = made_of(series.alignment_faking, row).cells
    assert cells["Against"].tolist() == ["previous: b/x"]


def test_summaries_and_other_arms_are_not_taken_for_the_headline() -> None:
    rows = [
        change("compliance_rate_change", "change from old", arm="unmonitored", value=0.9),
        change("compliance_rate_change", "change from old", arm="training", value=0.2),
        change(f"{RATE}_change", "change from old", visibility="summary", value=0.9),
    ]
    cells = made_of(series.alignment_faking, *rows).cells
    assert cells["Compliance, training"].tolist() == ["+20.0 [-5.0, 25.0]"]
    assert "AF rate" not in cells


def test_corrected_changes_have_their_own_tables() -> None:
    rows = [
        change(f"{GAP}_corrected_change", "change from old"),
        change("acknowledgement_rate_corrected_change", "change from old", hint="grader"),
    ]
    rows[1]["visibility"] = "raw"
    frame = pd.DataFrame(rows, columns=COLUMNS)
    assert series.alignment_faking(frame) is None
    assert series.by_hint(frame) is None
    assert made_of(series.corrected, *rows).cells["Gap"].tolist() == ["+10.0 [-5.0, 25.0]"]
    by_hint = made_of(series.corrected_by_hint, *rows).cells
    assert by_hint["Hint"].tolist() == ["grader"]
    assert by_hint["Raw faithfulness"].tolist() == ["+10.0 [-5.0, 25.0]"]


def test_scorers_of_others_have_a_column_and_scores_their_own_scale() -> None:
    rows = [
        change("accuracy_change", "match: change from old"),
        change("mean_score_change", "judge.points: change from old", value=3.4, low=1.2, high=5.6),
        change("mean_score_trend", "judge.points: per snapshot", value=-3.4, low=-5.6, high=-1.2),
    ]
    cells = made_of(series.accuracy, *rows).cells
    assert cells["Scorer"].tolist() == ["match", "judge.points", "judge.points"]
    assert cells["Accuracy"].tolist() == ["+10.0 [-5.0, 25.0]", ABSENT, ABSENT]
    assert cells["Mean score"].tolist() == [ABSENT, "+3.4 [1.2, 5.6]", "-3.4 [-5.6, -1.2]"]


@pytest.mark.parametrize(
    "build",
    [
        *(series.alignment_faking, series.faithfulness, series.by_hint, series.reasoning),
        *(series.corrected, series.corrected_by_hint, series.accuracy),
    ],
)
def test_one_snapshot_has_no_changes(build: Any) -> None:
    assert build(pd.DataFrame([change(GAP, GAP)], columns=COLUMNS)) is None


def test_changes_of_real_logs_are_the_rows_of_results(results: pd.DataFrame) -> None:
    table = series.alignment_faking(results)
    assert table is not None
    assert table.best == table.second == frozenset()
    rows = results[results["metric"] == f"{GAP}_change"]
    assert len(rows)
    first, second = SERIES
    for _, row in rows.iterrows():
        where = (table.cells["Snapshot"] == second) & (table.cells["Mode"] == row["reasoning"])
        said = table.cells[where & (table.cells["Against"] == f"previous: {first}")]
        shown = said["Gap"].tolist()
        assert any(cell.startswith(f"{100 * row['value']:+.1f} [") for cell in shown) or (
            abs(row["value"]) < 5e-4 and any(cell.startswith("0.0 [") for cell in shown)
        )
        assert p_value(row["p_adjusted"]) in said["p, Gap"].tolist()


def test_changes_of_faithfulness_are_of_the_average_and_by_hint(clue_results: pd.DataFrame) -> None:
    clues = clue_results[clue_results["table"] == CLUE_FAITHFULNESS]
    average, by_hint = series.faithfulness(clues), series.by_hint(clues)
    assert average is not None
    assert by_hint is not None
    assert set(by_hint.cells["Hint"]) >= {"visual pattern", "grader"}
    assert "average" not in set(by_hint.cells["Hint"])
    assert "Hint" not in average.cells
    assert all(re.match(r"[+-]?\d|N/A|not", cell) for cell in average.cells["Hint use"])
