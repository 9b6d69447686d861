"""A cluster for a test: started, looked into and ended by it."""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
from enum import Enum
from typing import TYPE_CHECKING, Any

from .api import Api
from .certificate import certified
from .deployments import Deployments
from .kinds import find, kind_of
from .objects import Write
from .schema import Schemas
from .server import Server
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.auth.clock import Clock

    from .rights import Rights

    Manifest = dict[str, Any]


class Pace(Enum):
    """When the controllers work: after each write; once somebody watches; or when a test calls `settle`."""

    AT_ONCE = 1
    WHILE_WATCHED = 2
    BY_HAND = 3


class Cluster:
    """`authority` is the PEM file to trust, `kubeconfig` one for a user with `token`, and `environment` what kubectl
    needs to use it. `broken` and `hasty`: see `Deployments`."""

    def __init__(self, directory: Path, clock: Clock, version: str) -> None:
        self.pace = Pace.AT_ONCE
        self.token = secrets.token_urlsafe()
        self._store = Store()
        self._api = Api(self._store, Schemas(version), clock, version, self._written)
        self._deployments = Deployments(self._api.objects, clock)
        self._watched = False
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

    def list(self, resource: str, namespace: str = "") -> list[Manifest]:
        """All objects of a resource such as `deployments.apps`, by name."""
        plural, _, group = resource.partition(".")
        kind = next(kind for version in ("v1", "v2") if (kind := find(group, version, plural)))
        with self._store.changed:
            return self._store.of(kind, namespace)

    def _written(self) -> None:
        if self.pace is Pace.AT_ONCE or (self.pace is Pace.WHILE_WATCHED and self._watched):
            self._deployments.settle()

    def _watch(self) -> None:
        if self.pace is Pace.WHILE_WATCHED:
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


@contextlib.contextmanager
def cluster(directory: Path, clock: Clock, version: str = "1.32") -> Iterator[Cluster]:
    """Run one, and end it whatever happens; its files are in `directory`. `version` is the release that it says it
    is, and whose schemas it has. Time is the clock's, save that of certificates.

    A kubectl that chooses its own version by the cluster's, as Google's does, has it too."""
    running = Cluster(directory, clock, version)
    thread = threading.Thread(target=running.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield running
    finally:
        running.server.close()
        thread.join()
    assert running.server.failures == []
