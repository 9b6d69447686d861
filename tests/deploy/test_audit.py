"""The bills of materials, and the audit, against a stand-in for the database of weaknesses."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from ..processes import ROOT
from ..tools import need
from .weaknesses import audit_options

VEX = json.loads((ROOT / "deploy/vex.openvex.json").read_text())


def audit(script: Path, folder: Path, database: str) -> subprocess.CompletedProcess[str]:
    need("uv", "pip install uv")
    variables = {**os.environ, "AUDIT_OPTIONS": audit_options(database, folder / "cache")}
    command = [str(script), str(folder)]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=300)


def test_what_is_known_and_does_not_reach_us_is_let_pass_and_nothing_else(database: str, tmp_path: Path) -> None:
    ended = audit(ROOT / "deploy/audit", tmp_path, database)
    assert ended.returncode == 0, ended.stderr
    pages = json.loads((tmp_path / "pages.cdx.json").read_text())
    python = json.loads((tmp_path / "python.cdx.json").read_text())
    assert python["bomFormat"] == pages["bomFormat"] == "CycloneDX"
    locked = (ROOT / "deploy/requirements.txt").read_text()
    for component in python["components"]:
        assert f"{component['name']}=={component['version']}" in locked
    assert len(python["components"]) == sum(not line.startswith((" ", "#")) for line in locked.splitlines())
    assert "auth0-spa-js" in {component["name"].rpartition("/")[2] for component in pages["components"]}

    # Without the statement, the same audit fails.
    copy = tmp_path / "copy"
    for name in ("deploy", "service/pages", "service/cli"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("node_modules"))
    (copy / "deploy/vex.openvex.json").write_text(json.dumps({**VEX, "statements": []}))
    refused = audit(copy / "deploy/audit", tmp_path / "again", database)
    assert refused.returncode != 0
    assert "python-jose" in refused.stdout


def test_each_statement_names_what_is_locked_and_a_test_that_is_there() -> None:
    locked = (ROOT / "deploy/requirements.txt").read_text()
    for statement in VEX["statements"]:
        assert statement["status"] == "not_affected"
        assert statement["justification"] == "vulnerable_code_cannot_be_controlled_by_adversary"
        for product in statement["products"]:
            for part in product["subcomponents"]:
                name, _, version = part["@id"].removeprefix("pkg:pypi/").partition("@")
                assert f"{name}=={version}" in locked
        file, _, test = statement["impact_statement"].rpartition(" ")[2].rstrip(".").partition("::")
        assert f"def {test}(" in (ROOT / file).read_text()
