"""Figures of what the thinking shows."""

from collections.abc import Iterator

import pandas as pd

from paper_figures.figures._style import Drawn


def every(rows: pd.DataFrame, published: pd.DataFrame) -> Iterator[Drawn]:
    """Each figure that the rows give.

    Args:
        rows: Measured rows of this subject.
        published: Published rows of this subject.
    """
    yield from ()
