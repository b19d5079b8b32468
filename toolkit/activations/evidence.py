"""The signs of each activation as bits: in its words, in what the maker says of it, and in what stands around it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache

import polars as pl

from toolkit import rules
from toolkit.activations.events import DISCARDED
from toolkit.activations.language import chosen
from toolkit.activations.speech import LANGUAGES, Rule, Speech, masks, speech, spelled

SESSION = timedelta(minutes=2)
DIGITS = 9  # of log odds: in which order polars adds up depends on its threads, the result must not
_TEXTS = 100_000  # judged at once: each of their words is a row meanwhile
CONVERSATIONS = ("chatgpt_voice", "google_gemini")  # talk is what they are for
UNSTATED = ("apple_intelligence", "mapped")  # nothing says that their words were spoken, let alone after a wake word
_BY_CONSTRUCTION = r"^(?:ovos|home_assistant)"  # formats that keep a wake word without a request only as such

_mute = pl.col("text").is_null()
_status = pl.col("status").cast(pl.String)
_isolated = pl.col("alone") & ~pl.col("paired")
_own = pl.col("format").str.contains(_BY_CONSTRUCTION)
_discarded = (_status == "not_intended") & pl.col("status_text").str.starts_with(DISCARDED).fill_null(False)
_timed = pl.col("time").is_not_null()
_woken = _status.is_in(["wake_word_only", "silence"])
_judged = pl.col("score").is_not_null()
# Alexa+ keeps a conversation turn by turn, or as one entry of that name.
_talk = (
    pl.col("product").is_in(CONVERSATIONS)
    | (pl.col("format") == "amazon_rah_turns")
    | ((pl.col("format") == "amazon_rah") & (pl.col("status_text") == "conversation")).fill_null(False)
)
_unstated = pl.col("product").is_in(UNSTATED) & (pl.col("trigger") != "wake_word").fill_null(True)
_EXPRESSIONS = {
    "maker_mark": pl.col("marked"),
    "not_understood": _status == "not_understood",
    "session": _judged & ~pl.col("marked") & pl.col("near"),
    "no_request_found": _mute & (_status == "no_intent") & _isolated,
    "woken_for_nothing": _mute & _own & _woken,
    "wake_word_alone": _mute & ~_own & (_status == "wake_word_only") & ~pl.col("paired") & _timed,
    "silence": _mute & ~_own & ((_status == "silence") | (_woken & pl.col("paired"))),
    "follow_up": _mute & (_status == "no_intent") & ~_isolated & _timed,
    "discarded": _mute & _discarded & ~pl.col("paired"),
    "no_rules": ~_mute & ~_judged & ~_talk & ~_unstated,
    "conversation": _talk,
    "unstated": _unstated & ~_talk,
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
    """Add the signs of each voice activation.

    Args:
        events: As from `events.grouped`; only of kind voice.

    Returns:
        The same rows in the order of their devices, with ``speech`` (language of the rules for its words, null if
        none), ``score`` (log odds by words at even odds, capped; null likewise), ``words`` and ``signs`` (one bit for
        each rule of that language, and of `status_rules`).
    """
    events = _with_words(events)
    events = events.sort("device", "time", nulls_last=True, maintain_order=True)
    asked = (pl.col("score") < 0) & ~pl.col("marked") & pl.col("time").is_not_null()  # reads as a request
    near = _since(asked, 1) | _since(asked, -1)
    events = events.with_columns(near=near.fill_null(False))
    return events.with_columns(signs=bits([rule.expression for rule in status_rules()])).drop("near")


def _since(asked: pl.Expr, step: int) -> pl.Expr:
    """Whether the last (step 1) or next (step -1) request of the device is within `SESSION`."""
    when, whose = (pl.when(asked).then(name).shift(step) for name in ("time", "device"))
    when, whose = (c.forward_fill() if step > 0 else c.backward_fill() for c in (when, whose))
    return (whose == pl.col("device")) & ((pl.col("time") - when).abs() <= SESSION)


def _with_words(events: pl.DataFrame) -> pl.DataFrame:
    """Judge each distinct text once, by the rules of its language."""
    asked = ~_mute & ~_talk & ~_unstated
    distinct = chosen(events.filter(asked).select("text", "language").unique(maintain_order=True))
    judged = [_judged_in(name, part) for name in LANGUAGES for part in distinct.filter(speech=name).iter_slices(_TEXTS)]
    found = pl.concat([part for part in judged if part.height] or [_judged_in("en", distinct.clear())])
    key = pl.when(asked).then("text").alias("__text")
    return (
        events.with_columns(key)
        .join(
            found.rename({"text": "__text"}),
            on=["__text", "language"],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        .drop("__text")
    )


def _judged_in(name: str, texts: pl.DataFrame) -> pl.DataFrame:
    """Texts of one language with their signs and their score."""
    rules_of = speech(name)
    plain = texts.select(spelled(pl.col("text"), name)).to_series()
    found = masks(plain, rules_of).select(words=bits([rule.expression for rule in rules_of.rules]))
    distinct = found.unique()
    distinct = distinct.with_columns(score=score(rules_of).clip(-rules_of.cap, rules_of.cap))
    found = found.join(distinct, on="words", how="left", maintain_order="left")
    return pl.concat([texts.select("text", "language", "speech"), found], how="horizontal")


def score(of: Speech) -> pl.Expr:
    """Sum of the weights of the rules whose bit is set in ``words``."""
    held = (((pl.col("words") & pl.lit(1 << at, pl.UInt64)) > 0, rule) for at, rule in enumerate(of.rules))
    return pl.sum_horizontal(
        pl.lit(of.intercept), *(is_set.cast(pl.Float64) * (rule.weight or 0.0) for is_set, rule in held)
    ).round(DIGITS)


def bits(conditions: Sequence[pl.Expr]) -> pl.Expr:
    """The conditions that hold as one number, the first as its lowest bit."""
    return pl.sum_horizontal(
        pl.when(condition).then(pl.lit(1 << at, pl.UInt64)).otherwise(pl.lit(0, pl.UInt64))
        for at, condition in enumerate(conditions)
    )
