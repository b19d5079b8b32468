"""Reads what the user named, with progress, and says what stays hidden."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from toolkit import worker
from toolkit.cli.notes import Progress, entries, note
from toolkit.limits import GIB, Limits
from toolkit.load import Export
from toolkit.problems import ToolkitError

# What was said, by whom, and ids that hold an account or a serial. Two more can hold spoken words if the columns of a
# table were taken for something else than they are: the time as written, and the name of the clip.
HIDDEN = (
    "transcript",
    "response",
    "person",
    "extra",
    "maker_id",
    "device_id",
    "utterance_id",
    "time_text",
    "audio_files",
)


def load(sources: Sequence[Path], timezone: str | None, columns: Path | None) -> Export:
    """The export in *sources*.

    Raises:
        ToolkitError: Wrong use, or nothing could be read.
    """
    limits = Limits(worker_memory=64 * GIB, worker_cpu_seconds=86_400)  # the user sees the work, and can end it
    progress = Progress()
    try:
        return worker.load(*sources, timezone=timezone, columns=columns, limits=limits, progress=progress)
    finally:
        progress.done()


def demand_entries(export: Export) -> None:
    """Nothing readable is an error, not an empty result.

    Raises:
        ToolkitError: Not one entry was read, and that is because files could not be read.
    """
    errors = export.problems.filter(severity="error")
    if export.records.is_empty() and not errors.is_empty():
        first = errors.row(0, named=True)
        raise ToolkitError(first["message"], first["advice"])


def remarks(export: Export) -> None:
    """What to know about the times and the columns before relying on them."""
    unknown = export.records.filter(time_basis="zone_unknown").height
    if unknown:
        note(
            f"{entries(unknown)} with a time whose zone the file does not state: shown as written.",
            "If you know the zone, give it with --timezone.",
        )
    assumed = next((one for one in export.column_maps if not one.confirmed), None)
    if assumed:
        note("To confirm the columns, save these lines as columns.toml and add --columns columns.toml:")
        for field, position in assumed.fields.items():
            note(f"  {field} = {position}")
        note("Correct what is wrong first. Positions count from 0; a heading in quotation marks will do as well.")
