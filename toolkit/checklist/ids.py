"""The list of entries that goes to their maker, and to nobody else: its own ids, times and serials, nothing spoken."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

import polars as pl

from toolkit import inert
from toolkit.problems import ToolkitError

# Only a name of this form is taken for a clip's: if columns were assumed wrongly, words may stand in its place.
_CLIP = r"^[\w.()\-]{1,120}\.(?i:wav|mp3|m4a|aac|ogg|opus|flac|webm)$"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which entries an erasure letter asks for.

    Attributes:
        accidental: Only those the maker marked, or the user confirmed, as not meant for the assistant.
        first: Only from this day on, by the clock of the export.
        last: Only up to and including this day.
        devices: Only of these devices, by serial or, without one, by name; empty for all.
    """

    accidental: bool = False
    first: date | None = None
    last: date | None = None
    devices: tuple[str, ...] = ()

    @property
    def part(self) -> bool:
        """Whether it leaves anything out."""
        return self != Scope()

    def of(self, records: pl.DataFrame) -> pl.DataFrame:
        """The entries it takes in; without a day none is within days.

        Raises:
            ToolkitError: The days are the wrong way round.
        """
        if self.first and self.last and self.last < self.first:
            raise ToolkitError("The last day of the request lies before its first.", "Swap the two days.")
        taken = records.filter(pl.col("reason").is_not_null()) if self.accidental else records
        if self.first:
            taken = taken.filter(pl.col("day") >= self.first)
        if self.last:
            taken = taken.filter(pl.col("day") <= self.last)
        return taken.filter(pl.col("device").is_in(self.devices)) if self.devices else taken


@dataclass(frozen=True, slots=True)
class Ids:
    """The list as a file.

    Attributes:
        data: CSV in UTF-8 with line ends of Unix.
        rows: How many entries it lists.
        named: How many of them carry an id of the maker's, or the name of a clip.
        as_written: Whether some times are a wall clock whose zone the maker's file does not state.
    """

    data: bytes
    rows: int
    named: int
    as_written: bool

    @property
    def sha256(self) -> str:
        """Fingerprint of the file, as quoted in the letter."""
        return sha256(self.data).hexdigest()


AS_WRITTEN = "recorded_at_as_written"


def listed(frames: Sequence[pl.DataFrame]) -> Ids:
    """The list of these entries, in order of time.

    Args:
        frames: Of one maker's products, as in `findings.Found.records`.
    """
    wanted = ("maker_id", "audio_files", "time", "time_basis", "device_id", "reason")
    records = pl.concat([frame.select(wanted) for frame in frames]).sort("time", nulls_last=True, maintain_order=True)
    as_written = bool(records.select((~_zoned() & pl.col("time").is_not_null()).any()).item())
    table = records.select(
        recording_id=inert.csv_column(pl.coalesce("maker_id", _clip())),
        recorded_at_utc=pl.when(_zoned()).then(_text("%Y-%m-%dT%H:%M:%S%.3fZ")),
        device_serial=inert.csv_column(pl.col("device_id")),
        reason="reason",
        **({AS_WRITTEN: pl.when(~_zoned()).then(_text("%Y-%m-%d %H:%M:%S"))} if as_written else {}),
    )
    buffer = io.BytesIO()
    table.write_csv(buffer)
    return Ids(buffer.getvalue(), table.height, table["recording_id"].count(), as_written)


def _clip() -> pl.Expr:
    name = pl.col("audio_files").list.first().str.split("/").list.last()
    return pl.when(name.str.contains(_CLIP)).then(name)


def _zoned() -> pl.Expr:
    return pl.col("time_basis") != "zone_unknown"


def _text(form: str) -> pl.Expr:
    return pl.col("time").dt.strftime(form)
