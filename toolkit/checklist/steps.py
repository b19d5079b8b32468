"""Chooses the steps that apply and puts the figures of the export under each; what does not apply is not printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any, Protocol

import polars as pl

from toolkit.checklist import rulebook
from toolkit.checklist.findings import Device, Found, device_key, line
from toolkit.checklist.letters import Addressee
from toolkit.checklist.rulebook import Step
from toolkit.deadlines import LAWS, Deadline
from toolkit.rules import table

STEPS = pl.Schema(
    {
        "step_id": pl.String(),
        "section": pl.Enum(tuple(rulebook.SECTIONS)),
        "maker": pl.String(),
        "product": pl.String(),
        "title": pl.String(),
        "do": pl.List(pl.String()),
        "path": pl.String(),
        "address": pl.String(),
        "say": pl.List(pl.String()),
        "why": pl.String(),
        "leaves": pl.String(),
        "warning": pl.String(),
        "letter": pl.String(),
        "device": pl.String(),
        "entries": pl.UInt32(),
        "first": pl.Date(),
        "last": pl.Date(),
        "notes": pl.List(pl.String()),
        "items": pl.List(pl.String()),
        "evidence": pl.String(),
        "source": pl.String(),
        "checked": pl.Date(),
        "verified": pl.Boolean(),
        "done": pl.Boolean(),
        "done_on": pl.Date(),
        "note": pl.String(),
    }
)
_CCPA = {
    "access": "ccpa_know",
    "erasure": "ccpa_delete",
    "reminder": "ccpa_reminder",
    "complaint_authority": "ccpa_complaint",
}
_PATH = 160  # characters
COUNTRIES = {"lu": "Luxembourg", "ie": "Ireland", "se": "Sweden", "us": "the United States (federal)"}
CHANGES = {
    "gone": "not found in your second export",
    "stayed": "still in your second export",
    "new": "only in your second export",
    "changed": "in both, but changed",
    "not_comparable": "cannot be compared",
}


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

    def flags(self, product: str = "") -> set[str]:
        """What holds for one product, or for all of them together."""
        flags = {self.track, "law" if self.law else "no_law"}
        flags |= {"uk"} if self.law == "uk_gdpr" else set()
        flags |= {"not_ccpa"} if self.law != "ccpa" else set()
        for key in [product] if product else self.products:
            flags |= self.found[key].flags if key in self.found else {"no_file", "follow_up"}
        return flags


def chosen(situation: Situation) -> pl.DataFrame:
    """The steps that apply, in the order in which they are done, as in `STEPS`."""
    rows = [row for section in rulebook.SECTIONS for step in _of(section, situation) for row in _rows(step, situation)]
    return pl.DataFrame([_marked(row, situation.progress) for row in rows], schema=STEPS, orient="row")


def _of(section: str, situation: Situation) -> Iterator[Step]:
    """General steps of a section first, except under Delete, where the letter comes last."""
    own = [step for step in rulebook.steps() if step.section == section]
    general = [step for step in own if not step.product and step.applies(situation.flags())]
    special = [
        step
        for product in situation.products
        for step in own
        if step.product == product and step.applies(situation.flags(product))
    ]
    yield from [*special, *general] if section in ("delete", "check") else [*general, *special]


def _rows(step: Step, situation: Situation) -> Iterator[dict[str, Any]]:
    if step.each == "maker":
        for to in situation.makers:
            if "file" not in step.when or to.found:
                yield _row(step, situation, to=to)
    elif step.each == "device":
        for device in situation.found[step.product].devices:
            yield _row(step, situation, device=device)
    else:
        yield _row(step, situation)


def _row(step: Step, situation: Situation, to: Addressee | None = None, device: Device | None = None) -> dict[str, Any]:
    law = LAWS.get(situation.law or "", {})
    by_law = step.evidence == "law"
    product = rulebook.products()[step.product] if step.product else None
    name = to.maker if to else step.product or "all"
    shown = _SHOW[step.show](situation, step, to) if step.show else _Figures()
    days = (device.first, device.last) if device else shown.days or (None, None)
    return {
        "step_id": f"{name}-{step.code}" + (f"-{device.key}" if device else ""),
        "section": step.section,
        "maker": to.maker if to else product.maker if product else "",
        "product": step.product,
        "title": f"{step.title}: {to.title}" if to and len(situation.makers) > 1 else step.title,
        "do": list(step.do),
        "path": step.path,
        "address": step.address,
        "say": list(step.say),
        "why": step.why,
        "leaves": step.leaves,
        "warning": step.warning,
        "letter": _CCPA.get(step.letter, step.letter) if situation.law == "ccpa" else step.letter,
        "device": device.label if device else shown.device,
        "entries": device.entries if device else shown.entries,
        "first": days[0],
        "last": days[1],
        "notes": shown.notes,
        "items": shown.items,
        "evidence": rulebook.EVIDENCE[law["evidence"] if by_law else step.evidence],
        "source": law["rights"][step.letter or "wait"] if by_law else step.source,
        "checked": law["checked"] if by_law else table("deletion")["checked"],
        "verified": "not verified" not in law["rights"][step.letter or "wait"] if by_law else step.verified,
    }


def _marked(row: dict[str, Any], progress: Mapping[str, Progressed]) -> dict[str, Any]:
    mark = progress.get(row["step_id"])
    done = (mark.done, mark.on, mark.note) if mark else (False, None, "")
    return row | dict(zip(("done", "done_on", "note"), done, strict=True))


@dataclass(frozen=True, slots=True)
class _Figures:
    """What stands under a step: a count, its days, notes in our own words, and items that hold names from the data."""

    entries: int | None = None
    days: tuple[date, date] | None = None
    notes: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    device: str = ""


_Shower = Callable[[Situation, Step, Addressee | None], _Figures]


def _about(situation: Situation, step: Step) -> list[Found]:
    if step.product:
        return [situation.found[step.product]] if step.product in situation.found else []
    return list(situation.found.values())


def _entries(situation: Situation, step: Step, _: Addressee | None) -> _Figures:
    found = _about(situation, step)
    return _Figures(found[0].entries, found[0].span) if found else _Figures()


def _files(situation: Situation, *_: object) -> _Figures:
    return _Figures(items=[f"{line(path, _PATH)}: SHA-256 {digest}" for path, digest in situation.files.iter_rows()])


def _devices(situation: Situation, step: Step, _: Addressee | None) -> _Figures:
    devices = [device for found in _about(situation, step) for device in found.devices]
    return _Figures(items=[f"{device.label}: {counted(device.entries)}{_from_to(device)}" for device in devices])


def _from_to(device: Device) -> str:
    return f", {device.first} to {device.last}" if device.first else ""


def _accidental(situation: Situation, step: Step, _: Addressee | None) -> _Figures:
    cited = [found for found in _about(situation, step) if found.accidental.height]
    items = [f"{rulebook.products()[found.product].title}: {counted(found.accidental.height)}" for found in cited]
    return _Figures(sum(found.accidental.height for found in cited), notes=items if len(cited) > 1 else [])


def _accidental_days(situation: Situation, step: Step, _: Addressee | None) -> _Figures:
    """The days on which they fall, a line for each month."""
    (found,) = _about(situation, step)
    cited = found.accidental
    counts = cited.drop_nulls("day").group_by("day").len().sort("day").rows()
    months = groupby(counts, key=lambda row: (row[0].year, row[0].month))
    notes = [", ".join(f"{day}" + (f" ({n} entries)" if n > 1 else "") for day, n in days) for _, days in months]
    undated = cited.height - sum(n for _, n in counts)
    return _Figures(cited.height, notes=notes + ([f"without a day: {counted(undated)}"] if undated else []))


def _device_most(situation: Situation, step: Step, _: Addressee | None) -> _Figures:
    (found,) = _about(situation, step)
    counts = found.accidental.drop_nulls("device").group_by("device").len().sort("len", "device", descending=True)
    device, count = counts.row(0)
    named = {each.key: each.label for each in found.devices}
    items = [f"{count:,} of the {found.accidental.height:,} entries not meant for the assistant"]
    return _Figures(device=named[device_key(device)], notes=items)


def _people(situation: Situation, step: Step, _: Addressee | None) -> _Figures:
    return _Figures(items=[f"{name}: {counted(n)}" for found in _about(situation, step) for name, n in found.people])


def _skills(situation: Situation, step: Step, _: Addressee | None) -> _Figures:
    return _Figures(items=[f"{name}: {counted(n)}" for found in _about(situation, step) for name, n in found.skills])


def _children(situation: Situation, step: Step, _: Addressee | None) -> _Figures:
    return _Figures(sum(found.children for found in _about(situation, step)))


def _missing(situation: Situation, step: Step, _: Addressee | None) -> _Figures:
    named = {"clips": "clips that entries name are not among your files", "undated": "entries have no readable time"}
    found = _about(situation, step)
    counts = {what: sum(each.missing.get(what, 0) for each in found) for what in named}
    return _Figures(notes=[f"{count:,} {named[what]}" for what, count in counts.items() if count])


def _age(situation: Situation, step: Step, _: Addressee | None) -> _Figures:
    notes = []
    for found in _about(situation, step):
        for months in (18, 3):
            if older := found.older(months):
                day, count = older
                due = f"{counted(count)} of your export {'is' if count == 1 else 'are'} from before {day} and would go"
                notes.append(
                    f"{months} months, counted from {found.ref}: {due if count else 'nothing in your export is older'}"
                )
    return _Figures(notes=notes)


def _all_gone(situation: Situation, step: Step, _: Addressee | None) -> _Figures:
    return _Figures(
        notes=[f"all {counted(found.entries)} of your export would go" for found in _about(situation, step)]
    )


def _dates(situation: Situation, _: Step, to: Addressee | None) -> _Figures:
    """The day that matters; all dates stand under Dates."""
    due = to.deadline if to else None
    if due is None:
        sent = [f"sent on {to.sent}"] if to and to.sent else []
        return _Figures(notes=[*sent, "The dates appear here once the day of receipt is entered."])
    if due.due is None:
        return _Figures(notes=["The clock stands still: no end can be told yet."])
    return _Figures(notes=[f"received on {due.received}; due by {due.due}; nobody is late before {due.complain_from}"])


def dates_in_words(deadline: Deadline) -> list[str]:
    """The dates of a request, and what moved them."""
    lines = [f"received on {deadline.received}"]
    if deadline.due is None:
        return [*lines, "the clock stands still, so no end can be told yet"]
    if deadline.confirm_by:
        lines.append(f"receipt to be confirmed by {deadline.confirm_by}")
    moved = f"public holidays of {COUNTRIES[deadline.holidays]}" if deadline.holidays else "weekends only"
    lines.append(f"first period ends by the calendar on {deadline.calendar_end}")
    if "months" in LAWS[deadline.law]:
        lines.append(f"after the rule for weekends and holidays: {deadline.due} ({moved})")
    lines.append(f"at the latest, if it was extended in time: {deadline.latest}")
    return [*lines, f"nobody is late before {deadline.complain_from}"]


def _compared(situation: Situation, _: Step, to: Addressee | None) -> _Figures:
    if situation.compared is None or to is None:
        return _Figures()
    vendors = {rulebook.products()[product].vendor for product in to.products}
    summary = situation.compared.with_columns(pl.col("vendor", "change").cast(pl.String))
    own = summary.filter(pl.col("vendor").is_in(vendors))
    count = next(name for name, dtype in own.schema.items() if dtype.is_integer())
    changes = own.group_by("change").agg(pl.col(count).sum()).rows()
    return _Figures(notes=[f"{CHANGES[change]}: {counted(number)}" for change, number in sorted(changes)])


def _authority(situation: Situation, *_: object) -> _Figures:
    if situation.law == "ccpa":
        return _Figures(notes=["Addresses in California were not found: look on the authority's own website."])
    where = ["Yours is the one where you live, where you work, or where it happened (Art. 77)."]
    one = rulebook.authority(situation.authority, situation.law, situation.country)
    if one:
        return _Figures(notes=[f"{one.name}: {one.form or one.email or ', '.join(one.address)}"])
    return _Figures(
        notes=[*where, "Choose it under Addresses." if situation.country else "Name the country you live in."]
    )


def counted(entries: int) -> str:
    """A number of entries, in words."""
    return "1 entry" if entries == 1 else f"{entries:,} entries"


_SHOW: dict[str, _Shower] = {
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
    "compared": _compared,
    "authority": _authority,
}


def not_deleted(products: Iterable[str]) -> Sequence[tuple[str, rulebook.Product]]:
    """What deleting leaves behind, always printed."""
    return [(product, rulebook.products()[product]) for product in products]
