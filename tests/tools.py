"""Programs that a test needs and `uv` cannot install."""

from __future__ import annotations

import os
import shutil

import pytest


def need(command: str, package: str | None = None) -> str:
    """Return a program's path. Without it the test is skipped, with the line that installs it; in CI it fails."""
    path = shutil.which(command)
    if path is None:
        reason = f"{command} is not installed: apt-get install {package or command}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path
