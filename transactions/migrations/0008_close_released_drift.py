from django.db import migrations
from django.utils import timezone


def close(apps, schema_editor):
    """Items that the sync opened in the very moment in which their hour was freed: nobody could decide about them."""
    items = apps.get_model("transactions", "DriftItem").objects
    items.filter(status="open", billed__released_at__isnull=False).update(
        status="closed", choice="released", closed_at=timezone.now()
    )


class Migration(migrations.Migration):

    dependencies = [
        ("transactions", "0007_correction_taken_in"),
    ]

    operations = [migrations.RunPython(close, migrations.RunPython.noop)]
