"""checkov, which looks for what scanners of clusters and images would complain about. It has an environment of its own:
it pins a hundred packages to other versions than this project has."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ..tools import missing, need

CHECKOV = "checkov==3.3.30"


def failures(framework: str, path: Path) -> list[tuple[str, str]]:
    """Each failed check, with the resource. What is suppressed in the file itself says why there."""
    command = [
        need("uv", "pip install uv"),
        "tool",
        "run",
        "--python",
        sys.executable,
        "--from",
        CHECKOV,
        "checkov",
        "--file",
        str(path),
    ]
    options = ["--framework", framework, "--output", "json", "--skip-download", "--soft-fail"]
    ended = subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=300)
    if ended.returncode != 0:
        missing(f"checkov does not run here: {ended.stderr[-500:]}")
    report = json.loads(ended.stdout)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 10
    return [(check["check_id"], check["resource"]) for check in report["results"]["failed_checks"]]
