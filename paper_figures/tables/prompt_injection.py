"""Tables of prompt injection, made from `results.csv` rows."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from analysis.prompt_injection import (
    AT_K,
    ATTACK,
    ATTEMPTED,
    BEFORE_CUT,
    CLEAN,
    COST,
    EFFECT,
    FALSE_POSITIVES,
    FLAGGED,
    PER_ATTEMPT,
    PER_SCENARIO,
    PREVENTED,
    TASK_DONE,
    TASK_GAP,
    UNGUARDED,
)
from paper_figures.cells import (
    ABSENT,
    Cell,
    Table,
    conditions,
    contest_of,
    count,
    counted,
    interval,
    one_row,
    quoted,
    ranked,
    side_by_side,
    sources,
    tabulated,
    visibility_counts,
    who_is,
)
from paper_figures.tables import series
from paper_figures.tables.series import is_derived

_GUARDED = r"safeguards=(?P<safeguard>\w+)(?:; classifier_judge=(?P<judge>[^;]+))?"

COMPARED = "compared"
"""In place of a safeguard, of what sets runs with and without against each other."""

_WITHOUT, _WITH = "without safeguards", "with safeguards"
"""The conditions of published figures."""

FEW_SCENARIOS = 3
"""Fewer scenarios than these are too few to draw a rate of, and are marked in tables: their intervals say next to nothing."""

_FEW = "†"

_INTERVALS = "Percent, 95% intervals in brackets (Wilson at the effective size, clustered on the scenario; differences paired by scenario). "


def every(results: pd.DataFrame, published: pd.DataFrame) -> Iterator[Table | None]:
    """Each table that the rows give, the headline first.

    Args:
        results: Measured rows of this subject.
        published: Published rows of this subject.
    """
    plain = with_safeguard(results[~is_derived(results)])
    yield prevented(plain, published)
    yield success(plain)
    yield by_style(plain)
    yield series.prompt_injection(results)
    yield accounting(plain)


def with_safeguard(results: pd.DataFrame) -> pd.DataFrame:
    """The rows with the safeguard (and who judges in it) taken out of the factors, and in a column of its own."""
    found = results["factors"].str.extract(_GUARDED).fillna("")
    named = (found["safeguard"] + " " + found["judge"]).str.strip()
    factors = results["factors"].str.replace(rf"{_GUARDED}(?:; )?", "", regex=True)
    return results.assign(safeguard=named, factors=factors.str.removesuffix("; "))


def guards(rows: pd.DataFrame) -> list[str]:
    """The safeguards that were run, in the order of the rows; not the lack of any."""
    return [name for name in rows["safeguard"].unique() if name not in ("", UNGUARDED, COMPARED)]


def prevented(results: pd.DataFrame, published: pd.DataFrame) -> Table:
    """The card's table: attacks prevented without and with safeguards, and false positives; a row per safeguard."""
    who: list[dict[str, str | Cell]] = []
    cells: list[dict[str, str | Cell]] = []
    for condition, rows in conditions(results):
        for guard in guards(rows) or [""]:
            who.append({**who_is(condition), "Safeguard": guard or ABSENT})
            cells.append(_prevented_cells(rows, guard, contest_of(condition)))
    for name, rows in published.groupby("row", sort=False):
        who.append({"Snapshot": str(name), "Mode": ABSENT, "Source": sources(rows)})
        who[-1]["Safeguard"] = "as published"
        cells.append(_published_cells(rows))
    return tabulated(
        "prompt_injection",
        "Prompt injection",
        f"{_INTERVALS}Prevented: attempts in which no tool call carried out the planted instruction (higher is better), without and with the "
        "safeguard named: `system`, a paragraph in the system prompt and a tool to report with; `classifier`, a judge of each tool result that withholds what it "
        "flags. Effect: attacks prevented with it minus without it. Cost: clean tasks done with it minus without it. Flagged: attacks on "
        "which the safeguard withheld something or the model reported something; false positives: the same on clean twins (lower is better). "
        "n: scenarios / attempts without; with. Published rows are of other scenarios and safeguards.",
        who,
        cells,
        always=("Snapshot", "Mode", "Source", "Safeguard"),
    )


def _prevented_cells(rows: pd.DataFrame, guard: str, contest: Any) -> dict[str, str | Cell]:
    bare = one_row(rows, PREVENTED, arm=ATTACK, safeguard=UNGUARDED)
    held = one_row(rows, PREVENTED, arm=ATTACK, safeguard=guard)
    alarms = one_row(rows, FALSE_POSITIVES, arm=CLEAN, safeguard=guard)
    compared = {"safeguard": COMPARED, "column": guard}
    return {
        "Prevented, without": ranked(interval(bare), bare, (contest, "")),
        "Prevented, with": ranked(interval(held), held, (contest, guard)),
        "Effect": interval(one_row(rows, EFFECT, **compared), signed=True),
        "Flagged": interval(one_row(rows, FLAGGED, arm=ATTACK, safeguard=guard)),
        "False positives": ranked(interval(alarms), alarms, (contest, guard)),
        "Cost": interval(one_row(rows, COST, **compared), signed=True),
        "n": "; ".join(_sized(row) for row in (bare, held)),
    }


def _sized(row: pd.Series | None) -> str:
    return ABSENT if row is None else f"{counted(row)} / {counted(row, 'n_samples')}"


def _published_cells(rows: pd.DataFrame) -> dict[str, str | Cell]:
    return {
        "Prevented, without": _quoted(rows, PREVENTED, _WITHOUT),
        "Prevented, with": _quoted(rows, PREVENTED, _WITH),
        "False positives": _quoted(rows, FALSE_POSITIVES, _WITH),
    }


def _quoted(rows: pd.DataFrame, metric: str, column: str) -> str:
    return quoted(one_row(rows, metric, column=column)).removesuffix("%")


def success(results: pd.DataFrame) -> Table:
    """The later cards' form: success per attempt and per scenario at k, and what became of the user's task."""
    who, cells = [], []
    for condition, of_condition in conditions(results):
        for guard, rows in of_condition.groupby("safeguard", sort=False):
            if guard == COMPARED:
                continue
            who.append({**who_is(condition), "Safeguard": str(guard)})
            cells.append(_success_cells(rows))
    return tabulated(
        "prompt_injection_success",
        "Prompt injection: attack success and the user's task",
        f"{_INTERVALS}Attempts: share of attempts in which a tool call carried out the planted instruction (lower is better). Scenarios, "
        "k: share of scenarios in which at least one of k attempts does, expected over all draws of k from those made. Tried: attempts with such a "
        "call, whether or not it went through. Task done: runs in which tool calls did all that the user asked for, under attack and on the clean twin; "
        "gap: the first minus the second. n: scenarios / attempts.",
        who,
        cells,
        always=("Snapshot", "Mode", "Source", "Safeguard"),
    )


def _success_cells(rows: pd.DataFrame) -> dict[str, str | Cell]:
    tried = one_row(rows, PER_ATTEMPT, arm=ATTACK, column=PER_ATTEMPT)
    at_k = rows[rows["metric"] == PER_SCENARIO]
    last = at_k["column"].str.removeprefix(AT_K).astype(int).max() if len(at_k) else 1
    several = {} if last == 1 else {f"Scenarios, {AT_K}{last}": f"{AT_K}{last}"}
    return {
        "Attempts": interval(tried),
        **{
            heading: interval(one_row(rows, PER_SCENARIO, column=column))
            for heading, column in several.items()
        },
        "Tried": interval(one_row(rows, ATTEMPTED, arm=ATTACK)),
        "Task done, attack": interval(one_row(rows, TASK_DONE, arm=ATTACK)),
        "Task done, clean": interval(one_row(rows, TASK_DONE, arm=CLEAN)),
        "Gap": interval(one_row(rows, TASK_GAP), signed=True),
        "n": _sized(tried),
    }


def by_style(results: pd.DataFrame) -> Table | None:
    """Success per attempt by the style of the planted instruction and by the channel it stands in, snapshots side by side."""
    rows = results[(results["metric"] == PER_ATTEMPT) & (results["column"] != PER_ATTEMPT)]
    if rows.empty:
        return None
    safeguard = rows["safeguard"].map(lambda name: f"safeguard={name}")
    factors = (safeguard + "; " + rows["factors"]).str.removesuffix("; ")
    told = rows.assign(factors=factors, planted=rows["column"].str.replace("_", " "))
    who, cells, headings = side_by_side(told, _style_cell, "planted")
    return tabulated(
        "prompt_injection_styles",
        "Prompt injection: attack success by style and channel",
        f"{_INTERVALS}Share of attempts in which a tool call carried out the planted instruction, by how it is put and by where it stands. Each scenario has "
        "one style in a run: styles differ in their scenarios. n: scenarios.",
        who,
        cells,
        always=("planted",),
        headings=headings,
        legend={_FEW: f"fewer than {FEW_SCENARIOS} scenarios"},
    )


def _style_cell(rows: pd.DataFrame, contest: Any) -> str:
    row = one_row(rows, PER_ATTEMPT)
    few = row is not None and not row["n_items"] >= FEW_SCENARIOS
    return f"{interval(row)}, n = {counted(row)}{_FEW if few else ''}"


def accounting(results: pd.DataFrame) -> Table:
    """What the numbers leave out: runs that were cut off, attacks that never reached the model."""
    who, cells = [], []
    for condition, of_condition in conditions(results):
        for guard, rows in of_condition.groupby("safeguard", sort=False):
            seen = rows[rows["metric"] == "transcripts"].set_index("visibility")
            if seen.empty:
                continue
            who.append({**who_is(condition), "Safeguard": str(guard)})
            cells.append({**_left_out(rows), **_counts(seen)})
    return tabulated(
        "accounting_prompt_injection",
        "What the numbers leave out: prompt injection",
        "Counts. A run that was cut off is unscored whatever it did; attacks that it carried out before the cut are counted beside. An attack that "
        "the model never saw (withheld, or not read) is prevented all the same. Scenarios without runs in both arms enter no gap.",
        who,
        cells,
        always=("Snapshot", "Mode", "Source", "Safeguard"),
    )


def _left_out(rows: pd.DataFrame) -> dict[str, str | Cell]:
    done = {arm: one_row(rows, TASK_DONE, arm=arm) for arm in (ATTACK, CLEAN)}
    return {
        "Attack not decided": counted(one_row(rows, PREVENTED, arm=ATTACK), "n_unscored"),
        "Attacked, then cut off": counted(one_row(rows, BEFORE_CUT, arm=ATTACK), "value"),
        **{f"Task not decided, {arm}": counted(row, "n_unscored") for arm, row in done.items()},
        "Attack seen (%)": interval(one_row(rows, "attack_seen_rate", arm=ATTACK)),
        "Unpaired scenarios": counted(one_row(rows, TASK_GAP), "n_unpaired"),
    }


def _counts(seen: pd.DataFrame) -> Mapping[str, str]:
    return {"Transcripts": count(seen["n_samples"].max()), **visibility_counts(seen)}
