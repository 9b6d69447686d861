"""AWS over HTTP, as moto plays it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"


def environment(address: str, directory: Path) -> dict[str, str]:
    """What makes boto3 and the aws command line talk to it, and to nothing of this machine."""
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(directory / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(directory / "no-credentials"),
    }


@pytest.fixture(scope="session")
def aws_server() -> Iterator[str]:
    # One for all: moto does not come up a second time in a process.
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture
def aws(aws_server: str) -> str:
    """The address of an AWS with nothing in it."""
    httpx.post(f"{aws_server}/moto-api/reset", trust_env=False).raise_for_status()
    return aws_server


def client(service: str, address: str) -> object:
    return boto3.client(
        service,
        endpoint_url=address,
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
