"""What the queue calls, and the question asked every few seconds: is anything of ours due?"""

import time

from django_q.tasks import async_task

from operations.fits import only_if_fitting
from transactions import bulk, recurring
from transactions.models import BulkBilling

SLICE_SECONDS = 50


@only_if_fitting
def run_recurring():
    """Make due periods for about a minute and ring again while there is more."""
    end = time.monotonic() + SLICE_SECONDS
    recurring.run_due(keep_going=lambda: time.monotonic() < end)
    if recurring.due_profiles():
        async_task("transactions.tasks.run_recurring")


def reconcile():
    """Ring for due recurring profiles and unfinished bulk jobs; called by `manage.py watch`."""
    if recurring.due_profiles():
        async_task("transactions.tasks.run_recurring")
    for job_id in BulkBilling.objects.filter(finished_at=None).values_list("pk", flat=True):
        async_task("transactions.tasks.work_bulk", job_id)


@only_if_fitting
def work_bulk(job_id):
    """Work a bulk job for about a minute; what is left is rung for by the watch."""
    end = time.monotonic() + SLICE_SECONDS
    bulk.work(job_id, keep_going=lambda: time.monotonic() < end)
