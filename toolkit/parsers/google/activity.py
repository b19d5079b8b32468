"""What one activity of Google's "My Activity" means, whichever format it was written in.

Every product of Google writes the same kind of row: a header, a title made of a verb and what the verb is about, a
link, answers, details, a time. An entry is one row of a voice product (Assistant, Voice and Audio), or any row that
names a clip; a row of Gemini only with a clip, since no field says whether a prompt was spoken.

What was said is told by `hearing`. A title that holds no request:

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
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, NamedTuple

import polars as pl

from toolkit import rules
from toolkit.parsers.google.hearing import PLAIN, Hearing, constants, plain, scattered
from toolkit.parsers.route import Context
from toolkit.problems import Problem, cut_off

RAW = {
    "source_row": pl.UInt32,
    **dict.fromkeys(
        ("product", "trigger", "title", "url", "told", "response", "audio", "time_text", "extra"), pl.String
    ),
}
SPOKEN, EITHER, OTHER = "spoken", "either", "other"
ASSISTANT, GEMINI = "google_assistant", "google_gemini"
_CLIP = re.compile(r"\.(?:mp3|wav|ogg|opus|m4a|aac|flac|amr|3gp)$", re.IGNORECASE)
_SEARCH = r"^https?://(?:www\.)?google\.[a-z.]{2,6}/search\?"
_NAME = 40  # characters of a product's name that are shown
_NAMES = 100  # names that are counted apart


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
def _details() -> dict[str, str]:
    return {row["text"]: row.get("trigger", "unknown") for row in rules.table("google")["detail"]}


def _folded(name: str) -> str:
    return plain(name).casefold()


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


@lru_cache(maxsize=512)
def told(details: tuple[str, ...]) -> Told:
    """How it began and what else Google says of it, in Google's words; what is neither known nor a start is kept."""
    words = [text for text in details if text in _details() or text.startswith("Started by ")]
    triggers = [_details()[text] for text in words if _details().get(text, "unknown") != "unknown"]
    rest = tuple(text for text in details if text not in words)
    return Told(triggers[0] if triggers else "unknown", " · ".join(words) or None, rest)


class Wording(NamedTuple):
    """What those fields of a row say that are the same in many rows."""

    products: tuple[str, ...]
    kind: Kind
    details: Told
    kept: Kept


_TOLD = pl.Schema(dict.fromkeys(("mode", "shelf", "product", "trigger", "told", "extra"), pl.String()))


def wordings(found: Iterable[Wording]) -> pl.DataFrame:
    """The same as columns of `RAW`, with ``mode`` and the name of the ``shelf`` under which a row is left out."""
    rows = [
        (one.kind.mode, one.products[0] if one.products else "", one.kind.product, *one.details[:2], one.kept.whole)
        for one in found
    ]
    return pl.DataFrame(rows, _TOLD, orient="row")


def entries(rows: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Those rows that were spoken: a clip proves it, a link to a web search leaves it open; the others are counted.

    Args:
        rows: ``audio``, ``url``, and what `wordings` gives.
        account: Where they are counted.
    """
    spoken = pl.col("audio").is_not_null() | (pl.col("mode") == SPOKEN)
    others = rows.filter(~spoken)
    if others.height:
        search = pl.col("url").str.contains(_SEARCH).fill_null(False)
        modes = pl.when(search).then(pl.lit(EITHER)).otherwise("mode")
        for mode, shelf, count in others.group_by(modes, "shelf", maintain_order=True).len().iter_rows():
            account.leave_out(mode, shelf, count)
        rows = rows.filter(spoken)
    account.spoken += rows.height
    return rows


def keep(rows: pl.DataFrame, odd: pl.Expr, kept: Callable[[dict[str, str | None]], Kept]) -> pl.DataFrame:
    """Put into ``extra`` what *kept* makes of those rows that are *odd*, or whose link holds more than the request."""
    bare = pl.col("url").is_null() | (pl.col("url").str.starts_with(PLAIN) & ~pl.col("url").str.contains("[&#]"))
    at = rows.select(odd | ~bare).to_series().arg_true()
    if not len(at):
        return rows
    found = [kept(row).whole for row in rows[at].iter_rows(named=True)]
    return rows.with_columns(rows["extra"].scatter(at, pl.Series(found, dtype=pl.String)))


def of_entries(faults: list[tuple[int, str]], raw: pl.DataFrame) -> list[tuple[int, str]]:
    """The faults of those rows that are entries."""
    rows = set(raw["source_row"]) if faults else set()
    return [fault for fault in faults if fault[0] in rows]


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

    def leave_out(self, mode: str, shelf: str, rows: int) -> None:
        """Count some, under the name of their product; never under their header, which may be a web site."""
        counter = self.either if mode == EITHER else self.other
        counter[shelf if shelf in counter or len(counter) < _NAMES else ""] += rows

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


def records(raw: pl.DataFrame, hearing: Hearing) -> pl.DataFrame:
    """Rows as a loose frame, but for their time.

    Args:
        raw: Columns as in `RAW`; ``told`` is what the details say, ``audio`` clips by line, ``extra`` all that has
            no column of its own, as JSON.
        hearing: What tells the request from the rest of the title.
    """
    heard = hearing.read(raw).with_columns(pl.lit(None, pl.String).alias(name) for name in ("constant", "front"))
    bare = pl.col("transcript").is_null()
    heard = scattered(heard, bare, ("title", "url"), ("constant", "front"), _without_request)
    silent = pl.when(pl.col("audio").is_null()).then(pl.lit("no_request")).otherwise(pl.lit("not_understood"))
    words = pl.concat_str(
        pl.when(pl.col("constant").is_not_null()).then("title").otherwise(pl.col("verb").str.strip_chars()),
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
        status=pl.when(~bare)
        .then(pl.lit("understood"))
        .otherwise(pl.coalesce("constant", silent if hearing.learned else pl.lit("unknown"))),
        status_text=pl.when(words != "").then(words),
        audio_files=pl.col("audio").str.split("\n"),
        extra=_joined("front", "extra"),
    )


def _without_request(title: str | None, url: str | None) -> tuple[str | None, str | None]:
    """The known status of such a title; and title and link, as far as nothing else holds them, as JSON."""
    constant = constants().get(plain(title)) if title else None
    return constant, fragment(title=None if constant else title, titleUrl=url).whole


def _joined(one: str, other: str) -> pl.Expr:
    """Two columns of JSON objects as one."""
    both = pl.concat_str(pl.col(one).str.strip_suffix("}"), pl.lit(","), pl.col(other).str.strip_prefix("{"))
    return pl.coalesce(both, one, other)


class Kept(str):
    """The inside of a JSON object; two of them join with ``|``."""

    __slots__ = ()

    def __or__(self, other: str) -> Kept:
        return Kept(f"{self},{other}" if self and other else self or other)

    @classmethod
    def of(cls, whole: str | None) -> Kept:
        """The inside of that object, if there is one."""
        return cls(whole[1:-1] if whole else "")

    @property
    def whole(self) -> str | None:
        """The object; None if it is empty."""
        return f"{{{self}}}" if self else None


def fragment(**values: Any) -> Kept:
    """The inside of a JSON object with those of the values that hold something."""
    filled = {name: value for name, value in values.items() if value}
    return Kept(json.dumps(filled, ensure_ascii=False, separators=(",", ":"))[1:-1] if filled else "")


def link_kept(url: str | None) -> str | None:
    """A link that holds more than the request; null for one that can be made again from it."""
    return None if url is None or (url.startswith(PLAIN) and "&" not in url and "#" not in url) else url


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
