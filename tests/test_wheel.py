"""What is shipped: a wheel that holds all it needs and nothing else, and works without this checkout."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

import try_wheel
from toolkit import rules
from toolkit.version import VERSION

ROOT = Path(__file__).parent.parent


def built(folder: Path, kind: str, source: Path = ROOT) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    return next(path for path in folder.iterdir() if path.suffix in (".whl", ".gz"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    return zipfile.ZipFile(built(tmp_path_factory.mktemp("wheel"), "wheel"))


def test_the_wheel_holds_code_rules_samples_and_the_typed_marker(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    assert {"toolkit/py.typed", "toolkit/app.py", "toolkit/paper.css", "toolkit/dashboard/theme.toml"} <= names
    assert {f"toolkit/rules/{name}" for name in rules.versions()} <= names
    code = {path.relative_to(ROOT).as_posix() for path in (ROOT / "toolkit").rglob("*.py")}
    assert code <= names
    assert any(name.startswith("toolkit/sample_exports/amazon-alexa-csv/") for name in names)


def test_the_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert tops == {"toolkit", f"voice_history_toolkit-{VERSION}.dist-info"}
    assert [
        name for name in wheel.namelist() if name.startswith("toolkit/sample_exports/") and name.endswith(".py")
    ] == []


def test_the_wheel_says_what_it_needs_and_no_address(wheel: zipfile.ZipFile) -> None:
    told = message_from_bytes(wheel.read(f"voice_history_toolkit-{VERSION}.dist-info/METADATA"))
    assert (told["Version"], told["Requires-Python"], told["License-Expression"]) == (VERSION, ">=3.11", "MIT")
    assert told.get_all("Provides-Extra") == ["cluster", "remote"]
    assert "Typing :: Typed" in (told.get_all("Classifier") or [])
    plain = [each for each in told.get_all("Requires-Dist") or [] if "extra ==" not in each]
    assert not any(name in " ".join(plain) for name in ("sphinx", "pytest", "distributed", "fsspec"))
    assert "://" not in " ".join(told.get_all("Requires-Dist") or [])


def test_a_wheel_made_from_the_source_archive_holds_the_same(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    with tarfile.open(built(tmp_path, "sdist")) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    source = next((tmp_path / "source").iterdir())
    assert {"tests", "docs", "tools", "requirements.lock", "Containerfile"} <= {path.name for path in source.iterdir()}
    with zipfile.ZipFile(built(tmp_path / "again", "wheel", source)) as again:
        assert sorted(again.namelist()) == sorted(wheel.namelist())


@pytest.mark.long
def test_the_wheel_alone_works_in_a_new_environment(capsys: pytest.CaptureFixture[str]) -> None:
    code = try_wheel.main([sys.executable])
    told = capsys.readouterr().out
    if code and "No matching distribution" in told:
        pytest.skip("the packages of requirements.lock cannot be fetched here")
    assert code == 0, told
    assert "app --sample: HTTP 200" in told
