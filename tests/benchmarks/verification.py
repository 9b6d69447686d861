"""What verifying one token costs: this project beside the bare signature, and beside other libraries.

    uv run --group benchmarks -m tests.benchmarks.verification [--rounds 40]

An Auth0-sized RS256 token, all in one process and on one core. The rounds alternate, so that a machine which
changes its pace changes it for all; the medians are printed.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Coroutine
from typing import Any

import jose.jwk
import jose.jwt
import jwt
from auth0_api_python import ApiClient, ApiClientOptions
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from service.auth import KeySet, verify_jws

from ..signing import Signer, jwks, rsa_key
from .payload import auth0_claims

SIGNER = Signer(rsa_key(), "MjQ0RkY1MEU2QjdGNkUyRkM4NzE1")
ISSUER, AUDIENCE = "https://tenant.us.auth0.com/", "https://api.example.com"
CALLS = 200
ALONE = "the signature alone (OpenSSL)"


def auth0_token() -> str:
    return SIGNER.sign(auth0_claims(ISSUER, AUDIENCE))


def candidates(token: str) -> dict[str, Callable[[], object]]:
    keys = KeySet.from_jwks(jwks(SIGNER))
    public = SIGNER.key.public_key()
    head, _, _ = token.rpartition(".")
    signing_input, signature = head.encode(), SIGNER.signature(head.encode())
    pkcs1, sha256 = padding.PKCS1v15(), hashes.SHA256()
    ready = jose.jwk.construct(SIGNER.jwk, "RS256")
    expected = {"algorithms": ["RS256"], "audience": AUDIENCE, "issuer": ISSUER}
    auth0 = ApiClient(ApiClientOptions(domain="tenant.us.auth0.com", audience=AUDIENCE, custom_fetch=answer_for_tenant))
    return {
        ALONE: lambda: public.verify(signature, signing_input, pkcs1, sha256),
        "verify_jws": lambda: verify_jws(token, keys),
        "python-jose jwt.decode, key ready": lambda: jose.jwt.decode(token, ready, **expected),
        "python-jose jwt.decode, JWK": lambda: jose.jwt.decode(token, SIGNER.jwk, **expected),
        "PyJWT decode": lambda: jwt.decode(token, public, **expected),
        "auth0-api-python": lambda: finish(auth0.verify_access_token(token)),
    }


async def answer_for_tenant(url: str) -> dict[str, Any]:
    """What auth0-api-python fetches, once; then it has it cached."""
    if url.endswith("openid-configuration"):
        return {"issuer": ISSUER, "jwks_uri": f"{ISSUER}.well-known/jwks.json"}
    return jwks(SIGNER)


def finish(coroutine: Coroutine[Any, Any, object]) -> object:
    """Run a coroutine that waits for nothing to its end; an event loop's share would not be its own."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    raise RuntimeError("it waits for something")


def measure(rounds: int) -> dict[str, float]:
    """Microseconds for one call of each."""
    functions = candidates(auth0_token())
    times: dict[str, list[float]] = {name: [] for name in functions}
    for function in functions.values():
        function()
    for _ in range(rounds):
        for name, function in functions.items():
            began = time.perf_counter()
            for _ in range(CALLS):
                function()
            times[name].append((time.perf_counter() - began) / CALLS * 1e6)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=40)
    results = measure(parser.parse_args().rounds)
    alone = results[ALONE]
    for name, microseconds in results.items():
        print(f"{name:36} {microseconds:7.1f} µs {microseconds / alone:6.2f} ×")


if __name__ == "__main__":
    main()
