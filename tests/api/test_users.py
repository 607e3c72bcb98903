"""Users over the API: made, invited, made inactive, removed."""

import pytest

from tests.factories import StaffUserFactory

pytestmark = pytest.mark.django_db


def test_users(call, membership, mailoutbox, django_capture_on_commit_callbacks):
    body = {"name": "Bob", "email": "bob@example.test", "user_role": "staff"}
    with django_capture_on_commit_callbacks(execute=True):
        made = call("post", "/users", body)
    assert made["message"] == "Your invitation has been sent." and mailoutbox[0].to == ["bob@example.test"]
    made = made["user"]
    assert made["status"] == "invited"
    assert call("post", "/users", {"name": "Guest"})["message"] == "The user has been added."
    path = f"/users/{made['user_id']}"
    assert call("put", path, {"cost_rate": 12.5})["user"]["cost_rate"] == 12.5
    assert call("post", "/users", {"name": "Other", "email": "BOB@example.test"}, 400)["field"] == "email"
    assert call("post", f"{path}/invite")["message"] == "Your invitation has been sent."
    assert call("get", path)["user"]["status"] == "invited"
    assert call("post", f"{path}/inactive")["message"] == "The user has been marked as inactive."
    assert call("delete", path)["message"] == "The user has been removed from your organization."
    assert call("get", "/users/me")["user"]["user_id"] == ""  # an administrator who does not work here
    StaffUserFactory(organization=membership.organization, membership=membership)
    assert call("get", "/users/me")["user"]["is_current_user"] is True
