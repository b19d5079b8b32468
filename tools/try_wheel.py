"""Builds the wheel, installs it alone into a new environment of every Python on this machine, and uses it there.

    python tools/try_wheel.py                          every Python from 3.11 on that is found
    python tools/try_wheel.py /usr/bin/python3.12      these

Packages come from the registry that pip is set up for, in the versions of requirements.lock. In each environment, in an
empty folder and without this checkout: `--version`, `identify`, `read`, `report`, and the dashboard on the sample,
which must answer. Exit code 1 if anything fails.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
NEWEST = 20  # of 3.x, looked for by name
SAMPLE = "amazon-alexa-privacy-page"


def main(arguments: Sequence[str]) -> int:
    """Try them all; returns the exit code."""
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        wheel = build(Path(folder))
        print(f"{wheel.name}: {wheel.stat().st_size / 1000:,.0f} kB")
        for python in [Path(argument) for argument in arguments] or list(pythons()):
            try:
                print(f"{python}: {'; '.join(tried(python, wheel))}", flush=True)
            except (subprocess.CalledProcessError, OSError, AssertionError) as error:
                failed += 1
                print(f"{python}: FAILED: {error}\n{getattr(error, 'stderr', '') or ''}", flush=True)
    return int(failed > 0)


def build(folder: Path) -> Path:
    """A wheel of this checkout."""
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], ROOT)
    return next(folder.glob("*.whl"))


def pythons() -> Iterator[Path]:
    """One Python of each version from 3.11 on: on the PATH, or kept by pyenv."""
    kept = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/3.*/bin"))
    for minor in range(11, NEWEST):
        name = f"python3.{minor}"
        paths = [shutil.which(name), *(str(folder / name) for folder in kept)]
        yield from [Path(path) for path in paths if path and runs(path)][:1]


def runs(path: str) -> bool:
    """Whether it is there, and no empty shim."""
    with_venv = [path, "-c", "import ensurepip, venv"]
    try:
        return subprocess.run(with_venv, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def tried(python: Path, wheel: Path) -> Iterator[str]:
    """Install and use it; gives what was seen, step by step."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        run([str(python), "-m", "venv", "env"], home)
        tools = home / "env" / ("Scripts" if os.name == "nt" else "bin")
        pip = [str(tools / "python"), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        began = time.monotonic()
        run([*pip, "-c", str(ROOT / "requirements.lock"), str(wheel)], home)
        yield f"installed in {time.monotonic() - began:.0f} s"
        yield from used(str(tools / "voice-history"), str(tools / "python"), home)


def used(command: str, python: str, home: Path) -> Iterator[str]:
    """Read, report and show the sample that lies in the package."""
    where = "import toolkit, pathlib; print(pathlib.Path(toolkit.__file__).parent)"
    package = Path(run([python, "-c", where], home).strip())
    assert home in package.parents, f"{package} is not the one that was installed"  # noqa: S101
    sample = str(package / "sample_exports" / SAMPLE)
    yield run([command, "--version"], home).splitlines()[0]
    yield f"identify: {len(run([command, 'identify', sample], home).splitlines()) - 2} files"
    yield f"read: {len(run([command, 'read', sample, '--format', 'csv'], home).splitlines()) - 1:,} rows"
    run([command, "report", sample, "--output", str(home / "report.html")], home)
    yield f"report: {(home / 'report.html').stat().st_size / 1000:,.0f} kB"
    yield f"app --sample: HTTP {answers(command, home)}"


def answers(command: str, home: Path) -> int:
    """The status with which the page of the dashboard answers."""
    with subprocess.Popen(
        [command, "app", "--sample", "--port", "0"], cwd=home, env=clean(), stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None  # noqa: S101 - for the type checker
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+", said := server.stderr.readline())
            assert found, said  # noqa: S101
            with urllib.request.urlopen(found[0], timeout=60) as page:  # noqa: S310 - an address of our own
                return int(page.status)
        finally:
            server.terminate()


def run(command: Sequence[str], folder: Path) -> str:
    """What a command prints, run without anything of this checkout."""
    done = subprocess.run(
        command, cwd=folder, env=clean(), capture_output=True, text=True, encoding="utf-8", check=True
    )
    return done.stdout


def clean() -> dict[str, str]:
    """The environment without what would lead Python elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
