"""What an account of the imagined household has in Google's "My Activity", and who looks at it in which language.

``events`` is the truth; `takeout_files` writes it, as JSON or as HTML. (Not called ``google``: a package of that name
exists, and streamlit needs it.)
"""

from __future__ import annotations

import html
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from alexa import zip_parts
from dice import Dice
from history import lived
from household import EPOCH, Cast
from phrases import SPEECH

__all__ = ["DECK", "Account", "Event", "Place", "clip_name", "events", "zip_parts"]

SEED = 20231106
ASSISTANT, VOICE, GEMINI, SEARCH = "assistant", "voice", "gemini", "search"
SAID, UNKNOWN, USED, TAPPED = "said", "unknown_command", "used", "tapped"
HOTWORD, STRANGER = "hotword", "stranger"
FOREIGN = (  # for escapes and for alphabets that the household does not write
    "明日の天気は",
    "quelle heure est-il à Zürich",
    "поставь таймер на 5 минут",
    "what's 3 < 4 & 5 > 4",
    'play "Seven Spoons" = loud',
    "كم الساعة الآن",
)


class Place(NamedTuple):
    """Where it happened: the middle of the Pacific, whoever speaks."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the account's true activity, whatever format and language it is later written in.

    Attributes:
        time_ms: Epoch milliseconds, UTC; no two events share one.
        products: Which collections hold it; the first says whose row it is.
        kind: ``said``, ``unknown_command``, ``used`` or ``tapped``.
        transcript: What was said, typed or, of a tap, tapped on; None if no text was kept.
        linked: Whether the row has the search link that repeats the transcript.
        answers: What was answered; of Gemini, as markup.
        details: ``hotword`` and ``stranger``, as far as they hold.
        place: None if no place was kept.
        audio: File name of the clip; None if there is none.
        audio_ms: Its length.
        language: BCP 47 tag of what was said; no row states it.
        accidental: True if nobody spoke to the assistant. Truth only: no row states it.
    """

    time_ms: int
    products: tuple[str, ...]
    kind: str
    transcript: str | None
    linked: bool
    answers: tuple[str, ...]
    details: tuple[str, ...]
    place: Place | None
    audio: str | None
    audio_ms: int
    language: str
    accidental: bool

    @property
    def time(self) -> datetime:
        """When, in UTC."""
        return EPOCH + timedelta(milliseconds=self.time_ms)


def events(count: int, seed: int = SEED, language: str = "en-GB") -> Iterator[Event]:
    """The account's activity, oldest first.

    The two years stay the same whatever the count; more events make busier days.

    Args:
        count: How many events there are, exactly.
        seed: Another seed, another activity.
        language: What is spoken: one of the household's, ``en-GB`` or ``de-DE``.

    Returns:
        One event at a time; no two share a millisecond.
    """
    return lived(count, Dice(seed), DECK, language)


def clip_name(time_ms: int) -> str:
    """Name of a clip that began at that instant."""
    return f"{EPOCH + timedelta(milliseconds=time_ms):%Y-%m-%d_%H_%M_%S}_{time_ms % 1_000:03}_UTC.mp3"


@dataclass(frozen=True)
class Account:
    """Who looks: the account's language and zone on the day of the export.

    Attributes:
        locale: Of the dates; any in the toolkit's table. Words are those of its language in `takeout_words.toml`,
            English ones where there are none.
        zone: What stands behind the clock on every row of HTML; None if nothing does.
        minutes: East of Greenwich, on every row alike.
    """

    locale: str = "en-US"
    zone: str | None = "UTC"
    minutes: int = 0

    @property
    def words(self) -> dict[str, Any]:
        """What the account's language calls everything."""
        return _words().get(self.locale.partition("-")[0], _words()["en"])


@cache
def _words() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("takeout_words.toml").read_text("utf-8"))


# --- scenes


def _event(
    cast: Cast,
    product: str,
    kind: str,
    dice: Dice,
    *,
    after: int = 0,
    said: str | None = None,
    linked: bool = True,
    answers: tuple[str, ...] = (),
    details: tuple[str, ...] = (),
    audio: bool = False,
    both: bool = False,
    accidental: bool = False,
) -> Event:
    time_ms = cast.time_ms + after
    # In real data 10 of 13 clips of the Assistant began 0.5 to 2.9 s after their row, all others with it.
    late = dice.between(531, 2_920) if audio and product == ASSISTANT and dice.chance(77) else 0
    return Event(
        time_ms=time_ms,
        products=(ASSISTANT, VOICE) if both else (product,),
        kind=kind,
        transcript=said,
        linked=linked and said is not None and kind == SAID and product != GEMINI,
        answers=tuple(line for answer in answers for line in answer.split("\n") if line),
        details=details,
        place=Place(-48.876667, -123.393333) if product == ASSISTANT and dice.chance(30) else None,
        audio=clip_name(time_ms + late) if audio else None,
        audio_ms=36 * dice.between(8, 30) if audio else 0,  # far shorter than real ones
        language=cast.language,
        accidental=accidental,
    )


def _phrase(cast: Cast, dice: Dice) -> tuple[str, str]:
    if dice.chance(4):
        return dice.pick(FOREIGN), ""
    speech = SPEECH[cast.language]
    return speech.fill(dice.pick(speech.requests), dice)


def _asked(cast: Cast, dice: Dice, *details: str, after: int = 0, both: bool = False) -> Event:
    said, answered = _phrase(cast, dice)
    return _event(
        cast, ASSISTANT, SAID, dice, after=after, said=said, answers=(answered,), details=details, audio=True, both=both
    )


def request(cast: Cast, dice: Dice) -> list[Event]:
    """Somebody asks for something."""
    return [_asked(cast, dice, HOTWORD) if dice.chance(80) else _asked(cast, dice)]


def several_requests(cast: Cast, dice: Dice) -> list[Event]:
    """One after the other."""
    return [_asked(cast, dice, HOTWORD), _asked(cast, dice, HOTWORD, after=dice.between(9_000, 40_000))]


def child(cast: Cast, dice: Dice) -> list[Event]:
    """Somebody asks whose voice the account does not know."""
    return [_asked(cast, dice, HOTWORD, STRANGER)]


def in_both(cast: Cast, dice: Dice) -> list[Event]:
    """A request that two collections hold."""
    return [_asked(cast, dice, HOTWORD, both=True)]


def voice_search(cast: Cast, dice: Dice) -> list[Event]:
    """Somebody taps the microphone of the search app."""
    said, _ = _phrase(cast, dice)
    return [_event(cast, VOICE, SAID, dice, said=said, audio=True)]


def overheard(cast: Cast, dice: Dice) -> list[Event]:
    """The assistant woke for nothing and took what it heard for a request."""
    speech = SPEECH[cast.language].words
    said, answer = dice.pick(speech["overheard"]), dice.pick(speech["lost"])
    details = (HOTWORD, STRANGER) if dice.chance(60) else (HOTWORD,)
    return [
        _event(cast, ASSISTANT, SAID, dice, said=said, answers=(answer,), details=details, audio=True, accidental=True)
    ]


def burst(cast: Cast, dice: Dice) -> list[Event]:
    """A conversation goes on near a listening device, row after row, 7.6 to 13.6 s apart; rows without a link."""
    words, after, found = SPEECH[cast.language].words["overheard"], 0, []
    for _ in range(dice.between(3, 6)):
        said = dice.pick(words)
        found.append(
            _event(cast, ASSISTANT, SAID, dice, after=after, said=said, linked=False, audio=True, accidental=True)
        )
        after += dice.between(7_600, 13_600)
    return found


def not_understood(cast: Cast, dice: Dice) -> list[Event]:
    """Something was recorded and nothing was understood; half the time nobody had asked."""
    by_accident = dice.chance(50)
    details = (HOTWORD,) if dice.chance(60) else ()
    return [_event(cast, ASSISTANT, UNKNOWN, dice, details=details, audio=dice.chance(70), accidental=by_accident)]


def opened(cast: Cast, dice: Dice) -> list[Event]:
    """Somebody opens the app and asks nothing."""
    return [_event(cast, ASSISTANT, USED, dice)]


def tap_on_result(cast: Cast, dice: Dice) -> list[Event]:
    """Somebody asks, then taps on what is shown."""
    return [_asked(cast, dice), _event(cast, ASSISTANT, TAPPED, dice, after=3_100, said="Maps")]


def two_devices(cast: Cast, dice: Dice) -> list[Event]:
    """Two devices record the same request within a second and a half."""
    said, answered = _phrase(cast, dice)
    one, other = (
        _event(cast, ASSISTANT, SAID, dice, after=after, said=said, answers=answers, details=(HOTWORD,), audio=True)
        for after, answers in ((0, (answered,)), (dice.pick((32, 241, 1_480)), ()))
    )
    return [one, other]


def prompt(cast: Cast, dice: Dice) -> list[Event]:
    """Somebody types to Gemini, or speaks to it: no row says which."""
    said, answered = _phrase(cast, dice)
    text = html.escape(answered or said).replace("\n", "<br>")
    answer = f"<p>{text}</p>" + ("<h3>1</h3><ol><li>2</li><li>3</li></ol>" if dice.chance(30) else "")
    return [_event(cast, GEMINI, SAID, dice, said=said, answers=(answer,))]


def feature(cast: Cast, dice: Dice) -> list[Event]:
    """Gemini does what the assistant did; its row does not say what."""
    return [_event(cast, GEMINI, USED, dice)]


def search(cast: Cast, dice: Dice) -> list[Event]:
    """Somebody searches; no row says whether by voice."""
    said, _ = _phrase(cast, dice)
    return [_event(cast, SEARCH, SAID, dice, said=said)]


# Dealt as those of `scenes`: every kind comes soon and in these shares.
DECK = tuple(
    scene
    for scene, copies in (
        (request, 50),
        (several_requests, 8),
        (child, 8),
        (in_both, 4),
        (voice_search, 10),
        (overheard, 6),
        (burst, 1),
        (not_understood, 7),
        (opened, 9),
        (tap_on_result, 2),
        (two_devices, 3),
        (prompt, 8),
        (feature, 4),
        (search, 6),
    )
    for _ in range(copies)
)
