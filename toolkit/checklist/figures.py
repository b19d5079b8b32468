"""What stands under a step: counts, days and lists, from everything the choice of steps depends on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Protocol

import polars as pl

from toolkit.checklist import rulebook
from toolkit.checklist.findings import Device, Found, device_key, line
from toolkit.checklist.letters import Addressee
from toolkit.checklist.rulebook import Step
from toolkit.compare import CHANGES
from toolkit.deadlines import LAWS, Deadline
from toolkit.retention import FACTS

_PATH = 160  # characters
COUNTRIES = {"lu": "Luxembourg", "ie": "Ireland", "se": "Sweden", "us": "the United States (federal)"}


class Progressed(Protocol):
    """What a case remembers of a step."""

    @property
    def done(self) -> bool:
        """Whether it is ticked."""

    @property
    def on(self) -> date | None:
        """The day it was done."""

    @property
    def note(self) -> str:
        """The user's own words."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything the choice of steps depends on."""

    track: str
    law: str | None
    country: str | None
    authority: str | None
    products: tuple[str, ...]
    found: Mapping[str, Found] = field(repr=False)
    makers: tuple[Addressee, ...] = ()
    files: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False)
    compared: pl.DataFrame | None = field(default=None, repr=False)
    progress: Mapping[str, Progressed] = field(default_factory=dict, repr=False)
    names: bool = True

    def flags(self, product: str = "") -> set[str]:
        """What holds for one product, or for all of them together."""
        flags = {self.track, "law" if self.law else "no_law"}
        flags |= {"uk"} if self.law == "uk_gdpr" else set()
        flags |= {"not_ccpa"} if self.law != "ccpa" else set()
        flags |= {"maker"} if self.makers else set()  # what lies on the user's own disk has none
        for key in [product] if product else self.products:
            flags |= self.found[key].flags if key in self.found else {"no_file", "follow_up"}
        return flags


@dataclass(frozen=True, slots=True)
class Figures:
    """What stands under a step: a count, its days, notes in our own words, and items that hold names from the data."""

    entries: int | None = None
    days: tuple[date, date] | None = None
    notes: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    device: str = ""


_Shower = Callable[[Situation, Step, Addressee | None], Figures]


def _about(situation: Situation, step: Step) -> list[Found]:
    if step.product:
        return [situation.found[step.product]] if step.product in situation.found else []
    return list(situation.found.values())


def _entries(situation: Situation, step: Step, _: Addressee | None) -> Figures:
    for found in _about(situation, step):
        beside = [f"{counted(found.unplaced)} of these name no device"] if found.devices and found.unplaced else []
        return Figures(found.entries, found.span, beside)
    return Figures()


def _files(situation: Situation, *_: object) -> Figures:
    return Figures(items=[f"{line(path, _PATH)}: SHA-256 {digest}" for path, digest in situation.files.iter_rows()])


def _devices(situation: Situation, step: Step, _: Addressee | None) -> Figures:
    devices = [device for found in _about(situation, step) for device in found.devices]
    return Figures(items=[f"{device.label}: {counted(device.entries)}{_from_to(device)}" for device in devices])


def _from_to(device: Device) -> str:
    return f", {device.first} to {device.last}" if device.first else ""


def _accidental(situation: Situation, step: Step, _: Addressee | None) -> Figures:
    cited = [found for found in _about(situation, step) if found.accidental.height]
    items = [f"{rulebook.products()[found.product].title}: {counted(found.accidental.height)}" for found in cited]
    return Figures(sum(found.accidental.height for found in cited), notes=items if len(cited) > 1 else [])


def _accidental_days(situation: Situation, step: Step, _: Addressee | None) -> Figures:
    """The days on which they fall, a line for each month."""
    (found,) = _about(situation, step)
    cited = found.accidental
    counts = cited.drop_nulls("day").group_by("day").len().sort("day").rows()
    months = groupby(counts, key=lambda row: (row[0].year, row[0].month))
    notes = [", ".join(f"{day}" + (f" ({n} entries)" if n > 1 else "") for day, n in days) for _, days in months]
    undated = cited.height - sum(n for _, n in counts)
    return Figures(cited.height, notes=notes + ([f"without a day: {counted(undated)}"] if undated else []))


def _device_most(situation: Situation, step: Step, _: Addressee | None) -> Figures:
    (found,) = _about(situation, step)
    counts = found.accidental.drop_nulls("device").group_by("device").len().sort("len", "device", descending=True)
    device, count = counts.row(0)
    named = {each.key: each.label for each in found.devices}
    items = [f"{count:,} of the {found.accidental.height:,} entries not meant for the assistant"]
    return Figures(device=named[device_key(device)], notes=items)


def _people(situation: Situation, step: Step, _: Addressee | None) -> Figures:
    return _named(situation, "person", [each for found in _about(situation, step) for each in found.people])


def _skills(situation: Situation, step: Step, _: Addressee | None) -> Figures:
    return _named(situation, "skill", [each for found in _about(situation, step) for each in found.skills])


def _named(situation: Situation, kind: str, counts: Sequence[tuple[str, int]]) -> Figures:
    names = [name if situation.names else f"{kind} {at}" for at, (name, _) in enumerate(counts, 1)]
    return Figures(items=[f"{name}: {counted(n)}" for name, (_, n) in zip(names, counts, strict=True)])


def _children(situation: Situation, step: Step, _: Addressee | None) -> Figures:
    return Figures(sum(found.children for found in _about(situation, step)))


def _missing(situation: Situation, step: Step, _: Addressee | None) -> Figures:
    named = {"clips": "clips that entries name are not among your files", "undated": "entries have no readable time"}
    found = _about(situation, step)
    counts = {what: sum(each.missing.get(what, 0) for each in found) for what in named}
    return Figures(notes=[f"{count:,} {named[what]}" for what, count in counts.items() if count])


def _age(situation: Situation, step: Step, _: Addressee | None) -> Figures:
    notes = []
    for found in _about(situation, step):
        for rule in FACTS.of(found.product):
            if rule.choice and rule.months and found.ref:
                count = found.past_due(rule)
                due = f"{counted(count)} of your export {'is' if count == 1 else 'are'} older and would go"
                told = due if count else "nothing in your export is older"
                notes.append(f"{rule.months} months, counted to {found.ref}: {told}")
    return Figures(notes=notes)


def _all_gone(situation: Situation, step: Step, _: Addressee | None) -> Figures:
    return Figures(notes=[f"all {counted(found.entries)} of your export would go" for found in _about(situation, step)])


def _dates(situation: Situation, step: Step, to: Addressee | None) -> Figures:
    """The day that matters, and what goes with the letter; all dates stand under Dates."""
    attached = to.ids if to and step.letter == "erasure" else None
    notes = [f"attachment: {to.ids_file}, {counted(attached.rows)}"] if to and attached else []
    due = to.deadline if to else None
    if due is None:
        notes += [f"sent on {to.sent}"] if to and to.sent else []
        return Figures(notes=[*notes, "The dates appear here once the day of receipt is entered."])
    if due.due is None:
        return Figures(notes=[*notes, "The clock stands still: no end can be told yet."])
    day = f"received on {due.received}; due by {due.due}; nobody is late before {due.complain_from}"
    return Figures(notes=[*notes, day])


def _acknowledge(situation: Situation, step: Step, to: Addressee | None) -> Figures:
    if to is None or to.acknowledge_by is None:
        return Figures(notes=["The day appears here once the day your complaint arrived is entered."])
    return Figures(notes=[f"to be acknowledged by {to.acknowledge_by}"])


def dates_in_words(deadline: Deadline) -> list[str]:
    """The dates of a request, and what moved them."""
    lines = [f"received on {deadline.received}"]
    if deadline.due is None:
        return [*lines, "the clock stands still, so no end can be told yet"]
    if deadline.confirm_by:
        lines.append(f"receipt to be confirmed by {deadline.confirm_by}")
    moved = (
        f"public holidays of {COUNTRIES[deadline.holidays]}"
        if deadline.holidays
        else "weekends only; no holiday calendar was applied"
    )
    lines.append(f"first period ends by the calendar on {deadline.calendar_end}")
    if "months" in LAWS[deadline.law]:
        lines.append(f"after the rule for weekends and holidays: {deadline.due} ({moved})")
    lines.append(f"at the latest, if it was extended in time: {deadline.latest}")
    return [*lines, f"nobody is late before {deadline.complain_from}"]


def _compared(situation: Situation, _: Step, to: Addressee | None) -> Figures:
    if situation.compared is None or to is None:
        return Figures()
    own = [product for product in situation.compared["product"] if rulebook.product_of_record(product) in to.products]
    theirs = situation.compared.filter(pl.col("product").is_in(own)).with_columns(pl.col("change").cast(pl.String))
    counts = dict(theirs.group_by("change").agg(pl.col("entries").sum()).iter_rows())
    return Figures(notes=[f"{says}: {counted(counts[change])}" for change, says in CHANGES.items() if change in counts])


def _authority(situation: Situation, *_: object) -> Figures:
    if situation.law == "ccpa":
        return Figures(notes=["Addresses in California were not found: look on the authority's own website."])
    where = ["Yours is the one where you live, where you work, or where it happened (Art. 77)."]
    one = rulebook.authority(situation.authority, situation.law, situation.country)
    if one:
        return Figures(notes=[f"{one.name}: {one.form or one.email or ', '.join(one.address)}"])
    return Figures(
        notes=[*where, "Choose it under Addresses." if situation.country else "Name the country you live in."]
    )


def counted(entries: int) -> str:
    """A number of entries, in words."""
    return "1 entry" if entries == 1 else f"{entries:,} entries"


SHOW: dict[str, _Shower] = {
    "entries": _entries,
    "files": _files,
    "devices": _devices,
    "accidental": _accidental,
    "accidental_days": _accidental_days,
    "device_most": _device_most,
    "people": _people,
    "skills": _skills,
    "children": _children,
    "missing": _missing,
    "age": _age,
    "all_gone": _all_gone,
    "dates": _dates,
    "acknowledge": _acknowledge,
    "compared": _compared,
    "authority": _authority,
}
