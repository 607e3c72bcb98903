"""Signing in, out, and getting a new password."""

import re

import pytest
from django.core import mail
from django.urls import reverse

from tests.factories import PASSWORD, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


def sign_in(client, email, password=PASSWORD):
    return client.post("/login/", {"username": email, "password": password})


def test_letter_case_of_the_address_does_not_matter(client):
    MembershipFactory(user__email="Ada.Invented@example.test")
    answer = sign_in(client, "aDA.invented@EXAMPLE.test")
    assert answer.status_code == 302 and answer["Location"] == "/"
    assert client.get("/").status_code == 200


def test_a_wrong_password_is_answered_with_a_sentence(client):
    MembershipFactory(user__email="ada@example.test")
    answer = sign_in(client, "ada@example.test", "wrong")
    assert "do not match" in answer.content.decode()
    assert client.get("/").status_code == 302


def test_ten_wrong_passwords_lock_the_name_out_however_it_is_spelled(client):
    MembershipFactory(user__email="ada@example.test")
    for number in range(10):
        answer = sign_in(client, "ada@example.test" if number % 2 else "ADA@example.test", "wrong")
    assert answer.status_code == 429
    assert sign_in(client, "Ada@example.test").status_code == 429
    assert "15 minutes" in answer.content.decode()


def test_signing_out_needs_a_post(client):
    client.force_login(MembershipFactory().user)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/")["Location"] == "/login/?next=/"


def test_a_person_without_membership_gets_a_plain_page(client):
    client.force_login(UserFactory())
    answer = client.get("/")
    assert answer.status_code == 403
    assert "not a member of any organization" in answer.content.decode()


def test_an_ended_membership_opens_nothing(client):
    client.force_login(MembershipFactory(is_active=False).user)
    assert client.get(reverse("projects")).status_code == 403


def test_a_new_password_comes_by_e_mail(client, settings):
    user = MembershipFactory().user
    client.post("/password/reset/", {"email": user.email.upper()})
    link = re.search(r"http\S+", mail.outbox[0].body).group()
    assert link.startswith(settings.SITE_URL)
    form = client.get(link.removeprefix(settings.SITE_URL), follow=True)
    new = "another-long-password"
    path = form.redirect_chain[-1][0]
    assert client.post(path, {"new_password1": new, "new_password2": new}).status_code == 302
    assert sign_in(client, user.email, new).status_code == 302


def test_the_password_can_be_changed(client):
    user = MembershipFactory().user
    client.force_login(user)
    new = "another-long-password"
    fields = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/password/", fields, follow=True).status_code == 200
    user.refresh_from_db()
    assert user.check_password(new)
