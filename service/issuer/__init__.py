"""An issuer like Auth0, on this machine, for development and tests. Production never imports it.

async with local_issuer() as issuer:
    settings = Settings(issuers=(issuer.address,), audiences=(issuer.audience,))
    token = issuer.token(permissions=["read:messages"])
"""

from .running import LocalIssuer, local_issuer

__all__ = ["LocalIssuer", "local_issuer"]
