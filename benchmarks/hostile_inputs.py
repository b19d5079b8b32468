"""Prints the table of the corpus: each case in a process of its own, its outcome, CPU seconds and peak memory.

python benchmarks/hostile_inputs.py            all cases
python benchmarks/hostile_inputs.py 13 55b     some
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "sample_exports")]


def answer(key: str) -> dict[str, Any]:
    """What a fresh process says of one case."""
    command = [sys.executable, str(ROOT / "tests" / "corpus.py")]
    done = subprocess.run(command, input=f"{key}\n", capture_output=True, text=True, check=False)
    if not done.stdout:
        return {"error": f"process died ({done.returncode})", "rows": 0, "codes": [], "seconds": 0.0, "peak": 0}
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def main() -> None:
    """Run the cases and print them."""
    from corpus import CASES

    worst, most = 0.0, 0
    for key in sys.argv[1:] or CASES:
        told = answer(key)
        outcome = told["error"] or f"{told['rows']} rows {' '.join(told['codes'])}"
        worst, most = max(worst, told["seconds"]), max(most, told["peak"])
        line = (
            f"{key:8} {CASES[key].what[:40]:40} {outcome[:70]:70} {told['seconds']:6.2f} s {told['peak'] >> 20:4} MiB"
        )
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    sys.stdout.write(f"most: {worst:.2f} s, {most >> 20} MiB\n")


if __name__ == "__main__":
    main()
