"""What the queue runs for the supervisor."""


def ping() -> None:
    """Nothing: that a worker takes it from the queue is the sign of life (see operations.heartbeat)."""
