"""The arena: bodies in spans of one nameless file, whose room is taken again and given back."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from contextlib import closing

import pytest

from sigv4.testing.local_s3 import arena
from sigv4.testing.local_s3.arena import Arena
from tests import ROOT


@pytest.fixture(params=["at once", "by seeking"])
def room(request, monkeypatch):
    """An arena that gives room in small steps; on Windows it must seek before it reads and writes."""
    if request.param == "by seeking":
        monkeypatch.setattr(arena, "read_at", arena._seek_and_read)
        monkeypatch.setattr(arena, "write_at", arena._seek_and_write)
    monkeypatch.setattr(arena, "FIRST_STEP", 8)
    monkeypatch.setattr(arena, "LAST_STEP", 32)
    with closing(Arena()) as room:
        yield room


def write(writer, data: bytes) -> None:
    while data:
        data = data[writer.write(data) :]


def store(room: Arena, name: str, data: bytes) -> None:
    with closing(room.create(name)) as writer:
        write(writer, data)


def read(room: Arena, name: str, start: int = 0, step: int = 7) -> bytes:
    reader = room.open(name)
    reader.seek(start)
    return b"".join(iter(lambda: reader.read(step), b""))


def size(room: Arena) -> int:
    return os.fstat(room._file.fileno()).st_size


def test_arena_gives_back_what_was_written_from_any_place_on(room):
    """Bodies written by turns lie in spans between each other's."""
    bodies = {name: random.Random(name).randbytes(200) for name in "abc"}
    writers = {name: room.create(name) for name in bodies}
    for start in range(0, 200, 5):
        for name, data in bodies.items():
            write(writers[name], data[start : start + 5])
    for writer in writers.values():
        writer.close()
    for name, data in bodies.items():
        assert len(room._spans[name]) > 1
        assert [read(room, name, start) for start in range(201)] == [data[start:] for start in range(201)]
    assert sorted(room.names()) == ["a", "b", "c"]


def test_arena_takes_room_again_and_gives_the_end_back_to_the_disk(room):
    for name in "abc":
        store(room, name, name.encode() * 50)
    full = size(room)
    room.delete("b")
    store(room, "d", b"d" * 50)
    assert size(room) == full
    assert [read(room, name)[:1] for name in "acd"] == [b"a", b"c", b"d"]
    for name in "acd":
        room.delete(name)
    assert (size(room), room._free, room._end) == (0, [], 0)


def test_arena_keeps_its_books_whatever_is_written_and_deleted(room):
    """No two bodies share a byte, and no byte is lost: held, free, or behind the end."""
    chance, bodies = random.Random(7), {}
    for number in range(600):
        if bodies and chance.random() < 0.5:
            name = chance.choice(sorted(bodies))
            room.delete(name)
            del bodies[name]
        else:
            bodies[str(number)] = chance.randbytes(chance.randrange(1, 100))
            store(room, str(number), bodies[str(number)])
        held = [span for spans in room._spans.values() for span in spans]
        assert sum(size for _, size in [*held, *room._free]) == room._end
    assert {name: read(room, name) for name in room.names()} == bodies
    assert all(sum(one) < other[0] for one, other in zip(room._free, room._free[1:], strict=False))


def test_arena_knows_no_body_that_is_gone(room):
    store(room, "a", b"1")
    room.delete("a")
    for ask in (room.open, room.delete):
        with pytest.raises(FileNotFoundError):
            ask("a")


PROGRAM = """
import os, sys, tempfile
from sigv4.testing import LocalS3

with LocalS3() as s3:
    s3.put("b", "k", bytes(1 << 20))
    if sys.argv[1] == "fork":
        child = os.fork()
        if not child:
            try:
                s3.put("b", "k2", bytes(1 << 20))
            except RuntimeError as error:
                print(error)
            sys.exit()
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert s3.get("b", "k") == bytes(1 << 20)
    else:
        print("ready", flush=True)
        sys.stdin.read()
"""


def program(folder, what: str) -> subprocess.Popen[str]:
    environ = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, what]
    return subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_signals_leave_nothing_in_the_temporary_folder(tmp_path, by):
    with program(tmp_path, "wait") as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(by)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_forked_child_ends_and_writes_over_nothing_of_the_parent(tmp_path):
    process = program(tmp_path, "fork")
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "a forked child reaches it by HTTP" in printed
