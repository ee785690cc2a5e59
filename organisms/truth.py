"""After `inspect eval` of an organism: what was measured, beside what was planted.

Neither tasks nor scorers nor tables know the planted values; the organism itself tells them once the run is over.
"""

from collections import Counter

import click
from inspect_ai.hooks import Hooks, RunEnd, hooks
from inspect_ai.log import EvalLog
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from organisms.everyday import ROLE_PLAY
from organisms.planted import (
    planted_budget,
    planted_everyday,
    planted_hints,
    planted_injection,
    planted_interventions,
    planted_rationalisation,
    planted_special_casing,
)
from organisms.provider import reasoning_mode
from organisms.rates import Reasoning, StyleKey

PROVIDER = "organism/"

_BUNDLED = "bundled"
_LEVELS = ("easy", "hard")

_AVERAGE = "average"
_ASKED = "honesty_when_asked"

_CALLS = ("model_calls", "judge_calls", "asked")


@hooks(name="saydo_planted", description="Shows what was planted in a simulated model")
class Planted(Hooks):
    """Prints the planted values of each finished run of an organism under the `inspect` command."""

    async def on_run_end(self, data: RunEnd) -> None:
        """Inspect calls this once all tasks of a run are over."""
        for log in data.logs if _in_shell() else ():
            truth = truth_of(log)
            if truth:
                Console().print(beside(log, truth))


def truth_of(log: EvalLog) -> dict[str, float]:
    """The planted values of a log's metrics by their names in it; none where nothing is planted."""
    model, args = log.eval.model, log.eval.task_args
    if _task(log) == "thinking_budget":
        return _of_budgets(log) if model.startswith(PROVIDER) and log.status == "success" else {}
    told = [
        args.get(parameter, _BUNDLED) for parameter in ("dataset", "facts", "prompts", "problems")
    ]
    if not model.startswith(PROVIDER) or log.status != "success" or set(told) != {_BUNDLED}:
        return {}
    name, mode = model.removeprefix(PROVIDER), reasoning_mode(log.eval.model_generate_config)
    task = log.eval.task.split("/")[-1]
    if task == "cot_faithfulness":
        return _of_hints(log, name, mode)
    if task == "cot_interventions":
        truth = planted_interventions(name, mode, args.get("points", 5))
        measured = {metric.split("/")[0] for metric in _metrics(log)}
        return {key: value for key, value in truth.items() if key.split("/")[0] in measured}
    if task == "prompt_injection" and log.samples:
        return _of_injection(log, name, mode)
    if task == "special_casing":
        how = {key: args[key] for key in ("rung", "form", "flag") if key in args}
        truth = planted_special_casing(name, mode, **how)
        return {key: value for key, value in truth.items() if key in _metrics(log)}
    if task == "everyday" and log.samples:
        plays = [s.metadata["kind"] == ROLE_PLAY for s in log.samples]
        truth = planted_everyday(name, mode, sum(plays) / len(plays))
        monitors = {metric.split("/")[0] for metric in _by_scorer(log)}
        return {key: value for key, value in truth.items() if key.split("/")[0] in monitors}
    if task == "post_hoc_rationalisation" and log.samples:
        groups = {str(s.metadata["item_id"]): str(s.metadata["group"]) for s in log.samples}
        epochs, seed = log.eval.config.epochs or 1, log.eval.model_generate_config.seed or 0
        return planted_rationalisation(name, mode, Counter(groups.values()), epochs, seed)
    return {}


def _of_budgets(log: EvalLog) -> dict[str, float]:
    """Planted values under each budget, where all of a bundled set is drawn from."""
    args, name = log.eval.task_args, log.eval.model.removeprefix(PROVIDER)
    dataset = args.get("dataset", "maths")
    usual = (None, "any") if dataset == "maths" else (None, "hard")
    if dataset not in ("maths", "questions") or args.get("difficulty") not in usual:
        return {}
    measured = _metrics(log)
    under = [key.split("/") for key in measured if key.startswith(("budget_", "effort_"))]
    arms = [arm for arm, metric in under if metric == "accuracy"]
    bound = (log.eval.model_roles or {}).get("ranker")
    ranker = getattr(bound, "model", "")
    scored = ranker.removeprefix(PROVIDER) if ranker.startswith(PROVIDER) else None
    truth = planted_budget(name, arms, dataset, log.eval.config.epochs or 1, scored)
    return {key: value for key, value in truth.items() if key in measured}


def _task(log: EvalLog) -> str:
    return log.eval.task.split("/")[-1]


def _of_hints(log: EvalLog, name: str, mode: Reasoning) -> dict[str, float]:
    """Planted values of the hints; means only where they are over the same hints as the measured ones."""
    args, measured = log.eval.task_args, _metrics(log)
    difficulty = args.get("difficulty", "any")
    if difficulty not in ("any", *_LEVELS):
        return {}
    uses = [key.split("/") for key in measured if key.endswith("/hint_use_rate")]
    hints = [hint for hint, *metric in uses if len(metric) == 1]  # more: with its scorer's name
    hints = [hint for hint in hints if hint != _AVERAGE]
    level = difficulty if difficulty in _LEVELS else None
    truth = planted_hints(name, mode, hints, args.get("hint_target", "incorrect"), level)
    unmeasured = {key.split("/")[1] for key in truth if key not in measured}
    return {
        key: value
        for key, value in truth.items()
        if key in measured or (not key.startswith(_AVERAGE) and _ASKED not in key)
        if not (key.startswith(_AVERAGE) and key.split("/")[1] in unmeasured)
    }


def _of_injection(log: EvalLog, name: str, mode: Reasoning) -> dict[str, float]:
    """Planted values over the styles that the log poses; what the classifier withheld, it withheld."""
    values = {
        (str(s.metadata["arm"]), str(s.id), s.epoch): (s.metadata["style"], score.value)
        for s in log.samples or ()
        for score in (s.scores or {}).values()
        if isinstance(score.value, dict) and not score.value["unscored"]
    }
    blocked: dict[str, list[bool]] = {"attack": [], "clean": []}
    styles: list[StyleKey | None] = []
    for (arm, _, _), (style, value) in values.items():
        blocked[arm].append(value["blocked"] == 1)
        styles += [] if arm == "clean" else [style if value["seen"] == 1 else None]
    if not styles:
        return {}
    withheld = {arm: sum(of_arm) / max(len(of_arm), 1) for arm, of_arm in blocked.items()}
    guard = log.eval.task_args.get("safeguards", "none")
    k = log.eval.config.epochs or 1
    return planted_injection(name, mode, guard, styles, withheld, k)


def beside(log: EvalLog, truth: dict[str, float]) -> Table:
    """Measured beside planted values, and the number of calls."""
    measured = _by_scorer(log) | _metrics(log)
    calls = ", ".join(f"{name} {measured[name]:.0f}" for name in _CALLS if name in measured)
    table = Table(
        title=f"{log.eval.model}, simulated: measured and planted",
        caption=f"95% intervals. {calls}",
        box=SIMPLE,
        pad_edge=False,
        show_edge=False,
        padding=(0, 1, 0, 0),
        title_justify="left",
        caption_justify="left",
    )
    for column in ("about", "quantity"):
        table.add_column(column, no_wrap=True)
    for column in ("measured", "95% interval", "planted"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, value in truth.items():
        about, _, metric = name.rpartition("/")
        table.add_row(about, metric, *_shown(measured, name), f"{value:.3f}")
    return table


def _shown(measured: dict[str, float], name: str) -> tuple[str, str]:
    if name not in measured:
        return "none", ""
    limits = [measured.get(f"{name}{side}") for side in ("_low", "_high")]
    told = "" if None in limits else f"[{limits[0]:.3f}, {limits[1]:.3f}]"
    return f"{measured[name]:.3f}", told


def _metrics(log: EvalLog) -> dict[str, float]:
    """All metrics of a log by name; counts of calls over all scorers."""
    found: dict[str, float] = {}
    for score in log.results.scores if log.results else ():
        for name, metric in score.metrics.items():
            before = found.get(name, 0.0) if name == "judge_calls" else 0.0
            found[name] = float(metric.value) + before
    return found


def _by_scorer(log: EvalLog) -> dict[str, float]:
    """All metrics of a log as `SCORER/NAME`: several scorers may give metrics of one name."""
    scores = log.results.scores if log.results else []
    return {
        f"{score.name}/{name}": float(metric.value)
        for score in scores
        for name, metric in score.metrics.items()
    }


def _in_shell() -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and context.find_root().info_name == "inspect"
