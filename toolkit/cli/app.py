"""`voice-history app`: starts the dashboard, so that only this computer can reach it, and ends it cleanly."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

import toolkit
from toolkit.cli.notes import note
from toolkit.problems import ToolkitError

HOST = "127.0.0.1"
# Streamlit by itself listens on every network, asks a web service for this machine's public address, sends usage
# figures, and shows errors with the values in them. These are its options, as it wants them on its command line; a
# file of options is not enough, since it is looked for in the folder the user happens to be in.
OPTIONS = {
    "server.address": HOST,
    "server.headless": "true",
    "server.maxUploadSize": "4096",
    "server.enableXsrfProtection": "true",
    "server.enableCORS": "true",
    "server.fileWatcherType": "none",
    "server.enableStaticServing": "false",
    "server.disconnectedSessionTTL": "30",
    "browser.gatherUsageStats": "false",
    "browser.serverAddress": "localhost",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "client.toolbarMode": "viewer",
    "client.disableDataExport": "true",
    "global.developmentMode": "false",
}
HOSTS = ("localhost", HOST)
_STARTED = re.compile(r"URL: http://[^/\s]+:(\d+)")
MEMORY = Path("/dev/shm")  # noqa: S108 - Linux keeps it in memory; a folder for us alone is made in it
_PATIENCE = 5  # seconds to end by itself
# A closed terminal and a service manager end it as Ctrl-C does; otherwise the server would live on alone.
_END = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--sample", is_flag=True, help="Show the sample exports: an invented household.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to use; otherwise the first free one from 8501 on.")
@click.option("--open", "browse", is_flag=True, help="Open the page in the browser too.")
@click.option(
    "--no-trace", is_flag=True, help="Keep temporary files in memory too, so that no disk is written (Linux)."
)
@click.pass_context
def app(
    ctx: click.Context, paths: tuple[Path, ...], sample: bool, port: int | None, browse: bool, no_trace: bool
) -> None:
    """Start the dashboard, a page in your browser that only this computer can open.

    PATHS are files or folders of an export for it to begin with. Ctrl-C ends it.
    """
    debug = bool(ctx.find_root().params["debug"])
    with (
        _in_memory(no_trace) as temporary,
        subprocess.Popen(  # noqa: S603 - our own interpreter and page
            command(port),
            env=_environment(paths, sample) | temporary,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if debug else subprocess.DEVNULL,  # an error of the page may hold values; it is told here
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as server,
    ):
        try:
            for number in _END:
                signal.signal(number, signal.default_int_handler)
            _attend(server, browse)
        except KeyboardInterrupt:
            note("The dashboard has ended; nothing of what it showed is kept.")
        finally:
            _stop(server)


def command(port: int | None, address: str = HOST) -> list[str]:
    """What starts the page; one at another address than this computer's own asks twice before it shows anything."""
    package = Path(toolkit.__file__).parent
    packed = package / "app.py"  # in the package if it was installed, beside it in a checkout
    script = packed if packed.exists() else package.parent / "app.py"
    flags = [f"--{name}={value}" for name, value in (OPTIONS | {"server.address": address}).items()]
    flags += [f"--server.allowedHosts={host}" for host in HOSTS]
    flags.append(f"--theme.base={package / 'dashboard' / 'theme.toml'}")
    if port is not None:
        flags.append(f"--server.port={port}")
    # -P: nothing in the folder the user is in can pose as a module.
    return [sys.executable, "-P", "-m", "streamlit", "run", *flags, str(script)]


def _environment(paths: Sequence[Path], sample: bool) -> dict[str, str]:
    """Ours, without what would set other options of Streamlit, and with what the page is to begin with."""
    for path in paths:
        if not path.exists():
            raise ToolkitError(f"There is no {path.name}.", "Check the path.")
    own = {name: value for name, value in os.environ.items() if not name.startswith(("STREAMLIT_", "VOICE_HISTORY_"))}
    if paths:
        own["VOICE_HISTORY_PATHS"] = json.dumps([str(path.absolute()) for path in paths])
    if sample:
        own["VOICE_HISTORY_SAMPLE"] = "1"
    return own


@contextmanager
def _in_memory(wanted: bool) -> Iterator[dict[str, str]]:
    """Where temporary files are to lie, if no disk may be written: in memory, for us alone, gone at the end."""
    if not wanted:
        yield {}
        return
    if not (os.path.ismount(MEMORY) and os.access(MEMORY, os.W_OK)):
        raise ToolkitError(
            "This computer offers no folder that lies in memory alone.",
            "Start it without --no-trace and give paths instead of uploading: then no temporary file is made.",
        )
    with TemporaryDirectory(prefix="voice-history-", dir=MEMORY) as folder:
        places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder)
        yield {**places, "PYTHONDONTWRITEBYTECODE": "1", "VOICE_HISTORY_NO_TRACE": "1"}


def _attend(server: subprocess.Popen[str], browse: bool) -> None:
    """Say where the page is, then wait for its end."""
    assert server.stdout is not None  # noqa: S101 - for the type checker
    started = False
    for line in server.stdout:
        if not started and (found := _STARTED.search(line)):
            started = True
            address = f"http://{HOST}:{found[1]}"
            note(f"The dashboard is ready: open {address} in your browser. Ctrl-C ends it.")
            if browse:
                _browse(address)
    if not started:
        raise ToolkitError(
            "The dashboard did not start.",
            "Perhaps the port is taken: try another --port. `voice-history --debug app` shows what Streamlit says.",
        )
    if server.wait():
        raise ToolkitError("The dashboard has stopped by itself.", "Start it again; --debug shows what it says.")


def _browse(address: str) -> None:
    """Open the page, unless all there is would be a browser in this very terminal."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    if type(browser) is not webbrowser.GenericBrowser:
        browser.open(address)


def _stop(server: subprocess.Popen[str]) -> None:
    server.terminate()  # Ctrl-C has reached it too; a signal to this process alone has not
    try:
        server.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
