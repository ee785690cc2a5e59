"""How good a judge is: its verdicts against labels that people gave (METHODS §5, judge error)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.stats import mannwhitneyu, norm

from analysis.estimators import LEVEL, Array, Estimate, agreement, rate

ESTIMATES = ("sensitivity", "specificity", "auroc", "kappa", "prevalence")
_EDGE = 1e-9
"""Off an area of 0 or 1, where the variance is 0 and no area would be a surprise or all would."""

_MOST_POINTS = 200
"""Of a ROC curve that is kept: as fine as it can be drawn at the width of a page."""

_PLAIN = ("n", "n_unscored", "n_unlabelled", "rubric", "rubric_hash", "judge", "simulated")


@dataclass(frozen=True)
class Calibration:
    """What a validation set says about a judge under a rubric.

    Attributes:
        sensitivity: Share of positives that the judge calls positive.
        specificity: Share of negatives that the judge calls negative.
        auroc: Chance that a positive has the higher score than a negative, ties counting half.
        kappa: Cohen's κ of verdict and label.
        prevalence: Share of positives among the labels.
        n: Transcripts with a verdict and a label.
        n_unscored: Labelled transcripts without a verdict.
        n_unlabelled: Verdicts on transcripts that nobody labelled, which count for nothing.
        rubric: The rubric's name.
        rubric_hash: Its version.
        judge: Who judged.
        simulated: Whether any of the transcripts is simulated.
        hint: The hint that all transcripts are about; empty where they are about several, or about none.
        roc: The ROC curve as (false positive rate, true positive rate, threshold), from (0, 0) at the
            strictest threshold to (1, 1) at the laxest. Empty where it is not known.
    """

    sensitivity: Estimate
    specificity: Estimate
    auroc: Estimate
    kappa: Estimate
    prevalence: Estimate
    n: int
    n_unscored: int
    n_unlabelled: int
    rubric: str
    rubric_hash: str
    judge: str
    simulated: bool
    hint: str = ""
    roc: tuple[tuple[float, float, float], ...] = ()


def validate(verdicts: pd.DataFrame, labels: pd.DataFrame, positive: str) -> Calibration:
    """Compare verdicts with labels.

    Args:
        verdicts: `id`, `verdict` (True, False or missing), `score` (0 to 1), `rubric`,
            `rubric_hash`, `judge`, and `hint` where there are hints, as `saydo label` writes them.
        labels: `id` and `label`.
        positive: The label that a verdict of True should meet; all other labels are negative.

    Raises:
        ValueError: No label is `positive`, or all are; a labelled transcript has no verdict row; an id
            comes twice, or without a label; the verdicts are of more than one judge or rubric.
    """
    for column in ("judge", "rubric", "rubric_hash"):
        if verdicts[column].nunique() != 1:
            found = ", ".join(sorted(verdicts[column].dropna().astype(str).unique())) or "none"
            raise ValueError(f"the verdicts must be of one {column}; found: {found}.")
    for what, table in (("verdicts", verdicts), ("labels", labels)):
        if table["id"].duplicated().any():
            twice = table["id"][table["id"].duplicated()].iloc[0]
            raise ValueError(f"id {twice} stands in the {what} more than once.")
    if labels["label"].isna().any():
        bare = labels["id"][labels["label"].isna()].iloc[0]
        raise ValueError(f"id {bare} has no label: leave such rows out of the labels.")
    both = labels.merge(verdicts, on="id", how="left", indicator=True)
    missing = both.loc[both["_merge"] == "left_only", "id"].tolist()
    if missing:
        raise ValueError(f"{len(missing)} labelled ids have no verdict, {missing[0]} first.")
    truth = both["label"] == positive
    if truth.all() or not truth.any():
        found = ", ".join(sorted(both["label"].astype(str).unique()))
        raise ValueError(f"label {positive} must be given to some and not to all; found: {found}.")
    said = both["verdict"].map({True: 1.0, False: 0.0}).astype(float)
    scored = said.notna()
    pairs = np.column_stack([truth[scored].astype(float), said[scored]])
    score = both["score"].astype(float)
    return Calibration(
        sensitivity=rate(said[truth]),
        specificity=rate(1 - said[~truth]),
        auroc=auroc(score[truth & scored], score[~truth & scored]),
        kappa=agreement(pairs).kappa,
        prevalence=rate(truth.astype(float)),
        n=int(scored.sum()),
        n_unscored=int((~scored).sum()),
        n_unlabelled=int((~verdicts["id"].isin(labels["id"])).sum()),
        rubric=str(verdicts["rubric"].iloc[0]),
        rubric_hash=str(verdicts["rubric_hash"].iloc[0]),
        judge=str(verdicts["judge"].iloc[0]),
        simulated="simulated" in verdicts and bool(verdicts["simulated"].eq(True).any()),
        hint=_one_hint(verdicts),
        roc=roc(score[truth & scored], score[~truth & scored]),
    )


def _one_hint(verdicts: pd.DataFrame) -> str:
    hints = set(verdicts["hint"].fillna("")) if "hint" in verdicts else {""}
    return str(hints.pop()) if len(hints) == 1 else ""


def check_distinct(calibrations: Sequence[Calibration]) -> None:
    """Refuse two answers to one question.

    Raises:
        ValueError: Two calibrations are of the same judge, version of a rubric and hint.
    """
    seen = set()
    for c in calibrations:
        about = (c.judge, c.rubric, c.rubric_hash, c.hint)
        if about in seen:
            hint = f"the hint {c.hint}" if c.hint else "no single hint"
            raise ValueError(
                f"two calibrations are of judge {c.judge}, rubric {c.rubric} and {hint}: give one of them."
            )
        seen.add(about)


def side_by_side(frame: pd.DataFrame, ours: str, theirs: str) -> pd.DataFrame:
    """Verdicts of two scorers on the same samples.

    Args:
        frame: As `analysis.logs.read` gives it.
        ours: `SCORER.KEY`: a scorer, and a key of its value that is 1 or 0.
        theirs: The same of another scorer, or another key.

    Returns:
        One row per sample and epoch that both scored: `log`, `ours`, `theirs` as 1, 0 or NaN (no verdict).

    Raises:
        ValueError: A scorer or key is not in the frame, or a scorer scored a sample more than once.
    """
    samples = ["log", "sample_id", "epoch"]
    columns = []
    for name, wanted in (("ours", ours), ("theirs", theirs)):
        scorer, _, key = wanted.partition(".")
        rows = frame[frame["scorer"] == scorer]
        if rows.empty or key not in rows or rows[key].isna().all():
            found = ", ".join(sorted(frame["scorer"].unique()))
            raise ValueError(
                f"{wanted} is in none of the logs: give SCORER.KEY; the scorers are {found}."
            )
        if rows.duplicated(samples).any():
            raise ValueError(
                f"{scorer} scored the same samples more than once, by several judges for example: give logs "
                "of one judge."
            )
        values = pd.to_numeric(rows[key].astype(object), errors="coerce").astype(float)
        columns.append(rows[samples].assign(**{name: values}))
    return columns[0].merge(columns[1], on=samples)[["log", "ours", "theirs"]]


def auroc(positives: ArrayLike, negatives: ArrayLike, level: float = LEVEL) -> Estimate:
    """Area under the ROC curve, ties counting half, with the score-type interval of Newcombe (2006).

    The interval is that of his method 5: the areas whose Hanley-McNeil variance would make the one seen
    no surprise. It has a width at 0 and 1 too.

    Args:
        positives: Scores of positives, shape (m,).
        negatives: Scores of negatives, shape (n,).
        level: Confidence level.
    """
    high, low = np.asarray(positives, dtype=float), np.asarray(negatives, dtype=float)
    m, n = len(high), len(low)
    method = "Mann-Whitney, Newcombe method 5"
    if not m or not n:
        return Estimate(None, None, None, None, m + n, m + n, method, ("one class is empty",))
    area = float(mannwhitneyu(high, low).statistic) / (m * n)
    z, spread = float(norm.ppf((1 + level) / 2)), (m + n) / 2 - 1

    def surprise(theta: float) -> float:
        variance = theta * (1 - theta) / (m * n)
        variance *= 1 + spread * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return (area - theta) ** 2 - z**2 * variance

    inside = min(max(area, _EDGE), 1 - _EDGE)
    low_area, high_area = (float(brentq(surprise, edge, inside)) for edge in (0.0, 1.0))
    limits = (min(area, low_area), max(area, high_area))
    return Estimate(area, *limits, None, m + n, m + n, method, ())


def roc(positives: ArrayLike, negatives: ArrayLike) -> tuple[tuple[float, float, float], ...]:
    """ROC curve (Fawcett 2006): what each threshold finds of the positives, and of the negatives.

    Args:
        positives: Scores of positives, shape (m,).
        negatives: Scores of negatives, shape (n,).

    Returns:
        (false positive rate, true positive rate, threshold) of "score ≥ threshold", from (0, 0), just
        above the highest score, to (1, 1), at the lowest; one point for each score that occurs, so that
        ties make one step. Points within a straight stretch are left out, and a curve of more than
        `_MOST_POINTS` corners keeps that many of them, evenly chosen. Empty where a class is.
    """
    high, low = (_ascending(scores) for scores in (positives, negatives))
    if not len(high) or not len(low):
        return ()
    thresholds = np.unique(np.concatenate([high, low]))
    thresholds = np.append(thresholds, np.nextafter(thresholds[-1], np.inf))[::-1]
    shares = [1 - np.searchsorted(scores, thresholds) / len(scores) for scores in (low, high)]
    points = np.column_stack([*shares, thresholds])
    steps = np.diff(points[:, :2], axis=0)
    turns = np.abs(np.diff(np.arctan2(steps[:, 1], steps[:, 0]))) > _EDGE
    corners = points[np.concatenate([[True], turns, [True]])]
    kept = np.linspace(0, len(corners) - 1, min(len(corners), _MOST_POINTS)).astype(int)
    return tuple((float(f), float(t), float(at)) for f, t, at in corners[kept])


def _ascending(scores: ArrayLike) -> Array:
    known = np.asarray(scores, dtype=float)
    return np.sort(known[~np.isnan(known)])


def save(calibration: Calibration, path: Path) -> None:
    """Write a calibration as JSON, each estimate with `value`, `low` and `high`."""
    record: dict[str, Any] = asdict(calibration)
    for name in ESTIMATES:
        estimate: Estimate = getattr(calibration, name)
        record[name] = {
            "value": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "n": estimate.n_items,
        }
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def load(path: Path) -> Calibration:
    """Read a calibration.

    Raises:
        ValueError: The file is not JSON, or a key is missing.
    """
    try:
        record: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        values: dict[str, Any] = {name: record[name] for name in _PLAIN}
        values |= {name: _estimate(record[name]) for name in ESTIMATES}
        values["hint"] = record.get("hint", "")
        values["roc"] = tuple(_point(*numbers) for numbers in record.get("roc", ()))
        return Calibration(**values)
    except (ValueError, KeyError, TypeError) as error:  # ValueError: not JSON, or not a number
        raise ValueError(
            f"{path} is not a calibration as `saydo validate` writes it ({error})."
        ) from error


def _point(
    false_positive: float, true_positive: float, threshold: float
) -> tuple[float, float, float]:
    return float(false_positive), float(true_positive), float(threshold)


def _estimate(numbers: Mapping[str, Any]) -> Estimate:
    n = int(numbers["n"])
    limits = (numbers["value"], numbers["low"], numbers["high"])
    return Estimate(*limits, None, n, n, "validation", ())
