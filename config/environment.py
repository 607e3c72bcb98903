"""What kind of installation is this, and where do its secrets come from?

Two kinds exist. A *try-out* runs on loopback with nothing set: secrets are made once and kept under `var/`.
Anything that is reachable from elsewhere, or says `DEBUG=false`, is *production*: there every secret must be
given, and `config.checks` refuses to start without.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

LOOPBACK = {"", "127.0.0.1", "localhost", "::1", "[::1]", ".localhost"}
FALSE_WORDS = {"0", "false", "no", "off"}


def host_of(url: str) -> str:
    """Host name of an address, lower case; '' when there is none (a file, a socket)."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return url


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as browsers compare them; '' when it is no such address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""


def split_list(text: str) -> list[str]:
    """A comma-separated setting as a list without empty items."""
    return [item.strip() for item in text.split(",") if item.strip()]


def is_production(given: Mapping[str, str]) -> bool:
    """True when the environment describes an installation that others can reach.

    An explicit `DEBUG` decides. Without one, a host that is not loopback in `SITE_URL`, `ALLOWED_HOSTS` or
    `DATABASE_URL` means production: forgetting `DEBUG=false` must not lead to try-out secrets on a public
    address.
    """
    debug = given.get("DEBUG", "").strip().lower()
    if debug:
        return debug in FALSE_WORDS
    hosts = split_list(given.get("ALLOWED_HOSTS", "").lower())
    hosts += [host_of(given.get("SITE_URL", "")), host_of(given.get("DATABASE_URL", ""))]
    return any(host not in LOOPBACK for host in hosts)


def kept_secret(path: Path, make: object = None) -> str:
    """The secret stored in `path`; made and stored (readable by its owner only) at the first call.

    Safe when several processes start at once: the file appears complete or not at all, and the first wins.
    """
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    value = make() if callable(make) else secrets.token_urlsafe(50)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(value + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()


def whole_number(given: str, default: int) -> int:
    """The number that was given, `default` for none, -1 for what is no number."""
    text = given.strip()
    if not text:
        return default
    return int(text) if text.isascii() and text.lstrip("-").isdigit() and len(text) < 10 else -1
