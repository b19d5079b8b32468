"""Fuzzes one target, or all, for so many CPU seconds each, and says how many inputs were tried and what broke.

    python fuzz/fuzz.py json --seconds 1800        with coverage, by Atheris (`pip install atheris`)
    python fuzz/fuzz.py all --seconds 60 --plain   without it: random changes of the seeds, no more to install

Seeds are taken from the samples. An input that breaks something is kept in ``fuzz/found/`` and printed as the command
that runs it again: ``python fuzz/fuzz.py json --again fuzz/found/json-1f0c``.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
FOUND = HERE / "found"
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "tests"), str(HERE.parent / "sample_exports")]

from mutate import mutant  # noqa: E402 - the folders above are not on the path before
from targets import TARGETS, seeds  # noqa: E402

_MOST = 8 << 10  # bytes of one input
_AT_A_TIME = 600  # seconds of one process: Atheris 3.0 keeps some 30 KB of each run, the same runs without it nothing


def main() -> int:
    """Parse the command line and fuzz."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=[*TARGETS, "all"])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--plain", action="store_true", help="do without Atheris")
    parser.add_argument("--again", type=Path, help="run this one input")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.again:
        TARGETS[asked.target](asked.again.read_bytes())
        return 0
    if asked.inside:
        return covered(asked.target, asked.inside, asked.seconds)
    names = list(TARGETS) if asked.target == "all" else [asked.target]
    return max(plain(name, asked.seconds) if asked.plain else guided(name, asked.seconds) for name in names)


def plain(name: str, seconds: int) -> int:
    """Random changes of the seeds, by the clock, with a new seed of chance each time."""
    begin, chance, corpus = time.process_time(), random.SystemRandom(), list(seeds(name))
    tried = 0
    while time.process_time() - begin < seconds:
        data = mutant(chance.choice(corpus), chance)
        tried += 1
        try:
            TARGETS[name](data)
        except Exception as error:
            told(name, tried, seconds, f"{type(error).__name__}, {keep(name, data)}")
            return 1
    told(name, tried, seconds, "nothing broke")
    return 0


def keep(name: str, data: bytes) -> Path:
    """An input that broke something, for the next time."""
    FOUND.mkdir(exist_ok=True)
    path = FOUND / f"{name}-{hashlib.sha256(data).hexdigest()[:8]}"
    path.write_bytes(data)
    return path


def told(name: str, tried: int, seconds: float, what: str) -> None:
    """One line of the report."""
    sys.stdout.write(f"{name:8}  {tried:>10,} inputs in {seconds:,.0f} CPU seconds: {what}\n")
    sys.stdout.flush()


def guided(name: str, seconds: int) -> int:
    """Atheris in processes of its own: it does not come back, and what it counts with grows with each run."""
    FOUND.mkdir(exist_ok=True)
    before, tried, what = cpu_of_children(), 0, "nothing broke"
    with tempfile.TemporaryDirectory() as corpus:
        for number, data in enumerate(seeds(name)):
            (Path(corpus) / str(number)).write_bytes(data)
        # Atheris goes by the clock, of which a busy machine gives less.
        while (left := seconds - cpu_of_children() + before) >= 1:
            wanted = str(round(min(_AT_A_TIME, left)))
            command = [sys.executable, __file__, name, "--seconds", wanted, "--inside", corpus]
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
            units = re.search(r"number_of_executed_units: (\d+)", done.stderr) or re.search(r"Done (\d+)", done.stderr)
            tried += int(units[1]) if units else 0
            if done.returncode:
                what = done.stderr[-2000:]
                break
    told(name, tried, cpu_of_children() - before, what)
    return int(what != "nothing broke")


def cpu_of_children() -> float:
    """CPU seconds of all processes that were waited for."""
    used = os.times()
    return used.children_user + used.children_system


def covered(name: str, corpus: Path, seconds: int) -> int:
    """The loop of Atheris; ends the process."""
    import atheris

    with atheris.instrument_imports(include=["toolkit"]):
        for module in [one for one in sys.modules if one.split(".")[0] in ("toolkit", "targets")]:
            del sys.modules[module]  # read in again, with their branches counted
        import targets
    options = [f"-max_total_time={seconds}", f"-max_len={_MOST}", "-print_final_stats=1", "-rss_limit_mb=2048"]
    atheris.Setup(
        [name, f"-artifact_prefix={FOUND}/{name}-", "-timeout=120", *options, str(corpus)], targets.TARGETS[name]
    )
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
