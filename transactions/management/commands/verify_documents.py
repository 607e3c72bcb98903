"""`manage.py verify_documents`: is every issued document still what was issued?"""

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from organizations.models import Organization
from transactions import seals


class Command(BaseCommand):
    """Reads every seal and every issued document anew; says what changed, and fails when anything did."""

    help = "Verify that issued quotes, invoices and credit notes are what they were when they were issued."

    def add_arguments(self, parser):
        parser.add_argument(
            "--seal",
            action="store_true",
            help="also seal what was issued before there were seals, as it is now",
        )

    def handle(self, *args, **options):
        """Print a line per chain."""
        problems = 0
        for organization in Organization.objects.order_by("pk"):
            for kind in seals.MODELS:
                if options["seal"]:
                    with transaction.atomic():
                        seals.seal_unsealed(organization, kind)
                report = seals.verify(organization, kind)
                problems += len(report.problems)
                self.say(organization, kind, report)
        if problems:
            raise CommandError(f"{problems} documents or seals are not what they were.")

    def say(self, organization, kind, report):
        """One chain's line, and a line per problem."""
        if not (report.sealed or report.unsealed or report.problems):
            return
        unsealed = f", {report.unsealed} issued without a seal" if report.unsealed else ""
        self.stdout.write(
            f"{organization}: {kind}, {report.sealed} seals{unsealed}, last {report.head or '–'}"
        )
        for sentence in report.problems:
            self.stderr.write(f"  {sentence}")
