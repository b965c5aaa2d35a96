"""Reads the scenario files: shared defaults laid under each scenario, mistakes refused by name."""

import tomllib
from pathlib import Path

from . import providers, wire

CONFORMANCE = Path(__file__).resolve().parents[2] / "crates/rest-auth-tests/conformance"

SCENARIO_KEYS = {
    "name", "user_model", "deployment", "settings", "users", "requests", "rows", "left_behind", "applications",
    "providers",
}
USER_KEYS = {
    "like", "username", "email", "password", "is_active", "is_staff", "first_name", "last_name",
    "addresses", "token", "extra", "social",
}
BODY_KEYS = ("json", "form", "multipart", "raw", "raw_hex")
REQUEST_KEYS = {
    "send", "headers", "headers_hex", "cookies", "https", "jar", "save", "repeat", "after_seconds",
    "before", "forge", "deviates", "expect", "content_type", "raw_times", *BODY_KEYS,
}
EXPECT_KEYS = {"status", "headers", "missing_headers", "cookies", "body", "body_starts", "jwts"}
APPLICATION_KEYS = {"provider", "provider_id", "name", "client_id", "secret", "key", "settings", "everywhere"}
RULE_KEYS = {"ask", "with", "signed_with", "each", "status", "type", "text", "json", "away"}
FORGE_KEYS = {"like", "header", "claims", "payload", "key", "signature"}


class Mistake(Exception):
    """A scenario that cannot be played; the text says where and why."""


def laid_over(base, over):
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    return base | {key: laid_over(base.get(key), value) for key, value in over.items()}


def features():
    """The names of the scenario files, in order."""
    return sorted(path.stem for path in CONFORMANCE.glob("*.toml") if path.stem != "base")


def read(feature):
    """The scenarios of one feature, complete: settings, users and repeated requests are resolved."""
    base, file = load("base"), load(feature)
    names = set()
    complete = []
    for scenario in file["scenario"]:
        name = scenario.get("name", "?")
        try:
            if name in names:
                raise Mistake("there are two of this name")
            names.add(name)
            complete.append(resolve(base, scenario))
        except Mistake as mistake:
            raise SystemExit(f"{feature}.toml: {name}: {mistake}") from None
    return base, complete


def load(name):
    try:
        return tomllib.loads((CONFORMANCE / f"{name}.toml").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SystemExit(f"{name}.toml: {error}") from None


def resolve(base, scenario):
    only(scenario, SCENARIO_KEYS)
    requests = []
    for request in scenario["requests"]:
        request = resolve_request(base["expect"], request)
        requests += [request] * request.get("repeat", 1)
    rules = scenario.get("providers", []) + base["providers"]
    for rule in rules:
        only(rule, RULE_KEYS)
        if sum(key in rule for key in ("text", "json", "away")) != 1:
            raise Mistake(f"{rule['ask']}: a provider answers text or json, or is away")
    for application in scenario.get("applications", []):
        only(application, APPLICATION_KEYS)
    return {
        "name": scenario["name"],
        "settings": wire.substitute(settings(base, scenario), keys(base)),
        "users": [resolve_user(base["users"], user) for user in scenario.get("users", [])],
        "requests": requests,
        "rows": scenario.get("rows", {}),
        "left_behind": scenario.get("left_behind", {}),
        "applications": scenario.get("applications", []),
        "providers": wire.substitute(providers.for_everybody(rules, base["accounts"]), keys(base)),
    }


def settings(base, scenario):
    """The scenario's own, over those of its deployments and of its user model, over everybody's."""
    model = scenario.get("user_model")
    if model is not None and model not in base["user_models"]:
        raise Mistake(f"base.toml has no user model {model!r}")
    result = laid_over(base["settings"], base["user_models"][model] if model else {})
    for name in scenario.get("deployment", []):
        if name not in base["deployments"]:
            raise Mistake(f"base.toml has no deployment {name!r}")
        result = laid_over(result, base["deployments"][name])
    return laid_over(result, scenario.get("settings", {}))


def keys(base):
    """The key files of base.toml as variables: `{keys.NAME}`."""
    return {f"keys.{name}": text for name, text in base["keys"].items()}


def resolve_user(cast, user):
    if isinstance(user, str):
        user = {"like": user}
    only(user, USER_KEYS)
    model = user.get("like")
    if model is not None and model not in cast:
        raise Mistake(f"base.toml has no user {model!r}")
    return {key: value for key, value in (cast.get(model, {}) | user).items() if key != "like"}


def resolve_request(shared, request):
    only(request, REQUEST_KEYS)
    if " " not in request.get("send", ""):
        raise Mistake('a request needs send = "METHOD path"')
    if sum(key in request for key in BODY_KEYS) > 1:
        raise Mistake("a request has one body")
    if ("deviates" in request) != ("expect" in request):
        raise Mistake("deviates and expect belong together")
    for forgery in request.get("forge", {}).values():
        only(forgery, FORGE_KEYS)
    expect = request.get("expect", {})
    if isinstance(expect, str):
        if expect not in shared:
            raise Mistake(f"base.toml has no expectation {expect!r}")
        return request | {"expect": shared[expect]}
    only(expect, EXPECT_KEYS)
    return request


def only(table, known):
    if unknown := set(table) - known:
        raise Mistake(f"unknown key {', '.join(sorted(unknown))}")
