"""Tokens that no server has made: of another time, of another kind, with another key."""

import hashlib
import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from jwt.algorithms import get_default_algorithms

HASHES = {"HS384": hashlib.sha384, "HS512": hashlib.sha512}


def forge(forgery, secret, now):
    """The token that the `forge` of a scenario describes; `secret` signs unless it names another key."""
    head, claims, signature = {"alg": "HS256", "typ": "JWT"}, {}, ""
    if like := forgery.get("like"):
        head, claims, signature = like.split(".")
        head, claims = json.loads(decoded(head)), json.loads(decoded(claims))
    head = changed(head, forgery.get("header", {}), now)
    claims = changed(claims, forgery.get("claims", {}), now)
    payload = forgery.get("payload", json.dumps(claims, separators=(",", ":")))
    message = f"{encoded(json.dumps(head, separators=(',', ':')).encode())}.{encoded(payload.encode())}"
    key = forgery.get("key", secret)
    if "signature" in forgery:
        signature = forgery["signature"]
    elif key is not False:
        signature = encoded(signed(head.get("alg"), key, message.encode()))
    return f"{message}.{signature}"


def signed(algorithm, key, message):
    """By a key pair where the header says so and the key is one; else by HMAC."""
    if algorithm in ("RS256", "EdDSA") and "PRIVATE KEY" in key:
        known = get_default_algorithms()[algorithm]
        return known.sign(message, known.prepare_key(key.strip()))
    return hmac.digest(key.encode(), message, HASHES.get(algorithm, hashlib.sha256))


def changed(table, changes, now):
    """`false` takes a key away; `<now+SECONDS>` is a number, `<null>` none. New keys come in alphabetical order."""
    table = table | {name: value_of(value, now) for name, value in sorted(changes.items())}
    return {name: value for name, value in table.items() if value is not False}


def value_of(value, now):
    if value == "<null>":
        return None
    if isinstance(value, str) and (time := re.fullmatch(r"<now([+-][\d.]+)>", value)):
        moment = now.timestamp() + float(time[1])
        return moment if "." in time[1] else int(moment)
    return value


def encoded(data):
    return urlsafe_b64encode(data).decode().rstrip("=")


def decoded(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
