"""A page, with what keeps it to itself."""

from __future__ import annotations

from typing import Any

from quart import Response, make_response, render_template


async def render(template: str, policy: str, **values: Any) -> Response:
    """Render a template. `policy` adds directives of the Content-Security-Policy to what no page goes without."""
    response: Any = await make_response(await render_template(template, **values))
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; {policy}"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response  # type: ignore[no-any-return]
