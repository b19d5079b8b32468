"""Delete requests: what to do in order, letters, dates and files to take away; with an export or without."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

import polars as pl
import streamlit as st

from toolkit import activations
from toolkit import checklist as make
from toolkit.casefile import Progress
from toolkit.checklist import Checklist, Letter, outline, rulebook
from toolkit.checklist.figures import dates_in_words
from toolkit.checklist.letters import first_kind
from toolkit.compare import Comparison
from toolkit.dashboard import asking, state
from toolkit.dashboard.state import Case
from toolkit.dashboard.views import figure, ticking
from toolkit.dashboard.words import Words, words
from toolkit.deadlines import LAWS
from toolkit.load import Export
from toolkit.problems import ToolkitError

# What the rules say is ours: it is read once, when this module is imported, and may be drawn as Markdown.
TITLES = {f"{rule.product}-{rule.code}": rule.title for rule in rulebook.steps()}
FINAL = "This cannot be undone."  # true of every deletion; what goes further than that gets a box of its own
SAFETY = "\n\n".join(f"**{title}.** {text}" for title, text in outline.safety())
COUNTED = {
    key: "\n".join(f"- {law[part]}" for part in ("starts", "first", "extension", "stop")) for key, law in LAWS.items()
}
CAVEATS = {key: "\n".join(f"- {text}" for text in law["caveats"]) for key, law in LAWS.items()}
UNCOVERED = "\n".join(f"- {text}" for text in outline.uncovered())
FILES = {
    (maker, kind, suffix): outline.letter_file(maker, kind).replace(".txt", suffix)
    for maker in asking.MAKERS
    for law in LAWS.values()
    for kind in law["letters"]
    for suffix in (".txt", ".eml")
}
IDS = {maker: f"ids-{maker}.csv" for maker in asking.MAKERS}


def _how(rule: rulebook.Step) -> str:
    """One step's instructions as Markdown."""
    listed = len(rule.do) > 1
    steps = [f"{at}. {text}" for at, text in enumerate(rule.do, 1)] if listed else []
    lines = [] if listed else [*rule.do]
    lines += [f"*Where:* {rule.path}"] if rule.path else []
    lines += [f"*Address:* <{rule.address}>"] if rule.address else []
    lines += [f"*Say:* “{text}”" for text in rule.say]
    lines += [f"*Not deleted by this:* {rule.leaves}"] if rule.leaves else []
    lines += [f"*Careful:* {rule.warning}"] if rule.warning == FINAL else []
    return "\n".join([*steps, "", "  \n".join(lines)])


HOW = {f"{rule.product}-{rule.code}": _how(rule) for rule in rulebook.steps()}
# With several makers a title says which of them it is about, unless its words do.
NAMED = {
    f"{rule.product}-{rule.code}": rule.title
    if any(word in rule.title for word in asking.PRODUCTS[rule.product].split())
    else f"{rule.title}: {asking.PRODUCTS[rule.product]}"
    for rule in rulebook.steps()
    if rule.product in asking.PRODUCTS
}
ROWS = ":material/table_rows:"
_LONG = 450  # characters out of the file that are shown unasked
WHY = {f"{rule.product}-{rule.code}": rule.why for rule in rulebook.steps()}
WARNING = {f"{rule.product}-{rule.code}": "" if rule.warning == FINAL else rule.warning for rule in rulebook.steps()}


def show(case: Case) -> None:
    """Draw the view for an export."""
    if case.kept is not None:
        st.info(
            "The filter changes nothing here: the steps, the letters and the lists of ids are about everything in "
            "these files. To have only a part erased, choose a law, then *Ask to erase only a part*.",
            icon=":material/filter_alt_off:",
        )
    _view(case)


def without_file() -> None:
    """Draw the page for people who have no file, or whose maker gives none."""
    st.title("Delete requests, without a file")
    st.markdown(
        "You need no export to have things deleted. Choose what you use; the list says what to switch off, how to "
        "delete, and whom to write to."
    )
    st.button("Back to the first page", key="back", icon=":material/arrow_back:", on_click=_back)
    _view(None)


def _back() -> None:
    st.session_state.pop("no_file", None)


def _view(case: Case | None) -> None:
    top = st.container()
    st.caption("Drafts; not legal advice. Nothing is sent and nothing is deleted from here.")
    with st.expander("Read this first: what may frighten you, and other people's voices", icon=":material/spa:"):
        st.markdown(SAFETY)
    settings = asking.settings(case)
    if case is None and not settings["makers"]:
        st.info("Choose at least one assistant above.", icon=":material/info:")
        return
    try:
        made = _made(case, settings)
    except ToolkitError as error:
        st.error("The list could not be made.", icon=":material/error:")
        st.text(error.message)
        st.text(error.advice)
        return
    with top:
        _headline(made)
    _downloads(made)
    if made.letters:
        with st.expander("Letters, and the list of ids that goes with them", icon=":material/mail:"):
            _letters(made)
    _remarks(made)
    _steps(made)
    ticking.file_panel()
    _end(made)


def _headline(made: Checklist) -> None:
    done = int(made.steps["done"].sum())
    st.header(
        words(
            "{done} of {all:step|steps} done: what to keep, switch off, ask for, delete and check.",
            done=done,
            all=made.steps.height,
        ),
        anchor=False,
    )


def _made(case: Case | None, settings: Mapping[str, Any]) -> Checklist:
    """The list for these settings; counted anew only if one of them, or the export, has changed."""
    export = case.export if case else None
    ticks = dict(ticking.case().ticks.get(ticking.giver(), {})) if export else {}
    compared = _compared(export)
    key = (id(export), id(compared), repr(settings), ticks)
    kept = st.session_state.get("requests")
    if kept is None or kept[0] != key:
        judged = activations(export.records) if export and ticks else None
        found = make(export, **settings, activations=judged, ticks=ticks, compared=compared)
        kept = (key, found, export, compared)  # these two are kept so that their ids stay their own
        st.session_state["requests"] = kept
    made: Checklist = kept[1]
    return made.with_progress(ticking.so_far())


def _compared(export: Export | None) -> pl.DataFrame | None:
    """What the view Retention found out about an older export, if it was this one that was compared."""
    kept: tuple[Export, Export, Comparison, pl.DataFrame] | None = st.session_state.get("comparison")
    return kept[2].summary if kept and kept[1] is export else None


def _downloads(made: Checklist) -> None:
    with st.container(horizontal=True):
        st.download_button(
            "List to print", made.to_html, "checklist.html", "text/html", key="as_html",
            icon=":material/print:", on_click="ignore", help="One page; open it in your browser and print it.",
        )  # fmt: skip
        st.download_button(
            "List as Markdown", made.to_markdown, "checklist.md", "text/markdown", key="as_markdown",
            icon=":material/checklist:", on_click="ignore",
        )  # fmt: skip
        if any(to.deadline for to in made.makers):
            st.download_button(
                "Dates for your calendar", made.to_ics, "dates.ics", "text/calendar", key="as_ics",
                icon=":material/event:", on_click="ignore",
            )  # fmt: skip
        st.download_button(
            "JSON", made.to_json, "checklist.json", "application/json", key="as_json",
            icon=":material/data_object:", on_click="ignore", help="For programs; without letters, ids and serials.",
        )  # fmt: skip


def _remarks(made: Checklist) -> None:
    for to in made.makers:
        if to.not_asked:
            st.info(words("{maker}: {says}", maker=words(asking.MAKERS[to.maker]), says=words(outline.NOT_ASKED)))
    for to in made.makers:
        if to.deadline:
            with st.container(border=True, gap="xsmall"):
                st.markdown(words("**Dates: {maker}**", maker=words(asking.MAKERS[to.maker])))
                st.text("\n".join(dates_in_words(to.deadline)))


def _steps(made: Checklist) -> None:
    sources = st.toggle(
        "Show where each step comes from, and how sure it is", key="show_sources", persist_state="session"
    )
    for section, rows in outline.sections(made):
        st.subheader(words("{name}", name=words(HEADINGS[section])), anchor=False)
        for _, alike in groupby(rows, _key):
            with st.container(border=True, gap="xsmall"):
                _alike(list(alike), len(made.makers) > 1, sources)


def _key(row: dict[str, Any]) -> str:
    return f"{row['product']}-{row['step_id'].split('-')[1]}-{row['maker']}"


def _alike(rows: list[dict[str, Any]], many: bool, sources: bool) -> None:
    """A step; the same for several devices is explained once, at the first that is not done."""
    explained = False
    for row in rows:
        _step(row, many, sources, explained)
        explained = explained or not row["done"]


HEADINGS = {name: name for name in rulebook.SECTIONS.values()}


def _step(row: dict[str, Any], many: bool, sources: bool, explained: bool) -> None:
    """One step; what comes from the export is drawn as plain text."""
    key = f"{row['product']}-{row['step_id'].split('-')[1]}"
    name = f"done_{row['step_id']}"
    st.checkbox(
        words("**{title}**", title=_title(row, key, many)),
        row["done"],
        key=name,
        on_change=_tick,
        args=(row["step_id"], name),
    )
    device = [row["device"]] if outline.named(row) else []
    if explained or row["done"]:  # what is done needs no instructions
        _plain([*device, *([] if row["done"] else _from_file(row))])
        return
    _plain(device)
    if WARNING[key]:
        st.warning(WARNING[key], icon=":material/warning:")
    st.markdown(HOW[key])
    _plain(_from_file(row))
    _way(row)
    if WHY[key]:
        st.caption(WHY[key])
    if not row["verified"]:
        st.caption("Not verified in every part: compare it with what you see.")
    if sources:
        st.text(outline.source(row["source"], row["evidence"], row["checked"]))


def _title(row: dict[str, Any], key: str, many: bool) -> Words:
    if many and row["maker"] and not row["product"]:
        return words("{title}: {maker}", title=words(TITLES[key]), maker=words(asking.MAKERS[row["maker"]]))
    return words(NAMED[key]) if many and row["product"] else words(TITLES[key])


def _from_file(row: dict[str, Any]) -> list[str]:
    """What the export says about it."""
    return [f"{part.label}: {part.text}" if part.label else part.text for part in outline.parts(row) if _shown(part)]


def _plain(lines: list[str]) -> None:
    """As plain text; folded away if it is long."""
    if sum(map(len, lines)) > _LONG:
        with st.expander(words("{n:line|lines} from your files", n=len(lines))):
            st.text("\n".join(lines))
    elif lines:
        st.text("\n".join(lines))


def _way(row: dict[str, Any]) -> None:
    """From a figure to what is behind it."""
    if row["step_id"] == "all-A4":
        st.button("See them", key="rows_A4", type="tertiary", icon=ROWS, on_click=state.go, args=("accidental",))
    elif row["step_id"] == "all-A6" and not any("no readable time" in note for note in row["notes"]):
        chosen = {"has": ["clip_missing"]}
        st.button("See the rows", key="rows_A6", type="tertiary", icon=ROWS, on_click=figure.rows, kwargs=chosen)


def _shown(part: outline.Part) -> bool:
    return part.kind in ("note", "data", "found") and part.label != "Done"


def _tick(step: str, name: str) -> None:
    done = bool(st.session_state[name])
    ticking.stepped(step, Progress(done, datetime.now().astimezone().date() if done else None))


def _letters(made: Checklist) -> None:
    kind = first_kind(made.law, made.track)
    letter = st.selectbox(
        "Letter",
        made.letters,
        index=next((at for at, each in enumerate(made.letters) if each.kind == kind), 0),
        format_func=lambda each: f"{asking.MAKERS[each.maker]}: {each.kind.replace('_', ' ')}",
        key="letter",
    )
    if letter is None:
        return
    st.text("\n".join(_about(letter)))
    st.code(letter.body, language=None, wrap_lines=True, height=420)
    with st.container(horizontal=True):
        st.download_button(
            "Letter as text", letter.body, FILES[letter.maker, letter.kind, ".txt"], "text/plain", key="as_text",
            icon=":material/description:", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            "Draft for your mail program", lambda: made.to_eml(letter.maker, letter.kind),
            FILES[letter.maker, letter.kind, ".eml"], "message/rfc822", key="as_eml",
            icon=":material/mail:", on_click="ignore", help="With the list of ids, if it is about erasure.",
        )  # fmt: skip
        if letter.attachment:
            st.download_button(
                "List of ids, for this maker only", lambda: made.ids_csv(letter.maker), IDS[letter.maker], "text/csv",
                key="as_ids", icon=":material/attach_file:", on_click="ignore",
            )  # fmt: skip


def _about(letter: Letter) -> list[str]:
    lines = [letter.status]
    lines += [f"E-mail: {letter.email}"] if letter.email else []
    lines += [f"Web form: {letter.form}"] if letter.form else []
    return [*lines, f"Address from: {letter.origin}"]


def _end(made: Checklist) -> None:
    st.subheader("What all this does not delete", anchor=False)
    for title, texts, origin in outline.leaves(made):
        st.text("\n".join([title, *(f"• {text}" for text in texts), f"Source: {origin}"]))
    if made.law:
        with st.expander("How the dates are counted"):
            st.markdown(COUNTED[made.law])
            st.markdown(CAVEATS[made.law])
    if addresses := outline.addresses(made):
        with st.expander("Addresses, with their source and age"):
            for title, lines, origin in addresses:
                st.text("\n".join([title, *lines, f"Source: {origin}" if origin else ""]).strip())
    with st.expander("Laws not covered"):
        st.markdown(UNCOVERED)
