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
    r"(?<![a-z])keys?(?![a-z])|(?:api|access|secret|private)keys?|token(?!s|iz|[-_ ]?(?:limit|count|budget|usage|type))|secret"
    r"|passw|passphrase|auth(?!or(?!i[sz]))|credential|cookie|signature|bearer|(?<![a-z])(?:sig|pwd|dsn)(?![a-z])"
)
"""In a name in small letters, with a line between its words."""

_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_FOLDERS: Final = ("PWD", "OLDPWD")
"""Variables of every environment that are called like a password."""

_SECRET_TEXT: Final = re.compile(
    r"\b(?:sk|pk|rk|hf)[-_](?=[\w-]*\d)[\w-]{8,}|\b(?:sk|pk|rk)-\w{12,}"
    r"|\b(?:gh[opsur]_|github_pat_|glpat-|gsk_|xai-|nvapi-|r8_|xox[abeprs]-|ya29\.)[\w.-]{7,}\w"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{12,}|\bAIza[\w-]{20,}|\beyJ[\w-]{8,}\.[\w.-]+"
    r"|(?<=://)[^/\s'\"]+(?=@)|(?<=Bearer )[^\s'\"]+|(?<=Basic )[^\s'\"]+"
)
"""What looks like a key wherever it stands: `hf_` and `sk-` begin words as well, which have no digit."""

_SECRET_PAIR: Final = re.compile(
    r"((?:(?<![a-z])key|(?:api|access|secret|private)key|token|secret|passw(?:or)?d|passphrase|(?<![a-z])(?:sig|pwd)|signature)"
    r"(?: provided)?[\"']?\s*)"
    r"(?:(=\s*|:\s*)([\"'])(?!\[hidden)[^\"'\n]{6,}\3|(=\s*|:\s*(?=\S*\d))(?!\[hidden)[^\s&,;\"']{5,}[^\s&,;.\"'])",
    re.IGNORECASE,
)
"""After a colon a key has a digit or quotes: prose ("3.5 characters per token: counted") is none."""

_SECRET_LINE: Final = re.compile(
    r"(\bauthorization[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic|token)\s+)?+)(?!\[hidden)[^\s\"',;]+"
    r"|(\bcookie[\"']?\s*[:=]\s*[\"']?)(?!\[hidden)[^\s\"'][^\"'\n]*"
    r"|(\bpassw(?:or)?d\s*:\s*)(?!\[hidden)[^\s\"',;]+"
    r"|(\bapi[-_ ]key(?: provided:\s+|\s+(?=\S*\d)))(?!\[hidden)[^\s\"',;]{7,}[^\s\"',;.]",
    re.IGNORECASE,
)
"""Headers, and how providers quote a key that they refuse."""

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
    return bool(_SECRET_KEY.search(_WORDS.sub("_", key).lower()))


def held_secrets() -> list[str]:
    """The keys that the environment has, the longest first: one may be part of another."""
    held = {v for k, v in os.environ.items() if is_secret(k) and k not in _FOLDERS}
    return sorted((value for value in held if len(value) >= _SHORTEST), key=lambda v: (-len(v), v))


def without_secrets(text: str) -> str:
    """A text without keys, tokens and passwords: what looks like one, and those that the environment has."""
    for key in held_secrets():
        text = text.replace(key, "[hidden]")
    text = _SECRET_TEXT.sub("[hidden]", text)
    text = _SECRET_PAIR.sub(_hidden_value, text)
    return _SECRET_LINE.sub(lambda match: f"{match[match.lastindex or 0]}[hidden]", text)


def _hidden_value(match: re.Match[str]) -> str:
    name, before_quote, quote, before, *_ = (group or "" for group in match.groups())
    return f"{name}{before_quote}{quote}{before}[hidden]{quote}"


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
