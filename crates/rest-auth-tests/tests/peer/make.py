"""Makes what a dj-rest-auth deployment has: tables, users with a hash of each kind, tokens, sessions, mailed keys."""

import json

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import get_hashers, make_password
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from rest_framework.authtoken.models import Token

call_command("migrate", verbosity=0, interactive=False)
users = []
for hasher in get_hashers():
    user = User(username=hasher.algorithm, email=f"{hasher.algorithm}@example.com")
    user.password = make_password("c0rrect-horse", hasher=hasher)
    user.save()
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["basket"] = ["three", "apples"]
    session.create()
    address = EmailAddress.objects.create(user=user, email=user.email, primary=True)
    users.append({
        "name": user.username,
        "token": Token.objects.create(user=user).key,
        "session": session.session_key,
        "key": EmailConfirmationHMAC(address).key,
    })
print("RESULT " + json.dumps(users))
