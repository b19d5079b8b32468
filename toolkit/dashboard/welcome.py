"""The first page: what this is, what it promises, and the ways to open an export."""

from __future__ import annotations

from zoneinfo import available_timezones

import streamlit as st

from toolkit import standby
from toolkit.dashboard import guard, state
from toolkit.dashboard.words import words
from toolkit.worker import Given

_AREAS = {
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
}  # fmt: skip
UNKNOWN_ZONE = "I do not know"
ZONES = (UNKNOWN_ZONE, "UTC", *sorted(name for name in available_timezones() if name.split("/")[0] in _AREAS))


TRACE = (
    "One exception: while you upload a file above 1 MiB, it lies in a temporary file on your disk. To avoid that, give "
    "its path instead, or start with “voice-history app --no-trace”."
)
NO_TRACE = (
    "Started without traces: temporary files lie in memory too, and nothing is left when the program ends. What your "
    "browser remembers, and what you download, is yours to remove."
)


def show() -> None:
    """Draw the page."""
    st.title("See what your voice assistant kept")
    st.markdown(
        "Ask Amazon, Google or OpenAI for your voice history, and you get files nobody can read. This page reads them: "
        "how many entries and sound clips there are, from when, from which device, what was perhaps never meant for "
        "the assistant, and what could not be understood."
    )
    with st.container(border=True):
        st.markdown(
            ":material/lock: **Nothing leaves this computer.** The page is served by your computer, to your computer. "
            "It sends nothing anywhere, and writes nothing but what you download."
        )
        st.caption(NO_TRACE if state.no_trace() else TRACE)
    _failure()
    zone = _own_files()
    _no_file()
    _samples(zone)
    standby.prepare()


def _failure() -> None:
    """What was wrong with the last attempt, and the way on for a table that nobody here knows."""
    if not state.failed():
        return
    with st.container(border=True):
        state.show_failure()
        if state.unknown():
            st.caption(
                "Is it a voice history all the same, as a table (CSV) or a list (JSON)? Then say what stands in which "
                "column. You see at once whether it fits."
            )
            st.button("Tell the columns yourself", key="own", icon=":material/table_edit:", on_click=state.look)


def _no_file() -> None:
    st.header("No file yet?", anchor=False)
    _how_to_get_alexa()
    _how_to_get_google()
    _how_to_get_chatgpt()
    st.button(
        "Delete requests without a file", key="no_file_button", icon=":material/checklist:", on_click=_without_file
    )
    st.caption(
        "Your steps and letters, without any export: while you wait for yours, or for HomePod, Siri, Bixby, Meta "
        "glasses and others."
    )


def _without_file() -> None:
    st.session_state["no_file"] = True


def _how_to_get_alexa() -> None:
    with st.expander("How do I get my Alexa data?", icon=":material/help:"):
        st.markdown(
            "1. Sign in to Amazon in your browser and look for the page *Request My Data*.\n"
            "2. Choose *Alexa and Echo devices* and send the request. An e-mail comes with a link; confirm the request "
            "with it within five days.\n"
            "3. Wait: some days, at most a month. Then another e-mail says where to download the files.\n"
            "4. Download every file whose name begins with *Alexa* (`Alexa.zip`, or `Alexa_1.zip`, `Alexa_2.zip` and "
            "so on). Do not unpack them; bring all of them here, together."
        )
        st.caption("Amazon renames and moves its pages now and then; these were their names in 2025.")


def _how_to_get_google() -> None:
    with st.expander("How do I get my Google Assistant data?", icon=":material/help:"):
        st.markdown(
            "1. Sign in to Google in your browser and open the page *Google Takeout* (takeout.google.com).\n"
            "2. Deselect all, then choose *My Activity*; in its list of activity, *Assistant*, *Voice and Audio* and "
            "*Gemini Apps*, as far as they are there.\n"
            "3. If you are asked for the format of the activity records, choose JSON: it states times more exactly. "
            "HTML is read as well, in any language.\n"
            "4. When the e-mail comes, download every part. Do not unpack them; bring all of them here, together."
        )
        st.caption("These were the names on Google's pages in 2024; they follow the language of your account.")


def _how_to_get_chatgpt() -> None:
    with st.expander("How do I get my ChatGPT data?", icon=":material/help:"):
        st.markdown(
            "1. Sign in to ChatGPT, open *Settings*, then *Data controls*, and choose *Export data*.\n"
            "2. An e-mail comes with a link to a zip file; download it.\n"
            "3. Do not unpack it; bring it here. Only what you spoke is counted; what you typed is left out."
        )
        st.caption("These names are of 2025; they follow the language of your account.")


def timezone() -> str | None:
    """Ask for the time zone; None if the user does not know it."""
    browser = st.context.timezone
    name = st.selectbox(
        "Time zone",
        ZONES,
        index=ZONES.index(browser) if browser in ZONES else 0,
        key="timezone",
        persist_state="session",
        help="Some exports write times without saying of which time zone. The one your computer uses is suggested; "
        "choose another if the devices stood elsewhere.",
    )
    return None if name == UNKNOWN_ZONE else name


def _own_files() -> str | None:
    """Offer the ways in; gives the time zone chosen."""
    st.header("Open your export", anchor=False)
    uploads = st.file_uploader(
        "All parts of the download, as you got them",
        accept_multiple_files=True,
        key=f"files-{st.session_state.get('round', 0)}",
        help="Zip files, or the JSON or CSV files in them.",
    )
    sources: list[Given] = [(upload.name, upload.getvalue()) for upload in uploads]
    if guard.here_only():  # a path is read by the server: nothing for people on other computers
        with st.expander("Give a path instead", icon=":material/folder_open:"):
            st.caption(
                "For files of several gigabytes: they are read where they lie on this computer, and need not fit into "
                "its memory two or three times over."
            )
            lines = st.text_area(
                "Paths of files or folders, one in each line",
                key="paths",
                height=90,
                placeholder="/home/me/Alexa_1.zip",
            )
            sources += [line.strip().strip("\"'") for line in lines.splitlines() if line.strip()]
    zone = timezone()
    st.caption("Some files write times without saying where. Suggested is the time zone this computer uses.")
    if st.button("Read the files", type="primary", icon=":material/play_arrow:", disabled=not sources, key="read"):
        state.read(sources, zone)
    started = state.preset()
    if started:
        state.read(started, zone)
    return zone


def _samples(zone: str | None) -> None:
    st.header("Or look around first", anchor=False)
    st.caption("Four samples, invented: a household that never was.")
    for name, (key, label, about) in SAMPLES.items():
        left, right = st.columns([2, 3], gap="xsmall", vertical_alignment="center")
        with left:
            pressed = st.button(words("{label}", label=label), key=key, icon=":material/science:")
        with right:
            st.caption(words("{about}", about=about))
        if pressed:
            state.read([state.sample(name)], zone)


SAMPLES = {
    state.SAMPLE: (
        "sample",
        words("Try the sample"),
        words("Alexa, as Amazon sends it: a table and sound clips. You are asked first whether its columns are right."),
    ),
    state.PRIVACY_PAGE: (
        "sample_page",
        words("Try the privacy-page sample"),
        words("Alexa, as Amazon's privacy web page shows it, with Amazon's own marks of false alarms."),
    ),
    state.GOOGLE: ("sample_google", words("Try the Google sample"), words("Google Assistant, as Takeout sends it.")),
    state.CHATGPT: (
        "sample_chatgpt",
        words("Try the ChatGPT sample"),
        words("What was spoken to ChatGPT, as OpenAI sends it."),
    ),
}
