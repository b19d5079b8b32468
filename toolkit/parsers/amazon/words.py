"""What Amazon's own words mean, wherever they turn up."""

from __future__ import annotations

import polars as pl

# Maker's value -> status. utteranceType (2019 on): counted over 456 real records of amazon.de, 2019-2021; ROUTINES_3P
# and FALSE_WAKE_WORD variants from public code. 11 of 12 ASR_TIMEOUT rows come five seconds after a wake word: silence.
STATUS = {
    "GENERAL": "understood",
    "WAKE_WORD_ONLY": "wake_word_only",
    "NO_EXPRESSED_INTENT": "no_intent",
    "NO_EXPRESSED_INTENT_SILENCE": "silence",
    "ASR_TIMEOUT": "silence",
    "DEVICE_ARBITRATION": "duplicate_device",
    "NO_TEXT_OR_AUDIO_STORED": "no_audio_kept",
    "ROUTINES_OR_TAP_TO_ALEXA": "routine",
    "ROUTINES_3P": "routine",
    "CIF": "suggestion",
    # activityStatus (before 2023): SUCCESS and DISCARDED_... seen in real data, the others in public threads and data.
    # FAIL and SYSTEM_ABANDONED are named in one comment that does not say what they mean: so they are not here.
    "SUCCESS": "understood",
    "FAULT": "failed",
    "INVALID": "not_understood",
    "DISCARDED_NON_DEVICE_DIRECTED_INTENT": "not_intended",
}
TRIGGER = {
    "WAKE_WORD_ONLY": "wake_word",
    "ROUTINES_OR_TAP_TO_ALEXA": "routine",
    "ROUTINES_3P": "routine",
    "CIF": "provider",
}
# Halves of one utterance have its id with "/0" or "/1" behind it: 6 of 6 pairs of a capture of 2017; also told by
# nmalkin/smart-speakers (2019).
HALF = r"/\d+$"
# Amazon's own list of wake words; only "alexa" and "hey alexa" were seen in real histories.
WAKE_WORD = r"(?:(?:hey|ok|okay) )?(?:alexa|echo|computer|amazon|ziggy)"


def status(utterance_type: pl.Expr, utterance_id: pl.Expr) -> pl.Expr:
    """The status an ``utteranceType`` or ``activityStatus`` stands for; typed requests are told by their id."""
    return (
        pl.when(utterance_id.str.starts_with("TextClient:"))
        .then(pl.lit("typed"))
        .when(utterance_type.str.starts_with("FALSE_WAKE_WORD"))
        .then(pl.lit("false_wake"))
        .otherwise(utterance_type.replace_strict(STATUS, default="unknown", return_dtype=pl.String))
    )


def trigger(utterance_type: pl.Expr, utterance_id: pl.Expr, transcript: pl.Expr) -> pl.Expr:
    """What started it, where the record or its first word tells."""
    return (
        pl.when(utterance_id.str.starts_with("TextClient:"))
        .then(pl.lit("typed"))
        .when(utterance_type.str.starts_with("FALSE_WAKE_WORD"))
        .then(pl.lit("wake_word"))
        .when(utterance_type.is_in(list(TRIGGER)))
        .then(utterance_type.replace_strict(TRIGGER, default="unknown", return_dtype=pl.String))
        .when(transcript.str.contains(rf"(?i)^{WAKE_WORD}\b"))
        .then(pl.lit("wake_word"))
        .otherwise(pl.lit("unknown"))
    )
