"""A token taken apart for reading. Nothing in it is trusted, and much is shown that the service would refuse."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any

from ..auth import InvalidToken, base64url, claims, strict_json
from ..auth.jws import KnownHeaders, parse
from ..plain_text import plain, pretty

# What a token is often copied with.
_SURROUNDINGS = re.compile(r"(?:authorization\s*:\s*)?(?:bearer(?:\s+|$))?", re.IGNORECASE)


class Undecodable(ValueError):
    """Not a signed token; the message says what it is and what to do. `header` is what could be read of one."""

    def __init__(self, message: str, header: Part | None = None) -> None:
        super().__init__(message)
        self.header = header


@dataclass(frozen=True, slots=True)
class Part:
    """A header or a payload. `members` is `None` where the service would not read it."""

    data: bytes
    members: dict[str, Any] | None

    @property
    def text(self) -> str:
        """For a person: JSON laid out anew where it has one reading, else as it stands in the token."""
        return plain(self.data.decode("utf-8", "backslashreplace")) if self.members is None else pretty(self.members)

    @property
    def value(self) -> Any:
        """For a program: what most readers make of it. What is not JSON is its text, or the base64url of its bytes."""
        if self.members is not None:
            return self.members
        try:
            return _lenient_json(self.data)
        except ValueError:
            pass
        try:
            return self.data.decode("utf-8")
        except UnicodeDecodeError:
            return base64.urlsafe_b64encode(self.data).rstrip(b"=").decode("ascii")


@dataclass(frozen=True, slots=True)
class Inspection:
    """A signed token. `signature` is `None` where it cannot be decoded; `refusal` is why the service would refuse the
    form of the token, whatever its signature."""

    segments: tuple[str, str, str]
    header: Part
    payload: Part
    signature: bytes | None
    refusal: str | None


def bare_token(text: str) -> str:
    """Return a token without what it is often copied with: spaces, quotes, `Authorization: Bearer`."""
    text = text.removeprefix("\ufeff").strip().strip("\"'")
    return _SURROUNDINGS.sub("", text.lstrip(), count=1).strip()


def form_refusal(token: str) -> str | None:
    """Return why the service would refuse the form of a token; `None` where it would go on to the signature."""
    try:
        claims.read(parse(token, KnownHeaders()).payload)
    except InvalidToken as error:
        return error.detail
    return None


def take_apart(token: str) -> Inspection:
    """Take a bare token apart, as far as it can be done. Raises Undecodable."""
    refusal = form_refusal(token)
    segments = token.split(".")
    if len(segments) == 5:
        raise Undecodable(refusal or "", _header_of_encrypted(segments[0]))
    if len(segments) != 3:
        # {" in base64url: the token was one, once.
        if token.startswith("eyJ"):
            parts = "1 part" if len(segments) == 1 else f"{len(segments)} parts"
            refusal = f"The token has {parts}, and a signed one has three. Was all of it copied, and nothing else?"
        raise Undecodable(refusal or "")
    header = _part(_decode("header", segments[0]))
    if not isinstance(header.value, dict):
        raise Undecodable("The token's header is not a JSON object. Was all of the token copied?")
    try:
        signature = _decode("signature", segments[2])
    except Undecodable:
        signature = None
    payload = _part(_decode("payload", segments[1]))
    return Inspection((segments[0], segments[1], segments[2]), header, payload, signature, refusal)


def _part(data: bytes) -> Part:
    try:
        return Part(data, strict_json.loads_object(data))
    except ValueError:
        return Part(data, None)


def _decode(name: str, segment: str) -> bytes:
    """Decode base64url in any spelling. Raises Undecodable."""
    bare = segment.rstrip("=").replace("+", "-").replace("/", "_")
    if not bare.isascii() or bare.encode("ascii").translate(None, base64url.ALPHABET):
        raise Undecodable(f"The token's {name} holds a character that is not base64url. Was it copied as it is?")
    if len(bare) % 4 == 1:
        raise Undecodable(f"The token's {name} has a length that base64url never has. Was all of it copied?")
    return base64.urlsafe_b64decode(f"{bare}==")


def _lenient_json(data: bytes) -> Any:
    """Read JSON as most readers do: the last one of members that share a name. Raises ValueError."""
    strict_json.check_depth(data)
    value = json.loads(data.decode("utf-8"))
    # Python's reader takes NaN, and numbers that are infinite as a double; nobody else would.
    json.dumps(value, allow_nan=False)
    return value


def _header_of_encrypted(segment: str) -> Part | None:
    try:
        header = _part(_decode("header", segment))
    except Undecodable:
        return None
    return header if isinstance(header.value, dict) else None
