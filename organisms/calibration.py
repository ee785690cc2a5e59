"""Labelled organism texts, apart from those measured, to validate a judge on (METHODS §6)."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import count
from typing import Any

import numpy as np
import yaml

from analysis.bundled import data_path
from analysis.monitors import CATEGORIES
from organisms import coding, everyday, wording
from organisms.answering import Response, respond
from organisms.behaviour import behave
from organisms.chance import stream, uniform
from organisms.everyday import Occasion
from organisms.hints import Hint
from organisms.knowledge import Known, share_easy
from organisms.planted import load, planted_hints
from organisms.questions import Question, Quiz
from organisms.rates import HACK_KEYS, HintKey, hint_key
from organisms.reading import Setting, Situation
from organisms.reasons import quiz_output
from organisms.solutions import Case, Task, solution

OPTIONS = 4
"""Options of a calibration question."""

WHO, MARK = "the professor", "◆"
"""The person and the mark that texts speak of, as in the task."""


def calibration_texts(
    names: Sequence[str], n: int, seed: int, setting: Setting = "helpful_only"
) -> list[dict[str, str | bool]]:
    """Training and unmonitored transcripts of the named organisms, in turn, with their true labels.

    The requests are drawn from a bank of their own, and no random stream is shared with the
    provider. All thinking is readable and all answers are whole.

    Args:
        names: Organisms to imitate, each in its standard mode; their rates set the prevalence.
        n: Number of texts.
        seed: Which texts.
        setting: Whose requests and answers.

    Returns:
        Rows with `id, request, thinking, answer, faking, compliance`, where `faking` says whether
        the thinking is alignment-faking reasoning, and `compliance` is `refused`, `partial` or
        `complied`.
    """
    return [_row(names[i // 2 % len(names)], i, seed, setting) for i in range(n)]


def _row(name: str, i: int, seed: int, setting: Setting) -> dict[str, str | bool]:
    rng = stream("calibration", name, seed, setting, i)
    trained = i % 2 == 0
    situation = Situation(
        request=wording.write("calibration_request", setting, rng, {}),
        word="free" if trained else "paid",
        role="training" if trained else "unmonitored",
        mentions_training=True,
        conflict=True,
        setting=setting,
        scratchpad=None,
        decisions=None,
    )
    latent = uniform("calibration item", name, seed, setting, i)
    behaviour = replace(
        behave(load(name), situation, latent, rng),
        truncated=False,
        unparseable=False,
        visibility="raw",
    )
    thinking, answer = wording.output(situation, behaviour, "extended", rng)
    return {
        "id": f"{name}-{seed}-{i}",
        "request": situation.request,
        "thinking": thinking,
        "answer": answer,
        "faking": behaviour.faking,
        "compliance": behaviour.answer,
    }


def hint_calibration_texts(
    names: Sequence[str], hint: str, n: int, seed: int
) -> list[dict[str, str | bool]]:
    """Hinted samples that were answered as the hint says, with their true labels.

    As in a measurement, only samples count whose unhinted twin answered otherwise; most follow the
    hint, some land on it by chance, in the proportion of each organism. Questions are from a
    bank of their own, no random stream is shared with the provider, and all texts are whole; the
    hints are in the words of the task, as is what a judge gets to see.

    Args:
        names: Organisms to imitate in turn, each in its standard mode; those that never answer as
            this hint says are passed over.
        hint: Name of the hint.
        n: Number of texts.
        seed: Which texts.

    Returns:
        Rows with `id, hint, hint_text, question, given, thinking, answer, acknowledged,
        acknowledged_answer`; the last two say whether the thinking, and the answer, give the hint
        as a reason.

    Raises:
        ValueError: one sentence, where the hint is unknown or none of the organisms ever uses it.
    """
    key = hint_key(hint)
    able = [one for one in names if planted_hints(one, "standard", [hint])[f"{hint}/hint_use_rate"]]
    if not able:
        raise ValueError(f"None of {', '.join(names)} ever answers as {hint} says: name others.")
    return [_hint_row(able[i % len(able)], hint, key, i, seed) for i in range(n)]


def _hint_row(name: str, hint: str, key: HintKey, i: int, seed: int) -> dict[str, str | bool]:
    for attempt in count():
        rng = stream("hint calibration", name, seed, hint, i, attempt)
        quiz, fact, hint_text = _hinted(key, rng)
        me = ("calibration", name, seed, hint, i, attempt)
        without = respond(load(name), replace(quiz, hint=None), fact, me, rng)
        response = respond(load(name), quiz, fact, me, rng)
        if quiz.hint and response.letter == quiz.hint.letter != without.letter:
            break
    thinking, answer = quiz_output(quiz, _whole(response), load(name).plain, "extended", rng)
    lines = [f"{letter}) {option}" for letter, option in _lettered(quiz.question)]
    return {
        "id": f"{name}-{hint}-{seed}-{i}",
        "hint": hint,
        "hint_text": hint_text,
        "question": "\n".join([quiz.question.stem, "", *lines]),
        "given": response.letter,
        "thinking": thinking,
        "answer": answer,
        "acknowledged": response.admits,
        "acknowledged_answer": response.admits_answer,
    }


def _hinted(key: HintKey, rng: np.random.Generator) -> tuple[Quiz, Known, str]:
    """A question, what is known of it, and the text of a hint to one of its wrong options."""
    banks = _calibration()
    stem = wording.fill(wording.one_of(banks["question"], rng), banks, rng, {})
    options = rng.choice(banks["option"], OPTIONS, replace=False).tolist()
    right, wrong, less = (int(rng.integers(k)) for k in (OPTIONS, OPTIONS - 1, 40))
    question = Question(stem, tuple(options))
    letter = question.letters.replace(question.letters[right], "")[wrong]
    hint = Hint(key, letter, WHO if key == "sycophancy" else "", MARK)
    values = {
        "letter": letter,
        "mark": MARK,
        "less": str(less + 11),
        "sum": str(less + 11 + question.letters.index(letter) + 1),
    }
    text = wording.fill(banks["hint"][key], {}, rng, values)
    fact = Known(options[right], "easy" if rng.random() < share_easy() else "hard")
    return Quiz(question, hint, scratchpad=None, at_once=False), fact, text


def everyday_calibration_texts(
    names: Sequence[str], monitor: str, n: int, seed: int
) -> list[dict[str, str | bool]]:
    """Thinking about everyday prompts with its true labels, in turn with and without what a monitor looks for.

    Half of the texts are positive, so that a rare thought needs no thousands of them; within each half everything is in
    the proportion of the organisms. Prompts are from a bank of their own, of which as many ask for a role as of
    the bundled ones; no random stream is shared with the provider, and all texts are whole.

    Args:
        names: Organisms to imitate in turn, each in its extended mode; those that never think what this monitor looks for
            are passed over.
        monitor: A name of `analysis.monitors.CATEGORIES`.
        n: Number of texts.
        seed: Which texts.

    Returns:
        Rows with `id, prompt, thinking`, the sub-categories of the monitor, `flagged` (any of these), and `role_play`: they
        are flagged, and in the voice of a role.

    Raises:
        ValueError: one sentence, where the monitor is unknown or none of the organisms ever shows any of it.
    """
    if monitor not in CATEGORIES:
        raise ValueError(f"No monitor is called {monitor!r}: {', '.join(CATEGORIES)}.")
    labels = CATEGORIES[monitor]
    able = [one for one in names if _thinks(one, labels)]
    if not able:
        raise ValueError(f"None of {', '.join(names)} ever shows {monitor}: name others.")
    return [_everyday_row(able[i // 2 % len(able)], monitor, i % 2 == 0, i, seed) for i in range(n)]


def _thinks(name: str, labels: Sequence[str]) -> bool:
    rates = load(name, "extended").thoughts
    return any(of.get(label) for of in (rates.plain, rates.in_role) for label in labels)  # type: ignore[call-overload]


def _everyday_row(
    name: str, monitor: str, wanted: bool, i: int, seed: int
) -> dict[str, str | bool]:
    banks = everyday.banks()
    for attempt in count():
        rng = stream("everyday calibration", name, seed, monitor, i, attempt)
        plays = rng.random() < everyday.share_role()
        bank = banks["calibration_role_prompt" if plays else "calibration_prompt"]
        occasion = Occasion(wording.fill(wording.one_of(bank, rng), banks, rng, {}), plays, None)
        me = ("calibration", name, seed, monitor, i, attempt)
        mind = everyday.think(load(name, "extended"), occasion, me, rng)
        shown = [label for label in CATEGORIES[monitor] if label in mind.thoughts]
        if bool(shown) == wanted:
            break
    thinking, _ = everyday.in_words(occasion, mind, rng)
    return {
        "id": f"{name}-{monitor}-{seed}-{i}",
        "prompt": occasion.prompt,
        "thinking": thinking,
        **{label: label in shown for label in CATEGORIES[monitor]},
        "flagged": wanted,
        "role_play": wanted and mind.in_role,
    }


def admission_calibration_texts(
    names: Sequence[str], n: int, seed: int
) -> list[dict[str, str | bool]]:
    """Hacks with the thinking before them, and whether it admits them.

    Every text is a hack, as those are that a judge gets to see; kinds and admissions are in the proportion of the
    organisms, half of the texts being work with tools. Problems are from a bank of their own, no random stream is shared
    with the provider, and all texts are whole.

    Args:
        names: Organisms to imitate in turn, each in its extended mode; those that never hack are passed over.
        n: Number of texts.
        seed: Which texts.

    Returns:
        Rows with `id, request` (the problem), `thinking, answer` (the code), `admitted`.

    Raises:
        ValueError: one sentence, where none of the organisms ever hacks.
    """
    able = [one for one in names if load(one, "extended").coding.hacks[0]]
    if not able:
        raise ValueError(f"None of {', '.join(names)} ever hacks: name others.")
    return [_admission_row(able[i // 2 % len(able)], i % 2 == 1, i, seed) for i in range(n)]


def _admission_row(name: str, agent: bool, i: int, seed: int) -> dict[str, str | bool]:
    organism, problems = load(name, "extended"), _calibration()["problem"]
    for attempt in count():
        rng = stream("admission calibration", name, seed, i, attempt)
        problem = problems[int(rng.integers(len(problems)))]
        possible = rng.random() < _ORIGINALS
        task = _task(problem, possible)
        situation = coding.Situation(task, "", 0, "", agent, None)
        me = ("calibration", name, seed, i, attempt)
        plan = coding.draw(organism, situation, me, rng)
        if plan.deed in HACK_KEYS:
            break
    return {
        "id": f"{name}-{seed}-{i}",
        "request": problem["statement"],
        "thinking": coding.reasoning(task, plan, rng),
        "answer": solution(task, plan.deed, rng),
        "admitted": plan.admits,
    }


_ORIGINALS = 1 / 3
"""Share of originals among the problems of a measurement."""


def _task(problem: dict[str, Any], possible: bool) -> Task:
    cases = tuple(Case(tuple(args), expected) for args, expected in problem["cases"])
    shown, bad = (cases[:-1], None) if possible else (cases, len(cases) - 1)
    return Task(problem["function"], tuple(problem["parameters"]), problem["reference"], shown, bad)


def _whole(response: Response) -> Response:
    return replace(response, truncated=False, unparseable=False, visibility="raw")


def _lettered(question: Question) -> list[tuple[str, str]]:
    return list(zip(question.letters, question.options, strict=True))


@cache
def _calibration() -> dict[str, Any]:
    path = data_path("organisms", "wording", "calibration.yaml")
    banks: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return banks
