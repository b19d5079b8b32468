"""What a parser is: a table of routes, each saying which files are its own and how they are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from toolkit.carve.streams import Readable
from toolkit.limits import Limits
from toolkit.parsers.chosen import Chosen, of
from toolkit.problems import Problem


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """How the columns of one table without known headings were understood.

    Attributes:
        path: The file.
        header: Its first record, if that is a heading; otherwise made-up names, ``column 1`` and so on.
        fields: Field of a record -> position of its column, from 0.
        how: Field -> ``heading``, ``content``, ``position`` or ``user``.
        rows: The first few records, for a person to look at; never written anywhere.
        confirmed: Whether the user gave the mapping.
        chosen: What the user gave, as ``toolkit.load(columns=...)`` takes it; empty if nothing.
    """

    path: str
    header: tuple[str, ...]
    fields: Mapping[str, int]
    how: Mapping[str, str]
    rows: tuple[tuple[str, ...], ...]
    confirmed: bool
    chosen: Mapping[str, Any] = field(default_factory=dict)

    def toml(self) -> str:
        """The mapping as a file for ``columns=`` and ``--columns``: what the user gave, else what was assumed.

        Raises:
            ToolkitError: Nothing was found, so there is nothing to write.
        """
        chosen = of(self.chosen or self.fields)
        return chosen.toml() if chosen else ""


@dataclass(slots=True)
class Context:
    """What a parser is told besides the file, and where it leaves what is not a record.

    Attributes:
        head: The first bytes of the file.
        timezone: Zone to assume where the file states none.
        columns: The user's own column mapping.
        limits: Bounds.
        exported_at: When the maker wrote the export, as far as a route that is read first has told; UTC.
        announced: Paths of files that such a route found listed as parts of the export.
        named: Names of clips that the file names and that are no entry's own, such as the assistant's voice.
        told: What was said in files read before, and when (milliseconds, UTC, sorted), for a maker that says it twice.
        column_maps: Mappings the parser used, to be shown.
        problems: What concerns the file as a whole.
        clips: Paths of all sound files of the sources.
        names: Their last parts, for exporters who name a clip by the entry it belongs to.
        note: One line on what the file is.
    """

    head: bytes
    timezone: str | None
    columns: Chosen | None
    limits: Limits
    exported_at: datetime | None = None
    announced: tuple[str, ...] = ()
    named: list[str] = field(default_factory=list)
    told: dict[str, list[int]] = field(default_factory=dict)
    column_maps: list[ColumnMap] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    clips: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    note: str = ""


@dataclass(slots=True)
class Loose:
    """Some records as a parser gives them: any of the columns of `schema.RECORDS`, and ``source_row``.

    Attributes:
        frame: The records.
        faults: (record number, code) of records kept in spite of something odd.
        rejects: (record number, code) of what was no record.
        left_out: How many were left out on purpose, such as repeated headings.
    """

    frame: pl.DataFrame
    faults: list[tuple[int, str]] = field(default_factory=list)
    rejects: list[tuple[int, str]] = field(default_factory=list)
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One of the files of a folder that is read as a whole.

    Attributes:
        path: Inside its source; a clip is named by it in ``records.audio_files``.
        size: In bytes.
        modified: When it was last changed, see `archive.Member.modified`.
        open: Gives a fresh stream of its bytes.
    """

    path: str
    size: int
    modified: datetime | None
    open: Callable[[], AbstractContextManager[Readable]]


@dataclass(frozen=True, slots=True)
class Document:
    """A file, or a folder read as a whole, as a parser sees it.

    Attributes:
        path: Inside its source; for display and for problem rows.
        open: Gives a fresh stream of its bytes, to be used in a ``with`` statement; a folder has none.
        parts: The files of a folder, sorted by path.
    """

    path: str
    open: Callable[[], AbstractContextManager[Readable]]
    parts: tuple[Part, ...] = ()


Reader = Callable[[Document, Context], Iterator[Loose]]


@dataclass(frozen=True, slots=True)
class Support:
    """What can be said of a shape of file, each in a few words; from these the support table is made.

    A lower grade of evidence never reads like a higher one: seen in real data; stated by the maker; read in public
    code; inferred.

    The others are empty for a file that holds no records.

    Attributes:
        evidence: How the shape is known, and of which years.
        audio: Whether clips come with it, and how they are joined.
        accidental: What in it tells of activations that were not meant.
        device: Whether it says which device heard.
        unknown: What nobody knows of it yet.
    """

    evidence: str
    audio: str = ""
    accidental: str = ""
    device: str = ""
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """One shape of file.

    Attributes:
        format: Name of the shape, as in ``records.format``.
        vendor: As in ``records.vendor``.
        product: As in ``records.product``.
        path: Searched for in the path, whatever its case.
        head: Searched for in the first 64 KiB; None if the path alone tells.
        read: The reader; None for a file that is known and left out on purpose.
        about: What the file is, in one line for the user.
        support: What is known of the shape.
        sample: The folder of `sample_exports` that holds one; empty for what holds no records.
        first: Whether it says what others need to know, and so is read before them.
        dates: Whether it says when the export of its maker was made.
        gathers: Whether all files that it claims below one folder, sound included, are read as one; *path* then has a
            group ``folder``, and alone decides.
        answer: What to tell of a known export that holds no voice data, where nothing else of its product was read.
        columns: ``asked`` if the user may say which column is which; ``needed`` if nobody else can: then it takes only
            what no other route claims, and only where the user's own columns fit.
    """

    format: str
    vendor: str
    product: str
    path: re.Pattern[str]
    head: re.Pattern[bytes] | None
    read: Reader | None
    about: str
    support: Support
    sample: str = ""
    first: bool = False
    dates: bool = False
    columns: str = ""
    gathers: bool = False
    answer: Problem | None = None

    @property
    def labels(self) -> dict[str, str]:
        """Whose it is and which shape, as columns of the files table and of the records."""
        return {"vendor": self.vendor, "product": self.product, "format": self.format}

    def claims(self, path: str, head: bytes) -> bool:
        """Whether a file with this path and beginning is of this shape."""
        return bool(self.path.search(path)) and (self.head is None or bool(self.head.search(head)))
