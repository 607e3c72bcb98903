"""Ports for servers that cannot choose one by themselves."""

import random
import socket

# Below the range that the kernel takes ports from for whoever does not care, so that nobody gets one in between.
RANGE = range(20_000, 32_000)


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on."""
    found: list[int] = []
    for port in random.SystemRandom().sample(RANGE, len(RANGE)):
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        found.append(port)
        if len(found) == count:
            return found
    raise OSError("no free port")
