"""The project's settings: a usual dj-rest-auth project, then the overrides of one JSON file.

The keys of that file are described in peer/README.md. Names in capitals that Django does not know
(FEATURES, AUTHENTICATION, USER_MODEL, URL_PREFIX, REGISTRATION_PREFIX, SOCIAL_CALLBACK_URLS,
SOCIAL_ANSWERS) are the peer's own.
"""

import json
import os
import re
from datetime import timedelta
from pathlib import Path

import django
from django.utils.dateparse import parse_duration

from . import database

BASE_DIR = Path(__file__).resolve().parent.parent


def read_overrides():
    path = os.environ.get("REST_AUTH_PEER_SETTINGS")
    overrides = json.loads(Path(path).read_text("utf-8")) if path else {}
    if wrong := [name for name in overrides if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name)]:
        raise ValueError(f"{path}: not names of settings: {', '.join(wrong)}")
    return overrides


def take(name, default, known=()):
    """One of the peer's own keys; `known` are the words it may hold."""
    value = OVERRIDES.pop(name, default)
    words = value if isinstance(value, list) else [value]
    if known and (wrong := [word for word in words if word not in known]):
        raise ValueError(f"{name}: {', '.join(wrong)} not known; known are {', '.join(known)}")
    return value


def laid_over(base, over):
    """Objects are merged at every depth, anything else is replaced."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    return base | {key: laid_over(base.get(key), value) for key, value in over.items()}


def with_durations(table, ending):
    """Values whose key has this ending are seconds, or ISO 8601 text such as "PT5M"."""

    def read(value):
        if isinstance(value, str):
            return parse_duration(value)
        return timedelta(seconds=value)

    return {key: read(value) if key.endswith(ending) else value for key, value in table.items()}


OVERRIDES = read_overrides()

# What a feature adds -----------------------------------------------------------------------------

AUTHENTICATORS = {
    "token": "rest_framework.authentication.TokenAuthentication",
    "session": "rest_framework.authentication.SessionAuthentication",
    "basic": "rest_framework.authentication.BasicAuthentication",
    "jwt": "rest_framework_simplejwt.authentication.JWTAuthentication",
    "jwt_cookie": "dj_rest_auth.jwt_auth.JWTCookieAuthentication",
    "rownd": "rownd_django.auth.backend.RowndApiAuthentication",
}
# What a feature installs; the order is Django's order of migrations and templates.
FEATURE_APPS = {
    "registration": [
        "allauth",
        "allauth.account",
        "allauth.socialaccount",
        "dj_rest_auth.registration",
    ],
    "social": [
        "allauth.socialaccount.providers." + name
        for name in ("discord", "facebook", "github", "gitlab", "google", "openid_connect", "twitter")
    ],
    "blacklist": ["rest_framework_simplejwt.token_blacklist"],
    "rownd": [],
    "example": [],
}
USER_MODELS = {"default": "auth.User", "custom_email": "custom_user.User", "members": "members.Member"}

FEATURES = take("FEATURES", ["registration"], FEATURE_APPS)
AUTHENTICATION = take("AUTHENTICATION", ["token", "session"], AUTHENTICATORS)
USER_MODEL = take("USER_MODEL", "default", USER_MODELS)
URL_PREFIX = take("URL_PREFIX", "/rest-auth/").lstrip("/")
REGISTRATION_PREFIX = take("REGISTRATION_PREFIX", URL_PREFIX + "registration/").lstrip("/")
SOCIAL_CALLBACK_URLS = take("SOCIAL_CALLBACK_URLS", {})
SOCIAL_ANSWERS = take("SOCIAL_ANSWERS", [])
HAS_ALLAUTH = "registration" in FEATURES
# Its app asks Rownd for a configuration when it is loaded.
HAS_ROWND = "rownd" in FEATURES or "rownd" in AUTHENTICATION

# Django ------------------------------------------------------------------------------------------

SECRET_KEY = "peer-development-secret-0123456789-0123456789"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "project.urls"
DATABASES = {
    "default": database.parse_url(os.environ.get("REST_AUTH_PEER_DATABASE", "sqlite://peer.sqlite3"))
}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
AUTH_USER_MODEL = USER_MODELS[USER_MODEL]
SITE_ID = 1
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.sites",
    "rest_framework",
    "rest_framework.authtoken",
    "dj_rest_auth",
    *(["custom_user"] if USER_MODEL == "custom_email" else []),
    *(["members"] if USER_MODEL == "members" else []),
    *(app for feature in FEATURE_APPS if feature in FEATURES for app in FEATURE_APPS[feature]),
    *(["rownd_django"] if HAS_ROWND else []),
]
# As `startproject` writes it, without the messages framework: its cookie means nothing to clients.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    *(["allauth.account.middleware.AccountMiddleware"] if HAS_ALLAUTH else []),
]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    *(["allauth.account.auth_backends.AuthenticationBackend"] if HAS_ALLAUTH else []),
    *(["rownd_django.auth.backend.RowndAuthenticationBackend"] if HAS_ROWND else []),
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # The admin is not installed, but Django's reset mail is one of its templates.
        "DIRS": [Path(django.__file__).parent / "contrib/admin/templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ]
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation." + name}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
if folder := os.environ.get("REST_AUTH_PEER_MAIL_DIR"):
    EMAIL_BACKEND = "project.mail.FolderBackend"
    EMAIL_FILE_PATH = folder
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {"django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
}

# The packages ------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [AUTHENTICATORS[name] for name in AUTHENTICATION],
}
REST_AUTH = {}
SIMPLE_JWT = {}
ACCOUNT_UNIQUE_EMAIL = True

if USER_MODEL == "custom_email":
    ACCOUNT_USER_MODEL_USERNAME_FIELD = None
    ACCOUNT_LOGIN_METHODS = ["email"]
    ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
    REST_AUTH = {
        "REGISTER_SERIALIZER": "custom_user.serializers.RegisterSerializer",
        "USER_DETAILS_SERIALIZER": "custom_user.serializers.UserDetailsSerializer",
    }

if USER_MODEL == "members":
    ACCOUNT_USER_MODEL_USERNAME_FIELD = "nickname"
    REST_AUTH = {
        "REGISTER_SERIALIZER": "members.serializers.RegisterSerializer",
        "USER_DETAILS_SERIALIZER": "members.serializers.UserDetailsSerializer",
    }

for _name, _value in OVERRIDES.items():
    globals()[_name] = laid_over(globals().get(_name), _value)
SIMPLE_JWT = with_durations(SIMPLE_JWT, "_LIFETIME")
