"""The part of the view Retention about settings: which was likely on, what each removes, what is past its date."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

import polars as pl
import streamlit as st

from toolkit.dashboard.download import csv
from toolkit.dashboard.filters import PRODUCTS
from toolkit.dashboard.state import Case, once
from toolkit.dashboard.views import figure
from toolkit.dashboard.words import Words, words
from toolkit.load import Export
from toolkit.retention import (
    FACTS,
    MAKER_STATED,
    Likely,
    Reference,
    Rule,
    by_group,
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
    groups: pl.DataFrame
    settings: pl.DataFrame
    months: pl.DataFrame


def figures(case: Case, today: date | None) -> Figures:
    """Of the entries shown; counted once for each filter and day: a million entries take some seconds.

    The day counted to is that of the whole export: which entries are shown does not change when they were held.
    """
    choice = (case.number, today)
    ref, until = once("reference", choice, lambda: (reference(case.export, today), held(case.export)))
    return once("retention", (*choice, case.filter), lambda: _figures(_shown(case), ref, until))


def _shown(case: Case) -> Export:
    return replace(case.export, records=case.records)


def _figures(export: Export, ref: Reference, until: dict[str, Reference]) -> Figures:
    groups = by_group(export, ref)
    return Figures(ref, until, groups, what_if(export, ref, groups), timeline(export, ref, groups))


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


def choose(case: Case, found: Figures) -> str | None:
    """What choosing a setting would remove; gives the one chosen."""
    st.subheader("What a setting would remove", anchor=False)
    products = found.settings["product"].unique(maintain_order=True).to_list()
    if not products:
        st.markdown("No auto-delete setting is known for what is open.")
        return None
    product = products[0]
    if len(products) > 1:
        product = st.selectbox("Product", products, format_func=NAMES.__getitem__, key="product", width=400)
    setting = st.radio(
        "Setting",
        SETTINGS[product],
        format_func=LABELS.__getitem__,
        index=1,
        horizontal=True,
        key=f"setting_{product}",
        label_visibility="collapsed",
    )
    row = found.settings.row(by_predicate=(pl.col("product") == product) & (pl.col("setting") == setting), named=True)
    _consequence(row, _rows_of(case, found.groups, row))
    return str(setting)


def _rows_of(case: Case, groups: pl.DataFrame, row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The filters that leave just what is removed and just what stays; none where no day divides the two."""
    late = pl.col("overdue_days").filter(_under(row["setting"]))
    of = groups.filter(product=row["product"]).group_by("group").agg(
        pl.col("entries", "day").first(), past=(late.count() > 0) & (late.null_count() == 0)
    )  # fmt: skip
    gone, left = of.filter("past"), of.filter(~pl.col("past"))
    last, first = cast("date | None", gone["day"].max()), cast("date | None", left["day"].min())
    if of["day"].null_count() or gone["entries"].sum() != row["removed"] or (first and last and last >= first):
        return {"removed": {}, "stays": {}}
    several = bool(case.offered and len(case.offered.products) > 1)
    product: dict[str, Any] = {"products": [row["product"]]} if several else {}
    return {"removed": product | {"last": last} if last else {}, "stays": product | {"first": first} if first else {}}


def _consequence(row: dict[str, Any], rows: dict[str, dict[str, Any]]) -> None:
    setting, stays = row["setting"], row["entries"] - row["removed"]
    removed = words("{n}", n=row["removed"])
    with st.container(horizontal=True):
        figure.card(words("Removed at once"), removed, "removed", bool(rows["removed"]), **rows["removed"])
        if row["clips_removed"]:
            figure.card(words("Would lose their clip"), words("{n}", n=row["clips_removed"]), "clips_removed")
        figure.card(words("Something stays"), words("{n}", n=stays), "stays", bool(rows["stays"]), **rows["stays"])
        if row["undated"]:
            figure.card(words("Without a date"), words("{n}", n=row["undated"]), "undated")
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
    dated, past = once("past", choice, lambda: _counted(found.groups, setting))
    if not dated:
        st.caption("No entry has a readable time.")
        return
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
    table = once("oldest", choice, lambda: _oldest(case, found.ref, setting))
    shown = table.with_columns(pl.col("product").replace(PRODUCTS))
    st.dataframe(shown, column_config=COLUMNS, hide_index=True, height=320, placeholder="", alt="Oldest entries first")
    if dated > table.height:
        st.caption(words("The {shown} oldest of {n}; the CSV holds all, under every setting.", shown=_OLDEST, n=dated))
    st.download_button(
        "Download all ages and dates as CSV",
        lambda: csv(retention(_shown(case), found.ref)),
        "retention.csv",
        "text/csv",
        key="download_retention",
        icon=":material/download:",
        on_click="ignore",
    )


def _counted(groups: pl.DataFrame, setting: str | None) -> tuple[int, int]:
    """How many entries are dated, and how many of them are past their date under the setting, with all they hold."""
    late = pl.col("overdue_days").filter(_under(setting))
    ages = groups.drop_nulls("day").group_by("group")
    told = ages.agg(pl.col("entries").first(), past=(late.count() > 0) & (late.null_count() == 0))
    return int(told["entries"].sum()), int(told.filter("past")["entries"].sum())


def _under(setting: str | None) -> pl.Expr:
    """What dates an entry: the maker's own word, or the setting."""
    rules = [rule.id for rule in FACTS.rules.values() if rule.setting == setting]
    return pl.col("rule_id").is_in([*rules, MAKER_STATED])


def _oldest(case: Case, ref: Reference, setting: str | None) -> pl.DataFrame:
    """The oldest entries, each with its date under the setting: the later of its clip's and its words'."""
    records = case.records.with_columns(day=clock(case.export.timezone).dt.date())
    order = records.select("day", "record_id", "duplicate_of").with_row_index("row")
    first = order.filter(pl.col("day").is_not_null() & pl.col("duplicate_of").is_null())
    records = records[first.bottom_k(_OLDEST, by=["day", "record_id"]).sort("day", "record_id")["row"]]
    under = _under(setting)
    late = pl.col("overdue_days").filter(under)
    ages = retention(replace(case.export, records=records), ref).group_by("record_id").agg(
        pl.col("age_days").first(),
        pl.col("due_on").filter(under).max(),
        overdue_days=pl.when(late.null_count() == 0).then(late.min()),
        clip=(pl.col("data") == "audio").any(),
    )  # fmt: skip
    text = pl.any_horizontal(pl.col("transcript", "response").is_not_null())
    kept = pl.when("clip").then(pl.lit("clip")), pl.when(text).then(pl.lit("words"))
    return (
        records.join(ages, on="record_id", maintain_order="left")
        .with_columns(kept=pl.concat_str(kept, separator=" and ", ignore_nulls=True).replace("", "the line only"))
        .select(list(COLUMNS))
    )
