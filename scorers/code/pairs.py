"""Which test cases a source knows by heart: arguments of tests beside what is expected of them."""

import ast
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from scorers.code.harness import Case
from scorers.code.literals import NONE, literal

_LONG_TEXT: Final = 4
_LARGE: Final = 12
"""From where on a literal that equals a test's argument is hardly a base case of the problem."""

_LONG_LIST: Final = 3
"""From where on an expected value, beside several arguments, is hardly that of a base case."""


@dataclass
class ByHeart:
    """Cases, by number.

    Attributes:
        paired: Those whose arguments and expected value stand together.
        compared: Those with arguments that are hardly a base case, which the input is compared with.
        telling: Those of `paired` with such arguments, or with several and a long list expected of them.
    """

    paired: set[int] = field(default_factory=set)
    compared: set[int] = field(default_factory=set)
    telling: set[int] = field(default_factory=set)


def by_heart(
    nodes: Sequence[ast.AST], constants: Mapping[str, Any], cases: Sequence[Case]
) -> ByHeart:
    """The cases that these nodes of a source know.

    Args:
        nodes: What the function under test can reach.
        constants: Names that stand for literals.
        cases: Those of the tests.
    """
    found = ByHeart()
    forms = [_forms(case.args) for case in cases]
    for asked, given in _Reader(nodes, constants).sites():
        inputs, outputs = {_key(one) for one in asked}, {_key(one) for one in given}
        for number, case in enumerate(cases):
            told = _told_apart(case.args, forms[number], inputs)
            if told and _distinctive(case.args):
                found.compared.add(number)
            if told and _key(case.expected) in outputs:
                found.paired.add(number)
                if _distinctive(case.args) or (
                    len(case.args) > 1 and _size(case.expected) >= _LONG_LIST
                ):
                    found.telling.add(number)
    return found


@dataclass(frozen=True)
class _Reader:
    nodes: Sequence[ast.AST]
    constants: Mapping[str, Any]

    def sites(self) -> Iterator[tuple[list[Any], list[Any]]]:
        """Places where literals that inputs are compared with stand beside literals that are given for them."""
        lists = []
        for node in self.nodes:
            if isinstance(node, ast.If):
                bodies = [*node.body, *(node.orelse if _negates(node.test) else [])]
                yield self._asked(node.test), self._given(bodies)
            elif isinstance(node, ast.IfExp):
                arms = [node.body, *([node.orelse] if _negates(node.test) else [])]
                yield self._asked(node.test), self._known(arms)
            elif isinstance(node, ast.match_case):
                values = [p.value for p in ast.walk(node.pattern) if isinstance(p, ast.MatchValue)]
                asked = self._known(values) + _sequences(node.pattern, self.constants)
                if node.guard:
                    asked += self._asked(node.guard)
                yield asked, self._given(node.body)
            elif isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if key is not None:
                        yield self._known([key]), self._known([value])
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
                yield self._known([node.targets[0].slice]), self._known([node.value])
            elif isinstance(node, ast.Call) and len(node.args) > 1:
                yield self._known(node.args[:-1]), self._known(node.args[-1:])
            elif isinstance(node, ast.List | ast.Tuple):
                value = self._literal(node)
                if value is not NONE:
                    lists.append(list(value))
        for rows in lists:
            for row in rows:
                if isinstance(row, list | tuple) and len(row) >= 2:
                    yield [*row[:-1], list(row[:-1])], [row[-1]]
        for one in lists:
            for other in lists:
                if one is not other and len(one) == len(other) > 1:
                    for asked, given in zip(one, other, strict=True):
                        yield [asked], [given]

    def _asked(self, test: ast.AST) -> list[Any]:
        """Literals that a condition compares something with; of a container, its elements too."""
        found: list[Any] = []
        for node in ast.walk(test):
            if isinstance(node, ast.Compare):
                for side in (node.left, *node.comparators):
                    value = self._literal(side)
                    if value is not NONE:
                        found.append(value)
                        if isinstance(value, list | tuple | set | frozenset | dict):
                            found.extend(value)
                    elif isinstance(side, ast.Tuple | ast.List):
                        found.extend(self._known(side.elts))
        return found

    def _given(self, body: Sequence[ast.stmt]) -> list[Any]:
        """Literals that statements return, or assign."""
        values: list[ast.AST | None] = []
        for one in body:
            for node in ast.walk(one):
                if isinstance(node, ast.Return | ast.Assign | ast.Yield):
                    values.append(node.value)
        return self._known(values)

    def _known(self, nodes: Iterable[ast.AST | None]) -> list[Any]:
        return [value for node in nodes if (value := self._literal(node)) is not NONE]

    def _literal(self, node: ast.AST | None) -> Any:
        return literal(node, self.constants)


def _negates(test: ast.AST) -> bool:
    kinds = ast.NotEq | ast.NotIn | ast.Not
    return any(isinstance(node, kinds) for node in ast.walk(test))


def _sequences(pattern: ast.pattern, constants: Mapping[str, Any]) -> list[Any]:
    """Literal sequences that a `case` matches."""
    found = []
    for node in ast.walk(pattern):
        if isinstance(node, ast.MatchSequence):
            values = [
                literal(p.value, constants) for p in node.patterns if isinstance(p, ast.MatchValue)
            ]
            if len(values) == len(node.patterns) and NONE not in values:
                found.append(values)
    return found


def _key(value: Any) -> str:
    """Equal for values that are equal as JSON; tuples are lists."""
    try:
        return json.dumps(value, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return f"!{value!r}"


def _forms(args: Sequence[Any]) -> set[str]:
    """The ways in which code may write down all arguments of a call at once."""
    whole: list[Any] = [list(args)]
    if len(args) == 1:
        whole.append(args[0])
    texts = [form(one) for one in whole for form in (str, repr, json.dumps)]
    tuples = [str(tuple(args)), *(str(tuple(a)) for a in args[:1] if isinstance(a, list))]
    joined = [",".join(map(str, one)) for one in whole if isinstance(one, list)]
    return {_key(one) for one in [*whole, *texts, *tuples, *joined]}


def _told_apart(args: Sequence[Any], forms: set[str], inputs: set[str]) -> bool:
    """Whether a set of literals tells these arguments from others."""
    if forms & inputs:
        return True
    telling = [one for one in args if _telling(one)]
    return all(_key(one) in inputs for one in telling or args)


def _distinctive(args: Sequence[Any]) -> bool:
    return any(_telling(one) for one in args)


def _telling(value: Any) -> bool:
    """Whether a value is hardly a base case: neither small, short, nor next to empty."""
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, int):
        return abs(value) > _LARGE
    if isinstance(value, float):
        return not value.is_integer()
    if isinstance(value, str):
        return len(value) >= _LONG_TEXT
    return _size(value) >= 2


def _size(value: Any) -> int:
    """How many elements a container holds at all levels."""
    if isinstance(value, dict):
        return sum(1 + _size(one) for one in value.values())
    return sum(max(1, _size(one)) for one in value) if isinstance(value, list) else 0
