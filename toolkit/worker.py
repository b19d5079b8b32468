"""Reads an export in a child process with limits, so that nothing in a file can take the caller down.

The child is a fresh interpreter, never a fork: polars' threads do not survive one. Frames come back as Arrow IPC over
its standard output; nothing is written to disk. Its standard error goes nowhere, since native code may print what it
reads. If the child dies over a file, that file becomes a problem row and the rest is read again without it.
"""

from __future__ import annotations

import dataclasses
import io
import json
import math
import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import polars as pl

from toolkit import problems, standby
from toolkit.account import Progress
from toolkit.identify import unknown_tables
from toolkit.limits import DEFAULT, Limits
from toolkit.load import Export, read_all
from toolkit.parsers import chosen
from toolkit.parsers.route import ColumnMap
from toolkit.problems import Damaged, NotAnExport, ToolkitError, frame
from toolkit.reading import Reading, title_of
from toolkit.skeleton import skeleton

_HEAD = struct.Struct("<cQ")
_AT, _COUNT = b"A", b"W"  # messages: the file at hand, and how many entries were read from it
_GLANCE = b"G"
_ROWS = 100_000  # records sent at once
_DEATHS = 3
T = TypeVar("T")
_MB = 1e6
Given = str | os.PathLike[str] | tuple[str, bytes]


def load(
    *sources: Given,
    timezone: str | None = None,
    columns: chosen.Given | chosen.Chosen | None = None,
    limits: Limits = DEFAULT,
    progress: Progress | None = None,
) -> Export:
    """As `toolkit.load`, in a child process.

    Args:
        sources: Paths, or (name, bytes) of an upload.
        timezone: See `toolkit.load`.
        columns: See `toolkit.load`.
        limits: Bounds; memory and CPU seconds hold for the child.
        progress: See `toolkit.load`.

    Raises:
        ToolkitError: As `toolkit.load`; `Damaged` if the child died again and again.
    """
    mapping = chosen.of(columns)
    given = mapping and mapping.as_dict()
    order: dict[str, Any] = {"timezone": timezone, "columns": given, "limits": dataclasses.asdict(limits)}
    died: list[_Place] = []
    while len(died) < _DEATHS:
        order["skip"] = died
        last = _Last(progress)
        try:
            export = _run(sources, order, partial(_gather, last=last))
            export = dataclasses.replace(export, _sources=_reopenable(sources), _limits=limits)
            return _with_deaths(export, died)
        except NotAnExport:
            if not died:
                raise
            break  # what was left is nothing by itself
        except _Died:
            if last.place is None or last.place in died:
                break
            died.append(last.place)
    raise Damaged(
        "The reading process was stopped: the file needs more memory or time than the limits allow, or broke it.",
        "Bring fewer parts at a time, or use the command line, which allows more.",
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Glance:
    """What there is in files that no reader knows.

    Attributes:
        tables: Tables and lists in them, with what their columns may mean.
        skeleton: The shape of all files, without any value.
    """

    tables: tuple[ColumnMap, ...]
    skeleton: str


def glance(*sources: Given, limits: Limits = DEFAULT) -> Glance:
    """Look at files that no reader knows, in a child process.

    Raises:
        ToolkitError: They cannot be opened, or broke the child.
    """
    order = {"glance": True, "limits": dataclasses.asdict(limits)}
    try:
        return _run(sources, order, _glanced)
    except _Died:
        raise Damaged("The reading process was stopped over these files.", "Bring fewer at a time.") from None


_Place = tuple[str, str]  # source and path of a file


class _Died(Exception):
    """The child ended without an answer."""


class _Last:
    """Passes progress on and remembers which file was being read."""

    def __init__(self, progress: Progress | None) -> None:
        self.place: _Place | None = None
        self._progress = progress

    def said(self, kind: bytes, body: Any) -> None:
        if kind == _AT:
            self.place = tuple(body) if body else None
        elif self._progress:
            self._progress(*body)


def _with_deaths(export: Export, died: list[_Place]) -> Export:
    rows = [
        problems.Problem(
            "error",
            "reader_stopped",
            "Reading this file used more memory or time than allowed, or broke the reader; nothing of it is counted.",
            "Try it by itself, or use the command line, which allows more; please report it if it is an ordinary file.",
            path,
        )
        for _, path in died
    ]
    return dataclasses.replace(export, problems=pl.concat([frame(rows), export.problems])) if rows else export


def _run(sources: Sequence[Given], order: dict[str, Any], hear: Callable[[Iterator[tuple[bytes, bytes]]], T]) -> T:
    blobs = [source[1] if isinstance(source, tuple) else b"" for source in sources]
    names = [
        {"name": source[0], "size": len(source[1])} if isinstance(source, tuple) else {"path": os.fspath(source)}
        for source in sources
    ]
    head = json.dumps({**order, "sources": names}).encode()
    with standby.taken() as child:
        try:
            return _talk(child, head, blobs, hear)
        finally:
            child.kill()


def _talk(
    child: subprocess.Popen[bytes],
    head: bytes,
    blobs: list[bytes],
    hear: Callable[[Iterator[tuple[bytes, bytes]]], T],
) -> T:
    into, out = cast(BinaryIO, child.stdin), cast(BinaryIO, child.stdout)
    try:
        _send(into, b"O", head)
        for blob in blobs:
            into.write(blob)
        into.close()
    except BrokenPipeError:
        raise _Died from None
    return hear(_messages(out))


def _glanced(messages: Iterator[tuple[bytes, bytes]]) -> Glance:
    for kind, body in messages:
        if kind == _GLANCE:
            told = json.loads(body)
            return Glance(tuple(_column_map(one) for one in told["tables"]), told["skeleton"])
        _reraise(kind, body)
    raise _Died


def _reraise(kind: bytes, body: bytes) -> None:
    if kind == b"E":
        name, message, advice = json.loads(body)
        raise getattr(problems, name)(message, advice)


def _gather(messages: Iterator[tuple[bytes, bytes]], last: _Last) -> Export:
    """The export, from what the child says."""
    frames: dict[bytes, list[pl.DataFrame]] = {b"R": [], b"P": [], b"F": []}
    for kind, body in messages:
        if kind in (_AT, _COUNT):
            last.said(kind, json.loads(body))
        elif kind in frames:
            frames[kind].append(pl.read_ipc(io.BytesIO(body)))
        elif kind == b"M":
            meta = json.loads(body)
            return Export(
                records=pl.concat(frames[b"R"]),
                problems=pl.concat(frames[b"P"]),
                files=pl.concat(frames[b"F"]),
                exported_at=datetime.fromisoformat(meta["exported_at"]) if meta["exported_at"] else None,
                timezone=meta["timezone"],
                column_maps=tuple(_column_map(one) for one in meta["column_maps"]),
            )
        _reraise(kind, body)
    raise _Died


def _column_map(fields: dict[str, Any]) -> ColumnMap:
    rows = tuple(tuple(row) for row in fields.pop("rows"))
    return ColumnMap(**{**fields, "header": tuple(fields["header"])}, rows=rows)


def _reopenable(sources: Sequence[Given]) -> tuple[tuple[Any, str], ...]:
    return tuple(
        (source[1], source[0]) if isinstance(source, tuple) else (source, title_of(source, number))
        for number, source in enumerate(sources, 1)
    )


def _send(stream: BinaryIO, kind: bytes, body: bytes) -> None:
    stream.write(_HEAD.pack(kind, len(body)))
    stream.write(body)
    stream.flush()


def _messages(stream: Any) -> Iterator[tuple[bytes, bytes]]:
    while len(head := stream.read(_HEAD.size)) == _HEAD.size:
        kind, size = _HEAD.unpack(head)
        body = stream.read(size)
        if len(body) < size:
            return
        yield kind, body


def _limit_myself(limits: Limits, size: int) -> None:
    """Bound this process, where the system can: Linux and macOS."""
    try:
        import resource
    except ImportError:
        return
    seconds = math.ceil(time.process_time() + limits.worker_cpu_seconds + limits.worker_cpu_per_mb * size / _MB)
    for what, most in ((resource.RLIMIT_AS, limits.worker_memory + 3 * size), (resource.RLIMIT_CPU, seconds)):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _answer(order: dict[str, Any], given: list[Any], out: Any) -> None:
    reading = Reading(
        order["timezone"],
        order["columns"],
        Limits(**order["limits"]),
        progress=lambda path, count: _send(out, _COUNT, json.dumps([path, count]).encode()),
        skip={(source, path) for source, path in order["skip"]},
        at=lambda member: _send(out, _AT, json.dumps(member and [member.source, member.path]).encode()),
    )
    export = read_all(given, reading)
    for at in range(0, max(1, export.records.height), _ROWS):
        _send(out, b"R", _ipc(export.records.slice(at, _ROWS)))
    _send(out, b"P", _ipc(export.problems))
    _send(out, b"F", _ipc(export.files))
    maps = [dataclasses.asdict(one) for one in export.column_maps]
    exported_at = export.exported_at.isoformat() if export.exported_at else None
    meta = {"timezone": export.timezone, "exported_at": exported_at, "column_maps": maps}
    _send(out, b"M", json.dumps(meta).encode())


def _answer_glance(order: dict[str, Any], given: list[Any], out: Any) -> None:
    limits = Limits(**order["limits"])
    tables = [dataclasses.asdict(one) for one in unknown_tables(*given, limits=limits)]
    _send(out, _GLANCE, json.dumps({"tables": tables, "skeleton": skeleton(*given, limits=limits)}).encode())


def _ipc(table: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.write_ipc(buffer)
    return buffer.getvalue()


def main() -> None:
    """Answer one order from standard input, if one comes before it ends."""
    out = sys.stdout.buffer
    head = sys.stdin.buffer.read(_HEAD.size)
    if not head:
        return
    _, size = _HEAD.unpack(head)
    order = json.loads(sys.stdin.buffer.read(size))
    given: list[Any] = []
    for source in order["sources"]:
        if "path" in source:
            given.append(source["path"])
        else:
            given.append(_Named(source["name"], sys.stdin.buffer.read(source["size"])))
    _limit_myself(Limits(**order["limits"]), sum(map(_size, order["sources"])))
    try:
        (_answer_glance if order.get("glance") else _answer)(order, given, out)
    except ToolkitError as error:
        _send(out, b"E", json.dumps([type(error).__name__, error.message, error.advice]).encode())


def _size(source: dict[str, Any]) -> int:
    """Bytes of an upload or of a file on disk; a folder's files are not added up."""
    try:
        return int(source["size"] if "size" in source else Path(source["path"]).stat().st_size)
    except OSError:
        return 0


class _Named(io.BytesIO):
    """An upload with its name."""

    def __init__(self, name: str, data: bytes) -> None:
        super().__init__(data)
        self.name = name


if __name__ == "__main__":
    main()
