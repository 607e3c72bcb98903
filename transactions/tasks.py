"""What the queue calls, and the question asked every few seconds: is anything of ours due?"""

import time

from django_q.tasks import async_task

from transactions import recurring

SLICE_SECONDS = 50


def run_recurring():
    """Make due periods for about a minute and ring again while there is more."""
    end = time.monotonic() + SLICE_SECONDS
    recurring.run_due(keep_going=lambda: time.monotonic() < end)
    if recurring.due_profiles():
        async_task("transactions.tasks.run_recurring")


def reconcile():
    """Ring for due recurring profiles; called by `manage.py watch`."""
    if recurring.due_profiles():
        async_task("transactions.tasks.run_recurring")
