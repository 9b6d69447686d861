"""What several workers count, in files that the parent adds up: it has nothing else to do.

The files stand in a directory of their own, on which each process of one start holds a lock. The kernel takes the locks
off those that end, however they end: the last one that ends in good order removes the directory, and what processes
that were killed have left is removed by the next start.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import CollectorRegistry

# In memory, and there in a container whose root file system is read-only.
_SHARED_MEMORY = "/dev/shm"  # noqa: S108

_PREFIX = "auth0-quart-service-metrics-"
_FILES = "PROMETHEUS_MULTIPROC_DIR"


class CannotCount(Exception):
    """There is no directory that can be written to; the message says what to do."""


class SharedCounts:
    """The directory, and the lock that tells that it is used. It is handed on: who forks holds it until the workers
    have it, and each of them takes one of its own."""

    def __init__(self, folder: Path, lock: int) -> None:
        self._folder = folder
        self._lock = lock

    def hand_over(self) -> None:
        """Leave the lock to the processes that were forked: it is theirs too until each has joined.

        The parent has none beside theirs. It may be killed, and a dying process's locks outlast its pipes, by which
        the workers see it end.
        """
        os.close(self._lock)

    def join(self) -> None:
        """Take a lock of this process's own, instead of the one that was inherited."""
        own = _open(self._folder)
        fcntl.flock(own, fcntl.LOCK_SH)
        os.close(self._lock)
        self._lock = own

    def leave(self) -> None:
        """Count no more. The last process removes the directory."""
        os.close(self._lock)
        _remove_unless_used(self._folder)


@contextlib.contextmanager
def shared_by_workers() -> Iterator[SharedCounts]:
    """Have every process that is forked meanwhile count in files. Enter it before prometheus_client is imported.

    Raises CannotCount.
    """
    try:
        place = Path(_SHARED_MEMORY if os.access(_SHARED_MEMORY, os.W_OK) else tempfile.gettempdir())
        # What processes that were killed have left.
        for abandoned in place.glob(f"{_PREFIX}*"):
            _remove_unless_used(abandoned)
        folder, lock = _make(place)
    except OSError as error:
        problem = f"several workers count in files, and there is no place for them: {error.strerror}"
        raise CannotCount(f"{problem} Make {_SHARED_MEMORY} writable, set TMPDIR, or set WORKERS to 1.") from None
    os.environ[_FILES] = str(folder)
    try:
        yield SharedCounts(folder, lock)
    finally:
        del os.environ[_FILES]
        _remove_unless_used(folder)


def all_workers_registry() -> CollectorRegistry:
    """Make a registry that adds up what the workers have counted."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _make(place: Path) -> tuple[Path, int]:
    """Make a directory, and return it with the lock on it."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        # Before it has its lock, another start may take it for abandoned.
        with contextlib.suppress(FileNotFoundError):
            lock = _open(folder)
            if _locked(lock, fcntl.LOCK_SH) and folder.exists():
                return folder, lock
            os.close(lock)


def _remove_unless_used(folder: Path) -> None:
    # What cannot be opened as a directory was removed already, or is not this program's.
    with contextlib.suppress(OSError):
        lock = _open(folder)
        try:
            if os.fstat(lock).st_uid == os.getuid() and _locked(lock, fcntl.LOCK_EX):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)


def _open(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)


def _locked(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
