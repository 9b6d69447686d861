"""CodeBuild's builds: what failed, what runs."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from .build import Build, read_build
from .errors import AwsFailed, code_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_codebuild.type_defs import ListBuildsForProjectInputTypeDef, StartBuildInputTypeDef

    from .session import Aws


def pages_of_builds(aws: Aws, project: str) -> Iterator[list[Build]]:
    """Yield the builds of a project, up to a hundred at once, the newest first."""
    request: ListBuildsForProjectInputTypeDef = {"projectName": project, "sortOrder": "DESCENDING"}
    while True:
        try:
            answer = aws.codebuild.list_builds_for_project(**request)
        except ClientError as error:
            if code_of(error) == "ResourceNotFoundException":
                raise AwsFailed(f"There is no CodeBuild project {project} in {aws.region}.") from None
            raise
        ids = answer.get("ids", [])
        found = aws.codebuild.batch_get_builds(ids=ids).get("builds", []) if ids else []
        # In whatever order they are answered.
        yield sorted(map(read_build, found), key=lambda build: build.number, reverse=True)
        if "nextToken" not in answer:
            return
        request["nextToken"] = answer["nextToken"]


def last_builds(aws: Aws, project: str) -> list[Build]:
    """Return the last builds of a project, at most a hundred, the newest first."""
    return next(pages_of_builds(aws, project))


def get_build(aws: Aws, build_id: str) -> Build:
    """Return a build by its id. Raises AwsFailed."""
    found = aws.codebuild.batch_get_builds(ids=[build_id]).get("builds", [])
    if not found:
        raise AwsFailed(f"There is no build {build_id} in {aws.region}. CodeBuild forgets builds after a year.")
    return read_build(found[0])


def find_build(aws: Aws, project: str, wanted: str) -> Build:
    """Return a build of a project by its number, or by its id. Raises AwsFailed."""
    if not re.fullmatch(r"\d{1,18}", wanted):
        # Both forms name a build: PROJECT:UUID, and the UUID alone.
        return get_build(aws, wanted if ":" in wanted else f"{project}:{wanted}")
    number = int(wanted)
    for page in pages_of_builds(aws, project):
        for build in page:
            if build.number == number:
                return build
        if page and page[-1].number < number:
            break
    raise AwsFailed(
        f"{project} has no build {number}. `pipeline status` lists the last; CodeBuild forgets after a year."
    )


def start(
    aws: Aws, project: str, source_version: str | None = None, variables: Mapping[str, str] | None = None
) -> Build:
    """Start a build of a branch or commit (default: the project's own), with environment variables of its own."""
    # botocore repeats what it got no answer to, and two builds would roll out at once.
    request: StartBuildInputTypeDef = {"projectName": project, "idempotencyToken": secrets.token_hex(16)}
    if source_version is not None:
        request["sourceVersion"] = source_version
    if variables is not None:
        request["environmentVariablesOverride"] = [
            {"name": name, "value": value, "type": "PLAINTEXT"} for name, value in variables.items()
        ]
    try:
        answer = aws.codebuild.start_build(**request)
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            raise AwsFailed(f"There is no CodeBuild project {project} in {aws.region}.") from None
        raise
    return read_build(answer["build"])
