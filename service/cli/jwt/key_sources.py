"""Key sets from files and URLs, fetched with the service's own limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...auth import FetchFailed, key_set_url, read_key_set
from ...key_set_client import KeySetFetcher, http_client
from ...libraries.uses import Uses
from ...settings import issuer_string, key_set_address
from .. import WrongUsage
from ..tenant import uses_local_issuer
from .given import read_file

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from ...auth import KeySet


class KeySets:
    """Gets key sets. `timeout` is for one whole fetch, in seconds."""

    def __init__(self, timeout: float, algorithms: tuple[str, ...]) -> None:
        self._timeout = timeout
        self._algorithms = algorithms

    async def body(self, place: str) -> bytes:
        """Return the body of the key set in a file or at a URL. Raises WrongUsage, FetchFailed."""
        if not is_url(place):
            return read_file(place)
        url = _checked("--jwks", place, key_set_address)
        try:
            async with http_client(tls=url.lower().startswith("https://")) as client:
                return await KeySetFetcher(client, self._timeout)(url)
        except FetchFailed as error:
            raise FetchFailed(f"{place}: {error}") from None

    async def keys(self, place: str) -> KeySet:
        """Return a key set that has a usable key. Raises WrongUsage, FetchFailed."""
        body = await self.body(place)
        try:
            return read_key_set(body, self._algorithms)
        except FetchFailed as error:
            allowed = " ".join(self._algorithms)
            raise FetchFailed(f"{place}: {error} (allowed: {allowed}; --algorithms allows others)") from None

    async def published_by(self, issuer: str) -> KeySet:
        """Return the keys of an issuer, whose string ends in "/". Raises FetchFailed."""
        return await self.keys(key_set_url(issuer))


def is_url(place: str) -> bool:
    """Whether a key set is fetched, or else in a file."""
    return "://" in place


def used_libraries(options: argparse.Namespace) -> Uses:
    """What of the libraries is used: the place of the keys is fetched, unless it is a file."""
    if options.jwks is not None:
        return Uses(issuers=False, urls=(options.jwks,) if is_url(options.jwks) else ())
    return Uses() if options.issuer is None else Uses(issuers=False, urls=(options.issuer,))


def issuer_of(option: str) -> str:
    """Return the issuer that `--issuer` names, as it stands in `iss`. Raises WrongUsage."""
    return _checked("--issuer", option, issuer_string)


def local_issuer_hint(options: argparse.Namespace) -> str:
    """Return what to do when the local issuer does not answer; empty where another one was asked."""
    if options.jwks is not None or options.issuer is not None or not uses_local_issuer():
        return ""
    return " The local issuer runs while `uv run -m service dev` does."


def _checked(option: str, text: str, check: Callable[[str], str]) -> str:
    try:
        return check(text)
    except ValueError as error:
        raise WrongUsage(f"{option}: {error}.") from None
