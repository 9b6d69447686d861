"""base64url without padding, as RFC 7515 section 2 defines it, in its one canonical spelling.

Python's decoders drop what they do not know and take any trailing bits, so that one token would have many
spellings; whoever remembers or denies a token by its text must know only one (RFC 4648 section 3.5).
"""

from __future__ import annotations

import binascii

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

_TO_STANDARD = bytes.maketrans(b"-_", b"+/")

# By length modulo 4: the last characters whose bits beyond the last whole byte are zero. No bytes have a
# length of 1 modulo 4.
_LAST: tuple[frozenset[int], ...] = (
    frozenset(ALPHABET),
    frozenset(),
    frozenset(b"AQgw"),
    frozenset(b"AEIMQUYcgkosw048"),
)


def decode(segment: bytes) -> bytes:
    """Decode a segment already known to hold characters of `ALPHABET` only.

    Raises ValueError for a length that no bytes have, and for trailing bits that are not zero.
    """
    if not segment:
        return b""
    if segment[-1] not in _LAST[len(segment) & 3]:
        raise ValueError("not canonical base64url")
    # Padding beyond what is needed is ignored.
    return binascii.a2b_base64(segment.translate(_TO_STANDARD) + b"==")
