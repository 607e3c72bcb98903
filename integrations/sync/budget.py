"""What does not fit into the budget of requests: waiting for it would wait for ever."""

# Requests for the lists of hours at most that `hours_source.prove` needs in one go.
TRIAL = 31


def holds_trial(context):
    """Whether the trial of the portal's list of hours can be made within one window."""
    return not 0 < context.client.throttle.limit < TRIAL


def is_too_long(context, pages):
    """Whether a list that has to be read in one go does not fit into a window: so many pages came before the budget was
    spent.
    """
    return 0 < context.client.throttle.limit <= pages
