"""The user's own case: what they ticked and what they have done, as one small file that is never kept by an export.

It holds ids of activations and steps, words of a short list, and the user's notes; no transcript and no name of the
data. A file may come from anybody, so it is read strictly: unknown fields, other words and sizes above the limits are
refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from toolkit.limits import MIB
from toolkit.problems import Damaged, TooLarge, ToolkitError, Unsupported

SCHEMA = 1
BYTES = 32 * MIB
ME = "me"
TAGS = {
    "television": "television or radio",
    "someone_else": "someone else",
    "child": "a child",
    "do_not_keep": "do not want to keep",
}
GIVERS = 20
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Giver = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
_Note = Annotated[str, msgspec.Meta(max_length=4_000)]
Verdict = Literal["accidental", "meant"]
Tag = Literal["television", "someone_else", "child", "do_not_keep"]


class Tick(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a person says of one activation.

    Attributes:
        verdict: ``accidental``, ``meant`` for the assistant, or None if only tagged.
        tags: Any of `TAGS`, each once, in their order.
    """

    verdict: Verdict | None = None
    tags: Annotated[tuple[Tag, ...], msgspec.Meta(max_length=4)] = ()


class Progress(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How far one step of the checklist is.

    Attributes:
        done: Whether the user says it is done.
        on: The day; None if not said.
        note: The user's own words.
    """

    done: bool = False
    on: date | None = None
    note: _Note = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: int
    ticks: Annotated[
        dict[_Giver, Annotated[dict[_Id, Tick], msgspec.Meta(max_length=500_000)]], msgspec.Meta(max_length=GIVERS)
    ]
    progress: Annotated[dict[_Id, Progress], msgspec.Meta(max_length=5_000)]


class Agreement(NamedTuple):
    """How far two people agree who ticked without seeing each other's ticks.

    Attributes:
        both: Activations that both judged.
        same: Of these, how many alike.
        kappa: Cohen's kappa (1960): 1 for full agreement, 0 for what chance would give; None if nothing can be
            compared, or if both gave one and the same answer throughout.
    """

    both: int
    same: int
    kappa: float | None


@dataclass(frozen=True)
class Case:
    """Ticks and progress; frozen, so every change gives a new one.

    Attributes:
        ticks: Who ticked -> ``activation_id`` -> `Tick`.
        progress: Step of the checklist -> `Progress`.
    """

    ticks: Mapping[str, Mapping[str, Tick]] = field(default_factory=dict)
    progress: Mapping[str, Progress] = field(default_factory=dict)

    def ticked(self, activation_id: str, tick: Tick | None, by: str = ME) -> Case:
        """The case with one tick set, or taken back if *tick* is None."""
        _check(activation_id, _Id)
        _check(by, _Giver)
        _check(tick or Tick(), Tick)
        if by not in self.ticks and len(self.ticks) >= GIVERS:
            raise ToolkitError("So many people cannot tick in one case.", "Begin another case file.")
        own = {id_: old for id_, old in self.ticks.get(by, {}).items() if id_ != activation_id}
        if tick is not None and tick != Tick():
            tags = tuple(tag for tag in TAGS if tag in tick.tags)
            own[activation_id] = Tick(tick.verdict, tags)
        return replace(self, ticks={**self.ticks, by: own})

    def stepped(self, step_id: str, progress: Progress) -> Case:
        """The case with the progress of one step set."""
        _check(step_id, _Id)
        _check(progress, Progress)
        return replace(self, progress={**self.progress, step_id: progress})

    def verdicts(self, by: str | None = None) -> dict[str, str]:
        """``activation_id`` -> verdict, of one person, or of all where nobody disagrees; as `activations` wants it."""
        found: dict[str, set[str]] = {}
        for giver, ticks in self.ticks.items():
            for id_, tick in ticks.items():
                if tick.verdict is not None and by in (None, giver):
                    found.setdefault(id_, set()).add(tick.verdict)
        return {id_: next(iter(verdicts)) for id_, verdicts in found.items() if len(verdicts) == 1}

    def agreement(self, one: str, other: str) -> Agreement:
        """How far two people agree."""
        first, second = self.verdicts(one), self.verdicts(other)
        pairs = [(first[id_], second[id_]) for id_ in first.keys() & second.keys()]
        if not pairs:
            return Agreement(0, 0, None)
        same = sum(a == b for a, b in pairs)
        shares = [sum(pair[who] == "accidental" for pair in pairs) / len(pairs) for who in (0, 1)]
        chance = shares[0] * shares[1] + (1 - shares[0]) * (1 - shares[1])
        return Agreement(len(pairs), same, None if chance == 1 else (same / len(pairs) - chance) / (1 - chance))

    def to_json(self) -> str:
        """The case as the text of a file."""
        whole = _File(SCHEMA, {by: dict(own) for by, own in self.ticks.items() if own}, dict(self.progress))
        return msgspec.json.format(msgspec.json.encode(whole, order="sorted"), indent=1).decode() + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Case:
        """The case in a file.

        Raises:
            ToolkitError: It is too large, no case file, of a newer kind, or holds what a case file may not.
        """
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        if len(data) > BYTES:
            raise TooLarge(f"The case file is longer than {BYTES:,} bytes.", "Choose the file that was saved here.")
        try:
            newer = msgspec.json.decode(data, type=_Versioned).schema
            if newer != SCHEMA:
                raise Unsupported("The case file was written by another version.", "Open it with that version.")
            whole = msgspec.json.decode(data, type=_File)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # the message may hold values
            raise Damaged("This is no case file, or it was changed.", "Choose the file that was saved here.") from None
        case = cls({by: {} for by in whole.ticks}, whole.progress)
        return replace(case, ticks={by: _in_order(own) for by, own in whole.ticks.items()})


class _Versioned(msgspec.Struct):
    schema: int


def _in_order(ticks: Mapping[str, Tick]) -> dict[str, Tick]:
    return {id_: Tick(tick.verdict, tuple(t for t in TAGS if t in tick.tags)) for id_, tick in ticks.items()}


def _check(value: object, kind: Any) -> None:
    """What could not be read again is refused when it is set."""
    try:
        msgspec.json.decode(msgspec.json.encode(value), type=kind)
    except (msgspec.ValidationError, UnicodeEncodeError):
        raise ToolkitError("A case file cannot hold this.", "Shorten the note or the name.") from None


def wilson(hits: int, of: int, z: float = 1.959964) -> tuple[float, float]:
    """Interval of a share (Wilson 1927), by default of 95 %.

    Args:
        hits: How many are of the kind.
        of: How many there are; above 0.
        z: Quantile of the normal distribution.
    """
    share, width = hits / of, z * z / of
    middle = (share + width / 2) / (1 + width)
    half = z / (1 + width) * math.sqrt(share * (1 - share) / of + width / of / 4)
    return max(0.0, middle - half), min(1.0, middle + half)
