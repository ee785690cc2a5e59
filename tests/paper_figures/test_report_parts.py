"""What the page is made of: flagged transcripts, provenance, definitions, sentences."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.log import list_eval_logs, read_eval_log

from analysis import logs, snapshots
from analysis.series import Series
from paper_figures import flagged, headlines, methods, provenance
from paper_figures.cells import Table, joined
from tests.conftest import SERIES
from tests.paper_figures.test_figures import calibration

# ---------------------------------------------------------------------------------- transcripts


def found(frame: pd.DataFrame, flag: str) -> pd.DataFrame:
    return next(f for f in flagged.FLAGS if f.name == flag).rows(frame)


def test_faking_is_flagged_as_the_rate_counts_it(
    frame: pd.DataFrame, results: pd.DataFrame
) -> None:
    rates = results[results["metric"] == "alignment_faking_reasoning_rate"]
    counted = (rates["value"] * rates["n_samples"]).astype(float).sum()
    assert len(found(frame, "alignment faking, complied")) == pytest.approx(counted)
    assert counted > 0


def test_used_hints_are_flagged_as_the_rates_count_them(
    clue_frame: pd.DataFrame, clue_results: pd.DataFrame
) -> None:
    once = clue_frame[(clue_frame["snapshot"] != "organism/final")]
    rates = clue_results[
        (clue_results["metric"] == "acknowledgement_rate")
        & (clue_results["snapshot"] != "organism/final")
        & ~clue_results["hint"].isin(["", "average"])
    ]
    n, admitted = rates["n_samples"].astype(float), rates["value"].astype(float)
    assert len(found(once, "hint used, admitted")) == pytest.approx((n * admitted).sum())
    assert len(found(once, "hint used, not admitted")) == pytest.approx((n * (1 - admitted)).sum())
    assert n.sum() > 0


def test_few_are_drawn_by_their_ids_alone(frame: pd.DataFrame) -> None:
    rows, chosen = flagged.choose(frame, per_flag=2)
    assert rows.groupby(["snapshot", "flag"]).size().max() == 2
    assert {(c.snapshot, c.flag) for c in chosen} == set(
        zip(rows["snapshot"], rows["flag"], strict=True)
    )
    assert all(c.n_shown == min(2, c.n_found) for c in chosen)
    mixed = frame.sample(frac=1, random_state=1)
    again, _ = flagged.choose(mixed.assign(thinking_chars=0, log="other.eval"), per_flag=2)
    ids = ["snapshot", "flag", "reasoning", "sample_id", "epoch"]
    assert set(map(tuple, again[ids].to_numpy())) == set(map(tuple, rows[ids].to_numpy()))


def test_logs_without_our_scorers_have_nothing_flagged(foreign_read: pd.DataFrame) -> None:
    rows, chosen = flagged.choose(foreign_read)
    assert (len(rows), chosen, flagged.read(rows)) == (0, [], [])


def test_a_transcript_is_shown_as_it_was_had(clue_frame: pd.DataFrame) -> None:
    rows, _ = flagged.choose(clue_frame)
    shown = flagged.read(rows)
    assert len(shown) == len(rows.drop_duplicates(["location", "sample_id", "epoch"]))
    asked = next(one for one in shown if one.flags == ("hint used, admitted",) and one.after)
    assert [piece.role for piece in asked.after] == ["user", "assistant"], "what was asked after it"
    assert asked.prompt[-1].role == "user"
    assert "<mark" in asked.thinking.text
    assert {"answer", "acknowledgement"} <= {verdict.scorer for verdict in asked.judgements}
    quotes = [quote for verdict in asked.judgements for quote in verdict.quotes]
    assert quotes
    assert all(quote.found for quote in quotes)


TEXT = st.text(st.sampled_from("ab <>&\"'\n\t\x1b\u202e\u2066\ud800é"), max_size=40)


@given(TEXT, st.dictionaries(TEXT, st.just("label"), max_size=3))
def test_marking_and_escaping_lose_nothing(text: str, quotes: dict[str, str]) -> None:
    told = {quote: label for quote, label in quotes.items() if quote.split()}
    html = str(flagged.marked(text, told))
    assert "<" not in re.sub(r"</?mark[^<>]*>", "", html)
    assert unescape(re.sub(r"</?mark[^<>]*>", "", html)) == flagged.visible(text)
    stands = any(" ".join(quote.split()) in " ".join(text.split()) for quote in told)
    assert ("<mark" in html) == stands


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[0m", "␛[0m"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("\u202eabc\u202c", "⟨U+202E⟩abc⟨U+202C⟩"),
        ("\ud83d", "⟨U+D83D⟩"),
        ("\x7f\x9b", "⟨U+007F⟩⟨U+009B⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("שלום", "שלום"),
        ("👩\u200d🚀", "👩\u200d🚀"),
    ],
)
def test_every_character_can_be_seen(text: str, seen: str) -> None:
    assert flagged.visible(text) == seen


# ---------------------------------------------------------------------------------- provenance


def test_a_condition_has_its_own_logs_and_samples(
    frame: pd.DataFrame, results: pd.DataFrame, logs_dir: Path
) -> None:
    found = provenance.conditions(results, frame, logs.inventory(logs_dir))
    assert len({condition.anchor for condition in found}) == len(found) == 4
    for condition in found:
        (log,) = condition.logs
        own = frame[frame["log"] == log.name].drop_duplicates(["sample_id", "epoch"])
        assert condition.counts["transcripts"] == len(own)
        assert sum(arm.n_samples for arm in condition.arms) == len(own)
        assert {i for arm in condition.arms for i in arm.ids.names} == set(own["sample_id"])
        assert all(arm.prompts for arm in condition.arms if arm.name != "baseline")
        assert {one.rubric for one in condition.judged} == {"compliance", "alignment_faking"}
        for reason, ids in condition.left_out.items():
            assert condition.counts[reason] == ids.n


def test_what_was_asked_has_its_price(logs_dir: Path) -> None:
    (log, *_) = logs.inventory(logs_dir).to_dict("records")
    sonnet, haiku = "anthropic/claude-3-7-sonnet-20250219", "anthropic/claude-haiku-4-5"
    known = {
        "log": "a.eval",
        "model": sonnet,
        "usage": {
            "": {sonnet: [1_000_000, 200_000], "some/judge": [50, 5]},
            "grader": {haiku: [2_000_000, 0]},
            "editor": {haiku: [1_000, 1]},
        },
        **{"n_samples": 5000, "n_errors": 3, "n_again": 2, "used": True},
        **{"model_calls": 4997.0, "model_retries": 1000.0, "judge": haiku},
        **{"judge_calls": 9000.0, "judge_retries": 1.0},
    }
    untold = dict.fromkeys(logs.CALLS, float("nan"))
    foreign = {**known, **untold, "log": "b.eval", "judge": "", "usage": {}}
    unused = {**known, "log": "c.eval", "used": False}
    table = provenance.asked(pd.DataFrame([known, foreign, unused]).reindex(columns=list(log)))
    assert [tuple(row) for row in table.cells.itertuples(index=False)] == [
        (
            "a.eval",
            "model",
            sonnet,
            *("5,000", "3", "2"),
            *("4,997", "1,000"),
            *("1,000,000", "200,000", "6.00"),
        ),
        ("a.eval", "judge", haiku, *["N/A"] * 3, *("9,000", "1"), *("2,000,050", "5", "N/A")),
        ("a.eval", "editor", haiku, *["N/A"] * 5, *("1,000", "1", "0.00")),
        ("b.eval", "model", sonnet, *("5,000", "3", "2"), *["N/A"] * 5),
    ]


def test_commands_pose_the_same_again(logs_dir: Path) -> None:
    headers = [read_eval_log(info, header_only=True) for info in list_eval_logs(str(logs_dir))]
    commands = [provenance.command_of(header) for header in headers]
    assert all(c.startswith("inspect eval inspect_tasks/alignment_faking.py") for c in commands)
    assert sum("--reasoning-effort high" in c for c in commands) == 2
    assert sum("--epochs 2" in c for c in commands) == 1
    assert sum("-T tiers=three" in c and "-T baseline=true" in c for c in commands) == 1


@pytest.mark.parametrize(
    ("file", "registered", "posed"),
    [
        ("/home/someone/saydo/inspect_tasks/alignment_faking.py", "saydo/x", "inspect_tasks/alignment_faking.py"),
        ("C:\\saydo\\inspect_tasks\\a.py", None, "inspect_tasks/a.py"),
        ("/home/someone/own/task.py", None, "task.py"),
        ("evals/task.py", "task", "evals/task.py"),
        (None, "inspect_evals/gpqa", "inspect_evals/gpqa"),
        (None, "in_memory", ""),
    ],
)  # fmt: skip
def test_a_command_names_its_task_as_it_can_be_run(
    file: str | None, registered: str | None, posed: str, logs_dir: Path
) -> None:
    header = read_eval_log(list_eval_logs(str(logs_dir))[0], header_only=True)
    header.eval.task_file, header.eval.task_registry_name = file, registered
    command = provenance.command_of(header)
    assert command.startswith(f"inspect eval {posed} --model ") if posed else command == ""
    assert "someone" not in command


def test_a_command_hides_secrets_at_any_depth(logs_dir: Path) -> None:
    header = read_eval_log(list_eval_logs(str(logs_dir))[0], header_only=True)
    inner = {"passphrase": "closed", "dsn": "closed", "pwd": 12345678, "n": 3}
    header.eval.task_args_passed = {
        "bearer": "closed",
        "of": {"list": [inner]},
        "password": 12345678,
    }
    command = provenance.command_of(header)
    assert "closed" not in command
    assert "12345678" not in command
    assert '"n": 3' in command


def test_the_command_of_the_report_names_no_places() -> None:
    ordered = Series.of(["a b", "c"], reference="c")
    command = provenance.command("/home/someone/my logs", ordered, [])
    assert command == "saydo report 'my logs' --out report --order 'a b,c' --reference c"
    assert provenance.command("s3://key:secret@bucket/logs?token=x", None, []) == (
        "saydo report s3://bucket/logs --out report"
    )


@pytest.mark.parametrize(
    ("series", "options"),
    [
        (Series(reference="c"), " --reference c"),
        (Series((("release", "lab/c"),), "release"), " --series SERIES.yaml --reference release"),
        (Series.of(["m (seed=1, top_k=2)"]), " --series SERIES.yaml"),
        (None, ""),
    ],
)
def test_the_command_of_the_report_has_its_reference_and_calibrations(
    series: Series | None, options: str
) -> None:
    again = provenance.command("logs", series, [])
    assert again == f"saydo report logs --out report{options}"
    one = calibration()
    assert provenance.command("logs", series, [one]) == f"{again} --calibration CALIBRATION.json"
    assert provenance.command("logs", series, [one, one]) == (
        f"{again} --calibration CALIBRATION_1.json --calibration CALIBRATION_2.json"
    )


def test_logs_are_found_in_cells_that_name_them() -> None:
    known = ["a.eval", "my a.eval", "b.eval", "c.eval"]
    assert provenance._names(["b.eval a.eval", "b.eval"], known) == ["a.eval", "b.eval"]
    assert provenance._names(["c.eval my a.eval"], known) == ["a.eval", "my a.eval", "c.eval"]


@pytest.mark.parametrize("other", ["y", "z"])
def test_rows_with_shortened_names_lead_to_no_other_condition(
    other: str, frame: pd.DataFrame, results: pd.DataFrame, logs_dir: Path
) -> None:
    one, *_ = provenance.conditions(results, frame, logs.inventory(logs_dir))
    full = ["lab/" + "x" * 400 + "y" + "x" * 400, "lab/" + "x" * 400 + other + "x" * 400]
    found = [
        replace(
            one,
            snapshot=name[4:],
            who={**one.who, "Snapshot": name},
            anchor=f"{i}",
            of_snapshot=name,
        )
        for i, name in enumerate(dict.fromkeys(full))
    ]
    rows = joined([condition.who for condition in found], [{"n": "1"}] * len(found))
    assert rows["Snapshot"].is_unique
    assert rows["Snapshot"].str.len().max() < 80
    expected = ["0"] if len(found) == 1 else ["", ""]
    assert provenance.row_anchors(Table("t", "", "", rows), found) == expected


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("cannot open '/home/someone/logs/x.eval'", "cannot open 'x.eval'"),
        (r"cannot open C:\logs\x.eval", "cannot open x.eval"),
        ("file:///tmp/logs/x.eval is cut", "x.eval is cut"),
        ("https://me:key@host/x.eval?token=1 is gone", "https://host/x.eval is gone"),
        ("3/4 of reasoning/answer pairs", "3/4 of reasoning/answer pairs"),
    ],
)
def test_problems_name_no_places(said: str, shown: str) -> None:
    assert provenance.placeless_text(said) == shown


def test_rows_and_columns_of_tables_lead_to_their_condition(
    frame: pd.DataFrame, results: pd.DataFrame, logs_dir: Path
) -> None:
    found = provenance.conditions(results, frame, logs.inventory(logs_dir))
    final = [c for c in found if c.snapshot == "final"]
    extended = next(c for c in final if c.reasoning == "extended")
    rows = pd.DataFrame(
        {
            "Snapshot": ["final", "final", "elsewhere", "final"],
            "Mode": ["extended", "neither", "extended", "N/A"],
            "Source": ["simulated", "simulated", "simulated", "published"],
        }
    )
    assert provenance.row_anchors(Table("t", "", "", rows), found) == [extended.anchor, "", "", ""]
    columns = pd.DataFrame([["x"] * 3], columns=["Hint", "final, extended (simulated)", "final"])
    assert provenance.column_anchors(Table("t", "", "", columns), found) == [
        *("", extended.anchor, extended.of_snapshot),
    ]


# ---------------------------------------------------------------------------------- words


def test_every_metric_has_a_definition(results: pd.DataFrame, clue_results: pd.DataFrame) -> None:
    for subject in [*methods.subjects(results), *methods.subjects(clue_results)]:
        assert subject.sources or subject.name not in methods.TITLES
        for metric in subject.metrics:
            assert metric.definition.endswith("."), metric.name
            assert metric.methods or metric.name.endswith("_bounds"), metric.name


def test_a_definition_says_what_stands_behind_the_name() -> None:
    assert methods.definition("compliance_gap_corrected_change").endswith(
        "; corrected for the judge's sensitivity and specificity, signed difference from the snapshot before, on the same items."
    )
    assert methods.definition("unheard_of") == ""


def test_sentences_have_the_numbers_of_the_rows(frame: pd.DataFrame, results: pd.DataFrame) -> None:
    names = {f"organism/{name}": name for name in SERIES}
    said = {one.title: one.sentences for one in headlines.said(results, names)}
    assert {"Compliance gap", "AF rate"} <= set(said)
    last = results[
        (results["metric"] == "compliance_gap") & (results["snapshot"] == "organism/final")
    ]
    extended = last[last["reasoning"] == "extended"].iloc[0]
    sentence = next(s for s in said["Compliance gap"] if s.startswith("Extended thinking"))
    value, low, high = (100 * extended[name] for name in ("value", "low", "high"))
    assert (
        f"final {value:+.1f} points [{low:.1f}, {high:.1f}] (n = {extended['n_items']:.0f} pairs)"
        in sentence
    )


def test_what_was_measured_is_counted(frame: pd.DataFrame) -> None:
    (one,) = headlines.measured_on(frame)
    assert one.n_transcripts == len(frame.drop_duplicates(["log", "sample_id", "epoch"]))
    assert one.n_items == frame["item_id"].nunique()
    assert one.epochs == 2
    assert one.judges == ("lexical",)


def two_scorers(**more: object) -> pd.DataFrame:
    """Rows of two scorers of one task, whose changes differ."""
    rows = []
    for scorer, value, change in (("by_key.right", 0.8, 0.3), ("by_key.partly", 0.5, -0.1)):
        shared = {
            "table": "accuracy",
            "task": "keys",
            "reasoning": "standard",
            "snapshot": "new",
            "n_items": 10,
            "n_samples": 10,
        }
        number = {"metric": "accuracy", "column": scorer, "value": value, "low": 0.1, "high": 0.9}
        named = {"column": f"{scorer}: change from old", "value": change, "low": -0.2, "high": 0.4}
        rows += [
            {**shared, **number, "snapshot": "old", "value": value - change},
            {**shared, **number},
            {**shared, **named, "metric": "accuracy_change", "p_adjusted": 0.04, **more},
        ]
    return pd.DataFrame(rows, columns=snapshots.COLUMNS)


def test_each_scorer_has_its_own_change() -> None:
    (said,) = headlines.said(two_scorers(), {"old": "old", "new": "new"})
    right, partly = said.sentences
    assert (
        "by_key.right: new 80.0% [10.0, 90.0] (n = 10 samples), +30.0 points [-20.0, 40.0] against old, adjusted p = 0.040;"
        in right
    )
    assert "by_key.partly: new 50.0%" in partly
    assert "-10.0 points [-20.0, 40.0] against old" in partly


def test_changes_of_their_tasks_are_those_of_their_scorers(foreign_read: pd.DataFrame) -> None:
    rows = snapshots.results(foreign_read[foreign_read["task"] == "keys"])
    names = {str(name): str(name) for name in rows["snapshot"].unique() if name != "all snapshots"}
    said = {one.title: one.sentences for one in headlines.said(rows, names)}["Accuracy"]
    right, partly = (
        next(s for s in said if f"{key}: " in s) for key in ("by_key.right", "by_key.partly")
    )
    changed = rows[(rows["metric"] == "accuracy_change") & (rows["reasoning"] == "standard")]
    last = changed[changed["column"].str.startswith("by_key.right: ")].iloc[-1]
    assert f"{100 * last['value']:+.1f} points" in right
    assert "against mockllm/" in right
    assert "; over" not in partly, "all snapshots tie"
    assert "from by_key" not in " ".join(said)


@pytest.mark.parametrize(
    ("unit", "signed", "value", "limits", "said"),
    [
        ("percent", False, 0, (np.nan, np.nan), "none seen"),
        ("percent", False, 0, (0, 0.123), "<12.3% [0.0, 12.3]"),
        ("percent", False, 0.5, (np.nan, np.nan), "50.0% [no interval]"),
        ("share", False, 0, (0, 0.2), "<0.20 [0.00, 0.20]"),
        ("share", True, 0.1, (-0.1, 0.3), "+0.10 [-0.10, 0.30]"),
        ("score", False, 7.25, (5, 9.5), "7.2 [5.0, 9.5]"),
        ("score", True, 2, (-1, 5), "+2.0 [-1.0, 5.0]"),
        ("points", True, 0.1, (-0.1, 0.3), "+10.0 points [-10.0, 30.0]"),
        ("coefficient", False, 0, (-0.1, 0.1), "0.00 [-0.10, 0.10]"),
    ],
)
def test_numbers_in_sentences_are_those_of_tables(
    unit: str, signed: bool, value: float, limits: tuple[float, float], said: str
) -> None:
    row = pd.Series({"value": value, "low": limits[0], "high": limits[1]})
    assert headlines._printed(row, unit, signed) == said
