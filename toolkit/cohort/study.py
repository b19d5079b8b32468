"""The tables of a study, lazy over all persons, and the counts and shares that may be published of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import polars as pl

from toolkit import rules
from toolkit.activations import CLASSES
from toolkit.casefile import wilson
from toolkit.cohort.store import Store, open_store
from toolkit.cohort.unit import TABLES, names
from toolkit.problems import ToolkitError

KEYS = ("vendor", "marks")
BY = ("product", "month", "language")
_PERSON = {"person": pl.String()}
_SHARED = 4  # of 16 digests


@dataclass(frozen=True)
class Study:
    """What `cohort` wrote.

    Attributes:
        place: The folder or URL.
    """

    place: str

    @cached_property
    def _store(self) -> Store:
        return open_store(self.place)

    @property
    def runs(self) -> pl.LazyFrame:
        """One row for each person: what became of it, columns `unit.RUNS`."""
        return pl.scan_parquet(self._store.address("runs.parquet"))

    @property
    def problems(self) -> pl.LazyFrame:
        """The problems of all persons, redacted."""
        return pl.scan_parquet(self._store.address("problems.parquet"))

    @property
    def records(self) -> pl.LazyFrame:
        """The redacted records of all persons, and whose they are."""
        return self._scan("records")

    @property
    def activations(self) -> pl.LazyFrame:
        """The redacted activations of all persons, and whose they are."""
        return self._scan("activations")

    def _scan(self, table: str) -> pl.LazyFrame:
        """Only what is complete: tables of a person without a finished run were left by a killed process."""
        done = self.runs.filter(pl.col("state") == "done").select("person").collect().to_series().sort()
        found = [self._store.address(names(person)[TABLES.index(table)]) for person in done]
        if not found:
            raise ToolkitError("Nobody's files were read in this study yet.", "See its runs for why.")
        return pl.scan_parquet(found, hive_partitioning=True, hive_schema=_PERSON)

    def counts(self) -> pl.LazyFrame:
        """Activations of each person.

        Returns:
            ``person``, ``language`` (as the manifest says), ``vendor``, ``marks`` (whether the maker marks accidents
            in that format at all), ``product``, ``month`` (its first day, UTC), ``kind``, ``accidental`` (the class)
            and ``activations``.
        """
        month = pl.col("time").dt.date().dt.truncate("1mo").alias("month")
        events = self.activations.select("person", "vendor", "product", "kind", "accidental", month, marks=_marks())
        keys = ["person", "vendor", "marks", "product", "month", "kind", "accidental"]
        counted = events.group_by(keys).agg(activations=pl.len())
        return counted.join(self.runs.select("person", "language"), on="person", how="left")

    def overlaps(self) -> pl.DataFrame:
        """Pairs of persons who seem to have handed in the same entries: ``person``, ``other``, ``shared`` (of 16)."""
        sketch = self.runs.select("person", pl.col("sketch")).explode("sketch").drop_nulls()
        pairs = sketch.join(sketch, on="sketch", suffix="_other").filter(pl.col("person") < pl.col("person_other"))
        shared = pairs.group_by("person", other="person_other").agg(shared=pl.len())
        return _collected(shared.filter(pl.col("shared") >= _SHARED).sort("person", "other"))

    def table(self, by: Sequence[str] = (), min_persons: int = 10) -> pl.DataFrame:
        """Counts and shares of voice activations by class, never over makers that differ in what they mark.

        Of makers that mark nothing there is no row ``provider_marked``: it would say 0 where nothing is known.

        Args:
            by: More to tell apart than vendor and marking; any of `BY`.
            min_persons: Fewer persons than this make no cell: its figures are null and ``suppressed`` is true.
                Where a single class of a group would be hidden, and so follow from the rest, the next smallest is too.

        Returns:
            ``vendor``, ``marks``, *by*, ``accidental`` (the class), ``persons`` and ``voice`` (persons and voice
            activations of the group), ``activations`` (of the class), ``share`` with its 95 % interval ``low`` and
            ``high``, ``persons_with`` (who have one at least), ``persons_share`` with ``persons_low`` and
            ``persons_high``, ``suppressed``. See `ratio` and `casefile.wilson` for the intervals.

        Raises:
            ToolkitError: *by* names something else, *min_persons* is below 2, or a table of somebody is not there.
        """
        if set(by) - set(BY) or min_persons < 2:
            raise ToolkitError(
                "Counts of a study are by product, month or language, of two persons at least.",
                "Publish one such table of a study: cells hidden in one can follow from another.",
            )
        voice = self.counts().filter((pl.col("kind") == "voice") & pl.col("accidental").is_not_null())
        keys = [*KEYS, *by]
        each = voice.group_by(*keys, "person", "accidental").agg(pl.col("activations").sum())
        return _table(_collected(each), keys, min_persons)


def _collected(frame: pl.LazyFrame) -> pl.DataFrame:
    try:
        return frame.collect(engine="streaming")
    except (OSError, pl.exceptions.PolarsError):
        raise ToolkitError(
            "A table of somebody in the study is missing or damaged.",
            "Do all of it again (--redo); to take somebody out, use --withdraw.",
        ) from None


def _marks() -> pl.Expr:
    """Whether activations of a format can be marked by their maker."""
    told = pl.lit(None, pl.Boolean)
    for row in reversed(rules.table("evidence")["marks"]):
        told = pl.when(pl.col("format").str.contains(row["formats"])).then(pl.lit("says" not in row)).otherwise(told)
    return told


def _table(each: pl.DataFrame, keys: list[str], least: int) -> pl.DataFrame:
    persons = each.group_by(*keys, "person").agg(n=pl.col("activations").sum())
    classes = pl.DataFrame({"accidental": list(CLASSES)}, schema={"accidental": each.schema["accidental"]})
    whole = persons.join(classes, how="cross").join(
        each, on=[*keys, "person", "accidental"], how="left", nulls_equal=True
    )
    whole = whole.with_columns(x=pl.col("activations").fill_null(0))
    cells = whole.group_by(*keys, "accidental").agg(
        persons=pl.len(),
        voice=pl.col("n").sum(),
        activations=pl.col("x").sum(),
        share=pl.col("x").sum() / pl.col("n").sum(),
        **{f"{a}{b}": (pl.col(a).cast(pl.Int64) * pl.col(b)).sum() for a, b in ("xx", "xn", "nn")},
        persons_with=(pl.col("x") > 0).sum(),
    )
    told = pl.col("marks") | (pl.col("accidental") != "provider_marked")  # of a maker that marks nothing: not 0
    ordered = cells.filter(told).sort(*keys, "accidental", nulls_last=True)
    return _hidden(_with_intervals(ordered), keys, least)


def _with_intervals(cells: pl.DataFrame) -> pl.DataFrame:
    rows = cells.select("activations", "voice", "xx", "xn", "nn", "persons", "persons_with").rows()
    # In whole numbers to the last step: a sum of fractions would depend on the order of its parts.
    ratios = [ratio(x, n, (xx * n * n - 2 * xn * x * n + nn * x * x) / (n * n), m) for x, n, xx, xn, nn, m, _ in rows]
    persons = [wilson(have, m) for *_, m, have in rows]
    return cells.with_columns(
        pl.Series("low", [low for low, _ in ratios], pl.Float64),
        pl.Series("high", [high for _, high in ratios], pl.Float64),
        pl.Series("persons_low", [low for low, _ in persons], pl.Float64),
        pl.Series("persons_high", [high for _, high in persons], pl.Float64),
        persons_share=pl.col("persons_with") / pl.col("persons"),
    )


def ratio(hits: int, of: int, squares: float, persons: int) -> tuple[float | None, float | None]:
    """95 % interval of a share of activations, where whole persons were drawn and each has activations of their own.

    The share is a ratio of two sums, r = sum(x) / sum(n) over m persons; its variance, linearised, is
    m / (m - 1) * sum((x - r n)^2) / sum(n)^2 (Cochran, Sampling Techniques, 3rd ed. 1977, 6.4 and 9A: clusters of
    unequal size; without correction for a finite population). The interval is Student's t with m - 1 degrees on the
    scale of log odds, so that it stays between 0 and 1 (Korn and Graubard, Survey Methodology 24, 1998). Where nobody
    or everybody has it there is no variance to estimate; then the interval is Wilson's, with persons counted instead
    of activations: the widest that can be, since it takes all activations of one person for alike.

    Args:
        hits: sum(x), activations of the class.
        of: sum(n), all activations; above 0.
        squares: sum((x - r n)^2).
        persons: m.
    """
    if persons < 2:
        return None, None
    if hits in (0, of):
        return wilson(persons if hits else 0, persons)
    share = hits / of
    error = math.sqrt(persons / (persons - 1) * squares) / of
    half = student(persons - 1) * error / (share * (1 - share))
    odds = math.log(share / (1 - share))
    low, high = (1 / (1 + math.exp(-min(max(at, -700), 700))) for at in (odds - half, odds + half))
    return low, high


def student(degrees: int) -> float:
    """The 97.5 % quantile of Student's t.

    For one and two degrees exact, else the expansion of Abramowitz and Stegun (1964), 26.7.5: off by less than 0.03 at
    three degrees, 0.0002 from nine on.
    """
    if degrees <= 2:
        return (12.706205, 4.302653)[degrees - 1]
    z, v = NormalDist().inv_cdf(0.975), degrees
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / v**power for power, term in enumerate(terms, 1))


_FIGURES = ("activations", "share", "low", "high", "persons_with", "persons_share", "persons_low", "persons_high")


def _hidden(cells: pl.DataFrame, keys: list[str], least: int) -> pl.DataFrame:
    """Small cells without their figures; *cells* in a fixed order, so that of two alike the same one is hidden."""
    few, small = pl.col("persons") < least, pl.col("persons_with").is_between(1, least - 1)
    rest = pl.when(~small & (pl.col("persons_with") > 0)).then(pl.col("persons_with"))
    cells = cells.with_columns(small=small, alone=small.sum().over(keys) == 1, rank=rest.rank("ordinal").over(keys))
    hidden = few | pl.col("small") | (pl.col("alone") & (pl.col("rank") == 1)).fill_null(False)
    cells = cells.with_columns(suppressed=hidden)
    return cells.select(
        *keys,
        "accidental",
        *(pl.when(~few).then(name).alias(name) for name in ("persons", "voice")),
        *(pl.when(~pl.col("suppressed")).then(name).alias(name) for name in _FIGURES),
        "suppressed",
    )
