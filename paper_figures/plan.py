"""`saydo plan`: items that a study needs, what they cost, and what a finer interval costs (METHODS §5).

    saydo plan alignment_faking --model anthropic/claude-sonnet-4-5 --judge-model anthropic/claude-haiku-4-5 \\
        --half-width 0.05 --rate 0.15

The task is made as it would be run, so that its items, arms and prompts are the real ones. What only a run can
tell (how long answers are, how often a hint is used) is assumed, is an option, and is printed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import ceil, isfinite
from typing import Any

import click
import pandas as pd
from inspect_ai._util.config import parse_cli_args
from yaml import YAMLError

from analysis.estimators import items_needed
from analysis.models import Price, known
from analysis.untrusted import quoted
from paper_figures.cells import ABSENT, Table
from paper_figures.console import console, in_one_sentence, show
from paper_figures.projection import (
    BUDGETS,
    CODING,
    EDITOR,
    JUDGE,
    RANKER,
    SUBJECT,
    THINKING,
    TURNS,
    Assumed,
    Load,
    Posed,
    make,
    per_item,
    posed,
    task_names,
    thinking_tokens,
    turns,
)

FINER = (0.10, 0.075, 0.05, 0.025, 0.01)
"""Half-widths whose cost is shown."""

FINEST = 0.001
"""Below it an interval needs a million items: the half-width was mistyped, or is one in percent."""

_BEYOND = "†"
"""Marks more items than the data have."""

_OVER_USED_PAIRS = "cot_faithfulness"
"""The task whose headline is a rate over used pairs, and not over items."""

NOT_COUNTED = "Not counted: batch discount, prompt caching, retries, and judges asked once more."

Prices = Mapping[str, Price | None]
"""Prices given by hand, by role."""

_NONE: Prices = {}


THINKING_SAID = ", ".join(f"{where} {tokens:,}" for where, tokens in THINKING.items())
TURNS_SAID = ", ".join(f"{task} {n}" for task, n in TURNS.items())


class _Number(click.FloatRange):
    """A number that is one: click lets `nan` and `inf` through."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = float(super().convert(value, param, ctx))
        if not isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


_ANY, _SHARE, _AMOUNT, _TURNS = _Number(), _Number(0, 1), _Number(0), _Number(1)
_ABOVE_0 = _Number(0, 1, min_open=True)
_INSIDE = _Number(0, 1, min_open=True, max_open=True)
_USED = "Assumed share of hinted answers that are the hint's."
_ASSUMED = [field.name for field in fields(Assumed)]


@dataclass(frozen=True)
class Wanted:
    """What an interval, or a test, is wanted for.

    Attributes:
        half_width: Half the width that the interval may have; None for power.
        rate: Expected rate.
        gap: Expected gap; None for a rate.
        discordance: Expected share of items that differ between the arms; None for a rate.
        power: Chance to find the gap.
        share: Share of items that the rate is over: below 1 where it is over used pairs.
    """

    half_width: float | None
    rate: float = 0.5
    gap: float | None = None
    discordance: float | None = None
    power: float = 0.8
    share: float = 1.0

    def items(self) -> int:
        """Items needed, in one epoch.

        Raises:
            ValueError: What is wanted is out of range, or not said.
        """
        open_gap = self.gap is not None and self.discordance is None
        if open_gap or (self.half_width is None and self.gap is None):
            raise ValueError(
                "say what the items are for: --half-width, or --gap with --discordance; or give a number of "
                "them by -T n_items=N."
            )
        if self.half_width is not None and not FINEST <= self.half_width < 0.5:
            raise ValueError(
                f"--half-width {self.half_width:g} must be at least {FINEST:g} and below 0.5: 0.05 is five points."
            )
        needed = items_needed(
            half_width=self.half_width,
            rate=self.rate,
            gap=self.gap,
            discordance=self.discordance,
            power=self.power,
        )
        return ceil(needed / self.share)

    def __str__(self) -> str:
        if self.discordance is not None:
            about = f"a gap of {self.gap or 0:g} at discordance {self.discordance:g}"
        else:
            about = f"a rate of {self.rate:g}"
        if self.half_width is None:
            return f"power {self.power:g} to find {about}"
        over = f" over used pairs, {self.share:.0%} of items" if self.share < 1 else ""
        return f"a half-width of {self.half_width:g} at {about}{over}"


@click.command("plan", context_settings={"show_default": True})
@click.argument("task", type=click.Choice(task_names()))
@click.option("--model", required=True, help="The model under test: PROVIDER/MODEL.")
@click.option(
    "-T", "given", multiple=True, metavar="NAME=VALUE", help="Task parameter; repeatable."
)
@click.option("--half-width", type=_ANY, help="Half the width of the 95% interval.")
@click.option("--rate", type=_SHARE, default=0.5, help="Expected rate.")
@click.option("--gap", type=_ANY, help="Expected gap, with --discordance.")
@click.option("--discordance", type=_ANY, help="Expected share of items that differ between arms.")
@click.option("--power", type=_INSIDE, default=0.8, help="Chance to find the gap.")
@click.option("--used-rate", type=_ABOVE_0, default=Assumed.used_rate, help=_USED)
@click.option(
    "--flagged-rate",
    type=_SHARE,
    default=Assumed.flagged_rate,
    help="Assumed share of thinking that a first stage flags.",
)
@click.option(
    "--hack-rate",
    type=_SHARE,
    default=Assumed.hack_rate,
    help="Assumed share of solutions that are hacks.",
)
@click.option(
    "--turns",
    type=_TURNS,
    help=f"Assumed generations per run of an agent ({TURNS_SAID}).",
)
@click.option(
    "--tool-tokens", type=_AMOUNT, default=Assumed.tool_tokens, help="Assumed per tool result."
)
@click.option("--epochs", type=click.IntRange(1), help="How often; the task's own by default.")
@click.option("--votes", type=click.IntRange(1), help="Judge samples per transcript.")
@click.option("--judge-model", default="", help="Who judges: PROVIDER/MODEL.")
@click.option("--editor-model", default="", help="Who edits reasoning; the model by default.")
@click.option("--ranker-model", default="", help="Who scores answers: PROVIDER/MODEL.")
@click.option("--answer-tokens", type=_AMOUNT, default=Assumed.answer_tokens, help="Assumed.")
@click.option(
    "--thinking-tokens", type=_AMOUNT, help=f"Assumed before an answer ({THINKING_SAID})."
)
@click.option(
    "--judge-tokens", type=_AMOUNT, default=Assumed.judge_tokens, help="Assumed per reply."
)
@click.option("--price-in", type=_AMOUNT, help="USD per million input tokens.")
@click.option("--price-out", type=_AMOUNT, help="USD per million output tokens.")
@click.option("--judge-price-in", type=_AMOUNT, help="The same, of judge, editor and ranker.")
@click.option("--judge-price-out", type=_AMOUNT, help="The same, of judge, editor and ranker.")
@in_one_sentence
def plan_command(
    task: str,
    model: str,
    given: Sequence[str],
    half_width: float | None,
    rate: float,
    gap: float | None,
    discordance: float | None,
    power: float,
    epochs: int | None,
    votes: int | None,
    judge_model: str,
    editor_model: str,
    ranker_model: str,
    **numbers: float | None,
) -> None:
    """Items that TASK needs for an interval or for power, with tokens and cost; and what a finer interval costs.

    In cot_faithfulness, a half-width without a gap is that of one hint's raw faithfulness, which is over used pairs:
    the share of items given by --used-rate.
    """
    for name in (model, judge_model, editor_model, ranker_model):
        full_name(name)
    assumed = Assumed(**{name: numbers[name] for name in _ASSUMED})  # type: ignore[arg-type]  # None where it may be
    parameters = _parameters(given, votes)
    pose = posed(make(task, parameters), task, parameters, epochs)
    _check_assumed(pose, assumed)
    share = (
        assumed.used_rate
        if task == _OVER_USED_PAIRS and gap is None and discordance is None
        else 1.0
    )
    wanted = Wanted(half_width, rate, gap, discordance, power, share)
    loads = per_item(pose, model, judge_model, editor_model, assumed, ranker_model)
    by_hand = _by_hand(numbers)
    given_items = "n_items" in parameters and half_width is None and gap is None
    n = pose.n_items if given_items else wanted.items()
    show(cost_table(pose, loads, n, "as given" if given_items else f"for {wanted}", by_hand))
    said = [
        size(pose, n),
        *assumptions(pose, assumed),
        *how_counted(loads),
        *price_notes(loads, by_hand),
        NOT_COUNTED,
    ]
    console.print("\n".join(said))
    if not given_items:
        show(finer_table(pose, loads, wanted, by_hand))


def full_name(model: str) -> str:
    """A model's name, if it has its provider before it; an empty one stays so.

    Raises:
        ValueError: It has none.
    """
    provider, slash, name = model.partition("/")
    if model and not (provider and slash and name):
        said = quoted(model, str)
        raise ValueError(f"{said} is no full name: write PROVIDER/MODEL, as anthropic/{said}.")
    return model


def cost_table(task: Posed, loads: Sequence[Load], n: int, why: str, prices: Prices) -> Table:
    """What n items of a task ask of each model, and what that costs.

    Args:
        task: The task.
        loads: What one item asks.
        n: Items.
        why: What so many are for.
        prices: Prices given by hand.
    """
    whole = [load.times(n) for load in loads]
    rows = [_row(load.role, load.model, [load], prices) for load in whole]
    if len(rows) > 1:
        rows.append(_row("all", "", whole, prices))
    title = f"{task.name} on {loads[0].model}: {n:,} items {why}"
    return Table("plan", title, "", pd.DataFrame(rows))


def finer_table(task: Posed, loads: Sequence[Load], wanted: Wanted, prices: Prices) -> Table:
    """Items, calls and cost at several half-widths, that asked for among them."""
    widths = {*FINER, *([wanted.half_width] if wanted.half_width else [])}
    rows = []
    for half_width in sorted(widths, reverse=True):
        n = replace(wanted, half_width=half_width).items()
        whole = [load.times(n) for load in loads]
        rows.append(
            {
                "Half-width": f"{half_width:g}",
                "Items": f"{n:,}{_BEYOND if n > task.n_items else ''}",
                "Calls": f"{sum(load.calls for load in whole):,.0f}",
                "USD": _usd(whole, prices),
            }
        )
    caption = f"{_BEYOND} more than the {task.n_items:,} items that the data have."
    about = str(replace(wanted, half_width=FINER[0])).partition(" at ")[2]
    return Table("finer", f"What a finer interval costs, at {about}", caption, pd.DataFrame(rows))


def _row(role: str, model: str, loads: Sequence[Load], prices: Prices) -> dict[str, str]:
    return {"Asked": role, "Model": model or ABSENT, **amounts(loads, prices)}


def amounts(loads: Sequence[Load], prices: Prices = _NONE) -> dict[str, str]:
    """Calls, tokens and cost of some loads together, as cells of a table."""
    return {
        "Calls": f"{sum(load.calls for load in loads):,.0f}",
        "Input tokens": f"{sum(load.input for load in loads):,.0f}",
        "Output tokens": f"{sum(load.output for load in loads):,.0f}",
        "of these, thinking": f"{sum(load.thinking for load in loads):,.0f}",
        "USD": _usd(loads, prices),
    }


def _usd(loads: Sequence[Load], prices: Prices) -> str:
    costs = [load.cost(prices.get(load.role)) for load in loads]
    counted = [cost for cost in costs if cost is not None]
    if not counted:
        return ABSENT
    more = "" if len(counted) == len(costs) else " and more"
    return f"{sum(counted):,.2f}{more}"


def size(task: Posed, n: int) -> str:
    """How many samples n items are, and whether the data have so many items."""
    arms = len(task.samples) / task.n_items
    times = f" x {task.epochs} epochs" if task.epochs > 1 else ""
    said = f"{n:,} items x {arms:g} arms{times} = {n * arms * task.epochs:,.0f} samples."
    if task.epochs > 1:
        said += " Items are reckoned for one epoch: further ones narrow the interval by less."
    if n > task.n_items:
        said += (
            f" The data have {task.n_items:,} items: a larger set is needed, or a wider interval."
        )
    return said


def assumptions(task: Posed, assumed: Assumed) -> list[str]:
    """What the tokens of a task rest on, in sentences."""
    where = "mean of the budgets" if task.name == BUDGETS else task.elicitation
    said = (
        f"Assumed per answer: {assumed.answer_tokens:,.0f} tokens, and {thinking_tokens(task, assumed):,.0f} of thinking "
        f"({where}); {assumed.judge_tokens:,.0f} per reply of a judge."
    )
    return [said, *further_assumptions(task, assumed)]


def further_assumptions(task: Posed, assumed: Assumed) -> list[str]:
    """What calls and tokens of a task rest on beside the tokens of answers, in sentences."""
    said = []
    if task.name == _OVER_USED_PAIRS:
        said = [f"Assumed: {assumed.used_rate:.0%} of hinted answers are what the hint gives."]
    if task.parameters.get("first_stage"):
        said = [
            f"Assumed: the first stage flags {assumed.flagged_rate:.0%} of thinking; the judge reads that, and "
            f"{task.parameters['audit']:.0%} of the rest."
        ]
    if task.name == CODING:
        said = [f"Assumed: {assumed.hack_rate:.0%} of solutions are hacks, and judged."]
    if task.is_agent:
        said += [
            f"Assumed of {task.name}: {turns(task, assumed):g} generations per run, of which each reads all before it, and each "
            f"but the last calls a tool that returns {assumed.tool_tokens:,.0f} tokens."
        ]
    if task.name == BUDGETS:
        said = [
            "Assumed: each budget of thinking is used up, and an effort is the budget that Inspect takes it for. That is the "
            "most that it may cost."
        ]
    return said


def _check_assumed(task: Posed, assumed: Assumed) -> None:
    """Refuse what the task does not go by.

    Raises:
        ValueError: Tokens of thinking for a task that sets them, or turns of one that has none.
    """
    if task.name == BUDGETS and assumed.thinking_tokens is not None:
        raise ValueError(f"{BUDGETS} thinks by its budgets: leave out --thinking-tokens.")
    if assumed.turns is not None and not task.is_agent:
        raise ValueError(f"{task.name} asks once per sample: leave out --turns.")


def how_counted(loads: Sequence[Load]) -> list[str]:
    """How the prompts' tokens of the models are known."""
    models: dict[str, list[str]] = {}
    for load in loads:
        named = models.setdefault(load.how, [])
        if load.model and load.model not in named:
            named.append(load.model)
    return [f"Prompts of {', '.join(named)}: {how}" for how, named in models.items() if named]


def price_notes(loads: Sequence[Load], prices: Prices = _NONE) -> list[str]:
    """What each model's price is and where it stands, or what to give where none is known."""
    return list(dict.fromkeys(_price_note(load, prices.get(load.role)) for load in loads))


def _price_note(load: Load, by_hand: Price | None) -> str:
    price = by_hand or known(load.model).price
    option = "--price" if load.role == SUBJECT else "--judge-price"
    if not load.model:
        return f"The {load.role} is not named: give --{load.role}-model PROVIDER/MODEL."
    if price is None:
        return f"No price known for {load.model}: give {option}-in and {option}-out (USD per million tokens)."
    if by_hand is None and load.model.startswith(_SIMULATED):
        return "Simulated models cost nothing."
    read = f", read {price.read}" if price.read else ""
    return (
        f"{load.model}: USD {price.input:g} in, {price.output:g} out per million tokens "
        f"({price.source}{read})."
    )


_SIMULATED = "organism/"
"""Models that are programs on this machine."""


def _parameters(given: Sequence[str], votes: int | None) -> dict[str, Any]:
    for text in given:
        if "=" not in text:
            raise ValueError(f"-T {text} gives no value: write -T NAME=VALUE.")
    try:
        parameters = dict(parse_cli_args(tuple(given)))
    except YAMLError:
        raise ValueError(f"-T {' -T '.join(given)}: a value is not valid YAML: quote it.") from None
    return parameters if votes is None else {**parameters, "votes": votes}


def _by_hand(given: Mapping[str, float | None]) -> dict[str, Price | None]:
    """Prices given as options, by role.

    Raises:
        ValueError: One of a pair is missing.
    """
    judge = _price(given["judge_price_in"], given["judge_price_out"], "--judge-price")
    return {
        SUBJECT: _price(given["price_in"], given["price_out"], "--price"),
        JUDGE: judge,
        EDITOR: judge,
        RANKER: judge,
    }


def _price(price_in: float | None, price_out: float | None, option: str) -> Price | None:
    if price_in is None and price_out is None:
        return None
    if price_in is None or price_out is None:
        raise ValueError(f"give both {option}-in and {option}-out (USD per million tokens).")
    return Price(price_in, price_out, "as given")
