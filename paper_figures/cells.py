"""What the tables of a report share: conditions as rows, numbers as text, and the files they are written to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from great_tables import GT, md

from analysis import estimators
from analysis.estimators import Estimate
from analysis.faithfulness import AVERAGE
from analysis.logs import VISIBILITIES
from analysis.snapshots import ERRORED, short_names

UNDEFINED = "not measurable"
"""Printed where a number is undefined. It is never printed as 0."""

ABSENT = "–"
"""Printed where a row has no such number."""

FORMATS = ("md", "tex", "html", "csv")


CONDITION = [
    *("snapshot", "reasoning", "simulated"),
    *("task", "dataset", "setting", "factors", "judge"),
]

_ALMOST_ZERO = 0.001
"""Smaller p values are printed as a bound."""


@dataclass(frozen=True)
class Table:
    """A table ready to print: its name, what stands under it, and its cells as text."""

    name: str
    title: str
    caption: str
    cells: pd.DataFrame


def write(table: Table, folder: Path) -> None:
    """Write a table as `FOLDER/NAME.{md,tex,html,csv}`."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "md": f"{_markdown(table.cells)}\n\n{table.caption}\n",
        "tex": great_table(table).as_latex().replace("−", "$-$"),  # has no glyph in TeX's fonts
        "html": great_table(table).as_raw_html(),
        "csv": table.cells.to_csv(index=False),
    }
    for suffix in FORMATS:
        (folder / f"{table.name}.{suffix}").write_text(texts[suffix], encoding="utf-8")


def _markdown(cells: pd.DataFrame) -> str:
    """Cells as they are: no digit of theirs cut, no bar of theirs taken for a border."""
    whole = cells.astype(str).replace(r"\|", r"\\|", regex=True)
    return str(whole.to_markdown(index=False, disable_numparse=True))


def great_table(table: Table) -> GT:
    """The table with its title and caption, styled for a page."""
    return without_caption(table).tab_source_note(md(table.caption))


def without_caption(table: Table) -> GT:
    """The table where its caption stands elsewhere: in a wide one it would be as wide as the table."""
    return (
        GT(table.cells, id=table.name)  # the same table gives the same file
        .tab_header(title=table.title)
        .tab_options(table_font_size="13px", table_width="100%", heading_align="left")
    )


def one_row(rows: pd.DataFrame, metric: str, **where: str) -> pd.Series | None:
    """The row of a metric with these values in these columns, if there is one."""
    found = rows[rows["metric"] == metric]
    for column, value in where.items():
        found = found[found[column] == value]
    return None if found.empty else found.iloc[0]


def agreement(verdicts: pd.DataFrame, ours: str, theirs: str) -> Table:
    """How far two judges agree, log by log and over all: raw agreement, Cohen's kappa and prevalence.

    Args:
        verdicts: As `analysis.validation.side_by_side` gives them.
        ours: Name of the first judge.
        theirs: Name of the second.
    """
    logs = [*verdicts.groupby("log"), ("all", verdicts)]
    rows = []
    for log, pairs in logs if verdicts["log"].nunique() > 1 else logs[:-1]:
        both = pairs[["ours", "theirs"]].dropna()
        agreed = estimators.agreement(both.to_numpy())
        rows.append(
            {
                "Log": str(log),
                "n": str(len(both)),
                "No verdict": str(len(pairs) - len(both)),
                "Raw agreement": _coefficient(agreed.raw),
                "Cohen's κ": _coefficient(agreed.kappa),
                "Krippendorff's α": _coefficient(agreed.alpha),
                "Positive, ours": f"{both['ours'].mean():.3f}" if len(both) else ABSENT,
                "Positive, theirs": f"{both['theirs'].mean():.3f}" if len(both) else ABSENT,
            }
        )
    return Table(
        "agreement",
        f"{ours} against {theirs}",
        "Over samples to which both gave a verdict, 95% intervals. Raw agreement says little where nearly all or nearly no samples are positive: "
        "read it beside κ and the prevalences.",
        pd.DataFrame(rows),
    )


def _coefficient(estimate: Estimate) -> str:
    if estimate.value is None:
        return "undefined"
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def visibility_counts(seen: pd.DataFrame) -> dict[str, str]:
    """Transcripts by the visibility of their thinking, and those that ended in an error.

    Args:
        seen: Rows of the metric `transcripts`, with `visibility` as index.
    """
    columns = {f"Thinking {name}": name for name in VISIBILITIES} | {"Errors": ERRORED}
    return {column: count(seen["value"].get(name, 0)) for column, name in columns.items()}


def conditions(results: pd.DataFrame) -> list[tuple[dict[str, str], pd.DataFrame]]:
    """The rows of each condition, with the values of `CONDITION` that make it."""
    groups = results.groupby(CONDITION, sort=False, dropna=False)
    return [(dict(zip(CONDITION, map(str, key), strict=True)), group) for key, group in groups]


_CARD = ("sycophancy", "consistency", "visual_pattern", "metadata", "grader", "unauthorized")
"""The six hints of the Claude 3.7 Sonnet system card, in its order."""


def hint_order(hints: Iterable[str]) -> list[str]:
    """The hints in it once each: those of the card first, others by name, the average over hints last."""
    found = {hint for hint in hints if hint not in ("", AVERAGE)}
    others = sorted(found.difference(_CARD))
    return [*(hint for hint in _CARD if hint in found), *others, AVERAGE]


def who_is(condition: Mapping[Any, Any]) -> dict[str, str]:
    """The columns that say whose row it is."""
    factors = dict(pair.split("=", 1) for pair in condition["factors"].split("; ") if pair)
    return {
        "Snapshot": condition["snapshot"],
        "Mode": condition["reasoning"],
        "Source": "simulated" if str(condition["simulated"]) == "True" else "measured",
        "Task": condition["task"],
        "Setting": condition["setting"],
        "Dataset": condition["dataset"],
        **factors,
        "Judge": condition["judge"],
    }


def joined(
    who: list[dict[str, str]],
    cells: list[dict[str, str]],
    always: Sequence[str] = ("Snapshot", "Mode", "Source"),
) -> pd.DataFrame:
    """Whose row it is beside the row's cells; but for `always`, what is the same for all goes without saying."""
    whose = pd.DataFrame(who).rename(columns=_heading)
    whose["Snapshot"] = whose["Snapshot"].map(short_names(whose["Snapshot"]))
    told = [name for name in whose if name in always or whose[name].nunique() > 1]
    return pd.concat([whose[told], pd.DataFrame(cells)], axis=1).fillna(ABSENT)


def _heading(name: str) -> str:
    return name.replace("_", " ").capitalize()


def interval(row: pd.Series | None, signed: bool = False) -> str:
    """A share in percent with its limits, with as many digits as tell them apart."""
    if row is None:
        return ABSENT
    if pd.isna(row["value"]):
        return UNDEFINED
    sign = "+" if signed else ""
    if pd.isna(row["low"]):
        return f"{percent(row['value'], sign=sign)} [no interval]"
    limits = (row["low"], row["high"])
    digits = next((d for d in (1, 2, 3) if len({percent(x, d) for x in limits}) == 2), 4)
    low, high = (percent(x, digits) for x in limits)
    return f"{percent(row['value'], digits, sign)} [{low}, {high}]"


def percent(share: float, digits: int = 1, sign: str = "") -> str:
    return f"{round(100 * share, digits) + 0.0:{sign}.{digits}f}"  # + 0.0: no "-0.0"


def p_value(p: float) -> str:
    if pd.isna(p):
        return ABSENT
    return f"<{_ALMOST_ZERO}" if p < _ALMOST_ZERO else f"{p:.3f}"


def count(number: float) -> str:
    return ABSENT if pd.isna(number) else f"{int(number)}"
