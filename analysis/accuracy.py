"""What is reported of other people's tasks: accuracy, or the mean score, of any Inspect scorer."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from inspect_ai.scorer import CORRECT, INCORRECT, NOANSWER, PARTIAL, value_to_float

from analysis.estimators import Bounds, mean, rate, rate_bounds
from analysis.logs import OURS
from analysis.quantities import Quantity

TABLE = "accuracy"
"""The table that these rows belong to."""

ACCURACY, MEAN_SCORE = "accuracy", "mean_score"

_KEPT = [
    *("log", "location", "task", "dataset", "snapshot", "model", "reasoning"),
    *("settings", "simulated", "item_id", "sample_id", "epoch", "error", "scorer", "judge"),
    *("rubric", "rubric_hash", "thinking_visibility"),
]
"""Columns that say nothing but what they say of any log: metadata of one name may mean anything."""

_ADDED = ["arm", "setting", "factors", "column", "kind", "y", "no_score"]
"""Columns of `foreign` beside them."""

_ALONE = ""
"""The key of a score that is a single value."""

_GRADES, _WORDS = {CORRECT, INCORRECT, PARTIAL, NOANSWER}, {"yes", "no", "true", "false"}
"""Text that Inspect reads as a score, beside numerals; any other it reads as 0."""

_READ = value_to_float()

_NO_SCORES = "has no scores, so nothing is reported of it: score it first"

_NO_SCORE = "left out: no sample has a score"

_LONGEST = 40
"""Characters of a text that a sentence shows."""


def accuracy(group: pd.DataFrame) -> Iterator[Quantity]:
    """The accuracy, or the mean score, by each key of a scorer's value.

    Args:
        group: Rows of `foreign` of one condition and one scorer.
    """
    for (column, kind), rows in group.groupby(["column", "kind"], sort=False):
        y, item = rows["y"], rows["item_id"]
        missing = Bounds(None, None, int(y.isna().sum()))
        bounds = rate_bounds(y) if kind == ACCURACY else missing
        estimate = rate(y, item) if kind == ACCURACY else mean(y, item)
        text = rows.loc[rows["no_score"] != "", "no_score"]
        if len(text):
            said = f"text that is no score, {_shown(text.iloc[0])} for one, counts as unscored"
            estimate = replace(estimate, warnings=(*estimate.warnings, f"{said}: {len(text)}"))
        yield Quantity(str(kind), estimate, bounds, column=str(column))


def foreign(frame: pd.DataFrame) -> pd.DataFrame:
    """The scores of all scorers but ours, as numbers.

    Letter grades, yes and no, true and false are read as Inspect reads them; text that it cannot read
    is unscored, and so are NaN and samples that ended in an error.

    Args:
        frame: As `analysis.logs.read` gives it.

    Returns:
        One row per sample, epoch, scorer and key of the scorer's value: the columns of the frame that
        are no metadata of the samples (`item_id` is the sample's id), `arm` and `setting` (empty),
        `factors` (what the runs of a task were given differently, as `name=value; ...`), `column` (SCORER,
        or SCORER.KEY), `kind` (`accuracy` where all scores of the column in the task lie in [0, 1],
        else `mean_score`), `y` (the score; NaN = unscored) and `no_score` (the text of a score that is none,
        else empty).
        `attrs["problems"]` lists (scorer, key and task, problem) for each that is left out.
    """
    empty = dict.fromkeys(("score_keys", "task_args"), "{}")  # of rows that a caller added
    frame = frame.assign(**{k: frame[k].fillna(nothing) for k, nothing in empty.items()})
    theirs = _theirs(frame).copy()  # in one piece again, after so many columns
    theirs = theirs.assign(item_id=theirs["sample_id"], factors=_factors(frame, theirs))
    problems = [(str(log), _NO_SCORES) for log in frame.loc[frame["scorer"] == "", "log"].unique()]
    kept = [*(name for name in _KEPT if name in frame), "factors"]
    parts = [pd.DataFrame(columns=[*kept, *(name for name in _ADDED if name != "factors")])]
    for (task, scorer), rows in theirs.groupby(["task", "scorer"], sort=False):
        keys = {
            key: name
            for told in rows["score_keys"].unique()
            for key, name in json.loads(told).items()
        }
        for key, name in keys.items():
            column = str(scorer) if key == _ALONE else f"{scorer}.{key}"
            about = rows[_of_key(rows, key)]
            values = (
                about[name].astype(object).where(_has(about, key) & (about["error"] == ""), np.nan)
            )
            problem = _no_number(values, alone=key == _ALONE)
            if problem:
                problems.append((f"{column} ({task})", problem))
            else:
                parts.append(_as_numbers(about[kept], values, column))
        if not keys:
            problems.append((f"{scorer} ({task})", _NO_SCORE))
    long = pd.concat(parts[1:] or parts).sort_index(kind="stable").reset_index(drop=True)
    long.attrs = {"problems": problems}
    return long


def _as_numbers(rows: pd.DataFrame, values: pd.Series, column: str) -> pd.DataFrame:
    y = values.map(_number)
    kind = ACCURACY if y.dropna().between(0, 1).all() else MEAN_SCORE
    told = rows.assign(arm="", setting="", column=column, kind=kind)
    return told.assign(y=y, no_score=values.map(_no_score))


def _theirs(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of scorers that are not ours; where nothing of a log is scored by a name, logs elsewhere tell."""
    ours, nothing = _has(frame, OURS), frame["score_keys"] == "{}"
    elsewhere = ours.groupby(frame["scorer"]).transform("any")
    return frame[(frame["scorer"] != "") & ~ours & ~(elsewhere & nothing)]


def _has(rows: pd.DataFrame, key: str) -> pd.Series:
    """Which rows are of a log in which the scorer gave a key."""
    told = rows["score_keys"]
    return told.map({text: key in json.loads(text) for text in told.unique()}).astype(bool)


def _of_key(rows: pd.DataFrame, key: str) -> pd.Series:
    """Which rows a key is about: of logs whose scores are of its kind, single or by key, or that have none."""
    alone = _has(rows, _ALONE)
    return (alone if key == _ALONE else ~alone) | (rows["score_keys"] == "{}")


def _factors(frame: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """What each row's run was given that the runs of its task in a frame differ in."""
    named = {}
    for task, told in frame.groupby("task", sort=False)["task_args"]:
        runs = {text: json.loads(text) for text in told.unique()}
        names = sorted({name for args in runs.values() for name in args})
        differing = [n for n in names if len({args.get(n) for args in runs.values()}) > 1]
        for text, args in runs.items():
            named[task, text] = "; ".join(f"{n}={args[n]}" for n in differing if n in args)
    keys = zip(rows["task"], rows["task_args"], strict=True)
    return pd.Series([named[key] for key in keys], index=rows.index, dtype=object)


def _no_number(values: pd.Series, *, alone: bool) -> str:
    """Why the scores of a key are no numbers; empty where they are.

    Args:
        values: What the scorer gave; NaN where it gave nothing.
        alone: Whether this is all that the scorer gave. A key beside others often holds the answer
            itself: its "C" is a grade, and its "1" a number, only where all of its text is a grade.
    """
    text = values[values.map(lambda value: isinstance(value, str))]
    if len(text) and text.str.startswith("[").all():
        return "left out: it has a list for one sample; give a number, or a dict of them"
    grades = text.isin(_GRADES) | text.str.lower().isin(_WORDS)
    odd = text[text.map(_no_score) != ""] if alone else text[~grades]
    if len(odd) > (len(text) / 2 if alone else 0):
        return f"left out: it holds text that is no score, {_shown(str(odd.iloc[0]))} for one"
    return "" if values.map(_number).notna().any() else _NO_SCORE


def _number(value: Any) -> float:
    """A score as a number; NaN where it is none."""
    if isinstance(value, str):
        return float("nan") if _no_score(value) else _READ(value)
    return float(value) if pd.notna(value) and np.isfinite(value) else float("nan")


def _no_score(value: Any) -> str:
    """A score that is text which Inspect cannot read as a number; else empty."""
    if not isinstance(value, str) or value in _GRADES or value.lower() in _WORDS:
        return ""
    try:
        return "" if np.isfinite(float(value)) else value
    except ValueError:
        return value


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
