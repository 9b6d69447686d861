from __future__ import annotations

from typing import Any

import pytest
from quart.datastructures import Headers
from quart.testing.connections import WebsocketResponseError

from service.web import Application, public, requires

from ..tenant import Tenant
from . import ruled


async def call(app: Application, path: str, token: str | None = None, method: str = "GET", **headers: str) -> Any:
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await app.test_client().open(path, method=method, headers=names)


async def code(response: Any) -> str:
    return str((await response.get_json())["code"])


# What this service opens itself. A product's own routes say it by their code.
OPENED = {
    "assets.asset",
    "docs.description",
    "docs.docs",
    "health.alive",
    "health.ready",
    "messages.open_to_anyone",
    "metadata.protected_resource",
    "site.home",
    "site.login",
    "site.login-results",
    "site.logout",
    "site.tabs-user-page",
    "token.judge",
}


async def test_every_route_is_closed_unless_its_code_opens_it(app: Application) -> None:
    """HTTP and WebSockets, with every method, none exempt by its name."""
    app.register_blueprint(ruled.blueprint)
    app.register_blueprint(ruled.team)
    answered = set()
    for rule in app.url_map.iter_rules():
        built = rule.build(dict.fromkeys(rule.arguments, "1"), append_unknown=False)
        assert built is not None
        if rule.websocket:
            statuses = {await handshake(app, built[1])}
        else:
            methods = sorted(rule.methods or ())
            assert methods
            statuses = {(await call(app, built[1], method=method)).status_code for method in methods}
        # Open to anyone, and yet it wants a token: the one that it tells about.
        if statuses != {401} or rule.endpoint == "token.judge":
            answered.add(rule.endpoint)
    said = {endpoint for endpoint in app.view_functions if app.access(endpoint).kind != "closed"}
    assert answered == said
    own = {name for name, blueprint in app.blueprints.items() if blueprint.import_name.startswith("service.")}
    assert {endpoint for endpoint in said if endpoint.partition(".")[0] in own} == OPENED


async def handshake(app: Application, path: str) -> int:
    """The status of a WebSocket handshake without a token."""
    try:
        async with app.test_client().websocket(path) as connection:
            await connection.receive()
    except WebsocketResponseError as error:
        return int(error.response.status_code)
    return 101


@pytest.mark.parametrize(
    "path", ["/nope", "/tabs", "/api", "/api/private/", "/api//private", "/API/PRIVATE", "/api/%2e%2e/x"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "PROPFIND"])
async def test_what_does_not_exist_is_closed_too(app: Application, make_token: Any, path: str, method: str) -> None:
    assert (await call(app, path, method=method)).status_code == 401
    assert (await call(app, path, make_token(), method=method)).status_code == 404


async def test_another_method_is_closed_and_then_told(app: Application, make_token: Any) -> None:
    assert (await call(app, "/api/public", method="POST")).status_code == 401
    response = await call(app, "/api/private", make_token(), method="POST")
    assert response.status_code == 405
    assert await code(response) == "method_not_allowed"
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


async def test_a_preflight_needs_no_token_and_runs_no_code(app: Application) -> None:
    preflight = {"Origin": "https://app.example.com", "Access_Control_Request_Method": "POST"}
    for path in ("/orders/", "/orders/any-method", "/nope"):
        response = await call(app, path, method="OPTIONS", **preflight)
        assert response.status_code == 204
        assert response.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert (
        await call(app, "/orders/any-method", method="OPTIONS", Origin="https://app.example.com")
    ).status_code == 401


async def test_only_the_authorization_header_brings_a_token(app: Application, make_token: Any) -> None:
    token = make_token()
    client = app.test_client()
    for response in (
        await client.get(f"/orders/?access_token={token}"),
        await client.post("/orders/any-method", form={"access_token": token}),
        await client.get("/orders/", headers={"Cookie": f"access_token={token}; token={token}"}),
        await client.get("/orders/", headers={"X-Authorization": f"Bearer {token}"}),
        await client.get("/orders/", headers={"Sec-WebSocket-Protocol": f"bearer, {token}"}),
    ):
        assert response.status_code == 401
        assert await code(response) == "authorization_header_missing"


async def test_two_authorization_headers_are_refused(app: Application, make_token: Any) -> None:
    value = f"Bearer {make_token()}"
    headers = Headers([("Authorization", value), ("Authorization", value)])
    response = await app.test_client().get("/orders/", headers=headers)
    assert (response.status_code, await code(response)) == (400, "invalid_request")


async def test_an_open_route_does_not_look_at_tokens(app: Application, tenant: Tenant) -> None:
    for token in (None, "opaque", tenant.token(exp=1)):
        assert (await call(app, "/orders/open", token)).status_code == 200
    assert tenant.fetches == []


async def test_an_open_route_has_no_current_token(app: Application, make_token: Any) -> None:
    assert (await call(app, "/orders/open/who", make_token())).status_code == 500


@pytest.mark.parametrize(
    ("path", "scope", "permissions", "status"),
    [
        ("all", "read:orders", [], 403),
        ("all", "read:orders write:orders", [], 200),
        ("all", "", ["read:orders", "write:orders"], 200),
        ("all", "read:orders", ["write:orders"], 200),
        ("any", "", [], 403),
        ("any", "write:orders", [], 200),
        ("any", "", ["read:orders"], 200),
        ("scopes", "", ["read:orders"], 403),
        ("scopes", "read:orders", [], 200),
        ("permissions", "read:orders", [], 403),
        ("permissions", "", ["read:orders"], 200),
        ("twice", "read:orders", [], 403),
        ("twice", "write:orders", [], 403),
        ("twice", "write:orders read:orders", [], 200),
        ("any", "read:ordersx xread:orders READ:ORDERS", ["read", ":orders", "read:*"], 403),
    ],
)
async def test_permissions(
    app: Application, make_token: Any, path: str, scope: str, permissions: list[str], status: int
) -> None:
    response = await call(app, f"/orders/{path}", make_token(scope=scope, permissions=permissions))
    assert response.status_code == status
    if status == 403:
        assert await code(response) == "insufficient_scope"


async def test_a_refused_permission_names_what_would_be_enough(app: Application, make_token: Any) -> None:
    response = await call(app, "/orders/all", make_token(scope=""))
    assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]
    assert 'scope="read:orders write:orders"' in response.headers["WWW-Authenticate"]


async def test_head_is_a_get_without_a_body(app: Application, make_token: Any) -> None:
    response = await call(app, "/orders/", make_token(), method="HEAD")
    assert response.status_code == 200


def test_what_could_never_be_satisfied_is_refused_when_it_is_written() -> None:
    for arguments in ((), ("",), ("two words",), ('quo"te',), ("back\\slash",), ("é",)):
        with pytest.raises(ValueError):
            requires(*arguments)
    with pytest.raises(TypeError):
        requires(any_of="read:orders")

    async def view() -> None: ...

    with pytest.raises(ValueError):
        public(requires("a")(view))

    async def other() -> None: ...

    with pytest.raises(ValueError):
        requires("a")(public(other))
