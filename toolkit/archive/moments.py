"""When a file was last changed, in the forms in which file systems and archives keep it."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

_SINCE, _UNTIL = 315_619_200, 4_354_819_200  # 1980-01-02 and 2108: before, clocks that were never set; behind, nobody


def instant(seconds: float) -> datetime | None:
    """Seconds since 1970 as UTC; None for what no file's time can be."""
    return datetime.fromtimestamp(seconds, UTC) if _SINCE <= seconds < _UNTIL else None


def stated(text: bytes) -> datetime | None:
    """The same from decimal digits, as a tar's extended header has it."""
    try:
        return instant(float(text[:40]))
    except ValueError:
        return None


def in_zip(day: int, clock: int, extra: bytes) -> datetime | None:
    """The time of a zip's entry: UTC if its extra field states it (Info-ZIP, 0x5455), else a naive wall clock."""
    at = 0
    while len(extra) - at >= 4:
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 0x5455 and length >= 5 and len(extra) - at >= 9 and extra[at + 4] & 1:
            return instant(struct.unpack_from("<l", extra, at + 5)[0])
        at += 4 + length
    year, month, date = 1980 + (day >> 9), day >> 5 & 15, day & 31
    try:
        wall = datetime(year, month, date, clock >> 11, clock >> 5 & 63, 2 * (clock & 31))  # noqa: DTZ001 - no zone known
    except ValueError:
        return None
    return wall if (month, date) != (1, 1) or year > 1980 else None  # what packers write for "no time"
