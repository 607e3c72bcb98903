"""Every so many operations of a sync, over HTTP or to the database, fails: once, a few times, for ever."""

import pytest

from tests.integrations.sync.failing import Failing

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def failing(tmp_path_factory, empty_database):
    """The installation that things go wrong in."""
    failing = Failing(tmp_path_factory.mktemp("failing"), empty_database)
    yield failing
    failing.close()


# each way to fail, for ever or for a while, earlier and later in one first sync that carries on after each
SEQUENCES = {
    "http": [
        ("http", 1, "forever", "broken"),
        ("http", 5, "forever", "refused"),
        ("http", 25, "forever", "error"),
        ("http", 9, 1, "locked out"),
        ("http", 7, "forever", "error in 200"),
        ("http", 4, "forever", "page"),
    ],
    "write": [
        ("write", 2, "forever", "full"),
        ("write", 40, "forever", "full"),
        ("write", 90, "forever", "readonly"),
        ("write", 60, "forever", "locked"),
        ("write", 20, 3, "lost"),
    ],
    "commit": [
        ("commit", 12, 3, "lost"),
        ("commit", 20, "forever", "full"),
    ],
}


@pytest.mark.parametrize("what", SEQUENCES)
def test_failing_operations_are_told_and_leave_nothing_behind(failing, what):
    answers = failing.try_all(*SEQUENCES[what])
    assert all(answer["hit"] for answer in answers), answers
