"""Tables and figures of thinking budgets: from a run to the page, and from made-up rows."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from inspect_ai import eval

from analysis import logs, snapshots
from analysis.snapshots import COLUMNS, THINKING_BUDGET, THINKING_LENGTH
from inspect_tasks.thinking_budget import thinking_budget
from organisms.truth import truth_of
from paper_figures import figures, headlines, methods, provenance, tables
from paper_figures.cells import Table
from paper_figures.figures import Drawn
from tests.conftest import QUIET
from tests.paper_figures.test_figures import NONE, row

ORGANISM = "organism/final"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve problems without thinking and under two budgets, twice each, with a ranker."""
    folder = tmp_path_factory.mktemp("logs")
    [log] = eval(
        thinking_budget(budgets="0,1024,8192", n_items=12, ranker=True),
        model=ORGANISM,
        model_roles={"ranker": "organism/early"},
        epochs=2,
        log_dir=str(folder),
        **QUIET,
    )
    assert log.status == "success"
    truth = truth_of(log)
    assert {"budget_0/accuracy", "budget_8192/best_of_2", "accuracy_per_doubling"} <= truth.keys()
    return folder


@pytest.fixture(scope="module")
def results(run: Path) -> pd.DataFrame:
    return snapshots.results(logs.read(run, cache=False))


def table(rows: pd.DataFrame, name: str) -> Table:
    [found] = [t for t in tables.every(rows, NONE) if t.name == name]
    return found


def drawn(rows: pd.DataFrame, name: str) -> Drawn:
    [found] = [d for d in figures.every(rows, NONE) if d.name == name]
    return found


# From a run


def test_rows_of_a_run(results: pd.DataFrame) -> None:
    rows = results[results["table"] == THINKING_BUDGET]
    assert set(rows["reasoning"]) == {"extended"}
    assert rows["simulated"].all()
    assert set(rows["judge"]) == {"organism/early"}
    accuracy = rows[rows["metric"] == "accuracy"]
    assert accuracy["column"].tolist() == ["0", "1024", "8192"]
    assert (accuracy["n_samples"] + accuracy["n_unscored"]).tolist() == [24, 24, 24]
    ks = set(rows.loc[rows["metric"] == "best_of_k", "column"])
    assert ks == {"k=1", "k=2"}
    fitted = rows[rows["metric"] == "accuracy_fit"]
    assert fitted["column"].tolist() == ["1024", "8192"]  # without thinking there is no logarithm
    counted = rows[rows["metric"] == "transcripts"]
    assert counted["value"].sum() == 72


def test_tables_of_a_run(results: pd.DataFrame) -> None:
    cells = table(results, "thinking_budget").cells
    assert cells["Budget"].tolist() == ["0", "1024", "8192", "per doubling of tokens used"]
    values = cells.iloc[:, 1].tolist()
    assert values[0].endswith("; 0 tokens")
    assert values[3].endswith(" points")
    assert "n=12/" in values[1]
    several = table(results, "thinking_samples").cells
    assert several["Of k samples"].tolist() == ["pass@k", "majority@k", "best-of-k"]
    assert "Budget" not in several or set(several["Budget"]) == {"8192"}
    left_out = table(results, "accounting_thinking").cells
    assert left_out["Transcripts"].tolist() == ["72"]


def test_figures_of_a_run(results: pd.DataFrame) -> None:
    serial = drawn(results, "thinking_budget")
    [axis] = serial.figure.axes
    assert axis.get_xscale() == "log"
    marks, line, *_ = [
        one for one in axis.lines if len(np.unique(np.asarray(one.get_xdata()))) == 2
    ]
    used = results[(results["metric"] == "mean_thinking_tokens") & (results["value"] > 0)]
    assert list(np.asarray(marks.get_xdata())) == pytest.approx(used["value"].tolist())
    fitted = results.loc[results["metric"] == "accuracy_fit", "value"]
    assert list(np.asarray(line.get_ydata())) == pytest.approx([100 * y for y in fitted])
    parallel = drawn(results, "samples_at_k")
    assert [float(t) for t in parallel.figure.axes[0].get_xticks()] == [1, 2]
    assert "simulated" in serial.caption
    assert "simulated" in parallel.caption


def test_the_summary_and_the_methods_tell_of_it(results: pd.DataFrame) -> None:
    [said] = [s for s in headlines.said(results, {ORGANISM: "final"}) if "doubling" in s.title]
    assert "final" in said.sentences[0]
    assert "points" in said.sentences[0]
    for metric in results.loc[results["table"] == THINKING_BUDGET, "metric"].unique():
        assert methods.definition(str(metric)), metric
    assert "length" not in methods.definition("accuracy_per_doubling")
    assert "length" in methods.definition("acknowledgement_rate_per_doubling")


# From made-up rows


def swept(snapshot: str, slope: float, **more: Any) -> list[dict[str, Any]]:
    about = {"table": THINKING_BUDGET, "snapshot": snapshot, "task": "thinking_budget", **more}
    about["n_unscored"] = 0
    found = []
    for i, tokens in enumerate((1024, 2048, 4096)):
        at = {**about, "arm": f"budget_{tokens}", "column": str(tokens)}
        y = 0.2 + slope * i
        used = {"low": 0.9 * tokens, "high": tokens}
        found += [
            row("accuracy", y, **at),
            row("mean_thinking_tokens", 0.95 * tokens, **{**at, **used}),
            row("accuracy_fit", y, **at),
        ]
        for k in (1, 2, 4):
            sample = {**at, "column": f"k={k}"}
            found += [row("pass_at_k", y + 0.05 * k, **sample), row("majority_at_k", y, **sample)]
    return [*found, row("accuracy_per_doubling", slope, **about)]


def test_several_snapshots_and_data_sets() -> None:
    rows = [
        one
        for dataset in ("maths", "questions, hard")
        for i, name in enumerate("abcdefgh")
        for one in swept(f"lab/{name}", 0.02 * (i + 1), dataset=dataset)
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    serial = drawn(frame, "thinking_budget")
    assert len(serial.figure.axes) == 2
    bands = [len(axis.collections) for axis in serial.figure.axes]
    assert bands == [1, 1]  # of the latest snapshot alone
    assert "for the latest snapshot alone" in serial.caption
    assert len(drawn(frame, "samples_at_k").figure.axes) == 6
    best = table(frame, "thinking_budget")
    assert len(best.best) == 4  # in each row but the first ones, where all tie


def binned(snapshot: str, metric: str, unit: str = "tokens", **more: Any) -> list[dict[str, Any]]:
    about = {"table": THINKING_LENGTH, "snapshot": snapshot, "visibility": "raw", **more}
    about["n_unscored"] = 3
    found = []
    for i in range(4):
        column = f"{i + 1} of 4, {100 * 2**i} to {200 * 2**i - 1} {unit}"
        none = {"low": np.nan, "high": np.nan}
        found += [
            row(f"{metric}_by_length", 0.1 + 0.1 * i, **{**about, "column": column}),
            row("median_thinking_length", 150.0 * 2**i, **{**about, **none, "column": f"{metric}: {column}"}),
        ]  # fmt: skip
    slope = {**about, "column": f"per doubling of {unit}"}
    return [*found, row(f"{metric}_per_doubling", 0.1, **slope)]


@pytest.mark.parametrize(
    ("slope", "said"),
    [((-0.1, -0.2, 0.05), "−10.0 [−20.0, 5.0]"), ((0.1, 0.05, 0.2), "+10.0 [5.0, 20.0]")],
)
def test_slopes_below_zero_have_a_sign_that_can_be_seen(
    slope: tuple[float, ...], said: str, results: pd.DataFrame
) -> None:
    of_slope = results["metric"] == "accuracy_per_doubling"
    rows = results.copy()
    rows.loc[of_slope, ["value", "low", "high"]] = slope
    (legend,) = (axis.get_legend() for axis in drawn(rows, "thinking_budget").figure.axes)
    assert legend is not None
    assert [text.get_text().partition(": ")[2] for text in legend.get_texts()] == [said]


def test_one_kind_of_interval_is_named_once(results: pd.DataFrame) -> None:
    caption = drawn(results, "samples_at_k").caption
    assert "95% intervals (Wilson, clustered on item)" in caption


def test_frame_inventory_results_and_page_agree_on_the_mode(
    run: Path, results: pd.DataFrame
) -> None:
    frame, inventory = logs.read(run, cache=False), logs.inventory(run)
    for rows in (frame, inventory, results):
        assert set(rows["reasoning"]) == {"extended"}
    (condition,) = provenance.conditions(results, frame, inventory)
    assert [log.name for log in condition.logs] == inventory["log"].tolist()
    (scored,) = condition.judged
    assert scored.role == "ranker"
    (measured,) = headlines.measured_on(frame)
    assert measured.modes == ("extended",)
    assert (measured.judges, measured.rankers) == ((), (scored.judge,))
    asked = provenance.asked(inventory).cells
    assert asked["Asked"].tolist() == ["model", "ranker"]
    assert "N/A" not in set(asked["Calls"])


def test_rates_by_length() -> None:
    rows = [
        *binned("lab/a", "acknowledgement_rate", task="cot_faithfulness"),
        *binned("lab/b", "acknowledgement_rate", task="cot_faithfulness"),
        *binned("lab/b", "alignment_faking_reasoning_rate", "characters", task="alignment_faking"),
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    made = drawn(frame, "thinking_length")
    assert [axis.get_title("left") or axis.get_title() for axis in made.figure.axes] == [
        "Admits the hint",
        "AF rate",
    ]
    assert ["tokens" in axis.get_xlabel() for axis in made.figure.axes] == [True, False]
    curve = made.figure.axes[0].lines[0]
    assert list(np.asarray(curve.get_xdata())) == [150, 300, 600, 1200]
    assert list(np.asarray(curve.get_ydata())) == pytest.approx([10, 20, 30, 40])
    assert "Nobody set these lengths" in made.caption
    cells = table(frame, "thinking_length").cells
    assert cells["Shortest"].tolist()[0] == "10.0 [0.0, 20.0] n=40; 100 to 199 tokens"
    assert set(cells["Per doubling"]) == {"+10.0 [0.0, 20.0]"}
    assert set(cells["Left out"]) == {"3"}


def test_without_values_nothing_breaks() -> None:
    none = {"value": np.nan, "low": np.nan, "high": np.nan}
    rows = [{**one, **none} for one in swept("lab/a", 0.1)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    assert len(figures.every(frame, NONE)) == 2
    assert "not measurable" in table(frame, "thinking_budget").cells.to_string()
