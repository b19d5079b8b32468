"""The filters that hold for every view: maker, device, days and hours, what became of it, class, sound, and words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from toolkit.charts import WEEKDAYS
from toolkit.dashboard.words import words
from toolkit.schema import STATUSES
from toolkit.summary import by_device, by_status, clock, devices, span

PRODUCTS = {
    "alexa": "Alexa",
    "google_assistant": "Google Assistant",
    "google_gemini": "Gemini",
    "chatgpt_voice": "ChatGPT voice",
    "cortana": "Cortana",
}
JUDGED = {
    "provider_marked": "Maker's mark",
    "likely": "Likely accidental",
    "possible": "Possibly accidental",
    "no_sign": "No sign",
    "cannot_tell": "Cannot tell",
}
HAS = {
    "words": "words",
    "no_words": "no words",
    "text": "words or an answer",
    "no_text": "neither words nor an answer",
    "device": "its device",
    "clip": "a clip",
    "no_clip": "no clip",
    "clip_found": "a clip that is in your files",
    "clip_missing": "a clip that is not in your files",
    "sound": "a clip whose length is known",
    "no_time": "no readable time",
    "no_zone": "a time of unknown zone",
    "twice": "read twice, counted once",
}
_CLIPS = pl.col("audio_files").list.len()
_TEXT = pl.any_horizontal(pl.col("transcript", "response").is_not_null())
_HAS = {
    "words": pl.col("transcript").is_not_null(),
    "no_words": pl.col("transcript").is_null(),
    "text": _TEXT,
    "no_text": ~_TEXT,
    "device": pl.any_horizontal(pl.col("device_id", "device_name").is_not_null()),
    "clip": _CLIPS > 0,
    "no_clip": _CLIPS == 0,
    "clip_found": pl.col("audio_found") > 0,
    "clip_missing": pl.col("audio_found").fill_null(0) < _CLIPS,
    "sound": pl.col("audio_seconds").is_not_null(),
    "no_time": pl.col("time").is_null(),
    "no_zone": pl.col("time_basis") == "zone_unknown",
    "twice": pl.col("duplicate_of").is_not_null()
    | pl.col("record_id").is_in(pl.col("duplicate_of").drop_nulls().implode()),
}
CLASSES = tuple(JUDGED)
_HOURS = [*range(24)]


@dataclass(frozen=True, slots=True)
class Filter:
    """What is to be shown; an empty choice leaves everything in, and all choices hold together.

    Attributes:
        products: Ids of products.
        devices: Numbers of devices, as of `devices`.
        statuses: Statuses.
        classes: Classes of the activations the entries are part of.
        has: Of `HAS`; every one of them must be so.
        first: First day by the clock of the time zone, inclusive; None for no limit.
        last: Last day, inclusive; None for no limit.
        weekday: 1 for Monday to 7; None for any.
        hour: 0 to 23; None for any.
        shortest: Least seconds of sound; None for no limit.
        longest: The seconds of sound must stay below it; None for no limit.
        text: Must stand in what was heard or answered, whatever its case.
    """

    products: tuple[str, ...] = ()
    devices: tuple[int, ...] = ()
    statuses: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    weekday: int | None = None
    hour: int | None = None
    shortest: float | None = None
    longest: float | None = None
    text: str = ""

    def mask(
        self, records: pl.DataFrame, timezone: str | None, judged: Callable[[], pl.Series] | None = None
    ) -> pl.Series:
        """Whether each record is left.

        Args:
            records: As in `schema.RECORDS`.
            timezone: Whose clock counts.
            judged: Gives the class of each record; asked only if classes are chosen.
        """
        kept = records.select(pl.all_horizontal(pl.lit(True), *self._said(), *self._timed(timezone))).to_series()
        if kept.len() != records.height:  # nothing but literals
            kept = pl.repeat(True, records.height, eager=True)
        if self.devices:
            chosen = devices(records).select("device_id", "device_name", chosen=pl.col("number").is_in(self.devices))
            pairs = records.select("device_id", "device_name")
            joined = pairs.join(
                chosen, on=["device_id", "device_name"], how="left", nulls_equal=True, maintain_order="left"
            )
            kept &= joined["chosen"]
        if self.classes and judged:
            kept &= judged().is_in(self.classes).fill_null(False)
        return kept

    def apply(
        self, records: pl.DataFrame, timezone: str | None, judged: Callable[[], pl.Series] | None = None
    ) -> pl.DataFrame:
        """The records that are left."""
        return records.filter(self.mask(records, timezone, judged))

    def _said(self) -> list[pl.Expr]:
        kept = [_HAS[each] for each in self.has]
        if self.products:
            kept.append(pl.col("product").is_in(self.products))
        if self.statuses:
            kept.append(pl.col("status").cast(pl.String).is_in(self.statuses))
        if self.shortest is not None:
            kept.append(pl.col("audio_seconds") >= self.shortest)
        if self.longest is not None:
            kept.append(pl.col("audio_seconds") < self.longest)
        if self.text:
            heard = pl.concat_str("transcript", "response", separator="\n", ignore_nulls=True)
            kept.append(heard.str.to_lowercase().str.contains(self.text.lower(), literal=True))
        return [each.fill_null(False) for each in kept]

    def _timed(self, timezone: str | None) -> list[pl.Expr]:
        at = clock(timezone)
        kept = []
        if self.first:
            kept.append(at.dt.date() >= self.first)
        if self.last:
            kept.append(at.dt.date() <= self.last)
        if self.weekday:
            kept.append(at.dt.weekday() == self.weekday)
        if self.hour is not None:
            kept.append(at.dt.hour() == self.hour)
        return [each.fill_null(False) for each in kept]


NONE = Filter()
_KEYS = tuple(f"filter_{each.name}" for each in fields(Filter))


@dataclass(frozen=True, slots=True)
class Options:
    """What can be chosen from, in one export.

    Attributes:
        products: Ids of products.
        devices: Number and label of each device, those with most entries first.
        statuses: Statuses, the most frequent first.
        days: First and last day; None if no entry has a time.
        sound: Whether the length of any entry's sound is known.
    """

    products: tuple[str, ...]
    devices: dict[int, str]
    statuses: tuple[str, ...]
    days: tuple[date, date] | None
    sound: bool


def options(records: pl.DataFrame, timezone: str | None) -> Options:
    """What there is to choose from; made once for an export, since a page of a million entries is drawn often."""
    order = {label: at for at, label in enumerate(by_device(records)["device"])}
    known = devices(records).select("number", "device").unique().rows()
    return Options(
        products=tuple(sorted(records["product"].unique())),
        devices=dict(sorted(known, key=lambda device: (order.get(device[1], len(order)), device[0]))),
        statuses=tuple(by_status(records)["status"]),
        days=span(records, timezone),
        sound=records["audio_seconds"].count() > 0,
    )


def choose(offered: Options) -> Filter:
    """Draw the filters; gives what is chosen."""
    on = sum(st.session_state.get(key) not in (None, "", []) for key in _KEYS)
    with st.expander(words("Filter · {n} on", n=on) if on else "Filter", icon=":material/filter_alt:", key="filters"):
        left, right = st.columns(2)
        with left:
            said = _said(offered)
        with right:
            timed = _timed(offered)
    return Filter(**said, **timed)


def set_to(**chosen: Any) -> None:
    """Put filters on, beside those that are on already; one for each field of `Filter`."""
    for name, value in chosen.items():
        st.session_state[f"filter_{name}"] = value


def clear() -> None:
    """Take all filters off."""
    for key in _KEYS:
        st.session_state.pop(key, None)


def _said(offered: Options) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    if len(offered.products) > 1:
        chosen["products"] = st.multiselect("Product", offered.products, format_func=_product, key="filter_products")
    if len(offered.devices) > 1:
        chosen["devices"] = st.multiselect(
            "Device", list(offered.devices), format_func=offered.devices.__getitem__, key="filter_devices"
        )
    chosen["statuses"] = st.multiselect(
        "What became of it", offered.statuses, format_func=STATUSES.__getitem__, key="filter_statuses"
    )
    chosen["classes"] = st.multiselect(
        "Judged to be",
        CLASSES[:1] if st.session_state.get("facts_only") else CLASSES,
        format_func=JUDGED.__getitem__,
        key="filter_classes",
        help="The class of the activation an entry is part of, as in Possible accidental activations.",
    )
    chosen["has"] = st.multiselect("The file gives", list(HAS), format_func=HAS.__getitem__, key="filter_has")
    return {name: tuple(values) for name, values in chosen.items()}


def _timed(offered: Options) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    if offered.days:
        first, last = offered.days
        left, right = st.columns(2)
        with left:
            chosen["first"] = st.date_input(
                "From", None, min_value=first, max_value=last, key="filter_first", format="YYYY-MM-DD"
            )
        with right:
            chosen["last"] = st.date_input(
                "To", None, min_value=first, max_value=last, key="filter_last", format="YYYY-MM-DD"
            )
        left, right = st.columns(2)
        with left:
            chosen["weekday"] = st.selectbox(
                "Weekday", [None, *range(1, 8)], format_func=_weekday, key="filter_weekday"
            )
        with right:
            chosen["hour"] = st.selectbox("Hour", [None, *_HOURS], format_func=_hour, key="filter_hour")
    if offered.sound:
        left, right = st.columns(2)
        with left:
            chosen["shortest"] = st.number_input("Seconds of sound from", 0.0, None, None, key="filter_shortest")
        with right:
            chosen["longest"] = st.number_input("Seconds of sound below", 0.0, None, None, key="filter_longest")
    text = st.text_input(
        "Words that were heard or answered", key="filter_text", max_chars=200, help="Upper and lower case are alike."
    )
    return {**chosen, "text": text.strip()}


def _product(name: str) -> str:
    return PRODUCTS.get(name, name)


def _weekday(number: int | None) -> str:
    return WEEKDAYS[number - 1] if number else "any"


def _hour(hour: int | None) -> str:
    return "any" if hour is None else f"{hour}:00 to {hour}:59"
