"""A repository of its own with what `deploy/rollout` needs, from which the real script deploys."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from ..kubernetes import Cluster
from ..kubernetes.pods import ready
from .rendering import DEPLOY, Manifest

SPACE = "auth0-api-production"


BACK = "What ran before is back.\n"
"""The last words after an undo."""


def image(letter: str) -> str:
    """`1` is one image, `2` another."""
    return f"registry.example/auth0-api@sha256:{letter * 64}"


def deployment(cluster: Cluster) -> Manifest:
    (only,) = cluster.list("deployments.apps", SPACE)
    return only


def commit_of(cluster: Cluster) -> str | None:
    """What is remembered at the Deployment."""
    found: str | None = deployment(cluster)["metadata"]["annotations"].get("auth0-api/commit")
    return found


def serving(cluster: Cluster) -> list[str]:
    """The image of each pod that is ready."""
    return sorted(pod["spec"]["containers"][0]["image"] for pod in cluster.list("pods", SPACE) if ready(pod))


def changed(log: str) -> list[str]:
    """What the log says that will change: lines of `diff -u`, save those that name files."""
    told = log.partition("== What will change")[2].partition("== Applying")[0]
    return [line for line in told.splitlines() if re.match(r"[-+](?!--|\+\+)", line)]


class Project:
    """What a command prints on both of its streams is its log, in the order in which it came."""

    def __init__(self, root: Path, cluster: Cluster) -> None:
        self.root = root
        self._cluster = cluster

    @classmethod
    def begun(cls, root: Path, cluster: Cluster) -> Project:
        for name in ("base", "components", "overlays"):
            shutil.copytree(DEPLOY / name, root / "deploy" / name)
        for name in ("rollout", "reach"):
            shutil.copy(DEPLOY / name, root / "deploy" / name)
        project = cls(root, cluster)
        project.git("init", "--quiet", "--initial-branch", "main")
        project.commit("the first")
        return project

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=tests", "-c", "user.email=tests@example.com", "-c", "commit.gpgsign=false"]
        command = ["git", *who, *arguments]
        ended = subprocess.run(
            command, cwd=self.root, env=self._environment(), capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def commit(self, message: str) -> str:
        """Commit all there is, also nothing, and return the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def clone(self, where: Path, *options: str) -> Project:
        self.git("clone", "--quiet", *options, f"file://{self.root}", str(where))
        return Project(where, self._cluster)

    def rollout(self, image: str, **environment: str) -> tuple[int, str]:
        """To production. Return the exit status and the log."""
        return self.run("production", image, **environment)

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        return self.run_script("rollout", *arguments, **environment)

    def run_script(self, name: str, *arguments: str, **environment: str) -> tuple[int, str]:
        process = self.start(*arguments, script=name, **environment)
        log, _ = process.communicate(timeout=60)
        return process.returncode, log

    def start(self, *arguments: str, script: str = "rollout", **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.root / "deploy" / script), *arguments],
            # From anywhere.
            cwd="/",
            env=self._environment() | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _environment(self) -> dict[str, str]:
        git = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        return {"PATH": os.environ["PATH"], "HOME": str(self.root), "TIMEOUT": "20", **git, **self._cluster.environment}
