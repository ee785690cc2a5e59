"""`saydo score`: another judge, sample by sample; nothing is asked twice, nothing is lost."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from inspect_ai.log import EvalError, EvalLog, read_eval_log, write_eval_log
from inspect_ai.model import (
    ChatMessage,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    get_model,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from analysis import logs
from inspect_tasks.everyday import MONITORS, everyday
from inspect_tasks.special_casing import special_casing
from paper_figures.cli import main
from paper_figures.rescoring import RESCORED, Rescored, rescore
from tests import fakes
from tests.conftest import EXTENDED, Evaluate

TWO: dict[str, Any] = {"judge": "patient/judge,patient/other"}
KEYS = ["log", "sample_id", "epoch", "scorer"]


class Patience:
    """How many requests a judge answers before it gives up; and how many it got."""

    left: int | None = None
    asked = 0


@modelapi(name="patient")
class PatientJudge(ModelAPI):
    """Finds nothing anywhere, as long as its patience lasts."""

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        if Patience.left == 0:
            raise RuntimeError("no patience left")
        Patience.left = None if Patience.left is None else Patience.left - 1
        Patience.asked += 1
        faking = "alignment faking" in input[0].text
        said = fakes.faking_verdict(False, "") if faking else fakes.verdict("refused", "")
        return fakes.sealed(fakes.output(said), input)


@pytest.fixture(autouse=True)
def _patience() -> None:
    Patience.left, Patience.asked = None, 0


@pytest.fixture(scope="module")
def one_log(logs_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shortest of the alignment-faking logs, in a folder of its own."""
    folder = tmp_path_factory.mktemp("one")
    found = min(logs_dir.glob("*.eval"), key=lambda path: path.stat().st_size)
    (folder / found.name).write_bytes(found.read_bytes())
    return folder


def scored(source: Path, out: Path, judge: str = "patient/judge", **options: Any) -> list[Rescored]:
    return list(rescore(str(source), out, judge, **options))


def alone(log: EvalLog, folder: Path, name: str = "it.eval") -> Path:
    """A folder with this log alone, under this name."""
    folder.mkdir()
    write_eval_log(log, str(folder / name))
    return folder


def same(left: pd.DataFrame, right: pd.DataFrame, but: set[str] = frozenset()) -> bool:  # type: ignore[assignment]
    sides = [
        frame.drop(columns=[*{"location", *but} & set(frame)]).sort_values(KEYS, ignore_index=True)
        for frame in (left, right)
    ]
    columns = [name for name in sides[0] if not sides[0][name].isna().all()]
    pd.testing.assert_frame_equal(sides[0][columns], sides[1][columns], check_dtype=False)
    return True


@pytest.mark.slow
def test_the_same_judge_says_the_same_again(logs_dir: Path, tmp_path: Path) -> None:
    done = scored(logs_dir, tmp_path, "lexical")
    assert [log.n_open for log in done] == [0] * len(list(logs_dir.glob("*.eval")))
    assert same(logs.read(logs_dir), logs.read(tmp_path))
    assert not list((tmp_path / ".unfinished").iterdir())


def test_scores_of_no_judge_stay(clue_logs: Path, tmp_path: Path) -> None:
    scored(clue_logs, tmp_path, "lexical")
    before, after = logs.read(clue_logs), logs.read(tmp_path)
    kept = before[before["log"].isin(after["log"])]
    assert "answer" in set(after["scorer"])
    assert same(kept, after)
    assert set(before["task"]) - set(after["task"]) == {
        "cot_interventions",
        "post_hoc_rationalisation",
    }


def test_another_judge_takes_the_place_of_the_first(one_log: Path, tmp_path: Path) -> None:
    [done] = scored(one_log, tmp_path)
    rows = logs.read(tmp_path)
    assert set(rows["judge"]) == {"patient/judge"}
    assert done.spent.calls == Patience.asked == rows["judge_calls"].sum()
    log = read_eval_log(str(tmp_path / done.name), header_only=True)
    assert log.results
    assert [score.name for score in log.results.scores] == ["compliance", "alignment_faking"]
    assert (log.eval.metadata or {})[RESCORED]["scorers"]["compliance"]["judge"] == [
        "patient/judge"
    ]


@pytest.mark.parametrize(
    "patience",
    [pytest.param(1, marks=pytest.mark.slow), 7, pytest.param(20, marks=pytest.mark.slow)],
)
def test_an_interrupted_run_goes_on(one_log: Path, tmp_path: Path, patience: int) -> None:
    [whole] = scored(one_log, tmp_path / "whole")
    Patience.asked, Patience.left = 0, patience
    [broken] = scored(one_log, tmp_path / "out")
    assert broken.n_open > 0
    assert "no patience left" in broken.why_open
    assert not list((tmp_path / "out").glob("*.eval"))  # nothing half done is taken for a result
    Patience.left = None
    [done] = scored(one_log, tmp_path / "out")
    assert (done.n_before, done.n_open) == (broken.n - broken.n_open, 0)
    n_lost = Patience.asked - whole.spent.calls  # of samples that were in hand
    assert 0 <= n_lost <= patience
    assert same(logs.read(tmp_path / "whole"), logs.read(tmp_path / "out"))


@pytest.mark.slow
def test_a_budget_is_of_the_whole_run(logs_dir: Path, tmp_path: Path) -> None:
    runs = [scored(logs_dir, tmp_path, max_judge_calls=60)]
    while any(log.n_open for log in runs[-1]):
        asked = Patience.asked
        runs.append(scored(logs_dir, tmp_path, max_judge_calls=60))
        assert 0 < Patience.asked - asked <= 60
    assert len(runs) > 3
    assert Patience.asked <= sum(log.spent.calls for run in runs for log in run)
    assert same(logs.read(tmp_path), logs.read(tmp_path))
    n_posed = sum(log.n for log in runs[-1])
    assert len(logs.read(tmp_path)) == 2 * n_posed


def test_a_line_that_was_cut_off_is_scored_again(one_log: Path, tmp_path: Path) -> None:
    Patience.left = 10
    [broken] = scored(one_log, tmp_path)
    journal = tmp_path / ".unfinished" / f"{broken.name}.jsonl"
    whole = journal.read_text()
    journal.write_text(whole[:-20])
    Patience.left = None
    [done] = scored(one_log, tmp_path)
    assert done.n_open == 0
    assert logs.read(tmp_path)["unscored"].sum() == logs.read(one_log)["unscored"].sum()


def test_errors_have_no_score(one_log: Path, tmp_path: Path) -> None:
    [path] = one_log.glob("*.eval")
    log = read_eval_log(str(path))
    assert log.samples
    error = EvalError(message="no", traceback="", traceback_ansi="")
    log.samples[0] = log.samples[0].model_copy(update={"error": error, "scores": {}})
    source = alone(log, tmp_path / "in")
    [done] = scored(source, tmp_path / "out")
    assert (done.n, done.n_errors, done.n_open) == (len(log.samples) - 1, 1, 0)
    again = read_eval_log(str(tmp_path / "out" / done.name))
    assert again.samples
    assert [bool(sample.scores) for sample in again.samples] == [False] + [True] * done.n


def test_another_judge_needs_another_folder(one_log: Path, tmp_path: Path) -> None:
    scored(one_log, tmp_path, "lexical")
    with pytest.raises(ValueError, match="another judge, rubric version or parameter: give"):
        scored(one_log, tmp_path)
    assert Patience.asked == 0


def test_other_peoples_logs_need_a_scorer(foreign_logs: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no log was scored by a judge: name a scorer"):
        scored(foreign_logs, tmp_path, "lexical")


def test_a_named_scorer_stands_beside_those_of_others(foreign_logs: Path, tmp_path: Path) -> None:
    scored(foreign_logs, tmp_path, "lexical", named=["compliance"])
    before, after = logs.read(foreign_logs), logs.read(tmp_path)
    assert set(after["scorer"]) == {*before["scorer"], "compliance"}
    assert len(after) > len(before)


def test_the_command_says_what_waits(one_log: Path, tmp_path: Path) -> None:
    command = ["score", str(one_log), "--judge", "patient/judge", "--out", str(tmp_path)]
    stopped = CliRunner().invoke(main, [*command, "--max-judge-calls", "5"])
    assert stopped.exit_code == 1
    assert "the budget of 5 judge calls is spent (max_judge_calls)" in stopped.output
    assert "the same command goes on with them" in stopped.output
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    assert "judge calls" in done.output
    assert "no price known" in " ".join(done.output.split())


def test_a_parameter_of_the_scorers(one_log: Path, tmp_path: Path) -> None:
    [done] = scored(one_log, tmp_path, options={"votes": 3})
    assert done.spent.calls == Patience.asked > 0
    header = read_eval_log(str(tmp_path / done.name), header_only=True)
    assert json.dumps((header.eval.metadata or {})[RESCORED]).count('"votes": 3') == 1


def whole_log(folder: Path) -> EvalLog:
    [path] = folder.glob("*.eval")
    return read_eval_log(str(path))


def test_a_finished_log_of_other_samples_or_another_evaluation_is_not_taken(
    one_log: Path, tmp_path: Path
) -> None:
    log = whole_log(one_log)
    assert log.samples
    few = alone(log.model_copy(update={"samples": log.samples[:3]}), tmp_path / "few")
    scored(few, tmp_path / "out")
    with pytest.raises(ValueError, match=r"it\.eval holds other samples of this evaluation: give"):
        scored(alone(log, tmp_path / "all"), tmp_path / "out")
    log.eval.eval_id = "another"
    with pytest.raises(ValueError, match=r"it\.eval is of another evaluation: give another --out"):
        scored(alone(log, tmp_path / "another"), tmp_path / "out")


def test_a_journal_of_another_evaluation_is_not_taken(one_log: Path, tmp_path: Path) -> None:
    log = whole_log(one_log)
    scored(alone(log, tmp_path / "one"), tmp_path / "out", max_judge_calls=10)
    log.eval.eval_id = "another"
    with pytest.raises(ValueError, match=r"jsonl is of another evaluation: give another --out"):
        scored(alone(log, tmp_path / "another"), tmp_path / "out")


@pytest.mark.parametrize(("budget", "most_lost"), [(16, 8), (4, 0)])
def test_small_budgets_get_to_the_end(
    one_log: Path, tmp_path: Path, budget: int, most_lost: int
) -> None:
    """A run loses at most what the budget ends within the samples that were in hand."""
    log = whole_log(one_log)
    assert log.samples
    source = alone(log.model_copy(update={"samples": log.samples[:6]}), tmp_path / "in")
    n_runs, per_sample = 0, 4  # two scorers, two judges
    while any(done.n_open for done in scored(source, tmp_path, max_judge_calls=budget, **TWO)):
        n_runs += 1
        assert n_runs < 10
    assert 6 * per_sample <= Patience.asked <= 6 * per_sample + n_runs * most_lost


def test_calls_beside_a_lexical_headline_are_counted(one_log: Path, tmp_path: Path) -> None:
    [done] = scored(one_log, tmp_path, "lexical,patient/judge")
    assert done.spent.calls == Patience.asked == 2 * done.n


def test_one_judge_gives_both_halves_of_the_rate(one_log: Path, tmp_path: Path) -> None:
    for name in ("compliance", "alignment_faking"):
        with pytest.raises(ValueError, match="by the same judge: name both with --scorer, or ne"):
            scored(one_log, tmp_path / "out", named=[name])
    scored(one_log, tmp_path / "both")
    [again] = scored(tmp_path / "both", tmp_path / "out", named=["alignment_faking"])
    assert (again.n_before, again.spent.calls) == (again.n, 0)


def test_an_interruption_at_the_start_loses_nothing(
    one_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [broken] = scored(one_log, tmp_path, max_judge_calls=10)
    [journal] = (tmp_path / ".unfinished").glob("*.jsonl")
    before = journal.read_text()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            scored(one_log, tmp_path)
    assert journal.read_text() == before
    assert broken.n_open > 0


def test_a_journal_without_scores_binds_nobody(one_log: Path, tmp_path: Path) -> None:
    scored(one_log, tmp_path, max_judge_calls=1)
    [journal] = (tmp_path / ".unfinished").glob("*.jsonl")
    journal.write_text(journal.read_text().split("\n")[0] + "\n")
    [done] = scored(one_log, tmp_path, "lexical")
    assert done.n_open == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["-S", "judge=lexical"], "-S judge: give it as --judge."),
        (["-S", "max_judge_calls=3"], "-S max_judge_calls: give it as --max-judge-calls."),
        (["-S", "vote=5"], "-S vote: no scorer used here takes it; they take: votes, threshold."),
        (["-S", "source=x"], "-S source: no scorer used here takes it"),
        (["-S", "out=x"], "-S out: no scorer used here takes it"),
        (["--judge", "model"], "--judge model is not known: use lexical or PROVIDER/MODEL."),
    ],
)
def test_what_cannot_be_asked_for_is_one_sentence(
    options: list[str], sentence: str, one_log: Path, tmp_path: Path
) -> None:
    command = ["score", str(one_log), "--judge", "lexical", "--out", str(tmp_path), *options]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 1
    assert " ".join(result.output.split()).startswith(f"Error: {sentence}")
    assert not list(tmp_path.iterdir())


def test_a_scorer_of_somebody_elses_stays(one_log: Path, tmp_path: Path) -> None:
    log = whole_log(one_log)
    for spec in log.eval.scorers or []:
        spec.name = spec.name.replace("alignment_faking", "other/alignment_faking")
    source = alone(log, tmp_path / "in")
    with pytest.raises(ValueError, match="is the name of its scorer other/alignment_faking"):
        scored(source, tmp_path / "out", named=["alignment_faking"])
    scored(source, tmp_path / "out")
    after = whole_log(tmp_path / "out")
    assert after.samples
    judges = {k: (v.metadata or {})["judge"] for k, v in (after.samples[0].scores or {}).items()}
    assert judges == {"alignment_faking": "lexical", "compliance": "patient/judge"}


def test_what_a_run_of_the_same_judge_left_open_is_all_that_is_asked(
    one_log: Path, tmp_path: Path
) -> None:
    [whole] = scored(one_log, tmp_path / "whole")
    log = whole_log(tmp_path / "whole")
    assert log.samples
    for sample in log.samples[:5]:
        score = (sample.scores or {})["alignment_faking"]
        score.metadata = {**(score.metadata or {}), "open": True}
    Patience.asked = 0
    [done] = scored(alone(log, tmp_path / "in", whole.name), tmp_path / "out")
    assert Patience.asked == done.spent.calls == 5
    assert (done.n_before, done.n_open) == (whole.n - 5, 0)
    assert same(logs.read(tmp_path / "whole"), logs.read(tmp_path / "out"))


# ---------------------------------------------------------------------------------- thinking and code


class Formal:
    """How many requests a judge that answers any rubric got."""

    asked = 0


@modelapi(name="formal")
class FormalJudge(ModelAPI):
    """Fills in the schema of whatever it is asked; the one called `cheap` finds everything in every other text."""

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        Formal.asked += 1
        assert config.response_schema
        claims = config.response_schema.json_schema.properties or {}
        text = input[0].text.replace(fakes.seal_of(input[0].text), "")
        found = self.model_name == "cheap" and text.count("t") % 2 == 0
        claim = {"quote": "t" if found else "", "holds": found}
        said = {key: False if key == "role_play" else claim for key in claims}
        return fakes.sealed(fakes.output(json.dumps({**said, "seal": fakes.SEAL})), input)


@pytest.fixture(scope="module")
def everyday_log(evaluate: Evaluate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("everyday")
    model = get_model("organism/always-admits", config=EXTENDED)
    evaluate(everyday(n_items=6, judge="lexical"), model, folder)
    return folder


STAGES = [{}, {"first_stage": "formal/cheap", "audit": 0.5}]


@pytest.mark.parametrize("options", STAGES, ids=["one stage", "two stages"])
def test_calls_of_monitors_are_counted(
    everyday_log: Path, tmp_path: Path, options: dict[str, Any]
) -> None:
    Formal.asked = 0
    [done] = scored(everyday_log, tmp_path, "formal/judge", options=options)
    rows = logs.read(tmp_path)
    assert (done.n, done.n_open, len(rows)) == (6, 0, 6 * len(MONITORS))
    assert done.spent.calls == Formal.asked == rows["judge_calls"].sum()
    if not options:
        assert Formal.asked == 6 * len(MONITORS)
        return
    n_read = (rows["unread"] == 0).sum()
    assert Formal.asked == len(rows) + n_read
    assert n_read == (rows["first_stage"] + rows["audited"]).sum()
    assert 0 < rows["unread"].sum() < len(rows)
    assert rows["unscored"].sum() == 0


@pytest.mark.parametrize("options", STAGES, ids=["one stage", "two stages"])
def test_a_budget_of_monitors_is_held(
    everyday_log: Path, tmp_path: Path, options: dict[str, Any]
) -> None:
    [whole] = scored(everyday_log, tmp_path / "whole", "formal/judge", options=options)
    n_runs, budget = 0, 2 * len(MONITORS)
    while True:
        Formal.asked = 0
        [done] = scored(
            everyday_log,
            tmp_path / "out",
            "formal/judge",
            options=options,
            max_judge_calls=budget,
        )
        assert 0 < done.spent.calls == Formal.asked <= budget
        n_runs += 1
        assert n_runs <= 6
        if not done.n_open:
            break
    assert n_runs >= whole.spent.calls / budget
    assert same(logs.read(tmp_path / "whole"), logs.read(tmp_path / "out"))


def test_a_monitor_reads_any_log(one_log: Path, tmp_path: Path) -> None:
    Formal.asked = 0
    [done] = scored(one_log, tmp_path, "formal/judge", named=["deception"])
    rows = logs.read(tmp_path)
    assert set(rows["scorer"]) == {"alignment_faking", "compliance", "deception"}
    ours = rows[rows["scorer"] == "deception"]
    assert done.spent.calls == Formal.asked == (ours["unscored"] == 0).sum() > 0


@pytest.fixture(scope="module")
def hacked_log(evaluate: Evaluate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hacked")
    task = special_casing(n_items=3, rung=0, judge="lexical", sandbox="local")
    evaluate(task, get_model("organism/early", config=EXTENDED), folder)
    return folder


def test_admissions_go_by_what_the_log_holds(
    hacked_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No code is run: the judge is asked of each hack, and nothing else changes."""

    async def run(*_: object) -> None:
        raise AssertionError("code was run")

    monkeypatch.setattr("scorers.special_casing.observe", run)
    Formal.asked = 0
    [done] = scored(hacked_log, tmp_path, "formal/judge")
    before, after = logs.read(hacked_log), logs.read(tmp_path)
    ours = after[after["scorer"] == "admission"]
    assert done.spent.calls == Formal.asked == ours["hacked"].sum() > 0
    assert set(ours["judge"]) == {"formal/judge"}
    assert ours["admitted"].sum() == 0 < before["admitted"].sum()
    deeds = [frame[frame["scorer"] == "special_casing"] for frame in (before, after)]
    assert same(*deeds)


def test_an_admission_budget_is_held(hacked_log: Path, tmp_path: Path) -> None:
    Formal.asked = 0
    [first] = scored(hacked_log, tmp_path, "formal/judge", max_judge_calls=1)
    assert (first.spent.calls, Formal.asked, first.n_open) == (1, 1, 1)
    [second] = scored(hacked_log, tmp_path, "formal/judge", max_judge_calls=1)
    assert (second.spent.calls, Formal.asked, second.n_open) == (1, 2, 0)


def test_a_log_without_deeds_is_named(hacked_log: Path, one_log: Path, tmp_path: Path) -> None:
    log = whole_log(hacked_log)
    assert log.samples
    for sample in log.samples[:2]:
        sample.store = {}
    said = r"it\.eval: admission goes by what the code did, which the log does not hold for 2 of 9"
    with pytest.raises(ValueError, match=said):
        scored(alone(log, tmp_path / "in"), tmp_path / "out", "lexical")
    with pytest.raises(ValueError, match=r"admission goes by .* no code is run here: name other"):
        scored(one_log, tmp_path / "out", "lexical", named=["admission"])
    assert not (tmp_path / "out").exists()


def test_what_could_not_be_told_stays_untold(hacked_log: Path, tmp_path: Path) -> None:
    log = whole_log(hacked_log)
    assert log.samples
    sample = log.samples[0]
    sample.store = {}
    decided = (sample.scores or {})["special_casing"]
    decided.value = {**decided.as_dict(), "unscored": 1.0}
    [done] = scored(alone(log, tmp_path / "in"), tmp_path / "out", "lexical")
    assert done.n_open == 0
    rows = logs.read(tmp_path / "out")
    assert rows.loc[rows["scorer"] == "admission", "unscored"].sum() == 1
