from __future__ import annotations

import signal

import pytest

from service.app import create_app
from service.web import Application

from .aws_server import aws, aws_server
from .tenant import ManualClock, Tenant, settings

__all__ = ["aws", "aws_server"]

# Whoever runs the tests in the background (`pytest &` in a script) has Ctrl-C ignored, and what the tests start would
# inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--cluster",
        action="store_true",
        help="run tests/deploy/test_any_cluster.py on the cluster that KUBECONFIG names",
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


@pytest.fixture
def make_token(tenant: Tenant):
    """Makes a real, good token; each override makes it another one."""
    return tenant.token


@pytest.fixture
def app(tenant: Tenant, clock: ManualClock) -> Application:
    return create_app(settings(), clock=clock, transport=tenant.transport)
