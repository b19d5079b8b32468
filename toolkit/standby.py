"""Starts reading processes, and keeps one ready on request, so that nobody waits while Python starts."""

from __future__ import annotations

import atexit
import subprocess
import sys
from threading import Lock

_COMMAND = [sys.executable, "-P", "-m", "toolkit.worker"]
_ready: list[subprocess.Popen[bytes]] = []
_lock = Lock()


def prepare() -> None:
    """Have one reading process start now, for the next `taken`; it waits at no cost but some 40 MiB.

    It ends by itself once this process does: its standard input ends then.
    """
    with _lock:
        _ready.append(_taken())


def taken() -> subprocess.Popen[bytes]:
    """A reading process for one order: the one that is ready, else a new one."""
    with _lock:
        return _taken()


@atexit.register
def dismiss() -> None:
    """End the process that waits, if one does."""
    with _lock:
        for child in _ready:
            with child:  # closes what it listens to, which is its end
                child.kill()
        _ready.clear()


def _taken() -> subprocess.Popen[bytes]:
    if _ready:
        child = _ready.pop()
        if child.poll() is None:
            return child
        with child:  # closes the pipes of one that died while it waited
            pass
    return _start()


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
