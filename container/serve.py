"""Starts the dashboard so that a published port of a container reaches it; the page itself asks twice before it shows.

    docker run -p 127.0.0.1:8501:8501 -e VOICE_HISTORY_ALLOW_REMOTE=yes-i-know --entrypoint python IMAGE /app/serve.py

The options are those of `voice-history app`, but for the address it listens on: a container's loopback cannot be
published. Requests are still answered only under the names localhost and 127.0.0.1.
"""

from __future__ import annotations

import os
import sys

from toolkit.cli.app import command

EVERYWHERE, PORT = "0.0.0.0", 8501  # noqa: S104 - within the container; the port is published to the loopback only


def start() -> None:
    """Become the server."""
    os.execv(sys.executable, command(PORT, EVERYWHERE))  # noqa: S606 - our own interpreter and page


if __name__ == "__main__":
    start()
