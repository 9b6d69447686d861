"""What is written about the project is true of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import SecretStr

from service import development
from service.app import create_app
from service.issuer.clients import clients
from service.pages.site import PAGES
from service.settings import Settings, variable
from service.telemetry.metrics import Metrics

from .processes import CLEAN
from .tenant import NOW, ManualClock, Tenant
from .tenant import settings as tenant_settings

ROOT = Path(__file__).parent.parent
FIELDS = {variable(name): field for name, field in Settings.model_fields.items()}


def documented_defaults() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(
        re.fullmatch(r"#?([A-Z0-9_]+)=(.*)", line).groups() for line in lines if re.match(r"#?[A-Z0-9_]+=", line)
    )  # type: ignore[misc, union-attr]


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_stands_in_the_example_with_its_default(name: str) -> None:
    default = FIELDS[name].get_default()
    if FIELDS[name].is_required():
        assert documented_defaults()[name]
    elif default is None or default == ():
        assert documented_defaults()[name] == ""
    elif isinstance(default, tuple):
        assert documented_defaults()[name] == ",".join(default)
    else:
        assert not isinstance(default, SecretStr)
        assert documented_defaults()[name] == str(default)


def test_the_example_has_nothing_else() -> None:
    assert documented_defaults().keys() == FIELDS.keys()


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_stands_in_the_readme(name: str) -> None:
    assert f"`{name}`" in (ROOT / "README.md").read_text()


def test_the_two_commands_stand_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "pip install uv && uv run -m service dev" in readme
    assert "pip install uv && uv run pytest" in readme


def test_the_readme_has_auth0_set_up_as_the_local_issuer_is() -> None:
    readme = (ROOT / "README.md").read_text()
    client = clients(development.PAGES)[development.BROWSER_CLIENT]
    for field, addresses in (
        ("Callback URLs", client.callbacks),
        ("Logout URLs", client.logout_urls),
        ("Web Origins", client.web_origins),
    ):
        assert f"*Allowed {field}* | `{', '.join(addresses)}` |" in readme


def test_every_metric_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    for metric in Metrics().registry.collect():
        name = f"{metric.name}_total" if metric.type == "counter" else metric.name
        assert name.startswith("process_") or re.search(rf"`{name}[`{{]", readme), name


def test_every_page_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [path for path in PAGES if f"`{path}`" not in readme] == []


def test_ci_runs_the_readmes_command() -> None:
    assert "pip install uv && uv run pytest" in (ROOT / ".ci" / "run").read_text()


def test_the_readmes_practice_works_as_written(tmp_path: Path) -> None:
    section = (ROOT / "README.md").read_text().partition("## Practise with tokens")[2].partition("\n## ")[0]
    by_hand, tampered = re.findall(r"```\n(.*?)```", section, re.DOTALL)[1:3]
    # `uv run` would look for a project here; everything behind it is as written.
    script = f'uv() {{ shift; "{sys.executable}" "$@"; }}\n{by_hand}echo "status $?"\n{tampered}echo "status $?"\n'
    ended = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**CLEAN, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "Valid.\nstatus 0\n" in ended.stdout
    assert '"sub": "admin"' in ended.stdout
    assert ended.stdout.endswith("signed by someone else.\nstatus 1\n")


def test_the_readmes_code_is_python() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert blocks
    for block in blocks:
        compile(block, "README.md", "exec", flags=0x2000)  # top-level await is fine


async def test_the_readmes_rules_are_as_it_says(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    section = (ROOT / "README.md").read_text().partition("## Who may call")[2].partition("\n## ")[0]
    (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    name = "readme_who_may_call"
    module = sys.modules[name] = ModuleType(name)
    request.addfinalizer(lambda: sys.modules.pop(name))
    exec(compile(code, "README.md", "exec"), module.__dict__)
    tenant = Tenant()
    app = create_app(tenant_settings(), clock=ManualClock(), transport=tenant.transport)
    app.register_blueprint(module.blueprint)
    app.register_blueprint(module.admin)
    app.check_routes()
    plan, login = "https://example.com/plan", "https://example.com/auth_time"
    organization = {"scope": "read:orders", "org_id": "org_1", "org_name": "acme"}
    for method, path, claims, status in (
        ("GET", "/orgs/org_1/orders", organization, 200),
        ("GET", "/orgs/ACME/orders", organization, 200),
        ("GET", "/orgs/globex/orders", organization, 403),
        ("GET", "/reports", {"azp": "dashboard", plan: "team"}, 200),
        ("GET", "/reports", {"azp": "dashboard", plan: "free"}, 403),
        ("GET", "/reports", {"azp": "other", plan: "team"}, 403),
        ("POST", "/transfers", {"scope": "write:transfers", login: NOW - 10}, 200),
        ("POST", "/transfers", {"scope": "write:transfers", login: NOW - 1000}, 401),
        ("PUT", "/orders/7-1", {"sub": "auth0|7"}, 200),
        ("PUT", "/orders/8-1", {"sub": "auth0|7"}, 403),
        ("GET", "/greeting", {"exp": 1}, 401),
        ("GET", "/greeting", {}, 200),
    ):
        headers = {"Authorization": f"Bearer {tenant.token(**claims)}"}
        response = await app.test_client().open(f"/api/who{path}", method=method, headers=headers)
        assert response.status_code == status, (path, claims)
    assert await (await app.test_client().get("/api/who/greeting")).get_json() == {"hello": "stranger"}
