"""What was said in a conversation with Alexa+ (2026): ``conversationTurns``, one record for each turn of the user.

Read in public code and its unit tests, as `rah`. A turn names neither its conversation nor the device; that stands in
the conversation's header only. The assistant's turns become the answer of the turn they relate to, or of the nearest
one if they relate to none; what relates to a turn that is not there stays a record of its own.

    {"utteranceId": "...", "createTime": "2026-10-07T08:37:34.776Z", "fragment": {"fragmentURI": "...",
     "metadata": {"purpose": "USER", "relationships": []}, "content": {"text": "What time is it?"}, "variants": []}}
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from toolkit import dates
from toolkit.carve.batch import Batch
from toolkit.carve.json import Cutter
from toolkit.carve.streams import utf8
from toolkit.carve.typed import Decoder, Record
from toolkit.parsers.amazon import entries, words
from toolkit.parsers.route import Context, Document, Loose
from toolkit.problems import cut_off

KEY = "conversationTurns"


class Content(Record):
    """A wording."""

    text: str | None = None


class Variant(Record):
    """One of several wordings of an answer."""

    content: Content | None = None


class Relationship(Record):
    """Which turn this one answers."""

    type: str | None = None
    fragmentURI: str | None = None


class Metadata(Record):
    """Whose turn it is: ``USER`` or ``AGENT``."""

    purpose: str | None = None
    relationships: list[Relationship] | None = None


class Fragment(Record):
    """The inside of a turn; where ``content`` is null, the text stands in ``variants``."""

    fragmentURI: str | None = None
    metadata: Metadata | None = None
    content: Content | None = None
    variants: list[Variant] | None = None


class Turn(Record):
    """One turn."""

    utteranceId: str | None = None
    createTime: str | None = None
    fragment: Fragment | None = None


def read(document: Document, context: Context) -> Iterator[Loose]:
    """All turns of one file; there may be none."""
    conversation, reader = _Conversation(), dates.Reader(_FORM, timezone=context.timezone)
    with document.open() as stream:
        cutter = Cutter(utf8(stream, context.head, legacy=False), Decoder(Turn, context.limits), KEY, context.limits)
        for batch in cutter.batches():
            yield _loose(conversation.told(batch), reader, batch.faults, batch.rejects)
    yield _loose(conversation.rest(), reader, [], [])
    if "cut_off" in cutter.notes:
        context.problems.append(cut_off(document.path))


@dataclass(slots=True)
class _Told:
    """A turn, the answers to it, and the keys that no field of it took."""

    row: int
    turn: Turn
    left: str
    answers: list[_Told] = field(default_factory=list)

    @property
    def uri(self) -> str | None:
        return self.turn.fragment.fragmentURI if self.turn.fragment else None

    @property
    def purpose(self) -> str | None:
        return self._metadata.purpose

    @property
    def _metadata(self) -> Metadata:
        return (self.turn.fragment and self.turn.fragment.metadata) or Metadata()

    @property
    def text(self) -> str | None:
        return next(iter(self.texts()), None)

    def related(self) -> list[str]:
        """The turns it relates to."""
        return [one.fragmentURI for one in self._metadata.relationships or () if one.fragmentURI]

    def may_answer(self, request: _Told) -> bool:
        """Whether it relates to that request, or says of none that it does."""
        related = self.related()
        return not related or request.uri in related

    def texts(self) -> list[str]:
        """Its wordings, the one that counts first."""
        fragment = self.turn.fragment or Fragment()
        contents = [fragment.content, *(variant.content for variant in fragment.variants or ())]
        return list(dict.fromkeys(content.text for content in contents if content and content.text))


class _Conversation:
    """Puts answers beside the request they relate to, whichever of the two comes first; holds one request at a time."""

    def __init__(self) -> None:
        self._request: _Told | None = None
        self._early: list[_Told] = []

    def told(self, batch: Batch[Turn]) -> list[_Told]:
        """What is complete with these turns."""
        done: list[_Told] = []
        for at, (row, turn) in enumerate(zip(batch.rows, batch.records, strict=True)):
            one = _Told(row, turn, batch.leftovers.get(at, ""))
            if one.purpose == "USER":
                done += self._next(one)
            elif one.purpose != "AGENT":
                done.append(one)
            elif self._request and one.may_answer(self._request):
                self._request.answers.append(one)
            else:
                self._early.append(one)
                done += [self._early.pop(0)] if len(self._early) > _EARLY else []
        return done

    def _next(self, request: _Told | None) -> list[_Told]:
        """Take up the next request; what came before it is complete."""
        done = [self._request] if self._request else []
        for one in self._early:
            (request.answers if request and one.may_answer(request) else done).append(one)
        self._request, self._early = request, []
        return done

    def rest(self) -> list[_Told]:
        """What is complete now that no turn follows."""
        return self._next(None)


_EARLY = 100  # answers in front of their request that are waited with


def _loose(
    told: list[_Told], reader: dates.Reader, faults: list[tuple[int, str]], rejects: list[tuple[int, str]]
) -> Loose:
    answers = [[one] if one.purpose == "AGENT" else one.answers for one in told]
    raw = pl.DataFrame(
        {
            "source_row": [one.row for one in told],
            "maker_id": [one.uri or one.turn.utteranceId or None for one in told],
            "time_text": [one.turn.createTime for one in told],
            "status_text": [None if one.purpose == "USER" else one.purpose for one in told],
            "transcript": [one.text if one.purpose == "USER" else None for one in told],
            "response": ["\n".join(filter(None, (one.text for one in said))) or None for said in answers],
            "utterance_id": [one.turn.utteranceId for one in told],
            "extra": list(map(_extra, told)),
        },
        schema=_RAW,
    )
    leftovers = {at: one.left for at, one in enumerate(told) if one.left}
    frame = entries.kept(raw, leftovers).with_columns(_status.alias("status"), _trigger.alias("trigger"))
    frame = frame.hstack(reader.read(frame["time_text"]).drop("twice"))
    unread = frame.filter(pl.col("time_text").is_not_null(), pl.col("time").is_null())["source_row"]
    faults = faults + [(row, "time_not_read") for row in unread]
    return Loose(frame, faults, rejects, sum(len(one.answers) for one in told))


_RAW = {
    "source_row": pl.UInt32,
    **dict.fromkeys(("maker_id", "time_text", "status_text", "transcript", "response"), pl.String),
    **dict.fromkeys(("utterance_id", "extra"), pl.String),
}
_FORM = ("2026-10-07T08:37:34.776Z",)
_uid, _asked = pl.col("utterance_id"), pl.col("transcript")
# As in the maker's tables: where a text was kept, something was understood.
_status = pl.coalesce(
    pl.when(_uid.str.starts_with("TextClient:")).then(pl.lit("typed")),
    pl.when(_asked.is_not_null()).then(pl.lit("understood")),
    pl.lit("unknown"),
)
_trigger = words.trigger(pl.col("status_text"), _uid, _asked)


def _extra(told: _Told) -> str | None:
    """Every key with a value that has no column of its own, as JSON."""
    return entries.written(
        {
            "conversationTurn": told.purpose,
            "relationships": told.related(),
            "variants": told.texts()[1 if told.purpose in ("USER", "AGENT") else 0 :],
            "answers": [_kept_of_answer(answer) for answer in told.answers],
        }
    )


def _kept_of_answer(answer: _Told) -> dict[str, Any]:
    own = {"fragmentURI": answer.uri, "utteranceId": answer.turn.utteranceId, "createTime": answer.turn.createTime}
    left = json.loads("{" + answer.left + "}")
    return {key: value for key, value in (own | {"variants": answer.texts()[1:]} | left).items() if value}
