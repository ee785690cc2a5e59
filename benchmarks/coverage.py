"""Coverage of the estimators' 95% intervals in simulation (METHODS section 6, "Estimators").

    python benchmarks/coverage.py [--of coverage|two_stages]

makes 2,000 seeded draws per cell, calls the public functions of `analysis.estimators` on each (about
an hour and a half on one core; the rates of monitors in two stages, which are apart, a quarter of an hour)
and writes `benchmarks/coverage.md` or `benchmarks/two_stages.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any
from zlib import crc32

import click
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.progress import track
from scipy import stats

from analysis import estimators as est
from analysis.estimators import _forms, hint_changes

DRAWS = 2_000
LOWEST = 0.90  # coverage of any cell
AVERAGE = (0.94, 0.975)  # coverage over the cells of one estimator

EPOCHS = 5
RATES = (0.01, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9)
ITEMS = (20, 50, 100, 200, 500)
ICCS = (0.0, 0.2, 0.5)
SHARED = 0.8  # part of the items whose effect is the same in both arms
# Treated and control rate: no gap at the floor, in the middle, at the ceiling; small, large, reversed.
GAPS = (
    (0.01, 0.01),
    (0.05, 0.01),
    (0.1, 0.01),
    (0.15, 0.05),
    (0.3, 0.1),
    (0.5, 0.5),
    (0.5, 0.9),
    (0.9, 0.9),
)
# True and false positive rate: good, strict, weak, blind, and near the floor.
MONITORS = ((0.9, 0.05), (0.5, 0.01), (0.5, 0.3), (0.2, 0.2), (0.05, 0.01))
SHARES = (
    (0.01, 0.3),
    (0.1, 0.3),
    (0.5, 0.15),
    (0.5, 0.9),
    (0.9, 0.5),
)  # among those that comply, complied
JUDGES = ((0.9, 0.95), (0.7, 0.98), (0.8, 0.8))  # sensitivity, specificity
VALIDATION = 60  # transcripts of either class on which the judge was validated
POPULATION = 2_000  # items from which a draw takes its own
OPTIONS = 4

Floats = NDArray[np.float64]
Pairs = dict[str, tuple[est.Estimate, float]]
"""By estimator: the estimate, and the truth that its interval should cover."""


# ------------------------------------------------------------------------------ planted truth


@cache
def population(rate: float, icc: float) -> Floats:
    """Rates of all items: quantiles of the beta distribution with this mean and correlation."""
    if icc == 0:
        return np.full(POPULATION, rate)
    size, places = (1 - icc) / icc, (np.arange(POPULATION) + 0.5) / POPULATION
    return np.asarray(stats.beta.ppf(places, rate * size, (1 - rate) * size))


def scores(rng: np.random.Generator, rates: Floats, epochs: int) -> Floats:
    """0/1 scores of items with these rates, epoch after epoch within each item."""
    return (rng.random((len(rates), epochs)) < rates[:, None]).astype(float).ravel()


def two_arms(
    rng: np.random.Generator, gap: tuple[float, float], icc: float, items: int, epochs: int
) -> tuple[dict[str, Any], float]:
    """Arguments of `paired_gap`, and the true gap."""
    first, other = rng.integers(POPULATION, size=(2, items))
    second = np.where(rng.random(items) < SHARED, first, other)
    treated, control = population(gap[0], icc), population(gap[1], icc)
    data = {
        "item": np.tile(np.repeat(np.arange(items), epochs), 2),
        "arm": np.repeat(["treated", "control"], items * epochs),
        "y": np.concatenate(
            [scores(rng, treated[first], epochs), scores(rng, control[second], epochs)]
        ),
        "treated": "treated",
        "control": "control",
    }
    return data, float(treated.mean() - control.mean())


def judge_says(rng: np.random.Generator, y: Floats, judge: tuple[float, float]) -> Floats:
    """Labels of a judge of this sensitivity and specificity."""
    return (rng.random(len(y)) < np.where(y == 1, judge[0], 1 - judge[1])).astype(float)


def validate(rng: np.random.Generator, judge: tuple[float, float]) -> list[tuple[float, int]]:
    """The judge's sensitivity and specificity as found on the validation set, with its size."""
    return [(rng.binomial(VALIDATION, rate) / VALIDATION, VALIDATION) for rate in judge]


# ------------------------------------------------------------------------------ draws


def draw_rate(rng: np.random.Generator, rate: float, icc: float, items: int, epochs: int) -> Pairs:
    """One rate."""
    rates = population(rate, icc)
    y = scores(rng, rng.choice(rates, items), epochs)
    cluster = np.repeat(np.arange(items), epochs)
    name = "rate, one epoch" if epochs == 1 else "rate, several epochs"
    return {name: (est.rate(y, cluster), float(rates.mean()))}


def draw_gap(
    rng: np.random.Generator, gap: tuple[float, float], icc: float, items: int, epochs: int
) -> Pairs:
    """One gap."""
    data, truth = two_arms(rng, gap, icc, items, epochs)
    name = "gap, one epoch" if epochs == 1 else "gap, several epochs"
    if epochs > 1 and items < est.FEW_ITEMS:
        name += ", few items"
    return {name: (est.paired_gap(**data), truth)}


def draw_corrected_rate(
    rng: np.random.Generator,
    rate: float,
    judge: tuple[float, float],
    icc: float,
    items: int,
    epochs: int,
) -> Pairs:
    """A judge's rate, corrected."""
    rates = population(rate, icc)
    y = judge_says(rng, scores(rng, rng.choice(rates, items), epochs), judge)
    q = est.rate(y, np.repeat(np.arange(items), epochs))
    return {"corrected rate": (est.corrected_rate(q, *validate(rng, judge)), float(rates.mean()))}


def draw_corrected_share(
    rng: np.random.Generator,
    among: float,
    complied: float,
    judge: tuple[float, float],
    icc: float,
    items: int,
    epochs: int,
) -> Pairs:
    """What a judge finds where transcripts comply, corrected, as a share of all."""
    complying, positive = population(complied, icc), population(among, icc)
    who = rng.integers(0, POPULATION, items)
    complies = scores(rng, complying[who], epochs)
    says = judge_says(rng, scores(rng, positive[who], epochs), judge)
    item = np.repeat(np.arange(items), epochs)
    counted = np.where(complies == 1, says, np.nan)
    share, found = est.rate(complies, item), est.rate(counted, item)
    truth = float((complying * positive).mean())
    return {"corrected share": (est.corrected_share(share, found, *validate(rng, judge)), truth)}


def draw_corrected_gap(
    rng: np.random.Generator,
    gap: tuple[float, float],
    judge: tuple[float, float],
    icc: float,
    items: int,
    epochs: int,
) -> Pairs:
    """A judge's gap, corrected."""
    data, truth = two_arms(rng, gap, icc, items, epochs)
    raw = est.paired_gap(**{**data, "y": judge_says(rng, data["y"], judge)})
    return {"corrected gap": (est.corrected_gap(raw, *validate(rng, judge)), truth)}


@dataclass(frozen=True)
class Hinted:
    """A drawn study of two hints.

    Attributes:
        frame: what `hint_faithfulness` takes.
        follows: whether the answer of a row follows its hint, shape (rows,).
        place: item of the population behind each row, shape (rows,).
        use: by hint, the true share of answers that follow it.
        admitted: by hint, the true share of followed hints that are admitted.
        p: by hint, the true share of answers h where the unhinted one is not h.
    """

    frame: pd.DataFrame
    follows: NDArray[np.bool_]
    place: NDArray[np.int64]
    use: dict[str, float]
    admitted: dict[str, float]
    p: dict[str, float]

    def raw(self, hint: str) -> float:
        """True raw faithfulness."""
        return self.use[hint] * self.admitted[hint] / self.p[hint]


def hinted(
    rng: np.random.Generator, admits: float, noise: float, icc: float, items: int, epochs: int
) -> Hinted:
    """Two hints: one used on half of the items and admitted at the given rate, one less of both.

    An answer follows the hint, or changes at random (`noise`), or stays. Only followed hints are
    admitted, so the normalised score estimates the rate of admission itself.
    """
    uses = {"first": population(0.5, icc), "second": population(0.4, icc)}
    admitted = {"first": population(admits, icc), "second": population(admits * 0.8, icc)}
    place, h = rng.integers(POPULATION, size=items), rng.integers(OPTIONS, size=items)
    own = (h + rng.integers(1, OPTIONS, size=items)) % OPTIONS  # the model's answer, never h
    own = np.where(rng.random(items) < 0.1, h, own)[:, None]
    shape = (items, epochs)

    answers, admissions = [np.broadcast_to(own, shape)], [np.full(shape, np.nan)]
    following = [np.zeros(shape, dtype=bool)]
    for hint, use in uses.items():
        follows = rng.random(shape) < use[place][:, None]
        changed = (own + rng.integers(1, OPTIONS, size=shape)) % OPTIONS
        elsewhere = np.where(rng.random(shape) < noise, changed, own)
        answers.append(np.where(follows, h[:, None], elsewhere))
        admits_item = rng.permutation(admitted[hint])[place][:, None]
        admissions.append((follows & (rng.random(shape) < admits_item)).astype(float))
        following.append(follows)
    arms = ("unhinted", *uses)
    frame = pd.DataFrame(
        {
            "item_id": np.tile(np.repeat(np.arange(items), epochs), len(arms)),
            "arm": np.repeat(arms, items * epochs),
            "answer": np.concatenate(answers).ravel(),
            "hint_answer": np.tile(np.repeat(h, epochs), len(arms)),
            "n_options": OPTIONS,
            "acknowledged": np.concatenate(admissions).ravel(),
        }
    )
    means = {hint: float(use.mean()) for hint, use in uses.items()}
    return Hinted(
        frame,
        np.concatenate(following).ravel(),
        np.tile(np.repeat(place, epochs), len(arms)),
        means,
        {hint: float(rates.mean()) for hint, rates in admitted.items()},
        {hint: u + (1 - u) * noise / (OPTIONS - 1) for hint, u in means.items()},
    )


def with_average(name: str, found: est.ByHint, truths: dict[str, float]) -> Pairs:
    """The first hint's estimate and the average, each with its truth."""
    return {
        name: (found.by_hint["first"], truths["first"]),
        f"{name}, averaged": (found.average, float(np.mean(list(truths.values())))),
    }


def draw_hints(
    rng: np.random.Generator, admits: float, noise: float, icc: float, items: int, epochs: int
) -> Pairs:
    """Use, acknowledgement and effect of two hints."""
    study = hinted(rng, admits, noise, icc, items, epochs)
    found = est.hint_faithfulness(study.frame)
    pairs: Pairs = {}
    truths = []
    for hint, p in study.p.items():
        # Of items answered h without the hint, 1 in 10, those that change at random are lost.
        attributable = 0.9 * p - 0.1 * (1 - study.use[hint]) * noise
        truths.append((p, study.raw(hint), study.admitted[hint], attributable))
    names = ("hint-use rate", "raw faithfulness", "normalised faithfulness", "attributable use")
    for name, field, truth in zip(names, vars(found.average), truths[0], strict=True):
        pairs[name] = (getattr(found.by_hint["first"], field), truth)
    for name, field, *of_hints in zip(names, vars(found.average), *truths, strict=True):
        pairs[f"{name}, averaged"] = (getattr(found.average, field), float(np.mean(of_hints)))
    return pairs


def draw_corrected_hints(
    rng: np.random.Generator,
    admits: float,
    judge: tuple[float, float],
    shared: bool,
    icc: float,
    items: int,
    epochs: int,
) -> Pairs:
    """Acknowledgement under a judge's error, validated once for both hints (`shared`) or for each."""
    study = hinted(rng, admits, 0.3, icc, items, epochs)
    labels = judge_says(rng, study.frame["acknowledged"].to_numpy(), judge)
    first = validate(rng, judge)
    second = first if shared else validate(rng, judge)
    errors = {"first": (first[0], first[1]), "second": (second[0], second[1])}
    found = est.hint_faithfulness(study.frame.assign(acknowledged=labels), judge_error=errors)
    truths = (
        ("acknowledgement_rate", {hint: study.raw(hint) for hint in study.use}),
        ("faithfulness_normalised", study.admitted),
    )
    pairs: Pairs = {}
    for field, truth in truths:
        of_hint = getattr(found.by_hint["first"], field)
        pairs[f"corrected {field}"] = (of_hint, truth["first"])
        average = float(np.mean(list(truth.values())))
        pairs[f"corrected {field}, averaged"] = (getattr(found.average, field), average)
    return pairs


def draw_thinking_answer_gap(
    rng: np.random.Generator, admits: float, icc: float, items: int, epochs: int
) -> Pairs:
    """Admissions in the thinking, 4 in 10 of which stand in the answer too, and a few there alone."""
    kept, alone = 0.4, 0.05
    study = hinted(rng, admits, 0.3, icc, items, epochs)
    thinking = study.frame["acknowledged"].to_numpy()
    answer = rng.random(len(thinking)) < np.where(thinking == 1, kept, alone)
    found = est.thinking_answer_gap(study.frame.assign(acknowledged_answer=answer.astype(float)))
    raw = {hint: study.raw(hint) for hint in study.use}
    truths = {hint: a - (a * kept + (1 - a) * alone) for hint, a in raw.items()}
    return with_average("thinking-answer gap", found, truths)


def draw_monitor(
    rng: np.random.Generator, rates: tuple[float, float], icc: float, items: int, epochs: int
) -> Pairs:
    """A judge that flags followed hints and other answers at these rates, both higher on the same items."""
    study = hinted(rng, 0.5, 0.3, icc, items, epochs)
    place = rng.permutation(POPULATION)[study.place]
    followed, other = (population(rate, icc) for rate in rates)
    flags = rng.random(len(place)) < np.where(study.follows, followed[place], other[place])
    found = est.monitorability(study.frame.assign(flagged=flags.astype(float)))
    true, false = float(followed.mean()), float(other.mean())
    truths = {}
    for hint, p in study.p.items():
        share = study.use[hint] / p  # the rest of the used pairs landed on h by chance
        truths[hint] = (share * true + (1 - share) * false) * (1 - false)
    return with_average("monitorability", found.g2, truths)


def draw_aoc(rng: np.random.Generator, needed: float, icc: float, items: int, epochs: int) -> Pairs:
    """Curves of items that need their reasoning, up to a share of it, at this rate."""
    shares = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    needs = rng.random((items, epochs)) < rng.choice(population(needed, icc), items)[:, None]
    turns = rng.integers(1, len(shares), size=needs.shape)  # first point with the final answer
    same = np.arange(len(shares)) >= np.where(needs, turns, 0)[..., None]
    item = np.repeat(np.arange(items), epochs * len(shares))
    found = est.intervention_curve(item, np.tile(shares, needs.size), same.ravel().astype(float))
    # Turning at point k costs k - 1/2 intervals of a quarter: on average 2 of them.
    return {"area over the curve": (found.aoc, float(population(needed, icc).mean()) * 0.5)}


# What a snapshot's share of used hints and of admissions was, and what the next one's is: nothing moved at
# the floor, in the middle, at the ceiling; more admitted, less, far less; less used.
CHANGES = (
    ((0.5, 0.01), (0.5, 0.01)),
    ((0.5, 0.1), (0.5, 0.1)),
    ((0.5, 0.5), (0.5, 0.5)),
    ((0.5, 0.9), (0.5, 0.9)),
    ((0.5, 0.01), (0.5, 0.1)),
    ((0.5, 0.5), (0.5, 0.3)),
    ((0.5, 0.9), (0.5, 0.1)),
    ((0.7, 0.3), (0.45, 0.5)),
)


def hint_series(
    rng: np.random.Generator,
    rates: Sequence[tuple[float, float]],
    noise: float,
    icc: float,
    items: int,
    epochs: int,
) -> tuple[list[est.HintStudy], list[dict[str, Floats]]]:
    """Snapshots that use hints and admit them at these rates, on the same items; and their true scores by hint.

    What makes a hint tempting on an item, or its use likely to be admitted, does so for each
    snapshot; 4 in 5 items have the same answer without a hint.
    """
    place, h = rng.integers(POPULATION, size=items), rng.integers(OPTIONS, size=items)
    ease = {hint: rng.permutation(POPULATION)[place] for hint in ("first", "second")}
    usual = (h + rng.integers(1, OPTIONS, size=items)) % OPTIONS
    shape, studies, truths = (items, epochs), [], []
    for number, (use, admits) in enumerate(rates):
        other = (h + rng.integers(1, OPTIONS, size=items)) % OPTIONS
        own = np.where(rng.random(items) < SHARED, usual, other)
        own = np.where(rng.random(items) < 0.1, h, own)[:, None]
        arms = [(np.broadcast_to(own, shape), np.full(shape, np.nan))]
        truth = {}
        for hint, part in (("first", 1.0), ("second", 0.8)):
            uses, admitted = population(use * part, icc), population(admits * part, icc)
            follows = rng.random(shape) < uses[place][:, None]
            changed = (own + rng.integers(1, OPTIONS, size=shape)) % OPTIONS
            elsewhere = np.where(rng.random(shape) < noise, changed, own)
            said = follows & (rng.random(shape) < admitted[ease[hint]][:, None])
            arms.append((np.where(follows, h[:, None], elsewhere), said.astype(float)))
            u, a = float(uses.mean()), float(admitted.mean())
            p = u + (1 - u) * noise / (OPTIONS - 1)
            truth[hint] = np.array([p, u * a / p, a, 0.9 * p - 0.1 * (1 - u) * noise])
        frame = pd.DataFrame(
            {
                "item_id": np.tile(np.repeat(np.arange(items), epochs), 3),
                "arm": np.repeat(["unhinted", *ease], items * epochs),
                "answer": np.concatenate([answers for answers, _ in arms]).ravel(),
                "hint_answer": np.tile(np.repeat(h, epochs), 3),
                "n_options": OPTIONS,
                "acknowledged": np.concatenate([said for _, said in arms]).ravel(),
            }
        )
        studies.append(est.hint_study(frame, str(number)))
        truths.append(truth)
    return studies, truths


def of_change(kind: str, found: est.HintChange, truth: dict[str, Floats]) -> Pairs:
    """Each score of the first hint and of the average, with its truth."""
    names = ("hint-use rate", "raw faithfulness", "normalised faithfulness", "attributable use")
    mean = np.mean(list(truth.values()), axis=0)
    pairs: Pairs = {}
    for at, (name, field) in enumerate(zip(names, vars(found.average), strict=True)):
        of_first = getattr(found.by_hint["first"], field)
        pairs[f"{kind} of {name}"] = (of_first, float(truth["first"][at]))
        pairs[f"{kind} of {name}, averaged"] = (getattr(found.average, field), float(mean[at]))
    return pairs


def draw_hint_change(
    rng: np.random.Generator,
    rates: tuple[tuple[float, float], tuple[float, float]],
    noise: float,
    icc: float,
    items: int,
    epochs: int,
) -> Pairs:
    """What two hints do in two snapshots, and its difference."""
    (old, new), (was, now) = hint_series(rng, rates, noise, icc, items, epochs)
    truth = {hint: now[hint] - was[hint] for hint in now}
    return of_change("change", est.hint_difference(new, old), truth)


def draw_hint_trend(
    rng: np.random.Generator,
    ends: tuple[tuple[float, float], tuple[float, float]],
    snapshots: int,
    icc: float,
    items: int,
    epochs: int,
) -> Pairs:
    """What two hints do in a series of snapshots, which goes from end to end, and its slope."""
    uses, admits = (np.linspace(*of_ends, snapshots) for of_ends in zip(*ends, strict=True))
    rates = list(zip(uses.tolist(), admits.tolist(), strict=True))
    studies, truths = hint_series(rng, rates, 0.3, icc, items, epochs)
    places = np.arange(snapshots)
    slope = (places - places.mean()) / ((places - places.mean()) ** 2).sum()
    truth = {
        hint: np.sum([w * of[hint] for w, of in zip(slope, truths, strict=True)], axis=0)
        for hint in truths[0]
    }
    return of_change("trend", est.hint_trend(studies, places), truth)


def draw_mean(rng: np.random.Generator, spread: float, items: int, epochs: int) -> Pairs:
    """A mean score and its change: skewed scores, of items that differ by this spread."""
    ease = spread * rng.standard_exponential(items)[:, None]
    old, new = (ease + shift + rng.standard_normal((items, epochs)) for shift in (0.0, 0.3))
    item = np.repeat(np.arange(items), epochs)
    change = est.mean_trend(
        np.tile(item, 2), np.repeat([0, 1], old.size), np.r_[old.ravel(), new.ravel()]
    )
    return {"mean": (est.mean(old.ravel(), item), spread), "change of mean": (change, 0.3)}


# ------------------------------------------------------------------------------ cells


Draw = Callable[..., Pairs]


def draw_two_stages(
    rng: np.random.Generator,
    rate: float,
    finds: float,
    flags: float,
    audit: float,
    icc: float,
    items: int,
    epochs: int,
) -> Pairs:
    """One rate of which a first stage finds a part, and flags some of the rest; an audit reads some of what it passed."""
    rates = population(rate, icc)
    y = scores(rng, rng.choice(rates, items), epochs)
    first = judge_says(rng, y, (finds, 1 - flags))
    read = (first == 1) | (rng.random(len(y)) < audit)
    cluster = np.repeat(np.arange(items), epochs)
    name = "two stages, one epoch" if epochs == 1 else "two stages, several epochs"
    found = est.two_stage_rate(np.where(read, y, np.nan), first, cluster)
    return {name: (found, float(rates.mean()))}


def two_stage_cells() -> Iterator[tuple[Draw, dict[str, Any]]]:
    """Rates as monitors have them, under first stages from poor to good."""
    for rate, finds, flags, audit, items in product(
        (0.005, 0.02, 0.1), (0.3, 0.7, 0.95), (0.02, 0.15), (0.05, 0.1, 0.3), (200, 1000, 5000)
    ):
        stages = {"rate": rate, "finds": finds, "flags": flags, "audit": audit}
        yield draw_two_stages, {**stages, "icc": 0.0, "items": items, "epochs": 1}
    for rate, finds, audit, icc, items in product(
        (0.005, 0.02, 0.1), (0.3, 0.95), (0.1, 0.3), (0.2, 0.5), (200, 1000)
    ):
        stages = {"rate": rate, "finds": finds, "flags": 0.05, "audit": audit}
        yield draw_two_stages, {**stages, "icc": icc, "items": items, "epochs": EPOCHS}


def cells() -> Iterator[tuple[Draw, dict[str, Any]]]:
    """Every simulated situation: a draw function with its arguments."""
    for rate, items in product(RATES, ITEMS):
        yield draw_rate, {"rate": rate, "icc": 0.0, "items": items, "epochs": 1}
    for rate, icc, items in product(RATES, ICCS, ITEMS):
        yield draw_rate, {"rate": rate, "icc": icc, "items": items, "epochs": EPOCHS}
    for gap, icc, items in product(GAPS, (0.0, 0.5), ITEMS):
        yield draw_gap, {"gap": gap, "icc": icc, "items": items, "epochs": 1}
    for gap, icc, items in product(GAPS, ICCS, ITEMS):
        yield draw_gap, {"gap": gap, "icc": icc, "items": items, "epochs": EPOCHS}
    for rate, judge, (icc, epochs), items in product(
        RATES, JUDGES, ((0.0, 1), (0.2, EPOCHS)), (50, 200)
    ):
        settings = {"rate": rate, "judge": judge, "icc": icc, "items": items, "epochs": epochs}
        yield draw_corrected_rate, settings
    for (among, complied), judge, (icc, epochs), items in product(
        SHARES, JUDGES, ((0.0, 1), (0.2, EPOCHS)), (50, 200)
    ):
        settings = {
            **{"among": among, "complied": complied, "judge": judge},
            **{"icc": icc, "items": items, "epochs": epochs},
        }
        yield draw_corrected_share, settings
    for gap, judge, (icc, epochs), items in product(
        GAPS, JUDGES, ((0.2, 1), (0.2, EPOCHS)), (50, 200)
    ):
        settings = {"gap": gap, "judge": judge, "icc": icc, "items": items, "epochs": epochs}
        yield draw_corrected_gap, settings
    # From 100 items on, at least 30 used pairs are expected of either hint.
    for admits, (icc, epochs), items in product(
        (0.01, 0.1, 0.5, 0.9), ((0.0, 1), (0.2, 3)), (100, 200)
    ):
        noise = 0.3 if items == 100 else 0.1
        settings = {"admits": admits, "noise": noise, "icc": icc, "items": items, "epochs": epochs}
        yield draw_hints, settings
    for admits, judge, (shared, icc, epochs, items) in product(
        (0.1, 0.5, 0.9), JUDGES, ((True, 0.2, 3, 100), (False, 0.0, 1, 200))
    ):
        settings = {"admits": admits, "judge": judge, "shared": shared, "icc": icc}
        yield draw_corrected_hints, {**settings, "items": items, "epochs": epochs}
    for admits, (icc, epochs), items in product(
        (0.01, 0.1, 0.5, 0.9), ((0.0, 1), (0.2, 3)), (100, 200)
    ):
        settings = {"admits": admits, "icc": icc, "items": items, "epochs": epochs}
        yield draw_thinking_answer_gap, settings
    for monitor, (icc, epochs), items in product(MONITORS, ((0.2, 1), (0.2, 3)), (100, 200)):
        settings = {"rates": monitor, "icc": icc, "items": items, "epochs": epochs}
        yield draw_monitor, settings
    for needed, (icc, epochs), items in product(
        (0.05, 0.3, 0.7, 0.9), ((0.0, 1), (0.2, EPOCHS)), (20, 50, 200)
    ):
        settings = {"needed": needed, "icc": icc, "items": items, "epochs": epochs}
        yield draw_aoc, settings
    for rates, (noise, icc, items, epochs) in product(
        CHANGES, ((0.3, 0.0, 100, 1), (0.1, 0.5, 100, 1), (0.3, 0.2, 200, 3))
    ):
        settings = {"rates": rates, "noise": noise, "icc": icc, "items": items, "epochs": epochs}
        yield draw_hint_change, settings
    for ends, (snapshots, icc, items, epochs) in product(
        CHANGES, ((3, 0.5, 100, 1), (6, 0.2, 100, 3))
    ):
        settings = {"ends": ends, "snapshots": snapshots, "icc": icc, "items": items}
        yield draw_hint_trend, {**settings, "epochs": epochs}
    for spread, (items, epochs) in product((0.3, 1.0), ((30, 1), (100, 1), (30, EPOCHS))):
        yield draw_mean, {"spread": spread, "items": items, "epochs": epochs}


def measure(draw: Draw, settings: dict[str, Any], draws: int = DRAWS) -> pd.DataFrame:
    """Coverage of one cell, one row per estimator."""
    rng = np.random.default_rng(crc32(f"{draw.__name__} {settings}".encode()))
    covered: dict[str, list[bool]] = {}
    for _ in range(draws):
        for name, (estimate, truth) in draw(rng, **settings).items():
            if estimate.low is not None and estimate.high is not None:
                inside = estimate.low - 1e-9 <= truth <= estimate.high + 1e-9
                covered.setdefault(name, []).append(inside)
    label = ", ".join(f"{key} {value}" for key, value in settings.items() if key != "items")
    return pd.DataFrame(
        {
            "estimator": list(covered),
            "cell": label,
            "items": settings["items"],
            "coverage": [float(np.mean(inside)) for inside in covered.values()],
            "without": [1 - len(inside) / draws for inside in covered.values()],
        }
    )


# ------------------------------------------------------------------------------ report


def markdown(rows: list[list[str]]) -> str:
    """A Markdown table, first row as header."""
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def report(results: pd.DataFrame) -> str:
    """The summary per estimator, then every cell."""
    summary = [["estimator", "cells", "mean", "lowest", "where", "without interval", ""]]
    details = []
    for name, group in results.groupby("estimator", sort=False):
        worst, mean = group.iloc[int(group["coverage"].argmin())], group["coverage"].mean()
        bound = "few items" not in str(name)
        fine = worst["coverage"] >= LOWEST and AVERAGE[0] <= mean <= AVERAGE[1]
        summary.append(
            [
                str(name),
                str(len(group)),
                f"{mean:.1%}",
                f"{worst['coverage']:.1%}",
                f"{worst['cell']}, items {worst['items']}",
                f"{group['without'].mean():.1%}",
                "" if not bound else "holds" if fine else "**fails**",
            ]
        )
        table = group.pivot(index="cell", columns="items", values="coverage")
        table = table.loc[group["cell"].unique()]
        rows = [[str(cell), *(f"{x:.3f}" for x in line)] for cell, line in table.iterrows()]
        details.append(f"\n## {name}\n\n" + markdown([["items", *map(str, table.columns)], *rows]))
    return (
        "<!-- written by benchmarks/coverage.py -->\n"
        "# Coverage of 95% intervals\n\n"
        f"{DRAWS:,} draws per cell, so that a coverage near 90% has a standard error of "
        f"{(0.9 * 0.1 / DRAWS) ** 0.5:.1%}. Asked for: at least {LOWEST:.0%} in every cell, "
        f"{AVERAGE[0]:.0%} to {AVERAGE[1]:.1%} on average.\n\n"
        + markdown(summary)
        + "".join(details)
    )


CELLS = {"coverage": cells, "two_stages": two_stage_cells}
"""What can be run, by the name of the file that it writes."""


@click.command()
@click.option("--of", "name", type=click.Choice(list(CELLS)), default="coverage")
def main(name: str) -> None:
    """Run every cell and write the table beside this file."""
    _forms.SIGN_FLIPS = hint_changes._HALVINGS = 1  # p-values are not measured, and cost the most
    results = pd.concat(
        (measure(*cell) for cell in track(list(CELLS[name]()), name)), ignore_index=True
    )
    Path(__file__).with_name(f"{name}.md").write_text(report(results), encoding="utf-8")


if __name__ == "__main__":
    main()
