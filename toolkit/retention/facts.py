"""The makers' settings, periods and policy changes from `rules/retention.toml`, each with its source and its age."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from dateutil.relativedelta import relativedelta

from toolkit import rules

# What of a rule's data an export can show, and as what.
SHOWN = {"audio": "audio", "audio_if_opted_in": "audio", "transcript": "transcript", "activity": "transcript"}
_FRESH = relativedelta(months=12)


@dataclass(frozen=True, slots=True)
class Product:
    """A product that `Rule` and ``records.product`` name.

    Attributes:
        name: How it is shown.
        kept: How long it is kept, in a few words with their grade.
        rules: What the ids of its rules begin with; empty if it has none.
    """

    id: str
    name: str
    vendor: str
    kept: str
    rules: str = ""
    source: str = ""
    checked: date | None = None

    @property
    def told(self) -> str:
        """How long it is kept, by whose word, and when that was read."""
        checked = f"checked {self.checked}" if self.checked else ""
        return "; ".join(filter(None, (self.kept, self.source, checked)))


@dataclass(frozen=True, slots=True)
class Rule:
    """How long one setting keeps some kinds of data; the fields are described at the head of `rules/retention.toml`."""

    id: str
    product: str
    data: tuple[str, ...]
    setting: str
    label: str
    default: bool | str
    region: str
    clock: str
    status: str
    evidence: str
    sources: tuple[str, ...]
    checked: date
    period: tuple[str, int] | None = None
    choice: bool = False
    removes_all: bool = False
    covers_from: date | None = None
    covers_to: date | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    default_note: str = ""
    note: str = ""

    @property
    def shown(self) -> frozenset[str]:
        """What of it can be dated from an export: ``audio``, ``transcript``, both or nothing.

        Nothing where something else than the recording starts the clock, and of a setting nobody can choose any more.
        """
        if self.clock != "recorded" or (self.status == "historic" and not self.default):
            return frozenset()
        return frozenset(SHOWN[kind] for kind in self.data if kind in SHOWN)

    @property
    def months(self) -> int | None:
        """Its period if that is counted in months or years."""
        unit, count = self.period or ("", 0)
        return {"months": count, "years": 12 * count}.get(unit)

    @property
    def hours(self) -> int | None:
        """Its period if that is counted in hours."""
        return self.period[1] if self.period and self.period[0] == "hours" else None

    @property
    def doubtful(self) -> bool:
        """Whether no source was found for it, or its sources contradict each other."""
        return self.evidence == "unverified" or self.status == "contradicted"

    def due(self, day: date) -> date | None:
        """The day on which what was recorded on *day* is due; None without an end date, or if hours count.

        Months are those of the calendar, from the day of recording in one step, clamped to the last day of a shorter
        month: 29 February 2024 and 18 months make 29 August 2025.
        """
        if self.period is None or self.hours is not None:
            return None
        return _later(day, *self.period)


@dataclass(frozen=True, slots=True)
class Event:
    """A change in what a maker keeps.

    Attributes:
        when: As known: a day, or a month such as ``2019-09``.
        day: That day, or the first of that month.
        main: Whether it is drawn in the timeline.
    """

    when: str
    day: date
    vendor: str
    says: str
    evidence: str
    source: str
    checked: date
    main: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Unseen:
    """Something a maker may keep that no export shows: told, never counted."""

    vendor: str
    says: str
    evidence: str
    source: str
    checked: date


@dataclass(frozen=True, slots=True)
class Facts:
    """All of `rules/retention.toml`."""

    products: dict[str, Product]
    rules: dict[str, Rule]
    events: tuple[Event, ...]
    unseen: tuple[Unseen, ...]
    not_known: tuple[str, ...]
    slack_days: int

    def of(self, product: str | None) -> list[Rule]:
        """The rules of a product that can be dated from an export, the shortest period first, no end date last."""
        found = [rule for rule in self.rules.values() if rule.product == product and rule.shown]
        return sorted(found, key=_length)


@lru_cache(maxsize=1 << 16)
def _later(day: date, unit: str, count: int) -> date:
    later: date = day + relativedelta(**{unit: count})
    return later


def _length(rule: Rule) -> tuple[bool, int]:
    unit, count = rule.period or ("", 0)
    hours = {"hours": 1, "days": 24, "months": 24 * 30, "years": 24 * 365}
    return rule.period is None, count * hours.get(unit, 0)


def _read() -> Facts:
    table = rules.table("retention")
    return Facts(
        products={row["id"]: Product(**row) for row in table["product"]},
        rules={row["id"]: _rule(row) for row in table["rule"]},
        events=tuple(sorted((_event(row) for row in table["event"]), key=lambda event: event.day)),
        unseen=tuple(Unseen(**row) for row in table["unseen"]),
        not_known=tuple(table["not_known"]),
        slack_days=table["slack_days"],
    )


def _rule(row: dict[str, Any]) -> Rule:
    period = next(iter(row.get("period", {}).items()), None)
    return Rule(**{**row, "period": period, "data": tuple(row["data"]), "sources": tuple(row["sources"])})


def _event(row: dict[str, Any]) -> Event:
    day = row["when"] if len(row["when"]) == 10 else row["when"] + "-01"
    return Event(**row, day=date.fromisoformat(day))


FACTS = _read()


def stale(today: date) -> list[Rule]:
    """The rules whose sources were last read more than twelve months before *today*."""
    return [rule for rule in FACTS.rules.values() if rule.checked + _FRESH < today]


def policy_changes(vendors: Iterable[str], first: date, last: date) -> list[Event]:
    """The changes of these makers from *first* to *last*, the earliest first."""
    wanted = set(vendors)
    return [event for event in FACTS.events if event.vendor in wanted and first <= event.day <= last]
