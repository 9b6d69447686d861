"""The issuer's addresses, which are Auth0's."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from quart import Quart, Response, jsonify, request

from ..settings import is_loopback
from .faults import Faults
from .people import READ, WRITE
from .server import Authorization

if TYPE_CHECKING:
    from .keyring import Keyring
    from .tokens import AccessTokens


def create_issuer(tokens: AccessTokens, keyring: Keyring) -> Quart:
    """Build the app. It answers on the loopback range alone, see `guard`."""
    app = Quart("service.issuer", static_folder=None)
    authorization = Authorization(tokens)
    faults = Faults()

    @app.before_request
    async def guard() -> tuple[Response, int] | None:
        # A page from elsewhere could reach this machine under a name of its own (DNS rebinding).
        if not _names_loopback(request.host):
            return _error("invalid_host", "This issuer is for 127.0.0.1 and localhost alone.", 421)
        if request.path.startswith("/local/") and "Origin" in request.headers:
            return _error("invalid_origin", "No web page may change this issuer.", 403)
        return None

    @app.get("/.well-known/jwks.json")
    async def key_set() -> Response:
        keyring.asked += 1
        answer = faults
        await asyncio.sleep(answer.delay)
        if answer.status is not None and answer.body is None:
            return Response("", answer.status, headers=answer.headers)
        response = jsonify(keyring.public_set())
        response.headers["Cache-Control"] = "public, max-age=15, stale-while-revalidate=15, stale-if-error=86400"
        if answer.body is not None:
            response.set_data(answer.body)
        response.status_code = answer.status or 200
        response.headers.update(answer.headers)
        return response

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> dict[str, Any]:
        return {
            "issuer": tokens.issuer,
            "token_endpoint": f"{tokens.issuer}oauth/token",
            "jwks_uri": f"{tokens.issuer}.well-known/jwks.json",
            "grant_types_supported": ["client_credentials"],
            "scopes_supported": [READ, WRITE],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }

    @app.post("/oauth/token")
    async def token() -> Response:
        return await authorization.token(request)

    @app.post("/local/rotate")
    async def rotate() -> dict[str, Any]:
        await asyncio.to_thread(keyring.rotate)
        return keyring.public_set()

    @app.post("/local/revoke")
    async def revoke() -> dict[str, Any]:
        keyring.revoke()
        return keyring.public_set()

    @app.post("/local/faults")
    async def break_or_heal() -> Any:
        nonlocal faults
        try:
            faults = Faults.from_json(await request.get_json(force=True, silent=True))
        except ValueError as error:
            return _error("invalid_request", str(error), 400)
        return asdict(faults)

    return app


def _names_loopback(host: str) -> bool:
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False


def _error(error: str, description: str, status: int) -> tuple[Response, int]:
    return jsonify(error=error, error_description=description), status
