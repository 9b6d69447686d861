"""Who asks AWS, and where."""

from __future__ import annotations

import contextlib
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, NoRegionError

from .errors import CannotAsk, failures_explained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_codebuild import CodeBuildClient
    from mypy_boto3_codeconnections import CodeConnectionsClient
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_eks import EKSClient
    from mypy_boto3_logs import CloudWatchLogsClient

# `standard` retries throttling with growing pauses; how often is AWS_MAX_ATTEMPTS (boto3: three times). A read that
# takes longer than this is one that nobody answers.
_CONFIG = Config(retries={"mode": "standard"}, connect_timeout=5, read_timeout=30)

_UNUSABLE = "This machine's settings for AWS cannot be used"


@contextlib.contextmanager
def _usable() -> Iterator[None]:
    """Raise CannotAsk for what botocore stumbles over by itself when it makes a client: AWS_ENDPOINT_URL=foo."""
    try:
        yield
    except BotoCoreError:
        # Some are of the kinds below as well.
        raise
    except (OSError, ValueError) as error:
        raise CannotAsk(f"{_UNUSABLE}: {error}") from None


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
    @_usable()
    def cloudformation(self) -> CloudFormationClient:
        return self._session.client("cloudformation", **self._options)

    @cached_property
    @_usable()
    def codebuild(self) -> CodeBuildClient:
        return self._session.client("codebuild", **self._options)

    @cached_property
    @_usable()
    def ecr(self) -> ECRClient:
        return self._session.client("ecr", **self._options)

    @cached_property
    @_usable()
    def eks(self) -> EKSClient:
        return self._session.client("eks", **self._options)

    @cached_property
    @_usable()
    def logs(self) -> CloudWatchLogsClient:
        return self._session.client("logs", **self._options)

    @_usable()
    def connections(self, region: str) -> CodeConnectionsClient:
        """A connection may be of another region than the pipeline."""
        return self._session.client("codeconnections", region_name=region, **self._options)


def connect(region: str | None, profile: str | None) -> Aws:
    """Return the session of a person. What is not given is found as every AWS tool finds it. Raises CannotAsk."""
    with failures_explained(region):
        session = boto3.Session(region_name=region, profile_name=profile)
        # A variable that is set to nothing says no more than one that is not set.
        if not session.region_name:
            raise NoRegionError
        _check_credentials(session)
        return Aws(session)


def _check_credentials(session: boto3.Session) -> None:
    """Look for credentials. That there are none is told later. Raises CannotAsk."""
    try:
        session.get_credentials()
    except BotoCoreError:
        raise
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        # Its words may hold what was printed.
        raise CannotAsk(f"{_UNUSABLE}: looking for credentials ends in {type(error).__name__}.") from None
