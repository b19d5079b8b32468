"""What is written is whole or not there, whatever goes wrong: a full disk, no permission, a kill, Ctrl-C."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import polars as pl
import pytest

import toolkit
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
        os.seteuid(65_534)
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
    done = ran("full", SAMPLE, tmp_path)

    told = json.loads(done.stdout)
    assert told.keys() == FORMATS.keys()
    assert all("cannot be written" in message for message in told.values())
    assert left(tmp_path) == sorted(f"{form}/records.parquet" for form in FORMATS)
    assert (tmp_path / "parquet" / "records.parquet").read_text() == "older"


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_the_standard_output_is_said_so() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "read", SAMPLE, "--format", "csv"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


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
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, disk, *COMMAND, name, SAMPLE, *options],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 77 or "unshare:" in done.stderr:
        pytest.skip("no file system can be mounted here")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert done.stdout == ""


@posix
def test_a_folder_nobody_may_write_to_is_a_clear_sentence(tmp_path: Path, export: toolkit.Export) -> None:
    target = tmp_path / "mine"
    target.mkdir(mode=0o555)
    with anybody(), pytest.raises(ToolkitError, match=r"cannot be (written|made)"):
        toolkit.write(export, target)
    with anybody(), pytest.raises(ToolkitError, match="cannot be made"):
        toolkit.write(export, target / "deeper")
    assert left(tmp_path) == []


def whole(path: Path, heights: set[int]) -> bool:
    """Whether a file of records is one of the two that were written in turns."""
    if path.suffix == ".parquet":
        return pl.read_parquet(path).height in heights
    if path.suffix == ".sqlite":
        with closing(sqlite3.connect(path)) as database:
            sound = database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            return sound and database.execute("SELECT count(*) FROM records").fetchone()[0] in heights
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
    done = ran("killed", SAMPLE, tmp_path, str(delay))

    assert done.returncode == -signal.SIGKILL
    assert [name for name in left(tmp_path) if not name.startswith(HALF[:-1])] == names
    assert json.loads((tmp_path / AUDIT).read_text())["files"]
    for name in (f"records.{form}" for form in ("parquet", "csv", "jsonl")):
        assert whole(tmp_path / name, {export.records.height, SHORT}), name
    assert whole(tmp_path / DATABASE, {export.records.height, SHORT})


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
