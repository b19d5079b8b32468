"""What may explain an activation, and never judges it: like-sounding phrases, recurring hours, devices at once."""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from toolkit import rules
from toolkit.summary import clock

WEEKS, WITHIN = 3, 10  # the same weekday within so many minutes, in at least so many weeks
AT_ONCE = 5  # seconds
KINDS = {
    "phrase": "holds a phrase that is published as sounding like a wake word",
    "recurring": "comes at the same time of the week as others; possibly television. That others do not proves nothing",
    "at_once": "another device of the same maker was woken within five seconds",
    "follow_up": "was started as a follow-up, without a new wake word",
    "stranger": "the maker did not recognise the speaker; guests are ordinary users too",
}


def explanations(events: pl.DataFrame, timezone: str | None = None) -> pl.DataFrame:
    """What may explain activations that are listed, or of which nothing can be told.

    None of it enters a score: over whole utterances these signs are as common in wanted requests (docs).

    Args:
        events: As from `activations`.
        timezone: Zone of the clock on the wall; None for UTC.

    Returns:
        ``activation_id``, ``what`` (one of `KINDS`), ``detail`` (the published phrase; else null) and ``source``.
    """
    shown = events.filter((pl.col("kind") == "voice") & (pl.col("accidental") != "no_sign").fill_null(True))
    at_once = _at_once(events.filter(pl.col("kind") != "not_voice")).join(shown, on="activation_id", how="semi")
    found = [_phrases(shown), _recurring(shown, timezone), at_once, *_stated(shown)]
    return pl.concat([pl.DataFrame(schema=_SCHEMA), *(part.select(list(_SCHEMA)) for part in found)])


_SCHEMA = {"activation_id": pl.String, "what": pl.String, "detail": pl.String, "source": pl.String}
_NO_DETAIL = pl.lit(None, pl.String).alias("detail")


def rates() -> pl.DataFrame:
    """How often television woke devices: ``wake_word``, ``device``, ``per_tv_hour``."""
    return pl.DataFrame(rules.table("wake_words")["rate"])


def _phrases(events: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("transcript").str.to_lowercase().str.replace_all("[\u2018\u2019]", "'")
    said = events.filter(pl.col("transcript").is_not_null()).select("activation_id", text=text)
    return pl.concat([_of_one(said, row) for row in rules.table("wake_words")["phrases"]])


def _of_one(said: pl.DataFrame, row: dict[str, Any]) -> pl.DataFrame:
    pattern = rf"\b({'|'.join(map(re.escape, row['phrases']))})\b"
    hits = said.with_columns(detail=pl.col("text").str.extract(pattern, 1)).filter(pl.col("detail").is_not_null())
    return hits.with_columns(
        detail=pl.format("{} (for {})", "detail", pl.lit(row["wake_word"])),
        what=pl.lit("phrase"),
        source=pl.lit(row["source"]),
    )


def _recurring(events: pl.DataFrame, timezone: str | None) -> pl.DataFrame:
    """Activations near whose time of the week there are others in other weeks, `WEEKS` of them together."""
    at = clock(timezone)
    minute = at.dt.weekday().cast(pl.Int32) * 1440 + at.dt.hour().cast(pl.Int32) * 60 + at.dt.minute().cast(pl.Int32)
    times = events.filter(pl.col("time").is_not_null()).select(
        "activation_id", minute=minute, week=at.dt.truncate("1w"), key=pl.coalesce("device_id", "device_name")
    )
    times = times.sort("minute").with_columns(pl.col("key").fill_null(""))
    near = times.rolling("minute", period=f"{2 * WITHIN + 1}i", offset=f"-{WITHIN + 1}i", group_by="key").agg(
        weeks=pl.col("week").n_unique()
    )
    often = near.filter(pl.col("weeks") >= WEEKS).select("key", "minute").unique()
    return times.join(often, on=["key", "minute"], how="semi").with_columns(
        _NO_DETAIL, what=pl.lit("recurring"), source=pl.lit(f"{WEEKS} weeks or more")
    )


def _at_once(events: pl.DataFrame) -> pl.DataFrame:
    """Activations with another device of the same maker woken at once."""
    device = pl.coalesce("device_id", "device_name")
    times = events.filter(pl.col("time").is_not_null() & device.is_not_null()).sort("vendor", "time")
    apart = pl.col("time").diff().abs() <= pl.duration(seconds=AT_ONCE)
    other = (device != device.shift(1)) & (pl.col("vendor") == pl.col("vendor").shift(1)) & apart
    both = (other | other.shift(-1)).fill_null(False)
    return times.filter(both).with_columns(_NO_DETAIL, what=pl.lit("at_once"), source=pl.lit("times in the file"))


def _stated(events: pl.DataFrame) -> list[pl.DataFrame]:
    """What the file itself says of how it began, and of whom it heard."""
    signs = {
        "follow_up": pl.col("trigger") == "follow_up",
        "stranger": pl.col("status_text").str.contains("(?i)unrecogni[sz]ed speaker"),
    }
    return [
        events.filter(sign).with_columns(_NO_DETAIL, what=pl.lit(what), source=pl.lit("stated in the file"))
        for what, sign in signs.items()
    ]
