"""Which identifiers an export shows, on which device and when; and what was publicly said about people who listen.

The counts are of the file: they show what the maker keeps beside the words, not what anybody looked at. What reviewers
could see is known from reports and from the makers, who contradict each other; see `rules/exposure.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from toolkit import rules
from toolkit.load import Export
from toolkit.schema import VENDORS
from toolkit.summary import NOT_STATED, clock

_NAMES, _NAME = 200, 60  # names that are looked for in the words, and their length
SIDES = {"reported": "reported", "maker": "said by the maker", "authority": "said by an authority"}
ABOUT = {
    "saw": "What they could see",
    "listened": "Who listened",
    "shared": "What was passed on",
    "rate": "How much is reviewed",
    "choice": "How to stay out of it",
    "changed": "What changed since",
    "unknown": "What is not known",
}
MAKERS = {"amazon": "Amazon", "google": "Google", "apple": "Apple", "microsoft": "Microsoft"}
EVIDENCE = {
    "vendor": "the maker's own text was read",
    "quoted": "the maker is quoted by others",
    "press": "press",
    "unverified": "no source found",
}


@dataclass(frozen=True, slots=True)
class Identifier:
    """Something that identifies a person, a home or a device."""

    id: str
    label: str
    says: str


@dataclass(frozen=True, slots=True)
class Fact:
    """Something publicly said about people who listen; the fields are described in `rules/exposure.toml`."""

    vendor: str
    about: str
    side: str
    when: str
    says: str
    sources: tuple[str, ...]
    evidence: str
    checked: date
    limits: str = ""


_TABLE = rules.table("exposure")
IDENTIFIERS = {row["id"]: Identifier(**row) for row in _TABLE["identifier"]}
FACTS = tuple(Fact(**{**row, "sources": tuple(row["sources"])}) for row in _TABLE["fact"])
EXPOSURE = pl.Schema(
    {
        "vendor": pl.Enum(VENDORS),
        "product": pl.String(),
        "device": pl.String(),
        "period": pl.Date(),
        "entries": pl.UInt32(),
        **dict.fromkeys(IDENTIFIERS, pl.UInt32()),
    }
)


def exposure(export: Export, every: str = "1y") -> pl.DataFrame:
    """In how many entries the file shows each identifier, by device and period.

    A name in the words is looked for only if the same file states it as the first name of a person: as a whole word,
    whatever its case. Other names in the words are not looked for: no list of names would be honest in all languages.

    Args:
        export: As read; an entry that was read twice counts once.
        every: Length of a period, as for `polars.Expr.dt.truncate`.

    Returns:
        As in `EXPOSURE`: ``period`` is its first day (null for entries without a time), ``device`` a name, else the end
        of a serial, else that none is stated. An identifier that no entry of the product shows is null, not 0: it is
        not in this file, and the maker may have it all the same.
    """
    entries = export.records.filter(pl.col("duplicate_of").is_null()).select(
        "vendor",
        "product",
        _device(),
        period=clock(export.timezone).dt.date().dt.truncate(every),
        **_shown(export.records),
    )
    counted = entries.group_by("vendor", "product", "device", "period").agg(
        entries=pl.len(), **{name: pl.col(name).sum() for name in IDENTIFIERS}
    )
    ever = [pl.when(pl.col(name).max().over("product") > 0).then(name).alias(name) for name in IDENTIFIERS]
    return (
        counted.with_columns(ever).sort("vendor", "product", "device", "period").select(EXPOSURE.names()).cast(EXPOSURE)
    )


def _shown(records: pl.DataFrame) -> dict[str, pl.Expr]:
    """Each identifier, as an expression that tells whether a record shows it."""
    extra = pl.col("extra").fill_null("")
    names = _spoken(_first_names(records))
    return {
        "account_id": pl.col("maker_id").str.contains(r"^A[A-Z0-9]+#").fill_null(False)
        | extra.str.contains('"customerId":"', literal=True),
        "first_name": pl.col("person").is_not_null(),
        "serial": pl.col("device_id").is_not_null(),
        "voice_profile": extra.str.contains('"personId":"', literal=True),
        "place": extra.str.contains(r'"locationInfos?":\[?\{'),
        "named_in_text": pl.col("transcript").str.contains(names).fill_null(False) if names else pl.lit(False),
    }


def _first_names(records: pl.DataFrame) -> list[str]:
    names = records["person"].drop_nulls().unique().str.split(", ").explode().str.strip_chars()
    return names.filter(names.str.len_chars().is_between(2, _NAME)).unique().sort().head(_NAMES).to_list()


def _spoken(names: Iterable[str]) -> str:
    either = "|".join(re.escape(name) for name in names)
    return rf"(?i)\b(?:{either})\b" if either else ""


def _device() -> pl.Expr:
    ending = pl.format("no name (serial ending {})", pl.col("device_id").str.tail(4))
    return pl.coalesce("device_name", ending, pl.lit(NOT_STATED)).alias("device")


def facts(vendors: Iterable[str], about: str) -> list[Fact]:
    """What was said of these makers about one of `ABOUT`, in the order of the table."""
    wanted = set(vendors)
    return [fact for fact in FACTS if fact.vendor in wanted and fact.about == about]


def told(fact: Fact) -> str:
    """One fact in Markdown, with its side, date, source and grade; no part of it comes from an export."""
    when = f", {fact.when}" if fact.when else ""
    limits = f" *{fact.limits}*" if fact.limits else ""
    mark = f"{EVIDENCE[fact.evidence]}; checked {fact.checked}"
    if fact.about == "unknown":
        return f"{fact.says} ({'; '.join(fact.sources)}; {fact.checked})"
    return f"**{SIDES[fact.side].capitalize()}{when}:** {fact.says}{limits} ({'; '.join(fact.sources)}; {mark})"


def who_listens(level: int = 3, but: str = "") -> dict[str, str]:
    """What was said of each maker's reviewers, in Markdown.

    Args:
        level: Depth of the headings, which are those of `ABOUT`.
        but: One of `ABOUT` that is left out.
    """
    return {vendor: "\n\n".join(_parts(vendor, level, but)) for vendor in MAKERS}


def _parts(vendor: str, level: int, but: str) -> Iterable[str]:
    for about, title in ABOUT.items():
        found = facts([vendor], about)
        if found and about != but:
            yield f"{'#' * level} {title}"
            yield "\n".join(f"- {told(fact)}" for fact in found)
