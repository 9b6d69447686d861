"""The bills of materials, and the audit, against a stand-in for the database of weaknesses."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..processes import ROOT, free_port
from ..tools import need
from .weaknesses import audit_options

VEX = json.loads((ROOT / "deploy/vex.openvex.json").read_text())


def audit(
    script: Path, folder: Path, database: str, mode: str = "gate", **variables: str
) -> subprocess.CompletedProcess[str]:
    need("uv", "pip install uv")
    variables = {**os.environ, "AUDIT_OPTIONS": audit_options(database, folder / "cache"), **variables}
    command = [str(script), str(folder), mode]
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
    assert "WEAKNESS: python-jose" in refused.stdout
    address = database.removesuffix("/v1/query")
    told = audit(
        copy / "deploy/audit",
        tmp_path / "told",
        database,
        "deploy",
        AUDIT_KEV_URL=f"{address}/quiet",
        AUDIT_EPSS_URL=f"{address}/epss/0.1",
    )
    assert told.returncode == 0, told.stderr
    assert "WEAKNESS: python-jose" in told.stdout


def decided(mode: str, *names: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What becomes of weaknesses by these names: of an audit's report, without the audit."""
    found = [{"id": name, "aliases": [], "fix_versions": ["9.9"]} for name in names]
    report = {
        "dependencies": [{"name": "x", "version": "1", "vulns": found}, {"name": "y", "version": "1", "vulns": []}]
    }
    command = [sys.executable, str(ROOT / "deploy/advisories.py"), mode]
    return subprocess.run(
        command, input=json.dumps(report), env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )


CVE = "CVE-2026-85394"


@pytest.mark.parametrize(
    ("kev", "epss", "override", "status", "says"),
    [
        ("quiet", "epss/0.01", "", 0, f"WEAKNESS: x 1: {CVE}. Mended in 9.9."),
        ("exploited", "epss/0.01", "", 1, f"STOPPED: {CVE}"),
        ("quiet", "epss/0.5", "", 1, f"STOPPED: {CVE}"),
        ("exploited", "epss/0.9", f"{CVE}: the hotfix for it", 0, f"OVERRIDDEN: {CVE}"),
        # Another name, and one that only begins like it, override nothing.
        ("exploited", "epss/0.9", "CVE-2026-1: no matter", 1, f"STOPPED: {CVE}"),
        ("exploited", "epss/0.9", f"{CVE}0: no matter", 1, f"STOPPED: {CVE}"),
    ],
)
def test_a_deployment_stops_for_what_is_exploited_and_tells_of_the_rest(
    database: str, kev: str, epss: str, override: str, status: int, says: str
) -> None:
    address = database.removesuffix("/v1/query")
    catalogues = {"AUDIT_KEV_URL": f"{address}/{kev}", "AUDIT_EPSS_URL": f"{address}/{epss}"}
    ended = decided("deploy", CVE, **catalogues, AUDIT_OVERRIDE=override)
    assert (ended.returncode, ended.stderr) == (status, "")
    assert says in ended.stdout
    assert "deploy/lock deploy --upgrade" in ended.stdout
    # The same gates a pull request and a nightly build, whatever is said.
    assert decided("gate", CVE, **catalogues, AUDIT_OVERRIDE=override).returncode == 1


def test_where_no_catalogue_answers_a_deployment_goes_on_and_says_so() -> None:
    silent = f"http://127.0.0.1:{free_port()}/"
    ended = decided("deploy", CVE, AUDIT_KEV_URL=silent, AUDIT_EPSS_URL=silent)
    assert ended.returncode == 0
    assert ended.stdout.count("Whether it is exploited cannot be told") == 2
    unnamed = decided("deploy", "PYSEC-2026-1", AUDIT_KEV_URL=silent, AUDIT_EPSS_URL=silent)
    assert unnamed.returncode == 0
    assert "PYSEC-2026-1 has no CVE number" in unnamed.stdout
    assert decided("gate", "PYSEC-2026-1").returncode == 1


def test_where_nothing_is_known_nothing_is_said() -> None:
    for mode in ("gate", "deploy"):
        ended = decided(mode)
        assert (ended.returncode, ended.stdout) == (0, "")


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
