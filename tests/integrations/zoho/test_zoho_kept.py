"""Rows kept as bytes must end as the same records that decoding the whole answer gives."""

import json
from datetime import date

import pytest

from integrations.zoho import api, kept
from integrations.zoho.answers import decode
from integrations.zoho.entities import tasks, time_logs
from integrations.zoho.errors import BadAnswer
from integrations.zoho.listing import Reader

LISTINGS = {
    "tasks": api.tasks()[0],
    "of project": api.tasks("7")[0],
    "logs": api.timelogs("", "task", date(2026, 1, 1), date(2026, 2, 1))[0],
    "logs of project": api.timelogs("7", "bug")[0],
}
LOG = '{"id":"11","date":"2026-01-02","type":"issue","project":{"id":"8","name":"P"},"log_hour":"1:00"}'
USUAL = {
    ("tasks", '{"tasks":[{"id":"1","name":"A","project":{"id":"7","name":"P"}},{"id":"2","tasklist":null}]}'),
    (
        "tasks",
        '{"page_info":{"has_next_page":"true"},"tasks":[{"id":1,"name":"Ünïcode \\u00e4 \\/ \\"q\\""}]}',
    ),
    ("tasks", '\ufeff{"tasks":[{"id":"1","tasklist":{"id":5},"tasklist_id":"6","project_id":"9"}]}'),
    ("tasks", '{"tasks":[{"id":"1"},{"id":"1","name":"again"},{"id":"2"}]}'),
    ("tasks", '{"tasks":[{"id":"1","name":"first","id":"2"}],"count":1}'),
    ("of project", '{"tasks":[{"id":"1"},{"id":"2","project":null},{"id":"3","project":{"id":"8"}}]}'),
    ("logs", '{"time_logs":[{"date":"2026-01-02","log_details":[' + LOG + ']},{"log_details":[]}]}'),
    ("logs", '{"time_logs":[{"date":"2026-01-02","log_details":[{"id":"1","date":""},{"id":"2"}]}]}'),
    (
        "logs of project",
        '{"timelogs":[{"date":"2026-01-02","log_details":[{"id":"1","type":null},' + LOG + "]}]}",
    ),
    ("tasks", '{"tasks":[]}'),
}
PARTLY = {
    ("tasks", '{"tasks":[{"id":"1","project":"P"},{"id":"2"}]}'),
    ("tasks", '{"tasks":[{"name":"no id"},{"id":"x"},{"id":"2"},{"id":1e999}]}'),
    ("logs", '{"time_logs":[{"date":"2026-01-02","log_details":[{"id":"1","module_detail":[{"id":3}]}]}]}'),
}
ODD = {
    ("tasks", '[{"id":"1"}]'),
    ("tasks", '[{"tasks":[{"id":"1"}]}]'),
    ("tasks", '{"tasks":{"id":"1"}}'),
    ("tasks", '{"tasks":null}'),
    ("tasks", '{"id":"1","name":"the only one"}'),
    ("tasks", '{"page_info":{}}'),
    ("tasks", '{"tasks":["text",{"id":"1"},null]}'),
    ("tasks", '{"tasks":[{"id":"1","name":"lone \\ud800"}]}'),
    ("logs", '{"time_logs":[' + LOG + "]}"),
    ("logs", '{"time_logs":[{"date":"2026-01-02","log_details":{"id":"1"}}]}'),
    ("logs", '{"time_logs":[{"date":"2026-01-02","log_details":[{"id":"1"},5]}]}'),
}


def head_of(name):
    """The heads that the sync asks for."""
    return time_logs.TimeLogHead if name.startswith("logs") else tasks.TaskHead


def split(name, body, whole=False):
    """The answer, split."""
    return kept.split(body.encode(), LISTINGS[name], kept.Wanted(head_of(name), whole))


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(("name", "body"), sorted(USUAL | PARTLY | ODD))
def test_the_records_are_the_same_however_they_are_read(name, body, whole):
    found = split(name, body, whole)
    if whole and "1e999" in body:  # not even the page can be decoded as usual
        assert found is None
        return
    assert (found is None) == ((name, body) in ODD)
    wanted = Reader(LISTINGS[name]).page(1, decode(body.encode()))
    page = Reader(LISTINGS[name]).page(1, found if found is not None else decode(body.encode()))
    assert kept.whole(page.raws) == wanted.raws and page.is_last == wanted.is_last
    if (name, body) in USUAL:
        assert all(row.__class__ is kept.Kept for row in page.raws)
    names = head_of(name).__annotations__
    for row, raw in zip(page.raws, wanted.raws, strict=True):
        if row.__class__ is kept.Kept:
            for key in names.keys() & raw.keys():  # the head says what the record says; of references the id
                value = raw[key]
                short = {"id": value["id"]} if value.__class__ is dict and key != "owner" else value
                assert row.head[key] in (value, short)
            assert not names.keys() & (row.head.keys() ^ raw.keys())


def test_a_kept_row_is_the_same_after_it_lay_in_the_database():
    for name, body in USUAL:
        for row in split(name, body).rows:
            again = kept.stored(json.loads(json.dumps(kept.storable(row))))
            assert (bytes(again.body), again.filled, again.raw()) == (
                bytes(row.body),
                row.filled,
                row.raw(),
            )
    assert kept.stored({"id": "1"}) == kept.storable({"id": "1"}) == {"id": "1"}


def test_what_is_no_answer_is_left_to_the_usual_way():
    for body in ('{"error":{"title":"X"},"tasks":[]}', "{", '{"tasks":[{"id":"1",}]}', "", '{"other":[]}'):
        assert split("tasks", body) is split("tasks", body, True) is None
    heads = kept.Wanted(tasks.TaskHead, False)
    assert kept.split(b'{"tasks":[{"id":"1","name":"\xff"}]}', LISTINGS["tasks"], heads) is None
    deep = b'{"tasks":[{"id":"1","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}]}"
    assert kept.split(deep, LISTINGS["tasks"], heads) is None


def test_a_kept_record_that_nobody_can_decode_is_a_bad_answer():
    (row,) = split("tasks", '{"tasks":[{"id":"1"}]}').rows
    row.body = kept.msgspec.Raw(b"{")
    with pytest.raises(BadAnswer):
        row.raw()
