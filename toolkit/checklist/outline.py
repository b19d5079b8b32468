"""The list as plain parts, each with whose words they are, ours or others'; every format draws the same parts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from toolkit.checklist import rulebook
from toolkit.checklist.figures import counted, dates_in_words
from toolkit.checklist.findings import Found
from toolkit.checklist.steps import not_deleted
from toolkit.deadlines import LAWS
from toolkit.rules import table

if TYPE_CHECKING:
    from toolkit.checklist.build import Checklist

DRAFT = "Draft; not legal advice. What your files say is as supplied; whether they are authentic was not verified."


NOT_ASKED = "Nothing of it lies within the part you chose to have erased, so there is no erasure letter."


class Part(NamedTuple):
    """One line under a step.

    Attributes:
        kind: ``do``, ``where``, ``link``, ``say``, ``note``, ``found``, ``warning``, ``more`` or ``source``: our own
            words and figures; ``data``: names out of the export, or the user's own words.
        label: What it is, in front of the text; may be empty.
        text: The line.
    """

    kind: str
    label: str
    text: str


def title(checklist: Checklist) -> str:
    """The heading, in our own words."""
    products = [rulebook.products()[product].title for product in checklist.products]
    return f"Delete requests: {', '.join(products)}"


def heading(checklist: Checklist) -> list[Part]:
    """What the list is about and rests on."""
    track = rulebook.TRACKS[checklist.track]
    law = LAWS[checklist.law]["title"] if checklist.law else "none chosen: no letters and no dates"
    parts = [Part("data", "For", checklist.person)] if checklist.person else []
    return [
        *parts,
        Part("note", "Track", f"{track['title']}. {track['about']}"),
        Part("note", "Law", law),
        Part("note", "Made", f"{checklist.made:%Y-%m-%d}, with rules of {rulebook.VERSION}"),
        Part("note", "Days", f"counted {checklist.clock}"),
        *(Part("note", rulebook.products()[each.product].title, _found(each)) for each in checklist.found),
        *(Part("note", "Assumed", remark) for remark in checklist.remarks),
        *(Part("note", each.title, each.no_export) for key, each in _products(checklist) if _no_export(checklist, key)),
        *(Part("note", to.title, NOT_ASKED) for to in checklist.makers if to.not_asked),
    ]


def _no_export(checklist: Checklist, product: str) -> bool:
    """Whether it is worth telling that its maker gives no file: not to somebody who has one."""
    return bool(rulebook.products()[product].no_export) and product not in {each.product for each in checklist.found}


def _found(found: Found) -> str:
    """One product of the export in one line."""
    parts = [counted(found.entries)]
    if days := found.span:
        parts.append(f"{days[0]} to {days[1]}")
    if found.devices:
        parts.append("1 device" if len(found.devices) == 1 else f"{len(found.devices)} devices")
    cited = found.accidental.height
    if cited:
        parts.append(f"{counted(cited)} marked or confirmed as not meant for the assistant")
    elif found.product.startswith("google"):
        parts.append("Google does not mark accidental activations")
    return "; ".join(parts)


def _products(checklist: Checklist) -> Iterator[tuple[str, rulebook.Product]]:
    yield from not_deleted(checklist.products)


def safety() -> list[tuple[str, str]]:
    """What to read before anything else: title and text."""
    return [(each["title"], each["text"]) for each in table("deletion")["safety"]]


def sections(checklist: Checklist) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The sections that hold steps, with their steps."""
    rows = checklist.steps.to_dicts()
    for section, name in rulebook.SECTIONS.items():
        if own := [row for row in rows if row["section"] == section]:
            yield name, own


def parts(row: dict[str, Any]) -> Iterator[Part]:
    """The lines under one step."""
    if row["warning"]:
        yield Part("warning", "Careful", row["warning"])
    for at, text in enumerate(row["do"], 1):
        yield Part("do", f"{at}." if len(row["do"]) > 1 else "", text)
    if row["path"]:
        yield Part("where", "Where", row["path"])
    if row["address"]:
        yield Part("link", "Address", row["address"])
    for text in row["say"]:
        yield Part("say", "Say", f"“{text}”")
    if row["device"] and not named(row):
        yield Part("data", "Device", row["device"])
    if row["entries"] is not None:
        yield Part("found", "In your export", _counted(row))
    yield from (Part("note", "", text) for text in row["notes"])
    yield from (Part("data", "", text) for text in row["items"])
    if row["letter"]:
        yield Part("more", "Letter", letter_file(row["maker"], row["letter"]))
    if row["leaves"]:
        yield Part("more", "Not deleted by this", row["leaves"])
    if row["why"]:
        yield Part("more", "Why", row["why"])
    yield Part("source", "Source", source(row["source"], row["evidence"], row["checked"], row["verified"]))
    if row["done_on"] or row["note"]:
        yield Part("data", "Done", " ".join(filter(None, [str(row["done_on"] or ""), row["note"]])))


def named(row: dict[str, Any]) -> str:
    """The device a step is about, if there is such a step for each; belongs to its title."""
    return row["device"] if row["entries"] is not None else ""


def _counted(row: dict[str, Any]) -> str:
    days = f", {row['first']} to {row['last']}" if row["first"] else ""
    return counted(row["entries"]) + days


def letter_file(maker: str, kind: str) -> str:
    """What a letter is called as a file."""
    return f"letter-{maker}-{kind.replace('_', '-')}.txt"


def source(text: str, evidence: str, checked: date, verified: bool = True) -> str:
    """Where something comes from, how we know, and when it was last looked at."""
    doubt = "" if verified else " Not verified in every part: compare it with what you see."
    return f"{text} ({evidence}); checked {checked}.{doubt}"


def dates(checklist: Checklist) -> list[tuple[str, list[str]]]:
    """For each maker that has received a request, its dates in words."""
    return [(to.title, dates_in_words(to.deadline)) for to in checklist.makers if to.deadline]


def law_notes(checklist: Checklist) -> list[str]:
    """How the law's period runs, what is doubtful about it, and its source."""
    if checklist.law is None:
        return []
    law = LAWS[checklist.law]
    origin = source(f"{law['basis']}; {law['source']}", rulebook.EVIDENCE[law["evidence"]], law["checked"])
    return [law["starts"], law["first"], law["extension"], law["stop"], *law["caveats"], origin]


def addresses(checklist: Checklist) -> list[tuple[str, list[str], str]]:
    """For each maker: who answers, how to reach them, and where that is known from; then the authorities."""
    if checklist.law is None and checklist.country is None:
        return []
    found = []
    for to in checklist.makers:
        contact = to.contact
        if contact is None:
            found.append((to.title, ["not known for your country: see the maker's privacy notice"], ""))
            continue
        lines = [contact.name, *contact.address, contact.email, contact.form, contact.note]
        found.append((to.title, [line for line in lines if line], f"{contact.origin}; checked {_checked()}"))
    return [*found, *_authorities(checklist)]


def _authorities(checklist: Checklist) -> Iterator[tuple[str, list[str], str]]:
    country = {"uk_gdpr": "gb", "ccpa": None}.get(checklist.law or "", checklist.country)
    offered = rulebook.authorities_of(country) if country and checklist.law else {}
    chosen = rulebook.authority(checklist.authority, checklist.law, checklist.country)
    offered = {"": chosen} if chosen else offered
    if not offered:
        return
    lines = [_authority(each) for each in offered.values()]
    lands = ["For companies it is the authority of the Land you live in, as far as we know (not verified)."]
    rule = table("authorities")
    yield "Authorities", [*(lands if len(lines) > 1 else []), *lines], f"{rule['source']}; checked {rule['checked']}"


def _authority(authority: rulebook.Authority) -> str:
    """One authority in one line, with the age of its record."""
    age = f"the record last changed {authority.changed}" if authority.changed else "age of the record not known"
    ways = [authority.name, ", ".join(authority.address), authority.email, authority.form, authority.note, age]
    return "; ".join(way for way in ways if way)


def _checked() -> date:
    day: date = table("controllers")["checked"]
    return day


def leaves(checklist: Checklist) -> list[tuple[str, tuple[str, ...], str]]:
    """For each assistant: what deleting leaves behind, and the source."""
    checked = table("deletion")["checked"]
    return [
        (each.title, each.leaves, source(each.leaves_source, rulebook.EVIDENCE[each.leaves_evidence], checked))
        for _, each in _products(checklist)
    ]


def uncovered() -> list[str]:
    """Laws that are not covered, and why."""
    return [f"{each['laws']}: {each['why']}" for each in table("law")["not_covered"]]
