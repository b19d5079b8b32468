"""Writes results where something will go wrong; run as a program, in a process of its own.

python writer.py full SOURCE FOLDER     every format, though no file may be longer than two kilobytes
python writer.py killed SOURCE FOLDER   over and over, in all formats, until killed at a moment that DELAY tells
python writer.py verb DELAY VERB ...    the command line, killed so many seconds after it began to write; if DELAY is
                                        below zero it is not killed, and says how long it wrote
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import toolkit
from toolkit.write import FORMATS

SHORT = 50  # records of one of the two results that take turns


def full(source: str, folder: Path) -> None:
    import resource

    export = toolkit.load(source)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
    told = {}
    for form in FORMATS:
        try:
            toolkit.write(export, folder / form, formats=[form])
        except toolkit.ToolkitError as error:
            told[form] = error.message
    sys.stdout.write(json.dumps(told))


def killed(source: str, folder: Path, delay: float) -> None:
    export = toolkit.load(source)
    results = (export, replace(export, records=export.records.head(SHORT)))
    threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()
    for result in cycle(results):
        toolkit.write(result, folder, formats=FORMATS)


def verb(delay: float, arguments: list[str]) -> None:
    """From its first temporary file on, of which the interpreter itself tells."""
    from toolkit.cli import main

    began: list[float] = []

    def heard(event: str, _: object) -> None:
        if event == "tempfile.mkstemp" and not began:
            began.append(time.perf_counter())
            if delay >= 0:
                threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()

    sys.addaudithook(heard)
    try:
        main(arguments)
    finally:
        sys.stderr.write(f"\n{time.perf_counter() - began[0]}")


if __name__ == "__main__":
    what, source, folder, *rest = sys.argv[1:]
    if what == "verb":
        verb(float(source), [folder, *rest])
    elif what == "full":
        full(source, Path(folder))
    else:
        killed(source, Path(folder), float(rest[0]))
