"""A user model with another USERNAME_FIELD, columns of every kind, and a profile in a table of its own."""
