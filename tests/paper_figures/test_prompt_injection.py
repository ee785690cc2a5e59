"""Tables and figures of prompt injection, from logs of organisms."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from inspect_ai import eval
from inspect_ai.model import get_model

from analysis import logs, snapshots
from analysis.series import Series
from analysis.snapshots import PROMPT_INJECTION
from inspect_tasks.prompt_injection import prompt_injection
from paper_figures import figures, flagged, headlines, methods, provenance, tables
from paper_figures.cells import ABSENT, Table, interval
from paper_figures.figures import Drawn
from tests.conftest import EXTENDED, QUIET

SERIES = ["early", "final"]
RUNS = [
    *((name, guard, "standard") for name in SERIES for guard in ("none", "system", "classifier")),
    ("final", "none", "extended"),
]
N_ITEMS, N_EPOCHS = 4, 2

NONE = snapshots.published().iloc[:0]


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("injections")
    for name, guard, mode in RUNS:
        config = EXTENDED if mode == "extended" else EXTENDED.model_copy(update={"reasoning_effort": None})  # fmt: skip
        model = get_model(f"organism/{name}", config=config)
        task = prompt_injection(safeguards=guard, n_items=N_ITEMS, seed=2)
        (log,) = eval(task, model=model, log_dir=str(folder), **{**QUIET, "epochs": N_EPOCHS})
        assert log.status == "success"
    return logs.read(folder)


@pytest.fixture(scope="module")
def results(frame: pd.DataFrame) -> pd.DataFrame:
    return snapshots.results(frame, series=Series.of(SERIES))


@pytest.fixture(scope="module")
def made(results: pd.DataFrame) -> dict[str, Table]:
    return {table.name: table for table in tables.every(results, snapshots.published())}


@pytest.fixture(scope="module")
def drawn(results: pd.DataFrame) -> dict[str, Drawn]:
    return {figure.name: figure for figure in figures.every(results, snapshots.published())}


def row(table: Table, **where: str) -> pd.Series:
    found = table.cells
    for name, value in where.items():
        found = found[found[name] == value]
    assert len(found) == 1, found
    return found.iloc[0]


def measured(
    results: pd.DataFrame, metric: str, name: str, factors: str, **where: str
) -> pd.Series:
    found = results[
        (results["metric"] == metric)
        & results["snapshot"].str.endswith(name)
        & results["factors"].str.startswith(factors)
        & (results["reasoning"] == "standard")
    ]
    for column, value in where.items():
        found = found[found[column] == value]
    assert len(found) == 1, found
    return found.iloc[0]


def test_all_conditions_are_reported(results: pd.DataFrame) -> None:
    assert not results.attrs["problems"]
    assert set(results["table"]) == {PROMPT_INJECTION}
    headline = results[results["metric"] == "attack_prevented_rate"]
    assert len(headline) == len(RUNS)
    assert set(headline["n_items"]) == {N_ITEMS}
    assert results["simulated"].all()


def test_a_safeguard_is_set_against_its_lack_on_the_same_scenarios(results: pd.DataFrame) -> None:
    for name in SERIES:
        for level, factors in (("system", "safeguards=system"), ("classifier lexical", "safeguards=classifier")):  # fmt: skip
            effect = measured(results, "safeguard_effect", name, "safeguards=compared", column=level)  # fmt: skip
            with_it = measured(results, "attack_prevented_rate", name, factors)
            without = measured(results, "attack_prevented_rate", name, "safeguards=none")
            if not (with_it["n_unscored"] or without["n_unscored"]):
                assert effect["value"] == pytest.approx(with_it["value"] - without["value"])
            assert effect["n_items"] == N_ITEMS
            assert "pools" not in str(effect["warnings"])
            assert pd.isna(effect["n_unscored"])
    extended = results[results["reasoning"] == "extended"]
    assert "safeguard_effect" not in set(extended["metric"])


def test_the_cards_table_has_both_sides_in_a_row_and_published_figures(
    made: dict[str, Table], results: pd.DataFrame
) -> None:
    table = made["prompt_injection"]
    final = row(table, Snapshot="final", Mode="standard", Safeguard="system")
    without = measured(results, "attack_prevented_rate", "final", "safeguards=none")
    with_it = measured(results, "attack_prevented_rate", "final", "safeguards=system")
    alarms = measured(results, "false_positive_rate", "final", "safeguards=system")
    assert final["Prevented, without"] == interval(without)
    assert final["Prevented, with"] == interval(with_it)
    assert final["False positives"] == interval(alarms)
    bare = row(table, Snapshot="final", Mode="extended")
    assert (bare["Safeguard"], bare["Prevented, with"]) == (ABSENT, ABSENT)
    cited = row(table, Snapshot="Claude 3.7 Sonnet")
    said = [cited[name] for name in ("Prevented, without", "Prevented, with", "False positives")]
    assert said == ["74", "88", "0.5"]
    assert row(table, Snapshot="Claude Opus 4")["Prevented, with"] == "89"
    assert cited["Source"] == "published"
    assert all("simulated" in str(source) or source == "published" for source in table.cells["Source"])  # fmt: skip


def test_the_later_form_has_success_per_attempt_and_at_k(
    made: dict[str, Table], results: pd.DataFrame
) -> None:
    table = made["prompt_injection_success"]
    assert len(table.cells) == len(RUNS)
    early = row(table, Snapshot="early", Safeguard="none")
    at_k = measured(results, "attack_success_rate_scenario", "early", "safeguards=none", column=f"k = {N_EPOCHS}")  # fmt: skip
    assert early[f"Scenarios, k = {N_EPOCHS}"] == interval(at_k)
    assert early["n"] == f"{N_ITEMS} / {N_ITEMS * N_EPOCHS}"
    assert "Gap" in table.cells


def test_styles_stand_below_each_other_and_snapshots_beside(made: dict[str, Table]) -> None:
    table = made["prompt_injection_styles"]
    assert {name.split(" ")[0] for name in table.cells["Planted"]} == {"style", "channel"}
    assert any("final" in str(name) for name in table.cells)


def test_what_is_left_out_is_counted(made: dict[str, Table]) -> None:
    table = made["accounting_prompt_injection"]
    assert len(table.cells) == len(RUNS)
    assert set(table.cells["Transcripts"]) == {str(2 * N_ITEMS * N_EPOCHS)}
    assert "Unpaired scenarios" in table.cells


def test_changes_between_snapshots_are_per_safeguard(made: dict[str, Table]) -> None:
    table = made["prompt_injection_changes"]
    assert set(table.cells["Safeguards"]) == {"none", "system", "classifier"}


def test_figures_say_what_they_show(drawn: dict[str, Drawn]) -> None:
    assert set(drawn) == {"prompt_injection"}, "no style has enough scenarios"
    for figure in drawn.values():
        assert "simulated" in figure.caption
        assert figure.alt.endswith(".")
        assert "nan" not in (figure.caption + figure.alt)
    assert "Claude 3.7 Sonnet system card" in drawn["prompt_injection"].caption


def test_figures_are_drawn_from_one_snapshot_without_safeguards(
    results: pd.DataFrame, tmp_path: Path
) -> None:
    one = results[results["snapshot"].str.endswith("early") & results["factors"].str.startswith("safeguards=none")]  # fmt: skip
    for figure in figures.every(one, snapshots.published().iloc[:0]):
        figures.write(figure.figure, figure.name, tmp_path)
    assert len(list(tmp_path.glob("*.png"))) == 1


def test_styles_of_few_scenarios_are_marked_and_not_drawn(results: pd.DataFrame) -> None:
    rows = results[results["snapshot"].str.endswith("early")].copy()
    styles = rows["column"].str.startswith("style ") & rows["factors"].str.startswith("safeguards=none")  # fmt: skip
    first, *others = rows.loc[styles, "column"].unique()
    assert others
    rows.loc[rows["column"] == first, "n_items"] = 3
    (drawn,) = [d for d in figures.every(rows, NONE) if d.name == "prompt_injection_styles"]
    (axis,) = drawn.figure.axes
    assert [label.get_text() for label in axis.get_yticklabels()] == [
        first.removeprefix("style ").replace("_", " ")
    ]
    assert "n = 3 scenarios of each style" in drawn.caption
    assert "not drawn, of fewer than 3 scenarios" in drawn.caption
    (table,) = [t for t in tables.every(rows, NONE) if t.name == "prompt_injection_styles"]
    told = table.cells[table.cells["Safeguard"] == "none"].set_index("Planted")
    assert "†" not in told.loc[first.replace("_", " ")].iloc[-1]
    assert told.loc[others[0].replace("_", " ")].iloc[-1].endswith("†")
    assert "†: fewer than 3 scenarios" in table.caption


def test_headings_and_sentences_tell_runs_apart_in_plain_words(
    frame: pd.DataFrame, results: pd.DataFrame
) -> None:
    about = {"log": frame["log"].unique(), "location": "elsewhere", "used": True}
    inventory = pd.DataFrame(about).reindex(columns=logs.INVENTORY)
    found = provenance.conditions(results, frame, inventory)
    posed = [(c.snapshot, c.reasoning, c.posed) for c in found]
    assert len(set(posed)) == len(posed)
    assert any(name.endswith(", without safeguards") for _, _, name in posed)
    names = {name: name.split("/")[-1] for name in results["snapshot"].unique()}
    sentences = " ".join(s for one in headlines.said(results, names) for s in one.sentences)
    assert "with the classifier as safeguard, which goes by patterns" in sentences
    assert "=" not in sentences.replace("n = ", "").replace("p = ", "")


def test_every_metric_has_a_definition_and_the_summary_a_sentence(results: pd.DataFrame) -> None:
    def lacking() -> Iterator[str]:
        for metric in results["metric"].unique():
            if not methods.definition(str(metric)):
                yield str(metric)

    assert list(lacking()) == []
    names = {name: name.split("/")[-1] for name in results["snapshot"].unique()}
    (said,) = [s for s in headlines.said(results, names) if s.title == "Attacks prevented"]
    assert any("final" in sentence and "attempts" in sentence for sentence in said.sentences)


def test_attacks_that_were_carried_out_can_be_looked_at(frame: pd.DataFrame) -> None:
    rows, chosen = flagged.choose(frame)
    assert "planted instruction carried out" in {c.flag for c in chosen}
    shown = flagged.read(rows)
    assert shown
    assert all(one.prompt for one in shown)
