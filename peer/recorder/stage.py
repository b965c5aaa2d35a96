"""The server's side of a scenario: its database, its users, the mails it sent. Needs Django set up."""

from datetime import date, datetime
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sites.models import Site
from django.core import mail
from django.core.cache import cache
from django.db import connections
from project import database
from rest_framework.authtoken.models import Token

settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
User = get_user_model()


def clear():
    """A new database, no mails, empty caches."""
    connections.close_all()
    Path(settings.DATABASES["default"]["NAME"]).unlink(missing_ok=True)
    database.prepare()
    cache.clear()
    Site.objects.clear_cache()
    mail.outbox = []


def add_users(users):
    for user in users:
        user = dict(user)
        addresses, token = user.pop("addresses", []), user.pop("token", None)
        password, extra = user.pop("password", None), user.pop("extra", {})
        if User.USERNAME_FIELD not in user:
            user[User.USERNAME_FIELD] = user.pop("username")
        columns = {column.name for column in User._meta.get_fields()}
        row = User(**user, **{name: extra[name] for name in extra if name in columns})
        row.set_password(password or None)
        row.save()
        if profile := {name: extra[name] for name in extra if name not in columns}:
            type(row.userprofile).objects.filter(user=row).update(**profile)
        for address in addresses:
            apps.get_model("account", "EmailAddress").objects.create(user=row, **address)
        if token:
            Token.objects.create(user=row, key=token)


def change_users(changes):
    """What somebody else does meanwhile: `changes` maps names to new values of columns."""
    for name, columns in changes.items():
        row = User.objects.get_by_natural_key(name)
        if columns.get("delete"):
            row.delete()
            continue
        for column, value in columns.items():
            row.set_password(value) if column == "password" else setattr(row, column, value)
        row.save()


def mails():
    return mail.outbox


def rows(wanted):
    """The rows a scenario asks for: columns of users and addresses, numbers of tokens and sessions."""
    found = {}
    if columns := wanted.get("users"):
        found["users"] = [cells(user, columns) for user in User.objects.order_by("pk")]
    if columns := wanted.get("addresses"):
        addresses = apps.get_model("account", "EmailAddress").objects.order_by("pk")
        found["addresses"] = [cells(address, columns) for address in addresses]
    if wanted.get("tokens"):
        found["tokens"] = Token.objects.count()
    if wanted.get("sessions"):
        found["sessions"] = apps.get_model("sessions", "Session").objects.count()
    return found


def cells(row, columns):
    """Times are only told from NULL; a user is named by the login field."""

    def cell(column):
        value = getattr(row if hasattr(row, column) else row.userprofile, column)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value.isoformat()
        if column == "user":
            return value.get_username()
        if column in ("last_login", "date_joined"):
            return None if value is None else "set"
        if column == "has_usable_password":
            return value()
        return value

    return {column: cell(column) for column in columns}
