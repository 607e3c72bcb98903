"""Is this installation healthy, and what has it done? For load balancers and monitoring."""

from __future__ import annotations

import ipaddress
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from config.middleware import client_address
from operations import fits, metrics
from operations.heartbeat import WATCH, WORKER, silent_seconds

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and fits this program, a worker was seen lately and no run waits for too long,
    else 503 and why."""
    body: dict[str, Any] = {"process": "up", "database": "reachable", "worker": "unknown"}
    body |= {"worker_seen_seconds_ago": None, "watch_seen_seconds_ago": None}
    reasons: list[str] = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        _look_at_processes(body, reasons)
        if told := fits.trouble():
            reasons.append(told)
        for name in settings.HEALTH:
            facts, found = import_string(name)()
            body |= facts
            reasons += found
    except Error:
        body["database"] = "unreachable"
        reasons = ["The database does not answer."]
    status = "failing" if reasons else "ok"
    response = JsonResponse({"status": status, "reasons": reasons, **body}, status=503 if reasons else 200)
    response._has_been_logged = True  # type: ignore[attr-defined]  # a 503 here is an answer, not an error
    return response


def _look_at_processes(body: dict[str, Any], reasons: list[str]) -> None:
    worker, watch = silent_seconds(WORKER), silent_seconds(WATCH)
    body["worker"] = "never seen"
    if worker is None:
        reasons.append("No worker has been seen yet: is it running?")
    else:
        body["worker_seen_seconds_ago"] = round(worker, 1)
        body["worker"] = "alive" if worker <= settings.WORKER_SILENT_SECONDS else "silent"
        if body["worker"] == "silent":
            reasons.append(f"The worker has been silent for {worker:.0f} seconds.")
    if watch is not None:
        body["watch_seen_seconds_ago"] = round(watch, 1)
        if watch > settings.WORKER_SILENT_SECONDS:
            reasons.append(f"The watch has been silent for {watch:.0f} seconds: nothing starts by itself.")


@never_cache
@require_safe
def prometheus(request: HttpRequest) -> HttpResponse:
    """Metrics, for those with the token (`Authorization: Bearer …`); without one set, for this machine only."""
    if not _may_scrape(request):
        return HttpResponse(
            "Metrics are for requests from this machine or with METRICS_TOKEN.\n",
            status=403,
            content_type="text/plain; charset=utf-8",
        )
    return HttpResponse(metrics.text(), content_type=CONTENT_TYPE_LATEST)


def _may_scrape(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
    if not settings.TRUST_PROXY_HEADERS and any(request.META.get(name) for name in FORWARDED):
        return False  # a proxy on this machine brings visitors from anywhere
    try:
        return ipaddress.ip_address(client_address(request)).is_loopback
    except ValueError:
        return False
