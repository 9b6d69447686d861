"""What hostile but valid tokens take of this process's memory while they are remembered.

    uv run -m tests.benchmarks.hostile [--tokens 10000]

Each kind is measured in a process of its own, as what the kernel counts beside what the cache counts: tokens that are
all different, and as long as a token may be.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import multiprocessing
import string
import time
from collections.abc import Callable, Iterator
from typing import Any

from service.auth import RemoteKeySet, SystemClock, Verifier
from service.auth.jws import MAX_BYTES
from service.key_set_client import KeySetFetcher, http_client

from ..tenant import AUDIENCE, Tenant
from .payload import auth0_claims
from .remembering import SIGNER, resident

# Bytes of JSON that fit beside the usual claims, the header and the signature.
ROOM = MAX_BYTES * 3 // 4 - 500


def names() -> Iterator[str]:
    """Names of four letters, all different."""
    return map("".join, itertools.product(string.ascii_letters + string.digits, repeat=4))


KINDS: dict[str, Callable[[int, Iterator[str]], dict[str, Any]]] = {
    "like Auth0's": lambda number, _: {"sub": f"auth0|{number:024d}"},
    "long sub": lambda number, _: {"sub": f"{number:0{ROOM}d}"},
    "long sub, wide letters": lambda number, _: {"sub": f"{number:0{ROOM - 20}d}\N{GRINNING FACE}"},
    "scopes": lambda _, some: {"scope": " ".join(itertools.islice(some, ROOM // 5))},
    "permissions": lambda _, some: {"permissions": list(itertools.islice(some, ROOM // 8))},
    "audiences": lambda _, some: {"aud": [AUDIENCE, *itertools.islice(some, ROOM // 8)]},
    "claims": lambda number, _: {"https://example.com/profile": f"{number:0{ROOM - 40}d}"},
    "long azp": lambda number, _: {"azp": f"{number:0{ROOM}d}"},
}


async def _remember(kind: str, count: int) -> str:
    tenant = Tenant()
    tenant.published = [SIGNER]
    some = names()
    async with http_client(tenant.transport) as client:
        clock = SystemClock()
        source = RemoteKeySet(tenant.issuer, KeySetFetcher(client, 5), clock, algorithms=("ES256",))
        verifier = Verifier({tenant.issuer: source}, {AUDIENCE}, 5, clock, 10_000)
        await verifier.verify(SIGNER.sign(auth0_claims(tenant.issuer, AUDIENCE)))
        gc.collect()
        before, spent = resident(), 0.0
        for number in range(count):
            token = SIGNER.sign(auth0_claims(tenant.issuer, AUDIENCE, **KINDS[kind](number, some)))
            began = time.perf_counter()
            await verifier.verify(token)
            spent += time.perf_counter() - began
        gc.collect()
        taken = resident() - before
        await source.close()
    counted = verifier.cache.held / 1024**2
    return (
        f"{kind:24} {taken:8.1f} MiB resident {counted:8.1f} counted {len(verifier.cache):7,} remembered"
        f" {spent / count * 1e6:7.0f} µs a token"
    )


def measure(kind: str, count: int) -> None:
    print(asyncio.run(_remember(kind, count)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tokens", type=int, default=10_000)
    count = parser.parse_args().tokens
    spawn = multiprocessing.get_context("spawn")
    for kind in KINDS:
        process = spawn.Process(target=measure, args=(kind, count))
        process.start()
        process.join()


if __name__ == "__main__":
    main()
