"""How long the web server takes to answer hints from Zoho: `python benchmarks/hints.py [hints of each kind]`.

Real gunicorn, an own database. Printed per kind of call: milliseconds until the answer (half of them, 95 of 100, the
longest), CPU milliseconds of the web processes per call, and how many bytes of a 50 MB body were taken.
"""

import contextlib
import os
import select
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import ROOT, TICKS

PORT = int(os.environ.get("BENCHMARK_PORT", "8731"))
HUGE = 50_000_000
PROCESSES = 2


def cpu(pids):
    """CPU milliseconds that processes have used."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return 1000 * total / TICKS


def children(pid):
    """The web processes: those that the server's first process started."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, found)]


def ask(head, body, length=None):
    """(seconds until the answer's first line, its status, bytes of the body that could be sent)."""
    head = f"{head}\r\nHost: 127.0.0.1\r\nContent-Length: {length or len(body)}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", PORT), timeout=60) as wire:
        began, sent = time.perf_counter(), 0
        wire.sendall(head.encode() + (body if length is None else b""))
        if length is not None:  # as long as nobody answers, more of the body comes
            wire.setblocking(False)
            chunk = b"x" * 65536
            with contextlib.suppress(BrokenPipeError):
                while sent < length and not select.select([wire], [], [], 0)[0]:
                    with contextlib.suppress(BlockingIOError):
                        sent += wire.send(chunk)
            wire.setblocking(True)
        try:
            answer = wire.recv(100)
        except ConnectionResetError:
            answer = b"- cut"
        return time.perf_counter() - began, answer.split()[1].decode(), sent


def prepare(environment):
    """Migrate and make an address; the secret."""
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    made = (
        "from django.utils import timezone\nfrom organizations.models import Organization\n"
        "from integrations import hints\nfrom integrations.models import Connection\n"
        "o = Organization.objects.create(name='Invented', base_currency='EUR')\n"
        "c = Connection.objects.create(organization=o, portal_id='1', status='active')\n"
        "c.synced_records.create(module='projects', zoho_id='4711', name='P', outcome='synced', "
        "first_seen_at=timezone.now())\nprint(hints.make(c, None))"
    )
    found = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", made],
        cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return found.stdout.split()[-1]


def main(number):
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "VAR_DIR": folder, "HINTS_PER_MINUTE": "100000", "DEBUG": "true"}
        environment.setdefault("DATABASE_URL", f"sqlite:///{folder}/benchmark.sqlite3")
        path = f"/hints/zoho-projects/{prepare(environment)}/"
        web = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{PORT}"]
        web += [
            "--worker-class",
            "gthread",
            "--workers",
            str(PROCESSES),
            "--threads",
            "4",
            "--log-level",
            "error",
        ]
        server = subprocess.Popen(web, cwd=ROOT, env=environment)
        try:
            kinds = {
                "nothing said": (f"GET {path} HTTP/1.1", b"", None),
                "a project": (f"POST {path}?project_id=4711 HTTP/1.1", b"", None),
                "64 kB of JSON": (
                    f"POST {path} HTTP/1.1",
                    b'{"project_id": "4711", "x": "' + b"y" * 65_000,
                    None,
                ),
                "64 kB of almost ids": (f"POST {path} HTTP/1.1", b"project_id=" * 5_900, None),
                "50 MB": (f"POST {path} HTTP/1.1", b"", HUGE),
                "a wrong address": ("POST /hints/zoho-projects/guessed/ HTTP/1.1", b"", None),
            }
            for _ in range(300):
                with contextlib.suppress(OSError):
                    ask(*kinds["nothing said"])
                    break
                time.sleep(0.1)
            for _ in range(20):  # each process has answered once
                ask(*kinds["a project"])
            pids = children(server.pid)
            print(f"{'kind':22}{'status':>7}{'half':>8}{'95 %':>8}{'max':>8}{'CPU':>8}{'bytes':>12}")
            for name, call in kinds.items():
                before = cpu(pids)
                found = [ask(*call) for _ in range(number)]
                used = (cpu(pids) - before) / number
                times = sorted(1000 * seconds for seconds, _, _ in found)
                statuses = "/".join(sorted({status for _, status, _ in found}))
                half, most = times[len(times) // 2], times[int(len(times) * 0.95)]
                sent = max(count for _, _, count in found)
                print(f"{name:22}{statuses:>7}{half:8.1f}{most:8.1f}{times[-1]:8.1f}{used:8.1f}{sent:12,}")
        finally:
            server.terminate()
            server.wait(timeout=20)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
