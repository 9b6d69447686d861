from __future__ import annotations

import pytest
from hypothesis import given, strategies

from service.public_url import normalised_url


@pytest.mark.parametrize(
    ("given_url", "published"),
    [
        ("https://api.example.com", "https://api.example.com"),
        ("https://api.example.com/", "https://api.example.com"),
        ("HTTPS://API.Example.com:443/Team/", "https://api.example.com/Team"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://127.0.0.1:8100", "http://127.0.0.1:8100"),
        ("https://api.example.com:80/", "https://api.example.com:80"),
        ("https://api.example.com:", "https://api.example.com"),
        ("http://[2001:DB8::1]:8100/a", "http://[2001:db8::1]:8100/a"),
        ("https://api.example.com/team%20a", "https://api.example.com/team%20a"),
        ("https://api.example.com/team%2fa", "https://api.example.com/team%2Fa"),
        ("https://api.example.com/%74eam%7e%c3%a9", "https://api.example.com/team~%C3%A9"),
        ("https://api.example.com/a%22b", "https://api.example.com/a%22b"),
        ("https://api.example.com/a/./b/%2e%2E/../c", "https://api.example.com/c"),
        ("https://api.example.com/../..", "https://api.example.com"),
        ("https://api.example.com/it's,(a)=b;c:@d", "https://api.example.com/it's,(a)=b;c:@d"),
    ],
)
def test_one_spelling_is_published(given_url: str, published: str) -> None:
    assert normalised_url(given_url) == published


@given(strategies.text(max_size=30))
def test_what_is_published_can_stand_in_a_challenge_and_does_not_change_again(path: str) -> None:
    try:
        published = normalised_url(f"https://api.example.com/{path}")
    except ValueError:
        return
    assert not set('"\\ \t\r\n') & set(published)
    assert published.isascii()
    assert normalised_url(published) == published
