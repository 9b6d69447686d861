"""The access tokens of a run: a few that are repeated, and many that are all different."""

from __future__ import annotations

import base64
import json
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization

from tests.signing import Signer, b64

if TYPE_CHECKING:
    from pathlib import Path

    from .issuer import Issuer

AUDIENCE = "https://api.example.com"
LIFETIME = 86400
REPEATED = 200
CACHE_SIZE = 10_000
"""TOKEN_CACHE_SIZE of the service here, its default. The different tokens must be many more."""


@dataclass
class TokenFile:
    """Tokens in a file, one a line, and how far they have been sent."""

    path: Path
    count: int
    position: int = 0

    def advance(self, sent: int) -> None:
        """Let the next run go on behind the tokens that were sent, so that the oldest come first again."""
        self.position = (self.position + sent) % self.count

    def first(self) -> str:
        with self.path.open() as file:
            return file.readline().strip()


def sign_tokens(issuer: Issuer, path: Path, count: int, prefix: str) -> TokenFile:
    """Sign `count` tokens in Auth0's default dialect, on every core: RSA takes more than half a millisecond each."""
    key = issuer.signer.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    sign = partial(_sign, key, issuer.signer.kid, issuer.url, int(time.time()), prefix)
    # Spawned, since the issuer's threads run in this process, and a fork would take half of them along.
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(len(os.sched_getaffinity(0)), mp_context=context) as pool,
        path.open("w") as file,
    ):
        for tokens in pool.map(sign, [range(first, min(first + 500, count)) for first in range(0, count, 500)]):
            file.writelines(f"{token}\n" for token in tokens)
    return TokenFile(path, count)


def _sign(key: bytes, kid: str, issuer: str, now: int, prefix: str, numbers: range) -> list[str]:
    signer = Signer(serialization.load_pem_private_key(key, None), kid)
    return [signer.sign(_claims(issuer, now, f"auth0|{prefix}{number:020x}")) for number in numbers]


def _claims(issuer: str, now: int, subject: str) -> bytes:
    members = {
        "iss": issuer,
        "sub": subject,
        "aud": [AUDIENCE, f"{issuer}userinfo"],
        "iat": now,
        "exp": now + LIFETIME,
        "azp": "benchmarkclient00000000000000000",
        "scope": "openid profile read:messages",
        "permissions": ["read:messages"],
    }
    return json.dumps(members, separators=(",", ":")).encode()


def tampered(token: str) -> str:
    """Let the token speak for somebody else, with all else as it was: only its signature gives it away."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    forged = json.dumps({**claims, "sub": "auth0|somebody-else"}, separators=(",", ":")).encode()
    return f"{header}.{b64(forged)}.{signature}"
