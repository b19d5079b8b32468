"""Lists every fact in the rules with its source and the day it was last checked, the oldest first.

    python tools/rules_age.py                            all of them
    python tools/rules_age.py --older-than 180           only those checked more than 180 days ago; exit code 1 if any
    python tools/rules_age.py --format csv > facts.csv

A fact is any table of `toolkit/rules` that names a source. The day is its own, else that of the table around it, else
the one on which its weight was fitted.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from toolkit import rules

SOURCES = ("source", "sources", "seen", "leaves_source", "record_source")
NAMES = ("id", "code", "name", "title", "word", "slug", "product")


class Fact(NamedTuple):
    """One statement of the rules, and where it comes from."""

    checked: date | None
    file: str
    place: str
    evidence: str
    source: str


def facts() -> list[Fact]:
    """All of them, those without a day first, then the oldest."""
    found = [fact for name in tables() for fact in walk(rules.table(name), name, "", None)]
    return sorted(found, key=lambda fact: (fact.checked or date.min, fact.file, fact.place))


def tables() -> list[str]:
    """The names of the rules' tables, without their ending."""
    return [name.removesuffix(".toml") for name in rules.versions() if name.endswith(".toml")]


def walk(value: Any, file: str, place: str, checked: date | None) -> Iterator[Fact]:
    """Every table below that names a source, its own or that of its file."""
    if isinstance(value, list):
        for number, each in enumerate(value, 1):
            yield from walk(each, file, f"{place}{name_of(each) or number}.", checked)
    if not isinstance(value, dict):
        return
    checked = day(value) or checked
    own = next((said(value[key]) for key in SOURCES if key in value), "")
    if own:
        yield Fact(
            checked or fitted(own), file, place.strip(".") or "(whole file)", str(value.get("evidence", "")), own
        )
    for key, each in value.items():
        if key not in SOURCES:
            yield from walk(each, file, f"{place}{key}.", checked)


def day(table: dict[str, Any]) -> date | None:
    """When a table says that it was last compared with its source."""
    told = table.get("checked", table.get("version"))
    if isinstance(told, str):
        told = date.fromisoformat(told) if len(told) == 10 else None
    return told


def fitted(source: str) -> date | None:
    """The day on which `benchmarks/accidental.py` fitted a weight; it writes it into the source."""
    found = re.match(r"fitted (\d{4}-\d\d-\d\d)", source)
    return date.fromisoformat(found[1]) if found else None


def name_of(table: Any) -> str:
    """What tells a row from its neighbours."""
    if not isinstance(table, dict):
        return ""
    told = [str(table[key]) for key in ("product", *NAMES) if key in table]
    return "-".join(dict.fromkeys(told[:2]))


def said(source: Any) -> str:
    """One source or several, on one line."""
    return "; ".join(source) if isinstance(source, list) else str(source)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print them; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--as-of", type=date.fromisoformat, default=datetime.now(UTC).date(), metavar="DAY")
    parser.add_argument("--older-than", type=int, default=None, metavar="DAYS")
    parser.add_argument("--format", choices=("table", "csv"), default="table")
    given = parser.parse_args(arguments)
    shown = [fact for fact in facts() if given.older_than is None or age(fact, given.as_of) > given.older_than]
    _table(shown, given.as_of) if given.format == "table" else _csv(shown, given.as_of)
    return int(given.older_than is not None and bool(shown))


def age(fact: Fact, today: date) -> int:
    """Days since it was checked; of one without a day, since the beginning of time."""
    return (today - (fact.checked or date.min)).days


def _table(shown: Sequence[Fact], today: date) -> None:
    for fact in shown:
        days = f"{age(fact, today):>5}" if fact.checked else "never"
        print(f"{days}  {fact.checked or '          '}  {f'{fact.file}: {fact.place}':<60.60}  {fact.source[:110]}")
    print(f"{len(shown)} facts; days since they were checked on the left.")
    silent = sorted(set(tables()) - {fact.file for fact in facts()})
    print(f"No single sources, see the head of the file: {', '.join(silent)}.")


def _csv(shown: Sequence[Fact], today: date) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(("days", *Fact._fields))
    writer.writerows((age(fact, today) if fact.checked else "", *fact) for fact in shown)


if __name__ == "__main__":
    sys.exit(main())
