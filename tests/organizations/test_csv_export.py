"""CSV files are safe to open in a spreadsheet and keep numbers, times and odd names."""

import csv
import datetime
import io
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from organizations.csv_export import csv_response, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "  =1", "\r=1", "＝1"])
def test_text_that_looks_like_a_formula_is_neutralised(text):
    assert safe_cell(text) == f"'{text}"


def test_numbers_stay_numbers_and_names_stay_names():
    assert [safe_cell(value) for value in (-5, Decimal("-1.50"), None, True)] == [
        -5,
        Decimal("-1.50"),
        "",
        "yes",
    ]
    assert safe_cell("Größe, „ja“ 🚀") == "Größe, „ja“ 🚀"


def test_a_download_is_read_back_as_it_was_with_times_in_the_zone_of_the_page():
    moment = datetime.datetime(2026, 3, 1, 23, 30, tzinfo=datetime.UTC)
    with timezone.override(ZoneInfo("Europe/Berlin")):
        response = csv_response("runs of today.csv", ["When", "What"], iter([[moment, 'a "b",\nc']]))
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        ["When", "What"],
        ["2026-03-02 00:30:00+01:00", 'a "b",\nc'],
    ]
    assert response["Content-Disposition"] == 'attachment; filename="runs_of_today.csv"'
