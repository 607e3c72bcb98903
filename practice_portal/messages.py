"""Requests, answers and the error bodies of both APIs (Zoho Projects API V3 and the older restapi)."""

from dataclasses import dataclass, field

import msgspec

JSON = "application/json;charset=UTF-8"
HTML = "text/html;charset=UTF-8"


@dataclass
class Request:
    """One call as received; `params` are the query's, `form` the body's (form or JSON by content type)."""

    method: str
    path: str
    params: dict
    headers: object
    body: bytes = b""
    form: dict = field(default_factory=dict)

    def json(self):
        """The body decoded, or None when there is none. Raises msgspec.DecodeError."""
        return msgspec.json.decode(self.body) if self.body else None


@dataclass
class Answer:
    """One answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: dict = field(default_factory=dict)
    #: Title of the error, for the call log.
    title: str = ""


class RefusedError(Exception):
    """Raised anywhere below a handler; carries the answer that ends the call."""

    def __init__(self, answer):
        super().__init__(answer.status)
        self.answer = answer


def json_answer(value, status=200, headers=None):
    """An answer with `value` as JSON."""
    return Answer(status, msgspec.json.encode(value), JSON, headers or {})


def html_answer(text, status=200):
    """An answer with an HTML page."""
    return Answer(status, text.encode(), HTML)


def error(request, status, title, message, field_name=None, error_type=None):
    """A V3 error as an exception: status_code, instance, method, title, error_type, details."""
    detail = {"message": message}
    if field_name:
        detail = {"field_name": field_name, "message": message}
    kind = error_type or ("FIELDS_VALIDATION_ERROR" if field_name else "OPERATIONAL_VALIDATION_ERROR")
    body = {
        "error": {
            "status_code": str(status),
            "instance": request.path,
            "method": request.method,
            "title": title,
            "error_type": kind,
            "details": [detail],
        }
    }
    answer = json_answer(body, status)
    answer.title = title
    return RefusedError(answer)


def missing_parameter(request, name):
    """400 for a parameter that has to be there."""
    return error(request, 400, "LESS_THAN_MIN_OCCURANCE", "Input Parameter Missing", name)


def invalid_value(request, name, message="Input Parameter Value is Invalid"):
    """400 for a parameter whose value cannot be taken."""
    return error(request, 400, "INVALID_PARAMETER_VALUE", message, name)


def wrong_url(request):
    """400 for a path that no rule knows; also for a trailing slash on V3."""
    return error(request, 400, "URL_RULE_NOT_CONFIGURED", "Given URL is wrong")


def wrong_method(request):
    """400 for a known path called with another method."""
    return error(request, 400, "INVALID_METHOD", "Invalid request method")


def not_found(request):
    """404 for a record that is not there (any more)."""
    return error(request, 404, "RESOURCE_NOT_FOUND", "The requested resource was not found")


def forbidden(request, message="You do not have access to this resource"):
    """403 for a portal or record that the token may not see."""
    return error(request, 403, "FORBIDDEN", message)


def legacy_error(status, code, message):
    """An error of the older API: `{"error": {"code", "message"}}`."""
    return RefusedError(json_answer({"error": {"code": code, "message": message}}, status))
