"""The API's description (OpenAPI 3.1): what quart-schema finds, with the door's own part added to each route."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quart import Response
from quart_schema import HttpSecurityScheme, Info, QuartSchema
from quart_schema.openapi import OpenAPIProvider
from werkzeug.exceptions import HTTPException

from .web.body_limit import body_limit_of
from .web.json import JsonProvider
from .web.refusals import CONTENT_TYPE

if TYPE_CHECKING:
    from quart import Quart
    from werkzeug.routing.rules import Rule

_PLAIN = (dict, str, bytes, Response, HTTPException)

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Why a request was not answered as asked (RFC 9457).",
    "properties": {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "For people."},
        "code": {"type": "string", "description": "For machines."},
        "request_id": {"type": "string", "description": "To be found again in the logs."},
    },
    "required": ["type", "title", "status", "detail", "code", "request_id"],
}


def _problem(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _refusal(description: str, header: str, means: str) -> dict[str, Any]:
    return {**_problem(description), "headers": {header: {"schema": {"type": "string"}, "description": means}}}


_CHALLENGE = ("WWW-Authenticate", "The challenge (RFC 6750 section 3, RFC 9728 section 5.1).")
_REFUSALS = {
    400: _refusal("`invalid_request`: the Authorization header is malformed, or stands twice.", *_CHALLENGE),
    401: _refusal(
        "`authorization_header_missing`, `invalid_token`, `token_expired`, `token_not_yet_valid`, "
        "`invalid_issuer`, `invalid_audience`, `client_not_allowed` or `organization_not_allowed`: no token, or not a "
        "good one.",
        *_CHALLENGE,
    ),
    503: _refusal(
        "`key_source_unavailable`: the issuer's keys cannot be had, so nobody can tell.",
        "Retry-After",
        "Seconds to wait.",
    ),
}


_TOO_LARGE = _problem("`content_too_large`: the body is larger than this route takes.")


class _Provider(OpenAPIProvider):
    def schema(self) -> dict[str, Any]:
        schema = super().schema()
        schema["components"]["schemas"]["Problem"] = _PROBLEM
        return schema

    def build_paths(self, rule: Rule) -> tuple[dict[str, Any], dict[str, Any]]:
        paths, components = super().build_paths(rule)
        access = self._app.access(rule.endpoint)
        for operations in paths.values():
            for method, operation in operations.items():
                if access.public:
                    # An empty list takes the API's own requirement back.
                    operation.setdefault("security", [])
                elif access.kind == "optional":
                    operation.setdefault("security", [{}, {"bearer": []}])
                if self._takes_body(method, operation, rule.endpoint):
                    operation["responses"] = {**operation["responses"], 413: _TOO_LARGE}
                if operation.get("security") == []:
                    continue
                operation["responses"] = {**operation["responses"], **_REFUSALS}
                if access.descriptions:
                    codes = ", ".join(f"`{code}`" for code in access.codes)
                    rules = "".join(f"\n- {text}" for text in access.descriptions)
                    operation["responses"][403] = _refusal(f"{codes}: see who may call.", *_CHALLENGE)
                    about = operation.get("description", "")
                    operation["description"] = f"{about}\n\nWho may call, with a valid token:\n{rules}".strip()
        return paths, components

    def _takes_body(self, method: str, operation: dict[str, Any], endpoint: str) -> bool:
        if "requestBody" in operation or method in ("post", "put", "patch"):
            return True
        return method == "delete" and body_limit_of(self._app, endpoint) is not None


def install(app: Quart) -> QuartSchema:
    """Describe an app's routes. The pages that quart-schema brings are left out: they load from elsewhere."""
    plain = app.make_response
    bearer = HttpSecurityScheme(scheme="bearer", bearer_format="JWT")
    bearer.description = "An access token of the trusted issuer, for this API's audience."
    schema = QuartSchema(
        app,
        openapi_path=None,
        info=Info(title="API behind Auth0", version="0.1.0"),
        security_schemes={"bearer": bearer},
        security=[{"bearer": []}],
        openapi_provider_class=_Provider,
    )
    # quart-schema has put its own in place of the app's.
    app.json = JsonProvider(app, app.json.default)  # type: ignore[attr-defined]
    converting = app.make_response

    async def make_response(result: Any) -> Any:
        # quart-schema builds a pydantic adapter for each answer, which costs more than all the rest of a request;
        # only a model or a dataclass needs one.
        value = result[0] if isinstance(result, tuple) else result
        return await (plain if isinstance(value, _PLAIN) else converting)(result)

    app.make_response = make_response  # type: ignore[method-assign]
    return schema
