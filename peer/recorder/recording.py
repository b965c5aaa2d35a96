"""What is kept of an answer and of a mail, and how expectations of our own are laid over it."""


# Django's security headers stand on every answer; only exceptions are recorded.
USUAL = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def answer_of(request, answer, placeholders, cookie_kinds, now):
    """The recorded form of one answer. `cookie_kinds`: cookie names to kinds of placeholders."""
    status, headers, body = answer
    kept, cookies = {}, []
    for name, value in headers:
        if name == "Set-Cookie":
            cookies.append(placeholders.in_set_cookie(value, cookie_kinds, now))
        elif name != "Content-Length" or request["send"].startswith("HEAD "):
            kept[name] = placeholders.in_text(value)
        elif status != 204 and value != str(len(body)):
            raise SystemExit(f"{request['send']}: Content-Length {value} of {len(body)} bytes")
    missing = [name for name in USUAL if name not in kept]
    kept = {name: value for name, value in kept.items() if USUAL.get(name) != value}
    recorded = {"request": request["send"], "status": status, "headers": kept}
    if missing:
        recorded["missing_headers"] = missing
    if cookies:
        recorded["cookies"] = cookies
    recorded["body"] = placeholders.in_text(body.decode())
    if jwts := placeholders.new_jwts(now):
        recorded["jwts"] = jwts
    if "deviates" in request:
        recorded["deviates"] = request["deviates"]
        recorded["expected"] = expected(recorded, request["expect"])
    return recorded


def expected(recorded, expect):
    """The complete answer of rest-auth: the peer's, with what the scenario says instead."""
    own = {key: recorded[key] for key in ("status", "headers", "missing_headers", "cookies", "body")
           if key in recorded}
    headers = own["headers"] | expect.get("headers", {})
    own["headers"] = {name: value for name, value in headers.items() if value is not False}
    for key in ("status", "missing_headers", "cookies", "body"):
        if key in expect:
            own[key] = expect[key]
    if "body_starts" in expect:
        del own["body"]
        own["body_starts"] = expect["body_starts"]
    shown = "\n".join([own.get("body", ""), *own.get("cookies", [])])
    jwts = recorded.get("jwts", {}) | expect.get("jwts", {})
    own["jwts"] = {number: text for number, text in jwts.items() if f"<jwt:{number}>" in shown} or []
    return {key: value for key, value in own.items() if value != []}


def mails_of(mails, placeholders):
    return [
        {
            "from": mail.from_email,
            "to": mail.to,
            "subject": mail.subject,
            "body": placeholders.in_text(mail.body).split("\n"),
        }
        for mail in mails
    ]


def complete(played, scenario):
    """The scenario's entry in the file, without what is empty."""
    entry = {"answers": played["answers"]}
    if played["asked"]:
        entry["asked"] = played["asked"]
    own = scenario["left_behind"]
    for key in ("mails", "rows"):
        if played[key]:
            entry[key] = played[key]
        if key in own:
            entry["deviates"] = own["deviates"]
            entry[f"expected_{key}"] = own[key]
    return entry


