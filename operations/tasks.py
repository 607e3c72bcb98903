"""What the queue runs for the supervisor."""

from operations.heartbeat import WORKER, beat


def ping() -> None:
    """Show that a worker takes tasks from the queue and finishes them."""
    beat(WORKER)
