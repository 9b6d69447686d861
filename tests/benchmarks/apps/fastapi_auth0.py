"""FastAPI with Auth0's own package, as its README shows it. Its packages are not in this project's environment."""

# mypy: ignore-errors

from __future__ import annotations

import os
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi_plugin import Auth0FastAPI

app = FastAPI()
# The package knows https issuers alone; their host may carry a port.
auth0 = Auth0FastAPI(domain=os.environ["ISSUER"].removeprefix("https://").rstrip("/"), audience=os.environ["AUDIENCE"])
message = os.environ["MESSAGE"]


@app.get("/api/private")
async def private(_claims: Annotated[dict[str, Any], Depends(auth0.require_auth())]) -> dict[str, str]:
    return {"message": message}
