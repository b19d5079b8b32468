"""What can go wrong: the exceptions of the toolkit, and the table of problems that do not stop it.

    ToolkitError
    ├── NotAnExport    readable, but no voice export of a kind the toolkit knows
    ├── NotAnArchive   named or sent as an archive, but is none
    ├── Damaged        broken, cut off, or changed while it was read
    ├── Encrypted      needs a password
    ├── Unsupported    a compression method or layout nobody here can read
    ├── TooLarge       over one of the limits of `toolkit.limits`
    ├── Bomb           an archive built to exhaust the machine
    └── Ambiguous      two readings are possible and the toolkit will not choose

Neither an exception text nor a problem row ever holds a transcript, a person's name or a device serial:
both end up in logs, tickets and screenshots.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import polars as pl


class ToolkitError(Exception):
    """Base of every error the toolkit raises on purpose.

    Attributes:
        message: What was found, in one sentence, without any value from the data.
        advice: What the user can do next; may be empty.
    """

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class NotAnExport(ToolkitError):
    """Readable, but not a voice export of a kind the toolkit knows."""


class NotAnArchive(ToolkitError):
    """Named or sent as an archive, but it is none."""


class Damaged(ToolkitError):
    """Broken, cut off, or changed while it was read."""


class Encrypted(ToolkitError):
    """Protected by a password."""


class Unsupported(ToolkitError):
    """A compression method or layout the toolkit cannot read."""


class TooLarge(ToolkitError):
    """Over one of the limits in `toolkit.limits`."""


class Bomb(ToolkitError):
    """Built to exhaust the machine that opens it."""


class Ambiguous(ToolkitError):
    """Two readings are possible; the toolkit does not choose."""


SEVERITIES = ("note", "warning", "error")

PROBLEMS = pl.Schema(
    {
        "severity": pl.Enum(SEVERITIES),
        "source_file": pl.String(),
        "source_row": pl.UInt32(),
        "code": pl.String(),
        "message": pl.String(),
        "advice": pl.String(),
    }
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One row of the problems table.

    Attributes:
        severity: ``note`` (worth knowing), ``warning`` (something may be missing or assumed), ``error`` (not read).
        code: Short stable name for programs, such as ``columns_assumed``; for a caught error its class name.
        message: What was found, in plain words.
        advice: What to do about it, in plain words; empty if nothing can be done.
        source_file: Path inside the source; empty for the export as a whole.
        source_row: Record number in that file, counted from 1 without the header; None for the file as a whole.
    """

    severity: str
    code: str
    message: str
    advice: str = ""
    source_file: str = ""
    source_row: int | None = None


def from_error(error: ToolkitError, source_file: str, severity: str = "error") -> Problem:
    """The problem row for a caught error; its code is the name of the exception."""
    return Problem(severity, type(error).__name__, error.message, error.advice, source_file)


# What a fault of a single record means: (severity, message, advice). Rejected records first.
FAULTS = {
    "not_json": ("warning", "This entry is broken and could not be read.", "Download or save the file again."),
    "cut_off": ("warning", "The file ends in the middle of this entry.", "Download or save the file again."),
    "too_large": ("warning", "This entry is larger than any honest one and was not read.", ""),
    "too_deep": ("warning", "This entry is nested deeper than any honest one and was not read.", ""),
    "bad_number": ("warning", "This entry holds a number too long to read.", ""),
    "missing_comma": (
        "note",
        "The comma after this entry is missing in the file; the next one was read all the same.",
        "",
    ),
    "not_a_record": ("warning", "A value stands where an entry should be.", ""),
    "unclosed_quote": ("warning", "A quotation mark in this row is never closed, so the row could not be read.", ""),
    "field_type": ("warning", "A value is of another kind than expected; it is kept in the column extra.", ""),
    "duplicate_key": ("warning", "A key occurs twice in this entry; the last value was used.", ""),
    "lone_surrogate": ("note", "A character was broken in the file; it is shown as a replacement mark.", ""),
    "bad_utf8": ("note", "Some bytes are not valid text; they are shown as replacement marks.", ""),
    "not_a_number": ("note", "A number in this entry is none; it was left empty.", ""),
    "clip_size": ("note", "The size stated for the clip of this entry does not fit the length stated for it.", ""),
    "ragged": ("warning", "This row has more or fewer cells than the first one; what was there is kept.", ""),
    "sidecar_missing": ("note", "The small file with details that belongs to this clip is missing.", ""),
    "sidecar_not_read": ("warning", "The small file with details beside this clip is broken and was not read.", ""),
    "wrapped_twice": (
        "note",
        "The maker put this text in quotation marks twice, which breaks the row for other readers; it was repaired.",
        "",
    ),
    "after_the_end": (
        "warning",
        "This entry is dated after the day from which the maker says it keeps nothing of the kind.",
        "",
    ),
    "time_not_read": (
        "warning",
        "The time of this entry could not be read with certainty; it is left empty, the text is kept.",
        "Give the time zone if the text names none; an hour skipped by summer time has no instant.",
    ),
    "time_missing": ("warning", "No time stands in this entry; the rest of it is kept.", ""),
    "time_refused": (
        "warning",
        "Read as the column mapping says, the time of this entry lies before 2010 or in the future; it is left empty,"
        " what stands in the file is kept.",
        "Check time_unit and time_pattern in the mapping.",
    ),
    "time_twice": (
        "note",
        "The clock showed this hour twice, at the end of summer time; the earlier one was taken.",
        "",
    ),
    "time_implausible": (
        "warning",
        "The time of this entry lies before 2010, when there was no assistant yet; it is kept as it stands.",
        "Do not rely on it: the clock may have been wrong, or seconds written where milliseconds belong.",
    ),
    "time_after_export": (
        "warning",
        "The time of this entry lies after the day on which its maker wrote the export; it is kept as it stands.",
        "One of the two is wrong, or the file was put together from more than one export.",
    ),
    "time_impossible": ("warning", "The time of this entry lies before 1970 or in the future; it is left empty.", ""),
}


def cut_off(path: str) -> Problem:
    """The problem row for a file whose end is missing."""
    return Problem(
        "warning",
        "cut_off",
        "The file ends in the middle of its entries.",
        "Entries behind that point are not in it; save or download the file again.",
        path,
    )


def encoding_assumed(path: str) -> Problem:
    """The problem row for a table whose letters may be others than those shown."""
    return Problem(
        "warning",
        "encoding_assumed",
        "The file is not in UTF-8 and does not say what it is in; it was read as Western European (Windows-1252).",
        "If words look scrambled, save the file as UTF-8 and read it again.",
        path,
    )


def from_fault(code: str, source_file: str, source_row: int | None) -> Problem:
    """The problem row for a fault of one record, or of records that cannot be told."""
    severity, message, advice = FAULTS[code]
    return Problem(severity, code, message, advice, source_file, source_row)


def frame(problems: Iterable[Problem]) -> pl.DataFrame:
    """The problems table, errors first, then by file and row."""
    rows = sorted(problems, key=_order)
    columns = {name: [getattr(row, name) for row in rows] for name in PROBLEMS}
    return pl.DataFrame(columns, schema=PROBLEMS)


def _order(problem: Problem) -> tuple[int, str, str, int, str]:
    place = (problem.source_file, problem.code, problem.source_row or 0, problem.message)
    return (-SEVERITIES.index(problem.severity), *place)


def capped(problems: Iterable[Problem], most: int) -> list[Problem]:
    """The same problems, but of one kind only the first *most*, and then one row that counts the rest.

    Problems of entries count for their file, those of whole files together: there may be a hundred thousand clips.
    """
    kept: list[Problem] = []
    seen: Counter[tuple[str, str]] = Counter()
    last: dict[tuple[str, str], Problem] = {}
    for problem in sorted(problems, key=_order):
        kind = ("" if problem.source_row is None else problem.source_file, problem.code)
        seen[kind] += 1
        if seen[kind] <= most:
            kept.append(problem)
        else:
            last[kind] = problem
    return kept + [more(replace(problem, source_file=kind[0]), seen[kind] - most) for kind, problem in last.items()]


def more(problem: Problem, count: int) -> Problem:
    """One row for *count* further problems like this one."""
    return replace(problem, message=f"{count:,} more of the same kind: {problem.message}", source_row=None)
