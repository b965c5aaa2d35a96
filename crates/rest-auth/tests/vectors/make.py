"""Makes the vectors beside this file with Django and Django REST framework themselves.

Run it with the Python of a virtual environment that has both (the pinned ones of `peer/`):

    python make.py

Bytes are written as Latin-1 text, one character for each byte.
"""

import io
import json
import random
from pathlib import Path

import django
from django.conf import settings

settings.configure(DEBUG=False, ALLOWED_HOSTS=["*"], SECRET_KEY="x" * 50, USE_TZ=True)
django.setup()

from django.core.exceptions import SuspiciousOperation  # noqa: E402
from django.http import Http404, QueryDict  # noqa: E402
from django.http.cookie import parse_cookie  # noqa: E402
from django.test import RequestFactory  # noqa: E402
from rest_framework import exceptions, negotiation, parsers, renderers  # noqa: E402
from rest_framework.request import Request  # noqa: E402

HERE = Path(__file__).parent
PARSERS = [parsers.JSONParser(), parsers.FormParser(), parsers.MultiPartParser()]
RENDERERS = [renderers.JSONRenderer(), renderers.BrowsableAPIRenderer()]


def latin(data):
    return data.decode("latin-1")


def text(value):
    lone = next((ord(c) for c in value if 0xD800 <= ord(c) <= 0xDFFF), None)
    plain = "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in value)
    return ["text", plain, lone]


def tree(value):
    if value is None:
        return ["null"]
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, float):
        return ["float", str(value)]
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return ["list", [tree(v) for v in value]]
    return ["object", [[text(k)[1], tree(v)] for k, v in value.items()]]


def form(data, files):
    entries = {key: text(data[key]) for key in data}
    entries.update({key: ["file"] for key in files})
    return ["object", [[text(k)[1], v] for k, v in entries.items()]]


def parse(content_type, body):
    """What DRF makes of a body: the tree, or the status and the sentence."""
    extra = {} if content_type is None else {"CONTENT_TYPE": content_type}
    raw = RequestFactory().generic("POST", "/", body, content_type=content_type or "")
    raw.META.update(extra)
    request = Request(raw, parsers=PARSERS, negotiator=negotiation.DefaultContentNegotiation())
    try:
        data = request.data
    except exceptions.APIException as error:
        return {"status": error.status_code, "detail": str(error.detail)}
    except SuspiciousOperation as error:
        return {"status": 400, "detail": None, "kind": type(error).__name__}
    except RecursionError:
        return {"status": 500, "detail": None}
    if isinstance(data, QueryDict):
        return {"from": "form", "tree": form(request.POST, request.FILES)}
    return {"from": "json", "tree": tree(data)}


def json_documents():
    seeds = [
        b"", b" ", b"{}", b"[]", b"null", b"true", b"false", b"nul", b"tru", b"fals", b"nulll", b"null x", b"not json",
        b'{"username": "alice"', b'{"a":1,}', b'{"a":1 "b":2}', b'{"a" 1}', b"{a:1}", b'{"a":}', b'{"a":1', b'{"a"', b"{", b"[",
        b"[1,]", b"[1 2]", b"[,1]", b"[1,,2]", b"[1", b"[1,", b"[1, ", b"]", b"}", b'{"a":1}}', b'{"a":1} {"b":2}', b"[1] 2",
        b'"', b'"abc', b'"abc\\', b'"abc\\"', b'"\\q"', b'"\\u"', b'"\\u12"', b'"\\u12g4"', b'"\\u0041', b'"\\u0041"', b'"\\u0041 ',
        b'"a\nb"', b'"a\tb"', b'"a\x00b"', b'"\x7f"', b'"\\u0000"', b'"\\ud800"', b'"\\udc00"', b'"\\ud83d\\ude00"', b'"\\ud83d\\ud83d\\ude00"',
        b'"\\ud83d\\u0041"', b'"\\ud83dx"', b'"\\ud83d\\n"', b'"\\ud83d\\ude0"', b'"\\ud83d\\udexx"', b'"\\ud83d\\ude00', b'"\\ud83d\\',
        b'"\\ud83d\\u', b'"\\ud83d\\ude', b'"\\uD83D\\uDE00"', b'"\\b\\f\\n\\r\\t\\/\\\\\\""', b'"\\x41"', b'"\\u 041"', b'"\\u+041"', b'"\\u0x41"', b'"\\u00_1"',
        b"0", b"-0", b"-", b"+1", b"01", b"-01", b"1.", b".5", b"1.5", b"-1.5", b"1e3", b"1E3", b"1e+3", b"1e-3", b"1e", b"1e+", b"1.e3", b"1.5e",
        b"1e999", b"-1e999", b"1e-999", b"-0.0", b"0.0", b"1e16", b"1e15", b"123456789012345678.0", b"0.0001", b"0.00001", b"1e22", b"1e23",
        b"5e-324", b"1.7976931348623157e308", b"0.1", b"100.0", b"1e21", b"12345678901234567890", b"1e-5", b"1.5e-7", b"9007199254740993.0", b"1e0", b"0e5", b"-0e0",
        b"NaN", b"Infinity", b"-Infinity", b"-Inf", b"-Infinit", b"Nan", b"[NaN]", b'{"a":Infinity}', b'{"a":-Infinity', b"--1",
        b'{"a":1,"a":2}', b'{"a":1,"b":2,"a":3}', b'{"":1}', b'{"\\ud800":1}', b"{'a':1}", b'{"a":1,"b"}', b'{"a":1,b}', b'{,}', b'{"a"::1}',
        b"\xef\xbb\xbf{}", b"\xef\xbb\xbf", b"\xff", b'{"a":"\xff"}', b'{"a":"\xc3"}', b'{"a":"\xc3', b'{"a":"\xc3\xa9', b'"\xe2\x82\xac"', b'"\xe2\x82"', b'"\xe2\x82', b'"\xe2"',
        b'"\xed\xa0\x80"', b'"\xf0\x9f\x98\x80"', b'"\xf0\x9f\x98"', b'"\xf0\x9f"', b'"\xf0\x9f\x98', b'"\xf4\x90\x80\x80"', b'"\xc0\x80"', b'"\xe0\x80\x80"', b'"\xf8\x88\x80\x80\x80"', b'"\x80"',
        b'"\xf0\x80\x80\x80"', b'"\xe2\x28\xa1"', b'"\xf0\x28\x8c\xbc"', b'"\xf0\x90\x28\xbc"', b"{}\xe2\x82", b"{} \xc3", b"{} \xc3\x28",
        '{"ключ": "значение",\n "b": }'.encode(), '{"ключ": "значение"\n\n  "b": 1}'.encode(), '\n\n\r\n["é", "😀" x]'.encode(), '"😀\n"'.encode(),
        b" \t\r\n{} \t\r\n", b"\x0b{}", b"\x0c{}", "\u00a0{}".encode(), b"{}\x00", b"\x00", b"[1,\r2,\r\n3 4]", b"/* x */ {}", b"[1] // x",
        b"1" * 4300, b"1" * 4301, b"-" + b"1" * 4300, b"-" + b"1" * 4301, b"0." + b"1" * 5000, b"1" * 5000 + b".0", b"[1," + b"9" * 5000 + b"]", b"1" * 5000 + b"e0",
        b'{"username":"alice","password":"pw"}', b'{"a":[1,2,{"b":[]}],"c":{"d":null}}', b"[[[[[[[[]]]]]]]]", b'{"a":{"a":{"a":{}}}}', b"[" * 50 + b"]" * 50, b"[" * 50,
    ]
    dice = random.Random(20)
    alphabet = [b'"', b"\\", b"u", b"{", b"}", b"[", b"]", b",", b":", b" ", b"\n", b"0", b"1", b"e", b".", b"-", b"d83d", b"\xc3\xa9", b"\xe2\x82\xac", b"n", b"N", b"\xff", b"\\u"]
    rich = [b'{"user": "al\\u00e9\\n", "n": [1, -2.5e3, true, null], "o": {"k": "\xe2\x82\xac"}}', b'["\\ud83d\\ude00", "\\ud83d", {"a": 1.50, "a": "z"}]\n', b'{\n  "a": "b",\n  "c": "d"\n}']
    fuzzed = []
    for _ in range(400):
        document = bytearray(dice.choice(rich))
        for _ in range(dice.randint(1, 3)):
            place = dice.randint(0, len(document))
            if dice.random() < 0.4:
                del document[place:place + dice.randint(1, 4)]
            else:
                document[place:place + dice.randint(0, 1)] = dice.choice(alphabet)
        fuzzed.append(bytes(document))
    return seeds + fuzzed


def form_bodies():
    kind = "application/x-www-form-urlencoded"
    bodies = [
        b"a=1", b"a=1&a=2", b"a=&b", b"a", b"&&a=1&&", b"=1", b"a=1=2", b"a=1;b=2", b"a+b=c+d", b"a=%41%zz%", b"a=%e2%82%ac", b"a=%ff", b"a=%C3", b"a=%c3%28", b"a=\xc3\xa9", b"a=\xff",
        b"a=\xff&b=%ff&c=\xc3\xa9", b"a=%00", b"a=\x00", b"a=1&b=2&a=3", b"%61=1&a=2", b"a=%2B+%26", b"a=1\r\nb=2", b" a = 1 ", b"a=%u20ac", b"a=%E2%82%AC\xe2\x82\xac", b"a=%ed%a0%80", b"a=%f0%9f%98%80",
        b"&" * 999, b"&" * 1000, b"&" * 1500, b"a=1&" * 1000,
    ]
    cases = [(kind, body) for body in bodies]
    for charset in ["utf-8", "UTF8", "latin-1", "iso-8859-1", "ascii", "cp1252", "nonsense", "base64", "bz2", "rot13", "hex", "zlib", "", '"utf-8"', "koi8-r", "shift_jis"]:
        cases += [(f"{kind}; charset={charset}", b"a=%e9&b=\xe9"), (f"application/json; charset={charset}", b'{"a":"\xe9"}'), (f"application/json; charset={charset}", b'{"a":"e"}')]
    return cases


def multipart_bodies():
    def part(name, value, *lines):
        head = b'Content-Disposition: form-data; name="' + name + b'"'
        return b"--B\r\n" + b"\r\n".join([head, *lines]) + b"\r\n\r\n" + value + b"\r\n"

    end = b"--B--\r\n"
    file = b'--B\r\nContent-Disposition: form-data; name="f"; filename="x.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n'
    bodies = [
        part(b"a", b"1") + end, part(b"a", b"1") + part(b"a", b"2") + end, part(b"a", b"1"), part(b"a", b"1") + b"--B--", part(b"a", b"") + end, part(b"a", b"x\r\ny") + end,
        file + end, part(b"f", b"text") + file + end, file + part(b"f", b"text") + end, b"garbage", b"", b"--B--", b"--B\r\n", b"--B\r\n\r\n", b"preamble\r\n" + part(b"a", b"1") + end + b"epilogue",
        b"--B\r\ncontent-disposition: form-data; name=a\r\n\r\n1\r\n--B--", b"--B\nContent-Disposition: form-data; name=a\n\n1\n--B--", b"--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n--B--",
        b"--B\r\nContent-Type: text/plain\r\n\r\n1\r\n--B--", b'--B\r\nContent-Disposition: form-data; name=""\r\n\r\n1\r\n--B--', b'--B\r\nContent-Disposition: attachment; name="a"\r\n\r\n1\r\n--B--',
        part(b"a", b"aGVsbG8=", b"Content-Transfer-Encoding: base64") + end, part(b"a", b"%%%", b"Content-Transfer-Encoding: base64") + end, part(b"a", b"aGVsbG8", b"Content-Transfer-Encoding: base64") + end,
        part(b"a", b"aGVs\r\nbG8=", b"Content-Transfer-Encoding: base64") + end, part(b"a", b"a!GVsbG8=", b"Content-Transfer-Encoding: base64") + end, part(b"a", b"aGVsbG8=", b"Content-Transfer-Encoding: BASE64") + end,
        part(b"a", b"\xe2\x82\xac") + end, part(b"a", b"\xff\xc3") + end, part(b"\xc3\xa9", b"1") + end, part(b"\xff", b"1") + end, part(b"a", b"1", b"X-Filler: " + b"y" * 900) + end, part(b"a", b"1", b"X-Filler: " + b"y" * 1100) + end,
        b'--B\r\nContent-Disposition: form-data; name="f"; filename=""\r\n\r\nhello\r\n' + end, b'--B\r\nContent-Disposition: form-data; name="f"; filename*=utf-8\'\'x%20y.txt\r\n\r\nhello\r\n' + end,
        b'--B\r\nContent-Disposition: form-data; name*=utf-8\'\'%c3%a9\r\n\r\nhello\r\n' + end, b'--B\r\nContent-Disposition: form-data; name="f"; filename=".."\r\n\r\nhello\r\n' + end, b'--B\r\nContent-Disposition: form-data; name="f"; filename="/tmp/"\r\n\r\nhello\r\n' + end,
        b'--B\r\nContent-Disposition: form-data; name=" a "\r\n\r\n 1 \r\n' + end, b'--B\r\nContent-Disposition: form-data; name="a\\"b;c"\r\n\r\n1\r\n' + end, b'--B\r\nContent-Disposition: form-data; NAME="a"\r\n\r\n1\r\n' + end,
        b'--B\r\nContent-Disposition: form-data; name="f"; filename="x"\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n' + end, b'--B\r\nContent-Disposition: form-data; name="f"; filename="x"\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsb\r\n' + end,
        b'--B\r\nContent-Disposition: form-data; name="f"; filename="x"\r\nContent-Transfer-Encoding: base64\r\n\r\na=Gs\r\n' + end,
        part(b"a", b"contains --B inside") + part(b"b", b"2") + end, part(b"a", b"1\n") + end, part(b"a", b"1\r") + end, b"--B\r\n\r\nbody without headers\r\n" + end, b"--BB\r\n" + part(b"a", b"1") + end,
        b"--B\r\nContent-Disposition : form-data; name=a\r\n\r\n1\r\n--B--", b"--B\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n1\r\n--B--", b"--B\r\nContent-Disposition form-data; name=a\r\n\r\n1\r\n--B--", b"--B \r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--B--",
        b"--B\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\n1\r\n--B--", b"--B\r\nX: \xff\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--B--", b"--B\r\nContent-Disposition: form-data; name=a\r\n\r\n1--B--", b"--B\r\nContent-Disposition: form-data; name=a\r\n\r\n--B--",
    ]
    cases = [("multipart/form-data; boundary=B", body) for body in bodies]
    whole = part(b"a", b"1") + end
    cases += [(kind, whole) for kind in [
        "multipart/form-data", "multipart/form-data;", "multipart/form-data; boundary=", 'multipart/form-data; boundary="B"', "multipart/form-data; boundary=B; charset=latin-1", "Multipart/Form-Data; boundary=B", "multipart/form-data; BOUNDARY=B",
        "multipart/form-data; boundary=" + "x" * 201, "multipart/form-data; boundary=" + "x" * 200, "multipart/form-data; boundary=" + "x" * 202, "multipart/form-data; boundary=B\xe9", "multipart/form-data; boundary='B'", "multipart/form-data; boundary=B ", 'multipart/form-data; boundary="B "', "multipart/form-data; boundary=B; charset=zlib", "multipart/form-data; boundary=B; charset=nonsense", "multipart/form-data; charset=zlib",
        "multipart/form-data; boundary*=utf-8''B", "multipart/form-data; boundary*=''B",
    ]]
    dice = random.Random(21)
    rich = part(b"user", b"ann") + file + part(b"b", b"2")  + end
    alphabet = [b"--B", b"\r\n", b"\r\n\r\n", b'"', b";", b"=", b"name", b"--", b"\n", b"x", b":"]
    for _ in range(150):
        body = bytearray(rich)
        for _ in range(dice.randint(1, 3)):
            place = dice.randint(0, len(body))
            if dice.random() < 0.5:
                del body[place:place + dice.randint(1, 8)]
            else:
                body[place:place + dice.randint(0, 2)] = dice.choice(alphabet)
        cases.append(("multipart/form-data; boundary=B", bytes(body)))
    return cases


def content_types():
    body = b'{"a":"1"}'
    kinds = [
        None, "", "application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;", " application/json ", "application/*", "*/*", "*/json", "*", "application/", "/json", "/", "text/plain", "text/plain; charset=utf-8",
        "text/json", "application/vnd.api+json", "application/json, text/plain", "application/jsonx", "multipart/*", "application/x-www-form-urlencoded2", "application/json; " + "x" * 300, "garbage", ";", "; charset=utf-8", "application/json; q=0.5", "application/json; version=2", 'text/"quoted"',
        "application/json/x", "text/html; charset=ISO-8859-1",
    ]
    return [(kind, body) for kind in kinds] + [(kind, b"") for kind in kinds] + [("application/x-www-form-urlencoded", b""), ("multipart/form-data", b""), ("multipart/form-data; boundary=B", b""), ("Multipart/Form-Data; boundary=B", b"")]


def accept_headers():
    headers = [
        None, "*/*", "", " ", "application/json", "text/html", "text/*", "application/*", "*/json", "*/html", "text/plain", "garbage", ",", ",,application/json,,", "application/json, text/plain, */*", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/html,application/json", "application/json;q=0.1,text/html", "text/html;q=0", "application/json; indent=4", "application/json;indent=4", "application/json; indent=0", "application/json; indent=-3", "application/json; indent=99", "application/json; indent=x", "application/json; indent=", "application/json; indent=+2",
        "application/json; indent= 3 ", 'application/json; indent="2"', "application/json; INDENT=2", "application/json; indent=2; indent=3", "*/*; indent=4", "application/*; indent=4", "application/json; q=0.5; indent=4", "text/html, application/json; indent=4", "text/html; level=1, application/json", "application/json; q=1, text/html",
        "APPLICATION/JSON", "Text/HTML", "application/json;charset=utf-8", "text/html;charset=utf-8, application/json", "*", "*/*, text/html", "text/xml", "text/html/x", "application/json indent=4", "application/json; indent=1_0", "application/json; indent=4.0",
        "text/plain," * 64 + "application/json", "text/plain," * 63 + "application/json", "x" * 8193, "text/plain; a=" + "x" * 300 + ", application/json", "application/json," + "x" * 9000, "x" * 8000 + ",application/json," + "y" * 500, "text/" + "x" * 251, "text/html; a=\"x,y\", application/json", "application/json; indent=\u0664".encode("utf-8").decode("latin-1"),
    ]
    cases = [(header, "") for header in headers]
    cases += [(header, query) for header in [None, "text/html", "application/json", "*/*"] for query in ["format=json", "format=api", "format=xml", "format=", "format=json&format=api", "format=JSON", "format", "x=1", "format=%6Ason"]]
    return cases


def negotiate(header, query):
    extra = {} if header is None else {"HTTP_ACCEPT": header}
    raw = RequestFactory().get("/?" + query, **extra)
    try:
        renderer, media_type = negotiation.DefaultContentNegotiation().select_renderer(Request(raw), RENDERERS)
    except exceptions.NotAcceptable:
        return {"status": 406}
    except Http404:
        return {"status": 404}
    indent = renderer.get_indent(media_type, {}) if renderer.format == "json" else None
    return {"format": renderer.format, "indent": indent}


def rendered():
    values = [{}, [], {"detail": "x"}, {"a": [1, 2, {"b": None}], "c": {}, "d": []}, "é\u2028\u2029\x7f\x00\x1f\n\t\r\b\f\"\\/<>&'", [True, False, None, 0, -1], [[], {}, [{}], {"a": []}], {"é": "😀"}, 1, None, "", [""]]
    return [{"value": value, "indent": indent, "text": renderers.JSONRenderer().render(value, None, {"indent": indent}).decode() if value is not None else "null"} for value in values for indent in [None, 1, 4, 8]]


def cookies():
    headers = ["", "a=1", "a=1; b=2", "a=1;b=2", "a=1; a=2", "a", "=1", "a=", "a==1", "a=b=c", " a = 1 ; b", 'a="x y"', 'a="x\\"y"', 'a="\\303\\251"', 'a="', 'a=""', 'a="\\', 'a="\\0"', 'a="\\012"', 'a="\\9x\\\\"', ";;;", "a=1;;b=2", "a=\xc3\xa9", "a={\"b\":1}", "a=1, b=2", "$Version=1; a=1", 'a="b;c"', "__Host-a=1", 'a="\\477"', "a='x'", "a\tb=1", "a=\t1\t"]
    return [{"header": header, "cookies": list(parse_cookie(header).items())} for header in headers]


def write(name, cases):
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    (HERE / name).write_text("[\n" + lines + "\n]\n")


def bodies(cases):
    return [{"content_type": kind, "body": latin(body), **parse(kind, body)} for kind, body in cases]


write("json_bodies.json", bodies([("application/json", body) for body in json_documents()]))
write("form_bodies.json", bodies(form_bodies()))
write("multipart_bodies.json", bodies(multipart_bodies()))
write("content_types.json", bodies(content_types()))
write("accept_headers.json", [{"accept": a, "query": q, **negotiate(a, q)} for a, q in accept_headers()])
write("rendered.json", rendered())
write("cookies.json", cookies())
