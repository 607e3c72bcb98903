"""Under which name wrong passwords are counted."""


def counted_name(request, credentials=None):
    """The typed e-mail address in one spelling, at the sign-in page and at the admin site alike."""
    typed = (credentials or {}).get("username") or request.POST.get("username") or ""
    return typed.strip().lower()
