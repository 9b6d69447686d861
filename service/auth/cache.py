"""Tokens that were verified, remembered: a second look costs a digest instead of a signature.

Only what passed is remembered, so a flood of bad tokens evicts nothing. An entry is good while the very key set
that verified it is the current one of its issuer, and its times are compared with the clock at each use.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from .clock import Clock
    from .keyset import KeySet
    from .token import AccessToken

SWEEP_SECONDS = 60.0
"""How long after its end an unused entry may still take up room."""


class CurrentKeys(Protocol):
    def current(self) -> KeySet | None:
        """See `RemoteKeySet.current`."""


class Verified(NamedTuple):
    token: AccessToken
    keys: KeySet
    source: CurrentKeys


class VerifiedTokens:
    """At most `size` tokens by their SHA-256, the least recently used going first; none with `size` 0.

    The digest, not the token, so that what is in memory cannot be used (nor found in a core dump).
    """

    def __init__(self, size: int, clock: Clock) -> None:
        self._size = size
        self._clock = clock
        self._entries: OrderedDict[bytes, Verified] = OrderedDict()
        self._sweep_at = clock.monotonic() + SWEEP_SECONDS
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._entries)

    @staticmethod
    def digest(token: str) -> bytes:
        """The key of a token. A token that is not text of Unicode's scalars has one too, and is never found."""
        return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()

    def get(self, digest: bytes) -> AccessToken | None:
        """Return what was verified, if its key set still stands."""
        entry = self._entries.get(digest)
        if entry is None:
            self.misses += 1
            return None
        if entry.source.current() is not entry.keys:
            del self._entries[digest]
            self.misses += 1
            return None
        self._entries.move_to_end(digest)
        self.hits += 1
        return entry.token

    def remember(self, digest: bytes, verified: Verified) -> None:
        if self._size == 0:
            return
        self._entries[digest] = verified
        self._entries.move_to_end(digest)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)
        if self._clock.monotonic() >= self._sweep_at:
            self._sweep()

    def forget(self, digest: bytes) -> None:
        self._entries.pop(digest, None)

    def _sweep(self) -> None:
        now = self._clock.now()
        for digest in [digest for digest, entry in self._entries.items() if entry.token.expires_at <= now]:
            del self._entries[digest]
        self._sweep_at = self._clock.monotonic() + SWEEP_SECONDS
