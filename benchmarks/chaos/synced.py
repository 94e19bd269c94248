"""What a power cut leaves of a folder: its files replayed from a trace of the calls that wrote and synced them.

What an fsync has covered is there: the bytes of a file that were written before it began, and the names of a folder
that is synced itself, as on the strictest file system. What was written since is gone, or a part of it is there: any
sectors of a file, and the first of the changed names.
"""

import os
import random
import re
from codecs import escape_decode
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

CALLS = "openat,lseek,write,pwrite64,ftruncate,fsync,fdatasync,sync,rename,link,unlink,unlinkat"
STRACE = (
    "strace --follow-forks --output-separately --seccomp-bpf -qq --decode-fds=path --string-limit=100000000 "
    f"--timestamps=unix,ns --syscall-times=ns --trace={CALLS} --output="
)
LINE = re.compile(rb"(\d+\.\d+) (\w+)\((.*)\) += (\d+)(?:<.*>)? <(\d+\.\d+)>")
HANDLE, TEXT = re.compile(rb"(\w+)<([^>]*)>(\(deleted\))?"), re.compile(rb'"((?:[^"\\]|\\.)*)"')
SECTOR = 512  # bytes that a disk writes whole or not at all


class Call(NamedTuple):
    end: float
    begin: float
    name: str
    arguments: bytes
    result: int


@dataclass
class File:
    synced: bytearray = field(default_factory=bytearray)
    writes: list[tuple[float, int, bytes | None]] = field(default_factory=list)  # end, offset, bytes; none: cut there

    def sync(self, before: float) -> None:
        while self.writes and self.writes[0][0] <= before:
            apply(self.synced, *self.writes.pop(0)[1:])

    def left(self, chance: random.Random | None) -> bytes:
        content = bytearray(self.synced)
        for _, offset, data in self.writes if chance else ():
            for start in range(0, len(data or b"-"), SECTOR):
                if chance.random() < 0.5:  # type: ignore[union-attr]
                    apply(content, offset + start, data and data[start : start + SECTOR])
        return bytes(content)


def apply(content: bytearray, offset: int, data: bytes | None) -> None:
    content.extend(bytes(max(0, offset - len(content))))
    if data is None:
        del content[offset:]
    else:
        content[offset : offset + len(data)] = data


def calls(traces: Path) -> list[Call]:
    found = []
    for trace in traces.iterdir():
        with trace.open("rb") as lines:
            for match in map(LINE.match, lines):
                if match:
                    begin, name, arguments, result, seconds = match.groups()
                    end = float(begin) + float(seconds)
                    found.append(Call(end, float(begin), name.decode(), arguments, int(result)))
    return sorted(found)


class Disk:
    """The files of one folder, at the moment up to which calls were replayed."""

    def __init__(self, folder: Path) -> None:
        self.folder = os.fsencode(folder)
        self.now: dict[bytes, File] = {}
        self.synced: dict[bytes, File] = {}
        self.changes: list[tuple[float, dict[bytes, File | None]]] = []  # names that were given, changed, taken away
        self.places: dict[tuple[bytes, bytes], int] = defaultdict(int)  # of handles

    def replay(self, call: Call) -> None:
        if call.name == "sync":
            self._sync_names(b"", call.begin)
            for file in self.now.values():
                file.sync(call.begin)
        elif self.folder in call.arguments:
            getattr(self, f"_{call.name}", self._renamed)(call)

    def left(self, chance: random.Random | None = None) -> dict[Path, bytes]:
        """The files after a power cut at this moment; with a chance, also a part of what was not synced."""
        names = dict(self.synced)
        for _, change in self.changes[: chance.randint(0, len(self.changes))] if chance else ():
            rename(names, change)
        folder = Path(os.fsdecode(self.folder))
        return {Path(os.fsdecode(name)).relative_to(folder): file.left(chance) for name, file in names.items()}

    def _openat(self, call: Call) -> None:
        name, handle = self._paths(call)[0], str(call.result).encode()
        if b"O_CREAT" in call.arguments and name not in self.now:
            self._change(call, {name: File()})
        if b"O_TRUNC" in call.arguments and name in self.now:
            self.now[name].writes.append((call.end, 0, None))
        self.places[name, handle] = 0

    def _lseek(self, call: Call) -> None:
        self.places[self._place(call)] = call.result

    def _write(self, call: Call) -> None:
        self._written(call, self.places[self._place(call)])
        self.places[self._place(call)] += call.result

    def _pwrite64(self, call: Call) -> None:
        self._written(call, int(call.arguments.rpartition(b", ")[2]))

    def _written(self, call: Call, offset: int) -> None:
        if file := self._file(call):
            [data] = TEXT.findall(call.arguments)
            file.writes.append((call.end, offset, escape_decode(data)[0][: call.result]))

    def _ftruncate(self, call: Call) -> None:
        if file := self._file(call):
            file.writes.append((call.end, int(call.arguments.rpartition(b", ")[2]), None))

    def _fsync(self, call: Call) -> None:
        if file := self._file(call):
            file.sync(call.begin)
        else:
            self._sync_names(self._place(call)[0], call.begin)

    _fdatasync = _fsync

    def _renamed(self, call: Call) -> None:
        first, *second = self._paths(call)
        file = self.now.get(first)
        gone = {} if call.name == "link" else {first: None}
        self._change(call, {**dict.fromkeys(second, file), **gone})

    def _change(self, call: Call, change: dict[bytes, File | None]) -> None:
        rename(self.now, change)
        self.changes.append((call.end, change))

    def _sync_names(self, folder: bytes, before: float) -> None:
        """Of one folder, or of all."""
        for entry in list(self.changes):
            end, change = entry
            if end <= before and (not folder or os.path.dirname(next(iter(change))) == folder):  # noqa: PTH120
                rename(self.synced, change)
                self.changes.remove(entry)

    def _place(self, call: Call) -> tuple[bytes, bytes]:
        """The file's name and the handle."""
        match = HANDLE.match(call.arguments)
        assert match, call
        return match[2], match[1]

    def _file(self, call: Call) -> File | None:
        """None if it is a folder, or was deleted."""
        match = HANDLE.match(call.arguments)
        return None if not match or match[3] else self.now.get(match[2])

    def _paths(self, call: Call) -> list[bytes]:
        base = HANDLE.match(call.arguments)
        texts = [escape_decode(text)[0] for text in TEXT.findall(call.arguments)]
        return [os.path.join(base[2] if base else b"", text) for text in texts]  # noqa: PTH118 - bytes


def rename(names: dict[bytes, File], change: dict[bytes, File | None]) -> None:
    for name, file in change.items():
        names.pop(name, None)
        if file:
            names[name] = file
