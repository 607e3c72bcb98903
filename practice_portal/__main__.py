"""Command line: `python -m practice_portal --port 8900`."""

import argparse
import signal
import sys

from .server import PracticePortal
from .settings import Settings


def main(argv=None):
    """Serve until SIGINT or SIGTERM; prints one line when ready."""
    parser = argparse.ArgumentParser(
        prog="practice_portal", description="A stand-in for Zoho Projects, invented data."
    )
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--size", choices=["small", "medium", "large"], default="small")
    parser.add_argument(
        "--data", "--seed", dest="seed", type=int, default=1, help="seed of the invented data"
    )
    parser.add_argument(
        "--today", default="", help="day around which dates are laid, YYYY-MM-DD (default: today)"
    )
    parser.add_argument("--projects", type=int, help="number of generated projects (medium, large)")
    parser.add_argument("--tasks", type=int, help="number of generated tasks (medium, large)")
    parser.add_argument("--logs", type=int, help="number of generated time logs (medium, large)")
    parser.add_argument(
        "--cases", choices=["yes", "no"], help="hold the special cases (default: not in large)"
    )
    parser.add_argument("--client-id", default="practice-client")
    parser.add_argument("--client-secret", default="practice-secret")
    parser.add_argument(
        "--redirect-uri", action="append", default=[], help="registered address; default any loopback"
    )
    parser.add_argument("--auto-consent", action="store_true", help="consent at once, without the page")
    parser.add_argument(
        "--throttle-limit", type=int, default=100, help="calls per pattern in 2 minutes, 0: no limit"
    )
    parser.add_argument("--remember", default="", help="file that keeps the base day and refresh tokens")
    given = parser.parse_args(argv)
    values = {
        k: v for k, v in vars(given).items() if v is not None and k not in {"port", "cases", "redirect_uri"}
    }
    settings = Settings()
    settings.update(values)
    settings.redirect_uris = given.redirect_uri
    if given.cases:
        settings.cases = given.cases == "yes"
    try:
        portal = PracticePortal(given.port, settings)
    except OSError as taken:
        print(f"cannot listen at 127.0.0.1:{given.port}: {taken.strerror}", file=sys.stderr)
        return 1

    def leave(signum, frame):
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
    portal.serve()
    print(f"practice portal ready at {portal.url} (size {settings.size}, invented data)", flush=True)
    try:
        portal.wait()
    except (KeyboardInterrupt, SystemExit):
        portal.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
