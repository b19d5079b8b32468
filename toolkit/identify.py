"""Says what each file of an export is, from its path and first bytes, without reading it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import polars as pl

from toolkit import audio, clips, recognise
from toolkit.archive import Member, open_source
from toolkit.folders import Folder, gathered
from toolkit.limits import DEFAULT, MIB, Limits
from toolkit.parsers import mapped, tables
from toolkit.parsers.route import ColumnMap, Route
from toolkit.problems import ToolkitError, frame, from_error
from toolkit.reading import File, Input, Reading, title_of
from toolkit.schema import VENDORS

SEEN = pl.Schema(
    {
        "source": pl.String(),
        "path": pl.String(),
        "what": pl.String(),
        "format": pl.String(),
        "vendor": pl.Enum(VENDORS),
        "product": pl.String(),
        "files": pl.UInt32(),
        "size": pl.UInt64(),
    }
)
_TABLES = 20
_LOOK = MIB // 4  # bytes of a table that are shown
_NO_LENGTH = audio.Clip(None, None, "not measured")


@dataclass(frozen=True, slots=True)
class Identified:
    """What was found.

    Attributes:
        files: One row per file, clips one per folder, as in `SEEN`; ``format`` is null for what no reader claims.
        problems: What could not be opened, or is odd, as in `problems.PROBLEMS`.
        nothing: Why `load` would refuse the files; None if it would read them.
    """

    files: pl.DataFrame
    problems: pl.DataFrame
    nothing: ToolkitError | None


def identify(*sources: Input, limits: Limits = DEFAULT) -> Identified:
    """Look at every file of the sources.

    Args:
        sources: As for `toolkit.load`.
        limits: Bounds on what is read.
    """
    glance = _Glance(limits)
    errors = [error for number, given in enumerate(sources, 1) if (error := glance.source(given, number))]
    nothing = None
    try:
        glance.reading.demand_something(errors)
    except ToolkitError as error:
        nothing = error
    return Identified(glance.files(), frame(glance.reading.problems), nothing)


def unknown_tables(*sources: Input, limits: Limits = DEFAULT) -> list[ColumnMap]:
    """Tables and lists of objects that no reader claims, at most twenty, with what their columns may mean.

    Args:
        sources: As for `toolkit.load`.
        limits: Bounds on what is read.
    """
    reading = Reading(limits=limits)
    found: list[ColumnMap] = []
    for number, given in enumerate(sources, 1):
        with suppress(ToolkitError), open_source(given, name=title_of(given, number), limits=limits) as source:
            found += [one for member in source.members if (one := _unknown_table(member, reading))]
    return found[:_TABLES]


def _unknown_table(member: Member, reading: Reading) -> ColumnMap | None:
    if not mapped.ROUTES[0].path.search(member.path):
        return None
    with suppress(ToolkitError):
        if reading.route(member) is None:
            table = tables.look(member.path, member.head(_LOOK), reading.limits)
            return tables.propose(member.path, table) if table else None
    return None


class _Glance:
    """Fills a `Reading` with files that were not read, so that its verdict on the whole is the one of `load`."""

    def __init__(self, limits: Limits) -> None:
        self.reading = Reading(limits=limits)
        self._rows: list[dict[str, object]] = []

    def source(self, given: Input, number: int) -> ToolkitError | None:
        title = title_of(given, number)
        try:
            source = open_source(given, name=title, limits=self.reading.limits)
        except ToolkitError as error:
            self.reading.problems.append(from_error(error, title))
            return error
        with source:
            self.reading.problems += source.problems
            for member in gathered(source.members, self.reading.route):
                self._member(member)
        return None

    def _member(self, member: Member | Folder) -> None:
        if isinstance(member, Member) and audio.looks_like_audio(member.path):
            self.reading.clips.append((clips.name_of(member.path), member, _NO_LENGTH))
            return
        try:
            self._look(member)
        except ToolkitError as error:
            self.reading.problems.append(from_error(error, member.path))
            self._row(member, "cannot be read")

    def _look(self, member: Member | Folder) -> None:
        route = self.reading.route(member)
        if route is None:
            self._row(member, recognise.describe(member.path, member.head(self.reading.limits.head)))
        elif route.read is None:
            self.reading.known.append((member, route))
            self._known(member, route, f"{route.about}; left out on purpose")
        else:
            self.reading.files.append(File(member, route, route.read))
            self._known(member, route, route.about)

    def _known(self, member: Member | Folder, route: Route, what: str) -> None:
        whose = {"format": route.format, "vendor": route.vendor, "product": route.product}
        self._rows.append({**_size(member), "what": what, **whose})

    def _row(self, member: Member | Folder, what: str) -> None:
        self.reading.others.append((member, what))
        self._rows.append({**_size(member), "what": what})

    def files(self) -> pl.DataFrame:
        """All rows, sorted by source and path."""
        folders: dict[tuple[str, str], list[int]] = {}
        for _, member, _ in self.reading.clips:
            folder = member.path.rpartition("/")[0] + "/*"
            folders.setdefault((member.source, folder), []).append(member.size)
        clips = [
            {"source": source, "path": path, "what": "clips", "files": len(sizes), "size": sum(sizes)}
            for (source, path), sizes in folders.items()
        ]
        return pl.DataFrame([*self._rows, *clips], schema=SEEN).sort("source", "path")


def _size(member: Member | Folder) -> dict[str, object]:
    count = len(member.members) if isinstance(member, Folder) else 1
    return {"source": member.source, "path": member.path, "files": count, "size": member.size}
