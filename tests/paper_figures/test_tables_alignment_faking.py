"""`paper_figures.tables`: what is printed, in four formats, and what is never printed."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import snapshots
from paper_figures.cells import ABSENT, FORMATS, UNDEFINED, Table, write
from paper_figures.tables import alignment_faking as tables
from tests.conftest import SERIES

INTERVAL = re.compile(r"\[(-?[\d.]+), (-?[\d.]+)\]")
NASTY = r"a&b_{c}%#$~^\<d>|e"


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
    cells = headline(swapped, published)
    assert (cells["Source"] == "simulated").sum() == 8
    assert set(cells["Swap"]) == {"False", "True", ABSENT}
    assert len(tables.accounting(swapped).cells) == 8
    effects = tables.decomposition(swapped).cells.set_index("Metric")["Value [95%]"]
    assert effects["training_effect"].str.startswith(("+", "-")).all()
    assert effects["label_effect"].str.startswith("+0.0 ").all()


# ---------------------------------------------------------------------------------- cells


def test_cells_are_the_rows_of_results(results: pd.DataFrame, published: pd.DataFrame) -> None:
    cells = headline(results, published)
    conditions = results.groupby(["snapshot", "reasoning"], sort=False)
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
        assert row["Gap [95%]"] == f"{100 * gap['value']:+.1f} {low_high}{floor}"
        assert row["Non-refusal gap [95%]"].startswith(f"{100 * non_refusal['value']:+.1f} [")
        assert row["Compliance, unmonitored"].startswith(f"{100 * rate['value']:.1f} [")
        assert row["AF rate [95%]"].startswith(f"{100 * faking['value']:.1f} [")
        assert row["n"] == f"{gap['n_items']:.0f} / {faking['n_samples']}"
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
    assert set(headline(tiny, published)["Gap [95%]"][:4]) == {"+0.0 [0.0, 10.0]"}


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
    cells = headline(undefined, published)
    assert set(cells[heading][:4]) == {UNDEFINED}


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


@pytest.mark.parametrize(
    ("p", "shown"), [(0.0004, "<0.001"), (0.001, "0.001"), (1.0, "1.000"), (np.nan, ABSENT)]
)
def test_p_values(p: float, shown: str, results: pd.DataFrame, published: pd.DataFrame) -> None:
    cells = headline(changed(results, "compliance_gap", p_adjusted=p), published)
    assert set(cells["Adjusted p"][:4]) == {shown}


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
    assert len(listed) == (~in_headline | (summaries & ~counts)).sum()
    assert set(results.loc[~in_headline, "metric"]) <= set(listed["Metric"])


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
        assert row["AF rate, corrected [95%]"] == ABSENT


# ---------------------------------------------------------------------------------- files


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


def test_four_formats_are_written_and_are_the_same_again(
    results: pd.DataFrame, published: pd.DataFrame, tmp_path: Path
) -> None:
    for table in all_tables(results, published):
        write(table, tmp_path / "once")
        write(table, tmp_path / "twice")
        for suffix in FORMATS:
            once, twice = (tmp_path / n / f"{table.name}.{suffix}" for n in ("once", "twice"))
            assert once.read_text(encoding="utf-8") == twice.read_text(encoding="utf-8")


@pytest.fixture
def nasty(tmp_path: Path) -> Path:
    cells = pd.DataFrame(
        {"Snapshot": [NASTY, "y"], "a_b [95%]": ["<1", "0.10"], "p": ["1.000"] * 2}
    )
    write(Table("t", "Rates & gaps, 100%", "Less − more, 95%.", cells), tmp_path)
    return tmp_path


def test_csv_and_markdown_keep_cells_as_they_are(nasty: Path) -> None:
    back = pd.read_csv(nasty / "t.csv", dtype=str)
    assert back["Snapshot"][0] == NASTY
    assert back["a_b [95%]"].tolist() == ["<1", "0.10"]
    rows = (nasty / "t.md").read_text(encoding="utf-8").splitlines()[:4]
    cells = [[c.strip() for c in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]
    assert cells[2] == [NASTY.replace("|", r"\|"), "<1", "1.000"]
    assert cells[3] == ["y", "0.10", "1.000"]


def test_latex_escapes_what_tex_reads_as_its_own(nasty: Path) -> None:
    tex = (nasty / "t.tex").read_text(encoding="utf-8")
    row = next(line for line in tex.splitlines() if line.startswith("a"))
    assert row.count(" & ") == 2
    for bare in ("&", "%", "#", "$", "_"):
        assert f"\\{bare}" in row
    assert re.search(r"(?<!\\)[#%_$]", row) is None
    assert r"\textbackslash{}\textless{}d\textgreater{}" in row
    assert r"Rates \& gaps, 100\%" in tex
    assert r"Less $-$ more, 95\%." in tex


def test_latex_balances_and_holds_no_letter_that_tex_lacks(
    results: pd.DataFrame, published: pd.DataFrame, tmp_path: Path
) -> None:
    for table in all_tables(results, published):
        write(table, tmp_path)
        tex = (tmp_path / f"{table.name}.tex").read_text(encoding="utf-8")
        begun, ended = (re.findall(rf"\\{what}{{(\w+\*?)}}", tex) for what in ("begin", "end"))
        assert sorted(begun) == sorted(ended)
        columns = re.search(r"\\extracolsep{\\fill}}([lrc]+)}", tex)
        assert columns is not None
        assert len(columns[1]) == len(table.cells.columns)
        body = tex.split(r"\midrule")[1].split(r"\bottomrule")[0]
        rows = [line for line in body.splitlines() if line.rstrip().endswith(r"\\")]
        assert len(rows) == len(table.cells)
        assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {len(columns[1]) - 1}
        beyond = {letter for letter in tex if ord(letter) > 127}
        assert beyond <= set("–—’‘“”·×"), beyond  # what inputenc's utf8 knows


def test_html_is_whole_and_loads_nothing(nasty: Path) -> None:
    page = Page()
    page.feed((nasty / "t.html").read_text(encoding="utf-8"))
    assert page.open == []
    assert page.loads == []
    assert NASTY in page.text
    assert "<1" in page.text
