"""Puts placeholders where two runs never agree: keys, tokens, dates.

Equal values get equal placeholders within a scenario, unequal values unequal ones, so a recording
still says that the second login answered the key of the first. Values that the scenario states
itself are left alone.
"""

import re
from base64 import urlsafe_b64decode
from datetime import datetime, timezone
from email.utils import format_datetime, parsedate_to_datetime

KINDS = {
    "token": r"(?<![0-9a-zA-Z])[0-9a-f]{40}(?![0-9a-zA-Z])",
    "jwt": r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+",
    "reset": r"(?<![0-9a-zA-Z-])[0-9a-z]{6}-[0-9a-f]{32}(?![0-9a-zA-Z])",
    "key": r"(?<![\w:-])[\w-]{2,}:[0-9A-Za-z]{6}:[\w-]{43}(?![\w-])|(?<=/)[0-9a-z]{64}(?=/)",
}
# Values that only stand in the claims of tokens: the id, and the MD5 of the password column.
IN_JWTS = {"jti": r'(?<=")[0-9a-f]{32}(?=")', "stamp": r'(?<=")[0-9A-F]{32}(?=")'}
IN_IDS = {"jti": r"^[0-9a-f]{32}$"}
UNIX_TIME = r"(?<=:)1\d{9}(?=[,}])"
EPOCH = "Thu, 01 Jan 1970 00:00:00 GMT"
HTTP_DATE = r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"


class Placeholders:
    """The values met so far in one scenario."""

    def __init__(self, stated):
        self.stated = stated
        self.numbers = {}
        self.unread = []

    def put(self, kind, value):
        """The placeholder for a value of which the kind is known."""
        if value in self.stated:
            return value
        known = self.numbers.setdefault(kind, {})
        if kind == "jwt" and value not in known:
            self.unread.append(value)
        return f"<{kind}:{known.setdefault(value, len(known) + 1)}>"

    def in_text(self, text):
        for kind, pattern in KINDS.items():
            text = re.sub(pattern, lambda match, kind=kind: self.put(kind, match[0]), text)
        return text

    def new_jwts(self, now):
        """What the tokens say that have come since this was asked the last time, by their numbers."""
        unread, self.unread = self.unread, []
        return {str(self.numbers["jwt"][token]): self.in_jwt(token, now) for token in unread}

    def in_jwt(self, token, now):
        """The header and the claims of a token, byte by byte but for its times and its random values."""
        parts = token.split(".")[:2]
        try:
            text = " ".join(urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode() for part in parts)
        except ValueError:
            return "nothing that can be read"
        for kind, pattern in IN_JWTS.items():
            text = re.sub(pattern, lambda match, kind=kind: self.put(kind, match[0]), text)
        return re.sub(UNIX_TIME, lambda match: f"<now{int(match[0]) - int(now.timestamp()):+}>", text)

    def in_row(self, value, now):
        """A cell of a row; `false` is none. A token that no answer had is told in full."""
        if value is None:
            return False
        if isinstance(value, datetime):
            return f"<now{round((value - now).total_seconds()):+}>"
        if not isinstance(value, str):
            return value
        if re.fullmatch(KINDS["jwt"], value) and value not in self.numbers.get("jwt", {}):
            return self.in_jwt(value, now)
        for kind, pattern in IN_IDS.items():
            value = re.sub(pattern, lambda match, kind=kind: self.put(kind, match[0]), value)
        return self.in_text(value)

    def in_set_cookie(self, line, names, now):
        """`names` maps the names of cookies to the kinds of their values; `now` is the clock."""
        name, _, rest = line.partition("=")
        value, _, attributes = rest.partition(";")
        if name in names and value not in ("", '""'):
            value = self.put(names[name], value)
        attributes = re.sub(HTTP_DATE, lambda match: date(match[0], now), attributes)
        return f"{name}={self.in_text(value)};{attributes}"


def date(text, now):
    """`<now+SECONDS>`; the beginning of time, which deletes a cookie, stays."""
    if text == EPOCH:
        return text
    seconds = round((parsedate_to_datetime(text) - now).total_seconds())
    assert format_datetime(parsedate_to_datetime(text).astimezone(timezone.utc), True) == text
    return f"<now{seconds:+}>"


def holds_placeholder(text):
    return re.search(r"<(token|jwt|jti|stamp|reset|key|session|csrf):\d+>|<now[+-]\d+>", text) is not None


def clock(text):
    """The scenario's time, from base.toml."""
    return datetime.fromisoformat(text)
