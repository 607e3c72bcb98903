"""A project with hours to bill."""

import datetime

import pytest

from tests.factories import (
    CustomerFactory,
    OrganizationFactory,
    ProjectFactory,
    StaffUserFactory,
    TimeEntryFactory,
)


@pytest.fixture
def organization(db):
    return OrganizationFactory()


@pytest.fixture
def customer(organization):
    return CustomerFactory(
        organization=organization, display_name="Acme", email="pay@acme.example", billing_city="Ulm"
    )


@pytest.fixture
def project(customer):
    return ProjectFactory(organization=customer.organization, customer=customer, name="Site", rate="100")


@pytest.fixture
def ann(organization):
    return StaffUserFactory(organization=organization, name="Ann")


@pytest.fixture
def log(project, ann):
    """log(minutes, day=2, **fields): an unbilled hour of the project."""

    def make(minutes=60, day=2, **fields):
        fields = {"project": project, "staff_user": ann, "date": datetime.date(2026, 3, day)} | fields
        return TimeEntryFactory(minutes=minutes, **fields)

    return make
