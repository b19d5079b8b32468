"""Tells what was said from the titles and links of Google's rows, in whatever language.

What was said is the ``q=`` of the row's link if the title holds it; the words around it are Google's. Those words,
learned from the rows with a link, then tell it in rows without one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from urllib.parse import unquote

import polars as pl

from toolkit import rules

_QUERY = r"[?&]q=([^&#]+)"
PLAIN = "https://www.google.com/search?q="
_HEX, _NEXT = "[0-9A-Fa-f]", "%[89ABab][0-9A-Fa-f]"
_CODE = f"%[0-7]{_HEX}|%[CDcd]{_HEX}{_NEXT}|%[Ee]{_HEX}(?:{_NEXT}){{2}}|%[Ff][0-7](?:{_NEXT}){{3}}"
_ODD_SPACES = "[\u00a0\u2007\u2009\u202f]"
_ELLIPSIS = "…"
Verb = tuple[str, str]


@cache
def constants() -> dict[str, str]:
    """Titles that hold no request, as the table has them, and the status of each."""
    return {plain(row["title"]): row["status"] for row in rules.table("google")["constant"]}


@cache
def _known_verbs() -> tuple[Verb, ...]:
    return tuple((row.get("before", ""), row.get("after", "")) for row in rules.table("google")["verb"])


def plain(text: str) -> str:
    """The text with ordinary blanks, and none around it."""
    return re.sub(_ODD_SPACES, " ", text).strip()


class Hearing:
    """Tells what was said from titles and links.

    Args:
        samples: (title, link) of rows from the file, from which its wording is learned.
    """

    def __init__(self, samples: Iterable[tuple[str | None, str | None]]) -> None:
        counts: Counter[Verb] = Counter()
        known = False
        for title, url in samples:
            asked = query(url)
            verb = _around(title, asked) if title and asked else None
            if verb and len("".join(verb).strip()) > 1:
                counts[verb] += 1
            known = known or bool(title and (plain(title) in constants() or _matching(title, _known_verbs())))
        learned = [verb for verb, count in counts.most_common(8) if count > 1] or list(counts)[:1]
        self.learned = bool(learned) or known
        self._verbs = (*sorted(learned, key=lambda verb: -len("".join(verb))), *_known_verbs())

    def read(self, raw: pl.DataFrame) -> pl.DataFrame:
        """Add ``transcript`` and ``verb``, both null where no request is told."""
        asked = _asked(raw["url"])
        title = pl.col("title")
        heard = raw.with_columns(asked).with_columns(
            verb=pl.when(title.str.ends_with(pl.col("asked"))).then(title.str.strip_suffix(pl.col("asked")))
        )
        heard = heard.with_columns(transcript=pl.when(pl.col("verb").is_not_null()).then("asked"))
        # Most languages put the request last; the others, and rows without a link, go one by one.
        heard = scattered(heard, pl.col("verb").is_null(), ("title", "asked"), ("transcript", "verb"), self._one)
        filled = (pl.when(pl.col(name) != "").then(name) for name in ("transcript", "verb"))
        return heard.drop("asked").with_columns(filled)

    def _one(self, title: str | None, asked: str | None) -> tuple[str | None, str | None]:
        verb = (title and asked and _around(title, asked)) or (title and _matching(title, self._verbs))
        if not title or not verb:
            return None, None
        before, after = verb
        return title[len(before) : len(title) - len(after)], before + (_ELLIPSIS + after if after else "")


def _asked(urls: pl.Series) -> pl.Series:
    """What each link searches for: `query`, for a whole column."""
    asked = urls.str.strip_prefix(PLAIN)
    usual = (asked.str.len_bytes() < urls.str.len_bytes()) & ~asked.str.contains(r"^$|[&#]")
    other = (~usual).arg_true()
    if len(other):
        asked = asked.scatter(other, urls.gather(other).str.extract(_QUERY))
    asked = asked.str.replace_all("+", " ", literal=True)
    coded = asked.str.contains("%", literal=True).fill_null(False).arg_true()
    return (asked.scatter(coded, _decoded(asked.gather(coded))) if len(coded) else asked).alias("asked")


def _decoded(texts: pl.Series) -> pl.Series:
    """Texts with ``%`` codes as `unquote` reads them; of the codes of whole letters, each that occurs is read once."""
    codes = texts.str.extract_all(_CODE)
    distinct = codes.explode().drop_nulls().unique().to_list()
    decoded = texts.str.replace_many(distinct, [unquote(code) for code in distinct]) if distinct else texts
    others = codes.list.join("").str.len_bytes() < 3 * texts.str.count_matches("%", literal=True)
    at = others.arg_true()
    return decoded.scatter(at, [unquote(text) for text in texts.gather(at)])


def scattered(
    rows: pl.DataFrame,
    where: pl.Expr,
    given: tuple[str, ...],
    names: tuple[str, ...],
    function: Callable[..., tuple[str | None, ...]],
) -> pl.DataFrame:
    """Set columns of those rows to what *function* makes of some others; it is called once for equal ones."""
    at = rows.select(where).to_series().arg_true()
    if not len(at):
        return rows
    keys = rows[at].select(given)
    distinct = keys.unique()
    found = [function(*key) for key in distinct.iter_rows()]
    table = distinct.hstack(pl.DataFrame(found, [(f"new {name}", pl.String) for name in names], orient="row"))
    values = keys.join(table, on=given, how="left", nulls_equal=True, maintain_order="left")
    return rows.with_columns(rows[name].scatter(at, values[f"new {name}"]) for name in names)


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
