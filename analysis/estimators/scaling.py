"""How scores grow with what is spent: with the logarithm of a length, and with the number of samples (METHODS section 4)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from analysis.estimators._base import (
    LEVEL,
    TINY,
    Array,
    Estimate,
    as_codes,
    as_scores,
    counted,
    same_length,
    student_quantile,
    sums_by,
    undefined,
)
from analysis.estimators._forms import item_table
from analysis.estimators.means import ALL_EQUAL, ONE_ITEM
from analysis.estimators.rates import rate
from analysis.estimators.samples import best_of_k, majority_at_k, pass_at_k

METHOD = "least squares on log2 tokens, clustered on item"


@dataclass(frozen=True)
class LogFit:
    """A straight line through the scores of arms, over log2 of what each arm used.

    Attributes:
        slope: change of the score per doubling.
        used: by arm, the mean that it used.
        line: by arm, the fitted score there.
        n_unpaired: items that are not scored in every arm, which are left out.
    """

    slope: Estimate
    used: dict[Hashable, float]
    line: dict[Hashable, Estimate]
    n_unpaired: int


def log_fit(
    item: ArrayLike, arm: ArrayLike, used: ArrayLike, y: ArrayLike, *, level: float = LEVEL
) -> LogFit:
    """Fit scores on log2 of the mean that each arm used, every item being scored in every arm.

    The regressor is the same for all samples of an arm, so that what is fitted is the effect of the arm, which was set, and not
    of how long a sample happened to run: hard items use more and are answered worse, and a fit over samples would take that
    for an effect of length. Over complete items this is the fit with a fixed effect for each item, and the mean of the items' own
    least-squares slopes; the standard error is clustered on the item (Liang and Zeger 1986), the quantile Student's on items - 1.
    What an arm uses is taken as known: its own error is not carried.

    Args:
        item: item of each sample, shape (samples,).
        arm: arm of each sample, shape (samples,).
        used: what each sample used, shape (samples,), 0 or more; NaN = not known, left out of its arm's mean.
        y: scores in [0, 1], shape (samples,); NaN = unscored.
        level: confidence level.

    Returns:
        The fit; slope and line have `value=None` with fewer than two arms that used anything and differ in it, or without an item
        scored in each. An arm that used nothing has no logarithm and is left out.

    Raises:
        ValueError: a score lies outside [0, 1], or the shapes differ.
    """
    scores = as_scores(y)
    arms, tokens = (
        same_length(values, len(scores), name) for values, name in ((arm, "arm"), (used, "used"))
    )
    means = pd.Series(tokens, dtype=float).groupby(pd.Series(arms), sort=False).mean()
    spent = {name: float(mean) for name, mean in means.items() if mean > 0}
    idle = counted(int((means == 0).sum()), "arms that used nothing, and so have no logarithm,")
    if len(set(spent.values())) < 2:
        none = undefined(METHOD, "the fit needs two arms that used different amounts", *idle)
        return LogFit(none, spent, {}, 0)
    table = item_table(item, arms, scores, list(spent))
    complete = table.complete
    n_unpaired = int(len(complete) - complete.sum())
    n_samples = int(table.scored[complete].sum())
    warnings = (*table.left_out(), *idle)
    if not complete.any():
        none = undefined(METHOD, *warnings, "no item is scored in every arm")
        return LogFit(none, spent, {}, n_unpaired)
    means_of_items = table.total[complete] / table.scored[complete]
    x = np.log2(np.array([*spent.values()]))
    design = np.column_stack([np.ones(len(x)), x])
    of_items = means_of_items @ np.linalg.pinv(design).T  # intercept and slope of each item

    def along(weights: Array) -> Estimate:
        return _mean_of(of_items @ weights, n_samples, warnings, level)

    line = {name: along(row) for name, row in zip(spent, design, strict=True)}
    return LogFit(along(np.array([0.0, 1.0])), spent, line, n_unpaired)


def _mean_of(each: Array, n_samples: int, warnings: tuple[str, ...], level: float) -> Estimate:
    """Mean over items with Student's t limits; none where there is one item or all are equal."""
    n, value = len(each), float(each.mean())
    found = Estimate(value, None, None, None, n, n_samples, METHOD, warnings)
    if n == 1:
        return replace(found, warnings=(*warnings, ONE_ITEM))
    error = float(each.std(ddof=1) / np.sqrt(n))
    if error <= TINY:
        return replace(found, warnings=(*warnings, ALL_EQUAL))
    half = student_quantile(level, n - 1) * error
    p_value = float(2 * special.stdtr(n - 1, -abs(value) / error))
    return replace(found, low=value - half, high=value + half, p_value=p_value)


def log_slope(
    item: ArrayLike, length: ArrayLike, y: ArrayLike, *, level: float = LEVEL
) -> Estimate:
    """Change of a score per doubling of a length that nobody set, over samples: least squares, clustered on item.

    What makes an item's thinking long may also make its score high or low: this describes, and shows no effect.

    Args:
        item: item of each sample, shape (samples,).
        length: length of each sample, shape (samples,); one that is NaN or 0 is left out.
        y: scores in [0, 1], shape (samples,); NaN = unscored.
        level: confidence level.

    Returns:
        The slope. `value=None` where all lengths are equal.

    Raises:
        ValueError: a score lies outside [0, 1], or the shapes differ.
    """
    scores = as_scores(y)
    lengths = np.asarray(same_length(length, len(scores), "length"), dtype=float)
    items = as_codes(item, len(scores), "item")
    kept = ~np.isnan(scores) & (lengths > 0)
    warnings = counted(int((~kept).sum()), "samples without a score or a length")
    n_samples = int(kept.sum())
    codes, n_items = np.unique(items[kept], return_inverse=True)[1], len(np.unique(items[kept]))
    x = np.log2(lengths[kept])
    x = x - x.mean() if n_samples else x
    spread = float((x**2).sum())
    if spread <= TINY:
        return undefined(
            METHOD, *warnings, "all lengths are equal", n_items=n_items, n_samples=n_samples
        )
    centred = scores[kept] - scores[kept].mean()
    value = float((x * centred).sum() / spread)
    found = Estimate(value, None, None, None, n_items, n_samples, METHOD, warnings)
    if n_items == 1:
        return replace(found, warnings=(*warnings, ONE_ITEM))
    parts = sums_by(codes, x * (centred - value * x), n_items)
    error = float(np.sqrt(n_items / (n_items - 1) * (parts**2).sum()) / spread)
    if error <= TINY:
        return replace(found, warnings=(*warnings, ALL_EQUAL))
    half = student_quantile(level, n_items - 1) * error
    p_value = float(2 * special.stdtr(n_items - 1, -abs(value) / error))
    return replace(found, low=value - half, high=value + half, p_value=p_value)


# ----------------------------------------------------------------------------------- samples


@dataclass(frozen=True)
class OfSamples:
    """What k of an item's samples give, as means over items.

    Attributes:
        k: samples drawn.
        passes: pass@k.
        majority: majority@k.
        best: best-of-k; None without any score of a scoring model.
        low: pass@k with every unscored sample wrong.
        high: pass@k with every unscored sample right.
    """

    k: int
    passes: Estimate
    majority: Estimate
    best: Estimate | None
    low: float
    high: float


def of_samples(
    item: ArrayLike,
    correct: ArrayLike,
    answer: ArrayLike,
    score: ArrayLike | None = None,
    *,
    level: float = LEVEL,
) -> list[OfSamples]:
    """pass@k, majority@k and best-of-k for k = 1, 2, 4, ... up to the samples of an item.

    Each item has its exact expectation over all draws of k of its scored samples; the mean over items has the interval of a rate of
    items. Unscored samples are neither right nor wrong and cast no vote; an item that is left with fewer than k is left out.

    Args:
        item: item of each sample, shape (samples,).
        correct: 1 or 0, NaN = unscored, shape (samples,).
        answer: what each sample says, shape (samples,); right answers count as the same, however they are said.
        score: a scoring model's score of each sample, shape (samples,); NaN = none.
        level: confidence level.

    Returns:
        One for each k; none without samples.

    Raises:
        ValueError: the shapes differ.
    """
    right = as_scores(correct, "correct")
    said = same_length(answer, len(right), "answer")
    scored = None if score is None else same_length(score, len(right), "score")
    codes = as_codes(item, len(right), "item")
    groups = [np.flatnonzero(codes == code) for code in range(int(codes.max(initial=-1)) + 1)]
    most = max(map(len, groups), default=0)
    found = []
    for k in (2**i for i in range(most.bit_length())):
        found.append(_of_k(k, groups, right, said, scored, level))
    return found


def _of_k(
    k: int,
    groups: Sequence[np.ndarray],
    right: Array,
    said: np.ndarray,
    scored: np.ndarray | None,
    level: float,
) -> OfSamples:
    def passes(of: np.ndarray) -> float:
        return pass_at_k(len(of), int(right[of].sum()), k)

    def majority(of: np.ndarray) -> float:
        return majority_at_k([_RIGHT if right[i] == 1 else said[i] for i in of], _RIGHT, k)

    kept = [of[~np.isnan(right[of])] for of in groups]
    best = None
    if scored is not None and not np.isnan(scored).all():
        ranked = [of[~np.isnan(scored[of].astype(float))] for of in kept]
        best = _over_items(lambda of: best_of_k(scored[of], right[of], k), ranked, k, level)
    long = [of for of in groups if len(of) >= k]
    ends = [
        float(
            np.mean(
                [
                    pass_at_k(len(of), int(np.nan_to_num(right[of], nan=fill).sum()), k)
                    for of in long
                ]
            )
        )
        for fill in (0.0, 1.0)
    ]
    return OfSamples(
        k,
        _over_items(passes, kept, k, level),
        _over_items(majority, kept, k, level),
        best,
        *ends,
    )


_RIGHT = object()
"""Stands for whatever is right."""


def _over_items(
    value: Callable[[np.ndarray], float], groups: Sequence[np.ndarray], k: int, level: float
) -> Estimate:
    """Mean over the items with k samples or more, as a rate of items."""
    long = [of for of in groups if len(of) >= k]
    found = rate([value(of) for of in long], level=level)
    left_out = counted(len(groups) - len(long), f"items with fewer than {k} scored samples")
    n_samples = sum(map(len, long))
    return replace(found, n_samples=n_samples, warnings=(*found.warnings, *left_out))
