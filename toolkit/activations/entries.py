"""What each entry says by itself: what was asked, whether it is voice, of which device, and how its maker marked it."""

from __future__ import annotations

import polars as pl

from toolkit import rules
from toolkit.activations.speech import PART, normalised

KINDS = pl.Enum(["voice", "not_voice", "duplicate"])
MARKS = ("false_wake", "not_intended")  # the maker's own words: not meant for the assistant
# Amazon also writes this for a bare wake word and for devices that lost arbitration: a weaker sign than a mark.
DISCARDED = "DISCARDED"
CONVERSATIONS = ("chatgpt_voice", "google_gemini")  # talk is what they are for
UNSTATED = ("apple_intelligence", "mapped")  # nothing says that their words were spoken, let alone after a wake word
_BY_CONSTRUCTION = r"^(?:ovos|home_assistant)"  # formats that keep a wake word without a request only as such
_NOT_VOICE = ("routine", "suggestion", "typed", "no_audio_kept", "no_request")
_NOT_SPOKEN = ("routine", "typed", "provider")
_discarded = pl.col("status_text").str.starts_with(DISCARDED).fill_null(False)
# Alexa+ keeps a conversation turn by turn, or as one entry of that name.
_talk = (
    pl.col("product").is_in(CONVERSATIONS)
    | (pl.col("format") == "amazon_rah_turns")
    | ((pl.col("format") == "amazon_rah") & (pl.col("status_text") == "conversation")).fill_null(False)
)


def looked_at(records: pl.DataFrame) -> pl.DataFrame:
    """What grouping and judging ask of each entry.

    Args:
        records: As in `schema.RECORDS`.

    Returns:
        One row for each, in order: ``text`` (what was asked, `normalised`; null without a request), ``time``,
        ``status`` (also as told by the wording that stands for a text), ``kind``, ``device`` (entries of one key stand
        in one order), ``utterance`` (a key of the utterance id without the number of its part) and, true or false,
        ``marked`` (the maker says it was not meant), ``discarded`` (Amazon's weaker sign), ``talk`` (of a
        conversation), ``unstated`` (nothing says that it was spoken) and ``own`` (of a format that keeps a wake word
        without a request only as such).
    """
    parts = [_part(part) for part in records.select(_ASKED).iter_slices(PART)]
    return pl.concat(parts or [_part(records.select(_ASKED))])


_ASKED = ["vendor", "product", "format", "source_file", "device_id", "device_name", "utterance_id"]
_ASKED += ["time", "time_basis", "transcript", "status", "status_text", "trigger"]


def _part(records: pl.DataFrame) -> pl.DataFrame:
    status = pl.col("status")
    return _with_text(records).select(
        "text",
        "time",
        "status",
        _kind().alias("kind"),
        _device().alias("device"),
        _utterance().alias("utterance"),
        marked=status.is_in(MARKS) & ~_discarded,
        discarded=(status == "not_intended") & _discarded,
        talk=_talk,
        unstated=pl.col("product").is_in(UNSTATED) & (pl.col("trigger") != "wake_word").fill_null(True),
        own=pl.col("format").str.contains(_BY_CONSTRUCTION),
    )


def _with_text(records: pl.DataFrame) -> pl.DataFrame:
    """Add what was asked; what a maker writes where it keeps no text is a verdict or nothing, never a request."""
    text, status = pl.col("text"), pl.col("status").cast(pl.String)
    rows = records.with_columns(text=normalised(records["transcript"]))
    wordings = rules.table("evidence")["wording"]
    pattern = "|".join(row["pattern"] for row in wordings)
    if not rows.select(text.str.contains(rf"^(?:{pattern})$").any()).item():
        return rows.with_columns(text=pl.when((text != "") & (status != "wake_word_only")).then(text))
    verdict = pl.coalesce(
        pl.when(text.str.contains(rf"^(?:{row['pattern']})$")).then(pl.lit(row["status"])) for row in wordings
    )
    told = pl.coalesce(pl.when(verdict != "no_text").then(verdict), status).cast(records.schema["status"])
    asked = (text != "") & verdict.is_null() & (status != "wake_word_only")
    return rows.with_columns(text=pl.when(asked).then(text), status=told)


def _kind() -> pl.Expr:
    return (
        pl.when(pl.col("status") == "duplicate_device")
        .then(pl.lit("duplicate"))
        .when(pl.col("status").is_in(_NOT_VOICE) | pl.col("trigger").is_in(_NOT_SPOKEN))
        .then(pl.lit("not_voice"))
        .otherwise(pl.lit("voice"))
        .cast(KINDS)
    )


def _device() -> pl.Expr:
    """Wall clocks of an unknown zone are compared within their file only."""
    wall = pl.when(pl.col("time_basis") == "zone_unknown").then("source_file")
    return pl.struct("vendor", "product", pl.coalesce("device_id", "device_name"), wall.alias("wall")).hash()


def _utterance() -> pl.Expr:
    """A digest, a tenth of what the ids take: of a million, two agree by chance in one of 37 million histories."""
    whole = pl.col("utterance_id").str.replace(r"/\d+$", "")
    return pl.when(whole.is_not_null()).then(pl.struct("vendor", whole).hash())
