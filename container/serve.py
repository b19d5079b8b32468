"""Starts the dashboard so that a published port of a container reaches it; the page itself asks twice before it shows.

    docker run -p 127.0.0.1:8501:8501 -e VOICE_HISTORY_ALLOW_REMOTE=yes-i-know --entrypoint python IMAGE /app/serve.py

The options are those of `voice-history app`, but for the address it listens on: a container's loopback cannot be
published. Requests are still answered only under the names localhost and 127.0.0.1.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import toolkit
from toolkit.cli.app import HOSTS, OPTIONS

PORT = "8501"


def command(address: str = "0.0.0.0", port: str = PORT) -> list[str]:  # noqa: S104 - the port is published to loopback only
    """What is run."""
    package = Path(toolkit.__file__).parent
    script = next(path for path in (package / "app.py", package.parent / "app.py") if path.exists())
    options = OPTIONS | {"server.address": address, "server.port": port}
    flags = [f"--{name}={value}" for name, value in options.items()]
    flags += [f"--server.allowedHosts={host}" for host in HOSTS]
    flags.append(f"--theme.base={package / 'dashboard' / 'theme.toml'}")
    return [sys.executable, "-P", "-m", "streamlit", "run", *flags, str(script)]


if __name__ == "__main__":
    os.execv(sys.executable, command())  # noqa: S606 - our own interpreter and page
