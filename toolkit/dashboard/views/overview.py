"""Overview: how much there is, from when, from which device, and what is not known."""

from __future__ import annotations

from datetime import date

import polars as pl
import streamlit as st

from toolkit import charts
from toolkit.dashboard.state import Case
from toolkit.dashboard.words import Words, words
from toolkit.summary import Headline, by_device, by_month, by_status, by_weekday_hour, headline, span

_TOLD = 5  # reasons shown where there is nothing else to show


def show(case: Case) -> None:
    """Draw the view."""
    if case.export.records.is_empty():
        _nothing(case.export.problems)
        return
    records, zone = case.records, case.export.timezone
    head = headline(records)
    if records.is_empty():
        st.info("The filter leaves no entry.", icon=":material/filter_alt:")
        return
    statuses = by_status(records)
    st.header(words("{sentence}", sentence=_sentence(head, span(records, zone))), anchor=False)
    st.markdown(words("Not known: {gaps}.", gaps=_gaps(head, statuses)))
    _figures(head)
    _card_months(by_month(records, zone))
    _card_week(by_weekday_hour(records, zone), zone is not None)
    left, right = st.columns(2, gap="small")
    with left:
        _card_devices(by_device(records), set(records["vendor"].unique()) == {"google"})
    with right:
        _card_statuses(statuses)


def _nothing(problems: pl.DataFrame) -> None:
    """Why there is nothing to count, as it was told of the files."""
    st.header("There are no voice entries in these files", anchor=False)
    told = problems.unique(["message", "advice"], keep="first", maintain_order=True).head(_TOLD)
    for message, advice in told.select("message", "advice").iter_rows():
        with st.container(border=True, gap="xsmall"):
            st.text(message)
            if advice:
                st.text(advice)
    st.caption("The view Data and log shows what was in each file, and all problems.")


def _sentence(head: Headline, span: tuple[date, date] | None) -> Words:
    entries = words("{n:entry|entries}", n=head.entries)
    when = words("without a readable time")
    if span:
        when = words("from {first} to {last}", first=span[0], last=span[1])
    device = (
        words("by {n:device|devices}", n=head.devices) if head.devices else words("by devices the file does not name")
    )
    clips = words("none of them names a sound clip")
    if head.clips_named:
        clips = words(
            "they name {named:clip|clips}, {found} of which {found_verb} in your files",
            named=head.clips_named,
            found=head.clips_found,
            found_verb=words("is") if head.clips_found == 1 else words("are"),
        )
    return words("{entries} {when}, {device}; {clips}.", entries=entries, when=when, device=device, clips=clips)


def _gaps(head: Headline, statuses: pl.DataFrame) -> Words:
    """What the figures above cannot say."""
    unknown = int(statuses.filter(pl.col("status") == "unknown")["entries"].sum())
    gaps = [
        words("what became of {n:entry|entries}", n=unknown),
        words("the words of {n:entry|entries}", n=head.entries - head.with_text),
        words("the time of {n:entry|entries}", n=head.undated),
        words("the time zone of {n:entry|entries}", n=head.zone_unknown),
        words("where {n:clip is|clips are}", n=head.clips_named - head.clips_found),
        words("whether the maker kept more than it sent"),
    ]
    counts = (
        unknown,
        head.entries - head.with_text,
        head.undated,
        head.zone_unknown,
        head.clips_named - head.clips_found,
        1,
    )
    told = words("")
    for gap in [gap for gap, count in zip(gaps, counts, strict=True) if count]:
        told = words("{told}, {gap}", told=told, gap=gap) if told else gap
    return told


def _figures(head: Headline) -> None:
    with st.container(horizontal=True):
        st.metric("Entries", words("{n}", n=head.entries), border=True)
        st.metric("With text", words("{n}", n=head.with_text), border=True)
        st.metric("Devices", words("{n}", n=head.devices) if head.devices else "not stated", border=True)
        if head.clips_named:
            st.metric("Clips named", words("{n}", n=head.clips_named), border=True)
            st.metric("Clips in your files", words("{n}", n=head.clips_found), border=True)
            st.metric(
                "Minutes of clips", words("{n:.1f}", n=head.minutes) if head.clips_found else "not known", border=True
            )
        else:
            st.metric("Clips", "none named", border=True)
    st.caption(
        "An entry is one line of the maker's list: something said, heard or done. A clip is a sound file. Most entries "
        "have no clip, and not every clip is in every download."
    )
    if head.clips_close:
        st.caption(
            words(
                "{n:clip begins|clips begin} 1.5 seconds or less after another: perhaps the same words, heard by two "
                "devices. They are counted as clips, not as one.",
                n=head.clips_close,
            )
        )
    if head.duplicates:
        st.caption(words("{n:entry was|entries were} read twice and counted once.", n=head.duplicates))


def _card_months(counts: pl.DataFrame) -> None:
    with st.container(border=True, key="months"):
        st.subheader("By month", anchor=False)
        if counts.is_empty():
            st.caption("No entry has a readable time.")
            return
        picture = charts.months(counts)
        st.altair_chart(picture.chart, alt=picture.alt)


def _card_week(counts: pl.DataFrame, zoned: bool) -> None:
    with st.container(border=True, key="week"):
        st.subheader("By weekday and hour", anchor=False)
        picture = charts.week(counts)
        st.altair_chart(picture.chart, alt=picture.alt)
        if zoned:
            st.caption("The stronger the colour, the more entries. Hours by the clock of the time zone in the sidebar.")
        else:
            st.caption("The stronger the colour, the more entries. Hours in UTC; the sidebar offers other time zones.")


def _card_devices(counts: pl.DataFrame, only_google: bool) -> None:
    with st.container(border=True, key="devices"):
        st.subheader("By device", anchor=False)
        if not counts["stated"].any():
            if only_google:
                st.caption("Google does not state the device: no export of it says where an entry came from.")
            else:
                st.caption("The file does not say which device an entry came from.")
            return
        picture = charts.ranked(counts, "device", "device")
        st.altair_chart(picture.chart, alt=picture.alt)


def _card_statuses(counts: pl.DataFrame) -> None:
    with st.container(border=True, key="statuses"):
        st.subheader("What became of them", anchor=False)
        picture = charts.ranked(counts, "meaning", "what became of them")
        st.altair_chart(picture.chart, alt=picture.alt)
