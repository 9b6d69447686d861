"""What boto3 reads and does not name where it is wrong. What it says of the rest is told by `service.aws`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .http import proxy_problems, tls_problems, trusted_directory, trusted_file
from .rules import Rule, problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def aws_problems(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what keeps boto3 from asking AWS."""
    # ALL_PROXY is not read.
    yield from proxy_problems(environment, ("http", "https"))
    bundle = "AWS_CA_BUNDLE" if environment.get("AWS_CA_BUNDLE") else "REQUESTS_CA_BUNDLE"
    yield from problems({bundle: Rule(_trusted, "certificates in PEM form")}, environment)
    yield from tls_problems(environment)


def _trusted(value: str) -> None:
    (trusted_directory if os.path.isdir(value) else trusted_file)(value)
