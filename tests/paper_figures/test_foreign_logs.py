"""`saydo report` on other people's logs, on a mix with ours, and on files that are no logs."""

import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log

from paper_figures.cli import main
from tests import foreign

AGAINST_INSPECT = [
    *(("letters", "match"), ("letters", "includes"), ("panel", "multi_scorer")),
    *(("options", "choice"), ("numbers", "passed"), ("numbers", "points")),
    *(("keys", "by_key.right"), ("keys", "by_key.partly"), ("graded", "model_graded_qa")),
    *(("epochs", "match"), ("agent", "match"), ("breaks", "match"), ("odd", "match")),
    *(("sampled", "passed"), ("searches", "graded_by_key.right")),
    ("searches", "graded_by_key.brief"),
]
"""Task and column of what Inspect's own metrics do not count otherwise."""

NUMBERS = ["value", "low", "high", "n_items", "n_samples", "n_unscored"]
"""Columns of results.csv."""

DAMAGED = ("cut.eval", "empty.eval", "text.eval", "other.eval", "2026-01-01T00-00-00_no_log.json")


@dataclass(frozen=True)
class Reported:
    """What one run of the command left behind."""

    said: str
    out: Path
    rows: pd.DataFrame

    @property
    def measured(self) -> pd.DataFrame:
        return self.rows[self.rows["provenance"] == "measured"]

    @property
    def page(self) -> str:
        return (self.out / "report.html").read_text(encoding="utf-8")

    @property
    def tables(self) -> set[str]:
        return {path.stem for path in (self.out / "tables").iterdir()}


def reported(logs: Path, out: Path) -> Reported:
    run = CliRunner().invoke(main, ["report", str(logs), "--out", str(out)])
    assert run.exit_code == 0, run.output
    rows = pd.read_csv(out / "results.csv", dtype=str, keep_default_na=False)
    rows[NUMBERS] = rows[NUMBERS].apply(pd.to_numeric).astype(float)
    return Reported(run.output, out, rows)


@pytest.fixture(scope="module")
def theirs(foreign_logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Reported:
    return reported(foreign_logs, tmp_path_factory.mktemp("theirs"))


def add_damaged(folder: Path, whole: Path) -> None:
    """Files of `DAMAGED`, and a `.json` file of which nobody says that it is a log."""
    cut, empty, text, other, no_log = (folder / name for name in DAMAGED)
    cut.write_bytes(whole.read_bytes()[:3_000])
    empty.write_bytes(b"")
    text.write_text("Not a log.\n")
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("readme.txt", "no header")
    no_log.write_text(json.dumps({"samples": "none"}))
    (folder / "notes.json").write_text("{}")


@pytest.fixture(scope="module")
def mixed(foreign_logs: Path, logs_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """Their logs, ours, and damaged ones in one folder."""
    folder = tmp_path_factory.mktemp("mixed")
    shutil.copytree(foreign_logs, folder / "theirs")
    shutil.copytree(logs_dir, folder / "ours")
    add_damaged(folder, next(iter(logs_dir.glob("*.eval"))))
    return reported(folder, tmp_path_factory.mktemp("mixed_out"))


def one(rows: pd.DataFrame, log: EvalLog, column: str) -> pd.Series:
    mode = "standard" if log.eval.model_generate_config.reasoning_effort is None else "extended"
    found = rows[
        (rows["task"] == log.eval.task)
        & (rows["column"] == column)
        & (rows["snapshot"] == log.eval.model)
        & (rows["reasoning"] == mode)
    ]
    assert len(found) == 1
    return found.iloc[0]


def of_inspect(log: EvalLog, column: str) -> float:
    assert log.results is not None
    scorer, _, key = column.partition(".")
    score = next(s for s in log.results.scores if s.scorer == scorer and s.name == (key or scorer))
    return next(m.value for name, m in score.metrics.items() if name in ("accuracy", "mean"))


@pytest.mark.parametrize(("task", "column"), AGAINST_INSPECT)
def test_a_row_says_what_the_log_itself_says(
    task: str, column: str, theirs: Reported, foreign_logs: Path
) -> None:
    files = list(foreign_logs.glob(f"*_{task}_*.eval"))
    assert len(files) == len(foreign.KNOWS) * len(foreign.MODES)
    for path in files:
        log = read_eval_log(str(path), header_only=True)
        row = one(theirs.measured, log, column)
        assert row["value"] == pytest.approx(of_inspect(log, column))
        assert row["low"] < row["value"] < row["high"]
        assert row["metric"] == ("mean_score" if column == "points" else "accuracy")
        assert (row["table"], row["arm"], row["factors"]) == ("accuracy", "", "")
        assert row["logs"] == path.name
        n_missing = {"breaks": len(foreign.BROKEN), "graded": 1}.get(task, 0)
        assert row["n_unscored"] == n_missing
        assert row["n_items"] == foreign.N_SUMS - n_missing
        assert row["n_samples"] == row["n_items"] * {"epochs": 2, "sampled": 4}.get(task, 1)


def test_what_is_missing_is_told_as_bounds_and_never_0(theirs: Reported) -> None:
    for _, row in theirs.measured.query("metric == 'accuracy' and task == 'breaks'").iterrows():
        at_worst = row["value"] * row["n_samples"] / foreign.N_SUMS
        at_best = at_worst + len(foreign.BROKEN) / foreign.N_SUMS
        said = f"with what is missing at worst and best: {at_worst:.3f} to {at_best:.3f}"
        assert said in row["warnings"]


def test_grades_that_are_none_are_unscored(theirs: Reported) -> None:
    rows = theirs.measured.query("column == 'verdict'")
    assert len(rows) == 6
    assert rows["value"].to_numpy() == pytest.approx(3.5 / 9)
    assert set(rows["n_unscored"]) == {1}
    assert rows["warnings"].str.contains("'undecided'").all()


def test_snapshots_and_modes_stand_apart(theirs: Reported) -> None:
    rows = theirs.measured.query("task == 'letters' and column == 'match'")
    value = rows.set_index(["snapshot", "reasoning"])["value"]
    assert value.to_dict() == pytest.approx(
        {
            (f"mockllm/{snapshot}", mode): foreign.known(snapshot, mode) / foreign.N_SUMS
            for snapshot in foreign.KNOWS
            for mode in foreign.MODES
        }
    )


def test_changes_between_snapshots_are_those_of_the_items(theirs: Reported) -> None:
    rows = theirs.measured.query("metric == 'accuracy_change' and task == 'letters'")
    assert len(rows) > 0
    for _, row in rows.iterrows():
        before = row["column"].partition("change from ")[2].split(":")[0].strip()
        new, old = (
            foreign.known(name.split("/")[-1], row["reasoning"])
            for name in (row["snapshot"], before)
        )
        assert row["value"] == pytest.approx((new - old) / foreign.N_SUMS)


def test_turns_and_samples_have_their_rows_tables_and_figure(theirs: Reported) -> None:
    rows = theirs.measured
    within = rows[rows["metric"] == "accuracy_within_turns"]
    assert set(within["task"]) == {"agent", "searches"}
    assert set(rows.loc[rows["metric"] == "pass_at_k", "task"]) == {"epochs", "sampled"}
    last = within[within["column"] == "graded_by_key.right: 4 turns"]
    whole = rows[(rows["metric"] == "accuracy") & (rows["column"] == "graded_by_key.right")]
    key = ["snapshot", "reasoning"]
    pd.testing.assert_frame_equal(
        last.set_index(key)[NUMBERS].sort_index(), whole.set_index(key)[NUMBERS].sort_index()
    )
    assert whole["warnings"].str.contains("a limit ended").all()
    assert {"accuracy_within_turns", "accuracy_pass_at_k", "accuracy_accounting"} <= theirs.tables
    assert (theirs.out / "figures" / "action_scaling.png").stat().st_size > 10_000
    assert "Action scaling" in theirs.page


def test_only_their_logs_make_only_their_tables(theirs: Reported) -> None:
    assert "accuracy" in theirs.tables
    assert not {"alignment_faking", "clue_faithfulness", "judge_error"} & theirs.tables
    assert set(theirs.measured["table"]) == {"accuracy"}
    assert theirs.rows["provenance"].eq("measured").all()
    assert not theirs.measured["simulated"].astype(str).eq("True").any()


def test_what_is_left_out_is_named_on_the_page_and_in_the_console(theirs: Reported) -> None:
    for name in ("each_part", "by_key.option"):
        assert name in theirs.page
        assert name in theirs.said
    assert theirs.measured["column"].str.contains("each_part|by_key.option").sum() == 0


def test_beside_ours_theirs_say_the_same(theirs: Reported, mixed: Reported) -> None:
    key = ["task", "column", "snapshot", "reasoning", "metric"]
    alone, beside = (
        found.measured.query("metric in ('accuracy', 'mean_score') and table == 'accuracy'")
        .set_index(key)[NUMBERS]
        .sort_index()
        for found in (theirs, mixed)
    )
    pd.testing.assert_frame_equal(alone, beside)


def test_a_mix_has_the_tables_of_both(mixed: Reported, results: pd.DataFrame) -> None:
    assert {"accuracy", "alignment_faking", "accounting"} <= mixed.tables
    ours = mixed.measured.query("metric == 'compliance_gap'")
    expected = results[results["metric"] == "compliance_gap"]
    assert sorted(ours["value"]) == pytest.approx(sorted(expected["value"]))


def test_each_damaged_file_is_named(mixed: Reported) -> None:
    for name in DAMAGED:
        assert name in mixed.page
        assert name in mixed.said
    assert "Traceback" not in mixed.said


@pytest.mark.parametrize("task", ["letters", "keys", "numbers"])
def test_one_log_of_one_task_is_a_report(task: str, foreign_logs: Path, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    shutil.copy(next(iter(foreign_logs.glob(f"*_{task}_*.eval"))), tmp_path / "logs")
    found = reported(tmp_path / "logs", tmp_path / "out")
    assert set(found.measured["table"]) == {"accuracy"}
    assert found.measured["snapshot"].nunique() == 1


def only_damaged(folder: Path, whole: Path) -> str:
    add_damaged(folder, whole)
    return "holds no Inspect log"


def only_lists(folder: Path, whole: Path) -> str:
    log = read_eval_log(str(whole))
    assert log.samples
    assert log.eval.scorers
    log.eval.scorers = [s for s in log.eval.scorers if s.name == "each_part"]
    for sample in log.samples:
        sample.scores = {k: v for k, v in (sample.scores or {}).items() if k == "each_part"}
    write_eval_log(log, str(folder / "lists.eval"))
    return "each_part (numbers): left out"


@pytest.mark.parametrize("made", [only_damaged, only_lists])
def test_where_nothing_can_be_reported_one_sentence_says_why(
    made: Callable[[Path, Path], str], foreign_logs: Path, tmp_path: Path
) -> None:
    said = made(tmp_path, next(iter(foreign_logs.glob("*_numbers_*.eval"))))
    run = CliRunner().invoke(main, ["report", str(tmp_path), "--out", str(tmp_path / "out")])
    assert run.exit_code == 1
    assert run.output.startswith("Error: ")
    assert said in run.output
