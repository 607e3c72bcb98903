"""Zoho sends people back to SITE_URL, and a session belongs to one host name. Whoever opened the installation under
another name (localhost instead of 127.0.0.1, say) would come back to a page where they are not signed in. So the way
to Zoho begins under SITE_URL's own host: visitors are led there before anything is bound to their session.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

MARK = "here"  # "you were led here": not led again, should a proxy hide the host name from us


def better_address(request: HttpRequest, path: str) -> str:
    """Where to go on with connecting, as a whole address; '' when the visitor is in the right place already."""
    wanted = urlsplit(settings.SITE_URL)
    if not wanted.netloc or request.get_host().lower() == wanted.netloc.lower():
        return ""
    if MARK in request.GET:
        request.session[MARK] = True
    if request.session.get(MARK):
        return ""
    return f"{settings.SITE_URL}{path}?{MARK}=1"
