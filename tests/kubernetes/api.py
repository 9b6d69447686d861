"""The API: what each request is answered, without a network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import discovery, patches, refusals, tables
from .kinds import NAMESPACE
from .objects import Objects, Write
from .requests import Address, Request, address
from .rights import Rights
from .selecting import selector

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.auth.clock import Clock

    from .schema import Schemas
    from .selecting import Matches
    from .store import Store

    Manifest = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    code: int
    content: Manifest
    content_type: str = "application/json"

    @property
    def body(self) -> bytes:
        return json.dumps(self.content).encode()


@dataclass(frozen=True)
class Watch:
    """An answer without an end: the changes after a version, of what is selected."""

    of: Address
    after: int
    matches: Matches


class Api:
    """`written` is called after each write, and a write holds the store's lock until then."""

    def __init__(self, store: Store, schemas: Schemas, clock: Clock, minor: str, written: Callable[[], None]) -> None:
        self.rights = Rights()
        self.objects = Objects(store, schemas, clock)
        self._store = store
        self._schemas = schemas
        self._clock = clock
        self._minor = minor
        self._written = written

    def answer(self, request: Request) -> Answer | Watch:
        with self._store.changed:
            try:
                return self._discovered(request) or self._answer(request, address(request.path))
            except refusals.Refused as refused:
                return Answer(refused.code, refused.status())

    def _discovered(self, request: Request) -> Answer | None:
        path = request.path
        if path == "/version":
            return Answer(200, discovery.version(self._minor))
        if path in ("/api", "/apis"):
            if discovery.DISCOVERY not in request.accept:
                raise refusals.Refused(406, "NotAcceptable", "only aggregated discovery is known here")
            return Answer(200, discovery.groups(core=path == "/api"), discovery.DISCOVERY)
        if path == "/openapi/v3":
            return Answer(200, discovery.openapi_index())
        if path.startswith("/openapi/v3/"):
            return Answer(200, discovery.openapi(path.removeprefix("/openapi/v3/")))
        return None

    def _answer(self, request: Request, at: Address) -> Answer | Watch:
        match request.method:
            case "GET" if at.name:
                self._check("get", at)
                return self._shown(request, at, self._store.get(at.kind, at.namespace, at.name))
            case "GET" if request.query.get("watch") in ("true", "1"):
                self._check("watch", at)
                if "sendInitialEvents" in request.query:
                    message = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"
                    raise refusals.Refused(422, "Invalid", message)
                after = int(request.query.get("resourceVersion") or 0)
                return Watch(at, after, self._selector(request, at))
            case "GET":
                self._check("list", at)
                return self._list(request, at)
            case "POST" if not at.name:
                self._check("create", at)
                return self._done(201, self._create(request, at))
            case "PATCH" if at.name:
                self._check("patch", at)
                return self._done(200, self._patch(request, at))
            case "DELETE" if at.name:
                self._check("delete", at)
                return self._done(200, self._delete(at))
        raise refusals.method_not_allowed()

    def _check(self, verb: str, at: Address) -> None:
        # A namespace is in itself, so a Role in it may grant to look at it.
        namespace = at.name if at.kind == NAMESPACE else at.namespace
        self.rights.check(verb, at.kind, namespace, at.name)

    def _selector(self, request: Request, at: Address) -> Matches:
        return selector(at.kind, request.query.get("labelSelector", ""), request.query.get("fieldSelector", ""))

    def _shown(self, request: Request, at: Address, manifest: Manifest) -> Answer:
        if "as=Table" in request.accept:
            return self._table(request, at, [manifest])
        return Answer(200, manifest)

    def _list(self, request: Request, at: Address) -> Answer:
        matches = self._selector(request, at)
        found = [manifest for manifest in self._store.of(at.kind, at.namespace) if matches(manifest)]
        if "as=Table" in request.accept:
            return self._table(request, at, found)
        metadata = {"resourceVersion": str(self._store.version)}
        listed = {"kind": f"{at.kind.name}List", "apiVersion": at.kind.api_version, "metadata": metadata}
        return Answer(200, {**listed, "items": found})

    def _table(self, request: Request, at: Address, manifests: list[Manifest]) -> Answer:
        whole = request.query.get("includeObject") == "Object"
        return Answer(200, tables.table(at.kind, manifests, str(self._store.version), self._clock.now(), whole=whole))

    def _done(self, code: int, manifest: Manifest) -> Answer:
        self._written()
        return Answer(code, manifest)

    def _create(self, request: Request, at: Address) -> Manifest:
        return self.objects.create(at.kind, at.namespace, request.content(), _write(request))

    def _patch(self, request: Request, at: Address) -> Manifest:
        patch, write = request.content(), _write(request)
        where = (at.kind, at.namespace, at.name)
        match request.content_type.partition(";")[0]:
            case "application/apply-patch+yaml":
                if not request.query.get("fieldManager"):
                    raise refusals.bad_request("PatchOptions.meta.k8s.io is invalid: fieldManager: Required value")
                if self._store.find(*where) is None:
                    # An apply that makes an object is a create as well.
                    self._check("create", at)
                return self.objects.apply(*where, patch, write)
            case "application/json-patch+json":
                return self.objects.patch(*where, lambda live: patches.json_patch(live, patch), write)
            case "application/merge-patch+json":
                return self.objects.patch(*where, lambda live: patches.merge_patch(live, patch), write)
            case "application/strategic-merge-patch+json":
                schema = self._schemas.of(at.kind)
                return self.objects.patch(*where, lambda live: patches.strategic_patch(live, patch, schema), write)
        raise refusals.Refused(415, "UnsupportedMediaType", f"the body of the request is {request.content_type}")

    def _delete(self, at: Address) -> Manifest:
        found = self._store.get(at.kind, at.namespace, at.name)
        self._store.delete(at.kind, at.namespace, at.name)
        details = {"name": at.name, "group": at.kind.group, "kind": at.kind.plural, "uid": found["metadata"]["uid"]}
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def _write(request: Request) -> Write:
    query = request.query
    return Write(
        manager=query.get("fieldManager") or request.user_agent.partition("/")[0],
        strict=query.get("fieldValidation") == "Strict",
        dry_run=query.get("dryRun") == "All",
        force=query.get("force") == "true",
    )
