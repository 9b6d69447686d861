"""The images that builds of a project made and that are still in ECR, and finding the one that is meant.

Pipelines of several environments may push to one repository, and their roles write its tags. So no tag tells what an
image is: its project's own builds do, by the digests and the commits that they exported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from .errors import AwsFailed, code_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from .build import Build
    from .session import Aws

# The name of the repository in deploy/aws/pipeline.yaml.
REPOSITORY = "auth0-api"

_ABBREVIATED = re.compile(r"[0-9a-f]{7,39}")


class NoSuchImage(AwsFailed):
    """Nothing, or more than one thing, goes by that name."""


@dataclass(frozen=True)
class Pushed:
    """What ECR tells of an image."""

    tags: tuple[str, ...]
    time: datetime


@dataclass(frozen=True)
class Image:
    """An image that can be deployed. `commit` is what it was built from, as its build exported it."""

    digest: str
    commit: str
    tags: tuple[str, ...]
    pushed: datetime

    @property
    def tag(self) -> str:
        """The tag that begins with its commit, as its build gives it one; the commit where there is none."""
        return next((tag for tag in self.tags if tag.startswith(self.commit)), self.commit)


def images_in(aws: Aws, repository: str) -> dict[str, Pushed]:
    """Return the images that have a tag, by digest. What has none is a part of another one."""
    try:
        pages = [*aws.ecr.get_paginator("describe_images").paginate(repositoryName=repository)]
    except ClientError as error:
        if code_of(error) == "RepositoryNotFoundException":
            raise AwsFailed(f"There is no ECR repository {repository} in {aws.region}, so there is no image.") from None
        raise
    return {
        found["imageDigest"]: Pushed(tuple(sorted(found["imageTags"])), found["imagePushedAt"])
        for page in pages
        for found in page["imageDetails"]
        if found.get("imageTags")
    }


def images_made(pushed: Mapping[str, Pushed], uri: str, pages: Iterable[Sequence[Build]]) -> list[Image]:
    """Return those of `pushed` that the builds made, the one that was pushed last first.

    `uri` is the repository's, and `pages` are the builds of one project, the newest first; no more pages are read than
    it takes to know every image.
    """
    commits: dict[str, str] = {}
    for page in pages:
        for build in page:
            repository, _, digest = (build.made or "").rpartition("@")
            if repository == uri and digest in pushed:
                commits.setdefault(digest, build.commit)
        if len(commits) == len(pushed):
            break
    images = [Image(digest, commit, pushed[digest].tags, pushed[digest].time) for digest, commit in commits.items()]
    return sorted(images, key=lambda image: image.pushed, reverse=True)


def choose(images: Sequence[Image], wanted: str) -> Image:
    """Return the one image with that commit (7 digits or more), digest, or tag that names its commit.

    Raises NoSuchImage.
    """
    # A digest may come with the name in front, as it is deployed.
    wanted = wanted.rpartition("@")[2]
    found = [image for image in images if wanted in (image.digest, image.commit, image.tag)]
    if not found and _ABBREVIATED.fullmatch(wanted):
        found = [image for image in images if image.commit.startswith(wanted)]
    if not found:
        raise NoSuchImage(
            f"No image goes by {wanted}. `pipeline rollback` lists those that this pipeline has built and still has: a "
            "tag, a commit of at least 7 digits and a digest are understood."
        )
    if len(found) > 1:
        which = ", ".join(f"{image.commit} ({image.digest})" for image in found)
        raise NoSuchImage(f"{wanted} may be any of {which}. Write more of it, or the digest.")
    return found[0]


def repository_exists(aws: Aws) -> bool:
    """Whether there is a repository of the pipeline's name, whoever made it."""
    try:
        aws.ecr.describe_repositories(repositoryNames=[REPOSITORY])
    except ClientError as error:
        if code_of(error) == "RepositoryNotFoundException":
            return False
        raise
    return True
