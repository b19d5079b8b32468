"""The dates as a calendar file (RFC 5545): whole days with an alarm at nine, in our own words only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from toolkit.checklist.figures import dates_in_words
from toolkit.checklist.letters import Addressee
from toolkit.deadlines import LAWS, Deadline
from toolkit.rules import table

if TYPE_CHECKING:
    from toolkit.checklist.build import Checklist

_WEEK, _MONTHS = timedelta(days=7), timedelta(days=60)
_OCTETS = 75  # of a line, without its end


@dataclass(frozen=True, slots=True)
class Event:
    """One day."""

    kind: str
    day: date
    summary: str
    description: str


def ics(checklist: Checklist) -> bytes:
    """The calendar."""
    stamp = f"{checklist.made.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//voice-history-toolkit//checklist//EN", "CALSCALE:GREGORIAN"]
    for to in checklist.makers:
        for event in events(to):
            lines += _event(event, f"{to.maker}|{event.kind}|{to.received}|{checklist.person}", stamp, checklist.law)
    return "".join(_folded(line) for line in [*lines, "END:VCALENDAR"]).encode()


def events(to: Addressee) -> Iterator[Event]:
    """The days of one maker, earliest first within the law's own."""
    due, title = to.deadline, f"{to.title} voice data"
    if to.acknowledge_by:
        day = to.acknowledge_by + timedelta(days=1)
        yield Event("acknowledged", day, f"{title}: has the complaint been acknowledged?", "Within 30 days of receipt.")
    if due is None:
        return
    if due.complain_from is None or due.latest is None:
        yield Event("stopped", due.received + _WEEK, f"{title}: is the clock still stopped?", _told(due))
        return
    if due.confirm_by:
        day = due.confirm_by + timedelta(days=1)
        yield Event("confirm", day, f"{title}: has receipt been confirmed?", _told(due))
    yield Event("overdue", due.complain_from, f"{title}: the reply is overdue from today", _told(due))
    if not due.extended:
        day = due.latest + timedelta(days=1)
        yield Event("latest", day, f"{title}: the longest possible deadline has passed", _told(due))
    text = f"A reminder sent today gives {table('law')['reminder']['days']} days more."
    yield Event("remind", due.complain_from + _WEEK, f"{title}: reminder sent?", text)
    yield Event("check", due.received + _WEEK, f"{title}: look into the history again", "Is what you deleted gone?")
    text = "Ask for a new export and compare the two."
    yield Event("compare", due.received + _MONTHS, f"{title}: ask for a new export", text)


def _told(due: Deadline) -> str:
    return "; ".join([*dates_in_words(due), LAWS[due.law]["basis"], "Draft, not legal advice."])


def _event(event: Event, identity: str, stamp: str, law: str | None) -> list[str]:
    """A stable uid, so that a calendar imported again is updated and not doubled."""
    following = event.day + timedelta(days=1)
    return [
        "BEGIN:VEVENT",
        f"UID:{sha256(identity.encode()).hexdigest()[:32]}@voice-history-toolkit.invalid",
        f"DTSTAMP:{stamp}",
        f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{following:%Y%m%d}",
        f"SUMMARY:{_escaped(event.summary)}",
        f"DESCRIPTION:{_escaped(event.description)}",
        f"CATEGORIES:{_escaped((law or '').upper().replace('_', ' '))}",
        "STATUS:CONFIRMED",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_escaped(event.summary)}",
        "TRIGGER:PT9H",
        "END:VALARM",
        "END:VEVENT",
    ]


def _escaped(text: str) -> str:
    for mark in ("\\", ";", ","):
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\n", "\\n")


def _folded(line: str) -> str:
    """Lines of at most 75 octets, never cut inside a character; a following one begins with a blank."""
    pieces, piece, size = [], "", 0
    for character in line:
        width = len(character.encode())
        if size + width > _OCTETS:
            pieces.append(piece)
            piece, size = " ", 1
        piece += character
        size += width
    return "\r\n".join([*pieces, piece]) + "\r\n"
