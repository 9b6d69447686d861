"""Who may call: the settings' rules and the routes', on HTTP and on WebSockets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from quart import Blueprint, Response
from quart.views import MethodView

from service.app import create_app
from service.auth import AccessToken, InsufficientClaims, InsufficientUserAuthentication, Verifier
from service.web import Application, RouteError, optional, public, requires
from service.web.rules import Call, RecentLogin, claim_values

from ..tenant import NOW, ManualClock, Tenant, settings
from .ruled import AUTH_TIME, PLAN, blueprint, team


def app_of(tenant: Tenant, **overrides: Any) -> Application:
    app = create_app(settings(**overrides), clock=ManualClock(), transport=tenant.transport)
    app.register_blueprint(blueprint)
    app.register_blueprint(team)
    app.check_routes()
    return app


@pytest.fixture
def app(tenant: Tenant) -> Application:
    return app_of(tenant)


async def get(app: Application, path: str, token: str | None) -> Any:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return await app.test_client().get(path, headers=headers)


async def socket(app: Application, path: str, token: str | None) -> tuple[int, str | None]:
    """The status of a handshake, and the code of its refusal."""
    from quart.testing.connections import WebsocketResponseError

    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        async with app.test_client().websocket(path, headers=headers) as connection:
            await connection.receive()
            return 101, None
    except WebsocketResponseError as error:
        response = error.response
        body = await response.get_json()
        return response.status_code, None if body is None else body["code"]


ORG = {"org_id": "org_1", "org_name": "Acme"}

# Path, claims, and what is answered: None where it is granted.
CASES: list[tuple[str, dict[str, Any], tuple[int, str] | None]] = [
    ("orgs/org_1", ORG, None),
    ("orgs/acme", ORG, None),
    ("orgs/ACME", ORG, None),
    ("orgs/org_2", ORG, (403, "organization_mismatch")),
    ("orgs/ORG_1", ORG, (403, "organization_mismatch")),
    ("orgs/org_1", {}, (403, "organization_mismatch")),
    ("orgs/acme", {"org_id": "acme"}, (403, "organization_mismatch")),
    ("orgs/org_1", {"org_name": "org_1"}, (403, "organization_mismatch")),
    ("orgs/org_1", {"org_id": ["org_1"]}, (403, "organization_mismatch")),
    ("orgs/acme", {"org_name": {"acme": 1}}, (403, "organization_mismatch")),
    ("orgs/%E2%84%AA", {"org_name": "k"}, (403, "organization_mismatch")),
    # Permissions come first.
    ("orgs/org_2", {**ORG, "scope": ""}, (403, "insufficient_scope")),
    ("hidden/org_1", ORG, None),
    ("hidden/org_2", ORG, (404, "not_found")),
    ("clients", {"azp": "app"}, None),
    ("clients", {"azp": None, "client_id": "other"}, None),
    ("clients", {"azp": "third"}, (403, "insufficient_claims")),
    ("clients", {"azp": None}, (403, "insufficient_claims")),
    ("clients", {"azp": ["app"]}, (403, "insufficient_claims")),
    ("plan", {PLAN: "pro"}, None),
    ("plan", {PLAN: ["free", "pro"]}, None),
    ("plan", {}, (403, "insufficient_claims")),
    ("plan", {PLAN: "PRO"}, (403, "insufficient_claims")),
    ("plan", {PLAN: "pro team"}, (403, "insufficient_claims")),
    ("plan", {PLAN: {"pro": "pro"}}, (403, "insufficient_claims")),
    ("plan", {PLAN: [["pro"], {"pro": 1}]}, (403, "insufficient_claims")),
    ("plan", {PLAN: []}, (403, "insufficient_claims")),
    ("plans", {PLAN: "team", "level": 3}, None),
    ("plans", {PLAN: "team", "level": 3.0}, None),
    ("plans", {PLAN: "team", "level": 4.5}, None),
    ("plans", {PLAN: "team", "level": True}, None),
    ("plans", {PLAN: "team", "level": 1}, (403, "insufficient_claims")),
    ("plans", {PLAN: "team", "level": "3"}, (403, "insufficient_claims")),
    ("plans", {PLAN: "team"}, (403, "insufficient_claims")),
    ("recent", {AUTH_TIME: NOW}, None),
    ("recent", {AUTH_TIME: NOW - 300}, None),
    ("recent", {AUTH_TIME: NOW + 5}, None),
    ("recent", {AUTH_TIME: NOW - 301}, (401, "insufficient_user_authentication")),
    ("recent", {AUTH_TIME: NOW + 6}, (401, "insufficient_user_authentication")),
    ("recent", {}, (401, "insufficient_user_authentication")),
    ("recent", {AUTH_TIME: str(NOW)}, (401, "insufficient_user_authentication")),
    ("recent", {AUTH_TIME: [NOW]}, (401, "insufficient_user_authentication")),
    ("recent", {AUTH_TIME: True}, (401, "insufficient_user_authentication")),
    ("edit/7", {"sub": "auth0|7"}, None),
    ("edit/8", {"sub": "auth0|7"}, (403, "forbidden")),
    ("read/7", {"sub": "auth0|7"}, None),
    ("read/8", {"sub": "auth0|7"}, (403, "forbidden")),
    ("broken", {}, (500, "internal_error")),
    ("no-answer", {}, (500, "internal_error")),
]


@pytest.mark.parametrize(("path", "claims", "refusal"), CASES)
async def test_each_rule(
    app: Application, tenant: Tenant, path: str, claims: dict[str, Any], refusal: tuple[int, str] | None
) -> None:
    token = tenant.token(**claims)
    # Twice: the second time, the token is remembered.
    for _ in range(2):
        response = await get(app, f"/ruled/{path}", token)
        code = None if response.status_code == 200 else (await response.get_json())["code"]
        assert (response.status_code, code) == (refusal or (200, None))
    assert await socket(app, f"/ruled/socket/{path}", token) == (refusal or (101, None))


@pytest.mark.parametrize("path", ["orgs/org_1", "clients", "plan", "recent", "edit/7"])
async def test_without_a_token_a_rule_tells_nothing(app: Application, path: str) -> None:
    response = await get(app, f"/ruled/{path}", None)
    assert response.status_code == 401
    assert (await response.get_json())["code"] == "authorization_header_missing"
    assert await socket(app, f"/ruled/socket/{path}", None) == (401, "authorization_header_missing")


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"scope": ""}, "insufficient_scope"),
        ({"azp": "other"}, "insufficient_claims"),
        ({PLAN: "free"}, "insufficient_claims"),
        ({"level": 2}, "insufficient_claims"),
        ({}, None),
    ],
)
async def test_several_add_up(app: Application, tenant: Tenant, claims: dict[str, Any], code: str | None) -> None:
    good = {"azp": "app", PLAN: "pro", "level": 3}
    response = await get(app, "/ruled/all", tenant.token(**{**good, **claims}))
    assert (await response.get_json()).get("code") == code


async def test_a_claim_is_named_and_its_value_is_not(app: Application, tenant: Tenant) -> None:
    response = await get(app, "/ruled/plan", tenant.token(**{PLAN: "treasure"}))
    text = f"{response.headers}{await response.get_data(as_text=True)}"
    assert PLAN in text
    assert "treasure" not in text
    assert "pro\n" not in text
    challenge = response.headers["WWW-Authenticate"]
    assert 'error="insufficient_scope"' in challenge
    assert "scope=" not in challenge.replace("insufficient_scope", "")


async def test_a_login_that_is_too_old_is_challenged_for_another(app: Application, tenant: Tenant) -> None:
    response = await get(app, "/ruled/recent", tenant.token(**{AUTH_TIME: NOW - 1000}))
    challenge = response.headers["WWW-Authenticate"]
    assert 'error="insufficient_user_authentication"' in challenge
    assert 'max_age="300"' in challenge
    assert " scope=" not in challenge


@pytest.mark.parametrize("sent", [None, "opaque", "expired"])
async def test_a_401_names_the_permissions_that_the_route_asks_for(
    app: Application, tenant: Tenant, sent: str | None
) -> None:
    token = tenant.token(exp=1) if sent == "expired" else sent
    for path, scope in (("/api/private-scoped", "read:messages"), ("/ruled/team/admin", None), ("/api/private", None)):
        challenge = (await get(app, path, token)).headers["WWW-Authenticate"]
        assert (f'scope="{scope}"' in challenge) if scope else (" scope=" not in challenge)
    challenge = (await get(app, "/team/admin", token)).headers["WWW-Authenticate"]
    assert 'scope="read:messages write:messages"' in challenge


async def test_a_blueprints_rules_hold_for_each_of_its_routes(app: Application, tenant: Tenant) -> None:
    for path, claims, status in (
        ("/team/", {PLAN: "team"}, 200),
        ("/team/", {PLAN: "pro"}, 403),
        ("/team/admin", {PLAN: "team"}, 403),
        ("/team/admin", {PLAN: "team", "scope": "read:messages write:messages"}, 200),
        ("/team/admin", {"scope": "read:messages write:messages"}, 403),
    ):
        assert (await get(app, path, tenant.token(**claims))).status_code == status


@pytest.mark.parametrize(
    ("authorization", "status", "caller"),
    [
        (None, 200, None),
        ("Basic dXNlcjpwYXNz", 200, None),
        ("good", 200, "auth0|somebody"),
        ("Bearer opaque", 401, None),
        ("Bearer", 400, None),
        ("Bearer a b", 400, None),
    ],
)
async def test_an_optional_token(
    app: Application, tenant: Tenant, authorization: str | None, status: int, caller: str | None
) -> None:
    if authorization == "good":
        authorization = f"Bearer {tenant.token()}"
    headers = {} if authorization is None else {"Authorization": authorization}
    response = await app.test_client().get("/ruled/optional", headers=headers)
    assert response.status_code == status
    if status == 200:
        assert await response.get_json() == {"caller": caller}


async def test_an_optional_token_on_a_websocket(app: Application, tenant: Tenant) -> None:
    good = {"Authorization": f"Bearer {tenant.token()}"}
    for headers, said in (({}, "a stranger"), (good, "auth0|somebody")):
        async with app.test_client().websocket("/ruled/socket/optional", headers=headers) as connection:
            assert await connection.receive() == said
    assert await socket(app, "/ruled/socket/optional", tenant.token(exp=1)) == (401, "token_expired")


@pytest.mark.parametrize(
    ("act", "actor", "before"),
    [
        ({"sub": "agent"}, "agent", None),
        ({"sub": "agent", "act": {"sub": "first"}}, "agent", "first"),
        ("agent", None, None),
        ([{"sub": "agent"}], None, None),
        ({"sub": 7}, None, None),
        ({}, None, None),
    ],
)
async def test_who_acts_for_the_subject(
    app: Application, tenant: Tenant, act: Any, actor: str | None, before: str | None
) -> None:
    response = await get(app, "/ruled/actor", tenant.token(act=act))
    assert await response.get_json() == {"actor": actor, "before": before}


@pytest.mark.parametrize(
    ("overrides", "claims", "refusal"),
    [
        ({"clients": ("client", "other")}, {}, None),
        ({"clients": ("other",)}, {}, (401, "client_not_allowed", "invalid_token")),
        ({"clients": ("other",)}, {"azp": None}, (401, "client_not_allowed", "invalid_token")),
        ({"clients": ("other",)}, {"azp": ["other"]}, (401, "client_not_allowed", "invalid_token")),
        (
            {"clients": ("other",)},
            {"azp": "client", "client_id": "other"},
            (401, "client_not_allowed", "invalid_token"),
        ),
        ({"organizations": ("org_1",)}, ORG, None),
        ({"organizations": ("ACME", "org_9")}, ORG, None),
        ({"organizations": ("ORG_1",)}, ORG, (401, "organization_not_allowed", "invalid_token")),
        ({"organizations": ("org_1",)}, {}, (401, "organization_not_allowed", "invalid_token")),
        ({"organizations": ("org_1",)}, {"org_id": {"a": 1}}, (401, "organization_not_allowed", "invalid_token")),
        ({"organizations": ("acme",)}, {"org_id": "acme"}, (401, "organization_not_allowed", "invalid_token")),
        ({}, {"sub": "anon@1"}, (403, "anonymous_not_allowed", "insufficient_scope")),
        ({"anonymous": "allow"}, {"sub": "anon@1"}, None),
        # The order of the contract.
        (
            {"clients": ("other",), "organizations": ("org_1",)},
            {"sub": "anon@1"},
            (401, "client_not_allowed", "invalid_token"),
        ),
        ({"organizations": ("org_1",)}, {"sub": "anon@1"}, (401, "organization_not_allowed", "invalid_token")),
        ({"clients": ("other",)}, {"exp": NOW - 10}, (401, "token_expired", "invalid_token")),
        ({"clients": ("other",)}, {"permissions": "x"}, (401, "invalid_token", "invalid_token")),
    ],
)
async def test_the_settings_rules(
    tenant: Tenant, overrides: dict[str, Any], claims: dict[str, Any], refusal: tuple[int, str, str] | None
) -> None:
    app = plain_app(tenant, **overrides)
    token = tenant.token(**claims)
    for _ in range(2):
        response = await get(app, "/api/private", token)
        if refusal is None:
            assert response.status_code == 200
            continue
        status, code, error = refusal
        assert (response.status_code, (await response.get_json())["code"]) == (status, code)
        assert f'error="{error}"' in response.headers["WWW-Authenticate"]
        assert " scope=" not in response.headers["WWW-Authenticate"]
    verdict = await (await get(app, "/api/token", token)).get_json()
    assert verdict["valid"] == (refusal is None)
    if refusal is not None:
        (failed,) = [check for check in verdict["checks"] if check["outcome"] == "failed"]
        assert failed["code"] == refusal[1]
        assert failed["name"] == ("time" if refusal[1] == "token_expired" else "permissions")


def plain_app(tenant: Tenant, **overrides: Any) -> Application:
    return create_app(settings(**overrides), clock=ManualClock(), transport=tenant.transport)


async def test_a_remembered_token_meets_the_settings_at_every_use(tenant: Tenant, clock: ManualClock) -> None:
    """The cache knows nothing of rules: what is not allowed is not remembered as if it were."""
    app = plain_app(tenant)
    verifier: Verifier = app.verifier
    token = tenant.token()
    assert (await verifier.verify(token)).client_id == "client"
    assert len(verifier.cache) == 1
    strict = plain_app(tenant, clients=("other",))
    assert (await get(strict, "/api/private", token)).status_code == 401
    assert len(strict.verifier.cache) == 0


@pytest.mark.parametrize(
    "declare",
    [
        lambda: requires(),
        lambda: requires("two words"),
        lambda: requires(hide=True),
        lambda: requires(clients="app"),
        lambda: requires(clients=[""]),
        lambda: requires(claims={PLAN: []}),
        lambda: requires(claims={PLAN: {"a": 1}}),
        lambda: requires(claims={PLAN: None}),
        lambda: requires(claims={PLAN: float("nan")}),
        lambda: requires(claims={PLAN: [["pro"]]}),
        lambda: requires(max_age=300),
        lambda: requires(age_claim=AUTH_TIME),
        lambda: requires(max_age=0, age_claim=AUTH_TIME),
        lambda: requires(max_age=True, age_claim=AUTH_TIME),
        lambda: requires(check="may_edit"),
        lambda: requires("a")(MethodView),
        lambda: requires("a")(Response()),
        lambda: requires("a")(None),
        lambda: public(Blueprint("b", __name__)),
        lambda: optional(requires("a")(lambda: None)),
        lambda: public(optional(lambda: None)),
        lambda: requires("a")(optional(lambda: None)),
    ],
)
def test_what_nothing_could_meet_is_an_error_at_once(declare: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        declare()


def own_routes() -> Blueprint:
    return Blueprint("own", "tests.web.own", url_prefix="/own")


async def start(tenant: Tenant, own: Blueprint, **overrides: Any) -> None:
    app = plain_app(tenant, **overrides)
    app.register_blueprint(own)
    async with app.test_app():
        pass


@pytest.mark.parametrize(
    ("rule", "path", "overrides"),
    [
        (requires(organization="org"), "/orgs/<organization>", {}),
        (requires(clients=("a",)), "/", {"clients": ("b",)}),
    ],
)
async def test_an_app_whose_rules_nothing_could_meet_does_not_start(
    tenant: Tenant, rule: Any, path: str, overrides: dict[str, Any]
) -> None:
    async def view(**_: str) -> str:
        return ""

    own = own_routes()
    own.add_url_rule(path, "view", rule(view))
    with pytest.raises(Exception, match=r"route own\.view"):
        await start(tenant, own, **overrides)


async def test_two_rules_that_no_client_could_meet_do_not_start(tenant: Tenant) -> None:
    async def view() -> str:
        return ""

    own = own_routes()
    own.add_url_rule("/", "view", requires(clients=("a",))(requires(clients=("b",))(view)))
    with pytest.raises(Exception, match=r"route own\.view"):
        await start(tenant, own)


async def test_an_open_route_in_a_closed_blueprint_does_not_start(tenant: Tenant) -> None:
    for opening in (public, optional):

        async def view() -> str:
            return ""

        own = requires("a")(own_routes())
        own.add_url_rule("/", "view", opening(view))
        with pytest.raises(Exception, match=r"route own\.view"):
            await start(tenant, own)


MISPLACED = """
import functools
from quart import Blueprint
from service.web import requires
blueprint = Blueprint("own", __name__, url_prefix="/own")
def wrapped(view):
    @functools.wraps(view)
    async def wrapper(**arguments):
        return await view(**arguments)
    return wrapper
"""


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ('@requires("a")\nasync def helper(): ...\n', r"own_\w+\.helper .*no route"),
        ('@requires("a")\n@wrapped\n@blueprint.get("/")\nasync def view(): ...\n', r"own_\w+\.view: .*above"),
    ],
)
async def test_a_rule_that_is_on_no_view_does_not_start(tenant: Tenant, code: str, says: str, request: Any) -> None:
    import sys
    from types import ModuleType

    name = f"own_{abs(hash(code))}"
    module = ModuleType(name)
    sys.modules[name] = module
    request.addfinalizer(lambda: sys.modules.pop(name))
    exec(MISPLACED + code, module.__dict__)
    app = plain_app(tenant)
    app.register_blueprint(module.blueprint)
    with pytest.raises(RouteError, match=says):
        app.check_routes()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["a", "b", "1", ""])
    | st.sampled_from([0.0, 1.0, 2.5]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=5,
)
SCALARS = st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "b", "1", ""]) | st.sampled_from([0.0, 1.0, 2.5])


def is_equal(left: Any, right: Any) -> bool:
    """Whether two JSON values are the same, told without hashes."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left == right
    return isinstance(left, str) and isinstance(right, str) and left == right


def call(**kept: Any) -> Call:
    token = AccessToken("s", "i", (), NOW, None, None, (), (), None, b"{}", kept=kept)
    return Call(token, {}, NOW, 5)


@examples(max_examples=500, deadline=None)
@given(claim=JSON, values=SCALARS | st.lists(SCALARS, min_size=1, max_size=4))
def test_claims_against_a_plain_reference(claim: Any, values: Any) -> None:
    allowed = values if isinstance(values, list) else [values]
    members = claim if isinstance(claim, list) else [claim]
    expected = any(is_equal(member, value) for member in members for value in allowed)
    try:
        claim_values("c", values).check(call(c=claim))
    except InsufficientClaims:
        assert not expected
    else:
        assert expected


@examples(max_examples=300, deadline=None)
@given(claim=JSON | st.integers(NOW - 400, NOW + 20) | st.floats(NOW - 400, NOW + 20), max_age=st.integers(1, 400))
def test_logins_against_a_plain_reference(claim: Any, max_age: int) -> None:
    number = isinstance(claim, (int, float)) and not isinstance(claim, bool)
    expected = number and NOW - max_age <= claim <= NOW + 5
    try:
        RecentLogin(max_age, "t").check(call(t=claim))
    except InsufficientUserAuthentication:
        assert not expected
    else:
        assert expected
