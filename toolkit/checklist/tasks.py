"""The list as Markdown tasks with stable ids; others' words are escaped, only addresses of the rules are links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from toolkit import inert
from toolkit.checklist import outline
from toolkit.checklist.outline import Part

if TYPE_CHECKING:
    from toolkit.checklist.build import Checklist

_ADDRESS = re.compile(r"https://[^\s<>]*[^\s<>.,;:)]")


def markdown(checklist: Checklist) -> str:
    """The whole list."""
    return "\n".join(_lines(checklist)) + "\n"


def _lines(checklist: Checklist) -> Iterator[str]:
    yield f"# {outline.title(checklist)}"
    yield from ("", f"*{outline.DRAFT}*", "")
    yield from (f"- {_part(part)}" for part in outline.heading(checklist))
    yield from ("", "## Read this first")
    for title, text in outline.safety():
        yield from ("", f"**{title}.** {text}")
    for name, rows in outline.sections(checklist):
        yield from ("", f"## {name}", "")
        for row in rows:
            yield from _task(row)
    yield from _end(checklist)


def _task(row: dict[str, Any]) -> Iterator[str]:
    """A nested list is indented by the width of ``- [ ]``'s bullet, as CommonMark wants it."""
    device = f": {inert.markdown(outline.named(row))}" if outline.named(row) else ""
    yield f"- [{'x' if row['done'] else ' '}] **{row['step_id']}** {row['title']}{device}"
    yield from (f"  - {_part(part)}" for part in outline.parts(row))


def _part(part: Part) -> str:
    text = inert.markdown(part.text) if part.kind == "data" else _linked(part.text)
    if part.kind == "warning":
        return f"**{part.label}: {text}**"
    if part.kind == "do":
        return f"{part.label.rstrip('.')}) {text}" if part.label else text
    return f"*{part.label}:* {text}" if part.label else text


def _linked(text: str) -> str:
    return _ADDRESS.sub(r"<\g<0>>", text)


def _end(checklist: Checklist) -> Iterator[str]:
    if dates := outline.dates(checklist):
        yield from ("", "## Dates")
        for title, lines in dates:
            yield from ("", f"**{title}**", "", *(f"- {line}" for line in lines))
    if addresses := outline.addresses(checklist):
        yield from ("", "## Addresses")
        for title, lines, origin in addresses:
            yield from ("", f"**{title}**", "", *(f"- {_linked(line)}" for line in lines))
            yield from [f"- *Source:* {origin}"] if origin else []
    yield from ("", "## What all this does not delete")
    for title, texts, origin in outline.leaves(checklist):
        yield from ("", f"**{title}**", "", *(f"- {text}" for text in texts), f"- *Source:* {origin}")
    if notes := outline.law_notes(checklist):
        yield from ("", "## How the dates are counted", "", *(f"- {_linked(note)}" for note in notes))
    yield from ("", "## Laws not covered", "", *(f"- {text}" for text in outline.uncovered()))
