"""The signs of each activation as bits: in its words, in what the maker says of it, and in what stands around it."""

from __future__ import annotations

from datetime import timedelta
from functools import cache, partial

import polars as pl

from toolkit import rules
from toolkit.activations.entries import MARKS
from toolkit.activations.language import chosen
from toolkit.activations.speech import LANGUAGES, PART, Rule, each_once, masks, speech, spelled

SESSION = timedelta(minutes=2)
DIGITS = 9  # of log odds: in which order polars adds up depends on its threads, the result must not
_ASKED = [
    "kind",
    "status",
    "time",
    "device",
    "text",
    "marked",
    "paired",
    "alone",
    "discarded",
    "talk",
    "unstated",
    "own",
]

_voice = pl.col("kind") == "voice"
_mute = pl.col("text").is_null()
_status = pl.col("status").cast(pl.String)
_isolated = pl.col("alone") & ~pl.col("paired")
_own = pl.col("own")
_timed = pl.col("time").is_not_null()
_woken = _status.is_in(["wake_word_only", "silence"])
_contradicted = _status.is_in(MARKS) & ~pl.col("discarded") & ~pl.col("marked")  # by the wake word of another half
_judged = pl.col("score").is_not_null()
_EXPRESSIONS = {
    "maker_mark": pl.col("marked"),
    "not_understood": _status == "not_understood",
    "session": _judged & ~pl.col("marked") & pl.col("near"),
    "no_request_found": _mute & (_status == "no_intent") & _isolated,
    "woken_for_nothing": _mute & _own & _woken,
    "wake_word_alone": _mute & ~_own & (_status == "wake_word_only") & ~pl.col("paired") & _timed,
    "silence": _mute & ~_own & ((_status == "silence") | ((_woken | _contradicted) & pl.col("paired"))),
    "follow_up": _mute & (_status == "no_intent") & ~_isolated & _timed,
    "discarded": _mute & pl.col("discarded") & ~pl.col("paired"),
    "no_rules": ~_mute & ~_judged & ~pl.col("talk") & ~pl.col("unstated"),
    "conversation": pl.col("talk"),
    "unstated": pl.col("unstated") & ~pl.col("talk"),
}


@cache
def status_rules() -> tuple[Rule, ...]:
    """The rules and, without a weight, the notes of `rules/evidence.toml`."""
    table = rules.table("evidence")
    return tuple(
        Rule(row["name"], _EXPRESSIONS[row["name"]], row.get("weight"), row["says"], row["source"])
        for row in (*table["rule"], *table["note"])
    )


def with_signs(events: pl.DataFrame) -> pl.DataFrame:
    """The signs of each voice activation.

    Args:
        events: As from `events.grouped`.

    Returns:
        For each ``kind``, ``speech`` (language of the rules for its words, null if none), ``score`` (log odds by words
        at even odds, capped; null likewise), ``words`` and ``signs`` (one bit for each rule of that language, and of
        `status_rules`; what is no voice has none).
    """
    events = events.select(_ASKED).hstack(_words(events))
    events = events.with_columns(_near(events))
    return events.select("kind", "speech", "score", "words", signs=pl.when(_voice).then(_bits(None)))


def _near(events: pl.DataFrame) -> pl.Series:
    """Whether another activation of the device within `SESSION` reads as a request."""
    asked = _voice & (pl.col("score") < 0) & ~pl.col("marked") & _timed
    rows = events.select("device", "time", asked=asked.fill_null(False)).with_row_index("at")
    rows = rows.sort("device", maintain_order=True)  # they are in order of time already
    return rows.select("at", near=(_since(1) | _since(-1)).fill_null(False)).sort("at")["near"]


def _since(step: int) -> pl.Expr:
    """Whether the last (step 1) or next (step -1) request of the device is within `SESSION`."""
    when, whose = (pl.when("asked").then(name).shift(step) for name in ("time", "device"))
    when, whose = (c.forward_fill() if step > 0 else c.backward_fill() for c in (when, whose))
    return (whose == pl.col("device")) & ((pl.col("time") - when).abs() <= SESSION)


def _words(events: pl.DataFrame) -> pl.DataFrame:
    """``speech``, ``words`` and ``score`` of each activation."""
    rows = events.select("text", _voice & ~_mute & ~pl.col("talk") & ~pl.col("unstated"), language="stated")
    rows = rows.with_row_index("at")
    asked = chosen(rows.filter("kind").drop("kind"))
    parts = [asked.select("at", "speech", words=pl.lit(None, pl.UInt64), score=pl.lit(None, pl.Float64)).clear()]
    for name in LANGUAGES:
        for part in asked.filter(speech=name).iter_slices(PART):
            judged = each_once(part["text"], partial(_judged_in, name))
            parts.append(part.select("at", "speech").hstack(judged))
    return rows.select("at").join(pl.concat(parts), on="at", how="left", maintain_order="left").drop("at")


def _judged_in(name: str, texts: pl.Series) -> pl.DataFrame:
    """The signs in texts of one language and their score."""
    plain = texts.to_frame("text").select(spelled(pl.col("text"), name)).to_series()
    found = masks(plain, speech(name)).select(words=_bits(name))
    distinct = found.unique().with_columns(score=_score(name))
    return found.join(distinct, on="words", how="left", maintain_order="left")


# Expressions are made once: a study judges thousands of small exports in one process.


@cache
def _score(name: str) -> pl.Expr:
    """Sum of the weights of the rules of a language whose bit is set in ``words``, capped."""
    of = speech(name)
    held = (((pl.col("words") & pl.lit(1 << at, pl.UInt64)) > 0, rule) for at, rule in enumerate(of.rules))
    total = pl.sum_horizontal(
        pl.lit(of.intercept), *(is_set.cast(pl.Float64) * (rule.weight or 0.0) for is_set, rule in held)
    )
    return total.round(DIGITS).clip(-of.cap, of.cap)


@cache
def _bits(language: str | None) -> pl.Expr:
    """The rules of a language, or else of `status_rules`, that hold, as one number, the first as its lowest bit."""
    of = status_rules() if language is None else speech(language).rules
    return pl.sum_horizontal(
        pl.when(rule.expression).then(pl.lit(1 << at, pl.UInt64)).otherwise(pl.lit(0, pl.UInt64))
        for at, rule in enumerate(of)
    )
