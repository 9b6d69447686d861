from __future__ import annotations

import re

from service.app import create_app
from service.web import Application

from ..tenant import ManualClock, Tenant, settings
from ..web import ruled
from ..web.test_guard import call


async def test_the_description_tells_what_each_route_needs(app: Application) -> None:
    schema = await (await call(app, "/openapi.json")).get_json()
    assert schema["openapi"].startswith("3.1")
    assert schema["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert schema["security"] == [{"bearer": []}]
    paths = schema["paths"]
    assert set(paths) >= {"/api/public", "/api/private", "/api/private-scoped", "/api/me", "/api/token"}
    assert paths["/api/public"]["get"]["security"] == []
    # Open, and yet it wants a token: the one that it judges.
    assert paths["/api/token"]["get"]["security"] == [{"bearer": []}]
    assert set(paths["/api/token"]["get"]["responses"]) == {"200", "400", "401", "503"}
    assert set(paths["/api/private"]["get"]["responses"]) == {"200", "400", "401", "503"}
    assert set(paths["/api/private-scoped"]["get"]["responses"]) == {"200", "400", "401", "403", "503"}
    refused = paths["/api/private"]["get"]["responses"]["401"]
    assert refused["content"]["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}


async def test_the_page_loads_nothing_from_elsewhere(app: Application) -> None:
    response = await call(app, "/docs")
    page = await response.get_data(as_text=True)
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script>" not in page
    assets = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(assets) >= 5
    for address in assets:
        assert address.startswith("/")
        asset = await call(app, address)
        assert asset.status_code == 200
        assert len(await asset.get_data()) > 10


async def test_only_the_pages_own_files_are_served(app: Application) -> None:
    for name in ("index.html", "swagger-ui.js", "..%2f__init__.py", "docs.html", "package.json", "..%2fpackage.json"):
        assert (await call(app, f"/assets/{name}")).status_code in (401, 404)


async def test_a_routes_rules_stand_in_the_description(tenant: Tenant, clock: ManualClock) -> None:
    app = create_app(settings(), clock=clock, transport=tenant.transport)
    app.register_blueprint(ruled.blueprint)
    document = await (await app.test_client().get("/openapi.json")).get_json()
    edit = document["paths"]["/ruled/all"]["get"]
    for said in ("grants read:messages", "https://example.com/plan", "the claim level", "(azp or client_id) is app"):
        assert said in edit["description"]
    assert "`insufficient_scope`, `insufficient_claims`" in edit["responses"]["403"]["description"]
    assert document["paths"]["/ruled/optional"]["get"]["security"] == [{}, {"bearer": []}]
