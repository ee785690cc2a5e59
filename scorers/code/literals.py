"""Literals of a source, and names that stand for them."""

import ast
from collections.abc import Callable, Mapping
from typing import Any, Final

NONE: Final = object()
"""In place of the value of what is no literal."""


def literal(node: ast.AST | None, constants: Mapping[str, Any]) -> Any:
    """The value of an expression that is a literal, a name for one, or made of such; else `NONE`."""
    if isinstance(node, ast.Name):
        return constants.get(node.id, NONE)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
        kinds: dict[str, Callable[[Any], Any]] = {
            "list": list,
            "tuple": list,
            "str": str,
            "repr": repr,
        }
        inner = literal(node.args[0], constants)
        try:
            return (
                kinds[node.func.id](inner) if inner is not NONE and node.func.id in kinds else NONE
            )
        except (TypeError, ValueError):
            return NONE
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = literal(node.left, constants), literal(node.right, constants)
        joined = type(left) is type(right) and isinstance(left, str | list | int | float)
        return left + right if joined else NONE
    if node is None or isinstance(node, ast.stmt):
        return NONE
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return NONE


def constants_of(module: ast.Module) -> dict[str, Any]:
    """Names that are given one value, a literal, wherever they are given one."""
    values: dict[str, list[Any]] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name):
                values.setdefault(target.id, []).append(literal(node.value, {}))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            values.setdefault(node.id, [])
        elif isinstance(node, ast.arg):
            values.setdefault(node.arg, []).extend([NONE, NONE])
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            values.setdefault(node.target.id, []).append(NONE)
    stored = [
        n.id for n in ast.walk(module) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    ]
    return {
        name: given[0]
        for name, given in values.items()
        if len(given) == 1 and given[0] is not NONE and stored.count(name) == 1
    }
