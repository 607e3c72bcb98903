"""What the queue calls. Each call works one slice of a run and rings again while there is more."""

from integrations.notices import tell_after
from integrations.sync.queue import ring_for
from integrations.sync.runner import run_slice
from operations.fits import only_if_fitting


@only_if_fitting
def work(run_id):
    """Work one slice of the run; the message carries nothing but its number."""
    if run_slice(run_id) == "more":
        ring_for(run_id)
    else:
        tell_after(run_id)
