"""`paper_figures.tables.accuracy`: scores of other people's tasks, snapshots side by side."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.snapshots import COLUMNS
from paper_figures.cells import ABSENT, UNDEFINED
from paper_figures.tables import accuracy


def score(snapshot: str, value: float, **more: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(COLUMNS, ""),
        "table": "accuracy",
        "metric": "accuracy",
        "column": "match",
        "snapshot": snapshot,
        "reasoning": "standard",
        "task": "gpqa",
        "dataset": "diamond",
        "simulated": False,
        "value": value,
        "low": value - 0.05,
        "high": value + 0.05,
        "n_items": 50,
        "n_samples": 50,
        **more,
    }


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=COLUMNS)


def test_rows_are_scorers_and_columns_snapshots() -> None:
    table = accuracy.accuracy(
        frame(
            score("a/x", 0.5),
            score("a/x", 0.25, column="judge.style", n_samples=200),
            score("a/y", 0.6),
            score("a/y", 0.7, task="mmlu", dataset="all"),
        )
    )
    assert table is not None
    assert table.cells.to_numpy().tolist() == [
        ["gpqa", "diamond", "match", "50.0 [45.0, 55.0] n=50", "60.0 [55.0, 65.0] n=50"],
        ["gpqa", "diamond", "judge.style", "25.0 [20.0, 30.0] n=50/200", ABSENT],
        ["mmlu", "all", "match", ABSENT, "70.0 [65.0, 75.0] n=50"],
    ]
    assert list(table.cells) == ["Task", "Dataset", "Scorer", "x", "y"]
    assert table.best == {(0, 4)}  # alone in its row, nothing is best
    assert "in its row" in table.caption


def test_modes_are_columns_and_are_compared() -> None:
    rows = [score("x", v, reasoning=m) for v, m in ((0.5, "standard"), (0.6, "extended"))]
    table = accuracy.accuracy(frame(*rows))
    assert table is not None
    assert list(table.cells)[-2:] == ["x, standard", "x, extended"]
    assert table.best == {(0, 4)}


def test_simulated_snapshots_are_stamped_and_apart() -> None:
    rows = [score("x", 0.5), score("y", 0.6), score("z", 0.9, simulated=True)]
    table = accuracy.accuracy(frame(*rows))
    assert table is not None
    assert list(table.cells)[-3:] == ["x", "y", "z (simulated)"]
    assert table.best == {(0, 4)}


def test_a_task_that_no_sample_was_scored_on_says_so() -> None:
    nothing = {"low": np.nan, "high": np.nan}
    table = accuracy.accuracy(frame(score("x", np.nan, **nothing), score("y", 0.6)))
    assert table is not None
    assert table.cells["x"][0] == f"{UNDEFINED} n=50"


def test_mean_scores_are_on_their_scale_and_not_ranked() -> None:
    rows = [score("x", 7.31, metric="mean_score"), score("y", -812.0, metric="mean_score")]
    rows[1].update(low=-900.0, high=-700.0)
    table = accuracy.mean_score(frame(*rows, score("x", 0.5)))
    assert table is not None
    assert table.cells.iloc[0, 3:].tolist() == ["7.31 [7.26, 7.36] n=50", "-812 [-900, -700] n=50"]
    assert table.best == frozenset()
    assert accuracy.mean_score(frame(score("x", 0.5))) is None


def test_samples_and_turns_have_tables_of_their_own() -> None:
    rows = [
        score("x", 0.5),
        score("x", 0.7, metric="pass_at_k", column="match: k=4", n_samples=200),
        score("x", 0.3, metric="accuracy_within_turns", column="match: 2 turns"),
        score("y", 0.4, metric="accuracy_within_turns", column="match: 2 turns"),
    ]
    samples, turns = accuracy.of_samples(frame(*rows)), accuracy.within_turns(frame(*rows))
    assert samples is not None
    assert turns is not None
    assert samples.name == "accuracy_pass_at_k"
    assert samples.cells.iloc[0, 2:].tolist() == ["match: k=4", "70.0 [65.0, 75.0] n=50/200"]
    assert turns.name == "accuracy_within_turns"
    assert turns.cells.iloc[0, 2:].tolist() == [
        *("match: 2 turns", "30.0 [25.0, 35.0] n=50", "40.0 [35.0, 45.0] n=50"),
    ]
    assert turns.best == {(0, 4)}
    assert accuracy.of_samples(frame(score("x", 0.5))) is None
    assert accuracy.within_turns(frame(score("x", 0.5))) is None


def test_what_is_missing_or_was_cut_off_is_a_table_where_there_is_any() -> None:
    counted: dict[str, Any] = {"low": np.nan, "high": np.nan, "n_samples": 20}
    errors = {"metric": "samples_ended_in_error", "column": "match: ended in an error"}
    limits = {"metric": "samples_ended_by_limit", "column": "match: ended by a limit"}
    rows = [
        score("x", 0.5, n_unscored=0),
        score("x", 4, **limits, **counted),
        score("y", 0.5, n_unscored=3, n_samples=17),
        score("y", 2, **errors, **counted),
    ]
    table = accuracy.accounting(frame(*rows))
    assert table is not None
    assert table.cells.iloc[:, 2:].to_numpy().tolist() == [
        ["match: ended by a limit", "4 of 20", ABSENT],
        ["match: without a score", ABSENT, "3 of 20"],
        ["match: ended in an error", ABSENT, "2 of 20"],
    ]
    assert accuracy.accounting(frame(rows[0])) is None
