"""The picture of the floors and the table beside it, from the contract in pyproject.toml and the imports themselves."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path
from typing import NamedTuple

import grimp

ROOT = Path(__file__).parent.parent
PICTURE, PAGE = ROOT / "docs" / "pictures" / "floors.svg", ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- made by tools/floors.py -->\n", "<!-- end -->\n"
WIDTH, BOX, ROW, GAP, LETTER = 980, 30, 64, 8, 7.4
STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #16303a } .box { fill: #e8f2f3; stroke: #16828e }
.line { stroke: #16828e; stroke-opacity: .28; fill: none } .paper { fill: #fff }
@media (prefers-color-scheme: dark) { text { fill: #dce8ea } .box { fill: #1d3338; stroke: #4fb3bf }
.line { stroke: #4fb3bf; stroke-opacity: .3 } .paper { fill: #10181b } }
"""


class Room(NamedTuple):
    """A room on its floor, in the picture."""

    name: str
    x: float
    y: float
    width: float


@cache
def floors() -> list[list[str]]:
    """The rooms of each floor, the top one first, as the contract says."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    contract = tomllib.loads(text)["tool"]["importlinter"]["contracts"][0]
    there = rooms()
    return [[room for room in re.findall(r"\w+", layer) if room in there] for layer in contract["layers"]]


@cache
def rooms() -> dict[str, set[str]]:
    """Room -> rooms it imports from."""
    graph = grimp.build_graph("toolkit", cache_dir=None)
    children = sorted(graph.find_children("toolkit") - {"toolkit.app"})
    for child in children:
        if graph.find_children(child):
            graph.squash_module(child)
    return {
        child.removeprefix("toolkit."): {
            name.removeprefix("toolkit.")
            for name in graph.find_modules_directly_imported_by(child) - {child}
            if name in children
        }
        for child in children
    }


def needed() -> dict[str, set[str]]:
    """The same without imports that follow from others: what a room's own imports import needs no line."""
    below = {room: _reached(room) for room in rooms()}
    return {room: {to for to in own if not any(to in below[o] for o in own - {to})} for room, own in rooms().items()}


@cache
def _reached(room: str) -> frozenset[str]:
    own = rooms()[room]
    return frozenset(own).union(*(_reached(each) for each in own))


def picture() -> str:
    """The floors as SVG: a box for each room, a line for each import that does not follow from others."""
    placed = {room.name: room for room in _placed()}
    height = max(room.y for room in placed.values()) + BOX + GAP
    lines = [_line(placed[a], placed[b]) for a, others in sorted(needed().items()) for b in sorted(others)]
    boxes = [_box(room) for room in placed.values()]
    title = "Rooms of the toolkit by floor; lines lead down to what a room imports"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" role="img">',
            f"<title>{title}</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{height:g}"/>',
            *lines,
            *boxes,
            "</svg>\n",
        ]
    )


def _placed() -> Iterator[Room]:
    """Every room in its row, the row in the middle; long floors take two rows."""
    y = float(GAP)
    for floor in floors():
        for row in _rows(floor):
            widths = [len(name) * LETTER + 18 for name in row]
            x = (WIDTH - sum(widths) - GAP * (len(row) - 1)) / 2
            for name, width in zip(row, widths, strict=True):
                yield Room(name, x, y, width)
                x += width + GAP
            y += ROW


def _rows(floor: list[str]) -> list[list[str]]:
    half = -(-len(floor) // 2)
    return [floor] if len(floor) <= 9 else [floor[:half], floor[half:]]


def _box(room: Room) -> str:
    place = f'x="{room.x:.1f}" y="{room.y:g}" width="{room.width:.1f}" height="{BOX}" rx="6"'
    middle = f'x="{room.x + room.width / 2:.1f}" y="{room.y + 20:g}" text-anchor="middle"'
    return f'<rect class="box" {place}/><text {middle}>{escape(room.name)}</text>'


def _line(upper: Room, lower: Room) -> str:
    x, y = upper.x + upper.width / 2, upper.y + BOX
    to_x, to_y = lower.x + lower.width / 2, lower.y
    bend = (y + to_y) / 2
    return f'<path class="line" d="M{x:.1f} {y:g}C{x:.1f} {bend:g} {to_x:.1f} {bend:g} {to_x:.1f} {to_y:g}"/>'


def table() -> str:
    """Each room with the first sentence of its docstring and what it imports."""
    rows = ["| Floor | Room | What it does | Imports |", "| --- | --- | --- | --- |"]
    for number, floor in zip(range(len(floors()), 0, -1), floors(), strict=True):
        for room in floor:
            below = ", ".join(f"`{name}`" for name in sorted(rooms()[room])) or "nothing of ours"
            rows.append(f"| {number} | `{room}` | {_says(room)} | {below} |")
    return "\n".join(rows) + "\n"


def _says(room: str) -> str:
    path = ROOT / "toolkit" / f"{room}.py"
    path = path if path.exists() else ROOT / "toolkit" / room / "__init__.py"
    first = path.read_text("utf-8").partition('"""')[2].partition('"""')[0].strip().split("\n\n")[0]
    return " ".join(first.split()).replace("|", "\\|").replace("``", "`")


def page() -> str:
    """The page with its table as it should be."""
    before, begun, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (begun and ended):
        raise SystemExit("docs/architecture.md has lost the lines between which the table stands.")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"
