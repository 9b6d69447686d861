"""Who asks AWS, and where."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import NoRegionError

from .errors import failures_explained
from .machine import check_credentials, open_session, usable

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.client import BaseClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_codebuild import CodeBuildClient
    from mypy_boto3_codeconnections import CodeConnectionsClient
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_eks import EKSClient
    from mypy_boto3_logs import CloudWatchLogsClient

# `standard` retries throttling with growing pauses; how often is AWS_MAX_ATTEMPTS (boto3: three times). A read that
# takes longer than this is one that nobody answers.
_CONFIG = Config(retries={"mode": "standard"}, connect_timeout=5, read_timeout=30)


Client = TypeVar("Client", bound="BaseClient")


def _reachable(client: Client) -> Client:
    """Return a client whose address is one. Raises ValueError for AWS_ENDPOINT_URL=http://127.0.0.1:port."""
    _ = urlsplit(client.meta.endpoint_url).port
    return client


class Aws:
    """The services that the pipeline is made of, as one person's session reaches them.

    `now` is in seconds since the epoch, and `pause` waits for seconds. `endpoint` stands in for AWS's own addresses.
    """

    def __init__(
        self,
        session: boto3.Session,
        now: Callable[[], float] = time.time,
        pause: Callable[[float], None] = time.sleep,
        endpoint: str | None = None,
    ) -> None:
        self.region = session.region_name
        self.now = now
        self.pause = pause
        self._session = session
        self._options: dict[str, Any] = {"config": _CONFIG, "endpoint_url": endpoint}

    @cached_property
    @usable()
    def cloudformation(self) -> CloudFormationClient:
        return _reachable(self._session.client("cloudformation", **self._options))

    @cached_property
    @usable()
    def codebuild(self) -> CodeBuildClient:
        return _reachable(self._session.client("codebuild", **self._options))

    @cached_property
    @usable()
    def ecr(self) -> ECRClient:
        return _reachable(self._session.client("ecr", **self._options))

    @cached_property
    @usable()
    def eks(self) -> EKSClient:
        return _reachable(self._session.client("eks", **self._options))

    @cached_property
    @usable()
    def logs(self) -> CloudWatchLogsClient:
        return _reachable(self._session.client("logs", **self._options))

    @usable()
    def connections(self, region: str) -> CodeConnectionsClient:
        """A connection may be of another region than the pipeline."""
        return _reachable(self._session.client("codeconnections", region_name=region, **self._options))


def connect(region: str | None, profile: str | None) -> Aws:
    """Return the session of a person. What is not given is found as every AWS tool finds it. Raises AwsFailed."""
    with failures_explained(region):
        found = open_session()
        session = boto3.Session(botocore_session=found, region_name=region or None, profile_name=profile or None)
        # A variable that is set to nothing says no more than one that is not set.
        if not session.region_name:
            raise NoRegionError
        check_credentials(found)
        return Aws(session)
