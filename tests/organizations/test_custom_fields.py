"""Settings → Custom Fields."""

import pytest
from django.urls import reverse

from organizations.models import CustomField
from tests.factories import CustomFieldFactory, MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization(client):
    membership = MembershipFactory()
    client.force_login(membership.user)
    return membership.organization


def fields(**more):
    return {"module": "projects", "label": "Region", "key": "region", "data_type": "picklist"} | more


def test_a_pick_list_keeps_each_option_once_in_order(client, organization):
    client.post(reverse("custom_field_new"), fields(choices="North\r\n\r\n South \r\nNorth"))
    field = CustomField.objects.get()
    assert (field.organization, field.options) == (organization, ["North", "South"])
    assert "Region" in client.get(reverse("custom_fields")).content.decode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, "needs at least one option"),
        ({"data_type": "date", "choices": "x"}, "Only pick lists have options"),
        ({"data_type": "date", "key": "two words"}, "slug"),
        ({"data_type": "date", "key": "taken"}, "has this key"),
    ],
)
def test_wrong_fields_get_a_sentence(client, organization, change, sentence):
    CustomFieldFactory(organization=organization, key="taken")
    answer = client.post(reverse("custom_field_new"), fields(**change))
    assert sentence in answer.content.decode()
    assert CustomField.objects.count() == 1


def test_the_same_key_may_be_used_by_another_organization(client, organization):
    CustomFieldFactory(key="region")
    client.post(reverse("custom_field_new"), fields(data_type="date"))
    assert CustomField.objects.filter(organization=organization, key="region").exists()


def test_module_key_and_type_stay_as_they_were_made(client, organization):
    field = CustomFieldFactory(organization=organization, key="region", data_type="date")
    client.post(reverse("custom_field", args=[field.pk]), fields(label="Area", key="other", module="tasks"))
    field.refresh_from_db()
    assert (field.label, field.key, field.module, field.data_type) == ("Area", "region", "projects", "date")


def test_deleting_asks_first(client, organization):
    field = CustomFieldFactory(organization=organization)
    address = reverse("custom_field_delete", args=[field.pk])
    assert client.get(address).status_code == 200 and CustomField.objects.exists()
    client.post(address)
    assert not CustomField.objects.exists()
