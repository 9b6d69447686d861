"""The pages on which a person logs in and looks at a token. All that they do, they do in the browser.

No secret, session or token of theirs ever reaches this process, but as any API client's does: in a request to the
API. The addresses are the tutorial's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from quart import Blueprint, Response
from quart_schema import hide

from ..web import constant, current_application, public
from .assets import LIBRARY
from .page import render

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
    url = urlsplit(issuer)
    # Auth0's library calls the issuer, and renews in a frame of its own.
    framed = f"{url.scheme}://{url.netloc}" if client_id else "'none'"
    called = f"'self' {framed}" if client_id else "'self'"
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
                domain=issuer.rstrip("/"),
                client_id=client_id or "",
                audience=audience,
                permissions=current_application().permissions,
                library=library,
            )

        async def view() -> Response:
            # `dev` installs it while it serves.
            return await built(library=LIBRARY.name if LIBRARY.is_file() else "")

        return hide(public(view))

    for path, name in PAGES.items():
        blueprint.add_url_rule(path, path.strip("/").replace("/", "-") or "home", page(name))
    return blueprint
