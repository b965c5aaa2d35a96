"""A user model as many projects have one: no username, e-mail for login, two more columns."""
