"""What the container starts is the dashboard as `voice-history app` starts it, reachable by a published port only."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from toolkit.cli.app import OPTIONS, command

ROOT = Path(__file__).parent.parent
FILE = (ROOT / "Containerfile").read_text("utf-8")
SERVE = "import sys; sys.path.insert(0, 'container'); import serve; serve.PORT = 0; serve.start()"


def options(flags: list[str]) -> dict[str, str]:
    return dict(part.removeprefix("--").split("=", 1) for part in flags if part.startswith("--"))


def test_only_the_address_and_the_port_differ_from_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "container"))
    import serve

    told = options(command(serve.PORT, serve.EVERYWHERE))
    assert {name for name, value in OPTIONS.items() if told[name] != value} == {"server.address"}
    assert told["server.port"] == "8501"
    assert told["server.allowedHosts"] == "127.0.0.1"  # the last of both


def test_it_answers(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SERVE], cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            port = next(found[1] for line in server.stdout if (found := re.search(r"URL: http://[^\s:]+:(\d+)", line)))
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=30) as answer:
                assert answer.read() == b"ok"
        finally:
            server.kill()


def test_the_image_has_no_root_user_takes_locked_packages_and_publishes_nothing_by_itself() -> None:
    lines = FILE.splitlines()
    assert lines.index("USER reader") < next(at for at, line in enumerate(lines) if line.startswith("ENTRYPOINT"))
    assert "-r requirements.lock" in FILE
    assert 'ENTRYPOINT ["voice-history"]' in FILE
    assert "VOICE_HISTORY_ALLOW_REMOTE" not in FILE
    for copied in re.findall(r"^COPY (?!--from)(\S+) ", FILE, re.MULTILINE):
        assert (ROOT / copied).exists()


def test_every_published_port_in_the_documents_is_bound_to_this_computer() -> None:
    told = (ROOT / "docs" / "installing.md").read_text("utf-8")
    published = re.findall(r"(?:-p|--publish)[ =](\S+)", told)
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)
