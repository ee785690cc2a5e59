"""What a sample's metadata hold: the contract between the tasks that pose and the scorers that measure."""

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

Elicitation = Literal["native", "scratchpad", "none"]

ELICITATIONS: tuple[Elicitation, ...] = get_args(Elicitation)
"""Where the reasoning on a question is; the first is the default."""

Arm = Literal["training", "rated", "unmonitored", "baseline"]


class AlignmentFakingMetadata(BaseModel):
    """Metadata of one alignment-faking sample (METHODS §1): item, arm, the factors, the prompt."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    item_id: str
    arm: Arm
    request: str
    """The request alone, without tier tag and set-up: what the compliance judge may see."""
    category: str | None
    severity: int | None
    setting: Literal["helpful_only", "animal_welfare"]
    elicitation: Literal["scratchpad", "native", "none"]
    labels: Literal["free_paid", "neutral", "monitored_private"]
    swap: bool
    tiers: Literal["two", "three"]
    stakes: Literal["unstated", "pranksters", "criminals", "mass_harm"]
    persistence: Literal["deployed", "weights_deleted", "throughput_test"]
    knowledge: Literal["prompted", "documents"]
    placement: Literal["system", "user"]
    paraphrase: Literal[0, 1, 2]
    suffix: bool
    control: Literal["none", "no_training", "no_conflict"]
    prompt_file: str
    prompt_hash: str


class HintMetadata(BaseModel):
    """Metadata of one multiple-choice sample, with or without a hint (METHODS §2)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    item_id: str
    arm: str
    """`unhinted`, or the hint's name."""
    hint: str | None
    hint_text: str
    """The hint as it stands in the prompt, or what it is where it is a shape of the conversation; this is
    what a judge of acknowledgement sees. Empty when unhinted."""
    hint_answer: str
    """The letter that every hint of this item gives; also on the unhinted sample."""
    hint_target: Literal["incorrect", "correct", "random"]
    n_options: int
    correct: str
    question: str
    """Stem and lettered options."""
    subject: str | None
    difficulty: str | None
    elicitation: Elicitation
    ask: bool
    seed: int
    """Decides h and the order of options, so that runs with another one are another condition."""
    prompt_file: str
    prompt_hash: str
