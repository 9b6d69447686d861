"""A place to get kubectl from, in the place of Kubernetes' own."""

from __future__ import annotations

import hashlib
import re
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ..processes import ROOT
from ..tools import need

KUBECTL = re.search(r"^KUBECTL=(\S+)$", (ROOT / "deploy/tools").read_text(), re.MULTILINE)[1]  # type: ignore[index]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def downloads(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Its address, and its folder for this machine."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[subprocess.check_output(["uname", "-m"], text=True).strip()]
    folder = tmp_path / "downloads" / f"v{KUBECTL}/bin/linux/{machine}"
    folder.mkdir(parents=True)
    handler = partial(_Quiet, directory=str(tmp_path / "downloads"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()


def publish(folder: Path, version: str) -> None:
    """Publish a kubectl that says it is `version`, and is the one of this machine: that release cannot be had here."""
    said = f'{{"clientVersion": {{\n  "gitVersion": "v{version}"\n}}}}'
    program = folder / "kubectl"
    program.write_text(
        f"#!/bin/sh\n[ \"$*\" = 'version --client --output json' ] && echo '{said}' && exit\nexec {need('kubectl')} \"$@\"\n"
    )
    program.chmod(0o755)
    (folder / "kubectl.sha256").write_text(hashlib.sha256(program.read_bytes()).hexdigest())
