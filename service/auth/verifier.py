"""Token text in, AccessToken out: what `validation` decides, with the issuers' keys, the clock and the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .cache import CurrentKeys, VerifiedTokens
from .caller_rules import ANYONE, CallerRules
from .errors import TokenExpired
from .issuer_keys import IssuerKeys, PublishedKeys
from .jwk import ALGORITHMS
from .jws import KnownHeaders
from .validation import Expectation, check_at_use, read_token, validate

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .clock import Clock
    from .token import AccessToken


class KeySource(PublishedKeys, CurrentKeys, Protocol):
    @property
    def loaded(self) -> bool:
        """See `RemoteKeySet.loaded`."""

    @property
    def fetch_due(self) -> float:
        """The moment of the monotonic clock from which `ensure_fresh` starts a fetch."""

    def ensure_fresh(self, now: float) -> None:
        """See `RemoteKeySet.ensure_fresh`."""


class Verifier:
    """Verifies access tokens for the trusted issuers, each with its own source of keys.

    `audiences` are this API's identifiers, one of which a token must name; `leeway` is in seconds; `remembered`
    is how many verified tokens are kept; `callers` says whom the settings allow.
    """

    def __init__(
        self,
        sources: Mapping[str, KeySource],
        audiences: Collection[str],
        leeway: float,
        clock: Clock,
        remembered: int = 0,
        algorithms: Collection[str] = ALGORITHMS,
        callers: CallerRules = ANYONE,
    ) -> None:
        self._sources = dict(sources)
        self._keys = IssuerKeys(self._sources)
        self._expected = Expectation(
            issuers=frozenset(self._sources),
            audiences=frozenset(audiences),
            algorithms=tuple(algorithms),
            leeway=leeway,
            callers=callers,
        )
        self.now = clock.now
        self._clock = clock
        self._known_headers = KnownHeaders()
        self.cache = VerifiedTokens(remembered, clock)

    @property
    def issuers(self) -> tuple[str, ...]:
        """The trusted issuers, as they stand in `iss`."""
        return tuple(self._sources)

    @property
    def ready(self) -> bool:
        """Whether the keys of one issuer at least are there: a dead one must not keep the others' callers out."""
        return any(source.loaded for source in self._sources.values())

    @property
    def leeway(self) -> float:
        """Seconds that clocks may differ by."""
        return self._expected.leeway

    @property
    def callers(self) -> CallerRules:
        """Whom the settings allow."""
        return self._expected.callers

    def keep_claims(self, names: Collection[str]) -> None:
        """Take these claims out of each token that is verified from now on: see `AccessToken.kept`."""
        self._expected = self._expected._replace(kept_claims=frozenset(names))

    async def verify(self, token: str) -> AccessToken:
        """Return what a valid token says.

        Raises InvalidToken, which names the first of `CHECKS` that failed, or KeySourceUnavailable.
        """
        digest = self.cache.digest(token)
        now = self._clock.monotonic()
        remembered = self.cache.get(digest, now)
        if remembered is None:
            return await self._verify(token, digest)
        source = self._sources[remembered.issuer]
        # Compared here, since a call would cost each request.
        if now >= source.fetch_due:
            source.ensure_fresh(now)
        try:
            check_at_use(remembered, self._expected, self._clock.now())
        except TokenExpired:
            self.cache.forget(digest)
            raise
        return remembered

    async def _verify(self, token: str, digest: bytes) -> AccessToken:
        jws, unverified_claims = read_token(token, self._expected, self._known_headers)
        issuer = unverified_claims.get("iss", "")
        keys = await self._keys.keys_for(jws.header.key_id, issuer)
        verified, grant = validate(
            jws, unverified_claims, keys, self._expected, self._clock.now(), self.cache.known_grants
        )
        self._known_headers.remember(jws)
        self.cache.remember(digest, verified, grant, keys, self._sources[issuer])
        return verified

    def seconds_left(self, token: AccessToken) -> float:
        """How much longer a verified token is valid, leeway included; for what outlives its request."""
        return max(0.0, token.expires_at + self._expected.leeway - self._clock.now())
