"""How good a judge is: its verdicts against labels that people gave (METHODS §5, judge error)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimators import Bounds, Estimate, agreement, rate, rate_bounds
from analysis.roc import auroc, roc
from analysis.untrusted import check_whole, quoted

NEEDED = ("sensitivity", "specificity", "auroc", "kappa", "prevalence")
"""Numbers that every calibration has."""

ESTIMATES = (*NEEDED, "balanced_accuracy", "raw_agreement", "alpha", "brier")
"""All numbers; those not needed are None where a calibration was written before there were such."""

_BOUNDED = ("sensitivity", "specificity")
"""Numbers whose bounds, with what is unscored at worst and at best, are kept as `NAME_bounds`."""

_PLAIN = ("n", "n_unscored", "n_unlabelled", "rubric", "rubric_hash", "judge", "simulated")

_BINS = 10
"""Of equal width between the scores 0 and 1, as reliability diagrams mostly have (DeGroot and Fienberg 1983)."""


@dataclass(frozen=True)
class Bin:
    """Transcripts to which a judge gave about the same score.

    Attributes:
        score: Mean of their scores.
        positives: Share of them whose label is the positive one.
    """

    score: float
    positives: Estimate


@dataclass(frozen=True)
class Kind:
    """What a judge made of transcripts of one kind and label.

    Attributes:
        kind: As the labels name it, for example by what makes a negative hard.
        label: What people said.
        positive: Whether that is the positive label.
        called: Share of them that the judge calls positive, of those on which it gave a verdict.
        n_unscored: Those without a verdict.
    """

    kind: str
    label: str
    positive: bool
    called: Estimate
    n_unscored: int


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
        balanced_accuracy: Mean of sensitivity and specificity.
        raw_agreement: Share of transcripts on which verdict and label agree.
        alpha: Krippendorff's α of verdict and label.
        brier: Mean squared distance of the score from the label as 1 or 0 (Brier 1950).
        sensitivity_bounds: With the unscored positives all missed, and all found.
        specificity_bounds: With the unscored negatives all called positive, and all called negative.
        bins: By score, those with a transcript in them, lowest first.
        kinds: By kind, where the labels have one.
        n_unjudged: Labelled transcripts that were not given to the judge, which count for nothing.
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
    balanced_accuracy: Estimate | None = None
    raw_agreement: Estimate | None = None
    alpha: Estimate | None = None
    brier: Estimate | None = None
    sensitivity_bounds: Bounds | None = None
    specificity_bounds: Bounds | None = None
    bins: tuple[Bin, ...] = ()
    kinds: tuple[Kind, ...] = ()
    n_unjudged: int = 0

    @property
    def estimates(self) -> dict[str, Estimate]:
        """Those of `ESTIMATES` that are known, by name."""
        found = {name: getattr(self, name) for name in ESTIMATES}
        return {name: estimate for name, estimate in found.items() if estimate is not None}

    @property
    def bounds(self) -> dict[str, Bounds]:
        """Those of sensitivity and specificity, as far as they are known, by name."""
        found = {name: getattr(self, f"{name}_bounds") for name in _BOUNDED}
        return {name: bounds for name, bounds in found.items() if bounds is not None}


def validate(verdicts: pd.DataFrame, labels: pd.DataFrame, positive: str) -> Calibration:
    """Compare verdicts with labels.

    Args:
        verdicts: `id`, `verdict` (True, False or missing), `score` (0 to 1), `rubric`,
            `rubric_hash`, `judge`, and `hint` where there are hints, as `saydo label` writes them.
        labels: `id` and `label`; `kind` where there are kinds; `item` where several transcripts are of one item, whose
            errors the intervals of rates then take as alike; `transcript_hash` as the verdicts have it. Other
            columns are not read.
        positive: The label that a verdict of True should meet; all other labels are negative.

    Raises:
        ValueError: No label is `positive`, or all are; no labelled transcript has a verdict row; an id
            comes twice, or without a label, or with a label of another text; a verdict or a score is none; the
            verdicts are of more than one judge or rubric.
    """
    for column in ("judge", "rubric", "rubric_hash"):
        if verdicts[column].nunique() != 1:
            found = ", ".join(sorted(verdicts[column].dropna().astype(str).unique())) or "none"
            raise ValueError(f"the verdicts must be of one {column}; found: {found}.")
    both = judged(verdicts, labels, positive)
    truth, said, score = both["truth"], both["said"], both["score"]
    scored = said.notna()
    ranked = scored & score.notna()
    item, repeated = both["item"], _repeated(both["item"][scored])
    agreed = agreement(np.column_stack([truth[scored], said[scored]]))
    sensitivity = rate(said[truth == 1], item[truth == 1])
    specificity = rate(1 - said[truth == 0], item[truth == 0])
    classes = (score[ranked & (truth == 1)], score[ranked & (truth == 0)])
    return Calibration(
        sensitivity=sensitivity,
        specificity=specificity,
        auroc=_warned(auroc(*classes), repeated),
        kappa=_warned(agreed.kappa, repeated),
        prevalence=rate(truth, item),
        n=int(scored.sum()),
        n_unscored=int((~scored).sum()),
        n_unlabelled=int((~verdicts["id"].isin(labels["id"])).sum()),
        rubric=str(verdicts["rubric"].iloc[0]),
        rubric_hash=str(verdicts["rubric_hash"].iloc[0]),
        judge=str(verdicts["judge"].iloc[0]),
        simulated="simulated" in both and bool(both["simulated"].eq(True).any()),
        hint=_one_hint(both),
        roc=roc(*classes),
        balanced_accuracy=_mean_of(sensitivity, specificity),
        raw_agreement=rate((said == truth)[scored].astype(float), item[scored]),
        alpha=_warned(agreed.alpha, repeated),
        brier=rate((score - truth)[ranked] ** 2, item[ranked]),
        sensitivity_bounds=rate_bounds(said[truth == 1]),
        specificity_bounds=rate_bounds(1 - said[truth == 0]),
        bins=_bins(score[ranked], truth[ranked], item[ranked]),
        kinds=_kinds(both),
        n_unjudged=len(labels) - len(both),
    )


def judged(verdicts: pd.DataFrame, labels: pd.DataFrame, positive: str) -> pd.DataFrame:
    """The verdicts on labelled transcripts, one row for each, beside what people said.

    Args:
        verdicts: As for `validate`.
        labels: As for `validate`.
        positive: The positive label.

    Returns:
        The columns of the verdicts and `label`, `kind` where the labels have it, `item` (of its own where the labels have
        none), `truth` (1 or 0), `said` (1, 0, or NaN without a verdict) and `score` as a number.

    Raises:
        ValueError: As of `validate`, one judge or several.
    """
    for what, table in (("verdicts", verdicts), ("labels", labels)):
        if table["id"].duplicated().any():
            twice = table["id"][table["id"].duplicated()].iloc[0]
            raise ValueError(f"id {twice} stands in the {what} more than once.")
    if labels["label"].isna().any():
        bare = labels["id"][labels["label"].isna()].iloc[0]
        raise ValueError(f"id {bare} has no label: leave such rows out of the labels.")
    of_labels = ("label", "kind", "item")
    told = ["id", *(name for name in of_labels if name in labels)]
    ours = verdicts.drop(
        columns=[
            name for name in of_labels if name in verdicts and (name in told or name == "item")
        ]
    )
    both = labels[told].merge(ours, on="id")
    if both.empty:
        raise ValueError(
            f"none of the {len(labels)} labelled ids has a verdict: give the labels of these transcripts."
        )
    _check_texts(both, labels)
    truth = both["label"] == positive
    if truth.all() or not truth.any():
        found = ", ".join(sorted(both["label"].astype(str).unique()))
        raise ValueError(
            f"label {positive} must be given to some and not to all of the {len(both)} labelled transcripts that have a "
            f"verdict; found: {found}."
        )
    said = both["verdict"].map(lambda v: float(v) if v in (True, False) else np.nan).astype(float)
    score = pd.to_numeric(both["score"].astype(object), errors="coerce").astype(float)
    for name, bad in (
        ("verdict", said.isna() & both["verdict"].notna()),
        ("score", both["score"].notna() & ~score.between(0, 1)),
    ):
        if bad.any():
            about, given = (both.loc[bad, column].tolist()[0] for column in ("id", name))
            raise ValueError(
                f"the {name} on id {about} is {quoted(given)}: a verdict is true, false or null, a score a number from 0 "
                "to 1 or null."
            )
    return both.assign(item=_item(both), truth=truth.astype(float), said=said, score=score)


def _check_texts(both: pd.DataFrame, labels: pd.DataFrame) -> None:
    """Refuse labels of other texts than those judged, where both sides say which.

    Raises:
        ValueError: An id stands for two texts.
    """
    if "transcript_hash" not in both or "transcript_hash" not in labels:
        return
    judged_text = both["transcript_hash"]
    labelled = both["id"].map(labels.set_index("id")["transcript_hash"])
    differ = judged_text.notna() & labelled.notna() & (judged_text != labelled)
    if differ.any():
        raise ValueError(
            f"id {both.loc[differ, 'id'].iloc[0]} was labelled for another text than was judged ({int(differ.sum())} such in "
            "all): give labels and verdicts of the same sheet."
        )


def _item(both: pd.DataFrame) -> pd.Series:
    """Which item each transcript is of; without one it is its own."""
    own = "id " + both["id"].astype(str)
    if "item" not in both:
        return own
    return own.where(both["item"].isna() | (both["item"] == ""), "item " + both["item"].astype(str))


def _repeated(item: pd.Series) -> tuple[str, ...]:
    """The warning on numbers whose intervals know of no items, where several transcripts are of one."""
    n_items = item.nunique()
    return (f"{len(item)} transcripts of {n_items} items: {ALIKE}",) if n_items < len(item) else ()


ALIKE = "the interval takes them as independent and is too narrow"


def _warned(estimate: Estimate, warnings: tuple[str, ...]) -> Estimate:
    return replace(estimate, warnings=(*estimate.warnings, *warnings))


def _one_hint(verdicts: pd.DataFrame) -> str:
    hints = set(verdicts["hint"].fillna("")) if "hint" in verdicts else {""}
    return str(hints.pop()) if len(hints) == 1 else ""


def _mean_of(one: Estimate, other: Estimate) -> Estimate:
    """Mean of two rates of different transcripts; their limits joined by MOVER (Zou and Donner 2008)."""
    method = "mean of two Wilson intervals, MOVER"
    n = (one.n_items + other.n_items, one.n_samples + other.n_samples)
    limits = np.array([(e.value, e.low, e.high) for e in (one, other)], dtype=float)
    if np.isnan(limits).any():
        return Estimate(None, None, None, None, *n, method, ("one class is empty",))
    value = float(limits[:, 0].mean())
    below, above = (float(np.hypot(*(limits[:, i] - limits[:, 0])) / 2) for i in (1, 2))
    return Estimate(value, value - below, value + above, None, *n, method, ())


def _bins(score: pd.Series, truth: pd.Series, item: pd.Series) -> tuple[Bin, ...]:
    place = np.minimum(np.floor(score * _BINS + _ROUNDING), _BINS - 1)
    return tuple(
        Bin(float(score[rows].mean()), rate(truth[rows], item[rows]))
        for rows in (place == at for at in sorted(place.unique()))
    )


_ROUNDING = 1e-9
"""A score at the edge of a bin belongs to the upper one, whatever its last digit."""


def _kinds(both: pd.DataFrame) -> tuple[Kind, ...]:
    """By kind, the positive label first."""
    if "kind" not in both:
        return ()
    named = both.assign(kind=both["kind"].fillna("").astype(str), negative=both["truth"] == 0)
    return tuple(
        Kind(
            str(kind),
            str(label),
            not negative,
            rate(rows["said"], rows["item"]),
            int(rows["said"].isna().sum()),
        )
        for (kind, negative, label), rows in named.groupby(["kind", "negative", "label"])
    )


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


def save(calibration: Calibration, path: Path) -> None:
    """Write a calibration as JSON, each estimate with `value`, `low` and `high`."""
    record: dict[str, Any] = asdict(calibration)
    record |= {name: _numbers(getattr(calibration, name)) for name in ESTIMATES}
    record["bins"] = [
        {"score": of.score, "positives": _numbers(of.positives)} for of in calibration.bins
    ]
    for kind, of_kind in zip(record["kinds"], calibration.kinds, strict=True):
        kind["called"] = _numbers(of_kind.called)
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _numbers(estimate: Estimate | None) -> dict[str, float | int | None] | None:
    if estimate is None:
        return None
    limits = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {**limits, "n": estimate.n_items, "n_samples": estimate.n_samples}


def load(path: Path) -> Calibration:
    """Read a calibration.

    Raises:
        ValueError: The file is not JSON, or a key is missing.
    """
    try:
        record: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        values: dict[str, Any] = {name: record[name] for name in _PLAIN}
        values |= {name: _estimate(record[name]) for name in NEEDED}
        values |= {name: _estimate(record[name]) for name in ESTIMATES if record.get(name)}
        values |= {
            f"{name}_bounds": Bounds(**record[f"{name}_bounds"])
            for name in _BOUNDED
            if record.get(f"{name}_bounds")
        }
        values["hint"] = record.get("hint", "")
        values["roc"] = tuple(_point(*numbers) for numbers in record.get("roc", ()))
        values["bins"] = tuple(
            Bin(float(of["score"]), _estimate(of["positives"])) for of in record.get("bins", ())
        )
        values["kinds"] = tuple(
            Kind(**{**of, "called": _estimate(of["called"])}) for of in record.get("kinds", ())
        )
        values["n_unjudged"] = record.get("n_unjudged", 0)
        found = Calibration(**values)
        check_whole(record)
        _check(found)
        return found
    except (
        *(ValueError, KeyError, TypeError, AttributeError),
        *(OverflowError, RecursionError),
    ) as error:  # not JSON, or of another shape
        raise ValueError(
            f"{path} is not a calibration as `saydo validate` writes it ({quoted(error, str)})."
        ) from error


def _check(calibration: Calibration) -> None:
    """Refuse what no calibration has: a number out of its range bends every corrected rate.

    Raises:
        ValueError: With what is wrong.
    """
    for name in ("n", "n_unscored", "n_unlabelled", "n_unjudged"):
        n = getattr(calibration, name)
        if type(n) is not int or n < 0:
            raise ValueError(f"`{name}` is no count")
    for name in ("rubric", "rubric_hash", "judge", "hint"):
        if not isinstance(getattr(calibration, name), str):
            raise ValueError(f"`{name}` is no text")
    if not isinstance(calibration.simulated, bool):
        raise ValueError("`simulated` is neither true nor false")
    for name, estimate in calibration.estimates.items():
        least = -1 if name in ("kappa", "alpha") else 0
        known = [x for x in (estimate.low, estimate.value, estimate.high) if x is not None]
        if not all(type(x) in (int, float) and isfinite(x) for x in known) or known != sorted(
            known
        ):
            raise ValueError(f"`{name}` is no number between its limits")
        if estimate.value is not None and not least <= estimate.value <= 1:
            raise ValueError(f"`{name}` is not from {least} to 1")
    for point in calibration.roc:
        if not np.isfinite(point).all():
            raise ValueError("`roc` has a point that is no number")


def _point(
    false_positive: float, true_positive: float, threshold: float
) -> tuple[float, float, float]:
    return float(false_positive), float(true_positive), float(threshold)


def _estimate(numbers: Mapping[str, Any]) -> Estimate:
    n_items = int(numbers["n"])
    n_samples = int(numbers.get("n_samples", n_items))
    limits = (numbers["value"], numbers["low"], numbers["high"])
    return Estimate(*limits, None, n_items, n_samples, "validation", ())
