"""Every failure leaves here: one handler, one format (RFC 9457), one challenge (RFC 6750, RFC 9728)."""

from __future__ import annotations

import json
import logging
import re
import traceback
from http import HTTPStatus

from quart import Response, current_app
from werkzeug.exceptions import HTTPException

from ..auth import (
    AuthError,
    AuthorizationMissing,
    InsufficientScope,
    InsufficientUserAuthentication,
    InvalidToken,
    KeySourceUnavailable,
)
from ..redaction import redact
from .requests import ApiRequest, ApiWebsocket, current_connection
from .resource import metadata_url

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"

# RFC 6750 section 3: printable ASCII, without quotes and backslashes.
_NOT_IN_DESCRIPTIONS = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")

_CODES = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method. See the Allow header."),
    500: ("internal_error", "Something broke here. It was logged under the request_id."),
    413: ("content_too_large", "The request's body is larger than this API takes."),
}


async def handle_exception(error: Exception) -> Response:
    """Turn any exception into the answer that its caller gets."""
    if isinstance(error, AuthError):
        response = _refusal(error)
    elif isinstance(error, HTTPException) and error.code is not None and _unwrap(error) is error:
        response = _http_error(error, error.code)
    else:
        _log(_unwrap(error))
        response = problem(500, *_CODES[500])
    connection = current_connection()
    if isinstance(connection, ApiWebsocket) and connection.accepted:
        # Too late for an answer. RFC 6455 section 7.4.1: 1008 is a matter of policy, 1011 a defect of ours.
        await connection.close(1011 if response.status_code >= 500 else 1008)
    return response


def problem(status: int, code: str, detail: str) -> Response:
    """Make a problem document. `code` tells machines apart what `status` does not."""
    connection = current_connection()
    body = {
        # RFC 9457 section 4.2.1: with about:blank, the title is the status's own.
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": connection.request_id,
    }
    connection.problem_code = code
    response = Response(json.dumps(body), status, content_type=CONTENT_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def _refusal(error: AuthError) -> Response:
    current_connection().refused = True
    response = problem(error.status, error.code, error.detail)
    if isinstance(error, KeySourceUnavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    else:
        response.headers["WWW-Authenticate"] = _challenge(error)
    return response


def _unwrap(error: Exception) -> Exception:
    # Quart wraps what breaks after the view has returned.
    return getattr(error, "original_exception", None) or error


def _challenge(error: AuthError | None) -> str:
    # RFC 6750 section 3: the scheme is followed by at least one parameter.
    parameters = {"realm": "api"}
    if error is not None and error.challenge_error is not None:
        description = _NOT_IN_DESCRIPTIONS.sub("'", error.detail)
        parameters |= {"error": error.challenge_error, "error_description": description}
    if scope := _scope(error):
        parameters["scope"] = " ".join(scope)
    if isinstance(error, InsufficientUserAuthentication):
        parameters["max_age"] = str(error.max_age)
    resource = current_app.resource  # type: ignore[attr-defined]
    if resource is not None:
        parameters["resource_metadata"] = metadata_url(resource)
    return "Bearer " + ", ".join(f"{name}={quoted(value)}" for name, value in parameters.items())


def _scope(error: AuthError | None) -> tuple[str, ...]:
    """The permissions that would be enough (RFC 6750 section 3), also before there is a token: clients ask for them."""
    if isinstance(error, InsufficientScope):
        return error.scope
    if isinstance(error, (AuthorizationMissing, InvalidToken)) and error.status == 401:
        return current_connection().scope_required
    return ()


def quoted(text: str) -> str:
    """Write a quoted string (RFC 9110 section 5.6.4), out of which nothing in it can lead."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _http_error(error: HTTPException, status: int) -> Response:
    default = (HTTPStatus(status).phrase.lower().replace(" ", "_"), error.description or error.name)
    response = problem(status, *_CODES.get(status, default))
    if status in (401, 403):
        # RFC 9110 section 11.6.1, also where a route's own code refuses.
        response.headers["WWW-Authenticate"] = _challenge(None)
    for name, value in error.get_headers():
        if name != "Content-Type":
            response.headers[name] = value
    return response


def _log(error: Exception) -> None:
    connection = current_connection()
    # An exception's message may hold what the code was working on, so the caller's token is cut out of it.
    brought = " ".join((*connection.headers.getlist("Authorization"), *_subprotocols(connection)))
    text = redact("".join(traceback.format_exception(error)), brought.replace(" ", "."))
    log.error("unhandled exception", extra={"request_id": connection.request_id, "exception": text})


def _subprotocols(connection: ApiRequest | ApiWebsocket) -> list[str]:
    return list(connection.requested_subprotocols) if isinstance(connection, ApiWebsocket) else []
