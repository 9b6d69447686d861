"""Log lines: JSON for machines, columns for people; on standard error, and without a token in them."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from typing import TYPE_CHECKING, NamedTuple, TextIO, cast

import structlog

from .log_writer import LogWriter
from .plain_text import plain, unbroken
from .redaction import redact

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

log = logging.getLogger(__name__)

FINISHING_SECONDS = 1.0
"""Longest time that the end of a process waits for a log's reader."""


class Output(NamedTuple):
    """Where the lines of this process go: `level` is the least one that is written, as a number of `logging`;
    `render` makes a line of structlog's kind; `as_json` says that this is a JSON object with the members in order."""

    stream: TextIO | LogWriter
    level: int
    as_json: bool
    render: Processor


_output = Output(sys.stderr, logging.WARNING, as_json=True, render=structlog.processors.JSONRenderer())


def configure(level: str, style: str, stream: TextIO | None = None) -> None:
    """Send all logging of this process, and of those that it forks, to `stream`, by default standard error without
    ever waiting for its reader; `style` is "json" or "console"."""
    global _output
    output = stream or _standard_error()
    renderer: Processor = structlog.processors.JSONRenderer() if style == "json" else _Console(output.isatty())
    _output = Output(output, logging.getLevelNamesMapping()[level.upper()], style == "json", renderer)
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    # For what a route logs by structlog.
    structlog.configure(
        processors=[structlog.processors.add_log_level, stamp, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", output)),
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
            renderer,
        ],
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # What these tell at each fetch, start or change is told better elsewhere; Authlib tells tokens and secrets.
    for name in ("authlib", "httpx", "hypercorn", "watchfiles"):
        logging.getLogger(name).setLevel("WARNING")


class _Console:
    """Renders for people. JSON has escaped what would do more to a terminal than print; here it is taken out."""

    def __init__(self, colors: bool) -> None:
        self._render = structlog.dev.ConsoleRenderer(colors=colors)

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> str:
        return self._render(logger, method, _plain_event(event))


def output() -> Output:
    """What was configured."""
    return _output


def dropped_lines() -> int:
    """How many lines were dropped because they could not be written."""
    return _output.stream.dropped if isinstance(_output.stream, LogWriter) else 0


def finish(seconds: float = FINISHING_SECONDS) -> None:
    """Write what was logged and is not written yet: the process is about to end.

    To be called before `os._exit`, and before a traceback is printed; an interpreter that ends calls it by itself.
    """
    if isinstance(_output.stream, LogWriter):
        _output.stream.finish(seconds)


def _standard_error() -> TextIO | LogWriter:
    if sys.stderr is None:
        # It was closed when this process was started. The next file that was opened may have its descriptor.
        return open(os.devnull, "w")
    atexit.register(finish)
    return LogWriter(sys.stderr, _tell_dropped)


def _tell_dropped(lines: int) -> None:
    log.warning("log lines were dropped: they could not be written for a while", extra={"lines": lines})


def _redact_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {name: redact(value) if isinstance(value, str) else value for name, value in event.items()}


def _plain_event(event: EventDict) -> EventDict:
    return {name: _plain_value(name, value) if isinstance(value, str) else value for name, value in event.items()}


def _plain_value(name: str, text: str) -> str:
    # A traceback has several lines; indented, none of them passes for one of the log.
    return plain(text).replace("\n", "\n    ") if name in ("exception", "stack") else unbroken(text)
