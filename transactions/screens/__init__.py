"""The screens of quotes, invoices, credit notes, payments and drift; the rules stand in the modules above."""
