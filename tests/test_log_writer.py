"""What writes the log, into real pipes, files and sockets that nobody, or somebody slow, reads."""

from __future__ import annotations

import asyncio
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service import log_outlet
from service.log_writer import GATHERING_SECONDS, LogWriter

from .processes import CLEAN, ROOT


class Pipe:
    """A pipe: `writer` writes into it, `told` is what it was told of lines that were dropped."""

    def __init__(self, bound: int = 1024 * 1024) -> None:
        self.end, descriptor = os.pipe()
        self.stream = os.fdopen(descriptor, "w", encoding="utf-8")
        self.told: list[int] = []
        self.writer = LogWriter(self.stream, self.tell, bound)

    def tell(self, lines: int) -> None:
        self.told.append(lines)
        self.writer.write(f"dropped {lines}\n")
        self.writer.flush()

    def read(self) -> bytes:
        """Everything that is in it now."""
        data = b""
        while select.select([self.end], [], [], 0)[0] and (more := os.read(self.end, 65536)):
            data += more
        return data

    def close_end(self) -> None:
        os.close(self.end)
        self.end = -1

    def close(self) -> None:
        self.stream.close()
        self.writer.close()
        if self.end >= 0:
            os.close(self.end)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe(bound=100_000)
    yield pipe
    pipe.close()


def numbered(number: int, length: int = 300) -> str:
    return f"{number:06}{'x' * (length - 7)}\n"


def test_a_line_is_written_at_once_without_an_event_loop(pipe: Pipe) -> None:
    pipe.writer.write("one\n")
    pipe.writer.flush()
    pipe.writer.write("zwölf \ud800\n")
    pipe.writer.flush()
    assert pipe.read() == "one\nzwölf \\ud800\n".encode()


def test_others_that_share_the_pipe_still_block_on_it(pipe: Pipe) -> None:
    pipe.writer.write("one\n")
    pipe.writer.flush()
    assert os.get_blocking(pipe.stream.fileno())


def test_what_nobody_reads_is_kept_to_a_bound_and_then_dropped_and_told_once(pipe: Pipe) -> None:
    began = time.monotonic()
    for number in range(1000):
        pipe.writer.write(numbered(number))
        pipe.writer.flush()
    assert time.monotonic() - began < 5
    assert pipe.told == []
    assert 0 < pipe.writer.dropped < 1000
    lines = []
    while data := pipe.read():
        assert data.endswith(b"\n")
        lines += data.decode().splitlines(keepends=True)
        pipe.writer.flush()
    assert pipe.told == [pipe.writer.dropped]
    kept = 1000 - pipe.writer.dropped
    assert lines == [*map(numbered, range(kept)), f"dropped {pipe.writer.dropped}\n"]
    # What the pipe holds, which is 64 KiB in whole lines, and what is kept.
    assert 100_000 // 300 <= kept <= (100_000 + 65536) // 300
    pipe.writer.write("next\n")
    pipe.writer.flush()
    assert pipe.read() == b"next\n"


def test_a_line_longer_than_a_pipe_takes_at_once_is_written_whole(pipe: Pipe) -> None:
    sent = [numbered(1), numbered(2, 200_000), numbered(3)]
    pipe.writer.write(sent[0])
    pipe.writer.flush()
    assert pipe.read().decode() == sent[0]
    pipe.writer.write(sent[1])
    pipe.writer.flush()
    data = b""
    while more := pipe.read():
        data += more
        pipe.writer.flush()
    pipe.writer.write(sent[2])
    pipe.writer.flush()
    assert (data + pipe.read()).decode() == sent[1] + sent[2]


def test_the_end_waits_for_a_reader_that_is_slow_and_not_for_one_that_stalls(pipe: Pipe) -> None:
    for number in range(300):
        pipe.writer.write(numbered(number))
    began = time.monotonic()
    pipe.writer.finish(0.2)
    assert 0.2 <= time.monotonic() - began < 10
    received: list[bytes] = []

    def read() -> None:
        while sum(map(len, received)) < 300 * 300:
            received.append(os.read(pipe.end, 1000))

    reader = threading.Thread(target=read)
    reader.start()
    pipe.writer.finish(10)
    reader.join(10)
    assert b"".join(received).decode() == "".join(map(numbered, range(300)))


def test_a_reader_that_is_gone_costs_the_lines_and_nothing_else(pipe: Pipe) -> None:
    pipe.close_end()
    for number in range(10):
        pipe.writer.write(numbered(number))
        pipe.writer.flush()
    assert pipe.writer.dropped == 10
    began = time.monotonic()
    pipe.writer.finish(5)
    assert time.monotonic() - began < 4
    assert pipe.told == []


def test_a_named_pipe_gets_another_reader_and_is_told(tmp_path: Path) -> None:
    path = tmp_path / "log"
    os.mkfifo(path)
    first = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    told: list[int] = []
    with path.open("w", encoding="utf-8") as stream:
        writer = LogWriter(stream, told.append)
        os.close(first)
        writer.write("lost\n")
        writer.flush()
        second = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        writer.write("found\n")
        writer.flush()
        assert os.read(second, 1000) == b"found\n"
        os.close(second)
        writer.close()
    assert told == [1]


def test_a_full_disk_does_not_raise_and_the_end_does_not_wait_for_it() -> None:
    with open("/dev/full", "w", encoding="utf-8") as stream:
        writer = LogWriter(stream, lambda lines: None, bound=1000)
        for number in range(10):
            writer.write(numbered(number))
            writer.flush()
        assert writer.dropped == 7
        began = time.monotonic()
        writer.finish(5)
        assert time.monotonic() - began < 4
        writer.close()


def test_a_file_is_gone_on_with_where_others_have_written(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("w", encoding="utf-8") as stream:
        writer = LogWriter(stream, lambda lines: None)
        os.write(stream.fileno(), b"before\n")
        for number in range(1000):
            writer.write(numbered(number))
        writer.flush()
        os.write(stream.fileno(), b"after\n")
    assert path.read_text() == f"before\n{''.join(map(numbered, range(1000)))}after\n"


def test_a_socket_is_not_waited_for_either() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, os.fdopen(os.dup(ours.fileno()), "w", encoding="utf-8") as stream:
        writer = LogWriter(stream, lambda lines: None, bound=10_000_000)
        for number in range(5000):
            writer.write(numbered(number))
        writer.flush()
        assert os.get_blocking(stream.fileno())
        data = b""
        while len(data) < 5000 * 300:
            data += theirs.recv(65536, socket.MSG_DONTWAIT)
            writer.flush()
        assert data.decode() == "".join(map(numbered, range(5000)))
        writer.close()


def test_a_pipe_that_cannot_be_opened_again_is_asked_for_room() -> None:
    end, descriptor = os.pipe()
    polled = log_outlet.Polled(descriptor)
    written = 0
    with pytest.raises(BlockingIOError):
        for _ in range(1000):
            written += polled.write(b"x" * 10_000)
    assert written >= 32_768
    assert os.read(end, 4096) == b"x" * 4096
    assert polled.write(b"y" * 10_000) == select.PIPE_BUF
    os.close(end)
    with pytest.raises(BrokenPipeError):
        polled.write(b"z")
    os.close(descriptor)


@pytest.fixture
def datagrams() -> Iterator[tuple[LogWriter, Callable[[], list[str]]]]:
    """A writer, and what reads its writes, one by one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    theirs.setblocking(False)

    def read() -> list[str]:
        writes = []
        while select.select([theirs], [], [], 0)[0]:
            writes.append(theirs.recv(65536).decode())
        return writes

    with ours, theirs, os.fdopen(os.dup(ours.fileno()), "w", encoding="utf-8") as stream:
        writer = LogWriter(stream, lambda lines: None)
        yield writer, read
        writer.close()


async def turns() -> None:
    """Let the event loop turn often enough, however long that takes."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_lines_of_a_turn_are_written_together_once_there_is_nothing_else_to_do(
    datagrams: tuple[LogWriter, Callable[[], list[str]]],
) -> None:
    writer, read = datagrams
    for number in range(5):
        writer.write(numbered(number))
    assert read() == []
    await asyncio.sleep(0)
    writer.write(numbered(5))
    await turns()
    assert read() == ["".join(map(numbered, range(6)))]
    for number in range(20):
        writer.write(numbered(number))
    await turns()
    # 13 lines of 300 bytes are what a pipe would take whole.
    assert read() == ["".join(map(numbered, range(13))), "".join(map(numbered, range(13, 20)))]


async def test_a_loop_that_never_rests_writes_all_the_same(
    datagrams: tuple[LogWriter, Callable[[], list[str]]],
) -> None:
    writer, read = datagrams
    began = time.monotonic()
    number = 0
    while not (written := read()):
        writer.write(numbered(number))
        number += 1
        await asyncio.sleep(0)
        assert time.monotonic() - began < 5
    assert GATHERING_SECONDS <= time.monotonic() - began < GATHERING_SECONDS + 4
    assert "".join(written) == "".join(map(numbered, range(number)))[: len("".join(written))]


async def test_a_loop_writes_the_rest_when_the_reader_goes_on(pipe: Pipe) -> None:
    for number in range(1000):
        pipe.writer.write(numbered(number))
    received = ""
    async with asyncio.timeout(30):
        while "dropped" not in received:
            await asyncio.sleep(0.005)
            received += pipe.read().decode()
    kept = 1000 - pipe.writer.dropped
    assert received == "".join(map(numbered, range(kept))) + f"dropped {1000 - kept}\n"


async def test_threads_lines_are_whole_and_each_threads_in_order(pipe: Pipe) -> None:
    def log(thread: int) -> None:
        for number in range(200):
            pipe.writer.write(f"{thread} {number}\n")
            pipe.writer.flush()

    for number in range(200):
        pipe.writer.write(f"0 {number}\n")
    await asyncio.gather(*(asyncio.to_thread(log, thread) for thread in (1, 2, 3)))
    await turns()
    lines = [tuple(map(int, line.split())) for line in pipe.read().decode().splitlines()]
    assert len(lines) == 800
    for thread in range(4):
        assert [number for who, number in lines if who == thread] == list(range(200))


_SHARING = """
import json, sys
from service.log_writer import LogWriter
writer = LogWriter(sys.stderr, lambda lines: None, bound=10_000_000)
for number in range(3000):
    writer.write(json.dumps({"from": sys.argv[1], "number": number, "text": "x" * (number % 500)}) + "\\n")
    if number % 7 == 0:
        writer.flush()
writer.finish(30)
"""


def test_processes_that_share_a_pipe_do_not_write_into_each_others_lines() -> None:
    end, descriptor = os.pipe()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _SHARING, name], env={**CLEAN, "PYTHONPATH": str(ROOT)}, stderr=descriptor
        )
        for name in "abc"
    ]
    os.close(descriptor)
    with os.fdopen(end) as stream:
        lines = [json.loads(line) for line in stream]
    assert [process.wait(10) for process in processes] == [0, 0, 0]
    for name in "abc":
        assert [line["number"] for line in lines if line["from"] == name] == list(range(3000))
