"""Values of custom fields, type by type; unreadable ones are dropped with a remark."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.zoho.custom_values import extract, normal_type
from integrations.zoho.entities import milestones, tasks

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("a@b\ud800\0"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["amount", "email", "name", "x"]), inner)
    ),
    max_leaves=6,
)
TYPES = [
    "singleline",
    "multiline",
    "picklist",
    "multi_picklist",
    "userpicklist",
    "multi_userpicklist",
    "date",
    "time",
    "datetime",
    "checkbox",
    "currency",
    "percentage",
    "number",
    "decimal",
    "email",
    "phone",
    "url",
    "whatever",
]
MARA = {"zpuid": "219300000000012005", "name": "Mara Voss", "email": "mara@example.test"}
OLA = {"zpuid": "219300000000012051", "name": "Ola Berg", "email": "ola@example.test"}


@pytest.mark.parametrize(
    ("data_type", "raw", "value"),
    [
        (
            "currency",
            {"currency_code": "EUR", "amount": "12.50", "formatted_amount": "€ 12.50"},
            {"amount": "12.50", "currency_code": "EUR"},
        ),
        ("currency", {"currency_code": "EUR", "amount": 12.5}, {"amount": "12.50", "currency_code": "EUR"}),
        ("currency", {"currency_code": "JPY", "amount": 1200}, {"amount": "1200", "currency_code": "JPY"}),
        ("userpicklist", MARA, "mara@example.test"),
        ("multi_userpicklist", [MARA, OLA], ["mara@example.test", "ola@example.test"]),
        ("multi_picklist", ["Steel", {"id": "1", "value": "Glass &amp; wood"}], ["Steel", "Glass & wood"]),
        ("picklist", {"id": "1", "value": "High"}, "High"),
        ("picklist", "High", "High"),
        ("date", "2026-03-05", "2026-03-05"),
        ("datetime", "2026-03-05T10:00:00+01:00", "2026-03-05T09:00:00Z"),
        ("time", "08:30", "08:30"),
        ("checkbox", True, True),
        ("checkbox", "false", False),
        ("checkbox", False, False),
        ("number", "1234567890123456789", "1234567890123456789"),
        ("number", 1234567890123456789, "1234567890123456789"),
        ("number", 0, 0),
        ("number", "42", 42),
        ("decimal", "12.5", 12.5),
        ("decimal", "0.12345678901234567", "0.12345678901234567"),
        ("percentage", "70%", 70),
        ("singleline", "CC-7100 &amp; more", "CC-7100 & more"),
        ("multiline", "<div>a</div><div>b</div>", "a\nb"),
        ("url", "https://example.test/a?b=c", "https://example.test/a?b=c"),
    ],
)
def test_each_type_has_its_form(data_type, raw, value):
    """As the settled points of the design say."""
    remarks = []
    assert extract({"cf": raw}, {"cf": data_type}, remarks) == {"cf": value}
    assert remarks == []


@pytest.mark.parametrize(
    ("data_type", "raw"),
    [
        ("currency", {"amount": "NaN", "currency_code": "EUR"}),
        ("currency", "12,50"),
        ("userpicklist", {"name": "No Address"}),
        ("multi_userpicklist", [{"name": "No Address"}]),
        ("date", "05.03.2026"),
        ("datetime", "tomorrow"),
        ("time", "25:00"),
        ("checkbox", "perhaps"),
        ("number", "many"),
        ("decimal", float("inf")),
        ("picklist", {"id": "1"}),
        ("singleline", {"a": 1}),
    ],
)
def test_an_unreadable_value_is_dropped_with_a_remark(data_type, raw):
    """The remark names field and value; the record itself comes in."""
    remarks = []
    assert extract({"risk": raw}, {"risk": data_type}, remarks) == {}
    assert len(remarks) == 1
    assert "risk" in remarks[0]


@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_empty_values_are_left_out_silently(empty):
    """Zoho leaves keys without a value out; null and empty mean the same."""
    remarks = []
    assert extract({"cf": empty}, {"cf": "number", "absent": "text"}, remarks) == {}
    assert remarks == []


def test_people_without_an_address_are_left_out_of_a_list():
    """The others stay, and the remark says so."""
    remarks = []
    assert extract({"cf": [MARA, {"name": "X"}]}, {"cf": "multi_userpicklist"}, remarks) == {
        "cf": ["mara@example.test"]
    }
    assert len(remarks) == 1


@given(st.sampled_from(TYPES), json_values)
def test_whatever_comes_the_result_can_be_stored_as_json(data_type, value):
    """Neither NaN nor lone surrogates nor an error."""
    found = extract({"cf": value}, {"cf": data_type}, [])
    text = json.dumps(found, allow_nan=False, ensure_ascii=False)
    text.encode("utf-8")
    assert "\\u0000" not in text


def test_types_have_other_spellings():
    """Spellings met in other places mean the same types."""
    assert normal_type("Multi Select") == "multi_picklist"
    assert normal_type("Boolean") == "checkbox"
    assert normal_type("USERPICKLIST") == "userpicklist"
    assert normal_type(None) == ""


def test_phases_hold_their_custom_fields_in_an_object_of_their_own():
    """On other records they stand among the standard keys."""
    phase = milestones.parse(
        {"id": "7", "name": "Design", "custom_fields": {"risk": "High"}}, {"risk": "picklist"}
    )
    assert phase.custom == {"risk": "High"}
    task = tasks.parse(
        {"id": "7", "name": "Design", "risk": "High", "custom_fields": {"risk": "Low"}}, {"risk": "picklist"}
    )
    assert task.custom == {"risk": "High"}
