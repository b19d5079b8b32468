"""What happens in the imagined household: scenes of one to four entries, with the timing seen in real histories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dice import Dice
from household import DEVICES, EPOCH, PHONE, Cast, Device, Person
from phrases import SPEECH

REQUEST, ANSWER = "CUSTOMER_TRANSCRIPT", "ALEXA_RESPONSE"
INSTEAD_OF_REQUEST, INSTEAD_OF_ANSWER = "ASR_REPLACEMENT_TEXT", "TTS_REPLACEMENT_TEXT"
UNKNOWN = ("Unknown", "Unknown")

Turns = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the household's true history, whatever shape it is later written in.

    Attributes:
        time_ms: Epoch milliseconds, UTC; no two events share one.
        utterance_type: The maker's word for the kind of entry.
        turns: What was said, in order: pairs of item type and text.
        language: BCP 47 tag; no Amazon shape states it.
        person: Who was recognised; None if nobody.
        audio_ms: Length of the clip; 0 if the microphone took no part.
        accidental: True if a device woke although nobody called it. Truth only: no shape states it.
    """

    time_ms: int
    device: Device
    utterance_type: str
    turns: Turns
    language: str
    domain: str
    intent: str
    skill: str
    person: Person | None
    audio_ms: int
    accidental: bool

    @property
    def time(self) -> datetime:
        """When, in UTC."""
        return EPOCH + timedelta(milliseconds=self.time_ms)

    @property
    def transcript(self) -> str | None:
        """The request; if there is none, what the maker shows instead; None if there is no text at all."""
        return self._texts(REQUEST) or self._texts(INSTEAD_OF_REQUEST)

    @property
    def response(self) -> str | None:
        """What the assistant said, or None."""
        return self._texts(ANSWER, INSTEAD_OF_ANSWER)

    def _texts(self, *kinds: str) -> str | None:
        return "\n".join(text for kind, text in self.turns if kind in kinds and text) or None


Scene = Callable[[Cast, Dice], list[Event]]


def _event(
    cast: Cast,
    utterance_type: str,
    turns: Turns,
    topic: tuple[str, str] = UNKNOWN,
    *,
    after: int = 0,
    audio: int = 0,
    skill: str = "",
    accidental: bool = False,
) -> Event:
    return Event(
        time_ms=cast.time_ms + after,
        device=cast.device,
        utterance_type=utterance_type,
        turns=turns,
        language=cast.language,
        domain=topic[0],
        intent=topic[1],
        skill=skill,
        person=cast.person if utterance_type == "GENERAL" and not accidental else None,
        audio_ms=audio,
        accidental=accidental,
    )


def _words(cast: Cast, purpose: str, dice: Dice) -> str:
    return dice.pick(SPEECH[cast.language].words[purpose])


def _length(dice: Dice) -> int:
    """Length of a clip: far shorter than real ones, so that the samples stay small."""
    return 50 * dice.between(6, 24)


def _asked(cast: Cast, dice: Dice, *, after: int = 0, call: bool = True) -> Event:
    """A request and its answer, with or without the wake word in front."""
    speech = SPEECH[cast.language]
    asked = dice.pick(speech.requests)
    said, answered = speech.fill(asked, dice)
    if call:
        said = f"{'hey ' if dice.chance(1) else ''}{cast.device.wake} {said}"
    turns = ((REQUEST, said), (ANSWER, answered)) if answered or dice.chance(10) else ((REQUEST, said),)
    return _event(cast, "GENERAL", turns, (asked.domain, asked.intent), after=after, audio=_length(dice))


def _called(cast: Cast, dice: Dice, *, accidental: bool = False) -> Event:
    turns = ((INSTEAD_OF_REQUEST, cast.device.wake),)
    return _event(cast, "WAKE_WORD_ONLY", turns, audio=_length(dice), accidental=accidental)


def _nothing(
    cast: Cast, dice: Dice, utterance_type: str, *, after: int = 0, text: str = "", accidental: bool = False
) -> Event:
    topic = ("Global", "NoExpressedIntent") if utterance_type == "NO_EXPRESSED_INTENT" else UNKNOWN
    turns = ((INSTEAD_OF_REQUEST, text),)
    return _event(cast, utterance_type, turns, topic, after=after, audio=_length(dice), accidental=accidental)


def request(cast: Cast, dice: Dice) -> list[Event]:
    """Somebody asks for something."""
    return [_asked(cast, dice)]


def several_requests(cast: Cast, dice: Dice) -> list[Event]:
    """One request after the other, such as timers while cooking."""
    second = dice.between(12_000, 40_000)
    return [_asked(cast, dice), _asked(cast, dice, after=second)]


def split_request(cast: Cast, dice: Dice) -> list[Event]:
    """A pause after the wake word: two entries about two seconds apart."""
    return [_called(cast, dice), _asked(cast, dice, after=dice.between(300, 3_900), call=False)]


def call_then_silence(cast: Cast, dice: Dice) -> list[Event]:
    """The wake word, then nothing: the device gives up after five seconds."""
    return [_called(cast, dice), _nothing(cast, dice, "ASR_TIMEOUT", after=dice.between(4_980, 5_050))]


def call_then_quiet(cast: Cast, dice: Dice) -> list[Event]:
    """The same, under the maker's other name for it."""
    after = dice.between(5_000, 5_600)
    return [_called(cast, dice), _nothing(cast, dice, "NO_EXPRESSED_INTENT_SILENCE", after=after)]


def call_then_talk(cast: Cast, dice: Dice) -> list[Event]:
    """The wake word, then talk to somebody else."""
    return [_called(cast, dice), _nothing(cast, dice, "NO_EXPRESSED_INTENT", after=dice.between(1_500, 6_000))]


def lone_call(cast: Cast, dice: Dice) -> list[Event]:
    """Somebody on television says the wake word."""
    return [_called(cast, dice, accidental=True)]


def two_devices(cast: Cast, dice: Dice) -> list[Event]:
    """Two devices hear the same request; the one that gives way keeps what it caught of it."""
    others = tuple(device for device in DEVICES if device is not cast.device)
    loser = Cast(cast.time_ms + dice.between(-800, 800), dice.pick(others), cast.language, None)
    caught = f"{loser.device.wake} {_words(cast, 'cut_short', dice)}".strip() if dice.chance(85) else ""
    gave_way = _event(loser, "DEVICE_ARBITRATION", ((INSTEAD_OF_REQUEST, caught),), audio=_length(dice))
    # In real histories the winner was missing in four of seven cases: no reader may insist on it.
    return [gave_way, _asked(cast, dice)] if dice.chance(60) else [gave_way]


def listening_on(cast: Cast, dice: Dice) -> list[Event]:
    """After an answer the device listens on and hears talk that is not for it."""
    pauses = [dice.between(5_000, 12_000) for _ in range(dice.between(1, 3))]
    text = _words(cast, "stray", dice) if dice.chance(20) else ""
    heard = [_nothing(cast, dice, "NO_EXPRESSED_INTENT", after=sum(pauses[: n + 1])) for n in range(len(pauses) - 1)]
    last = _nothing(cast, dice, "NO_EXPRESSED_INTENT", after=sum(pauses), text=text)
    return [_asked(cast, dice), *heard, last]


def talk_nearby(cast: Cast, dice: Dice) -> list[Event]:
    """A device woke for nothing and the maker noticed that nothing was asked."""
    text = _words(cast, "overheard", dice) if dice.chance(20) else ""
    return [_nothing(cast, dice, "NO_EXPRESSED_INTENT", text=text, accidental=True)]


def talk_taken_for_request(cast: Cast, dice: Dice) -> list[Event]:
    """A device woke for nothing and the maker took what it overheard for a request."""
    said, answer = _words(cast, "overheard", dice), _words(cast, "lost", dice)
    turns = ((REQUEST, said), (ANSWER, answer)) if answer else ((REQUEST, said),)
    topic = ("Knowledge", "QAIntent") if answer else ("", "Unknown")
    return [_event(cast, "GENERAL", turns, topic, audio=_length(dice), accidental=True)]


def lone_timeout(cast: Cast, dice: Dice) -> list[Event]:
    """A device woke for nothing and recognised nothing."""
    return [_nothing(cast, dice, "ASR_TIMEOUT", accidental=True)]


def false_wake(utterance_type: str) -> Scene:
    """The scene in which the maker itself says: false wake."""

    def scene(cast: Cast, dice: Dice) -> list[Event]:
        return [_nothing(cast, dice, utterance_type, accidental=True)]

    return scene


def wake_word_twice(cast: Cast, dice: Dice) -> list[Event]:
    """Somebody calls twice and the second call counts as the request."""
    turns = ((REQUEST, f"{cast.device.wake} {cast.device.wake}"),)
    return [_event(cast, "GENERAL", turns, ("System", "WakeWordIntent"), audio=_length(dice))]


def skill(cast: Cast, dice: Dice) -> list[Event]:
    """A third party's skill answers."""
    speech = SPEECH[cast.language]
    asked = dice.pick(speech.skills)
    said, answered = speech.fill(asked, dice)
    topic = (asked.domain, asked.intent)
    return [
        _event(cast, "GENERAL", ((REQUEST, said), (ANSWER, answered)), topic, audio=_length(dice), skill=asked.skill)
    ]


def skill_speaks(cast: Cast, dice: Dice) -> list[Event]:
    """A skill's own turn, of which neither text nor sound was kept."""
    prompt = (INSTEAD_OF_ANSWER, _words(cast, "ready", dice))
    turns = (prompt, (INSTEAD_OF_REQUEST, "")) if dice.chance(75) else (prompt,)
    after = dice.between(6_000, 15_000)
    return [*skill(cast, dice), _event(cast, "NO_TEXT_OR_AUDIO_STORED", turns, ("Echo.SDK", "Unknown"), after=after)]


def dialogue(cast: Cast, dice: Dice) -> list[Event]:
    """One entry of several turns that begins with the assistant's question."""
    rounds = [
        ((ANSWER, _words(cast, "prompt", dice)), (REQUEST, _words(cast, "reply", dice)))
        for _ in range(3 if dice.chance(30) else 1)
    ]
    turns = (*(turn for pair in rounds for turn in pair), (ANSWER, _words(cast, "done", dice)))
    return [_event(cast, "GENERAL", turns, ("Echo.SDK", "AMAZON.YesIntent"), audio=_length(dice))]


def suggestion(cast: Cast, dice: Dice) -> list[Event]:
    """The assistant adds advice of its own; sometimes somebody answers it."""
    tip: Turns = ((INSTEAD_OF_ANSWER, _words(cast, "tip", dice)),)
    answered = dice.chance(20)
    if answered:
        tip = (*tip, (INSTEAD_OF_REQUEST, _words(cast, "thanks", dice)))
    topic = ("ALEXA.CIF.PROMPT", "ContentInjectionIntent")
    after, audio = dice.between(1_200, 2_500), _length(dice) if answered else 0
    return [_asked(cast, dice), _event(cast, "CIF", tip, topic, after=after, audio=audio)]


def routine(cast: Cast, dice: Dice) -> list[Event]:
    """A routine is started by hand."""
    turns = ((INSTEAD_OF_REQUEST, _words(cast, "routine", dice)), (INSTEAD_OF_ANSWER, ""))
    return [_event(cast, "ROUTINES_OR_TAP_TO_ALEXA", turns, ("Global", "InvokeRoutineIntent"))]


def automatic_routine(cast: Cast, dice: Dice) -> list[Event]:
    """Another maker's automation starts a routine."""
    return [_event(cast, "ROUTINES_3P", ((INSTEAD_OF_ANSWER, _words(cast, "done", dice)),))]


def typed(cast: Cast, dice: Dice) -> list[Event]:
    """Somebody types into the app, which has no device name."""
    by_hand = Cast(cast.time_ms, PHONE, cast.language, cast.person)
    turns = ((REQUEST, _words(cast, "typed", dice)), (ANSWER, _words(cast, "done", dice)))
    return [_event(by_hand, "GENERAL", turns, ("ToDos", "AddToListIntent"))]


def of_the_future(cast: Cast, dice: Dice) -> list[Event]:
    """A kind of entry that no reader knows yet; its name is invented."""
    said, answered = SPEECH[cast.language].words["carry"]
    turns = ((REQUEST, said), (ANSWER, answered))
    return [_event(cast, "AMBIENT_HANDOFF", turns, ("Ambient", "HandoffIntent"), audio=_length(dice))]


# Scenes are dealt from this deck, shuffled anew each time it is used up: every kind comes soon and in these shares.
DECK: tuple[Scene, ...] = tuple(
    scene
    for scene, copies in (
        (request, 78),
        (several_requests, 14),
        (split_request, 34),
        (call_then_silence, 6),
        (call_then_quiet, 2),
        (call_then_talk, 4),
        (lone_call, 2),
        (two_devices, 6),
        (listening_on, 7),
        (talk_nearby, 5),
        (talk_taken_for_request, 7),
        (lone_timeout, 1),
        (false_wake("FALSE_WAKE_WORD_1P"), 6),
        (false_wake("FALSE_WAKE_WORD_2P"), 1),
        (false_wake("FALSE_WAKE_WORD"), 1),
        (wake_word_twice, 1),
        (skill, 5),
        (skill_speaks, 5),
        (dialogue, 4),
        (suggestion, 3),
        (routine, 2),
        (automatic_routine, 1),
        (typed, 4),
        (of_the_future, 1),
    )
    for _ in range(copies)
)
