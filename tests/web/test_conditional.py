"""Ranges and conditions (RFC 9110 sections 13 and 14), of files and of what a route makes."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from quart import Blueprint, Response, current_app, request, send_file

from service.app import create_app
from service.web import Application, public

from ..tenant import Tenant, settings
from .asgi import ask

TEXT = b"0123456789"
ETAG = '"one"'
MODIFIED = "Sun, 01 Nov 2026 12:00:00 GMT"

blueprint = Blueprint("conditional", __name__)


@blueprint.get("/io")
@public
async def from_memory() -> Response:
    return await send_file(io.BytesIO(TEXT), "text/plain", conditional=True)


@blueprint.get("/data")
@public
async def from_data() -> Any:
    return await _conditional(TEXT)


@blueprint.get("/pieces")
@public
async def from_pieces() -> Any:
    return await _conditional(iter([TEXT[:4], TEXT[4:]]))


@blueprint.get("/nothing")
@public
async def from_nothing() -> Any:
    response: Any = current_app.response_class(b"", content_type="text/plain")
    return await response.make_conditional(request, accept_ranges=True, complete_length=0)


async def _conditional(body: Any) -> Any:
    response: Any = current_app.response_class(body, content_type="text/plain")
    response.set_etag("one")
    response.last_modified = datetime(2026, 11, 1, 12, tzinfo=UTC)
    return await response.make_conditional(request, accept_ranges=True, complete_length=len(TEXT))


@pytest.fixture
def app(tenant: Tenant) -> Application:
    app = create_app(settings(), transport=tenant.transport)
    app.register_blueprint(blueprint)
    return app


async def get(app: Application, path: str, method: str = "GET", **fields: str) -> Any:
    headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
    return await ask(app, path, headers, method=method)


@pytest.mark.parametrize("path", ["/io", "/data", "/pieces"])
@pytest.mark.parametrize(
    ("asked", "part", "stands_at"),
    [
        ("bytes=-1", b"9", "9-9"),
        ("bytes=-3", b"789", "7-9"),
        ("bytes=-10", TEXT, "0-9"),
        ("bytes=-99999", TEXT, "0-9"),
        (f"bytes=-{'9' * 5000}", TEXT, "0-9"),
        ("bytes=0-0", b"0", "0-0"),
        ("bytes=9-", b"9", "9-9"),
        ("bytes=2-99", b"23456789", "2-9"),
        (f"bytes=2-{'9' * 5000}", b"23456789", "2-9"),
        ("Bytes=0000000000000000000000000000001-2", b"12", "1-2"),
        ("bytes=,1-2, ,", b"12", "1-2"),
    ],
)
async def test_a_range_gives_that_part(app: Application, path: str, asked: str, part: bytes, stands_at: str) -> None:
    answer = await get(app, path, Range=asked)
    assert (answer.status, answer.body) == (206, part)
    assert answer.headers["Content-Range"] == f"bytes {stands_at}/10"
    assert answer.headers["Content-Length"] == str(len(part))


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-0,2-2", "bytes=-1,-2", "items=0-1", "seconds=1-", "bytes=5-3", "bytes=", "bytes", "=", "bytes=a-b", "bytes=--1",
     "bytes=-", "bytes 0-1", "bytes=1-2-3", "bytes=²-³", "bytes=0x1-2", "none"],
)  # fmt: skip
async def test_what_is_no_single_range_of_bytes_gives_the_whole(app: Application, asked: str) -> None:
    for path in ("/io", "/data", "/pieces"):
        answer = await get(app, path, Range=asked)
        assert (answer.status, answer.body) == (200, TEXT)
        assert "Content-Range" not in answer.headers
        assert answer.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-20", "bytes=-0", f"bytes={'9' * 5000}-"])
async def test_a_range_that_is_not_there_is_told_with_the_length(app: Application, asked: str) -> None:
    for path in ("/io", "/data", "/pieces"):
        answer = await get(app, path, Range=asked)
        assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */10")
        assert answer.headers["Content-Type"] == "application/problem+json"


async def test_ranges_are_for_get_alone_and_one_to_a_request(app: Application) -> None:
    head = await get(app, "/data", "HEAD", Range="bytes=0-0")
    assert (head.status, head.headers["Content-Length"]) == (200, "10")
    two = [(b"Range", b"bytes=0-0"), (b"Range", b"bytes=1-1")]
    assert (await ask(app, "/data", two)).status == 200
    assert (await get(app, "/nothing", Range="bytes=-1")).status == 200


@pytest.mark.parametrize(
    ("validator", "status"),
    [
        (ETAG, 206),
        (MODIFIED, 206),
        ('"two"', 200),
        (f"W/{ETAG}", 200),
        ("Sun, 01 Nov 2026 12:00:01 GMT", 200),
        ("Wed, 25 Nov 99999999999 19:00:00 GMT", 200),
        ("Wed, 25 Nov 2026 19:00:00 +99999999999999", 200),
        ("one", 200),
        ("", 200),
    ],
)
async def test_a_range_depends_on_its_validator(app: Application, validator: str, status: int) -> None:
    assert (await get(app, "/data", Range="bytes=0-0", If_Range=validator)).status == status
    # Without a range it says nothing (section 13.1.5).
    assert (await get(app, "/data", If_Range=validator)).status == 200


LATER, EARLIER = "Mon, 02 Nov 2026 12:00:00 GMT", "Sat, 31 Oct 2026 12:00:00 GMT"
NO_DATES = [
    "Wed, 25 Nov 99999999999 19:00:00 GMT",
    "Wed, 25 Nov 2026 19:00:00 +99999999999999",
    "Fri, 31 Dec 9999 23:59:59 -2359",
    f"{LATER}, {LATER}",
    f"{LATER}; length=10",
    LATER.replace("GMT", "XYZ"),
    "soon",
    "",
]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"If_None_Match": ETAG}, 304),
        ({"If_None_Match": f'"zero", W/{ETAG}'}, 304),
        ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": '"two"'}, 200),
        ({"If_None_Match": '"two"', "If_Modified_Since": MODIFIED}, 200),
        ({"If_None_Match": "", "If_Modified_Since": MODIFIED}, 200),
        ({"If_None_Match": ETAG, "Range": "bytes=0-0"}, 304),
        ({"If_Modified_Since": MODIFIED}, 304),
        ({"If_Modified_Since": LATER, "Range": "bytes=0-0"}, 304),
        ({"If_Modified_Since": EARLIER}, 200),
        *(({"If_Modified_Since": value}, 200) for value in NO_DATES),
        ({"If_Match": ETAG}, 200),
        ({"If_Match": "*"}, 200),
        ({"If_Match": '"two"'}, 412),
        ({"If_Match": f"W/{ETAG}"}, 412),
        ({"If_Match": ETAG, "If_None_Match": ETAG}, 304),
        ({"If_Match": ETAG, "If_Unmodified_Since": EARLIER}, 200),
        ({"If_Unmodified_Since": EARLIER}, 412),
        ({"If_Unmodified_Since": MODIFIED}, 200),
        *(({"If_Unmodified_Since": value}, 200) for value in NO_DATES),
    ],
    ids=str,
)
async def test_conditions_are_looked_at_in_their_order(app: Application, fields: dict[str, str], status: int) -> None:
    for method in ("GET", "HEAD"):
        answer = await get(app, "/data", method, **fields)
        assert answer.status == status
        if status == 304:
            assert (answer.body, answer.headers["Etag"]) == (b"", ETAG)
            assert not {"Content-Length", "Content-Type", "Content-Range"} & set(answer.headers)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        # Sections 13.1.3 and 13.1.4: of several dates none is looked at.
        ([(b"If-Modified-Since", LATER), (b"If-Modified-Since", LATER)], 200),
        ([(b"If-Modified-Since", LATER), (b"if-modified-since", EARLIER)], 200),
        ([(b"If-Unmodified-Since", EARLIER), (b"If-Unmodified-Since", EARLIER)], 200),
        ([(b"Range", "bytes=0-0"), (b"If-Range", ETAG), (b"If-Range", ETAG)], 200),
        ([(b"Range", "bytes=0-0"), (b"If-Range", ETAG), (b"If-Modified-Since", EARLIER)], 206),
    ],
    ids=str,
)
async def test_a_condition_that_stands_twice_is_none(
    app: Application, fields: list[tuple[bytes, str]], status: int
) -> None:
    assert (await ask(app, "/data", [(name, value.encode()) for name, value in fields])).status == status
