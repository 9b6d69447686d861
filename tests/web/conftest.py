from __future__ import annotations

import pytest

from service.app import create_app
from service.web import Application

from ..tenant import ManualClock, Tenant, settings
from .orders import blueprint


@pytest.fixture
def app(tenant: Tenant, clock: ManualClock) -> Application:
    """The API with routes of a user's own."""
    app = create_app(settings(cors_allow_origins=("https://app.example.com",)), clock=clock, transport=tenant.transport)
    app.register_blueprint(blueprint)
    return app
