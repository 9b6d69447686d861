"""The header fields of a request, which are looked up again and again and never changed."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.datastructures.mixins import ImmutableHeadersMixin

# Names as Quart spells them. Bounded, since they are the clients' text.
_titles: dict[bytes, str] = {}
_MOST_TITLES = 512
_LONGEST_TITLE = 64


class RequestHeaders(ImmutableHeadersMixin, Headers):  # type: ignore[misc] # Werkzeug combines them so itself
    """As Werkzeug's, which looks at every field for each question, and makes an exception where there is none."""

    def __init__(self, fields: Any = ()) -> None:
        # Of Werkzeug's own: its constructor would check each field for line breaks, and there are none.
        self._list = list(fields)
        self._values: dict[str, list[str]] = {}
        for name, value in self._list:
            self._values.setdefault(name.lower(), []).append(value)

    def _get_key(self, key: str) -> str:
        values = self._values.get(key.lower())
        return values[0] if values else super()._get_key(key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self._values

    def get(self, key: str, default: Any = None, type: Any = None) -> Any:  # type: ignore[override] # noqa: A002
        values = self._values.get(key.lower())
        if values is None:
            return default
        if type is None:
            return values[0]
        try:
            return type(values[0])
        except ValueError:
            return default

    def getlist(self, key: str, type: Any = None) -> list[Any]:  # noqa: A002
        if type is None:
            return list(self._values.get(key.lower(), ()))
        return super().getlist(key, type)

    def remove(self, key: str) -> None:  # type: ignore[override]
        """Take out a field that is to be ignored."""
        self._values.pop(key.lower(), None)
        self._list = [(name, value) for name, value in self._list if name.lower() != key.lower()]


def request_headers(scope: Any, host: str) -> RequestHeaders:
    """Read the fields of an ASGI scope, with Quart's own first: where the request comes from.

    `host` is that of an HTTP/1.0 request without one.
    """
    client = scope.get("client")
    fields = [("Remote-Addr", client[0] if client else "<local>")]
    for name, value in scope["headers"]:
        fields.append((_titles.get(name) or _title(name), value.decode("latin1")))
    if scope["http_version"] < "1.1" and not any(name == "Host" for name, _ in fields):
        fields.append(("Host", host))
    return RequestHeaders(fields)


def _title(name: bytes) -> str:
    title = name.decode("latin1").title()
    if len(name) <= _LONGEST_TITLE:
        if len(_titles) >= _MOST_TITLES:
            _titles.clear()
        _titles[name] = title
    return title
