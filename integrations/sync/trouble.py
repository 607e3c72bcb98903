"""Calls that Zoho answers with errors, however often a run is started: given up in this run, so that the rest goes on.

Their module says so and counts as failed, so that no mark is moved: the next run asks again.
"""

from integrations.models import ModuleRun
from integrations.zoho.errors import Temporary


def is_given_up(context, error):
    """Whether the error is of this one call, for Zoho was there, and the run would end if it had to wait once more."""
    return isinstance(error, Temporary) and error.was_answered and context.lease.is_last_try()


def tell(context, module, message):
    """The module was not read to its end, and why. It may be said anew at each start, so it is no progress."""
    with context.page(module, has_moved=False) as part:
        part.status = ModuleRun.Status.FAILED
        part.message = message
