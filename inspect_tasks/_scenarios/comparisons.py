"""Pairs of facts, each compared both ways round: is X > Y, is Y > X? (METHODS §2)"""

import hashlib
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageUser

from analysis.bundled import data_path
from analysis.untrusted import quoted
from inspect_tasks._scenarios import sources
from inspect_tasks._scenarios.prompts import prompt_hash, render
from inspect_tasks._scenarios.sources import Row, cell, mistake
from scorers.metadata import Elicitation
from scorers.rationalisation import Asked, ComparisonMetadata, Direction

_PROMPT = "post_hoc_rationalisation/question.md"

_PLACE = re.compile(r"\{([xy])\}")
_ARTICLE = re.compile(r"^(?:an?|the)\s+")


@dataclass(frozen=True)
class Property:
    """What entities are compared by.

    Attributes:
        name: The start of pair ids and of group names.
        more: Asks whether `{x}` has more of it than `{y}`.
        less: Asks whether `{x}` has less of it than `{y}`.
        margin: By how much two values must differ for their order to be beyond dispute.
        relative: Whether the margin is a ratio; otherwise it is a difference, in the unit of the values.
    """

    name: str
    more: str
    less: str
    margin: float
    relative: bool

    def question(self, direction: Direction, x: str, y: str) -> str:
        """The question in one direction about two entities."""
        template = {"more": self.more, "less": self.less}[direction]
        return _PLACE.sub(lambda place: {"x": x, "y": y}[place[1]], template)

    def differ(self, lesser: float, greater: float) -> bool:
        """Whether the order of two values is beyond dispute."""
        apart = greater / lesser if self.relative else greater - lesser
        return apart >= self.margin or math.isclose(apart, self.margin)  # 50.5 - 50.4 < 0.1


@dataclass(frozen=True)
class Pair:
    """Two entities of which the order is known.

    Attributes:
        id: `PROPERTY_LESSER_GREATER`, the start of the sample ids `PAIR-xy` and `PAIR-yx`.
        property: What they are compared by.
        lesser: The entity with the smaller value.
        greater: The entity with the larger value.
    """

    id: str
    property: Property
    lesser: str
    greater: str


@dataclass(frozen=True)
class Comparison:
    """A pair as it is posed.

    Attributes:
        pair: What is compared.
        direction: Whether both questions ask for more or for less.
        greater_first: Whether X is the greater entity of the two.
        seed: What direction and order were drawn by.
    """

    pair: Pair
    direction: Direction
    greater_first: bool
    seed: int

    @property
    def id(self) -> str:
        """The pair's."""
        return self.pair.id

    @property
    def group(self) -> str:
        """Questions that share a template, in which a model may lean to one answer."""
        return f"{self.pair.property.name}_{self.direction}"

    @property
    def entities(self) -> tuple[str, str]:
        """X and Y."""
        ends = (self.pair.greater, self.pair.lesser)
        return ends if self.greater_first else (ends[1], ends[0])


def load_pairs(facts: object) -> list[Pair]:
    """The pairs of a run, property by property and by rising value.

    Args:
        facts: `bundled`, or a path that ends in `.csv` or `.jsonl`. A relative path is looked up in the
            current folder, then where the process was started.

    Raises:
        PrerequisiteError: One sentence that names the parameter, or the file and its line.
    """
    bundled = data_path("facts", "facts.jsonl")
    return read_file(sources.bundled_or_file("facts", facts, bundled))


def read_file(path: Path) -> list[Pair]:
    """Pairs of a CSV file (with a header) or a JSONL file, whose rows are of two kinds.

    A row with `more` and `less` says how a `property` is asked about: two questions that contain `{x}`
    and `{y}`, and `min_ratio` or `min_difference`, by which values have to differ. All other rows are
    facts: `property`, `entity` (as it reads inside a question) and `value`. `unit` and `source` are for
    the reader; all else is ignored.

    Each fact is paired with the nearest greater one that differs by the margin: close comparisons are
    where a model may waver, and no fact is in many pairs.

    Raises:
        PrerequisiteError: The file cannot be read, or a row is wrong; names the file and the line.
    """
    rows = list(sources.read_rows(path, "facts", ["property"]))
    properties: dict[str, Property] = {}
    line_of: dict[str, int] = {}
    for line, row in rows:
        if _is_property(row):
            name = sources.text(row, "property", path, line)
            sources.once(line_of, name, line, path, f"the property {quoted(name, str)}")
            properties[name] = _property(name, path, line, row)
    values: dict[str, dict[str, float]] = {name: {} for name in properties}
    for line, row in rows:
        if not _is_property(row):
            name = sources.text(row, "property", path, line)
            if name not in properties:
                raise mistake(
                    f"{path} has a fact of the property {quoted(name, str)} on line {line}, and no row that has "
                    "`more` and `less` for it."
                )
            entity = _entity(path, line, row)
            sources.once(
                line_of,
                f"{name}_{_slug(entity)}",
                line,
                path,
                quoted(f"{entity} under {name}", str),
            )
            values[name][entity] = _value(path, line, row, properties[name])
    return [pair for name in properties for pair in _pairs(path, properties[name], values[name])]


def oriented(pairs: Sequence[Pair], seed: int) -> list[Comparison]:
    """How each pair is posed, in the order of the pairs.

    Within a property, the two directions and the two orders take turns over the pairs, ranked as
    `choose` ranks them: all the pairs of a property, and those of any choice from them, are balanced
    to within one, and a pair is posed alike in every choice with one seed.
    """
    turns: Counter[str] = Counter()
    posed: dict[str, Comparison] = {}
    for pair in sorted(pairs, key=lambda pair: _rank(seed, pair.id)):
        turn = turns[pair.property.name]
        turns[pair.property.name] += 1
        direction: Direction = "more" if turn % 2 == 0 else "less"
        posed[pair.id] = Comparison(pair, direction, turn // 2 % 2 == 0, seed)
    return [posed[pair.id] for pair in pairs]


def pose(comparisons: Sequence[Comparison], elicitation: Elicitation) -> Iterator[Sample]:
    """Two samples per comparison, side by side: `xy` asks about X and Y, `yx` about Y and X.

    Args:
        comparisons: What is asked.
        elicitation: Where the reasoning is.

    Yields:
        Samples with id `PAIR-ARM`; the two of a pair differ in the order of the entities alone, and
        have opposite right answers.
    """
    words_hash = prompt_hash(_PROMPT)
    for comparison in comparisons:
        x, y = comparison.entities
        arms: dict[Asked, tuple[str, str]] = {"xy": (x, y), "yx": (y, x)}
        for arm, (first, second) in arms.items():
            asks_more = comparison.direction == "more"
            is_more = first == comparison.pair.greater
            question = comparison.pair.property.question(comparison.direction, first, second)
            metadata = ComparisonMetadata(
                item_id=comparison.id,
                arm=arm,
                group=comparison.group,
                property=comparison.pair.property.name,
                direction=comparison.direction,
                question=question,
                correct="YES" if asks_more == is_more else "NO",
                x=x,
                y=y,
                elicitation=elicitation,
                seed=comparison.seed,
                prompt_file=_PROMPT,
                prompt_hash=words_hash,
            )
            prompt = render(_PROMPT, question=question, elicitation=elicitation)
            yield Sample(
                id=f"{comparison.id}-{arm}",
                input=[ChatMessageUser(content=prompt)],
                target=metadata.correct,
                metadata=metadata.model_dump(),
            )


def _rank(seed: int, pair_id: str) -> bytes:
    return hashlib.sha256(f"{seed}\n{pair_id}".encode()).digest()  # as in `choose`


def _is_property(row: Row) -> bool:
    return any(cell(row, key) for key in ("more", "less"))


def _property(name: str, path: Path, line: int, row: Row) -> Property:
    if not sources.ITEM_ID.fullmatch(name):
        raise mistake(
            f"{path} has the property {quoted(name)} on line {line}: use letters, digits, `.`, `_` and `-` "
            "only, and begin with a letter or digit."
        )
    for key in ("more", "less"):
        if sorted(_PLACE.findall(cell(row, key) or "")) != ["x", "y"]:
            raise mistake(
                f"{path} has a property on line {line} whose `{key}` does not have {{x}} and {{y}} once "
                "each."
            )
    given = [key for key in ("min_ratio", "min_difference") if cell(row, key)]
    if len(given) != 1:
        raise mistake(
            f"{path} has a property on line {line} without exactly one of `min_ratio` and "
            "`min_difference`."
        )
    relative = given == ["min_ratio"]
    margin = _number(cell(row, given[0]))
    if not margin > relative:
        bound = "above 1" if relative else "above 0"
        raise mistake(f"{path} has a `{given[0]}` on line {line} that is no number {bound}.")
    more, less = str(cell(row, "more")), str(cell(row, "less"))
    return Property(name, more, less, margin, relative)


def _entity(path: Path, line: int, row: Row) -> str:
    entity = cell(row, "entity")
    if entity is None:
        raise mistake(
            f"{path} has no `entity` on line {line}: a fact needs one, and a property `more` and `less`."
        )
    if not _slug(entity):
        raise mistake(
            f"{path} has the entity {quoted(entity)} on line {line}: pair ids are made of its Latin letters and "
            "digits, of which it has none."
        )
    return entity


def _value(path: Path, line: int, row: Row, property: Property) -> float:
    value = _number(cell(row, "value"))
    if math.isnan(value):
        raise mistake(f"{path} has no number as `value` on line {line}.")
    if property.relative and value <= 0:
        raise mistake(
            f"{path} has a value on line {line} that is not above 0: its property has a `min_ratio`, give "
            "it a `min_difference`."
        )
    return value


def _number(written: str | None) -> float:
    """A finite number; NaN for anything else."""
    try:
        number = float(written or "")
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def _pairs(path: Path, property: Property, values: dict[str, float]) -> list[Pair]:
    """Each entity of a property with the nearest greater one that the margin allows."""
    rising = sorted(values, key=lambda entity: (values[entity], entity))
    pairs = []
    for place, lesser in enumerate(rising):
        above = (e for e in rising[place + 1 :] if property.differ(values[lesser], values[e]))
        for greater in islice(above, 1):
            pair_id = f"{property.name}_{_slug(lesser)}_{_slug(greater)}"
            pairs.append(Pair(pair_id, property, lesser, greater))
    if not pairs:
        raise mistake(
            f"{path} has no two facts of the property {property.name} that differ by its margin."
        )
    return pairs


def _slug(entity: str) -> str:
    """An entity as part of an id: lower-case ASCII without article, words joined by `-`."""
    plain = unicodedata.normalize("NFKD", entity).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", _ARTICLE.sub("", plain.replace("'", ""), count=1)))
