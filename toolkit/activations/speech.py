"""What the words of a transcript say: the rules of `rules/speech/<language>.toml`, asked of many texts at once.

A text is judged by its words' membership in short lists (commands, pronouns, fillers ...) and where they stand. Each
word becomes a bit mask, one bit for each list; a rule is a set of conditions on the masks of a text's first, second,
third and last word and on all of them together. So a rule can be read aloud, and a million texts take seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from toolkit import rules

LANGUAGES = ("en", "de", "fr", "es", "it", "nl")
ELIDING = ("fr", "it")  # there an apostrophe parts two words
CHARACTERS = 600  # a capture lasts seconds; what comes later adds nothing, and a text may be a megabyte long
PART = 1 << 16  # entries or texts looked at together: what a step needs meanwhile is little, however long the history
_WAKE_WORD = r"(?:(?:hey|hi|ok|okay|hallo) )?(?:alexa|siri|google|echo|computer|amazon|ziggy|cortana|bixby|olly|snips)"
_POSITIONS = ("first", "second", "third", "last", "any", "inside")
_ROW, _WORD, _MASK = "__row", "__word", "__mask"


@dataclass(frozen=True, slots=True)
class Rule:
    """One sign in the words.

    Attributes:
        name: Unique in its language.
        expression: True for texts that carry it; over the frame of `masks`.
        weight: Log of how much likelier it is in talk than in requests, all other rules given; None: not known.
        says: The sign in plain words.
        source: Where the weight comes from.
    """

    name: str
    expression: pl.Expr
    weight: float | None
    says: str
    source: str


@dataclass(frozen=True, slots=True)
class Speech:
    """The rules of one language.

    Attributes:
        language: Two letters.
        standing: ``measured`` or ``experimental``.
        rules: In the order of the file.
        intercept: Log odds of a text without any sign, at even odds.
        cap: Bound on what text may add to or take from the log odds.
        bits: List -> bit of the mask.
        masks: Word -> mask.
        endings: Ending -> mask, for words of five letters or more.
        counted: Lists whose words are counted.
    """

    language: str
    standing: str
    rules: tuple[Rule, ...]
    intercept: float
    cap: float
    bits: dict[str, int]
    masks: dict[str, int]
    endings: dict[str, int]
    counted: tuple[str, ...]


@cache
def speech(language: str) -> Speech:
    """The rules of *language*, one of `LANGUAGES`."""
    return parsed(rules.table(f"speech/{language}"))


def parsed(table: dict[str, Any]) -> Speech:
    """The rules in the contents of a file."""
    bits = {name: 1 << at for at, name in enumerate((*table["words"], *table.get("endings", {})))}
    masks: dict[str, int] = {}
    for name, words in table["words"].items():
        for word in words.split():
            masks[word] = masks.get(word, 0) | bits[name]
    made = [
        Rule(r["name"], _all(r["when"], bits, table.get("phrases", {})), r["weight"], r["says"], r["source"])
        for r in table["rule"]
    ]
    if len(bits) > 64 or len(made) > 63:
        raise ValueError("a mask has 64 bits")
    atoms = {atom.removeprefix("not ") for rule in table["rule"] for atom in rule["when"]}
    return Speech(
        language=table["language"],
        standing=table["standing"],
        rules=tuple(made),
        intercept=table["intercept"]["weight"],
        cap=table["cap"]["limit"],
        bits=bits,
        masks=masks,
        endings={ending: bits[name] for name, ends in table.get("endings", {}).items() for ending in ends.split()},
        counted=tuple(sorted({atom.removeprefix("two:") for atom in atoms if atom.startswith("two:")})),
    )


def _all(when: list[str], bits: dict[str, int], phrases: dict[str, list[str]]) -> pl.Expr:
    return pl.all_horizontal([_atom(atom, bits, phrases) for atom in when])


def _atom(atom: str, bits: dict[str, int], phrases: dict[str, list[str]]) -> pl.Expr:
    """One condition: ``any:past``, ``not first:command``, ``two:domain``, ``start:polite``, ``words:3-4``, ..."""
    if atom.startswith("not "):
        return ~_atom(atom.removeprefix("not "), bits, phrases)
    kind, _, name = atom.partition(":")
    if kind in _POSITIONS:
        wanted = sum(bits[one] for one in name.split("|"))
        return (pl.col(kind) & pl.lit(wanted, pl.UInt64)) > 0
    if kind == "two":
        return pl.col(f"two:{name}") >= 2
    if kind == "words":
        least, dash, most = name.partition("-")
        return pl.col("words").is_between(int(least), int(most or (1_000_000 if dash else least)))
    if kind == "repeated":
        return pl.col("repeated")
    pattern = "|".join(phrase for one in name.split("|") for phrase in phrases[one])
    return pl.col("text").str.contains(rf"^(?:{pattern})\b" if kind == "start" else rf"\b(?:{pattern})\b")


def normalised(texts: pl.Series) -> pl.Series:
    """The first thing said in each: lower case, letters, digits, apostrophes, without the wake word in front."""
    frame = texts.alias("text").str.slice(0, CHARACTERS).str.to_lowercase().to_frame()
    text = pl.col("text")
    odd = frame.select(~text.str.contains(r"^[a-z0-9]+(?:[ '][a-z0-9]+)*$")).to_series().fill_null(False)
    if odd.any():  # seldom, and many times as slow
        plain = (
            text.str.replace_all("[\u2018\u2019\u02bc`\u00b4]", "'")
            .str.replace_all(r"[^\pL\pM\pN'\n]+", " ")
            .str.replace_all(r" ?\n ?", "\n")
            .str.strip_chars(" \n'")
        )
        where = odd.arg_true()
        frame = frame.with_columns(frame["text"].scatter(where, frame[where].select(plain).to_series()))
    woken = text.str.replace(rf"^(?:{_WAKE_WORD}(?:[ \n]+|$))+", "")
    return frame.select(
        pl.when(text.str.contains("\n", literal=True))
        .then(woken.str.extract(r"^([^\n]*)", 1).str.strip_chars())
        .otherwise(woken)
    ).to_series()


def spelled(text: pl.Expr, language: str) -> pl.Expr:
    """A `normalised` text as the lists of *language* spell it."""
    return text.str.replace_all("'", " " if language in ELIDING else "", literal=True).str.replace_all(" +", " ")


def each_once(texts: pl.Series, judge: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """What *judge* makes of each text, asked once for each distinct one; a history says the same things again."""
    distinct = texts.unique(maintain_order=True)
    told = judge(distinct)
    if len(distinct) == len(texts):
        return told
    told = told.with_columns(distinct.alias("__text"))
    return texts.to_frame("__text").join(told, on="__text", how="left", maintain_order="left").drop("__text")


def masks(texts: pl.Series, language: Speech) -> pl.DataFrame:
    """What the conditions of rules ask for, one row for each text.

    Args:
        texts: As `spelled`, none of them empty or null.
        language: Whose lists count.

    Returns:
        ``text``, ``words`` (their number), ``repeated`` (two equal ones in a row), masks of the ``first``, ``second``,
        ``third`` and ``last`` word, of ``any`` and of any but the first (``inside``), and counts ``two:<list>``.
    """
    split = texts.alias("text").to_frame().with_row_index(_ROW)
    words = split.select(_ROW, pl.col("text").str.split(" ").alias(_WORD)).explode(_WORD)
    words = words.join(_lexicon(language), on=_WORD, how="left", maintain_order="left")
    row = pl.col(_ROW)
    begins = (row != row.shift(1)).fill_null(True)
    words = words.with_columns(
        _with_endings(language), begins=begins, again=~begins & (pl.col(_WORD) == pl.col(_WORD).shift(1))
    )
    words = words.with_columns(at=pl.int_range(pl.len(), dtype=pl.UInt32)).with_columns(
        at=pl.col("at") - pl.when("begins").then("at").forward_fill()
    )
    mask = pl.col(_MASK)
    counts = [
        ((mask & pl.lit(language.bits[name], pl.UInt64)) > 0).sum().alias(f"two:{name}") for name in language.counted
    ]
    grouped = (
        words.select(
            pl.col(_ROW).set_sorted(),
            mask,
            "again",
            inside=pl.when(pl.col("at") > 0).then(mask).otherwise(0),
            second=pl.when(pl.col("at") == 1).then(mask).otherwise(0),
            third=pl.when(pl.col("at") == 2).then(mask).otherwise(0),
        )
        .group_by(_ROW, maintain_order=True)
        .agg(
            *counts,
            pl.col("second", "third").max(),
            pl.col("inside").bitwise_or(),
            words=pl.len(),
            repeated=pl.col("again").any(),
            first=mask.first(),
            last=mask.last(),
            any=mask.bitwise_or(),
        )
    )
    return pl.concat([split.select("text"), grouped.drop(_ROW)], how="horizontal")


def _lexicon(language: Speech) -> pl.DataFrame:
    masks = language.masks
    return pl.DataFrame({_WORD: masks.keys(), _MASK: masks.values()}, {_WORD: pl.String, _MASK: pl.UInt64})


def _with_endings(language: Speech) -> pl.Expr:
    """The mask of each word; one in no list may have an ending that tells."""
    word, mask = pl.col(_WORD), pl.lit(0, pl.UInt64)
    for ending, bit in language.endings.items():
        ends = word.str.ends_with(ending) & (word.str.len_chars() >= 5)
        mask = mask | pl.when(ends).then(pl.lit(bit, pl.UInt64)).otherwise(pl.lit(0, pl.UInt64))
    return pl.coalesce(_MASK, mask).alias(_MASK)
