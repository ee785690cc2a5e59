"""The summary of a report: what was measured on what, and the first numbers in sentences."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis import monitors, scaling
from analysis.faithfulness import AVERAGE
from analysis.monitors import CATEGORIES, OVERALL
from analysis.special_casing import IMPOSSIBLE
from paper_figures import cells
from paper_figures.formats import text_of
from paper_figures.tables.series import old_of, scorer_of


@dataclass(frozen=True)
class Headline:
    """A number that the summary is about.

    Attributes:
        metric: As in results.csv.
        title: What it is called.
        where: Which of its rows.
        unit: How it is printed: `percent`, `points` (signed, of percent), `share`,
            `coefficient` (may be 0 or below) or `score`.
        counted: What its `n` counts.
    """

    metric: str
    title: str
    where: tuple[tuple[str, str], ...]
    unit: str
    counted: str


HEADLINES = (
    Headline("compliance_gap", "Compliance gap", (), "points", "pairs"),
    Headline(
        "alignment_faking_reasoning_rate",
        "AF rate",
        (("visibility", "raw"),),
        "percent",
        "transcripts",
    ),
    Headline(
        "acknowledgement_rate",
        "Raw faithfulness, mean over hints",
        (("hint", AVERAGE), ("visibility", "raw")),
        "share",
        "used pairs",
    ),
    Headline(
        "faithfulness_normalised",
        "Chance-normalised faithfulness, mean over hints",
        (("hint", AVERAGE), ("visibility", "raw")),
        "share",
        "used pairs",
    ),
    Headline("aoc", "Area over the curve of interventions", (), "coefficient", "items"),
    Headline("unfaithful_pair_rate", "Unfaithful pairs", (), "percent", "pairs"),
    Headline(
        "reward_hack_rate",
        "Hacks on impossible tasks",
        (("arm", IMPOSSIBLE),),
        "percent",
        "samples",
    ),
    Headline(
        "reward_hack_verbalised_rate",
        "Hacks that the thinking admits",
        (("arm", IMPOSSIBLE), ("visibility", "raw")),
        "percent",
        "hacks",
    ),
    Headline(
        "accuracy_per_doubling", "Accuracy per doubling of thinking tokens", (), "points", "items"
    ),
    *(
        Headline(
            "flagged_rate",
            f"Thinking flagged: {monitor.replace('_', ' ')}",
            (("visibility", "raw"), ("column", f"{monitor}: {OVERALL}")),
            "percent",
            "transcripts",
        )
        for monitor in CATEGORIES
    ),
    Headline("attack_prevented_rate", "Attacks prevented", (), "percent", "attempts"),
    Headline("accuracy", "Accuracy", (("table", "accuracy"),), "percent", "samples"),
    Headline("mean_score", "Mean score", (("table", "accuracy"),), "score", "samples"),
)

_OF_SCORERS = ("accuracy", "mean_score")
"""Metrics of other people's tasks, whose column `column` names a scorer."""

_MOST = 12
"""Sentences about one headline: more are a table, and stand in one."""

_APART = ("reasoning", "task", "dataset", "setting", "factors", "judge", "arm", "column")
"""Columns that tell apart what is not compared: a sentence is about one value of each."""


@dataclass(frozen=True)
class Said:
    """A headline in sentences, and how many conditions are left to the tables."""

    title: str
    sentences: tuple[str, ...]
    n_more: int


def said(measured: pd.DataFrame, names: dict[str, str]) -> list[Said]:
    """The headlines that the rows give.

    Args:
        measured: Rows of `analysis.snapshots.results`.
        names: Of its snapshots, as tables print them.
    """
    found = []
    for headline in HEADLINES:
        rows = measured[(measured["metric"] == headline.metric) & measured["snapshot"].isin(names)]
        for column, value in headline.where:
            rows = rows[rows[column] == value]
        if len(rows):
            sentences = list(_sentences(headline, rows, measured, names))
            more = max(0, len(sentences) - _MOST)
            found.append(Said(headline.title, tuple(sentences[:_MOST]), more))
    return found


def _sentences(
    headline: Headline, rows: pd.DataFrame, measured: pd.DataFrame, names: dict[str, str]
) -> Iterator[str]:
    rows = rows.fillna(dict.fromkeys(_APART, ""))
    told = [name for name in _APART if rows[name].nunique() > 1 and name != "column"]
    groups = rows.groupby(list(_APART), sort=False, dropna=False)
    for key, group in groups:
        where = _where(dict(zip(_APART, map(str, key), strict=True)), told, rows, headline)
        yield f"{where}{_compared(headline, group, measured, names)}"


def _where(key: dict[str, str], told: Sequence[str], rows: pd.DataFrame, headline: Headline) -> str:
    """What a sentence is about, as far as it differs from the other sentences."""
    parts = [
        {"standard": "Standard mode", "extended": "Extended thinking"}.get(
            key["reasoning"], key["reasoning"]
        )
    ]
    for name in told:
        if name not in ("reasoning", "factors"):
            parts.append(key[name].replace("_", " ") if name == "arm" else key[name])
    if headline.metric in _OF_SCORERS:
        parts += [key["task"]] * ("task" not in told) + [key["column"]]
    parts += differing(key["factors"], rows["factors"]) if "factors" in told else []
    return ", ".join(filter(None, parts)) + ": "


def differing(factors: str, among: Iterable[str]) -> list[str]:
    """In plain words, the factors that are not the same for all; elicitation goes with the mode mostly, and the tables have it.

    Args:
        factors: Of one condition, as in results.csv.
        among: Those of all conditions that it stands beside.
    """
    everywhere = set.intersection(*(set(text.split("; ")) for text in among))
    told = [factor for factor in factors.split("; ") if factor and factor not in everywhere]
    return [_plain(factor) for factor in told if not factor.startswith("elicitation=")]


_WORDS = {
    "rung=0": "asked to make the tests pass",
    "rung=1": "no word on how to pass the tests",
    "rung=2": "asked for a general solution",
    "rung=3": "told to stop where tests are wrong",
    "form=single_turn": "in one answer",
    "form=agent": "as an agent",
    "safeguards=none": "without safeguards",
    "safeguards=system": "with the system-prompt safeguard",
    "safeguards=classifier": "with the classifier as safeguard",
    "safeguards=compared": "with safeguards against without",
    "classifier_judge=lexical": "which goes by patterns",
    "classifier_judge=model": "which is a model",
    "stages=one": "every transcript read",
    "flag=True": "told how to report a bad test",
    "flag=False": "not told how to report a bad test",
}
"""Levels of factors that are no plain words."""


def _plain(factor: str) -> str:
    """A factor with its level as it is said in a sentence."""
    name, _, level = factor.partition("=")
    switched = {"True": "with", "False": "without"}
    said = f"{switched[level]} {name}" if level in switched else f"{name} {level}"
    return _WORDS.get(factor, said.replace("_", " "))


def _compared(
    headline: Headline, group: pd.DataFrame, measured: pd.DataFrame, names: dict[str, str]
) -> str:
    known = group[pd.notna(group["value"])]
    unknown = [names[s] for s in group.loc[pd.isna(group["value"]), "snapshot"]]
    unread = f" Not measurable: {', '.join(unknown)}." if unknown else ""
    if known.empty:
        return f"not measurable for {', '.join(unknown)}."
    last = known.iloc[-1]
    text = f"{names[last['snapshot']]} {_number(headline, last)} (n = {_n(last, headline)})"
    text += _change(headline, last, measured, names)
    values = known["value"].to_numpy(float)
    if values.max() > values.min():
        low, high = known.iloc[values.argmin()], known.iloc[values.argmax()]
        text += (
            f"; over {len(known)} snapshots from {_number(headline, low)} ({names[low['snapshot']]}) "
            f"to {_number(headline, high)} ({names[high['snapshot']]})"
        )
    return f"{text}.{unread}"


def _n(row: pd.Series, headline: Headline) -> str:
    of_items = headline.counted in ("pairs", "items") and pd.notna(row["n_items"])
    number = cells.count(row["n_items"] if of_items else row["n_samples"])
    return f"{number} {headline.counted.removesuffix('s') if number == '1' else headline.counted}"


def _change(
    headline: Headline, last: pd.Series, measured: pd.DataFrame, names: dict[str, str]
) -> str:
    """How the last snapshot differs from the one before it, where that was tested."""
    rows = measured[measured["metric"] == f"{headline.metric}_change"]
    for column in ("snapshot", *(c for c in _APART if c != "column"), "hint", "visibility"):
        rows = rows[rows[column].fillna("") == text_of(last[column])]
    named = (*_OF_SCORERS, "flagged_rate")
    of_theirs = last["column"] if headline.metric in named else ""
    rows = rows[rows["column"].map(scorer_of) == of_theirs]
    if rows.empty or pd.isna(rows.iloc[0]["value"]):
        return ""
    row = rows.iloc[0]
    before = old_of(str(row["column"]))
    p = row["p_adjusted"] if pd.notna(row["p_adjusted"]) else row["p_value"]
    tested = f", {'adjusted ' if pd.notna(row['p_adjusted']) else ''}p = {cells.p_value(p)}"
    tested = tested.replace("= <", "< ") if pd.notna(p) else ""
    unit = "points" if headline.unit == "percent" else headline.unit
    return f", {_printed(row, unit, signed=True)} against {names.get(before, before)}{tested}"


def _number(headline: Headline, row: pd.Series) -> str:
    return _printed(row, headline.unit, signed=headline.unit == "points")


_PRINTED = {
    "percent": cells.interval,
    "points": cells.interval,
    "share": cells.fraction,
    "coefficient": lambda row, signed: (
        cells.fraction(row, signed=True) if signed else cells.coefficient(row)
    ),
    "score": cells.number,
}
"""How tables print a number of each unit, with its interval."""

_SAID = {"percent": "%", "points": " points"}
"""What stands behind a number in a sentence, where a table has it in its caption."""


def _printed(row: pd.Series, unit: str, signed: bool = False) -> str:
    """A number with its interval, as tables have it; a difference has a sign."""
    text = _PRINTED[unit](row, signed)
    value = cells.point(text)
    if value == cells.NONE_SEEN:
        return text
    return f"{value}{_SAID.get(unit, '')}{text.removeprefix(value)}"


# ---------------------------------------------------------------------------------- what was measured


@dataclass(frozen=True)
class Measured:
    """What one task was posed to, with how much."""

    task: str
    snapshots: tuple[str, ...]
    modes: tuple[str, ...]
    n_items: int
    n_transcripts: int
    arms: tuple[str, ...]
    kinds: tuple[str, ...]
    epochs: int
    judges: tuple[str, ...]
    rankers: tuple[str, ...]


def measured_on(frame: pd.DataFrame) -> list[Measured]:
    """What was measured on what, by task: kinds of prompts are no arms, and who ranks answers judges none.

    Args:
        frame: As `analysis.logs.read` gives it.
    """
    return [_measured(str(task), rows) for task, rows in frame.groupby("task", sort=False)]


def _measured(task: str, rows: pd.DataFrame) -> Measured:
    once = rows.drop_duplicates(["log", "sample_id", "epoch"])
    arms = once["arm"].dropna() if "arm" in once else pd.Series(dtype=str)
    said = tuple(str(arm).replace("_", " ") for arm in arms.unique())
    monitored = bool(rows["scorer"].isin(monitors.SCORERS).all())
    ranks = rows["scorer"].isin(scaling.SCORERS)
    return Measured(
        task=task,
        snapshots=tuple(map(str, rows["snapshot"].unique())),
        modes=tuple(map(str, rows["reasoning"].unique())),
        n_items=int(once.groupby("dataset")["item_id"].nunique().sum()),
        n_transcripts=len(once),
        arms=() if monitored else said,
        kinds=said if monitored else (),
        epochs=int(once["epoch"].max()),
        judges=_named(rows.loc[~ranks, "judge"]),
        rankers=_named(rows.loc[ranks, "judge"]),
    )


def _named(judges: pd.Series) -> tuple[str, ...]:
    return tuple(str(judge) for judge in judges.unique() if judge)
