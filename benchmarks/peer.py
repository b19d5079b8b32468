"""google_takeout_parser on a file of `google`; started by the Python it is installed in, which has no toolkit.

Prints what `run.measure` prints. Unpacking is part of it, since it reads folders only.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
import zipfile
from pathlib import Path

SAID = "Said "


def read(path: str) -> tuple[int, int]:
    """Entries and total characters of what was said, as far as the titles tell."""
    from google_takeout_parser.models import Activity
    from google_takeout_parser.path_dispatch import TakeoutParser

    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
        found = TakeoutParser(Path(folder) / "Takeout", error_policy="drop").parse(cache=False)
        titles = [one.title for one in found if isinstance(one, Activity)]
    return len(titles), sum(len(title) - len(SAID) for title in titles if title.startswith(SAID))


def main() -> None:
    """Read the file named on the command line."""
    from google_takeout_parser import path_dispatch  # noqa: F401 - imports are not what is measured

    before, wall = time.process_time(), time.perf_counter()
    rows = read(sys.argv[1])
    took, waited = time.process_time() - before, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "cpu": took, "wall": waited, "peak": peak}))


if __name__ == "__main__":
    main()
