"""What a syntax tree shows, and that no source brings the reader down."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorers.code.harness import Case
from scorers.code.syntax import read

CASES = [
    Case(args=["hello world", 3], expected="ho"),
    Case(args=[0, 0], expected=1),
    Case(args=[[1, 2], "xyz"], expected=[2]),
]


def pairs(body: str) -> tuple[set[int], set[int]]:
    found = read(f"def f(a, b):\n    {body}\n", "f", CASES)
    return found.paired, found.telling


@pytest.mark.parametrize(
    ("body", "paired", "telling"),
    [
        ("return {('hello world', 3): 'ho'}.get((a, b))", {0}, {0}),
        ("if a == 'hello world' and b == 3: return 'ho'", {0}, {0}),
        ("if a == 'hello world': return 'ho'", {0}, {0}),
        ("if (a, b) == ('hello world', 3): return 'ho'", {0}, {0}),
        ("if a != 'hello world': return 1\n    else: return 'ho'", {0}, {0}),
        ("return 'ho' if 'hello world' == a else b", {0}, {0}),
        ("if a == 0 and b == 0: return 1", {1}, set()),
        ("if a == 0: return 1", {1}, set()),
        ("if a == [1, 2] and b == 'xyz': return 1", set(), set()),
        ("if a == 'hello': return 'ho'", set(), set()),
        ("t = {}\n    t[str([[1, 2], 'xyz'])] = [2]", {2}, {2}),
        ("for row in [('hello world', 3, 'ho')]: pass", {0}, {0}),
        ("match (a, b):\n        case ('hello world', 3): return 'ho'", {0}, {0}),
        ("return 'hello world'[b] + 'ho'", set(), set()),
    ],
)
def test_arguments_beside_expected_values_are_pairs(
    body: str, paired: set[int], telling: set[int]
) -> None:
    assert pairs(body) == (paired, telling)


def test_dead_code_is_not_read() -> None:
    source = "import sys\ndef f(a, b):\n    return 1\ndef g():\n    sys.exit()\n"
    assert read(source, "f", CASES).early_exit == []
    assert read(source.replace("return 1", "return g()"), "f", CASES).early_exit == [
        "line 5: sys.exit"
    ]


@pytest.mark.parametrize(
    "source", ["def f(", "\x00", "(" * 500, "x = " + "-" * 20000 + "1", "[" * 90 + "]" * 90, ""]
)
def test_what_cannot_be_read_says_so_or_shows_nothing(source: str) -> None:
    found = read(source, "f", CASES)
    assert found.error or not (found.telling or found.early_exit)


_NODES = st.sampled_from(
    [
        "a",
        "b",
        "f",
        "0",
        "'hello world'",
        "[1, 2]",
        "sys.exit",
        "open('test_solution.py')",
        "f(a)",
        "lambda: a",
    ]
)
_SHAPES = st.sampled_from(
    [
        "if {} == {}:\n    {} = 1\n",
        "{}[{}] = {}\n",
        "for x in {}: {}, {}\n",
        "x = {{{}: {}, 'k': {}}}\n",
        "def g(a={}):\n    return {}({})\n",
        "setattr({}, {}, {})\n",
        "class C:\n    x = {}, {}, {}\n",
    ]
)


@settings(max_examples=60)
@given(st.lists(st.tuples(_SHAPES, _NODES, _NODES, _NODES), max_size=6))
def test_any_python_is_read(lines: list[tuple[str, str, str, str]]) -> None:
    source = "".join(shape.format(*nodes) for shape, *nodes in lines)
    found = read(source, "f", CASES)
    try:
        ast.parse(source)
    except SyntaxError:
        assert found.error
    else:
        assert not found.error
