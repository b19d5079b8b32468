"""Studies on a Dask cluster and in an object store; skipped where these are not installed."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import polars as pl
import pytest

import cohort as generator
import toolkit
from toolkit.cohort import Study, plan, sheets, withdraw
from toolkit.cohort.account import pseudonym
from toolkit.cohort.unit import MEASURED

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("default")]
SECRET = bytes(range(32))
MOTO = shutil.which(os.environ.get("VOICE_HISTORY_MOTO", "moto_server"))  # an S3 server of its own environment


@pytest.fixture(scope="module")
def donated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("donated")
    generator.write(folder, 60, rows=30, seed=468)
    return folder


@pytest.fixture(scope="module")
def study(donated: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return toolkit.cohort(
        donated / "manifest.csv", tmp_path_factory.mktemp("s"), secret=SECRET, texts=True, processes=2
    )


def same(one: Study, other: Study) -> bool:
    pairs = [
        (one.runs.drop(MEASURED, "fingerprint"), other.runs.drop(MEASURED, "fingerprint")),
        *((getattr(one, name), getattr(other, name)) for name in ("records", "activations", "problems")),
    ]
    return all(first.collect().equals(second.collect()) for first, second in pairs)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "POLARS_MAX_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def cluster(workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and its workers, each a process, over TCP on loopback."""
    address = f"tcp://127.0.0.1:{free_port()}"
    dask = (sys.executable, "-P", "-m", "dask")
    with ExitStack() as stack:
        stack.enter_context(running(*dask, "scheduler", "--host", address, "--no-dashboard"))
        more = ("--nthreads", "1", "--no-dashboard", "--no-nanny", "--memory-limit", "2GiB", "--death-timeout", "60")
        yield address, [stack.enter_context(running(*dask, "worker", address, *more)) for _ in range(workers)]


def test_a_cluster_gives_the_same_rows_even_if_a_worker_is_killed(donated: Path, study: Study, tmp_path: Path) -> None:
    distributed: Any = pytest.importorskip("distributed")
    with cluster(2) as (address, workers), distributed.Client(address, timeout=60) as client:
        client.wait_for_workers(2, timeout=60)
        used = set()

        def told(done: int, total: int, run: Any, fresh: bool) -> None:
            used.add(run.process)
            if done == 12:
                workers[0].kill()

        with client.get_executor(pure=False) as executor:
            other = toolkit.cohort(
                donated / "manifest.csv", tmp_path / "s", executor, secret=SECRET, texts=True, progress=told
            )
    assert used == {worker.pid for worker in workers}
    assert same(study, other)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An S3 server on loopback with an empty bucket; the usual variables point to it, for worker processes too."""
    pytest.importorskip("obstore")
    pytest.importorskip("fsspec")
    if not MOTO:
        pytest.skip("no moto_server on the PATH, nor named by VOICE_HISTORY_MOTO")
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    with running(MOTO, "-H", "127.0.0.1", "-p", str(port)):
        _until_it_answers(endpoint)
        _request("PUT", f"{endpoint}/lab")
        yield "s3://lab"


def _until_it_answers(endpoint: str) -> None:
    for _ in range(200):
        try:
            urlopen(endpoint, timeout=5).close()  # noqa: S310 - our own server
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the S3 server does not start")


def _request(method: str, url: str) -> None:
    urlopen(Request(url, method=method), timeout=10).close()  # noqa: S310 - our own server


def test_an_object_store_is_source_and_target(donated: Path, study: Study, bucket: str) -> None:
    from obstore.store import S3Store

    store = S3Store("lab")
    for path in sorted(donated.rglob("*")):
        if path.is_file():
            store.put(path.relative_to(donated).as_posix(), path.read_bytes())
    told = {"secret": SECRET, "texts": True}
    manifest, place = f"{bucket}/manifest.csv", f"{bucket}/study"
    other = toolkit.cohort(manifest, place, processes=2, **told)  # type: ignore[arg-type]
    assert same(study, other)
    assert other.table(min_persons=2).equals(study.table(min_persons=2))
    assert sheets(other, 10, "seed")[0].equals(sheets(study, 10, "seed")[0])
    left = plan(manifest, place, **told)  # type: ignore[arg-type]
    assert (left.done, left.left, left.missing) == (57, 0, 1)
    fresh: list[bool] = []
    toolkit.cohort(manifest, place, processes=1, progress=lambda *t: fresh.append(t[3]), **told)  # type: ignore[arg-type]
    assert sum(fresh) == 1  # whose file is not there
    gone = other.runs.filter(pl.col("records") > 0).collect()["person"][0]
    name = next(
        row["person"]
        for row in json.loads((donated / "truth.json").read_text())
        if pseudonym(SECRET, row["person"]) == gone
    )
    assert withdraw(name, place, secret=SECRET) == 4
    paths = [one["path"] for batch in store.list("study/") for one in batch]
    assert paths
    assert not [path for path in paths if gone in path or gone.encode() in bytes(store.get(path).bytes())]
    for whole in ("runs", "problems"):
        assert gone not in pl.read_parquet(f"{place}/{whole}.parquet")["person"].to_list()
