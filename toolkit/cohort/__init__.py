"""Cohorts: one table each per person, and the tables of a study, out of thousands of donated exports."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import NamedTuple

from toolkit.activations import DEFAULT_PRIOR
from toolkit.cohort import account, runner
from toolkit.cohort.labels import agreement, sheets
from toolkit.cohort.manifest import Person, people
from toolkit.cohort.store import Store, is_url, open_store
from toolkit.cohort.study import Study
from toolkit.cohort.unit import Run, Settings, Task, fingerprint, finished, names
from toolkit.limits import DEFAULT, Limits
from toolkit.problems import ToolkitError
from toolkit.redact import LEVELS
from toolkit.whole import PREFIX, stay_away

__all__ = ["Plan", "Run", "Study", "agreement", "cohort", "people", "plan", "sheets", "withdraw"]
Place = str | os.PathLike[str]
Progress = Callable[[int, int, Run, bool], None]


def cohort(
    manifest: Place,
    out: Place,
    executor: Executor | None = None,
    *,
    secret: bytes | None = None,
    level: str = "share",
    texts: bool = False,
    prior: float = DEFAULT_PRIOR,
    processes: int | None = None,
    limits: Limits = DEFAULT,
    ahead: int | None = None,
    redo: bool = False,
    again: bool = False,
    progress: Progress | None = None,
) -> Study:
    """Read the exports of everybody in a manifest and write the tables of a study.

    A person is the unit of work: complete or not begun. Called again, it does what is left, what changed, and removes
    whoever has withdrawn. What cannot be read is a row of ``runs.parquet``.

    Args:
        manifest: See `manifest.people`.
        out: A folder, or a URL that fsspec opens; see docs/cohort.md for what is written.
        executor: Any that can run a function of this package, such as ``distributed.Client(...).get_executor()``; by
            default processes of this machine, each bounded by *limits*.
        secret: At least 16 random bytes that belong to the study. Pseudonyms and the names of devices depend on it;
            it is not sent to a worker. Without one, the file ``<out>.secret`` is it, beside the folder and made if it
            is not there: keep it, and keep it apart.
        level: As in `toolkit.redact`.
        texts: Keep what was said, of those whose consent is ``texts``.
        prior: As in `toolkit.activations`.
        processes: How many, without an executor; by default one for each core.
        limits: Bounds on what is read, memory and CPU seconds for one person among them.
        ahead: How many persons are handed to the executor at once.
        redo: Do a study again that was made with other settings, rules or versions.
        again: Try once more whatever failed.
        progress: Called for each person with how many are done, of how many, what became of this one, and whether it
            was done now.

    Returns:
        The study.

    Raises:
        ToolkitError: The manifest is wrong, the place cannot be written or holds another study, or an argument is none.
    """
    settings = _settings(level, texts, prior, limits)
    everyone, where = people(os.fspath(manifest)), _whole_path(out)
    _keep_apart(where, everyone)
    store = open_store(where)
    secret = account.secret_of(where, secret, make=not account.read(store))
    account.begin(store, settings, secret, redo)
    for folder in ("", "runs"):
        store.tidy(folder)
    _remove(store, [account.pseudonym(secret, person.name) for person in everyone if person.withdrawn])
    number = processes or os.cpu_count() or 1
    make = runner.given(executor) if executor else runner.pool(number, limits)
    tasks = _tasks(everyone, where, settings, secret, again)
    total = sum(not person.withdrawn for person in everyone)
    for done, (run, fresh) in enumerate(runner.run(tasks, make, ahead or (64 if executor else 2 * number + 2)), 1):
        if progress:
            progress(done, total, run, fresh)
    account.whole(store)
    return Study(where)


class Plan(NamedTuple):
    """What a run would do.

    Attributes:
        people: In the manifest.
        withdrawn: Of these, whose data would be removed.
        no_consent: Of these, whose files would not be opened.
        done: Read before, from the same files and with the same settings.
        missing: Of whom a file is not there.
        left: To be read.
        left_bytes: Size of their files.
        rate: Bytes read per CPU second so far; None if nothing was read yet.
    """

    people: int
    withdrawn: int
    no_consent: int
    done: int
    missing: int
    left: int
    left_bytes: int
    rate: float | None


def plan(
    manifest: Place,
    out: Place,
    *,
    secret: bytes | None = None,
    level: str = "share",
    texts: bool = False,
    prior: float = DEFAULT_PRIOR,
    limits: Limits = DEFAULT,
) -> Plan:
    """What `cohort` would do with the same arguments; nothing is read but the manifest, nothing is written.

    Raises:
        ToolkitError: As `cohort`.
    """
    settings = _settings(level, texts, prior, limits)
    everyone, where = people(os.fspath(manifest)), _whole_path(out)
    _keep_apart(where, everyone)
    secret = account.secret_of(where, secret, make=False)
    store = open_store(where)
    counts = dict.fromkeys(("done", "missing", "left", "left_bytes", "no_consent"), 0)
    bytes_, seconds = 0, 0.0
    for task in _tasks(everyone, where, settings, secret, again=False):
        old = finished(store, task.person)
        bytes_, seconds = (bytes_ + old.bytes, seconds + old.cpu_seconds) if old else (bytes_, seconds)
        counts["no_consent"] += not task.sources
        try:
            print_, size = fingerprint(task)
        except ToolkitError:
            counts["missing"] += 1
            continue
        known = bool(old and old.fingerprint == print_)
        counts["done"] += known
        counts["left"] += not known
        counts["left_bytes"] += 0 if known else size
    rate = bytes_ / seconds if seconds else None
    return Plan(len(everyone), sum(person.withdrawn for person in everyone), rate=rate, **counts)


def withdraw(person: str, out: Place, *, secret: bytes | None = None) -> int:
    """Remove everything of one person from a study: their tables, their row, and what a killed process left behind.

    Copies that were handed on, backups, and older versions that an object store keeps are out of reach. A manifest
    that still names the person without ``withdrawn`` would bring the data back.

    Args:
        person: As in the manifest.
        out: The study.
        secret: Of the study; see `cohort`.

    Returns:
        How many files were removed.

    Raises:
        ToolkitError: There is no study, or it has another secret.
    """
    store = open_store(_whole_path(out))
    known = account.read(store)
    if not known:
        raise ToolkitError("There is no study at that place.", "Give the folder that holds study.json.")
    secret = account.secret_of(_whole_path(out), secret, make=False)
    if known.get("secret_check") != account.derived(secret, "check")[:8].hex():
        raise ToolkitError("The study was made with another secret.", "Give that one.")
    removed = _remove(store, [account.pseudonym(secret, person.strip())])
    account.whole(store)
    return removed


def _remove(store: Store, persons: Sequence[str]) -> int:
    """Markers first: a person half removed counts as not begun."""
    if not persons:
        return 0
    expected = {name for person in persons for name in names(person)}
    folders = {f"person={person}" for person in persons}
    found = [
        name
        for name in store.names()
        if name in expected or folders & set(name.split("/")) or name.rpartition("/")[2].startswith(PREFIX)
    ]
    store.remove(sorted(found, key=lambda name: not name.startswith("runs/")))
    return len(found)


def _settings(level: str, texts: bool, prior: float, limits: Limits) -> Settings:
    if level not in LEVELS:
        raise ToolkitError("There is no such level.", f"Choose one of: {', '.join(LEVELS)}.")
    if not 0 < prior < 1:
        raise ToolkitError("The assumed share of accidents is not between 0 and 1.", "Give one such as 0.05.")
    return Settings(level, texts, prior, limits, account.version_line())


def _whole_path(place: Place) -> str:
    text = os.fspath(place)
    return text if is_url(text) else str(Path(text).absolute())


def _keep_apart(out: str, everyone: Sequence[Person]) -> None:
    if not is_url(out):
        places = {source for person in everyone for source in person.sources if not is_url(source)}
        homes = {place if Path(place).is_dir() else str(Path(place).parent) for place in places}
        stay_away(Path(out), [Path(home) for home in sorted(homes)])


def _tasks(everyone: Sequence[Person], out: str, settings: Settings, secret: bytes, again: bool) -> Iterator[Task]:
    overlap = account.derived(secret, "overlap")
    for person in everyone:
        if not person.withdrawn:
            yield Task(
                person=account.pseudonym(secret, person.name),
                key=account.derived(secret, f"redact:{person.name}"),
                overlap=overlap,
                sources=() if person.consent == "no" else person.sources,
                timezone=person.timezone,
                language=person.language,
                texts=person.consent == "texts",
                out=out,
                settings=settings,
                again=again,
            )
