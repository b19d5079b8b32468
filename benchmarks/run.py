"""Paired measurements: our readers beside the plainest way to get at the same bytes.

    python benchmarks/run.py --rows 1000000 --rounds 3

Each case runs in a process of its own, cases take turns (A B A B ...), and a round counts only if the rows are right.
Reported are medians of CPU seconds (user + system, children included), wall seconds and peak memory, and both times as
multiples of the plainest case; imports are left out. On a busy machine only the CPU seconds mean anything.
The files are made by the seeded generator in `sample_exports` and deleted afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "sample_exports"))


def plain_csv(path: str) -> tuple[int, int]:
    """Rows and total characters of all texts, by `polars.read_csv` alone."""
    import polars as pl

    frame = pl.read_csv(path, infer_schema=False)
    return frame.height, _characters(frame.to_series(1))


def plain_json(path: str) -> tuple[int, int]:
    """Entries and total length of their keys, by the standard library alone."""
    with Path(path).open("rb") as stream:
        entries = json.load(stream)["customerHistoryRecords"]
    return len(entries), sum(len(entry["recordKey"]) for entry in entries)


def toolkit_csv(path: str) -> tuple[int, int]:
    """The same, by the toolkit; what says that no text was kept counts as its own words."""
    import polars as pl

    import toolkit

    records = toolkit.load(path).records
    return records.height, _characters(records.select(pl.coalesce("transcript", "status_text")).to_series())


def toolkit_json(path: str) -> tuple[int, int]:
    """The same, by the toolkit."""
    import toolkit

    records = toolkit.load(path).records
    return records.height, _characters(records["maker_id"])


def _characters(texts: Any) -> int:
    return int(texts.str.len_chars().sum())


Reader = Callable[[str], tuple[int, int]]
Cases = dict[str, tuple[str, Reader | Path]]  # a path is a program for another Python, see `once`
CASES: Cases = {
    "csv  polars.read_csv": ("csv", plain_csv),
    "csv  toolkit.load": ("csv", toolkit_csv),
    "rvh  json.load": ("rvh", plain_json),
    "rvh  toolkit.load": ("rvh", toolkit_json),
}


def measure(cases: Cases, case: str, path: str) -> None:
    """Run one case here and print what it took."""
    import resource
    import time

    import polars  # noqa: F401 - imports are not what is measured

    import toolkit  # noqa: F401

    def spent() -> float:
        both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(use.ru_utime + use.ru_stime for use in both)

    before, wall = spent(), time.perf_counter()
    reader = cases[case][1]
    assert not isinstance(reader, Path)
    rows = reader(path)
    took, waited = spent() - before, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    print(json.dumps({"rows": rows, "cpu": took, "wall": waited, "peak": peak}))


Maker = Callable[[Path, int], dict[str, Path]]


def make(folder: Path, rows: int) -> dict[str, Path]:
    """Write both files."""
    import alexa

    paths = {"csv": folder / "Transcriptions.csv", "rvh": folder / "history.json"}
    with paths["csv"].open("wb") as stream:
        alexa.write_csv(alexa.events(rows), stream)
    with paths["rvh"].open("wb") as stream:
        alexa.write_rvh(alexa.events(rows), stream)
    return paths


def once(command: list[str]) -> dict[str, Any]:
    """One case in a process of its own."""
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)  # type: ignore[no-any-return]


def commands(cases: Cases, script: str, peer: str | None) -> dict[str, list[str]]:
    """How each case is started, but for the file that it reads."""
    return {
        case: [peer or sys.executable, str(reader)]
        if isinstance(reader, Path)
        else [sys.executable, script, "--case", case, "--path"]
        for case, (_, reader) in cases.items()
    }


def report(cases: Cases, make: Maker, started: dict[str, list[str]], rows: int, rounds: int) -> None:
    """Run all cases in turn and print a table."""
    print(f"{rows:,} rows, {rounds} rounds; Python {platform.python_version()}, {os.cpu_count()} cores, {sys.platform}")
    print(f"load average {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        paths = make(Path(folder), rows)
        for kind, path in paths.items():
            print(f"{kind}: {path.stat().st_size / 1e6:,.0f} MB")
        results: dict[str, list[dict[str, Any]]] = {case: [] for case in cases}
        for _ in range(rounds):
            for case, (kind, _reader) in cases.items():
                results[case].append(once([*started[case], str(paths[kind])]))
    for kind in paths:
        told = [tuple(run["rows"]) for case, runs in results.items() if cases[case][0] == kind for run in runs]
        assert len(set(told)) == 1, f"the readers of {kind} disagree: {set(told)}"
    table(cases, results, rows)


def table(cases: Cases, results: dict[str, list[dict[str, Any]]], rows: int) -> None:
    """Print the medians, each beside the plain reader of the same file."""
    times = "".join(f"{name:>8}{'(min-max)':>14}{'ratio':>7}" for name in ("CPU s", "wall s"))
    print(f"\n{'case':27}{times}{'peak MiB':>10}{'B/row':>8}")
    floor: dict[tuple[str, str], float] = {}
    for case, runs in results.items():
        line = f"{case:27}"
        for what in ("cpu", "wall"):
            middle = statistics.median(run[what] for run in runs)
            spread = f"{min(run[what] for run in runs):.2f}-{max(run[what] for run in runs):.2f}"
            ratio = middle / floor.setdefault((cases[case][0], what), middle)
            line += f"{middle:8.2f}{spread:>14}{ratio:7.1f}"
        peak = statistics.median(run["peak"] for run in runs)
        print(f"{line}{peak:10,.0f}{peak * 2**20 / rows:8,.0f}")


def main(
    cases: Cases = CASES,
    make: Maker = make,
    script: str = __file__,
    about: str | None = __doc__,
    peer_cases: Callable[[int], Cases] | None = None,
) -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--case")
    parser.add_argument("--path")
    if peer_cases:
        parser.add_argument("--peer", help="the Python of an environment that holds another program")
    options = parser.parse_args()
    if options.case:
        measure(cases, options.case, options.path)
        return
    if peer_cases and options.peer:
        cases = {**cases, **peer_cases(options.rows)}
    started = commands(cases, script, getattr(options, "peer", None))
    report(cases, make, started, options.rows, options.rounds)


if __name__ == "__main__":
    main()
