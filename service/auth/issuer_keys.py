"""Which issuer's keys verify a token: its own where it names a trusted one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .errors import KeySourceUnavailable, UnknownKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .keyset import KeySet


class PublishedKeys(Protocol):
    async def keys_for(self, kid: str | None) -> KeySet:
        """See `RemoteKeySet.keys_for`."""


class IssuerKeys:
    """The keys of the trusted issuers, kept apart: none can sign for another. `sources` is by issuer."""

    def __init__(self, sources: Mapping[str, PublishedKeys]) -> None:
        self._sources = sources

    async def keys_for(self, kid: str, issuer: str) -> KeySet:
        """Return the set to verify a token with that names `kid`, and `issuer` (empty where it names none).

        Raises UnknownKey, and what the issuer's source raises where its keys are unavailable.
        """
        source = self._sources.get(issuer)
        if source is not None:
            return await source.keys_for(kid)
        return await self._keys_of_any_issuer(kid)

    async def _keys_of_any_issuer(self, kid: str) -> KeySet:
        """Return a set that holds `kid`, for a token whose issuer is not trusted.

        It is refused in any case, and the signature decides only with what reason; so nothing is fetched again for
        it, and keys that are unavailable are no reason to keep its caller waiting.
        """
        for source in self._sources.values():
            try:
                keys = await source.keys_for(None)
            except KeySourceUnavailable:
                continue
            if kid in keys:
                return keys
        raise UnknownKey("No issuer that is trusted here signed the token.")
