"""Which code of a module a function can reach: its body, what it calls, and what gives the names that these read their values.

A statement that merely calls the function, as a check of its own does, is not part of it. A statement that fills a
table which the function reads is, with all that it takes its values from.
"""

import ast
import symtable
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

CHANGES: Final = frozenset(
    [
        *(
            "append",
            "extend",
            "insert",
            "pop",
            "popleft",
            "appendleft",
            "remove",
            "clear",
            "update",
        ),
        *("add", "discard", "setdefault", "popitem", "write", "write_text"),
    ]
)
"""Methods that change what they are called on."""

_CHANGES: Final = CHANGES | {"__setitem__", "__setattr__", "__dict__", "__defaults__", "__ior__"}
_SETTERS: Final = ("setattr", "delattr", "setitem")
_ANY_NAME: Final = frozenset(
    [
        *("globals", "locals", "vars", "exec", "eval", "__import__", "import_module", "modules"),
        *("__globals__", "__builtins__", "__main__"),
    ]
)
"""What can read or set names that it does not write."""

_RECEIVERS: Final = frozenset({"self", "cls"})
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_Condition = ast.If | ast.While | ast.Match


def reached(module: ast.Module, function: str) -> list[ast.AST]:
    """The nodes of all that a function can reach; of the whole module where it is not plain what the function is."""
    return [node for unit in _Module(module, function).reached() for node in unit.nodes]


def is_main_guard(node: ast.stmt) -> bool:
    """Whether what stands under it runs in a script alone."""
    return (
        isinstance(node, ast.If)
        and any(isinstance(one, ast.Name) and one.id == "__name__" for one in ast.walk(node.test))
        and any(
            isinstance(one, ast.Constant) and one.value == "__main__" for one in ast.walk(node.test)
        )
    )


@dataclass(frozen=True, eq=False)
class _Unit:
    """A definition, a simple statement, or the head of a compound one, of the module.

    Attributes:
        nodes: All that belongs to it.
        under: Heads of the conditions that it stands under.
        defines: Whether it is a definition, whose body runs when it is used.
        binds: Names that it gives a value.
        reads: Names of the module that it reads.
        handed: Those of them that it does more with than call them.
        changes: Names whose values it changes in place.
        applies: What a definition is decorated with, or derived from.
        changes_given: Whether a definition changes what it is called with.
        any_name: Whether it can read and set names that it does not write.
    """

    nodes: Sequence[ast.AST]
    under: Sequence["_Unit"]
    defines: bool
    binds: AbstractSet[str]
    reads: AbstractSet[str]
    handed: AbstractSet[str]
    changes: AbstractSet[str]
    applies: AbstractSet[str]
    changes_given: bool
    any_name: bool


class _Module:
    """What can run on import of a module, and what leads to what."""

    def __init__(self, module: ast.Module, function: str) -> None:
        self.function = function
        self.changing = _CHANGES | {
            one.name
            for one in ast.walk(module)
            if isinstance(one, ast.FunctionDef) and one.name[:2] != "__"
            if set(_changed(one, _CHANGES)) & _RECEIVERS
        }
        self.imported = {
            one.asname or one.name.split(".")[0]
            for one in ast.walk(module)
            if isinstance(one, ast.alias)
        }
        self.units = list(self._units(module.body, ()))
        self.by_name: dict[str, list[_Unit]] = {}
        for unit in self.units:
            for name in unit.binds:
                self.by_name.setdefault(name, []).append(unit)

    def reached(self) -> list[_Unit]:
        if self.function not in self.by_name:
            return self.units
        wanted, found = {self.function}, set[_Unit]()
        while True:
            new = {one for one in self.units if one not in found and self._serves(one, wanted)}
            new |= {head for unit in new for head in unit.under} - found
            if not new:
                return [unit for unit in self.units if unit in found]
            if any(unit.any_name for unit in new):
                return self.units
            found |= new
            wanted |= {name for unit in new for name in unit.reads}

    def _serves(self, unit: _Unit, wanted: set[str]) -> bool:
        """Whether it gives a wanted name its value, or changes that value."""
        if unit.binds & wanted:
            return True
        used = unit.applies if unit.defines else unit.reads
        behind = self._behind(used)
        if any(one.any_name for one in (unit, *behind) if not unit.defines or one is not unit):
            return True
        changed = {name for one in behind for name in one.changes}
        changed |= unit.applies - self.imported
        if not unit.defines or isinstance(unit.nodes[0], ast.ClassDef):
            changed |= unit.changes
        if any(one.changes_given for one in behind):
            changed |= unit.handed
        return bool(self._same(changed) & wanted)

    def _behind(self, names: Iterable[str]) -> list[_Unit]:
        """What runs where these names are used; but not the function itself, which the tests call as well."""
        found: list[_Unit] = []
        seen = {self.function, *names}
        waiting = seen - {self.function}
        while waiting:
            for unit in self.by_name.get(waiting.pop(), ()):
                found.append(unit)
                waiting |= unit.reads - seen
                seen |= unit.reads
        return found

    def _same(self, names: AbstractSet[str]) -> set[str]:
        """These names, and those that they may be other names for."""
        found, waiting = set(names), set(names)
        while waiting:
            for unit in self.by_name.get(waiting.pop(), ()):
                if not unit.defines:
                    waiting |= unit.handed - found
                    found |= unit.handed
        return found

    def _units(self, body: Iterable[ast.stmt], under: tuple[_Unit, ...]) -> Iterator[_Unit]:
        for one in body:
            if is_main_guard(one):
                continue
            blocks = [] if isinstance(one, _Definition) else list(_blocks(one))
            unit = self._unit(one, _head(one) if blocks else [one], under)
            yield unit
            for block in blocks:
                yield from self._units(
                    block, (*under, unit) if isinstance(one, _Condition) else under
                )

    def _unit(self, one: ast.stmt, parts: Sequence[ast.AST], under: tuple[_Unit, ...]) -> _Unit:
        nodes = [node for part in parts for node in ast.walk(part)]
        reads = {name for part in parts for name in _read(part)}
        changes = {name for part in parts for name in _changed(part, self.changing)}
        defines = isinstance(one, _Definition)
        applied = [*getattr(one, "decorator_list", []), *getattr(one, "bases", [])]
        return _Unit(
            nodes=nodes if one in parts else [one, *getattr(one, "cases", []), *nodes],
            under=under,
            defines=defines,
            binds={one.name} if isinstance(one, _Definition) else set(_bound(nodes)),
            reads=reads,
            handed=_handed(nodes) & reads,
            changes=changes & reads,
            applies={name for part in applied for name in _names(part)},
            changes_given=defines and bool(changes & _given(one)),
            any_name=any(_reads_any_name(node) for node in nodes),
        )


# ---------------------------------------------------------------------------------- statements


def _blocks(one: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The statements that stand in a compound one."""
    for name in ("body", "orelse", "finalbody"):
        if getattr(one, name, None):
            yield getattr(one, name)
    for part in (*getattr(one, "handlers", ()), *getattr(one, "cases", ())):
        yield part.body


def _head(one: ast.stmt) -> list[ast.AST]:
    """What stands in a compound statement beside these."""
    cases = getattr(one, "cases", ())
    guards = [part for case in cases for part in (case.pattern, case.guard) if part is not None]
    types = [part.type for part in getattr(one, "handlers", ()) if part.type is not None]
    parts = [
        part for part in ast.iter_child_nodes(one) if isinstance(part, ast.expr | ast.withitem)
    ]
    return [*parts, *guards, *types]


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _bound(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for one in nodes:
        if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load):
            yield one.id
        elif isinstance(one, ast.alias):
            yield one.asname or one.name.split(".")[0]
        elif isinstance(one, ast.MatchAs | ast.MatchStar) and one.name:
            yield one.name


def _read(node: ast.AST) -> set[str]:
    """Names of the module that it reads; not those that a function has for itself."""
    if not isinstance(node, ast.stmt | ast.expr):
        return _names(node)
    try:
        waiting = [symtable.symtable(ast.unparse(node), "", "exec")]
    except (SyntaxError, ValueError):
        return _names(node)
    found = {one.get_name() for one in waiting[0].get_symbols() if one.is_referenced()}
    while waiting:
        children = waiting.pop().get_children()
        found |= {
            one.get_name() for table in children for one in table.get_symbols() if one.is_global()
        }
        waiting += children
    return found


def _handed(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that something else is done with than to call them."""
    listed = list(nodes)
    called = {id(one.func) for one in listed if isinstance(one, ast.Call)}
    return {
        one.id
        for one in listed
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load) and id(one) not in called
    }


def _changed(node: ast.AST, changing: AbstractSet[str]) -> Iterator[str]:
    """Names whose values are changed in place, or set from within a function."""
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute | ast.Subscript):
            method = isinstance(one, ast.Attribute) and one.attr in changing
            if method or not isinstance(one.ctx, ast.Load):
                yield from _roots(one.value)
        elif isinstance(one, ast.Call) and one.args:
            last = one.func.attr if isinstance(one.func, ast.Attribute) else _names(one.func)
            if any(name == last or name in last for name in _SETTERS):
                yield from _roots(one.args[0])
        elif isinstance(one, ast.AugAssign):
            yield from _roots(one.target)
        elif isinstance(one, ast.Global):
            yield from one.names


def _roots(node: ast.AST) -> set[str]:
    """The names that an expression takes its value from, but for what it passes to calls."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return _names(node)


def _given(one: ast.stmt) -> set[str]:
    """Names of what a definition is called with, and of parts of it."""
    found = {arg.arg for arg in ast.walk(one) if isinstance(arg, ast.arg)} - _RECEIVERS
    size = -1
    while size != len(found):
        size = len(found)
        for node in ast.walk(one):
            if isinstance(node, ast.Assign | ast.For):
                value = node.value if isinstance(node, ast.Assign) else node.iter
                if not isinstance(value, ast.Call) and _roots(value) & found:
                    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                    found.update(_bound(part for target in targets for part in ast.walk(target)))
    return found


def _reads_any_name(node: ast.AST) -> bool:
    if isinstance(node, ast.alias):
        return node.name in ("solution", "__main__")
    name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", None)
    return name in _ANY_NAME
