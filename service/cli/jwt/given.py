"""What a person gives to a subcommand: a token, a file, a key."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from ...practice.errors import Unusable
from ...practice.inspection import bare_token
from ...practice.key_files import read_pem
from ...practice.signing import Secret
from .. import CommandFailed, WrongUsage
from ..output import note

if TYPE_CHECKING:
    from ...practice.key_files import Key

MAX_BYTES = 1024 * 1024
"""More is read from nowhere; a token that the API looks at has 8,192 at most."""


def read_token(argument: str | None) -> str:
    """Return a token without what it is often copied with. Raises CommandFailed where there is none."""
    token = bare_token(argument if argument not in (None, "-") else _from_standard_input())
    if not token:
        raise CommandFailed("There is no token. Give one as an argument or on standard input: it begins with eyJ.")
    return token


def read_file(path: str) -> bytes:
    """Return the bytes of a file, of standard input for `-`. Raises WrongUsage."""
    name = "standard input" if path == "-" else path
    try:
        with open(0, "rb", closefd=False) if path == "-" else open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise WrongUsage(f"{name}: {error.strerror}.") from None
    if len(data) > MAX_BYTES:
        raise WrongUsage(f"{name}: more than {MAX_BYTES} bytes.")
    return data


def read_key(path: str) -> Key:
    """Return the key in a PEM file. Raises WrongUsage."""
    try:
        return read_pem(read_file(path))
    except Unusable as error:
        raise WrongUsage(f"{path}: {error}.") from None


def read_secret(text: str) -> Secret:
    """Return a secret as it was typed. Raises Unusable."""
    return Secret(os.fsencode(text))


def _from_standard_input() -> str:
    if os.isatty(0):
        note("Paste a token and press Enter. It stays on this machine.")
        data = sys.stdin.buffer.readline(MAX_BYTES)
    else:
        data = read_file("-")
    return data.decode("utf-8", "replace")
