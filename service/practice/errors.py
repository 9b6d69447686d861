"""What a person handed over cannot be used."""

from __future__ import annotations


class Unusable(ValueError):
    """A key, a secret or a text that cannot be used.

    The message is one line and holds nothing secret; that of a key or a duration is half a sentence, to stand behind
    its name.
    """
