"""The verdict of the service on a token, by its own rules, with keys and expectations that a person chooses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..auth import InvalidToken, IssuerKeys, KeySet, check_results, read_token, validate
from ..auth.grants import KnownGrants
from ..auth.jws import KnownHeaders
from .errors import Unusable
from .signing import HMAC_ALGORITHMS, Secret, VerifyingSecret

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from ..auth import CheckResult, Expectation
    from .key_files import Key


class Keys(Protocol):
    """Where the keys come from that a signature is checked with."""

    @property
    def made_with(self) -> str | None:
        """What is told of a signature that fits, where it is not an issuer's."""

    async def keys_for(self, kid: str, issuer: str) -> KeySet:
        """Return the set for a token that names `kid`, and `issuer` (empty where it names none).

        Raises service.auth.FetchFailed where it cannot be had, InvalidToken where there is none for such a token.
        """


class Judgement(NamedTuple):
    """`unverified_claims` is `None` where they cannot be read."""

    results: list[CheckResult]
    unverified_claims: dict[str, Any] | None

    @property
    def failed(self) -> CheckResult | None:
        """The check that the token failed, if it is refused."""
        return next((result for result in self.results if result.outcome == "failed"), None)


class PublishedKeys(IssuerKeys):
    """The keys that issuers publish: for a token of one of them its own, as the service keeps them apart."""

    made_with = None

    def __init__(self, issuers: Iterable[str], keys_of: Callable[[str], Awaitable[KeySet]]) -> None:
        super().__init__({issuer: _Published(issuer, keys_of) for issuer in issuers})


class _Published:
    def __init__(self, issuer: str, keys_of: Callable[[str], Awaitable[KeySet]]) -> None:
        self._issuer = issuer
        self._keys_of = keys_of

    async def keys_for(self, kid: str | None) -> KeySet:
        return await self._keys_of(self._issuer)


class GivenSet:
    """A key set at hand."""

    made_with = "Made with a key of the set that you gave."

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys

    async def keys_for(self, kid: str, issuer: str) -> KeySet:
        return self._keys


class GivenKey:
    """One key, whatever kid a token names: the person who gave it has chosen it."""

    made_with = "Made with the key that you gave."

    def __init__(self, key: Key, algorithms: tuple[str, ...]) -> None:
        if not set(key.algorithms) & set(algorithms):
            raise Unusable(f"the key is for {' or '.join(key.algorithms)}, and allowed is {' '.join(algorithms)}")
        self._key = key
        self._algorithms = algorithms

    async def keys_for(self, kid: str, issuer: str) -> KeySet:
        return KeySet.from_jwks({"keys": [self._key.jwk(kid=kid)]}, self._algorithms)


class GivenSecret:
    """A shared secret, for practice alone."""

    made_with = "Made with the secret that you gave."

    def __init__(self, secret: Secret) -> None:
        if secret.is_key_text:
            raise Unusable(
                "The secret is an RSA or EC key. Whoever takes a public key for a secret accepts what anybody signs "
                "with it: RS256 taken for HS256 (RFC 8725 section 2.1)."
            )
        self._secret = secret

    async def keys_for(self, kid: str, issuer: str) -> KeySet:
        return KeySet({(kid, name): (VerifyingSecret(self._secret, name),) for name in HMAC_ALGORITHMS})


async def judge(token: str, keys: Keys, expected: Expectation, now: float) -> Judgement:
    """Check a bare token by `service.auth.validation`, as the API does. `now` is in seconds since the epoch.

    Raises service.auth.FetchFailed where the keys cannot be had, so that the token can be neither accepted nor
    refused.
    """
    unverified_claims = None
    failure = None
    try:
        jws, unverified_claims = read_token(token, expected, KnownHeaders())
        key_set = await keys.keys_for(jws.header.key_id, unverified_claims.get("iss", ""))
        validate(jws, unverified_claims, key_set, expected, now, KnownGrants())
    except InvalidToken as error:
        failure = error
    results = [_as_asked(result, keys, expected) for result in check_results(failure)]
    return Judgement(results, unverified_claims)


def _as_asked(result: CheckResult, keys: Keys, expected: Expectation) -> CheckResult:
    """Tell a result as it is when the person chose the keys, or left a check out."""
    if result.outcome != "passed":
        return result
    if result.name == "signature" and keys.made_with is not None:
        return replace(result, detail=keys.made_with)
    skipped = {"issuer": expected.issuers is None, "audience": expected.audiences is None}
    if skipped.get(result.name):
        return replace(result, outcome="not_checked", detail="Skipped, as you asked.")
    return result
