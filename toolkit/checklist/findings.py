"""What an export says that matters for deleting: counts by device, day, person and skill, and which entries to cite."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Protocol

import polars as pl

from toolkit import inert
from toolkit.checklist import rulebook
from toolkit.load import Export
from toolkit.problems import ToolkitError
from toolkit.retention import Reference, Rule, held
from toolkit.summary import clock

MARKED, CONFIRMED = "marked by the maker as not intended", "confirmed by me as not intended"
MARKS = ("false_wake", "not_intended")  # the maker's own words for it, see schema.STATUSES
_NAME = 60  # characters of a device's, a person's or a skill's name
_SERIAL = 8  # characters; a shorter one is no serial, and its end would give all of it away


@dataclass(frozen=True, slots=True)
class Device:
    """One device of one product.

    Attributes:
        key: Stable name for ids of steps, see `device_key`.
        name: What its owner called it last, one harmless line; empty if it has no name.
        serial: Whole serial, for letters to its maker only; empty if none is known.
        entries: Entries, each counted once.
        first: Day of the earliest; None without any time.
        last: Day of the latest.
    """

    key: str
    name: str
    serial: str
    entries: int
    first: date | None
    last: date | None

    @property
    def label(self) -> str:
        """Its name, and the end of its serial, never the whole."""
        ending = f"serial ending {self.serial[-4:]}" if len(self.serial) >= _SERIAL else ""
        if self.name and ending:
            return f"{self.name} ({ending})"
        return self.name or (f"no name, {ending}" if ending else "device without a name")


@dataclass(frozen=True, slots=True)
class Found:
    """What the export holds of one product.

    Attributes:
        product: Id as in the rules.
        records: Its entries, each once, with ``day`` by the clock and ``reason`` (`MARKED`, `CONFIRMED` or null).
        devices: Most entries first.
        people: Names the maker recognised, with their entries.
        skills: Third-party skills seen, with their entries.
        children: Entries of a profile the maker calls a child's.
        missing: What is named but not there: ``clips``, ``undated``; without zeros.
        ref: Last day on which the entries are known to have been held, see `retention.held`.
    """

    product: str
    records: pl.DataFrame = field(repr=False)
    devices: tuple[Device, ...]
    people: tuple[tuple[str, int], ...]
    skills: tuple[tuple[str, int], ...]
    children: int
    missing: Mapping[str, int]
    ref: date | None

    @property
    def entries(self) -> int:
        """How many entries there are."""
        return self.records.height

    @property
    def span(self) -> tuple[date, date] | None:
        """Days of the first and the last entry."""
        return span(self.records)

    @property
    def accidental(self) -> pl.DataFrame:
        """The entries to cite: marked by the maker or confirmed by the user, never by a score."""
        return self.records.filter(pl.col("reason").is_not_null())

    @property
    def unplaced(self) -> int:
        """Entries that name no device, which deleting device by device does not reach."""
        return self.records["device"].null_count()

    @property
    def flags(self) -> set[str]:
        """What steps may ask for."""
        flags = {"file"}
        accidental = self.accidental
        told = {
            "devices": len(self.devices),
            "no_devices": self.unplaced,
            "accidental": accidental.height,
            "device_most": accidental["device"].count(),
            "people": len(self.people),
            "skills": len(self.skills),
            "children": self.children,
            "missing": len(self.missing),
            "follow_up": int((self.records["trigger"] == "follow_up").sum()),
        }
        return flags | {flag for flag, count in told.items() if count}

    def past_due(self, rule: Rule) -> int:
        """How many entries that setting would have removed by `ref`; the rule is one with a period of months."""
        days = self.records.drop_nulls("day").group_by("day").len().rows()
        return sum(count for day, count in days if self.ref and (due := rule.due(day)) and due < self.ref)


def span(records: pl.DataFrame) -> tuple[date, date] | None:
    """Days of the first and the last entry; None without any time."""
    first, last = records.select(pl.col("day").min().alias("first"), pl.col("day").max().alias("last")).row(0)
    return None if first is None else (first, last)


class Ticked(Protocol):
    """What a case remembers of an activation."""

    @property
    def verdict(self) -> str | None:
        """``accidental``, ``meant`` for the assistant, or None if neither was said."""


def find(
    export: Export, activations: pl.DataFrame | None = None, ticks: Mapping[str, Ticked] | None = None
) -> list[Found]:
    """Look through an export.

    Args:
        export: As from `toolkit.load`.
        activations: As from `toolkit.activations`; without them the maker's status of each entry is taken.
        ticks: The user's own verdict on activations, by id.

    Returns:
        One for each product that has entries, most entries first.

    Raises:
        ToolkitError: There are ticks but no activations they could belong to.
    """
    once = export.records.filter(pl.col("duplicate_of").is_null())
    dated = once.with_columns(
        day=clock(export.timezone).dt.date(),
        device=pl.coalesce("device_id", "device_name"),
        rule=_rule(once),
    )
    judged = dated.join(_reasons(once, activations, ticks or {}), on="record_id", how="left", maintain_order="left")
    last = held(export)
    found = [_found(str(product), records, last) for (product,), records in judged.group_by("rule")]
    return sorted(found, key=lambda each: (-each.entries, each.product))


def _rule(records: pl.DataFrame) -> pl.Expr:
    names = {product: rulebook.product_of_record(product) for product in records["product"].unique()}
    return pl.col("product").replace_strict(names, return_dtype=pl.String)


def _reasons(records: pl.DataFrame, activations: pl.DataFrame | None, ticks: Mapping[str, Ticked]) -> pl.DataFrame:
    """Which entries to cite, and why."""
    if activations is None:
        if ticks:
            raise ToolkitError("There are ticks, but no activations they belong to.", "Give the activations as well.")
        marked = records.filter(pl.col("status").is_in(MARKS))
        return marked.select("record_id", reason=pl.lit(MARKED))
    verdicts = {activation: tick.verdict == "accidental" for activation, tick in ticks.items() if tick.verdict}
    verdict = pl.col("activation_id").replace_strict(verdicts, default=None, return_dtype=pl.Boolean)
    reason = (
        pl.when(verdict)
        .then(pl.lit(CONFIRMED))
        .when((pl.col("accidental") == "provider_marked") & verdict.is_null())
        .then(pl.lit(MARKED))
    )
    cited = activations.select(record_id="record_ids", reason=reason).drop_nulls("reason")
    return cited.explode("record_id", empty_as_null=False, keep_nulls=False).unique("record_id")


def _found(product: str, records: pl.DataFrame, last: Mapping[str, Reference]) -> Found:
    clips = int((records["audio_files"].list.len() - records["audio_found"]).sum())
    days = [day for vendor in records["vendor"].unique() if (day := last[vendor].day)]
    missing = {"clips": clips, "undated": records["day"].null_count()}
    return Found(
        product=product,
        records=records,
        devices=_devices(records),
        people=_counted(records, pl.col("person")),
        skills=_counted(records.filter(pl.col("extra").str.contains(_SKILL, literal=True)), _skill()),
        children=int(records["extra"].str.contains('"personType":"CHILD"', literal=True).sum() or 0),
        missing={what: count for what, count in missing.items() if count},
        ref=min(days, default=None),
    )


def _devices(records: pl.DataFrame) -> tuple[Device, ...]:
    grouped = records.drop_nulls("device").sort("time", nulls_last=False).group_by("device", maintain_order=True)
    rows = grouped.agg(
        name=pl.col("device_name").drop_nulls().last(),
        serial=pl.col("device_id").drop_nulls().first(),
        entries=pl.len(),
        first=pl.col("day").min(),
        last=pl.col("day").max(),
    )
    devices = [
        Device(
            device_key(row["device"]), line(row["name"]), line(row["serial"]), row["entries"], row["first"], row["last"]
        )
        for row in rows.iter_rows(named=True)
    ]
    return tuple(sorted(devices, key=lambda device: (-device.entries, device.label)))


def device_key(device: str) -> str:
    """Eight digits that stay the same in every export; nobody reads a name or a serial from them."""
    return sha256(device.encode(errors="replace")).hexdigest()[:8]


def line(text: str | None, most: int = _NAME) -> str:
    """A name from the data as one harmless line of bounded length."""
    return inert.clip(re.sub(r"\s+", " ", inert.terminal(text or "")).strip(), most)


_SKILL = "amzn1.ask.skill."


def _skill() -> pl.Expr:
    """Third-party skills have a domain of their own; seen in 14 of 456 real entries, name in ``skillName``."""
    domain = pl.col("extra").str.json_path_match("$.domain")
    name = pl.col("extra").str.json_path_match("$.skillName")
    named = pl.when(name.str.len_chars() > 0).then(name).otherwise(pl.lit("a skill without a name"))
    return pl.when(domain.str.starts_with(_SKILL)).then(named)


def _counted(records: pl.DataFrame, names: pl.Expr) -> tuple[tuple[str, int], ...]:
    counted = records.select(name=names).drop_nulls().group_by("name").len("entries")
    rows = counted.sort("entries", "name", descending=[True, False]).rows()
    return tuple((line(name) or "without a name", entries) for name, entries in rows)
