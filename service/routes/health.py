"""Whether the process lives, and whether it should be sent callers. For whoever runs it."""

from __future__ import annotations

from quart import Blueprint
from quart_schema import hide

from ..web import current_application, public

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
@hide
async def alive() -> dict[str, str]:
    return {"status": "alive"}


@blueprint.get("/readyz")
@public
@hide
async def ready() -> tuple[dict[str, str], int]:
    app = current_application()
    if app.draining:
        # Before the listener closes, so that the load balancer stops sending callers in time.
        return {"status": "draining"}, 503
    if not app.verifier.ready:
        return {"status": "waiting for the issuer's keys"}, 503
    return {"status": "ready"}, 200
