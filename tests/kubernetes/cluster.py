"""A cluster for a test: started, looked into and ended by it."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import subprocess
import threading
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

from .api import Api
from .certificate import certified
from .deployments import Deployments
from .kinds import INGRESS, KINDS, kind_of
from .objects import Write
from .patches import merge_patch
from .schema import Schemas
from .server import Server
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.auth.clock import Clock

    from .kinds import Kind
    from .rights import Rights

    Manifest = dict[str, Any]


class Pace(Enum):
    """When the controllers work: after each write; each time that somebody begins to watch; or when a test says so."""

    AT_ONCE = 1
    WHEN_WATCHED = 2
    BY_HAND = 3


class Cluster:
    """`balancer`, where it is set, is what a load balancer's controller writes into the status of each Ingress.

    `authority` is the PEM file to trust, `kubeconfig` one for a user with `token`, and `environment` what kubectl
    needs to use it. `broken` and `hasty`: see `Deployments`. `watched` is set once somebody watches."""

    def __init__(self, directory: Path, clock: Clock, version: str) -> None:
        self.pace = Pace.AT_ONCE
        self.balancer = ""
        self.token = secrets.token_urlsafe()
        self._store = Store()
        self._api = Api(self._store, Schemas(version), clock, version, self._written)
        self._deployments = Deployments(self._api.objects, clock)
        self.watched = threading.Event()
        self.authority, tls = certified(directory)
        self.server = Server(self._api, self._store, self.token, tls, self._watch)
        self.address = f"https://127.0.0.1:{self.server.server_port}"
        self.kubeconfig = directory / "kubeconfig"
        self.kubeconfig.write_text(json.dumps(self._configuration()))
        # Not the user's own: what the API can do is remembered by its address, which another cluster had before.
        self.environment = {"KUBECONFIG": str(self.kubeconfig), "KUBECACHEDIR": str(directory / "cache")}

    @property
    def broken(self) -> set[str]:
        return self._deployments.broken

    @property
    def hasty(self) -> bool:
        return self._deployments.hasty

    @hasty.setter
    def hasty(self, hasty: bool) -> None:
        self._deployments.hasty = hasty

    @property
    def rights(self) -> Rights:
        return self._api.rights

    def settle(self) -> None:
        """Let the controllers work until nothing is left to do at this time."""
        with self._store.changed:
            self._deployments.settle()

    def step(self) -> bool:
        """Let them do one thing; False if nothing is left."""
        with self._store.changed:
            return self._deployments.step()

    def create_namespace(self, name: str) -> None:
        self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def create(self, manifest: Manifest) -> None:
        """Past all rights, as an administrator."""
        kind = kind_of(manifest)
        with self._store.changed:
            namespace = manifest["metadata"].get("namespace", "")
            self._api.objects.create(kind, namespace, manifest, Write("administrator"))

    def patch(self, resource: str, namespace: str, name: str, patch: Manifest, manager: str) -> None:
        """A merge patch, past all rights."""
        with self._store.changed:
            kind = _kind(resource)
            self._api.objects.patch(kind, namespace, name, lambda live: merge_patch(live, patch), Write(manager))
            self._written()

    def list(self, resource: str, namespace: str = "") -> list[Manifest]:
        """All objects of a resource such as `deployments.apps`, by name."""
        with self._store.changed:
            return self._store.of(_kind(resource), namespace)

    def _written(self) -> None:
        for ingress in self._store.of(INGRESS) if self.balancer else []:
            status = {"loadBalancer": {"ingress": [{"hostname": self.balancer}]}}
            self._api.objects.put_status(INGRESS, {**ingress, "status": status}, "controller")
        if self.pace is Pace.AT_ONCE:
            self._deployments.settle()

    def _watch(self) -> None:
        self.watched.set()
        if self.pace is Pace.WHEN_WATCHED:
            self.settle()

    def _configuration(self) -> Manifest:
        cluster = {"server": self.address, "certificate-authority": str(self.authority)}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "stand-in",
            "clusters": [{"name": "stand-in", "cluster": cluster}],
            "users": [{"name": "deployer", "user": {"token": self.token}}],
            "contexts": [{"name": "stand-in", "context": {"cluster": "stand-in", "user": "deployer"}}],
        }


def _kind(resource: str) -> Kind:
    (found,) = [kind for kind in KINDS if kind.resource == resource]
    return found


@cache
def kubectl_version() -> str:
    """Of the kubectl that is installed, such as `1.33`; where none is, nobody minds."""
    if shutil.which("kubectl") is None:
        return "1.35"
    command = ["kubectl", "version", "--client", "--output", "json"]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["clientVersion"]
    return f"{found['major']}.{found['minor'].rstrip('+')}"


@contextlib.contextmanager
def cluster(directory: Path, clock: Clock, version: str | None = None) -> Iterator[Cluster]:
    """Run one, and end it whatever happens; its files are in `directory`. `version` is the release that it says it
    is, and whose schemas it has (default: kubectl's own). Time is the clock's, save that of certificates.

    A kubectl that chooses its own version by the cluster's, as Google's does, has it too."""
    version = version or kubectl_version()
    running = Cluster(directory, clock, version)
    thread = threading.Thread(target=running.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield running
    finally:
        running.server.close()
        thread.join()
    assert running.server.failures == []
