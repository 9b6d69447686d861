"""A page, with what keeps it to itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from quart import Response, make_response, render_template

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def issuer_sources(issuer: str, client_id: str | None) -> tuple[str, str]:
    """Return what a policy's `connect-src` and `frame-src` allow a page on which one logs in: Auth0's library calls the
    issuer, and renews in a frame of its own."""
    if client_id is None:
        return "'self'", "'none'"
    url = urlsplit(issuer)
    origin = f"{url.scheme}://{url.netloc}"
    return f"'self' {origin}", origin


def installed(library: Path) -> str:
    """Return the name of the login library's file, or an empty string where it is not there: `dev` installs it while
    the pages are served."""
    return library.name if library.is_file() else ""


def for_login(
    issuer: str, client_id: str | None, audience: str, permissions: Sequence[str], library: str
) -> dict[str, Any]:
    """Return what a template tells the scripts that log in. `library` is empty where it is not installed."""
    return {
        "domain": issuer.rstrip("/"),
        "client_id": client_id or "",
        "audience": audience,
        "permissions": permissions,
        "library": library,
    }


async def render(template: str, policy: str, **values: Any) -> Response:
    """Render a template. `policy` adds directives of the Content-Security-Policy to what no page goes without."""
    response: Any = await make_response(await render_template(template, **values))
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; {policy}"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response  # type: ignore[no-any-return]
