"""How much of the reasoning the answer needs (METHODS section 2, interventions)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.estimators._base import (
    LEVEL,
    Array,
    Estimate,
    as_codes,
    as_scores,
    counted,
    same_length,
    undefined,
)
from analysis.estimators._forms import item_table
from analysis.estimators.rates import rate


@dataclass(frozen=True)
class InterventionCurve:
    """Share of unchanged answers against the share of reasoning kept.

    Attributes:
        by_share: share of answers equal to the answer with the full reasoning, by share kept.
        aoc: 1 - area under the curve, averaged over items: 0 where the answer never needs the
            reasoning, near 1 where nothing short of all of it gives the answer.
        n_incomplete: items that lack a scored answer at some share; they do not enter `aoc`.
    """

    by_share: dict[float, Estimate]
    aoc: Estimate
    n_incomplete: int


def intervention_curve(
    item: ArrayLike, share_kept: ArrayLike, same: ArrayLike, *, level: float = LEVEL
) -> InterventionCurve:
    """Curve and area over the curve of an intervention on the reasoning (Lanham et al. 2023).

    The area under an item's curve is that of the trapezoids between its points, each point the mean
    over the item's scored epochs; the mean over items has the interval of `rate` for scores between
    0 and 1.

    Args:
        item: item of each answer, shape (samples,).
        share_kept: share of the reasoning that the answer was given with, in [0, 1], from the same
            few shares for all items, shape (samples,).
        same: 1 where the answer equals the one with the full reasoning, 0 where not, NaN =
            unscored, shape (samples,).
        level: confidence level.

    Returns:
        The curve and its area. `aoc` has `value=None` with a warning where no item has every point,
        and where the shares do not reach from 0 to 1.

    Raises:
        ValueError: a share or a score lies outside [0, 1], or the shapes differ.
    """
    scores, shares = as_scores(same, "same"), as_scores(share_kept, "share_kept")
    if np.isnan(same_length(shares, len(scores), "share_kept")).any():
        raise ValueError(f"share_kept is missing for {np.isnan(shares).sum()} answers: name all.")
    items, points = as_codes(item, len(scores), "item"), np.unique(shares).tolist()
    table = item_table(items, shares, scores, points)
    curves = table.total[table.complete] / table.scored[table.complete]
    n_samples, n_incomplete = int(table.scored[table.complete].sum()), int((~table.complete).sum())
    area = _area_over(curves, points, level, n_samples=n_samples)
    lost = counted(n_incomplete, "items without every point")
    return InterventionCurve(
        {at: rate(scores[shares == at], items[shares == at], level=level) for at in points},
        replace(area, warnings=lost + area.warnings),
        n_incomplete,
    )


def areas_over(item: ArrayLike, share_kept: ArrayLike, same: ArrayLike) -> pd.Series:
    """Area over the curve of each item, by item; NaN where an item lacks a scored answer at some share.

    What `intervention_curve` averages, to be compared between snapshots.

    Args:
        item: as in `intervention_curve`.
        share_kept: as there.
        same: as there.
    """
    by_item = pd.DataFrame({"item": item, "share": share_kept, "same": same})
    curves = by_item.pivot_table("same", "item", "share", aggfunc="mean", dropna=False)
    shares = curves.columns.to_numpy(dtype=float)
    if not len(shares) or shares[0] > 0 or shares[-1] < 1:
        return pd.Series(np.nan, curves.index, dtype=float)
    areas = 1 - np.trapezoid(curves.to_numpy(dtype=float), shares, axis=1)
    return pd.Series(areas.clip(0, 1), curves.index)


def _area_over(curves: Array, points: list[float], level: float, *, n_samples: int) -> Estimate:
    """Mean area over curves of shape (items, points)."""
    if not points or points[0] > 0 or points[-1] < 1:
        return undefined("area over the curve", "undefined: the shares do not reach from 0 to 1")
    found = rate((1 - np.trapezoid(curves, points, axis=1)).clip(0, 1), level=level)
    method = f"area over the curve, {found.method}"
    return replace(found, n_samples=n_samples if found.n_items else 0, method=method)
