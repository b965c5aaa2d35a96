"""One request to Django without a socket, byte for byte as a client would send it."""

import io
import json
import re
from urllib.parse import unquote_to_bytes, urlencode

BOUNDARY = "boundary-of-the-parts"
HOST = "testserver"


def substitute(value, variables):
    """`{name}` becomes a saved value; braces around anything else are only braces."""
    if isinstance(value, str):
        return re.sub(r"\{([\w.-]+)\}", lambda m: variables.get(m[1], m[0]), value)
    if isinstance(value, dict):
        return {key: substitute(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [substitute(item, variables) for item in value]
    return value


def body_of(request):
    """(content type or None, bytes)."""
    if "json" in request:
        text = json.dumps(request["json"], ensure_ascii=False, separators=(",", ":"))
        kind, body = "application/json", text.encode()
    elif "form" in request:
        kind = "application/x-www-form-urlencoded"
        body = urlencode(request["form"], doseq=True).encode()
    elif "multipart" in request:
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        body = multipart(request["multipart"])
    elif "raw_hex" in request:
        kind, body = "application/json", bytes.fromhex(request["raw_hex"])
    elif "raw" in request:
        kind, body = "application/json", request["raw"].encode() * request.get("raw_times", 1)
    else:
        kind, body = None, b""
    if "content_type" in request:
        kind = request["content_type"] or None
    return kind, body


def multipart(fields):
    """Text is a field, a table with `filename` and `content` a file."""
    parts = []
    for name, value in fields.items():
        head = f'Content-Disposition: form-data; name="{name}"'
        if isinstance(value, dict):
            head += f'; filename="{value["filename"]}"\r\nContent-Type: application/octet-stream'
            value = value["content"]
        parts.append(f"--{BOUNDARY}\r\n{head}\r\n\r\n{value}\r\n")
    return ("".join(parts) + f"--{BOUNDARY}--\r\n").encode()


def environ(request, prefix, cookies):
    """The WSGI environment of a request whose variables are filled in."""
    method, target = request["send"].split(" ", 1)
    path, _, query = target.partition("?")
    if not path.startswith("/"):
        path = prefix + path
    kind, body = body_of(request)
    scheme = "https" if request.get("https") else "http"
    result = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": HOST,
        "SERVER_PORT": "443" if scheme == "https" else "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": HOST,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if kind is not None:
        result["CONTENT_TYPE"] = kind.encode().decode("latin-1")
    if body:
        result["CONTENT_LENGTH"] = str(len(body))
    if cookies:
        result["HTTP_COOKIE"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    sent = {name: value.encode() for name, value in request.get("headers", {}).items()}
    sent |= {name: bytes.fromhex(value) for name, value in request.get("headers_hex", {}).items()}
    for name, value in sent.items():
        result["HTTP_" + name.upper().replace("-", "_")] = value.decode("latin-1")
    return result


def exchange(application, environment):
    """(status, [(header, value)], body) as they would reach the client."""
    started = []
    answer = application(environment, lambda status, headers, _=None: started.append((status, headers)))
    body = b"".join(answer)
    answer.close()
    status, headers = started[-1]
    status = int(status.split()[0])
    headers = [(name, value.strip()) for name, value in headers]
    if environment["REQUEST_METHOD"].upper() == "HEAD":
        body = b""  # as every HTTP server does
    return status, headers, body


class Jar:
    """A client's cookies by name. Paths, domains and ages are the client's business, not ours."""

    def __init__(self):
        self.cookies = {}

    def take(self, set_cookie):
        pair, *attributes = set_cookie.split("; ")
        name, _, value = pair.partition("=")
        if "Max-Age=0" in attributes:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value

    def sent_with(self, extra):
        """These cookies and the request's own; `false` leaves one out."""
        cookies = self.cookies | extra
        return {name: value for name, value in cookies.items() if value is not False}


