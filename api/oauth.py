"""What clients of the vendor ask before anything else: an access token for their refresh token.

Here both are the token made under Settings. So a client that can only refresh is given our token as its refresh token,
and any client id and secret; it gets the same token back. Nothing is granted that the token does not open already.
"""

from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from api import tokens

LIFE = 3600  # seconds; then the client asks again, and learns when the token was revoked


@never_cache
@csrf_exempt
@require_POST
def token(request):
    """POST /oauth/v2/token with grant_type=refresh_token, as a form or in the query."""
    given = {**request.GET.dict(), **request.POST.dict()}
    if given.get("grant_type") != "refresh_token":
        return JsonResponse({"error": "unsupported_grant_type"}, status=400)
    secret = given.get("refresh_token", "")
    _, problem = tokens.find(secret)
    if problem:
        return JsonResponse({"error": "invalid_code", "error_description": problem}, status=400)
    return JsonResponse(
        {
            "access_token": secret,
            "api_domain": request.build_absolute_uri("/").rstrip("/"),
            "token_type": "Bearer",
            "expires_in": LIFE,
        }
    )
