"""An issuer like Auth0, on this machine, for development and tests. Production never imports it.

async with local_issuer() as issuer:
    settings = Settings(issuers=(issuer.address,), audiences=(issuer.audience,))
    token = issuer.token(permissions=["read:messages"])

running        the issuer in an event loop     app: its addresses     discovery: what it says of itself
server         Authlib's authorization server, adapted
  parameters   what a request says     authentication: how a client authenticates
  authorize, login    `/authorize` and the login page
  grants, exchange    the ways to a token     extra_claims: what a developer adds to one
tokens         what is issued     keyring: the keys     userinfo: who a token is about
clients, people, organizations    what is built in
memory         what is remembered     faults: what goes wrong, on request
"""

from .running import LocalIssuer, local_issuer

__all__ = ["LocalIssuer", "local_issuer"]
