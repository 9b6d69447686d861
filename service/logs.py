"""Log lines: JSON for machines, columns for people; on standard error, and without a token in them."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, TextIO

import structlog

from .plain_text import plain, unbroken

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import EventDict, Processor, WrappedLogger

# A header and a payload begin with {" in base64url; with what follows they are a token, or parts of one.
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*|(?i:bearer) +[A-Za-z0-9._~+/=-]{16,}")
_REDACTED = "[redacted]"


def redact(text: str, token: str = "") -> str:
    """Cut out of a text whatever looks like a token, and each part of `token`."""
    for part in token.split("."):
        if len(part) >= 8:
            text = text.replace(part, _REDACTED)
    return _TOKEN.sub(_REDACTED, text)


def configure(level: str, style: str, stream: TextIO | None = None) -> None:
    """Send all logging of this process to `stream`, by default standard error; `style` is "json" or "console"."""
    if stream is None:
        stream = sys.stderr
    renderer = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=stream.isatty())
    )
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    # JSON has escaped what would do more to a terminal than print.
    harmless: list[Processor] = [] if style == "json" else [_plain_event]
    # For what is logged at each request: straight to the end, since logging's own way there takes three times as long.
    structlog.configure(
        processors=[structlog.processors.add_log_level, stamp, *harmless, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            stamp,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _redact_event,
            *harmless,
            renderer,
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # What these tell at each fetch, start or change is told better elsewhere; Authlib tells tokens and secrets.
    for name in ("authlib", "httpx", "hypercorn", "watchfiles"):
        logging.getLogger(name).setLevel("WARNING")


def request_logger() -> Callable[..., None]:
    """Return what writes a line of the level info: an event, and named values that hold nothing to be redacted."""
    log: Callable[..., None] = structlog.get_logger().info
    return log


def _redact_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {name: redact(value) if isinstance(value, str) else value for name, value in event.items()}


def _plain_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {name: _plain_value(name, value) if isinstance(value, str) else value for name, value in event.items()}


def _plain_value(name: str, text: str) -> str:
    # A traceback has several lines; indented, none of them passes for one of the log.
    return plain(text).replace("\n", "\n    ") if name in ("exception", "stack") else unbroken(text)
