"""Puts a file in its place whole or not at all, and never where an export lies."""

from __future__ import annotations

import os
import platform
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from toolkit.problems import ToolkitError

PREFIX = ".voice-history-"


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A temporary file beside *target*, readable by its owner alone, that takes its place if all goes well.

    Raises:
        ToolkitError: It cannot be written. Nothing is left behind then, nor after Ctrl-C.
    """
    if target.exists() and not target.is_file():  # root would take /dev/null away from everybody
        raise ToolkitError("The result cannot be written: there is something that is no file.", "Choose another place.")
    try:
        handle, name = tempfile.mkstemp(prefix=f"{PREFIX}{_here()}-{os.getpid()}-", dir=target.parent)
        os.close(handle)
    except OSError as error:
        raise _unwritten(error) from None
    try:
        yield Path(name)
        with Path(name).open("rb") as file:
            os.fsync(file.fileno())
        Path(name).replace(target)
    except OSError as error:
        raise _unwritten(error) from None
    finally:
        with suppress(OSError):
            Path(name).unlink()


def tidy(folder: Path) -> None:
    """Remove the temporary files that killed processes of this computer left in a folder, whatever they hold."""
    mine = f"{PREFIX}{_here()}-"
    with suppress(OSError):
        for path in folder.glob(f"{mine}*"):
            process = path.name.removeprefix(mine).partition("-")[0]
            if process.isdecimal() and not _runs(int(process)):
                path.unlink(missing_ok=True)


def _here() -> str:
    """This computer, as numbers of processes mean nothing on another one that uses the same folder."""
    return f"{zlib.crc32(platform.node().encode()):08x}"


def _runs(process: int) -> bool:
    """Whether a process is there; where that cannot be asked without harm, as on Windows, each one counts as there."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return True


def _unwritten(error: OSError) -> ToolkitError:
    return ToolkitError(
        f"The result cannot be written: {error.strerror}.", "Choose another place; nothing was left behind."
    )


def put(parts: Iterable[bytes], target: Path) -> None:
    """Write *parts*, one after the other.

    Raises:
        ToolkitError: *target* cannot be written.
    """
    with replacing(target) as temporary, temporary.open("wb") as file:
        file.writelines(parts)


def stay_away(folder: Path, sources: Iterable[Path]) -> None:
    """An export is evidence: nothing may join it, and nothing written may be read as a part of it the next time.

    Args:
        folder: Where something is to be written.
        sources: The files and folders of the export.

    Raises:
        ToolkitError: *folder* is, or lies in, a folder that holds the export.
    """
    folder = folder.absolute().resolve()
    for source in sources:
        place = source.resolve()
        home = place if place.is_dir() else place.parent
        if folder == home or (place.is_dir() and place in folder.parents):
            raise ToolkitError(
                "The result would be written beside the export.",
                "Choose another folder: nothing is ever put where your export lies.",
            )
