"""The whole product, started and stopped for real."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue

import pytest
from django.conf import settings

from operations.processes import session_members
from tests.ports import free_ports

pytestmark = pytest.mark.slow
UNSET = ("DATABASE_URL", "SITE_URL", "DEBUG", "ALLOWED_HOSTS", "SECRET_KEY", "TOKEN_ENCRYPTION_KEYS")
UNSET += ("ZOHO_CLIENT_ID", "ZOHO_CLIENT_SECRET", "ZOHO_ACCOUNTS_URL", "ZOHO_API_URL", "ADMIN_PASSWORD")


def environment(folder: Path, web: int, portal: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    return {
        **kept,
        "READ_DOT_ENV": "false",
        "VAR_DIR": str(folder),
        "PORT": str(web),
        "PRACTICE_PORTAL_PORT": str(portal),
        "WEB_PROCESSES": "1",
    }


class Running:
    """`manage.py up` with its output, line by line."""

    def __init__(self, folder: Path, web: int, portal: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=settings.BASE_DIR,
            env=environment(folder, web, portal),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: Queue[str] = Queue()
        self.text = ""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)

    def read_until(self, words: str, seconds: float = 240) -> str:
        """All output so far, once a line with `words` has come."""
        while words not in self.text:
            try:
                self.text += self.lines.get(timeout=seconds)
            except Empty:
                raise AssertionError(f"{words!r} did not come; output so far:\n{self.text}") from None
        return self.text

    def children(self) -> list[int]:
        """The main processes under the supervisor."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def stop(self) -> int:
        """Ctrl-C, then the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=240)


@contextmanager
def up(folder: Path, web: int, portal: int) -> Iterator[Running]:
    running = Running(folder, web, portal)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()  # its children follow it
        running.process.wait()
        running.reader.join(timeout=10)
        if running.process.stdout:
            running.process.stdout.close()


def get(port: int, path: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        return answer.status, answer.read()


def test_it_starts_on_an_empty_folder_says_how_to_sign_in_and_stops_without_leaving_a_process(
    tmp_path: Path,
) -> None:
    web, portal = free_ports(2)
    with up(tmp_path, web, portal) as first:
        text = first.read_until("Ctrl-C")
        assert f"http://127.0.0.1:{web}/" in text
        assert "admin@example.test" in text
        assert re.search(r"Password \(shown only now\): \S{20,}", text)
        status, body = get(web, "/healthz")
        assert (status, json.loads(body)["worker"]) == (200, "alive")
        with pytest.raises(OSError, match="in use"):
            socket.create_server(("127.0.0.1", portal))
        sessions = first.children()
        assert len(sessions) == 4  # web, worker, watch, practice portal
        assert first.stop() == 0
        assert not [pid for session in sessions for pid in session_members(session)]
        assert "Traceback" not in first.text

    with up(tmp_path, web, portal) as second:
        text = second.read_until("Ctrl-C")
        assert "shown only now" not in text
        assert "./run manage changepassword admin@example.test" in text
        assert second.stop() == 0


def test_a_taken_port_is_named_with_the_way_to_another_one(tmp_path: Path) -> None:
    web, portal = free_ports(2)
    with socket.create_server(("127.0.0.1", web)):
        done = subprocess.run(
            [sys.executable, "manage.py", "up"],
            cwd=settings.BASE_DIR,
            env=environment(tmp_path, web, portal),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
        )
    assert done.returncode == 1
    assert f"Port {web} on 127.0.0.1, meant for the web server, is taken" in done.stderr
    assert f"PORT={web + 1} ./run" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "erp.sqlite3").exists()
