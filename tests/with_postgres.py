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


def main(command: list[str]) -> int:
    """Start the server, run the command with DATABASE_URL set, stop; returns the command's exit code."""
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    programs, port, password = find_programs(), free_port(), secrets.token_hex(16)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="erp-postgres-") as name:
        folder = Path(name)
        (folder / "password").write_text(password)
        identity: dict[str, object] = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            for path in (folder, folder / "password"):
                os.chown(path, user.pw_uid, user.pw_gid)

        def postgres(program: str, *arguments: str) -> None:
            log = folder / f"{program}.log"
            with log.open("wb") as output:
                done = subprocess.run(
                    [str(programs / program), *arguments],
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    **identity,  # type: ignore[arg-type]
                )
            if done.returncode:
                raise SystemExit(f"{program} failed:\n{log.read_text()}")

        data = str(folder / "data")
        options = ["-A", "scram-sha-256", "--pwfile", str(folder / "password"), "-E", "UTF8"]
        postgres("initdb", "-D", data, "-U", "erp", "--no-sync", "--locale", "C.UTF-8", *options)
        # Nothing in this server has to survive a crash.
        careless = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        server = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' {careless}"
        postgres("pg_ctl", "-D", data, "-w", "-l", str(folder / "server.log"), "-o", server, "start")
        try:
            url = f"postgres://erp:{password}@127.0.0.1:{port}/postgres"
            return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}).returncode
        finally:
            postgres("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
