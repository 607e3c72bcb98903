"""Addresses of the API under both its roots, and of its pages."""

from django.urls import path

from api import oauth, screens
from api.main import api

_patterns = api.urls[0]

urlpatterns = [
    path("settings/api-tokens/", screens.token_list, name="api_tokens"),
    path("settings/api-tokens/<int:pk>/revoke/", screens.token_revoke, name="api_token_revoke"),
    path("oauth/v2/token", oauth.token, name="oauth_token"),
    path("erp/v3/docs", screens.docs, name="api_docs"),
    path("erp/v3/", (_patterns, "ninja", "api")),
    path("books/v3/", (_patterns, "ninja", "books")),
]
