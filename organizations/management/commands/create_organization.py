"""`manage.py create_organization`: an organization and the login of its administrator."""

from __future__ import annotations

import os
import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from organizations.models import Membership, Organization
from organizations.rules import organization_problems

LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that look alike


def make_password() -> str:
    """Twenty characters in groups of five, easy to type from a terminal: about 115 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(4))


def create(name: str, currency: str, time_zone: str, admin_email: str, password: str) -> tuple[Any, str]:
    """Create the organization and its administrator; returns (user, the new password or '').

    '' means that the person has a login already and keeps its password. An empty `password` is replaced by a
    generated one. Raises ValueError with a sentence when a value cannot be used; then nothing is created.
    """
    email = admin_email.strip()
    organization = Organization(name=name, base_currency=currency, time_zone=time_zone)
    if problems := organization_problems(organization):
        raise ValueError(" ".join(problems.values()))
    if len(organization.name) > 200:
        raise ValueError("The name must have 1 to 200 characters.")
    try:
        validate_email(email)
    except ValidationError:
        raise ValueError(f"{email or 'An empty text'} is no e-mail address.") from None
    with transaction.atomic():
        user_model = get_user_model()
        user = user_model.objects.filter(email__iexact=email).first()
        if user is None:
            password = password or make_password()
            user = user_model(email=email, is_staff=True, is_superuser=True)
            try:
                validate_password(password, user)
            except ValidationError as refused:
                raise ValueError("ADMIN_PASSWORD cannot be used: " + " ".join(refused.messages)) from None
            user = user_model.objects.create_superuser(email, password)
        else:
            password = ""
        organization.save()
        Membership.objects.create(organization=organization, user=user, role=Membership.Role.ADMIN)
    return user, password


class Command(BaseCommand):
    """Creates both or neither."""

    help = (
        "Create an organization and its administrator. The password is taken from the environment variable "
        "ADMIN_PASSWORD, else generated and printed once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The values of the organization and its first login."""
        parser.add_argument("--name", required=True, help="name of the organization")
        parser.add_argument("--currency", default="EUR", help="its base currency, e.g. EUR")
        parser.add_argument("--time-zone", default="UTC", help="its time zone, e.g. Europe/Berlin")
        parser.add_argument(
            "--admin-email", required=True, help="the administrator signs in with this address"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create, and say how to sign in."""
        given = os.environ.get("ADMIN_PASSWORD", "")
        try:
            user, password = create(
                options["name"], options["currency"], options["time_zone"], options["admin_email"], given
            )
        except ValueError as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"Organization: {options['name'].strip()}")
        self.stdout.write(f"Sign in as: {user.email}")
        if not password:
            self.stdout.write("This person has a login already; the password stays as it is.")
        elif given:
            self.stdout.write("Password: the one from ADMIN_PASSWORD")
        else:
            self.stdout.write(f"Password: {password}  (shown only now)")
