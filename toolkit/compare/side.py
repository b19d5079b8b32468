"""One of two exports to compare: its entries in short, the products and collections it holds, what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import polars as pl

from toolkit.load import Export

# Formats that list the same entries, by the first of them. Any other lists what it lists: that an entry of another
# format is not in it says nothing.
_SAME = {"google_activity_html": "google_activity_json", "amazon_legacy_single": "amazon_legacy"}
# Formats whose entries another one lists as well, though not the other way round: CheckMyVA keeps what Amazon's page
# gave it. Not so alexa-remote2, which hands on entries without an id, nor what was donated or downloaded as a table.
_LISTED_BY = {"amazon_rvh": ("amazon_checkmyva",)}
_BROKEN = (
    "file_missing", "cut_off", "unclosed_quote", "Damaged", "Encrypted", "TooLarge", "Bomb", "Unsupported",
    "NotAnArchive", "NotAnExport", "Ambiguous",
)  # fmt: skip
# Names whose last number counts the parts of one download. A history saved page by page has names of the user's own.
_NUMBERED = re.compile(
    r"^(Alexa)_(\d{1,3})(?:\.zip)?$|^(takeout-\d{8}T\d{6}Z(?:-\d{1,3})?)-(\d{3})(?:\.(?:zip|tgz|tar\.gz))?$"
    r"|^(Transcriptions)-(\d{1,3})\.csv$|^(recognitionData-\d{1,3})-(\d{1,3})\.csv$",
    re.IGNORECASE,
)
GOOGLE = "google"


class Side:
    """What matters of an export when it is compared.

    Attributes:
        entries: One row for each entry that was not read twice: ``at`` (its number here), ``record_id``, ``vendor``,
            ``product``, ``maker_id``, ``time``, ``second``, ``placed`` (whether its time can be compared), ``words``
            and ``answer`` (digests), ``clips`` (how many it names), ``format``, ``family``, ``collection``.
        vendors: Whose entries or files are in it.
        products: Those of which it holds entries, or a list that is empty.
        families: (product, family) whose entries would be among its own.
        whole: Maker -> whether all parts are here; None where that cannot be told.
        gaps: What is known to be missing, in words.
    """

    def __init__(self, export: Export) -> None:
        self.export = export
        self.entries = _short(export.records)
        read = export.files.filter(pl.col("carved").is_not_null())
        self.collections = {_collection(path) for path in read["path"]}
        self.families = set(self.entries.select("product", "family").unique().iter_rows()) | set(_empty_lists(read))
        self.products = {product for product, _ in self.families}
        self.families |= {(product, other) for product, family in self.families for other in _LISTED_BY.get(family, ())}
        self.vendors = set(self.entries["vendor"].unique()) | set(read["vendor"].drop_nulls().unique())
        self.gaps: list[str] = []
        self.whole = {vendor: self._whole(vendor) for vendor in sorted(self.vendors)}

    def _whole(self, vendor: str) -> bool | None:
        missing = [*self._broken(vendor), *self._missing_parts(vendor)]
        self.gaps += missing
        if missing:
            return False
        listed = vendor == GOOGLE and "more_parts_possible" not in self.export.problems["code"]
        if listed:
            return True
        self.gaps.append(f"{vendor.capitalize()}: more parts than those given cannot be ruled out.")
        return None

    def _broken(self, vendor: str) -> Iterator[str]:
        """Files of that maker, or of nobody that can be told, that were not read to their end."""
        theirs = set(self.export.files.filter(pl.col("vendor") != vendor)["path"])
        found = self.export.problems.filter(pl.col("code").is_in(_BROKEN), pl.col("severity") != "note")
        count = found.filter(~pl.col("source_file").is_in(list(theirs))).height
        if count:
            yield f"{vendor.capitalize()}: {count:,} problems say that files are missing or were not read to their end."

    def _missing_parts(self, vendor: str) -> Iterator[str]:
        files = self.export.files.filter((pl.col("vendor") == vendor) | pl.col("vendor").is_null())
        names = {name for path in files["path"] for name in path.split("/")} | set(files["source"])
        parts: dict[str, set[int]] = {}
        for name in names:
            if found := _NUMBERED.match(name):
                prefix, number = (group for group in found.groups() if group)
                if (vendor == GOOGLE) == prefix.lower().startswith("takeout"):
                    parts.setdefault(prefix.lower(), set()).add(int(number))
        for prefix, numbers in sorted(parts.items()):
            missing = sorted(set(range(1, max(numbers))) - numbers)
            if missing:
                yield f"Part {', '.join(map(str, missing[:5]))} of {prefix} is not among the files."


def _short(records: pl.DataFrame) -> pl.DataFrame:
    named = pl.col("maker_id").is_not_null()
    timed = pl.col("time").is_not_null() & (pl.col("time_basis") != "zone_unknown")
    vendor, form = pl.col("vendor").cast(pl.String), pl.col("format")
    folder = pl.col("source_file").str.extract(r"([^/]+)/[^/]+$").str.to_lowercase()
    once = records.filter(pl.col("duplicate_of").is_null())
    return once.select(
        "record_id",
        "product",
        "maker_id",
        "time",
        vendor=vendor,
        second=pl.col("time").dt.epoch("s"),
        placed=timed | named,
        timed=timed,
        words=pl.col("transcript").hash(),  # within this process only, and never kept
        answer=pl.col("response").hash(),
        clips=pl.col("audio_files").list.len(),
        format=form,
        family=form.replace(_SAME),
        collection=pl.when(vendor == GOOGLE).then(folder),
    ).with_row_index("at")


def _collection(path: str) -> str:
    """The folder a file stands in, by which a Takeout tells its collections apart."""
    return path.rpartition("/")[0].rpartition("/")[2].lower()


def _empty_lists(read: pl.DataFrame) -> Iterable[tuple[str, str]]:
    """Product and family of files that are of their kind, but hold nothing at all: an emptied history.

    Not of Google: a file of any of its products looks the same, and an empty one says not whose it is.
    """
    empty = read.filter(pl.col("carved") == 0, pl.col("vendor") != GOOGLE, pl.col("product").is_not_null())
    return empty.select("product", pl.col("format").replace(_SAME)).unique().iter_rows()
