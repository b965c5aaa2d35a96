"""The identity providers of the scenarios. What they are asked and what they answer is data; base.toml has it."""

import base64
import hashlib
import hmac
import json
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import requests

from . import wire


class Providers:
    """Answers what would have gone out, by the first rule that fits."""

    def __init__(self):
        self.rules, self.variables, self.asked = [], {}, []
        requests.adapters.HTTPAdapter.send = lambda _, request, **options: self.answer(request)

    def answer(self, request):
        asked = Asked(request)
        self.asked.append(asked.told())
        rule = next((rule for rule in self.rules if asked.fits(wire.substitute(rule, self.variables))), None)
        if rule is None:
            raise SystemExit(f"no rule of a provider is for {asked.what} with {sorted(asked.facts)}")
        if "away" in rule:
            raise requests.exceptions.ConnectTimeout(rule["away"])
        return response(request, wire.substitute(rule, self.variables))


class Asked:
    """A request taken apart: its parameters and its `Authorization`."""

    def __init__(self, request):
        parts = urlsplit(request.url)
        self.method = request.method
        self.url = f"{parts.scheme}://{parts.netloc}{parts.path}"
        self.what = f"{self.method} {self.url}"
        self.authorization = request.headers.get("Authorization", "")
        if isinstance(self.authorization, bytes):
            self.authorization = self.authorization.decode()
        self.parameters = parse_qsl(parts.query, keep_blank_values=True)
        body = request.body or ""
        body = body.decode() if isinstance(body, bytes) else body
        if body.startswith("{"):
            self.parameters += json.loads(body).items()
        else:
            self.parameters += parse_qsl(body, keep_blank_values=True)
        self.facts = {f"{name}={value}" for name, value in self.parameters}
        self.facts |= {f"Authorization: {self.authorization}"}
        # Credentials of a provider's own making.
        self.facts |= {f"{name.lower()}: {value}" for name, value in request.headers.items() if name.lower().startswith("x-")}

    def told(self):
        """The question as a line; an OAuth 1 signature is never the same twice."""
        facts = {"Authorization: OAuth" if fact.startswith("Authorization: OAuth ") else fact for fact in self.facts}
        return " ".join([self.what, *sorted(facts - {"Authorization: "})])

    def fits(self, rule):
        return (
            rule["ask"] == self.what
            and all(fact in self.facts for fact in rule.get("with", []))
            and ("signed_with" not in rule or self.is_signed(*rule["signed_with"]))
        )

    def is_signed(self, consumer, consumer_secret, token, token_secret):
        """RFC 5849, section 3.4: HMAC-SHA1 over method, address and every parameter."""
        pairs = (pair.strip().split("=", 1) for pair in self.authorization.removeprefix("OAuth ").split(","))
        header = {name: unquote(value.strip('"')) for name, value in pairs}
        signature = header.pop("oauth_signature", "")
        escaped = sorted((escape(name), escape(value)) for name, value in [*header.items(), *self.parameters])
        normal = "&".join(f"{name}={value}" for name, value in escaped)
        base = "&".join(escape(part) for part in (self.method, self.url, normal))
        key = f"{escape(consumer_secret)}&{escape(token_secret)}"
        made = base64.b64encode(hmac.digest(key.encode(), base.encode(), hashlib.sha1)).decode()
        known = (header.get("oauth_consumer_key"), header.get("oauth_token"))
        return known == (consumer, token) and hmac.compare_digest(made, signature)


def escape(text):
    return quote(str(text), safe="-._~")


def response(request, rule):
    """The answer of a rule, as `requests` hands it out."""
    answer = requests.Response()
    answer.status_code = rule.get("status", 200)
    answer.url, answer.request = request.url, request
    answer.headers["Content-Type"] = rule.get("type", "application/json")
    answer.encoding = requests.utils.get_encoding_from_headers(answer.headers)
    text = rule["text"] if "text" in rule else json.dumps(without_null(rule["json"]))
    answer._content = text.encode()
    return answer


def without_null(value):
    """`<null>` is none: TOML has no word for it."""
    if isinstance(value, dict):
        return {key: without_null(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_null(item) for item in value]
    return None if value == "<null>" else value


def for_everybody(rules, accounts):
    """The rules, those with `each` once for every account: `{account.KEY}` is what the account has there. A text that is
    nothing else becomes the value itself, and where the account has none the member goes."""
    complete = []
    for rule in rules:
        if not rule.get("each"):
            complete.append(rule)
            continue
        complete += [filled(rule, account | {"name": name}) for name, account in accounts.items()]
    return complete


MISSING = object()


def filled(value, account):
    if isinstance(value, str):
        if value.startswith("{account.") and value.endswith("}") and value.count("{") == 1:
            return account.get(value[len("{account."):-1], MISSING)
        return wire.substitute(value, {f"account.{key}": str(item) for key, item in account.items()})
    if isinstance(value, dict):
        members = {key: filled(item, account) for key, item in value.items()}
        return {key: item for key, item in members.items() if item is not MISSING}
    if isinstance(value, list):
        return [item for item in (filled(item, account) for item in value) if item is not MISSING]
    return value
