"""Tokens that were verified, remembered: a second look costs a digest instead of a signature.

Only what passed is remembered, so a flood of bad tokens evicts nothing. An entry is good while the very key set
that verified it is the current one of its issuer, and its times are compared with the clock at each use.
"""

from __future__ import annotations

import hashlib
import sys
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple, Protocol

from .grants import ALLOCATION, SLOT, KnownGrants
from .token import AccessToken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .clock import Clock
    from .grants import Grant
    from .keyset import KeySet

SWEEP_SECONDS = 60.0
"""How long after its end an unused entry may still take up room."""

MAX_BYTES = 32 * 1024 * 1024
"""What all entries together may take. Auth0's tokens take 1 KB each, but a valid one may hold 1,127 scopes, which take
100: ten thousand of them would be a gigabyte."""


class CurrentKeys(Protocol):
    def current(self, now: float) -> KeySet | None:
        """See `RemoteKeySet.current`."""


class _Entry(NamedTuple):
    token: AccessToken
    grant: Grant
    keys: KeySet
    source: CurrentKeys
    size: int


# Bytes of an entry beside its grant, its subject and its payload: two tuples, three times, its size and its digest.
_ENTRY = (
    sys.getsizeof(tuple(_Entry._fields))
    + sys.getsizeof(tuple(AccessToken._fields))
    + 4 * sys.getsizeof(2**40)
    + sys.getsizeof(bytes(32))
    + 9 * ALLOCATION
    + SLOT
)


def _measure(values: Iterable[object]) -> int:
    """Count the bytes of values out of a token's JSON, with all that they hold."""
    size, waiting = 0, list(values)
    while waiting:
        held = waiting.pop()
        if held is None:
            continue
        size += sys.getsizeof(held) + ALLOCATION
        if isinstance(held, (list, tuple)):
            waiting += held
        elif isinstance(held, dict):
            waiting += (*held, *held.values())
    return size


class VerifiedTokens:
    """Tokens by their SHA-256, at most `size` of them and `max_bytes`, the least recently used going first; none with
    `size` 0.

    The digest, not the token, so that what is in memory cannot be used (nor found in a core dump).
    """

    def __init__(self, size: int, clock: Clock, max_bytes: int = MAX_BYTES) -> None:
        self._size = size
        self._clock = clock
        self._max_bytes = max_bytes
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()
        self._own = 0
        self.known_grants = KnownGrants()
        self._sweep_at = clock.monotonic() + SWEEP_SECONDS
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def held(self) -> int:
        """Bytes that the remembered tokens take."""
        return self._own + self.known_grants.held

    @staticmethod
    def digest(token: str) -> bytes:
        """The key of a token. A token that is not text of Unicode's scalars has one too, and is never found."""
        return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()

    def get(self, digest: bytes, now: float) -> AccessToken | None:
        """Return what was verified, if its key set is still the current one at `now`, of the monotonic clock."""
        entry = self._entries.get(digest)
        if entry is None:
            self.misses += 1
            return None
        if entry.source.current(now) is not entry.keys:
            self.forget(digest)
            self.misses += 1
            return None
        self._entries.move_to_end(digest)
        self.hits += 1
        return entry.token

    def remember(self, digest: bytes, token: AccessToken, grant: Grant, keys: KeySet, source: CurrentKeys) -> None:
        """Remember a token, which says what `grant` does, that the current `keys` of `source` have verified."""
        if self._size == 0:
            return
        # Of two requests that brought it at the same time, this may be the second.
        self.forget(digest)
        size = _ENTRY + sys.getsizeof(token.subject) + sys.getsizeof(token.payload)
        if token.actor is not None or token.kept:
            size += _measure((token.actor, token.kept))
        self._entries[digest] = _Entry(token, grant, keys, source, size)
        self._own += size
        self.known_grants.take(grant)
        while len(self._entries) > self._size or self._own + self.known_grants.held > self._max_bytes:
            _, oldest = self._entries.popitem(last=False)
            self._release(oldest)
        if self._clock.monotonic() >= self._sweep_at:
            self._sweep()

    def forget(self, digest: bytes) -> None:
        entry = self._entries.pop(digest, None)
        if entry is not None:
            self._release(entry)

    def _release(self, entry: _Entry) -> None:
        self._own -= entry.size
        self.known_grants.give_back(entry.grant)

    def _sweep(self) -> None:
        now = self._clock.now()
        for digest in [digest for digest, entry in self._entries.items() if entry.token.expires_at <= now]:
            self.forget(digest)
        self._sweep_at = self._clock.monotonic() + SWEEP_SECONDS
