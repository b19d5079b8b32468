"""Home Assistant: clips of its assistant, kept only if the owner set ``debug_recording_dir``; there is no table.

Known from the program itself (2024.3 on, ``components/assist_pipeline/pipeline.py``) and its help page of 2026, which
adds that the program never deletes them by itself; no real folder was seen. One folder for each run:

    [<device id>/]<name of the pipeline>/<nanoseconds of a clock that starts anew with the machine>/
        00_wake-<entity>.wav    what the microphone heard until the wake word was found, or until the run ended
        01_stt-<engine>.wav     what was sent to speech recognition

Here the run *is* the record, and ``carved`` counts runs; every clip belongs to one. The number of the folder is no
date and is never read as one: the time is that of the clip's file, marked ``file``; copying changes it. No text is
kept anywhere in it.

A run with only the first file ended without a command: ``wake_word_only``, a weak sign of an accidental activation, as
the wake word itself may never have been found. Any other run is ``unknown``: whether it was understood is not told.
Where the device finds the wake word by itself, there is no first file, so that nothing follows from its absence.

Not known: layouts of other versions; whether the device's id stands above the pipeline's name where two folders do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import polars as pl

from toolkit.parsers import filetimes
from toolkit.parsers.route import Context, Document, Loose, Part, Route, Support

_PATH = re.compile(
    r"^(?P<folder>(?:.*/)?)\d{6,20}/(?:00_wake|01_stt)-[^/]*\.wav$|^(?:00_wake|01_stt)-[^/]*\.wav$", re.IGNORECASE
)
_DEVICE = re.compile(r"[0-9a-f]{32}")  # what the device registry gives for an id
_AT_ONCE = 4_000


def read(document: Document, context: Context) -> Iterator[Loose]:
    """All runs below one pipeline's folder."""
    runs = [list(parts) for _, parts in groupby(document.parts, lambda part: part.path.rpartition("/")[0])]
    only_wake = sum(not _has(run, "01_stt") for run in runs)
    for start in range(0, len(runs), _AT_ONCE):
        rows = [_row(run, row, context.timezone) for row, run in enumerate(runs[start : start + _AT_ONCE], start + 1)]
        yield Loose(pl.DataFrame(rows, schema=_LOOSE, orient="row"))
    context.note = f"{len(runs):,} runs; in {only_wake:,} no command followed; no transcript in this source"
    walls = any(part.modified and not part.modified.tzinfo for part in document.parts)
    context.problems.append(filetimes.told(document.path, walls and context.timezone is None))


_LOOSE: dict[str, Any] = {
    "source_row": pl.UInt32,
    "maker_id": pl.String,
    "time": pl.Datetime("us", "UTC"),
    **dict.fromkeys(("time_basis", "device_id", "trigger", "status"), pl.String),
    "audio_files": pl.List(pl.String),
    "extra": pl.String,
}


def _has(run: list[Part], kind: str) -> bool:
    return any(part.path.rpartition("/")[2].lower().startswith(kind) for part in run)


def _row(run: list[Part], row: int, timezone: str | None) -> tuple[object, ...]:
    *above, folder, _ = ["", "", "", *run[0].path.split("/")]
    pipeline, device = above[-1] or None, above[-2] if _DEVICE.fullmatch(above[-2]) else None
    time = min(filter(None, (filetimes.moment(part.modified, timezone) for part in run)), default=None)
    woken, spoken = _has(run, "00_wake"), _has(run, "01_stt")
    return (
        row,
        "/".join(filter(None, (device, pipeline, folder))) or None,
        time,
        "file" if time else "none",
        device,
        "wake_word" if woken and spoken else "unknown",
        "unknown" if spoken else "wake_word_only",
        [part.path for part in run],
        json.dumps({"pipeline": pipeline}, ensure_ascii=False) if pipeline else None,
    )


ROUTES = (
    Route(
        format="home_assistant_debug",
        vendor="home_assistant",
        product="home_assistant",
        path=_PATH,
        head=None,
        read=read,
        about="Home Assistant, clips of the assistant's debug folder",
        support=Support(
            evidence="read in public code of 2024, the program that writes it, and its help page of 2026",
            audio="the clips are the records, one or two a run",
            accidental="weak: a run that ended without a command; the wake word itself may never have been found",
            device="its id, where a folder names it",
            unknown="the true time: only that of the file; whether anything was understood; other versions",
        ),
        sample="home-assistant",
        gathers=True,
    ),
)
