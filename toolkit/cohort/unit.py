"""One unit of work: one person's files become that person's tables, in whatever process it is called."""

from __future__ import annotations

import dataclasses
import hmac
import io
from contextlib import ExitStack
from typing import Any, Literal

import msgspec
import polars as pl

from toolkit.activations import DEFAULT_PRIOR, activations
from toolkit.cohort import bounds
from toolkit.cohort.bounds import Watch
from toolkit.cohort.store import Store, fetched, is_url, open_store, opened, state_of
from toolkit.limits import DEFAULT, Limits
from toolkit.load import Export, load
from toolkit.problems import Problem, frame
from toolkit.redact import Redactor
from toolkit.schema import RECORDS

TABLES = ("records", "activations", "problems")
_SKETCH = 16


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """What holds for all of a study; another value makes other results.

    Attributes:
        level: As in `toolkit.redact`.
        texts: Keep what was said, of those who consented to that.
        prior: As in `toolkit.activations`.
        limits: Bounds on what is read.
        versions: Of program, rules and polars.
    """

    level: str = "share"
    texts: bool = False
    prior: float = DEFAULT_PRIOR
    limits: Limits = DEFAULT
    versions: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Task:
    """All that a worker is told of one person: neither who it is, nor the study's secret.

    Attributes:
        person: The pseudonym.
        key: By which this person's ids and names are replaced.
        overlap: By which entries are named alike for all persons, see `Run.sketch`.
        sources: Paths or URLs; empty if the person did not consent.
        timezone: See `toolkit.load`.
        language: As the manifest says.
        texts: Whether this person consented to texts.
        out: The study's place.
        settings: What holds for all.
        again: Try once more what failed before.
        isolated: Read in a child process of its own, since a process died over it.
    """

    person: str
    key: bytes = dataclasses.field(repr=False)
    overlap: bytes = dataclasses.field(repr=False)
    sources: tuple[str, ...] = dataclasses.field(repr=False)
    timezone: str | None
    language: str | None
    texts: bool
    out: str
    settings: Settings
    again: bool = False
    isolated: bool = False


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one person: a row of ``runs.parquet``, and the marker that the person's tables are complete.

    Attributes:
        person: The pseudonym.
        state: ``done``, ``failed`` or ``no_consent``.
        code: Why it failed: the name of an exception, never its text.
        language: As the manifest says.
        sources: How many there are.
        bytes: Their size.
        records: Rows read, *duplicates* among them.
        activations: As judged.
        problems: Warnings and errors.
        fingerprint: Keyed digest of names, sizes and times of the sources, and of all settings; empty if it is to be
            tried again in any case.
        versions: Of program, rules and polars.
        sketch: Keyed digests of the 16 entries whose ids come first: whoever shares four of them with another person
            shares most entries.
        cpu_seconds: Of the process and its children meanwhile.
        seconds: From begin to end.
        peak_bytes: Most memory that the process ever held; null where the system does not tell.
        resident_bytes: Memory it holds now; only Linux tells.
        process: Its number.
    """

    person: str
    state: Literal["done", "failed", "no_consent"]
    code: str | None = None
    language: str | None = None
    sources: int = 0
    bytes: int = 0
    records: int = 0
    duplicates: int = 0
    activations: int = 0
    problems: int = 0
    fingerprint: str = ""
    versions: str = ""
    sketch: tuple[str, ...] = ()
    cpu_seconds: float = 0.0
    seconds: float = 0.0
    peak_bytes: int | None = None
    resident_bytes: int | None = None
    process: int = 0


MEASURED = ("cpu_seconds", "seconds", "peak_bytes", "resident_bytes", "process")  # differ from one time to the next
_COUNTS = ("sources", "bytes", "records", "duplicates", "activations", "problems", "process")
RUNS = pl.Schema(
    {
        "person": pl.String(),
        "state": pl.Enum(["done", "failed", "no_consent"]),
        "code": pl.String(),
        "language": pl.String(),
        **dict.fromkeys(_COUNTS[:-1], pl.UInt64()),
        "fingerprint": pl.String(),
        "versions": pl.String(),
        "sketch": pl.List(pl.String()),
        "cpu_seconds": pl.Float64(),
        "seconds": pl.Float64(),
        "peak_bytes": pl.UInt64(),
        "resident_bytes": pl.UInt64(),
        "process": pl.UInt64(),
    }
)


def names(person: str) -> list[str]:
    """The files of one person, the marker last."""
    return [*(f"{table}/person={person}/{table}.parquet" for table in TABLES), marker(person)]


def marker(person: str) -> str:
    """The file that says that a person's tables are complete."""
    return f"runs/{person}.json"


def one(task: Task) -> tuple[Run, bool]:
    """Read, judge and write one person's tables, unless that was done before from the same files.

    Args:
        task: Whose, from where, and how.

    Returns:
        What became of it, and whether it was done now. Whatever goes wrong with the files is a state, no exception.

    Raises:
        ToolkitError: The study's place cannot be written.
    """
    store, watch = open_store(task.out), Watch()
    old = finished(store, task.person)
    print_, size = "", 0
    try:
        print_, size = fingerprint(task)
        if _same(old, print_, task):
            return old, False  # type: ignore[return-value]
        bounds.for_one(task.settings.limits, size)
        run, tables = _judged(task)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # polars' panics are no Exceptions; whatever it was, the next person is read
        run, tables = failure(task, type(error).__name__)
        if isinstance(error, OSError | MemoryError):  # not the files' fault
            print_ = ""
    run = msgspec.structs.replace(run, fingerprint=print_, bytes=size, **watch.read())
    keep(store, task.person, run, tables)
    return run, True


def _same(old: Run | None, print_: str, task: Task) -> bool:
    return old is not None and old.fingerprint == print_ and not (task.again and old.state == "failed")


def finished(store: Store, person: str) -> Run | None:
    """What the marker of a person says; None without one, or if it names another, of whom a path would be made."""
    data = store.get(marker(person))
    try:
        run = msgspec.json.decode(data, type=Run) if data else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return run if run and run.person == person else None


def fingerprint(task: Task) -> tuple[str, int]:
    """What changes if the sources or the settings change, and the sources' size; nothing is read.

    Raises:
        ToolkitError: A source is not there.
    """
    states = [state_of(source) for source in task.sources]
    settings = dataclasses.asdict(task.settings)
    told = [sorted(state for state, _ in states), settings, task.timezone, task.language, task.texts]
    digest = hmac.digest(task.key, msgspec.json.encode(told), "sha256").hex()
    return digest, sum(size for _, size in states)


def keep(store: Store, person: str, run: Run, tables: dict[str, pl.DataFrame]) -> None:
    """Put a person's tables in place of any older ones; without its marker a person counts as not begun."""
    store.remove([marker(person)])
    for name in names(person)[: len(TABLES)]:
        store.tidy(name.rpartition("/")[0])
    store.remove([name for table, name in zip(TABLES, names(person), strict=False) if table not in tables])
    for table, name in zip(TABLES, names(person), strict=False):
        if table in tables:
            buffer = io.BytesIO()
            tables[table].write_parquet(buffer)
            store.put(name, buffer.getvalue())
    store.put(marker(person), msgspec.json.encode(run))


def failure(task: Task, code: str) -> tuple[Run, dict[str, pl.DataFrame]]:
    """The row of a person whose files could not be read, and one problem."""
    run = _run(task, state="failed", code=code, problems=1)
    empty = Redactor(pl.DataFrame(schema=RECORDS), task.settings.level, task.key)
    return run, {"problems": empty.problems(frame([Problem("error", code, "")]))}


def _run(task: Task, **facts: Any) -> Run:
    return Run(
        person=task.person,
        language=task.language,
        sources=len(task.sources),
        versions=task.settings.versions,
        **facts,
    )


def _judged(task: Task) -> tuple[Run, dict[str, pl.DataFrame]]:
    if not task.sources:
        return _run(task, state="no_consent"), {}
    export = _read(task)
    events = activations(export.records, prior=task.settings.prior)
    redactor = Redactor(export.records, task.settings.level, task.key)
    tables = {
        "records": redactor.records(),
        "activations": redactor.activations(events),
        "problems": redactor.problems(export.problems),
    }
    if task.settings.texts:  # one schema for all: of those who did not consent the column is empty
        for name, said in (("records", export.records["transcript"]), ("activations", events["transcript"])):
            tables[name] = tables[name].with_columns(said if task.texts else pl.lit(None, pl.String).alias(said.name))
    run = _run(
        task,
        state="done",
        records=export.records.height,
        duplicates=export.records["duplicate_of"].count(),
        activations=events.height,
        problems=export.problems.filter(pl.col("severity") != "note").height,
        sketch=_sketch(export.records, task.overlap),
    )
    return run, tables


def _read(task: Task) -> Export:
    limits = task.settings.limits
    if task.isolated:
        from toolkit import worker  # not above: its child would find itself imported already

        most = limits.worker_memory // 4
        given = [
            (source.rpartition("/")[2], fetched(source, most)) if is_url(source) else source for source in task.sources
        ]
        return worker.load(*given, timezone=task.timezone, limits=limits)
    with ExitStack() as stack:
        opened_ = [stack.enter_context(opened(one)) if is_url(one) else one for one in task.sources]
        return load(*opened_, timezone=task.timezone, limits=limits)


def _sketch(records: pl.DataFrame, key: bytes) -> tuple[str, ...]:
    ids = records.select(pl.col("record_id").unique()).sort(pl.col("record_id").str.tail(16)).to_series()
    return tuple(hmac.digest(key, one.encode(), "sha256")[:8].hex() for one in ids.head(_SKETCH))
