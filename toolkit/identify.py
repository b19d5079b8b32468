"""Says what each file of an export is, from its path and first bytes, without reading it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import polars as pl

from toolkit.archive import Member, open_source
from toolkit.folders import Folder, gathered
from toolkit.limits import DEFAULT, MIB, Limits
from toolkit.parsers import mapped, tables
from toolkit.parsers.route import ColumnMap
from toolkit.problems import ToolkitError, frame, from_error
from toolkit.reading import Input, Reading, title_of
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
    reading = Reading(limits=limits)  # filled with files that are not read, so that its verdict is the one of `load`
    errors = [error for number, given in enumerate(sources, 1) if (error := _glance(given, number, reading))]
    nothing = None
    try:
        reading.demand_something(errors)
    except ToolkitError as error:
        nothing = error
    return Identified(_seen(reading), frame(reading.problems), nothing)


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


def _glance(given: Input, number: int, reading: Reading) -> ToolkitError | None:
    """Put down what each file of a source is; why the source cannot be opened, if it cannot."""
    title = title_of(given, number)
    try:
        source = open_source(given, name=title, limits=reading.limits)
    except ToolkitError as error:
        reading.problems.append(from_error(error, title))
        return error
    with source:
        reading.problems += source.problems
        for member in gathered(source.members, reading.route):
            try:
                file = reading.file(member)
            except ToolkitError as error:
                reading.problems.append(from_error(error, member.path))
                reading.others.append((member, "cannot be read"))
            else:
                reading.files += [file] if file else []
    return None


def _seen(reading: Reading) -> pl.DataFrame:
    """What was put down, sorted by source and path."""
    claimed = [(file.member, file.route, file.route.about) for file in reading.files]
    claimed += [(member, route, f"{route.about}; left out on purpose") for member, route in reading.known]
    rows = [{**_size(member), "what": what, **route.labels} for member, route, what in claimed]
    rows += [{**_size(member), "what": what} for member, what in reading.others]
    folders: dict[tuple[str, str], list[int]] = {}
    for _, clip, _ in reading.clips:
        folders.setdefault((clip.source, clip.path.rpartition("/")[0] + "/*"), []).append(clip.size)
    rows += [
        {"source": source, "path": path, "what": "clips", "files": len(sizes), "size": sum(sizes)}
        for (source, path), sizes in folders.items()
    ]
    return pl.DataFrame(rows, schema=SEEN).sort("source", "path")


def _size(member: Member | Folder) -> dict[str, object]:
    count = len(member.members) if isinstance(member, Folder) else 1
    return {"source": member.source, "path": member.path, "files": count, "size": member.size}
