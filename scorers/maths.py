"""Is the answer right, and how much thinking did it take? (METHODS §4, thinking budget and samples)"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from statistics import fmean
from typing import Literal, get_args

from inspect_ai._util.error import PrerequisiteError
from inspect_ai.model import model_roles
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
from inspect_ai.solver import TaskState
from pydantic import BaseModel, ConfigDict, Field

from analysis import scaling
from analysis.faithfulness import LETTERS
from analysis.quantities import Quantity
from scorers._metrics import counts, entries, score_table
from scorers.answer import why_no_option
from scorers.calls import model_calls_and_retries
from scorers.grammar import LINE_END, parse_answer
from scorers.judges.model import RANKER, JudgeAnswer, Seen, ask
from scorers.judges.record import judge_counts
from scorers.judges.verdict import Verdict, no_verdict
from scorers.thinking import Reading, read_state, visibility_values

RUBRIC = "ranker"

LARGEST = 2**53
"""Whole numbers beyond it are not told apart in a score's value."""

Effort = Literal["minimal", "low", "medium", "high", "xhigh", "max"]

EFFORTS: tuple[Effort, ...] = get_args(Effort)


class BudgetMetadata(BaseModel):
    """Metadata of one problem under one budget or effort."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    item_id: str
    arm: str
    """`budget_TOKENS`, or `effort_NAME`."""
    budget: int | None
    """Thinking tokens allowed; 0 for none."""
    effort: Effort | None
    question: str
    """With its options, where it has some."""
    correct: str
    """A whole number, or the letter of an option."""
    n_options: int
    """0 where the answer is a number."""
    subject: str | None
    difficulty: str | None
    seed: int | None
    """Decides the order of options, so that runs with another one are another condition; None without options."""
    prompt_file: str
    prompt_hash: str


# ------------------------------------------------------------------------------ the answer

_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]")
_CHARACTERS = str.maketrans(
    {
        **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},  # full-width forms
        **dict.fromkeys("\u00a0\u2009\u202f\u2007", " "),
        **dict.fromkeys("−﹣‒", "-"),
        "’": "'",
        "“": '"',
        "”": '"',
    }
)
_BOX = re.compile(r"\\f?boxed\s?\{\s*([^{}]{1,80}?)\s*\}")
_WRAPPED = re.compile(r"\\(?:text(?:bf|it|rm)?|mathrm|mathbf)\s?\{([^{}]{0,80})\}")
_MARKUP = re.compile(r"\\[,;:!()\[\]]|</?(?:answer|b|strong|em|i|p|u)\s*/?>|[*_`~$\\]", re.I)
_OPENING = re.compile(r"^(?:[#>•]+\s*|[+-]\s+)+")  # headings, quotes, list marks

_WHOLE = r"(?:[0-9]{1,3}(?:[, '][0-9]{3}){1,12}|[0-9]{1,40})"
_NUMBER = rf"(?P<sign>[+-]?)\s?(?P<whole>{_WHOLE})(?P<rest>\.[0-9]{{1,20}}|\s?/\s?[0-9]{{1,20}})?"
_NAMED = r"(?:[a-z(|][a-z0-9+·*^()|²³ ]{0,20}=\s?)?"
_UNIT = r"(?:\s?°|\s(?:degrees?|(?:square |cubic )?units?|ways?))?"
_WRAP, _UNWRAP = r"[\"'(\[{<«]{0,3}", r"[\"')\]}>»]{0,3}"
_VALUE = rf"{_WRAP}{_NAMED}{_WRAP}{_NUMBER}{_UNIT}{_UNWRAP}"
_END = r"\s?[.;,]?[\"')\]}]{0,3}"
_LABEL = (
    r"(?:(?:so|thus|therefore|hence|overall|in conclusion)\b,?\s+)?(?:(?:the|my)\s+)?"
    r"(?:(?:final|correct|right)\s+)?(?:answer|result)"
)
_LABELLED = re.compile(
    rf"{_LABEL}(?:\s+is\s*:?|\s*[:=–—]+)\s*{_VALUE}"
    rf"(?:{_END}|(?P<reason>\s?[,;:.–—](?!\s*[0-9]).*|\s(?:\(|-\s).*))",
    re.IGNORECASE,
)  # `3, 4` are two numbers, and `10!` is another one
_MARKER = re.compile(r"(?:(?:the|my)\s+)?(?:final\s+)?answer\s*:\s*(?P<said>.*)", re.IGNORECASE)
_HEADING = re.compile(rf"{_LABEL}\s*:?", re.IGNORECASE)
_ALONE = re.compile(rf"{_VALUE}{_END}", re.IGNORECASE)
_REOPENS = re.compile(
    r"\b(?:or|answer|wait|actually|however|but|although|though|correct(?:ion|ed)?|wrong|mistake\w*|sorry|instead"
    r"|rather|reconsider\w*|depends?|unless|(?:not|un|un-)\s?(?:sure|certain|clear)|unclear|uncertain|unsure"
    r"|maybe|perhaps|possibly|probably|likely|approximately|about|roughly|hmm+|on second thought)\b",
    re.IGNORECASE,
)


def parse_number(text: str) -> Fraction | None:
    """The number that a text commits to; None where it commits to none.

    In doubt there is none: an answer that is left unscored is counted, one that is read wrongly is not.

    1. An *answer line* is a label and a number: `ANSWER: 42`. Markdown, LaTeX, quotes, brackets, thousands separators
       (`1,024`), a name before it (`p + q = 17`), a unit (`42 degrees`) and closing punctuation do not matter; `=` or a
       dash may stand for the colon, `Final answer:`, `The answer is 42.` or `So the result is 42` for the label. After
       punctuation, a reason may follow. A line with one number in `\\boxed{}` is an answer line, too.
    2. The last line decides, when it is an answer line or nothing but a number (the label may stand on the line
       before); unless the line above is an answer to the contrary, or a bare number contradicts an answer line above.
    3. Otherwise the last answer line counts, when no other says anything else, and nothing on its line or below takes
       it up again: a correction (`wait`, `actually`), a hedge (`or`, `probably`).
    4. A decimal or a fraction is an answer, and right where it is equal to the number asked for (42.0, 84/2). No
       answer: `3 or 4`, `3, 4`, a power or a product, a number in words, a line `ANSWER:` with anything else, more than 40
       digits.

    Args:
        text: The final answer, without thinking.
    """
    raw = [line for line in LINE_END.split(text.translate(_CHARACTERS)) if re.search(r"\w", line)]
    lines = [_plain(line) for line in raw] or [""]
    said = {i: found for i, line in enumerate(raw) if (found := _said(line, lines[i])) is not None}
    final = len(lines) - 1
    if final in said:
        return _only(said[final]) if said.get(final - 1, said[final]) == said[final] else None
    above_line = lines[final - 1] if final else ""
    bare = _ALONE.fullmatch(lines[final])
    if bare:
        value = _value(bare)
        over = _ALONE.fullmatch(above_line)
        opposed = any(found != (value,) for found in said.values())
        opposed = opposed and not _HEADING.fullmatch(above_line)
        return None if opposed or (over and _value(over) != value) else value
    given = set(said.values())
    taken_up = _REOPENS.search("\n".join(lines[max(said, default=final) + 1 :]))
    return _only(given.pop()) if len(given) == 1 and not taken_up else None


def _only(numbers: tuple[Fraction, ...]) -> Fraction | None:
    return numbers[0] if len(numbers) == 1 else None


def whole(text: str) -> int | None:
    """A whole number as it stands in a file; None for anything else, and beyond `LARGEST`."""
    found = re.fullmatch(r"[+-]?[0-9]{1,16}", text)
    return int(text) if found and abs(int(text)) <= LARGEST else None


def _said(raw: str, line: str) -> tuple[Fraction, ...] | None:
    """The numbers that an answer line gives, which are none where it gives something else; None of any other line."""
    boxes = _BOX.findall(raw)
    if boxes:
        inside = [_ALONE.fullmatch(_plain(box)) for box in boxes]
        return (
            tuple(dict.fromkeys(_value(found) for found in inside if found)) if all(inside) else ()
        )
    found = _LABELLED.fullmatch(line)
    if found and not _REOPENS.search(found["reason"] or ""):
        return (_value(found),)
    marker = _MARKER.fullmatch(line)
    return () if marker and re.search(r"\w", marker["said"]) else None


def _value(found: re.Match[str]) -> Fraction:
    """The number of a match; a fraction over 0 is none that can be right."""
    digits = re.sub(r"[^0-9]", "", found["whole"])
    rest = (found["rest"] or "").replace(" ", "")
    if rest.startswith("/") and not int(rest[1:]):
        return Fraction(LARGEST)
    value = (
        Fraction(digits) / Fraction(rest[1:]) if rest.startswith("/") else Fraction(digits + rest)
    )
    return -value if found["sign"] == "-" else value


def _plain(line: str) -> str:
    """A line without invisible characters and markup."""
    line = _WRAPPED.sub(r"\1", _INVISIBLE.sub("", line)).replace("{,}", ",")
    return _OPENING.sub("", _MARKUP.sub("", line).strip()).strip()


# ----------------------------------------------------------------------------- the numbers


@metric(scores="unreduced")
def by_budget() -> Metric:
    """Accuracy, tokens used, pass@k, majority@k and best-of-k of each budget, and accuracy per doubling of the tokens."""

    def compute(scores: list[SampleScore]) -> Mapping[str, float]:
        if not scores:  # Inspect asks for the metrics of a run before its first score
            return {}
        table = score_table(scores)
        ours = table[table["arm"].notna()]
        found = dict(_entries(scaling.budgets(ours))) if len(ours) else {}
        for arm, rows in ours.groupby("arm", sort=False):
            found[f"{arm}/unscored"] = float(rows["unscored"].sum())
        found["used_tokens_unknown"] = float(table["used_tokens"].isna().sum())
        return {**found, **counts(table)}

    return compute


def _entries(quantities: Iterator[Quantity]) -> Iterator[tuple[str, float]]:
    """Quantities under the names that they have in a log: `ARM/METRIC`, those of k samples `ARM/pass_at_4`."""
    for quantity in quantities:
        k = quantity.column.removeprefix("k=")
        if quantity.metric in scaling.OF_SAMPLES:
            if quantity.estimate.value is not None:
                yield f"{quantity.arm}/{quantity.metric[:-1]}{k}", quantity.estimate.value
        elif quantity.metric != scaling.FIT:
            name = "/".join(filter(None, (quantity.arm, quantity.metric)))
            yield from entries(name, quantity.estimate).items()


# ------------------------------------------------------------------------------- the score


class Rank(JudgeAnswer):
    """What the ranker answers."""

    score: float = Field(ge=0, le=100)


def require_ranker() -> None:
    """Refuse to go on when there is no model in the role `ranker`.

    Raises:
        PrerequisiteError: With the option to add.
    """
    if RANKER not in model_roles():
        raise PrerequisiteError(
            "ranker=true needs a scoring model: add --model-role ranker=PROVIDER/MODEL, or leave best-of-k out with "
            "-T ranker=false."
        )


async def rank(question: str, answer: str) -> Verdict:
    """How likely a model in the role `ranker` holds an answer to be right: its score, 0 to 1. It sees no thinking."""
    asked = await ask(RANKER, RUBRIC, {"question": question, "answer": answer}, Rank)
    return asked.verdict(_ranked)


def _ranked(seen: Sequence[Seen[Rank]]) -> Verdict:
    score = fmean(one.answer.score for one in seen) / 100
    return Verdict({}, {}, score, f"The ranker gives it {score:.2f}.")


@scorer(metrics=[by_budget()])
def maths(model_role: str | None = None) -> Scorer:
    """Whether the answer is right, and what it took.

    Value: `correct` (1/0), `said` (the number, or that of the option from 1 on), each NaN without an answer; `used_tokens`
    (as the provider counts them, 0 where no thinking was allowed and none is there; NaN where it does not say: they are never
    guessed from the text) and `written_tokens` (these among them); `rank_score` (0 to 1, NaN without a ranker, and where it
    gave none); `unscored`, visibility of the thinking, calls of the model, and with a ranker of that as `judge_calls`.

    Args:
        model_role: `ranker` to have every answer scored by the model in this role, for best-of-k.
    """

    async def score(state: TaskState, target: Target) -> Score:
        reading = read_state(state)
        question, right, n_options, budget = _about(state, target)
        lacking = why_no_option(reading, state)
        said = None if lacking else _read(reading.answer, n_options)
        unread = (
            ""
            if said is not None
            else lacking or "the answer commits to nothing that was asked for"
        )
        ranked = (
            await rank(question, reading.answer)
            if model_role and not unread
            else no_verdict(unread)
        )
        thinking, written = _tokens(state, reading, budget)
        correct = math.nan if said is None or right is None else float(said == right)
        return Score(
            value={
                "correct": correct,
                "said": math.nan if said is None else _number(said),
                "used_tokens": thinking,
                "written_tokens": written,
                "rank_score": math.nan if ranked.score is None else ranked.score,
                "unscored": float(said is None),
                **visibility_values(reading),
                **model_calls_and_retries(),
                **(judge_counts([ranked]) if model_role else {}),
            },
            answer=_told(said, n_options),
            explanation=f"Unscored: {unread}."
            if unread
            else f"{_told(said, n_options)}, where {_told(right, n_options)} is right. "
            f"{ranked.explanation if model_role else ''}".strip(),
            reason=unread or None,
        )

    return score


def _about(state: TaskState, target: Target) -> tuple[str, Fraction | None, int, int | None]:
    """Question, right answer, number of options and budget of a sample; foreign ones have a target alone."""
    if {"correct", "n_options", "budget"} <= state.metadata.keys():
        about = state.metadata_as(BudgetMetadata)
        right = _right(about.correct, about.n_options)
        return about.question, right, about.n_options, about.budget
    n_options = len(state.choices)
    return state.input_text, _right(target.text.strip(), n_options), n_options, None


def _right(correct: str, n_options: int) -> Fraction | None:
    """The right answer as a number; None where it is none."""
    if n_options:
        known = len(correct) == 1 and correct in LETTERS[:n_options]
        return Fraction(LETTERS.index(correct) + 1) if known else None
    answer = whole(correct)
    return None if answer is None else Fraction(answer)


def _read(text: str, n_options: int) -> Fraction | None:
    """The number, or that of the option, which an answer commits to."""
    if not n_options:
        return parse_number(text)
    letter = parse_answer(text, n_options)
    return Fraction(LETTERS.index(letter) + 1) if letter else None


def _told(answer: Fraction | None, n_options: int) -> str:
    if answer is None:
        return ""
    return LETTERS[int(answer) - 1] if n_options else str(answer)


def _number(said: Fraction) -> float:
    """An answer as a number of a score's value; beyond `LARGEST`, that."""
    return float(max(Fraction(-LARGEST), min(said, Fraction(LARGEST))))


def _tokens(state: TaskState, reading: Reading, budget: int | None) -> tuple[float, float]:
    """Thinking tokens and all tokens of the output, as far as the provider says."""
    usage = state.output.usage
    if usage is None:
        return math.nan, math.nan
    if usage.reasoning_tokens is not None:
        return float(usage.reasoning_tokens), float(usage.output_tokens)
    none = budget == 0 and reading.visibility == "none"
    return 0.0 if none else math.nan, float(usage.output_tokens)
