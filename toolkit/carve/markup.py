"""Reads markup as lines of text: tags end lines or mean nothing, and no nesting is believed."""

from __future__ import annotations

import html
import re
from typing import NamedTuple

SPACES = " \u00a0\u2002\u2003\u2007\u2009\u200e\u200f\u202f\ufeff"
_TAG = re.compile(
    r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)((?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+)>|<[!?/a-zA-Z][^<>]*+>"
)  # possessive, and never past the next "<": so no input takes more than linear time
_LINK = re.compile(r"""\b(?:href|src)\s{0,8}=\s{0,8}(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_CONTROLS = re.compile(r"[\t\n\r\f\v]+")
_BREAKS = frozenset(
    ("br", "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "table", "tr", "hr", "pre", "blockquote")
)


class Line(NamedTuple):
    """One line of markup: its text, whether that is set in bold as a whole, and where it points to."""

    text: str
    bold: bool
    links: tuple[str, ...]


def lines(markup: str) -> list[Line]:
    """The lines of some markup that hold text or a link; what is no tag is text."""
    found, text, links, position = [], [""], list[str](), 0
    bold = heavy = False
    for tag in [*_TAG.finditer(markup), None]:
        piece = markup[position : tag.start() if tag else len(markup)]
        if piece:
            text.append(_CONTROLS.sub(" ", html.unescape(piece)))
            bold = bold or heavy
        name = (tag[2] or "").lower() if tag else "br"
        if name in _BREAKS:
            whole = "".join(text).strip(SPACES)
            if whole or links:
                found.append(Line(whole, bold, tuple(links)))
            text, links, bold = [""], [], False
        if tag is None:
            break
        position = tag.end()
        if name == "b":
            heavy = not tag[1]
        elif name == "a" and not tag[1] and text[-1].endswith("\u00a0"):
            text[-1] = text[-1][:-1] + " "  # Google puts one before a link where JSON has a blank
        if tag[3] and (link := _LINK.search(tag[3])):
            links.append(html.unescape(link[1] or link[2] or ""))
    return found


def text_of(markup: str) -> str:
    """The text of some markup, a line for each line."""
    return "\n".join(line.text for line in lines(markup) if line.text)
