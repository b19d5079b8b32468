"""Bounds the processes that a study starts, and tells what a unit of work cost."""

from __future__ import annotations

import os
import threading
import time
from multiprocessing import parent_process
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from toolkit.limits import Limits

_ours = False  # processes of another executor are its own matter


def own_process(limits: Limits) -> None:
    """Bound this process, and end it with the one that started it; called once, where it begins."""
    global _ours
    _ours = True
    _end_with_parent()
    _bounded("RLIMIT_AS", limits.worker_memory)
    with Path(os.devnull).open("wb") as nowhere:  # native code may print what it reads
        os.dup2(nowhere.fileno(), 2)


def _end_with_parent() -> None:
    """A killed parent cannot end its children, and they would wait for work for ever."""
    if parent := parent_process():

        def watch() -> None:
            wait([parent.sentinel])
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()


def for_one(limits: Limits, size: int) -> None:
    """CPU seconds for one person: a file made to take for ever costs its process, not the study."""
    if _ours:
        most = limits.worker_cpu_seconds + limits.worker_cpu_per_mb * size / 1e6
        _bounded("RLIMIT_CPU", int(time.process_time() + most) + 1)


def _bounded(what: str, most: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    number = getattr(resource, what)
    _, hard = resource.getrlimit(number)
    resource.setrlimit(number, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


class Watch:
    """Time and memory since it was made."""

    def __init__(self) -> None:
        self._cpu, self._wall = _cpu(), time.perf_counter()

    def read(self) -> dict[str, Any]:
        """The figures of a `unit.Run`."""
        return {
            "cpu_seconds": round(_cpu() - self._cpu, 3),
            "seconds": round(time.perf_counter() - self._wall, 3),
            "peak_bytes": _peak(),
            "resident_bytes": _resident(),
            "process": os.getpid(),
        }


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _peak() -> int | None:
    try:
        status = Path("/proc/self/status").read_text("ascii", "replace")
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), None)


def _resident() -> int | None:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None
