"""Compares two exports of one account: what is in both, what changed, and what is not found in the second.

Not found is not deleted: an entry may lie in a part that is missing, in a product that was not ordered, or in a kind of
file that never lists it. All that is looked at first, and what could be explained by it is called not comparable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import polars as pl

from toolkit.compare.pairs import paired
from toolkit.compare.side import Side
from toolkit.load import Export
from toolkit.schema import VENDORS

__all__ = ["CHANGES", "Comparison", "compare", "listed"]

CHANGES = {
    "gone": "not found in your second export",
    "changed": "in both, but not the same",
    "not_comparable": "cannot be compared",
    "stayed": "in both",
    "new": "only in your second export",
}
TIERS = ("maker_id", "second")
ROWS = pl.Schema(
    {"old_id": pl.String(), "new_id": pl.String(), "change": pl.Enum(list(CHANGES)), "tier": pl.Enum(TIERS)}
)
_ACCOUNT = r"^(A[A-Z0-9]+)#"  # Amazon's ids begin with the customer's
_EXACT, _AGREE = 3, 10  # entries alike to the millisecond, or to the second, that no two accounts share by chance
_WHY = {
    "stranger": "of another account",
    "product": "of a product that is not in your second export",
    "format": "in a kind of file that is not in your second export",
    "collection": "of a collection that is not in your second export",
    "part": "which may lie in the part that is missing",
    "time": "with neither an id nor a time whose zone is known; if you know the zone, give it",
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of the entries of the first export in the second.

    Attributes:
        rows: ``old_id``, ``new_id`` (``record_id`` in either export), ``change``, and ``tier``, what paired them: the
            maker's own id, or product and second. Entries that were read twice are left out.
        summary: ``entries`` by ``vendor``, ``product`` and ``change``.
        accounts_match: Whether both are of one account; None where that cannot be told.
        complete: Whether the second export is whole; None where that cannot be told.
        reasons: What the last two rest on, and why entries could not be compared.
    """

    rows: pl.DataFrame = field(repr=False)
    summary: pl.DataFrame
    accounts_match: bool | None
    complete: bool | None
    reasons: tuple[str, ...]


def compare(old: Export, new: Export) -> Comparison:
    """Compare two exports of one account, in whatever formats and parts they came.

    Entries pair by the maker's id. Where one side has none they pair by product, time and words, in this order: same
    instant and words, same second and words, same instant, and between two formats same second; of several alike, as
    many pair as are on both sides. Times of unknown zone never pair. Paired entries of one format are ``changed`` if
    their words, answer or number of clips differ; of two formats, if their words do.

    An entry of the first export that is left is ``gone`` only if its product, its collection and its kind of file are
    in the second, no part of that is known to be missing, and the accounts are not known to differ; else it is
    ``not_comparable``.

    Args:
        old: The first export.
        new: The second, later one.
    """
    a, b = Side(old), Side(new)
    pairs = paired(a.entries, b.entries)
    accounts = {vendor: _one_account(vendor, a, b, pairs) for vendor in sorted(a.vendors & b.vendors)}
    strangers = [vendor for vendor, match in accounts.items() if match is False]
    if strangers:
        pairs = pairs.filter(~a.entries["vendor"].gather(pairs["a"]).is_in(strangers))
    lost, came = _left(a, b, pairs["a"], strangers), _left(b, a, pairs["b"], strangers)
    rows = _rows(a, b, pairs, lost, came)
    reasons = (*_said(accounts), *b.gaps, *_obstacles(lost), *_doubts(old, new), *_shorter(lost, b))
    return Comparison(
        rows=rows.select(ROWS.names()).cast(ROWS),
        summary=_summary(rows),
        accounts_match=_all(accounts.values()),
        complete=_all(b.whole.get(vendor) for vendor in a.vendors),
        reasons=tuple(reasons),
    )


def listed(comparison: Comparison, old: Export, new: Export) -> pl.DataFrame:
    """The rows of a comparison with what is known of each entry: of the first export, of the second for new ones.

    Returns:
        ``change``, ``tier``, ``old_id``, ``new_id``, ``vendor``, ``product``, ``time``, ``time_basis``,
        ``device_name``, ``status``, ``source_file``, ``source_row``; what was said is not among it.
    """
    names = ("vendor", "product", "time", "time_basis", "device_name", "status", "source_file", "source_row")
    first, second = (export.records.select("record_id", *names) for export in (old, new))
    told = comparison.rows.join(first, left_on="old_id", right_on="record_id", how="left", maintain_order="left")
    told = told.join(second, left_on="new_id", right_on="record_id", how="left", maintain_order="left", suffix="_new")
    filled = [pl.coalesce(name, f"{name}_new").alias(name) for name in names]
    return told.select("change", "tier", "old_id", "new_id", *filled)


def _all(answers: Iterable[bool | None]) -> bool | None:
    """False if one is, True if all are, else None."""
    told = set(answers)
    if False in told:
        return False
    return True if told == {True} else None


def _one_account(vendor: str, a: Side, b: Side, pairs: pl.DataFrame) -> bool | None:
    """By the account's id in the maker's ids, else by entries that agree too often for chance."""
    first, second = (_ids(side, vendor) for side in (a, b))
    if first and second:
        return bool(first & second)
    of = pl.DataFrame({"exact": pairs["exact"], "time": a.entries["time"].gather(pairs["a"])}).filter(
        a.entries["vendor"].gather(pairs["a"]) == vendor
    )
    to_the_instant = of.filter(pl.col("exact"), pl.col("time").dt.microsecond() != 0).height
    if to_the_instant >= _EXACT or of["exact"].sum() >= _AGREE:
        return True
    return None


def _ids(side: Side, vendor: str) -> set[str]:
    ids = side.entries.filter(pl.col("vendor") == vendor)["maker_id"].str.extract(_ACCOUNT)
    return set(ids.drop_nulls().unique())


def _left(here: Side, there: Side, taken: pl.Series, strangers: list[str]) -> pl.DataFrame:
    """The entries of one side not found on the other, and ``why`` that says nothing: one of `_WHY`, or null."""
    entries = here.entries.filter(~pl.col("at").is_in(taken.implode()))
    cut = [vendor for vendor, whole in there.whole.items() if whole is False]
    kind = pl.concat_str("product", "family", separator="\x1f")
    kinds = ["\x1f".join(pair) for pair in there.families]
    vague = there.entries.filter(pl.col("maker_id").is_null(), pl.col("time").is_not_null(), ~pl.col("timed"))
    vague_products = vague["product"].unique().to_list()
    unplaced = ~pl.col("placed") | (pl.col("maker_id").is_null() & pl.col("product").is_in(vague_products))
    seen = here.entries["collection"].gather(taken).unique()
    absent = set(here.entries["collection"].drop_nulls().unique()) - set(seen) - there.collections
    causes = {
        "stranger": pl.col("vendor").is_in(strangers),
        "product": ~pl.col("product").is_in(list(there.products)),
        "format": ~kind.is_in(kinds),
        "collection": pl.col("collection").is_in(list(absent)).fill_null(False),
        "part": pl.col("vendor").is_in(cut),
        "time": unplaced,
    }
    return entries.with_columns(why=pl.coalesce(pl.when(holds).then(pl.lit(name)) for name, holds in causes.items()))


def _rows(a: Side, b: Side, pairs: pl.DataFrame, lost: pl.DataFrame, came: pl.DataFrame) -> pl.DataFrame:
    """All rows with ``vendor`` and ``product``: of the first export in its order, then what is only in the second."""
    columns = ("record_id", "format", "words", "answer", "clips")
    first = a.entries.select("vendor", "product", *columns)[pairs["a"]]
    second = b.entries.select(pl.col(columns).name.suffix("_b"))[pairs["b"]]
    both = pl.concat([pairs.select("a", "tier"), first, second], how="horizontal")
    differ = [pl.col(name).ne_missing(pl.col(f"{name}_b")) for name in ("words", "answer", "clips")]
    changed = differ[0] | ((pl.col("format") == pl.col("format_b")) & (differ[1] | differ[2]))
    both = both.with_columns(change=_either(changed, "changed", "stayed"))
    both = both.select("a", "vendor", "product", "tier", "change", old_id="record_id", new_id="record_id_b")
    of, known = ("vendor", "product"), pl.col("why").is_null()
    gone = lost.select(*of, a="at", old_id="record_id", change=_either(known, "gone", "not_comparable"))
    new = came.select(*of, new_id="record_id", change=_either(known, "new", "not_comparable"))
    return pl.concat([pl.concat([both, gone], how="diagonal").sort("a"), new], how="diagonal")


def _either(holds: pl.Expr, then: str, otherwise: str) -> pl.Expr:
    return pl.when(holds).then(pl.lit(then)).otherwise(pl.lit(otherwise))


def _summary(rows: pl.DataFrame) -> pl.DataFrame:
    kinds = pl.col("vendor").cast(pl.Enum(VENDORS)), "product", pl.col("change").cast(ROWS["change"])
    return rows.group_by(*kinds).agg(entries=pl.len()).sort("vendor", "product", "change")


def _said(accounts: dict[str, bool | None]) -> Iterator[str]:
    texts = {
        True: "the ids, or entries that agree, show one account.",
        False: "the ids name two different accounts; nothing of them is compared.",
        None: "whether both are of one account cannot be told: neither ids nor enough entries agree.",
    }
    for vendor, match in accounts.items():
        yield f"{vendor.capitalize()}: {texts[match]}"


def _obstacles(lost: pl.DataFrame) -> Iterator[str]:
    for why, count in lost["why"].drop_nulls().value_counts(sort=True).iter_rows():
        yield f"Not comparable: {count:,} {'entry' if count == 1 else 'entries'} {_WHY[why]}."


def _doubts(old: Export, new: Export) -> Iterator[str]:
    refused = new.files["rejected"].sum()
    if refused:
        yield f"{refused:,} entries of the second export could not be read; some that are not found may be among them."
    if old.exported_at and new.exported_at and new.exported_at < old.exported_at:
        yield "The second export is the older one: are they in the right order?"
    assumed = [export.records["time_basis"].eq("zone_assumed").any() for export in (old, new)]
    if all(assumed) and old.timezone != new.timezone:
        yield "The two were read with different time zones: where a file states none, times do not agree."


def _shorter(lost: pl.DataFrame, b: Side) -> Iterator[str]:
    """How many are not found because the second export begins later."""
    begins = b.entries.group_by("product").agg(begins=pl.col("time").min())
    gone = lost.filter(pl.col("why").is_null()).join(begins, on="product", how="inner")
    count = gone.filter(pl.col("time") < pl.col("begins")).height
    if count:
        yield (
            f"{count:,} of those not found lie before the first entry of the second export: auto-delete, deletion by "
            "hand, and a shorter period chosen when it was saved look the same."
        )
