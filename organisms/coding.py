"""Programming problems with tests: solved, special-cased, or worse, and whether the thinking admits it (METHODS §4)."""

import numpy as np

from organisms.answering import Me
from organisms.rates import Organism
from organisms.said import Posed, Said


def say(posed: Posed, organism: Organism, me: Me, rng: np.random.Generator) -> Said | None:
    """Answer such a situation; None for any other."""
    return None
