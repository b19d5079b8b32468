"""What a study costs: exports a second with one process, with two, and on a local Dask cluster; memory of each.

    python benchmarks/studies.py --people 1000 --rows 100
    python benchmarks/studies.py --query STUDY --copies 10

The first makes a cohort with the seeded generator, runs every case in a process of its own and compares the results
row for row; the cluster is a scheduler and two workers as processes over TCP. Memory is that of a worker after each
person, the mean of the first tenth of persons beside that of the last. Efficiency is the wall time of one process by
that of so many and by their number, CPU efficiency the same of CPU time, whatever the number. CPU seconds are of the
driver and all its processes, so they can be compared on a machine that others use as well; wall seconds cannot.

The second asks the whole study one question, lazily, in a process of its own, and says how much memory that took;
each person's files count *copies* times, as links.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "sample_exports"))
SECRET = bytes(range(32))
CASES = {"1 process": 1, "2 processes": 2, "dask, 2 workers": 2}
COLUMNS = (
    f"{'':16}",
    " wall s",
    "  CPU s",
    "people/s",
    "  /CPU s",
    "efficiency",
    "CPU efficiency",
    "same rows",
    "MiB first>last(peak), each ",
    "people of each worker",
)


def drive(manifest: str, out: str, processes: int, scheduler: str) -> None:
    """One run, in this process and those it starts."""
    import toolkit

    before = time.perf_counter()
    if scheduler:
        import distributed

        connect: Any = distributed.Client  # its types are not complete
        with connect(scheduler, timeout=60) as client:
            client.wait_for_workers(2, timeout=120)
            before = time.perf_counter()
            toolkit.cohort(manifest, out, client.get_executor(pure=False), secret=SECRET)
            client.shutdown()
    else:
        toolkit.cohort(manifest, out, secret=SECRET, processes=processes)
    print(json.dumps({"wall": time.perf_counter() - before}))


@contextmanager
def cluster(wanted: bool) -> Iterator[str]:
    """The address of a scheduler with two workers; empty if none is wanted."""
    if not wanted:
        yield ""
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    dask = [sys.executable, "-P", "-m", "dask"]
    worker = [*dask, "worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny", "--memory-limit", "2GiB"]
    quiet: dict[str, Any] = {
        "env": {**os.environ, "POLARS_MAX_THREADS": "1", "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"},
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    with ExitStack() as stack:
        for command in ([*dask, "scheduler", "--host", address, "--no-dashboard"], worker, worker):
            process = stack.enter_context(subprocess.Popen(command, **quiet))
            stack.callback(process.terminate)
        yield address


def spent() -> float:
    """CPU seconds of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def case(name: str, manifest: Path, out: Path) -> dict[str, Any]:
    """Run one case; what it took."""
    before = spent()
    with cluster(name.startswith("dask")) as scheduler:
        command = [sys.executable, __file__, "--drive", str(manifest), str(out)]
        command += ["--scheduler", scheduler] if scheduler else ["--processes", name[0]]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {**json.loads(said), "cpu": spent() - before}


def memory(out: Path) -> list[tuple[int, float, float, float]]:
    """Of each worker: persons, mean memory over its first and its last tenth of persons, and its peak; MiB."""
    runs = [
        json.loads(path.read_bytes()) for path in sorted(out.glob("runs/*.json"), key=lambda p: p.stat().st_mtime_ns)
    ]
    found = []
    for process in sorted({run["process"] for run in runs}):
        held = [run["resident_bytes"] / 2**20 for run in runs if run["process"] == process]
        tenth = max(1, len(held) // 10)
        peak = max(run["peak_bytes"] for run in runs if run["process"] == process) / 2**20
        found.append((len(held), sum(held[:tenth]) / tenth, sum(held[-tenth:]) / tenth, peak))
    return found


def same(one: Path, other: Path) -> bool:
    """Whether all tables are the same, byte for byte, and the runs but for what was measured."""
    from toolkit.cohort import Study
    from toolkit.cohort.unit import MEASURED

    def tables(folder: Path) -> dict[str, bytes]:
        paths = [path for kind in ("records", "activations", "problems") for path in folder.glob(f"{kind}/*/*")]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}

    runs = [Study(str(folder)).runs.drop(MEASURED).collect() for folder in (one, other)]
    return runs[0].equals(runs[1]) and tables(one) == tables(other)


def report(people: int, rows: int, keep: Path | None) -> None:
    """Run all cases and print a table."""
    import cohort

    print(f"{people:,} people, {rows} rows or so each; Python {platform.python_version()}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as made:
        folder = keep or Path(made)
        cohort.write(folder / "donated", people, rows)
        size = sum(path.stat().st_size for path in (folder / "donated" / "exports").rglob("*") if path.is_file())
        print(f"{size / 1e6:,.1f} MB of exports; load of the machine before: {os.getloadavg()[0]:.1f}")
        print(" | ".join(COLUMNS))
        first: dict[str, Any] = {}
        for name, workers in CASES.items():
            out = folder / f"study-of-{name.replace(', ', '-').replace(' ', '-')}"
            took = case(name, folder / "donated" / "manifest.csv", out)
            first = first or took
            held = memory(out)
            told = (
                f"{name:16}",
                f"{took['wall']:7.1f}",
                f"{took['cpu']:7.1f}",
                f"{people / took['wall']:8.1f}",
                f"{people / took['cpu']:8.1f}",
                f"{first['wall'] / took['wall'] / workers:10.0%}",
                f"{first['cpu'] / took['cpu']:14.0%}",
                f"{same(folder / 'study-of-1-process', out)!s:9}",
                " ".join(f"{begin:.0f}>{end:.0f}({peak:.0f})" for _, begin, end, peak in held).rjust(27),
                " ".join(f"{persons}" for persons, *_ in held),
            )
            print(" | ".join(told), flush=True)


def ask(out: str) -> None:
    """One question over all records and activations of a study, and the memory it took."""
    import polars as pl

    from toolkit.cohort import Study

    study, before = Study(out), time.process_time()
    months = study.records.group_by("vendor", pl.col("time").dt.truncate("1mo"), "status").agg(
        pl.len(), pl.col("transcript_words").mean(), pl.col("person").n_unique().alias("persons")
    )
    answer = months.collect(engine="streaming")
    table = study.table(["month"], 10)
    rows = study.runs.select(pl.col("records", "activations").sum()).collect().row(0)
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    told = f"{rows[0]:,} records, {rows[1]:,} activations -> {answer.height:,} and {table.height:,} rows"
    print(f"{told}; {time.process_time() - before:.1f} CPU s, {peak:,.0f} MiB peak")


def query(study: Path, copies: int) -> None:
    """`ask` of a study in which everybody occurs *copies* times."""
    with tempfile.TemporaryDirectory(dir=study.parent) as made:
        for path in sorted(study.rglob("person=*/*.parquet")):
            kind, person = path.parts[-3], path.parts[-2].removeprefix("person=")
            for copy in range(copies):
                to = Path(made) / kind / f"person={copy:04}{person[4:]}" / path.name
                to.parent.mkdir(parents=True)
                os.link(path, to)
        for path in study.glob("runs/*.json"):
            for copy in range(copies):
                to = Path(made) / "runs" / f"{copy:04}{path.name[4:]}"
                to.parent.mkdir(exist_ok=True)
                to.write_bytes(path.read_bytes().replace(path.stem.encode(), to.stem.encode()))
        from toolkit.cohort import account
        from toolkit.cohort.store import Local

        account.whole(Local(Path(made)))
        subprocess.run([sys.executable, __file__, "--ask", made], check=True)


def main() -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--keep", type=Path, help="folder for cohort and studies, instead of a temporary one")
    parser.add_argument("--query", type=Path, metavar="STUDY")
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--ask", help=argparse.SUPPRESS)
    parser.add_argument("--drive", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--processes", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--scheduler", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ask:
        ask(options.ask)
    elif options.drive:
        manifest, out = options.drive
        drive(manifest, out, options.processes, options.scheduler)
    elif options.query:
        query(options.query, options.copies)
    else:
        report(options.people, options.rows, options.keep)


if __name__ == "__main__":
    main()
