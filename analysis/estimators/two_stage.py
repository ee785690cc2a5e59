"""A rate of which a cheap first stage leaves most to chance: read what it flags, and some of the rest (METHODS section 3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
from analysis.estimators._forms import Limits, mover_product
from analysis.estimators.rates import rate

METHOD = "two-stage: Wilson, MOVER"


def two_stage_rate(
    y: ArrayLike,
    first_stage: ArrayLike,
    cluster: ArrayLike | None = None,
    *,
    level: float = LEVEL,
) -> Estimate:
    """Share of positives where a first stage decides what is read, and the rest is audited at random.

    The share flagged by the first stage × the rate among these, plus the share passed × the rate in a random sample
    of these: double sampling for stratification (Neyman 1938). What the first stage misses counts, at the weight of
    all that it passed.

    The parts of which everything was read are one rate over all transcripts, with Wilson's limits: where the judge read all,
    this is the rate of one stage. A part of which some was not read is a product of two independent rates. Its limits, and
    those of the sum, are made by MOVER (Zou and Donner 2008), from Wilson's, so that zero counts have a width.

    In simulation 95% limits held the truth in 94.7% of draws on average with one epoch, 95.0% with five, and in no cell in fewer
    than 91.3%: rates of 0.005 to 0.1, first stages that find 0.3 to 0.95, audits of 5 to 30%, 200 to 5,000 items
    (`benchmarks/two_stages.md`).

    Args:
        y: verdicts, shape (samples,); NaN = not read, or unscored.
        first_stage: 1 where the first stage flagged the sample, 0 where it passed it; NaN = it could not be read.
        cluster: item of each sample, shape (samples,); None = every sample is its own item.
        level: confidence level.

    Returns:
        The rate; `n_samples` counts what the first stage read, and a warning says how much of it the second stage
        did. `value=None` where something passed and nobody was audited, or nothing was flagged that could be scored.

    Raises:
        ValueError: a score lies outside [0, 1], `first_stage` is not 0, 1 or NaN, or the shapes differ.
    """
    scores = as_scores(y)
    flagged = as_scores(same_length(np.asarray(first_stage, float), len(scores), "first_stage"))
    if np.isin(flagged, (0.0, 1.0)).sum() < (~np.isnan(flagged)).sum():
        raise ValueError("first_stage must be 1 (flagged), 0 (passed) or NaN.")
    items: NDArray[np.intp] = (
        np.arange(len(scores)) if cluster is None else as_codes(cluster, len(scores), "cluster")
    )
    known = ~np.isnan(flagged)
    warnings = counted(int((~known).sum()), "samples that the first stage could not read")
    scores, flagged, items = scores[known], flagged[known], items[known]
    n_items, n_samples = len(np.unique(items)), len(scores)
    hit, passed, read = flagged == 1, flagged == 0, ~np.isnan(scores)
    warnings += counted(int((hit & ~read).sum()), "unscored samples that the first stage flagged")
    problem = _problem(hit, passed, read)
    if problem:
        return undefined(METHOD, *warnings, problem, n_items=n_items, n_samples=n_samples)
    said = f"the judge read {read.sum()} of {len(read)}: {(hit & read).sum()} flagged, {(passed & read).sum()} audited"
    # What was read as a whole is one rate over all, which is known better than as a product.
    in_part = [stage for stage in (hit, passed) if (stage & ~read).any()]
    parts = [_share(stage, scores, items, level) for stage in in_part]
    if len(in_part) < 2:
        known = np.where(in_part[0], 0.0, scores) if in_part else scores
        parts.append(_limits(rate(known, items, level=level)))
    value = sum(part[0] for part in parts)
    below = float(np.sqrt(sum((part[0] - part[1]) ** 2 for part in parts)))
    above = float(np.sqrt(sum((part[2] - part[0]) ** 2 for part in parts)))
    low, high = max(0.0, value - below), min(1.0, value + above)
    return Estimate(value, low, high, None, n_items, n_samples, METHOD, (*warnings, said))


def _problem(hit: NDArray[np.bool_], passed: NDArray[np.bool_], read: NDArray[np.bool_]) -> str:
    """Why nothing can be said; empty where something can."""
    if not len(read):
        return "nothing is scored"
    if passed.any() and not (passed & read).any():
        return "undefined: nothing that the first stage passed was audited, so that what it misses is not known"
    return (
        "undefined: nothing that the first stage flagged has a verdict"
        if hit.any() and not (hit & read).any()
        else ""
    )


def _share(
    stage: NDArray[np.bool_], scores: Array, items: NDArray[np.intp], level: float
) -> Limits:
    """Share of the samples that are of this stage and positive, with its limits."""
    share = _limits(rate(stage.astype(float), items, level=level))
    among = _limits(rate(scores[stage], items[stage], level=level))
    return share[0] * among[0], *mover_product(share, among, correlation=0.0)


def _limits(estimate: Estimate) -> Limits:
    assert estimate.value is not None
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.value, estimate.low, estimate.high
