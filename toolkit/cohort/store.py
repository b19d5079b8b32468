"""Where a study's inputs lie and its results go: a folder, or an object store through fsspec; nothing else knows."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from toolkit.problems import Damaged, TooLarge, ToolkitError
from toolkit.whole import put, replacing, tidy

# The object stores that obstore and polars both speak to, each with the credentials of the usual variables.
_NATIVE = ("s3", "gs", "az", "abfss")
_SCHEMES = (*_NATIVE, "file", "memory")  # a manifest is no reason to ask any web server for anything


class Store(Protocol):
    """A place for files with names such as ``records/person=.../records.parquet``."""

    def put(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all.

        Raises:
            ToolkitError: It cannot be written.
        """

    def writing(self, name: str) -> Any:
        """A context with a local path; what was written there is then put, whole or not at all."""

    def get(self, name: str) -> bytes | None:
        """The bytes of a file; None if there is none."""

    def names(self, below: str = "") -> list[str]:
        """The names of all files, also of those that a killed process left, in a folder of the store."""

    def remove(self, names: Sequence[str]) -> None:
        """Remove files; one that is not there is no error."""

    def tidy(self, below: str = "") -> None:
        """Remove the halves that killed processes of this computer left in a folder of the store."""

    def address(self, name: str) -> str:
        """What polars scans."""


class Local:
    """A folder of this machine, or one that all machines of a cluster share."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, data: bytes) -> None:
        """As in `Store`."""
        put([data], self._made(name))

    def writing(self, name: str) -> Any:
        """As in `Store`."""
        return replacing(self._made(name))

    def _made(self, name: str) -> Path:
        target = self._root / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ToolkitError(f"The folder cannot be made: {error.strerror}.", "Choose another place.") from None
        return target

    def get(self, name: str) -> bytes | None:
        """As in `Store`."""
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError:
            return None

    def names(self, below: str = "") -> list[str]:
        """As in `Store`."""
        found = []
        for folder, _, files in os.walk(self._root / below):
            inside = Path(folder).relative_to(self._root)
            found += [(inside / file).as_posix() for file in files]
        return sorted(found)

    def remove(self, names: Sequence[str]) -> None:
        """As in `Store`; a folder that is left empty goes too."""
        for name in names:
            (self._root / name).unlink(missing_ok=True)
        for folder in sorted({(self._root / name).parent for name in names} - {self._root}):
            with suppress(OSError):  # not empty
                folder.rmdir()

    def tidy(self, below: str = "") -> None:
        """As in `Store`."""
        tidy(self._root / below)

    def address(self, name: str) -> str:
        """As in `Store`."""
        return str(self._root / name)


class Remote:
    """A prefix of an object store, through fsspec; one object is put whole or not at all by the store itself."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._files, self._root = _filesystem(self._url)

    def put(self, name: str, data: bytes) -> None:
        """As in `Store`."""
        with _answering():
            self._files.pipe_file(f"{self._root}/{name}", data)

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """As in `Store`."""
        with TemporaryDirectory(prefix="voice-history-") as folder:
            path = Path(folder) / "part"
            yield path
            with _answering():
                self._files.put_file(str(path), f"{self._root}/{name}")

    def get(self, name: str) -> bytes | None:
        """As in `Store`."""
        with _answering():
            try:
                return bytes(self._files.cat_file(f"{self._root}/{name}"))
            except FileNotFoundError:
                return None

    def names(self, below: str = "") -> list[str]:
        """As in `Store`."""
        prefix = f"{self._root}/{below}".rstrip("/")
        with _answering():
            try:
                found = self._files.find(prefix)
            except FileNotFoundError:
                return []
        return sorted(path.removeprefix(f"{self._root}/") for path in found)

    def remove(self, names: Sequence[str]) -> None:
        """As in `Store`."""
        with _answering():
            for name in names:
                with suppress(FileNotFoundError):
                    self._files.rm_file(f"{self._root}/{name}")

    def tidy(self, below: str = "") -> None:
        """As in `Store`; a store knows no halves."""

    def address(self, name: str) -> str:
        """As in `Store`."""
        return f"{self._url}/{name}"


def open_store(place: str) -> Store:
    """The store at a path or a URL.

    Raises:
        ToolkitError: The URL needs something that is not installed.
    """
    return Remote(place) if is_url(place) else Local(Path(place))


def is_url(place: str) -> bool:
    """Whether a place is meant for fsspec."""
    return "://" in place


def _filesystem(url: str) -> tuple[Any, str]:
    scheme = url.partition("://")[0].lower()
    if scheme not in _SCHEMES:
        raise ToolkitError("URLs of that kind are not read.", "Use s3://, gs:// or az://.")
    try:
        import fsspec
    except ModuleNotFoundError:
        raise _missing() from None
    if scheme in _NATIVE:
        try:
            from obstore.fsspec import register
        except ModuleNotFoundError:
            raise _missing() from None
        register(scheme)
    try:
        files, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError):
        raise ToolkitError("No program for that kind of URL is installed.", "Use s3://, gs:// or az://.") from None
    return files, str(path).rstrip("/")


def _missing() -> ToolkitError:
    return ToolkitError(
        "Object stores need two more packages.", "Install them with: pip install 'voice-history-toolkit[remote]'."
    )


@contextmanager
def _answering() -> Iterator[None]:
    """An error of the store without its text, which may hold addresses and keys."""
    try:
        yield
    except (ToolkitError, FileNotFoundError):
        raise
    except Exception as error:
        raise ToolkitError(
            f"The object store does not answer as it should ({type(error).__name__}).",
            "Check address, credentials and rights.",
        ) from None


# --- What is read ------------------------------------------------------------------------------------------------


def base_of(place: str) -> str:
    """The folder that holds a file."""
    return place.rpartition("/")[0] if is_url(place) else str(Path(place).parent)


def joined(base: str, place: str) -> str:
    """A place given relative to a folder; a full one stays as it is."""
    if is_url(place):
        return place
    return f"{base}/{place}" if is_url(base) else str(Path(base).absolute() / place)


def fetched(place: str, most: int) -> bytes:
    """The bytes of a file anywhere.

    Raises:
        TooLarge: It is longer than *most*.
        ToolkitError: It cannot be read.
    """
    with opened(place) as stream:
        data = bytes(stream.read(most + 1))
    if len(data) > most:
        raise TooLarge(f"The file is longer than {most:,} bytes.", "Is it the right one?")
    return data


@contextmanager
def opened(place: str) -> Iterator[Any]:
    """A file anywhere, as a binary stream that knows its name.

    Raises:
        ToolkitError: It cannot be opened.
    """
    if not is_url(place):
        try:
            with Path(place).open("rb") as stream:
                yield stream
        except OSError as error:
            raise Damaged(f"A file cannot be read: {error.strerror}.", "Check its path.") from None
        return
    files, path = _filesystem(place)
    try:
        stream = files.open(path, "rb")
    except FileNotFoundError:
        raise Damaged("A file cannot be read: there is none at its URL.", "Check the URL.") from None
    with stream:
        yield _Named(stream, PurePosixPath(path).name)


class _Named(io.RawIOBase):
    """A remote file under its name, as `toolkit.load` wants it."""

    def __init__(self, stream: Any, name: str) -> None:
        self._stream, self.name = stream, name

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return int(self._stream.seek(offset, whence))

    def tell(self) -> int:
        return int(self._stream.tell())

    def read(self, size: int = -1) -> bytes:
        return bytes(self._stream.read(size))

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def state_of(place: str) -> tuple[str, int]:
    """What changes when a file changes, without reading it, and its size; of a folder, of all files in it.

    Raises:
        ToolkitError: It is not there.
    """
    if is_url(place):
        files, path = _filesystem(place)
        with _answering():
            try:
                info = files.info(path)
            except FileNotFoundError:
                raise Damaged("There is no file at a URL of the manifest.", "Check the URL.") from None
        mark = next((str(info[key]) for key in ("e_tag", "ETag", "etag", "mtime") if info.get(key)), "")
        return f"{PurePosixPath(path).name}\0{info['size']}\0{mark}", int(info["size"])
    try:
        return _local_state(Path(place))
    except OSError as error:
        raise Damaged(f"A file cannot be read: {error.strerror}.", "Check its path.") from None


def _local_state(path: Path) -> tuple[str, int]:
    if not path.is_dir():
        found = path.stat()
        return f"{path.name}\0{found.st_size}\0{found.st_mtime_ns}", found.st_size
    state, size = hashlib.sha256(), 0
    for inside in sorted(path.rglob("*")):
        if inside.is_file():
            one = inside.stat()
            state.update(f"{inside.relative_to(path).as_posix()}\0{one.st_size}\0{one.st_mtime_ns}\0".encode())
            size += one.st_size
    return f"{path.name}\0{state.hexdigest()}", size
