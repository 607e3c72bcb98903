"""Organizations, the people who sign in, and who may do what where."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone


class Organization(models.Model):
    """A company with books of its own. Every other top-level row belongs to one."""

    name = models.CharField(max_length=200)
    address = models.TextField(blank=True, help_text="As printed on documents, one line per line.")
    tax_number = models.CharField(max_length=50, blank=True, help_text="VAT or tax number, as printed.")
    base_currency = models.CharField(max_length=3, default="EUR", help_text="ISO 4217 code, such as EUR.")
    time_zone = models.CharField(max_length=64, default="UTC", help_text="IANA name, such as Europe/Berlin.")
    employee_portal_limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many staff users may have portal access; empty means no limit."
    )
    project_creation_restricted = models.BooleanField(
        default=False, help_text="Projects come from Zoho Projects only; nobody creates them here."
    )

    def __str__(self):
        return self.name

    def clean(self):
        """What must hold whoever saves it by a form: see `organizations.rules`."""
        from organizations.rules import organization_problems

        if problems := organization_problems(self):
            raise ValidationError(problems)


class UserManager(BaseUserManager):
    """Creates users who sign in with an e-mail address."""

    def create_user(self, email, password=None, **fields):
        """Create a user; the address is stored as typed but is unique regardless of letter case."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        """Create a user who may use the whole admin site."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username):
        """Find a user by e-mail address, regardless of letter case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who can sign in, with an e-mail address."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=200, blank=True)
    is_staff = models.BooleanField(default=False, help_text="May open the admin site.")
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique_ci")]

    def __str__(self):
        return self.name or self.email

    def get_full_name(self):
        """The name, or the address where no name is known."""
        return str(self)


class Membership(models.Model):
    """What a user may do in an organization."""

    class Role(models.TextChoices):
        ADMIN = "admin", "Administrator"
        STAFF = "staff", "Staff"
        TIMESHEET_STAFF = "timesheet_staff", "Timesheet staff"
        EMPLOYEE = "employee", "Employee"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.STAFF)
    is_active = models.BooleanField(default=True)
    # Grants of the role staff; administrators may everything, the other roles nothing of it.
    can_view = models.BooleanField(
        default=True, help_text="Staff: see quotes, invoices, expenses and amounts."
    )
    can_bill = models.BooleanField(
        default=True, help_text="Staff: make and change quotes, invoices, expenses."
    )
    can_send = models.BooleanField(default=True, help_text="Staff: issue and send documents.")
    can_delete = models.BooleanField(default=False, help_text="Staff: delete, void, credit and write off.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="membership_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=["admin", "staff", "timesheet_staff", "employee"]),
                name="membership_role_known",
            ),
        ]

    def __str__(self):
        return f"{self.user} in {self.organization}"

    def clean(self):
        """An organization keeps at least one administrator who can sign in."""
        from organizations.rules import last_administrator_refusal

        if refusal := last_administrator_refusal(self, self.role, self.is_active):
            raise ValidationError(refusal)


class Invitation(models.Model):
    """The link by which a person takes up a membership. Only a hash of its secret is kept."""

    membership = models.OneToOneField(Membership, models.CASCADE, related_name="invitation")
    secret_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    mail_error = models.CharField(
        max_length=300, blank=True, help_text="Why the message could not be handed to the mail server."
    )
    accepted_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"Invitation of {self.membership}"


class CustomField(models.Model):
    """A custom field defined here, the target of a custom pair of the field map."""

    class Module(models.TextChoices):
        CUSTOMERS = "customers", "Customers"
        PROJECTS = "projects", "Projects"
        TASKS = "tasks", "Tasks"
        BUGS = "bugs", "Bugs"
        TIMESHEETS = "timesheets", "Timesheets"

    class DataType(models.TextChoices):
        """The names of Zoho Projects' field types."""

        SINGLELINE = "singleline", "Single line"
        MULTILINE = "multiline", "Multi line"
        PICKLIST = "picklist", "Pick list"
        MULTI_PICKLIST = "multi_picklist", "Multi pick list"
        USERPICKLIST = "userpicklist", "User"
        MULTI_USERPICKLIST = "multi_userpicklist", "Several users"
        DATE = "date", "Date"
        TIME = "time", "Time"
        DATETIME = "datetime", "Date and time"
        CHECKBOX = "checkbox", "Check box"
        CURRENCY = "currency", "Currency"
        PERCENTAGE = "percentage", "Percentage"
        NUMBER = "number", "Number"
        DECIMAL = "decimal", "Decimal"
        EMAIL = "email", "E-mail"
        PHONE = "phone", "Phone"
        URL = "url", "Web address"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="custom_fields")
    module = models.CharField(max_length=20, choices=Module.choices)
    key = models.SlugField(max_length=60, help_text="The name under which values are stored.")
    label = models.CharField(max_length=200)
    data_type = models.CharField(max_length=20, choices=DataType.choices)
    options = models.JSONField(
        default=list, blank=True, help_text="Choices of a pick list, as a list of texts."
    )

    class Meta:
        ordering = ["module", "label", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "module", "key"], name="custom_field_key_once")
        ]

    def __str__(self):
        return self.label


from organizations.activity import Activity  # noqa: E402, F401  (tables with a file of their own)
from organizations.once import UsedToken  # noqa: E402, F401
