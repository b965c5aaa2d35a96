"""Lists of validators for ACCOUNT_USERNAME_VALIDATORS, which names one by its path."""

from django.contrib.auth import validators

ASCIIUsernameValidator = [validators.ASCIIUsernameValidator()]
UnicodeUsernameValidator = [validators.UnicodeUsernameValidator()]
