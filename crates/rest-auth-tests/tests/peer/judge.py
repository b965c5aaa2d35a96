"""Looks at a database that rest-auth has made or used: is there anything to migrate, and do its credentials count?"""

import io
import json
import os

from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

plan = io.StringIO()
call_command("migrate", plan=True, stdout=plan, no_color=True)
changes = io.StringIO()
call_command("makemigrations", check_changes=False, dry_run=True, stdout=changes, no_color=True)
given = json.loads(os.environ["REST_AUTH_STORY"])


def ask(method, path, headers=None, cookies=None, body=None):
    client = Client(headers=headers)
    for name, value in (cookies or {}).items():
        client.cookies[name] = value
    answer = getattr(client, method)("/rest-auth/" + path, body, content_type="application/json")
    return [answer.status_code, answer.json()]


result = {
    "plan": plan.getvalue(),
    "changes": changes.getvalue(),
    "checked": [user.check_password("c0rrect-horse") for user in User.objects.all()],
    "token": ask("get", "user/", headers={"Authorization": "Token " + given["token"]}),
    "session": ask("get", "user/", cookies={"sessionid": given["session"]}),
    "proof": ask(
        "patch", "user/", {"X-CSRFToken": given["proof"]},
        {"sessionid": given["session"], "csrftoken": given["proof"]}, {"first_name": "Peer"},
    ),
    "login": ask("post", "login/", body={"username": given["name"], "password": "c0rrect-horse"}),
    "verify": ask("post", "registration/verify-email/", body={"key": given["key"]}),
}
print("RESULT " + json.dumps(result))
