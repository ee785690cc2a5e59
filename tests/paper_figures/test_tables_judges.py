"""`paper_figures.tables.judges`: judges against labels, and against each other."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.snapshots import COLUMNS
from paper_figures.tables import judges

NUMBERS = {
    "sensitivity": (0.9, 60),
    "specificity": (0.95, 140),
    "auroc": (0.97, 200),
    "kappa": (0.8, 200),
    "prevalence": (0.3, 200),
}


def row(metric: str, value: float, **more: Any) -> dict[str, Any]:
    limits = {"value": value, "low": value - 0.04, "high": value + 0.04}
    text = {**dict.fromkeys(COLUMNS, ""), "table": "judges", "metric": metric}
    return {**text, "simulated": False, "n_samples": 200, **limits, **more}


def calibrated(judge: str, hint: str = "", **more: float) -> list[dict[str, Any]]:
    about = {"judge": judge, "row": f"{judge} alignment_faking", "hint": hint}
    return [
        row(metric, more.get(metric, value), n_samples=n, column=metric, n_unscored=3, **about)
        for metric, (value, n) in NUMBERS.items()
    ]


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=COLUMNS)


def test_a_row_per_judge_rubric_and_hint() -> None:
    table = judges.calibration(frame(*calibrated("b/m", "grader"), *calibrated("lexical")))
    assert table is not None
    assert table.cells.to_dict("records")[1] == {
        "Judge": "b/m",
        "Rubric": "alignment faking",
        "Hint": "grader",
        "Texts": "not simulated",
        "Sensitivity [95%]": "0.90 [0.86, 0.94]",
        "Specificity [95%]": "0.95 [0.91, 0.99]",
        "AUROC [95%]": "0.97 [0.93, 1.01]",
        "Cohen's κ [95%]": "0.80 [0.76, 0.84]",
        "Prevalence [95%]": "0.30 [0.26, 0.34]",
        "n": "60 / 140",
        "No verdict": "3",
    }
    assert table.cells["Hint"].tolist() == ["any", "grader"]
    assert table.best == frozenset()  # they judged other texts


def test_judges_of_one_rubric_are_ranked() -> None:
    rows = [*calibrated("a"), *calibrated("b", sensitivity=0.5, specificity=0.99)]
    table = judges.calibration(frame(*rows))
    assert table is not None
    columns = list(table.cells)
    assert {(i, columns[j]) for i, j in table.best} == {
        (0, "Sensitivity [95%]"),
        (1, "Specificity [95%]"),
    }


def test_texts_of_organisms_are_stamped() -> None:
    table = judges.calibration(frame(*calibrated("a")).assign(simulated=True))
    assert table is not None
    assert table.cells["Texts"].tolist() == ["simulated"]
    assert "says nothing about any real model" in table.caption


def test_agreement_stands_beside_prevalence() -> None:
    about = {
        "snapshot": "m/x",
        "reasoning": "standard",
        "column": "a against b on alignment_faking",
    }
    rows = [row("raw_agreement", 0.97, n_unpaired=4, **about), row("prevalence", 0.02, **about)]
    rows += [row("kappa", 0.0, **about), row("alpha", np.nan, **about)]
    table = judges.agreement(frame(*rows))
    assert table is not None
    assert table.cells.to_dict("records") == [
        {
            **{"Snapshot": "x", "Mode": "standard", "Source": "measured"},
            "Judges": "a against b on alignment faking",
            "Raw agreement [95%]": "0.97 [0.93, 1.01]",
            "Cohen's κ [95%]": "0.00 [-0.04, 0.04]",  # a coefficient may be 0
            "Krippendorff's α [95%]": "undefined",
            "Prevalence [95%]": "0.02 [-0.02, 0.06]",
            "n": "200",
            "No verdict": "4",
        }
    ]
    assert judges.calibration(frame(*rows)) is None


@pytest.mark.parametrize("build", [judges.calibration, judges.agreement])
def test_without_judges_there_is_no_table(build: Any) -> None:
    assert build(frame()) is None
