"""Studies of many people: nothing lost, nothing done twice, nobody named, and whoever withdraws is gone."""

from __future__ import annotations

import json
import math
import os
import pickle
import signal
import subprocess
import sys
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cohort as generator
import toolkit
from toolkit import whole
from toolkit.activations import ACCIDENTAL
from toolkit.casefile import wilson
from toolkit.cohort import Study, account, plan, sheets, withdraw
from toolkit.cohort.labels import agreement
from toolkit.cohort.manifest import CONSENTS, people
from toolkit.cohort.store import Local, Remote, open_store
from toolkit.cohort.study import _table, ratio, student
from toolkit.cohort.unit import MEASURED, RUNS, Task, names
from toolkit.problems import ToolkitError

SECRET = bytes(range(32))
PEOPLE = 60


class Here(Executor):
    """Runs everything at once, in this process; what it was given is kept."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.tasks.append(args[0])
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


@pytest.fixture(scope="session")
def donated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cohort in which every fault occurs."""
    folder = tmp_path_factory.mktemp("donated")
    generator.write(folder, PEOPLE, rows=40, seed=468)
    return folder


@pytest.fixture(scope="session")
def truth(donated: Path) -> dict[str, dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((donated / "truth.json").read_text())
    assert {name for name, _ in generator.FAULTS} <= {row["fault"] for row in rows}
    return {account.pseudonym(SECRET, row["person"]): row for row in rows}


@pytest.fixture(scope="session")
def study(donated: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return toolkit.cohort(donated / "manifest.csv", tmp_path_factory.mktemp("study"), Here(), secret=SECRET, texts=True)


@pytest.fixture(scope="session")
def few(donated: Path, truth: dict[str, dict[str, Any]]) -> Path:
    """A manifest of some of them: everybody with a fault, and twelve without."""
    header, *rows = (donated / "manifest.csv").read_text().splitlines()
    faults = [row["fault"] for row in truth.values()]
    sound = [row for row, fault in zip(rows, faults, strict=True) if not fault]
    chosen = [row for row, fault in zip(rows, faults, strict=True) if fault] + sound[:12]
    (donated / "few.csv").write_text("\n".join([header, *chosen]) + "\n")
    return donated / "few.csv"


@pytest.fixture(scope="session")
def small(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return toolkit.cohort(few, tmp_path_factory.mktemp("small"), Here(), secret=SECRET, texts=True)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def tables_of(place: str | Path) -> dict[str, bytes]:
    return {
        name: data for name, data in bytes_of(Path(place)).items() if name.startswith(("records/", "activ", "prob"))
    }


def runs_of(study: Study) -> int:
    return int(study.runs.select(pl.len()).collect().item())


def same_runs(one: Study, other: Study) -> bool:
    return bool(one.runs.drop(MEASURED).collect().equals(other.runs.drop(MEASURED).collect()))


def one_person(folder: Path, data: bytes | None = None, **columns: str) -> Path:
    """A manifest of one person with one file."""
    folder.mkdir(parents=True, exist_ok=True)
    donor = next(generator.donors(1, 20, seed=9))
    (folder / "in").mkdir(exist_ok=True)
    (folder / "in" / "one.zip").write_bytes(next(iter(donor.files.values())) or b"" if data is None else data)
    row = {"person": "Zebulon Pike", "sources": "in/one.zip", **columns}
    (folder / "manifest.csv").write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n", "utf-8")
    return folder / "manifest.csv"


# --- The whole ---------------------------------------------------------------------------------------------------


def test_every_entry_of_every_donor_is_in_the_study_and_every_broken_export_is_a_row(
    study: Study, truth: dict[str, dict[str, Any]]
) -> None:
    runs = {row["person"]: row for row in study.runs.collect().to_dicts()}
    assert set(runs) == {pid for pid, row in truth.items() if row["fault"] != "withdrawn"}
    for pid, run in runs.items():
        fault, rows = truth[pid]["fault"], truth[pid]["rows"]
        if fault in ("cut_off", "no_archive", "missing"):
            assert (run["state"], run["records"]) == ("failed", 0)
            assert issubclass(getattr(toolkit, run["code"]), ToolkitError)
        elif fault == "no_consent":
            assert (run["state"], run["records"], run["bytes"]) == ("no_consent", 0, 0)
        else:
            assert run["state"] == "done"
            assert rows in (None, run["records"])
            assert (run["duplicates"] > 0) >= (fault == "overlapping")
    counted = study.records.group_by("person").len().collect()
    assert dict(counted.iter_rows()) == {pid: run["records"] for pid, run in runs.items() if run["records"]}
    errors = study.problems.filter(severity="error").collect()
    assert {pid for pid, run in runs.items() if run["state"] == "failed"} <= set(errors["person"])


def test_a_persons_tables_are_what_the_toolkit_says_of_that_person_alone(
    study: Study, donated: Path, truth: dict[str, dict[str, Any]]
) -> None:
    pid, row = next((pid, row) for pid, row in truth.items() if row["fault"] == "" and row["makers"] == ["rvh"])
    export = toolkit.load(donated / "exports" / row["person"] / "rvh.zip", timezone="Europe/Berlin")
    events = toolkit.activations(export.records)
    kept = study.activations.filter(person=pid).collect()
    columns = ["time", "kind", "accidental", "probability", "status"]
    assert kept.select(columns).equals(events.select(columns))
    assert kept["entries"].to_list() == events["record_ids"].list.len().to_list()
    assert [[one["rule"] for one in reasons] for reasons in kept["reasons"]] == [
        [one["rule"] for one in reasons] for reasons in events["reasons"]
    ]
    records = study.records.filter(person=pid).collect()
    assert records.select("time", "status").equals(export.records.select("time", "status"))
    assert set(kept["activation_id"]) <= set(records["record_id"])


def test_processes_of_their_own_give_the_same_bytes_as_one_thread(few: Path, small: Study, tmp_path: Path) -> None:
    other = toolkit.cohort(few, tmp_path / "s", secret=SECRET, texts=True, processes=2)
    assert tables_of(other.place) == tables_of(small.place)
    assert same_runs(small, other)
    used = other.runs.filter(pl.col("state") == "done").collect()
    assert os.getpid() not in used["process"].to_list()


def test_what_was_done_is_not_done_again_and_what_changed_is(donated: Path, tmp_path: Path) -> None:
    manifest = one_person(tmp_path / "a")
    done: list[bool] = []

    def go(**how: Any) -> Study:
        return toolkit.cohort(
            manifest, tmp_path / "s", Here(), secret=SECRET, progress=lambda *told: done.append(told[3]), **how
        )

    assert plan(manifest, tmp_path / "s", secret=SECRET)[:6] == (1, 0, 0, 0, 0, 1)
    assert not (tmp_path / "s").exists()
    first = go()
    before = bytes_of(tmp_path / "s")
    assert plan(manifest, tmp_path / "s", secret=SECRET)[:6] == (1, 0, 0, 1, 0, 0)
    go()
    assert done == [True, False]
    assert bytes_of(tmp_path / "s") == before
    source = tmp_path / "a" / "in" / "one.zip"
    other = next(iter(list(generator.donors(2, 20, seed=11))[1].files.values())) or b""
    source.write_bytes(other)
    second = go()
    assert done == [True, False, True]
    assert not same_runs(first, second) or bytes_of(tmp_path / "s") != before
    source.write_bytes(b"no archive any more")
    run = go().runs.collect().row(0, named=True)
    assert (run["state"], done[-1]) == ("failed", True)
    assert not (tmp_path / "s" / names(run["person"])[0]).exists()
    go()
    assert done[-1] is False
    go(again=True)
    assert done[-1] is True


def test_a_study_is_not_mixed_of_two_settings_versions_or_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = one_person(tmp_path / "a")
    toolkit.cohort(manifest, tmp_path / "s", Here(), secret=SECRET)
    before = bytes_of(tmp_path / "s")
    with pytest.raises(ToolkitError, match="another secret"):
        toolkit.cohort(manifest, tmp_path / "s", Here(), secret=SECRET[::-1], redo=True)
    with pytest.raises(ToolkitError, match="other settings"):
        toolkit.cohort(manifest, tmp_path / "s", Here(), secret=SECRET, prior=0.1)
    rules = account.rule_files()
    monkeypatch.setattr(account, "rule_files", lambda: {**rules, "evidence.toml": rules["evidence.toml"] + b"\n"})
    with pytest.raises(ToolkitError, match="rules"):
        toolkit.cohort(manifest, tmp_path / "s", Here(), secret=SECRET)
    assert bytes_of(tmp_path / "s") == before
    done: list[bool] = []
    toolkit.cohort(
        manifest, tmp_path / "s", Here(), secret=SECRET, redo=True, progress=lambda *told: done.append(told[3])
    )
    assert done == [True]


def test_the_rules_a_study_was_made_with_lie_beside_it(study: Study) -> None:
    rules = Path(toolkit.__file__).parent / "rules"
    kept = {name: data for name, data in bytes_of(Path(study.place) / "rules").items() if name.endswith(".toml")}
    assert kept == {path.relative_to(rules).as_posix(): path.read_bytes() for path in rules.rglob("*.toml")}


# --- Who is who --------------------------------------------------------------------------------------------------


def canaries(folder: Path, words: tuple[str, ...]) -> list[str]:
    """Files that hold, or are named after, one of these; Parquet files are looked into column by column."""
    found = []
    for name, data in bytes_of(folder).items():
        told = [name.encode(), data]
        if name.endswith(".parquet"):
            table = pl.read_parquet(folder / name)
            told.append(table.write_ndjson().encode())
            told.append(table.select(pl.col(pl.String)).write_csv().encode())
        if any(word.encode() in part for word in words for part in told):
            found.append(name)
    return found


def test_no_name_word_serial_or_path_of_a_person_is_in_a_study(tmp_path: Path, few: Path) -> None:
    study = toolkit.cohort(few, tmp_path / "s", Here(), secret=SECRET)
    words = ("donor-", "Kitchen", "G0SYN", "Tamsin", "Jorun", "Mila", "alexa ", ".zip", "exports/", "history.")
    assert "transcript" not in study.records.collect_schema()
    assert canaries(Path(study.place), words) == [
        name for name in canaries(Path(study.place), words) if name.startswith("rules/")
    ]


def test_texts_are_kept_only_of_those_who_consented_to_it(study: Study, donated: Path) -> None:
    consent = {account.pseudonym(SECRET, one.name): one.consent for one in people(str(donated / "manifest.csv"))}
    kept = study.activations.filter(pl.col("transcript").is_not_null()).select("person").unique().collect()
    told = {consent[pid] for pid in kept["person"]}
    assert told == {"texts"}
    assert study.records.filter(pl.col("transcript").is_not_null()).select(pl.len()).collect().item() > 100


def test_a_worker_is_told_neither_the_person_nor_the_secret(tmp_path: Path) -> None:
    executor = Here()
    toolkit.cohort(one_person(tmp_path / "a"), tmp_path / "s", executor, secret=SECRET)
    sent = pickle.dumps(executor.tasks)
    assert b"Zebulon" not in sent
    assert SECRET not in sent


def test_two_persons_never_share_the_name_of_a_device_or_entry(study: Study) -> None:
    shared = (
        study.records.select("person", "record_id", "device_name")
        .unpivot(index="person", value_name="named")
        .drop_nulls()
        .group_by("named")
        .agg(pl.col("person").n_unique())
        .filter(pl.col("person") > 1)
        .collect()
    )
    assert shared.is_empty()


def test_the_same_export_given_by_two_people_is_found(study: Study, truth: dict[str, dict[str, Any]]) -> None:
    pairs = study.overlaps()
    again = {pid for pid, row in truth.items() if row["fault"] == "of_another"}
    assert again
    assert all(again & {one, other} for one, other, _ in pairs.iter_rows())
    assert again <= set(pairs["person"]) | set(pairs["other"])


def test_whoever_withdraws_leaves_no_trace(few: Path, small: Study, tmp_path: Path) -> None:
    place = tmp_path / "s"
    toolkit.cohort(few, place, Here(), secret=SECRET, texts=True)
    gone = next(
        person
        for person in people(str(few))
        if person.consent == "texts"
        and "rvh" in person.sources[0]
        and (place / names(account.pseudonym(SECRET, person.name))[0]).exists()
    )
    pid = account.pseudonym(SECRET, gone.name)
    texts = pl.read_parquet(place / names(pid)[0])
    marks = (pid, gone.name, *texts["record_id"].head(5), *texts["device_name"].drop_nulls().head(1))
    marks += tuple(
        texts["transcript"].drop_nulls().filter(texts["transcript"].drop_nulls().str.len_chars() > 25).head(3)
    )
    (place / "records" / f"person={pid}" / ".voice-history-killed").write_bytes(pid.encode())
    (place / ".voice-history-killed").write_bytes(pid.encode())
    assert len(canaries(place, (pid,))) >= 7
    assert withdraw(gone.name, place, secret=SECRET) == 6
    assert canaries(place, marks[:2] + marks[2:7]) == []
    assert not list(place.rglob(f"*{pid}*"))
    assert withdraw(gone.name, place, secret=SECRET) == 0
    left, all_ = Study(str(place)), small
    assert left.runs.select(pl.len()).collect().item() == all_.runs.select(pl.len()).collect().item() - 1
    assert left.problems.collect().equals(all_.problems.filter(pl.col("person") != pid).collect())


def test_a_mark_in_the_manifest_withdraws_as_well(tmp_path: Path) -> None:
    toolkit.cohort(one_person(tmp_path / "a"), tmp_path / "s", Here(), secret=SECRET)
    pid = account.pseudonym(SECRET, "Zebulon Pike")
    assert canaries(tmp_path / "s", (pid,))
    manifest = one_person(tmp_path / "a", withdrawn="2026-11-23")
    toolkit.cohort(manifest, tmp_path / "s", Here(), secret=SECRET)
    assert canaries(tmp_path / "s", (pid,)) == []


def test_without_a_secret_one_is_made_beside_the_study_and_used_again(tmp_path: Path) -> None:
    manifest, out, kept = one_person(tmp_path / "a"), tmp_path / "study", tmp_path / "study.secret"
    assert plan(manifest, out).left == 1
    assert not kept.exists()
    first = toolkit.cohort(manifest, out=out, executor=None)
    secret = kept.read_bytes()
    assert len(secret) == 32
    assert kept.stat().st_mode & 0o077 == 0
    assert not [name for name, data in bytes_of(out).items() if secret in data]
    toolkit.cohort(manifest, out)
    assert plan(manifest, out).done == 1
    assert first.runs.collect()["person"].to_list() == [account.pseudonym(secret, "Zebulon Pike")]
    kept.unlink()
    with pytest.raises(ToolkitError, match="another secret"):
        toolkit.cohort(manifest, out)
    assert not kept.exists()
    assert withdraw("Zebulon Pike", out, secret=secret) == 4


def test_a_secret_that_is_hardly_random_is_refused(tmp_path: Path) -> None:
    for weak in (bytes(4_096), b"abcdefg" * 5):  # /dev/zero, or a word over and over
        with pytest.raises(ToolkitError, match="hardly random"):
            toolkit.cohort(one_person(tmp_path / "a"), tmp_path / "s", Here(), secret=weak)


def test_a_study_from_a_stranger_leads_nowhere_and_breaks_nothing(tmp_path: Path) -> None:
    manifest, place = one_person(tmp_path / "a"), tmp_path / "s"
    study = toolkit.cohort(manifest, place, Here(), secret=SECRET)
    pid = account.pseudonym(SECRET, "Zebulon Pike")
    (tmp_path / "elsewhere").mkdir()
    for table in ("records", "activations"):
        (place / f"{table}/person={pid}/{table}.parquet").rename(tmp_path / "elsewhere" / f"{table}.parquet")
    with pytest.raises(ToolkitError, match="missing or damaged"):
        study.table(min_persons=2)
    run = json.loads((place / f"runs/{pid}.json").read_text())
    (place / f"runs/{pid}.json").write_text(json.dumps(run | {"person": "/../../../elsewhere"}))
    toolkit.cohort(manifest, place, Here(), secret=SECRET)
    assert study.runs.collect()["person"].to_list() == [pid]  # whose marker named another: done again
    (place / "runs" / "0.json").write_text("[" * 100_000)
    toolkit.cohort(manifest, place, Here(), secret=SECRET)
    (place / "study.json").write_text("[" * 100_000)
    with pytest.raises(ToolkitError, match="damaged"):
        toolkit.cohort(manifest, place, Here(), secret=SECRET)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "https://a.test/x", "ftp://a.test/x", "github://a:b@/x"])
def test_a_manifest_makes_nobody_ask_a_web_server(tmp_path: Path, url: str) -> None:
    study = toolkit.cohort(one_person(tmp_path / "a", sources=url), tmp_path / "s", Here(), secret=SECRET)
    assert study.runs.collect().select("state", "code").rows() == [("failed", "ToolkitError")]


def test_a_killed_workers_halves_are_gone_after_the_next_run(tmp_path: Path) -> None:
    manifest, place = one_person(tmp_path / "a"), tmp_path / "s"
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    half = f"{whole.PREFIX}{whole._here()}-{gone.pid}-abc"
    for folder in ("", "runs", f"records/person={account.pseudonym(SECRET, 'Zebulon Pike')}"):
        (place / folder).mkdir(parents=True, exist_ok=True)
        (place / folder / half).touch()
    toolkit.cohort(manifest, place, Here(), secret=SECRET)
    assert not list(place.rglob(half))


def test_only_the_studys_own_secret_withdraws(tmp_path: Path) -> None:
    toolkit.cohort(one_person(tmp_path / "a"), tmp_path / "s", Here(), secret=SECRET)
    with pytest.raises(ToolkitError, match="another secret"):
        withdraw("Zebulon Pike", tmp_path / "s", secret=SECRET[::-1])
    with pytest.raises(ToolkitError, match="no study"):
        withdraw("Zebulon Pike", tmp_path / "elsewhere", secret=SECRET)
    with pytest.raises(ToolkitError, match="shorter"):
        toolkit.cohort(one_person(tmp_path / "a"), tmp_path / "t", Here(), secret=b"word")
    assert not (tmp_path / "elsewhere").exists()


# --- Death -------------------------------------------------------------------------------------------------------


class Dying(Here):
    """Its processes die over some people, once or whenever they are read."""

    def __init__(self, over: set[str], always: bool) -> None:
        super().__init__()
        self.over, self.always = over, always

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        task = args[0]
        if task.person in self.over and (self.always or not task.isolated):
            self.tasks.append(task)
            future: Future[Any] = Future()
            future.set_exception(RuntimeError("KilledWorker: Zebulon"))
            return future
        return super().submit(fn, *args, **kwargs)


@pytest.mark.parametrize("always", [False, True])
def test_who_kills_a_process_is_tried_once_more_alone_and_then_is_a_row(
    few: Path, small: Study, tmp_path: Path, always: bool
) -> None:
    victims = set(small.runs.filter(state="done").collect()["person"].sort().head(2))
    executor = Dying(victims, always)
    other = toolkit.cohort(few, tmp_path / "s", executor, secret=SECRET, texts=True)
    assert sum(task.isolated for task in executor.tasks) == len(victims)
    if not always:
        assert tables_of(other.place) == tables_of(small.place)
        return
    runs = other.runs.filter(pl.col("person").is_in(victims)).collect()
    assert set(runs["code"]) == {"ProcessDied"}
    assert canaries(tmp_path / "s", ("Zebulon",)) == []
    healed = toolkit.cohort(few, tmp_path / "s", Here(), secret=SECRET, texts=True)
    assert tables_of(healed.place) == tables_of(small.place)
    assert same_runs(healed, small)


def test_a_place_that_cannot_be_written_stops_the_study_and_blames_nobody(tmp_path: Path) -> None:
    manifest = one_person(tmp_path / "a")
    (tmp_path / "s" / "records").mkdir(parents=True)
    (tmp_path / "s" / "records" / f"person={account.pseudonym(SECRET, 'Zebulon Pike')}").write_text("in the way")
    with pytest.raises(ToolkitError, match="folder cannot be made"):
        toolkit.cohort(manifest, tmp_path / "s", Here(), secret=SECRET)
    assert not list((tmp_path / "s").glob("runs/*"))


def test_a_study_is_never_written_where_exports_lie(tmp_path: Path) -> None:
    manifest = one_person(tmp_path / "a")
    with pytest.raises(ToolkitError, match="beside the export"):
        toolkit.cohort(manifest, tmp_path / "a" / "in", Here(), secret=SECRET)


_DRIVER = """
import os, signal, sys, toolkit
if __name__ == "__main__":
    def told(done, total, run, fresh):
        print(done, int(fresh), flush=True)
        if sys.argv[3:] and done == 1: os.kill(run.process, signal.SIGKILL)
        if sys.argv[3:] and done == 8: os.kill(os.getpid(), signal.SIGKILL)
    toolkit.cohort(sys.argv[1], sys.argv[2], secret=bytes(range(32)), texts=True, processes=2, progress=told)
"""


def driver(manifest: Path, place: Path, *more: str) -> list[tuple[int, int]]:
    """What a study in a process of its own says of everybody; ends when neither it nor a worker holds the pipe."""
    script = place.parent / "driver.py"
    script.write_text(_DRIVER)
    command = [sys.executable, "-P", str(script), str(manifest), str(place), *more]
    said = subprocess.run(command, capture_output=True, text=True, check=not more).stdout
    return [(int(done), int(fresh)) for done, fresh in map(str.split, said.splitlines())]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_after_a_killed_worker_and_a_killed_driver_a_rerun_ends_with_the_same_result(
    few: Path, small: Study, tmp_path: Path
) -> None:
    place = tmp_path / "s"
    assert len(driver(few, place, "killing")) == 8
    finished = {path.stem for path in place.glob("runs/*.json")}
    assert 8 <= len(finished) < runs_of(small) - 2
    marks = {path: path.stat().st_mtime_ns for path in place.glob("runs/*.json")}
    fresh = sum(fresh for _, fresh in driver(few, place))
    runs = Study(str(place)).runs.collect()
    retried = runs.filter(pl.col("person").is_in(finished) & (pl.col("fingerprint") == ""))  # their file is not there
    assert fresh == runs.height - len(finished) + retried.height
    again = {path.stem for path, when in marks.items() if path.stat().st_mtime_ns != when}
    assert again == set(retried["person"])
    assert tables_of(place) == tables_of(small.place)
    assert same_runs(Study(str(place)), small)


def test_a_process_that_dies_at_once_over_everybody_stops_the_study(tmp_path: Path) -> None:
    class Broken(Executor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            raise BrokenProcessPool

    with pytest.raises(ToolkitError, match="No process"):
        toolkit.cohort(one_person(tmp_path / "a"), tmp_path / "s", Broken(), secret=SECRET)


# --- Counts and shares -------------------------------------------------------------------------------------------


def each(*rows: tuple[str, int, int]) -> pl.DataFrame:
    """Counts of persons: likely ones, and no sign."""
    long = []
    for person, likely, none in rows:
        long += [("google", False, person, "likely", likely)] * (likely > 0)
        long += [("google", False, person, "no_sign", none)] * (none > 0)
    schema = ["vendor", "marks", "person", "accidental", "activations"]
    return pl.DataFrame(long, schema=schema, orient="row").with_columns(pl.col("accidental").cast(ACCIDENTAL))


def test_the_interval_of_a_share_is_cochrans_by_hand() -> None:
    table = _table(each(("a", 1, 9), ("b", 0, 20), ("c", 6, 24)), ["vendor", "marks"], 1)
    likely = table.row(by_predicate=pl.col("accidental") == "likely", named=True)
    share = 7 / 60
    squares = (1 - share * 10) ** 2 + (0 - share * 20) ** 2 + (6 - share * 30) ** 2
    error = math.sqrt(3 / 2 * squares) / 60
    odds = math.log(share / (1 - share))
    half = 4.302653 * error / (share * (1 - share))
    assert likely["share"] == pytest.approx(share)
    assert likely["low"] == pytest.approx(1 / (1 + math.exp(-(odds - half))))
    assert likely["high"] == pytest.approx(1 / (1 + math.exp(-(odds + half))))
    assert (likely["persons_low"], likely["persons_high"]) == pytest.approx(wilson(2, 3))


@pytest.mark.parametrize(
    ("degrees", "quantile"), [(1, 12.7062), (2, 4.3027), (3, 3.1824), (9, 2.2622), (29, 2.0452), (1_000, 1.9623)]
)
def test_students_quantiles_are_those_of_the_tables(degrees: int, quantile: float) -> None:
    assert student(degrees) == pytest.approx(quantile, abs=0.03 if degrees < 9 else 2e-4)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=2, max_size=30))
def test_an_interval_holds_its_share_and_stays_between_0_and_1(counts: list[tuple[int, int]]) -> None:
    hits, of = sum(x for x, _ in counts), sum(x + rest for x, rest in counts)
    share = hits / of
    low, high = ratio(hits, of, sum((x - share * (x + rest)) ** 2 for x, rest in counts), len(counts))
    assert low is not None
    assert high is not None
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1


def test_intervals_of_whole_persons_hold_the_truth_about_as_often_as_they_say() -> None:
    from dice import Dice

    dice, held, times = Dice(7), 0, 400
    for _ in range(times):
        drawn = []
        for _ in range(40):
            of, own = dice.between(5, 200), dice.roll() * 0.2  # each person has an own rate; mean 0.1
            drawn.append((sum(dice.roll() < own for _ in range(of)), of))
        hits, total = sum(x for x, _ in drawn), sum(n for _, n in drawn)
        low, high = ratio(hits, total, sum((x - hits / total * n) ** 2 for x, n in drawn), 40)
        held += low <= 0.1 <= high  # type: ignore[operator]
    assert 0.92 <= held / times <= 0.98


def test_small_cells_are_hidden_and_cannot_be_worked_out_from_the_rest() -> None:
    schema = ["vendor", "marks", "person", "accidental", "activations"]
    rows = [("amazon", True, str(n), "no_sign", 5) for n in range(20)]
    rows += [("amazon", True, str(n), "possible", 1) for n in range(12)]
    rows += [("amazon", True, "0", "likely", 3)]
    rows += [("google", False, str(n), "no_sign", 5) for n in range(3)]
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col("accidental").cast(ACCIDENTAL))
    table = _table(frame, ["vendor", "marks"], 10)
    hidden = table.filter("suppressed")
    assert set(hidden.filter(vendor="amazon")["accidental"]) == {"likely", "possible"}
    assert hidden.filter(vendor="amazon")["activations"].null_count() == 2
    google = table.filter(vendor="google")
    assert google["suppressed"].all()
    assert google.select("persons", "voice", "activations", "share").null_count().row(0) == (4, 4, 4, 4)
    assert "provider_marked" not in google["accidental"].to_list()


def test_a_table_is_never_over_makers_that_differ_in_what_they_mark(study: Study) -> None:
    table = study.table(min_persons=2)
    assert table.columns[:2] == ["vendor", "marks"]
    assert {(row["vendor"], row["marks"]) for row in table.to_dicts()} >= {
        ("amazon", True),
        ("amazon", False),
        ("google", False),
    }
    with pytest.raises(ToolkitError):
        study.table(by=["person"])
    whole = study.table(min_persons=2).filter(~pl.col("suppressed"))
    groups = whole.group_by("vendor", "marks").agg(pl.col("activations").sum(), pl.col("voice").first(), pl.len())
    assert all(counted == voice for _, marks, counted, voice, n in groups.iter_rows() if n == 4 + marks)


@pytest.mark.parametrize("by", [["product"], ["month"], ["language"], ["product", "month"]])
def test_a_study_is_counted_by_what_is_asked(study: Study, by: list[str]) -> None:
    table = study.table(by, min_persons=2)
    assert table.columns[2 : 2 + len(by)] == by
    assert table.height > 4


def test_counts_are_lazy_and_add_up(study: Study) -> None:
    counts = study.counts()
    assert isinstance(counts, pl.LazyFrame)
    total = study.runs.select(pl.col("activations").sum()).collect().item()
    assert counts.select(pl.col("activations").sum()).collect().item() == total


# --- Labels ------------------------------------------------------------------------------------------------------


def test_sheets_are_blind_seeded_and_alike_but_for_their_order(study: Study) -> None:
    one, other = sheets(study, 30, "seed")
    assert one.columns == ["item", "language", "transcript", "verdict"]
    assert one.height == 30
    assert one["item"].to_list() != other["item"].to_list()
    assert one.sort("item").equals(other.sort("item"))
    assert one.equals(sheets(study, 30, "seed")[0])
    assert set(one["item"]) != set(sheets(study, 30, "another")[0]["item"])
    assert set(one["verdict"]) == {""}
    assert set(sheets(study, 10, "seed")[0]["item"]) < set(one["item"])


def test_agreement_is_cohens_kappa_of_the_filled_sheets() -> None:
    head = "item,language,transcript,verdict\n"
    one = head + "a,en,x,accidental\nb,en,x,meant\nc,en,x,Meant\nd,en,x,\n"
    other = head + "b,en,x,meant\na,en,x,accidental\nc,en,x,accidental\nd,en,x,meant\n"
    both, same, kappa = agreement(one.encode(), other.encode())
    assert (both, same) == (3, 2)
    assert kappa == pytest.approx((2 / 3 - 4 / 9) / (1 - 4 / 9))
    for wrong in (head + "a,en,x,Zebulon\n", "Zebulon\n1\n", "item,verdict\na\n"):
        with pytest.raises(ToolkitError) as told:
            agreement(wrong.encode(), other.encode())
        assert "Zebulon" not in str(told.value)


def test_without_texts_there_is_nothing_to_label(tmp_path: Path) -> None:
    study = toolkit.cohort(one_person(tmp_path / "a"), tmp_path / "s", Here(), secret=SECRET)
    with pytest.raises(ToolkitError, match="nothing to label"):
        sheets(study, 10, "seed")


# --- Manifests ---------------------------------------------------------------------------------------------------

WRONG = {
    "no columns": "Zebulon,Pike\n1,2\n",
    "another column": "person,sources,Zebulon\na,b,c\n",
    "twice": "person,sources\nZebulon,a\nZebulon,b\n",
    "no person": "person,sources\n,a\n",
    "no sources": "person,sources\nZebulon,\n",
    "ragged": "person,sources\nZebulon,a,b\n",
    "zone": "person,sources,timezone\nZebulon,a,Zebulon/Pike\n",
    "language": "person,sources,language\nZebulon,a,Zebulonish!\n",
    "consent": "person,sources,consent\na,b,Zebulon\n",
    "withdrawn": "person,sources,withdrawn\na,b,Zebulon\n",
    "controls": "person,sources\nZebulon\x1b[31m,a\n",
    "long": f"person,sources\n{'Zebulon' * 100},a\n",
    "quote": 'person,sources\n"Zebulon,a\n',
    "empty": "",
    "header only": "person,sources\n",
    "not text": "person,sources\nZ\udcffbulon,a\n",
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_manifest_is_refused_by_row_and_never_by_value(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    path.write_bytes(WRONG[kind].encode("utf-8", "surrogateescape"))
    with pytest.raises(ToolkitError) as told:
        people(str(path))
    assert "ebulon" not in told.value.message + told.value.advice


def test_a_manifest_may_be_csv_or_parquet(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(
        "person,sources,timezone,consent,withdrawn\nZo\u00eb,a.zip;/b/c.zip,Europe/Berlin,texts,\nB,s3://x/y.zip,,,yes\n",
        "utf-8",
    )
    pl.DataFrame(
        {
            "person": ["Zo\u00eb", "B"],
            "sources": [["a.zip", "/b/c.zip"], ["s3://x/y.zip"]],
            "timezone": ["Europe/Berlin", None],
            "consent": ["texts", None],
            "withdrawn": [False, True],
        }
    ).write_parquet(tmp_path / "m.parquet")
    found = people(str(tmp_path / "m.csv"))
    assert found == people(str(tmp_path / "m.parquet"))
    assert found[0].sources == (str(tmp_path / "a.zip"), "/b/c.zip")
    assert [one.withdrawn for one in found] == [False, True]
    assert {one.consent for one in found} <= set(CONSENTS)


# --- Places ------------------------------------------------------------------------------------------------------


def the_same_store(store: Local | Remote) -> None:
    store.put("a/person=x/t.parquet", b"1")
    store.put("a/person=x/t.parquet", b"2")
    with store.writing("whole.parquet") as path:
        path.write_bytes(b"3")
    assert store.get("a/person=x/t.parquet") == b"2"
    assert store.get("a/none") is None
    assert store.names() == ["a/person=x/t.parquet", "whole.parquet"]
    assert store.names("a") == ["a/person=x/t.parquet"]
    assert store.names("nothing") == []
    store.remove(["a/person=x/t.parquet", "a/never"])
    assert store.names() == ["whole.parquet"]
    with pytest.raises(KeyError), store.writing("whole.parquet") as path:
        raise KeyError(path.write_bytes(b"half"))
    assert store.get("whole.parquet") == b"3"


def test_a_folder_is_a_store(tmp_path: Path) -> None:
    the_same_store(Local(tmp_path / "s"))
    assert list(bytes_of(tmp_path / "s")) == ["whole.parquet"]


def test_fsspec_is_a_store(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    store = open_store(f"file://{tmp_path / 's'}")
    assert isinstance(store, Remote)
    store._files.auto_mkdir = True
    the_same_store(store)


def test_without_fsspec_a_url_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(ToolkitError) as told:
        open_store("s3://bucket/study")
    assert "[remote]" in told.value.advice


def test_any_executor_will_do(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as executor:
        study = toolkit.cohort(one_person(tmp_path / "a"), tmp_path / "s", executor, secret=SECRET)
    assert study.runs.collect().schema == RUNS
