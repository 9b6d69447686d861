"""Programs that a test needs and `uv` cannot install."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

# Debian has an old one, or none.
_ELSEWHERE = {"kubectl": "https://kubernetes.io/docs/tasks/tools/install-kubectl-linux/"}


def need(command: str, install: str | None = None) -> str:
    """Return a program's path. Without it the test is skipped, with the line that installs it; in CI it fails."""
    path = shutil.which(command)
    line = install or _ELSEWHERE.get(command, f"apt-get install {command}")
    return path or missing(f"{command} is not installed: {line}")


def need_buildah() -> str:
    """Return the path of what builds images here; not everybody may."""
    path = need("buildah")
    return path if os.geteuid() == 0 else missing("building an image here needs root")


def missing(reason: str) -> NoReturn:
    """Skip a test for something that it needs; in CI, fail it."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
