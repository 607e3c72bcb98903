"""The answer to too many wrong passwords."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def locked_out(request: HttpRequest, original_response: Any = None, credentials: Any = None) -> HttpResponse:
    """Say how long to wait; the same words for a known and an unknown name. Status 429."""
    return render(request, "locked_out.html", {"minutes": 15}, status=429)
