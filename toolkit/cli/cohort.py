"""`voice-history cohort`: reads the exports of a whole study, on this machine or on a cluster, and counts them."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from toolkit.cli import notes, options, out
from toolkit.cohort import Run, Study, agreement, plan, sheets, withdraw
from toolkit.cohort import cohort as run_cohort
from toolkit.cohort.account import secret_file
from toolkit.cohort.store import is_url
from toolkit.cohort.study import BY
from toolkit.problems import ToolkitError
from toolkit.redact import LEVELS
from toolkit.whole import put
from toolkit.write import pieces

_LARGEST = 4_096
_EVERY = 0.5  # seconds between two looks of the running line
_path = click.Path(path_type=Path)


@click.command()
@click.argument("manifest", required=False)
@click.option("--out", "place", metavar="PLACE", help="Folder of the study, or a URL such as s3://bucket/study.")
@click.option(
    "--secret-file",
    metavar="FILE",
    type=_path,
    help="At least 16 random bytes that belong to the study.  [default: PLACE.secret, made if it is not there]",
)
@click.option("--processes", type=click.IntRange(1), help="How many here.  [default: one for each core]")
@click.option("--scheduler", metavar="ADDRESS", help="Work on the Dask cluster whose scheduler is there.")
@click.option("--level", type=click.Choice(LEVELS), default="share", show_default=True, help="How much is left out.")
@click.option("--texts", is_flag=True, help="Keep what was said, of those whose consent is texts.")
@options.prior
@click.option("--again", is_flag=True, help="Try once more whatever failed before.")
@click.option("--redo", is_flag=True, help="Do all again if settings, rules or versions have changed.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, read nothing but the manifest, write nothing.")
@click.option("--by", multiple=True, type=click.Choice(BY), help="Count by this as well; may be given more than once.")
@click.option("--min-persons", type=click.IntRange(2), default=10, show_default=True, help="Fewer are not shown.")
@options.form
@click.option("--sheets", "folder", metavar="FOLDER", type=_path, help="Write two sheets for coders into it: blind.")
@click.option("--sample", type=click.IntRange(1), default=200, show_default=True, help="Activations on a sheet.")
@click.option("--seed", metavar="TEXT", default="1", show_default=True, help="Another one, another sample.")
@click.option("--agreement", "pair", nargs=2, metavar="SHEET SHEET", type=_path, help="How far two filled ones agree.")
@click.option("--withdraw", "person", metavar="PERSON", help="Remove everything of this person; - reads the name.")
@click.pass_context
def cohort(ctx: click.Context, /, pair: tuple[Path, Path] | None, person: str | None, **given: Any) -> None:
    """Read the exports of everybody in MANIFEST, a CSV or Parquet file, and print counts over all of them.

    Each person becomes one set of tables under a pseudonym, without words and names. Called again it does what is
    left. docs/cohort.md tells how a study is set up, what is written, and what of it may be published.
    """
    if pair:
        _agree(*pair)
        return
    if not given["place"]:
        raise ToolkitError("A study needs a place.", "Give --out; see docs/cohort.md.")
    secret = _bytes(given["secret_file"], _LARGEST) if given["secret_file"] else None
    if person is not None:
        _withdraw(click.prompt("Person", err=True) if person == "-" else person, given["place"], secret)
        return
    if not given["manifest"]:
        raise ToolkitError("There is no manifest.", "Name the table that lists people and their files.")
    common = {name: given[name] for name in ("level", "texts", "prior")}
    if given["dry_run"]:
        _plan(given["manifest"], given["place"], secret, common)
        return
    ctx.exit(_run(given, secret, common))


def _run(given: dict[str, Any], secret: bytes | None, common: dict[str, Any]) -> int:
    kept = None if secret or is_url(given["place"]) else secret_file(given["place"])
    new = kept is not None and not kept.exists()
    progress = _Progress()
    with _executor(given["scheduler"]) as (executor, ahead):
        study = run_cohort(
            given["manifest"],
            given["place"],
            executor,
            secret=secret,
            processes=given["processes"],
            ahead=ahead,
            again=given["again"],
            redo=given["redo"],
            progress=progress,
            **common,
        )
    progress.done()
    if kept and new:
        notes.note(
            f"The study has a new secret: {kept.name}, beside its folder.",
            "Keep it, and keep it apart: it tells whose pseudonym is whose, and without it nothing can be added.",
        )
    _tell(study)
    if given["folder"]:
        _sheets(study, given["folder"], given["sample"], given["seed"])
    if study.runs.collect().filter(state="done").height:
        out.write(out.pieces(study.table(given["by"], given["min_persons"]), given["form"] or "table"))
    return int(progress.failed > 0)


@contextmanager
def _executor(scheduler: str | None) -> Iterator[tuple[Executor | None, int | None]]:
    if not scheduler:
        yield None, None
        return
    try:
        import distributed
    except ModuleNotFoundError:
        raise ToolkitError(
            "A cluster needs one more package.", "Install it with: pip install 'voice-history-toolkit[cluster]'."
        ) from None
    connect: Any = distributed.Client  # its types are not complete
    try:
        client = connect(scheduler, timeout=30)
    except (OSError, ValueError):
        raise ToolkitError("The scheduler does not answer.", "Give its address, such as tcp://10.0.0.5:8786.") from None
    with client:
        yield client.get_executor(pure=False), max(64, 4 * sum(client.ncores().values()))


def _tell(study: Study) -> None:
    failed = study.runs.filter(state="failed").collect().group_by("code").len().sort("code")
    for code, count in failed.iter_rows():
        notes.note(f"Not read: {count:,} of code {code}.", "runs.parquet says whose; --again tries once more.")
    if pairs := study.overlaps().height:
        notes.note(
            f"{pairs:,} pairs of persons handed in the same entries; each counts for both.",
            "Study.overlaps() says who; decide before you count.",
        )


def _plan(manifest: str, place: str, secret: bytes | None, common: dict[str, Any]) -> None:
    found = plan(manifest, place, secret=secret, **common)
    click.echo(f"{found.people:,} people; {found.withdrawn:,} withdrawn, {found.no_consent:,} without consent.")
    click.echo(f"{found.done:,} done, {found.missing:,} with a file that is not there.")
    click.echo(f"{found.left:,} left, {found.left_bytes / 1e6:,.1f} MB.")
    if found.rate and found.left:
        click.echo(f"About {_span(found.left_bytes / found.rate)} of CPU time, at the speed so far.")


def _withdraw(person: str, place: str, secret: bytes | None) -> None:
    removed = withdraw(person, place, secret=secret)
    click.echo(f"{removed:,} files removed.")
    notes.note(
        "Nothing of this person is left in the study." if removed else "There was nothing of this person in the study.",
        "Mark the person as withdrawn in the manifest, or take them out; copies and backups are out of reach.",
    )


def _sheets(study: Study, folder: Path, sample: int, seed: str) -> None:
    made = sheets(study, sample, seed)
    folder.mkdir(parents=True, exist_ok=True)
    for coder, table in enumerate(made, 1):
        put(pieces(table, "csv"), folder / f"coder-{coder}.csv")
    notes.note(
        f"Two sheets of {made[0].height:,} activations are written.",
        "Each coder fills the column verdict with accidental or meant, or leaves it empty; then use --agreement.",
    )


def _agree(one: Path, other: Path) -> None:
    both, same, kappa = agreement(*(_bytes(path, 1 << 26) for path in (one, other)))
    told = "" if kappa is None else f"; Cohen's kappa {kappa:.2f}"
    click.echo(f"{both:,} judged by both, {same:,} alike{told}.")


def _bytes(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise ToolkitError(f"A file cannot be opened: {error.strerror}.", "Check its path.") from None


class _Progress:
    """One line that runs on a terminal; elsewhere a line for each tenth."""

    def __init__(self) -> None:
        self.failed = self._fresh = self._tenth = 0
        self._begin = time.monotonic()
        self._shown = 0.0
        self._live = sys.stderr.isatty()
        self._line = ""

    def __call__(self, done: int, total: int, run: Run, fresh: bool) -> None:
        self.failed += run.state == "failed"
        self._fresh += fresh
        spent = time.monotonic() - self._begin
        left = (total - done) * spent / self._fresh if self._fresh else 0
        eta = f"; about {_span(left)} left" if done < total and self._fresh else ""
        failed = f"; {self.failed:,} not read" if self.failed else ""
        self._line = f"{done:,} of {total:,} people, {done - self._fresh:,} of them done before{failed}{eta}"
        if self._live and time.monotonic() - self._shown > _EVERY:
            self._shown = time.monotonic()
            width = shutil.get_terminal_size().columns - 1
            click.echo(f"\r{self._line[:width]:<{width}}", err=True, nl=False)
        elif not self._live and done * 10 // total > self._tenth:
            self._tenth = done * 10 // total
            click.echo(self._line, err=True)

    def done(self) -> None:
        if self._live and self._line:
            click.echo(f"\r{self._line}", err=True)


def _span(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{seconds:,.0f} seconds"
