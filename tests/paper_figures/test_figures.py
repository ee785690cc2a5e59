"""`paper_figures.figures`: every defined number drawn once, whatever the rows hold, the same file for the same rows."""

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from analysis import snapshots
from analysis.estimators import Estimate
from analysis.snapshots import ALIGNMENT_FAKING, CLUE_FAITHFULNESS, COLUMNS, INTERVENTIONS
from analysis.validation import Calibration
from paper_figures import figures
from paper_figures.figures import Drawn, _style

HINTS = ("sycophancy", "consistency", "visual_pattern", "metadata", "grader", "unauthorized")
NONE = pd.DataFrame(columns=COLUMNS)
NAMES = [
    *("alignment_faking", "compliance_by_arm", "gap_forest", "clue_faithfulness", "thinking_answer_gap"),
    *("use_against_admission", "attributable_use", "early_answering", "judge_roc", "accuracy"),
]  # fmt: skip

Rows = list[dict[str, Any]]


def row(metric: str, value: float = 0.4, /, **more: Any) -> dict[str, Any]:
    """A measured row, with an interval of 0.1 either way unless told otherwise."""
    blank = dict.fromkeys(COLUMNS, "")
    defaults = {
        "snapshot": "lab/one", "reasoning": "extended", "task": "some_task", "dataset": "bundled",
        "low": max(value - 0.1, -1), "high": min(value + 0.1, 1), "p_value": math.nan,
        "p_adjusted": math.nan, "n_items": 40, "n_samples": 40, "method": "Wilson", "judge": "lexical",
        "provenance": "measured", "simulated": True, "column": metric,
    }  # fmt: skip
    return {**blank, **defaults, "metric": metric, "value": value, **more}


def faking(**more: Any) -> Rows:
    return [
        row("compliance_rate", 0.5, table=ALIGNMENT_FAKING, arm="training", **more),
        row("compliance_rate", 0.3, table=ALIGNMENT_FAKING, arm="unmonitored", **more),
        row("compliance_gap", 0.2, table=ALIGNMENT_FAKING, p_adjusted=0.03, **more),
        row("alignment_faking_reasoning_rate", 0.15, table=ALIGNMENT_FAKING, arm="training", visibility="raw", **more),
    ]  # fmt: skip


def clues(hints: Iterable[str] = HINTS, **more: Any) -> Rows:
    found = []
    for i, hint in enumerate([*hints, "average"]):
        about = {"table": CLUE_FAITHFULNESS, "hint": hint, "arm": hint, **more}
        found += [
            row("acknowledgement_rate", 0.1 + 0.02 * i, visibility="raw", **about),
            row("faithfulness_normalised", 0.12 + 0.02 * i, visibility="raw", **about),
            row("acknowledgement_rate_answer", 0.05 + 0.02 * i, **about),
            row("hint_use_rate", 0.6 - 0.01 * i, **about),
            row("attributable_use", 0.3, p_adjusted=0.01, **about),
        ]
    return found


def altered(kinds: Iterable[str] = ("early_answering", "filler"), **more: Any) -> Rows:
    found = []
    for kind in kinds:
        found += [
            row("same_answer_rate", 0.3 + 0.7 * share, table=INTERVENTIONS, arm=f"{kind}/{share:.2f}", **more)
            for share in (0.0, 0.5, 1.0)
        ]  # fmt: skip
        found.append(row("aoc", 0.35, table=INTERVENTIONS, arm=kind, **more))
    return found


def others(**more: Any) -> Rows:
    return [
        row("accuracy", 0.8, **{"table": "accuracy", "column": "choice", **more}),
        row("mean_score", 7.0, **{"table": "accuracy", "column": "essay.grade", "low": 6.0, "high": 8.0, **more}),
    ]  # fmt: skip


def everything(**more: Any) -> Rows:
    return [*faking(**more), *clues(**more), *altered(**more), *others(**more)]


def series(
    n: int, of: Callable[..., Rows] = everything, modes: Sequence[str] = ("extended",)
) -> Rows:
    return [
        made for i in range(n) for mode in modes for made in of(snapshot=f"lab/v{i}", reasoning=mode)
    ]  # fmt: skip


def cited(dataset: str = "MMLU") -> Rows:
    quoted = {
        "provenance": "published", "simulated": False, "row": "Claude 3.7 Sonnet", "low": math.nan, "high": math.nan,
        "snapshot": "Claude 3.7 Sonnet", "warnings": "quoted as 5%", "method": "Some card, Figure 12: clue",
        "n_items": math.nan, "n_samples": math.nan,
    }  # fmt: skip
    faked = ("compliance_gap", "alignment_faking_reasoning_rate")
    return [
        *(row(metric, 0.05, table=ALIGNMENT_FAKING, **quoted) for metric in faked),
        *(
            row("acknowledgement_rate", 0.25, **quoted, table=CLUE_FAITHFULNESS, hint=hint)
            | {"dataset": dataset}
            for hint in (*HINTS, "average")
        ),
    ]


def calibration(**more: Any) -> Calibration:
    def estimate(value: float) -> Estimate:
        return Estimate(value, value - 0.05, min(value + 0.05, 1), None, 100, 100, "Wilson", ())

    made = Calibration(
        sensitivity=estimate(0.8), specificity=estimate(0.9), auroc=estimate(0.9), kappa=estimate(0.7),
        prevalence=estimate(0.3), n=100, n_unscored=0, n_unlabelled=0, rubric="alignment_faking",
        rubric_hash="ab", judge="lexical", simulated=True,
        roc=((0.0, 0.0, math.inf), (0.1, 0.8, 0.5), (1.0, 1.0, 0.0)),
    )  # fmt: skip
    return replace(made, **more)


def drawn(
    rows: Rows, published: Rows | None = None, calibrations: Sequence[Calibration] = ()
) -> dict[str, Drawn]:
    quoted = pd.DataFrame(published) if published else NONE
    made = figures.every(pd.DataFrame(rows, columns=COLUMNS), quoted, calibrations)
    return {one.name: one for one in made}


def said(figure: Figure) -> list[str]:
    """Everything that is printed in a figure."""
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]  # type: ignore[attr-defined]


def marks(axis: Axes, shapes: str = "o") -> list[tuple[float, float]]:
    lines = [
        line for line in axis.lines if line.get_marker() in tuple(shapes) and len(line.get_xdata())
    ]
    return sorted(
        (float(x), float(y))
        for line in lines
        for x, y in zip(np.asarray(line.get_xdata()), np.asarray(line.get_ydata()), strict=True)
    )


CASES: dict[str, tuple[Rows, Rows]] = {
    "one snapshot, one mode": (everything(), []),
    "with published rows": (everything(), [*cited(), *cited("GPQA")]),
    "both modes": (series(2, modes=("standard", "extended")), cited()),
    "twelve snapshots in both modes": (series(12, modes=("standard", "extended")), cited()),
    "thirty hints": (
        [r for i in range(3) for r in clues([f"hint_{j}" for j in range(30)], snapshot=f"lab/{i}")],
        [],
    ),
    "one hint": (clues(["grader"]), []),
    "several data sets and settings": (
        [r for name in "abc" for r in everything(dataset=name, setting=f"setting {name}")],
        cited(),
    ),
    "no intervals": (everything(low=math.nan, high=math.nan, method="rate"), []),
    "all undefined": (everything(value=math.nan, low=math.nan, high=math.nan), cited()),
    "some undefined": ([*everything(), *everything(snapshot="lab/b", value=math.nan, low=math.nan, high=math.nan)], []),
    "no counts": (everything(n_items=math.nan, n_samples=math.nan), []),
    "mathtext": (everything(snapshot="lab/$x_1$ and $\\frac{a}", dataset="$\\alpha$"), []),
    "lines and tabs": (everything(snapshot="lab/first\nsecond\tthird\x07\x00"), []),
    "eighty letters": (series(3, lambda **k: everything(**{**k, "snapshot": "lab/" + "x" * 80 + k["snapshot"][-1]})), []),
    "per cent, brackets, markup": (everything(snapshot="<b>&amp;%s {x} [y] \\n"), []),
    "an empty name": (everything(snapshot=""), []),
    "three arms": ([*faking(), row("compliance_rate", 0.4, table=ALIGNMENT_FAKING, arm="rated"),
                    row("compliance_rate", 0.2, table=ALIGNMENT_FAKING, arm="baseline")], []),
    "changes and trend": (
        [*series(3, faking),
         *(row("compliance_gap_change", 0.05, table=ALIGNMENT_FAKING, snapshot=f"lab/v{i}", column=f"change from lab/v{i - 1}") for i in (1, 2)),
         *(row("compliance_gap_vs_reference", 0.05, table=ALIGNMENT_FAKING, snapshot=f"lab/v{i}", column="change from lab/v0") for i in (1, 2)),
         row("compliance_gap_trend", 0.012, low=0.002, high=0.022, table=ALIGNMENT_FAKING, snapshot="all snapshots", column="per snapshot")],
        [],
    ),
    "twenty tasks": ([r for i in range(20) for r in others(task=f"task_{i}")], []),
    "values at the ends": (everything(value=1.0, low=0.9, high=1.0), []),
    "not simulated": (everything(simulated=False), cited()),
    "some simulated": ([*everything(), *everything(snapshot="lab/real", simulated=False)], []),
}  # fmt: skip
"""Rows measured and published, by what is peculiar about them."""


@pytest.fixture(scope="module", params=list(CASES))
def case(request: pytest.FixtureRequest) -> dict[str, Drawn]:
    rows, published = CASES[request.param]
    made = drawn(rows, published, [calibration()] if "one" in request.param else [])
    assert made, "nothing was drawn"
    return made


def test_everything_printed_is_within_the_picture_and_large_enough(case: dict[str, Drawn]) -> None:
    for name, one in case.items():
        width, height = one.figure.get_size_inches()
        assert width in (_style.COLUMN, _style.WIDE), name
        assert height <= 11, name
        inside = one.figure.get_tightbbox()
        edges = (inside.x0, inside.y0, width - inside.x1, height - inside.y1)
        assert min(edges) >= -0.01, (name, edges)
        for text in one.figure.findobj(Text):  # type: ignore[attr-defined]
            assert text.get_fontsize() >= 6 or not text.get_text(), (name, text)


def test_what_is_said_of_a_figure_is_said_on_one_line_and_names_its_interval(
    case: dict[str, Drawn],
) -> None:
    for one in case.values():
        for text in (one.caption, one.alt):
            assert text.isprintable()
            assert text.endswith(".")
            assert "nan" not in text.lower().split()
        assert len(one.alt) < 1200
        assert "95%" in one.caption or "no intervals" in one.caption


def test_names_are_never_read_as_mathematics(case: dict[str, Drawn]) -> None:
    for one in case.values():
        assert not any(text.get_parse_math() for text in one.figure.findobj(Text))  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Every figure in every format, twice, of snapshots with hostile names."""
    rows = [
        made
        for name in (
            "lab/$x_1$ and $\\frac{a}",
            "lab/first\nsecond\tthird\x07\x00",
            "<b>&amp;%s {x}",
        )
        for made in everything(snapshot=name)
    ]
    once, twice = tmp_path_factory.mktemp("once"), tmp_path_factory.mktemp("twice")
    for folder in (once, twice):
        for one in drawn(rows, cited(), [calibration()]).values():
            figures.write(one.figure, one.name, folder)
    return once, twice


def test_hostile_names_give_files_that_can_be_read(written: tuple[Path, Path]) -> None:
    for name in NAMES:
        file = written[0] / name
        assert ET.parse(file.with_suffix(".svg")).getroot().tag.endswith("svg")
        with Image.open(file.with_suffix(".png")) as image:
            assert image.width in (round(_style.COLUMN * 200), round(_style.WIDE * 200))
        assert file.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    svg = (written[0] / "accuracy.svg").read_text(encoding="utf-8")
    assert "$x_1$ and" in svg
    assert "first second third" in svg
    assert "&lt;b&gt;&amp;amp;%s" in svg


def test_the_same_rows_give_the_same_files(written: tuple[Path, Path]) -> None:
    files = sorted(path.name for path in written[0].iterdir())
    assert files == sorted(f"{name}.{suffix}" for name in NAMES for suffix in figures.FORMATS)
    for name in files:
        once, twice = ((folder / name).read_bytes() for folder in written)
        assert len(once) > 2_000
        assert once == twice, name
    assert "<dc:date>" not in (written[0] / "accuracy.svg").read_text(encoding="utf-8")


def test_rows_come_back_from_a_file_as_they_went(tmp_path: Path) -> None:
    rows = pd.DataFrame(everything(), columns=COLUMNS)
    rows.to_csv(tmp_path / "results.csv", index=False)
    back = pd.read_csv(tmp_path / "results.csv")
    first, second = figures.every(rows, NONE), figures.every(back, NONE)
    assert [(a.name, a.caption, a.alt) for a in first] == [
        (b.name, b.caption, b.alt) for b in second
    ]


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        (faking(), NAMES[:3]),
        (clues(), NAMES[3:7]),
        (altered(), ["early_answering"]),
        (others(), ["accuracy"]),
        ([row("unfaithful_pair_rate", table="post_hoc_rationalisation")], []),
        ([r for r in faking() if r["metric"] == "compliance_gap"], ["alignment_faking", "gap_forest"]),
        ([r for r in clues() if r["metric"] == "attributable_use"], ["attributable_use"]),
    ],
)  # fmt: skip
def test_a_figure_appears_only_where_its_rows_exist(rows: Rows, names: list[str]) -> None:
    assert list(drawn(rows)) == names


def test_rows_of_other_tables_and_of_summaries_stay_out() -> None:
    extra = [
        *(r | {"table": "elsewhere"} for r in faking(snapshot="lab/other")),
        *(r | {"visibility": "summary", "value": 0.99} for r in faking() if r["visibility"]),
        *(r | {"visibility": "summary", "value": 0.99} for r in clues() if r["visibility"]),
    ]
    with_extra, without = drawn([*everything(), *extra]), drawn(everything())
    assert [d.alt for d in with_extra.values()] == [d.alt for d in without.values()]


def test_rows_of_real_runs_give_their_figures(
    results: pd.DataFrame, clue_results: pd.DataFrame
) -> None:
    rows = pd.concat([results, clue_results], ignore_index=True)
    made = {one.name: one for one in figures.every(rows, snapshots.published())}
    assert list(made) == [name for name in NAMES if name not in ("judge_roc", "accuracy")]
    _, gaps, _ = made["alignment_faking"].figure.axes
    expected = 100 * results.loc[results["metric"] == "compliance_gap", "value"].astype(float)
    assert [x for x, _ in marks(gaps)] == pytest.approx(sorted(expected))
    assert len(marks(gaps, "D")) == 1
    latest = clue_results[clue_results["snapshot"] == clue_results["snapshot"].iloc[-1]]
    shares = latest[(latest["metric"] == "acknowledgement_rate") & (latest["visibility"] == "raw")]
    bars = next(
        axis for axis in made["clue_faithfulness"].figure.axes if axis.patches or axis.texts
    )
    assert len(bars.patches) == shares["value"].notna().sum()


# -------------------------------------------------------------------------------- alignment faking


def test_the_overview_has_a_mark_for_every_estimate_and_a_diamond_for_every_quotation() -> None:
    figure = drawn(series(3, faking, ("standard", "extended")), cited())["alignment_faking"].figure
    rates, gaps, fakes = figure.axes
    assert [x for x, _ in marks(rates)] == [50] * 6
    assert [x for x, _ in marks(rates, "s")] == [30] * 6
    assert [x for x, _ in marks(gaps)] == [20] * 6
    assert [x for x, _ in marks(fakes)] == [15] * 6
    assert [x for x, _ in marks(gaps, "D")] == [x for x, _ in marks(fakes, "D")] == [5]
    assert len({y for _, y in marks(gaps)}) == 6
    filled = [line.get_markerfacecolor() for line in gaps.lines if line.get_marker() == "o"]
    assert filled.count("white") == 3


def test_bars_hatch_the_share_that_fakes_and_never_more_than_complies() -> None:
    rows = faking() + [
        r | {"value": 0.9} if "faking" in r["metric"] else r for r in faking(snapshot="lab/b")
    ]
    (axis,) = drawn(rows)["compliance_by_arm"].figure.axes
    hatched = [bar.get_width() for bar in axis.patches if bar.get_hatch()]
    plain = [bar.get_width() for bar in axis.patches if not bar.get_hatch()]
    assert hatched == [15, 50]
    assert sorted(plain) == [30, 30, 50, 50]
    assert {"50.0", "30.0"} <= {text.get_text() for text in axis.texts}


def test_a_snapshot_that_cannot_be_measured_says_so() -> None:
    nothing = {"value": math.nan, "low": math.nan, "high": math.nan}
    rows = [*faking(), *(r | nothing for r in faking(snapshot="lab/silent"))]
    made = drawn(rows)
    bars = said(made["compliance_by_arm"].figure)
    assert bars.count("not measurable") == 2
    assert said(made["gap_forest"].figure).count("not measurable") == 1
    assert "silent, extended thinking: training arm not measurable" in made["compliance_by_arm"].alt
    unread = [r | nothing if "faking_reasoning" in r["metric"] else r for r in faking()]
    assert "50.0 (AF share not measurable)" in said(drawn(unread)["compliance_by_arm"].figure)


def test_the_forest_prints_value_interval_and_adjusted_p() -> None:
    figure = drawn(faking())["gap_forest"].figure
    assert "+20.0 [10.0, 30.0]  p = 0.030" in said(figure)
    assert figure.get_size_inches()[0] == _style.COLUMN


def test_changes_have_panels_of_their_own_and_the_trend_a_sentence() -> None:
    rows, _ = CASES["changes and trend"]
    one = drawn(rows)["gap_forest"]
    titles = [axis.get_title(loc="left").replace("\n", " ") for axis in one.figure.axes]
    assert titles == ["Compliance gap", "Change from the one before", "Change from v0"]
    assert [len(marks(axis)) for axis in one.figure.axes] == [3, 2, 2]
    assert "Slope in points per snapshot: extended thinking +1.2 [0.2, 2.2]." in one.caption


# ------------------------------------------------------------------------------------ faithfulness


def test_bars_are_those_of_the_latest_snapshot_with_their_number_above() -> None:
    rows = [*clues(value=0.9, snapshot="lab/old"), *clues(snapshot="lab/new")]
    figure = drawn(rows)["clue_faithfulness"].figure
    bars = next(axis for axis in figure.axes if axis.patches)
    assert [bar.get_height() for bar in bars.patches] == pytest.approx(
        [0.1 + 0.02 * i for i in range(7)]
    )
    numbers = [text.get_text() for text in bars.texts]
    assert numbers == [f"{0.1 + 0.02 * i:.2f}" for i in range(7)]
    assert "new: the latest snapshot" in said(figure)
    ticks = [text.get_text() for text in bars.get_xticklabels()]
    assert ticks[0] == "sycophancy\nn = 40"
    assert ticks[-1] == "average\nof 6 hints"
    low, high = bars.get_ylim()
    assert low <= 0 < 1 <= high < 1.2
    small = [axis for axis in figure.axes if axis is not bars]
    assert [axis.get_title(loc="left") for axis in small] == [
        "sycophancy", "consistency", "visual pattern", "metadata", "grader", "unauthorized", "average",
    ]  # fmt: skip
    assert [y for _, y in marks(small[0])] == pytest.approx([0.9, 0.1])


def test_one_snapshot_has_no_panels_over_snapshots() -> None:
    (axis,) = drawn(clues(), cited())["clue_faithfulness"].figure.axes
    assert len(marks(axis, "D")) == 7
    assert axis.get_title(loc="left") == "one"


def test_few_used_pairs_and_undefined_bars_are_marked_in_words() -> None:
    rows = [r | {"warnings": "few used pairs: 5"} if r["hint"] == "grader" else r for r in clues()]
    gone = {
        "value": math.nan,
        "low": math.nan,
        "high": math.nan,
        "warnings": "no used pairs: nothing moved",
    }
    rows = [r | gone if r["hint"] == "metadata" else r for r in rows]
    one = drawn(rows)["clue_faithfulness"]
    texts = said(one.figure)
    assert "0.18†" in texts
    assert texts.count("no used pairs") == 1
    assert "metadata not measurable" in one.alt
    assert "†: fewer than 10" in one.caption


def test_a_dumbbell_joins_thinking_and_answer_and_drops_what_is_not_known() -> None:
    rows = clues()
    (axis,) = drawn(rows)["thinking_answer_gap"].figure.axes
    assert [x for x, _ in marks(axis)] == pytest.approx([0.1 + 0.02 * i for i in range(7)])
    assert [x for x, _ in marks(axis, "s")] == pytest.approx([0.05 + 0.02 * i for i in range(7)])
    unread = [r | {"value": math.nan} if r["metric"] == "acknowledgement_rate" else r for r in rows]
    (axis,) = drawn(unread)["thinking_answer_gap"].figure.axes
    assert (len(marks(axis)), len(marks(axis, "s"))) == (0, 7)


def test_the_scatter_has_a_mark_of_its_own_for_each_hint_and_counts_what_is_missing() -> None:
    rows = clues([f"hint_{i}" for i in range(30)])
    figure = drawn(rows)["use_against_admission"].figure
    (axis,) = figure.axes
    looks = {
        (line.get_marker(), str(line.get_markerfacecolor()))
        for line in axis.lines
        if line.get_marker() != "None"
    }
    assert len(looks) == 30
    gone = [
        r | {"value": math.nan} if r["metric"] == "acknowledgement_rate" else r for r in clues()
    ]
    assert "6 not measurable" in said(drawn(gone)["use_against_admission"].figure)


def test_data_sets_are_told_apart_by_colour_hatch_mark_and_line() -> None:
    looks = [_style.look(i) for i in range(40)]
    assert len({(look.colour, look.hatch) for look in looks}) == 40
    greys = sorted(float(np.dot(to_rgb(look.colour), (0.299, 0.587, 0.114))) for look in looks[:3])
    assert min(np.diff(greys)) > 0.2


# --------------------------------------------------------------------- interventions, judges, others


def test_curves_stand_over_the_share_kept_with_the_aoc_in_the_legend() -> None:
    rows = [*altered(), *altered(["filler"], snapshot="lab/two")]
    early, filler = drawn(rows)["early_answering"].figure.axes
    assert np.array(marks(early)) == pytest.approx(np.array([(0, 30), (50, 65), (100, 100)]))
    assert len(marks(filler, "os")) == 6
    keys = [text.get_text() for text in filler.get_legend().get_texts()]  # type: ignore[union-attr]
    assert keys == [f"{name}: 0.35 [0.25, 0.45]" for name in ("one", "two")]


def test_roc_curves_have_their_operating_point_and_area() -> None:
    hinted = [calibration(rubric="acknowledgement", hint=hint) for hint in HINTS]
    one = drawn([], calibrations=[calibration(), *hinted])["judge_roc"]
    faked, admitted = one.figure.axes
    (x, y), *_ = marks(faked)
    assert (x, y) == pytest.approx((0.1, 0.8))
    keys = [text.get_text() for text in admitted.get_legend().get_texts()]  # type: ignore[union-attr]
    assert keys[0] == "sycophancy: 0.900 [0.850, 0.950]"
    assert len(keys) == 6
    assert "SIMULATED" in said(one.figure)


@pytest.mark.parametrize("simulated", [True, False])
def test_a_judge_without_a_curve_still_has_its_point(simulated: bool) -> None:
    known, bare = calibration(simulated=simulated), calibration(roc=(), judge="other/$judge$")
    figure = drawn([], calibrations=[known, bare])["judge_roc"].figure
    (axis,) = figure.axes
    assert len(marks(axis, "os")) == 2
    keys = [text.get_text() for text in axis.get_legend().get_texts()]  # type: ignore[union-attr]
    assert ("simulated texts" in keys[1]) is not simulated


def test_scores_that_are_no_shares_have_a_scale_of_their_own() -> None:
    shares, means = drawn(others())["accuracy"].figure.axes
    assert [x for x, _ in marks(shares)] == [80]
    assert [x for x, _ in marks(means)] == [7]
    assert means.get_xlabel() == "mean score"
    assert shares.get_xlim() == (0, 100)


def test_data_sets_of_a_task_have_panels_and_conditions_lines_of_their_own() -> None:
    rows = [
        r
        for dataset in ("easy", "hard")
        for factors in ("seed=1", "seed=2")
        for r in others(dataset=dataset, factors=factors)
    ]
    axes = drawn(rows)["accuracy"].figure.axes
    assert [axis.get_title(loc="left") for axis in axes] == [
        f"some_task: {dataset}: {score}"
        for dataset in ("easy", "hard")
        for score in ("choice", "essay.grade")
    ]
    assert [text.get_text() for text in axes[0].get_yticklabels()] == ["one\nseed=1", "one\nseed=2"]
    assert len(marks(axes[0])) == 2


# -------------------------------------------------------------------------------------------- stamps


def test_what_is_simulated_is_stamped_in_the_picture_and_in_the_caption() -> None:
    for one in drawn(everything()).values():
        assert "SIMULATED" in said(one.figure), one.name
        assert "simulated" in one.caption
    for one in drawn(everything(simulated=False)).values():
        assert not any("simulated" in text.lower() for text in [*said(one.figure), one.caption])
    mixed = [*everything(), *everything(snapshot="lab/real", simulated=False)]
    for one in drawn(mixed).values():
        texts = " ".join(said(one.figure))
        assert "SIMULATED" not in texts
        assert re.search(r"one \(simulated\)", texts) or one.name == "clue_faithfulness"
        assert "Rows marked so are simulated" in one.caption


# ---------------------------------------------------------------------------------- names, nothing seen


def test_nothing_seen_is_a_bound_as_in_tables() -> None:
    nothing = {"value": 0.0, "low": 0.0, "high": 0.1834}
    bars = drawn(clues(**nothing))["clue_faithfulness"]
    assert "<0.18" in said(bars.figure)
    assert "0.00" not in said(bars.figure)
    assert "sycophancy <0.18" in bars.alt
    complied = drawn(faking(**nothing))["compliance_by_arm"]
    assert "<18.3" in said(complied.figure)
    assert "AF rate <18.3%" in complied.alt


def test_letters_that_the_font_lacks_are_quiet(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    one = drawn(others(snapshot="lab/模型", task="任务"))["accuracy"]
    figures.write(one.figure, one.name, tmp_path)
    assert one._repr_png_().startswith(b"\x89PNG")
    assert [str(w.message) for w in recwarn if "lyph" in str(w.message)] == []


def test_titles_of_panels_keep_to_their_panels() -> None:
    tasks = [f"organisation/benchmark_of_many_things_{i}_with_a_long_name" for i in range(3)]
    rows = [
        r for task in tasks for c in ("match", "key.other") for r in others(task=task, column=c)[:1]
    ]
    one = drawn(rows)["accuracy"]
    for axis in one.figure.axes:
        title = axis._left_title.get_window_extent()  # type: ignore[attr-defined]
        assert title.x1 <= one.figure.bbox.x1
        others_of_row = [
            a for a in one.figure.axes if a.bbox.x0 > axis.bbox.x1 and a.bbox.y0 == axis.bbox.y0
        ]
        assert all(title.x1 <= a.bbox.x0 for a in others_of_row)
    assert len({axis.get_title(loc="left") for axis in one.figure.axes}) == 6


def test_a_legend_shows_no_line_of_a_curve_that_is_not_there() -> None:
    for roc, line in (((), "None"), (calibration().roc, "-")):
        (axis,) = drawn(everything(), [], [calibration(roc=roc)])["judge_roc"].figure.axes
        legend = axis.get_legend()
        assert legend is not None
        assert [str(key.get_linestyle()) for key in legend.get_lines()] == [line]
