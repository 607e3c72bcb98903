"""On PostgreSQL, issued documents and their lines do not change by raw SQL either."""

from django.db import migrations

DOCUMENTS = {
    "transactions_invoice": (
        "status,updated_at,viewed_at,paid_total,credited_total,written_off_total,balance,voided_at,void_reason"
    ),
    "transactions_quote": "status,updated_at,viewed_at,accepted_at,declined_at,decided_through",
    "transactions_creditnote": "status,updated_at,viewed_at",
}
LINES = {
    "transactions_invoiceline": ("transactions_invoice", "invoice_id"),
    "transactions_quoteline": ("transactions_quote", "quote_id"),
    "transactions_creditnoteline": ("transactions_creditnote", "credit_note_id"),
}
FUNCTIONS = """
CREATE OR REPLACE FUNCTION transactions_keep_issued() RETURNS trigger AS $$
BEGIN
  IF OLD.status = 'draft' THEN
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
  END IF;
  IF TG_OP = 'UPDATE' AND (
    (OLD.status = 'void' AND NEW.status = 'draft')
    OR to_jsonb(OLD) - string_to_array(TG_ARGV[0], ',') = to_jsonb(NEW) - string_to_array(TG_ARGV[0], ',')
  ) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'An issued document does not change (% of % %)', TG_OP, TG_TABLE_NAME, OLD.id
    USING ERRCODE = 'integrity_constraint_violation';
END $$ LANGUAGE plpgsql;

CREATE OR REPLACE FUNCTION transactions_keep_issued_line() RETURNS trigger AS $$
DECLARE
  old_parent bigint;
  new_parent bigint;
  issued boolean;
BEGIN
  IF TG_OP <> 'INSERT' THEN old_parent := (to_jsonb(OLD) ->> TG_ARGV[1])::bigint; END IF;
  IF TG_OP <> 'DELETE' THEN new_parent := (to_jsonb(NEW) ->> TG_ARGV[1])::bigint; END IF;
  EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I WHERE id IN ($1, $2) AND status <> ''draft'')', TG_ARGV[0])
    INTO issued USING old_parent, new_parent;
  IF issued THEN
    RAISE EXCEPTION 'A line of an issued document does not change (% of %)', TG_OP, TG_TABLE_NAME
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$ LANGUAGE plpgsql;
"""


def install(apps, schema_editor):
    """Make the functions and hang them on the tables."""
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(FUNCTIONS)
        for table, free in DOCUMENTS.items():
            cursor.execute(
                f"CREATE TRIGGER keep_issued BEFORE UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION transactions_keep_issued('{free}')"
            )
        for table, (parent, link) in LINES.items():
            cursor.execute(
                f"CREATE TRIGGER keep_issued BEFORE INSERT OR UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION transactions_keep_issued_line('{parent}', '{link}')"
            )


def remove(apps, schema_editor):
    """Take them away."""
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        for table in (*DOCUMENTS, *LINES):
            cursor.execute(f"DROP TRIGGER IF EXISTS keep_issued ON {table}")
        cursor.execute("DROP FUNCTION IF EXISTS transactions_keep_issued(), transactions_keep_issued_line()")


class Migration(migrations.Migration):
    dependencies = [("transactions", "0003_sender")]

    operations = [migrations.RunPython(install, remove)]
