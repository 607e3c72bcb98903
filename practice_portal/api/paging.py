"""Pages: parameters, page_info in its several forms, containers, the several kinds of "nothing"."""

from contextlib import suppress

import msgspec

from ..messages import Answer, invalid_value
from .shape import reshape

MOST = 200


def page_of(call, default=100):
    """(page, per_page) of the call; per_page above 200 counts as 200. Raises 400 for what is no number."""
    values = []
    for name, usual in (("page", 1), ("per_page", default)):
        text = call.params.get(name, "")
        if not text:
            values.append(usual)
        elif text.isdigit() and int(text) > 0:
            values.append(int(text))
        else:
            raise invalid_value(call.request, name)
    return values[0], min(values[1], MOST)


def empty(call):
    """Nothing to list: 204, or what the switches put in its place."""
    if call.switches.empty_zero_bytes:
        return Answer(200, b"", headers=call.headers)
    if call.switches.empty_array:
        return Answer(200, b"[]", headers=call.headers)
    return Answer(204, headers=call.headers)


def page_info(call, page, per_page, count, more, form="object"):
    """page_info as V3 writes it: `page_count` is the number of records on this page.

    `form`: "object"; "users" (key `count`); "phases" (a one-element array, numbers as text).
    """
    info = {"page": page, "per_page": per_page, "page_count": count, "has_next_page": more}
    if form == "users":
        info = {"page": page, "per_page": per_page, "count": count, "has_next_page": more}
    if form == "phases":
        info = {"page": str(page), "per_page": str(per_page), "has_next_page": more}
    if call.switches.text_page_info:
        info = {k: str(v).lower() for k, v in info.items()}
    return [info] if form == "phases" else info


def cut(call, entity, rows):
    """The rows of the asked page: (raw rows, page, per_page, more), with the page-level switches at work."""
    page, per_page = page_of(call)
    start = (page - 1) * per_page
    raws = rows.slice(start, start + per_page)
    more = start + per_page < len(rows)
    if call.switches.repeated_row and page > 1 and raws:
        raws = rows.slice(start - 1, start) + raws
    wanted = call.switches.removed_between_pages
    if wanted and page == 1 and more and (wanted is True or wanted == entity):
        call.switches.set("removed_between_pages", False)
        _remove_first(call, entity, raws)
    return raws, page, per_page, more


def _remove_first(call, entity, raws):
    data = msgspec.json.decode(raws[0])
    with suppress(KeyError):
        call.portal.delete(entity, str(data.get("id") or data.get("zpuid")))


def listing(call, entity, rows, container=None, form="object", bare=False):
    """The answer to a listing: a page of `rows` in its container, or nothing."""
    raws, page, per_page, more = cut(call, entity, rows)
    if not raws:
        return empty(call)
    body = b"[" + b",".join(reshape(call, entity, raws)) + b"]"
    if not bare:
        info = msgspec.json.encode(page_info(call, page, per_page, len(raws), more, form))
        name = (container or call.table(entity).spec.container).encode()
        body = b'{"page_info":' + info + b',"' + name + b'":' + body + b"}"
    return Answer(200, body, headers=call.headers)


class Plain:
    """A plain list of decoded values that can be cut like Rows."""

    def __init__(self, values):
        self.values = values

    def __len__(self):
        return len(self.values)

    def slice(self, start, stop):
        """Encoded values from `start` to `stop`."""
        return [msgspec.json.encode(v) for v in self.values[start:stop]]
