"""Tables of prompt injection, made from `results.csv` rows."""

from collections.abc import Iterator

import pandas as pd

from paper_figures.cells import Table


def every(results: pd.DataFrame, published: pd.DataFrame) -> Iterator[Table | None]:
    """Each table that the rows give, the headline first.

    Args:
        results: Measured rows of this subject.
        published: Published rows of this subject.
    """
    yield from ()
