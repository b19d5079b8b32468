"""What is written is whole or not there, whatever goes wrong: a full disk, no permission, a kill, Ctrl-C."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email import message_from_bytes
from pathlib import Path

import polars as pl
import pytest

import toolkit
from toolkit import whole
from toolkit.problems import ToolkitError
from toolkit.write import AUDIT, DATABASE, FORMATS
from writer import SHORT

HERE = Path(__file__).parent
SAMPLE = HERE.parent / "sample_exports" / "google-takeout-json-en"
COMMAND = [sys.executable, "-P", "-c", "from toolkit.cli import main; main()"]
HALF = ".voice-history-*"
posix = pytest.mark.skipif(sys.platform == "win32", reason="limits and signals as on POSIX")
KILLS = [pytest.param(n, marks=[] if n < 4 else [pytest.mark.long]) for n in range(50)]


@pytest.fixture(scope="module")
def export() -> toolkit.Export:
    return toolkit.load(SAMPLE)


def ran(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", str(HERE / "writer.py"), *map(str, arguments)]
    path = os.pathsep.join([str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path, **more}
    )


def left(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@contextmanager
def anybody() -> Iterator[None]:
    """As a user without rights, where the tests run as one who may do everything."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root:
        try:
            os.seteuid(65_534)
        except OSError:
            pytest.skip("there is no other user in this name space")
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@posix
def test_a_full_disk_leaves_the_older_file_or_none(tmp_path: Path) -> None:
    for form in FORMATS:
        (tmp_path / form).mkdir()
        (tmp_path / form / "records.parquet").write_text("older")
    ended = ran("full", SAMPLE, tmp_path)

    told = json.loads(ended.stdout)
    assert told.keys() == FORMATS.keys()
    assert all("cannot be written" in message for message in told.values())
    assert left(tmp_path) == sorted(f"{form}/records.parquet" for form in FORMATS)
    assert (tmp_path / "parquet" / "records.parquet").read_text() == "older"


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_the_standard_output_is_said_so() -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*COMMAND, "read", SAMPLE, "--format", "csv"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


@posix
@pytest.mark.skipif(not shutil.which("unshare"), reason="no unshare here")
@pytest.mark.parametrize(
    "verb", [("read", "--output", "DISK/a.csv"), ("checklist", "--law", "gdpr", "--folder", "DISK/c")]
)
def test_a_disk_that_is_really_full_holds_no_half_file(tmp_path: Path, verb: tuple[str, ...]) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    name, *options = [part.replace("DISK", str(disk)) for part in verb]
    script = 'mount -t tmpfs -o size=4k none "$0" || exit 77; shift 0; "$@"; code=$?; find "$0" -type f; exit $code'
    ended = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, disk, *COMMAND, name, SAMPLE, *options],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode == 77 or "unshare:" in ended.stderr:
        pytest.skip("no file system can be mounted here")
    assert ended.returncode == 2
    assert "cannot be written" in ended.stderr
    assert ended.stdout == ""


@posix
def test_a_folder_nobody_may_write_to_is_a_clear_sentence(tmp_path: Path, export: toolkit.Export) -> None:
    target = tmp_path / "mine"
    target.mkdir(mode=0o555)
    with anybody(), pytest.raises(ToolkitError, match=r"cannot be (written|made)"):
        toolkit.write(export, target)
    with anybody(), pytest.raises(ToolkitError, match="cannot be made"):
        toolkit.write(export, target / "deeper")
    assert left(tmp_path) == []


@posix
def test_what_is_no_ordinary_file_is_never_replaced(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for place in (pipe, link, tmp_path):
        with pytest.raises(ToolkitError, match="no file"):
            whole.put([b"x"], place)
    assert pipe.is_fifo()
    assert link.is_symlink()
    whole.put([b"x"], tmp_path / "new")
    assert left(tmp_path) == ["new"]


def sound(path: Path, heights: set[int]) -> bool:
    """Whether a file of records is one of the two that were written in turns."""
    if path.suffix == ".parquet":
        return pl.read_parquet(path).height in heights
    if path.suffix == ".sqlite":
        with closing(sqlite3.connect(path)) as database:
            intact = database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            return intact and database.execute("SELECT count(*) FROM records").fetchone()[0] in heights
    if path.suffix == ".jsonl":
        return len([json.loads(line) for line in path.read_text("utf-8").splitlines()]) in heights
    return pl.read_csv(path, infer_schema=False).height in heights


@posix
@pytest.mark.parametrize("number", KILLS)
def test_a_killed_writer_leaves_every_file_whole_old_or_new(
    tmp_path: Path, export: toolkit.Export, number: int
) -> None:
    delay = random.Random(number).uniform(0.0, 0.4)  # noqa: S311
    toolkit.write(export, tmp_path, formats=FORMATS)
    names = left(tmp_path)
    ended = ran("killed", SAMPLE, tmp_path, str(delay))

    assert ended.returncode == -signal.SIGKILL
    assert [name for name in left(tmp_path) if not name.startswith(HALF[:-1])] == names
    assert json.loads((tmp_path / AUDIT).read_text())["files"]
    for name in (f"records.{form}" for form in ("parquet", "csv", "jsonl")):
        assert sound(tmp_path / name, {export.records.height, SHORT}), name
    assert sound(tmp_path / DATABASE, {export.records.height, SHORT})


VERBS = {
    "read": ["read", "--show-text", "--output", "OUT/records.csv"],
    "report": ["report", "--output", "OUT/report.html"],
    "write": ["write", "--to", "OUT", *(part for form in FORMATS for part in ("--format", form))],
    "checklist": ["checklist", "--law", "gdpr", "--folder", "OUT"],
}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough entries for writing to take a while."""
    path = tmp_path_factory.mktemp("given") / "Transcriptions.csv"
    rows = (
        f"2024-01-{n % 28 + 1:02} 10:{n % 60:02}:{n // 60 % 60:02},alexa play number {n}\r\n" for n in range(10_000)
    )
    path.write_text("Timestamp,Transcript\r\n" + "".join(rows), newline="")
    return path


def done(name: str, out: Path, table: Path, delay: float = -1) -> subprocess.CompletedProcess[str]:
    return ran("verb", str(delay), *(part.replace("OUT", str(out)) for part in VERBS[name]), table)


@pytest.fixture(scope="module", params=VERBS)
def alone(
    request: pytest.FixtureRequest, table: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, dict[str, bytes], float]:
    """What a verb writes when it is left alone, and how many seconds it writes."""
    out = tmp_path_factory.mktemp(request.param)
    said = done(request.param, out, table)
    assert said.returncode in (0, 1)
    return request.param, {file: (out / file).read_bytes() for file in left(out)}, float(said.stderr.splitlines()[-1])


def same(name: str, one: bytes, other: bytes) -> bool:
    """Whether a file is the whole one; some tell the moment at which they were made."""
    if name.endswith((".sqlite", ".parquet")):
        return len(one) == len(other)
    if name.endswith(".eml"):  # its parts are told apart by a line of chance
        one, other = (b"".join(part.as_bytes() for part in message_from_bytes(text).walk()) for text in (one, other))
        one, other = (_BOUNDARY.sub(b"", text) for text in (one, other))
    return _MOMENT.sub(b"", one) == _MOMENT.sub(b"", other)


_BOUNDARY = re.compile(rb"={3,}\d+==")
_MOMENT = re.compile(rb"\d{4}-?\d\d-?\d\d[ T]\d\d:?\d\d[:.+\d]*|[0-9a-f]{64}")


@posix
@pytest.mark.parametrize("number", [pytest.param(n, marks=[] if n < 1 else [pytest.mark.long]) for n in range(13)])
def test_a_killed_verb_leaves_each_file_whole_or_absent_and_the_next_one_tidies_up(
    tmp_path: Path, table: Path, alone: tuple[str, dict[str, bytes], float], number: int
) -> None:
    verb, wanted, seconds = alone
    delay = random.Random(f"{verb} {number}").uniform(0.0, seconds)  # noqa: S311

    assert done(verb, tmp_path, table, delay).returncode in (-signal.SIGKILL, 0, 1)
    for name in left(tmp_path):
        assert name.startswith(HALF[:-1]) or same(name, (tmp_path / name).read_bytes(), wanted[name]), name
    assert done(verb, tmp_path, table).returncode in (0, 1)
    assert left(tmp_path) == sorted(wanted)
    assert [name for name in wanted if not same(name, (tmp_path / name).read_bytes(), wanted[name])] == []


@posix
def test_halves_of_running_processes_and_of_other_computers_stay(tmp_path: Path) -> None:
    halves = [f"{whole.PREFIX}{whole._here()}-{os.getpid()}-abc", f"{whole.PREFIX}00000000-1-abc", f"{whole.PREFIX}abc"]
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    dead = f"{whole.PREFIX}{whole._here()}-{gone.pid}-abc"
    for name in (*halves, dead, f"{dead}-journal"):
        (tmp_path / name).touch()
    whole.tidy(tmp_path)
    assert left(tmp_path) == sorted(halves)
    whole.tidy(tmp_path / "absent")


@posix
def test_ctrl_c_ends_a_command_cleanly(tmp_path: Path) -> None:
    given, out, home = (tmp_path / name for name in ("given", "out", "home"))
    for folder in (given / "a", given / "b", out, home):
        folder.mkdir(parents=True)
    heading = b"Timestamp,Transcript\r\n2024-01-01 10:00:00,stop\r\n"
    (given / "a" / "Transcriptions.csv").write_bytes(heading)
    (given / "b" / "Transcriptions.csv").write_bytes(heading + b"2024-01-01 10:00:00,stop\r\n" * 2_000_000)
    places = {name: str(home) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    running = subprocess.Popen(
        [*COMMAND, "read", given, "--output", out / "a.csv"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **places},
    )
    assert running.stderr
    assert "1 entry" in running.stderr.readline()  # the first file is read, the second is at hand
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does
    said = running.communicate()[1]

    assert running.returncode == 130
    assert "Traceback" not in said
    assert [*left(out), *left(home)] == []
    with pytest.raises(ProcessLookupError):
        os.killpg(running.pid, 0)  # the reading process is gone with it
