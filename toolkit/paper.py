"""A page of HTML to keep, print and hand on: one file that loads nothing, runs nothing and reads without colour."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files

import polars as pl

from toolkit.inert import html as safe

_STYLE = (files(__package__) / "paper.css").read_text("utf-8")
# No picture, script, font or frame may be fetched, whatever slipped into the page.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(title: str, body: Iterable[str]) -> str:
    """The whole page; *title* is any text, *body* HTML that is safe already."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{safe(_POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{safe(title)}</title><style>{_STYLE}</style></head>\n<body><h1>{safe(title)}</h1>\n"
        f"{''.join(f'{part}{_LINE}' for part in body)}</body></html>\n"
    )


_LINE = "\n"
_SHORT = 20  # characters of the longest value


def section(title: str, parts: Iterable[str]) -> str:
    """Parts under a heading."""
    return f"<section><h2>{safe(title)}</h2>{''.join(parts)}</section>"


def paragraph(text: str, kind: str = "") -> str:
    """Any text as a paragraph; *kind* is a class of the style sheet."""
    return f'<p class="{kind}">{safe(text)}</p>' if kind else f"<p>{safe(text)}</p>"


def points(lines: Iterable[str], kind: str = "") -> str:
    """Any texts as a list; *kind* is a class of the style sheet."""
    drawn = "".join(f"<li>{safe(line)}</li>" for line in lines)
    return f'<ul class="{kind}">{drawn}</ul>' if kind else f"<ul>{drawn}</ul>"


def table(frame: pl.DataFrame, caption: str, headings: Iterable[str] = ()) -> str:
    """A frame as a table: numbers to the right, with commas; nothing for null."""
    kinds = [_kind(column) for column in frame]
    names = (*headings,) or tuple(frame.columns)
    heads = "".join(
        f'<th scope="col" class="{kind}">{safe(name)}</th>' for name, kind in zip(names, kinds, strict=True)
    )
    rows = ("".join(map(_cell, row, kinds)) for row in frame.iter_rows())
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    drawn = f"<table><caption>{safe(caption)}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    # What may have to be moved sideways must be reached by the keyboard.
    return f'<div class="wide" role="region" tabindex="0" aria-label="{safe(caption)}">{drawn}</div>'


def _kind(column: pl.Series) -> str:
    """A class of the style sheet: numbers stand to the right, and what is short, such as a time, in one line."""
    if column.dtype.is_numeric():
        return "number"
    return "short" if all(len(_text(value)) <= _SHORT for value in column) else "long"


def _cell(value: object, kind: str) -> str:
    return f'<td class="{kind}">{safe(_text(value))}</td>'


def bars(rows: Iterable[tuple[str, int]], caption: str) -> str:
    """Counts as bars beside their figures: a table, so that it is read out as one."""
    counted = list(rows)
    most = max((count for _, count in counted), default=0) or 1
    body = "".join(
        f'<tr><th scope="row">{safe(label)}</th><td class="number">{count:,}</td>'
        f'<td class="bar"><i style="width:{100 * count / most:.1f}%"></i></td></tr>'
        for label, count in counted
    )
    return f'<table class="bars"><caption>{safe(caption)}</caption><tbody>{body}</tbody></table>'


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
