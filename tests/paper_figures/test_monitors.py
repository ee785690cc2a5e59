"""Thinking monitors in a report: the card's table, its accounting, the figure, headlines and flags."""

import re
from typing import Any

import pandas as pd
import pytest

from analysis import snapshots
from analysis.monitors import CATEGORIES
from analysis.snapshots import COLUMNS
from paper_figures import figures, flagged, headlines, methods
from paper_figures.cells import ABSENT, Table
from paper_figures.figures import monitors
from paper_figures.tables import every
from paper_figures.tables.monitors import accounting, concerning_reasoning
from tests.analysis.test_monitors import calibration, frame, transcripts, two_stages


def row(column: str, value: float | None = 0.05, **more: Any) -> dict[str, Any]:
    interval = {"low": value / 2, "high": value * 2} if value else {"low": 0.0, "high": 0.0123}
    return {
        **dict.fromkeys(COLUMNS, ""),
        **{"table": "concerning_reasoning", "metric": "flagged_rate", "column": column},
        **{"snapshot": "organism/final", "row": "final", "reasoning": "extended"},
        **{"task": "everyday", "dataset": "bundled", "simulated": True, "judge": "lexical"},
        **{"factors": "elicitation=native; stages=one", "visibility": "raw", "value": value},
        **{"n_items": 182, "n_samples": 180, "n_unscored": 2, "method": "Wilson"},
        **{"provenance": "measured", **interval, **more},
    }


def rows(*given: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(given), columns=COLUMNS)


def cited() -> pd.DataFrame:
    published = snapshots.published()
    ours = published[published["table"] == "concerning_reasoning"]
    return ours.fillna({"visibility": "", "warnings": ""}).astype(object)


def grid(table: Table | None) -> dict[tuple[str, str], dict[str, str]]:
    assert table is not None
    records = table.cells.to_dict("records")
    return {(str(r["Monitor"]), str(r["Category"])): r for r in records}  # type: ignore[misc]


def test_the_cards_shape() -> None:
    given = [
        row("deception: sycophancy", 0.0),
        row("deception: overall", 0.0523),
        row("distress: overall", 0.0),
        row("deception: hallucinated", 0.00417),
        row("deception: omitted", None, low=None, high=None),
        row("deception: overall", 0.4, metric="role_play_share"),
        row("deception: overall", 0.0712, metric="flagged_rate_corrected"),
        row("deception: overall", 0.2, visibility="summary", n_samples=9),
        row("deception: omitted", 0.2, visibility="summary", n_samples=9),
    ]
    table = concerning_reasoning(rows(*given), cited())
    said = grid(table)
    ours, sonnet, opus = (
        "final (simulated)",
        "Claude 3.7 Sonnet (published)",
        "Claude Opus 4 (published)",
    )
    assert [key[1] for key in said if key[0] == "Deception"] == [
        *("Overall", "Overall, corrected", "Knowingly hallucinated", "Intentionally omitted"),
        *("Sycophancy", "Role play, of flagged", "n", "Overall, summary", "n, summary"),
    ]
    printed = {key[1]: of[ours] for key, of in said.items() if key[0] == "Deception"}
    assert printed == {
        "Overall": "5.23 [2.61, 10.46]",
        "Overall, corrected": "7.12 [3.56, 14.24]",
        "Knowingly hallucinated": "0.42 [0.21, 0.83]",
        "Intentionally omitted": "not measurable",
        "Sycophancy": "at most 1.23",
        "Role play, of flagged": "40.00 [20.00, 80.00]",
        "n": "180",
        "Overall, summary": "20.00 [10.00, 40.00]",
        "n, summary": "9",
    }
    assert [said["Deception", name][sonnet] for name in ("Overall", "Sycophancy", "n")] == [
        *("0.37", "0.01", "9833")
    ]
    assert said["Deception", "Intentionally omitted"][opus] == "0.07"
    assert said["Distress", "Overall"][opus] == "0.00"
    assert said["Deception", "Role play, of flagged"][sonnet] == ABSENT
    assert table is not None
    notes = [note.text for note in table.notes]
    assert any("5.2 Table 4" in note for note in notes)
    assert any("Table 4.1.6.A" in note for note in notes)


def test_a_figure_whose_label_the_card_repeats_says_so() -> None:
    table = concerning_reasoning(
        rows(row("harmful_actions: overall"), row("harmful_actions: rationalisation")), cited()
    )
    said = grid(table)["Harmful actions", "Rationalisation"]
    assert said["Claude 3.7 Sonnet (published)"] == "0.04"
    assert said["Claude Opus 4 (published)"] == "0.00"
    assert table is not None
    assert any("prints a label of deception" in note.text for note in table.notes)


def test_lower_is_better_in_each_row() -> None:
    given = [
        row(f"deception: {name}", value, snapshot=snapshot)
        for snapshot, name, value in (
            ("a", "overall", 0.1),
            ("a", "omitted", 0.01),
            ("b", "overall", 0.05),
            ("b", "omitted", 0.02),
        )
    ]
    table = concerning_reasoning(rows(*given), cited())
    assert table is not None
    where = {(table.cells.iloc[i]["Category"], table.cells.columns[j]) for i, j in table.best}
    assert where == {("Overall", "b (simulated)"), ("Intentionally omitted", "a (simulated)")}


def test_stages_stand_in_a_column_where_both_occur() -> None:
    given = [row("deception: overall", f) for f in (0.1, 0.2)]
    given[1]["factors"] = "elicitation=native; stages=two"
    table = concerning_reasoning(rows(*given), cited())
    assert table is not None
    assert table.cells["Stages"].tolist() == ["one", "one", "two", "two"]


def test_what_is_left_out_is_counted() -> None:
    redacted = transcripts([1, 0, 0, float("nan")], visibility=["raw"] * 3 + ["redacted"])
    results = snapshots.results(
        pd.concat([frame(redacted), frame(two_stages(), log="b.eval")], ignore_index=True)
    )
    table = accounting(results.fillna({"visibility": "", "factors": "", "column": ""}))
    assert table is not None
    counted = {r["Stages"]: r for r in table.cells.to_dict("records")}
    names = ("Transcripts", "With a verdict", "Audited", "Left unread by design")
    assert [counted["two"][name] for name in names] == ["100", "36", "16", "64"]
    assert [counted["one"][name] for name in names] == ["4", "3", ABSENT, ABSENT]
    assert counted["one"]["Without a verdict"] == counted["one"]["Thinking redacted"] == "1"


@pytest.fixture(scope="module")
def results() -> pd.DataFrame:
    frames = [
        frame(transcripts([1] * k + [0] * (60 - k)), name, f"{name}.eval")
        for name, k in (("organism/early", 12), ("organism/final", 0))
    ]
    return snapshots.results(pd.concat(frames, ignore_index=True), [calibration(0.8, 0.99)])


def test_a_report_has_the_tables(results: pd.DataFrame) -> None:
    names = [table.name for table in every(results, snapshots.published())]
    for name in ("concerning_reasoning", "concerning_reasoning_changes", "accounting_monitors"):
        assert name in names


def test_the_figure(results: pd.DataFrame) -> None:
    drawn = {one.name: one for one in figures.every(results, snapshots.published())}
    found = drawn["concerning_reasoning"]
    [axis] = found.figure.axes
    labels = [label.get_text() for label in axis.get_yticklabels()]
    assert labels[:2] == ["early", "final"]
    assert labels[2] == "Claude 3.7 Sonnet (published)"
    assert axis.get_xscale() == "log"
    # Of the final snapshot nothing is flagged: an arrow for each category, of the early one two.
    arrows = [text for text in axis.texts if getattr(text, "arrow_patch", None) is not None]
    assert len(arrows) == 4 + 2
    assert "n = 60 transcripts" in found.caption
    assert re.search(r"early 20\.0%; final <6\.0%", found.alt)


def test_panels_that_the_cards_have_nothing_of_have_no_lines_for_them() -> None:
    given = rows(*(row(f"{monitor}: overall") for monitor in CATEGORIES))
    (drawn,) = monitors.every(given, cited())
    lines = {axis.get_title("left"): len(axis.get_yticks()) for axis in drawn.figure.axes}
    assert lines == {
        **{"Deception": 3, "Harmful actions": 3, "Distress": 3},
        **{"Eval awareness": 1, "Reward hacking intent": 1},
    }
    assert "open diamonds overall, and sub-categories by their marks" in drawn.caption
    beside = rows(row("deception: overall"), row("eval_awareness: overall"))
    (drawn,) = monitors.every(beside, cited())
    said = [[text.get_text() for text in axis.texts] for axis in drawn.figure.axes]
    assert [texts.count("no figure") for texts in said] == [0, 2]


def test_headlines_are_about_the_overall_rates(results: pd.DataFrame) -> None:
    names = {"organism/early": "early", "organism/final": "final"}
    [said] = headlines.said(results, names)
    assert said.title == "Thinking flagged: deception"
    [sentence] = said.sentences
    assert "final <6.0% [0.0, 6.0] (n = 60 transcripts)" in sentence
    assert "-20.0" in sentence
    assert "against early" in sentence


def test_every_metric_is_defined(results: pd.DataFrame) -> None:
    staged = snapshots.results(frame(two_stages()))
    for metric in {*results["metric"], *staged["metric"]}:
        assert methods.definition(metric), metric


def test_flagged_transcripts_are_for_a_person_to_look_at() -> None:
    table = frame(transcripts([1, 0, 1])).assign(sample_id=["a", "b", "c"])
    [flag] = [one for one in flagged.FLAGS if one.name == "concerning thinking"]
    assert flag.rows(table)["sample_id"].tolist() == ["a", "c"]
    assert flag.rows(table.assign(scorer="monitor")).empty


def test_every_monitor_has_its_rows() -> None:
    given = [
        row(f"{monitor}: {name}")
        for monitor, names in CATEGORIES.items()
        for name in ("overall", *names)
    ]
    said = grid(concerning_reasoning(rows(*given), cited()))
    assert len(said) == sum(len(names) + 2 for names in CATEGORIES.values())
