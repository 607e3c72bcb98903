"""`manage.py up`: everything that an installation needs, under one supervisor."""

from __future__ import annotations

import logging
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connections
from django.utils.module_loading import import_string

from operations import heartbeat, stopping
from operations.processes import Child
from operations.supervisor import Supervisor

log = logging.getLogger(__name__)
READY_SECONDS = 60


def port_is_free(host: str, port: int) -> bool:
    """True when a server could listen there now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def health(port: int) -> int:
    """The status of /healthz, 0 while nobody answers."""
    host = settings.ALLOWED_HOSTS[0].lstrip(".")
    request = urllib.request.Request(f"http://127.0.0.1:{port}/healthz", headers={"Host": host})
    try:
        # No proxy from the environment: this is our own process.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=2) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as answer:
        return answer.code
    except OSError:
        return 0


def worker_silence() -> float | None:
    """Seconds since the worker's last sign of life; None when the database does not answer."""
    try:
        return heartbeat.silent_seconds(heartbeat.WORKER)
    except Error:
        return None
    finally:
        connections.close_all()


class Command(BaseCommand):
    """Runs until Ctrl-C or SIGTERM; exit code 0 then, 1 when a process cannot be kept running."""

    help = "Start web, worker, watch and (in a try-out) the practice portal; stop them all with Ctrl-C."

    def say(self, text: str = "") -> None:
        """A line on standard output, at once."""
        self.stdout.write(text)
        self.stdout.flush()

    def handle(self, *args: Any, **options: Any) -> None:
        """Check the ports, prepare the database, start, watch, stop."""
        self.check_ports()
        call_command("migrate", interactive=False, verbosity=0)
        password = self.first_start()
        stop_file = settings.VAR_DIR / "run" / f"stop-{os.getpid()}"
        supervisor = Supervisor(
            self.children(stop_file),
            stop_file,
            worker_silence,
            silent_after=settings.WORKER_SILENT_SECONDS,
            stop_seconds=settings.STOP_SECONDS,
        )
        connections.close_all()
        supervisor.listen()
        trouble = ""
        try:
            supervisor.start()
            trouble = self.wait_until_ready(supervisor)
            if not trouble and not supervisor.stopping.is_set():
                self.welcome(password)
                trouble = supervisor.watch()
        finally:
            self.say("\nStopping ... (running work ends its page first; Ctrl-C again stops at once)")
            supervisor.stop()
        if trouble:
            raise CommandError(trouble)
        self.say("Stopped.")

    def check_ports(self) -> None:
        """Refuse to start on a port that another program uses; say how to choose another one."""
        wanted = [("PORT", settings.BIND, settings.PORT, "the web server")]
        if settings.USING_PRACTICE_PORTAL:
            wanted.append(
                ("PRACTICE_PORTAL_PORT", "127.0.0.1", settings.PRACTICE_PORTAL_PORT, "the practice portal")
            )
        taken = [
            f"Port {port} on {host}, meant for {what}, is taken by another program. Stop that program, or "
            f"choose another port: {variable}={port + 1} ./run"
            for variable, host, port, what in wanted
            if not port_is_free(host, port)
        ]
        if taken:
            raise CommandError("\n".join(taken))

    def first_start(self) -> str:
        """Create a first login where nobody can sign in; returns its password if it was generated."""
        given = os.environ.get("ADMIN_PASSWORD", "")
        if get_user_model().objects.exists():
            return ""
        if settings.PRODUCTION and not given:
            self.say(
                "Nobody can sign in yet. Create the first login: ./run manage create_organization --help"
            )
            return ""
        create = import_string("organizations.management.commands.create_organization.create")
        try:
            _, password = create(settings.FIRST_ORGANIZATION, "EUR", "UTC", settings.FIRST_ADMIN_EMAIL, given)
        except ValueError as refused:
            raise CommandError(str(refused)) from None
        return "" if given else str(password)

    def children(self, stop_file: Path) -> list[Child]:
        """The processes of this installation, not yet started."""
        # PORT and SITE_URL may come from the command line's environment or from .env: hand on what was read.
        environment = {**os.environ, stopping.VARIABLE: str(stop_file), "PYTHONUNBUFFERED": "1"}
        python, manage = sys.executable, str(settings.BASE_DIR / "manage.py")
        web = [python, "-m", "gunicorn", "config.wsgi", "--bind", f"{settings.BIND}:{settings.PORT}"]
        web += ["--worker-class", "gthread", "--workers", str(settings.WEB_PROCESSES)]
        web += ["--threads", str(settings.WEB_THREADS), "--graceful-timeout", "10", "--timeout", "60"]
        web += ["--log-level", "warning", "--no-control-socket", "--name", "projects-erp"]
        commands = {
            "web": web,
            "worker": [python, manage, "qcluster"],
            "watch": [python, manage, "watch"],
        }
        if settings.USING_PRACTICE_PORTAL:
            portal = [python, "-m", "practice_portal", "--port", str(settings.PRACTICE_PORTAL_PORT)]
            portal += ["--size", settings.PRACTICE_PORTAL_SIZE]
            portal += ["--client-id", settings.ZOHO_CLIENT_ID, "--client-secret", settings.ZOHO_CLIENT_SECRET]
            portal += ["--remember", str(settings.VAR_DIR / "practice_portal.json")]
            commands["practice portal"] = portal
        return [Child(name, command, environment, settings.BASE_DIR) for name, command in commands.items()]

    def wait_until_ready(self, supervisor: Supervisor) -> str:
        """Wait for the first good answer of /healthz; returns a sentence when it does not come."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and not supervisor.stopping.is_set():
            if trouble := supervisor.look():
                return trouble
            if health(settings.PORT) == 200:
                return ""
            supervisor.stopping.wait(0.2)
        if not supervisor.stopping.is_set() and health(settings.PORT) == 0:
            return f"The web server did not answer within {READY_SECONDS} seconds; see the messages above."
        return ""

    def welcome(self, password: str) -> None:
        """What to open, how to sign in, how to stop."""
        admins = get_user_model().objects.filter(is_active=True, is_superuser=True).order_by("id")
        email = admins.values_list("email", flat=True).first()
        connections.close_all()
        self.say()
        self.say(f"  Projects ERP runs. Open:   {settings.SITE_URL}/")
        if email:
            self.say(f"  Sign in as:                {email}")
            if password:
                self.say(f"  Password (shown only now): {password}")
            else:
                self.say(f"  Forgotten the password?    ./run manage changepassword {email}")
        if settings.USING_PRACTICE_PORTAL:
            self.say(f"  Practice portal:           {settings.PRACTICE_PORTAL_URL} (invented data)")
        self.say("  Stop:                      Ctrl-C")
        self.say()
