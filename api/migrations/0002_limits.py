from django.db import migrations, models


class Migration(migrations.Migration):
    """Counts of a minute begin anew: per token and per organization, for every web process."""

    dependencies = [("api", "0001_tokens")]

    operations = [
        migrations.DeleteModel("RequestCount"),
        migrations.CreateModel(
            name="RequestCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scope", models.CharField(help_text="Such as “token 7” or “organization 1”.", max_length=40)),
                ("minute", models.PositiveIntegerField(db_index=True, help_text="Minutes since 1970.")),
                ("count", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("scope", "minute"), name="api_count_once_a_minute")
                ],
            },
        ),
    ]
