"""The images in ECR, and finding the one that somebody means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from .errors import AwsFailed, code_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from .session import Aws

# The name of the repository in deploy/aws/pipeline.yaml.
REPOSITORY = "auth0-api"

_COMMIT = re.compile(r"[0-9a-f]{40}")
_ABBREVIATED = re.compile(r"[0-9a-f]{7,39}")


class NoSuchImage(AwsFailed):
    """Nothing, or more than one thing, goes by that name."""


@dataclass(frozen=True)
class Image:
    """An image that can be deployed. A tag is a commit."""

    digest: str
    tags: tuple[str, ...]
    pushed: datetime

    @property
    def tag(self) -> str:
        """The commit that it was built from; another tag where it has none of a commit."""
        return next((tag for tag in self.tags if _COMMIT.fullmatch(tag)), self.tags[0])


def images_in(aws: Aws, repository: str) -> list[Image]:
    """Return the images that have a tag, the newest first. What has none is a part of another one."""
    try:
        pages = [*aws.ecr.get_paginator("describe_images").paginate(repositoryName=repository)]
    except ClientError as error:
        if code_of(error) == "RepositoryNotFoundException":
            raise AwsFailed(f"There is no ECR repository {repository} in {aws.region}, so there is no image.") from None
        raise
    images = [
        Image(found["imageDigest"], tuple(sorted(found["imageTags"])), found["imagePushedAt"])
        for page in pages
        for found in page["imageDetails"]
        if found.get("imageTags")
    ]
    return sorted(images, key=lambda image: image.pushed, reverse=True)


def choose(images: Sequence[Image], wanted: str) -> Image:
    """Return the one image with that tag, commit (7 digits or more) or digest. Raises NoSuchImage."""
    # A digest may come with the name in front, as it is deployed.
    wanted = wanted.rpartition("@")[2]
    found = [image for image in images if wanted == image.digest or wanted in image.tags]
    if not found and _ABBREVIATED.fullmatch(wanted):
        found = [image for image in images if any(tag.startswith(wanted) for tag in image.tags)]
    if not found:
        raise NoSuchImage(
            f"No image goes by {wanted}. `pipeline rollback` lists those that there are: a tag, a commit of at least 7 "
            "digits and a digest are understood."
        )
    if len(found) > 1:
        raise NoSuchImage(f"{wanted} may be any of {', '.join(image.tag for image in found)}. Write more of it.")
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
