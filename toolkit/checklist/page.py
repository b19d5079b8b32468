"""The list as one HTML page to print: it loads nothing, runs nothing, and shows every address in full."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from toolkit import paper
from toolkit.checklist import outline
from toolkit.checklist.outline import Part
from toolkit.inert import html as safe

if TYPE_CHECKING:
    from toolkit.checklist.build import Checklist
    from toolkit.checklist.letters import Letter

_ADDRESS = re.compile(r"https://[^\s<>]*[^\s<>.,;:)]")
_LONG = 12  # lines; a longer step may be cut by the end of a page


def html(checklist: Checklist, letters: bool) -> str:
    """The whole page, with the letters at its end if asked for."""
    return paper.page(
        outline.title(checklist), [*_body(checklist), *(map(_letter, checklist.letters) if letters else ())]
    )


def _body(checklist: Checklist) -> Iterator[str]:
    yield f'<p class="draft">{safe(outline.DRAFT)}</p>'
    facts = "".join(f"<dt>{safe(part.label)}</dt><dd>{safe(part.text)}</dd>" for part in outline.heading(checklist))
    yield f'<dl class="facts">{facts}</dl>'
    told = "".join(f"<p><b>{safe(title)}.</b> {safe(text)}</p>" for title, text in outline.safety())
    yield f'<section class="safety"><h3>Read this first</h3>{told}</section>'
    for name, rows in outline.sections(checklist):
        yield f"<section><h2>{safe(name)}</h2>{''.join(map(_step, rows))}</section>"
    yield from _end(checklist)


def _step(row: dict[str, Any]) -> str:
    parts = list(outline.parts(row))
    names = "".join(map(_part, (part for part in parts if part.kind == "data" and not part.label)))
    many = " many" if len(row["items"]) > _LONG else ""
    first = [part for part in parts if part.kind not in ("data", "more", "source")]
    last = [part for part in parts if part.kind in ("more", "source") or (part.kind == "data" and part.label)]
    proof = (
        ""
        if row["done"]
        else '<p class="proof">Done on: ______________ Proof (screenshot, letter): ____________________</p>'
    )
    long, tick = " long" if len(parts) > _LONG else "", "✓" if row["done"] else ""
    return (
        f'<div class="step{long}"><div class="box">{tick}</div><div>'
        f'<h3>{_titled(row)}<span class="id">{safe(row["step_id"])}</span></h3>{"".join(map(_part, first))}'
        f'<div class="names{many}">{names}</div>{"".join(map(_part, last))}{proof}</div></div>\n'
    )


def _titled(row: dict[str, Any]) -> str:
    device = outline.named(row)
    return safe(f"{row['title']}: {device}" if device else row["title"])


def _part(part: Part) -> str:
    text = safe(part.text) if part.kind == "data" else _linked(part.text)
    label = f'<span class="label">{safe(part.label)}{"" if part.kind == "do" else ":"}</span> ' if part.label else ""
    return f'<p class="{part.kind}">{label}{text}</p>'


def _linked(text: str) -> str:
    """Our own words; an address of the rules becomes a link that shows itself in full."""
    drawn, at = "", 0
    for found in _ADDRESS.finditer(text):
        address = safe(found[0])
        drawn += f'{safe(text[at : found.start()])}<a rel="noopener noreferrer" href="{address}">{address}</a>'
        at = found.end()
    return drawn + safe(text[at:])


def _end(checklist: Checklist) -> Iterator[str]:
    if dates := outline.dates(checklist):
        yield _section("Dates", [(title, lines, "") for title, lines in dates])
    if addresses := outline.addresses(checklist):
        yield _section("Addresses", addresses)
    yield _section("What all this does not delete", outline.leaves(checklist))
    if notes := outline.law_notes(checklist):
        yield _section("How the dates are counted", [("", notes, "")])
    yield _section("Laws not covered", [("", outline.uncovered(), "")])


def _letter(letter: Letter) -> str:
    name = outline.letter_file(letter.maker, letter.kind)
    return f'<section class="letter"><p class="source">{safe(name)}</p><pre>{safe(letter.body)}</pre></section>'


def _section(name: str, groups: Any) -> str:
    drawn = ""
    for title, lines, origin in groups:
        drawn += f"<h3>{safe(title)}</h3>" if title else ""
        drawn += f"<ul>{''.join(f'<li>{_linked(line)}</li>' for line in lines)}</ul>"
        drawn += f'<p class="source">Source: {_linked(origin)}</p>' if origin else ""
    return f"<section><h2>{safe(name)}</h2>{drawn}</section>"
