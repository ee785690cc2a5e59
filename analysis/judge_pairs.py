"""Two judges of the same transcripts: how far they agree, and which tells the labels better apart (METHODS §5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.estimators import Agreement, Estimate, adjust, agreement
from analysis.roc import auroc_difference
from analysis.validation import Calibration, judged


@dataclass(frozen=True)
class Pair:
    """Two judges, or two versions of a rubric.

    Attributes:
        ours: Name of the first.
        theirs: Name of the second.
        agreement: Of their verdicts, on transcripts to which both gave one, labelled or not.
        n_both: These transcripts.
        n_missing: Transcripts given to both on which one or both gave none.
        auroc_difference: AUROC of ours - AUROC of theirs, on labelled transcripts that both scored.
        p_adjusted: Its p-value, Holm over all pairs; None where there is none.
    """

    ours: str
    theirs: str
    agreement: Agreement
    n_both: int
    n_missing: int
    auroc_difference: Estimate
    p_adjusted: float | None = None


def told_apart(calibrations: Sequence[Calibration]) -> list[str]:
    """A name for each judge: with rubric, hint or version of the rubric behind it where these differ."""
    names = [c.judge for c in calibrations]
    for beside in ("rubric", "hint", "rubric_hash"):
        told = [str(getattr(c, beside)) for c in calibrations]
        names = [
            f"{name}, {more}" if names.count(name) > 1 and len(set(told)) > 1 and more else name
            for name, more in zip(names, told, strict=True)
        ]
    return names


def pairs(verdicts: Mapping[str, pd.DataFrame], labels: pd.DataFrame, positive: str) -> list[Pair]:
    """Compare each two judges of the same transcripts.

    Args:
        verdicts: By the judge's name, as `analysis.validation.validate` takes them.
        labels: As `validate` takes them.
        positive: As `validate` takes it.

    Raises:
        ValueError: Two judges have no transcript in common, or an id of theirs stands for two texts.
    """
    known = {name: judged(of, labels, positive) for name, of in verdicts.items()}
    found = [_pair(*two, verdicts, known) for two in combinations(verdicts, 2)]
    adjusted = adjust(np.array([pair.auroc_difference.p_value for pair in found], dtype=float))
    return [
        replace(pair, p_adjusted=None if np.isnan(p) else float(p))
        for pair, p in zip(found, adjusted, strict=True)
    ]


def _pair(
    ours: str,
    theirs: str,
    verdicts: Mapping[str, pd.DataFrame],
    known: Mapping[str, pd.DataFrame],
) -> Pair:
    both = verdicts[ours].merge(verdicts[theirs], on="id")
    if both.empty:
        raise ValueError(
            f"{ours} and {theirs} judged no transcript in common: validate them apart."
        )
    if "transcript_hash_x" in both:
        differ = both["transcript_hash_x"] != both["transcript_hash_y"]
        if differ.any():
            raise ValueError(
                f"id {both.loc[differ, 'id'].iloc[0]} stands for two texts, of which {ours} judged one and {theirs} "
                "the other: let both judge the same file."
            )
    said = both[["verdict_x", "verdict_y"]].astype(object)
    given = said.notna().all(axis=1)
    ranked = known[ours].merge(known[theirs], on="id")
    ranked = ranked[ranked[["said_x", "said_y", "score_x", "score_y"]].notna().all(axis=1)]
    positive = ranked["truth_x"] == 1
    one, other = (
        (ranked.loc[positive, score].to_numpy(), ranked.loc[~positive, score].to_numpy())
        for score in ("score_x", "score_y")
    )
    return Pair(
        ours=ours,
        theirs=theirs,
        agreement=agreement(said[given].astype(float).to_numpy()),
        n_both=int(given.sum()),
        n_missing=int((~given).sum()),
        auroc_difference=auroc_difference(one, other),
    )
