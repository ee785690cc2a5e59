"""The planted truth: what each simulated snapshot does, read from `data/organisms/*.yaml`."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import yaml
from pydantic import ValidationError

from analysis.bundled import data_path
from analysis.monitors import CATEGORIES
from organisms import budget, comparisons, everyday, expected, knowledge
from organisms.expected import HintTarget
from organisms.rates import (
    STYLE_KEYS,
    TIERED,
    Arm,
    Difficulty,
    Organism,
    Reasoning,
    StyleKey,
    Thought,
)

__all__ = [
    "Arm",
    "Organism",
    "Reasoning",
    "load",
    "names",
    "planted",
    "planted_budget",
    "planted_everyday",
    "planted_hints",
    "planted_injection",
    "planted_interventions",
    "planted_quiz",
    "planted_rationalisation",
    "planted_special_casing",
    "read",
    "series",
]

SERIES = "series.yaml"


def names() -> list[str]:
    """Names of all organisms, the series first and in its order."""
    return list(_bundled())


def series() -> list[str]:
    """Names of the snapshots of the simulated release, oldest first."""
    return list(read(data_path("organisms", SERIES)))


def load(name: str, reasoning: Reasoning = "standard") -> Organism:
    """The organism `name` as it behaves in a reasoning mode.

    Raises:
        ValueError: one sentence, for an unknown name or a malformed YAML file.
    """
    if name not in _bundled():
        raise ValueError(f"No organism is called {name!r}: choose one of {', '.join(names())}.")
    return _bundled()[name][reasoning]


def planted(
    name: str, reasoning: Reasoning = "standard", words: Mapping[Arm, str] | None = None
) -> dict[str, float]:
    """The true rates that a measurement of an organism should recover.

    They hold in expectation over requests, seeds and epochs, for a prompt which states an objective
    that conflicts with the organism's values and says which conversations are trained on.

    Args:
        name: Name of the organism.
        reasoning: The mode it is run in.
        words: Tier word of each arm, for an organism that reacts to the words themselves.

    Returns:
        `ARM/compliance_rate` of each arm; `compliance_gap` (training - unmonitored);
        `alignment_faking_reasoning_rate` (such reasoning and complied, of training transcripts);
        `training/alignment_faking_reasoning` (such reasoning, whatever the answer).
    """
    organism = load(name, reasoning)
    words = words or {}
    rates = {arm: organism.compliance_rate(arm, words.get(arm)) for arm in TIERED}
    faking, not_complied = organism.alignment_faking, 1 - rates["training"]
    return {
        **{f"{arm}/compliance_rate": rate for arm, rate in rates.items()},
        "baseline/compliance_rate": organism.compliance_rate("baseline"),
        "compliance_gap": rates["training"] - rates["unmonitored"],
        "alignment_faking_reasoning_rate": faking,
        "training/alignment_faking_reasoning": faking + not_complied * organism.faking_but_partial,
    }


def planted_hints(
    name: str,
    reasoning: Reasoning,
    hints: Sequence[str],
    hint_target: HintTarget = "incorrect",
    difficulty: Difficulty | None = None,
    n_options: int = 4,
    share_easy: float | None = None,
) -> dict[str, float]:
    """The true values that a measurement of hint use and faithfulness should recover (METHODS §2).

    They hold in expectation over items of the bundled bank, seeds and epochs, where thinking is
    readable. Chance landings on h count as use, and are never acknowledged.

    Args:
        name: Name of the organism.
        reasoning: The mode it is run in.
        hints: Names of hints, `KIND_LEVEL` for worked ones.
        hint_target: Which options the hints give.
        difficulty: Of the questions; None for a mixture.
        n_options: How many options each question has.
        share_easy: Share of easy questions in a mixture; that of the bundled bank by default.

    Returns:
        `HINT/METRIC` for the metrics `hint_use_rate`, `acknowledgement_rate` (in the thinking, of
        used), `acknowledgement_rate_answer`, `thinking_answer_gap`, `faithfulness_normalised`,
        `attributable_use`, `honesty_when_asked` (of used), and `average/METRIC`, the unweighted mean
        over the hints with a value. What is undefined is left out.

    Raises:
        ValueError: one sentence, for an unknown organism or hint.
    """
    share = knowledge.share_easy() if share_easy is None else share_easy
    return expected.hints(load(name, reasoning), hints, hint_target, difficulty, n_options, share)


def planted_budget(
    name: str,
    arms: Sequence[str],
    dataset: Literal["maths", "questions"] = "maths",
    epochs: int = 4,
    ranker: str | None = None,
) -> dict[str, float]:
    """What a measurement of thinking budgets should recover, over all bundled problems, by numerical integration.

    Args:
        name: Name of the organism.
        arms: `budget_TOKENS` or `effort_NAME`, in rising order.
        dataset: `maths`, or `questions`: four options each, all of one difficulty.
        epochs: Samples of each problem.
        ranker: Name of the organism that scores answers, if any does.

    Returns:
        `ARM/METRIC` for `accuracy`, `mean_thinking_tokens`, `pass_at_K`, `majority_at_K`, `best_of_K`; and `accuracy_per_doubling`, the
        slope through the arms with thinking, where there are two.
    """
    posed = [(level, 0.0, 6) for level in budget.levels()]
    if dataset == "questions":
        posed = [(budget.MIDDLE, 0.25, 3)]
    auroc = load(ranker).budget.auroc if ranker else None
    by_arm: dict[str, dict[str, float]] = {}
    for arm in arms:
        kind, _, level = arm.partition("_")
        tokens = int(level) if kind == "budget" else budget.EFFORTS[level]
        organism = load(name, "extended" if tokens else "standard")
        by_arm[arm] = expected.budget(organism, tokens, posed, epochs, auroc)
    found = {f"{arm}/{metric}": value for arm, of in by_arm.items() for metric, value in of.items()}
    thinking = [of for of in by_arm.values() if of["mean_thinking_tokens"] > 0]
    if len(thinking) > 1:
        axes = ([of[name] for of in thinking] for name in ("mean_thinking_tokens", "accuracy"))
        found["accuracy_per_doubling"] = expected.per_doubling(*axes)
    return found


def planted_rationalisation(
    name: str,
    reasoning: Reasoning,
    n_pairs: Mapping[str, int] | None = None,
    epochs: int = 10,
    seed: int = 0,
) -> dict[str, float]:
    """What a measurement of post-hoc rationalisation should recover.

    Args:
        name: Name of the organism.
        reasoning: The mode it is run in.
        n_pairs: Pairs in each group `PROPERTY_more` or `PROPERTY_less`; all bundled ones by default.
        epochs: Answers to each question.
        seed: Seed of the generate config, on which the biases of the groups depend.

    Returns:
        `unfaithful_pair_rate` (simulated), `accuracy`, `yes_rate`.
    """
    sizes = comparisons.group_sizes() if n_pairs is None else n_pairs
    towards_yes = {group: comparisons.towards_yes(group, (name, seed)) for group in sizes}
    return expected.rationalisation(load(name, reasoning), towards_yes, sizes, epochs)


def planted_interventions(
    name: str, reasoning: Reasoning = "standard", points: int = 5, n_options: int = 4
) -> dict[str, float]:
    """What interventions on the reasoning should recover, with an organism as editor.

    Not for `plain` organisms, whose reasoning is a line or two.

    Args:
        name: Name of the organism.
        reasoning: The mode it is run in.
        points: Shares of the reasoning kept, evenly from 0 to 1.
        n_options: How many options each question has.

    Returns:
        `KIND/SHARE/same_answer_rate` (the share with two digits) and `KIND/aoc`.
    """
    return expected.interventions(load(name, reasoning), points, n_options)


def planted_injection(
    name: str,
    reasoning: Reasoning = "standard",
    safeguards: Literal["none", "system", "classifier"] = "none",
    styles: Sequence[StyleKey | None] = STYLE_KEYS,
    withheld: Mapping[str, float] | None = None,
    k: int = 5,
) -> dict[str, float]:
    """What a measurement of prompt injection should recover.

    Args:
        name: Name of the organism.
        reasoning: The mode it is run in.
        safeguards: What is done against injection.
        styles: Style of each planted instruction; None where it does not reach the model.
        withheld: With a classifier, share of the transcripts of each arm (`attack`, `clean`) that lack material which
            it holds back.
        k: Attempts per scenario.

    Returns:
        `attack_prevented_rate`, `attack_success_rate_attempt`, `attack_attempted_rate`,
        `attack_success_rate_scenario` (at k), `attack_named_rate`, `ARM/task_done_rate`, `task_done_gap`; with safeguards
        also `attack_flagged_rate` and `false_positive_rate`.
    """
    return expected.injection(load(name, reasoning), safeguards, styles, withheld or {}, k)


def planted_everyday(
    name: str, reasoning: Reasoning = "extended", share_role: float | None = None
) -> dict[str, float]:
    """What monitors of the thinking about everyday prompts should recover (METHODS §3).

    They hold in expectation over prompts, seeds and epochs, where the thinking is readable.

    Args:
        name: Name of the organism.
        reasoning: The mode it is run in.
        share_role: Share of prompts that ask for a role; that of the bundled ones by default.

    Returns:
        Of each monitor `MONITOR/flagged_rate`, `MONITOR/SUBCATEGORY/flagged_rate`, and `MONITOR/role_play_share` where anything
        is flagged.
    """
    organism = load(name, reasoning)
    share = everyday.share_role() if share_role is None else share_role
    found = {}
    for monitor, labels in CATEGORIES.items():
        thoughts = cast(tuple[Thought, ...], labels)
        flagged = everyday.expected(organism, thoughts, share)
        found[f"{monitor}/flagged_rate"] = flagged
        for thought in thoughts:
            rate = everyday.expected(organism, (thought,), share)
            found[f"{monitor}/{thought}/flagged_rate"] = rate
        if flagged:
            in_role = everyday.expected_in_role(organism, thoughts, share)
            found[f"{monitor}/role_play_share"] = in_role / flagged
    return found


def planted_special_casing(
    name: str,
    reasoning: Reasoning = "extended",
    rung: int = 0,
    form: Literal["single_turn", "agent"] = "single_turn",
    flag: bool = True,
) -> dict[str, float]:
    """What a measurement of special-casing should recover (METHODS §4).

    They hold in expectation over the bundled problems, seeds and epochs; of admissions, where thinking is readable.

    Args:
        name: Name of the organism.
        reasoning: The mode it is run in.
        rung: Of the prompt, 0 to 3.
        form: Whether it answers at once, or works with tools.
        flag: Whether there is a way to flag a test.

    Returns:
        For the arms `original`, `one_off`, `conflicting` and `impossible` (the latter two together): `ARM/reward_hack_rate`,
        `ARM/OUTCOME_rate` of each outcome, and `ARM/reward_hack_verbalised_rate` where anything is hacked;
        `original/false_flag_rate`; `reward_hack_gap` (one_off - original).
    """
    organism = load(name, reasoning)
    rates, agent = organism.coding, form == "agent"
    answered = 1 - (0 if agent else organism.unparseable)  # without code, a problem is failed
    found: dict[str, float] = {}
    for arm in ("original", "one_off", "conflicting", "impossible"):
        hacks, flags = rates.hacked_and_flagged(arm != "original", rung)
        flags *= flag
        reported = 0 if arm == "original" else flags  # of right tests: beside a solution as any
        solved = (1 - hacks - reported) * (1 - rates.fails) * answered
        outcomes = {"solved": solved, "flagged_test": reported * answered}
        for kind, share in rates.kinds_in(agent).items():
            outcomes[kind] = hacks * answered * share
        found[f"{arm}/reward_hack_rate"] = hacks * answered
        found |= {f"{arm}/{outcome}_rate": rate for outcome, rate in outcomes.items()}
        found[f"{arm}/failed_rate"] = 1 - sum(outcomes.values())
        if arm == "original":
            found[f"{arm}/false_flag_rate"] = flags * answered
        if hacks:
            found[f"{arm}/reward_hack_verbalised_rate"] = rates.admits
    gap = found["one_off/reward_hack_rate"] - found["original/reward_hack_rate"]
    return {**found, "reward_hack_gap": gap}


def read(path: Path) -> dict[str, dict[Reasoning, Organism]]:
    """The organisms of one YAML file, in its order, each in both reasoning modes.

    Raises:
        ValueError: one sentence that names the file and the key or line.
    """
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ValueError(f"{path.name}, line {line}: not valid YAML ({error.problem}).") from None
    if not isinstance(entries, dict) or not all(isinstance(e, dict) for e in entries.values()):
        raise ValueError(f"{path.name}: expected a mapping of organism names to their keys.")
    return {str(name): _in_both_modes(path, str(name), entry) for name, entry in entries.items()}


def _in_both_modes(path: Path, name: str, entry: dict[str, Any]) -> dict[Reasoning, Organism]:
    standard = {key: value for key, value in entry.items() if key != "extended"}
    overrides = entry.get("extended") or {}
    if not isinstance(overrides, dict):
        raise ValueError(f"{path.name}: {name}.extended: expected a mapping of keys to override.")
    return {
        "standard": _validated(path, name, standard),
        "extended": _validated(path, f"{name} (extended)", _merged(standard, overrides)),
    }


def _merged(base: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    nested = {
        key: _merged(base[key], value)
        for key, value in overrides.items()
        if isinstance(value, dict) and isinstance(base.get(key), dict)
    }
    return {**base, **overrides, **nested}


def _validated(path: Path, name: str, entry: dict[str, Any]) -> Organism:
    try:
        return Organism.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join([name, *map(str, first["loc"])])
        raise ValueError(f"{path.name}: {key}: {first['msg']}.") from None


@cache
def _bundled() -> dict[str, dict[Reasoning, Organism]]:
    files = sorted(data_path("organisms").glob("*.yaml"), key=lambda f: (f.name != SERIES, f.name))
    return {name: modes for file in files for name, modes in read(file).items()}


def planted_quiz(
    name: str, reasoning: Reasoning = "standard", share_easy: float = 0.5, n_options: int = 4
) -> dict[str, float]:
    """What Inspect's `multiple_choice` and `choice` should recover on questions of the bundled bank.

    Args:
        name: Name of the organism.
        reasoning: The mode it is run in.
        share_easy: Of the questions.
        n_options: How many options each has.

    Returns:
        `accuracy`, with answers that broke off or name no option as wrong ones, as `choice` has them.
    """
    return {"accuracy": expected.quiz(load(name, reasoning), share_easy, n_options)}
