#!/usr/bin/env python3
"""Run a command with a PostgreSQL server of its own.

    python3 tests/with_postgres.py ./run test -m "not browser"

The server lives in a temporary folder, listens on a free loopback port and goes away with the command. Needs
Debian's package `postgresql` (any version from 14) and Python's standard library only. As root it runs under
the user `postgres`, because PostgreSQL refuses to run as root.
"""

import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path


def find_programs() -> Path:
    """The folder that holds initdb and pg_ctl, of the newest version installed."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")]
    if folders:
        return max(folders, key=lambda folder: float(folder.parent.name))
    if found := shutil.which("pg_ctl"):
        return Path(found).resolve().parent
    raise SystemExit(
        "PostgreSQL is not installed. Type this line, then start again:\n    sudo apt-get install postgresql"
    )


def free_port() -> int:
    """A loopback port that nobody listens on, from below those that the kernel hands out itself."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with suppress(OSError):
            socket.create_server(("127.0.0.1", port)).close()
            return port


class Server:
    """A PostgreSQL server in a temporary folder; `url` is its address while it runs."""

    def __init__(self) -> None:
        self.programs, self.folder = find_programs(), Path(tempfile.mkdtemp(prefix="erp-postgres-"))
        self.data, self.url = str(self.folder / "data"), ""

    def start(self, careless: bool = False) -> "Server":
        """Make the server's files and start it on a free port.

        `careless`: quicker, but what was committed last may be lost when the server is killed.
        """
        port, password = free_port(), secrets.token_hex(16)
        (self.folder / "password").write_text(password)
        if identity := _identity():
            for path in (self.folder, self.folder / "password"):
                os.chown(path, int(str(identity["user"])), int(str(identity["group"])))
        options = ["-A", "scram-sha-256", "--pwfile", str(self.folder / "password"), "-E", "UTF8"]
        _call(
            self.folder, "initdb", "-D", self.data, "-U", "erp", "--no-sync", "--locale", "C.UTF-8", *options
        )
        # Nothing in this server has to survive a crash of the machine.
        options = ["fsync=off", *(["synchronous_commit=off", "full_page_writes=off"] if careless else [])]
        options += ["listen_addresses=127.0.0.1", "unix_socket_directories=''"]
        server = f"-p {port} -c {' -c '.join(options)}"
        log = str(self.folder / "server.log")
        _call(self.folder, "pg_ctl", "-D", self.data, "-w", "-l", log, "-o", server, "start")
        self.url = f"postgres://erp:{password}@127.0.0.1:{port}/postgres"
        return self

    def stop(self) -> None:
        """End it without saving anything, and remove its files."""
        try:
            _call(self.folder, "pg_ctl", "-D", self.data, "-w", "-m", "immediate", "stop")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def kill_and_start(data: str) -> None:
    """End the server of this data folder as a crash would, in the middle of whatever it does, and start it again."""
    folder = Path(data).parent
    log = str(folder / "server.log")
    _call(folder, "pg_ctl", "-D", data, "-w", "-m", "immediate", "-l", log, "restart")


def _identity() -> dict[str, object]:
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _call(folder: Path, program: str, *arguments: str) -> None:
    log = folder / f"{program}.log"
    with log.open("wb") as output:
        done = subprocess.run(
            [str(find_programs() / program), *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            **_identity(),  # type: ignore[call-overload]
        )
    if done.returncode:
        raise SystemExit(f"{program} failed:\n{log.read_text()}")


def main(command: list[str]) -> int:
    """Start the server, run the command with DATABASE_URL set, stop; returns the command's exit code."""
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    server = Server()
    try:
        server.start(careless=True)
        environment = {**os.environ, "DATABASE_URL": server.url}
        process = subprocess.Popen(command, env=environment)
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())  # what it started it ends itself
        return process.wait()
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
