"""`paper_figures.cells`: numbers as text, and which of them are marked."""

import math
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_figures import cells
from paper_figures.cells import ABSENT, NONE_SEEN, UNDEFINED, Cell, ranked, tabulated

SHARES = st.floats(0, 1, allow_nan=False)
WHO = {"Mode": "standard", "Source": "measured"}


def row(value: float, low: float = math.nan, high: float = math.nan, **more: Any) -> pd.Series:
    return pd.Series({"value": value, "low": low, "high": high, **more})


# ---------------------------------------------------------------------------------- numbers


@given(st.lists(SHARES, min_size=3, max_size=3).map(sorted))
def test_a_share_is_never_0_and_its_interval_has_a_width(limits: list[float]) -> None:
    low, value, high = limits
    for said in (cells.interval(row(value, low, high)), cells.fraction(row(value, low, high))):
        point, bracket = said.split(" ", 1)
        assert float(point.removeprefix("<")) > 0 or high < 1e-4
        lower, upper = map(float, re.findall(r"[\d.]+", bracket))
        assert lower < upper or high - low < 2e-4
        assert point.startswith("<") or float(point) == pytest.approx(
            value * (100 if said == cells.interval(row(value, low, high)) else 1), abs=0.05
        )


@pytest.mark.parametrize(
    ("printed", "limits", "said"),
    [
        (cells.fraction, (0.0, 0.0, 0.184), "<0.18 [0.00, 0.18]"),
        (cells.fraction, (0.004, 0.0, 0.2), "<0.01 [0.00, 0.20]"),
        (cells.fraction, (0.0, math.nan, math.nan), NONE_SEEN),
        (cells.fraction, (0.3, math.nan, math.nan), "0.30 [no interval]"),
        (cells.coefficient, (0.0, -0.1, 0.1), "0.00 [-0.10, 0.10]"),
        (cells.coefficient, (-0.004, -0.1, 0.1), "0.00 [-0.10, 0.10]"),
        (cells.number, (7.4312, 6.9, 7.96), "7.4 [6.9, 8.0]"),
        (cells.number, (0.0, -3.0, 3.0), "0.0 [-3.0, 3.0]"),
        (cells.number, (123456.7, 120000.0, 130000.0), "123457 [120000, 130000]"),
        (cells.number, (0.00123, 0.0011, 0.0014), "0.00123 [0.00110, 0.00140]"),
        (cells.number, (2.0, 2.0, 2.0), "2.00000 [2.00000, 2.00000]"),
        (cells.number, (2.0, math.nan, math.nan), "2.00 [no interval]"),
    ],
)
def test_numbers_as_text(printed: Any, limits: tuple[float, float, float], said: str) -> None:
    assert printed(row(*limits)) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0.05, "+5.0"), (-0.05, "-5.0"), (0.0, "0.0"), (-0.0001, "0.0")]
)
def test_a_difference_has_a_sign_and_may_be_0(value: float, said: str) -> None:
    assert cells.interval(row(value, -0.2, 0.2), signed=True) == f"{said} [-20.0, 20.0]"
    assert cells.number(row(100 * value, -20, 20), signed=True).startswith(said.removesuffix(".0"))


@pytest.mark.parametrize(
    "printed", [cells.interval, cells.fraction, cells.coefficient, cells.number]
)
def test_what_is_not_there_is_said(printed: Any) -> None:
    assert printed(None) == ABSENT
    assert printed(row(math.nan)) == UNDEFINED


@pytest.mark.parametrize(
    ("p", "said"),
    [(0.0004, "<0.001"), (0.001, "0.001"), (0.05, "0.050"), (1.0, "1.000"), (math.nan, ABSENT)],
)
def test_p_values(p: float, said: str) -> None:
    assert cells.p_value(p) == said


def test_factors_may_have_any_level() -> None:
    assert cells.factors_of({"factors": "labels=a=b; swap=True; odd"}) == {
        "labels": "a=b",
        "swap": "True",
        "odd": "",
    }
    assert cells.factors_of({"factors": ""}) == {}


# ---------------------------------------------------------------------------------- tables


def table(*given_cells: dict[str, str | Cell], **more: Any) -> cells.Table:
    who = [{"Snapshot": f"maker/{i}", **WHO} for i in range(len(given_cells))]
    return tabulated("t", "Title", "What it is.", who, given_cells, **more)


def measured(metric: str, value: float, low: float = 0.0) -> pd.Series:
    return row(value, low, 1.0, metric=metric)


def test_every_ranked_metric_has_one_better_end() -> None:
    assert set(cells.BETTER.values()) == {"lower", "higher"}
    assert not {"compliance_gap", "mean_score", "hint_use_rate", "aoc"} & set(cells.BETTER)


@pytest.mark.parametrize(
    ("metric", "best", "second"),
    [("accuracy", 2, 1), ("unfaithful_pair_rate", 0, 1), ("mean_score", None, None)],
)
def test_direction_decides_what_is_best(metric: str, best: int | None, second: int | None) -> None:
    made = table(*({"A": ranked(f"{v}", measured(metric, v), "all")} for v in (0.1, 0.2, 0.3)))
    column = 3
    assert made.best == ({(best, column)} if best is not None else set())
    assert made.second == ({(second, column)} if second is not None else set())
    assert ("Bold: best" in made.caption) == (best is not None)


@pytest.mark.parametrize(
    "odd", [None, measured("accuracy", math.nan), measured("accuracy", 0.9, math.nan)]
)
def test_a_number_without_an_interval_is_not_ranked(odd: pd.Series | None) -> None:
    made = table(*({"A": ranked("x", of, "all")} for of in (odd, measured("accuracy", 0.5))))
    assert made.best == set()


def test_contests_are_apart() -> None:
    made = table(
        *({"A": ranked("x", measured("accuracy", v), v < 0.5)} for v in (0.1, 0.2, 0.7, 0.8))
    )
    assert made.best == {(1, 3), (3, 3)}


def test_footnotes_are_numbered_as_they_are_met_and_shared() -> None:
    made = table(
        {"A": Cell("1", note="from here"), "B": Cell("2", note="from there")},
        {"A": Cell("3", note="from there"), "B": "4"},
    )
    assert [(note.mark, note.text, note.places) for note in made.notes] == [
        ("¹", "from here", {(0, 3)}),
        ("²", "from there", {(0, 4), (1, 3)}),
    ]
    assert made.caption == "What it is. ¹from here. ²from there."
    many = table(*({"A": Cell("1", note=f"note {i}")} for i in range(12)))
    assert [note.mark for note in many.notes][-3:] == ["¹⁰", "¹¹", "¹²"]


def test_the_caption_explains_just_what_occurs() -> None:
    assert table({"A": "1"}).caption == "What it is."
    legend = {"†": "few", "floor": "low", "ceiling": "high"}
    made = table({"A": "1†", "B": "+2.0 [1.0, 3.0] floor"}, {"A": "<2.0 [0.0, 2.0]"}, legend=legend)
    assert "†: few." in made.caption
    assert "“floor”: low." in made.caption
    assert "ceiling" not in made.caption
    assert f"{ABSENT}: no such number." in made.caption
    assert "“<” before a number with an interval" in made.caption
    assert "“<” before" not in table({"A": "<0.001"}).caption  # a p value explains itself
    assert f"“{NONE_SEEN}”" in table({"A": f"{NONE_SEEN} n=2†"}).caption


def test_columns_that_say_nothing_are_left_out() -> None:
    made = table({"A": "1", "B": ABSENT}, {"A": "2"})
    assert list(made.cells) == ["Snapshot", "Mode", "Source", "A"]
    assert made.cells["Snapshot"].tolist() == ["0", "1"]


def test_snapshots_side_by_side_are_told_apart() -> None:
    names = ["snapshot", "reasoning", "simulated"]
    runs = [("a/x", "standard", True), ("a/x", "extended", True), ("b/x", "standard", False)]
    same = dict.fromkeys(("task", "dataset", "setting", "judge", "factors"), "")
    rows = pd.DataFrame([{**dict(zip(names, run, strict=True)), **same, "by": "z"} for run in runs])
    _, made, headings = cells.side_by_side(rows, lambda group, _: str(len(group)), "by")
    assert list(headings.values()) == [
        *("a/x, standard (simulated)", "a/x, extended (simulated)"),
        "b/x, standard",
    ]
    assert made == [{0: "1", 1: "1", 2: "1"}]
    where = ["elicitation=scratchpad; seed=0", "elicitation=native; seed=0"]
    contests: list[Any] = []
    rows["factors"] = [where[0], where[1], where[0]]
    who, made, _ = cells.side_by_side(rows, lambda _, of: contests.append(of) or "", "by")
    assert len(made) == 1  # elicitation goes with the mode, and the heading tells it
    assert "elicitation" not in who[0]
    assert len(set(contests)) == 3  # but what differs in it, or is simulated, is not compared


def test_conditions_stand_in_one_order_for_all_snapshots() -> None:
    same = dict.fromkeys(("task", "setting", "judge", "factors"), "")
    runs = [("a", "1"), ("a", "2"), ("b", "2"), ("b", "1")]
    rows = pd.DataFrame(
        [
            {**same, "snapshot": s, "reasoning": "", "simulated": False, "dataset": d}
            for s, d in runs
        ]
    )
    found = [(c["snapshot"], c["dataset"]) for c, _ in cells.conditions(rows)]
    assert found == [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")]


def test_agreement_says_what_is_undefined() -> None:
    verdicts = pd.DataFrame(
        {"log": ["a"] * 4, "ours": [1.0] * 4, "theirs": [1.0, 1.0, 1.0, np.nan]}
    )
    made = cells.agreement(verdicts, "one", "other").cells
    assert made.loc[0, "Cohen's κ"] == "undefined"
    assert made.loc[0, "No verdict"] == "1"
    assert made.loc[0, "Positive, ours"] == "3 / 3"
