"""Ray Data: rows in, rows out, a file per flow."""
