"""Shared parts: tokens that never run out, a client of an invented portal, and a server that sends what it is
told.
"""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest

from integrations.zoho.client import ZohoClient
from integrations.zoho.throttle import MemoryThrottle

API = "https://api.example.test"
PORTAL = "60012345"


class Tokens:
    """Hands out numbered tokens and remembers how often it had to."""

    def __init__(self):
        self.number = 1

    def access_token(self):
        """The token of the moment."""
        return f"1000.token{self.number}.secret{self.number}"

    def refreshed(self, old_access_token):
        """Another one."""
        assert old_access_token == self.access_token()
        self.number += 1
        return self.access_token()


@pytest.fixture
def tokens():
    """A token source that can always refresh."""
    return Tokens()


@pytest.fixture
def pauses():
    """The pauses a client asked for, instead of real waiting."""
    return []


@pytest.fixture
def client(tokens, pauses):
    """A client of an invented portal on a host that only `responses` answers for."""
    with ZohoClient(API, PORTAL, tokens, MemoryThrottle(limit=10_000), sleep=pauses.append) as made:
        yield made


@pytest.fixture
def raw_server():
    """Call it with the byte answers to give, one per connection; it returns its address."""
    with contextlib.ExitStack() as stack:

        def serve(*scripts):
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            done = threading.Event()
            thread = threading.Thread(target=_serve, args=(listener, scripts, done), daemon=True)
            thread.start()
            stack.callback(thread.join, 5)
            stack.callback(done.set)
            return f"http://127.0.0.1:{listener.getsockname()[1]}"

        yield serve


def _serve(listener, scripts, done):
    for script in scripts:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, contextlib.suppress(OSError):
            asked = b""
            while b"\r\n\r\n" not in asked:
                if not (part := connection.recv(65536)):
                    break  # hung up before asking
                asked += part
            for part in [script] if isinstance(script, bytes) else script:
                if isinstance(part, bytes):
                    connection.sendall(part)
                elif done.wait(part):
                    return
