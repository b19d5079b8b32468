"""The part of the view Retention about settings: which was likely on, what each removes, what is past its date."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

import polars as pl
import streamlit as st

from toolkit.dashboard.download import csv
from toolkit.dashboard.state import Case, once
from toolkit.dashboard.words import Words, words
from toolkit.load import Export
from toolkit.retention import (
    FACTS,
    MAKER_STATED,
    Likely,
    Reference,
    Rule,
    held,
    likely_setting,
    reference,
    retention,
    timeline,
    what_if,
)
from toolkit.summary import clock

# Made of rules/retention.toml when this is imported, before anything is read: our own words, and none of an export's.
MARKS = {
    "vendor": "the maker's own text was read",
    "quoted": "the maker is quoted by others",
    "press": "press",
    "unverified": "unverified: no source was found",
}
_SCHEME = re.compile(r"https?://(?:www\.)?")  # an address is told, never linked: a click would leave this computer
NAMES = {product.id: product.name for product in FACTS.products.values()}
LABELS = {rule.setting: rule.label for rule in FACTS.rules.values()}
KEPT = {product.id: f"How long it is kept: {_SCHEME.sub('', product.told)}." for product in FACTS.products.values()}
SETTINGS = {name: list(dict.fromkeys(rule.setting for rule in FACTS.of(name) if rule.choice)) for name in NAMES}


def _source(rule: Rule) -> str:
    sources = _SCHEME.sub("", "; ".join(rule.sources))
    return f"Source: {sources} ({MARKS[rule.evidence]}; checked {rule.checked}). {rule.note}"


RULES = {
    setting: "\n\n".join(dict.fromkeys(_source(rule) for rule in FACTS.rules.values() if rule.setting == setting))
    for setting in LABELS
}
FIRST_DAY = date(2010, 1, 1)  # no assistant is older
_OLDEST = 500
COLUMNS = {
    "day": st.column_config.DateColumn("Recorded", format="YYYY-MM-DD", pinned=True),
    "age_days": st.column_config.NumberColumn("Age in days"),
    "due_on": st.column_config.DateColumn("Would have been due", format="YYYY-MM-DD"),
    "overdue_days": st.column_config.NumberColumn("Days past that"),
    "kept": st.column_config.TextColumn("Kept"),
    "device_name": st.column_config.TextColumn("Device"),
    "product": st.column_config.TextColumn("Product"),
    "record_id": st.column_config.TextColumn("Id"),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything the view shows of one export, counted to one day."""

    ref: Reference
    held: dict[str, Reference]
    rows: pl.DataFrame
    settings: pl.DataFrame
    months: pl.DataFrame


def figures(case: Case, today: date | None) -> Figures:
    """Of the entries shown; counted once for each filter and day: a million entries take some seconds.

    The day counted to is that of the whole export: which entries are shown does not change when they were held.
    """
    choice = (case.number, today)
    whole = once("retention", choice, lambda: _figures(case.export, today))
    if case.kept is None:
        return whole
    return once("retention_shown", (*choice, case.filter), lambda: _of_those_shown(whole, case))


def _figures(export: Export, today: date | None) -> Figures:
    rows = retention(export, today)
    settings, months = what_if(export, today, rows), timeline(export, today, rows)
    return Figures(reference(export, today), held(export), rows, settings, months)


def _of_those_shown(whole: Figures, case: Case) -> Figures:
    shown = replace(case.export, records=case.records)
    rows = whole.rows.join(case.records.select("record_id"), on="record_id", how="semi", maintain_order="left")
    return replace(whole, rows=rows, settings=what_if(shown, rows=rows), months=timeline(shown, rows=rows))


def likely(case: Case) -> None:
    """Which setting was likely on, for each product; judged by the whole history, of which a part would mislead."""
    st.subheader("Which setting was likely on", anchor=False)
    since = cast("date | None", st.session_state.get("in_use_since"))
    for told in once("likely", (case.number, since), lambda: likely_setting(case.export, since)):
        _product(told)
    if case.kept is not None:
        st.caption("Judged by the whole history, whatever the filter: what is hidden was still there.")
    st.date_input(
        "In use since (if you know)",
        value=None,
        min_value=FIRST_DAY,
        max_value="today",
        format="YYYY-MM-DD",
        key="in_use_since",
        width=260,
        help="A day on which you know the assistant was in use: from an order, a photograph, or memory. A history that "
        "begins later then tells more.",
    )


def _product(told: Likely) -> None:
    st.markdown(words("**{name}**", name=_name(told.product)))
    st.text(told.says)
    if told.product in KEPT:
        st.caption(KEPT[told.product])
    if told.reasons:
        with st.expander(words("What this rests on, for {name}", name=_name(told.product))):
            for reason in told.reasons:
                st.text(reason)


def _name(product: str) -> Words:
    return words(NAMES[product]) if product in NAMES else words("Another product")


def choose(found: Figures) -> str | None:
    """What choosing a setting would remove; gives the one chosen."""
    st.subheader("Auto-delete after", anchor=False)
    products = found.settings["product"].unique(maintain_order=True).to_list()
    if not products:
        st.markdown("No setting with a period is known for what is open.")
        return None
    product = products[0]
    if len(products) > 1:
        product = st.selectbox("Product", products, format_func=NAMES.__getitem__, key="product")
    setting = st.radio(
        "Setting",
        SETTINGS[product],
        format_func=LABELS.__getitem__,
        index=1,
        horizontal=True,
        key=f"setting_{product}",
        label_visibility="collapsed",
    )
    _consequence(found.settings.filter(pl.col("product") == product), str(setting))
    return str(setting)


def _consequence(settings: pl.DataFrame, setting: str) -> None:
    row = settings.row(by_predicate=pl.col("setting") == setting, named=True)
    with st.container(horizontal=True):
        st.metric("Would be removed at once", words("{n}", n=row["removed"]), border=True)
        st.metric("Would lose their clip", words("{n}", n=row["clips_removed"]), border=True)
        st.metric("Something stays", words("{n}", n=row["entries"] - row["removed"]), border=True)
        if row["undated"]:
            st.metric("Without a date", words("{n}", n=row["undated"]), border=True)
    if row["removed"] or row["clips_removed"]:
        st.markdown(
            ":material/warning: **Choosing it cannot be undone.** Keep a copy of the export first, if you may need it."
        )
    if setting == "dont_save":
        st.markdown(
            "Everything saved before goes as well, and voice ID stops working. The words were said to stay readable "
            "for 30 days more; that text is of 2020."
        )
    st.caption(RULES[setting])


def oldest(case: Case, found: Figures, setting: str | None) -> None:
    """The entries, the oldest first, with their date under the setting."""
    st.subheader("Oldest first", anchor=False)
    choice = (case.number, case.filter, found.ref, setting)
    table = once("oldest", choice, lambda: _entries(case, found, setting))
    if table.is_empty():
        st.caption("No entry has a readable time.")
        return
    past = table["overdue_days"].count()
    if setting is not None:
        st.markdown(
            words(
                "{n:entry is|entries are} past the date on which {it} would have been due, had that setting been on: "
                "{label}.",
                n=past,
                it=words("it") if past == 1 else words("they"),
                label=words(LABELS[setting]),
            )
        )
    shown = table.head(_OLDEST)
    st.dataframe(shown, column_config=COLUMNS, hide_index=True, height=320, placeholder="", alt="Oldest entries first")
    if table.height > _OLDEST:
        st.caption(
            words("The {shown} oldest of {n}; the CSV holds all, under every setting.", shown=_OLDEST, n=table.height)
        )
    st.download_button(
        "Download all ages and dates as CSV",
        lambda: csv(found.rows),
        "retention.csv",
        "text/csv",
        key="download_retention",
        icon=":material/download:",
        on_click="ignore",
    )


def _entries(case: Case, found: Figures, setting: str | None) -> pl.DataFrame:
    """Each dated entry once, with its date under the setting: the later of clip and words."""
    chosen = [rule.id for rule in FACTS.rules.values() if rule.setting == setting] + [MAKER_STATED]
    under = pl.col("rule_id").is_in(chosen)
    ages = found.rows.group_by("record_id").agg(
        pl.col("age_days").first(),
        pl.col("due_on").filter(under).max(),
        late=pl.col("overdue_days").filter(under).min(),
        all_late=pl.col("overdue_days").filter(under).null_count() == 0,
        clip=(pl.col("data") == "audio").any(),
    )
    text = pl.any_horizontal(pl.col("transcript", "response").is_not_null())
    kept = pl.when("clip").then(pl.lit("clip")), pl.when(text).then(pl.lit("words"))
    day = clock(case.export.timezone).dt.date().alias("day")
    entries = case.records.select("record_id", "product", "device_name", "transcript", "response", day)
    return (
        entries.join(ages, on="record_id")
        .drop_nulls("day")
        .sort("day", "record_id")
        .with_columns(
            overdue_days=pl.when("all_late").then("late"),
            kept=pl.concat_str(kept, separator=" and ", ignore_nulls=True).replace("", "the line only"),
        )
        .select(list(COLUMNS))
    )
