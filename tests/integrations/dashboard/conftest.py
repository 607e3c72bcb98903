"""The fixtures of the set-up tests, here too."""

from tests.integrations.setup.conftest import active, admin, connecting, organization, portal

__all__ = ["active", "admin", "connecting", "organization", "portal"]
