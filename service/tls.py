"""TLS for clients that use none."""

from __future__ import annotations

import ssl


def trusting_nobody() -> ssl.SSLContext:
    """Return the context of a client that speaks http:// alone.

    Each httpx transport has one. This one reads no variable and no file, and no certificate would do for it.
    """
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
