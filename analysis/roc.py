"""What the scores of judges tell apart: ROC curves, the areas under them, and how two areas compare."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.stats import mannwhitneyu, norm

from analysis.estimators import LEVEL, Array, Estimate

_EDGE = 1e-9
"""Off an area of 0 or 1, where the variance is 0 and no area would be a surprise or all would."""

_MOST_POINTS = 200
"""Of a ROC curve that is kept: as fine as it can be drawn at the width of a page."""


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


def auroc_difference(
    ours: tuple[ArrayLike, ArrayLike], theirs: tuple[ArrayLike, ArrayLike], level: float = LEVEL
) -> Estimate:
    """Difference of the areas under two ROC curves of the same transcripts, ours - theirs.

    The test is that of DeLong, DeLong and Clarke-Pearson (1988). The limits join Newcombe's limits of
    either area by MOVER (Zou and Yue 2013), with the correlation that DeLong's covariance gives: they
    have a width where a judge makes no mistake, and stay within -1 and 1.

    Args:
        ours: Scores of positives, shape (m,), and of negatives, shape (n,), by one judge.
        theirs: Those of the same transcripts in the same order by another.
        level: Confidence level.

    Returns:
        The difference. `value=None` where a class is empty; no p-value where no spread is seen.
    """
    areas = [auroc(*scores, level) for scores in (ours, theirs)]
    n = areas[0].n_items
    method = "DeLong; Newcombe method 5, MOVER"
    limits = np.array([(a.value, a.low, a.high) for a in areas], dtype=float)
    if np.isnan(limits).any():
        return Estimate(None, None, None, None, n, n, method, areas[0].warnings)
    covariance = _delong(ours, theirs)
    spread = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    (a, a_low, a_high), (b, b_low, b_high) = limits
    # Judges that rank alike on n transcripts need not do so on the next one.
    r = min(_correlation(covariance), 1 - 2 / n)
    below, above = (
        float(np.sqrt(x**2 + y**2 - 2 * r * x * y))
        for x, y in ((a - a_low, b_high - b), (a_high - a, b - b_low))
    )
    return Estimate(
        value=float(a - b),
        low=max(-1.0, float(a - b) - below),
        high=min(1.0, float(a - b) + above),
        p_value=float(2 * norm.sf(abs(a - b) / np.sqrt(spread))) if spread > _EDGE**2 else None,
        n_items=n,
        n_samples=n,
        method=method,
        warnings=() if spread > _EDGE**2 else ("no test: no spread of the difference is seen",),
    )


def _correlation(covariance: Array) -> float:
    """Of the two areas; 0 where one does not vary."""
    scale = float(np.sqrt(covariance[0, 0] * covariance[1, 1]))
    return float(covariance[0, 1]) / scale if scale > _EDGE**2 else 0.0


def _delong(ours: tuple[ArrayLike, ArrayLike], theirs: tuple[ArrayLike, ArrayLike]) -> Array:
    """Covariance of two areas, shape (2, 2), from the share of the other class that each transcript outranks."""
    found = np.zeros((2, 2))
    for side in (0, 1):
        won = np.array([_won(scores[side], scores[1 - side]) for scores in (ours, theirs)])
        if won.shape[1] > 1:
            found += np.cov(won) / won.shape[1]
    return found


def _won(scores: ArrayLike, others: ArrayLike) -> Array:
    """Share of the others below each score, ties counting half."""
    ranked = np.sort(np.asarray(others, dtype=float))
    below, upto = (np.searchsorted(ranked, scores, side) for side in ("left", "right"))
    return np.asarray((below + upto) / (2 * len(ranked)))


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
