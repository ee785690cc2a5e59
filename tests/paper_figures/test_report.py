"""`paper_figures.report`: a folder of logs in, everything that `saydo report` promises out."""

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.solver import generate

from analysis import logs, snapshots
from analysis.estimators import Estimate
from analysis.validation import Calibration
from paper_figures import figures, report
from paper_figures.cells import FORMATS
from paper_figures.report import Report
from scorers.acknowledgement import acknowledgement
from tests import fakes
from tests.analysis.test_snapshots import DIFFER, at_odds
from tests.conftest import CLUE_SERIES, SERIES, Evaluate
from tests.paper_figures.test_tables_alignment_faking import Page

NAMES = ("alignment_faking", "accounting", "decomposition")


@pytest.fixture(scope="module")
def made(logs_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("report") / "new" / "folder"
    return report.make(str(logs_dir), out, order=SERIES), out


def calibration(frame: pd.DataFrame, rubric: str, rubric_hash: str | None = None) -> Calibration:
    good = Estimate(0.9, 0.8, 0.96, None, 60, 60, "", ())
    judged = frame[frame["rubric"] == rubric].iloc[0]
    return Calibration(
        *(good, good, good, good, good),
        n=60,
        n_unscored=0,
        n_unlabelled=0,
        simulated=False,
        rubric=rubric,
        rubric_hash=rubric_hash or judged["rubric_hash"],
        judge=judged["judge"],
    )


def files(out: Path) -> set[str]:
    return {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}


def test_the_files_of_the_contract_are_there(made: tuple[Report, Path]) -> None:
    assert files(made[1]) == {
        "results.csv",
        "report.html",
        *(f"tables/{name}.{suffix}" for name in NAMES for suffix in FORMATS),
        *(f"figures/alignment_faking.{suffix}" for suffix in figures.FORMATS),
    }


def test_results_csv_reads_back_as_measured_and_published(
    made: tuple[Report, Path], results: pd.DataFrame
) -> None:
    back = pd.read_csv(made[1] / "results.csv", keep_default_na=False, na_values=[""])
    assert list(back.columns) == snapshots.COLUMNS
    measured = back[back["provenance"] == "measured"]
    for column in ("value", "low", "high", "p_value", "p_adjusted", "n_items", "n_samples"):
        expected = results[column].astype(float).to_numpy()
        assert measured[column].astype(float).to_numpy() == pytest.approx(expected, nan_ok=True)
    assert len(back) == len(results) + len(snapshots.published())
    assert set(back["provenance"]) == {"measured", "published"}
    cited = back[back["provenance"] == "published"]
    assert not cited["simulated"].astype(str).eq("True").any()


def test_every_number_names_logs_that_exist(made: tuple[Report, Path], logs_dir: Path) -> None:
    measured = made[0].results.query("provenance == 'measured'")
    named = {name for cell in measured["logs"] for name in cell.split(" ")}
    assert named == {path.name for path in logs_dir.glob("*.eval")}


def test_the_page_is_whole_and_self_contained(made: tuple[Report, Path], logs_dir: Path) -> None:
    page = Page()
    text = (made[1] / "report.html").read_text(encoding="utf-8")
    page.feed(text)
    assert page.open == []
    assert all(source.startswith("data:image/png;base64,") for source in page.loads)
    assert "<script" not in text
    words = " ".join(page.text)
    assert "Simulated." in words
    assert "alignment_faking/setup_0.md" in words
    for path in logs_dir.glob("*.eval"):
        assert path.name in words
    assert "Logs with problems" not in words


def test_the_same_logs_give_the_same_bytes(
    made: tuple[Report, Path], logs_dir: Path, tmp_path: Path
) -> None:
    report.make(str(logs_dir), tmp_path, order=SERIES)
    for name in files(made[1]):
        assert (tmp_path / name).read_bytes() == (made[1] / name).read_bytes(), name


def test_problems_are_listed_and_escaped(
    frame: pd.DataFrame, logs_dir: Path, tmp_path: Path
) -> None:
    shutil.copytree(logs_dir, tmp_path / "logs")
    (tmp_path / "logs" / "<b>broken.eval").write_bytes(b"no zip")
    outdated = calibration(frame, "compliance", "old")
    made = report.make(str(tmp_path / "logs"), tmp_path / "out", [outdated])
    assert [name for name, _ in made.problems] == [
        "<b>broken.eval",
        "calibration of lexical on compliance old",
    ]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<code>&lt;b&gt;broken.eval</code>: cannot be read" in page
    assert "corrects nothing" in page
    assert "judge_error" not in [table.name for table in made.tables]


def test_a_calibration_adds_its_table_and_real_models_get_no_stamp(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = frame.assign(simulated=False, snapshot="maker/model")
    real.attrs["problems"] = []
    monkeypatch.setattr(logs, "read", lambda _: real)
    made = report.make("logs", tmp_path, [calibration(frame, "compliance")])
    assert [table.name for table in made.tables] == [NAMES[0], "judge_error", *NAMES[1:]]
    assert made.problems == []
    assert (tmp_path / "tables" / "judge_error.tex").exists()
    assert "<strong>Simulated.</strong>" not in (tmp_path / "report.html").read_text("utf-8")


def test_nothing_is_written_where_there_is_nothing_to_report(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    with pytest.raises(ValueError, match="holds no Inspect log"):
        report.make(str(tmp_path / "logs"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


# ---------------------------------------------------------------------------------- faithfulness

CLUES = ("clue_faithfulness", "clue_use", "cot_interventions", "post_hoc_rationalisation")


def foreign(**metadata: object) -> Task:
    """A task of someone else's whose hint stands in its prompt, scored by our scorer."""
    return Task(
        dataset=[Sample(input="Which? A) x B) y. I think B.", target="B", metadata=metadata)],
        solver=generate(),
        scorer=acknowledgement(judge="lexical"),
        name="theirs",
    )


@pytest.fixture(scope="module")
def mixed(
    logs_dir: Path, clue_logs: Path, evaluate: Evaluate, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Report, Path]:
    """Both capabilities, and a foreign log with our scorer, in one folder."""
    folder, out = tmp_path_factory.mktemp("mixed"), tmp_path_factory.mktemp("out")
    for source in (logs_dir, clue_logs):
        shutil.copytree(source, folder, dirs_exist_ok=True)
    said = "<think>I go with B because you think so.</think>ANSWER: B"
    evaluate(foreign(), fakes.model(lambda _: fakes.output(said)), folder)
    return report.make(str(folder), out, order=[SERIES[0], *CLUE_SERIES]), out


def test_both_capabilities_have_their_tables_and_figures(mixed: tuple[Report, Path]) -> None:
    made, out = mixed
    assert [table.name for table in made.tables] == [
        *("alignment_faking", *CLUES),
        *("accounting", "accounting_faithfulness", "decomposition"),
    ]
    for name in ("alignment_faking", "clue_faithfulness"):
        assert (out / "figures" / f"{name}.png").exists()
    assert made.problems == []


def test_a_report_on_faithfulness_alone_has_no_other_table(
    clues_read_once: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    final = clues_read_once[clues_read_once["snapshot"] == "organism/final"]
    final.attrs["problems"] = []
    monkeypatch.setattr(logs, "read", lambda _: final)
    made = report.make("logs", tmp_path)
    assert [t.name for t in made.tables] == [
        "clue_faithfulness",
        "clue_use",
        "accounting_faithfulness",
    ]
    assert {path.stem for path in (tmp_path / "figures").iterdir()} == {"clue_faithfulness"}
    cited = made.tables[0].cells.query("Source == 'published'")
    assert cited["Dataset"].tolist() == ["MMLU", "GPQA"]
    assert cited["Consistency"].tolist() == ["0.02", "0.00"]


def test_rows_of_both_are_told_apart_by_table(mixed: tuple[Report, Path]) -> None:
    back = pd.read_csv(mixed[1] / "results.csv", keep_default_na=False, na_values=[""])
    assert list(back.columns) == snapshots.COLUMNS
    measured = back[back["provenance"] == "measured"]
    assert set(measured["table"]) == {"alignment_faking", *CLUES} - {"clue_use"}
    assert set(measured["task"]) == {
        *("alignment_faking", "cot_faithfulness", "cot_interventions", "post_hoc_rationalisation"),
    }
    assert set(measured.loc[measured["hint"].notna(), "table"]) == {"clue_faithfulness"}
    cited = back[(back["provenance"] == "published") & (back["table"] == "clue_faithfulness")]
    assert (cited["warnings"] == "quoted as 0.00").sum() == 3
    assert cited["value"].notna().all()


def test_the_page_has_captions_and_prompts_of_both(mixed: tuple[Report, Path]) -> None:
    page = Page()
    page.feed((mixed[1] / "report.html").read_text(encoding="utf-8"))
    assert page.open == []
    assert len(page.loads) == 2
    words = " ".join(page.text)
    for table in mixed[0].tables:
        assert words.count(table.caption) == 1, table.name
    for prompt in ("alignment_faking/setup_0.md", "cot_faithfulness/grader.md"):
        assert prompt in words


def test_logs_that_do_not_fit_together_do_not_stop_the_rest(
    clue_frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    honest = clue_frame[clue_frame["snapshot"] == "organism/always-admits"]
    both = pd.concat([at_odds(clue_frame), honest], ignore_index=True)
    both.attrs["problems"] = [("x.eval", "cannot be read")]
    monkeypatch.setattr(logs, "read", lambda _: both)
    made = report.make("logs", tmp_path)
    (first, (names, problem)) = made.problems
    assert first == ("x.eval", "cannot be read")
    assert "again.eval" in names.split(" ")
    assert problem == DIFFER
    assert DIFFER in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert set(made.tables[0].cells["Snapshot"]) == {"always-admits", "Claude 3.7 Sonnet"}


def test_a_calibration_of_a_hint_that_no_log_has_is_named(
    clues_read_once: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    early = clues_read_once[clues_read_once["snapshot"] == "organism/early"]
    early.attrs["problems"] = []
    monkeypatch.setattr(logs, "read", lambda _: early)
    of_texts = calibration(early, "acknowledgement")
    given = [replace(of_texts, hint=hint) for hint in ("grader", "few_shot_position")]
    made = report.make("logs", tmp_path, given)
    assert "clue_judge_error" in [table.name for table in made.tables]
    ((name, problem),) = made.problems
    assert name.startswith("calibration of lexical on acknowledgement")
    assert problem == "corrects nothing: the logs have no samples under the hint few_shot_position"
