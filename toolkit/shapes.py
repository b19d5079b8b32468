"""Names and values without what they tell about anybody: which words may be shown, and the form of the rest."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from toolkit import rules

_E_MAIL = re.compile(r"[^\s/@<>]{1,64}@[^\s/@<>]{1,190}")
_UUID = re.compile(r"(?<![0-9a-zA-Z])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-zA-Z])")
_DATE = re.compile(
    r"(?<!\d)\d{1,4}(?P<gap>[-./_])\d{1,2}(?P=gap)\d{1,4}(?:[T ,_]{1,2}\d{1,2}([:_-]?\d{2}){1,3}([.,_]\d{1,9})?"
    r"\s?(?:Z|UTC|GMT|[AaPp]\.?[Mm]\.?|[+-]\d{2}:?\d{2})?)?"
)
_COMPACT = re.compile(r"(?<![^\W_])\d{8}T?\d{6}Z?(?![^\W_])")
# A run of letters and figures together is an id, whatever it looks like; then camel case is taken apart.
_MIXED = re.compile(r"(?=[^\W_]*\d)(?=[^\W_]*[^\W\d_])[^\W_]{5,}")
_PIECE = re.compile(r"<[^<>]*>|[#]+|[^\W\d_]+|\d+|.", re.DOTALL)
_CAMEL = re.compile(r"[^\W\d_a-z]?[^\W\d_A-Z]+|[^\W\d_a-z]+(?![^\W\d_A-Z])|[^\W\d_]")
_PLAIN = set(" _-./()[]{}:,;&+'$#%|=*!?")
_MOST_WORDS = 5
_LONGEST = 80
NAME, JSON, CAPITALS = "<name>", "JSON in a text", "CAPITALS_WITH_LINES"


@cache
def _known() -> frozenset[str]:
    return frozenset(word for group in rules.table("skeleton").values() for word in group.split())


def is_known(word: str) -> bool:
    """Whether it is one of the words that name things in exports."""
    return word.casefold() in _known()


@lru_cache(4_096)
def name(text: str) -> str:
    """A path's part, a heading or a key with every word masked that is not known to name a thing.

    What has more words than such names have, or several of which one is not known, may be something that was said, or
    somebody's name, and is masked as a whole.
    """
    if len(text) > _LONGEST:
        return NAME
    if text.isascii() and text.isidentifier() and _all_known(text.replace("_", "")):
        return text
    masked = "".join(map(_piece, _PIECE.findall(_marked(text))))
    words = len(re.findall(r"<word>|[^\W\d_]+", re.sub(r"<(?!word>)[^<>]*>", "", masked)))
    spaced = " " in text.strip()
    return NAME if words > _MOST_WORDS or (spaced and "<word>" in masked) else masked


def _all_known(text: str) -> bool:
    """Whether letters, perhaps with an m4a or mp3 among them, are all of known words."""
    return text.lower() in _known() or (text.isalpha() and all(w.lower() in _known() for w in _CAMEL.findall(text)))


def _marked(text: str) -> str:
    """Addresses, ids and dates as marks; of dates only the figures are hidden."""
    text = text.replace("<", "(").replace(">", ")").replace("#", "-")
    text = _E_MAIL.sub("<e-mail>", text)
    text = _UUID.sub("<uuid>", text)
    text = _COMPACT.sub(lambda found: _figures(found[0]), text)
    text = _DATE.sub(lambda found: _figures(found[0]), text)
    return _MIXED.sub(lambda found: found[0] if found[0].lower() in _known() else "<id>", text)


def _figures(text: str) -> str:
    return re.sub(r"\d", "#", text)


def _piece(piece: str) -> str:
    if piece[0] in "<#":
        return piece
    if piece.isdecimal():
        return "#" * min(len(piece), 20)
    if len(piece) > 1 or piece.isalpha():
        return piece if len(piece) == 1 and piece in "TZ" else _words(piece)
    return piece if piece in _PLAIN else "?"


def _words(run: str) -> str:
    if run.lower() in _known():
        return run
    parts = _CAMEL.findall(run)
    if "".join(parts) != run or not any(part.lower() in _known() for part in parts):
        return "<word>"
    return re.sub(r"(?:<word>)+", "<word>", "".join(part if part.lower() in _known() else "<word>" for part in parts))


def path(text: str) -> str:
    """A path, each part by itself; the end of a file's name stays if it is a common one."""
    *folders, last = text.split("/")
    stem, dot, suffix = last.rpartition(".")
    if dot and suffix.lower() in _known():
        return "/".join([*map(name, folders), f"{name(stem)}.{suffix.lower()}"])
    return "/".join(map(name, [*folders, last]))


_FORMS = (
    ("empty text", re.compile(r"\s*")),
    ("uuid", _UUID),
    ("e-mail address", _E_MAIL),
    ("web address", re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{1,20}://\S+")),
    ("name of a clip", re.compile(r"[^\r\n]{1,300}\.(?:wav|mp3|m4a|mp4|ogg|opus|flac|aac|amr|webm)", re.IGNORECASE)),
    (JSON, re.compile(r"\s*[\[{].*[\]}]\s*", re.DOTALL)),
    (CAPITALS, re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")),
    ("language tag", re.compile(r"[a-z]{2,3}[-_][A-Z]{2}")),
    ("hexadecimal figures", re.compile(r"(?=.*\d)[0-9a-fA-F]{8,}")),
)
_FIGURES = re.compile(r"[+-]?\d{1,20}(?:[.,]\d{1,12})?")
_MONTH_DATE = re.compile(r"(?=.*\d{4})(?=.*\d:\d\d)[^\n]{10,64}")


def value(text: str) -> str:
    """The form of a text, in words of our own and ``#`` for each figure; nothing of the text itself."""
    text = text[:100_000]
    for form, pattern in _FORMS:
        if pattern.fullmatch(text):
            return form
    if _FIGURES.fullmatch(text):
        return f"text of figures {_figures(text)}"
    if _DATE.fullmatch(text):
        return f"date {_figures(text)}"
    if _MONTH_DATE.fullmatch(text):
        return "text with a year and a time of day"
    if "<" in text and re.search(r"</?[a-zA-Z]", text):
        return "text with tags"
    words = text.split()
    if len(words) == 1 and len(text) <= _LONGEST and re.search(r"\d", text):
        return f"text like {_pattern(text)}"
    return f"text of {_size(len(words))}"


def _pattern(text: str) -> str:
    """One ``a`` for each run of letters, one ``#`` for each run of figures, and the marks between them."""
    runs = re.sub(r"\d+", "#", re.sub(r"[^\W\d_]+", "a", text.replace("#", "|")))
    runs = re.sub(r"(?:a#|#a)[a#]*", "a#", runs)
    return "".join(mark if mark in _PLAIN or mark in "a#" else "?" for mark in runs)


def _size(words: int) -> str:
    return "1 word" if words <= 1 else "2 to 9 words" if words < 10 else "10 words or more"
