"""One build, and what builds say together: what runs, and what is rolling."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_codebuild.type_defs import BuildPhaseTypeDef, BuildTypeDef

# What the buildspecs export, and what a deployment is told: the build that it comes from, or what it goes back to.
DEPLOYED, COMMIT, IMAGE = "DEPLOYED", "COMMIT", "IMAGE"
FROM_BUILD = "FROM_BUILD"
AUDIT_OVERRIDE = "AUDIT_OVERRIDE"
ROLLBACK_COMMIT, ROLLBACK_IMAGE = "ROLLBACK_COMMIT", "ROLLBACK_IMAGE"

_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Phase:
    """A part of a build. `status` is empty while it runs; `messages` say why it failed."""

    name: str
    status: str
    messages: tuple[str, ...]


@dataclass(frozen=True)
class LogPlace:
    group: str
    stream: str


@dataclass(frozen=True)
class Build:
    """A build of CodeBuild. `commit` is 40 hexadecimal digits, and empty as long as it is not known."""

    id: str
    number: int
    project: str
    status: str
    current_phase: str
    phases: tuple[Phase, ...]
    source_version: str
    commit: str
    rollback: bool
    initiator: str
    started: datetime | None
    ended: datetime | None
    exported: Mapping[str, str]
    log: LogPlace | None

    @property
    def running(self) -> bool:
        return self.status == "IN_PROGRESS"

    @property
    def succeeded(self) -> bool:
        return self.status == "SUCCEEDED"

    @property
    def deployed(self) -> bool:
        """Whether it put its image into the cluster, where it became ready: also where callers did not reach it."""
        return self.exported.get(DEPLOYED) == "yes" and IMAGE in self.exported

    @property
    def made(self) -> str | None:
        """The image that it built, or found that its project had built of its commit. A rollback builds none."""
        return None if self.rollback or not self.commit else self.exported.get(IMAGE) or None

    @property
    def overtaken(self) -> bool:
        """Whether it deployed nothing, since something newer ran there. Others say nothing of the kind."""
        return self.succeeded and self.exported.get(DEPLOYED) == "no"

    @property
    def failure(self) -> Phase | None:
        """The phase that failed first, of a build that did."""
        return next((phase for phase in self.phases if phase.status not in ("", "SUCCEEDED", "IN_PROGRESS")), None)

    @property
    def started_by(self) -> str:
        """Whoever or whatever started it: a person's name, GitHub, or a service."""
        if self.rollback:
            return f"rollback by {_person(self.initiator)}"
        if self.initiator.startswith("GitHub"):
            return f"GitHub, {self.source_version}" if self.source_version.startswith("pr/") else "GitHub"
        return _person(self.initiator)

    def seconds(self, now: float) -> int:
        """How long it took, or has taken so far."""
        if self.started is None:
            return 0
        end = now if self.ended is None else self.ended.timestamp()
        return max(0, round(end - self.started.timestamp()))


@dataclass(frozen=True)
class Deployed:
    """What runs, as far as builds tell: `kubectl rollout undo` by hand leaves no trace here."""

    commit: str
    image: str
    build: Build


def what_runs(builds: Sequence[Build]) -> Deployed | None:
    """Return what the last successful deployment put there. `builds` are of the deploy project, the newest first."""
    # Builds overlap: the last one to end has deployed over the others, whichever began last.
    build = max((build for build in builds if build.deployed), key=_end, default=None)
    return None if build is None else Deployed(build.commit, build.exported[IMAGE], build)


def what_is_rolling(builds: Sequence[Build]) -> list[Build]:
    return [build for build in builds if build.running]


def read_build(found: BuildTypeDef) -> Build:
    """Return a build of CodeBuild in our words."""
    exported = {given["name"]: given.get("value", "") for given in found.get("exportedEnvironmentVariables", [])}
    told = {given["name"]: given["value"] for given in found.get("environment", {}).get("environmentVariables", [])}
    rollback = bool(told.get(ROLLBACK_IMAGE))
    version = found.get("sourceVersion", "")
    # A rollback is built from the branch, and deploys something else.
    named = (told.get(ROLLBACK_COMMIT),) if rollback else (exported.get(COMMIT), found.get("resolvedSourceVersion"))
    logs = found.get("logs", {})
    group, stream = logs.get("groupName"), logs.get("streamName")
    return Build(
        found["id"],
        found.get("buildNumber", 0),
        found.get("projectName", ""),
        found.get("buildStatus", "IN_PROGRESS"),
        found.get("currentPhase", ""),
        tuple(map(_phase, found.get("phases", []))),
        version,
        # What was asked for is a branch or a pull request as well.
        next((name for name in (*named, version) if name and _COMMIT.fullmatch(name)), ""),
        rollback,
        found.get("initiator", ""),
        found.get("startTime"),
        found.get("endTime"),
        exported,
        LogPlace(group, stream) if group and stream else None,
    )


def _end(build: Build) -> float:
    return 0 if build.ended is None else build.ended.timestamp()


def _phase(found: BuildPhaseTypeDef) -> Phase:
    said = (f"{context.get('statusCode', '')} {context.get('message', '')}" for context in found.get("contexts", []))
    messages = tuple(filter(None, (" ".join(text.split()) for text in said)))
    return Phase(found.get("phaseType", ""), found.get("phaseStatus", ""), messages)


def _person(initiator: str) -> str:
    """A role's session is named last."""
    return initiator.rpartition("/")[2] or "nobody"
