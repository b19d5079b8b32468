"""What the imagined household says and hears: reads `phrases.toml` and fills in its sentences."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

from dice import Dice


@dataclass(frozen=True, slots=True)
class Request:
    """A kind of request, with slots in braces.

    Attributes:
        skill: Name of the third-party skill; empty for the maker's own.
        slots: The names in braces, in order of appearance.
    """

    domain: str
    intent: str
    say: str
    answer: str
    skill: str
    slots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Speech:
    """Everything that is said in one language.

    Attributes:
        words: Stock sentences by purpose, as `phrases.toml` names them.
    """

    requests: tuple[Request, ...]
    skills: tuple[Request, ...]
    slots: dict[str, tuple[tuple[str, str], ...]]
    words: dict[str, tuple[str, ...]]

    def fill(self, request: Request, dice: Dice) -> tuple[str, str]:
        """What is said and what is answered, with every slot filled in."""
        if not request.slots:
            return request.say, request.answer
        chosen = [(name, dice.pick(self.slots[name])) for name in request.slots]
        said = request.say.format_map({name: pair[0] for name, pair in chosen})
        return said, request.answer.format_map({name: pair[1] for name, pair in chosen})


def _request(domain: str, intent: str, say: str, answer: str, skill: str = "") -> Request:
    names = (name for _, name, _, _ in Formatter().parse(say + answer) if name)
    return Request(domain, intent, say, answer, skill, tuple(dict.fromkeys(names)))


def _pair(entry: str) -> tuple[str, str]:
    said, _, shown = entry.partition("|")
    return said, shown or said


def _speech(data: dict[str, Any]) -> Speech:
    skills = [(f"amzn1.ask.skill.{key}_Live", *texts, name) for name, key, *texts in data.pop("skills")]
    return Speech(
        requests=tuple(_request(*row) for row in data.pop("requests")),
        skills=tuple(_request(*row) for row in skills),
        slots={name: tuple(map(_pair, values)) for name, values in data.pop("slots").items()},
        words={purpose: tuple(sentences) for purpose, sentences in data.items()},
    )


SPEECH = {
    language: _speech(data)
    for language, data in tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8")).items()
}
