from __future__ import annotations

import httpx
import pytest

from service.key_set_client import KeySetFetcher, http_client

from .tenant import Tenant


@pytest.mark.parametrize(
    "cookies",
    [
        ["seen=1"],
        ["seen=1; Path=/; Max-Age=86400; Secure; HttpOnly; SameSite=Lax"],
        ["seen=1; Domain=tenant.test; Path=/", "route=b; Domain=.tenant.test"],
    ],
    ids=str,
)
async def test_no_cookie_that_an_issuer_sets_is_sent_back(tenant: Tenant, cookies: list[str]) -> None:
    fields = [("Set-Cookie", cookie) for cookie in cookies]
    tenant.answers += [httpx.Response(200, headers=fields, content=b"{}") for _ in range(3)]
    async with http_client(tenant.transport) as client:
        fetch = KeySetFetcher(client, 5)
        for path in (".well-known/jwks.json", ".well-known/jwks.json", ".well-known/openid-configuration"):
            await fetch(f"{tenant.issuer}{path}")
        assert not client.cookies
    assert [request.headers.get("Cookie") for request in tenant.fetches] == [None] * 3
