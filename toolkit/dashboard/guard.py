"""Refuses to show the page where others could reach it, or where Streamlit would speak to the outside."""

from __future__ import annotations

import os
from ipaddress import ip_address

import streamlit as st
from streamlit import net_util

# What `voice-history app` sets. Streamlit's own defaults are the opposite in nearly every row.
SAFE = {
    "browser.gatherUsageStats": False,
    "client.disableDataExport": True,
    "server.enableCORS": True,
    "server.enableStaticServing": False,
    "server.enableXsrfProtection": True,
}
ALLOW = "VOICE_HISTORY_ALLOW_REMOTE"


def check() -> None:
    """Stop the page unless it was started safely, and only this computer can reach it."""
    # For a request of a strange origin Streamlit asks a web service for this machine's public address, before it
    # refuses; an address that is already known is not asked for.
    net_util._external_ip = "127.0.0.1"
    wrong = [option for option, value in SAFE.items() if st.get_option(option) != value]
    if here_only() and not all(_is_loopback(host) for host in st.get_option("server.allowedHosts") or [""]):
        wrong.append("server.allowedHosts")
    if wrong:
        st.error(
            "Some of Streamlit's settings would let data out or strangers in. Nothing was read. "
            "Please close this page and start it with `voice-history app`.",
            title="This page was not started safely",
            icon=":material/gpp_maybe:",
        )
        st.code("\n".join(wrong), language=None)
        st.stop()
    if not here_only():
        _ask_twice()


def here_only() -> bool:
    """Whether only this computer can reach the page."""
    return _is_loopback(st.get_option("server.address"))


def _is_loopback(address: str | None) -> bool:
    try:
        return address == "localhost" or ip_address(address or "").is_loopback
    except ValueError:
        return False


def _ask_twice() -> None:
    if os.environ.get(ALLOW) != "yes-i-know":
        st.error(
            "Voice history is private, and this page was started so that other computers could open it. "
            "It does not run that way. Please close it and start it with `voice-history app`.",
            title="This page is for this computer only",
            icon=":material/gpp_maybe:",
        )
        st.stop()
    if st.session_state.get("remote_confirmed"):
        return
    st.warning(
        "Other computers can open this page. What you upload travels over the network, without encryption unless "
        "somebody set it up, and whoever runs the server can read it.",
        title="This page is not on your computer alone",
        icon=":material/gpp_maybe:",
    )
    st.button("I know, and go on", key="allow_remote", on_click=_confirm)
    st.stop()


def _confirm() -> None:
    st.session_state["remote_confirmed"] = True
