"""What other people wrote, in files, logs and replies: read strictly, shown as what it is, and without keys."""

import json
import os
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Characters that show nothing, steer a terminal or turn the direction of text. Joiners are kept: scripts need them."""

_PICTURES: Final = 0x2400
"""Unicode has a picture of each of the first 32 characters from here on."""

_QUOTED: Final = 80
"""Characters of a value that a sentence quotes."""

_SHORTEST: Final = 8
"""Characters of a key at least: a shorter value of the environment may be any word."""


_SECRET_KEY: Final = re.compile(
    r"key|token(?!s)|secret|passw|auth(?!or(?!i[sz]))|credential|cookie|signature|(?:^|[-_])sig$",
    re.IGNORECASE,
)
_SECRET_TEXT: Final = re.compile(
    r"\b(?:sk|pk|rk|ghp|gho|hf|xox[abp])[-_][\w-]{8,}|\bAKIA[0-9A-Z]{12,}|\bAIza[\w-]{20,}"
    r"|\beyJ[\w-]{8,}\.[\w.-]+|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)|(?<=Bearer )\S+|(?<=Basic )\S+"
)
_SECRET_PAIR: Final = re.compile(
    r"((?:key|token|secret|password|signature)[\"']?\s*(?:=\s*|:\s*(?=\S*\d)))[^\s&,;]{8,}",
    re.IGNORECASE,
)
"""After a colon a key has a digit: prose ("3.5 characters per token: counted") is none."""

_MOST_DIGITS: Final = 300
"""Of a whole number: more than any float holds, and far fewer than Python refuses."""


def visible(text: str) -> str:
    """Text in which every character can be seen: control characters stand as a picture or a code."""
    return _HIDDEN.sub(_picture, text.replace("\r\n", "\n"))


def on_one_line(text: str) -> str:
    """The same, with pictures of line ends and tabs as well."""
    return re.sub(r"[\n\t]", _picture, visible(text))


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(_PICTURES + code) if code < 0x20 else f"⟨U+{code:04X}⟩"


def quoted(value: object, show: Callable[[object], str] = repr) -> str:
    """A value as a sentence quotes it: on one line, and no longer than a line."""
    shown = on_one_line(show(value))
    return shown if len(shown) <= _QUOTED else f"{shown[:_QUOTED]}..."


def is_secret(key: str) -> bool:
    """Whether what stands under a name is nobody's business: keys, tokens, authorisation headers."""
    return bool(_SECRET_KEY.search(key))


def without_secrets(text: str) -> str:
    """A text without keys, tokens and passwords: what looks like one, and those that the environment has."""
    held = {value for name, value in os.environ.items() if is_secret(name)}
    for key in sorted(held, key=len, reverse=True):  # one may be part of another
        if len(key) >= _SHORTEST:
            text = text.replace(key, "[hidden]")
    return _SECRET_PAIR.sub(r"\1[hidden]", _SECRET_TEXT.sub("[hidden]", text))


def json_object(text: str) -> dict[str, Any]:
    """One JSON object, with each key once.

    Raises:
        ValueError: It is none; says what it is, for a sentence that names file and line.
    """
    try:
        found = json.loads(text, object_pairs_hook=_each_key_once, parse_int=_number)
    except json.JSONDecodeError:
        raise ValueError("malformed JSON") from None
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found


def _number(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of more than {_MOST_DIGITS} digits")
    return int(digits)


def check_whole(found: object) -> None:
    """Refuse half characters (lone surrogates, which JSON can escape): no file and no request holds them.

    Raises:
        ValueError: There is one.
    """
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("a text with half a character (a lone surrogate)") from None


def _each_key_once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {quoted(key)} twice")
        found[key] = value
    return found
