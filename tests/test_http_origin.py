from __future__ import annotations

import pytest

from service.http_origin import listed_origin, origin_of


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://app.example.com", "https://app.example.com"), ("HTTPS://App.Example.com/", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"), ("https://app.example.com:0443", "https://app.example.com"),
        ("http://app.example.com:80", "http://app.example.com"), ("http://app.example.com:443", "http://app.example.com:443"),
        ("https://app.example.com:", "https://app.example.com"), ("https://app.example.com:8443", "https://app.example.com:8443"),
        ("https://App.example.com.", "https://app.example.com."), ("http://localhost:3000", "http://localhost:3000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"), ("https://BÜCHER.example:443", "https://xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"), ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[0:0::1]:8100", "http://[::1]:8100"), ("http://[2001:DB8::A]", "http://[2001:db8::a]"),
        ("https://my_app.example.com", "https://my_app.example.com"), ("http://127.0.0.1.:80", "http://127.0.0.1"),
        ("https://a.0xyz", "https://a.0xyz"),
    ],
)  # fmt: skip
def test_an_origin_is_what_a_browser_sends(url: str, origin: str) -> None:
    assert listed_origin(url) == origin
    assert origin_of(f"{url.removesuffix('/')}/a/path") == origin


@pytest.mark.parametrize(
    ("text", "what_to_do"),
    [
        ("*", "name each origin"), ("null", "name each origin"),
        ("https://*.example.org", "patterns"), ("https://*", "patterns"), ("*.example.org", "patterns"),
        ("https://app.example.org:*", "patterns"), ("https://app.example.org/*", "patterns"), ("^https://.*$", "patterns"),
        (r"https://.+\.example\.org", "patterns"), ("https://(a|b).example.org", "patterns"), ("https://[a-z].example.org", "patterns"),
        ("https://{a,b}.example.org", "patterns"), ("/https://a/", "begin with https"), ("example.org", "begin with https"),
        ("//example.org", "begin with https"), ("ftp://example.org", "begin with https"), ("localhost:3000", "begin with https"),
        ("https:example.org", "begin with https"), ("https://user@example.org", "no user name"), ("https://user:pw@example.org", "no user name"),
        ("https://example.org/app", "no path"), ("https://example.org//", "no path"), ("https://example.org?x", "no path"),
        ("https://example.org/#", "no path"), ("https://example.org#x", "no path"),
        ("https://", "valid host"), ("https:///", "valid host"), ("https://a b", "valid host"), ("https://a..b", "valid host"), ("https://-a.b", "valid host"),
        ("https://.example.org", "valid host"), ("https://example.org..", "valid host"), ("https://a:port", "valid host"), ("https://a:0", "valid host"),
        ("https://a:65536", "valid host"), ("https://127.1", "valid host"), ("https://0x7f000001", "valid host"),
        ("https://127.0.0.0X1", "valid host"), ("https://a.0x", "valid host"), ("https://0x7f.1.", "valid host"), ("https://1.2.3.999", "valid host"), ("https://[::1", "patterns"),
        ("https://[::1%25eth0]", "patterns"), ("https://[1::2::3]", "valid host"), ("https://a%2eb", "valid host"), ("https://☃\u200b.example", "valid host"),
        (f"https://{'a' * 64}.example", "valid host"), (f"https://{'a.' * 127}com", "valid host"),
    ],
)  # fmt: skip
def test_what_never_matches_is_refused_with_what_to_do(text: str, what_to_do: str) -> None:
    with pytest.raises(ValueError, match=what_to_do):
        listed_origin(text)
