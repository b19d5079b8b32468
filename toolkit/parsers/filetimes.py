"""The times of files, where nothing better is known: as instants in UTC, and with the words that warn of them."""

from __future__ import annotations

from datetime import UTC, datetime

from toolkit.dates import zone
from toolkit.problems import Problem


def moment(modified: datetime | None, timezone: str | None) -> datetime | None:
    """A file's time in UTC; a wall clock is taken as one of *timezone*, or kept as it stands where that is None."""
    if modified is None:
        return None
    if modified.tzinfo is None:
        modified = modified.replace(tzinfo=zone(timezone) if timezone else UTC)
    return modified.astimezone(UTC)


def told(path: str, walls: bool) -> Problem:
    """The problem row for times taken from files; *walls*: some are wall clocks of an unknown zone."""
    message = "Times here are those of the files, not of the speech: weak evidence, as copying may have changed them."
    if walls:
        message += " The archive keeps them by the wall clock of whoever packed it; they are shown as they stand there."
    advice = "Compare with the original folder, or with an archive that keeps file times, such as tar."
    return Problem("warning", "file_times", message, advice, path)
