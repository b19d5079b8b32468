"""Sheets for two people who label a sample of a study without seeing what the toolkit or the other says of it."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping

import polars as pl
import polars_hash as plh  # noqa: F401 - registers the namespace

from toolkit.casefile import Agreement, Case, Tick
from toolkit.cohort.study import Study
from toolkit.limits import MIB
from toolkit.problems import ToolkitError

VERDICTS = {"accidental": "not meant for the assistant", "meant": "meant for it", "": "cannot be told"}
_BYTES = 64 * MIB


def sheets(study: Study, size: int, seed: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A sample of voice activations with words, once for each of two coders, in another order for each.

    Blind: the maker's mark, our class and its reasons, the device and the person are not in it. The sample is drawn by
    a digest of seed and activation, each equally likely; the same seed draws the same.

    Args:
        study: One that keeps texts.
        size: How many activations; fewer if there are fewer.
        seed: Any text, to be published with the result.

    Returns:
        ``item`` (the activation), ``language`` (whose rules would judge it; null if none), ``transcript`` and an empty
        ``verdict``, to be filled with one of `VERDICTS`.

    Raises:
        ToolkitError: The study keeps no texts, or *size* is below 1.
    """
    spoken = study.activations
    if "transcript" not in spoken.collect_schema() or size < 1:
        raise ToolkitError(
            "There is nothing to label: the study keeps no texts, or the sample is empty.",
            "Texts are kept with texts=True (--texts) of those whose consent is texts.",
        )
    item = pl.format("{} {}", "person", "activation_id")
    wanted = spoken.filter((pl.col("kind") == "voice") & (pl.col("transcript") != ""))
    drawn = wanted.select(item=_hidden(item), language="speech", transcript="transcript", verdict=pl.lit(""))
    first, second = (_order(f"{seed}\0{coder}") for coder in "12")
    sample = drawn.sort(_order(seed)).head(size).collect(engine="streaming")
    return sample.sort(first), sample.sort(second)


def _hidden(item: pl.Expr) -> pl.Expr:
    """An item leads back to nobody but for whoever holds the study."""
    return _sha256(item).str.head(16)


def _order(seed: str) -> pl.Expr:
    return _sha256(pl.concat_str(pl.lit(hashlib.sha256(seed.encode()).hexdigest()), pl.col("item")))


def _sha256(text: pl.Expr) -> pl.Expr:
    hashed: pl.Expr = text.chash.sha2_256()  # type: ignore[attr-defined]
    return hashed


def agreement(one: bytes, other: bytes) -> Agreement:
    """How far two filled sheets agree; see `casefile.Agreement`.

    Args:
        one: A sheet as CSV, UTF-8.
        other: The other coder's.

    Raises:
        ToolkitError: One is no such sheet, or holds another word than those of `VERDICTS`.
    """
    return Case({"one": _ticks(one), "other": _ticks(other)}).agreement("one", "other")


def _ticks(data: bytes) -> Mapping[str, Tick]:
    if len(data) > _BYTES:
        raise ToolkitError(f"The sheet is longer than {_BYTES:,} bytes.", "Is it the right file?")
    ticks = {}
    try:
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
        for number, row in enumerate(rows, 1):
            verdict = row["verdict"].strip().lower()
            if verdict not in VERDICTS:
                raise ToolkitError(f"Row {number:,} of the sheet has another word than accidental or meant.", "")
            if verdict:
                ticks[row["item"]] = Tick("accidental" if verdict == "accidental" else "meant")
    except (UnicodeDecodeError, csv.Error, KeyError, AttributeError):
        raise ToolkitError("This is no sheet of labels.", "Save it as CSV in UTF-8, with all its columns.") from None
    return ticks
