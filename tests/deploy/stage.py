"""Everything around a build: a copy of the repository with commits of its own, a registry, AWS, and programs that stand
in for what is not here."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from ..aws_server import REGION, client, environment
from ..processes import CLEAN, ROOT, free_port
from ..tools import need

ACCOUNT = "123456789012"
URI = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/auth0-api"
SHIMS = Path(__file__).parent / "shims"

# The tests of the repository would run these tests; a few of them are enough to see that they are run.
FEWER = """#!/bin/sh
exec "$SHIM_PYTHON" -m pytest -n 0 -q tests/auth/test_base64url.py tests/test_of_the_build.py
"""

# The image itself is built in test_image.py; here it matters what becomes of one. Nothing of the base is in it.
SMALL = """ARG BASE=public.ecr.aws/docker/library/python:3.13-slim-trixie
FROM scratch
COPY service /app/service
"""

# Of what a build installs by its hashes, one line: the rest would take minutes.
LOCKED = re.compile(r"^iniconfig==.*?(?=^\S)", re.MULTILINE | re.DOTALL)


@contextlib.contextmanager
def registry(directory: Path) -> Iterator[str]:
    """Run Debian's registry; its address without a scheme."""
    port = free_port()
    settings = directory / "registry.yml"
    settings.write_text(
        f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {directory / 'registry'}}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n"
    )
    log = (directory / "registry.log").open("w")
    process = subprocess.Popen([need("docker-registry"), "serve", str(settings)], stdout=log, stderr=log)
    address = f"127.0.0.1:{port}"
    try:
        for _ in range(200):
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"http://{address}/v2/", trust_env=False).status_code == 200:
                    break
            process.poll()
            assert process.returncode is None, (directory / "registry.log").read_text()
            subprocess.run(["sleep", "0.05"], check=True)
        yield address
    finally:
        process.terminate()
        process.wait(10)
        log.close()


@dataclass
class Stage:
    """`source` is the copy that is built."""

    directory: Path
    source: Path
    aws: str
    registry: str
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **CLEAN,
            **environment(self.aws, self.directory),
            "PATH": f"{SHIMS}{os.pathsep}{CLEAN['PATH']}",
            "HOME": str(self.directory / "home"),
            "KUBECONFIG": str(self.directory / "kubeconfig"),
            "SHIM_REGISTRY": self.registry,
            "SHIM_SOURCE": str(self.source),
            "SHIM_LOG": str(self.log),
            "SHIM_HERE": str(self.directory / "aws"),
            "SHIM_PYTHON": sys.executable,
            "TEST_VENV": str(self.directory / "venv"),
            "PAUSE": "0",
            **self.variables,
        }

    @property
    def log(self) -> Path:
        return self.directory / "asked"

    @property
    def asked(self) -> list[str]:
        """What the stand-ins were asked for."""
        return self.log.read_text().splitlines() if self.log.exists() else []

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false")
        command = ["git", *who, *arguments]
        return subprocess.run(command, cwd=self.source, capture_output=True, text=True, check=True).stdout.strip()

    def commit(self, message: str, **files: str) -> str:
        """Write files, by path with "/" as "__", and commit; returns the commit."""
        for name, content in files.items():
            (self.source / name.replace("__", "/")).write_text(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def pushed(self) -> list[str]:
        """The tags that the registry has."""
        answer = httpx.get(f"http://{self.registry}/v2/auth0-api/tags/list", trust_env=False)
        return sorted(answer.json().get("tags") or []) if answer.status_code == 200 else []

    def script(self, name: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.source / "deploy" / name), *arguments],
            cwd=self.source,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )


def copy_repository(where: Path) -> None:
    """Copy what git would: also what is not committed yet, and nothing that is ignored."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (where / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, where / name)
    (where / ".ci/run").write_text(FEWER)
    (where / "Dockerfile").write_text(SMALL)
    locked = LOCKED.search((ROOT / "deploy/tests-requirements.txt").read_text())
    assert locked
    (where / "deploy/tests-requirements.txt").write_text(locked[0])


@contextlib.contextmanager
def set_up(directory: Path, aws: str) -> Iterator[Stage]:
    source = directory / "source"
    source.mkdir()
    (directory / "home").mkdir()
    copy_repository(source)
    # uv keeps what it has downloaded.
    cache = subprocess.run([need("uv", "pip install uv"), "cache", "dir"], capture_output=True, text=True, check=True)
    ecr: Any = client("ecr", aws)
    ecr.create_repository(
        repositoryName="auth0-api",
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "runs-*"}],
    )
    with registry(directory) as address:
        stage = Stage(directory, source, aws, address, {"UV_CACHE_DIR": cache.stdout.strip()})
        stage.git("init", "--quiet", "--initial-branch", "main")
        stage.commit("Begin", tests__test_of_the_build="")
        stage.commit("Test", **{"tests__test_of_the_build.py": "def test_it() -> None: ...\n"})
        yield stage
