"""The pages on which a person logs in and looks at a token. All that they do, they do in the browser.

No secret, session or token of theirs ever reaches this process, but as any API client's does: in a request to the
API. The addresses are the tutorial's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import Blueprint, Response
from quart_schema import hide

from ..web import constant, current_application, public
from .assets import LIBRARY
from .page import for_login, issuer_sources, render

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

PAGES = {
    "/": "home",
    "/login": "login",
    "/login-results": "token",
    "/tabs/user-page": "token",
    "/logout": "logout",
}


def create(issuer: str, client_id: str | None, audience: str) -> Blueprint:
    """Make the pages for `issuer`, a string that ends in "/", and its single-page application `client_id`."""
    blueprint = Blueprint("site", __name__, template_folder="templates")
    called, framed = issuer_sources(issuer, client_id)
    policy = (
        f"style-src 'self'; img-src 'self'; connect-src {called}; frame-src {framed}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )

    def page(name: str) -> Callable[[], Awaitable[Response]]:
        @constant
        async def built(library: str) -> Response:
            return await render(
                f"{name}.html",
                policy,
                script=f"{name}.js",
                **for_login(issuer, client_id, audience, current_application().permissions, library),
            )

        async def view() -> Response:
            # `dev` installs it while it serves.
            return await built(library=LIBRARY.name if LIBRARY.is_file() else "")

        return hide(public(view))

    for path, name in PAGES.items():
        blueprint.add_url_rule(path, path.strip("/").replace("/", "-") or "home", page(name))
    return blueprint
