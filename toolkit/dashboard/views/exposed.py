"""The part of the view Retention that says what the file shows of a person, and what was said about who listens."""

from __future__ import annotations

import polars as pl
import streamlit as st

from toolkit.dashboard.filters import PRODUCTS
from toolkit.dashboard.state import Case, once
from toolkit.dashboard.words import Words, words
from toolkit.exposure import IDENTIFIERS, MAKERS, exposure, facts, told, who_listens
from toolkit.load import Export

# Made of rules/exposure.toml when this is imported, before anything is read: none of it is an export's.
SAW = {vendor: "\n".join(f"- {told(fact)}" for fact in facts([vendor], "saw")) for vendor in MAKERS}
PAGES = who_listens(5, but="saw")
TITLES = dict(MAKERS)
LABELS = {name: one.label for name, one in IDENTIFIERS.items()}
MEANINGS = "\n".join(f"- *{one.label}:* {one.says}" for one in IDENTIFIERS.values())
WIDTH = 125  # pixels: what is not in the file is said in every cell
COLUMNS = {
    "device": st.column_config.TextColumn("Device", pinned=True),
    "year": st.column_config.TextColumn("Year"),
    "entries": st.column_config.NumberColumn("Entries"),
    **{name: st.column_config.NumberColumn(LABELS[name], width=WIDTH) for name in LABELS},
    "product": st.column_config.TextColumn("Product"),
}


def show(case: Case) -> None:
    """Draw the part; always of everything, since which names are looked for depends on the whole file."""
    export = case.export
    st.subheader("What hangs on the entries, and who may have listened", anchor=False)
    _identifiers(export, case.number)
    if case.kept is not None:
        st.caption("Of the whole history, whatever the filter.")
    with st.expander("What the columns mean"):
        st.markdown(MEANINGS)
    vendors = set(export.records["vendor"].unique())
    if not set(MAKERS) & vendors:
        st.caption(
            "Who may have listened: for the maker of this file no report was looked into, or none was found. That is "
            "no sign that nobody did."
        )
    for vendor in [vendor for vendor in MAKERS if vendor in vendors]:
        _listened(vendor)


def _identifiers(export: Export, number: int) -> None:
    st.markdown("How many entries carry what identifies you, in this file:")
    table = once("exposure", number, lambda: exposure(export))
    stated = [name for name in IDENTIFIERS if table[name].count()]
    shown = table.select(
        "device",
        pl.col("period").dt.strftime("%Y").alias("year"),
        "entries",
        *stated,
        pl.col("product").cast(pl.String).replace(PRODUCTS),
    )
    st.dataframe(
        shown,
        column_config=COLUMNS,
        hide_index=True,
        placeholder="not in this file",
        alt="Identifiers by device and year",
    )
    if len(stated) < len(IDENTIFIERS):
        absent = [words(LABELS[name]) for name in IDENTIFIERS if name not in stated]
        st.markdown(words("Not in this file: {names}.", names=_listed(absent)))
    st.caption(
        "“Not in this file” is not 0: the maker may know it all the same. Names in the words are looked for only if "
        "the same file states them as somebody's first name; other names are not looked for."
    )


def _listened(vendor: str) -> None:
    maker = words(TITLES[vendor])
    st.markdown(words("**What people who listened for {maker} could see**", maker=maker))
    st.markdown(SAW[vendor])
    with st.expander(words("Who listens: what else was said of {maker}", maker=maker)):
        st.markdown(
            "No export says whether anybody listened to an entry of yours. A published share is of all customers "
            "at that time; nobody can tell from it how likely it is for one person or one clip."
        )
        st.markdown(PAGES[vendor])


def _listed(names: list[Words]) -> Words:
    """With commas between them."""
    told = names[0]
    for name in names[1:]:
        told = words("{told}, {name}", told=told, name=name)
    return told
