"""Moments as Kubernetes writes them (RFC 3339, whole seconds), and how long ago they are as kubectl shows it."""

from __future__ import annotations

from datetime import UTC, datetime


def written(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def age(text: str | None, now: float) -> str:
    if not text:
        return "<unknown>"
    seconds = int(now - read(text))
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
