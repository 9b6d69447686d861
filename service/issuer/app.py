"""The issuer's addresses, which are Auth0's."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from quart import Quart, Response, jsonify, request

from ..auth import AuthError, strict_json
from ..development import BROWSER_CLIENT
from ..settings import is_loopback
from ..web.body import ReadableBody
from ..web.conditional import ConditionalResponse
from ..web.head import ReadableHead
from ..web.origins import install_cors
from ..web.routing import PathMap
from .clients import clients
from .discovery import metadata
from .faults import Faults
from .login import create_login
from .server import LocalAuthorizationServer
from .userinfo import challenge, identity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .keyring import Keyring
    from .memory import Memory
    from .tokens import Tokens


class IssuerRequest(ReadableBody, ReadableHead):
    """A request of which what cannot be read is the caller's mistake."""


class Issuer(Quart):
    request_class = IssuerRequest
    response_class = ConditionalResponse
    url_map_class = PathMap


def create_issuer(
    tokens: Tokens, keyring: Keyring, memory: Memory, origins: Sequence[str], browser_client: str = BROWSER_CLIENT
) -> Quart:
    """Build the app, for pages of `origins`, whose client has the id `browser_client`. It answers on the loopback range
    alone, see `guard`."""
    app = Issuer("service.issuer", root_path=str(Path(__file__).parent), static_url_path="/assets")
    # Files that are being worked on are not to be kept.
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = timedelta(0)
    authorization = LocalAuthorizationServer(tokens, keyring, memory, clients(origins, browser_client))
    faults = Faults()

    @app.before_request
    async def guard() -> tuple[Response, int] | None:
        # A page from elsewhere could reach this machine under a name of its own (DNS rebinding).
        if not _names_loopback(request.host):
            return _error("invalid_host", "This issuer is for 127.0.0.1 and localhost alone.", 421)
        if request.path.startswith("/local/") and "Origin" in request.headers:
            return _error("invalid_origin", "No web page may change this issuer.", 403)
        return None

    # The header that Auth0's library names itself in makes the browser ask first.
    install_cors(app, tuple(origins), headers=("Auth0-Client",))
    app.register_blueprint(create_login(authorization))

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
    @app.get("/.well-known/oauth-authorization-server")
    async def discovery() -> dict[str, Any]:
        return metadata(tokens)

    @app.post("/oauth/token")
    async def token() -> Response:
        return await authorization.token(request)

    @app.post("/oauth/revoke")
    async def revoke_token() -> Response:
        return await authorization.revoke(request)

    @app.route("/userinfo", methods=["GET", "POST"])
    async def userinfo() -> Any:
        try:
            return identity(request.headers.getlist("Authorization"), tokens, memory, keyring)
        except AuthError as error:
            response, status = _error(error.challenge_error or error.code, error.detail, error.status)
            response.headers["WWW-Authenticate"] = challenge(error)
            return response, status

    @app.post("/local/token")
    async def local_token() -> Response:
        return await authorization.local_token(request)

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
            faults = Faults.from_json(strict_json.loads_object(await request.data))
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
