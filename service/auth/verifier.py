"""Token text in, AccessToken out. Every rule of what makes a token valid is reached from `verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from . import claims
from .cache import CurrentKeys, VerifiedTokens
from .errors import InvalidToken, KeySourceUnavailable, TokenExpired, UnknownKey
from .jwk import ALGORITHMS
from .jws import KnownHeaders, parse

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .clock import Clock
    from .keyset import KeySet
    from .token import AccessToken


class KeySource(CurrentKeys, Protocol):
    @property
    def loaded(self) -> bool:
        """See `RemoteKeySet.loaded`."""

    async def keys_for(self, kid: str | None) -> KeySet:
        """See `RemoteKeySet.keys_for`."""


class Verifier:
    """Verifies access tokens for the trusted issuers, each with its own source of keys.

    `audiences` are this API's identifiers, one of which a token must name; `leeway` is in seconds; `remembered`
    is how many verified tokens are kept.
    """

    def __init__(
        self,
        sources: Mapping[str, KeySource],
        audiences: Collection[str],
        leeway: float,
        clock: Clock,
        remembered: int = 0,
        algorithms: Collection[str] = ALGORITHMS,
    ) -> None:
        self._sources = dict(sources)
        self._audiences = frozenset(audiences)
        self._leeway = leeway
        self._clock = clock
        self._known_headers = KnownHeaders()
        self._algorithms = frozenset(algorithms)
        self.cache = VerifiedTokens(remembered, clock)

    @property
    def issuers(self) -> tuple[str, ...]:
        """The trusted issuers, as they stand in `iss`."""
        return tuple(self._sources)

    @property
    def ready(self) -> bool:
        """Whether the keys of one issuer at least are there: a dead one must not keep the others' callers out."""
        return any(source.loaded for source in self._sources.values())

    async def verify(self, token: str) -> AccessToken:
        """Return what a valid token says.

        Raises InvalidToken, which names the first of `CHECKS` that failed, or KeySourceUnavailable.
        """
        digest = self.cache.digest(token)
        remembered = self.cache.get(digest)
        if remembered is None:
            return await self._verify(token, digest)
        try:
            claims.check_time(
                remembered.expires_at, remembered.not_before, remembered.issued_at, self._clock.now(), self._leeway
            )
        except TokenExpired:
            self.cache.forget(digest)
            raise
        return remembered

    async def _verify(self, token: str, digest: bytes) -> AccessToken:
        jws = parse(token, self._known_headers)
        # RFC 8725 section 3.1. Also without keys: such a token is refused whatever they are.
        if jws.header.algorithm not in self._algorithms:
            raise InvalidToken("The token's algorithm is not allowed.", "signature")
        unverified_claims = claims.read(jws.payload)
        source = self._sources.get(unverified_claims.get("iss", ""))
        if source is not None:
            keys = await source.keys_for(jws.header.key_id)
        else:
            keys = await self._keys_of_any_issuer(jws.header.key_id)
        keys.verify(jws)
        self._known_headers.remember(jws)
        claims.check_issuer(unverified_claims, self._sources)
        claims.check_audience(unverified_claims, self._audiences)
        claims.check_time(
            unverified_claims["exp"],
            unverified_claims.get("nbf"),
            unverified_claims.get("iat"),
            self._clock.now(),
            self._leeway,
        )
        grant = claims.read_grant(unverified_claims, self.cache.known_grants)
        verified = claims.access_token(unverified_claims, jws.payload, grant)
        if source is not None:
            self.cache.remember(digest, verified, grant, keys, source)
        return verified

    def seconds_left(self, token: AccessToken) -> float:
        """How much longer a verified token is valid, leeway included; for what outlives its request."""
        return max(0.0, token.expires_at + self._leeway - self._clock.now())

    async def _keys_of_any_issuer(self, kid: str) -> KeySet:
        """Return a set that holds `kid`, for a token whose issuer is not trusted.

        It is refused in any case, and the signature decides only with what reason; so nothing is fetched for
        it, and keys that cannot be had are no reason to keep its bearer waiting.
        """
        for source in self._sources.values():
            try:
                keys = await source.keys_for(None)
            except KeySourceUnavailable:
                continue
            if kid in keys:
                return keys
        raise UnknownKey("No issuer that is trusted here signed the token.")
