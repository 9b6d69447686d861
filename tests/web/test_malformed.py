"""No field, query, cookie or body that a caller sends is a fault of the service, whatever a route reads of it."""

from __future__ import annotations

import inspect
import io
from typing import Any

import pytest
from hypothesis import HealthCheck, given, strategies
from hypothesis import settings as hypothesis_settings
from quart import Blueprint, Response, current_app, request, send_file, websocket

from service.app import create_app
from service.web import Application, public
from service.web.requests import ApiRequest, ApiWebsocket

from ..tenant import Tenant, settings
from .asgi import Fields, ask

# Of Quart's own, and no part of what a caller sent.
NOT_READ = {"stream"}


def public_names(kind: type) -> list[str]:
    return [name for name in dir(kind) if not name.startswith("_") and name not in NOT_READ]


READ = {kind: public_names(kind) for kind in (ApiRequest, ApiWebsocket)}

blueprint = Blueprint("reading", __name__, url_prefix="/reading")


async def read_all(connection: Any) -> None:
    """Read whatever there is to read of a request or WebSocket, and use what has methods of its own."""
    for name in READ[ApiRequest if isinstance(connection, ApiRequest) else ApiWebsocket]:
        value = getattr(connection, name)
        if inspect.isawaitable(value):
            value = await value
        str(value)
    for accepted, offered in (
        (connection.accept_mimetypes, ["text/html", "application/json"]),
        (connection.accept_charsets, ["utf-8", "latin-1"]),
        (connection.accept_encodings, ["gzip", "br"]),
        (connection.accept_languages, ["en-GB", "de"]),
    ):
        accepted.best_match(offered)
        accepted.to_header()
    for date in (
        connection.date,
        connection.if_modified_since,
        connection.if_unmodified_since,
        connection.if_range.date,
    ):
        assert date is None or date.astimezone().timestamp() is not None
    for directive in ("max_age", "max_stale", "min_fresh", "no_cache", "no_store"):
        getattr(connection.cache_control, directive)
    connection.if_range.to_header()
    repr(connection)
    if connection.range is not None:
        connection.range.make_content_range(100)
        connection.range.to_header()


@blueprint.route("/all", methods=["GET", "POST"])
@public
async def everything() -> str:
    await read_all(request._get_current_object())  # type: ignore[attr-defined]
    return "read"


@blueprint.post("/text")
@public
async def text() -> str:
    return str(await request.get_data(as_text=True))


@blueprint.post("/part/<part>")
@public
async def part(part: str) -> dict[str, str]:
    read = await getattr(request, part)
    return {"read": repr(read)}


@blueprint.get("/file")
@public
async def file() -> Response:
    return await send_file(io.BytesIO(b"0123456789"), "text/plain", conditional=True)


@blueprint.get("/streamed")
@public
async def streamed() -> Any:
    response: Any = current_app.response_class(iter([b"01234", b"56789"]), content_type="text/plain")
    return await response.make_conditional(request, accept_ranges=True, complete_length=10)


@blueprint.websocket("/socket")
@public
async def socket() -> None:
    await read_all(websocket._get_current_object())  # type: ignore[attr-defined]
    await websocket.send("read")


@blueprint.websocket("/socket/json")
@public
async def json_socket() -> None:
    await websocket.send(repr(await websocket.receive_json()))


@pytest.fixture(scope="module")
def app() -> Application:
    app = create_app(settings(cors_allow_origins=("https://app.example.com",)), transport=Tenant().transport)
    app.register_blueprint(blueprint)
    return app


FIELDS = [
    b"Accept", b"Accept-Charset", b"Accept-Encoding", b"Accept-Language", b"Access-Control-Request-Headers",
    b"Access-Control-Request-Method", b"Authorization", b"Cache-Control", b"Content-Encoding", b"Content-Length",
    b"Content-MD5", b"Content-Type", b"Cookie", b"Date", b"Host", b"If-Match", b"If-Modified-Since", b"If-None-Match",
    b"If-Range", b"If-Unmodified-Since", b"Max-Forwards", b"Origin", b"Pragma", b"Range", b"Referer",
    b"Traceparent", b"Tracestate", b"Transfer-Encoding", b"User-Agent", b"X-Forwarded-For", b"X-Request-ID",
]  # fmt: skip
DATES = [
    b"Wed, 25 Nov 99999999999 19:00:00 GMT", b"Wed, 25 Nov 2026 19:00:00 +99999999999999", b"Wed, 25 Nov 2026 19:00:00 -9999",
    b"Mon, 01 Jan 0001 00:00:00 +2359", b"Fri, 31 Dec 9999 23:59:59 -2359", b"Wed, 99 Nov 2026 99:99:99 GMT", b"Wed", b",", b"0",
]  # fmt: skip
RANGES = [
    b"bytes=-1", b"bytes=-0", b"bytes=-99999", b"bytes=0-0,-1", b"bytes=5-3", b"bytes=", b"bytes", b"=", b"items=0-1", b"bytes=0-",
    b"bytes=" + b"9" * 5000 + b"-", b"bytes=-" + b"9" * 5000, b"bytes=0-" + b"9" * 5000, b"bytes=\xb2-\xb3", b"bytes=--1",
]  # fmt: skip
OTHERS = [
    b"[:::]", b"[::1", b"[::ffff:999.1.1.1]", b"a..b", b"a" * 300 + b".test", b"a:99999", b"\xff", b"Basic \xff", b"Basic =", b'W/"', b'"',
    b"*", b"a;q=nan", b"a;q=" + b"9" * 5000, b"application/json", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=\xff",
    b"multipart/form-data; boundary=a", b"max-age=" + b"9" * 5000, b"a*=utf-8''%ff", b'a="\\377"', b"a=\xff", b"9" * 5000, b"-1", b"a" * 4000,
]  # fmt: skip
BODIES = [
    b"\xff\xfe", b"", b"{", b"[" * 100_000, b'"\\ud800"', b"1" * 5000, b"a=\xff&b=%ff", b"--a\r\n\r\n--a--",
    b"--a\r\nContent-Disposition: form-data; name=\xff\r\n\r\n\xff\r\n--a--\r\n",
    b"--a\r\nContent-Disposition: form-data\r\nContent-Length: x\r\n\r\n\r\n--a--\r\n",
    b'--a\r\nContent-Disposition: form-data; name="f"; filename="\xff"\r\nContent-Type: \xff\r\n\r\n\xff\r\n--a--\r\n',
]  # fmt: skip

values = strategies.one_of(
    strategies.sampled_from(DATES + RANGES + OTHERS),
    # What HTTP allows in a field (RFC 9110 section 5.5).
    strategies.lists(strategies.sampled_from([9, *range(32, 127), *range(128, 256)]), max_size=60).map(bytes),
    strategies.tuples(
        strategies.sampled_from([b"bytes=", b"Basic ", b"Bearer ", b'W/"', b"Wed, 25 Nov ", b"multipart/form-data; boundary=", b"a=", b"["]),
        strategies.binary(max_size=20).map(lambda raw: bytes(byte for byte in raw if byte >= 32 and byte != 127)),
    ).map(b"".join),
)  # fmt: skip
fields = strategies.lists(strategies.tuples(strategies.sampled_from(FIELDS), values), min_size=1, max_size=4)
queries = strategies.lists(strategies.integers(33, 255), max_size=30).map(bytes)
bodies = strategies.one_of(strategies.sampled_from(BODIES), strategies.binary(max_size=60))
thorough = hypothesis_settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@thorough
@given(
    fields=fields,
    query=queries,
    body=bodies,
    path=strategies.sampled_from(
        [
            "/reading/all",
            "/reading/file",
            "/reading/streamed",
            "/reading/text",
            "/assets/site.css",
            "/openapi.json",
            "/",
        ]
    ),
)
async def test_no_bytes_in_a_request_are_a_fault_of_the_service(
    app: Application, fields: Fields, query: bytes, body: bytes, path: str
) -> None:
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        answer = await ask(app, path, fields, method=method, query=query, body=body)
        assert 200 <= answer.status < 500, (method, answer)


@thorough
@given(fields=fields, query=queries)
async def test_no_bytes_in_a_handshake_are_a_fault_of_the_service(
    app: Application, fields: Fields, query: bytes
) -> None:
    answer = await ask(app, "/reading/socket", fields, query=query, socket=True)
    refused = any(name == b"Origin" for name, _ in fields)
    assert (answer.status, answer.sent) == (101, ["read", 1000]) or (refused and answer.status == 403), answer


@pytest.mark.parametrize("name", FIELDS)
async def test_each_field_may_hold_each_of_the_known_oddities(app: Application, name: bytes) -> None:
    for value in DATES + RANGES + OTHERS:
        for path in ("/reading/all", "/reading/file", "/assets/site.css"):
            answer = await ask(app, path, [(name, value)])
            assert answer.status in (200, 206, 304, 400, 412, 413, 416), (path, name, value[:60], answer)
        if name != b"Origin":
            assert (await ask(app, "/reading/socket", [(name, value)], socket=True)).sent == ["read", 1000], value[:60]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:20]))
@pytest.mark.parametrize(
    "content_type",
    [b"application/json", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=a", b"\xff"],
)
async def test_a_body_is_read_or_its_sender_is_told(app: Application, body: bytes, content_type: bytes) -> None:
    headers = [(b"Content-Type", content_type), (b"Content-Length", str(len(body)).encode())]
    for path in ("text", "all", "part/data", "part/json", "part/form", "part/files", "part/values"):
        answer = await ask(app, f"/reading/{path}", headers, method="POST", body=body)
        assert answer.status in (200, 400), (path, answer)


async def test_a_body_that_is_no_text_is_the_callers_mistake(app: Application) -> None:
    for body in (b"\xff\xfe", b"\xed\xa0\x80", b"a\x80"):
        answer = await ask(app, "/reading/text", method="POST", body=body)
        assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
        assert b"UTF-8" in answer.body
    assert (await ask(app, "/reading/text", method="POST", body="é".encode())).body == "é".encode()


async def test_a_query_that_is_no_ascii_is_read_as_if_it_were_encoded(app: Application) -> None:
    async with app.test_request_context("/", scope_base={}) as context:
        empty = context.request
    for sent, read in (
        (b"a=\xc3\xa9", "é"),
        (b"a=%C3%A9", "é"),
        (b"a=\xff", "%FF"),
        (b"a=%ff", "%FF"),
        (b"a=b&a=\xff", "b"),
    ):
        one = ApiRequest("GET", "http", "/", sent, empty.headers, "", "1.1", empty.scope, send_push_promise=None)  # type: ignore[arg-type]
        assert one.args["a"] == read
        assert one.full_path.isascii()


@pytest.mark.parametrize(
    "message",
    ["", "{", "[" * 100_000, "1" * 5000, "nul", b"\xff\xfe", b"\xed\xa0\x80", b"{"],
    ids=lambda message: repr(message[:9]),
)
async def test_a_message_that_is_no_json_is_the_callers_mistake(app: Application, message: bytes | str) -> None:
    answer = await ask(app, "/reading/socket/json", socket=True, message=message)
    # RFC 6455 section 7.4.1: 1011 would say that the service broke.
    assert (answer.status, answer.sent) == (101, [1008])
    assert (await ask(app, "/reading/socket/json", socket=True, message="[1]")).sent == ["[1]", 1000]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (b"multipart/form-data", b"--a\r\n\r\n--a--"),
        (b"multipart/form-data; boundary=", b"--a--"),
        (b"application/x-www-form-urlencoded", b"a=%ff"),
        (b"application/x-www-form-urlencoded", b"a=\xff"),
        (b"application/x-www-form-urlencoded", b"a=%ed%a0%80"),
    ],
)
async def test_a_form_that_cannot_be_read_is_not_an_empty_one(
    app: Application, content_type: bytes, body: bytes
) -> None:
    headers = [(b"Content-Type", content_type), (b"Content-Length", str(len(body)).encode())]
    answer = await ask(app, "/reading/part/form", headers, method="POST", body=body)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert b"form" in answer.body


async def test_a_form_that_can_be_read_is(app: Application) -> None:
    headers = [(b"Content-Type", b"application/x-www-form-urlencoded")]
    for body in (b"", b"a=%C3%A9&b=1+2", "a=é".encode()):
        assert (await ask(app, "/reading/part/form", headers, method="POST", body=body)).status == 200


@pytest.mark.parametrize("body", [b"NaN", b"[Infinity]", b'{"a": -Infinity}', b"1e999999", b"[-1e400]"])
async def test_a_number_that_is_none_is_no_json(app: Application, body: bytes) -> None:
    headers = [(b"Content-Type", b"application/json")]
    answer = await ask(app, "/reading/part/json", headers, method="POST", body=body)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert (await ask(app, "/reading/socket/json", socket=True, message=body)).sent == [1008]


async def test_a_number_that_is_one_is_json(app: Application) -> None:
    headers = [(b"Content-Type", b"application/json")]
    for body in (b"1e300", b"[-0.5, 1e-999]", b'{"a": 12}'):
        assert (await ask(app, "/reading/part/json", headers, method="POST", body=body)).status == 200
