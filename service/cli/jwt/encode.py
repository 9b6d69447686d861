"""`jwt encode`: a token on standard output, and nothing else there."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ...auth import SystemClock
from ...practice.errors import Unusable
from ...practice.inspection import form_refusal
from ...practice.members import read_members, read_payload
from ...practice.signing import Secret, choose_algorithm, sign_token
from ...practice.times import duration
from .. import WrongUsage
from ..output import note
from .given import read_file, read_key, read_secret

if TYPE_CHECKING:
    import argparse

    from ...practice.signing import Signer


def run(options: argparse.Namespace) -> int:
    signer = _signer(options)
    algorithm = choose_algorithm(signer, options.alg)
    token = sign_token(_header(options, signer), _payload(options), signer, algorithm)
    _advise(token, signer, algorithm)
    sys.stdout.write(f"{token}\n")
    return 0


def _signer(options: argparse.Namespace) -> Signer:
    if options.secret is not None:
        return read_secret(options.secret)
    if options.key is not None:
        key = read_key(options.key)
        if key.private is None:
            raise WrongUsage(f"{options.key}: this is a public key, which can only verify. Sign with the private one.")
        return key
    raise WrongUsage(
        "What to sign with? --key FILE.pem or --secret TEXT. `uv run -m service jwt keys --new FILE.pem` makes a key."
    )


def _header(options: argparse.Namespace, signer: Signer) -> dict[str, Any]:
    header = read_members(options.header)
    if "alg" in header:
        raise WrongUsage("--header alg: give it with --alg, so that it is what the token is signed with.")
    if "kid" in header and options.kid is not None:
        raise WrongUsage("--kid and --header kid: give one of them.")
    return {"typ": "JWT", "kid": signer.kid if options.kid is None else options.kid, **header}


def _payload(options: argparse.Namespace) -> dict[str, Any]:
    payload = {} if options.payload is None else read_payload(read_file(options.payload))
    claims = read_members(options.claim)
    if options.exp is None:
        return payload | claims
    if "exp" in claims:
        raise WrongUsage("--exp and --claim exp: give one of them.")
    now = int(SystemClock().now())
    try:
        end = now + duration(options.exp)
    except Unusable as error:
        raise WrongUsage(f"--exp: {error}.") from None
    return {**payload, "iat": now, **claims, "exp": end}


def _advise(token: str, signer: Signer, algorithm: str) -> None:
    """Tell what is worth knowing of a token that was made."""
    if isinstance(signer, Secret):
        note(f"{algorithm} is for practice: whoever can verify such a token can also sign one. The API refuses it.")
        if signer.is_key_text:
            note(
                "The secret is an RSA or EC key: this is the attack that takes RS256 for HS256 (RFC 8725 section 2.1)."
            )
        elif (weakness := signer.weakness(algorithm)) is not None:
            note(weakness)
    if (refusal := form_refusal(token)) is not None:
        note(f"The API would refuse this token whoever signed it. {refusal}")
