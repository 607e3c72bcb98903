"""Running the product: supervisor, watch, health."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Registers the start-up checks with Django, listens to the queue, and notes what this program brings."""

    name = "operations"

    def ready(self) -> None:
        """Import the checks, which register themselves, and note each task that a worker takes."""
        from django_q.signals import pre_execute

        from config import checks  # noqa: F401
        from operations import fits
        from operations.heartbeat import task_begins

        fits.own()
        pre_execute.connect(task_begins, dispatch_uid="operations.heartbeat")
