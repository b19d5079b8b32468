"""Reads the members of every source with the parser that claims them, and gathers what each file says."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import PurePosixPath
from typing import BinaryIO

import polars as pl

from toolkit import audio, clips, dates, gaps, merge, recognise
from toolkit.account import File, Progress
from toolkit.archive import Member, open_source
from toolkit.carve.streams import encoding_of
from toolkit.folders import Folder, gathered
from toolkit.limits import DEFAULT, Limits
from toolkit.parsers import ROUTES, chosen, mapped
from toolkit.parsers.route import ColumnMap, Context, Route
from toolkit.problems import Ambiguous, Problem, ToolkitError, capped, frame, from_error
from toolkit.schema import EARLIEST, FILES, RECORDS

Input = str | os.PathLike[str] | bytes | BinaryIO


def base_name(path: str) -> str:
    """The last part of a path."""
    return PurePosixPath(path.replace("\\", "/")).name


def title_of(source: Input, number: int) -> str:
    """The name under which a source is shown: without the folders above it."""
    if isinstance(source, str | os.PathLike):
        return base_name(os.fspath(source).rstrip("/\\")) or "folder"
    if isinstance(source, bytes):  # named by what it is, so that the order in which things are given changes nothing
        return f"upload-{hashlib.sha256(source).hexdigest()[:8]}"
    name = getattr(source, "name", None)
    return base_name(name) if isinstance(name, str) and name else f"upload-{number}"


class Reading:
    """What is gathered over all sources of one `load`."""

    def __init__(
        self,
        timezone: str | None = None,
        columns: chosen.Given | chosen.Chosen | None = None,
        limits: Limits = DEFAULT,
        progress: Progress | None = None,
        skip: Collection[tuple[str, str]] = (),
        at: Callable[[Member | Folder | None], None] | None = None,
    ) -> None:
        self.timezone = timezone
        self.columns = chosen.of(columns)
        self._for_others = False  # whether *columns* are for tables that no maker's reader knows
        self.limits = limits
        self.progress = progress or (lambda path, count: None)
        self.skip = skip
        self.at = at or (lambda member: None)
        self.problems: list[Problem] = []
        self.column_maps: list[ColumnMap] = []
        self.files: list[File] = []
        self.clips: list[clips.Found] = []
        self.own_clips: list[clips.Found] = []  # those of a folder whose clips are its records
        self.named: set[str] = set()  # clips of answers
        self.unread: list[ToolkitError] = []
        self.others: list[tuple[Member | Folder, str]] = []
        self.known: list[tuple[Member | Folder, Route]] = []  # left out on purpose
        self.sounds: tuple[str, ...] = ()
        self.names: frozenset[str] = frozenset()
        self.told: dict[str, list[int]] = {}
        self._routes: dict[int, tuple[Member, Route | None]] = {}
        self._paths: list[str] = []
        self._exported: dict[tuple[str, str], datetime] = {}  # by source and maker
        self._announced: list[tuple[str, tuple[str, ...]]] = []

    def check(self) -> None:
        """Refuse a time zone that cannot be, before anything is opened."""
        if self.timezone is not None:
            dates.zone(self.timezone)

    def sources(self, given: Sequence[tuple[Input, str]]) -> list[ToolkitError]:
        """Read all sources with their titles; the errors of those that cannot be read at all."""
        errors: list[ToolkitError] = []
        with ExitStack() as opened:
            held: list[Sequence[Member]] = []
            for one, title in given:
                try:
                    source = opened.enter_context(open_source(one, name=title, limits=self.limits))
                except ToolkitError as error:
                    self.problems.append(from_error(error, title))
                    errors.append(error)
                else:
                    self.problems += source.problems
                    held.append(source.members)
            for member in self.in_order(held):
                self._member(member)
        return errors

    def in_order(self, held: Iterable[Sequence[Member]]) -> list[Member | Folder]:
        """The files of each source, gathered; those first that say what holds for all, in whatever part they are.

        A mapping of columns belongs to the tables that a maker's own reader asks it for; if there are none, to others.
        """
        sources = list(held)
        members = [member for source in sources for member in source]
        self._paths = [member.path for member in members]
        asking = [route for route in ROUTES if route.columns == "asked"]
        asked = any(route.path.search(member.path) for member in members for route in asking)
        self._for_others = self.columns is not None and not asked
        self.sounds = tuple(member.path for member in members if audio.looks_like_audio(member.path))
        self.names = frozenset(map(base_name, self.sounds))
        together = [one for source in sources for one in gathered(source, self.route)]
        return sorted(together, key=lambda member: not self._is_first(member))

    def _is_first(self, member: Member | Folder) -> bool:
        if not any(route.first and route.path.search(member.path) for route in ROUTES):
            return False
        try:
            route = self.route(member)
        except ToolkitError:
            return False
        return route is not None and route.first

    def heard(self, member: Member | Folder, route: Route, context: Context) -> None:
        """Take over what a file says that holds for all others."""
        if context.exported_at:
            whose = member.source, route.vendor
            self._exported[whose] = max(context.exported_at, self._exported.get(whose, EARLIEST))
        self._announced.append((member.path, context.announced))

    def exported_at(self, source: str = "") -> datetime | None:
        """When the export was made: what its own source says, else the latest that any of them says."""
        own = [made for (where, _), made in self._exported.items() if where == source]
        return max(own or self._exported.values(), default=None)

    def made(self, source: str, vendor: str) -> datetime | None:
        """When this maker wrote what is in this source; other parts and other makers may be of another day."""
        return self._exported.get((source, vendor))

    def _member(self, member: Member | Folder) -> None:
        self.at(member)
        if (member.source, member.path) in self.skip:
            self.others.append((member, "not read: the reading process was stopped over it"))
            return
        if isinstance(member, Folder):
            self.own_clips += [
                (one.path, one, self._clip(one)) for one in member.members if audio.looks_like_audio(one.path)
            ]
        elif audio.looks_like_audio(member.path):
            self.clips.append((clips.name_of(member.path), member, self._clip(member)))
            return
        try:
            file = self.file(member)
            if file:
                file.parts = list(self.frames(file))
                self.files.append(file)
        except ToolkitError as error:
            self.unread.append(error)
            self.problems.append(from_error(error, member.path))
            self.others.append((member, "not read"))

    def frames(self, file: File) -> Iterator[pl.DataFrame]:
        """The records of a file, a block at a time, and then what else it says."""
        yield from file.frames(self.progress)
        self.problems += file.problems
        self.column_maps += file.context.column_maps
        self.named.update(file.context.named)
        if file.route.first:
            self.heard(file.member, file.route, file.context)

    def file(self, member: Member | Folder) -> File | None:
        """The file, to be read; None for one that no parser reads, which is put down as what it is."""
        if isinstance(member, Member) and audio.looks_like_audio(member.path):
            self.clips.append((clips.name_of(member.path), member, clips.UNMEASURED))
            return None
        route = self.route(member)
        if route and route.read:
            return File(member, route, route.read, self._context(member), self.made(member.source, route.vendor))
        if route:
            self.known.append((member, route))
        else:
            self.others.append((member, recognise.describe(member.path, self.head(member))))
        return None

    def _context(self, member: Member | Folder) -> Context:
        return Context(
            member.head(self.limits.head),
            self.timezone,
            self.columns,
            self.limits,
            self.exported_at(member.source),
            names=self.names,
            told=self.told,
            clips=self.sounds,
        )

    def head(self, member: Member | Folder) -> bytes:
        """Its first bytes, in UTF-8 where they are in UTF-16 or UTF-32."""
        head = member.head(self.limits.head)
        encoding = encoding_of(head)
        return head.decode(encoding, "replace").encode() if encoding.startswith(("utf-16", "utf-32")) else head

    def route(self, member: Member | Folder) -> Route | None:
        """The one route that claims the file.

        Raises:
            Ambiguous: Two do.
        """
        if isinstance(member, Folder):
            return member.route
        if id(member) not in self._routes:  # not by name: two sources may hold files of one name
            self._routes[id(member)] = (member, self._claiming(member))
        return self._routes[id(member)][1]

    def _claiming(self, member: Member) -> Route | None:
        candidates = [route for route in ROUTES if route.columns != "needed" and route.path.search(member.path)]
        head = self.head(member) if candidates else b""
        claims = [route for route in candidates if route.claims(member.path, head)]
        if len(claims) > 1:
            names = " and ".join(route.format for route in claims)
            raise Ambiguous(f"Two readers claim this file: {names}.", "Please report it; nothing was read from it.")
        if claims or self.columns is None or not self._for_others:
            return claims[0] if claims else None
        return mapped.claim(member.path, self.head(member), self.columns, self.limits)

    def _clip(self, member: Member) -> audio.Clip:
        clip, problems = clips.measured(member, self.limits)
        self.problems += problems
        return clip

    def _answers(self) -> list[Problem]:
        """What to say of known exports without voice data, of whose product nothing was read."""
        read = {file.route.product for file in self.files}
        return list(dict.fromkeys(r.answer for _, r in self.known if r.answer and r.product not in read))

    def demand_something(self, errors: Sequence[ToolkitError]) -> None:
        """Raise unless at least one source holds something the toolkit knows, and some of it could be read."""
        failures = [file.failure for file in self.files if file.failure and not file.understood]
        if self._answers() or any(_ALEXA_CLIPS.search(member.path) for _, member, _ in self.clips):
            return
        if failures and len(failures) == len(self.files):
            raise failures[0]
        if self.files:
            return
        others = [*self.others, *((member, route.about) for member, route in self.known)]
        if errors and not others and not self.clips:
            raise errors[0]
        if self.unread:
            raise self.unread[0]
        for problem in self.problems:  # the one file there is may be there twice, each time with other content
            if problem.code == Ambiguous.__name__:
                raise Ambiguous(problem.message, problem.advice)
        raise recognise.not_an_export(
            [(member.path, what) for member, what in others], len(self.clips), mapping=self.columns is not None
        )

    def records(self) -> pl.DataFrame:
        """All records, named, duplicates marked, clips joined; the order of the sources does not change theirs."""
        self.at(None)
        self.files.sort(key=File.place)
        copies = _copies([file.sha256 for file in self.files])
        parts = []
        for number, file in enumerate(self.files):
            if file.parts:
                whole = merge.numbered(pl.concat(file.parts))
                parts.append(whole.with_columns(pl.lit(number, pl.UInt32).alias(merge.FILE)))
            file.parts = []
        joined = merge.merged(pl.concat(parts) if parts else _nothing(), copies)
        copied = joined.filter(pl.col("duplicate_of").is_not_null())
        for number, count in copied.group_by(merge.FILE).len().iter_rows():
            self.files[number].duplicates = count
        self.clips = clips.ordered(self.clips)
        return merge.with_clips(joined.drop(merge.FILE), clips.unique([*self.clips, *self.own_clips]))

    def account(self) -> pl.DataFrame:
        """The files table, once the records were merged."""
        rows = [file.row() for file in self.files]
        rows += [
            {"path": member.path, "source": member.source, "size": member.size, "note": what}
            for member, what in self.others
        ]
        rows += [_left_out(member, route) for member, route in self.known]
        rows += clips.rows(self.clips)
        return pl.DataFrame(rows, schema=FILES).sort("path", "sha256", "source", nulls_last=True)

    def all_problems(self, records: pl.DataFrame) -> pl.DataFrame:
        """The problems table, with what only shows once everything was read."""
        missing = gaps.clips(records, [*self.clips, *self.own_clips], self.named)
        answers = self._answers()
        found = [*self.problems, *missing, *gaps.files(self._paths, self._announced), *answers]
        if not any(listed for _, listed in self._announced) and any(f.route.vendor == "google" for f in self.files):
            found.append(gaps.MORE_PARTS)
        if self._for_others and not any(one.confirmed for one in self.column_maps):
            found.append(gaps.COLUMNS_NOT_USED)
        if records.is_empty() and (self.files or not answers):
            found.append(gaps.nothing([(file.route.vendor, file.left_out) for file in self.files]))
        return frame(capped(found, self.limits.problems_per_kind))


def _copies(hashes: list[str | None]) -> dict[int, int]:
    """Number of each file that is byte for byte an earlier one -> number of that one."""
    first: dict[str, int] = {}
    found = [(n, first.setdefault(digest, n)) for n, digest in enumerate(hashes) if digest]
    return {n: m for n, m in found if n != m}


def _left_out(member: Member | Folder, route: Route) -> dict[str, object]:
    """The line of a known file without records in the files table."""
    note = f"{route.about}; left out on purpose"
    return {"path": member.path, "source": member.source, "size": member.size, **route.labels, "note": note}


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(schema={**RECORDS, merge.IDENTITY: pl.UInt64, merge.FILE: pl.UInt32})


_ALEXA_CLIPS = re.compile(r"(?:^|/)Audio and Transcriptions?/", re.IGNORECASE)
