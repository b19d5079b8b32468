"""One file that a parser reads, and the account of it: how many of its rows were understood, and what was wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime

import polars as pl

from toolkit.archive import Member
from toolkit.carve.streams import Readable, Tee
from toolkit.folders import Folder
from toolkit.parsers.route import Context, Document, Loose, Reader, Route
from toolkit.problems import Problem, ToolkitError, from_error, from_fault, more
from toolkit.schema import conform

Progress = Callable[[str, int], None]


class File:
    """One file, to be read once.

    Args:
        member: The file.
        route: Which parser reads it.
        read: Its reader.
        context: What the reader is told; it leaves there what is not a record.
        made: When the maker wrote the export, if that is known.

    Attributes:
        problems: What is wrong with it, once it is read.
        parts: For whoever gathers its records.
        failure: What ended it early.
    """

    def __init__(
        self, member: Member | Folder, route: Route, read: Reader, context: Context, made: datetime | None
    ) -> None:
        self.member = member
        self.route = route
        self.context = context
        self.problems: list[Problem] = []
        self.parts: list[pl.DataFrame] = []
        self.understood = self.rejected = self.left_out = self.duplicates = 0
        self.sha256: str | None = None
        self.failure: ToolkitError | None = None
        self._read = read
        self._made = made
        self._tee: Tee | None = None
        self._faults = Counter[str]()

    def frames(self, progress: Progress) -> Iterator[pl.DataFrame]:
        """Its records, a block at a time; what is wrong with it becomes problem rows."""
        path = self.member.path
        progress(path, 0)
        parts = self.member.parts if isinstance(self.member, Folder) else ()
        try:
            for loose in self._read(Document(path, self._open, parts), self.context):
                yield self._conformed(loose)
                progress(path, self.understood)
        except ToolkitError as error:
            self.failure = error
            self.problems.append(from_error(error, path))
        for code, count in self._faults.items():
            if (rest := count - self.context.limits.problems_per_kind) > 0:
                self.problems.append(more(from_fault(code, path, None), rest))
        self.sha256 = self._tee.sha256 if self._tee else None
        self.problems += self.context.problems

    def _open(self) -> AbstractContextManager[Readable]:
        stream = self.member.open()
        if self._tee:  # a parser may look twice; the first, whole reading is the one that is hashed
            return stream
        self._tee = Tee(stream)
        return self._tee

    def _conformed(self, loose: Loose) -> pl.DataFrame:
        route, path = self.route, self.member.path
        records, faults = conform(
            loose.frame.with_columns(
                vendor=pl.lit(route.vendor),
                product="product" if "product" in loose.frame.columns else pl.lit(route.product),
                format=pl.lit(route.format),
                source_file=pl.lit(path),
            ),
            made=self._made,
        )
        for row, code in (*loose.faults, *loose.rejects, *faults.rows()):
            self._faults[code] += 1
            if self._faults[code] <= self.context.limits.problems_per_kind:  # a million rows may share one fault
                self.problems.append(from_fault(code, path, row))
        self.understood += records.height
        self.rejected += len(loose.rejects)
        self.left_out += loose.left_out
        return records

    def place(self) -> tuple[object, ...]:
        """What its place among all files is told by: never the order in which they were given."""
        parts = self.member.members if isinstance(self.member, Folder) else ()
        names = [(part.path, part.size) for part in parts]  # a folder has no digest
        return self.member.path, self.sha256 or "", self.member.source, names

    def row(self) -> dict[str, object]:
        """Its line in the files table."""
        return {
            "path": self.member.path,
            "source": self.member.source,
            "size": self.member.size,
            "sha256": self.sha256,
            **self.route.labels,
            **(self._counts() if self.route.sample else {}),
            "note": "; ".join(filter(None, (self.route.about, self.context.note))),
        }

    def _counts(self) -> dict[str, int]:
        return {
            "carved": self.understood + self.rejected + self.left_out,
            "understood": self.understood,
            "rejected": self.rejected,
            "left_out": self.left_out,
            "duplicates": self.duplicates,
        }
