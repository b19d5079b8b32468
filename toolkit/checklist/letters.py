"""Letters: our own templates, filled with what the export shows; what only the user knows stays in square brackets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl

from toolkit import rules
from toolkit.checklist import rulebook
from toolkit.checklist.findings import CONFIRMED, MARKED, Device, Found, span
from toolkit.checklist.ids import Ids, Scope, listed
from toolkit.checklist.rulebook import Authority, Contact
from toolkit.deadlines import Deadline, known
from toolkit.problems import ToolkitError
from toolkit.rules import table

LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français (draft)",
    "es": "Español (draft)",
    "it": "Italiano (draft)",
    "nl": "Nederlands (draft)",
}
ERASURE = ("erasure", "ccpa_delete")
_DEVICES = 40  # named in a letter one by one; more than that stands in the attachment anyway


@dataclass(frozen=True, slots=True)
class Letter:
    """One draft.

    Attributes:
        maker: Whom it is about; a complaint to an authority names its maker too.
        kind: Name of its template, such as ``erasure``.
        language: Language it is written in, which is English where the one asked for has no such letter.
        subject: One line.
        body: The whole letter, plain text, from the sender's to the signature.
        email: Address to send it to; empty if none is known.
        form: Web form to paste it into; empty if none is known.
        attachment: Name of the list of ids that goes with it; empty if none does.
        status: What to know before using it, in one line.
        origin: Where the address comes from and how old it is.
    """

    maker: str
    kind: str
    language: str
    subject: str
    body: str = field(repr=False)  # holds serials
    email: str
    form: str
    attachment: str
    status: str
    origin: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """A maker as this user must write to it.

    Attributes:
        maker: Its id in the rules.
        products: Ids of its assistants that the list is about.
        found: What the export holds of them; empty without a file.
        contact: Who answers; None if it is not known for the user's country.
        sent: Day the request was sent.
        received: Day it arrived.
        deadline: When the answer is due; None before it arrived, or without a law.
        acknowledge_by: When a complaint to the maker itself must be acknowledged; None without one.
        ids: The list that goes with the erasure letter; None if nothing can be listed.
        not_asked: Whether the user wants only a part erased, and nothing of this maker lies within it.
    """

    maker: str
    products: tuple[str, ...]
    found: tuple[Found, ...] = field(repr=False)
    contact: Contact | None
    sent: date | None
    received: date | None
    deadline: Deadline | None
    acknowledge_by: date | None
    ids: Ids | None = field(repr=False)
    not_asked: bool = False

    @property
    def title(self) -> str:
        """What people call the maker."""
        return rulebook.makers()[self.maker].title

    @property
    def ids_file(self) -> str:
        """Name of the list of ids."""
        return f"ids-{self.maker}.csv"


def ids_of(found: Sequence[Found], scope: Scope) -> Ids | None:
    """The list that goes with an erasure letter; None if there is nothing to list."""
    taken = [scope.of(each.records) for each in found]
    return listed(taken) if sum(frame.height for frame in taken) else None


def first_kind(law: str | None, track: str) -> str:
    """The letter a track begins with."""
    kinds = ("ccpa_delete", "ccpa_know") if law == "ccpa" else ("erasure", "access")
    return kinds[track == "keep_claim"]


def letters(to: Addressee, law: str, language: str, scope: Scope, authority: Authority | None) -> tuple[Letter, ...]:
    """All letters to, or about, one maker, in the order of the law's list.

    Raises:
        ToolkitError: There are no letters in that language.
    """
    if language not in LANGUAGES:
        raise ToolkitError("There are no letters in that language.", f"Choose one of: {', '.join(LANGUAGES)}.")
    kinds = [kind for kind in known(law)["letters"] if not (to.not_asked and kind in ERASURE)]
    return tuple(_letter(kind, to, law, language, scope, authority) for kind in kinds)


def _letter(kind: str, to: Addressee, law: str, asked: str, scope: Scope, authority: Authority | None) -> Letter:
    language = asked if _template(asked, kind) else "en"
    words = _words(language)
    about = scope if kind in ERASURE else Scope()
    frames = [about.of(each.records) for each in to.found]
    values, flags = _values(to, law, about, frames, words)
    complaint = kind == "complaint_authority"
    if complaint and authority:
        values |= {"addressee": authority.name, "addressee_address": "\n".join(authority.address)}
    elif complaint:
        values |= {"addressee": words["authority"], "addressee_address": words["authority_address"]}
    flags |= {"uk"} if law == "uk_gdpr" else set()
    text = "\n\n".join(_paragraphs(_template(language, kind), flags)).format_map(values)
    subject, body = text.removeprefix("Subject: ").split("\n", 1)
    heads = [words["draft"], words["machine"], "\n".join(words["sender"])]
    if kind != "ccpa_complaint":
        heads.append(f"{values['addressee']}\n{values['addressee_address']}")
    whole = "\n\n".join([*filter(None, heads), words["place_date"], subject, body.strip()]) + "\n"
    target = authority if complaint else to.contact
    attached = flags & {"ids", "times"} and about is scope
    return Letter(
        maker=to.maker,
        kind=kind,
        language=language,
        subject=subject,
        body=re.sub(r"\n{3,}", "\n\n", whole),
        email=target.email if target and kind != "ccpa_complaint" else "",
        form=target.form if target and kind != "ccpa_complaint" else "",
        attachment=to.ids_file if attached else "",
        status=_status(words, asked, language),
        origin=_origin(to.contact, authority if complaint else None, kind),
    )


def _status(words: Mapping[str, Any], asked: str, language: str) -> str:
    parts = ["Draft; not legal advice.", words["machine"]]
    if asked != language:
        parts.append(f"There is no letter of this kind in {LANGUAGES[asked]}; this one is in English.")
    return " ".join(filter(None, parts))


def _origin(contact: Contact | None, authority: Authority | None, kind: str) -> str:
    if kind == "ccpa_complaint":
        return "address not found: look it up on the authority's own website"
    if authority:
        changed = f"; the record last changed {authority.changed}" if authority.changed else "; age not known"
        return f"{table('authorities')['source']}{changed}{'; ' + authority.note if authority.note else ''}"
    if kind == "complaint_authority":
        return "no authority chosen: fill it in"
    return contact.origin if contact else "address not known for this country: see the maker's privacy notice"


@cache
def _words(language: str) -> dict[str, Any]:
    return rules.table(f"letters/{language}/words")


@cache
def _template(language: str, kind: str) -> str:
    """A letter's template; empty if there is none in that language."""
    path = files("toolkit.rules") / "letters" / language / f"{kind}.txt"
    return path.read_text("utf-8") if path.is_file() else ""


def _paragraphs(template: str, flags: set[str]) -> Iterator[str]:
    """The paragraphs whose condition, ``?flag`` or ``?!flag`` on a line above them, holds."""
    shown = True
    kept: list[str] = []
    for line in [*template.splitlines(), ""]:
        condition = re.fullmatch(r"\?(!?)(\w+)", line)
        if condition or not line:
            if kept:
                yield "\n".join(kept)
            kept = []
            shown = not condition or ((condition[2] in flags) != bool(condition[1]))
        elif shown:
            kept.append(line)


def _values(
    to: Addressee, law: str, scope: Scope, frames: Sequence[pl.DataFrame], words: Mapping[str, Any]
) -> tuple[dict[str, str], set[str]]:
    reasons = {
        reason: sum(int((frame["reason"] == reason).sum()) for frame in frames) for reason in (MARKED, CONFIRMED)
    }
    entries = sum(frame.height for frame in frames)
    missing = _missing(to.found, words)
    devices = [device for each in to.found for device in each.devices] if not scope.part else []
    values = {
        "law": words["laws"][law],
        "products": _joined([rulebook.products()[each].title for each in to.products], words),
        "controller": to.contact.name if to.contact else words["controller_unknown"],
        "controller_address": ", ".join(to.contact.address) if to.contact else words["address_unknown"],
        "needs": "\n".join(words["need"].format(what=words["needs"][need]) for need in _needs(to)),
        "entries": _entries(entries, words),
        "span": _span(_joined_span(frames), words),
        "devices": "\n".join(_device_lines(devices, words)),
        "missing": _joined(missing, words),
        "marked": _entries(reasons[MARKED], words),
        "confirmed": _entries(reasons[CONFIRMED], words),
        "ids_file": to.ids_file,
        "ids_rows": str(to.ids.rows if to.ids else 0),
        "ids_sha256": to.ids.sha256 if to.ids else "",
    } | _days(to, words)
    values |= {"addressee": values["controller"], "addressee_address": _address(to.contact, words)}
    told = {"file": entries, "missing": missing, "marked": reasons[MARKED], "confirmed": reasons[CONFIRMED]}
    return values, {flag for flag, holds in told.items() if holds} | _flags(to, scope)


def _days(to: Addressee, words: Mapping[str, Any]) -> dict[str, str]:
    due = to.deadline.due if to.deadline else None
    latest = to.deadline.latest if to.deadline else None
    last = latest if to.deadline and to.deadline.extended else due
    return {
        "sent": _day(to.sent, words) or words["sent"],
        "received": _day(to.received, words) or words["received"],
        "due": _day(due, words) or words["due"],
        "latest": _day(latest, words) or words["latest"],
        "last": _day(last, words) or words["due"],
    }


def _flags(to: Addressee, scope: Scope) -> set[str]:
    """What of the dates, the list and the part asked for decides on paragraphs."""
    due = to.deadline if to.deadline and to.deadline.due else None
    told = {
        "dated": due,
        "extended": due and due.extended,
        "not_extended": due and not due.extended,
        "ids": to.ids and to.ids.named,
        "times": to.ids and not to.ids.named,
        "as_written": to.ids and to.ids.as_written,
        "part": scope.part,
        "whole": not scope.part,
    }
    return {flag for flag, holds in told.items() if holds}


def _needs(to: Addressee) -> list[str]:
    """What the user must still fill in so that the maker finds the data."""
    known = {"serials"} if any(device.serial for each in to.found for device in each.devices) else set()
    known |= {"dates"} if any(each.span for each in to.found) else set()
    return [need for need in rulebook.makers()[to.maker].needs if need not in known]


def _address(contact: Contact | None, words: Mapping[str, Any]) -> str:
    if contact is None:
        return str(words["address_unknown"])
    lines = [*contact.address] or ([] if contact.email or contact.form else [words["address_unknown"]])
    lines += [contact.email] if contact.email else []
    lines += [words["by_form"].format(form=contact.form)] if contact.form and not contact.email else []
    return "\n".join(lines)


def _joined(parts: Sequence[str], words: Mapping[str, Any]) -> str:
    """A list in a sentence."""
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + str(words["and"]) + parts[-1]


def _missing(found: Iterable[Found], words: Mapping[str, Any]) -> list[str]:
    totals: dict[str, int] = {}
    for each in found:
        for what, count in each.missing.items():
            totals[what] = totals.get(what, 0) + count
    return [words[f"missing_{what}"].format(n=count) for what, count in totals.items()]


def _joined_span(frames: Sequence[pl.DataFrame]) -> tuple[date, date] | None:
    spans = [days for frame in frames if (days := span(frame))]
    return (min(days[0] for days in spans), max(days[1] for days in spans)) if spans else None


def _entries(count: int, words: Mapping[str, Any]) -> str:
    return str(words["entries"][count != 1].format(n=count))


def _span(days: tuple[date, date] | None, words: Mapping[str, Any]) -> str:
    first, last = (_day(day, words) for day in days) if days else ("", "")
    return str(words["span"].format(first=first, last=last) if days else words["undated"])


def _day(day: date | None, words: Mapping[str, Any]) -> str:
    """A day as the language writes it; empty if there is none. `%B` is English whatever the locale: none is set."""
    return words["date"].format(day) if day else ""


def _device_lines(devices: Sequence[Device], words: Mapping[str, Any]) -> Iterator[str]:
    for device in devices[:_DEVICES]:
        days = (device.first, device.last) if device.first and device.last else None
        yield words["device" if device.serial else "device_bare"].format(
            name=device.name or words["device_unnamed"],
            serial=device.serial,
            entries=_entries(device.entries, words),
            span=_span(days, words),
        )
