"""What remembering verified tokens costs: time for a hit, memory for an entry, and whether it stops growing.

    uv run -m tests.benchmarks.remembering [--more 100000]

ES256 signs fast enough to make that many distinct tokens. The payload has some 350 bytes, as Auth0's have.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import time
import tracemalloc
from pathlib import Path

from service.auth import RemoteKeySet, SystemClock, Verifier
from service.key_set_client import KeySetFetcher, http_client

from ..signing import Signer, ec_key
from ..tenant import AUDIENCE, Tenant
from .payload import auth0_claims

SIZE = 10_000
SIGNER = Signer(ec_key("ES256"), "ec", "ES256")


def make_token(tenant: Tenant, number: int) -> str:
    claims = auth0_claims(tenant.issuer, AUDIENCE, sub=f"auth0|{number:024d}", jti=f"{number:020d}")
    return SIGNER.sign(claims)


def resident() -> float:
    """This process's memory in MB, as the kernel counts it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the kernel does not say")


async def measure(more: int) -> None:
    tenant = Tenant()
    tenant.published = [SIGNER]
    async with http_client(tenant.transport) as client:
        clock = SystemClock()
        source = RemoteKeySet(tenant.issuer, KeySetFetcher(client, 5), clock, algorithms=("ES256",))
        verifier = Verifier({tenant.issuer: source}, {AUDIENCE}, 5, clock, SIZE)
        tokens = [make_token(tenant, number) for number in range(SIZE)]
        await verifier.verify(tokens[0])
        gc.collect()
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        for token in tokens:
            await verifier.verify(token)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        payload = len((await verifier.verify(tokens[0])).payload)
        print(f"memory for a remembered token   {(after - before) / (SIZE - 1):8.0f} bytes, payload {payload} bytes")

        hits = []
        for _ in range(50):
            began = time.perf_counter()
            for token in tokens[:200]:
                await verifier.verify(token)
            hits.append((time.perf_counter() - began) / 200 * 1e6)
        print(f"warm hit in the verifier        {sorted(hits)[25]:8.2f} µs")

        del tokens
        print(f"resident with {len(verifier.cache):,} remembered  {resident():8.1f} MB")
        for number in range(more):
            await verifier.verify(make_token(tenant, SIZE + number))
            if (number + 1) % (more // 5) == 0:
                gc.collect()
                print(f"  after {number + 1:7,} more            {resident():8.1f} MB")
        await source.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--more", type=int, default=100_000)
    asyncio.run(measure(parser.parse_args().more))


if __name__ == "__main__":
    main()
