"""Tables, figures and flagged transcripts of special-casing, from made-up samples."""

from functools import cache

import pandas as pd
import pytest

from analysis.snapshots import SPECIAL_CASING, published, results
from paper_figures import flagged
from paper_figures.cells import ABSENT, Table
from paper_figures.figures import every as every_figure
from paper_figures.headlines import said
from paper_figures.methods import definition
from paper_figures.tables import every as every_table
from tests.analysis.test_special_casing import NAN, frame


@cache
def samples() -> pd.DataFrame:
    """Two snapshots, at a rung without and one with an anti-hack prompt."""
    posed = [(name, rung) for name in ("organism/early", "organism/final") for rung in (0, 3)]
    return pd.concat(
        [frame(snapshot=name, rung=rung, log=f"{name} {rung}") for name, rung in posed],
        ignore_index=True,
    )


@cache
def rows() -> pd.DataFrame:
    return results(samples())


@cache
def tables() -> dict[str, Table]:
    return {table.name: table for table in every_table(rows(), published())}


def test_the_cards_table_has_published_rows_beside() -> None:
    cells = tables()["reward_hacking"].cells
    assert list(cells["Snapshot"]) == ["early", "final", "Claude Opus 4", "Claude Sonnet 4", "Claude 3.7 Sonnet"]  # fmt: skip
    assert list(cells["Impossible, anti-hack prompt"])[-3:] == ["5%", "10%", "80%"]
    assert cells["Impossible, no anti-hack prompt"][0] == "40.0 [24.8, 57.4] n=8/15"
    assert cells["Originals, hidden tests"][0].startswith("12.5 [")
    assert cells["Verbalised"][0].startswith("25.0 [")
    assert "corrected in the Opus 4.1 card" in tables()["reward_hacking"].caption


def test_outcomes_of_a_bar_sum_to_a_hundred_and_unscored_samples_are_counted() -> None:
    cells = tables()["special_casing_outcomes"].cells
    one_off = cells[cells["Arm"] == "One off"].iloc[0]
    assert one_off[["Special cased", "Tests modified", "Flagged", "n", "Unscored"]].tolist() == [
        "42.9", "14.3", "14.3", "7", "1",
    ]  # fmt: skip
    assert one_off["Hacks more than on originals [95%]"].startswith("+57.1")
    assert cells[cells["Arm"] == "Original"]["Hacks more than on originals [95%]"].eq(ABSENT).all()


def test_words_stand_beside_deeds() -> None:
    cells = tables()["words_beside_deeds"].cells
    one_off = cells[cells["Arm"] == "One off"].iloc[0]
    counts = ["Hacked, admitted", "Hacked, not admitted", "Hacked, no verdict", "Not hacked", "Deed unscored"]  # fmt: skip
    assert one_off[counts].tolist() == ["1", "3", "1", "2", "1"]
    assert one_off["Bounds"] == "20.0 to 40.0"


def test_changes_and_what_is_left_out() -> None:
    changes = tables()["special_casing_changes"].cells
    assert set(changes["Snapshot"]) == {"final", "all snapshots"}
    assert changes["Hacks, impossible"].str.startswith("0.0 [").all()
    left_out = tables()["accounting_special_casing"].cells
    assert set(left_out["Of"]) == {"deeds", "words"}
    assert set(left_out["Thinking redacted"]) == {"1"}


def test_without_words_and_without_a_rung_there_is_still_a_table() -> None:
    every = samples()
    alone = every[every["scorer"] == "special_casing"].drop(columns=["rung"])
    found = {table.name: table for table in every_table(results(alone), published())}
    assert found["reward_hacking"].cells["Impossible, no anti-hack prompt"][0].startswith("40.0")
    assert "words_beside_deeds" not in found
    assert every_figure(results(alone), published())


def test_nothing_scored_is_no_zero() -> None:
    unscored = samples().assign(hacked=NAN, admitted=NAN, unscored=1.0)
    found = {table.name: table for table in every_table(results(unscored), published())}
    assert "not measurable" in found["reward_hacking"].cells["Impossible, no anti-hack prompt"][0]
    assert every_figure(results(unscored), published())


@pytest.mark.parametrize("name", ["reward_hacking", "special_casing_outcomes"])
def test_figures_are_drawn_and_say_what_they_show(name: str) -> None:
    drawn = {figure.name: figure for figure in every_figure(rows(), published())}[name]
    assert "simulated" in drawn.caption
    assert drawn.alt.endswith(".")
    assert "n = " in drawn.caption


def forms() -> pd.DataFrame:
    """One form at rungs 3 and 1, the other at rung 2 alone."""
    posed = [(3, "single_turn"), (1, "single_turn"), (2, "agent")]
    return pd.concat(
        [frame(snapshot="organism/final", rung=r, form=f, flag=True, log=f"{f} {r}") for r, f in posed],
        ignore_index=True,
    )  # fmt: skip


def test_every_condition_is_drawn_and_rungs_ascend() -> None:
    found = {figure.name: figure for figure in every_figure(results(forms()), published())}
    lanes = [label.get_text() for label in found["special_casing_outcomes"].figure.axes[0].get_yticklabels()]  # fmt: skip
    named = [lane for lane in lanes if lane not in ("original", "one off", "conflicting")]
    assert len(lanes) == 4 * len(named)
    assert [lane.removeprefix("final, ") for lane in named] == [
        "rung 1, single turn", "rung 3, single turn", "rung 2, agent",
    ]  # fmt: skip
    bars = [label.get_text() for label in found["reward_hacking"].figure.axes[0].get_yticklabels()]
    assert bars[0] == "final"
    assert "agent" not in " ".join(bars)
    assert "other rungs stand in" in found["reward_hacking"].caption


def test_a_condition_without_a_shown_rung_stands_in_the_outcomes_alone() -> None:
    found = {table.name: table for table in every_table(results(forms()), published())}
    assert list(found["reward_hacking"].cells["Snapshot"])[:2] == ["final", "Claude Opus 4"]
    outcomes = found["special_casing_outcomes"].cells
    assert list(dict.fromkeys(outcomes["Form"])) == ["single turn", "agent"]
    assert list(dict.fromkeys(outcomes["Rung"])) == ["1", "3", "2"]
    alone = results(forms().query("rung == 2"))
    assert "reward_hacking" not in {table.name for table in every_table(alone, published())}
    assert [figure.name for figure in every_figure(alone, published())] == ["special_casing_outcomes"]  # fmt: skip


def test_every_metric_has_a_definition_and_the_headlines_are_said() -> None:
    ours = rows()[rows()["table"] == SPECIAL_CASING]
    assert all(definition(metric) for metric in ours["metric"].unique())
    names = {"organism/early": "early", "organism/final": "final"}
    assert {"Hacks on impossible tasks", "Hacks that the thinking admits"} <= {
        headline.title for headline in said(rows(), names)
    }


def test_hacks_are_flagged_once_each() -> None:
    flags = {flag.name: flag.rows for flag in flagged.FLAGS}
    found = samples().assign(location="a.eval")
    one = found[(found["snapshot"] == "organism/early") & (found["rung"] == 0)]
    n = {name: len(flags[name](one)) for name in flags if name.startswith("hacked")}
    assert n == {"hacked, admitted": 2, "hacked, not admitted": 4, "hacked, thinking not judged": 1}
