"""`checklist`: from an export, or from nothing but a maker's name, to the list, the letters and the dates."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import polars as pl

from toolkit.checklist import calendar, letters, mail, page, rulebook, steps, tasks, whole
from toolkit.checklist.figures import Progressed, Situation
from toolkit.checklist.findings import Found, Ticked, find
from toolkit.checklist.ids import Scope
from toolkit.checklist.letters import Addressee, Letter
from toolkit.deadlines import Span, acknowledged_by, deadline, known
from toolkit.load import Export
from toolkit.problems import Ambiguous, ToolkitError

_FILES = pl.Schema({"path": pl.String(), "sha256": pl.String()})


@dataclass(frozen=True, slots=True)
class Checklist:
    """What to do, in order, and what to send; one person's.

    Attributes:
        steps: One row for each thing to do, columns as in `steps.STEPS`.
        letters: Drafts, for each maker in the order of the law; empty without a law.
        makers: Those the list is about, with dates and addresses.
        law: One of `toolkit.deadlines.LAWS`; None if the user chose none.
        track: ``clean_up`` or ``keep_claim``.
        language: Language asked for the letters; the list itself is in English.
        country: Two letters of where the person lives; None if not said.
        authority: Id of the authority the user chose; None if none was chosen.
        person: Whose list it is, in the user's own words; may be empty.
        clock: By which clock days are counted, in words.
        files: ``path`` and ``sha256`` of the files read.
        made: When the list was made.
        products: Ids of the assistants it is about.
        found: What the export holds of them; empty without a file.
        remarks: What every figure rests on and nobody has confirmed, in our own words.
    """

    steps: pl.DataFrame = field(repr=False)
    letters: tuple[Letter, ...]
    makers: tuple[Addressee, ...]
    law: str | None
    track: str
    language: str
    country: str | None
    authority: str | None
    person: str
    clock: str
    files: pl.DataFrame = field(repr=False)
    made: datetime
    products: tuple[str, ...]
    found: tuple[Found, ...] = field(repr=False)
    remarks: tuple[str, ...]

    def with_progress(self, progress: Mapping[str, Progressed]) -> Checklist:
        """The same list with other ticks, days and notes, by id of the step."""
        return replace(self, steps=steps.marked(self.steps, progress))

    def ids_csv(self, maker: str | None = None) -> bytes:
        """The entries an erasure letter asks for, for their maker only: its own ids, times, serials and reasons.

        Args:
            maker: Whose; None if there is just one.

        Raises:
            Ambiguous: There are several makers with entries, and *maker* names none of them.
            ToolkitError: There is no such list.
        """
        to = self._one(maker, [each for each in self.makers if each.ids])
        return to.ids.data if to.ids else b""

    def to_markdown(self) -> str:
        """The list as Markdown tasks, for GitHub, Obsidian or Joplin; names in it can do nothing."""
        return tasks.markdown(self)

    def to_html(self, letters: bool = False) -> str:
        """The list as one page to print, which loads nothing from anywhere.

        Args:
            letters: Whether the letters follow, each on a page of its own; they name serials, which the list does not.
        """
        return page.html(self, letters)

    def to_ics(self) -> bytes:
        """The dates as a calendar file; without any date it holds no event."""
        return calendar.ics(self)

    def to_eml(self, maker: str | None = None, kind: str | None = None) -> bytes:
        """One letter as a draft for a mail program, with the list of ids if it is about erasure.

        Args:
            maker: To whom; None if there is just one.
            kind: Which letter, such as ``access``; None for the first step of the track.

        Raises:
            Ambiguous: There are several makers, and *maker* names none of them.
            ToolkitError: There is no such letter.
        """
        to = self._one(maker, list(self.makers))
        wanted = kind or letters.first_kind(self.law, self.track)
        found = [letter for letter in self.letters if letter.maker == to.maker and letter.kind == wanted]
        if not found:
            raise ToolkitError("There is no such letter.", "Choose a law first, then one of its letters.")
        return mail.eml(found[0], to)

    def to_json(self) -> str:
        """Everything but the letters' texts and the ids, for programs."""
        return whole.json(self)

    def letter(self, maker: str, kind: str) -> Letter | None:
        """The letter of that kind to that maker, if there is one."""
        return next((each for each in self.letters if (each.maker, each.kind) == (maker, kind)), None)

    def _one(self, maker: str | None, among: list[Addressee]) -> Addressee:
        named = [each for each in among if maker in (None, each.maker)]
        if len(named) == 1:
            return named[0]
        if named:
            raise Ambiguous("There are several makers.", f"Name one: {', '.join(each.maker for each in named)}.")
        raise ToolkitError("There is nothing of that maker in this list.", "Look at its makers.")


def checklist(
    export: Export | None,
    law: str | None = None,
    language: str = "en",
    sent: Mapping[str, date] | None = None,
    received: Mapping[str, date] | None = None,
    *,
    makers: Sequence[str] = (),
    track: str = "clean_up",
    country: str | None = None,
    authority: str | None = None,
    scope: Scope | None = None,
    activations: pl.DataFrame | None = None,
    ticks: Mapping[str, Ticked] | None = None,
    progress: Mapping[str, Progressed] | None = None,
    compared: pl.DataFrame | None = None,
    stopped: Mapping[str, Sequence[Span]] | None = None,
    extended: Collection[str] = (),
    seats: Mapping[str, str] | None = None,
    complained: Mapping[str, date] | None = None,
    person: str = "",
    names: bool = True,
    made: datetime | None = None,
) -> Checklist:
    """Turn what was found into a list of what to do, with letters and dates.

    Args:
        export: As from `toolkit.load`; None for people without a file, who name *makers*.
        law: One of `toolkit.deadlines.LAWS`, chosen by the user; None gives the list without letters and dates.
        language: Language of the letters, one of `letters.LANGUAGES`.
        sent: Maker -> day the request was sent.
        received: Maker -> day it arrived; for e-mail and web forms that is the day it was sent.
        makers: Assistants or makers the user has beside those in the export, such as ``homepod``.
        track: ``clean_up``: delete now; ``keep_claim``: keep, ask, wait, delete last.
        country: Two letters of where the user lives; chooses addresses and the authority.
        authority: Id of the authority to complain to, where the country has several.
        scope: What the erasure letter asks for; None for everything.
        activations: As from `toolkit.activations`; without them the maker's own status of each entry counts.
        ticks: Activation id -> the user's verdict, as one person's ticks in a case.
        progress: Step id -> what is done.
        compared: ``Comparison.summary`` of an older and a newer export.
        stopped: Maker -> spans in which its clock stood still; None as the end of one: it still does.
        extended: Makers that announced in time that they need longer.
        seats: Maker -> country whose public holidays are to count instead of its seat's.
        complained: Maker -> day a complaint arrived there, where a law wants that before the authority (UK GDPR).
        person: Whose list it is; several people of one case have a list each, since each writes in their own name.
        names: Whether people and skills are called by their names; else by numbers.
        made: When the list is made; None takes the clock's time.

    Returns:
        The list. Without a date of receipt there are no deadlines in it.

    Raises:
        Unsupported: The law is not one of those covered in full.
        ToolkitError: There is nothing to make a list of, or one of the arguments names something unknown.
    """
    _check_words(law, track, language)
    found = {each.product: each for each in find(export, activations, ticks)} if export else {}
    products = _products(found, makers)
    country = rulebook.country_of(country) if country else None
    dates = _Dates(sent or {}, received or {}, stopped or {}, extended, seats or {}, complained or {})
    scope = scope or Scope()
    addressees = _addressees(products, found, law, country, dates, scope)
    situation = Situation(
        track=track,
        law=law,
        country=country,
        authority=authority,
        products=products,
        found=found,
        makers=addressees,
        files=_files(export),
        compared=compared,
        progress=progress or {},
        names=names,
    )
    return Checklist(
        steps=steps.chosen(situation),
        letters=_letters(addressees, law, language, scope, rulebook.authority(authority, law, country)),
        makers=addressees,
        law=law,
        track=track,
        language=language,
        country=country,
        authority=authority,
        person=person,
        clock=_clock(export),
        files=situation.files,
        made=made or datetime.now(UTC),
        products=products,
        found=tuple(found.values()),
        remarks=_remarks(export),
    )


def _check_words(law: str | None, track: str, language: str) -> None:
    if law is not None:
        known(law)
    if track not in rulebook.TRACKS:
        raise ToolkitError("There is no such track.", f"Choose one of: {', '.join(rulebook.TRACKS)}.")
    if language not in letters.LANGUAGES:
        raise ToolkitError("There are no letters in that language.", f"Choose one of: {', '.join(letters.LANGUAGES)}.")


def _products(found: Mapping[str, Found], makers: Sequence[str]) -> tuple[str, ...]:
    products = tuple(dict.fromkeys([*found, *map(rulebook.product_of, makers)]))
    if not products:
        raise ToolkitError(
            "There is nothing to make a list of: no entries and no maker.", "Name the assistants you use as makers."
        )
    return products


@dataclass(frozen=True, slots=True)
class _Dates:
    """What the user enters for each maker."""

    sent: Mapping[str, date]
    received: Mapping[str, date]
    stopped: Mapping[str, Sequence[Span]]
    extended: Collection[str]
    seats: Mapping[str, str]
    complained: Mapping[str, date]

    def check(self, makers: Collection[str]) -> None:
        """A date under a name nobody has would be lost in silence."""
        given = (self.sent, self.received, self.stopped, self.extended, self.seats, self.complained)
        if {name for each in given for name in each} - set(makers):
            listed = ", ".join(makers) or "none"
            raise ToolkitError(
                "A date or setting names a maker that is not in this list.", f"Its makers are: {listed}."
            )
        if any(day < self.sent.get(maker, day) for maker, day in self.received.items()):
            raise ToolkitError("A request cannot arrive before it was sent.", "Check the two days.")


def _addressees(
    products: Sequence[str],
    found: Mapping[str, Found],
    law: str | None,
    country: str | None,
    dates: _Dates,
    scope: Scope,
) -> tuple[Addressee, ...]:
    """Makers with somebody to write to, in the order of their products."""
    owned: dict[str, list[str]] = {}
    for product in products:
        owned.setdefault(rulebook.products()[product].maker, []).append(product)
    owned.pop("", None)  # what lies on the user's own disk has nobody to write to
    dates.check(owned)
    return tuple(_addressee(maker, own, found, law, country, dates, scope) for maker, own in owned.items())


def _addressee(
    maker: str,
    products: Sequence[str],
    found: Mapping[str, Found],
    law: str | None,
    country: str | None,
    dates: _Dates,
    scope: Scope,
) -> Addressee:
    held = tuple(found[product] for product in products if product in found)
    contact = rulebook.contact(maker, law, country)
    received, complained = dates.received.get(maker), dates.complained.get(maker)
    due = acknowledge = None
    if law and received:
        seat = dates.seats.get(maker, contact.seat if contact else "")
        due = deadline(law, received, seat, dates.stopped.get(maker, ()), maker in dates.extended)
    if law and complained:
        acknowledge = acknowledged_by(complained, law)
    ids = letters.ids_of(held, scope)
    return Addressee(
        maker=maker,
        products=tuple(products),
        found=held,
        contact=contact,
        sent=dates.sent.get(maker),
        received=received,
        deadline=due,
        acknowledge_by=acknowledge,
        ids=ids,
        not_asked=scope.part and ids is None,
    )


def _letters(
    addressees: Sequence[Addressee], law: str | None, language: str, scope: Scope, authority: rulebook.Authority | None
) -> tuple[Letter, ...]:
    if law is None:
        return ()
    return tuple(letter for to in addressees for letter in letters.letters(to, law, language, scope, authority))


def _files(export: Export | None) -> pl.DataFrame:
    if export is None:
        return _FILES.to_frame()
    return export.files.filter(pl.col("sha256").is_not_null()).select(list(_FILES))


def _remarks(export: Export | None) -> tuple[str, ...]:
    if export is None or all(one.confirmed for one in export.column_maps):
        return ()
    return ("Nobody has confirmed what the columns of this export mean. Every figure rests on that assumption.",)


def _clock(export: Export | None) -> str:
    if export is None:
        return "by your own clock"
    if export.timezone:
        return f"by the clock of {export.timezone}"
    return "in UTC, or by the clock as written where the file states no zone"
