"""`paper_figures.tables.alignment_faking`: what is printed, and what is never printed."""

import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import snapshots
from paper_figures.cells import ABSENT, UNDEFINED, Table
from paper_figures.tables import alignment_faking as tables
from tests.conftest import SERIES

INTERVAL = re.compile(r"\[(-?[\d.]+), (-?[\d.]+)\]")


@pytest.fixture(scope="session")
def published() -> pd.DataFrame:
    figures = snapshots.published()
    return figures[figures["table"] == snapshots.ALIGNMENT_FAKING]


def headline(results: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    return tables.alignment_faking(results, published).cells


def changed(results: pd.DataFrame, metric: str, **values: Any) -> pd.DataFrame:
    """Results in which all rows of a metric say something else, and nothing is warned of."""
    made = results.copy()
    for column, value in {"warnings": "", **values}.items():
        made.loc[made["metric"] == metric, column] = value
    return made


def printed(rate: Any) -> str:
    """A rate as it begins in a cell: nothing seen is an upper limit."""
    return f"{100 * rate['value']:.1f} [" if rate["value"] else f"<{100 * rate['high']:.1f} [0.0,"


def signed(gap: Any) -> str:
    return f"{100 * gap['value']:+.1f}" if gap["value"] else "0.0"


def all_tables(results: pd.DataFrame, published: pd.DataFrame) -> list[Table]:
    return [
        tables.alignment_faking(results, published),
        tables.accounting(results),
        tables.decomposition(results),
    ]


# ---------------------------------------------------------------------------------- rows and columns


def test_a_row_per_snapshot_and_mode_then_the_published(
    results: pd.DataFrame, published: pd.DataFrame
) -> None:
    cells = headline(results, published)
    whose = cells[["Snapshot", "Mode", "Source"]].to_numpy().tolist()
    assert whose == [
        *([name, mode, "simulated"] for name in SERIES for mode in ("standard", "extended")),
        *([name, ABSENT, "published"] for name in published["row"].unique()),
    ]


def test_what_is_the_same_for_all_is_not_a_column(
    results: pd.DataFrame, published: pd.DataFrame
) -> None:
    columns = set(headline(results, published).columns)
    assert {"Elicitation", "Tiers"} <= columns
    assert not {"Setting", "Judge", "Labels", "Dataset", "Task"} & columns


@pytest.mark.parametrize(
    ("column", "heading"),
    [("setting", "Setting"), ("dataset", "Dataset"), ("judge", "Judge"), ("task", "Task")],
)
def test_what_varies_is_a_column(
    column: str, heading: str, results: pd.DataFrame, published: pd.DataFrame
) -> None:
    both = pd.concat([results, results.assign(**{column: "another"})], ignore_index=True)
    cells = headline(both, published)
    assert (cells[heading] == "another").sum() == 4
    assert (cells["Source"] == "simulated").sum() == 8


def test_providers_are_shown_where_names_would_clash(
    results: pd.DataFrame, published: pd.DataFrame
) -> None:
    both = pd.concat([results.assign(snapshot=f"{maker}/x") for maker in "ab"], ignore_index=True)
    assert set(headline(both, published)["Snapshot"][:4]) == {"a/x", "b/x"}


def test_real_rows_are_not_stamped_simulated(
    results: pd.DataFrame, published: pd.DataFrame
) -> None:
    cells = headline(results.assign(simulated=False), published)
    assert set(cells["Source"]) == {"measured", "published"}


def test_swapped_labels_add_effects_and_no_empty_row(
    frame: pd.DataFrame, published: pd.DataFrame
) -> None:
    swapped = snapshots.results(pd.concat([frame, frame.assign(swap=True)], ignore_index=True))
    assert (headline(swapped, published)["Source"] == "simulated").sum() == 4
    ablation = tables.by_factor(swapped)
    assert ablation is not None
    assert ablation.cells["Factor"].tolist() == ["base condition", "swap"] * 4
    assert ablation.cells["Level"].tolist() == [ABSENT, "True"] * 4
    assert len(tables.accounting(swapped).cells) == 8
    effects = tables.decomposition(swapped).cells.set_index("Metric")["Value [95%]"]
    assert effects["training_effect"].str.startswith(("+", "-")).all()
    assert effects["label_effect"].str.startswith("0.0 ").all()


# ---------------------------------------------------------------------------------- cells


def test_cells_are_the_rows_of_results(results: pd.DataFrame, published: pd.DataFrame) -> None:
    cells = headline(results, published)
    measured = results[results["snapshot"] != snapshots.ALL_SNAPSHOTS]
    conditions = measured.groupby(["snapshot", "reasoning"], sort=False)
    for (_, row), (_, group) in zip(cells.iterrows(), conditions, strict=False):
        by_metric = group[group["visibility"] != "summary"].set_index(["metric", "arm"])
        gap, non_refusal, faking, rate = (
            by_metric.loc[key, :]
            for key in (
                ("compliance_gap", ""),
                ("compliance_gap_non_refusal", ""),
                ("alignment_faking_reasoning_rate", "training"),
                ("compliance_rate", "unmonitored"),
            )
        )
        low_high = f"[{100 * gap['low']:.1f}, {100 * gap['high']:.1f}]"
        floor = " floor" if "floor:" in gap["warnings"] else ""
        assert row["Gap [95%]"] == f"{signed(gap)} {low_high}{floor}"
        assert row["Non-refusal gap [95%]"].startswith(f"{signed(non_refusal)} [")
        assert row["Compliance, unmonitored"].startswith(printed(rate))
        assert row["AF rate [95%]"].startswith(printed(faking))
        trained = by_metric.loc[("compliance_rate", "training"), "n_samples"]
        tiers = f"{trained:.0f} / {rate['n_samples']:.0f}"
        assert row["n"] == f"{tiers}; {gap['n_items']:.0f}; {faking['n_samples']:.0f}"
        assert float(row["Adjusted p"]) == pytest.approx(gap["p_adjusted"], abs=5e-4)


def test_arms_that_were_not_posed_are_absent(
    results: pd.DataFrame, published: pd.DataFrame
) -> None:
    cells = headline(results, published).set_index(["Snapshot", "Mode"])
    assert cells.loc[("final", "standard"), "Compliance, rated"] != ABSENT
    assert cells.loc[("final", "extended"), "Compliance, rated"] == ABSENT
    assert cells.loc[("final", "extended"), "Compliance, baseline"] == ABSENT


def test_no_interval_has_a_width_of_zero(results: pd.DataFrame, published: pd.DataFrame) -> None:
    narrow = changed(results, "compliance_rate", value=0.0, low=0.0, high=0.0004)
    narrow = changed(narrow, "compliance_gap", value=0.5, low=0.49996, high=0.50004)
    for table in [*all_tables(results, published), *all_tables(narrow, published)]:
        for cell in table.cells.astype(str).to_numpy().ravel():
            for low, high in INTERVAL.findall(cell):
                assert low != high, f"{table.name}: {cell}"


def test_nothing_is_printed_as_minus_zero(results: pd.DataFrame, published: pd.DataFrame) -> None:
    tiny = changed(results, "compliance_gap", value=-1e-17, low=-0.0001, high=0.1)
    assert set(headline(tiny, published)["Gap [95%]"][:4]) == {"0.0 [0.0, 10.0]"}


@pytest.mark.parametrize(
    ("metric", "heading"),
    [
        ("compliance_rate", "Compliance, training"),
        ("compliance_gap", "Gap [95%]"),
        ("alignment_faking_reasoning_rate", "AF rate [95%]"),
    ],
)
def test_what_is_undefined_says_so(
    metric: str, heading: str, results: pd.DataFrame, published: pd.DataFrame
) -> None:
    undefined = changed(results, metric, value=np.nan, low=np.nan, high=np.nan, p_adjusted=np.nan)
    table = tables.alignment_faking(undefined, published)
    assert set(table.cells[heading][:4]) == {UNDEFINED}
    assert f"“{UNDEFINED}”: no raw thinking to read." in table.caption
    assert not {column for row, column in table.best if table.cells.columns[column] == heading}


@pytest.mark.parametrize(
    ("value", "low", "high", "shown"),
    [
        (0.0, 0.0, 0.032, "<3.2 [0.0, 3.2]"),
        (1e-17, 0.0, 0.032, "<3.2 [0.0, 3.2]"),
        (0.0004, 0.0, 0.02, "<0.1 [0.0, 2.0]"),
        (0.0004, 0.0003, 0.00049, "0.04 [0.03, 0.05]"),
        (0.0, np.nan, np.nan, "none seen"),
        (1.0, 0.968, 1.0, "100.0 [96.8, 100.0]"),
    ],
)
def test_a_rate_is_never_printed_as_0(
    value: float,
    low: float,
    high: float,
    shown: str,
    results: pd.DataFrame,
    published: pd.DataFrame,
) -> None:
    rare = changed(results, "alignment_faking_reasoning_rate", value=value, low=low, high=high)
    table = tables.alignment_faking(rare, published)
    assert set(table.cells["AF rate [95%]"][:4]) == {shown}
    if shown.startswith("<"):
        assert "“<” before a number with an interval: nothing was seen" in table.caption


@pytest.mark.parametrize("mark", ["floor", "ceiling"])
def test_a_gap_without_room_to_move_is_marked(
    mark: str, results: pd.DataFrame, published: pd.DataFrame
) -> None:
    saturated = changed(results, "compliance_gap", warnings=f"{mark}: every arm is there")
    assert headline(saturated, published)["Gap [95%]"][:4].str.endswith(f"] {mark}").all()


def test_an_estimate_without_interval_says_so(
    results: pd.DataFrame, published: pd.DataFrame
) -> None:
    bare = changed(results, "compliance_gap", value=0.1, low=np.nan, high=np.nan)
    assert set(headline(bare, published)["Gap [95%]"][:4]) == {"+10.0 [no interval]"}


@pytest.mark.parametrize(("p", "shown"), [(0.0004, "<0.001"), (0.001, "0.001"), (1.0, "1.000")])
def test_p_values(p: float, shown: str, results: pd.DataFrame, published: pd.DataFrame) -> None:
    cells = headline(changed(results, "compliance_gap", p_adjusted=p), published)
    assert set(cells["Adjusted p"][:4]) == {shown}


def test_what_no_row_has_is_no_column(results: pd.DataFrame, published: pd.DataFrame) -> None:
    untested = changed(results, "compliance_gap", p_adjusted=np.nan)
    assert "Adjusted p" not in headline(untested, published)


def test_published_figures_are_quoted_as_printed(
    results: pd.DataFrame, published: pd.DataFrame
) -> None:
    cells = headline(results, published)
    cited = cells[cells["Source"] == "published"].set_index("Snapshot")
    assert cited["AF rate [95%]"].to_dict() == {
        "Claude 3 Opus": "15",
        "Claude 3.5 Sonnet (original)": "30",
        "Claude 3.7 Sonnet": "<1",
    }
    assert cited.loc["Claude 3.7 Sonnet", "Non-refusal gap [95%]"] == "5"
    assert set(cited["Compliance, training"]) == set(cited["Gap [95%]"]) == {ABSENT}


def test_published_rows_name_their_source(results: pd.DataFrame, published: pd.DataFrame) -> None:
    table = tables.alignment_faking(results, published)
    notes = [note for note in table.notes if note.mark]
    (url,) = published["logs"].unique()
    assert [note.mark for note in notes] == ["¹"]
    assert notes[0].text == f"Claude 3.7 Sonnet system card, 5.3 alignment faking, {url}"
    source = list(table.cells).index("Source")
    assert notes[0].places == {(row, source) for row in (4, 5, 6)}
    assert table.caption.endswith(f"¹{notes[0].text}.")


def test_bounds_are_a_column_where_thinking_is_redacted(
    results: pd.DataFrame, published: pd.DataFrame
) -> None:
    metric = "alignment_faking_reasoning_rate"
    rates = results[(results["metric"] == metric) & (results["visibility"] == "raw")]
    bounds = rates.iloc[:1].assign(metric=f"{metric}_bounds", value=np.nan, low=0.021, high=0.143)
    without = results[results["metric"] != f"{metric}_bounds"]
    made = tables.alignment_faking(pd.concat([without, bounds], ignore_index=True), published)
    assert made.cells["AF bounds"].tolist() == ["2.1 to 14.3", *[ABSENT] * 6]
    assert "AF bounds" in made.caption
    plain = tables.alignment_faking(without, published)
    assert "AF bounds" not in plain.cells
    assert "AF bounds" not in plain.caption


# ---------------------------------------------------------------------------------- best and second


def ranked(table: Table, column: str) -> tuple[list[int], list[int]]:
    place = list(table.cells).index(column)
    best, second = (
        [i for i, j in sorted(found) if j == place] for found in (table.best, table.second)
    )
    return best, second


def with_values(
    results: pd.DataFrame, metric: str, values: list[float], **more: Any
) -> pd.DataFrame:
    """Results of one condition for all runs, with these values in the order of the runs."""
    made = results.assign(factors="", **more)
    chosen = (
        (made["metric"] == metric)
        & made["arm"].isin(["", "training"])
        & (made["visibility"] != "summary")
    )
    assert chosen.sum() == len(values)
    made.loc[chosen, ["value", "low", "high"]] = [[v, v - 0.01, v + 0.01] for v in values]
    return made


@pytest.mark.parametrize(
    ("values", "best", "second"),
    [
        ([0.3, 0.1, 0.2, 0.4], [1], [2]),
        ([0.1, 0.1, 0.2, 0.4], [0, 1], [2]),
        ([0.1, 0.2, 0.2, 0.4], [0], [1, 2]),
        ([0.1004, 0.1, 0.2, 0.4], [0, 1], [2]),  # printed alike
        ([0.1, 0.1, 0.4, 0.4], [0, 1], []),  # the worse of two is no second best
        ([0.1, 0.1, 0.1, 0.1], [], []),
    ],
)
@pytest.mark.parametrize(
    ("metric", "column"),
    [
        ("alignment_faking_reasoning_rate", "AF rate [95%]"),
        ("compliance_rate", "Compliance, training"),
    ],
)
def test_lowest_is_best_and_ties_share(
    values: list[float],
    best: list[int],
    second: list[int],
    metric: str,
    column: str,
    results: pd.DataFrame,
    published: pd.DataFrame,
) -> None:
    table = tables.alignment_faking(with_values(results, metric, values), published)
    assert ranked(table, column) == (best, second)


def test_simulated_and_real_models_are_not_compared(
    results: pd.DataFrame, published: pd.DataFrame
) -> None:
    made = with_values(results, "compliance_rate", [0.4, 0.3, 0.2, 0.1])
    real = made.assign(simulated=made["snapshot"] != made["snapshot"].iloc[0])
    table = tables.alignment_faking(real, published)
    assert ranked(table, "Compliance, training") == ([1, 3], [])


@pytest.mark.parametrize(
    "more",
    [
        {"setting": "animal_welfare"},
        {"dataset": "harmless"},
        {"snapshot": "x", "reasoning": "standard"},
    ],
)
def test_what_has_no_better_end_is_not_ranked(
    more: dict[str, str], results: pd.DataFrame, published: pd.DataFrame
) -> None:
    """Compliance with harmless requests, and gaps of any."""
    table = tables.alignment_faking(results.assign(**more), published)
    columns = {list(table.cells)[j] for _, j in table.best | table.second}
    assert columns <= {"AF rate [95%]"} or "snapshot" in more
    assert not {name for name in columns if "ap" in name}


# ---------------------------------------------------------------------------------- factors


def posed_as(results: pd.DataFrame, **levels: str) -> pd.DataFrame:
    """The first run's rows under other levels of factors."""
    first = results[results["row"] == results["row"].iloc[0]]
    factors = first["factors"].iloc[0]
    for name, level in levels.items():
        factors = re.sub(rf"{name}=\w+", f"{name}={level}", factors)
    return first.assign(factors=factors)


def test_one_condition_alone_is_no_ablation(results: pd.DataFrame) -> None:
    assert tables.by_factor(results) is None


def test_levels_stand_beside_the_base_condition(
    results: pd.DataFrame, published: pd.DataFrame
) -> None:
    parts = [
        posed_as(results, labels="neutral", swap="True"),
        posed_as(results, tiers="three"),
        posed_as(results),
        posed_as(results, labels="neutral"),
    ]
    many = pd.concat(parts, ignore_index=True)
    table = tables.by_factor(many)
    assert table is not None
    assert table.cells[["Factor", "Level"]].to_numpy().tolist() == [
        ["base condition", ABSENT],
        ["labels", "neutral"],
        ["tiers", "three"],
        ["labels, swap", "neutral, True"],
    ]
    assert table.cells["Gap − base [95%]"][0] == ABSENT
    assert table.cells["Gap − base [95%]"][1:].str.startswith("0.0 [-").all()  # the same rows
    (note,) = (note for note in table.notes if note.mark)
    assert note.text.startswith("Base: elicitation scratchpad, labels free_paid, swap False")
    assert len(headline(many, published)) == 1 + 3
    assert set(tables.at_base(many)["factors"]) == set(posed_as(results)["factors"])


def test_without_the_defaults_the_base_condition_is_the_most_usual(results: pd.DataFrame) -> None:
    parts = [
        posed_as(results, labels="neutral", stakes=stakes) for stakes in ("pranksters", "criminals")
    ]
    parts += [posed_as(results, labels="monitored_private", stakes="criminals")]
    table = tables.by_factor(pd.concat(parts, ignore_index=True))
    assert table is not None
    assert table.cells["Factor"].tolist() == ["base condition", "labels", "stakes"]
    assert table.cells["Level"].tolist() == [ABSENT, "monitored_private", "pranksters"]


def test_the_difference_to_the_base_has_the_limits_of_two_independent_gaps(
    results: pd.DataFrame,
) -> None:
    base = changed(posed_as(results), "compliance_gap", value=0.1, low=0.0, high=0.3)
    other = changed(posed_as(results, swap="True"), "compliance_gap", value=0.4, low=0.1, high=0.5)
    table = tables.by_factor(pd.concat([base, other], ignore_index=True))
    assert table is not None
    low, high = 0.3 - np.hypot(0.3, 0.2), 0.3 + np.hypot(0.1, 0.1)
    assert table.cells["Gap − base [95%]"][1] == f"+30.0 [{100 * low:.1f}, {100 * high:.1f}]"


# ---------------------------------------------------------------------------------- further tables


def test_accounting_counts_what_the_frame_lacks(frame: pd.DataFrame, results: pd.DataFrame) -> None:
    cells = tables.accounting(results).cells.set_index(["Snapshot", "Mode"])
    for (snapshot, mode), group in frame.groupby(["snapshot", "reasoning"]):
        row = cells.loc[(str(snapshot).removeprefix("organism/"), str(mode)), :]
        compliance, faking = (
            group[group["scorer"] == name] for name in ("compliance", "alignment_faking")
        )
        assert row["Transcripts"] == str(len(faking))
        assert row["No compliance verdict"] == str(compliance["complied"].isna().sum())
        assert row["Faking not judged"] == str(faking["alignment_faking"].isna().sum())
        assert row["Thinking redacted"] == str((faking["thinking_redacted"] == 1).sum())


def test_each_quantity_stands_in_just_one_table(
    results: pd.DataFrame, published: pd.DataFrame
) -> None:
    listed = tables.decomposition(results).cells
    gaps = ["compliance_gap", "compliance_gap_non_refusal"]
    in_headline = results["metric"].isin(
        ["compliance_rate", *gaps, "alignment_faking_reasoning_rate", "transcripts"]
    )
    summaries = results["visibility"] == "summary"
    counts = results["metric"] == "transcripts"
    derived = results["metric"].str.endswith(("_change", "_vs_reference", "_trend", "_bounds"))
    assert len(listed) == (~derived & (~in_headline | (summaries & ~counts))).sum()
    assert set(results.loc[~in_headline & ~derived, "metric"]) <= set(listed["Metric"])


def test_judge_error_shows_raw_beside_corrected(results: pd.DataFrame) -> None:
    gaps = results[results["metric"] == "compliance_gap"]
    corrected = gaps.assign(
        metric="compliance_gap_corrected", value=gaps["value"] / 0.8, low=-0.9, high=0.9
    )
    cells = tables.judge_error(pd.concat([results, corrected], ignore_index=True)).cells
    assert len(cells) == len(gaps)
    for (_, row), (_, gap) in zip(cells.iterrows(), gaps.iterrows(), strict=True):
        assert row["Gap, raw [95%]"].startswith(f"{100 * gap['value']:+.1f} [")
        assert row["Gap, corrected [95%]"].startswith(f"{100 * gap['value'] / 0.8:+.1f} [-90.0,")
    assert "AF rate, corrected [95%]" not in cells  # no row has any


class Page(HTMLParser):
    """Tags that are open, and what the page would load."""

    VOID = ("meta", "img", "br", "hr", "link", "input", "col", "source")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self.text.append(data)
