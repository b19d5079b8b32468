"""The part of the view Retention that compares what is open with an older export."""

from __future__ import annotations

import polars as pl
import streamlit as st

from toolkit.compare import CHANGES, Comparison, compare, listed
from toolkit.dashboard import guard, state
from toolkit.dashboard.download import csv
from toolkit.dashboard.filters import PRODUCTS
from toolkit.dashboard.words import words
from toolkit.load import Export
from toolkit.worker import Given

ANSWERS = {True: "Yes", False: "No", None: "Cannot be told"}
_ROWS = 500
ENTRIES = {
    "time": st.column_config.DatetimeColumn("Time (UTC)", format="YYYY-MM-DD HH:mm:ss", pinned=True),
    "what": st.column_config.TextColumn("What became of it"),
    "product": st.column_config.TextColumn("Product"),
    "device_name": st.column_config.TextColumn("Device"),
    "status": st.column_config.TextColumn("Status"),
    "source_file": st.column_config.TextColumn("File", width="medium"),
    "source_row": st.column_config.NumberColumn("Entry"),
}
COUNTS = {
    "product": st.column_config.TextColumn("Product"),
    "what": st.column_config.TextColumn("Entries that are"),
    "entries": st.column_config.NumberColumn("How many"),
}


def show(case: state.Case) -> None:
    """Draw the part."""
    st.subheader("Compare with an older export", anchor=False)
    if case.kept is not None:
        st.caption("Compared as a whole, whatever the filter.")
    first = state.older()
    if first is None:
        st.markdown(
            "If you asked for your history before, bring that older export here: then you see which of its entries are "
            "not found in the one that is open now."
        )
        state.show_failure("older_failure")
        _slot(case)
        return
    if first.export.timezone != case.export.timezone:
        state.read_older(first.sources, case)
    kept: tuple[Export, Export, Comparison, pl.DataFrame] | None = st.session_state.get("comparison")
    if kept is None or kept[0] is not first.export or kept[1] is not case.export:
        result = compare(first.export, case.export)
        kept = (first.export, case.export, result, _in_words(listed(result, first.export, case.export)))
        st.session_state["comparison"] = kept
    _told(kept[2], kept[3])
    st.button("Take another older export", key="another_older", on_click=_another)


def _slot(case: state.Case) -> None:
    uploads = st.file_uploader(
        "All parts of the older download",
        accept_multiple_files=True,
        key=f"older-{st.session_state.get('round', 0)}",
    )
    sources: list[Given] = [(upload.name, upload.getvalue()) for upload in uploads]
    if guard.here_only():  # a path is read by the server: nothing for people on other computers
        with st.expander("Give a path instead", icon=":material/folder_open:"):
            lines = st.text_area("Paths of the older files or folders, one in each line", key="older_paths", height=90)
            sources += [line.strip().strip("\"'") for line in lines.splitlines() if line.strip()]
    if st.button("Compare", icon=":material/compare_arrows:", disabled=not sources, key="compare"):
        state.read_older(sources, case)


def _told(result: Comparison, rows: pl.DataFrame) -> None:
    counts = dict(result.summary.group_by("change").agg(pl.col("entries").sum()).iter_rows())
    gone = counts.get("gone", 0)
    verb = words("is") if gone == 1 else words("are")
    st.markdown(
        words("**{n:entry|entries} of the older export {verb} not found in your second export.**", n=gone, verb=verb)
    )
    st.caption("Your second export is the one that is open now; the older one is what you just added.")
    with st.container(horizontal=True):
        st.metric("One account?", ANSWERS[result.accounts_match], border=True)
        st.metric("Second export complete?", ANSWERS[result.complete], border=True)
        st.metric("In both", words("{n}", n=counts.get("stayed", 0) + counts.get("changed", 0)), border=True)
        st.metric("Cannot be compared", words("{n}", n=counts.get("not_comparable", 0)), border=True)
    for reason in result.reasons:
        st.text(reason)
    meaning = pl.col("change").cast(pl.String).replace_strict(CHANGES, return_dtype=pl.String)
    summary = result.summary.select(_product(), "entries", what=meaning)
    if result.summary["product"].n_unique() > 1:  # of one product the choice below says the same
        st.dataframe(summary, column_config=COUNTS, hide_index=True, alt="What became of the entries, counted")
    shown = _chosen(rows, counts)
    if shown.height:
        _table(shown)
    st.download_button(
        "Download the comparison as CSV",
        lambda: csv(rows),
        "comparison.csv",
        "text/csv",
        key="download_comparison",
        icon=":material/download:",
        on_click="ignore",
    )
    st.caption(
        "Not found is not the same as deleted: an entry may lie in a part you did not add. And what is gone from an "
        "export may still be kept elsewhere."
    )


def _chosen(rows: pl.DataFrame, counts: dict[str, int]) -> pl.DataFrame:
    """The rows behind one of the counts."""
    offered = [change for change in CHANGES if counts.get(change)]
    if not offered:
        return rows
    change = st.selectbox(
        "Entries that are",
        offered,
        format_func=lambda each: words("{what}: {n}", what=words(CHANGES[each]), n=counts[each]),
        key="change",
        width=400,
    )
    return rows.filter(pl.col("what") == CHANGES[change])


def _table(shown: pl.DataFrame) -> None:
    table = shown.head(_ROWS).select([name for name in ENTRIES if name != "what" and shown[name].count()])
    st.dataframe(
        table.with_columns(_product()) if "product" in table.columns else table,
        column_config=ENTRIES,
        hide_index=True,
        height=min(300, 38 + 35 * table.height),
        placeholder="",
        alt="The entries",
    )
    if shown.height > _ROWS:
        st.caption(words("The first {shown} of {n}; the CSV holds all.", shown=_ROWS, n=shown.height))


def _product() -> pl.Expr:
    return pl.col("product").cast(pl.String).replace(PRODUCTS)


def _in_words(rows: pl.DataFrame) -> pl.DataFrame:
    meaning = pl.col("change").cast(pl.String).replace_strict(CHANGES, return_dtype=pl.String)
    wall = pl.col("time").dt.replace_time_zone(None)
    return rows.with_columns(time=wall, what=meaning).select(*ENTRIES, "old_id", "new_id", "tier").sort("time")


def _another() -> None:
    for key in ("older", "comparison", "older_failure"):
        st.session_state.pop(key, None)
