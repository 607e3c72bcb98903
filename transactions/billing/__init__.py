"""From unbilled hours to a draft invoice: choose, propose (pure), create."""
