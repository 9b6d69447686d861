"""Cutting tokens out of text that is to be logged."""

from __future__ import annotations

import re

# A header and a payload begin with {" in base64url; with what follows they are a token, or parts of one.
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*|(?i:bearer) +[A-Za-z0-9._~+/=-]{16,}")
_REDACTED = "[redacted]"


def redact(text: str, token: str = "") -> str:
    """Cut out of a text whatever looks like a token, and each part of `token`."""
    for part in token.split("."):
        if len(part) >= 8:
            text = text.replace(part, _REDACTED)
    return _TOKEN.sub(_REDACTED, text)
