"""Fetching a key set over HTTP, with bounds on everything that the other side decides."""

from __future__ import annotations

import asyncio
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from .auth import FetchFailed
from .tls import trusting_nobody

MAX_BODY = 512 * 1024
"""Largest key set taken, in bytes. Auth0's have two or three keys and 6 KB."""


def http_client(transport: httpx.AsyncBaseTransport | None = None, *, tls: bool = True) -> httpx.AsyncClient:
    """Make the client that key sets are fetched with; `transport` replaces the network.

    Without `tls` it fetches over http:// alone, and reads nothing of the environment.
    """
    # Minutes lie between two fetches: a connection kept that long has been closed by something on its way.
    limits = httpx.Limits(max_keepalive_connections=0)
    direct = httpx.AsyncHTTPTransport(verify=trusting_nobody(), trust_env=False, limits=limits)
    return httpx.AsyncClient(
        transport=transport if tls or transport is not None else direct,
        trust_env=tls,
        # Followed, a redirect would let whoever answers choose who says what the keys are.
        follow_redirects=False,
        # None are kept: an issuer could recognise this process by what it had set before, and what a load balancer
        # sets would pin every fetch to one server, also to one that is broken.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        # http:// is the loopback range (see `service.settings`), where a proxy has no business.
        mounts=None if transport else {"http://": direct},
        limits=limits,
        # Bounded by `KeySetFetcher` as a whole; httpx's own are for each read.
        timeout=None,  # noqa: S113
    )


class KeySetFetcher:
    """Gets the body of a key set. `timeout` is for the whole, in seconds."""

    def __init__(self, client: httpx.AsyncClient, timeout: float) -> None:
        self._client = client
        self._timeout = timeout

    async def __call__(self, url: str) -> bytes:
        """Return the body at `url`, at most `MAX_BODY` bytes of it. Raises FetchFailed."""
        _, body = await self.fetch(url)
        return body

    async def fetch(self, url: str) -> tuple[httpx.Headers, bytes]:
        """Return the headers too."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._get(url)
        except TimeoutError:
            raise FetchFailed(f"no complete answer within {self._timeout:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FetchFailed(f"{type(error).__name__}: {error}".rstrip(": ")) from None

    async def _get(self, url: str) -> tuple[httpx.Headers, bytes]:
        # Compressed, a small answer could become a large one; so it is neither asked for nor taken.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        async with self._client.stream("GET", url, headers=headers) as response:
            if response.status_code != 200:
                raise FetchFailed(f"status {response.status_code}")
            if "Content-Encoding" in response.headers:
                raise FetchFailed("the answer has a Content-Encoding")
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BODY:
                    raise FetchFailed(f"the answer has more than {MAX_BODY} bytes")
            return response.headers, bytes(body)
