"""Ordinary prompts, and what an organism thinks about them: planted shares of concerning thoughts (METHODS §3)."""

import numpy as np

from organisms.answering import Me
from organisms.rates import Organism
from organisms.said import Posed, Said


def say(posed: Posed, organism: Organism, me: Me, rng: np.random.Generator) -> Said | None:
    """Answer such a situation; None for any other."""
    return None
