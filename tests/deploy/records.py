"""CodeBuild's record of builds, which moto does not keep: what each of a project's builds exported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..aws.models import Refusal
from ..aws.stand_in import StandIn

PROJECT = "auth0-api-pipeline-build"
STAGING = "auth0-api-pipeline-staging"
PRODUCTION = "auth0-api-pipeline-deploy"


@dataclass
class Records:
    """Answers for `cloud`, whatever the project; `builds` are by id, and `PROJECT:…` is whose they are."""

    cloud: StandIn
    builds: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cloud.on("codebuild:ListBuildsForProject", self._list)
        self.cloud.on("codebuild:BatchGetBuilds", self._get)

    def begin(self, project: str = PROJECT) -> str:
        """Return the id of a build that runs."""
        name = f"{project}:{len(self.builds):08x}-0000-4000-8000-000000000000"
        number = len(self.builds) + 1
        self.builds[name] = {"id": name, "buildNumber": number, "projectName": project, "buildStatus": "IN_PROGRESS"}
        return name

    def end(
        self, name: str, exported: Mapping[str, str], told: Mapping[str, str] | None = None, status: str = "SUCCEEDED"
    ) -> None:
        """Keep what a build exported and was told."""
        self.builds[name] |= {
            "buildStatus": status,
            "exportedEnvironmentVariables": _variables(exported),
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:8.0",
                "computeType": "BUILD_GENERAL1_MEDIUM",
                "environmentVariables": _variables(told or {}),
            },
        }

    def deny(self) -> None:
        """As where the role may not see builds yet."""
        self.cloud.on("codebuild:ListBuildsForProject", Refusal("AccessDeniedException", "not authorized"))

    def _list(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        mine = [name for name, one in self.builds.items() if one["projectName"] == asked["projectName"]]
        return {"ids": mine[::-1]}

    def _get(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return {"builds": [self.builds[name] for name in asked["ids"]]}


def _variables(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items()]
