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
from .page import for_login, installed, issuer_sources, render

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

PAGES = {
    "/": "home",
    "/login": "login",
    "/login-results": "token",
    "/tabs/user-page": "token",
    "/logout": "logout",
}


def create(issuer: str, client_id: str | None, audience: str, *, library: Path = LIBRARY) -> Blueprint:
    """Make the pages for `issuer`, a string that ends in "/", and its single-page application `client_id`. They load
    `library`, the file of Auth0's login library, once it is there."""
    blueprint = Blueprint("site", __name__, template_folder="templates")
    called, framed = issuer_sources(issuer, client_id)
    policy = (
        f"style-src 'self'; img-src 'self'; connect-src {called}; frame-src {framed}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )

    def page(name: str) -> Callable[[], Awaitable[Response]]:
        @constant
        async def built(library_name: str) -> Response:
            return await render(
                f"{name}.html",
                policy,
                script=f"{name}.js",
                **for_login(issuer, client_id, audience, current_application().permissions, library_name),
            )

        async def view() -> Response:
            return await built(library_name=installed(library))

        return hide(public(view))

    for path, name in PAGES.items():
        blueprint.add_url_rule(path, path.strip("/").replace("/", "-") or "home", page(name))
    return blueprint
