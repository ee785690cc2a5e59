"""Inputs made of what readers stumble over."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

MARKS = (
    *(
        "a",
        "A",
        "B",
        "I",
        "a ",
        "C.",
        "(A)",
        "A)",
        "(b) ",
        "**A**",
        "__B__",
        "`C`",
        "$A$",
        "[A]",
        "<b>A</b>",
    ),
    *(
        "ANSWER:",
        "ANSWER: A",
        "Answer: (C)",
        "answer is ",
        "The answer is B. ",
        "Antwort: c",
        "答案是",
        "الجواب: ",
    ),
    *(
        "\\boxed{",
        "\\boxed{A}",
        "\\text{B}",
        "\\[",
        "\\(",
        "$$",
        "{",
        "}",
        "or ",
        "not ",
        "and ",
        "if ",
        "Wait, ",
    ),
    *(
        "on second thought",
        "both A and B",
        "is a mixture",
        "is I think C",
        "> ",
        "- ",
        "# ",
        "1. ",
        "|",
        "---",
    ),
    *(
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "\t",
        " ",
        "\u00a0",
        "\u200b",
        "\u2028",
        "\x0b",
        "\x1c",
        "\x85",
        "\ufeff",
    ),
    *(
        "\x00",
        "\x02",
        "\x07",
        "\x1b[31m",
        "\x1b]0;t\x07",
        "\u202e",
        "\ud800",
        "\udfff",
        "\U0001f600",
    ),
    *(
        "a\u0301",
        "Ａ",
        "В",
        "İ",
        "ß",
        "ﬁ",
        "٣",
        "²",
        "½",
        "1,000",
        "-0",
        "1e999",
        "NaN",
        "9" * 5_000,
    ),
)
TAGS = (
    *(
        "<think>",
        "</think>",
        "<THINK>",
        "< think >",
        "</ think>",
        '<think a="b">',
        "<think a=",
        "<think",
        "</think",
    ),
    *(
        "<thinking>",
        "</thinking>",
        "<scratchpad_reasoning>",
        "</scratchpad_reasoning>",
        "<scratchpad>",
    ),
    *(
        "</scratchpad>",
        "<reasoning>",
        "</reasoning>",
        "<thought>",
        "</thought>",
        "'<think>'",
        "`</think>`",
    ),
    *(
        "```",
        "```xml\n<think>",
        "</think>```",
        "```\n",
        "`",
        '"',
        "“",
        "”",
        '<think redacted="true">',
        "<",
        ">",
    ),
)
JSON = (
    "{",
    "}",
    "[",
    "]",
    '"',
    ":",
    ",",
    "null",
    "true",
    '{"quote": "',
    '", "holds": true}',
    "```json",
    "\\u00",
)

_CHARACTERS = st.text(max_size=20)
"""Any characters but surrogates, which stand among the marks."""

answers = st.lists(st.sampled_from(MARKS) | _CHARACTERS, max_size=14).map("".join)
thoughts = st.lists(st.sampled_from(TAGS + MARKS) | _CHARACTERS, max_size=14).map("".join)
replies = st.lists(st.sampled_from(JSON + TAGS + MARKS) | _CHARACTERS, max_size=14).map("".join)

odd = st.sampled_from(
    [
        *(
            None,
            True,
            False,
            0,
            -1,
            1,
            2,
            10**30,
            1.5,
            float("nan"),
            float("inf"),
            -float("inf"),
            "",
            "x",
        ),
        *(
            "\x00",
            "\x1b[31m",
            "../../x",
            "/etc/passwd",
            "a" * 5_000,
            "=1+1",
            "2024-13-45",
            "A",
            "nan",
        ),
        *([], {}, [1], {"a": 1}, [[[]]], {"": ""}, [None, "a"]),
    ]
)
"""A value of another kind than is wanted there."""

halves = st.sampled_from(["\ud800", {"\ud800": 1}, ["a\udfff"]])
"""Half characters."""


def file_of(rows: list[bytes]) -> bytes:
    return b"\n".join(rows)


def mangled(content: bytes) -> st.SearchStrategy[bytes]:
    """A file with bytes changed, left out, doubled, or cut off."""
    place = st.integers(0, max(len(content) - 1, 0))
    byte = st.integers(0, 255).map(lambda i: bytes([i]))
    piece = byte | st.sampled_from(
        [b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"\r\n", b",", b"{", b"[" * 2_000]
    )
    change = st.tuples(place, st.integers(0, 8), piece)

    def applied(changes: list[tuple[int, int, bytes]], end: int | None) -> bytes:
        found = content
        for start, length, instead in changes:
            found = found[:start] + instead + found[start + length :]
        return found[:end]

    return st.builds(applied, st.lists(change, max_size=4), st.none() | place)


def altered(value: Any) -> st.SearchStrategy[Any]:
    """A JSON value with one to three of its parts left out, replaced, doubled or renamed."""

    @st.composite
    def draw_one(draw: st.DrawFn) -> Any:
        found = json.loads(json.dumps(value))
        for _ in range(draw(st.integers(1, 3))):
            _alter(draw, found)
        return found

    return draw_one()


def _alter(draw: st.DrawFn, value: Any) -> None:
    """Go down some way, and change what is there."""
    within, key, holder = value, None, None
    while isinstance(within, dict | list) and within and (holder is None or draw(st.booleans())):
        keys = list(within) if isinstance(within, dict) else list(range(len(within)))
        key = draw(st.sampled_from(keys))
        holder, within = within, within[key]
    if holder is None:  # nothing is left to change
        return
    how = draw(st.sampled_from(["odd", "odd", "half", "out", "more"]))
    if how == "out":
        del holder[key]
    elif how == "more" and isinstance(holder, list):
        holder.append(within)
    elif how == "more":
        holder[draw(st.sampled_from(["x", "", "location", "log", "score", "epoch", "\ud800"]))] = (
            within
        )
    else:
        holder[key] = deepcopy(draw(halves if how == "half" else odd))
