"""Nothing leaves the machine: no verb looks for any network, and all of them work where there is none."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parent.parent / "sample_exports"
PAGE, TAKEOUT = SAMPLES / "amazon-alexa-csv-b", SAMPLES / "google-takeout-json-en"
# Every verb but `app`, in one process that notes whatever reaches for a network; the reading process inherits nothing
# of it, so it is replaced by reading here.
WATCHED = """
import json, sys
import toolkit
from toolkit import worker
from toolkit.cli import main

sought = []
sys.addaudithook(lambda event, _: sought.append(event) if event.startswith(("socket.", "urllib.")) else None)
worker.load = toolkit.load
codes = []
for verb in json.loads(sys.argv[1]):
    try:
        main(verb)
    except SystemExit as end:
        codes.append(end.code)
sys.stderr.write(json.dumps([sought, codes]))
"""
ALONE = ["unshare", "-rn"]


def verbs(folder: Path) -> list[list[str]]:
    page, takeout = str(PAGE), str(TAKEOUT)
    return [
        ["identify", takeout],
        ["formats"],
        ["read", page, "--show-text", "--format", "json"],
        ["summary", takeout],
        ["activations", takeout],
        ["retention", takeout, "--exposure"],
        ["compare", takeout, takeout],
        ["checklist", takeout, "--law", "gdpr", "--country", "de", "--folder", str(folder / "list")],
        ["write", page, "--to", str(folder / "files"), "--format", "parquet", "--format", "sqlite"],
    ]


def test_nothing_is_looked_for_in_any_network(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-c", WATCHED, json.dumps(verbs(tmp_path))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    sought, codes = json.loads(done.stderr.splitlines()[-1])
    assert sought == []
    assert set(codes) <= {0, 1}
    assert len(codes) == len(verbs(tmp_path))


@pytest.mark.skipif(not shutil.which("unshare"), reason="no unshare here")
def test_all_works_where_not_even_the_loopback_is_up(tmp_path: Path) -> None:
    if subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no network name space can be made here")
    script = "from toolkit.cli import main; main()"
    verb = verbs(tmp_path)[-1]
    done = subprocess.run([*ALONE, sys.executable, "-P", "-c", script, *verb], capture_output=True, check=False)

    assert done.returncode in (0, 1)
    assert list((tmp_path / "files").iterdir())
