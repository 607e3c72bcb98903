"""One practice portal for all tests of this folder; every test finds it fresh and not throttled."""

import pytest

from practice_portal.server import start
from tests.practice_portal.helpers import Api


@pytest.fixture(scope="session")
def running():
    """The server itself."""
    with start(size="small", today="2026-11-20", throttle_limit=0) as portal:
        yield portal


@pytest.fixture
def api(running):
    """A connected client of a fresh portal."""
    running.state.settings.update({"throttle_limit": 0, "auto_consent": True, "redirect_uris": []})
    running.state.reset()
    return Api(running)
