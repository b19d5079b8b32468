"""Measures the house: files, lines, functions, import circles, lines that stand in two places.

python tools/house.py            the toolkit
python tools/house.py tests      another folder
"""

from __future__ import annotations

import ast
import graphlib
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import grimp

ROOT = Path(__file__).parent.parent
LONG, SAME = 60, 6  # lines of a function that calls for a reason; of a run that stands in two places
# Functions above LONG, and why they are left so; tests/test_house.py keeps the list as short as the truth.
REASONS = {
    "toolkit.checklist.build.checklist": "twenty keyword arguments that people can call, each documented; little body",
    "toolkit.cohort.cohort": "half of it documents the arguments that a study can be given",
}


class Function(NamedTuple):
    """A function or method; its lines are counted from ``def`` to its end, docstring included."""

    name: str
    lines: int
    documented: int  # of these, the docstring


class Twice(NamedTuple):
    """Where a run of lines begins that stands in two places."""

    first: str
    second: str


def sources(folder: Path) -> list[Path]:
    """The Python files below."""
    return sorted(folder.rglob("*.py"))


def functions(folder: Path) -> list[Function]:
    """All functions and methods, the longest first."""
    found = [each for path in sources(folder) for each in _functions(path, folder)]
    return sorted(found, key=lambda each: (-each.lines, each.name))


def _functions(path: Path, folder: Path) -> Iterator[Function]:
    place = ".".join(path.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__")
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = node.body[0] if ast.get_docstring(node) is not None else None
            yield Function(f"{place}.{node.name}", _length(node), _length(docstring) if docstring else 0)


def _length(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def circles(package: str) -> list[str]:
    """The modules of one circle of imports, if there is one; imports for the type checker alone do not count."""
    graph = grimp.build_graph(package, exclude_type_checking_imports=True, cache_dir=None)
    below = {module: graph.find_modules_directly_imported_by(module) for module in sorted(graph.modules)}
    try:
        graphlib.TopologicalSorter(below).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def twice(folder: Path, least: int = SAME) -> list[Twice]:
    """Runs of at least so many lines that stand in two places, letter by letter; the longest first.

    Blank lines, comments, imports and lone brackets do not count.
    """
    places: dict[tuple[str, ...], list[tuple[Path, int]]] = defaultdict(list)
    lines = {path: _telling(path) for path in sources(folder)}
    for path, told in lines.items():
        for at in range(len(told) - least + 1):
            places[tuple(text for _, text in told[at : at + least])].append((path, at))
    seen: set[tuple[Path, int, Path, int]] = set()
    found = []
    for starts in places.values():
        for (a, i), (b, j) in combinations(starts, 2):
            if (a, i - 1, b, j - 1) not in seen:
                found.append(Twice(_place(a, lines[a][i]), _place(b, lines[b][j])))
            seen.add((a, i, b, j))
    return found


def _place(path: Path, line: tuple[int, str]) -> str:
    return f"{path.relative_to(ROOT).as_posix()}:{line[0]}"


def _telling(path: Path) -> list[tuple[int, str]]:
    """Number and text of the lines that say something."""
    stripped = [(number, line.strip()) for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)]
    return [
        (number, line) for number, line in stripped if len(line) > 3 and not line.startswith(("#", "import ", "from "))
    ]


def main(arguments: Sequence[str]) -> None:
    """Print the measures."""
    folder = ROOT / (arguments[0] if arguments else "toolkit")
    lines = sorted(((len(path.read_text("utf-8").splitlines()), path) for path in sources(folder)), reverse=True)
    found = functions(folder)
    lengths = sorted(each.lines for each in found)
    print(f"{folder.name}: {len(lines)} files, {sum(count for count, _ in lines):,} lines")
    print("longest files:", ", ".join(f"{path.relative_to(ROOT)} {count}" for count, path in lines[:5]))
    middle = f"median {statistics.median(lengths):g} lines, p90 {p90(lengths):g}, max {lengths[-1]}"
    print(f"{len(found):,} functions: {middle}")
    for each in found[:10]:
        print(f"  {each.lines:>4} ({each.documented} of them docstring)  {each.name}  {REASONS.get(each.name, '')}")
    if (folder / "__init__.py").exists():
        print("circle of imports:", " -> ".join(circles(folder.name)) or "none")
    pairs = twice(folder)
    print(f"runs of {SAME} lines or more that stand in two places: {len(pairs)}")
    for pair in pairs[:20]:
        print(f"  {pair.first} ~ {pair.second}")


def p90(lengths: Sequence[int]) -> float:
    """The length that nine of ten functions do not exceed."""
    return statistics.quantiles(lengths, n=10, method="inclusive")[8]


if __name__ == "__main__":
    main(sys.argv[1:])
