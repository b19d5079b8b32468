"""Opens a source (zip, tar, tgz, folder, single file, bytes, file object) and hands out its members, bounded.

Nothing is ever unpacked to disk, and a member's path never becomes a path on disk.
"""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

from toolkit.archive import tarread, zipread
from toolkit.archive.bounded import RAISE_LIMIT, Meter, SharedFile, Slice, Store, Stream, damage
from toolkit.archive.moments import instant
from toolkit.archive.names import Found, clean, decode, few, settle, shown
from toolkit.limits import DEFAULT, Limits
from toolkit.problems import NotAnArchive, NotAnExport, Problem, TooLarge, Unsupported

NAMELESS = "upload-1"
_ARCHIVE_NAME = re.compile(r"\.(zip|tar|tgz|gz)$", re.IGNORECASE)
_JUNCTION = 0xA0000003  # stat.IO_REPARSE_TAG_MOUNT_POINT, which exists on Windows only
_BLANK = bytes(tarread.BLOCK)
_UNPACK = "Unpack it, and open the folder instead."
_WRONG_PAGE = "Often a sign-in or error page was saved in place of the download: sign in and download it again."
_FOREIGN = {
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"\xfd7zXZ": "an xz file",
    b"BZh": "a bzip2 file",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
}
_LOOKS = {b"%PDF": "a PDF", b"<": "a web page or XML", b"{": "JSON", b"[": "JSON", b"\0": "blank"}


@dataclass(frozen=True, slots=True)
class Member:
    """One regular file of a source.

    Attributes:
        path: Its name inside the source: ``/`` between the parts, NFC, no leading ``/``. Never a path on disk.
        source: Name of the source it is in.
        size: How many bytes it declares to hold.
    """

    path: str
    source: str
    size: int
    _found: Found = field(repr=False, compare=False)
    _meter: Meter = field(repr=False, compare=False)

    @property
    def modified(self) -> datetime | None:
        """When the file was last changed, as the file system or the archive has it: weak evidence, copying changes it.

        UTC; naive in a zip that keeps only the wall clock of whoever packed it, to two seconds; None if not kept.
        """
        return self._found.modified

    def open(self) -> BinaryIO:
        """A stream of its bytes, read forwards only and closed by the caller; any number may be open at once.

        Raises:
            Encrypted: It needs a password.
            Unsupported: It is packed by a method not read here.
            Damaged: It is broken, here or in a later read; those may also raise TooLarge and Bomb.
        """
        return cast(BinaryIO, self._stream())

    def head(self, n: int) -> bytes:
        """Its first *n* bytes, or all of them if there are fewer."""
        with self._stream() as stream:
            return stream.read(n)

    def _stream(self) -> Stream:
        one = self._found
        with damage():
            return Stream(one.draw(), one.size, one.crc, partial(self._meter.count, self.path, one.stored))


class Source:
    """What one input holds; a context manager that closes what the toolkit opened for it.

    Attributes:
        name: File or folder name, without the folders above it.
        size: Bytes on disk or in memory, of the archive or of all files of the folder.
        members: Regular files, sorted by path.
        problems: What was ignored and what was odd.
    """

    def __init__(
        self,
        name: str,
        size: int | None,
        found: Iterable[Found],
        problems: list[Problem],
        limits: Limits,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        kept, settled = settle(found, limits)
        self.name = name
        self.size = sum(one.stored for one in kept.values()) if size is None else size
        self._close = close
        meter = Meter(limits, self.size)
        self.members = tuple(Member(path, name, kept[path].size, kept[path], meter) for path in sorted(kept))
        own = (problem if problem.source_file else replace(problem, source_file=name) for problem in problems)
        noted = sorted([*own, *settled], key=lambda problem: (problem.source_file, problem.code))
        self.problems = tuple(few(noted, limits.problems_per_kind))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file behind the members, if the toolkit opened it."""
        self._close()


def open_source(
    source: str | os.PathLike[str] | bytes | BinaryIO, *, name: str | None = None, limits: Limits = DEFAULT
) -> Source:
    """Opens an export in whatever form it comes; what it is, is told by content.

    Args:
        source: Path of a file or folder; the bytes of a file; or a file object, open for binary reading and seekable,
            which is left open.
        name: What to call the source; by default its file name, or ``upload-1``.
        limits: Bounds on what is read.

    Raises:
        NotAnExport: There is no such file or folder, or it cannot be opened.
        NotAnArchive: It is named as an archive but is none.
        Damaged: The archive is broken or incomplete.
        Unsupported: It is of a kind nobody here can read, or not seekable.
        TooLarge: It has more members than the limits allow.
        Bomb: The archive is built to exhaust the machine.
    """
    if isinstance(source, bytes):
        return _from_file(io.BytesIO(source), _base(name or NAMELESS), limits)
    if isinstance(source, str | os.PathLike):
        return _from_path(os.fspath(source), name, limits)
    if isinstance(source, io.TextIOBase) or not source.seekable():
        message = "Only a file object that is open for binary reading and can be searched is read."
        raise Unsupported(message, "Save the data to a file and give its path.")
    own = getattr(source, "name", None)  # of a pipe or a temporary file it is a number
    return _from_file(source, _base(name or (own if isinstance(own, str) else NAMELESS)), limits)


def _base(name: str) -> str:
    """The last part of a name, fit to be a member's path."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return clean(last.encode("utf-8", "replace").decode(), DEFAULT.name_bytes) or NAMELESS


def _from_path(path: str, name: str | None, limits: Limits) -> Source:
    try:
        if not path:
            raise ValueError  # which `Path` would take for the current folder
        name = _base(name or str(Path(path).absolute()))
        kind = Path(path).stat().st_mode
        if stat.S_ISDIR(kind):
            problems: list[Problem] = []
            return Source(name, None, _walk(path, limits, problems), problems, limits)
        if not stat.S_ISREG(kind):
            raise Unsupported("It is neither a file nor a folder.", "Give the path of the export, or of its folder.")
        file = _binary(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "that is no path"
        raise NotAnExport(f"It cannot be opened: {reason}.", "Check the path, and that you may read it.") from None
    try:
        return _from_file(file, name, limits, file.close)
    except BaseException:
        file.close()
        raise


def _from_file(file: BinaryIO, name: str, limits: Limits, close: Callable[[], None] = lambda: None) -> Source:
    with damage():
        shared = SharedFile(file)
        found, problems = _listing(shared, name, limits)
        return Source(name, shared.size, found, problems, limits, close)


def _listing(file: SharedFile, name: str, limits: Limits) -> tuple[Iterable[Found], list[Problem]]:
    """What is in the file, by its content: the entries of an archive, or just the file itself."""
    head = file.read_at(0, tarread.BLOCK)
    if head[:4] in zipread.STARTS:
        return _zip(file, limits)
    if head.startswith(tarread.GZIP):
        store = tarread.GzipStore(file, limits)
        inner = store.read_at(0, tarread.BLOCK)
        if tarread.is_tar(inner) or inner == _BLANK:
            return _tar(store, limits)
        if not name.lower().endswith((".tgz", ".tar.gz")):
            raise Unsupported("This is a single packed file.", _UNPACK)
        raise NotAnArchive(f"Named as an archive, but what is packed in it is {_looks(inner)}.", _WRONG_PAGE)
    if tarread.is_tar(head) or (head == _BLANK and name.lower().endswith(".tar")):
        return _tar(file, limits)
    for start, kind in _FOREIGN.items():
        if head.startswith(start):
            raise Unsupported(f"This is {kind}.", _UNPACK)
    if zipread.find_end(file):  # only now: the last file of a tar may be a zip
        return _zip(file, limits)
    if _ARCHIVE_NAME.search(name):
        raise NotAnArchive(f"Named as an archive, but it is {_looks(head)}.", _WRONG_PAGE)
    return [Found(name, file.size, file.size, None, True, partial(Slice, file))], []


def _looks(head: bytes) -> str:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for start, kind in _LOOKS.items():
        if text.startswith(start):
            return kind
    return "something else" if text else "empty"


def _zip(file: SharedFile, limits: Limits) -> tuple[Iterable[Found], list[Problem]]:
    entries, problems = zipread.read_directory(file, limits)
    found = (
        Found(
            decode(one.name),
            one.size,
            one.stored,
            one.crc,
            one.regular,
            partial(zipread.reader, file, one),
            one.modified,
        )
        for one in entries
        if not one.folder
    )
    return found, problems


def _tar(store: Store, limits: Limits) -> tuple[Iterable[Found], list[Problem]]:
    entries, problems = tarread.read_directory(store, limits)
    found = (
        Found(
            decode(one.name),
            one.size,
            one.size,
            None,
            one.regular,
            partial(Slice, store, one.start, one.size),
            one.modified,
        )
        for one in entries
    )
    return found, problems


def _walk(root: str, limits: Limits, problems: list[Problem]) -> Iterator[Found]:
    """The files below a folder; links are not followed, and what cannot be read becomes a problem."""
    waiting = [(root, "")]
    number = 0
    while waiting:
        folder, above = waiting.pop()
        for entry in _entries(folder, above, problems):
            number += 1
            if number > limits.members:
                message = f"The folder holds more than {limits.members:,} files and folders."
                raise TooLarge(message, RAISE_LIMIT.format("members"))
            name = above + decode(os.fsencode(entry.name))
            try:
                info = entry.stat(follow_symlinks=False)
                if not stat.S_ISDIR(info.st_mode):
                    yield _file(entry.path, name, info)
                elif getattr(info, "st_reparse_tag", 0) != _JUNCTION:
                    waiting.append((entry.path, name + "/"))
            except OSError:
                problems.append(_unreadable(name))


def _entries(folder: str, above: str, problems: list[Problem]) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:
        problems.append(_unreadable(above))


def _file(path: str, name: str, info: os.stat_result) -> Found:
    regular = stat.S_ISREG(info.st_mode)
    if regular and not os.access(path, os.R_OK):
        raise PermissionError
    return Found(name, info.st_size, info.st_size, None, regular, partial(_binary, path), instant(info.st_mtime))


def _binary(path: str) -> BinaryIO:
    return Path(path).open("rb")


def _unreadable(name: str) -> Problem:
    return Problem("warning", "unreadable", "It cannot be opened, so it was not read.", source_file=shown(name))
