"""Possible accidental activations: what carries a sign and why, what cannot be told, and the user's own ticks."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from toolkit.activations import LISTED, ticked
from toolkit.activations.measure import precision
from toolkit.activations.speech import speech
from toolkit.activations.tally import Count, Tally
from toolkit.dashboard import judging
from toolkit.dashboard.state import Case
from toolkit.dashboard.views import entry, figure, panels, ticking
from toolkit.dashboard.views.panels import NAMES
from toolkit.dashboard.words import Words, words
from toolkit.schema import STATUSES
from toolkit.summary import clock

ABOUT = {
    "provider_marked": "The maker's own mark. In the one measurement there is, it was on 81 % of the false activations "
    "and on 8 % of the wanted ones.",
    "likely": "Judged by the words: more likely talk than a request, at the assumed share of accidents (5 % unless you "
    "change it below).",
    "possible": "Weaker signs in the words, or the maker found no request in what was said.",
    "no_sign": "No sign in text or status; sound was not listened to.",
    "cannot_tell": "No words were kept, or there are no rules for their language.",
}
SCORED = ("likely", "possible", "no_sign")
HOURS = {"any": "Any hour", "night": "22:00 to 5:59", "day": "6:00 to 21:59"}
_PAGE = 1_000  # activations in the table at once
_ORDERED = ("kind", "accidental", "probability", "time", "time_basis")
LIST = {
    "clock": st.column_config.DatetimeColumn("Time", format="YYYY-MM-DD HH:mm", pinned=True),
    "accidental": st.column_config.TextColumn("Class"),
    "tick": st.column_config.TextColumn("You say", width=90),
    "tags": st.column_config.TextColumn("Tags", width=140),
    "transcript": st.column_config.TextColumn("What was heard", width="large"),
    "reasons": st.column_config.TextColumn("Reasons, strongest first", width="large"),
    "device_name": st.column_config.TextColumn("Device"),
    "status": st.column_config.TextColumn("What the maker says became of it", width="medium"),
    "entries": st.column_config.NumberColumn("Entries"),
    "probability": st.column_config.NumberColumn("Probability", format="%.2f"),
}
REASONS = {
    "says": st.column_config.TextColumn("Reason", width="large"),
    "weight": st.column_config.NumberColumn("Weight", format="%+.2f"),
    "source": st.column_config.TextColumn("Source", width="large"),
}


def show(case: Case) -> None:
    """Draw the view."""
    facts_only = _facts_only()
    events, counts = judging.left(case), judging.counts(case)
    if not counts.total.entries:
        st.markdown("There are no entries, so there is nothing to judge.")
        return
    st.header(words("{sentence}", sentence=_sentence(counts, facts_only)), anchor=False)
    _notes(counts)
    _figures(counts, facts_only)
    by = ticking.giver()
    mine = ticking.case()
    events = ticked(events, mine.verdicts(by))
    _list(events, case, facts_only, by)
    if facts_only:
        _statuses(events)
    else:
        panels.measured(precision(events))
        panels.explanations_panel(events, case.export.timezone)
        panels.expected_panel(events, judging.prior())
    ticking.file_panel(two=True)
    if not facts_only:
        panels.limits()


def _facts_only() -> bool:
    return st.toggle(
        "Facts only: what the makers say",
        key="facts_only",
        persist_state="session",
        help="Leaves out every judgement of this program.",
    )


def _sentence(counts: Tally, facts_only: bool) -> Words:
    classes = {name: count.activations for name, count in counts.classes.items()}
    signs = classes["likely"] + classes["possible"]
    marked = words(
        "{n:activation was|activations were} marked by the maker itself as not meant for the assistant",
        n=classes["provider_marked"],
    )
    if facts_only:
        return words("{m}.", m=marked) if counts.marking else words("Here the makers mark no accidental activations.")
    if counts.voice.activations and classes["cannot_tell"] == counts.voice.activations:
        return words(
            "For none of {n:activation|activations} by voice can it be told whether it was an accident.",
            n=counts.voice.activations,
        )
    told = words("{n:activation carries|activations carry} signs of an accident in text or status", n=signs)
    if counts.marking:
        told = words("{m}; {n} more {verb} signs in text or status", m=marked, n=signs, verb=_verb(signs))
    return words("{told}; for {n} nothing can be told.", told=told, n=classes["cannot_tell"])


def _verb(count: int) -> Words:
    return words("carries") if count == 1 else words("carry")


def _notes(counts: Tally) -> None:
    for sentence in counts.silent:
        st.text(sentence)
    st.caption(
        words(
            "Of {voice:activation|activations} by voice, kept as {entries:entry|entries}. One activation is one time "
            "the assistant was woken; a maker may keep it as several entries. Counted apart: "
            "{dup:activation|activations} that another device answered, {other:activation|activations} without voice "
            "(routines, taps, typed, the assistant's own).",
            voice=counts.voice.activations,
            entries=counts.voice.entries,
            dup=counts.duplicates.activations,
            other=counts.not_voice.activations,
        )
    )


def _figures(counts: Tally, facts_only: bool) -> None:
    with st.container(horizontal=True):
        for name, count in counts.classes.items():
            if name == "provider_marked" and not counts.marking:
                figure.card(words(NAMES[name]), words("not marked"), name, about=words(ABOUT[name]))
            elif name in SCORED and counts.classes["cannot_tell"] == counts.voice and not facts_only:
                figure.card(words(NAMES[name]), words("not judged"), name, about=words(ABOUT[name]))
            elif name == "provider_marked" or not facts_only:
                _figure(name, count)


def _figure(name: str, count: Count) -> None:
    figure.card(
        words(NAMES[name]),
        words("{n}", n=count.activations),
        name,
        count.entries > 0,
        says=words("{n:entry|entries}", n=count.entries),
        about=words(ABOUT[name]),
        classes=[name],
    )


def _list(events: pl.DataFrame, case: Case, facts_only: bool, by: str) -> None:
    st.subheader("The list", anchor=False)
    timezone = case.export.timezone
    listed = _listed(events, timezone, facts_only)
    if listed.is_empty():
        st.markdown("Nothing is listed.")
        return
    st.caption(
        words("{n:activation is|activations are} listed; in each class, the most probable first.", n=listed.len())
    )
    rows = events[_part(listed)]
    told = st.toggle(
        "Show what was heard",
        key="show_heard",
        help="Until then the words are not even sent to this page.",
    )
    table = _in_words(rows if told else rows.drop("transcript"), timezone, ticking.tags(by))
    # A choice is kept by the number of the row: other rows need another key, or a tick would go to the wrong one.
    st.session_state["activations_shown"] = rows["activation_id"]  # not in the callback: Streamlit keeps that
    key = f"listed_{hash(tuple(rows['activation_id']))}"
    chosen = st.dataframe(
        table,
        column_config=LIST,
        hide_index=True,
        height=min(420, 38 + 35 * table.height),
        on_select=lambda: _open(key),
        selection_mode="multi-row",
        key=key,
        placeholder="",
        alt="Activations, one in each row, with the reasons",
    )
    picked = [row for row in chosen["selection"]["rows"] if row < rows.height]
    ticking.buttons(rows["activation_id"][picked].to_list() if picked else [], by)
    _opened(case, rows, told, facts_only)


def _part(rows: pl.Series) -> pl.Series:
    """As many activations as a browser bears at once; the user turns the pages."""
    if rows.len() <= _PAGE:
        return rows
    pages = -(-rows.len() // _PAGE)
    st.session_state["listed_page"] = min(st.session_state.get("listed_page") or 1, pages)
    page = st.number_input(
        words("Page, of {pages}; {size} activations on each", pages=pages, size=_PAGE), 1, pages, key="listed_page"
    )
    return rows.slice((page - 1) * _PAGE, _PAGE)


def _open(key: str) -> None:
    """Open the first entry of the one activation that is chosen; close it if there are several, or none."""
    picked = st.session_state[key]["selection"]["rows"]
    entry.open_entry(st.session_state["activations_shown"][picked[0]] if len(picked) == 1 else None)


def _opened(case: Case, rows: pl.DataFrame, told: bool, facts_only: bool) -> None:
    """The entry that is open: the reasons of its activation, then the entry and the way to its neighbours."""
    ids = rows.select("activation_id", record_id="record_ids").explode("record_id", empty_as_null=False)
    found = ids.filter(record_id=entry.opened() or "")
    if found.is_empty():
        return
    if not facts_only:
        _reasons(rows.row(by_predicate=pl.col("activation_id") == found["activation_id"][0], named=True))
    listed = ids.select("record_id").join(case.export.records, on="record_id", maintain_order="left")
    entry.show(case, listed if told else listed.drop(entry.PRIVATE))


def _listed(events: pl.DataFrame, timezone: str | None, facts_only: bool) -> pl.Series:
    """Which activations are listed, by their rows, in order; reasons and words stay where they are meanwhile."""
    left, right = st.columns([3, 1])
    rows = events.select(_ORDERED).with_row_index("row").filter(pl.col("kind") == "voice")
    shown = ["provider_marked"]
    if not facts_only:
        with left:
            shown = st.multiselect("Classes", list(NAMES), default=LISTED, format_func=NAMES.__getitem__, key="classes")
    with left if facts_only else right:
        hours = st.selectbox("Hours", HOURS, format_func=HOURS.__getitem__, key="hours")
    rows = rows.filter(pl.col("accidental").is_in(shown))
    if hours != "any":
        night = ~clock(timezone).dt.hour().is_between(6, 21)
        rows = rows.filter(night if hours == "night" else ~night)
    order = ("accidental", pl.col("probability").fill_null(0), "time")
    return rows.sort(order, descending=[False, True, False])["row"]


def _in_words(events: pl.DataFrame, timezone: str | None, tags: dict[str, str]) -> pl.DataFrame:
    says = pl.col("reasons").list.eval(pl.element().struct["says"]).list.join(" · ")
    table = events.with_columns(
        pl.col("accidental").cast(pl.String).replace_strict(NAMES),
        pl.col("status").cast(pl.String).replace_strict(STATUSES),
        pl.col("tick").cast(pl.String),
        clock=clock(timezone),
        reasons=says,
        entries=pl.col("record_ids").list.len() - pl.col("copies"),
        tags=pl.col("activation_id").replace_strict(tags, default=None, return_dtype=pl.String)
        if tags
        else pl.lit(None, pl.String),
    )
    return table.select([name for name in LIST if name in table.columns and table[name].null_count() < table.height])


def _reasons(row: dict[str, Any]) -> None:
    """The one activation that is chosen: every reason with its weight and its source."""
    schema = {"says": pl.String, "weight": pl.Float64, "source": pl.String}
    table = pl.DataFrame(row["reasons"], schema_overrides=schema).select(list(schema)) if row["reasons"] else None
    if table is None:
        st.markdown("There is no reason for or against it.")
        return
    st.dataframe(table, column_config=REASONS, hide_index=True, placeholder="", alt="Reasons of the chosen activation")
    st.caption(
        "A weight above 0 speaks for an accident, below 0 against it; 2.3 makes it ten times as likely. Without a "
        "weight: not measured."
    )
    if row["speech"]:
        used = speech(row["speech"])
        st.caption(
            words(
                "All weights of words, and {start:.2f} to start from, add up to no more than {cap:.2f} either way; "
                "then come the other weights and the assumed share of accidents, as log odds.",
                start=used.intercept,
                cap=used.cap,
            )
        )


def _statuses(events: pl.DataFrame) -> None:
    """What the makers say became of the activations, counted."""
    counted = (
        events.filter(kind="voice")
        .group_by("status")
        .agg(activations=pl.len(), entries=(pl.col("record_ids").list.len() - pl.col("copies")).sum())
    )
    st.subheader("What the makers say became of them", anchor=False)
    st.dataframe(
        counted.sort("activations", "status", descending=[True, False]).with_columns(
            pl.col("status").cast(pl.String).replace_strict(STATUSES)
        ),
        column_config=COUNTED,
        hide_index=True,
        placeholder="",
        alt="Activations by voice, by what the maker says became of them",
    )


COUNTED = {
    "status": st.column_config.TextColumn("What the maker says", width="large"),
    "activations": st.column_config.NumberColumn("Activations"),
    "entries": st.column_config.NumberColumn("Entries"),
}
