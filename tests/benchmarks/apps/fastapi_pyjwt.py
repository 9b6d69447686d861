"""FastAPI with PyJWT, as most write it: PyJWKClient and jwt.decode in a dependency.

Its packages are not in this project's environment.
"""

# mypy: ignore-errors

from __future__ import annotations

import os
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

app = FastAPI()
keys = jwt.PyJWKClient(f"{os.environ['ISSUER']}.well-known/jwks.json")
message = os.environ["MESSAGE"]


async def verified_claims(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
) -> dict[str, Any]:
    try:
        key = keys.get_signing_key_from_jwt(credentials.credentials)
        claims: dict[str, Any] = jwt.decode(
            credentials.credentials,
            key,
            algorithms=["RS256"],
            audience=os.environ["AUDIENCE"],
            issuer=os.environ["ISSUER"],
        )
    except jwt.PyJWTError as error:
        raise HTTPException(401, "Invalid token", {"WWW-Authenticate": "Bearer"}) from error
    return claims


@app.get("/api/private")
async def private(_claims: Annotated[dict[str, Any], Depends(verified_claims)]) -> dict[str, str]:
    return {"message": message}
