"""Which setting was probably in force, with the reasons: told by what is still there, and never more than likely."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, cast

import polars as pl
from dateutil.relativedelta import relativedelta

from toolkit.load import Export
from toolkit.retention import alike
from toolkit.retention.due import empty_months, held
from toolkit.retention.facts import FACTS, Rule

Verdict = Literal["no_auto_delete", "likely", "possible", "cannot_tell"]
_NEAR = 31  # days: the oldest entry lies "about" at the edge of a period
_SOUND_OFF = {"google": date(2020, 8, 5), "microsoft": date(2020, 10, 30)}  # see the events of those days
_TRANSCRIPTS = 30  # days the words live under "Don't save recordings" (text of 2020)


@dataclass(frozen=True, slots=True)
class Likely:
    """What an export lets one conclude about one product's setting.

    Attributes:
        verdict: ``no_auto_delete`` (every auto-delete on offer would have removed what is still there), ``likely``,
            ``possible`` or ``cannot_tell``.
        fits: Ids of the auto-delete rules that the entries do not speak against.
        refuted: Ids of those they do.
        says: The conclusion, in one or two sentences.
        reasons: What it rests on, and what else it could be.
        oldest: Day of the oldest entry.
        newest: Day of the newest entry.
    """

    vendor: str
    product: str
    verdict: Verdict
    fits: tuple[str, ...]
    refuted: tuple[str, ...]
    says: str
    reasons: tuple[str, ...]
    oldest: date | None
    newest: date | None


def likely_setting(export: Export, in_use_since: date | None = None) -> tuple[Likely, ...]:
    """The setting that was probably in force when the export was made, for each product in it.

    Counted to the last day each maker's entries are known to have been held (see `held`), and to no other: what was
    kept later is not known.

    Args:
        export: As read.
        in_use_since: A day on which the assistant is known to have been in use, from an order, a photograph, memory.
            With it, a history that begins later says more.
    """
    days = held(export)
    kept = alike.grouped(alike.entries(export))
    products = export.records.select(pl.col("vendor").cast(pl.String), "product").unique().sort("vendor", "product")
    found = []
    for vendor, product in products.iter_rows():
        theirs, ref = kept.filter(pl.col("product") == product), days[vendor]
        if ref.day is None or theirs["day"].count() == 0:
            says = "Cannot be told: no entry has a time that could be read."
            found.append(Likely(vendor, product, "cannot_tell", (), (), says, (), None, None))
        else:
            found.append(_Case(export, theirs, ref.day, ref.basis, vendor, product, in_use_since).concluded())
    return tuple(found)


class _Case:
    """One product with at least one dated entry, and what its entries show."""

    def __init__(
        self, export: Export, kept: pl.DataFrame, day: date, basis: str, vendor: str, product: str, since: date | None
    ) -> None:
        self.export, self.kept, self.day, self.basis = export, kept, day, basis
        self.vendor, self.product = vendor, product
        self.oldest = cast("date", kept["day"].min())
        self.newest = cast("date", kept["day"].max())
        self.since = since
        self.slack = timedelta(days=FACTS.slack_days)

    def concluded(self) -> Likely:
        rules = [rule for rule in FACTS.of(self.product) if rule.choice and rule.months]
        refuted = [rule for rule in rules if self._refuted(rule)]
        fits = [rule for rule in rules if rule not in refuted]
        verdict, says = self._verdict(fits, refuted)
        reasons = (*self._reasons(verdict), *self._questions())
        return Likely(
            self.vendor, self.product, verdict, _ids(fits), _ids(refuted), says, reasons, self.oldest, self.newest
        )

    def _refuted(self, rule: Rule) -> bool:
        """Whether something is still there that the rule would have removed, with days to spare."""
        return self.oldest < self._edge(rule)

    def _edge(self, rule: Rule) -> date:
        """What is older than this day would be gone."""
        edge: date = self.day - relativedelta(months=rule.months or 0) - self.slack
        return edge

    def _verdict(self, fits: list[Rule], refuted: list[Rule]) -> tuple[Verdict, str]:
        if not fits and not refuted:
            says = "Cannot be told: no setting with a period of its own is known for this product."
            if self.kept["expires"].count():
                says += " For some of its entries the maker itself states an end date."
            return "cannot_tell", says
        if not fits:
            return "no_auto_delete", (
                f"Likely no auto-delete: {_periods(refuted)} would have removed entries that were still held on "
                f"{self._when()}. The oldest is of {_day(self.oldest)}."
            )
        if self._words_only_and_young():
            return self._dont_save()
        return self._shortest(fits, refuted)

    def _words_only_and_young(self) -> bool:
        """At most 30 days of words, and no clip named, where the maker offers not to save sound."""
        offers = any(rule.setting == "dont_save" for rule in FACTS.of(self.product))
        young = self.oldest >= self.day - timedelta(days=_TRANSCRIPTS) - self.slack
        return offers and young and not self.kept["audio"].any()

    def _dont_save(self) -> tuple[Verdict, str]:
        if self.since is not None and self.since < self.day - timedelta(days=_TRANSCRIPTS) - self.slack:
            return "likely", (
                'Likely "Don\'t save recordings": no clip is named, and no entry is older than 30 days, though the '
                "assistant was in use before."
            )
        return "possible", (
            'Cannot be told: no clip is named and no entry is older than 30 days. "Don\'t save recordings" would look '
            "like this; so would an account or a device that is no older, or a history deleted by hand."
        )

    def _shortest(self, fits: list[Rule], refuted: list[Rule]) -> tuple[Verdict, str]:
        rule = fits[0]
        before = f"A{_periods(refuted)[1:]} was likely not in force: older entries were still held. " if refuted else ""
        older = self.since is not None and self.since < self._edge(rule)
        near = not refuted or self.oldest <= self._edge(rule) + self.slack + timedelta(days=_NEAR)
        if older and near:
            return "likely", (
                f"{before}Likely auto-delete after {rule.months} months: no entry is older, though the assistant was "
                "in use before. A history deleted by hand would look the same."
            )
        return "possible", (
            f"{before}Auto-delete after {_months(fits)} months cannot be told from none: no entry is old enough. The "
            "account or the device may be no older, or older entries were deleted by hand."
        )

    def _when(self) -> str:
        day = "the export's date" if self.basis == "exported_at" else "the day of the maker's latest entry"
        return f"{day}, {_day(self.day)}"

    def _reasons(self, verdict: Verdict) -> Iterator[str]:
        yield (
            f"The entries are of {_day(self.oldest)} to {_day(self.newest)}; counted to {self._when()}, "
            f"the oldest is {(self.day - self.oldest).days:,} days old."
        )
        if self.basis == "latest":
            yield "The file does not say when it was made; everything is at least as old as counted here."
        if self.since is not None and self.since < self.oldest:
            yield f"In use since {_day(self.since)}, as you stated."
        if verdict == "no_auto_delete":
            yield "A setting chosen only shortly before the export could not show yet."
        if verdict != "cannot_tell":
            yield (
                f"{FACTS.slack_days} days were allowed for: no maker says how often auto-delete runs, nor whether "
                "3 months are 90 days."
            )

    def _questions(self) -> Iterator[str]:
        """What stands out and can mean several things."""
        yield from self._gaps()
        yield from self._stated()
        silent, heard = self._count(~pl.col("audio")), self._count(pl.col("audio"))
        if silent and heard:
            yield (
                f"{_entries(silent)} no clip, {heard:,} {'does' if heard == 1 else 'do'}: the sound may have been "
                "deleted apart from the words, or never saved, or not been put into this kind of file."
            )
        elif silent:
            yield "No entry names a clip: whether the maker still holds sound cannot be told from this kind of file."
        yield from self._late_sound()
        unzoned = self._count(~pl.col("zoned"))
        if unzoned:
            yield f"The zone of {unzoned:,} times is not known; their days may be off by one, which the slack covers."
        undated = self._count(pl.col("day").is_null())
        if undated:
            yield f"{undated:,} without a readable time: nothing can be said of them."

    def _count(self, which: pl.Expr) -> int:
        """How many entries are such."""
        return int(self.kept.filter(which)["entries"].sum())

    def _gaps(self) -> Iterator[str]:
        gaps = empty_months(self.export).filter(pl.col("product") == self.product)
        for first, last in gaps.sort("months", descending=True).head(3).select("first", "last").iter_rows():
            span = f"{first:%B %Y}" if first == last else f"{first:%B %Y} to {last:%B %Y}"
            yield (
                f"No entry from {span}: deleted by hand, not used, or in a part that is not here. The file cannot tell."
            )
        if gaps.height > 3:
            yield f"{gaps.height - 3:,} more such gaps of at least one whole month."

    def _stated(self) -> Iterator[str]:
        """End dates the maker gives; whether it kept to them shows only where the clip is there."""
        stated = self._count(pl.col("expires").is_not_null())
        if not stated:
            return
        over = pl.col("expires").dt.date() < self.day
        theirs = (pl.col("product") == self.product) & pl.col("duplicate_of").is_null() & (pl.col("audio_found") > 0)
        there = self.export.records.filter(theirs & over).height
        yield (
            f"The file states an end date for {stated:,} entries. For {self._count(over):,} it lies before "
            f"{self._when()}; the clips of {there:,} of these are among your files all the same."
        )

    def _late_sound(self) -> Iterator[str]:
        day = _SOUND_OFF.get(self.vendor)
        late = self._count(pl.col("audio") & (pl.col("day") > day)) if day else 0
        if late and self.vendor == "google":
            yield (
                f"{late:,} clips are later than 5 August 2020, when Google switched saving of sound off for everybody: "
                "it was likely switched on again, or they come from Gemini or the Home app."
            )
        elif late:
            yield f"{late:,} clips are later than 30 October 2020; Microsoft says that it links none to accounts since."


def _ids(rules: list[Rule]) -> tuple[str, ...]:
    return tuple(rule.id for rule in rules)


def _periods(rules: list[Rule]) -> str:
    return f"auto-delete after {_months(rules)} months"


def _months(rules: list[Rule]) -> str:
    return " or ".join(str(rule.months) for rule in rules)


def _entries(count: int) -> str:
    return "1 entry names" if count == 1 else f"{count:,} entries name"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
