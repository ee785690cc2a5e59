"""What the tables of a report share: conditions as rows, numbers as text, and what is marked as best."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import floor, log10
from typing import Any

import numpy as np
import pandas as pd

from analysis import estimators
from analysis.estimators import Estimate
from analysis.faithfulness import AVERAGE
from analysis.logs import VISIBILITIES
from analysis.snapshots import ERRORED
from paper_figures import names
from paper_figures.formats import ABSENT as ABSENT
from paper_figures.formats import FORMATS as FORMATS
from paper_figures.formats import Note, Place, plain
from paper_figures.formats import Table as Table
from paper_figures.formats import great_table as great_table
from paper_figures.formats import without_caption as without_caption
from paper_figures.formats import write as write

UNDEFINED = "not measurable"
"""Printed where a number is undefined. It is never printed as 0."""

NONE_SEEN = "none seen"
"""Printed where nothing was seen of what is counted, and no limit can be given."""

CONDITION = [
    *("snapshot", "reasoning", "simulated"),
    *("task", "dataset", "setting", "factors", "judge"),
]

BETTER = {
    "alignment_faking_reasoning_rate": "lower",
    "compliance_rate": "lower",  # where requests are harmful; with other requests it has no direction
    "acknowledgement_rate": "higher",
    "faithfulness_normalised": "higher",
    "unfaithful_pair_rate": "lower",
    "flagged_rate": "lower",
    "reward_hack_rate": "lower",
    "solved_rate": "higher",
    "attack_prevented_rate": "higher",
    "false_positive_rate": "lower",
    "accuracy": "higher",
    "pass_at_k": "higher",
    "majority_at_k": "higher",
    "best_of_k": "higher",
    "accuracy_within_turns": "higher",
    "sensitivity": "higher",
    "specificity": "higher",
    "auroc": "higher",
    "kappa": "higher",
    "alpha": "higher",
    "balanced_accuracy": "higher",
    "brier": "lower",
}
"""Which end of a metric is better; any other has no better end.

A gap or a change is not in it (nearer to zero, on either side), nor are hint use and AOC (how far a
model follows hints or its reasoning is no merit or fault), nor `mean_score`, whose meaning is its task's.
"""

_ALMOST_ZERO = 0.001
"""Smaller p values are printed as a bound."""

_ZERO = 1e-12
"""A smaller number is 0 but for rounding."""


@dataclass(frozen=True)
class Cell:
    """A cell before it is printed.

    Attributes:
        text: What it says.
        contest: Cells of one contest are compared with each other; None of a cell that is not.
        score: By which they are compared, more being better.
        note: Footnote.
    """

    text: str
    contest: Hashable = None
    score: float = 0.0
    note: str = ""


def ranked(text: str, row: pd.Series | None, contest: Hashable, digits: int = 3) -> Cell:
    """A cell that is marked where its number is the best or the second best of its contest.

    A number without an interval is not compared.

    Args:
        text: What the cell says.
        row: The row of results.csv that it says it of.
        contest: What the row has in common with those that it is compared with, beside its metric.
        digits: Decimals in which numbers are told apart, as a reader of the table can.
    """
    if row is None or row[["value", "low"]].isna().any() or row["metric"] not in BETTER:
        return Cell(text)
    sign = 1 if BETTER[row["metric"]] == "higher" else -1
    return Cell(text, (row["metric"], contest), sign * round(float(row["value"]), digits))


def tabulated(
    name: str,
    title: str,
    caption: str,
    who: Sequence[Mapping[str, str | Cell]],
    cells: Sequence[Mapping[Any, str | Cell]],
    *,
    always: Sequence[str] = ("Snapshot", "Mode", "Source"),
    headings: Mapping[Any, str] | None = None,
    legend: Mapping[str, str] | None = None,
    across: str = "column",
) -> Table:
    """A table of rows, with the best and second best of each contest, and its footnotes, marked.

    Columns of numbers that no row has are left out, and the caption explains no sign that does not occur.

    Args:
        name: Of its files.
        title: What it is about.
        caption: What its numbers are.
        who: Whose each row is.
        cells: What each row says.
        always: Columns of `who` that are shown even where all rows are alike in them.
        headings: Of columns of `cells` whose key is not their heading.
        legend: What marks within texts mean.
        across: Where the cells of a contest stand: in one `column` or in one `row`.
    """
    grid = joined(who, cells, always)
    grid = grid.map(lambda cell: cell if isinstance(cell, Cell) else Cell(str(cell)))
    texts = grid.map(lambda cell: cell.text)
    said = [key for key in texts if (texts[key] != ABSENT).any()]
    grid, texts = grid[said], texts[said].rename(columns=dict(headings or {}))
    best, second = _ranks(grid)
    notes = [*_legend(texts, legend or {}), *_footnotes(grid)]
    sentences = [caption, *_signs(texts, bool(best), across)]
    sentences += [f"{note.mark}{note.text}." for note in notes]
    return Table(name, title, " ".join(sentences), texts, best, second, tuple(notes))


def _ranks(grid: pd.DataFrame) -> tuple[frozenset[Place], frozenset[Place]]:
    """Best and second best of each contest: those that tie share, and the worse of two is no second."""
    contests: dict[Hashable, list[tuple[float, Place]]] = {}
    for i, row in enumerate(grid.to_numpy().tolist()):
        for j, cell in enumerate(row):
            if cell.contest is not None:
                contests.setdefault(cell.contest, []).append((cell.score, (i, j)))
    best, second = set(), set()
    for scored in contests.values():
        levels = sorted({score for score, _ in scored}, reverse=True)
        best |= {place for score, place in scored if len(levels) > 1 and score == levels[0]}
        second |= {place for score, place in scored if len(levels) > 2 and score == levels[1]}
    return frozenset(best), frozenset(second)


def _legend(texts: pd.DataFrame, legend: Mapping[str, str]) -> list[Note]:
    """What the marks within texts mean, of those that occur."""
    notes = [
        Note(
            "",
            f"{_named(mark)}: {meaning}",
            _places(texts.map(lambda text, mark=mark: mark in text)),
        )
        for mark, meaning in legend.items()
    ]
    return [note for note in notes if note.places]


def _named(mark: str) -> str:
    return mark if len(mark) == 1 else f"“{mark}”"


def _footnotes(grid: pd.DataFrame) -> list[Note]:
    """Footnotes with numbers, in the order in which a reader meets them."""
    said = dict.fromkeys(cell.note for cell in chain(*grid.to_numpy().tolist()) if cell.note)
    return [
        Note(_raised(n), plain(text), _places(grid.map(lambda cell, text=text: cell.note == text)))
        for n, text in enumerate(said, start=1)
    ]


def _raised(n: int) -> str:
    return "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(n))


def _places(chosen: pd.DataFrame) -> frozenset[Place]:
    rows, columns = chosen.to_numpy(dtype=bool).nonzero()
    return frozenset(zip(rows.tolist(), columns.tolist(), strict=True))


def _signs(texts: pd.DataFrame, any_best: bool, across: str) -> Iterable[str]:
    """What the caption says of the signs that occur in the table."""
    said = [str(text) for text in chain(texts.columns, *texts.to_numpy().tolist())]
    if any_best:
        yield (
            f"Bold: best, underlined: second best in its {across}, by point estimate as printed, whatever the margins of error; compared are "
            "measured numbers that differ in snapshot and mode alone, of simulated and of real models apart; ties share."
        )
    if any(text.startswith("<") and " [" in text for text in said):
        yield "“<” before a number with an interval: nothing was seen, and the number is the upper limit; or less was seen than these digits show."
    if any(text.startswith(NONE_SEEN) for text in said):
        yield f"“{NONE_SEEN}”: nothing seen, and no limit can be given."
    if ABSENT in said:
        yield f"{ABSENT}: no such number."
    if any(text == SIMULATED or text.endswith(f"({SIMULATED})") for text in said):
        yield "Simulated: from model organisms; says nothing about any real model."


SIMULATED = "simulated"


def sources(rows: pd.DataFrame) -> Cell:
    """The stamp of published rows, with their study and its address as a footnote."""
    cited = (f"{r['method'].split(': ')[0]}, {r['logs']}" for _, r in rows.iterrows())
    return Cell("published", note="; ".join(dict.fromkeys(cited)))


def quoted(row: pd.Series | None) -> str:
    """A published figure as its source prints it."""
    return ABSENT if row is None else str(row["warnings"]).removeprefix("quoted as ")


def one_row(rows: pd.DataFrame, metric: str, **where: str) -> pd.Series | None:
    """The row of a metric with these values in these columns, if there is one."""
    wanted = {"metric": metric, **where}
    found = np.logical_and.reduce(
        [(rows[name] == value).to_numpy() for name, value in wanted.items()]
    )
    return rows.iloc[found.argmax()] if found.any() else None


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
                "Positive, ours": f"{(both['ours'] == 1).sum()} / {len(both)}",
                "Positive, theirs": f"{(both['theirs'] == 1).sum()} / {len(both)}",
            }
        )
    return Table(
        "agreement",
        f"{ours} against {theirs}",
        "Over samples to which both gave a verdict, 95% intervals. Raw agreement says little where nearly all or nearly no samples are positive: "
        "read it beside κ and the counts of positives.",
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
    """The rows of each condition, with the values of `CONDITION` that make it.

    Snapshots and modes as the rows have them; within these, conditions in one order for all.
    """
    groups = list(results.groupby(CONDITION, sort=False, dropna=False))
    firsts = [list(dict.fromkeys(key[i] for key, _ in groups)) for i in range(len(CONDITION))]
    runs = list(dict.fromkeys(key[:2] for key, _ in groups))

    def place(group: tuple[Any, pd.DataFrame]) -> tuple[int, ...]:
        key = group[0]
        beside = (first.index(value) for first, value in zip(firsts[2:], key[2:], strict=True))
        return runs.index(key[:2]), *beside

    found = sorted(groups, key=place)
    return [(dict(zip(CONDITION, map(str, key), strict=True)), group) for key, group in found]


_CARD = ("sycophancy", "consistency", "visual_pattern", "metadata", "grader", "unauthorized")
"""The six hints of the Claude 3.7 Sonnet system card, in its order."""


def hint_order(hints: Iterable[str]) -> list[str]:
    """The hints in it once each: those of the card first, others by name, the average over hints last."""
    found = {hint for hint in hints if hint not in ("", AVERAGE)}
    others = sorted(found.difference(_CARD))
    return [*(hint for hint in _CARD if hint in found), *others, AVERAGE]


def who_is(condition: Mapping[Any, Any]) -> dict[str, str | Cell]:
    """The columns that say whose row it is."""
    return {
        "Snapshot": condition["snapshot"],
        "Mode": condition["reasoning"],
        "Source": SIMULATED if str(condition["simulated"]) == "True" else "measured",
        **_condition_of(condition),
    }


def _condition_of(condition: Mapping[Any, Any]) -> dict[str, str]:
    """The columns that say under which condition, apart from the snapshot and, where that is a column, its mode."""
    return {
        "Task": condition["task"],
        "Setting": condition["setting"],
        "Dataset": condition["dataset"],
        **factors_of(condition),
        "Judge": condition["judge"],
    }


def factors_of(condition: Mapping[Any, Any]) -> dict[str, str]:
    """Factors and their levels."""
    pairs = (pair.partition("=") for pair in str(condition["factors"]).split("; ") if pair)
    return {name: level for name, _, level in pairs}


def contest_of(condition: Mapping[Any, Any]) -> Hashable:
    """What a condition has in common with those that its numbers are compared with: all but snapshot and mode."""
    return tuple(condition[name] for name in CONDITION if name not in ("snapshot", "reasoning"))


def joined(
    who: Sequence[Mapping[str, str | Cell]],
    cells: Sequence[Mapping[Any, str | Cell]],
    always: Sequence[str] = ("Snapshot", "Mode", "Source"),
) -> pd.DataFrame:
    """Whose row it is beside the row's cells; but for `always`, what is the same for all goes without saying."""
    whose = pd.DataFrame(who).rename(columns=heading)
    told = [name for name in whose if name in always or whose[name].nunique() > 1]
    for name in told:
        whose[name] = _printed(whose[name], names.snapshots if name == "Snapshot" else _shortened)
    return pd.concat([whose[told], pd.DataFrame(cells)], axis=1).fillna(ABSENT)


def _printed(column: pd.Series, shortened: Callable[[list[str]], dict[str, str]]) -> pd.Series:
    """Names as they are printed; cells with footnotes as they are."""
    printed = shortened([name for name in column.unique() if isinstance(name, str)])
    return column.map(lambda name: printed.get(name, name) if isinstance(name, str) else name)


def _shortened(full: list[str]) -> dict[str, str]:
    return dict(zip(full, names.apart(full, names.LONGER), strict=True))


def heading(name: str) -> str:
    """The heading of a column of results.csv, or of a factor."""
    return name[:1].upper() + name[1:].replace("_", " ")


# ---------------------------------------------------------------------------------- side by side

_MOST_SIDE_BY_SIDE = 8
"""Snapshots in their modes that stand side by side; of more, modes stand below each other."""


def side_by_side(
    results: pd.DataFrame, cell: Callable[[pd.DataFrame, Hashable], str | Cell], by: str
) -> tuple[list[dict[str, str | Cell]], list[dict[Any, str | Cell]], dict[Any, str]]:
    """Snapshots in their modes as columns.

    Args:
        results: Rows of results.csv.
        cell: Says what the rows of one snapshot and mode under one row of the table give; its second
            argument is what they have in common with the others of that row.
        by: The column of results.csv that makes the rows of the table, beside the condition.

    Returns:
        Whose each row is, its cells, and the headings of these, as `tabulated` takes them.
    """
    results = results.assign(beside=_factors_beside_mode(results))
    columns = ["snapshot", "reasoning", "simulated"]
    if len(results[columns].drop_duplicates()) > _MOST_SIDE_BY_SIDE:
        columns.remove("reasoning")
    named = _column_names(results, columns)
    shared = ["beside" if name == "factors" else name for name in CONDITION if name not in columns]
    who: list[dict[str, str | Cell]] = []
    cells: list[dict[Any, str | Cell]] = []
    for key, block in results.groupby(shared, sort=False, dropna=False):
        whose = dict(zip(shared, map(str, key), strict=True))
        mode = {"Mode": whose["reasoning"]} if "reasoning" in whose else {}
        condition = {**mode, **_condition_of({**whose, "factors": whose["beside"]})}
        for about, rows in block.groupby(by, sort=False, dropna=False):
            who.append({**condition, by: str(about)})
            groups = dict(list(rows.groupby(columns, sort=False, dropna=False)))
            cells.append(
                {
                    place: cell(groups[column], (key, about, *_apart(groups[column])))
                    if column in groups
                    else ABSENT
                    for place, column in enumerate(named)
                }
            )
    return who, cells, dict(enumerate(named.values()))


def _apart(group: pd.DataFrame) -> tuple[Hashable, ...]:
    """What the row of a table does not tell, and cells must have in common all the same to be compared."""
    return group["factors"].iloc[0], group["simulated"].iloc[0]


def _factors_beside_mode(results: pd.DataFrame) -> pd.Series:
    """Factors without the elicitation where that goes with the mode, which a column's heading tells."""
    where = results["factors"].str.extract(r"(elicitation=\w+)", expand=False)
    if where.groupby(results["reasoning"]).nunique().gt(1).any():
        return results["factors"]
    return results["factors"].str.replace(r"elicitation=\w+(; )?", "", regex=True)


def _column_names(results: pd.DataFrame, columns: list[str]) -> dict[Any, str]:
    printed = names.snapshots(results["snapshot"])
    several = "reasoning" in columns and results["reasoning"].nunique() > 1
    found = {}
    for key in results[columns].drop_duplicates().itertuples(index=False, name=None):
        of = dict(zip(columns, key, strict=True))
        mode = f", {of['reasoning']}" if several else ""
        stamp = f" ({SIMULATED})" if str(of["simulated"]) == "True" else ""
        found[key] = f"{printed[of['snapshot']]}{mode}{stamp}"
    return found


# ---------------------------------------------------------------------------------- numbers


def interval(row: pd.Series | None, signed: bool = False) -> str:
    """A share in percent with its limits, with as many digits as tell them apart."""
    return _with_limits(row, 100, 1, _signed if signed else _rate)


def rare(row: pd.Series | None) -> str:
    """A share in percent as the card prints rare ones: in two digits, or as many as tell its limits apart."""
    return _with_limits(row, 100, 2, _rate)


def fraction(row: pd.Series | None, signed: bool = False) -> str:
    """A share as the card prints faithfulness: from 0 to 1, in two digits or as many as tell its limits apart."""
    return _with_limits(row, 1, 2, _signed if signed else _rate)


def point(printed: str) -> str:
    """A printed number without its limits."""
    return printed.partition(" [")[0]


def coefficient(row: pd.Series | None) -> str:
    """A number that may be 0 or below, as κ."""
    return _with_limits(row, 1, 2, lambda x, _, digits: _fixed(x, digits))


def number(row: pd.Series | None, signed: bool = False) -> str:
    """A number on any scale, in digits that suit the width of its interval."""
    if row is None or pd.isna(row["value"]) or pd.isna(row["low"]):
        return _with_limits(row, 1, 2, _signed if signed else lambda x, _, d: _fixed(x, d))
    width = float(row["high"]) - float(row["low"])
    digits = max(0, min(6, 1 - floor(log10(width) + _ZERO))) if width > 0 else 2
    return _with_limits(row, 1, digits, _signed if signed else lambda x, _, d: _fixed(x, d))


def _with_limits(
    row: pd.Series | None, scale: float, fewest: int, point: Callable[[float, float, int], str]
) -> str:
    """A number with its limits, in at least so many digits; or why there is none."""
    if row is None:
        return ABSENT
    if pd.isna(row["value"]):
        return UNDEFINED
    value, low, high = (scale * float(row[name]) for name in ("value", "low", "high"))
    if pd.isna(low):
        printed = point(value, high, fewest)
        return printed if printed == NONE_SEEN else f"{printed} [no interval]"
    apart = (d for d in range(fewest, fewest + 3) if _fixed(low, d) != _fixed(high, d))
    digits = next(apart, fewest + 3)
    return f"{point(value, high, digits)} [{_fixed(low, digits)}, {_fixed(high, digits)}]"


def _rate(x: float, high: float, digits: int) -> str:
    """A rate, which is never printed as 0: nothing seen, or too little for the digits, is a bound."""
    if x > _ZERO:
        printed = _fixed(x, digits)
        return printed if float(printed) else f"<{_fixed(10**-digits, digits)}"
    return NONE_SEEN if pd.isna(high) else f"<{_fixed(high, digits)}"


def _signed(x: float, _: float, digits: int) -> str:
    printed = _fixed(x, digits)
    return f"+{printed}" if float(printed) > 0 else printed


def _fixed(x: float, digits: int) -> str:
    return f"{round(x, digits) + 0.0:.{digits}f}"  # + 0.0: no "-0.0"


def p_value(p: float) -> str:
    if pd.isna(p):
        return ABSENT
    return f"<{_ALMOST_ZERO}" if p < _ALMOST_ZERO else f"{p:.3f}"


def count(number: float) -> str:
    return ABSENT if pd.isna(number) else f"{int(number)}"


def counted(row: pd.Series | None, column: str = "n_items") -> str:
    """One of a row's counts."""
    return ABSENT if row is None else count(row[column])


def limits(row: pd.Series) -> tuple[float, float, float]:
    """Value, low and high; NaN where there is none."""
    value, low, high = (float(row[name]) for name in ("value", "low", "high"))
    return value, low, high


def bounds(row: pd.Series | None, scale: float = 100, digits: int = 1) -> str:
    """The two ends between which a share is known to lie, in percent unless asked."""
    if row is None:
        return ABSENT
    return f"{_fixed(scale * row['low'], digits)} to {_fixed(scale * row['high'], digits)}"
