"""Imports point one way, and the core knows nothing of what is around it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "service"

# Each may import what stands further down, and nothing above; on one line, nothing of each other.
LAYERS = [
    ["__main__"],
    ["cli"],
    ["issuer"],
    ["app"],
    ["routes", "pages", "openapi", "telemetry"],
    ["web", "server", "workers", "settings"],
    ["key_set_client", "libraries", "logs", "development", "practice", "aws"],
    ["auth", "http_date", "plain_text", "public_url", "redaction", "setting_text", "tls", "log_writer"],
    ["http_origin", "log_outlet", "library_internals"],
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def unit(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """The units of this package that a module imports, wherever the import stands in it."""
    package = ("service", *path.relative_to(PACKAGE).parts[:-1])
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            names = [".".join((*base, *filter(None, [node.module])))]
            if not node.module or names == ["service"]:
                names = [f"{names[0]}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("service.")}
    return found


def outside(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.split(".")[0])
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    if path == PACKAGE / "__init__.py":
        assert imports(path) == set()
        return
    own = unit(path)
    assert own in RANK, f"give {own} its place in LAYERS"
    upward = {other for other in imports(path) if other != own and RANK[other] <= RANK[own]}
    assert not upward


def test_the_walk_sees_imports() -> None:
    assert imports(PACKAGE / "app.py") >= {"auth", "web", "routes", "pages", "key_set_client", "openapi"}


@pytest.mark.parametrize("path", sorted((PACKAGE / "auth").glob("*.py")), ids=lambda path: path.name)
def test_the_core_knows_no_framework_no_environment_and_no_network(path: Path) -> None:
    allowed = set(sys.stdlib_module_names) - {"os", "socket", "ssl", "urllib", "http", "subprocess"} | {"jose"}
    assert outside(path) <= allowed


def test_the_issuer_is_only_the_dev_commands() -> None:
    importing = {path.relative_to(PACKAGE).as_posix() for path in modules() if "issuer" in imports(path)}
    assert {name for name in importing if not name.startswith("issuer/")} == {"cli/dev.py"}


def test_the_practice_tool_is_only_the_jwt_commands() -> None:
    importing = {path.relative_to(PACKAGE).parent.as_posix() for path in modules() if "practice" in imports(path)}
    assert importing == {"cli/jwt", "practice"}


def test_only_the_aws_side_imports_boto3() -> None:
    sdk = {"boto3", "botocore"}
    importing = {unit(path) for path in modules() if sdk & outside(path)}
    assert importing <= {"aws"}


def test_the_aws_side_is_only_the_pipelines_and_the_settings() -> None:
    importing = {path.relative_to(PACKAGE).as_posix() for path in modules() if "aws" in imports(path)}
    allowed = ("aws/", "cli/pipeline/", "settings/sources.py")
    assert [name for name in importing if not name.startswith(allowed)] == []


def test_practising_knows_no_terminal_no_environment_and_no_network() -> None:
    allowed = set(sys.stdlib_module_names) - {"os", "socket", "ssl", "urllib", "http", "subprocess"} | {
        "jose",
        "cryptography",
    }
    for path in (PACKAGE / "practice").glob("*.py"):
        assert outside(path) <= allowed


def test_production_runs_without_what_development_needs() -> None:
    # structlog takes rich where it finds it, so it must not be found.
    code = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in ('authlib', 'joserfc', 'rich', 'watchfiles', 'boto3', 'opentelemetry'):\n"
        "            raise ModuleNotFoundError(name=name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "import service.app, service.cli.serve, service.cli.token\n"
        "print([name for name in ('service.issuer', 'service.practice') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_no_module_reads_the_environment_when_it_is_imported() -> None:
    reading = {
        path.relative_to(PACKAGE).as_posix()
        for path in modules()
        if "os" in outside(path) and re.search(r"\benviron\b|getenv", path.read_text())
    }
    # The last sets a variable of its own, for the processes that it forks.
    assert reading == {
        "aws/machine.py",
        "cli/dev.py",
        "cli/pipeline/__init__.py",
        "settings/sources.py",
        "telemetry/shared_counts.py",
    }


def test_modules_stay_small() -> None:
    assert [str(path) for path in modules() if len(path.read_text().splitlines()) > 250] == []
