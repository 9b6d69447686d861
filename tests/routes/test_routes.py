from __future__ import annotations

from typing import Any

import pytest

from service.auth import CHECKS
from service.web import Application

from ..signing import Signer, rsa_key
from ..tenant import AUDIENCE, NOW, Tenant
from ..web.test_guard import call


async def test_the_three_routes_of_the_quickstarts(app: Application, make_token: Any) -> None:
    assert (await call(app, "/api/public")).status_code == 200
    assert (await call(app, "/api/private")).status_code == 401
    assert (await call(app, "/api/private", make_token(scope=""))).status_code == 200
    assert (await call(app, "/api/private-scoped", make_token(scope=""))).status_code == 403
    for granted in ({"scope": "read:messages"}, {"scope": "", "permissions": ["read:messages"]}):
        response = await call(app, "/api/private-scoped", make_token(**granted))
        assert list(await response.get_json()) == ["message"]


async def test_me_tells_who_is_calling(app: Application, tenant: Tenant) -> None:
    response = await call(app, "/api/me", tenant.token(aud=AUDIENCE))
    assert await response.get_json() == {
        "sub": "auth0|somebody",
        "iss": tenant.issuer,
        "aud": [AUDIENCE],
        "scope": ["openid", "read:messages"],
        "permissions": [],
        "client_id": "client",
        "expires_at": NOW + 3600,
        "claims": tenant.claims(aud=AUDIENCE),
    }


async def test_a_good_token_passes_every_check(app: Application, make_token: Any) -> None:
    response = await call(app, "/api/token", make_token())
    verdict = await response.get_json()
    assert response.headers["Cache-Control"] == "no-store"
    assert verdict["valid"] is True
    assert [(check["name"], check["outcome"]) for check in verdict["checks"]] == [(name, "passed") for name in CHECKS]


@pytest.mark.parametrize(
    ("claims", "failed", "code"),
    [
        ({"sub": None}, "form", "invalid_token"),
        ({"signer": Signer(rsa_key("stranger"), "current")}, "signature", "invalid_token"),
        ({"signer": Signer(rsa_key("stranger"), "unknown")}, "signature", "invalid_token"),
        ({"header": {"alg": "RS512"}}, "signature", "invalid_token"),
        ({"iss": "https://evil.test/"}, "issuer", "invalid_issuer"),
        ({"aud": "other"}, "audience", "invalid_audience"),
        ({"exp": NOW - 100}, "time", "token_expired"),
        ({"nbf": NOW + 100}, "time", "token_not_yet_valid"),
        ({"permissions": "read:messages"}, "permissions", "invalid_token"),
        ({"iss": "https://evil.test/", "aud": "other", "exp": 1}, "issuer", "invalid_issuer"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_after_the_first_failed_check_the_rest_is_not_checked(
    app: Application, make_token: Any, claims: dict[str, Any], failed: str, code: str
) -> None:
    token = make_token(**claims)
    response = await call(app, "/api/token", token)
    verdict = await response.get_json()
    assert (response.status_code, verdict["valid"]) == (200, False)
    position = CHECKS.index(failed)
    outcomes = [check["outcome"] for check in verdict["checks"]]
    assert outcomes == ["passed"] * position + ["failed"] + ["not_checked"] * (len(CHECKS) - position - 1)
    assert verdict["checks"][position]["code"] == code
    # The verdict is the one that a closed route comes to.
    refused = await (await call(app, "/api/private", token)).get_json()
    assert (refused["code"], refused["detail"]) == (code, verdict["checks"][position]["detail"])
    assert "evil" not in str(verdict)


async def test_the_verdict_needs_a_token(app: Application) -> None:
    assert (await call(app, "/api/token")).status_code == 401
    assert (await call(app, "/api/token", Authorization="Bearer")).status_code == 400


async def test_without_keys_there_is_no_verdict(app: Application, tenant: Tenant) -> None:
    tenant.down = True
    assert (await call(app, "/api/token", tenant.token())).status_code == 503


async def test_ready_once_a_key_set_was_loaded_and_until_it_stops(app: Application, tenant: Tenant) -> None:
    tenant.down = True
    assert (await call(app, "/healthz")).status_code == 200
    assert (await call(app, "/readyz")).status_code == 503
    tenant.down = False
    async with app.test_app():
        for _ in range(20):
            response = await call(app, "/readyz")
        assert response.status_code == 200
        app.draining = True
        assert (await call(app, "/readyz")).status_code == 503
        assert (await call(app, "/healthz")).status_code == 200


async def test_the_metadata_says_where_to_get_a_token(app: Application, tenant: Tenant) -> None:
    response = await call(app, "/.well-known/oauth-protected-resource", Host="evil.test")
    document = await response.get_json()
    assert "read:messages" in document.pop("scopes_supported")
    assert document == {
        "resource": AUDIENCE,
        "authorization_servers": [tenant.issuer],
        "bearer_methods_supported": ["header"],
        "resource_documentation": f"{AUDIENCE}/docs",
    }


async def test_a_resource_with_a_path_has_its_metadata_before_it(tenant: Tenant) -> None:
    from service.app import create_app

    from ..tenant import settings

    app = create_app(settings(public_url="https://example.com/orders/v1"), transport=tenant.transport)
    challenge = (await call(app, "/api/private")).headers["WWW-Authenticate"]
    where = "/.well-known/oauth-protected-resource/orders/v1"
    assert f'resource_metadata="https://example.com{where}"' in challenge
    assert (await call(app, where)).status_code == 200
    assert (await call(app, where + "x")).status_code == 404
