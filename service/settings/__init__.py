"""The settings: read once by a command, checked once, frozen, passed down.

sources       where values come from: the environment, `.env`, a secret     `load`
model         all of them, as `serve` needs them
verification  those that a token is verified by
kinds         what a value may be     identifiers: what Auth0 calls things
"""

from .kinds import is_loopback, issuer_string, key_set_address
from .model import Settings, variable
from .verification import VerificationSettings

__all__ = ["Settings", "VerificationSettings", "is_loopback", "issuer_string", "key_set_address", "variable"]
