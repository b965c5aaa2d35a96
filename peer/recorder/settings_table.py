"""From rest-auth's configuration keys to Django's settings: the whole mapping, as data.

A key that is not in here refuses to be recorded, so a scenario never depends on a setting that
only one of the two servers has seen.
"""

# One key, one setting. None: the peer needs nothing for it.
KEYS = {
    "secret_key": "SECRET_KEY",
    "secret_key_fallbacks": "SECRET_KEY_FALLBACKS",
    "time_zone": "TIME_ZONE",
    "language_code": "LANGUAGE_CODE",
    "http.authentication": "AUTHENTICATION",
    "http.features": "FEATURES",
    "http.prefix": "URL_PREFIX",
    "http.registration_prefix": "REGISTRATION_PREFIX",
    "http.allowed_hosts": "ALLOWED_HOSTS",
    "http.login_url": "LOGIN_URL",
    "http.login_redirect_url": "LOGIN_REDIRECT_URL",
    "http.secure_proxy_ssl_header": "SECURE_PROXY_SSL_HEADER",
    "http.use_x_forwarded_host": "USE_X_FORWARDED_HOST",
    "http.base_url": None,  # the peer takes it from the request
    "email.default_from": "DEFAULT_FROM_EMAIL",
    "links.password_reset": None,  # project/urls.py has the same addresses
    "links.email_confirmation": None,
    "password.hashers": "PASSWORD_HASHERS",
    "password.validators": "AUTH_PASSWORD_VALIDATORS",
    "password.reset_timeout": "PASSWORD_RESET_TIMEOUT",
    "user_model.table": "USER_MODEL",
    "user_model.login_field": None,  # custom_user/ and members/ say the same
    "user_model.username_field": None,
    "user_model.extra_fields": None,
    "user_model.details_fields": None,
    "socialaccount.allow_unbound_access_token": None,  # upstream always does
}

# A whole section, its keys in capitals: "PREFIX_" in front of each, or entries of one dictionary.
SECTIONS = {
    "rest_auth": {"dictionary": "REST_AUTH"},
    "simple_jwt": {"dictionary": "SIMPLE_JWT"},
    "rest_framework": {"dictionary": "REST_FRAMEWORK"},
    "account": {"prefix": "ACCOUNT_"},
    "socialaccount": {"prefix": "SOCIALACCOUNT_"},
    "rownd": {"dictionary": "ROWND"},
    "session": {"prefix": "SESSION_"},
    "csrf": {"prefix": "CSRF_"},
}

# Values ------------------------------------------------------------------------------------------

# Where `false` in rest-auth's file stands for None. (SESSION_COOKIE_SAMESITE knows False itself.)
FALSE_IS_NONE = {
    "rest_auth.token_model",
    "rest_auth.jwt_auth_cookie",
    "rest_auth.jwt_auth_refresh_cookie",
    "rest_auth.jwt_auth_cookie_domain",
    "rest_auth.jwt_auth_samesite",
    "simple_jwt.audience",
    "simple_jwt.issuer",
    "simple_jwt.token_type_claim",
    "simple_jwt.jti_claim",
    "session.cookie_domain",
    "csrf.cookie_domain",
    "csrf.cookie_age",
    "account.user_model_username_field",
    "socialaccount.email_verification",
    "rest_framework.num_proxies",
}

# Classes are named by their last word.
CLASSES = {
    "AllowAny": "rest_framework.permissions.AllowAny",
    "IsAuthenticated": "rest_framework.permissions.IsAuthenticated",
    "IsAuthenticatedOrReadOnly": "rest_framework.permissions.IsAuthenticatedOrReadOnly",
    "IsAdminUser": "rest_framework.permissions.IsAdminUser",
    "JSONRenderer": "rest_framework.renderers.JSONRenderer",
    "BrowsableAPIRenderer": "rest_framework.renderers.BrowsableAPIRenderer",
    "JSONParser": "rest_framework.parsers.JSONParser",
    "FormParser": "rest_framework.parsers.FormParser",
    "MultiPartParser": "rest_framework.parsers.MultiPartParser",
    "AnonRateThrottle": "rest_framework.throttling.AnonRateThrottle",
    "UserRateThrottle": "rest_framework.throttling.UserRateThrottle",
    "ScopedRateThrottle": "rest_framework.throttling.ScopedRateThrottle",
    "AccessToken": "rest_framework_simplejwt.tokens.AccessToken",
    "SlidingToken": "rest_framework_simplejwt.tokens.SlidingToken",
}
CLASS_LISTS = {
    "rest_auth.register_permission_classes",
    "rest_framework.default_renderer_classes",
    "rest_framework.default_parser_classes",
    "rest_framework.default_throttle_classes",
    "simple_jwt.auth_token_classes",
}

VALIDATORS = {
    "user_attribute_similarity": "UserAttributeSimilarityValidator",
    "minimum_length": "MinimumLengthValidator",
    "common": "CommonPasswordValidator",
    "numeric": "NumericPasswordValidator",
}
USER_MODELS = {"auth_user": "default", "custom_user_user": "custom_email", "members_member": "members"}


def hasher(entry):
    """Only the quick one: a scenario that hashes for real would only be slow."""
    if entry != {"algorithm": "pbkdf2_sha256", "iterations": 100}:
        raise ValueError(f"password.hashers: {entry!r} is not known")
    return "project.hashers.QuickPBKDF2PasswordHasher"


def validator(entry):
    options = {key: value for key, value in entry.items() if key != "name"}
    name = "django.contrib.auth.password_validation." + VALIDATORS[entry["name"]]
    return {"NAME": name, **({"OPTIONS": options} if options else {})}


def seconds(value):
    """A duration is a number of seconds, or a number with its unit: "15m"."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    return int(value[:-1]) * units[value[-1]] if isinstance(value, str) else value


def value_for(key, value):
    """Django's value for rest-auth's value of `key`."""
    if value is False and key in FALSE_IS_NONE:
        return None
    if key == "rest_framework.default_throttle_rates":
        return {scope: rate or None for scope, rate in value.items()}
    if key.startswith("simple_jwt.") and key.endswith(("_lifetime", ".leeway")):
        return seconds(value)
    if key in CLASS_LISTS:
        return [CLASSES[name] for name in value]
    if key == "password.hashers":
        return [hasher(entry) for entry in value]
    if key == "password.validators":
        return [validator(entry) for entry in value]
    if key == "account.username_validators":
        (name,) = value
        return f"project.usernames.{name}"
    if key == "user_model.table":
        return USER_MODELS[value]
    if key == "socialaccount.providers":
        return {name: provider(table) for name, table in value.items()}
    return value


def provider(table):
    """An entry of SOCIALACCOUNT_PROVIDERS. Of the settings those in capitals are the provider's, the others the
    application's."""
    upper = {"scope": "SCOPE", "email_authentication": "EMAIL_AUTHENTICATION", "verified_email": "VERIFIED_EMAIL"}
    entry = {upper[key]: value for key, value in table.items() if key in upper}
    own = table.get("settings", {})
    entry |= {key: value for key, value in own.items() if key.isupper()}
    if table.get("client_id"):
        entry["APP"] = {key: table[key] for key in ("client_id", "secret", "key", "provider_id") if key in table}
        entry["APP"]["settings"] = {key: value for key, value in own.items() if not key.isupper()}
    known = {"callback_url", "settings", "client_id", "secret", "key", "provider_id", *upper}
    if unknown := set(table) - known:
        raise ValueError(f"socialaccount.providers: {', '.join(sorted(unknown))} is missing in recorder/settings_table.py")
    return entry


def to_django(settings):
    """The overrides for project/settings.py; `settings` is the content of a rest-auth.toml."""
    django = {}
    for key, value in flatten(settings):
        section, _, name = key.partition(".")
        if key == "socialaccount.providers":
            urls = {name: table.get("callback_url") for name, table in value.items()}
            django["SOCIAL_CALLBACK_URLS"] = {name: url for name, url in urls.items() if url}
        if key in KEYS:
            if KEYS[key]:
                django[KEYS[key]] = value_for(key, value)
        elif section not in SECTIONS:
            raise ValueError(f"{key} is missing in recorder/settings_table.py")
        elif prefix := SECTIONS[section].get("prefix"):
            django[prefix + name.upper()] = value_for(key, value)
        else:
            dictionary = django.setdefault(SECTIONS[section]["dictionary"], {})
            dictionary[name.upper()] = value_for(key, value)
    return django


def flatten(settings):
    """("section.key", value) pairs. Tables below a section are values."""
    for section, content in settings.items():
        if isinstance(content, dict):
            yield from ((f"{section}.{key}", value) for key, value in content.items())
        else:
            yield section, content
