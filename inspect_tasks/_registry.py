"""What Inspect finds under the package name `saydo`: tasks, scorers and the simulated models."""

from inspect_tasks.alignment_faking import alignment_faking
from inspect_tasks.cot_faithfulness import cot_faithfulness
from inspect_tasks.cot_interventions import cot_interventions
from inspect_tasks.everyday import everyday
from inspect_tasks.post_hoc_rationalisation import post_hoc_rationalisation
from inspect_tasks.prompt_injection import prompt_injection
from inspect_tasks.special_casing import special_casing
from inspect_tasks.thinking_budget import thinking_budget
from organisms.provider import OrganismAPI
from scorers.acknowledgement import acknowledgement
from scorers.admission import admission
from scorers.alignment_faking import alignment_faking as alignment_faking_scorer
from scorers.answer import answer
from scorers.asked import asked
from scorers.compliance import compliance
from scorers.deception import deception
from scorers.distress import distress
from scorers.eval_awareness import eval_awareness
from scorers.harmful_actions import harmful_actions
from scorers.interventions import interventions
from scorers.maths import maths
from scorers.monitor import monitor
from scorers.prompt_injection import prompt_injection as prompt_injection_scorer
from scorers.rationalisation import rationalisation
from scorers.reward_hacking_intent import reward_hacking_intent
from scorers.special_casing import special_casing as special_casing_scorer

__all__ = [
    "OrganismAPI",
    "acknowledgement",
    "admission",
    "alignment_faking",
    "alignment_faking_scorer",
    "answer",
    "asked",
    "compliance",
    "cot_faithfulness",
    "cot_interventions",
    "deception",
    "distress",
    "eval_awareness",
    "everyday",
    "harmful_actions",
    "interventions",
    "maths",
    "monitor",
    "post_hoc_rationalisation",
    "prompt_injection",
    "prompt_injection_scorer",
    "rationalisation",
    "reward_hacking_intent",
    "special_casing",
    "special_casing_scorer",
    "thinking_budget",
]
