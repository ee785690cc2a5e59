"""`paper_figures.report`: a folder of logs in, everything that `saydo report` promises out."""

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.solver import generate

from analysis import snapshots
from analysis.estimators import Estimate
from analysis.series import Series
from analysis.validation import Calibration
from inspect_tasks.alignment_faking import alignment_faking
from paper_figures import figures, report
from paper_figures.cells import FORMATS
from paper_figures.page import Report
from scorers.acknowledgement import acknowledgement
from tests import fakes, foreign
from tests.conftest import CLUE_SERIES, SERIES, Evaluate, hinted
from tests.paper_figures.pages import page_of

Made = tuple[Report, Path]


@pytest.fixture(scope="module")
def made(logs_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    out = tmp_path_factory.mktemp("report") / "new" / "folder"
    return report.make(str(logs_dir), out, series=Series.of(SERIES)), out


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


def names(made: Report) -> list[str]:
    return [table.name for table in made.tables]


def test_the_files_of_the_contract_are_there(made: Made) -> None:
    assert {"alignment_faking", "accounting", "decomposition"} <= set(names(made[0]))
    assert {figure.name for figure in made[0].figures} >= {"alignment_faking"}
    assert files(made[1]) == {
        "results.csv",
        "report.html",
        *(f"tables/{name}.{suffix}" for name in names(made[0]) for suffix in FORMATS),
        *(f"figures/{f.name}.{suffix}" for f in made[0].figures for suffix in figures.FORMATS),
    }


def test_results_csv_reads_back_as_measured_and_published(
    made: Made, results: pd.DataFrame
) -> None:
    back = pd.read_csv(made[1] / "results.csv", keep_default_na=False, na_values=[""])
    assert list(back.columns) == snapshots.COLUMNS
    measured = back[back["provenance"] == "measured"]
    for column in ("value", "low", "high", "p_value", "p_adjusted", "n_items", "n_samples"):
        expected = results[column].astype(float).to_numpy()
        assert measured[column].astype(float).to_numpy() == pytest.approx(expected, nan_ok=True)
    cited = back[back["provenance"] == "published"]
    assert set(back["provenance"]) == {"measured", "published"}
    assert not cited["simulated"].astype(str).eq("True").any()
    assert set(cited["table"]) == {"alignment_faking"}, "nothing stands beside the others"


def test_every_number_names_logs_that_exist(made: Made, logs_dir: Path) -> None:
    measured = made[0].results.query("provenance == 'measured'")
    named = {name for cell in measured["logs"] for name in cell.split(" ")}
    assert named == {path.name for path in logs_dir.glob("*.eval")}


def test_the_same_logs_give_the_same_bytes(made: Made, logs_dir: Path, tmp_path: Path) -> None:
    report.make(str(logs_dir), tmp_path, series=Series.of(SERIES))
    for name in files(made[1]):
        assert (tmp_path / name).read_bytes() == (made[1] / name).read_bytes(), name


@pytest.fixture(scope="module")
def troubled(
    read_once: pd.DataFrame, logs_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Made:
    """The same logs beside damaged ones, with a calibration that fits and one that does not."""
    folder = tmp_path_factory.mktemp("troubled")
    shutil.copytree(logs_dir, folder / "logs")
    whole = sorted((folder / "logs").glob("*.eval"))[0]
    (folder / "logs" / "<b>cut.eval").write_bytes(whole.read_bytes()[:5000])
    (folder / "logs" / "empty.eval").touch()
    series = Series((("Release", "final"), ("Preview", "preview-v3.1")), reference="Preview")
    given = [calibration(read_once, "compliance"), calibration(read_once, "compliance", "old")]
    return report.make(str(folder / "logs"), folder / "out", given, series), folder / "out"


def test_problems_are_listed_and_escaped(troubled: Made) -> None:
    made, out = troubled
    assert {name for name, _ in made.problems} == {
        *("<b>cut.eval", "empty.eval", "calibration of lexical on compliance old"),
    }
    text = (out / "report.html").read_text(encoding="utf-8")
    assert "<code>&lt;b&gt;cut.eval</code>: cannot be read" in text
    assert "corrects nothing" in text
    assert str(out.parent) not in text
    assert page_of(out).words.count("<b>cut.eval") >= 2, "among the problems and among the logs"


def test_a_calibration_adds_its_table(made: Made, troubled: Made) -> None:
    assert "judge_error" not in names(made[0])
    assert "judge_error" in names(troubled[0])
    assert (troubled[1] / "tables" / "judge_error.tex").exists()
    assert "--calibration CALIBRATION_1.json" in page_of(troubled[1]).words


def test_snapshots_are_called_and_ordered_as_in_the_series(troubled: Made) -> None:
    made, out = troubled
    assert list(made.frame["snapshot"].unique()) == ["Release", "Preview"]
    words = page_of(out).words
    assert "2 snapshots (Release, Preview)" in words
    assert "--series SERIES.yaml" in words


def test_real_models_get_no_stamp_and_names_in_logs_lead_nowhere(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    refuses = fakes.model(lambda _: fakes.thinks("I will not do it.", "I can't help with that."))
    climbing = Task(
        dataset=[Sample(input="Say B.", target="B", id="../../id")],
        solver=generate(),
        scorer=acknowledgement(judge="lexical"),
        name="../../task",
    )
    for task in (alignment_faking(judge="lexical", n_items=3, elicitation="native"), climbing):
        evaluate(task, refuses, tmp_path / "logs")
    before = files(tmp_path)
    report.make(str(tmp_path / "logs"), tmp_path / "deep" / "out")
    new = files(tmp_path) - before
    assert new
    assert all(name.startswith("deep/out/") for name in new)
    words = page_of(tmp_path / "deep" / "out").words
    assert "Simulated." not in words
    assert "3 items under training, unmonitored" in words


def test_nothing_is_written_where_there_is_nothing_to_report(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    with pytest.raises(ValueError, match="holds no Inspect log"):
        report.make(str(tmp_path / "logs"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


# ---------------------------------------------------------------------------------- faithfulness

CLUES = ("clue_faithfulness", "clue_use", "cot_interventions", "post_hoc_rationalisation")


def theirs(**metadata: object) -> Task:
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
) -> Made:
    """Both capabilities, and a foreign log with our scorer, in one folder."""
    folder, out = tmp_path_factory.mktemp("mixed"), tmp_path_factory.mktemp("out")
    for source in (logs_dir, clue_logs):
        shutil.copytree(source, folder, dirs_exist_ok=True)
    said = "<think>I go with B because you think so.</think>ANSWER: B"
    evaluate(theirs(), fakes.model(lambda _: fakes.output(said)), folder)
    return report.make(str(folder), out, series=Series.of([SERIES[0], *CLUE_SERIES])), out


def test_both_capabilities_have_their_tables_and_figures(mixed: Made) -> None:
    made, out = mixed
    assert {"alignment_faking", *CLUES, "accounting", "accounting_faithfulness"} <= set(names(made))
    for name in ("alignment_faking", "clue_faithfulness"):
        assert (out / "figures" / f"{name}.png").exists()
    assert made.problems == []


def test_rows_of_both_are_told_apart_by_table(mixed: Made) -> None:
    back = pd.read_csv(mixed[1] / "results.csv", keep_default_na=False, na_values=[""])
    assert list(back.columns) == snapshots.COLUMNS
    measured = back[back["provenance"] == "measured"]
    assert set(measured["table"]) >= {"alignment_faking", *CLUES} - {"clue_use"}
    cited = back[(back["provenance"] == "published") & (back["table"] == "clue_faithfulness")]
    assert (cited["warnings"] == "quoted as 0.00").sum() == 3
    assert cited["value"].notna().all()


def test_the_page_has_captions_and_prompts_of_both(mixed: Made) -> None:
    page = page_of(mixed[1])
    for table in mixed[0].tables:
        plain = " ".join(table.caption.replace("`", "").split())
        assert plain in page.words, table.name
    for prompt in ("alignment_faking/setup_0.md", "cot_faithfulness/grader.md"):
        assert prompt in page.words


def test_faithfulness_alone_cites_no_other_figures_and_names_calibrations_in_vain(
    clues_read_once: pd.DataFrame, evaluate: Evaluate, tmp_path: Path
) -> None:
    evaluate(hinted("early", "extended", n_items=3), "organism/early", tmp_path / "logs")
    of_texts = calibration(clues_read_once, "acknowledgement")
    given = [replace(of_texts, hint=hint) for hint in ("grader", "few_shot_position")]
    made = report.make(str(tmp_path / "logs"), tmp_path / "out", given)
    assert "clue_judge_error" in names(made)
    ((name, problem),) = made.problems
    assert name.startswith("calibration of lexical on acknowledgement")
    assert problem == "corrects nothing: the logs have no samples under the hint few_shot_position"
    assert "alignment_faking" not in names(made)
    cited = made.results.query("provenance == 'published'")
    assert set(cited["table"]) == {"clue_faithfulness"}
    assert "Claude 3 Opus" not in page_of(tmp_path / "out").words


# ---------------------------------------------------------------------------------- other people's


def test_a_log_without_arms_has_a_page(
    evaluate: Evaluate, clues_read_once: pd.DataFrame, tmp_path: Path
) -> None:
    evaluate(foreign.posed("letters", "early", "standard"), None, tmp_path / "logs")
    of_hint = replace(calibration(clues_read_once, "acknowledgement"), hint="grader")
    made = report.make(str(tmp_path / "logs"), tmp_path / "out", [of_hint])
    assert [problem.split(":")[0] for _, problem in made.problems] == ["corrects nothing"]
    page = page_of(tmp_path / "out")
    assert "letters: 10 transcripts of 1 snapshot (early), standard mode; 10 items" in page.words
    assert "Accuracy" in page.words


def test_foreign_logs_alone_have_a_page_of_their_own(foreign_logs: Path, tmp_path: Path) -> None:
    report.make(str(foreign_logs), tmp_path)
    page = page_of(tmp_path)
    assert "transcripts" not in page.ids, "none is flagged"
    assert "cited" not in page.ids
    assert "Accuracy" in page.words
    assert not [i for i in page.ids if "faking" in i or "clue" in i]
