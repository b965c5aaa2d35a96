"""Database URLs, and databases that are ready to use."""

import hashlib
import os
import shutil
import sys
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit


def parse_url(url):
    """Django's description of a database that is given as a URL, in the spelling rest-auth uses."""
    scheme, separator, rest = url.partition("://")
    if scheme == "sqlite" and separator:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": rest,
            # Take the write lock at BEGIN and wait for it: another server may use the file.
            "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
        }
    if scheme in ("postgres", "postgresql"):
        parts = urlsplit(url)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.removeprefix("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "OPTIONS": dict(parse_qsl(parts.query)),
        }
    raise ValueError(f"neither sqlite:// nor postgres://: {url!r}")


def template():
    """A migrated, empty SQLite file for the installed apps, kept between runs."""
    from django.conf import settings

    migrations = sorted(settings.BASE_DIR.glob("*/migrations/0*.py"))
    kind = [sys.prefix, settings.INSTALLED_APPS, settings.ACCOUNT_UNIQUE_EMAIL]
    kind += [path.read_text() for path in migrations]
    name = hashlib.sha256(repr(kind).encode()).hexdigest()[:16]
    return Path(os.environ["REST_AUTH_PEER_HOME"]) / "databases" / f"{name}.sqlite3"


def prepare():
    """Migrates the configured database. A new SQLite file begins as a copy of the template."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    target = settings.DATABASES["default"]["NAME"]
    if connection.vendor != "sqlite" or Path(target).exists():
        call_command("migrate", verbosity=0, interactive=False)
        return
    ready = template()
    if not ready.exists():
        call_command("migrate", verbosity=0, interactive=False)
        connection.close()
        ready.parent.mkdir(parents=True, exist_ok=True)
        part = ready.with_suffix(f".{os.getpid()}")
        shutil.copyfile(target, part)
        part.replace(ready)
    else:
        shutil.copyfile(ready, target)
