"""What all tests share: no network but loopback, quick passwords, Debian's browser."""

from __future__ import annotations

import gc
import os
import shutil
import socket
import tempfile
from typing import Any

import hypothesis
import pytest
from django.conf import settings

from tests import empty_databases
from tests.empty_tables import use_for_all_tests

# pytest-playwright runs an event loop in the thread of the tests; Django would refuse its database there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


class OutsideNetworkError(RuntimeError):
    """A test tried to reach another machine."""


def pytest_configure(config: pytest.Config) -> None:
    """Hash passwords quickly: a thousand sign-ins should not take minutes."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    # The same examples each time, and no clock beside them: a run of these tests is no search.
    hypothesis.settings.register_profile(
        "steady", deadline=None, derandomize=True, database=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )  # fmt: skip
    hypothesis.settings.load_profile("steady")
    settings.PRIVATE_FILES_DIR = tempfile.mkdtemp(prefix="erp-files-")
    if settings.ON_SQLITE:
        settings.DATABASES["default"]["OPTIONS"]["timeout"] = (
            120  # seconds; on a busy machine too, all get their turn
        )


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is imported now stays until the end: collecting garbage need not look at it each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the files that tests uploaded."""
    if "erp-files-" in str(settings.PRIVATE_FILES_DIR):
        shutil.rmtree(settings.PRIVATE_FILES_DIR, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes minutes, unless it is asked for by name (`-m long`), and what SQLite cannot do."""
    unwanted = [] if "long" in (config.getoption("markexpr") or "") else ["long"]
    unwanted += ["postgresql"] if settings.ON_SQLITE else []
    out = [item for item in items if any(item.get_closest_marker(name) for name in unwanted)]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


def _refuse_outside(address: Any) -> None:
    if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
        raise OutsideNetworkError(f"Tests reach loopback only, not {address[0]}")


@pytest.fixture(scope="session", autouse=True)
def no_outside_network() -> Any:
    """Let Python's sockets connect to loopback and to nothing else, for the whole session."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(self: socket.socket, address: Any) -> Any:
        _refuse_outside(address)
        return connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> Any:
        _refuse_outside(address)
        return connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(socket.socket, "connect_ex", guarded_ex)
        yield


@pytest.fixture(scope="session")
def empty_database(django_db_blocker: Any) -> Any:
    """The migrated database that all others are copied from; Django's own is a copy meanwhile.

    On SQLite a file, as in the product: in memory all threads share one connection, and a page that asks for two
    things at once finds its table locked.
    """
    with empty_databases.folder() as folder:
        with django_db_blocker.unblock():
            empty = empty_databases.EmptyDatabase(folder)
            empty.begin()
        yield empty
        with django_db_blocker.unblock():
            empty.end()


@pytest.fixture(scope="session")
def django_db_setup(empty_database: Any) -> None:
    """In place of pytest-django's, which migrates in each session."""


@pytest.fixture(scope="session", autouse=True)
def quick_emptying() -> None:
    """Tests with transactions of their own leave empty tables behind, in milliseconds."""
    use_for_all_tests()


@pytest.fixture
def context(context: Any) -> Any:
    """A browser that waits for what is to come as long as it takes on a busy machine; what never comes fails still."""
    from playwright.sync_api import expect

    expect.set_options(timeout=60_000)
    context.set_default_timeout(120_000)
    return context


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start Debian's chromium instead of a downloaded one; without sandbox as root, as containers need."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    return {**browser_type_launch_args, "executable_path": path, "args": arguments}
