"""The server's side of a scenario: its database, its users, the mails it sent. Needs Django set up."""

from datetime import date, datetime, timedelta
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sites.models import Site
from django.core import mail
from django.core.cache import cache
from django.db import connections
from django.http.response import HttpResponseBase
from django.utils.timezone import now
from project import database
from rest_framework.authtoken.models import Token

settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
User = get_user_model()


def set_cookie(response, *arguments, expires=None, **options):
    """Django counts the age of a cookie from the time at which it is to end, and takes a fraction of a second
    to have passed since that was worked out. While the clock stands still none passes, so it does here."""
    if isinstance(expires, datetime):
        expires -= timedelta(microseconds=1)
    django_set_cookie(response, *arguments, expires=expires, **options)


django_set_cookie = HttpResponseBase.set_cookie
HttpResponseBase.set_cookie = set_cookie


def clear():
    """A new database, no mails, empty caches."""
    connections.close_all()
    Path(settings.DATABASES["default"]["NAME"]).unlink(missing_ok=True)
    database.prepare()
    cache.clear()
    forget_audiences()
    Site.objects.clear_cache()
    mail.outbox = []


def forget_audiences():
    """rownd-django adds to the default value of an argument with each call: a scenario begins as a new process does."""
    if apps.is_installed("rownd_django"):
        from rownd_django.auth import client

        client.validate_jwt.__defaults__[0].clear()


def add_users(users):
    for user in users:
        user = dict(user)
        addresses, token = user.pop("addresses", []), user.pop("token", None)
        password, extra = user.pop("password", None), user.pop("extra", {})
        social = user.pop("social", [])
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
        for account in social:
            apps.get_model("socialaccount", "SocialAccount").objects.create(user=row, **account)
        if token:
            Token.objects.create(user=row, key=token)


def add_applications(applications):
    """Rows of `socialaccount_socialapp`, for the one site unless they say otherwise."""
    for application in applications:
        application = dict(application)
        everywhere = application.pop("everywhere", True)
        row = apps.get_model("socialaccount", "SocialApp").objects.create(**application)
        if everywhere:
            row.sites.add(Site.objects.get())


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


def rows(wanted, placeholders):
    """The rows a scenario asks for: columns of users, addresses and outstanding refresh tokens, numbers of
    tokens and sessions."""
    found = {}
    if columns := wanted.get("users"):
        found["users"] = [cells(user, columns) for user in User.objects.order_by("pk")]
    if columns := wanted.get("addresses"):
        addresses = apps.get_model("account", "EmailAddress").objects.order_by("pk")
        found["addresses"] = [cells(address, columns) for address in addresses]
    if columns := wanted.get("outstanding"):
        tokens = apps.get_model("token_blacklist", "OutstandingToken").objects.order_by("pk")
        found["outstanding"] = [outstanding(token, columns, placeholders) for token in tokens]
    if columns := wanted.get("social_accounts"):
        accounts = apps.get_model("socialaccount", "SocialAccount").objects.order_by("pk")
        found["social_accounts"] = [cells(account, columns) for account in accounts]
    if columns := wanted.get("social_tokens"):
        tokens = apps.get_model("socialaccount", "SocialToken").objects.order_by("account", "pk")
        found["social_tokens"] = [social_token(token, columns, placeholders) for token in tokens]
    if wanted.get("tokens"):
        found["tokens"] = Token.objects.count()
    if wanted.get("sessions"):
        found["sessions"] = apps.get_model("sessions", "Session").objects.count()
    return found


def outstanding(token, columns, placeholders):
    """A row of `token_blacklist_outstandingtoken`, and when it was blacklisted."""
    blacklisted = getattr(token, "blacklistedtoken", None)
    values = {
        "user": token.user and token.user.get_username(),
        "jti": token.jti,
        "token": token.token,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "blacklisted_at": blacklisted and blacklisted.blacklisted_at,
    }
    return {column: placeholders.in_row(values[column], now()) for column in columns}


def social_token(token, columns, placeholders):
    """A row of `socialaccount_socialtoken`; account and application are named by what providers call them."""
    values = {
        "uid": token.account.uid,
        "client_id": token.app and token.app.client_id,
        "token": token.token,
        "token_secret": token.token_secret,
        "expires_at": token.expires_at,
    }
    return {column: placeholders.in_row(values[column], now()) for column in columns}


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
