"""Which language's rules a text is judged by: the one the file states, else the one its words are from, else none."""

from __future__ import annotations

from functools import cache

import polars as pl

from toolkit import rules
from toolkit.activations.speech import LANGUAGES, PART, each_once, speech

OTHER = "other"  # one there are no rules for
TONGUES = pl.Enum([*LANGUAGES, OTHER])
KNOWN = 0.3  # share of a text's words that must be in the lists of one language, more than in those of any other
DOMINANT = 0.8  # a history nearly all in one language lends it to texts too short to tell, if they have a word of it
_ROW, _WORD, _COUNTS = "__row", "__word", "__counts"
_BITS = 9  # for each language's count of words; a normalised text has at most 300 of them


def chosen(texts: pl.DataFrame) -> pl.DataFrame:
    """Choose the language of each text.

    Args:
        texts: ``text`` as `speech.normalised`, and ``language`` as the file states it (BCP 47), null where it does not.

    Returns:
        The same rows with ``speech``, one of `LANGUAGES`, or null: no rules for it, or not told.
    """
    stated = pl.col("language").cast(pl.String).str.extract(r"^([A-Za-z]{2,3})(?:[-_]|$)", 1).str.to_lowercase()
    texts = texts.with_columns(speech=pl.when(stated.is_in(LANGUAGES)).then(stated).cast(TONGUES))
    untold = texts.select(pl.col("language").is_null().arg_true()).to_series()
    if untold.is_empty():
        return texts
    return texts.with_columns(texts["speech"].scatter(untold, _guessed(texts["text"].gather(untold))))


def _guessed(texts: pl.Series) -> pl.Series:
    """The language each text's own words tell; where they do not, the one that prevails, if it is."""
    parts = texts.alias("text").to_frame().iter_slices(PART)
    counted = pl.concat([each_once(part["text"], _counted) for part in parts]).with_columns(text=texts.hash())
    decided = counted.filter(pl.col("speech").is_not_null()).unique("text")["speech"].value_counts(sort=True)
    if decided.height and decided["count"][0] >= DOMINANT * int(decided["count"].sum()):
        lent = decided["speech"][0]
        counted = counted.with_columns(pl.coalesce("speech", pl.when(lent).then(pl.lit(lent, TONGUES))))
    return counted.select(pl.when(pl.col("speech") != OTHER).then("speech")).to_series()


def _counted(texts: pl.Series) -> pl.DataFrame:
    """The language whose lists know most of a text's words, and for each language whether it knows any."""
    words = texts.alias(_WORD).to_frame().with_row_index(_ROW)
    words = words.with_columns(pl.col(_WORD).str.replace_all("'", " ", literal=True).str.split(" ")).explode(_WORD)
    words = words.join(_lexicon(), on=_WORD, how="left", maintain_order="left").select(
        pl.col(_ROW).set_sorted(), pl.col(_COUNTS).fill_null(0)
    )
    sums = words.group_by(_ROW, maintain_order=True).agg(pl.col(_COUNTS).sum(), words=pl.len())
    tongues = TONGUES.categories.to_list()
    counts = sums.select(
        ((pl.col(_COUNTS) // (1 << _BITS * at)) % (1 << _BITS)).alias(name) for at, name in enumerate(tongues)
    ).with_columns(sums["words"], most=pl.max_horizontal(tongues))
    best = [pl.col(name) == pl.col("most") for name in tongues]
    sure = (pl.sum_horizontal(best) == 1) & (pl.col("most") >= pl.col("words") * KNOWN)
    guess = pl.coalesce(pl.when(fits).then(pl.lit(name)) for fits, name in zip(best, tongues, strict=True))
    return counts.select(pl.col(tongues) > 0, speech=pl.when(sure).then(guess).cast(TONGUES))


@cache
def _lexicon() -> pl.DataFrame:
    """Every word of every list of two letters or more, with a count of 1 in the place of each language that has it."""
    others = {word for words in rules.table("speech/others")["words"].values() for word in words.split()}
    lists = [*(speech(name).masks for name in LANGUAGES), others]
    counts: dict[str, int] = {}
    for at, words in enumerate(lists):
        for word in words:
            if len(word) > 1:
                counts[word] = counts.get(word, 0) + (1 << _BITS * at)
    return pl.DataFrame({_WORD: counts.keys(), _COUNTS: counts.values()}, {_WORD: pl.String, _COUNTS: pl.UInt64})
