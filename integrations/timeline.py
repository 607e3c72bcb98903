"""Writing the settings timeline. Every entrance that changes the integration's settings or life uses `record`."""

from __future__ import annotations

from typing import Any

from integrations.models import Connection, SettingsChange

SYSTEM = "the system"


def record(connection: Connection, user: Any, what: str, before: object = "", after: object = "") -> None:
    """Note a change in words people read; call it in the transaction of the change.

    `user` None: nobody asked for it, the system did it by itself. Never pass tokens or secrets.
    """
    known = user is not None and user.pk is not None
    SettingsChange.objects.create(
        organization_id=connection.organization_id,
        connection=connection,
        portal_name=connection.portal_name,
        user=user if known else None,
        user_name=str(user)[:300] if known else SYSTEM,
        what=what[:200],
        before=str(before),
        after=str(after),
    )
