"""The user's own ticks: who ticks, the buttons that set them, and the case file they are kept in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from toolkit.casefile import ME, TAGS, Case, Progress, Tick
from toolkit.dashboard import state
from toolkit.dashboard.words import words
from toolkit.problems import ToolkitError

GIVERS = {ME: "First person", "second": "Second person"}
TAG_NAMES = {name: meaning.capitalize() for name, meaning in TAGS.items()}


def case() -> Case:
    """The case file of this session."""
    found: Case = st.session_state.get("casefile") or Case()
    return found


def so_far() -> dict[str, Progress]:
    """How far the user is with the steps for what is open, by id of the step."""
    return dict(_steps().get(_whose(), {}))


def stepped(step: str, done: Progress) -> None:
    """Remember it of one step."""
    st.session_state["progress"] = _steps() | {_whose(): so_far() | {step: done}}


def _steps() -> dict[str, dict[str, Progress]]:
    found: dict[str, dict[str, Progress]] = st.session_state.get("progress", {})
    return found


def _whose() -> str:
    """Whose steps they are: another export is perhaps another person's."""
    opened = state.case()
    return "\n".join(opened.names) if opened else ""


def _whole() -> Case:
    return replace(case(), progress=so_far())


def giver() -> str:
    """Who ticks now. Each person sees only their own ticks, so that the two can be compared."""
    return st.session_state.get("giver") or ME


def tags(by: str) -> dict[str, str]:
    """``activation_id`` -> tags in words, of one person."""
    ticks = case().ticks.get(by, {})
    return {id_: ", ".join(TAGS[tag] for tag in tick.tags) for id_, tick in ticks.items() if tick.tags}


def buttons(chosen: list[str], by: str) -> None:
    """What can be said of the chosen rows."""
    if not chosen:
        st.caption("Tick a row at its left edge to see why it is listed, and to say whether you know better.")
        return
    st.markdown(
        words(
            "**{n:activation|activations} ticked.** If you know what it was, say so; your case file, below, keeps it.",
            n=len(chosen),
        )
    )
    tag = tuple(st.multiselect("Tags, if any apply", list(TAG_NAMES), format_func=TAG_NAMES.__getitem__, key="tag"))
    with st.container(horizontal=True):
        said = (chosen, by, tag)
        st.button("Accidental", key="tick_accidental", on_click=_tick, args=(*said, "accidental"))
        st.button("Meant for it", key="tick_meant", on_click=_tick, args=(*said, "meant"))
        st.button("Only the tags", key="tick_tags", disabled=not tag, on_click=_tick, args=(*said, None))
        st.button("Take back", key="tick_back", on_click=_tick, args=(chosen, by, (), None))


def _tick(chosen: list[str], by: str, tag: tuple[Any, ...], verdict: Any) -> None:
    mine = case()
    for id_ in chosen:
        old = mine.ticks.get(by, {}).get(id_, Tick())
        keep = old.verdict if tag and verdict is None else verdict
        mine = mine.ticked(id_, Tick(keep, tag), by)
    st.session_state["casefile"] = mine


def file_panel(two: bool = False) -> None:
    """Download and upload; with *two* also who ticks, and how two people agree."""
    mine = case()
    with st.expander("Your case file", icon=":material/folder:"):
        st.markdown(
            words(
                "It holds {n:tick|ticks} and how far you are with your steps; no words that were heard. It is gone "
                "when you close this page, unless you download it.",
                n=sum(len(own) for own in mine.ticks.values()),
            )
        )
        st.download_button(
            "Download the case file",
            lambda: _whole().to_json(),
            "case.json",
            "application/json",
            key="download_case",
            icon=":material/download:",
            on_click="ignore",
        )
        _upload()
        if two:
            _two(mine)


def _two(mine: Case) -> None:
    st.radio("Who ticks", list(GIVERS), format_func=GIVERS.__getitem__, horizontal=True, key="giver")
    st.caption("The second person does not see what the first has ticked, so that agreement means something.")
    _agreement(mine)


def _upload() -> None:
    given = st.file_uploader("Go on with a case file", type=["json"], key="upload_case", max_upload_size=32)
    if given is None or st.session_state.get("case_given") == given.file_id:
        return
    st.session_state["case_given"] = given.file_id
    try:
        found = Case.from_json(given.getvalue())
        st.session_state["casefile"] = found
        st.session_state["progress"] = _steps() | {_whose(): dict(found.progress)}
    except ToolkitError as error:
        st.error("Nothing was taken over.", title="This case file could not be read", icon=":material/error:")
        st.text(error.message)
        st.text(error.advice)
    else:
        st.rerun()


def _agreement(mine: Case) -> None:
    found = mine.agreement(ME, "second")
    if not found.both:
        return
    if found.kappa is None:
        st.markdown(words("Both ticked {n:activation|activations}, all alike.", n=found.both))
        return
    st.markdown(
        words(
            "Both ticked {both:activation|activations} and agree on {same}. Cohen's kappa is {kappa:.2f}: 1 is full "
            "agreement, 0 is what chance would give.",
            both=found.both,
            same=found.same,
            kappa=found.kappa,
        )
    )
