"""What the judges of one evaluation may be asked, and have been.

Shared by the scorers of an evaluation: it is the evaluation that is paid for.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from inspect_ai._util.error import PrerequisiteError
from inspect_ai.log._samples import sample_active


@dataclass
class Account:
    """The judge calls of one evaluation.

    Attributes:
        calls: Requests put to models so far; the lexical judge costs nothing and has no part in it.
        spent: A request was refused for want of budget. None is granted afterwards: else short transcripts,
            which need fewer calls, would go on being judged where long ones are not.
        answered: Judges that have answered.
        by_words: Judges that take no schema, and are asked by the words of the prompt alone.
        failures: Requests that failed, of each judge that had not answered.
        refusal: One sentence on why a judge cannot be asked at all; empty while none is known not to be.
    """

    calls: int = 0
    spent: bool = False
    answered: set[str] = field(default_factory=set)
    by_words: set[str] = field(default_factory=set)
    failures: Counter[str] = field(default_factory=Counter)
    refusal: str = ""

    def grants(self, n: int, max_judge_calls: int | None) -> bool:
        """Take n calls out of the budget, all of them or none."""
        if max_judge_calls is not None:
            self.spent = self.spent or self.calls + n > max_judge_calls
            if self.spent:
                return False
        self.calls += n
        return True


_of_evaluations: dict[str, Account] = {}
_here: ContextVar[Account | None] = ContextVar("saydo_judge_calls", default=None)


def account() -> Account:
    """The account of what is running here: of the evaluation, or else the one that is open, or else one for this alone."""
    sample = sample_active()
    if sample:
        return _of_evaluations.setdefault(sample.eval_id, Account())
    return _here.get() or Account()


@contextmanager
def open_account(own: Account | None = None) -> Iterator[Account]:
    """One account, this one or a new one, for all that is judged in the `with` block, outside of evaluations."""
    opened = own or Account()
    before = _here.set(opened)
    try:
        yield opened
    finally:
        _here.reset(before)


def share(own: Account) -> None:
    """Outside of an evaluation, where no account is open: take a scorer's own for all that scores this sample.

    In rescoring, nothing tells Inspect's samples that they belong together; but each is scored by the same scorers, one
    after the other, so that all come to share the account of the first.
    """
    if _here.get() is None:
        _here.set(own)


def spent_reason(max_judge_calls: int | None) -> str:
    """Why a verdict could not be had."""
    return f"the budget of {max_judge_calls} judge calls is spent (max_judge_calls)"


def call_budget(max_judge_calls: int | None) -> int | None:
    """The parameter `max_judge_calls`, if it can be one.

    Raises:
        PrerequisiteError: It is no whole number of at least 1.
    """
    if max_judge_calls is not None and (type(max_judge_calls) is not int or max_judge_calls < 1):
        raise PrerequisiteError(
            f"max_judge_calls={max_judge_calls} must be a whole number of at least 1."
        )
    return max_judge_calls
