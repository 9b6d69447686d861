"""The metadata stands at the very address that the challenge names (RFC 9728 section 5.1)."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from service.app import create_app
from service.web import Application

from ..tenant import Tenant, settings
from ..web.asgi import Answer, ask

WHERE = "/.well-known/oauth-protected-resource"


async def at(app: Application, raw_path: str) -> Answer:
    """Ask for a target as a client sends it: the server decodes it, and keeps it as it was."""
    return await ask(app, unquote(raw_path), raw_path=raw_path.encode())


def parameters(challenge: str) -> dict[str, str]:
    """Parse a challenge of one scheme (RFC 9110 section 11.6.1), strictly."""
    pattern = r'(\w+)="((?:[^"\\]|\\.)*)"'
    scheme, _, rest = challenge.partition(" ")
    assert re.fullmatch(rf"{pattern}(?:, {pattern})*", rest), challenge
    assert scheme == "Bearer"
    return {name: re.sub(r"\\(.)", r"\1", value) for name, value in re.findall(pattern, rest)}


@pytest.mark.parametrize(
    ("configured", "path"),
    [
        ({"public_url": "https://example.com/team%20a"}, "/team%20a"),
        ({"public_url": "https://example.com/team%20a/"}, "/team%20a"),
        ({"public_url": "https://example.com/a%22b/c"}, "/a%22b/c"),
        ({"public_url": "https://example.com/a%2fb"}, "/a%2Fb"),
        ({"public_url": "https://example.com/%c3%a9"}, "/%C3%A9"),
        ({"public_url": "https://example.com/100%25"}, "/100%25"),
        ({"public_url": "https://example.com/a%2520b"}, "/a%2520b"),
        ({"public_url": "https://example.com/x/%2e%2e/a;b=c"}, "/a;b=c"),
        ({"public_url": "https://EXAMPLE.com:443/"}, ""),
        ({"audiences": ("https://example.com/team%20a",)}, "/team%20a"),
        ({"audiences": ('https://evil.test/a", error="x', "https://example.com/team%20a")}, "/team%20a"),
    ],
    ids=str,
)
async def test_it_answers_where_the_challenge_points(tenant: Tenant, configured: dict[str, Any], path: str) -> None:
    app = create_app(settings(**configured), transport=tenant.transport)
    challenge = parameters((await ask(app, "/api/private")).headers["Www-Authenticate"])
    assert set(challenge) <= {"realm", "error", "error_description", "scope", "resource_metadata"}
    assert challenge["resource_metadata"] == f"https://example.com{WHERE}{path}"
    answer = await at(app, urlsplit(challenge["resource_metadata"]).path)
    assert answer.status == 200
    document = json.loads(answer.body)
    assert document["resource"] == f"https://example.com{path}"
    assert document["resource_documentation"] == f"https://example.com{path}/docs"
    assert (await at(app, WHERE)).status == 200
    # With the same path spelt otherwise (RFC 3986 section 6.2.2).
    assert (await at(app, f"{WHERE}{path}".replace("a", "%61").replace("w", "%77"))).status == 200


async def test_an_audience_with_dot_segments_is_found_where_clients_ask(tenant: Tenant) -> None:
    app = create_app(settings(audiences=("https://Example.com/x/../team%20a/",)), transport=tenant.transport)
    challenge = parameters((await ask(app, "/api/private")).headers["Www-Authenticate"])
    assert challenge["resource_metadata"] == f"https://example.com{WHERE}/team%20a"
    answer = await at(app, f"{WHERE}/team%20a")
    assert json.loads(answer.body)["resource"] == "https://Example.com/x/../team%20a/"


async def test_it_answers_nowhere_else(tenant: Tenant) -> None:
    app = create_app(settings(public_url="https://example.com/a%2Fb/team%20a"), transport=tenant.transport)
    assert (await at(app, f"{WHERE}/a%2Fb/team%20a")).status == 200
    for path in (
        "/a/b/team%20a",
        "/a%2Fb/team",
        "/a%2Fb/team%2520a",
        "/a%2Fb%2Fteam%20a",
        "/a%2Fb/team%20a/",
        "/a%2Fb/TEAM%20a",
    ):
        assert (await at(app, WHERE + path)).status == 404, path


async def test_an_audience_that_is_no_url_is_no_address_of_the_api(tenant: Tenant) -> None:
    app = create_app(settings(audiences=('https://api.example.com/a"b',)), transport=tenant.transport)
    challenge = parameters((await ask(app, "/api/private")).headers["Www-Authenticate"])
    assert "resource_metadata" not in challenge
    assert (await at(app, WHERE)).status == 404
