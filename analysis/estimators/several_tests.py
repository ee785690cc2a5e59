"""Several tests at once (METHODS section 5)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.estimators._base import Array


def adjust(pvalues: ArrayLike) -> Array:
    """Holm-adjusted p-values over one family (Holm 1979).

    Args:
        pvalues: p-values, shape (tests,); None or NaN = no test, not counted in the family.

    Returns:
        Adjusted p-values, same shape, NaN where there was no test.
    """
    p = np.asarray(pvalues, dtype=float)
    tested = ~np.isnan(p)
    adjusted = np.full(p.shape, np.nan)
    order = np.argsort(p[tested], kind="stable")
    # By hand: that of statsmodels collects all garbage each time, which takes longer than a report.
    steps = p[tested][order] * np.arange(len(order), 0, -1)
    held = np.empty(len(order))
    held[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    adjusted[tested] = held
    return adjusted
