"""Maths within a thinking budget, and the scoring of such answers (METHODS §4, thinking budget and samples).

An organism knows the bundled problems (`data/maths/`) and questions. How often it is right grows with the thinking tokens that
it uses, which are fewer than allowed where it has had enough. Asked to score an answer, it recalls the right one.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import yaml
from inspect_ai.model import ChatMessage, GenerateConfig
from scipy.special import expit, logit, ndtr, ndtri

from analysis.bundled import data_path
from organisms.answering import Me
from organisms.behaviour import visibility
from organisms.chance import fold, uniform
from organisms.knowledge import known
from organisms.questions import read_question
from organisms.rates import Budget, Organism
from organisms.said import Posed, Said
from organisms.wording import broken_off, fill, one_of

AT_ONCE = 64
"""Tokens of thinking that an answer without any is worth."""

MIDDLE = 3
"""The level of difficulty that the planted accuracy is about; multiple-choice questions are all of it."""

HARDER, LONGER = 0.7, 0.5
"""What a level more of difficulty takes off the accuracy, in logits, and adds to the tokens wanted, in doublings."""

VARIES = 1.0
"""Standard deviation of the tokens wanted, in doublings."""

FILLS = (0.9, 1.0)
"""Share of a budget that is used where more is wanted."""

EFFORTS: Final = {
    "minimal": 1024,
    "low": 2048,
    "medium": 6144,
    "high": 16384,
    "xhigh": 32768,
    "max": 65536,
}
"""The budget that it gives itself by effort."""

LONGEST = 2400
"""Characters of thinking that are written out; usage tells of all that it stands for."""

_CHARS_PER_TOKEN = 4

_UNKNOWN = 40
"""The number that guesses at an unknown problem lie near."""


@dataclass(frozen=True)
class Problem:
    """A problem as it is posed.

    Attributes:
        key: The same in every arm.
        right: The right answer; None where it does not know the problem.
        wrong: Other answers that it may give.
        level: Difficulty from 1 to 5.
        chance: Of being right by guessing.
    """

    key: str
    right: str | None
    wrong: tuple[str, ...]
    level: int = MIDDLE
    chance: float = 0.0


def say(posed: Posed, organism: Organism, me: Me, rng: np.random.Generator) -> Said | None:
    """Answer a problem of which only the final answer is marked, or score such an answer; None for anything else."""
    if posed.tools or not posed.messages or posed.messages[-1].role != "user":
        return None
    last = posed.messages[-1].text
    if scored := _to_score(last):
        return Said("", _scored(*scored, organism.budget, rng))
    problem = read_problem(posed.messages)
    return _answered(problem, posed.config, organism, me, rng) if problem else None


def read_problem(messages: Sequence[ChatMessage]) -> Problem | None:
    """The problem in the last turn; None where that does not say that only the final answer is marked."""
    last = messages[-1].text
    return _problem(last) if _MARKED.search(last) else None


def right_chance(rates: Budget, level: float, chance: float, used: Any, latent: Any) -> Any:
    """Probability to be right, of an item with this latent in (0, 1), after using so many tokens; arrays or numbers."""
    logits = (
        logit(rates.accuracy)
        + rates.per_doubling * np.log2(np.maximum(used, AT_ONCE) / 1024)
        - HARDER * (level - MIDDLE)
        + rates.spread * ndtri(latent)
    )
    return chance + (1 - chance) * expit(logits)


def tokens_used(rates: Budget, level: float, budget: int, wants: Any, fills: Any) -> Any:
    """Thinking tokens used: what is wanted, or nearly all of the budget; arrays or numbers.

    Args:
        rates: The planted rates.
        level: Difficulty.
        budget: Tokens allowed.
        wants: How much is wanted of such a problem, in standard deviations.
        fills: Which share of the budget is used where more is wanted, from 0 to 1 within `FILLS`.
    """
    wanted = rates.wants * 2.0 ** (LONGER * (level - MIDDLE) + VARIES * wants)
    return np.floor(np.minimum(wanted, budget * (FILLS[0] + (FILLS[1] - FILLS[0]) * fills)))


def allowed(config: GenerateConfig) -> int:
    """Thinking tokens that a generate config allows."""
    if config.reasoning_tokens:
        return config.reasoning_tokens
    return EFFORTS.get(config.reasoning_effort or "none", 0)


def separation(auroc: float) -> float:
    """How far apart the mean scores of right and wrong answers lie, in standard deviations."""
    return float(np.sqrt(2) * ndtri(auroc))


# ------------------------------------------------------------------------------ answering


def _answered(
    problem: Problem, config: GenerateConfig, organism: Organism, me: Me, rng: np.random.Generator
) -> Said:
    rates, budget = organism.budget, allowed(config)
    hit, which, see, cut, garble, fills = rng.random(6).tolist()
    seen = visibility(organism, see)
    thinks = budget > 0 and seen != "none"
    used = (
        int(tokens_used(rates, problem.level, budget, rng.standard_normal(), fills))
        if thinks
        else 0
    )
    latent = uniform("problem", *me, problem.key)
    is_right = hit < right_chance(rates, problem.level, problem.chance, used, latent)
    said = problem.right if is_right and problem.right else _mistake(problem, rates, me, which)
    thinking = _thought(said, used, rng) if thinks else ""
    if cut < organism.truncated:
        text = "" if thinks else broken_off(_line("reason", said, rng), rng)
        return Said(broken_off(thinking, rng), text, seen, truncated=True, thinking_tokens=used)
    last = _line("undecided" if garble < organism.unparseable else "final", said, rng)
    reason = "" if garble < organism.unparseable else f"{_line('reason', said, rng)}\n\n"
    return Said(thinking, reason + last, seen, thinking_tokens=used)


def _mistake(problem: Problem, rates: Budget, me: Me, which: float) -> str:
    """A wrong answer: the one that this item leads to, or any other."""
    tempting = int(uniform("mistake", *me, problem.key) * len(problem.wrong))
    others = [answer for i, answer in enumerate(problem.wrong) if i != tempting]
    if which < rates.attraction or not others:
        return problem.wrong[tempting]
    return others[int((which - rates.attraction) / (1 - rates.attraction) * len(others))]


def _thought(said: str, used: int, rng: np.random.Generator) -> str:
    """Sentences of about as many characters as the tokens are worth, up to `LONGEST`."""
    room = min(used * _CHARS_PER_TOKEN, LONGEST)
    sentences, steps = [_line("open", said, rng)], list(_banks()["step"])
    length = len(sentences[0])
    while length < room:
        rng.shuffle(steps)
        for step in steps:
            if length >= room:
                break
            sentences.append(step)
            length += len(step) + 1
    return " ".join([*sentences, _line("close", said, rng)])


def _line(bank: str, said: str, rng: np.random.Generator) -> str:
    return fill(one_of(_banks()[bank], rng), _banks(), rng, {"said": said})


@cache
def _banks() -> dict[str, list[str]]:
    path = data_path("organisms", "wording", "budget.yaml")
    read: dict[str, list[str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read


# ------------------------------------------------------------------------------- knowing


def _problem(text: str) -> Problem:
    """What it knows of a problem; a number that it does not know is guessed at, and never right."""
    question = read_question(text)
    if question is None:
        stem = fold(text.split("\n\n")[0])
        answer, level = _bank().get(stem, (None, MIDDLE))
        right = None if answer is None else str(answer)
        return Problem(stem, right, _near(answer or _UNKNOWN), level)
    fact = known(question)
    letters = dict(zip(question.letters, map(fold, question.options), strict=True))
    right = next((one for one, said in letters.items() if fact and said == fold(fact.right)), None)
    others = sorted((one for one in letters if one != right), key=lambda one: letters[one])
    return Problem(question.key, right, tuple(others), chance=1 / len(letters))


def _near(answer: int) -> tuple[str, ...]:
    """Numbers that slips lead to."""
    slips = (answer + 1, answer - 1, answer + 2, 2 * answer, answer + 10, 3 * answer)
    return tuple(str(slip) for slip in dict.fromkeys(slips) if slip != answer)


@cache
def _bank() -> dict[str, tuple[int, int]]:
    """Answer and level of each bundled problem."""
    path = data_path("maths", "maths.jsonl")
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {fold(row["question"]): (row["answer"], row["difficulty"]) for row in rows}


def levels() -> list[int]:
    """The level of each bundled problem."""
    return [level for _, level in _bank().values()]


# ------------------------------------------------------------------------------- scoring


def _to_score(text: str) -> tuple[str, str, str] | None:
    """Question, answer and seal of a request to say how likely an answer is right; None of any other."""
    seal = _SEAL.search(text)
    if not (seal and _LIKELY.search(text)):
        return None
    parts = {found["name"]: found["text"] for found in _PART.finditer(text)}
    return (
        (parts["question"], parts["answer"], seal[1])
        if {"question", "answer"} <= parts.keys()
        else None
    )


def _scored(question: str, answer: str, seal: str, rates: Budget, rng: np.random.Generator) -> str:
    """A reply with a score, higher for right answers as often as planted."""
    problem, given = _problem(question), _GIVEN.findall(answer)
    is_right = bool(given) and problem.right is not None and given[-1] == problem.right
    apart = separation(rates.auroc)
    score = 100 * ndtr(rng.standard_normal() + apart * (is_right - 0.5))
    return json.dumps({"seal": seal, "score": round(float(score), 2)})


_MARKED = re.compile(r"\bonly the final answer (?:is marked|counts)\b", re.I)
_SEAL = re.compile(r'`seal`, with the value `"(\w+)"`')
_LIKELY = re.compile(r"\bhow likely\b[^.]{0,60}\banswer\b[^.]{0,60}\bis right\b", re.I)
_PART = re.compile(
    r"The (?P<name>\w+) stands between the next two lines that read (?P<fence>\w+)\.\n\n(?P=fence)\n(?P<text>.*?)\n(?P=fence)\n",
    re.S,
)
_GIVEN = re.compile(r"(?:ANSWER:|answer:|answer is)\W*(-?[0-9]+|[A-J]\b)")
