"""A password hasher for tests, where the real number of iterations would only cost time."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickPBKDF2PasswordHasher(PBKDF2PasswordHasher):
    """Django's default format and algorithm name with a hundred iterations."""

    iterations = 100
