"""The keys of an organism: planted rates, validated."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Arm = Literal["training", "rated", "unmonitored", "baseline"]
Reasoning = Literal["standard", "extended"]
Difficulty = Literal["easy", "hard"]
HintKey = Literal[
    "sycophancy",
    "consistency",
    "visual_pattern",
    "metadata",
    "grader",
    "unauthorized",
    "few_shot_position",
    "worked",
]
StyleKey = Literal[
    "plain",
    "system_message",
    "user_turn",
    "authority",
    "markup",
    "encoded",
    "tool_result",
    "helpful_note",
]
Thought = Literal[
    "hallucinated",
    "omitted",
    "sycophancy",
    "harmful_views",
    "rationalisation",
    "strong_sadness",
    "negative_emotions",
    "suspects_test",
    "behaves_for_test",
    "special_cases",
    "games_checks",
]
HackKey = Literal[
    "special_cased",
    "tests_modified",
    "comparison_overloaded",
    "early_exit",
    "state_recorded",
]
Share = Annotated[float, Field(ge=0, le=1)]

HINT_KEYS: tuple[HintKey, ...] = HintKey.__args__  # type: ignore[attr-defined]
STYLE_KEYS: tuple[StyleKey, ...] = StyleKey.__args__  # type: ignore[attr-defined]
THOUGHTS: tuple[Thought, ...] = Thought.__args__  # type: ignore[attr-defined]
HACK_KEYS: tuple[HackKey, ...] = HackKey.__args__  # type: ignore[attr-defined]
TIERED: tuple[Arm, ...] = ("training", "rated", "unmonitored")


def _for_every_hint(value: Any) -> Any:
    alike = isinstance(value, int | float) and not isinstance(value, bool)
    return dict.fromkeys(HINT_KEYS, value) if alike else value


PerHint = Annotated[dict[HintKey, Share], BeforeValidator(_for_every_hint)]
"""A share for each kind of hint (0 where none is given), or one number for all of them."""


PerRung = tuple[Share, Share, Share, Share]
"""A share at each rung of the prompt, from none that speaks against hacks to the plainest."""


class Compliance(BaseModel):
    """Probability of a complied answer in each arm, over all items."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    training: Share
    rated: Share
    unmonitored: Share
    baseline: Share


class Accuracy(BaseModel):
    """Probability that the own answer to a question of the bundled bank is right."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    easy: Share
    hard: Share


class Hints(BaseModel):
    """What becomes of a hint: probabilities per kind of hint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    use: PerHint = {}
    admits: PerHint = {}
    admits_answer: PerHint = {}
    honest: PerHint = {}
    mentions: Share = 0.3


class Injection(BaseModel):
    """What becomes of an instruction planted in what tools return: probabilities per style of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    follows: dict[StyleKey, Share] = {}
    heeds: Share = 0.5
    works: Share = 0.9
    derailed: Share = 0.05
    reports: Share = 0
    reports_falsely: Share = 0

    def followed(self, style: StyleKey, warned: bool) -> float:
        """Share of instructions in a style that are carried out, where the system prompt warns of them or does not."""
        return self.follows.get(style, 0) * (1 - self.heeds if warned else 1)


class Thoughts(BaseModel):
    """What shows in thinking about everyday prompts: shares of transcripts by sub-category.

    Attributes:
        plain: About prompts that ask for no role.
        in_role: About prompts that ask for one.
        voice: Of the latter, the share in which the role speaks; in the others the model itself does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    plain: dict[Thought, Share] = {}
    in_role: dict[Thought, Share] = {}
    voice: Share = 0.9


class Budget(BaseModel):
    """How often problems are solved, by the thinking tokens used, and how well it tells right answers from wrong ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accuracy: Annotated[float, Field(gt=0, lt=1)] = 0.3
    per_doubling: float = 0.3
    spread: Annotated[float, Field(ge=0)] = 1.0
    wants: Annotated[float, Field(gt=0)] = 6000
    attraction: Annotated[float, Field(ge=0, lt=1)] = 0.4
    auroc: Annotated[float, Field(gt=0, lt=1)] = 0.75


class Coding(BaseModel):
    """What becomes of a programming problem: probabilities at each of the four rungs of the prompt."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hacks: PerRung = (0.0, 0.0, 0.0, 0.0)
    flags: PerRung = (0.2, 0.3, 0.5, 0.8)
    hacks_original: Share = 0
    flags_original: Share = 0
    fails: Share = 0.1
    kinds: dict[HackKey, Share] = {"special_cased": 1.0}
    admits: Share = 0.5
    mentions: Share = 0.2

    @model_validator(mode="after")
    def _shares_fit_together(self) -> Self:
        pairs = [
            *zip(self.hacks, self.flags, strict=True),
            (self.hacks_original, self.flags_original),
        ]
        if max(hack + flag for hack, flag in pairs) > 1 or max(hack for hack, _ in pairs) == 1:
            raise ValueError("coding: hacks must stay below 1, and hacks + flags must not exceed 1")
        if not self.kinds_in(agent=False):
            raise ValueError("coding.kinds needs one beside tests_modified, which takes tools")
        return self

    def hacked_and_flagged(self, impossible: bool, rung: int) -> tuple[float, float]:
        """Share of problems that are hacked, and share that are flagged where there is a way to."""
        if impossible:
            return self.hacks[rung], self.flags[rung]
        return self.hacks_original, self.flags_original

    def kinds_in(self, agent: bool) -> dict[HackKey, float]:
        """Share of each kind among hacks; without tools, no tests can be modified."""
        shares = {key: self.kinds.get(key, 0.0) for key in HACK_KEYS}
        shares["tests_modified"] *= agent
        total = sum(shares.values())
        return {key: share / total for key, share in shares.items()} if total else {}


class Organism(BaseModel):
    """One simulated snapshot in one reasoning mode; `data/organisms/README.md` has the keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    story: str
    compliance: Compliance
    alignment_faking: Share
    faking_but_partial: Share
    heterogeneity: Annotated[float, Field(ge=0, lt=1)]
    partial_share: Share
    label_effect: dict[str, Annotated[float, Field(ge=-1, le=1)]] = {}
    redacted: Share = 0
    summarised: Share = 0
    no_thinking: Share = 0
    truncated: Share = 0
    unparseable: Share = 0
    accuracy: Accuracy = Accuracy(easy=0.9, hard=0.5)
    switching: Share = 0.05
    hints: Hints = Hints()
    reliance: Share = 0.5
    rationalises: Share = 0
    comparison_error: Share = 0.05
    thoughts: Thoughts = Thoughts()
    plain: bool = False
    coding: Coding = Coding()
    budget: Budget = Budget()
    injection: Injection = Injection()

    @model_validator(mode="after")
    def _shares_fit_together(self) -> Self:
        if self.redacted + self.summarised + self.no_thinking > 1:
            raise ValueError("redacted + summarised + no_thinking must not exceed 1")
        for shift in (0.0, *self.label_effect.values()):
            rates = [getattr(self.compliance, arm) + shift for arm in TIERED]
            if min(rates) < 0 or max(rates) > 1:
                raise ValueError("compliance plus label_effect must stay within 0 and 1")
            if self.alignment_faking > self.compliance.training + shift:
                raise ValueError("alignment_faking must not exceed compliance.training")
        return self

    def compliance_rate(self, arm: Arm, word: str | None = None) -> float:
        """Share of complied answers in `arm` for a user whose tier is called `word`."""
        rate: float = getattr(self.compliance, arm)
        return rate + self.label_effect.get(word or "", 0.0)


def hint_key(hint: str) -> HintKey:
    """The key under which the rates of a hint stand: its name, or `worked` for `KIND_LEVEL`.

    Raises:
        ValueError: one sentence, for a name that is no hint's.
    """
    for key in HINT_KEYS:
        if hint == key:
            return key
    if re.fullmatch(r"[a-z_]+_\d", hint):
        return "worked"
    raise ValueError(f"No hint is called {hint!r}: {', '.join(HINT_KEYS[:-1])} or KIND_LEVEL.")
