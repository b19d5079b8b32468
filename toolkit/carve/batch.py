"""Some records of a JSON file: typed objects, or columns of those that a template took apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic

import polars as pl

from toolkit.carve.typed import T
from toolkit.carve.window import stacked


@dataclass(slots=True)
class Batch(Generic[T]):
    """Some records in the order of the file.

    Attributes:
        records: What was understood.
        rows: Their record numbers, from 1.
        leftovers: Position in *records* -> keys no field took, as a JSON object without its braces.
        faults: (record number, code) of what was odd but kept.
        rejects: (record number, code) of what was no record.
        columns: Other records, as a `Template` gives them, and ``row``; None if it took none. Not yet worked out, so
            that another thread can do that.
        in_columns: How many these are.
        around: What their column ``around`` counts.
    """

    records: list[T] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    leftovers: dict[int, str] = field(default_factory=dict)
    faults: list[tuple[int, str]] = field(default_factory=list)
    rejects: list[tuple[int, str]] = field(default_factory=list)
    columns: pl.LazyFrame | None = None
    in_columns: int = 0
    around: list[Any] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many records there are, those that are none included."""
        return len(self.rows) + len(self.rejects) + self.in_columns


# The insides of records and what stands between two members of one -> which of some wordings each record has, null
# where it is laid out otherwise; its columns, ``around`` among them, which is that number; and these wordings.
Template = Callable[[pl.Series, str], tuple[pl.Series, pl.LazyFrame, list[Any]]]


def joined(batches: list[Batch[T]]) -> Batch[T]:
    """Batches that follow each other as one."""
    whole: Batch[T] = Batch()
    for batch in batches:
        whole.leftovers |= {at + len(whole.records): text for at, text in batch.leftovers.items()}
        whole.records += batch.records
        whole.rows += batch.rows
        whole.faults += batch.faults
        whole.rejects += batch.rejects
        whole.in_columns += batch.in_columns
    tables = [(batch.columns, batch.around) for batch in batches if batch.columns is not None]
    if tables:
        whole.columns, whole.around = stacked(tables)
    return whole
