"""`manage.py reencrypt_tokens`: the second step of changing a key of TOKEN_ENCRYPTION_KEYS."""

from django.core.management.base import BaseCommand, CommandError

from integrations.token_keys import CURRENT, OLD, UNREADABLE, reencrypt


class Command(BaseCommand):
    """Exit status 1 when some tokens can be read with no key of the list."""

    help = "Encrypt stored tokens with the newest key, so that older keys can be removed."

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="Only tell how many wait for it.")

    def handle(self, **options):
        counts = reencrypt(write=not options["check"])
        done = "would be encrypted" if options["check"] else "were encrypted"
        self.stdout.write(f"{counts[OLD]} tokens {done} anew; {counts[CURRENT]} had the newest key already.")
        if counts[UNREADABLE]:
            raise CommandError(
                f"{counts[UNREADABLE]} tokens can be read with no key of TOKEN_ENCRYPTION_KEYS and were left as "
                "they are. Add the key they were stored with; without it their organizations must connect again."
            )
        if not options["check"]:
            self.stdout.write("Keys behind the first one can be removed from TOKEN_ENCRYPTION_KEYS now.")
