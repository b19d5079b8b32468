"""What one activity of Google's "My Activity" means, whichever format it was written in.

Every product of Google writes the same kind of row: a header, a title made of a verb and what the verb is about, a
link, answers, details, a time. An entry is one row of a voice product (Assistant, Voice and Audio), or any row that
names a clip; a row of Gemini only with a clip, since no field says whether a prompt was spoken.

What was said is the ``q=`` of the row's link if the title holds it, in whatever language; the words around it are
Google's. Those words, learned from the rows with a link, then tell it in rows without one. A title that holds none:

    in the table of known titles    as that says
    with a clip                     ``not_understood``: something was recorded, no text was kept
    without                         ``no_request``: opened or tapped
    no request found in the file    ``unknown``: these words may hold the request itself

Google states no device and marks no accidental activation.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote

import polars as pl

from toolkit import rules
from toolkit.parsers.route import Context
from toolkit.problems import Problem, cut_off

RAW = {
    "source_row": pl.UInt32,
    **dict.fromkeys(
        ("product", "trigger", "title", "url", "told", "response", "audio", "time_text", "kept"), pl.String
    ),
}
SPOKEN, EITHER, OTHER = "spoken", "either", "other"
ASSISTANT, GEMINI = "google_assistant", "google_gemini"
_CLIP = re.compile(r"\.(?:mp3|wav|ogg|opus|m4a|aac|flac|amr|3gp)$", re.IGNORECASE)
_SEARCH = re.compile(r"https?://(?:www\.)?google\.[a-z.]{2,6}/search\?")
_QUERY = r"[?&]q=([^&#]+)"
_PLAIN = "https://www.google.com/search?q="
_ODD_SPACES = "[\u00a0\u2007\u2009\u202f]"
_ELLIPSIS = "…"
_NAME = 40  # characters of a product's name that are shown
_NAMES = 100  # names that are counted apart
Verb = tuple[str, str]


class Kind(NamedTuple):
    """What a row is, as far as its header and products tell."""

    mode: str
    product: str


class Told(NamedTuple):
    """What the details of a row tell."""

    trigger: str
    words: str | None
    rest: tuple[str, ...]


@cache
def _names(kind: str) -> frozenset[str]:
    return frozenset(_folded(name) for row in rules.table("google")[kind] for name in row["names"])


@cache
def _constants() -> dict[str, str]:
    return {_plain(row["title"]): row["status"] for row in rules.table("google")["constant"]}


@cache
def _known_verbs() -> tuple[Verb, ...]:
    return tuple((row.get("before", ""), row.get("after", "")) for row in rules.table("google")["verb"])


@cache
def _details() -> dict[str, str]:
    return {row["text"]: row.get("trigger", "unknown") for row in rules.table("google")["detail"]}


def _plain(text: str) -> str:
    return re.sub(_ODD_SPACES, " ", text).strip()


def _folded(name: str) -> str:
    return _plain(name).casefold()


@lru_cache(maxsize=512)
def kind(header: str | None, products: tuple[str, ...], folder: str) -> Kind:
    """What the names of a row say it is; its folder speaks only where it names nothing itself."""
    named = [_folded(name) for name in (header, *products) if name] or [_folded(folder)]
    if any(name in _names("voice") for name in named):
        return Kind(SPOKEN, ASSISTANT)
    words = [word for row in rules.table("google")["gemini"] for word in row["words"]]
    if any(word in name for name in named for word in words):
        return Kind(EITHER, GEMINI)
    return Kind(EITHER if any(name in _names("either") for name in named) else OTHER, ASSISTANT)


def mode(named: Kind, url: str | None, clips: str | None) -> str:
    """Whether a row was spoken; a clip proves it, a link to a web search leaves it open."""
    if clips or named.mode == SPOKEN:
        return SPOKEN
    return EITHER if url and _SEARCH.match(url) else named.mode


@lru_cache(maxsize=512)
def told(details: tuple[str, ...]) -> Told:
    """How it began and what else Google says of it, in Google's words; what is neither known nor a start is kept."""
    words = [text for text in details if text in _details() or text.startswith("Started by ")]
    triggers = [_details()[text] for text in words if _details().get(text, "unknown") != "unknown"]
    rest = tuple(text for text in details if text not in words)
    return Told(triggers[0] if triggers else "unknown", " · ".join(words) or None, rest)


def clip_names(names: Iterable[str]) -> str | None:
    """Base names of clips as one text, a line each."""
    return "\n".join([_base(name) for name in names if name]) or None


def _base(name: str) -> str:
    if "/" not in name and "\\" not in name and "\n" not in name:
        return name
    return re.split(r"[/\\]", name)[-1].replace("\n", " ")


def is_clip(name: str) -> bool:
    """Whether an attached file is sound, by its name."""
    return bool(_CLIP.search(name))


def folder_of(path: str) -> str:
    """The name of the folder a file stands in, which is the product's."""
    return path.rpartition("/")[0].rpartition("/")[2]


@dataclass(slots=True)
class Account:
    """How many rows of one file were left out on purpose, and which."""

    spoken: int = 0
    either: Counter[str] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)

    def leave_out(self, mode: str, products: Sequence[str] | None) -> None:
        """Count one, under the name of its product; never under its header, which may be a web site."""
        counter = self.either if mode == EITHER else self.other
        name = products[0] if products else ""
        counter[name if name in counter or len(counter) < _NAMES else ""] += 1

    def note(self) -> str:
        """One line for the files table; empty if nothing was left out."""
        parts = [
            f"{counter.total():,} {what} ({', '.join(_shown(name) for name, _ in counter.most_common(3))})"
            for counter, what in ((self.either, "spoken or typed, not told apart"), (self.other, "of other products"))
            if counter
        ]
        return "left out on purpose: " + ", ".join(parts) if parts else ""

    def problems(self, path: str) -> Iterable[Problem]:
        """What has to be said about it."""
        if self.either:
            yield Problem(
                "note",
                "input_mode_unknown",
                f"{self.either.total():,} entries may have been spoken or typed; Google states neither. They are not"
                " counted as voice.",
                "Rows that name a clip are counted; the others only the account's own activity page can tell.",
                path,
            )


def _shown(name: str) -> str:
    return "".join(c for c in name[:_NAME] if c.isprintable()) or "without a name"


class Hearing:
    """Tells what was said from titles and links.

    Args:
        samples: (title, link) of rows from the file, from which its wording is learned.
    """

    def __init__(self, samples: Sequence[tuple[str | None, str | None]]) -> None:
        self.asked = bool(samples)
        counts: Counter[Verb] = Counter()
        known = False
        for title, url in samples:
            asked = query(url)
            verb = _around(title, asked) if title and asked else None
            if verb and len("".join(verb).strip()) > 1:
                counts[verb] += 1
            known = known or bool(title and (_plain(title) in _constants() or _matching(title, _known_verbs())))
        learned = [verb for verb, count in counts.most_common(8) if count > 1] or list(counts)[:1]
        self.learned = bool(learned) or known
        self._verbs = (*sorted(learned, key=lambda verb: -len("".join(verb))), *_known_verbs())

    def read(self, raw: pl.DataFrame) -> pl.DataFrame:
        """Add ``transcript`` and ``verb``, both null where no request is told."""
        asked = raw["url"].str.extract(_QUERY).str.replace_all("+", " ", literal=True)
        coded = asked.str.contains("%", literal=True).fill_null(False).arg_true()
        if len(coded):
            asked = asked.scatter(coded, [unquote(text) for text in asked.gather(coded)])
        heard = raw.with_columns(asked=asked).with_columns(
            verb=pl.when(pl.col("title").str.ends_with(pl.col("asked"))).then(
                pl.col("title").str.strip_suffix(pl.col("asked"))
            )
        )
        heard = heard.with_columns(transcript=pl.when(pl.col("verb").is_not_null()).then("asked"))
        rest = heard["verb"].is_null().arg_true()
        if len(rest):  # most languages put the request last; the others, and rows without a link, go one by one
            found = [self._one(title, asked) for title, asked in heard[rest].select("title", "asked").iter_rows()]
            columns = {name: [row[at] for row in found] for at, name in enumerate(("transcript", "verb"))}
            heard = heard.with_columns(
                heard[name].scatter(rest, pl.Series(values, dtype=pl.String)) for name, values in columns.items()
            )
        return heard.drop("asked").with_columns(pl.col("transcript", "verb").replace("", None))

    def _one(self, title: str | None, asked: str | None) -> tuple[str | None, str | None]:
        verb = (title and asked and _around(title, asked)) or (title and _matching(title, self._verbs))
        if not title or not verb:
            return None, None
        before, after = verb
        return title[len(before) : len(title) - len(after)], before + (_ELLIPSIS + after if after else "")


def query(url: str | None) -> str | None:
    """What a link searches for."""
    found = re.search(_QUERY, url) if url else None
    return unquote(found[1].replace("+", " ")) if found else None


def _around(title: str, asked: str) -> Verb | None:
    """What stands before and behind *asked*, of which the last place counts if the title ends in it."""
    if title.endswith(asked):
        return title[: -len(asked)], ""
    before, found, after = title.partition(asked)
    return (before, after) if found else None


def _matching(title: str, verbs: Iterable[Verb]) -> Verb | None:
    for before, after in verbs:
        if len(title) > len(before) + len(after) and title.startswith(before) and title.endswith(after):
            return before, after
    return None


def records(raw: pl.DataFrame, hearing: Hearing) -> pl.DataFrame:
    """Rows as a loose frame, but for their time.

    Args:
        raw: Columns as in `RAW`; ``told`` is what the details say, ``audio`` clips by line, ``kept`` the inside of a
            JSON object.
        hearing: What tells the request from the rest of the title.
    """
    heard = hearing.read(raw).with_columns(
        constant=pl.col("title")
        .str.replace_all(_ODD_SPACES, " ")
        .str.strip_chars()
        .replace_strict(_constants(), default=None, return_dtype=pl.String)
    )
    known = pl.col("constant").is_not_null() & pl.col("transcript").is_null()
    silent = pl.when(pl.col("audio").is_null()).then(pl.lit("no_request")).otherwise(pl.lit("not_understood"))
    words = pl.concat_str(
        pl.when(known).then("title").otherwise(pl.col("verb").str.strip_chars()),
        "told",
        separator=" · ",
        ignore_nulls=True,
    )
    return heard.select(
        "source_row",
        "product",
        "trigger",
        "time_text",
        "transcript",
        "response",
        status=pl.when(pl.col("transcript").is_not_null())
        .then(pl.lit("understood"))
        .otherwise(pl.coalesce("constant", silent if hearing.learned else pl.lit("unknown"))),
        status_text=words.replace("", None),
        audio_files=pl.col("audio").str.split("\n"),
        extra=_extra(heard),
    )


def _extra(heard: pl.DataFrame) -> pl.Series:
    """The kept keys, and of rows without a request also title and link, which nothing else holds."""
    extra = heard.select(extra=pl.concat_str(pl.lit("{"), "kept", pl.lit("}")))["extra"]
    bare = heard["transcript"].is_null().arg_true()
    if not len(bare):
        return extra
    rows = heard[bare].select("title", "url", "constant", "kept").iter_rows()
    whole = [
        "{" + (fragment(title=None if constant else title, titleUrl=url) | Kept(kept or "")) + "}"
        for title, url, constant, kept in rows
    ]
    return extra.scatter(bare, pl.Series([None if text == "{}" else text for text in whole], dtype=pl.String))


class Kept(str):
    """The inside of a JSON object; two of them join with ``|``."""

    __slots__ = ()

    def __or__(self, other: str) -> Kept:
        return Kept(f"{self},{other}" if self and other else self or other)


def fragment(**values: Any) -> Kept:
    """The inside of a JSON object with those of the values that hold something."""
    filled = {name: value for name, value in values.items() if value}
    return Kept(json.dumps(filled, ensure_ascii=False, separators=(",", ":"))[1:-1] if filled else "")


def link_kept(url: str | None) -> str | None:
    """A link that holds more than the request; null for one that can be made again from it."""
    return None if url is None or (url.startswith(_PLAIN) and "&" not in url and "#" not in url) else url


def conclude(path: str, context: Context, account: Account, hearing: Hearing, *, cut: bool) -> None:
    """Say of a file, once it is read, what it held and what could not be told; *cut*: whether its end is missing."""
    context.note = account.note()
    context.problems += account.problems(path)
    if not hearing.learned and account.spoken:
        context.problems.append(_cannot_tell(path))
    if cut:
        context.problems.append(cut_off(path))


def _cannot_tell(path: str) -> Problem:
    """That a file's wording is unknown, so that its requests could not be told."""
    return Problem(
        "warning",
        "wording_unknown",
        "No row of this file tells Google's own words from what was said, so no transcript could be taken from it.",
        "The titles are kept in the column extra; please report the language of the account.",
        path,
    )
