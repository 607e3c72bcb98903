"""Other formats than JSON: a list as CSV (`Accept: text/csv` or `accept=csv`), one page of it per call."""

from api.errors import NO_FORMAT, Refused
from organizations.csv_export import csv_response

PLAIN = (str, int, float, bool)


def csv_wanted(call, many):
    """True when the call asks for CSV. Refused (406) for a format that this address does not have."""
    wanted = call.request.GET.get("accept", "").lower()
    header = call.request.headers.get("Accept", "").split(",")[0].split(";")[0].strip().lower()
    if wanted in ("", "json"):
        found = "csv" if not wanted and header == "text/csv" else "json"
    else:
        found = wanted
    if found == "json" or (found == "csv" and many):
        return found == "csv"
    kinds = "JSON and CSV" if many else "JSON"
    raise Refused(406, NO_FORMAT, f"This address answers in {kinds}.", "accept")


def csv_of(path, kind, rows):
    """The rows of a page as a CSV file: the node's plain fields, one column each."""
    names = [name for name, field in kind.model_fields.items() if _is_plain(field.annotation)]
    lines = ([row.get(name) for name in names] for row in rows)
    response = csv_response(f"{path.rsplit('/', 1)[-1]}.csv", names, lines)
    return response


def _is_plain(annotation):
    return annotation in PLAIN or annotation in (float | None, int | None)
