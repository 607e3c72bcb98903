"""Rows for tests, all of invented people and companies."""

import datetime
from zoneinfo import ZoneInfo

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

PASSWORD = "correct-horse-battery"
ZONE = "Europe/Berlin"


def day_here():
    """Today where the organizations made here are; late in the evening it is another day than UTC's."""
    return timezone.now().astimezone(ZoneInfo(ZONE)).date()


class OrganizationFactory(DjangoModelFactory):
    class Meta:
        model = "organizations.Organization"

    name = factory.Sequence(lambda n: f"Invented Works {n}")
    base_currency = "EUR"
    time_zone = ZONE


class UserFactory(DjangoModelFactory):
    class Meta:
        model = "organizations.User"
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.test")
    name = factory.Sequence(lambda n: f"Person {n}")

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return model_class.objects.create_user(
            kwargs.pop("email"), kwargs.pop("password", PASSWORD), **kwargs
        )


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = "organizations.Membership"

    organization = factory.SubFactory(OrganizationFactory)
    user = factory.SubFactory(UserFactory)
    role = "admin"


class CustomFieldFactory(DjangoModelFactory):
    class Meta:
        model = "organizations.CustomField"

    organization = factory.SubFactory(OrganizationFactory)
    module = "projects"
    key = factory.Sequence(lambda n: f"field_{n}")
    label = factory.Sequence(lambda n: f"Field {n}")
    data_type = "singleline"


class CustomerFactory(DjangoModelFactory):
    class Meta:
        model = "customers.Customer"

    organization = factory.SubFactory(OrganizationFactory)
    display_name = factory.Sequence(lambda n: f"Customer {n}")
    currency = "EUR"


class ContactPersonFactory(DjangoModelFactory):
    class Meta:
        model = "customers.ContactPerson"

    customer = factory.SubFactory(CustomerFactory)
    first_name = "Ada"
    last_name = factory.Sequence(lambda n: f"Invented {n}")
    email = factory.Sequence(lambda n: f"contact{n}@example.test")


class StaffUserFactory(DjangoModelFactory):
    class Meta:
        model = "timetracking.StaffUser"

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Worker {n}")
    email = factory.Sequence(lambda n: f"worker{n}@example.test")


class ProjectFactory(DjangoModelFactory):
    """A project; its customer is made in the same organization."""

    class Meta:
        model = "timetracking.Project"

    organization = factory.SubFactory(OrganizationFactory)
    customer = factory.SubFactory(CustomerFactory, organization=factory.SelfAttribute("..organization"))
    name = factory.Sequence(lambda n: f"Project {n}")
    currency = "EUR"


class ProjectStaffFactory(DjangoModelFactory):
    class Meta:
        model = "timetracking.ProjectStaff"

    project = factory.SubFactory(ProjectFactory)
    staff_user = factory.SubFactory(
        StaffUserFactory, organization=factory.SelfAttribute("..project.organization")
    )


class MilestoneFactory(DjangoModelFactory):
    class Meta:
        model = "timetracking.Milestone"

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"Milestone {n}")


class TaskListFactory(DjangoModelFactory):
    class Meta:
        model = "timetracking.TaskList"

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"List {n}")


class TaskFactory(DjangoModelFactory):
    class Meta:
        model = "timetracking.Task"

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"Task {n}")


class BugFactory(DjangoModelFactory):
    class Meta:
        model = "timetracking.Bug"

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"Bug {n}")


class TimeEntryFactory(DjangoModelFactory):
    """Ninety minutes on a project in general; give `task` or `bug` with the matching `kind` for others."""

    class Meta:
        model = "timetracking.TimeEntry"

    project = factory.SubFactory(ProjectFactory)
    organization = factory.SelfAttribute("project.organization")
    staff_user = factory.SubFactory(
        StaffUserFactory, organization=factory.SelfAttribute("..project.organization")
    )
    kind = "general"
    title = "Planning"
    date = datetime.date(2026, 3, 2)
    minutes = 90


class ConnectionFactory(DjangoModelFactory):
    class Meta:
        model = "integrations.Connection"

    organization = factory.SubFactory(OrganizationFactory)
    status = "active"
    portal_id = factory.Sequence(lambda n: str(4_000_000_000 + n))
    portal_name = "invented-portal"
