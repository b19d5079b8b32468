"""From sources, in any order, to one `Export`: the records, every problem, and the account of every file."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from toolkit import audio, clips, merge
from toolkit.account import Progress
from toolkit.archive import Member, Source, open_source
from toolkit.limits import DEFAULT, Limits
from toolkit.parsers.chosen import Chosen, Given
from toolkit.parsers.route import ColumnMap
from toolkit.problems import NotAnExport, TooLarge, ToolkitError
from toolkit.reading import Input, Reading, title_of


@dataclass(frozen=True, slots=True)
class Export:
    """One person's voice history as it was supplied; its authenticity is not verified.

    Attributes:
        records: One row per entry, columns as in `schema.RECORDS`.
        problems: Everything that could not be understood or had to be assumed, as in `problems.PROBLEMS`.
        files: One row per file (clips: per folder), as in `schema.FILES`; for each file that holds records
            ``carved = understood + rejected + left_out``.
        exported_at: When the maker wrote the export, where it says so; UTC.
        timezone: The zone that was assumed where a file states none; None if none was given.
        column_maps: How tables without known headings were understood.
    """

    records: pl.DataFrame = field(repr=False)
    problems: pl.DataFrame
    files: pl.DataFrame
    exported_at: datetime | None
    timezone: str | None
    column_maps: tuple[ColumnMap, ...] = field(default=(), repr=False)
    _sources: tuple[tuple[Input, str], ...] = field(default=(), repr=False)
    _limits: Limits = DEFAULT

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where those sources lie that were given as paths."""
        return tuple(Path(given) for given, _ in self._sources if isinstance(given, str | os.PathLike))

    def clip(self, name: str) -> bytes:
        """The bytes of one clip, read from its source now.

        Args:
            name: As in ``records.audio_files``: a path, or else only its last part counts.

        Raises:
            NotAnExport: No source holds a clip of that name.
            TooLarge: It is longer than `Limits.clip`.
            ToolkitError: Its source cannot be read any more.
        """
        found: list[tuple[str, str, int, Input]] = []
        failure: ToolkitError | None = None
        for given, title in self._sources:
            try:
                with open_source(given, name=title, limits=self._limits) as source:
                    found += [(member.path, title, member.size, given) for member in _clips(source, name)]
            except ToolkitError as error:
                failure = error
        if not found:
            raise failure or NotAnExport("No clip of that name is in the files given.", "Add the part that holds it.")
        path, title, _, given = min(found, key=lambda clip: (clip[0] != name, *clip[:3]))
        with open_source(given, name=title, limits=self._limits) as source:
            return _bounded(next(member for member in source.members if member.path == path), self._limits.clip)


def load(
    *sources: Input,
    timezone: str | None = None,
    columns: Given | Chosen | None = None,
    limits: Limits = DEFAULT,
    progress: Progress | None = None,
) -> Export:
    """Read the voice history in one or more files of an export.

    Args:
        sources: Paths of archives, folders or single files, bytes, or binary file objects; in any order.
        timezone: Name of the zone, such as ``Europe/Berlin``, to assume for times that state none.
        columns: What the columns mean of tables whose headings the maker does not publish, and of tables and JSON that
            no reader knows: field -> heading, key or position from 0, and how cells are to be read (see
            `parsers.chosen`); as a mapping, or as the path of a TOML or JSON file.
        limits: Bounds on what is read.
        progress: Called with the path of the file being read and the number of entries read from it so far.

    Returns:
        Everything that was understood, and an account of everything that was not. The order of *sources* does not
        change it.

    Raises:
        ToolkitError: No source could be read, or none is of a kind the toolkit knows.
    """
    return read_all(sources, Reading(timezone, columns, limits, progress))


def read_all(sources: Sequence[Input], reading: Reading) -> Export:
    """`load`, with what it gathers into already made."""
    with _uncollected():
        return _read_all(sources, reading)


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection: a block is some 100,000 small objects in no cycle, walked for a fifth of all time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _each_uncollected(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same; whoever takes them has the garbage collection that was asked for."""
    while True:
        with _uncollected():
            frame = next(frames, None)
        if frame is None:
            return
        yield frame


def _read_all(sources: Sequence[Input], reading: Reading) -> Export:
    reading.check()
    given = [(source, title_of(source, number)) for number, source in enumerate(sources, 1)]
    errors = reading.sources(given)
    reading.demand_something(errors)
    records = reading.records()
    return Export(
        records=records,
        problems=reading.all_problems(records),
        files=reading.account(),
        exported_at=reading.exported_at(),
        timezone=reading.timezone,
        column_maps=tuple(sorted(reading.column_maps, key=lambda mapping: mapping.path)),
        _sources=tuple(given),
        _limits=reading.limits,
    )


def batches(
    *sources: Input,
    timezone: str | None = None,
    columns: Given | Chosen | None = None,
    limits: Limits = DEFAULT,
) -> Iterator[pl.DataFrame]:
    """The records as they come, a block at a time: memory stays flat, duplicates are not marked, clips not joined.

    An entry that is there twice has the same ``record_id`` both times.

    Raises:
        ToolkitError: A source or a file in it cannot be read, or none is of a kind the toolkit knows; what came before
            has been handed out.
    """
    reading = Reading(timezone, columns, limits)
    reading.check()
    with ExitStack() as opened:
        held = [
            opened.enter_context(open_source(given, name=title_of(given, number), limits=limits)).members
            for number, given in enumerate(sources, 1)
        ]
        for member in reading.in_order(held):
            file = reading.file(member)
            if file:
                reading.files.append(file)
                seen = merge.Seen()
                for frame in _each_uncollected(reading.frames(file)):
                    yield merge.unmerged(merge.numbered(frame, seen))
                if file.failure:
                    raise file.failure
        reading.demand_something([])


def _clips(source: Source, name: str) -> list[Member]:
    members = [member for member in source.members if audio.looks_like_audio(member.path)]
    return [member for member in members if clips.name_of(member.path) == clips.name_of(name)]


def _bounded(member: Member, limit: int) -> bytes:
    with member.open() as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise TooLarge(f"The clip is longer than {limit:,} bytes.", "Unpack the archive and play it from there.")
    return data
