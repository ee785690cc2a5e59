"""What is reported of other people's tasks: accuracy, or the mean score, of any Inspect scorer."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from inspect_ai.scorer import CORRECT, INCORRECT, NOANSWER, PARTIAL, value_to_float

from analysis.estimators import Bounds, Estimate, mean, pass_at_k, rate, rate_bounds
from analysis.logs import OURS
from analysis.quantities import Quantity

TABLE = "accuracy"
"""The table that these rows belong to."""

ACCURACY, MEAN_SCORE = "accuracy", "mean_score"

WITHIN, PASS = "accuracy_within_turns", "pass_at_k"
"""Metrics of a number of turns, and of samples, which stands in their column behind the scorer's: `match: 4 turns`, `match: k=4`."""

ERRORED, LIMITED = COUNTS = ("samples_ended_in_error", "samples_ended_by_limit")
"""Metrics that count samples, where there are any; what they count stands in their column behind the scorer's."""

_COUNTED = {ERRORED: "ended in an error", LIMITED: "ended by a limit"}

_NUMBERED = re.compile(r"(?P<scorer>.*): (?:(?P<t>\d+) turns?|k=(?P<k>\d+))", re.DOTALL)

_KEPT = [
    *("log", "location", "task", "dataset", "snapshot", "model", "reasoning"),
    *("settings", "simulated", "item_id", "sample_id", "epoch", "error", "scorer", "judge"),
    *("rubric", "rubric_hash", "thinking_visibility", "turns", "limit"),
]
"""Columns that say nothing but what they say of any log: metadata of one name may mean anything."""

_ADDED = ["arm", "setting", "factors", "column", "kind", "most_turns", "y", "no_score"]
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

    An accuracy is also told by turns, where samples took several, and by samples of an item, where it has several.

    Args:
        group: Rows of `foreign` of one condition and one scorer.
    """
    for (column, kind), rows in group.groupby(["column", "kind"], sort=False):
        y, item = rows["y"], rows["item_id"]
        missing = Bounds(None, None, int(y.isna().sum()))
        bounds = rate_bounds(y) if kind == ACCURACY else missing
        estimate = rate(y, item) if kind == ACCURACY else mean(y, item)
        warnings = (*estimate.warnings, *_odd(rows))
        yield Quantity(str(kind), replace(estimate, warnings=warnings), bounds, column=str(column))
        yield from _counts(str(column), rows)
        if kind == ACCURACY:
            yield from _within_turns(str(column), rows)
            yield from _pass_at_k(str(column), rows)


def numbered(column: str) -> tuple[str, int]:
    """The scorer, and the number of turns or samples, that a column of `WITHIN` or `PASS` is about."""
    told = _NUMBERED.fullmatch(column)
    if not told:
        raise ValueError(f"{column!r} names no number of turns or samples.")
    return told["scorer"], int(told["t"] or told["k"])


def _odd(rows: pd.DataFrame) -> Iterator[str]:
    """What of the samples is to be known beside their scores."""
    text = rows.loc[rows["no_score"] != "", "no_score"]
    if len(text):
        said = f"text that is no score, {_shown(text.iloc[0])} for one, counts as unscored"
        yield f"{said}: {len(text)}"
    limits = rows.loc[rows["limit"] != "", "limit"].value_counts()
    if len(limits):
        kinds = ", ".join(f"{name} {n}" for name, n in sorted(limits.items()))
        yield f"samples that a limit ended, with the score they had then: {limits.sum()} ({kinds})"


def _counts(column: str, rows: pd.DataFrame) -> Iterator[Quantity]:
    """How many samples ended in an error, without a score, and by a limit, with one: of all that there are."""
    for metric, field in ((ERRORED, "error"), (LIMITED, "limit")):
        n = int((rows[field] != "").sum())
        if n:
            about = (rows["item_id"].nunique(), len(rows), "count", ())
            counted = Estimate(float(n), None, None, None, *about)
            name = f"{column}: {_COUNTED[metric]}"
            yield Quantity(metric, counted, Bounds(None, None, 0), column=name)


def _within_turns(column: str, rows: pd.DataFrame) -> Iterator[Quantity]:
    """The accuracy with all that took more than t turns counted as 0, for t = 1, 2, 4, ... until it is the accuracy.

    Samples whose turns are not told are missing whatever their score is: to keep the wrong ones alone would lower the rate.
    In the bounds they count as 0, and as their score.
    """
    y, turns, most = rows["y"], rows["turns"], rows["most_turns"].max()
    if not most > 1 or turns.isna().all():
        return
    told, best = y.where(turns.notna()), y.where(turns.isna()).fillna(1.0)
    untold = int((y.notna() & turns.isna()).sum())
    said = (f"of these with a score and no number of turns: {untold}",) if untold else ()
    for t in (2**i for i in range((int(most) - 1).bit_length() + 1)):
        within = told.where((turns <= t) | told.isna(), 0.0)
        name = f"{column}: {t} turn{'s' if t > 1 else ''}"
        found = rate(within, rows["item_id"])
        low, high = (float(within.fillna(missing).mean()) for missing in (0.0, best))
        bounds = Bounds(low, high, int(within.isna().sum()))
        estimate = replace(found, warnings=(*found.warnings, *said))
        yield Quantity(WITHIN, estimate, bounds, column=name)


def _pass_at_k(column: str, rows: pd.DataFrame) -> Iterator[Quantity]:
    """The mean over items of the chance that k of an item's samples hold one that is right, where all scores are 0 or 1.

    For k = 2, 4, 8, ... and for all samples of an item. An item with fewer than k scored samples is left out.
    """
    y, by_item = rows["y"], rows.groupby("item_id")["y"]
    if not y.dropna().isin((0, 1)).all():
        return
    posed, scored, right = by_item.size(), by_item.count(), by_item.sum().astype(int)
    most = int(posed.max())
    for k in dict.fromkeys(
        [*(2**i for i in range(1, most.bit_length())), most] if most > 1 else []
    ):
        long = scored >= k
        found = rate(_passes(scored[long], right[long], k))
        few = f"items with fewer than {k} scored samples left out: {int((~long).sum())}"
        told = (*found.warnings, *([] if long.all() else [few]))
        estimate = replace(found, n_samples=int(scored[long].sum()), warnings=told)
        wide = posed >= k
        worst, best = (
            _passes(posed[wide], (right + more)[wide], k) for more in (0, posed - scored)
        )
        bounds = Bounds(float(np.mean(worst)), float(np.mean(best)), int(y.isna().sum()))
        yield Quantity(PASS, estimate, bounds, column=f"{column}: k={k}")


def _passes(n: pd.Series, right: pd.Series, k: int) -> list[float]:
    return [pass_at_k(of, c, k) for of, c in zip(n.tolist(), right.tolist(), strict=True)]


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
        else `mean_score`), `most_turns` (that a sample of the task took), `y` (the score; NaN = unscored) and
        `no_score` (the text of a score that is none, else empty).
        `attrs["problems"]` lists (scorer, key and task, problem) for each that is left out.
    """
    # of rows that a caller added
    empty: dict[str, str | float] = {
        "score_keys": "{}",
        "task_args": "{}",
        "limit": "",
        "turns": np.nan,
    }
    columns = frame.reindex(columns=list(empty))
    frame = frame.assign(**{k: columns[k].fillna(nothing) for k, nothing in empty.items()})
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
    told = rows.assign(arm="", setting="", column=column, kind=kind, most_turns=rows["turns"].max())
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
