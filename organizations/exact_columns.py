"""For migrations: turn a decimal column (a binary float on SQLite) into an exact one, keeping its values."""

from django.db import migrations

from organizations.money import ExactDecimalField


class CopyColumn(migrations.RunSQL):
    """Copies; on PostgreSQL the touched rows' links are checked at once: nothing may wait when the table changes."""

    def _run_sql(self, schema_editor, sqls):
        super()._run_sql(schema_editor, sqls)
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


def exact_column(app, model, name, field: ExactDecimalField, places=2):
    """Operations that replace the DecimalField `name` with `places` decimals by the ExactDecimalField `field`.

    Nothing is lost: `places` whole digits are read off the old column and shifted to the new one's scale.
    """
    temporary = f"{name}_exact"
    spare = field.clone()
    spare.null = True
    factor = 10 ** (field.decimal_places - places)
    copy = CopyColumn(
        f'UPDATE {app}_{model} SET "{temporary}" = CAST(ROUND("{name}" * {10**places}) AS BIGINT) * {factor} '
        f'WHERE "{name}" IS NOT NULL',
        f'UPDATE {app}_{model} SET "{name}" = "{temporary}" / {10**field.decimal_places}.0 '
        f'WHERE "{temporary}" IS NOT NULL',
    )
    steps = [
        migrations.AddField(model, temporary, spare),
        copy,
        migrations.RemoveField(model, name),
        migrations.RenameField(model, temporary, name),
    ]
    return steps if field.null else [*steps, migrations.AlterField(model, name, field)]
