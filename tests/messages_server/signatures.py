"""Signatures of thinking blocks: opaque, and checked when a block is sent back."""

import base64
import hashlib
import hmac
from typing import Literal

_KEY = b"nothing secret: every server of ours knows it, so that a signature outlives its server"
_HEAD = b"\x12\x04"
_BYTES = 32

Checked = Literal["ours", "altered", "invalid"]


def sign(text: str) -> str:
    """The signature of a block that shows this text (the data of a redacted one)."""
    said = hashlib.sha256(text.encode()).digest()
    sealed = hmac.new(_KEY, said, hashlib.sha256).digest()
    return base64.b64encode(_HEAD + said + sealed).decode()


def check(signature: str, text: str | None = None) -> Checked:
    """Whether a signature is one of ours, and of this text (None: of any)."""
    try:
        raw = base64.b64decode(signature, validate=True)
    except ValueError:
        return "invalid"
    said, sealed = raw[len(_HEAD) : -_BYTES], raw[-_BYTES:]
    if not hmac.compare_digest(hmac.new(_KEY, said, hashlib.sha256).digest(), sealed):
        return "invalid"
    if text is not None and hashlib.sha256(text.encode()).digest() != said:
        return "altered"
    return "ours"
