"""What asking judges took: requests, tokens, and their price where one is known."""

from collections.abc import Mapping
from dataclasses import dataclass

from inspect_ai.model import ModelUsage

from analysis.models import known


@dataclass(frozen=True)
class Spent:
    """What a run took.

    Attributes:
        calls: Requests put to judges; none to the lexical judge.
        retries: How many of them were to ask again.
        input_tokens: Sent, and taken from a cache.
        output_tokens: Received, thinking among them.
        cost: USD for them at the prices that are known, as if nothing had come from a cache; None where one is not, or
            where calls came back without usage.
    """

    calls: int
    retries: int
    input_tokens: int
    output_tokens: int
    cost: float | None

    @classmethod
    def of(cls, usage: Mapping[str, ModelUsage], calls: int, retries: int) -> "Spent":
        """What was used, by name of the judge."""
        sent = {name: _sent(used) for name, used in usage.items()}
        prices = {name: known(name).price for name in usage}
        costs = [
            price.cost(sent[name], usage[name].output_tokens) if price else None
            for name, price in prices.items()
        ]
        return cls(
            calls=calls,
            retries=retries,
            input_tokens=sum(sent.values()),
            output_tokens=sum(used.output_tokens for used in usage.values()),
            cost=None
            if None in costs or (calls and not usage)
            else sum(cost for cost in costs if cost is not None),
        )

    def said(self) -> str:
        """The sentence that tells a user."""
        cost = "no price known" if self.cost is None else f"USD {self.cost:,.2f}"
        return (
            f"{self.calls:,} judge calls ({self.retries:,} of them to ask again): "
            f"{self.input_tokens:,} tokens in, {self.output_tokens:,} out, {cost}."
        )


def _sent(used: ModelUsage) -> int:
    cached = (used.input_tokens_cache_read or 0) + (used.input_tokens_cache_write or 0)
    return used.input_tokens + cached
