"""The shape of an export without its data: paths, headings, keys, forms of values and how often each occurs.

For people whose export nobody can read yet: what is printed may stand in a public issue. Only words that are known to
name things are shown; every other word, each figure, id and address is masked. Where something might be data, it is
taken for data.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from toolkit import audio, recognise, shapes
from toolkit.archive import Member, open_source
from toolkit.carve import csv, plain
from toolkit.carve.streams import encoding_of, utf8
from toolkit.limits import DEFAULT, MIB, Limits
from toolkit.problems import ToolkitError
from toolkit.reading import Input, Reading, title_of

ASK = (
    "Help us support this: open an issue in the project and paste what was printed. Read it first. No value of your"
    " data should be in it; if you find one, take it out, and tell us. Words in < > were masked: where one is the"
    " maker's and not yours, such as a heading in your language, write it in. Say which maker it is, how you asked for"
    " the export, and when. Never send the export itself."
)
_LOOK = MIB // 4  # bytes of one file that are looked at
_ALIKE = 5  # files with the same masked path that are looked at
_ALL = 8 * MIB  # bytes that are looked at in one source
_FORMS_SHOWN = 4
Met = Iterator[tuple[str, str]]
_FILES, _KEYS, _LINES, _WIDTH = 60, 80, 400, 160  # the most of each that is printed
_DEPTH = 12
_FIRST = "Shape of an export, without values. <word>, <name>, <id> stand for what was masked, # for a figure."
_MORE = "(files with other paths)"
_ROWS = 200
_BEGINNINGS = (
    (b"RIFF", "WAVE"), (b"ID3", "MP3"), (b"\xff\xfb", "MP3"), (b"\xff\xf3", "MP3"), (b"OggS", "Ogg"), (b"fLaC", "FLAC"),
    (b"\xff\xf1", "AAC"), (b"\xff\xf9", "AAC"), (b"#!AMR", "AMR"),
)  # fmt: skip
_TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9]{0,15})\b([^<>]{0,400})>")
_FORMS = re.compile(f"text of |{shapes.CAPITALS}")
_CLASS = re.compile(r"""class\s*=\s*["']([^"'<>]{1,200})["']""")


@dataclass(slots=True)
class _Group:
    """Files whose paths look the same once masked; *met* is place -> form -> how often, in the order of meeting."""

    path: str
    what: str = ""
    count: int = 0
    size: int = 0
    looked: int = 0
    met: dict[str, Counter[str]] = field(default_factory=dict)

    def told(self) -> Iterator[str]:
        files = "1 file" if self.count == 1 else f"{self.count:,} files, {self.looked:,} looked at"
        yield f"{self.path}  ({files}, {_rough(self.size)}; {self.what or 'not looked at'})"
        for place, forms in list(self.met.items())[:_KEYS]:
            told = [f"{form} x {count:,}" for form, count in forms.most_common(_FORMS_SHOWN)]
            told += ["other forms"] * (len(forms) > _FORMS_SHOWN)
            yield f"    {place}: {', '.join(told)}"
        if len(self.met) > _KEYS:
            yield f"    ... and {len(self.met) - _KEYS:,} more"


def skeleton(*sources: Input, limits: Limits = DEFAULT) -> str:
    """The shape of everything in the sources, as text of at most 400 lines.

    Args:
        sources: As for `toolkit.load`.
        limits: Bounds on what is read.

    Returns:
        Lines in which no value of the data stands.

    Raises:
        ToolkitError: Not one of the sources could be opened.
    """
    lines = [
        "```text",
        _FIRST,
    ]
    errors: list[ToolkitError] = []
    for number, given in enumerate(sources, 1):
        try:
            with open_source(given, name=title_of(given, number), limits=limits) as source:
                lines += ["", f"Source {number}: {shapes.path(source.name)}"]
                lines += [line for group in _groups(source.members, limits) for line in group.told()]
        except ToolkitError as error:
            errors.append(error)
            lines += ["", f"Source {number} could not be opened: {type(error).__name__}"]
    if errors and len(errors) == len(sources):
        raise errors[0]
    if len(lines) > _LINES:
        lines[_LINES - 1 :] = [f"... and {len(lines) - _LINES + 1:,} more lines"]
    lines.append("```")  # in an issue, nothing between the fences is read as Markdown or HTML
    return "\n".join(line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}..." for line in lines) + "\n"


def _groups(members: Sequence[Member], limits: Limits) -> list[_Group]:
    groups: dict[str, _Group] = {}
    reading = Reading(limits=limits)
    left = _ALL
    for member in members:
        path = shapes.path(member.path)
        if path not in groups and len(groups) >= _FILES:
            path = _MORE
        group = groups.setdefault(path, _Group(path))
        group.count += 1
        group.size += member.size
        if path != _MORE and group.looked < _ALIKE and left > 0:
            group.looked += 1
            left -= _add(group, member, reading)
    return list(groups.values())


def _add(group: _Group, member: Member, reading: Reading) -> int:
    """Put what one file shows into its group; how many bytes that took."""
    try:
        head = member.head(_LOOK)
        group.what = group.what or _what(member, head, reading)
        if not audio.looks_like_audio(member.path):
            for place, form in _shape(member.path, head, reading.limits):
                group.met.setdefault(place, Counter())[form] += 1
    except ToolkitError as error:
        group.met.setdefault("could not be read", Counter())[type(error).__name__] += 1
        return _LOOK
    return len(head)


def _what(member: Member, head: bytes, reading: Reading) -> str:
    if audio.looks_like_audio(member.path):
        return f"sound, begins like {_beginning(head)}"
    route = reading.route(member)
    return f"read as {route.format}" if route else recognise.describe(member.path, head)


def _beginning(head: bytes) -> str:
    known = (name for start, name in _BEGINNINGS if head.startswith(start))
    return next(known, "MP4" if head[4:8] == b"ftyp" else "nothing known")


def _shape(path: str, head: bytes, limits: Limits) -> Met:
    """What a file holds: place and form, as often as it is met."""
    text = utf8(io.BytesIO(head), head).read()
    if b"\0" in text[:1_000]:
        return
    if plain.kind_of(text[:_LOOK]):
        yield from _json(text)
    elif re.search(rb"<(?:!doctype|html|\?xml|div|body|table)\b", text[:5_000], re.IGNORECASE):
        yield from _tags(text.decode("utf-8", "replace"))
    elif re.search(r"\.(?:csv|tsv|tab|txt)$|(?:^|/)[^./]+$", path, re.IGNORECASE):
        yield from _table(head, limits)


def _tags(text: str) -> Met:
    for tag, rest in _TAG.findall(text):
        found = _CLASS.search(rest)
        classes = sorted({shapes.name(one) for one in found[1].split()[:8]}) if found else []
        yield f"tag {shapes.name(tag.lower())}", f"class {' '.join(classes)}" if classes else "no class"


def _table(head: bytes, limits: Limits) -> Met:
    delimiter = csv.delimiter_of(head.decode(encoding_of(head), "replace"))
    whole = head[: head.rfind(b"\n") + 1] or head
    cutter = csv.Cutter(utf8(io.BytesIO(whole), head), delimiter, limits)
    if len(cutter.first) < 2:
        return
    rows = [row[:-1] for batch in cutter.batches() for row in batch.frame.head(_ROWS).rows()][:_ROWS]
    headed = _is_heading(cutter.first, rows)
    yield (
        f"{len(cutter.first)} columns, parted by {_DELIMITERS[delimiter]}",
        "a heading first" if headed else "no heading for certain, so none is shown;",
    )
    for row in rows if headed else [tuple(cutter.first), *rows]:
        for at, cell in enumerate(row):
            title = f" {shapes.name(cutter.first[at].strip())}" if headed else ""
            yield f"column {at + 1}{title}", shapes.value(cell)


_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}


def _is_heading(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a first row can only be a heading: names, each once, most of them known, none of them a value below."""
    cells = [cell.strip() for cell in first if cell.strip()]
    if len(set(cells)) < len(cells) or not all(_FORMS.match(shapes.value(cell)) for cell in cells):
        return False
    if any(re.search(r"\d{3}|text of figures", f"{cell} {shapes.value(cell)}") or len(cell) > 40 for cell in cells):
        return False
    if {cell.casefold() for cell in cells} & {cell.strip().casefold() for row in rows for cell in row}:
        return False
    known = sum("<" not in shapes.name(cell) for cell in cells)
    return 2 * known > len(cells)


def _json(text: bytes, within: str = "") -> Met:
    """Keys on their way from the outside in, each with the form of its value; never deeper than a dozen.

    JSON written as a text in JSON is opened once more; *within* is where it stood.
    """
    tokens = plain.TOKEN.findall(text)
    names = _Names(tokens)
    way: list[str] = []
    inside: list[bytes] = []
    waiting: str | None = None  # a text of which the next token tells whether it is a key
    for token in tokens:
        if waiting is not None:
            text_before, waiting = waiting, None
            if token == b":" and inside and inside[-1] == b"{":
                way[-1] = f".{names.shown(text_before)}"
                continue
            yield from _text(way, text_before, within)
        if token in (b"{", b"["):
            if inside:
                yield from _leaf(way, "object" if token == b"{" else "list", within)
            inside.append(token)
            way.append("" if token == b"{" else "[]")
        elif token in (b"}", b"]"):
            del inside[-1:], way[-1:]
        elif token == b'"':  # a text that never ends
            return
        elif token.startswith(b'"'):
            waiting = plain.text_of(token)
        elif token not in (b":", b","):
            yield from _leaf(way, _literal(token), within)


class _Names:
    """Keys as they may be shown: one that stands somewhere as a value, too, such as an id, is data."""

    def __init__(self, tokens: Sequence[bytes]) -> None:
        followed = zip(tokens, [*tokens[1:], b""], strict=True)
        self._values = {plain.text_of(one) for one, after in followed if one.startswith(b'"') and after != b":"}

    def shown(self, key: str) -> str:
        return shapes.NAME if key in self._values and not shapes.is_known(key) else shapes.name(key)


def _text(way: Sequence[str], text: str, within: str) -> Met:
    form = shapes.value(text)
    yield from _leaf(way, form, within)
    if form == shapes.JSON and not within:
        yield from _json(text.encode("utf-8", "replace"), f"{_place(way)} as JSON: ")


def _leaf(way: Sequence[str], form: str, within: str) -> Met:
    if len(way) <= _DEPTH:
        yield within + _place(way), form


def _place(way: Sequence[str]) -> str:
    return "".join(way[:_DEPTH]).lstrip(".") or "(all of it)"


def _literal(token: bytes) -> str:
    if token in (b"true", b"false", b"null"):
        return "null" if token == b"null" else "true or false"
    if re.fullmatch(rb"-?\d{1,20}", token):
        return f"number of {len(token.lstrip(b'-'))} figures"
    return "number" if re.fullmatch(rb"-?\d+\.?\d*(?:[eE][+-]?\d+)?", token) else "not JSON"


def _rough(size: int) -> str:
    for unit, name in ((MIB * 1024, "GB"), (MIB, "MB"), (1024, "kB")):
        if size >= unit:
            return f"about {size / unit:,.0f} {name}"
    return "under 1 kB"
