"""The first page: what this is, what it promises, and the ways to open an export."""

from __future__ import annotations

from zoneinfo import available_timezones

import streamlit as st

from toolkit import standby
from toolkit.dashboard import guard, state
from toolkit.worker import Given

_AREAS = {
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
}  # fmt: skip
UNKNOWN_ZONE = "I do not know"
ZONES = (UNKNOWN_ZONE, "UTC", *sorted(name for name in available_timezones() if name.split("/")[0] in _AREAS))


TRACE = (
    "While you upload, a file above 1 MiB lies in a temporary file on your disk. To avoid that, give its path, or "
    "start with “voice-history app --no-trace”."
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
    state.show_failure()
    if state.unknown():
        st.button(
            "Tell the columns yourself",
            key="own",
            icon=":material/table_edit:",
            on_click=state.look,
            help="For a table or JSON of a maker that is not known here.",
        )
    zone = _own_files()
    _samples(zone)
    _no_file()
    _how_to_get_alexa()
    _how_to_get_google()
    _how_to_get_chatgpt()
    standby.prepare()


def _no_file() -> None:
    st.subheader("No file, or none to be had?")
    st.button(
        "Delete requests without a file", key="no_file_button", icon=":material/checklist:", on_click=_without_file
    )
    st.caption("For HomePod, Siri, Bixby, Meta glasses and others, or while you wait for your export.")


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
        st.caption("An upload lies two to three times in memory. If a file is very large, give its path instead.")
        with st.expander("Give a path instead", icon=":material/folder_open:"):
            lines = st.text_area(
                "Paths of files or folders, one in each line",
                key="paths",
                height=90,
                placeholder="/home/me/Alexa_1.zip",
            )
            sources += [line.strip().strip("\"'") for line in lines.splitlines() if line.strip()]
    zone = timezone()
    st.caption("Needed for exports that write times without a time zone. Suggested: the one this computer uses.")
    if st.button("Read the files", type="primary", icon=":material/play_arrow:", disabled=not sources, key="read"):
        state.read(sources, zone)
    started = state.preset()
    if started:
        state.read(started, zone)
    return zone


def _samples(zone: str | None) -> None:
    st.header("Or look around first", anchor=False)
    with st.container(horizontal=True):
        csv = st.button("Try the sample", key="sample", icon=":material/science:")
        page = st.button("Try the privacy-page sample", key="sample_page", icon=":material/science:")
        google = st.button("Try the Google sample", key="sample_google", icon=":material/science:")
        chats = st.button("Try the ChatGPT sample", key="sample_chatgpt", icon=":material/science:")
    st.caption(
        "Invented data of an imagined household: as Amazon sends it, as Amazon's privacy web page shows it, as Google "
        "and as OpenAI send it."
    )
    for pressed, name in (
        (csv, state.SAMPLE),
        (page, state.PRIVACY_PAGE),
        (google, state.GOOGLE),
        (chats, state.CHATGPT),
    ):
        if pressed:
            state.read([state.sample(name)], zone)
