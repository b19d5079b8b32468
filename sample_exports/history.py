"""The days of the imagined household, filled with scenes: the same rhythm whatever maker's history is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, TypeVar

from dice import Dice
from household import FIRST_DAY, LAST_DAY, Cast, cast, day_weight, moment

E = TypeVar("E", bound=Any)  # a frozen dataclass with time_ms
_APART_MS = 400_000  # false wakes stood alone for minutes in real histories, so scenes keep this distance on quiet days


def lived(
    count: int, dice: Dice, deck: tuple[Callable[[Cast, Dice], list[E]], ...], language: str | None = None
) -> Iterator[E]:
    """What happened, oldest first.

    The two years stay the same whatever the count; more events make busier days.

    Args:
        count: How many events there are, exactly.
        dice: Decides everything.
        deck: Scenes, dealt shuffled, and shuffled anew each time all were dealt.
        language: If given, everybody speaks it.

    Yields:
        One event at a time; no two share a millisecond.
    """
    scenes = _deal(dice, deck)
    done, last = 0, 0
    for day, due in _quota(count):
        for event in _day(day, due - done, dice, scenes, language):
            if done == count:
                return
            event = event if event.time_ms > last else replace(event, time_ms=last + 1)
            last = event.time_ms
            done += 1
            yield event


def _quota(count: int) -> Iterator[tuple[date, int]]:
    """Every day somebody is at home, and how many events there are to be by its end."""
    days = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]
    weights = [day_weight(day) for day in days]
    so_far, total = 0, sum(weights)
    for day, weight in zip(days, weights, strict=True):
        so_far += weight
        if weight:
            yield day, count * so_far // total


def _deal(dice: Dice, deck: tuple[Any, ...]) -> Iterator[Any]:
    while True:
        yield from dice.shuffled(deck)


def _day(day: date, least: int, dice: Dice, scenes: Iterator[Any], language: str | None) -> list[Any]:
    """At least that many events of one day, in order of time."""
    found: list[Any] = []
    taken: set[int] = set()
    while len(found) < least:
        for _ in range(4):
            local_ms = moment(day, dice)
            if not taken.intersection(range(local_ms // _APART_MS - 1, local_ms // _APART_MS + 2)):
                break
        taken.add(local_ms // _APART_MS)
        scene, who = next(scenes), cast(day, local_ms, dice)
        found += scene(replace(who, language=language) if language else who, dice)
    return sorted(found, key=lambda event: event.time_ms)
