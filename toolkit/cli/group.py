"""The command itself: its verbs, and what it says and returns when something goes wrong."""

from __future__ import annotations

import errno
import platform
import sys
import traceback
from typing import Any

import click
import polars as pl

import toolkit
from toolkit import rules
from toolkit.cli.activations import activations
from toolkit.cli.app import app
from toolkit.cli.checklist import checklist
from toolkit.cli.cohort import cohort
from toolkit.cli.compare import compare
from toolkit.cli.formats import formats
from toolkit.cli.identify import identify
from toolkit.cli.notes import note
from toolkit.cli.read import read
from toolkit.cli.report import report
from toolkit.cli.retention import retention
from toolkit.cli.summary import summary
from toolkit.cli.write import write

INTERRUPTED = 130  # what a shell expects of a program ended by Ctrl-C


class Verbs(click.Group):
    """A group that turns every error into a sentence without values, and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen verb."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, SystemExit):
            raise
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BaseException as error:  # polars' panics are no Exceptions. The last door: no value may pass it
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # `| head` has seen enough; click ends quietly
            _explain(error, bool(ctx.params.get("debug")))
            ctx.exit(2)


def _explain(error: BaseException, debug: bool) -> None:
    if debug:
        click.echo("".join(traceback.format_tb(error.__traceback__)), err=True, nl=False)
        note(type(error).__name__)
    if isinstance(error, toolkit.ToolkitError):
        note(error.message, error.advice)
    elif isinstance(error, MemoryError):
        note("There is not enough memory for this.", "Give fewer files at a time.")
    else:
        note(
            f"Something went wrong that should not ({type(error).__name__}); your files were not changed.",
            "Please report it with what `voice-history --debug ...` prints: it names places in this program only.",
        )


def _version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    """The version on the first line; then the digests that a report and a study name as well."""
    if not asked or ctx.resilient_parsing:
        return
    click.echo(f"voice-history {toolkit.__version__}")
    click.echo(f"Python {platform.python_version()}, polars {pl.__version__}, {platform.system()}")
    click.echo("Tables of rules, with the first half of their SHA-256:")
    for name, digest in rules.versions().items():
        click.echo(f"{digest}  {name}")
    ctx.exit()


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version, and that of each table of rules.",
)
@click.option("--debug", is_flag=True, help="After an unexpected error, say where in the program it happened.")
def main(debug: bool) -> None:
    """Read the voice history that Alexa, the Google Assistant, ChatGPT and others kept about you.

    Everything happens on this computer. Your files are never changed. SOURCES are what the maker sent you: zip
    files, all parts of one download together and in any order; or the folder they were unpacked into; or single files.

    Results go to the standard output, everything else to standard error. Exit code 0: fine. 1: there were problems,
    and they are listed. 2: wrong use, or nothing could be read.
    """
    for stream in (sys.stdout, sys.stderr):
        if callable(reconfigure := getattr(stream, "reconfigure", None)):
            reconfigure(errors="replace")  # an old terminal that lacks a character shows a question mark instead


for verb in (identify, read, summary, activations, retention, compare, checklist, report, write, cohort, formats, app):
    main.add_command(verb)
