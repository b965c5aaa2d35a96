"""Plays the scenarios that share one set of settings, in one Django process.

Reads one JSON object from standard input and writes the recordings to standard output.
"""

import contextlib
import io
import json
import logging
import os
import re
import sys
import tempfile
from datetime import timezone
from pathlib import Path

import time_machine

from . import scenarios, wire
from .forgery import forge
from .placeholders import Placeholders, clock
from .providers import Providers
from .recording import answer_of, mails_of


def main():
    job = json.load(sys.stdin)
    with tempfile.TemporaryDirectory(prefix="rest-auth-peer-") as folder:
        # What Django's apps ask when they are loaded is answered as in the first scenario.
        providers = Providers()
        providers.rules = job["scenarios"][0]["providers"]
        start_django(Path(folder), job["django"])
        from . import stage

        player = Player(job["base"], job["django"], stage, providers)
        # rownd-django prints what it catches, and standard output is for the recordings.
        with contextlib.redirect_stdout(io.StringIO()):
            recordings = [player.play(scenario) for scenario in job["scenarios"]]
    json.dump(recordings, sys.stdout)


def start_django(folder, overrides):
    """Sets Django up on a database in `folder`."""
    file = folder / "settings.json"
    file.write_text(json.dumps(overrides))
    os.environ["REST_AUTH_PEER_SETTINGS"] = str(file)
    os.environ["REST_AUTH_PEER_DATABASE"] = f"sqlite://{folder}/recording.sqlite3"
    import django
    from django.core import checks

    django.setup()
    logging.disable(logging.CRITICAL)
    errors = [check for check in checks.run_checks() if check.level >= checks.ERROR]
    if errors:
        raise SystemExit("\n".join(f"{check.id}: {check.msg}" for check in errors))


class Player:
    """Plays scenarios one after another, each on a fresh database."""

    def __init__(self, base, django, stage, providers):
        from django.core.wsgi import get_wsgi_application

        self.base = base
        self.stage = stage
        self.providers = providers
        self.application = get_wsgi_application()
        self.session_cookie = django.get("SESSION_COOKIE_NAME", "sessionid")
        self.csrf_cookie = django.get("CSRF_COOKIE_NAME", "csrftoken")

    def play(self, scenario):
        start = clock(self.base["clock"])
        with time_machine.travel(start, tick=False) as traveller:
            self.stage.clear()
            self.stage.add_users(scenario["users"])
            self.stage.add_applications(scenario["applications"])
            self.providers.rules, self.providers.asked = scenario["providers"], []
            stated = {user["token"] for user in scenario["users"] if "token" in user}
            play = Play(self, scenario, Placeholders(stated), traveller)
            answers = [play.send(request) for request in scenario["requests"]]
            return {
                "name": scenario["name"],
                "answers": answers,
                "mails": mails_of(self.stage.mails(), play.placeholders),
                "rows": self.stage.rows(scenario["rows"], play.placeholders),
                "asked": list(dict.fromkeys(self.providers.asked)),
            }


class Play:
    """One scenario while it is played: the clients' cookies and the saved values."""

    def __init__(self, player, scenario, placeholders, traveller):
        self.player = player
        self.prefix = scenario["settings"]["http"]["prefix"]
        self.placeholders = placeholders
        self.traveller = traveller
        self.jars = {}
        self.saved = {}
        self.keys = scenarios.keys(player.base)
        settings = scenario["settings"]
        self.secret = settings.get("simple_jwt", {}).get("signing_key", settings["secret_key"])

    def send(self, request):
        from django.utils.timezone import now

        self.player.stage.change_users(request.get("before", {}))
        self.traveller.shift(request.get("after_seconds", 0))
        which = request.get("jar", "browser")
        jar = self.jars.setdefault(which, wire.Jar()) if which else wire.Jar()
        moment = now().astimezone(timezone.utc)
        variables = self.keys | self.saved | {f"cookie.{key}": value for key, value in jar.cookies.items()}
        for name, forgery in request.get("forge", {}).items():
            token = forge(wire.substitute(forgery, variables), self.secret, moment)
            variables[name] = self.saved[name] = token
        filled = wire.substitute(
            {key: request[key] for key in request if key not in ("save", "expect", "before", "forge")}, variables
        )
        self.player.providers.variables = variables
        cookies = jar.sent_with(filled.get("cookies", {}))
        environment = wire.environ(filled, self.prefix, cookies)
        status, headers, body = wire.exchange(self.player.application, environment)
        for name, value in headers:
            if name == "Set-Cookie":
                jar.take(value)
        for name, source in request.get("save", {}).items():
            self.save(name, source, body, jar, "deviates" in request)
        names = {self.player.session_cookie: "session", self.player.csrf_cookie: "csrf"}
        return answer_of(request, (status, headers, body), self.placeholders, names, moment)

    def save(self, name, source, body, jar, may_fail):
        where, _, rest = source.partition(".")
        try:
            if where == "body":
                value = json.loads(body)
                for key in rest.split("."):
                    value = value[key]
            elif where == "cookie":
                value = jar.cookies[rest]
            else:
                value = re.search(rest, self.player.stage.mails()[-1].body)[1]
            self.saved[name] = str(value)
        except (KeyError, ValueError, TypeError, IndexError):
            if not may_fail:
                raise SystemExit(f"nothing to save for {name} = {source!r} in {body!r}") from None


if __name__ == "__main__":
    main()
