"""The API's verdict on a token, check by check: what the pages show, and what a person debugs with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from quart import Blueprint
from quart_schema import document_response, security_scheme

from ..auth import CheckResult, InvalidToken, check_results
from ..web import current_application, current_request, public, verify_request

blueprint = Blueprint("token", __name__, url_prefix="/api")


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
    verdict = {"valid": failure is None, "checks": [asdict(result) for result in check_results(failure)]}
    return verdict, {"Cache-Control": "no-store"}
