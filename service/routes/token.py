"""The API's verdict on a token, check by check: what the pages show, and what a person debugs with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from quart import Blueprint
from quart_schema import document_response, security_scheme

from ..auth import CHECKS, InvalidToken
from ..auth.errors import Check  # noqa: TC001 - quart-schema reads the annotation when it runs
from ..web import current_application, current_request, public, verify_request

blueprint = Blueprint("token", __name__, url_prefix="/api")

_PASSED: dict[Check, str] = {
    "form": "Three parts of canonical base64url; header and payload are JSON with the members they need.",
    "signature": "Made with a key that the token's issuer publishes.",
    "issuer": "Issued by somebody who is trusted here.",
    "audience": "Issued for this API.",
    "time": "Valid now.",
    "permissions": "The claims that grant permissions are well formed.",
}


@dataclass
class CheckResult:
    """What came of one check. `code` is that of the refusal, where there is one."""

    name: Check
    outcome: Literal["passed", "failed", "not_checked"]
    code: str | None
    detail: str


@dataclass
class Verdict:
    """Whether this API accepts the token, and why not."""

    valid: bool
    checks: list[CheckResult]


@blueprint.get("/token")
@document_response(Verdict)
@security_scheme([{"bearer": []}])
@public
async def judge() -> tuple[dict[str, Any], dict[str, str]]:
    """Judge the bearer token that the request brings.

    The checks are those that every closed route makes, in their order; after the first that failed, the rest
    is not checked.
    """
    failure: InvalidToken | None = None
    try:
        await verify_request(current_application().verifier, current_request())
    except InvalidToken as error:
        failure = error
    return {"valid": failure is None, "checks": list(_results(failure))}, {"Cache-Control": "no-store"}


def _results(failure: InvalidToken | None) -> list[dict[str, str | None]]:
    failed_at = len(CHECKS) if failure is None else CHECKS.index(failure.check)
    results: list[dict[str, str | None]] = []
    for position, name in enumerate(CHECKS):
        if position < failed_at:
            results.append({"name": name, "outcome": "passed", "code": None, "detail": _PASSED[name]})
        elif position == failed_at and failure is not None:
            results.append({"name": name, "outcome": "failed", "code": failure.code, "detail": failure.detail})
        else:
            detail = "Not checked, since an earlier check failed."
            results.append({"name": name, "outcome": "not_checked", "code": None, "detail": detail})
    return results
