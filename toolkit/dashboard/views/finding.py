"""The sentence on top of the overview: what is known of what is shown, and how much of it carries a sign."""

from __future__ import annotations

from datetime import date

import polars as pl

from toolkit.activations.tally import Tally
from toolkit.dashboard import judging, state
from toolkit.dashboard.state import Case
from toolkit.dashboard.words import Words, words
from toolkit.retention import held
from toolkit.summary import clock


def known(case: Case, entries: int, span: tuple[date, date] | None) -> Words:
    """How much there is, from when, and how long it was held; told before anything is judged.

    Args:
        case: What is open, with the records the filters leave.
        entries: How many they are, each counted once.
        span: The days of the first and the last of them.
    """
    if not span:
        return words("{n:entry|entries} without a readable time", n=entries)
    when = words("from {first} to {last}", first=span[0], last=span[1])
    if span[0] == span[1]:
        when = words("of {day}", day=span[0])
    days = _held_days(case, span[0])
    if days and days > 1:
        when = words("{when}, the oldest still held {n:day|days} later", when=when, n=days)
    return words("{n:entry|entries} {when}", n=entries, when=when)


def _held_days(case: Case, first: date) -> int | None:
    """How many days after its recording the oldest entry shown was still held, as far as that is known."""
    known = state.once("held", case.number, lambda: held(case.export))
    day = clock(case.export.timezone).dt.date().alias("day")
    oldest = case.records.select(pl.col("vendor").cast(pl.String), day).filter(pl.col("day") == first)
    until = known[oldest["vendor"][0]].day
    return (until - first).days if until else None


def awaited(marking: bool, entries: int) -> Words:
    """What `judged` will say, as long, and without its figures.

    Args:
        marking: Whether any maker marks accidental activations.
        entries: How many there are: no figure to come is longer.
    """
    room = words("…")
    for _ in range(len(words("{n}", n=entries)) - 2):  # an ellipsis is as wide as two figures
        room = words("{room}\N{FIGURE SPACE}", room=room)
    voice = words("of {n} activations by voice", n=room)
    marked = words("the maker marked {n} as not meant for the assistant", n=room)
    if judging.facts_only():
        if not marking:
            return words("the maker marks no accidental activations")
        return words("{voice}, {marked}", voice=voice, marked=marked)
    told = words("{n} carry signs of an accident in text or status", n=room)
    if marking:
        told = words("{marked}, {n} more carry signs in text or status", marked=marked, n=room)
    return words("{voice}, {told}, and for {n} nothing can be told", voice=voice, told=told, n=room)


def judged(counts: Tally) -> Words:
    """How many activations carry a sign, and for how many nothing can be told."""
    number = {name: count.activations for name, count in counts.classes.items()}
    voice = words("of {n:activation|activations} by voice", n=counts.voice.activations)
    if not counts.voice.activations:
        return words("no activation by voice among them")
    some = words("{n}", n=number["provider_marked"]) if number["provider_marked"] else words("none")
    marked = words("the maker marked {some} as not meant for the assistant", some=some)
    if judging.facts_only():
        return (
            words("{voice}, {marked}", voice=voice, marked=marked)
            if counts.marking
            else words("the maker marks no accidental activations")
        )
    if number["cannot_tell"] == counts.voice.activations:
        return words("for none {voice} can it be told whether it was an accident", voice=voice)
    signs = number["likely"] + number["possible"]
    verb = words("carries") if signs < 2 else words("carry")
    some = words("{n}", n=signs) if signs else words("none")
    told = words("{some} {verb} signs of an accident in text or status", some=some, verb=verb)
    if counts.marking and not signs:
        told = words("{marked}, no other carries signs in text or status", marked=marked)
    elif counts.marking:
        told = words("{marked}, {n} more {verb} signs in text or status", marked=marked, n=signs, verb=verb)
    return words("{voice}, {told}, and for {n} nothing can be told", voice=voice, told=told, n=number["cannot_tell"])
