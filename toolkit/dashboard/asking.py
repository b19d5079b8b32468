"""The questions before a delete request: what you use, which law, when a request was sent and when it arrived."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from toolkit.checklist import LANGUAGES, Scope, rulebook
from toolkit.dashboard.state import Case
from toolkit.dashboard.words import words
from toolkit.deadlines import LAWS

# What the rules say is ours: it is read once, when this module is imported, and may be drawn as Markdown.
PRODUCTS = {key: product.title for key, product in rulebook.products().items() if key != "other"}
NO_EXPORT = {key: product.no_export for key, product in rulebook.products().items()}
MAKERS = {key: company.title for key, company in rulebook.makers().items()}
TRACKS = {key: track["title"] for key, track in rulebook.TRACKS.items()}
ABOUT = {key: track["about"] for key, track in rulebook.TRACKS.items()}
LAW = {key: law["title"] for key, law in LAWS.items()}
COUNTRIES = {
    "at": "Austria", "be": "Belgium", "bg": "Bulgaria", "hr": "Croatia", "cy": "Cyprus", "cz": "Czechia",
    "dk": "Denmark", "ee": "Estonia", "fi": "Finland", "fr": "France", "de": "Germany", "gr": "Greece",
    "hu": "Hungary", "is": "Iceland", "ie": "Ireland", "it": "Italy", "lv": "Latvia", "li": "Liechtenstein",
    "lt": "Lithuania", "lu": "Luxembourg", "mt": "Malta", "nl": "Netherlands", "no": "Norway", "pl": "Poland",
    "pt": "Portugal", "ro": "Romania", "sk": "Slovakia", "si": "Slovenia", "es": "Spain", "se": "Sweden",
}  # fmt: skip


def settings(case: Case | None) -> dict[str, Any]:
    """Everything that is asked, as `checklist` wants it."""
    track = st.radio(
        "What do you want?",
        list(TRACKS),
        format_func=TRACKS.__getitem__,
        horizontal=True,
        key="track",
        persist_state="session",
    )
    st.caption(ABOUT["keep_claim"] if track == "keep_claim" else ABOUT["clean_up"])
    makers = st.multiselect(
        "Which assistants do you use?" if case is None else "Other assistants you use, without a file",
        PRODUCTS,
        format_func=PRODUCTS.__getitem__,
        key="makers",
        persist_state="session",
    )
    for product in makers:
        if NO_EXPORT[product]:
            st.caption(NO_EXPORT[product])
    with st.container(border=True):
        place = _place()
        if place["law"] is None:
            st.caption("Without a law there are steps, but no letters and no dates. None is guessed from your files.")
        asked = {"track": track or "clean_up", "makers": tuple(makers), **place, "scope": Scope()}
        if place["law"]:
            owners = _owners(case, makers)
            asked |= _dates(owners, place["law"])
            if case:
                asked["scope"] = _scope()
    return asked


def _place() -> dict[str, Any]:
    first, second, third = st.columns(3)
    with first:
        law = st.selectbox(
            "Which law applies to you?",
            [None, *LAWS],
            format_func=lambda key: LAW[key] if key else "not chosen",
            key="law",
            persist_state="session",
        )
    country = None
    if law == "gdpr":
        with second:
            country = st.selectbox(
                "Where do you live?",
                [None, *COUNTRIES],
                format_func=lambda key: COUNTRIES[key] if key else "not chosen",
                key="country",
                persist_state="session",
                help="Chooses the addresses of the makers and the authority.",
            )
    with third if law == "gdpr" else second:
        language = st.selectbox(
            "Language of the letters",
            [*LANGUAGES],
            format_func=LANGUAGES.__getitem__,
            key="language",
            persist_state="session",
        )
    return {"law": law, "country": country, "language": language, "authority": _authority(country)}


def _authority(country: str | None) -> str | None:
    authorities = rulebook.authorities_of(country) if country else {}
    if len(authorities) < 2:
        return None
    chosen: str | None = st.selectbox(
        "Authority of the Land you live in",
        [None, *authorities],
        format_func=lambda key: authorities[key].name if key else "not chosen",
        key="authority",
        persist_state="session",
    )
    return chosen


def _owners(case: Case | None, makers: list[str]) -> list[str]:
    """Makers that can be written to."""
    products = rulebook.products()
    held: list[str] = []
    if case:
        held = [rulebook.product_of_record(product) for product in case.export.records["product"].unique().sort()]
    owners = dict.fromkeys(products[product].maker for product in [*held, *makers])
    return [owner for owner in owners if owner]


def _dates(owners: list[str], law: str) -> dict[str, Any]:
    st.caption("Once a request has arrived, enter the day: for e-mail and web forms that is the day you sent it.")
    given: dict[str, Any] = {"sent": {}, "received": {}, "stopped": {}, "complained": {}, "extended": ()}
    for owner in owners:
        sent, received = st.columns(2)
        with sent:
            _keep(given["sent"], owner, st.date_input(
                words("{maker}: sent on", maker=words(MAKERS[owner])), None, key=f"sent_{owner}",
                format="YYYY-MM-DD", persist_state="session",
            ))  # fmt: skip
        with received:
            _keep(given["received"], owner, st.date_input(
                words("{maker}: arrived on", maker=words(MAKERS[owner])), None, key=f"received_{owner}",
                format="YYYY-MM-DD", persist_state="session",
            ))  # fmt: skip
        if owner in given["received"]:
            _after_receipt(owner, law, given)
    return given


def _after_receipt(owner: str, law: str, given: dict[str, Any]) -> None:
    """What may happen once a request has arrived, and moves its dates."""
    if st.toggle("It announced that it needs longer", key=f"extended_{owner}", persist_state="session"):
        given["extended"] += (owner,)
    given["stopped"] |= _stopped(owner)
    if "acknowledge_days" in LAWS[law]:
        _keep(given["complained"], owner, st.date_input(
            words("{maker}: complaint arrived on", maker=words(MAKERS[owner])), None, key=f"complained_{owner}",
            format="YYYY-MM-DD", persist_state="session",
        ))  # fmt: skip


def _keep(into: dict[str, date], owner: str, day: date | None) -> None:
    if day:
        into[owner] = day


def _stopped(owner: str) -> dict[str, Any]:
    """Spans in which the clock stood still; one is enough for nearly everybody."""
    if not st.toggle(
        "It asked who I am, or what I mean: the clock stopped",
        key=f"stop_{owner}",
        persist_state="session",
    ):
        return {}
    begin, end = st.columns(2)
    with begin:
        first = st.date_input(
            "It asked on", None, key=f"stop_from_{owner}", format="YYYY-MM-DD", persist_state="session"
        )
    with end:
        last = st.date_input(
            "I answered on (empty: not yet)", None, key=f"stop_to_{owner}", format="YYYY-MM-DD", persist_state="session"
        )
    return {owner: ((first, last),)} if first else {}


def _scope() -> Scope:
    with st.expander("Ask to erase only a part"):
        accidental = st.toggle(
            "Only what the maker marked, or you confirmed, as not meant for the assistant",
            key="only_accidental",
            persist_state="session",
        )
        left, right = st.columns(2)
        with left:
            first = st.date_input("From", None, key="scope_first", format="YYYY-MM-DD", persist_state="session")
        with right:
            last = st.date_input("To", None, key="scope_last", format="YYYY-MM-DD", persist_state="session")
    return Scope(accidental, first, last)
