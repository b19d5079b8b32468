"""The headline of activations: counts of what is listed, and what the files cannot say."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import polars as pl

from toolkit import rules
from toolkit.activations.verdict import CLASSES


class Count(NamedTuple):
    """So many activations, which the maker keeps as so many entries; one that was read twice counts once."""

    activations: int
    entries: int


class Tally(NamedTuple):
    """Counts, none of them estimated.

    Attributes:
        total: All activations.
        voice: Those of kind voice; the classes add up to it, unless judgements were left out.
        duplicates: Requests that another device answered.
        not_voice: Routines, taps, typed requests and the assistant's own suggestions.
        classes: Each class -> its count.
        marking: Whether any maker here marks accidental activations at all.
        silent: What to say of makers that do not, a sentence each.
    """

    total: Count
    voice: Count
    duplicates: Count
    not_voice: Count
    classes: dict[str, Count]
    marking: bool
    silent: tuple[str, ...]


def tally(events: pl.DataFrame) -> Tally:
    """Count the activations.

    Args:
        events: As from `activations`.
    """
    voice, duplicates, other = (_count(events.filter(kind=kind)) for kind in ("voice", "duplicate", "not_voice"))
    classes = {name: _count(events.filter(accidental=name)) for name in CLASSES}
    return Tally(_count(events), voice, duplicates, other, classes, *marks(events["format"]))


def marks(formats: pl.Series) -> tuple[bool, tuple[str, ...]]:
    """Whether any maker here marks accidental activations, and what to say of those that do not, a sentence each.

    Args:
        formats: The column ``format`` of records or activations.
    """
    found = [_mark(form) for form in formats.unique().sort().to_list()]
    silent = dict.fromkeys(mark["says"] for mark in found if "says" in mark)
    return any("says" not in mark for mark in found), tuple(silent)


def _count(events: pl.DataFrame) -> Count:
    return Count(events.height, int((events["record_ids"].list.len() - events["copies"]).sum()))


def _mark(form: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = rules.table("evidence")["marks"]
    return next(row for row in found if re.search(row["formats"], form))
