"""Makes text from an export harmless for the place it is written to: one function for each such place.

What a device is called and what was said is chosen by others. A spreadsheet runs a cell that begins with ``=``, a
terminal obeys control characters, a page fetches an image, a disk obeys a path. Nothing is dropped without a trace:
what cannot be shown safely becomes a replacement mark.
"""

from __future__ import annotations

import html as _html
import re
import unicodedata

import polars as pl

ELLIPSIS, MARK, NEWLINE = "…", "\N{REPLACEMENT CHARACTER}", "⏎"

# The patterns are read by Python and by polars (Rust) alike, so only what means the same in both stands in them.
_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
# Characters that are not seen: soft hyphen, joiners and marks of direction, separators, tags, private use. The two
# joiners U+200C and U+200D stay: Persian words and many emoji are made with them.
_UNSEEN = (
    r"\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ue000-\uf8ff"
    r"\U000e0000-\U000e00ff\U000e01f0-\U000e0fff\U000f0000-\U0010ffff"
)
_SURROGATES = r"\ud800-\udfff"  # Python's alone; no polars text holds them
_LINE_END = re.compile(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_HIDDEN = re.compile(f"[{_CONTROLS}{_UNSEEN}{_SURROGATES}]")
_BROKEN = re.compile(f"[{_CONTROLS}{_SURROGATES}]")


def clip(text: str, n: int) -> str:
    """At most *n* characters of *text*, the last an ellipsis if something was cut off."""
    return text if len(text) <= n else text[: max(n - 1, 0)] + ELLIPSIS[:n]


def terminal(text: str) -> str:
    """One line that a terminal shows and does not obey: no escape sequence, no reversed reading, no line end."""
    return _HIDDEN.sub(MARK, _LINE_END.sub(NEWLINE, text).replace("\t", " "))


# A formula's first character, also in full width, as a spreadsheet sees it behind blanks. It is looked for behind
# ``;`` and line ends as well: where the comma is the decimal sign a spreadsheet cuts the line at semicolons, whatever
# the quotation marks say, and what stood in the middle of a cell begins one.
_SPACES = r" \xa0\u1680\u2000-\u200a\u200c\u200d\u202f\u205f\u3000"
_FORMULA = rf"(^|[;\t\r\n])([{_SPACES}{_CONTROLS}{_UNSEEN}]*[=+\-@|\uff1d\uff0b\uff0d\uff20\uff5c])"
_LEADING = r"^([\t\r\n\x00])"


def csv_cell(text: str) -> str:
    """A cell that a spreadsheet shows and does not calculate; it must still be quoted as CSV demands.

    An apostrophe stands before whatever would begin a formula.
    """
    guarded = re.sub(_LEADING, r"'\1", re.sub(_FORMULA, r"\1'\2", text))
    return _BROKEN.sub(MARK, guarded)


def csv_column(column: pl.Expr) -> pl.Expr:
    """`csv_cell` for a whole column of text."""
    guarded = column.str.replace_all(_FORMULA, "${1}'${2}").str.replace(_LEADING, "'${1}")
    return guarded.str.replace_all(f"[{_CONTROLS}]", MARK)


def json_text(text: str) -> str:
    """The same JSON with every character that is not seen, or that a terminal obeys, written as an escape."""
    return _JSON_HIDDEN.sub(_escaped, text)


_JSON_HIDDEN = re.compile(rf"[\x7f-\x9f{_UNSEEN}{_SURROGATES}]")


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def markdown(text: str) -> str:
    """Text for one line of Markdown, without meaning there: no link, image, tag, formula, list or heading.

    Every mark is escaped. Addresses are taken apart by an invisible word joiner too, since some readers make links of
    them after the escapes are gone.
    """
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(terminal(text).split(" ")).strip())
    return re.sub(r"(\\:(?=\\/)|www(?=\\\.)|\\@)", "\\1\N{WORD JOINER}", escaped, flags=re.IGNORECASE)


def html(text: str) -> str:
    """Text for the body of an element, or for a quoted attribute, of an HTML page; lines stay lines."""
    lines = _LINE_END.sub("\n", text)
    return _html.escape(_HIDDEN.sub(MARK, lines), quote=True)


_LONGEST, _BYTES, _SUFFIX = 80, 240, 10
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\.|$)", re.IGNORECASE)


def file_name(text: str) -> str:
    """A name for a new file, valid on Windows, macOS and Linux, of at most 80 characters; never a path."""
    text = unicodedata.normalize("NFC", terminal(text))
    name = re.sub(rf'[<>:"/\\|?*{MARK}{NEWLINE}\u200c\u200d]', "_", text)
    name = re.sub(r"^[\s.\-~]+|[\s.]+$", "", name)
    if _RESERVED.match(name):
        name = f"_{name}"
    return _shortened(name) or "unnamed"


def _shortened(name: str) -> str:
    """The name within the limits, its suffix kept if it is a short one."""
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > _SUFFIX or not suffix.isascii():
        stem, dot, suffix = name, "", ""
    room = len(dot + suffix)
    stem = stem[: _LONGEST - room].encode()[: _BYTES - room].decode(errors="ignore")
    return stem.rstrip(" .") + dot + suffix
