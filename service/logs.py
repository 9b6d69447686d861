"""Log lines: JSON for machines, columns for people; on standard error, and without a token in them."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

# A header and a payload begin with {" in base64url; with what follows they are a token, or parts of one.
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*|(?i:bearer) +[A-Za-z0-9._~+/=-]{16,}")
_REDACTED = "[redacted]"


def redact(text: str, token: str = "") -> str:
    """Cut out of a text whatever looks like a token, and each part of `token`."""
    for part in token.split("."):
        if len(part) >= 8:
            text = text.replace(part, _REDACTED)
    return _TOKEN.sub(_REDACTED, text)


def configure(level: str, style: str) -> None:
    """Send all logging of this process to standard error; `style` is "json" or "console"."""
    renderer = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _redact_event,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # What these tell at each fetch, start or change is told better elsewhere; Authlib tells tokens and secrets.
    for name in ("authlib", "httpx", "hypercorn", "watchfiles"):
        logging.getLogger(name).setLevel("WARNING")


def _redact_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {name: redact(value) if isinstance(value, str) else value for name, value in event.items()}
