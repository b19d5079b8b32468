"""The filters that hold for every view: maker, device, days, what became of it, and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
import streamlit as st

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
_KEYS = ("filter_products", "filter_devices", "filter_statuses", "filter_first", "filter_last", "filter_text")


@dataclass(frozen=True, slots=True)
class Filter:
    """What is to be shown; an empty choice leaves everything in.

    Attributes:
        products: Ids of products.
        devices: Numbers of devices, as of `devices`.
        statuses: Statuses.
        first: First day by the clock of the time zone, inclusive; None for no limit.
        last: Last day, inclusive; None for no limit.
        text: Must stand in what was heard or answered, whatever its case.
    """

    products: Sequence[str] = ()
    devices: Sequence[int] = ()
    statuses: Sequence[str] = ()
    first: date | None = None
    last: date | None = None
    text: str = ""

    def apply(self, records: pl.DataFrame, timezone: str | None) -> pl.DataFrame:
        """The records that are left."""
        kept = [pl.lit(True)]
        if self.products:
            kept.append(pl.col("product").is_in(self.products))
        if self.statuses:
            kept.append(pl.col("status").cast(pl.String).is_in(self.statuses))
        day = clock(timezone).dt.date()
        if self.first:
            kept.append(day >= self.first)
        if self.last:
            kept.append(day <= self.last)
        if self.text:
            heard = pl.concat_str("transcript", "response", separator="\n", ignore_nulls=True)
            kept.append(heard.str.to_lowercase().str.contains(self.text.lower(), literal=True))
        left = records.filter(*kept)
        if not self.devices:
            return left
        chosen = devices(records).filter(pl.col("number").is_in(self.devices))
        return left.join(chosen, on=["device_id", "device_name"], how="semi", nulls_equal=True, maintain_order="left")


@dataclass(frozen=True, slots=True)
class Options:
    """What can be chosen from, in one export.

    Attributes:
        products: Ids of products.
        devices: Number and label of each device, those with most entries first.
        statuses: Statuses, the most frequent first.
        days: First and last day; None if no entry has a time.
    """

    products: tuple[str, ...]
    devices: dict[int, str]
    statuses: tuple[str, ...]
    days: tuple[date, date] | None


def options(records: pl.DataFrame, timezone: str | None) -> Options:
    """What there is to choose from; made once for an export, since a page of a million entries is drawn often."""
    order = {label: at for at, label in enumerate(by_device(records)["device"])}
    known = devices(records).select("number", "device").unique().rows()
    return Options(
        products=tuple(sorted(records["product"].unique())),
        devices=dict(sorted(known, key=lambda device: (order.get(device[1], len(order)), device[0]))),
        statuses=tuple(by_status(records)["status"]),
        days=span(records, timezone),
    )


def show(records: pl.DataFrame, timezone: str | None, offered: Options) -> pl.DataFrame:
    """Draw the filters and say what they leave; gives the records that are left."""
    with st.expander("Filter", icon=":material/filter_alt:", key="filters"):
        chosen = _chosen(offered)
    left = chosen.apply(records, timezone) if chosen != Filter() else records
    if left.height < records.height:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                words(
                    ":material/filter_alt: Only **{n:entry|entries}** of {all} are shown, in every view: a filter is "
                    "on.",
                    n=left.height,
                    all=records.height,
                )
            )
            st.button("Show all again", key="filter_off", on_click=clear)
    return left


def clear() -> None:
    """Take all filters off."""
    for key in _KEYS:
        st.session_state.pop(key, None)


def _chosen(offered: Options) -> Filter:
    left, right = st.columns(2)
    products: list[str] = []
    devices: list[int] = []
    with left:
        if len(offered.products) > 1:
            products = st.multiselect("Product", offered.products, format_func=_product, key="filter_products")
        if len(offered.devices) > 1:
            devices = st.multiselect(
                "Device", list(offered.devices), format_func=offered.devices.__getitem__, key="filter_devices"
            )
        statuses = st.multiselect(
            "What became of it", offered.statuses, format_func=STATUSES.__getitem__, key="filter_statuses"
        )
    with right:
        first, last = _days(offered.days) if offered.days else (None, None)
        text = st.text_input(
            "Words that were heard or answered",
            key="filter_text",
            max_chars=200,
            help="Upper and lower case are alike.",
        )
    return Filter(products, devices, statuses, first, last, text.strip())


def _days(span: tuple[date, date]) -> tuple[date | None, date | None]:
    left, right = st.columns(2)
    with left:
        first = st.date_input("From", None, min_value=span[0], max_value=span[1], key="filter_first")
    with right:
        last = st.date_input("To", None, min_value=span[0], max_value=span[1], key="filter_last")
    return first, last


def _product(name: str) -> str:
    return PRODUCTS.get(name, name)
