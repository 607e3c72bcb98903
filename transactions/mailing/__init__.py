"""How documents reach the customer: texts of e-mails, links without sign-in, the outbox and its worker."""
