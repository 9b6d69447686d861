"""What `--json` prints. Names and meanings are relied on by scripts."""

from __future__ import annotations

import sys
from datetime import UTC
from typing import TYPE_CHECKING, Any

from ...plain_text import as_json

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from datetime import datetime

    from ...aws.build import Build, Deployed
    from ...aws.build_log import Line
    from ...aws.changes import Change
    from ...aws.events import Event
    from ...aws.images import Image


def write(options: argparse.Namespace, document: dict[str, Any]) -> None:
    """Print the document where a machine asked for it."""
    if options.json:
        sys.stdout.write(f"{as_json(document)}\n")


def build_document(build: Build, now: float) -> dict[str, Any]:
    failure = build.failure
    return {
        "id": build.id,
        "number": build.number,
        "project": build.project,
        "status": build.status,
        "phase": build.current_phase,
        "commit": build.commit or None,
        "source_version": build.source_version or None,
        "started_by": build.started_by,
        "rollback": build.rollback,
        "started": _time(build.started),
        "ended": _time(build.ended),
        "seconds": build.seconds(now),
        "failure": None if failure is None else {"phase": failure.name, "messages": list(failure.messages)},
        "deployed": build.deployed,
        "image": build.exported.get("IMAGE"),
    }


def log_document(build: Build, lines: Sequence[Line], now: float) -> dict[str, Any]:
    return {
        "build": build_document(build, now),
        "lines": [{"time": line.time, "text": line.text} for line in lines],
    }


def deployed_document(deployed: Deployed | None) -> dict[str, Any] | None:
    if deployed is None:
        return None
    return {"commit": deployed.commit, "image": deployed.image, "build": deployed.build.number}


def image_document(image: Image, *, deployed: bool) -> dict[str, Any]:
    return {
        "commit": image.commit,
        "tag": image.tag,
        "tags": list(image.tags),
        "digest": image.digest,
        "pushed": _time(image.pushed),
        "deployed": deployed,
    }


def change_documents(changes: Sequence[Change]) -> list[dict[str, Any]]:
    return [
        {
            "effect": change.effect,
            "part": change.logical_id,
            "type": change.type,
            "name": change.name or None,
            "properties": list(change.properties),
        }
        for change in changes
    ]


def failure_documents(events: Sequence[Event]) -> list[dict[str, Any]]:
    return [
        {"part": event.logical_id, "type": event.type, "status": event.status, "reason": event.reason}
        for event in events
    ]


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).isoformat(timespec="seconds")
