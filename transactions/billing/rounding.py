"""Durations as billed: rounded per entry, as the organization wants it. The entries themselves never change."""


def billed_minutes(minutes, preferences):
    """Whole minutes to bill for `minutes` worked. To the nearest step: halves go up; an entry never vanishes."""
    step = preferences.rounding_minutes
    if preferences.rounding == "up":
        return -(-minutes // step) * step
    if preferences.rounding == "nearest":
        return max((2 * minutes + step) // (2 * step) * step, step)
    return minutes
