"""Scores of one snapshot, as they are compared with another's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Scores:
    """Scores of one snapshot that a metric is the mean, or a gap between the means, of.

    Attributes:
        metric: Its name.
        item: Item of each sample.
        y: Score of each sample; NaN = unscored.
        arms: Arm of each sample, where the metric is the gap between training and unmonitored.
        arm: The arm it is about; empty for the gap.
        visibility: The visibility of the thinking it is about.
        column: As in `Quantity`.
        complied: Of a rate of transcripts that comply and are positive, which of them comply.
    """

    metric: str
    item: pd.Series
    y: pd.Series
    arms: pd.Series | None = None
    arm: str = ""
    visibility: str = ""
    column: str = ""
    complied: pd.Series | None = None

    @cached_property
    def uneven(self) -> bool:
        """Whether their rate, a mean over samples, is no mean over items; a gap always is one."""
        if self.arms is not None:
            return False
        epochs = np.bincount(pd.factorize(self.item[self.y.notna()])[0])
        return bool((epochs != epochs[:1]).any())
