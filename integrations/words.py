"""Small words for people that several screens of the integration share."""


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun, such as '1 project' or '1,204 projects'."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
