"""Around every call of the API: too large bodies, unknown addresses and verbs, and the headers of the limit."""

from django.conf import settings

from api import uploads
from api.errors import BAD_VALUE, INTERNAL, NO_ADDRESS, NO_METHOD, TOO_LARGE, Refused

ROOTS = ("/erp/v3", "/books/v3")


def is_call(request):
    """True for addresses of the API other than its readable pages."""
    path = request.path
    return any(path == root or path.startswith(root + "/") for root in ROOTS) and not path.endswith("/docs")


class ApiMiddleware:
    """Stands first among the middleware that looks at bodies, so that a large one is not read at all."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not is_call(request):
            return self.get_response(request)
        from api.main import answer_of

        if request.path_info.endswith("/") and request.path_info.rstrip("/") not in ROOTS:
            request.path = request.path.rstrip("/")  # some clients end every address with a slash
            request.path_info = request.path_info.rstrip("/")
        length = request.META.get("CONTENT_LENGTH") or "0"
        largest = uploads.LARGEST if uploads.is_upload(request) else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if length.isdecimal() and (len(length) > 15 or int(length) > largest):
            return answer_of(Refused(413, TOO_LARGE, "The body is too large."))
        response = self.get_response(request)
        if response.status_code == 405:
            allow = response.get("Allow", "")
            response = answer_of(Refused(405, NO_METHOD, "This address does not know the method."))
            response["Allow"] = allow
        elif response.status_code == 404 and "json" not in response.get("Content-Type", ""):
            response = answer_of(Refused(404, NO_ADDRESS, "Invalid URL Passed"))
        elif response.status_code >= 400 and "json" not in response.get("Content-Type", ""):
            # what went wrong before the API was reached, such as a host name that is not ours
            mine = response.status_code >= 500
            response = answer_of(
                Refused(500, INTERNAL, "Internal error")
                if mine
                else Refused(response.status_code, BAD_VALUE, "The request cannot be understood.")
            )
        response["Cache-Control"] = "no-store"
        if standing := getattr(request, "api_standing", None):
            for name, value in standing.headers().items():
                response[name] = value
        return response
