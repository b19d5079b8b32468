"""Retention: how old, what auto-delete would have removed, what an older export held, what hangs on the entries."""

from __future__ import annotations

from datetime import date, datetime
from typing import cast

import polars as pl
import streamlit as st

from toolkit import charts
from toolkit.dashboard import asking
from toolkit.dashboard.state import Case
from toolkit.dashboard.views import exposed, figure, older, settings
from toolkit.dashboard.views.settings import MARKS, Figures
from toolkit.dashboard.words import Words, words
from toolkit.load import Export
from toolkit.retention import FACTS, Event, policy_changes, stale
from toolkit.summary import clock

# Made of rules/retention.toml when this is imported, before anything is read: our own words, and none of an export's.
CHANGES = {
    event: f"{event.when}: {event.says} ({MARKS[event.evidence]}; {event.source}; checked {event.checked})"
    for event in FACTS.events
}
UNSEEN = {
    vendor: "\n".join(
        f"- {one.says} ({MARKS[one.evidence]}; checked {one.checked})" for one in FACTS.unseen if one.vendor == vendor
    )
    for vendor in {one.vendor for one in FACTS.unseen}
}
NOT_KNOWN = "\n".join(f"- {line}" for line in FACTS.not_known)
COUNT_TO = {"made": "the day of the export", "today": "today"}


def show(case: Case) -> None:
    """Draw the view."""
    export = case.export
    if export.records.is_empty():
        st.markdown("There are no entries.")
        return
    if case.records.is_empty():
        st.info("The filter leaves no entry.", icon=":material/filter_alt:")
        return
    top = st.container()
    found = settings.figures(case, _count_to())
    with top:
        _headline(case, found)
    _counted_to(found)
    _old_facts()
    with st.container(border=True, key="likely"):
        settings.likely(case)
    with st.container(border=True, key="timeline"):
        _timeline(case, found)
    with st.container(border=True, key="what_if"):
        setting = settings.choose(case, found)
        if case.kept is not None:
            st.caption("Counted of the entries shown. The setting itself would hold for all of that product.")
    with st.container(border=True, key="oldest"):
        settings.oldest(case, found, setting)
    with st.container(border=True, key="compared"):
        older.show(case)
    with st.container(border=True, key="exposure"):
        exposed.show(case)
    with st.container(border=True, key="unseen"):
        _unseen(export)


def _count_to() -> date | None:
    chosen = st.radio(
        "Count ages and dates to",
        list(COUNT_TO),
        format_func=COUNT_TO.__getitem__,
        horizontal=True,
        key="count_to",
        help="The export proves what was held on its own day. Counted to today, dates tell what would be due by now, "
        "if nothing was deleted since.",
    )
    return datetime.now().astimezone().date() if chosen == "today" else None


def _counted_to(found: Figures) -> None:
    """Which day that is; with files of several makers it may be later than the day in the headline."""
    if found.ref.day is None:
        return
    why = {
        "exported_at": words("the day on which the export says it was made"),
        "latest": words("the day of the latest entry: the files do not say when they were made"),
    }.get(found.ref.basis, words("today"))
    st.caption(words("Ages and dates below are counted to {day}, {why}.", day=found.ref.day, why=why))


def _headline(case: Case, found: Figures) -> None:
    entries = case.records["duplicate_of"].null_count()
    days = case.records.select("vendor", day=clock(case.export.timezone).dt.date()).drop_nulls()
    if days.is_empty():
        st.header(words("None of {n:entry|entries} has a readable time.", n=entries), anchor=False)
        return
    vendor, first = days.filter(pl.col("day") == pl.col("day").min()).row(0)
    held = found.held[vendor]
    day = cast("date", held.day)
    when = words("on the export's date, {day}", day=day)
    if held.basis == "latest":
        when = words("on the day of the maker's latest entry, {day}", day=day)
    st.header(
        words(
            "The oldest of {n:entry|entries} is of {first}. It was still held {when}: {age:day|days}{years} later.",
            n=entries,
            first=first,
            when=when,
            age=(day - first).days,
            years=_years((day - first).days),
        ),
        anchor=False,
    )
    if any(one.basis == "latest" for one in found.held.values()):
        st.caption(
            "Not every maker's files say when they were made. Where they do not, the latest entry stands in for that "
            "day: everything is at least as old as shown."
        )
    _kept(case.records)


def _years(days: int) -> Words:
    """The same in years, which says more once there is one."""
    return words(" ({n:.1f} years)", n=days / 365.25) if days >= 365 else words("")


def _kept(records: pl.DataFrame) -> None:
    clip = pl.col("audio_files").list.len() > 0
    text = pl.any_horizontal(pl.col("transcript", "response").is_not_null())
    entries = records.filter(pl.col("duplicate_of").is_null())
    sums = entries.select(clip=clip.sum(), text=(text & ~clip).sum(), neither=(~text & ~clip).sum())
    counts = sums.row(0, named=True)
    with st.container(horizontal=True):
        figure.card(
            words("Entries that name a clip"),
            words("{n}", n=counts["clip"]),
            "kept_clip",
            counts["clip"] > 0,
            has=["clip"],
        )
        figure.card(
            words("Words, no clip"),
            words("{n}", n=counts["text"]),
            "kept_words",
            counts["text"] > 0,
            has=["text", "no_clip"],
        )
        figure.card(
            words("Neither, only a line"),
            words("{n}", n=counts["neither"]),
            "kept_line",
            counts["neither"] > 0,
            has=["no_text", "no_clip"],
        )
    if not counts["clip"]:
        st.caption("No entry names a clip. The maker may hold sound all the same: this kind of file may never name it.")


def _old_facts() -> None:
    old = stale(datetime.now().astimezone().date())
    if old:
        st.warning(
            words(
                "{n:fact|facts} about the makers' settings were last checked more than a year ago. Compare with the "
                "maker's own page before you rely on a date.",
                n=len(old),
            ),
            title="Some facts are old",
            icon=":material/history:",
        )


def _timeline(case: Case, found: Figures) -> None:
    st.subheader("What auto-delete would have removed", anchor=False)
    if found.months.is_empty() or found.ref.day is None:
        st.caption("Nothing to draw: no auto-delete is known for what is open, or no entry has a readable time.")
        return
    first = cast("date", found.months["month"].min())
    last = max(found.ref.day, cast("date", found.months["month"].max()))
    changes = policy_changes(case.records["vendor"].unique(), first, last)
    main = [change for change in changes if change.main]
    picture = charts.ages(found.months, [change.day for change in main], last)
    st.altair_chart(picture.chart, alt=picture.alt)
    st.caption(
        words(
            "By month of recording, counted to {day}. Had such a setting been on, these entries would have been due "
            "before that day. A month without a bar holds no entry: nothing said, deleted by hand, or in a part that "
            "is not here. Products for which no auto-delete is known are left out.",
            day=found.ref.day,
        )
    )
    for number, change in enumerate(main, 1):
        st.caption(words("**{n}** · {what}", n=number, what=words(CHANGES[change])))
    _rest([change for change in changes if not change.main])


def _rest(changes: list[Event]) -> None:
    if changes:
        with st.expander(words("{n:more change|more changes} by the makers in that time", n=len(changes))):
            for change in changes:
                st.caption(CHANGES[change])


def _unseen(export: Export) -> None:
    st.subheader("What no export shows", anchor=False)
    shown = sorted(set(export.records["vendor"].unique()) & set(UNSEEN))
    for vendor in shown:
        if len(shown) > 1:
            st.markdown(words("**{maker}**", maker=words(asking.MAKERS[vendor])))
        st.markdown(UNSEEN[vendor])
    with st.expander("What is not known of any maker, and not filled in here"):
        st.markdown(NOT_KNOWN)
