"""Running the product: supervisor, watch, health."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Registers the start-up checks with Django."""

    name = "operations"

    def ready(self) -> None:
        """Import the checks, which register themselves."""
        from config import checks  # noqa: F401
