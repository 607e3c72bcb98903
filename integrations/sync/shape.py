"""Which program wrote a run's checkpoints: a run that another version began is not carried on from places it may mean
differently, but closed with the truth, and one of the same kind begins anew.

Nothing is lost or doubled by that: what was written stays, is met again and found unchanged.
"""

from contextlib import suppress
from functools import cache
from hashlib import blake2b

from integrations.sync import hinted, retry, steps
from integrations.sync.queue import RunRefused, request_run

# Grows when what stands in a checkpoint (`ModuleRun.cursor`, SeenChunk, HeldPage) is meant differently from before.
# Other steps, or another order of them, count by themselves.
CHECKPOINTS = 1
ENDED = (
    "The program was brought up to date while this sync was under way. What it had written stays; another sync of the "
    "same kind took its place."
)


@cache
def of_this_program():
    """A short text that two versions share when each can carry on what the other began."""
    told = (CHECKPOINTS, *(list(kind.STEPS.items()) for kind in (steps, retry, hinted)))
    return blake2b(repr(told).encode(), digest_size=8).hexdigest()


def is_foreign(run):
    """Whether another version worked on this run; one that nobody has begun yet belongs to whoever begins it.

    Asked of the tables in this order, since the worker before may be at it still: it notes its shape first.
    """
    begun = any(part.cursor for part in run.module_runs.all())
    run.refresh_from_db(fields=["shape"])
    return run.shape != of_this_program() and bool(run.shape or begun)


def begin_another(run):
    """Ask for a run like this one, which has been ended in the same transaction."""
    with suppress(RunRefused):
        request_run(
            run.connection,
            run.trigger,
            run.requested_by,
            run.modules,
            selection=run.selection,
            is_whole=run.is_whole,
        )
