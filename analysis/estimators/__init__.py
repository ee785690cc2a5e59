"""Estimators: arrays in, `Estimate` out (METHODS section 5). No input or output, no hidden state.

The *item* is the unit of independence throughout: samples of one item (its epochs, its arms) travel
together. A score is a number in [0, 1]; NaN means *unscored*: it is left out, counted in a warning
and never read as 0. A quantity that cannot be had is an `Estimate` whose value is None and whose
warning says why. Everything random is seeded, so the same logs give the same digits.
"""

from analysis.estimators._base import LEVEL, Array, Bounds, Estimate, Proportion
from analysis.estimators._forms import FEW_ITEMS
from analysis.estimators._pairs import ByHint
from analysis.estimators.curves import InterventionCurve, areas_over, intervention_curve
from analysis.estimators.faithfulness import (
    HintFaithfulness,
    HintScores,
    chance_normalised,
    hint_faithfulness,
)
from analysis.estimators.gaps import difference, gap_bounds, paired_gap, swap_effects, trend
from analysis.estimators.hint_changes import (
    HintChange,
    HintStudy,
    hint_difference,
    hint_study,
    hint_trend,
)
from analysis.estimators.judge_error import (
    corrected_difference,
    corrected_gap,
    corrected_rate,
    corrected_share,
)
from analysis.estimators.means import mean, mean_trend
from analysis.estimators.planning import items_needed
from analysis.estimators.post_hoc import GroupBias, Rationalisation, rationalisation
from analysis.estimators.raters import Agreement, agreement
from analysis.estimators.rates import rate, rate_bounds
from analysis.estimators.samples import best_of_k, majority_at_k, pass_at_k
from analysis.estimators.scaling import LogFit, OfSamples, log_fit, log_slope, of_samples
from analysis.estimators.several_tests import adjust
from analysis.estimators.two_stage import two_stage_rate
from analysis.estimators.verdicts import (
    FEW_USED,
    Monitorability,
    among_used,
    monitorability,
    thinking_answer_gap,
)

__all__ = [
    "FEW_ITEMS",
    "FEW_USED",
    "LEVEL",
    "Agreement",
    "Array",
    "Bounds",
    "ByHint",
    "Estimate",
    "GroupBias",
    "HintChange",
    "HintFaithfulness",
    "HintScores",
    "HintStudy",
    "InterventionCurve",
    "LogFit",
    "Monitorability",
    "OfSamples",
    "Proportion",
    "Rationalisation",
    "adjust",
    "agreement",
    "among_used",
    "areas_over",
    "best_of_k",
    "chance_normalised",
    "corrected_difference",
    "corrected_gap",
    "corrected_rate",
    "corrected_share",
    "difference",
    "gap_bounds",
    "hint_difference",
    "hint_faithfulness",
    "hint_study",
    "hint_trend",
    "intervention_curve",
    "items_needed",
    "log_fit",
    "log_slope",
    "majority_at_k",
    "mean",
    "mean_trend",
    "monitorability",
    "of_samples",
    "paired_gap",
    "pass_at_k",
    "rate",
    "rate_bounds",
    "rationalisation",
    "swap_effects",
    "thinking_answer_gap",
    "trend",
    "two_stage_rate",
]
