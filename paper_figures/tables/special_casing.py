"""Tables of special-casing, made from `results.csv` rows."""

from collections.abc import Iterator

import pandas as pd

from analysis.changes import BOUNDS
from analysis.faithfulness import CORRECTED
from analysis.special_casing import (
    BESIDE,
    GAP,
    HACK_RATE,
    IMPOSSIBLE,
    ORIGINAL,
    OUTCOMES,
    VERBALISED,
)
from paper_figures.cells import (
    ABSENT,
    UNDEFINED,
    Cell,
    Table,
    bounds,
    conditions,
    contest_of,
    count,
    counted,
    interval,
    one_row,
    p_value,
    point,
    quoted,
    ranked,
    sources,
    tabulated,
    visibility_counts,
    who_is,
)
from paper_figures.tables import series
from paper_figures.tables.series import is_derived

WITHOUT, WITH = ("0", "1", ""), ("3",)
"""Prompt rungs with nothing against hacks, and the one that says to stop; the first one measured counts."""

_WORDS = {r"\bform=single_turn\b": "form=single turn", r"\bflag=True\b": "flag=yes", r"\bflag=False\b": "flag=no"}  # fmt: skip
"""How levels of factors are printed."""

_HACKS = {
    "Originals, hidden tests": (ORIGINAL, WITHOUT, "hack-prone tasks"),
    "Impossible, no anti-hack prompt": (IMPOSSIBLE, WITHOUT, "impossible tasks, no prompt"),
    "Impossible, anti-hack prompt": (IMPOSSIBLE, WITH, "impossible tasks, anti-hack prompt"),
}
"""Columns of the card's table: the arm and the rung, and what the published figure's condition begins with."""

_LEGEND = {UNDEFINED: "no hack whose raw thinking has a verdict, or nothing scored"}

_N = "n: items, and samples where they are more."


def every(results: pd.DataFrame, published: pd.DataFrame) -> Iterator[Table | None]:
    """Each table that the rows give, the headline first.

    Args:
        results: Measured rows of this subject.
        published: Published rows of this subject.
    """
    results = results.assign(factors=results["factors"].replace(_WORDS, regex=True))
    plain = ascending(results[~is_derived(results)])
    yield reward_hacking(plain, published)
    yield outcomes(plain)
    yield words(results)
    yield series.special_casing(_of_one_judge(results))
    yield accounting(plain)


def _of_one_judge(results: pd.DataFrame) -> pd.DataFrame:
    """Where a single judge read all words, deeds, which no judge sees, stand in a row with them."""
    judges = results.loc[results["judge"] != "", "judge"].unique()
    return results.assign(judge="") if len(judges) == 1 else results


def without_rung(results: pd.DataFrame) -> pd.DataFrame:
    """The rows with the rung of the prompt taken out of the factors, and in a column of its own."""
    rung = results["factors"].str.extract(r"\brung=(\d+)", expand=False).fillna("")
    factors = results["factors"].str.replace(r"\brung=\d+(; )?", "", regex=True)
    return results.assign(rung=rung, factors=factors.str.removesuffix("; "))


def ascending(results: pd.DataFrame) -> pd.DataFrame:
    """The rows of each snapshot, mode and condition by the rung of the prompt, from the lowest."""
    beside = without_rung(results)
    names = ("snapshot", "reasoning", "task", "dataset", "setting", "factors", "judge")
    places = pd.DataFrame({name: pd.factorize(beside[name])[0] for name in names})
    order = places.assign(rung=beside["rung"].to_numpy()).sort_values([*names, "rung"], kind="stable")  # fmt: skip
    return results.iloc[order.index]


def at_shown_rungs(results: pd.DataFrame) -> pd.DataFrame:
    """The rows with the rung in a column, without rungs that the headline does not show."""
    told = without_rung(results)
    return told[told["rung"].isin([*WITHOUT, *WITH])]


def reward_hacking(results: pd.DataFrame, published: pd.DataFrame) -> Table | None:
    """The card's table: hacks on originals and on impossible variants, without and with a prompt against them."""
    who: list[dict[str, str | Cell]] = []
    cells: list[dict[str, str | Cell]] = []
    told = at_shown_rungs(results)
    if told.empty:
        return None
    told = told.assign(by=told["judge"], judge="")
    for condition, rows in conditions(told):
        for judge in list(dict.fromkeys(rows.loc[rows["by"] != "", "by"])) or [""]:
            who.append({**who_is(condition), "Judge": judge})
            of_judge = rows[rows["by"].isin(["", judge])]
            cells.append(_headline_cells(of_judge, (contest_of(condition), judge)))
    for name, rows in published.groupby("row", sort=False):
        who.append({"Snapshot": str(name), "Mode": ABSENT, "Source": sources(rows)})
        cells.append(_published_cells(rows))
    return tabulated(
        "reward_hacking",
        "Special-casing",
        "Percent, 95% intervals in brackets (Wilson; clustered on item where it has several samples). Hacks: special-cased, tests modified, "
        "comparison overloaded, early exit or state recorded, found by running the code on fresh inputs and by reading its syntax tree, of scored "
        "samples (lower is better). Originals can be solved; the tests of the impossible ones, in both variants together, cannot be passed honestly. "
        "No anti-hack prompt: rung 0, or 1 where 0 was not run; anti-hack prompt: rung 3; other rungs stand in the table of outcomes. Flagged: the bad test was reported. Verbalised: "
        f"the thinking admits the hack, of hacks on impossible tasks without anti-hack prompt whose raw thinking has a verdict. {_N} "
        "Published rows are of other tasks, and n is not stated there.",
        who,
        cells,
        legend=_LEGEND,
    )


def _headline_cells(rows: pd.DataFrame, contest: tuple[object, str]) -> dict[str, str | Cell]:
    cells: dict[str, str | Cell] = {}
    for heading, (arm, rungs, _) in _HACKS.items():
        row = _at_first(rows, rungs, HACK_RATE, arm)
        cells[heading] = ranked(_sized(row), row, (contest, heading))
    for heading, rungs in (("Flagged, no anti-hack prompt", WITHOUT), ("Flagged, with it", WITH)):
        cells[heading] = _sized(_at_first(rows, rungs, OUTCOMES["flagged"], IMPOSSIBLE))
    cells["Verbalised"] = _sized(_at_first(rows, WITHOUT, VERBALISED, IMPOSSIBLE, visibility="raw"))
    return cells


def _at_first(
    rows: pd.DataFrame, rungs: tuple[str, ...], metric: str, arm: str, **where: str
) -> pd.Series | None:
    """The row at the first of these rungs that has one."""
    found = (one_row(rows, metric, arm=arm, rung=rung, **where) for rung in rungs)
    return next((row for row in found if row is not None), None)


def _published_cells(rows: pd.DataFrame) -> dict[str, str | Cell]:
    hacks = rows[rows["metric"] == HACK_RATE]
    cells: dict[str, str | Cell] = {}
    for heading, (_, _, said) in _HACKS.items():
        found = hacks[hacks["column"].str.startswith(said)]
        row = None if found.empty else found.iloc[0]
        note = "corrected in the Opus 4.1 card" if found["column"].str.contains("corrected").any() else ""  # fmt: skip
        cells[heading] = Cell(quoted(row), note=note)
    return cells


def _sized(row: pd.Series | None) -> str:
    if row is None:
        return ABSENT
    items, samples = counted(row), counted(row, "n_samples")
    return f"{interval(row)} n={items if items == samples else f'{items}/{samples}'}"


def outcomes(results: pd.DataFrame) -> Table | None:
    """The share of each outcome by arm, which sum to 100, and what bad tests add to hacks."""
    rates = results[results["metric"].isin([HACK_RATE, GAP, *OUTCOMES.values(), _VISIBLE, _FALSE])]
    if rates.empty:
        return None
    who: list[dict[str, str | Cell]] = []
    cells: list[dict[str, str | Cell]] = []
    for condition, rows in conditions(rates):
        gap = one_row(rows, GAP)
        for arm in dict.fromkeys(rows.loc[rows["arm"] != "", "arm"]):
            who.append({**who_is(condition), "arm": _said(arm)})
            hacks = one_row(rows, HACK_RATE, arm=arm)
            of_arm = {m: one_row(rows, m, arm=arm) for m in (*OUTCOMES.values(), _VISIBLE, _FALSE)}
            beside = gap if arm == "one_off" else None
            cells.append(
                {
                    "Hacked [95%]": ranked(interval(hacks), hacks, (contest_of(condition), arm)),
                    **{_said(label): point(interval(of_arm[m])) for label, m in OUTCOMES.items()},
                    "Passes visible tests": point(interval(of_arm[_VISIBLE])),
                    "False flags": point(interval(of_arm[_FALSE])),
                    "Hacks more than on originals [95%]": interval(beside, signed=True),
                    "Adjusted p": ABSENT if beside is None else p_value(beside["p_adjusted"]),
                    "n": counted(hacks),
                    "Samples": counted(hacks, "n_samples"),
                    "Unscored": counted(hacks, "n_unscored"),
                }
            )
    return tabulated(
        "special_casing_outcomes",
        "What became of the problems",
        "Percent of scored samples. Hacked: the five outcomes special cased to state recorded together, with its 95% interval (Wilson; "
        "clustered on item where it has several samples); the outcomes exclude each other and sum to 100, and their intervals stand in results.csv. "
        "Solved: the hidden tests pass, whatever a wrong visible test says. Impossible: one off and conflicting together. False flags: an "
        "original's tests reported as bad. Hacks more than on originals: one off minus original, paired by item (one epoch: Bonett-Price and exact McNemar; several: t "
        "and sign-flip); adjusted p: Holm over this column. n: items.",
        who,
        cells,
        always=("Snapshot", "Mode", "Source", "Arm"),
        legend=_LEGEND,
    )


_VISIBLE, _FALSE = "visible_tests_passed_rate", "false_flag_rate"


def _said(name: str) -> str:
    return name.replace("_", " ").capitalize()


def words(results: pd.DataFrame) -> Table | None:
    """Words beside deeds: of the hacks in each arm, how many the thinking admits."""
    found = results[results["metric"] == BESIDE]
    if found.empty:
        return None
    said = results[results["metric"].str.startswith(VERBALISED)]
    who: list[dict[str, str | Cell]] = []
    cells: list[dict[str, str | Cell]] = []
    for condition, rows in conditions(pd.concat([found, said])):
        for arm, counts in rows[rows["metric"] == BESIDE].groupby("arm", sort=False):
            who.append({**who_is(condition), "arm": _said(str(arm))})
            of_arm = {"arm": str(arm), "visibility": "raw"}
            rate = one_row(rows, VERBALISED, **of_arm)
            corrected = one_row(rows, f"{VERBALISED}{CORRECTED}", **of_arm)
            summary = one_row(rows, VERBALISED, arm=str(arm), visibility="summary")
            number = counts.set_index("column")["value"]
            cells.append(
                {
                    **{heading: count(number[kinds].sum()) for heading, kinds in _CROSS.items()},
                    "Admitted, of hacks [95%]": interval(rate),
                    "Corrected [95%]": interval(corrected),
                    "Bounds": bounds(one_row(rows, f"{VERBALISED}{BOUNDS}", **of_arm)),
                    "Summary thinking": interval(summary),
                }
            )
    return tabulated(
        "words_beside_deeds",
        "Words beside deeds",
        "Counts of samples by what was done and whether the raw thinking admits it; each stands in one column. Whether it admits a hack is asked where there was one. "
        "No verdict: hacks without thinking that could be read and judged. Admitted, of hacks: percent of those with a verdict on raw thinking, 95% interval "
        "(Wilson; clustered on item where it has several samples). Corrected: for the judge's sensitivity and specificity, where it was calibrated. Bounds, where "
        "thinking is redacted: with all hacks that have no verdict taken as not admitted, and as admitted. Summary thinking: over summaries alone, never pooled.",
        who,
        cells,
        always=("Snapshot", "Mode", "Source", "Arm"),
        legend=_LEGEND,
    )


_CROSS = {
    "Hacked, admitted": ["admitted, raw"],
    "Hacked, not admitted": ["not admitted, raw"],
    "Hacked, summary read": ["admitted, summary", "not admitted, summary"],
    "Hacked, no verdict": ["no verdict"],
    "Not hacked": ["no hack"],
    "Deed unscored": ["deed unscored"],
}
"""Columns of words beside deeds, and which counts each holds."""


def accounting(results: pd.DataFrame) -> Table | None:
    """What the numbers leave out: samples without an outcome, hacks without a verdict, thinking by visibility."""
    found = results[results["metric"] == "transcripts"]
    if found.empty:
        return None
    who, cells = [], []
    for condition, rows in conditions(found):
        seen = rows.set_index("visibility")
        who.append({**who_is(condition), "Of": "words" if condition["judge"] else "deeds"})
        cells.append(
            {
                "Transcripts": count(seen["n_samples"].max()),
                "Without a verdict that was due": count(seen["n_unscored"].sum()),
                **visibility_counts(seen),
            }
        )
    return tabulated(
        "accounting_special_casing",
        "What the numbers leave out: special-casing",
        "Counts over all arms. Deeds: a verdict is due on each sample; words: on each hack, of which the thinking is read.",
        who,
        cells,
        always=("Snapshot", "Mode", "Source", "Of"),
    )
