"""Is this installation healthy? For load balancers and monitoring."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from operations.heartbeat import WORKER, silent_seconds


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and a worker was seen lately, else 503; the body says what fails."""
    database, worker, age = "reachable", "never seen", None
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        age = silent_seconds(WORKER)
        if age is not None:
            worker = "alive" if age <= settings.WORKER_SILENT_SECONDS else "silent"
    except Error:
        database, worker = "unreachable", "unknown"
    healthy = database == "reachable" and worker == "alive"
    body: dict[str, Any] = {
        "status": "ok" if healthy else "failing",
        "process": "up",
        "database": database,
        "worker": worker,
        "worker_seen_seconds_ago": None if age is None else round(age, 1),
    }
    response = JsonResponse(body, status=200 if healthy else 503)
    response._has_been_logged = True  # type: ignore[attr-defined]  # a 503 here is an answer, not an error
    return response
